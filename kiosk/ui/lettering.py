"""Words on the screen: measuring, breaking into lines, and textures. Owns the fonts; never breaks inside a word."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import Any

from kivy.core.text import Label as _Label
from kivy.core.text import LabelBase
from kivy.graphics.texture import Texture

from kiosk.ui.errors import FontMissing
from kiosk.ui.measure import Measures

#: Line height in em: room for stacked marks and tails; labels of two lines may stand closer.
LEADING = 1.362
TIGHT = 1.16
_PACKAGE = "fonts-noto-core"
_KEPT_TEXTURES = 400
#: How far a line may be from the sum of its words, for each blank in it: pixels are whole, and letters reach over.
_DOUBT_PX, _DOUBT_EM = 2.0, 0.06


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text broken into lines at one size; `fits` is False when even the smallest size was too large for its room."""

    lines: tuple[str, ...]
    font_px: float
    line_px: float
    width_px: float
    bold: bool
    fits: bool

    @property
    def height_px(self) -> float:
        """The height of all lines."""
        return self.line_px * len(self.lines)


class Lettering:
    """Measures and draws text in the two font files. Raises FontMissing when one is not there."""

    def __init__(self, regular: Path, bold: Path, measures: Measures) -> None:
        for path in (regular, bold):
            if not path.is_file():
                raise FontMissing(f"font {path} is not there: install the Debian package {_PACKAGE} or set its path")
        # Else Kivy walks all font folders of the system before the first letter.
        LabelBase._fonts_dirs = [str(regular.parent)]  # noqa: SLF001
        self._files = {False: str(regular), True: str(bold)}
        self._measures = measures
        self._textures: OrderedDict[tuple[str, float, bool], Texture] = OrderedDict()
        self._rulers: dict[tuple[float, bool], LabelBase] = {}
        self.width = lru_cache(maxsize=8000)(self._width)
        self._fitted = lru_cache(maxsize=2000)(self._fit)

    def _label(self, text: str, font_px: float, bold: bool) -> LabelBase:
        return _Label(text=text, font_size=font_px, font_name=self._files[bold], color=(1, 1, 1, 1))

    def _width(self, text: str, font_px: float, bold: bool) -> float:
        if not text:
            return 0.0
        ruler = self._rulers.get((font_px, bold))
        if ruler is None:
            ruler = self._rulers[(font_px, bold)] = self._label("", font_px, bold)
        return float(ruler.get_extents(text)[0])

    def _widest(self, lines: Iterable[str], font_px: float, bold: bool) -> float:
        return max((self.width(line, font_px, bold) for line in lines), default=0.0)

    def line_height(self, font_px: float, leading: float = LEADING) -> float:
        """Give the height of one line: 1.36 em, so that stacked marks (Ẫ) and tails (y) are never cut."""
        return float(round(font_px * leading))

    def texture(self, text: str, font_px: float, bold: bool) -> Texture:
        """Give the white texture of one line, kept for the next time."""
        key = (text, font_px, bold)
        texture = self._textures.get(key)
        if texture is None:
            texture = self._textures[key] = self._painted(self._label(text, font_px, bold))
            if len(self._textures) > _KEPT_TEXTURES:
                self._textures.popitem(last=False)
        else:
            self._textures.move_to_end(key)
        return texture

    @staticmethod
    def _painted(label: Any) -> Texture:  # noqa: ANN401 - Kivy describes no label to a type checker
        """Paint a label at once. Kivy would paint it later, and its texture keep the label and thereby the text."""
        label.resolve_font_name()
        label._size = label.render()  # noqa: SLF001
        if min(label.size) <= 1:
            return label.texture_1px
        texture: Any = Texture.create(size=label.size)
        texture.flip_vertical()
        label.texture = texture
        label.render(real=True)
        return texture

    def kept(self) -> list[str]:
        """Give the texts whose pictures are kept."""
        return [text for text, _font_px, _bold in self._textures]

    def forget(self) -> None:
        """Forget every text: names of a citizen who has left do not stay behind in a cache."""
        self._textures.clear()
        self.width.cache_clear()
        self._fitted.cache_clear()

    def wrap(self, text: str, width_px: float, font_px: float, *, bold: bool) -> tuple[str, ...]:
        """Break at spaces so that every line is narrower than `width_px` where its words allow, lines about even."""
        return self._evened(self._greedy(text, width_px, font_px, bold), text, width_px, font_px, bold)

    def _evened(
        self, lines: tuple[str, ...], text: str, width_px: float, font_px: float, bold: bool
    ) -> tuple[str, ...]:
        """Give as many lines as `lines`, about even: by the narrowest width at which there are no more of them."""
        if len(lines) < 2:
            return lines
        low, high = width_px * 0.4, width_px
        while high - low > 4:
            middle = (low + high) / 2
            if len(self._greedy(text, middle, font_px, bold, len(lines))) <= len(lines):
                high = middle
            else:
                low = middle
        return self._greedy(text, high, font_px, bold)

    def _greedy(self, text: str, width_px: float, font_px: float, bold: bool, at_most: float = inf) -> tuple[str, ...]:
        """Fill line after line; beyond `at_most` of them the rest is left, because nobody wants so many.

        A line is measured only where the sum of its words leaves a doubt: measuring is what takes the time.
        """
        lines: list[str] = []
        blank, doubt = self.width(" ", font_px, bold), _DOUBT_PX + _DOUBT_EM * font_px
        for paragraph in text.split("\n"):
            line, sum_px, unsure_px = "", 0.0, 0.0
            for word in paragraph.split(" "):
                word_px = self.width(word, font_px, bold)
                if not line:
                    line, sum_px = word, word_px
                    continue
                longer = f"{line} {word}"
                sum_px += blank + word_px
                unsure_px += doubt
                over_px = sum_px - width_px
                if over_px > unsure_px or (over_px > -unsure_px and self.width(longer, font_px, bold) > width_px):
                    lines.append(line)
                    if len(lines) >= at_most:
                        return (*lines, word)
                    line, sum_px, unsure_px = word, word_px, 0.0
                else:
                    line = longer
            lines.append(line)
        return tuple(lines)

    def fit(
        self,
        text: str,
        room_px: tuple[float, float],
        *,
        cap_mm: Sequence[float],
        bold: bool = False,
        max_lines: int = 9,
        leading: float = LEADING,
        tight_line: bool = False,
    ) -> Paragraph:
        """Break text at the largest of the cap heights at which it fits a room of (width, height) in pixels.

        Where none fits, it shrinks further rather than be cut, and says so in `fits`. A single line keeps the full
        leading unless it is a `tight_line` of a list.
        """
        return self._fitted(text, room_px, tuple(cap_mm), bold, max_lines, leading, tight_line)

    def _fit(
        self,
        text: str,
        room_px: tuple[float, float],
        cap_mm: tuple[float, ...],
        bold: bool,
        max_lines: int,
        leading: float,
        tight_line: bool,
    ) -> Paragraph:
        sizes = [self._measures.font_px(cap) for cap in cap_mm]
        smallest = sizes[-1]
        for font_px in (*sizes, *(round(smallest * part, 1) for part in (0.92, 0.84, 0.76, 0.68, 0.6, 0.5))):
            lines = self._greedy(text, room_px[0], font_px, bold)
            height = self.line_height(font_px, leading if len(lines) > 1 or tight_line else LEADING) * len(lines)
            # Only a word that stands alone can be wider than the room.
            words = (line for line in lines if " " not in line)
            if height <= room_px[1] and len(lines) <= max_lines and self._widest(words, font_px, bold) <= room_px[0]:
                break
        # Even lines are as many, and no wider: which size fits does not hang on them, and they take long to find.
        lines = self._evened(lines, text, room_px[0], font_px, bold)
        width = self._widest(lines, font_px, bold)
        fits = font_px >= smallest and width <= room_px[0] and height <= room_px[1]
        return Paragraph(lines, font_px, height / len(lines), width, bold, fits)
