"""How the kiosk serves somebody who cannot see its screen, or cannot hear it. Kept nowhere but in the sealed draft."""

from enum import StrEnum


class Access(StrEnum):
    """What a citizen does without."""

    NOTHING = ""
    #: Everything is read aloud, and answered with the two keys beside the screen.
    BLIND = "blind"
    #: Nothing depends on sound: all is written, and lights give the signs.
    DEAF = "deaf"
