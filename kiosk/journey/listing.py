"""Looking somebody up in the roster: by letters without marks, by numbers, by the year of birth. Pure.

"nguyen van a" finds Nguyễn Văn Á, and people stand in the order of a Vietnamese list: by given name.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from kiosk.domain.citizen import Identity
from kiosk.domain.roster import RosterRow, find_row
from kiosk.words.text import fold, name_sort_key

#: So many people are shown for one question; who is not among them needs another letter.
MOST_SHOWN: Final = 12
#: A question shorter than this would show half the village to whoever stands before the screen.
LEAST_LETTERS: Final = 2
LEAST_DIGITS: Final = 3


@dataclass(frozen=True, slots=True)
class Query:
    """What the officer typed: letters of the name, digits of a number, the year of birth. Empty parts ask nothing."""

    name: str = field(default="", repr=False)
    number: str = field(default="", repr=False)
    year: str = ""

    @property
    def asks(self) -> bool:
        """Whether it is enough to look for."""
        letters = len(fold(self.name).replace(" ", ""))
        return letters >= LEAST_LETTERS or len(_digits(self.number)) >= LEAST_DIGITS or len(_digits(self.year)) == 4


class RosterIndex:
    """A roster made ready to be searched; in memory alone."""

    def __init__(self, rows: Sequence[RosterRow]) -> None:
        """Fold and sort the names, once."""
        self.rows = tuple(rows)
        self.folded = tuple(fold(row.name) for row in self.rows)
        self._order = sorted(range(len(self.rows)), key=lambda i: name_sort_key(self.rows[i].name))

    def search(self, query: Query) -> tuple[tuple[int, ...], int]:
        """Give the places of the first MOST_SHOWN rows that fit, and how many fit in all.

        Who has exactly the name that was typed comes first; else the order is that of the list.
        """
        if not query.asks:
            return (), 0
        words, number, year = fold(query.name).split(), _digits(query.number), _digits(query.year)
        found = [i for i in self._order if self._fits(i, words, number, year)]
        name = " ".join(words)
        found.sort(key=lambda i: self.folded[i] != name)
        return tuple(found[:MOST_SHOWN]), len(found)

    def find(self, who: Identity) -> int | None:
        """Give the place of the row that this person is."""
        return find_row(self.rows, who, names=self.folded, fold=fold)

    def _fits(self, i: int, words: list[str], number: str, year: str) -> bool:
        row = self.rows[i]
        if len(year) == 4 and row.born.year != int(year):
            return False
        if number and number not in (row.number.digits if row.number else "") and number not in row.old_number:
            return False
        rest = iter(self.folded[i].split())
        return all(any(part.startswith(word) for part in rest) for word in words)


def _digits(text: str) -> str:
    return "".join(ch for ch in text if ch.isascii() and ch.isdigit())
