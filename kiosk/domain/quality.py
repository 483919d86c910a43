"""What a capture can be worth, and what can be wrong with it. The judging itself is done in kiosk.biometrics."""

from enum import StrEnum


class PrintVerdict(StrEnum):
    """What is wrong with a print, or that nothing is."""

    GOOD = "good"
    TOO_DRY = "too_dry"
    TOO_WET = "too_wet"
    WORN = "worn"
    SMUDGED = "smudged"
    PARTIAL = "partial"
    OFF_CENTRE = "off_centre"
    DIRTY_GLASS = "dirty_glass"
    NO_FINGER = "no_finger"
    TOO_LIGHT = "too_light"
    TOO_HARD = "too_hard"


class PortraitSay(StrEnum):
    """The one thing that the coach says next, so that a portrait becomes good; NOTHING: it is good as it is.

    Directions are the sitter's own. From HEAD_BARE on they are advice: the officer decides, nothing is blocked.
    """

    NOTHING = "nothing"
    CAMERA_DARK = "camera_dark"
    CAMERA_FROZEN = "camera_frozen"
    NO_FACE = "no_face"
    ONE_PERSON = "one_person"
    CLOSER = "closer"
    FARTHER = "farther"
    MOVE_LEFT = "move_left"
    MOVE_RIGHT = "move_right"
    MOVE_UP = "move_up"
    MOVE_DOWN = "move_down"
    MORE_LIGHT = "more_light"
    LESS_LIGHT = "less_light"
    HEAD_UPRIGHT = "head_upright"
    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    CHIN_UP = "chin_up"
    CHIN_DOWN = "chin_down"
    EYES_OPEN = "eyes_open"
    LOOK_HERE = "look_here"
    MOUTH_CLOSED = "mouth_closed"
    SIDE_LIGHT = "side_light"
    HOLD_STILL = "hold_still"
    COLOUR = "colour"
    BACKGROUND = "background"
    HEAD_BARE = "head_bare"
    GLASSES_OFF = "glasses_off"
    EARS_FREE = "ears_free"
    CLOTHES = "clothes"
    FLAT = "flat"
