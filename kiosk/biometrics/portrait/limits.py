"""Between what a portrait is good: every limit, with its source. config/portrait.toml holds the same, to be changed.

Marks: [39794] ISO/IEC 39794-5 Annex D.1 and ICAO Doc 9303-3, [29794] ISO/IEC 29794-5 with what its reference
implementation OFIQ measures in its own test pictures, [own] set by this project, see docs/portrait.md.
"""

from dataclasses import dataclass, field, fields
from typing import Final

#: Width to height of the portrait. [39794] allows 0.74 to 0.80.
PROPORTION: Final = (3, 4)


class _Checked:
    """A section of numbers, none of which is below zero."""

    def __post_init__(self) -> None:
        """Refuse what cannot be. Raises ValueError naming the number."""
        for one in fields(self):  # pyright: ignore[reportArgumentType] - every descendant is a dataclass
            value = getattr(self, one.name)
            if isinstance(value, (int, float)) and not one.name.startswith("zero") and value < 0:
                raise ValueError(f"{one.name} is {value}; it must not be below 0")


@dataclass(frozen=True)
class CropLimits(_Checked):
    """How the portrait is cut. Shares of its height; the head's height is crown to chin, estimated as twice T.

    [39794]: head height 0.60 to 0.90, eye line 0.30 to 0.50 from the top; Doc 9303 asks 0.70 to 0.80 of a print.
    """

    height_px: int = 1280
    head_best: float = 0.70
    head_least: float = 0.60
    head_most: float = 0.80
    eye_line_best: float = 0.45
    eye_line_least: float = 0.36
    eye_line_most: float = 0.50
    above_hair_least: float = 0.02

    def __post_init__(self) -> None:
        """Refuse limits that leave nothing. Raises ValueError."""
        if not 0.3 <= self.head_least <= self.head_best <= self.head_most <= 0.95:
            raise ValueError("head_least, head_best and head_most must rise, between 0.3 and 0.95")
        if not 0.2 <= self.eye_line_least <= self.eye_line_best <= self.eye_line_most <= 0.7:
            raise ValueError("eye_line_least, eye_line_best and eye_line_most must rise, between 0.2 and 0.7")
        if not 400 <= self.height_px <= 2000 or self.height_px % 4:
            raise ValueError("height_px must be a multiple of 4 from 400 to 2000")


@dataclass(frozen=True)
class PlaceLimits(_Checked):
    """One face, large enough. Inter-eye distance in pixels of the shot: [39794] 90 at the least, 240 for new portraits.

    `other_face_most`: how large another face may be, as a share of the sitter's (side against side), before it counts.
    """

    inter_eye_px_least: float = 120.0
    other_face_most: float = 0.30
    camera_distance_m_least: float = 0.5


@dataclass(frozen=True)
class PoseLimits(_Checked):
    """Degrees from the zero. [39794] 5 for yaw and pitch, 8 for roll; open estimators are not that sure of pitch.

    `zero_...`: what the kiosk measures on a sitter who looks straight into the lens, found on site.
    """

    roll_most: float = 8.0
    yaw_most: float = 5.0
    pitch_most: float = 8.0
    zero_roll: float = 0.0
    zero_yaw: float = 0.0
    zero_pitch: float = 0.0


@dataclass(frozen=True)
class FaceLimits(_Checked):
    """Eyes and mouth, as shares of T. [29794] open eyes 0.051 to 0.111, closed 0.023; closed mouths up to 0.007.

    `eyes_open_own`: the share of the sitter's own widest that must be reached, so that drooping lids pass; never less
    than `eyes_open_floor`. Gaze is in shares of the eye's width [own].
    """

    eyes_open_least: float = 0.040
    eyes_open_own: float = 0.70
    eyes_open_floor: float = 0.025
    mouth_open_most: float = 0.030
    gaze_across_most: float = 0.14
    gaze_down_most: float = 0.18


@dataclass(frozen=True)
class LightLimits(_Checked):
    """Light and colour. [29794] for over-exposure and natural colour, the rest [own]; none depends on a skin's tone."""

    light_level_least: float = 0.50
    eye_light_least: float = 0.35
    over_exposure_most: float = 0.02
    side_light_most: float = 0.55
    natural_colour_most: float = 3.0


@dataclass(frozen=True)
class SharpnessLimits(_Checked):
    """Sharpness of a face brought to 56 pixels between the eyes, of a preview brought to 28, and of a shot to 113."""

    shot_least: float = 0.55
    preview_least: float = 0.62
    fine_least: float = 0.42


@dataclass(frozen=True)
class BackgroundLimits(_Checked):
    """The wall. Uniformity [29794]: clean test pictures 36 to 93, disturbed ones 187 to 243. The rest [own], in CIELAB.

    `clothing_contrast_least`: colour distance between clothes and wall. Set 0 where the local rule asks for white.
    """

    uniformity_most: float = 110.0
    lightness_least: float = 70.0
    chroma_most: float = 14.0
    evenness_most: float = 30.0
    clothing_contrast_least: float = 12.0


@dataclass(frozen=True)
class DressLimits(_Checked):
    """Guesses [own] that ask the officer and never block."""

    head_covering_most: float = 0.25
    ear_least: float = 0.15
    glasses_most: float = 2.0
    glare_most: float = 0.06


@dataclass(frozen=True)
class SteadyLimits(_Checked):
    """How a moving sitter is judged. [own].

    `hysteresis`: by how much of a limit a check that held may go beyond it before it no longer holds. `frames`: of so
    many the median counts. `eyes_window_s`: for so long the sitter's own widest eyes are remembered.
    """

    hysteresis: float = 0.20
    frames: int = 5
    eyes_window_s: float = 3.0

    def __post_init__(self) -> None:
        """Refuse what cannot be followed. Raises ValueError."""
        if not (0 <= self.hysteresis <= 1 and 1 <= self.frames <= 31 and 0.5 <= self.eyes_window_s <= 30):
            raise ValueError("hysteresis must be 0 to 1, frames 1 to 31, eyes_window_s 0.5 to 30")


@dataclass(frozen=True)
class PortraitLimits:
    """All limits of a portrait, one field for each section of config/portrait.toml."""

    crop: CropLimits = field(default_factory=CropLimits)
    place: PlaceLimits = field(default_factory=PlaceLimits)
    pose: PoseLimits = field(default_factory=PoseLimits)
    face: FaceLimits = field(default_factory=FaceLimits)
    light: LightLimits = field(default_factory=LightLimits)
    sharpness: SharpnessLimits = field(default_factory=SharpnessLimits)
    background: BackgroundLimits = field(default_factory=BackgroundLimits)
    dress: DressLimits = field(default_factory=DressLimits)
    steady: SteadyLimits = field(default_factory=SteadyLimits)


USUAL: Final = PortraitLimits()
