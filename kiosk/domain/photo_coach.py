"""What the photo coach says, when it is silent, and when the picture is taken. Pure: time is handed in.

From one look after the other it makes one calm voice: a sentence is said when it has been true for some looks, not
again within four seconds, and what got better is praised. A picture is taken by itself once everything has held for a
while; a blink or a nod in between does not begin the wait anew at once.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from kiosk.domain.quality import PortraitSay


class Posture(StrEnum):
    """How the citizen is portrayed.

    CHAIR: sitting before a wall. BED: lying, with the camera held by the officer. DOOR: at a door or in a yard, where
    the light comes from the sky and a cloth stands for the wall.
    """

    CHAIR = "chair"
    BED = "bed"
    DOOR = "door"


#: Guesses at dress and at a picture held up: the officer is asked, the citizen is never told.
ASKED_ALONE: Final = frozenset(
    {PortraitSay.HEAD_BARE, PortraitSay.GLASSES_OFF, PortraitSay.EARS_FREE, PortraitSay.CLOTHES, PortraitSay.FLAT}
)
#: All that the officer can be asked; light and wall are, where they cannot be better or are not certain.
ASKED: Final = ASKED_ALONE | {PortraitSay.BACKGROUND, PortraitSay.SIDE_LIGHT, PortraitSay.MORE_LIGHT}


#: The same thing must have been found in so many looks before it is said: a face is never still.
LOOKS_BEFORE_SAYING: Final = 3
#: Nothing is said again within this time, and nothing else sooner than the second.
REPEAT_AFTER_S: Final = 4.0
CHANGE_AFTER_S: Final = 1.5
#: So long everything must hold before the picture is taken, and so long it may fail in between.
HOLD_S: Final = 0.8
FORGIVEN_S: Final = 0.3
#: At first the screen's own line is heard: until then the coach only looks.
QUIET_S: Final = 3.5

#: Said to who sits; where the officer holds the camera, the camera moves the other way.
_OF_THE_CAMERA: Final = {
    PortraitSay.MOVE_LEFT: PortraitSay.MOVE_RIGHT,
    PortraitSay.MOVE_RIGHT: PortraitSay.MOVE_LEFT,
    PortraitSay.MOVE_UP: PortraitSay.MOVE_DOWN,
    PortraitSay.MOVE_DOWN: PortraitSay.MOVE_UP,
}

#: Which way an arrow points; the directions are the sitter's own, as in a mirror.
ARROWS: Final = {
    PortraitSay.CLOSER: "closer",
    PortraitSay.FARTHER: "farther",
    PortraitSay.MOVE_LEFT: "left",
    PortraitSay.MOVE_RIGHT: "right",
    PortraitSay.MOVE_UP: "up",
    PortraitSay.MOVE_DOWN: "down",
    PortraitSay.TURN_LEFT: "turn_left",
    PortraitSay.TURN_RIGHT: "turn_right",
    PortraitSay.CHIN_UP: "up",
    PortraitSay.CHIN_DOWN: "down",
}


@dataclass(frozen=True, slots=True)
class Coach:
    """What the coach remembers. Times are in seconds of any clock that does not go back.

    `quiet_until`: before that nothing is said and no picture is taken. `shown` is what the screen says now; `said_at`
    when it was last spoken; `pending` what was found lately, and in how many looks; `good_since` when everything began
    to hold, and `failed_since` when it stopped.
    """

    posture: Posture = Posture.CHAIR
    quiet_until: float = 0.0
    shown: PortraitSay | None = None
    said_at: float | None = None
    pending: PortraitSay | None = None
    looks: int = 0
    good_since: float | None = None
    failed_since: float | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do after a look.

    `shown`: what the screen says (NOTHING: all is well; None: nothing has been found yet). `speak`: say it now.
    `praise`: what was asked for has been done. `arrow`: a key of ARROWS' values or empty. `held`: share of the wait
    that is over, 0..1. `shoot`: take the picture.
    """

    shown: PortraitSay | None
    speak: bool = False
    praise: bool = False
    arrow: str = ""
    held: float = 0.0
    shoot: bool = False


def look(coach: Coach, found: PortraitSay, *, acceptable: bool, at_s: float) -> tuple[Coach, Advice]:
    """Take in one look.

    Args:
        coach: what is remembered.
        found: the one thing to mend, or NOTHING; advice (glasses, ears, dress) may be found while all is acceptable.
        acceptable: whether nothing blocks.
        at_s: when the look was.
    """
    wanted = _OF_THE_CAMERA.get(found, found) if coach.posture is Posture.BED else found
    quiet = at_s < coach.quiet_until
    coach = _holding(coach, acceptable=acceptable and not quiet, at_s=at_s)
    coach = replace(coach, pending=wanted, looks=coach.looks + 1 if wanted is coach.pending else 1)
    before = coach.shown
    speak = not quiet and _worth_saying(coach, at_s)
    if speak:
        coach = replace(coach, shown=wanted, said_at=at_s)
    held = 0.0 if coach.good_since is None else min(1.0, (at_s - coach.good_since) / HOLD_S)
    praise = speak and before is not None and before is not PortraitSay.NOTHING and before is not wanted
    advice = Advice(
        shown=coach.shown,
        speak=speak and wanted is not PortraitSay.NOTHING,
        praise=praise,
        arrow=ARROWS.get(coach.shown, "") if coach.shown is not None else "",
        held=held,
        shoot=held >= 1.0 and coach.failed_since is None,
    )
    return coach, advice


def _holding(coach: Coach, *, acceptable: bool, at_s: float) -> Coach:
    if acceptable:
        since = at_s if coach.good_since is None else coach.good_since
        return replace(coach, good_since=since, failed_since=None)
    if coach.good_since is None:
        return coach
    failed = at_s if coach.failed_since is None else coach.failed_since
    if at_s - failed >= FORGIVEN_S:
        return replace(coach, good_since=None, failed_since=None)
    return replace(coach, failed_since=failed)


def _worth_saying(coach: Coach, at_s: float) -> bool:
    if coach.looks < LOOKS_BEFORE_SAYING:
        return False
    if coach.said_at is None:
        return True
    silence_s = at_s - coach.said_at
    if coach.pending is coach.shown:
        return coach.pending is not PortraitSay.NOTHING and silence_s >= REPEAT_AFTER_S
    return silence_s >= CHANGE_AFTER_S
