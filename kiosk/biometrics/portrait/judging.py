"""From measures to checks: what holds, what does not, and the one thing to say.

Each check is a small pure function of the measures and the limits. A measure that was not taken gives no check. Checks
that advise ask the officer and never block.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final

from kiosk.biometrics.portrait.crop import Placement, place
from kiosk.biometrics.portrait.limits import USUAL, PortraitLimits
from kiosk.biometrics.portrait.reading import FaceReading
from kiosk.domain.quality import PortraitSay as Say


@dataclass(frozen=True, slots=True)
class Check:
    """One check: the measured value, between what it passes (None: no bound), whether it does, what to say if not.

    `advises`: a guess; the officer is asked and nothing is blocked.
    """

    name: str
    value: float
    least: float | None
    most: float | None
    passed: bool
    say: Say
    advises: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    """What a check looks at. `slack` widens the limits of a check that held a moment ago, as a share of the limit."""

    reading: FaceReading
    limits: PortraitLimits
    held: Collection[str]
    eyes_own: float | None

    def between(
        self,
        name: str,
        measure: str,
        *,
        least: float | None = None,
        most: float | None = None,
        say: Say,
        advises: bool = False,
    ) -> Check | None:
        value = self.reading.measures.get(measure)
        if value is None:
            return None
        passed = self.holds(name, value, least=least, most=most)
        return Check(name, value, least, most, passed, Say.NOTHING if passed else say, advises)

    def holds(self, name: str, value: float, *, least: float | None, most: float | None) -> bool:
        slack = self.limits.steady.hysteresis if name in self.held else 0.0
        low = -float("inf") if least is None else least - slack * abs(least)
        high = float("inf") if most is None else most + slack * abs(most)
        return low <= value <= high


def judge(
    reading: FaceReading,
    limits: PortraitLimits = USUAL,
    *,
    held: Collection[str] = (),
    eyes_own: float | None = None,
) -> tuple[Check, ...]:
    """Judge one reading: every check that can be made, in the order in which they are worth saying.

    `held`: names of the checks that passed a moment ago; their limits are widened (hysteresis). `eyes_own`: the widest
    that this sitter's eyes have been open lately.
    """
    if reading.points is None:
        say = Say.CAMERA_DARK if reading.black else Say.NO_FACE
        return (Check("one_face", 0.0, 1.0, 1.0, passed=False, say=say),)
    case = _Case(reading, limits, held, eyes_own)
    found = (check(case) for check in _CHECKS)
    return tuple(one for one in found if one is not None)


def most_useful(checks: Iterable[Check]) -> Say:
    """Choose the one thing to say: what blocks first, in the order of the checks; then what is only advised."""
    failed = [one for one in checks if not one.passed]
    blocking = [one for one in failed if not one.advises]
    return (blocking or failed)[0].say if failed else Say.NOTHING


def acceptable(checks: Iterable[Check]) -> bool:
    """Tell whether nothing blocks: a picture may be taken."""
    return all(one.passed or one.advises for one in checks)


def one_face(case: _Case) -> Check:
    """One face: no other whose side is more than `other_face_most` of the sitter's (ISO/IEC 29794-5, single face)."""
    sizes = sorted((face.area**0.5 for face in case.reading.faces), reverse=True)
    many = sum(size > case.limits.place.other_face_most * sizes[0] for size in sizes)
    alone = many == 1
    return Check("one_face", float(many), 1.0, 1.0, alone, Say.NOTHING if alone else Say.ONE_PERSON)


def light(case: _Case) -> Check | None:
    """Enough light in the scene, told from its lightest things: no skin is ever too dark for it."""
    least = case.limits.light.light_level_least
    return case.between("light", "light_level", least=least, say=Say.MORE_LIGHT)


def backlight(case: _Case) -> Check | None:
    """Light from before and not from behind: the white of the eyes against the lightest of the scene; asks only."""
    least = case.limits.light.eye_light_least
    return case.between("backlight", "eye_light", least=least, say=Say.MORE_LIGHT, advises=True)


def over_exposure(case: _Case) -> Check | None:
    """No burnt-out skin: share of face pixels of luminance 247 to 255 (ISO/IEC 29794-5)."""
    most = case.limits.light.over_exposure_most
    return case.between("over_exposure", "over_exposure", most=most, say=Say.LESS_LIGHT)


