"""Which enrolments of a kiosk are nowhere, in words: "212-214, 220, 2 of 231-240". No web, no SQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kiosk.office.gaps import Missing
from kiosk.office.wording import Words

#: What is said in one line; a kiosk's page says more.
RANGES: Final = 5


def owed_lines(words: Words, missing: Mapping[str, Missing], kiosks: int) -> str:
    """Who owes which, one after another; ``kiosks``: how many there are in all."""
    said = [words("owed.by", kiosk=kiosk, which=owed_text(words, one)) for kiosk, one in missing.items()]
    if kiosks > len(missing):
        said.append(words("owed.kiosks", n=kiosks - len(missing)))
    return "; ".join(said)


def owed_text(words: Words, missing: Missing, *, most: int = RANGES) -> str:
    """The numbers, at most so many ranges of them; empty where nothing is missing."""
    shown = missing.ranges[:most]
    parts = [_range(*one) for one in shown]
    if missing.among is not None:
        parts.append(words("owed.unclear", n=missing.unclear, among=_range(*missing.among)))
    if left := missing.left_out + sum(last - first + 1 for first, last in missing.ranges[most:]):
        parts.append(words("owed.more", n=left))
    return ", ".join(parts)


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}\N{EN DASH}{last}"
