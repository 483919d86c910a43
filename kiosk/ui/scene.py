"""Draws one arranged View on a canvas and takes its touches. Knows shapes and ids, nothing of what they mean."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from kivy.clock import Clock
from kivy.graphics import Color, InstructionGroup, Line, PopMatrix, PushMatrix, Rectangle, Rotate
from kivy.graphics.texture import Texture
from kivy.uix.widget import Widget

from kiosk.journey.view import View
from kiosk.ui import palette
from kiosk.ui.arrangement import (
    Arrangement,
    Drawing,
    Icon,
    Item,
    Modules,
    PhotoPlace,
    Plate,
    PreviewPlace,
    SpinnerPlace,
    Target,
    Words,
)
from kiosk.ui.icons import draw_icon
from kiosk.ui.lettering import Lettering
from kiosk.ui.measure import Rect
from kiosk.ui.mesh import MeshPaper, fill_px, stroke_px
from kiosk.ui.palette import rgba
from kiosk.ui.pen import Pen
from kiosk.ui.photo import photo_texture
from kiosk.ui.preview import Preview
from kiosk.ui.shapes import arc, rounded
from kiosk.ui.slides import Slides

#: Plates, buttons and pictures that are kept for the next screen; those of a whole journey, a few megabytes.
_KEPT_PARTS: Final = 400


class Scene(Widget):
    """The root widget: redraws itself for every arrangement; what looks the same as before is not drawn anew."""

    def __init__(self, lettering: Lettering, preview: Preview, *, px_per_mm_across: float, moving: bool = True) -> None:
        super().__init__()
        self._lettering = lettering
        self._preview = preview
        self._px_per_mm_across = px_per_mm_across
        self._spin: object | None = None
        self._plates: dict[str, tuple[InstructionGroup, Target]] = {}
        self._drawn: OrderedDict[object, InstructionGroup] = OrderedDict()
        self._slides = Slides(moving=moving)
        self._photos: dict[bool, tuple[bytes, Texture]] = {}
        self._preview_at: PreviewPlace | None = None
        self._preview_group = InstructionGroup()
        self._held: str | None = None
        self.on_down: Callable[[object, float, float, float], str | None] = lambda _finger, _x, _y, _width: None
        self.on_up: Callable[[object, float, float], None] = lambda _finger, _x, _y: None

    def draw(self, arrangement: Arrangement, view: View) -> None:
        """Draw everything anew."""
        self._stop_spinning()
        canvas: Any = self.canvas
        canvas.clear()
        self._plates = {}
        self.pos = (0, 0)
        self.size = (arrangement.screen.width, arrangement.screen.height)
        group = InstructionGroup()
        canvas.add(group)
        _box(group, arrangement.screen, palette.PAPER, 0.0)
        if not any(isinstance(item, PreviewPlace) for item in arrangement.items):
            self._preview.stop()
            self._preview_at = None
        pictures = self._slides.shown
        for item in arrangement.items:
            self._draw_item(group, item, view)
        if self._slides.shown == pictures:
            self._slides.stop()

    def _draw_item(self, group: InstructionGroup, item: Item, view: View) -> None:
        match item:
            case Plate():
                group.add(self._kept(item, lambda part: _plate(part, item, item.colour)))
            case Words():
                self._words(group, item)
            case Icon():
                draw_icon(item.name, Pen.icon(MeshPaper(group), item.rect), item.colour)
            case Target():
                part = self._kept(item, lambda part: self._paint_target(part, item, item.plate.colour))
                self._plates[item.id] = (part, item)
                group.add(part)
            case Drawing():
                self._slides.show(group, item.rect, replace(view, picture=item.picture) if item.picture else view)
            case PhotoPlace():
                self._photo_place(group, item, view)
            case PreviewPlace():
                self._preview_place(group, item)
            case SpinnerPlace():
                self._spinner(group, item.rect)
            case Modules():
                _modules(group, item)

    def _paint_target(self, part: InstructionGroup, target: Target, colour: str) -> None:
        part.clear()
        _plate(part, target.plate, colour)
        for inside in target.covers:
            if isinstance(inside, Words):
                self._words(part, inside)
            else:
                draw_icon(inside.name, Pen.icon(MeshPaper(part), inside.rect), inside.colour)

    def _words(self, group: InstructionGroup, item: Words) -> None:
        paragraph = item.paragraph
        group.add(Color(*rgba(palette.painted(item.colour, on=item.on))))
        for index, line in enumerate(paragraph.lines):
            if not line:
                continue
            texture = self._lettering.texture(line, paragraph.font_px, paragraph.bold)
            width, height = texture.size
            x = round(item.rect.x + (item.rect.width - width) * item.align)
            y = round(item.rect.top - paragraph.line_px * (index + 0.5) - height / 2)
            group.add(Rectangle(texture=texture, pos=(x, y), size=(width, height)))

    def _kept(self, key: object, draw: Callable[[InstructionGroup], None]) -> InstructionGroup:
        """Give what was drawn for this key before, or draw it: most of a screen stands on the next one too."""
        part = self._drawn.get(key)
        if part is None:
            part = self._drawn[key] = InstructionGroup()
            draw(part)
            if len(self._drawn) > _KEPT_PARTS:
                self._drawn.popitem(last=False)
        else:
            self._drawn.move_to_end(key)
        return part

    def _photo_place(self, group: InstructionGroup, item: PhotoPlace, view: View) -> None:
        rect, photo = item.rect, view.beside if item.beside else view.photo
        if photo is None:
            self._slides.show(group, rect, view)
            return
        kept = self._photos.get(item.beside)
        if kept is None or kept[0] != photo:
            texture = photo_texture(photo)
            if texture is None:
                self._slides.show(group, rect, view)
                return
            self._photos[item.beside] = kept = (photo, texture)
        texture = kept[1]
        scale = min(rect.width / texture.width, rect.height / texture.height)
        width, height = round(texture.width * scale), round(texture.height * scale)
        if width < rect.width:
            _box(group, rect, palette.STAGE, 12.0)
        # In a narrow column the photo stands at its top, beside the first lines, without a stage.
        bottom = rect.center_y - height / 2 if width < rect.width else rect.top - height
        place = Rect(round(rect.center_x - width / 2), round(bottom), width, height)
        group.add(Color(1, 1, 1, 1))
        group.add(Rectangle(texture=texture, pos=(place.x, place.y), size=(place.width, place.height)))
        group.add(Color(*rgba(palette.painted(palette.NAVY))))
        group.add(Line(rectangle=(place.x, place.y, place.width, place.height), width=1.5))

    def _preview_place(self, group: InstructionGroup, item: PreviewPlace) -> None:
        before = self._preview_at
        if before is None or (before.rect, before.sight) != (item.rect, item.sight):
            self._preview_group = InstructionGroup()
            self._preview.start(self._preview_group, item.rect, sight=item.sight)
        if item != before:
            self._preview.guide(item.arrow, item.held)
            self._preview_at = item
        group.add(self._preview_group)

    def _spinner(self, group: InstructionGroup, rect: Rect) -> None:
        radius = rect.width * 0.4
        width = rect.width * 0.12
        group.add(PushMatrix())
        turn = Rotate(angle=0, axis=(0, 0, 1), origin=(rect.center_x, rect.center_y))
        group.add(turn)

        def wheel(part: InstructionGroup) -> None:
            ring = arc(rect.center_x, rect.center_y, radius, start=0, end=360, steps=72)[:-1]
            stroke_px(part, ring, palette.BAR, width, True)
            stroke_px(part, arc(rect.center_x, rect.center_y, radius, start=20, end=110), palette.YES, width, False)

        group.add(self._kept(("spinner", rect), wheel))
        group.add(PopMatrix())

        def spin(elapsed_s: float) -> None:
            turn.angle = (turn.angle - 180 * elapsed_s) % 360

        self._spin = Clock.schedule_interval(spin, 1 / 20)

    def _stop_spinning(self) -> None:
        if self._spin is not None:
            self._spin.cancel()  # type: ignore[attr-defined]
            self._spin = None

    def repaint(self) -> None:
        """Keep nothing of what was drawn: the theme has changed."""
        self._slides.forget()
        self._drawn.clear()

    def forget(self) -> None:
        """Forget all that was a citizen's: photos, the last frame, texts, and the rows and fields they stood on."""
        self._photos.clear()
        self._slides.forget()
        canvas: Any = self.canvas
        canvas.clear()
        for part in (*self._drawn.values(), *(part for part, _ in self._plates.values())):
            # Whoever else holds the part, no letter stays in it.
            part.clear()
        self._drawn.clear()
        self._plates.clear()
        self._held = None
        self._preview.forget()
        self._preview_at = None
        self._lettering.forget()

    def close(self) -> None:
        """Stop everything that moves."""
        self._slides.stop()
        self._stop_spinning()
        self._preview.stop()

    def _paint_held(self, target: str | None, *, down: bool) -> None:
        if target in self._plates:
            part, item = self._plates[target]
            self._paint_target(part, item, item.down if down else item.plate.colour)

    def on_touch_down(self, touch: object) -> bool:
        """Begin a touch."""
        held = self.on_down(touch.uid, touch.x, touch.y, self._width_mm(touch))  # type: ignore[attr-defined]
        if held is not None:
            self._held = held
            self._paint_held(held, down=True)
        return True

    def on_touch_up(self, touch: object) -> bool:
        """End a touch."""
        self._paint_held(self._held, down=False)
        self._held = None
        self.on_up(touch.uid, touch.x, touch.y)  # type: ignore[attr-defined]
        return True

    def _width_mm(self, touch: object) -> float:
        # Only some panels tell how wide a contact is; of the others a palm shows by its many contacts.
        shape = getattr(touch, "shape", None)
        return 0.0 if shape is None else float(shape.width) / self._px_per_mm_across


