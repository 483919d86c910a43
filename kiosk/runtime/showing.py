"""What a View still needs before the window can draw it: the claim as a QR, and photos that are JPEGs.

A chip may hold its portrait as JPEG 2000, which no window draws. What was decoded is kept while it is shown.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from kiosk.journey.view import View

_JPEG: Final = b"\xff\xd8\xff"


class Showing:
    """Prepares Views one after the other, on one thread."""

    def __init__(self, qr_rows: Callable[[str], str], to_jpeg: Callable[[bytes], bytes | None]) -> None:
        """`qr_rows` draws a QR as rows of 0 and 1; `to_jpeg` decodes any other picture, None when it cannot."""
        self._qr_rows = qr_rows
        self._to_jpeg = to_jpeg
        self._decoded: dict[bytes, bytes | None] = {}

    def __call__(self, view: View) -> View:
        """Give the View as the window takes it; a photo that cannot be decoded is left out."""
        shown = {photo for photo in (view.photo, view.beside) if photo is not None and not photo.startswith(_JPEG)}
        if not shown and not self._decoded and view.claim is None:
            return view
        self._decoded = {
            photo: self._decoded[photo] if photo in self._decoded else self._to_jpeg(photo) for photo in shown
        }
        return replace(
            view,
            photo=self._decoded.get(view.photo, view.photo) if view.photo is not None else None,
            beside=self._decoded.get(view.beside, view.beside) if view.beside is not None else None,
            claim=self._qr_rows(view.claim) if view.claim is not None else None,
        )
