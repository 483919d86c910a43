"""Drawn citizens: an elderly face and shoulders on white.

Owns the drawing of people. Refuses to show anybody who lives: every look is a handful of
numbers, no photograph.
"""

from dataclasses import dataclass
from typing import Final

from PIL import Image

from kiosk.demo.drawing import Canvas, Colour, Point, Shade, mirrored, mixed, smooth
from kiosk.demo.drawing_hair import back_of_hair, front_of_hair
from kiosk.demo.drawing_look import MIDDLE_PX, Clothes, Look

WIDTH_PX: Final = 960
HEIGHT_PX: Final = 1280

WHITE: Final = (251, 251, 249)


def portrait(look: Look) -> Image.Image:
    """One still picture, 960 x 1280, RGB: the photograph on an old card."""
    picture = Image.new("RGBA", (WIDTH_PX, HEIGHT_PX), (*WHITE, 255))
    picture.alpha_composite(body(look))
    picture.alpha_composite(head(look, eyes_open=True).turned(0))
    return picture.convert("RGB")


def body(look: Look) -> Image.Image:
    """Neck, shoulders and clothes, on nothing."""
    canvas = Canvas(WIDTH_PX, HEIGHT_PX)
    shadow = mixed(look.skin, (110, 60, 40), 0.35)
    neck: list[Point] = [(385, 760), (380, 960), (330, 1060), (480, 1150), (630, 1060), (580, 960), (575, 760)]
    canvas.shape(smooth(neck, closed=True), Shade(look.skin))
    canvas.shape(smooth([(385, 800), (400, 930), (480, 985), (560, 930), (575, 800)]), Shade(shadow, 0.75), blur_px=10)
    for side in (1, -1):
        tendon: list[Point] = [
            (MIDDLE_PX + side * 62, 940),
            (MIDDLE_PX + side * 40, 1010),
            (MIDDLE_PX + side * 16, 1070),
        ]
        canvas.stroke(tendon, 7, Shade(shadow, 0.35 + 0.3 * look.wrinkles))
    _clothes(canvas, look)
    return canvas.finished()


@dataclass(frozen=True, slots=True)
class Head:
    """A head as it can be turned: skull and ears, what lies on the face, and the hair before it."""

    whole: Image.Image
    features: Image.Image
    front: Image.Image

    def turned(self, right_px: int) -> Image.Image:
        """Put it together; in a head that is turned the features lie so far beside the middle."""
        picture = self.whole.copy()
        picture.alpha_composite(moved(self.features, right_px, 0))
        picture.alpha_composite(self.front)
        return picture


def head(look: Look, *, eyes_open: bool) -> Head:
    """Face, ears and hair, on nothing."""
    whole, features, front = (Canvas(WIDTH_PX, HEIGHT_PX) for _ in range(3))
    face = _face_outline(look)
    back_of_hair(whole, look)
    _ears(whole, look)
    whole.shape(face, Shade(look.skin))
    _light_and_shade(whole, look, face)
    _lines_of_age(features, look)
    _eyes(features, look, eyes_open=eyes_open)
    _nose(features, look)
    _mouth(features, look)
    front_of_hair(front, look, face)
    return Head(whole.finished(), features.finished(), front.finished())


def moved(layer: Image.Image, right_px: int, down_px: int) -> Image.Image:
    """Shift a layer by whole pixels."""
    # A transparent sheet: what leaves on one side does not come back on the other; the lowest rows are repeated.
    moved = Image.new("RGBA", layer.size, (0, 0, 0, 0))
    if down_px < 0:
        moved.paste(layer, (right_px, 0))
    moved.paste(layer, (right_px, down_px))
    return moved


def _line(look: Look) -> Colour:
    return mixed(look.skin, (92, 44, 30), 0.55)


