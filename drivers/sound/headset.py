"""A headset that comes and goes: whether it is there, and the speaker on it.

What ALSA can tell is whether the card is there. A USB headset, or a USB adapter with the headset on it, is a card that
comes and goes. A jack of the computer's own is always there for ALSA: what is plugged into it nobody knows.
"""

import logging
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from drivers.errors import DeviceError
from drivers.sound.api import Speaker

_LOG = logging.getLogger(__name__)
_CARD: Final = (re.compile(r"CARD=([^,\s]+)"), re.compile(r"^(?:plug)?hw:([^,\s]+)"))
_LISTED: Final = re.compile(r"^\s*(\d+)\s+\[(\S+)\s*\]", re.MULTILINE)


def card_of(device: str) -> str:
    """Name the card in an ALSA name ("plughw:CARD=Headset", "hw:1,0"). Raises ValueError for one that names none."""
    found = next((match for pattern in _CARD if (match := pattern.search(device)) is not None), None)
    if found is None:
        raise ValueError(f"{device!r} names no card; give one of `aplay -L` with CARD=, such as plughw:CARD=Headset")
    return found.group(1)


class Headset:
    """Used from one thread at a time; close() from any."""

    def __init__(
        self, device: str, open_speaker: Callable[[str], Speaker], *, cards: Path = Path("/proc/asound/cards")
    ) -> None:
        """`open_speaker` opens the device, when its card is there. Raises ValueError for a name without a card."""
        self._device = device
        self._card = card_of(device)
        self._open = open_speaker
        self._cards = cards
        self._lock = threading.Lock()
        self._speaker: Speaker | None = None

    def there(self) -> bool:
        """Say whether the card is there now."""
        try:
            text = self._cards.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False
        return any(self._card in {number, name} for number, name in _LISTED.findall(text))

    def speaker(self) -> Speaker | None:
        """Give the speaker on the headset, None while it is not there or does not open."""
        with self._lock:
            if not self.there():
                self._let_go()
                return None
            if self._speaker is None:
                try:
                    self._speaker = self._open(self._device)
                except DeviceError as error:
                    _LOG.warning("headset: %s", error)
            return self._speaker

    def close(self) -> None:
        """Release it; safe to call twice."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        speaker, self._speaker = self._speaker, None
        if speaker is not None:
            speaker.close()
