"""Larger letters never make any text smaller: what would shrink is laid out as at the size before."""

from collections.abc import Callable
from dataclasses import replace

from kiosk.ui.arrangement import Arrangement, Target, Words
from kiosk.ui.settings import TEXT_SIZES

_A_HAIR_PX = 0.05


def steadily(arrangement: Arrangement, lay: Callable[[Arrangement], None]) -> None:
    """Arrange with the chosen size, or with the one before where any text would go the other way.

    From the normal size up no text may become smaller, and by the small size none larger.
    """
    chosen = arrangement.measures.text
    factors = sorted(one for one in TEXT_SIZES.values() if 1 <= one <= chosen) if chosen > 1 else (1.0, chosen)
    kept: Arrangement | None = None
    for factor in factors:
        tried = replace(arrangement, items=[], measures=replace(arrangement.measures, text=factor))
        lay(tried)
        pair = (kept or tried, tried) if chosen > 1 else (tried, kept or tried)
        if _none_shrinks(*map(letters_of, pair)):
            kept = tried
    if kept is not None:
        arrangement.items.extend(kept.items)
        arrangement.page, arrangement.pages = kept.page, kept.pages


def letters_of(arrangement: Arrangement) -> dict[str, float]:
    """Give the size of each text, in pixels of its font; where it stands twice, the smaller one."""
    found: dict[str, float] = {}
    for item in arrangement.items:
        inside = item.covers if isinstance(item, Target) else (item,)
        for words in inside:
            if isinstance(words, Words):
                text = " ".join(words.paragraph.lines)
                found[text] = min(words.paragraph.font_px, found.get(text, words.paragraph.font_px))
    return found


def _none_shrinks(before: dict[str, float], now: dict[str, float]) -> bool:
    return all(px >= before.get(text, 0.0) - _A_HAIR_PX for text, px in now.items())