def _plate(group: InstructionGroup, plate: Plate, colour: str) -> None:
    if plate.edge is not None:
        _box(group, plate.rect, plate.edge, plate.radius_px)
        _box(group, plate.rect.inset(plate.edge_px), colour, max(0.0, plate.radius_px - plate.edge_px))
    else:
        _box(group, plate.rect, colour, plate.radius_px)


def _box(group: InstructionGroup, rect: Rect, colour: str, radius_px: float) -> None:
    if radius_px <= 0:
        group.add(Color(*rgba(palette.painted(colour))))
        group.add(Rectangle(pos=(rect.x, rect.y), size=(rect.width, rect.height)))
    else:
        fill_px(group, rounded(rect.x, rect.y, rect.width, rect.height, radius_px), colour, convex=True)


def _modules(group: InstructionGroup, item: Modules) -> None:
    """Draw a QR on white with its quiet zone of four modules, every module a whole number of pixels."""
    count = max(len(item.rows), *(len(row) for row in item.rows))
    module = max(1, int(min(item.rect.width, item.rect.height) // (count + 8)))
    left = round(item.rect.center_x - module * count / 2)
    top = round(item.rect.center_y + module * count / 2)
    _box(group, item.rect, palette.WHITE, 12.0)
    texture: Any = Texture.create(size=(count, count), colorfmt="rgb")
    texture.mag_filter = texture.min_filter = "nearest"
    lines = [row.ljust(count, "0") for row in reversed(item.rows)]
    dots = b"".join(b"\0\0\0" if dot == "1" else b"\xff\xff\xff" for line in lines for dot in line)
    texture.blit_buffer(dots, colorfmt="rgb", bufferfmt="ubyte")
    group.add(Color(1, 1, 1, 1))
    height = module * len(item.rows)
    group.add(Rectangle(texture=texture, pos=(left, top - height), size=(module * count, height)))