def _face_outline(look: Look) -> list[Point]:
    wide = 222 * look.face_width
    right: list[Point] = [
        (MIDDLE_PX, 205),
        (MIDDLE_PX + wide * 0.62, 240),
        (MIDDLE_PX + wide * 0.95, 370),
        (MIDDLE_PX + wide, 520),
        (MIDDLE_PX + wide * 0.93, 660),
        (MIDDLE_PX + wide * 0.72, 790),
        (MIDDLE_PX + wide * 0.36, 872),
    ]
    return smooth([*right, (MIDDLE_PX, 890), *mirrored(right[:0:-1], MIDDLE_PX)], closed=True)


def _light_and_shade(canvas: Canvas, look: Look, face: list[Point]) -> None:
    wide = 222 * look.face_width
    shadow = mixed(look.skin, (120, 62, 40), 0.30)
    glow = mixed(look.skin, (255, 240, 220), 0.35)
    canvas.oval((MIDDLE_PX + wide * 1.05, 600), (wide * 0.42, 330), Shade(shadow, 0.42), blur_px=34, inside=face)
    canvas.oval((MIDDLE_PX - wide * 1.12, 620), (wide * 0.30, 320), Shade(shadow, 0.22), blur_px=30, inside=face)
    canvas.oval((MIDDLE_PX, 905), (wide * 0.75, 55), Shade(shadow, 0.40), blur_px=24, inside=face)
    canvas.oval((MIDDLE_PX - 20, 330), (wide * 0.55, 80), Shade(glow, 0.45), blur_px=36, inside=face)
    for side in (1, -1):
        cheek: Point = (MIDDLE_PX + side * wide * 0.55, 650)
        canvas.oval(cheek, (62, 48), Shade((222, 118, 92), 0.22), blur_px=24, inside=face)
        canvas.oval((MIDDLE_PX + side * wide * 0.50, 622), (48, 26), Shade(glow, 0.35), blur_px=16, inside=face)
        canvas.oval((MIDDLE_PX + side * wide * 0.46, 512), (70, 44), Shade(shadow, 0.26), blur_px=18, inside=face)


def _ears(canvas: Canvas, look: Look) -> None:
    wide = 222 * look.face_width
    inner = mixed(look.skin, (140, 70, 50), 0.38)
    for side in (1, -1):
        at = MIDDLE_PX + side * (wide + 14)
        lobe: list[Point] = [
            (at - side * 24, 500),
            (at + side * 14, 478),
            (at + side * 34, 520),
            (at + side * 26, 590),
            (at + side * 6, 650),
            (at - side * 24, 640),
        ]
        canvas.shape(smooth(lobe, closed=True), Shade(mixed(look.skin, (180, 90, 70), 0.14)))
        canvas.stroke([(at - side * 4, 506), (at + side * 20, 520), (at + side * 12, 580)], 7, Shade(inner, 0.7))
        canvas.stroke([(at - side * 6, 560), (at + side * 6, 590), (at - side * 4, 616)], 6, Shade(inner, 0.55))


def _eyes(canvas: Canvas, look: Look, *, eyes_open: bool) -> None:
    dark, line = (52, 32, 24), _line(look)
    brow = mixed(look.hair_colour, (70, 52, 44), 0.45)
    for side in (1, -1):
        x = MIDDLE_PX + side * 98 * look.face_width
        brow_line: list[Point] = [(x - side * 62, 468), (x - side * 5, 450), (x + side * 66, 474)]
        canvas.stroke(brow_line, 15, Shade(brow, 0.80), taper=0.7)
        if eyes_open:
            upper: list[Point] = [
                (x - side * 52, 534),
                (x - side * 24, 514),
                (x + side * 14, 511),
                (x + side * 54, 538),
            ]
            lower: list[Point] = [(x + side * 30, 550), (x - side * 6, 555), (x - side * 34, 547)]
            eye = smooth([*upper, *lower], closed=True)
            canvas.shape(eye, Shade((246, 240, 232)))
            canvas.oval((x, 531), (23, 23), Shade(dark), inside=eye)
            canvas.oval((x, 531), (10, 10), Shade((18, 11, 9)), inside=eye)
            canvas.oval((x - 8, 523), (6, 6), Shade((255, 255, 255)), inside=eye)
            canvas.stroke(upper, 8, Shade(dark, 0.9), taper=0.5)
            canvas.stroke([(x + side * 50, 542), *lower], 3.5, Shade(line, 0.65))
            fold: list[Point] = [(x - side * 48, 512), (x - side * 8, 491), (x + side * 62, 526)]
            canvas.stroke(fold, 6, Shade(line, 0.55))
        else:
            lid: list[Point] = [(x - side * 52, 534), (x - side * 10, 550), (x + side * 54, 538)]
            canvas.stroke(lid, 8, Shade(dark, 0.85), taper=0.5)
            canvas.stroke([(x - side * 46, 514), (x, 502), (x + side * 58, 524)], 5, Shade(line, 0.45))


