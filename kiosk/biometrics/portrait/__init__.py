"""What is this portrait worth, and what is wrong with it?"""

from kiosk.biometrics.portrait.assessment import (
    PREVIEW_LIMITS,
    STILL_LIMITS,
    PortraitAssessment,
    PortraitEvidence,
    PortraitLimits,
    assess,
)
from kiosk.biometrics.portrait.encoding import encode
from kiosk.biometrics.portrait.errors import BadFrame, PortraitError

__all__ = [
    "PREVIEW_LIMITS",
    "STILL_LIMITS",
    "BadFrame",
    "PortraitAssessment",
    "PortraitError",
    "PortraitEvidence",
    "PortraitLimits",
    "assess",
    "encode",
]
