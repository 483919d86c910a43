"""What is behind the person, and whether the clothes stand out from it.

Owns the standard's background uniformity, and whiteness, evenness and the contrast of clothes. Works on the aligned
face (616 x 616) and a mask of the person brought to the same place: -1 where the frame ends.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.biometrics.portrait.aligned import FULL_SIDE, Aligned
from kiosk.biometrics.portrait.geometry import t_metric
from kiosk.biometrics.portrait.landmarks import CHIN
from kiosk.biometrics.portrait.light import luminance

#: ISO/IEC 29794-5 background uniformity: what is cut off the aligned face, and the size it is then brought to.
_CUT_SIDE: Final = 62
_CUT_BELOW: Final = 210
_SIZE: Final = (354, 295)
_ERODED: Final = np.ones((4, 4), np.uint8)
_PERSON: Final = 0.5
#: Far enough from the person for its soft edge and hair not to count.
_SURELY_BEHIND: Final = 0.1
_ENOUGH_PX: Final = 400
_SPREAD_SIDE: Final = 154

Person = npt.NDArray[np.float32]


def uniformity(aligned: Aligned, person: Person) -> float | None:
    """Give the mean luminance gradient (Sobel) over the background; None where nothing of it is seen.

    ISO/IEC 29794-5 and OFIQ, with this mask of the person in the place of face parsing. Needs the full aligned size.
    """
    if aligned.side != FULL_SIDE:
        raise ValueError(f"background uniformity is measured at {FULL_SIDE} pixels, not {aligned.side}")
    rows, columns = slice(0, FULL_SIDE - _CUT_BELOW), slice(_CUT_SIDE, FULL_SIDE - _CUT_SIDE)
    picture = cv2.resize(aligned.rgb[rows, columns], _SIZE, interpolation=cv2.INTER_LINEAR)
    behind = ((person[rows, columns] >= 0) & (person[rows, columns] < _PERSON)).astype(np.uint8)
    mask = cv2.erode(cv2.resize(behind, _SIZE, interpolation=cv2.INTER_NEAREST), _ERODED) > 0
    if not mask.any():
        return None
    grey = luminance(np.asarray(picture, np.uint8))
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    return float(np.sqrt(across * across + down * down)[mask].mean())


def backdrop(aligned: Aligned, person: Person) -> dict[str, float]:
    """Tell how white and how even the background around head and shoulders is; empty where nothing of it is seen.

    `background_lightness`: median L*; `background_chroma`: median distance from grey in a*, b*;
    `background_evenness`: between the 5th and the 95th percentile of L*, so that a shadow counts;
    `background_level`: 95th percentile of grey, 0..1 as displayed: how much light the scene has.
    """
    rgb, person, of_each = _spread(aligned, person)
    behind = (person >= 0) & (person < _SURELY_BEHIND)
    if int(behind.sum()) * of_each < _ENOUGH_PX:
        return {}
    values = _lab(rgb[behind])
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)[behind]
    low, middle, high = np.percentile(values[:, 0], (5, 50, 95))
    return {
        "background_lightness": float(middle),
        "background_chroma": float(np.hypot(*np.median(values[:, 1:], axis=0))),
        "background_evenness": float(high - low),
        "background_level": float(np.percentile(grey, 95)) / 255,
    }


def clothing_contrast(aligned: Aligned, person: Person) -> float | None:
    """Give the colour distance (CIE 1976) between clothes and background; None where one of them is not seen.

    Clothes are the person from a third of T below the chin on: the shoulders, whose edge must be seen.
    """
    rgb, person, of_each = _spread(aligned, person)
    from_row = int((aligned.points[CHIN, 1] + t_metric(aligned.points) / 3) * len(rgb) / aligned.side)
    worn = person > 1 - _SURELY_BEHIND
    worn[: max(0, from_row)] = False
    behind = (person >= 0) & (person < _SURELY_BEHIND)
    if min(int(worn.sum()), int(behind.sum())) * of_each < _ENOUGH_PX:
        return None
    # The lightest half of the clothes is what runs into a white wall.
    clothes = _lab(rgb[worn])
    light = clothes[clothes[:, 0] >= np.percentile(clothes[:, 0], 50)]
    return float(np.linalg.norm(np.median(light, axis=0) - np.median(_lab(rgb[behind]), axis=0)))


def _spread(aligned: Aligned, person: Person) -> tuple[npt.NDArray[np.uint8], Person, int]:
    """Give picture and mask at places spread over all, and how many pixels each of them stands for.

    Medians and percentiles of ten thousand places are those of all of them.
    """
    step = max(1, aligned.side // _SPREAD_SIDE)
    return aligned.rgb[::step, ::step], person[::step, ::step], step * step


def _lab(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Give L*, a*, b* of pixels x 3 bytes."""
    return np.asarray(cv2.cvtColor(pixels[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0], np.float32)
