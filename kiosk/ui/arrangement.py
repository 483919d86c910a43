"""What lies where on one screen: a flat list of things to draw and to touch, in window pixels. Draws nothing itself."""

from dataclasses import dataclass, field
from enum import StrEnum

from kiosk.ui import palette
from kiosk.ui.lettering import LEADING, TIGHT, Lettering, Paragraph
from kiosk.ui.measure import Measures, Rect


@dataclass(frozen=True, slots=True)
class Plate:
    """A filled box with round corners; `edge` is the colour of its border or None."""

    rect: Rect
    colour: str
    radius_px: float = 0.0
    edge: str | None = None
    edge_px: float = 2.0


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph, placed; `align` is 0 (left), 0.5 (middle) or 1 (right). `on` is the colour that it stands on."""

    paragraph: Paragraph
    rect: Rect
    colour: str
    on: str
    align: float = 0.0


@dataclass(frozen=True, slots=True)
class Icon:
    """A drawn icon."""

    name: str
    rect: Rect
    colour: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Where the picture goes; `stage` is the ground that it stands on, `picture` another one than the View's."""

    rect: Rect
    stage: str = palette.STAGE
    picture: str = ""


@dataclass(frozen=True, slots=True)
class PhotoPlace:
    """Where the photo of the View goes, or the one to compare it with."""

    rect: Rect
    beside: bool = False


class Sight(StrEnum):
    """What the citizen shows the camera: a face, seen as in a mirror, or the card, seen as the camera sees it."""

    FACE = "face"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class PreviewPlace:
    """Where the live camera goes, with the outline that face or card should fill, and the coach's arrow and ring."""

    rect: Rect
    sight: Sight
    arrow: str = ""
    held: int = 0


@dataclass(frozen=True, slots=True)
class SpinnerPlace:
    """Where the machine shows that it works."""

    rect: Rect


@dataclass(frozen=True, slots=True)
class Modules:
    """A matrix of dark and light squares: rows of '0' and '1'."""

    rect: Rect
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """Something that can be touched. `kind`: button, nav, row, field or key. `down` is its colour while it is held."""

    id: str
    rect: Rect
    kind: str
    plate: Plate
    down: str
    covers: tuple["Words | Icon", ...] = ()


Item = Plate | Words | Icon | Drawing | PhotoPlace | PreviewPlace | SpinnerPlace | Modules | Target


@dataclass(frozen=True, slots=True)
class _Label:
    """The words of something that can be touched, before they are fitted."""

    text: str
    cap_mm: tuple[float, ...]
    bold: bool
    ink: str
    ground: str


