"""What an emulated module remembers of fingers: its working buffers and its library of templates.

Owns extracting, merging, comparing, searching and storing, on files of the emulator's own form (see templates.py), so
that presses of one finger really match and those of two do not. Sees no packet. Simulator side only.
"""

from functools import lru_cache

from drivers.fingerprint.commands import Answer
from drivers.fingerprint.minutiae import Shortcoming, extract
from drivers.fingerprint.packets import unpack_pixels
from drivers.fingerprint.personalities import Personality
from drivers.fingerprint.templates import LEAST_PRESS_BYTES, pack_template, template_score, unpack_template

LEAST_SCORE = (150, 200, 250, 320, 400)
"""From this score on two prints are one finger, by security level 1 to 5."""
INDEX_PAGE = 256

_presses = lru_cache(maxsize=2048)(unpack_template)
_extract = lru_cache(maxsize=4)(extract)


class TemplateMemory:
    """The buffers, lost with the power, and the library, kept. Page and buffer numbers are the manual's."""

    def __init__(self, personality: Personality) -> None:
        self._own = personality
        self.buffers: dict[int, bytes] = {}
        self.library: dict[int, bytes] = {}

    def buffer_number(self, told: int) -> int:
        """Say which buffer is meant: the manuals take every number that is none for the last one."""
        return told if 1 <= told <= self._own.buffers else self._own.buffers

    def shortcoming(self, image: bytes) -> Answer | None:
        """Say what is wrong with a packed image; None when features can be had of it."""
        own = self._own
        short = _extract(unpack_pixels(image), own.width_px, own.height_px, dpi=own.dpi).shortcoming
        if short is None:
            return None
        return Answer.TOO_MESSY if short is Shortcoming.MESSY else Answer.TOO_FEW_FEATURES

    def extract(self, image: bytes | None, number: int) -> Answer:
        """Make features of the packed image in a buffer."""
        if image is None:
            return Answer.NO_IMAGE
        short = self.shortcoming(image)
        if short is not None:
            return short
        own = self._own
        found = _extract(unpack_pixels(image), own.width_px, own.height_px, dpi=own.dpi)
        self.buffers[self.buffer_number(number)] = pack_template((found,), own.char_bytes)
        return Answer.OK

    def merge(self, level: int) -> Answer:
        """Make one template of the presses in all buffers; it stands in the first two afterwards."""
        try:
            presses = [press for number in sorted(self.buffers) for press in _presses(self.buffers[number])[:1]]
        except ValueError:
            return Answer.CANNOT_MERGE
        alike = all(template_score((presses[0],), (press,)) >= LEAST_SCORE[level - 1] for press in presses[1:])
        if len(presses) < 2 or not alike:
            return Answer.CANNOT_MERGE
        room = max(1, self._own.template_bytes // (LEAST_PRESS_BYTES + 8))
        template = pack_template(tuple(presses[:room]), self._own.template_bytes)
        self.buffers = {1: template, 2: template}
        return Answer.OK

    def match(self, level: int) -> tuple[Answer, int]:
        """Compare the first two buffers: the answer and the score."""
        if not {1, 2} <= self.buffers.keys():
            return Answer.NO_MATCH, 0
        try:
            score = template_score(_presses(self.buffers[1]), _presses(self.buffers[2]))
        except ValueError:
            return Answer.BAD_TEMPLATE, 0
        return (Answer.OK, score) if score >= LEAST_SCORE[level - 1] else (Answer.NO_MATCH, 0)

    def search(self, number: int, start: int, count: int, level: int) -> tuple[Answer, int, int]:
        """Find the best of `count` pages from `start` on: the answer, the page and the score."""
        if start >= self._own.capacity:
            return Answer.BAD_PAGE, 0, 0
        probe = self.buffers.get(self.buffer_number(number))
        if probe is None:
            return Answer.NOT_FOUND, 0, 0
        try:
            pages = [page for page in self.library if start <= page < start + count]
            scores = {page: template_score(_presses(probe), _presses(self.library[page])) for page in pages}
        except ValueError:
            return Answer.BAD_TEMPLATE, 0, 0
        best = max(sorted(scores), key=scores.__getitem__, default=0)
        if scores.get(best, 0) < LEAST_SCORE[level - 1]:
            return Answer.NOT_FOUND, 0, 0
        return Answer.OK, best, scores[best]

    def store(self, number: int, page: int) -> Answer:
        """Keep a buffer at a page."""
        kept = self.buffers.get(self.buffer_number(number))
        if page >= self._own.capacity:
            return Answer.BAD_PAGE
        if kept is None:
            return Answer.EMPTY_TEMPLATE
        self.library[page] = kept
        return Answer.OK

    def load(self, number: int, page: int) -> Answer:
        """Bring a page into a buffer."""
        if page >= self._own.capacity:
            return Answer.BAD_PAGE
        if page not in self.library:
            return Answer.BAD_TEMPLATE
        self.buffers[self.buffer_number(number)] = self.library[page]
        return Answer.OK

    def delete(self, start: int, count: int) -> Answer:
        """Forget `count` pages from `start` on."""
        if start + count > self._own.capacity:
            return Answer.BAD_PAGE
        for page in range(start, start + count):
            self.library.pop(page, None)
        return Answer.OK

    def index(self, number: int) -> bytes:
        """Give which of the 256 pages of an index page are taken: 32 bytes, the lowest page in the lowest bit."""
        taken = sum(1 << page - number * INDEX_PAGE for page in self.library if page // INDEX_PAGE == number)
        return taken.to_bytes(INDEX_PAGE // 8, "little")
