"""What is wrong with a print: each flaw gets a severity from 0 to 1 out of its own physical signs.

Signs are shares of the way from where a sign means nothing to where it could not be plainer; a flaw is the product of
the signs that it must show together. docs/prints.md tells the physics behind each of them. Knows no quality.
"""

from typing import Final

from kiosk.biometrics.prints.measures import Measures
from kiosk.domain.quality import PrintVerdict

FULL_CONTACT_MM2: Final = 200.0
"""Contact of a flat fingertip that is as good as any; a smaller window can give no more than most of itself."""
_WINDOW_SHARE: Final = 0.9


def reachable_mm2(seen: Measures) -> float:
    """How much contact a finger in the middle of this window can give."""
    return min(FULL_CONTACT_MM2, _WINDOW_SHARE * seen.window_mm2)


def between(value: float, nothing: float, all_of: float) -> float:
    """Where a value lies on the way from `nothing` (0) to `all_of` (1)."""
    return min(1.0, max(0.0, (value - nothing) / (all_of - nothing)))


def severities(seen: Measures) -> dict[PrintVerdict, float]:
    """Say how bad each flaw is, 0 to 1. The print must have a finger on it."""
    displaced, shift = _displacement(seen), max(_shifts(seen))
    reach = seen.area_mm2 / min(130.0, reachable_mm2(seen))
    skin = _skin(seen)
    # Far out or little of it: a part. Most of it there, but cut off on one side: off the middle.
    part = shift > 0.45 or reach < 0.6
    small = max(between(reach, 0.85, 0.4) * (displaced > 0.2), displaced * (shift > 0.45))
    lone = between(reach, 0.5, 0.25) * (1 - skin[PrintVerdict.TOO_LIGHT])
    return {
        **skin,
        PrintVerdict.PARTIAL: max(small, lone) if part else 0.0,
        PrintVerdict.OFF_CENTRE: displaced * (0.5 if part else 1.0),
    }


def side_of(seen: Measures) -> str:
    """On which side of the middle the finger lies: left, right, up, down, or nothing for the middle."""
    across, along = _shifts(seen)
    if max(across, along) < 0.08:
        return ""
    if across >= along:
        return "left" if seen.shift_x < 0 else "right"
    return "up" if seen.shift_y < 0 else "down"


def _skin(seen: Measures) -> dict[PrintVerdict, float]:
    """What moisture, wear, pressure or dirt did to the ridges."""
    smudged = _smudged(seen)
    pale = between(seen.brightness, 0.655, 0.785)
    # A sensor's noise tears faint ridges to pieces too.
    torn_off = between(seen.fragments, 2.2, 5.0) * (1 - between(seen.noise, 0.27, 0.4))
    broken = max(between(seen.breaks, 0.055, 0.125), torn_off * between(seen.breaks, 0.03, 0.06))
    flat, small = _flat(seen), _small(seen)
    # Thin by the share of ridges: told even where a sensor draws every ridge black.
    lean = between(seen.ridge_share, 0.44, 0.395)
    # A small contact of thin ridges is one of their tops, unless they are torn to pieces.
    tops = small * max(pale, lean) * between(seen.breaks, 0.16, 0.12)
    torn = max(between(seen.creases, 0.02, 0.08), between(seen.lost_pale + seen.lost_grey, 0.2, 0.5))
    wet, hard = _flooded(seen)
    wet *= 1 - 0.8 * smudged
    return {
        PrintVerdict.TOO_WET: wet,
        PrintVerdict.TOO_HARD: hard * (1 - smudged),
        PrintVerdict.TOO_DRY: max(pale, lean, _dotted(seen)) * broken * (1 - flat) * (1 - 0.8 * tops),
        PrintVerdict.TOO_LIGHT: max(max(pale, small) * _thin(seen), tops) * (1 - flat),
        PrintVerdict.WORN: max(flat * (1 - smudged), torn * (1 - max(wet, smudged)) * (1 - pale * broken)),
        PrintVerdict.SMUDGED: smudged,
        PrintVerdict.DIRTY_GLASS: max(between(seen.outside, 0.02, 0.1), _specks(seen) * (1 - smudged)),
    }


def _flooded(seen: Measures) -> tuple[float, float]:
    """Too wet, too hard: both make ridges broad and dark, but pressed skin leaves valleys open, and water fills them.

    Broad is told by the share of ridges, which no sensor's levels change; how dark by the level.
    """
    dark = between(seen.brightness, 0.55, 0.44)
    filled = max(between(seen.blots, 0.008, 0.06), between(seen.stains, 0.1, 0.45), between(seen.lost_dark, 0.02, 0.2))
    open_ = between(seen.contrast, 0.17, 0.22) * between(seen.valley_level, 0.76, 0.86)
    open_ *= 1 - between(seen.blots, 0.006, 0.02)
    wet = (max(dark, between(seen.ridge_share, 0.495, 0.525)) * filled) ** 0.5 * (1 - 0.85 * open_)
    # A few ridges of a small window are no measure of how broad all of them are.
    enough = between(seen.area_mm2, 20, 70)
    return wet, between(_breadth(seen), 0.505, 0.525) * open_ * enough