def inter_eye_distance(case: _Case) -> Check | None:
    """Near enough: pixels between the eyes in the shot (ISO/IEC 39794-5: 90 at the least)."""
    least = case.limits.place.inter_eye_px_least
    return case.between("inter_eye_distance", "inter_eye_distance", least=least, say=Say.CLOSER)


def camera_distance(case: _Case) -> Check | None:
    """Far enough that the nose does not look large, in metres (ISO/IEC 39794-5: 0.7 and more is better)."""
    least = case.limits.place.camera_distance_m_least
    return case.between("camera_distance", "camera_distance_m", least=least, say=Say.FARTHER)


def position(case: _Case) -> Check | None:
    """The 3 to 4 box around the head lies in the frame: the largest part that does not, as a share of its height."""
    reading = case.reading
    if reading.points is None:
        return None
    found = place(reading.points, (reading.width_px, reading.height_px), case.limits.crop, reading.person)
    value = max(found.out_left, found.out_right, found.out_above, found.out_below)
    passed = found.fits or (value > 0 and case.holds("position", value, least=None, most=0.0))
    return Check("position", value, None, 0.0, passed, Say.NOTHING if passed else _way_in(found))


def roll(case: _Case) -> Check | None:
    """The head upright (ISO/IEC 19794-5:2011 7.2.2: 8 degrees)."""
    return _angle(
        case, "roll", case.limits.pose.zero_roll, case.limits.pose.roll_most, Say.HEAD_UPRIGHT, Say.HEAD_UPRIGHT
    )


def yaw(case: _Case) -> Check | None:
    """The face straight ahead (ISO/IEC 19794-5:2011 7.2.2: 5 degrees)."""
    return _angle(case, "yaw", case.limits.pose.zero_yaw, case.limits.pose.yaw_most, Say.TURN_LEFT, Say.TURN_RIGHT)


def pitch(case: _Case) -> Check | None:
    """Neither up nor down (ISO/IEC 19794-5:2011 7.2.2: 5 degrees; see limits.py for why not 5 here)."""
    return _angle(case, "pitch", case.limits.pose.zero_pitch, case.limits.pose.pitch_most, Say.CHIN_DOWN, Say.CHIN_UP)


def eyes_open(case: _Case) -> Check | None:
    """Both eyes open (ISO/IEC 29794-5), against the sitter's own widest where that is known: drooping lids pass."""
    face = case.limits.face
    least = face.eyes_open_least
    if case.eyes_own is not None:
        least = max(face.eyes_open_floor, min(least, face.eyes_open_own * case.eyes_own))
    return case.between("eyes_open", "eyes_open", least=least, say=Say.EYES_OPEN)


def gaze_across(case: _Case) -> Check | None:
    """Looking at the light, not beside it."""
    most = case.limits.face.gaze_across_most
    return case.between("gaze_across", "gaze_across", least=-most, most=most, say=Say.LOOK_HERE)


def gaze_down(case: _Case) -> Check | None:
    """Looking at the light, not below or above it."""
    most = case.limits.face.gaze_down_most
    return case.between("gaze_down", "gaze_down", least=-most, most=most, say=Say.LOOK_HERE)


def mouth_closed(case: _Case) -> Check | None:
    """The mouth closed: the gap between the inner lips (ISO/IEC 29794-5)."""
    most = case.limits.face.mouth_open_most
    return case.between("mouth_closed", "mouth_open", most=most, say=Say.MOUTH_CLOSED)


def side_light(case: _Case) -> Check | None:
    """Even light: one cheek against the other."""
    return case.between("side_light", "side_light", most=case.limits.light.side_light_most, say=Say.SIDE_LIGHT)


def sharpness(case: _Case) -> Check | None:
    """Sharp: of a shot, or of a preview at its own size."""
    measure, least = "sharpness", case.limits.sharpness.shot_least
    if measure not in case.reading.measures:
        measure, least = "sharpness_preview", case.limits.sharpness.preview_least
    return case.between("sharpness", measure, least=least, say=Say.HOLD_STILL)


def sharpness_fine(case: _Case) -> Check | None:
    """Sharp at the standard's full size, where the face has that many pixels."""
    return case.between("sharpness_fine", "sharpness_fine", least=case.limits.sharpness.fine_least, say=Say.HOLD_STILL)


