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


class PortraitHint(StrEnum):
    """What would make the next portrait better."""

    DARK = "dark"
    BRIGHT = "bright"
    BLURRED = "blurred"
    SMALL = "small"