def _breadth(seen: Measures) -> float:
    """How broad ridges are, as their share of the skin; valleys that have grown narrow are a little darker too."""
    return seen.ridge_share + 0.2 * (0.95 - seen.valley_level)


def _smudged(seen: Measures) -> float:
    """Ridges clear here and dragged away there, or all of them, with grey where valleys were; broad ones are wet."""
    dragged = max(between(seen.stains, 0.05, 0.3), between(seen.lost_grey, 0.06, 0.2))
    patchy = between(seen.unevenness, 0.26, 0.42) * between(seen.stains, 0.02, 0.08)
    patchy *= dragged * (0.65 + 0.35 * between(seen.contrast, 0.23, 0.16))
    through = between(seen.stains, 0.35, 0.6) * between(seen.contrast, 0.16, 0.1)
    return max(patchy, through) * (1 - between(seen.ridge_share, 0.495, 0.525))


def _flat(seen: Measures) -> float:
    """Low ridges, as broad as ever: dark nowhere, and the skin between them touches too.

    Dry or light ridges are thin, and their valleys clean.
    """
    low = between(seen.ridge_level, 0.28, 0.42) * between(seen.contrast, 0.21, 0.14)
    # The brightest places of a noisy valley are as bright as glass.
    valleys = seen.valley_level - 0.4 * max(0.0, seen.noise * seen.contrast - 0.02)
    return low * between(valleys, 0.97, 0.92) * between(seen.ridge_share, 0.4, 0.425)


def _dotted(seen: Measures) -> float:
    """Ridges torn to dots, as far as a sensor with black ridges shows dryness at all."""
    return between(seen.fragments, 4.5, 9.0) * between(seen.breaks, 0.12, 0.16) * between(seen.ridge_share, 0.46, 0.42)


def _thin(seen: Measures) -> float:
    """Ridges that touch with their tops alone, but whole."""
    return between(seen.ridge_share, 0.475, 0.445) * between(seen.breaks, 0.125, 0.075)


def _small(seen: Measures) -> float:
    """A whole contact that is small though the window has room for more; a cut off one says nothing about pressure."""
    if seen.window_mm2 < 150:
        return 0.0
    cut = seen.cut_left + seen.cut_right + seen.cut_top + seen.cut_bottom
    return between(seen.area_mm2, 160, 110) * between(cut, 0.4, 0.1)


def _specks(seen: Measures) -> float:
    """Dirt within the finger: patches or specks that darken valleys, while all others are clean and ridges narrow.

    Water darkens what lies in it to black and makes ridges broad; what other fingers left on the glass is grey.
    """
    specks = 0.85 * between(seen.stains, 0.015, 0.04) * between(seen.brightness, 0.5, 0.55)
    # Broad ridges darken valleys by themselves, and so does what was dragged.
    specks *= (1 - between(seen.unevenness, 0.3, 0.4)) * between(seen.fragments, 0.9, 1.3)
    specks *= between(seen.contrast, 0.18, 0.25) * between(seen.patches, 0.005, 0.025)
    patches = between(seen.patches, 0.025, 0.06) * between(seen.clean_valley, 0.85, 0.9)
    patches *= between(seen.patch_level, 0.6, 0.68) * between(seen.contrast, 0.16, 0.19)
    patches *= between(seen.ridge_level, 0.48, 0.4)
    return max(specks, patches) * between(_breadth(seen), 0.522, 0.502)


def _displacement(seen: Measures) -> float:
    """How far off the finger lies, 0 to 1: counted in full where the window cuts it off on that side alone."""
    across, along = _shifts(seen)
    # A fingertip naturally goes on below the window.
    return between(max(across, along if seen.shift_y < 0 else 0.85 * along), 0.12, 0.4)


def _shifts(seen: Measures) -> tuple[float, float]:
    across = _axis(seen.shift_x, seen.cut_left, seen.cut_right)
    return across, _axis(seen.shift_y, seen.cut_top, seen.cut_bottom)


def _axis(shift: float, before: float, behind: float) -> float:
    near, far = (before, behind) if shift < 0 else (behind, before)
    return abs(shift) * (1.0 if near > 0.2 and far < 0.5 * near else 0.35)
