"""A mark for each state of a kiosk: told apart by shape as well as by colour. SVG around the point 0,0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

#: Shapes of radius 7, by state; the style sheet gives `mark-STATE` its colour.
SHAPES: Final[Mapping[str, str]] = {
    "online": '<circle r="6"/>',
    "sleeping": '<circle class="hollow" r="5.2"/><path d="M0 -5.2A5.2 5.2 0 0 1 0 5.2Z"/>',
    "off": '<rect class="hollow" x="-5" y="-5" width="10" height="10" rx="1"/>',
    "silent": '<path d="M0 -7.6L7.6 0L0 7.6L-7.6 0Z"/><path class="sign" d="M0 -3.4V.8M0 3v.4"/>',
    "never": '<circle class="hollow dashed" r="5.2"/>',
    "revoked": '<path class="hollow" d="M-5 -5L5 5M5 -5L-5 5"/>',
}


def mark_of(state: str) -> Markup:
    """The mark as a small picture within a line of text."""
    return Markup(  # noqa: S704 - constants alone
        f'<svg class="mark mark-{state}" viewBox="-8 -8 16 16" aria-hidden="true">{SHAPES[state]}</svg>'
    )


MARKS: Final[Mapping[str, Markup]] = {state: mark_of(state) for state in SHAPES}