@dataclass(slots=True)
class Arrangement:
    """The list under way: layouts append to it, the scene draws it in order. `mirrored` arranges for a left hand.

    `pages` is how many pages the facts of a View take, `page` which of them is arranged, from 0.
    """

    measures: Measures
    lettering: Lettering
    screen: Rect
    items: list[Item] = field(default_factory=list[Item])
    mirrored: bool = False
    page: int = 0
    pages: int = 1

    def targets(self) -> dict[str, Rect]:
        """Give the rectangle of everything that can be touched, by id."""
        return {item.id: item.rect for item in self.items if isinstance(item, Target)}

    def words(
        self,
        text: str,
        room: Rect,
        *,
        cap_mm: tuple[float, ...],
        colour: str = palette.INK,
        on: str = palette.PAPER,
        bold: bool = False,
        align: float = 0.0,
        middle: bool = False,
        max_lines: int = 9,
        leading: float = LEADING,
    ) -> Words:
        """Fit text into a room, at its top or in its middle, and add it."""
        placed = self.place(
            self.lettering.fit(
                text, (room.width, room.height), cap_mm=cap_mm, bold=bold, max_lines=max_lines, leading=leading
            ),
            room,
            colour=colour,
            on=on,
            align=align,
            middle=middle,
        )
        self.items.append(placed)
        return placed

    def place(
        self, paragraph: Paragraph, room: Rect, *, colour: str, on: str, align: float = 0.0, middle: bool = False
    ) -> Words:
        """Place a paragraph in a room without adding it."""
        top = room.center_y + paragraph.height_px / 2 if middle else room.top
        rect = Rect(room.x, round(top - paragraph.height_px), room.width, paragraph.height_px)
        return Words(paragraph, rect, colour, on, align)

    def touchable(
        self,
        name: str,
        rect: Rect,
        *,
        kind: str,
        colours: tuple[str, str, str],
        label: str = "",
        icon: str | None = None,
        cap_mm: tuple[float, ...],
        bold: bool = True,
        edge: str | None = None,
        edge_mm: float = 0.5,
        radius_mm: float = 3.0,
        icon_above: bool = False,
    ) -> None:
        """Add a plate with an icon and a label that can be touched; `colours` are ground, ground while held, ink."""
        ground, down, ink = colours
        plate = Plate(rect, ground, self.measures.px(radius_mm), edge, max(2.0, self.measures.px(edge_mm)))
        inside: list[Words | Icon] = []
        if icon is not None and not label:
            side = min(rect.width - 2 * self._pad(), rect.height - 2 * self._pad(), self.measures.px(11))
            inside.append(Icon(icon, Rect(rect.center_x - side / 2, rect.center_y - side / 2, side, side), ink))
        elif icon is not None and icon_above:
            inside += self._label_below(icon, _Label(label, cap_mm, bold, ink, ground), rect)
        elif label:
            inside += self._label_beside(icon, _Label(label, cap_mm, bold, ink, ground), rect)
        self.items.append(Target(name, rect, kind, plate, down, tuple(inside)))

    def _pad(self) -> float:
        return self.measures.px(2 if self.measures.large else 1.5)

    def _label_beside(self, icon: str | None, label: _Label, rect: Rect) -> list[Words | Icon]:
        measures = self.measures
        room = rect.inset(self._pad())
        inside: list[Words | Icon] = []
        side = gap = 0.0
        if icon is not None:
            side = min(room.height * 0.8, room.width * 0.22, measures.px(15 if measures.large else 10))
            gap = measures.px(3 if measures.large else 1.6)
        paragraph = self._label(label, (room.width - side - gap, rect.height - 2))
        start = round(rect.center_x - (side + gap + paragraph.width_px) / 2)
        if icon is not None:
            inside.append(Icon(icon, Rect(start, round(rect.center_y - side / 2), side, side), label.ink))
        spot = Rect(start + side + gap, rect.y, paragraph.width_px, rect.height)
        inside.append(self.place(paragraph, spot, colour=label.ink, on=label.ground, middle=True))
        return inside

    def _label_below(self, icon: str, label: _Label, rect: Rect) -> list[Words | Icon]:
        room = rect.inset(self._pad())
        paragraph = self._label(label, (room.width, room.height - self.measures.px(6.5)))
        side = min(self.measures.px(11), room.height - paragraph.height_px)
        top = round(room.center_y + (side + paragraph.height_px) / 2)
        spot = Rect(room.x, room.y, room.width, top - side - room.y)
        return [
            Icon(icon, Rect(round(room.center_x - side / 2), top - side, side, side), label.ink),
            self.place(paragraph, spot, colour=label.ink, on=label.ground, align=0.5),
        ]

    def _label(self, label: _Label, room_px: tuple[float, float]) -> Paragraph:
        """One line where it fits without getting much smaller, else two, then two that stand close, at last three."""
        caps, bold = label.cap_mm, label.bold
        one = self.lettering.fit(label.text, room_px, cap_mm=caps, bold=bold, max_lines=1)
        if one.fits and one.font_px >= 0.78 * self.measures.font_px(caps[0]):
            return one
        loose = self.lettering.fit(label.text, (room_px[0], room_px[1] * 0.88), cap_mm=caps, bold=bold, max_lines=2)
        if loose.fits:
            return loose
        close = self.lettering.fit(label.text, room_px, cap_mm=caps, bold=bold, max_lines=2, leading=TIGHT)
        if close.fits:
            return close
        return self.lettering.fit(label.text, room_px, cap_mm=caps[-1:], bold=bold, max_lines=3, leading=TIGHT)

    def caret(self, words: Words) -> None:
        """Add the mark that shows where the next letter goes."""
        paragraph = words.paragraph
        height = paragraph.line_px * 0.72
        width = max(3.0, self.measures.px(0.6))
        written = self.lettering.width(paragraph.lines[-1], paragraph.font_px, paragraph.bold)
        x = min(words.rect.x + written + 3, words.rect.right)
        y = words.rect.y + (paragraph.line_px - height) / 2
        self.items.append(Plate(Rect(x, round(y), width, height), palette.BLUE))