def natural_colour(case: _Case) -> Check | None:
    """Skin of a natural hue (ISO/IEC 29794-5), as it is or as it would be in other light: dark skin is not a cast."""
    found = case.between("natural_colour", "natural_colour", most=case.limits.light.natural_colour_most, say=Say.COLOUR)
    cast = case.reading.measures.get("colour_cast")
    if found is None or cast is None or found.passed:
        return found
    passed = case.holds("natural_colour", cast, least=None, most=found.most)
    return Check(found.name, found.value, None, found.most, passed, Say.NOTHING if passed else Say.COLOUR)


def background_uniformity(case: _Case) -> Check | None:
    """One plain wall (ISO/IEC 29794-5)."""
    most = case.limits.background.uniformity_most
    return case.between("background_uniformity", "background_uniformity", most=most, say=Say.BACKGROUND)


def background_lightness(case: _Case) -> Check | None:
    """A light wall: white is the rule (Circular 60/2021/TT-BCA, article 5(4))."""
    least = case.limits.background.lightness_least
    return case.between("background_lightness", "background_lightness", least=least, say=Say.BACKGROUND)


def background_chroma(case: _Case) -> Check | None:
    """A wall without colour."""
    most = case.limits.background.chroma_most
    return case.between("background_chroma", "background_chroma", most=most, say=Say.BACKGROUND)


def background_evenness(case: _Case) -> Check | None:
    """No shadow and no hot spot on the wall."""
    most = case.limits.background.evenness_most
    return case.between("background_evenness", "background_evenness", most=most, say=Say.BACKGROUND)


def head_covering(case: _Case) -> Check | None:
    """Bare head; dress of faith or custom is allowed by rule, so that the officer is asked."""
    most = case.limits.dress.head_covering_most
    return case.between("head_covering", "head_covering", most=most, say=Say.HEAD_BARE, advises=True)


def glasses(case: _Case) -> Check | None:
    """No glasses (Circular 60/2021/TT-BCA, article 5(4))."""
    most = case.limits.dress.glasses_most
    return case.between("glasses", "glasses", most=most, say=Say.GLASSES_OFF, advises=True)


def glare(case: _Case) -> Check | None:
    """No glare before the eyes (ISO/IEC 39794-5, eye visibility zone)."""
    most = case.limits.dress.glare_most
    return case.between("glare", "glare", most=most, say=Say.GLASSES_OFF, advises=True)


def ear_right(case: _Case) -> Check | None:
    """The right ear clear (Circular 60/2021/TT-BCA, article 5(4))."""
    return case.between("ear_right", "ear_right", least=case.limits.dress.ear_least, say=Say.EARS_FREE, advises=True)


def ear_left(case: _Case) -> Check | None:
    """The left ear clear."""
    return case.between("ear_left", "ear_left", least=case.limits.dress.ear_least, say=Say.EARS_FREE, advises=True)


def clothing_contrast(case: _Case) -> Check | None:
    """Clothes that stand out from the wall; the colour itself is a local rule and no law."""
    least = case.limits.background.clothing_contrast_least
    return case.between("clothing_contrast", "clothing_contrast", least=least, say=Say.CLOTHES, advises=True)


def _angle(case: _Case, name: str, zero: float, most: float, below: Say, above: Say) -> Check | None:
    value = case.reading.measures.get(name)
    if value is None:
        return None
    off = value - zero
    passed = case.holds(name, off, least=-most, most=most)
    say = Say.NOTHING if passed else below if off < 0 else above
    return Check(name, off, -most, most, passed, say)


def _way_in(found: Placement) -> Say:
    if found.too_large:
        return Say.FARTHER
    ways = (
        (found.out_left, Say.MOVE_LEFT),
        (found.out_right, Say.MOVE_RIGHT),
        (found.out_above, Say.MOVE_DOWN),
        (found.out_below, Say.MOVE_UP),
    )
    worst = max(ways, key=lambda way: way[0])
    opposite = (found.out_left > 0 and found.out_right > 0) or (found.out_above > 0 and found.out_below > 0)
    return Say.FARTHER if opposite else worst[1]


#: In the order in which they are worth saying: nothing is seen in the dark, and nobody can hold a pose while moving.
_CHECKS: Final[tuple[Callable[[_Case], Check | None], ...]] = (
    *(one_face, light, over_exposure, inter_eye_distance, camera_distance, position),
    *(roll, yaw, pitch, eyes_open, gaze_across, gaze_down, mouth_closed),
    *(side_light, sharpness, sharpness_fine, natural_colour),
    *(background_uniformity, background_lightness, background_chroma, background_evenness),
    *(backlight, head_covering, glasses, glare, ear_right, ear_left, clothing_contrast),
)