def _nose(canvas: Canvas, look: Look) -> None:
    line = _line(look)
    shadow = mixed(look.skin, (120, 62, 40), 0.34)
    side_of_nose: list[Point] = [(506, 520), (516, 590), (536, 650), (548, 680), (516, 700), (500, 640)]
    canvas.shape(smooth(side_of_nose, closed=True), Shade(shadow, 0.38), blur_px=9)
    canvas.oval((474, 655), (18, 24), Shade(mixed(look.skin, (255, 244, 228), 0.5), 0.55), blur_px=9)
    for side in (1, -1):
        wing: list[Point] = [(MIDDLE_PX + side * 44, 652), (MIDDLE_PX + side * 56, 684), (MIDDLE_PX + side * 34, 700)]
        canvas.stroke(wing, 6, Shade(line, 0.6))
        canvas.oval((MIDDLE_PX + side * 23, 700), (13, 6), Shade(mixed(line, (60, 24, 18), 0.5), 0.75), blur_px=1.5)
    canvas.stroke([(MIDDLE_PX - 12, 705), (MIDDLE_PX, 711), (MIDDLE_PX + 12, 705)], 4, Shade(line, 0.6))


def _mouth(canvas: Canvas, look: Look) -> None:
    lips = mixed(look.lips, look.skin, 0.25 + 0.3 * look.wrinkles)
    corner = 72 * look.face_width
    upper: list[Point] = [
        (MIDDLE_PX - corner, 770),
        (MIDDLE_PX - 26, 763),
        (MIDDLE_PX, 768),
        (MIDDLE_PX + 26, 763),
        (MIDDLE_PX + corner, 770),
    ]
    lower: list[Point] = [(MIDDLE_PX + 40, 795), (MIDDLE_PX, 801), (MIDDLE_PX - 40, 795)]
    canvas.shape(smooth([*upper, *lower], closed=True), Shade(lips))
    seam: list[Point] = [
        (MIDDLE_PX - corner - 5, 766),
        (MIDDLE_PX - 28, 778),
        (MIDDLE_PX, 777),
        (MIDDLE_PX + 28, 778),
        (MIDDLE_PX + corner + 5, 766),
    ]
    canvas.stroke(seam, 6, Shade(mixed(_line(look), (84, 28, 24), 0.5), 0.9), taper=0.6)
    canvas.oval((MIDDLE_PX, 822), (46, 10), Shade(mixed(look.skin, (120, 62, 40), 0.36), 0.5), blur_px=7)


