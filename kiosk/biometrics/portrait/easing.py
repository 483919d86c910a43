"""Where a citizen is portrayed decides what can be asked of the room."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from kiosk.biometrics.portrait.judging import Check
from kiosk.domain.photo_coach import Posture

#: By a bed and at a door nobody can hang up another wall: there these are for the officer to tell, and block nothing.
_OF_THE_ROOM: Final = frozenset(
    {"background_uniformity", "background_lightness", "background_chroma", "background_evenness", "side_light"}
)


def eased(checks: Iterable[Check], posture: Posture) -> tuple[Check, ...]:
    """Give the checks as they count for this posture: off the chair, wall and side light only advise."""
    if posture is Posture.CHAIR:
        return tuple(checks)
    return tuple(replace(one, advises=True) if one.name in _OF_THE_ROOM else one for one in checks)
