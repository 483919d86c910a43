"""What is this portrait worth, and what is wrong with it?

`Analyser` reads a frame, `judge` makes checks of the reading, `most_useful` says the one thing to mend, `Sitter` does
both over time, `crop_portrait` cuts and writes the portrait. See docs/portrait.md.
"""

from kiosk.biometrics.portrait.analyser import Analyser
from kiosk.biometrics.portrait.assessment import (
    PREVIEW_LIMITS,
    STILL_LIMITS,
    PortraitAssessment,
    PortraitEvidence,
    assess,
)
from kiosk.biometrics.portrait.assessment import PortraitLimits as PictureLimits
from kiosk.biometrics.portrait.crop import Box, CroppedPortrait, Placement, crop_portrait, place
from kiosk.biometrics.portrait.drawing import draw
from kiosk.biometrics.portrait.easing import eased
from kiosk.biometrics.portrait.encoding import encode
from kiosk.biometrics.portrait.errors import BadFrame, ModelsMissing, NoFace, PortraitError
from kiosk.biometrics.portrait.files import BadPictureFile, read_picture_file
from kiosk.biometrics.portrait.frames import Pixels, rgb_of
from kiosk.biometrics.portrait.judging import Check, acceptable, judge, most_useful
from kiosk.biometrics.portrait.limits import USUAL, PortraitLimits
from kiosk.biometrics.portrait.reading import Depth, FaceReading, View
from kiosk.biometrics.portrait.report import beside, landmarks_in, report
from kiosk.biometrics.portrait.sitter import Sitter, Verdict
from kiosk.biometrics.portrait.watching import flatness, is_black, same_picture

__all__ = [
    "PREVIEW_LIMITS",
    "STILL_LIMITS",
    "USUAL",
    "Analyser",
    "BadFrame",
    "BadPictureFile",
    "Box",
    "Check",
    "CroppedPortrait",
    "Depth",
    "FaceReading",
    "ModelsMissing",
    "NoFace",
    "PictureLimits",
    "Pixels",
    "Placement",
    "PortraitAssessment",
    "PortraitError",
    "PortraitEvidence",
    "PortraitLimits",
    "Sitter",
    "Verdict",
    "View",
    "acceptable",
    "assess",
    "beside",
    "crop_portrait",
    "draw",
    "eased",
    "encode",
    "flatness",
    "is_black",
    "judge",
    "landmarks_in",
    "most_useful",
    "place",
    "read_picture_file",
    "report",
    "rgb_of",
    "same_picture",
]