def _lines_of_age(canvas: Canvas, look: Look) -> None:
    deep, line = look.wrinkles, _line(look)
    for row, reach in enumerate((104, 122, 92)[: 1 + round(2 * deep)]):
        y = 345 + row * 34
        across: list[Point] = [
            (MIDDLE_PX - reach, y + 5),
            (MIDDLE_PX - 40, y - 4),
            (MIDDLE_PX + 30, y + 2),
            (MIDDLE_PX + reach, y - 2),
        ]
        canvas.stroke(across, 5, Shade(line, 0.16 + 0.22 * deep))
    for side in (1, -1):
        x = MIDDLE_PX + side * 98 * look.face_width
        fold: list[Point] = [(MIDDLE_PX + side * 60, 692), (MIDDLE_PX + side * 92, 742), (MIDDLE_PX + side * 98, 800)]
        canvas.stroke(fold, 7, Shade(line, 0.30 + 0.30 * deep))
        bag: list[Point] = [(x - side * 46, 572), (x - side * 4, 589), (x + side * 46, 575)]
        canvas.stroke(bag, 5, Shade(line, 0.16 + 0.30 * deep))
        for foot in range(1 + round(2 * deep)):
            from_y = 536 + foot * 13
            crow: list[Point] = [
                (x + side * 70, from_y),
                (x + side * 88, from_y + (foot - 1) * 7),
                (x + side * 104, from_y + (foot - 1) * 15),
            ]
            canvas.stroke(crow, 4, Shade(line, 0.20 + 0.28 * deep))
        if deep > 0.6:
            jowl: list[Point] = [
                (MIDDLE_PX + side * 108, 800),
                (MIDDLE_PX + side * 118, 832),
                (MIDDLE_PX + side * 100, 856),
            ]
            canvas.stroke(jowl, 5, Shade(line, 0.35))
            hollow: list[Point] = [
                (MIDDLE_PX + side * 150, 680),
                (MIDDLE_PX + side * 142, 730),
                (MIDDLE_PX + side * 126, 770),
            ]
            canvas.stroke(hollow, 5, Shade(line, 0.22))


def _clothes(canvas: Canvas, look: Look) -> None:
    cloth = look.clothes_colour
    fold, lit = mixed(cloth, (20, 16, 24), 0.38), mixed(cloth, (255, 255, 255), 0.16)
    opening = 1120 if look.clothes is Clothes.SHIRT else 1096
    right: list[Point] = [(590, 1008), (700, 1050), (820, 1092), (900, 1180), (936, 1300)]
    left = mirrored(right[::-1], MIDDLE_PX)
    neckline: list[Point] = [(372, 1010), (410, 1070), (MIDDLE_PX, opening), (550, 1070), (588, 1010)]
    outline = [*smooth(right), (936, 1300), (24, 1300), *smooth(left), *smooth(neckline)]
    canvas.shape(outline, Shade(cloth))
    canvas.oval((300, 1120), (150, 60), Shade(lit, 0.6), blur_px=30, inside=outline)
    for side in (1, -1):
        sleeve: list[Point] = [
            (MIDDLE_PX + side * 300, 1150),
            (MIDDLE_PX + side * 318, 1220),
            (MIDDLE_PX + side * 314, 1300),
        ]
        canvas.stroke(sleeve, 8, Shade(fold, 0.55))
        crease: list[Point] = [
            (MIDDLE_PX + side * 190, 1110),
            (MIDDLE_PX + side * 214, 1180),
            (MIDDLE_PX + side * 196, 1250),
        ]
        canvas.stroke(crease, 6, Shade(fold, 0.30))
    if look.clothes is Clothes.SHIRT:
        for side in (1, -1):
            collar: list[Point] = [
                (MIDDLE_PX + side * 112, 985),
                (MIDDLE_PX + side * 138, 1040),
                (MIDDLE_PX + side * 108, 1150),
                (MIDDLE_PX + side * 4, 1118),
            ]
            canvas.shape(collar, Shade(mixed(cloth, (255, 255, 255), 0.10)))
            canvas.stroke(collar[1:], 5, Shade(fold, 0.6), taper=0.3)
    else:
        canvas.stroke(neckline, 16, Shade(mixed(cloth, (255, 255, 255), 0.14)), taper=0.1)
        canvas.stroke([(x, y + 9) for x, y in neckline], 4, Shade(fold, 0.5), taper=0.2)
    canvas.stroke([(MIDDLE_PX, opening + 4), (MIDDLE_PX + 2, 1210), (MIDDLE_PX, 1300)], 5, Shade(fold, 0.7), taper=0.1)
    for y in (opening + 46, opening + 130):
        canvas.oval((MIDDLE_PX + 16, y), (8, 8), Shade(mixed(cloth, (255, 255, 255), 0.55)))
