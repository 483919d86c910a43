"""The hair of a drawn citizen, behind the face and over it."""

from kiosk.demo.drawing import Canvas, Colour, Point, Shade, mirrored, mixed, smooth
from kiosk.demo.drawing_look import MIDDLE_PX, Hair, Look


def back_of_hair(canvas: Canvas, look: Look) -> None:
    """Draw what is behind the face."""
    wide = 222 * look.face_width
    deeper = mixed(look.hair_colour, (60, 58, 60), 0.30)
    if look.hair is Hair.COMBED_BACK:
        canvas.oval((MIDDLE_PX, 420), (wide + 34, 272), Shade(deeper))
        canvas.oval((MIDDLE_PX + wide * 0.12, 150), (92, 52), Shade(mixed(deeper, look.hair_colour, 0.4)))
    elif look.hair is Hair.SHORT:
        canvas.oval((MIDDLE_PX, 400), (wide + 22, 246), Shade(deeper))
    else:
        canvas.oval((MIDDLE_PX, 480), (wide + 16, 130), Shade(deeper))


def front_of_hair(canvas: Canvas, look: Look, face: list[Point]) -> None:
    """Draw what falls over the face, whose outline is `face`."""
    if look.hair is Hair.COMBED_BACK:
        _hair_combed_back(canvas, look)
    elif look.hair is Hair.SHORT:
        _hair_short(canvas, look)
    else:
        _hair_thin(canvas, look)
        canvas.oval((MIDDLE_PX - 40, 250), (80, 24), Shade((255, 255, 255), 0.12), blur_px=14, inside=face)


def _strands(look: Look) -> tuple[Colour, Colour]:
    return mixed(look.hair_colour, (70, 66, 68), 0.35), mixed(look.hair_colour, (255, 255, 255), 0.45)


def _hair_combed_back(canvas: Canvas, look: Look) -> None:
    wide = 222 * look.face_width
    half: list[Point] = [
        (MIDDLE_PX - 6, 168),
        (MIDDLE_PX + wide * 0.66, 196),
        (MIDDLE_PX + wide * 1.08, 340),
        (MIDDLE_PX + wide * 1.06, 470),
        (MIDDLE_PX + wide * 0.93, 420),
        (MIDDLE_PX + wide * 0.62, 300),
        (MIDDLE_PX, 256),
    ]
    for side, lock in ((1, half), (-1, mirrored(half, MIDDLE_PX))):
        canvas.shape(smooth(lock, closed=True), Shade(look.hair_colour))
        for row in range(3):
            start, reach = 178 + row * 18, wide * (1.0 - row * 0.06)
            sweep: list[Point] = [
                (MIDDLE_PX + side * 14, start + 16),
                (MIDDLE_PX + side * reach * 0.62, start + 48),
                (MIDDLE_PX + side * reach, 345 + row * 22),
            ]
            canvas.stroke(sweep, 5, Shade(_strands(look)[row % 2], 0.45))
    canvas.stroke([(MIDDLE_PX, 176), (MIDDLE_PX + 2, 215), (MIDDLE_PX, 256)], 4, Shade(look.skin, 0.8), taper=0.3)


def _hair_short(canvas: Canvas, look: Look) -> None:
    wide = 222 * look.face_width
    temple: list[Point] = [
        (MIDDLE_PX + wide * 0.78, 248),
        (MIDDLE_PX + wide * 1.09, 308),
        (MIDDLE_PX + wide * 1.09, 470),
        (MIDDLE_PX + wide * 1.01, 545),
        (MIDDLE_PX + wide * 0.95, 440),
        (MIDDLE_PX + wide * 0.86, 350),
    ]
    crown: list[Point] = [
        (MIDDLE_PX - wide * 1.05, 360),
        (MIDDLE_PX - wide * 0.84, 215),
        (MIDDLE_PX - wide * 0.30, 152),
        (MIDDLE_PX + wide * 0.36, 150),
        (MIDDLE_PX + wide * 0.88, 220),
        (MIDDLE_PX + wide * 1.05, 360),
        (MIDDLE_PX + wide * 0.74, 300),
        (MIDDLE_PX + wide * 0.30, 272),
        (MIDDLE_PX - wide * 0.26, 262),
        (MIDDLE_PX - wide * 0.70, 312),
    ]
    for part in (temple, mirrored(temple, MIDDLE_PX), crown):
        canvas.shape(smooth(part, closed=True), Shade(look.hair_colour))
    for row in range(7):
        x, off = MIDDLE_PX - wide * 0.72 + row * wide * 0.22, abs(row - 3)
        tuft: list[Point] = [(x, 258 + off * 9), (x + 24, 216 + off * 8), (x + 56, 196 + off * 12)]
        canvas.stroke(tuft, 5, Shade(_strands(look)[row % 2], 0.45))


def _hair_thin(canvas: Canvas, look: Look) -> None:
    wide = 222 * look.face_width
    side_hair: list[Point] = [
        (MIDDLE_PX + wide * 0.93, 372),
        (MIDDLE_PX + wide * 1.07, 366),
        (MIDDLE_PX + wide * 1.13, 430),
        (MIDDLE_PX + wide * 1.08, 500),
        (MIDDLE_PX + wide * 1.00, 552),
        (MIDDLE_PX + wide * 0.97, 470),
    ]
    for side, part in ((1, side_hair), (-1, mirrored(side_hair, MIDDLE_PX))):
        canvas.shape(smooth(part, closed=True), Shade(look.hair_colour))
        for row in range(3):
            x = MIDDLE_PX + side * wide * (1.00 + row * 0.035)
            canvas.stroke([(x, 396), (x + side * 5, 440), (x - side * 2, 496)], 4, Shade(_strands(look)[0], 0.4))
    for row in range(6):
        x = MIDDLE_PX - 118 + row * 32
        wisp: list[Point] = [(x, 270), (x + 30, 240 + abs(row - 3) * 4), (x + 78, 248 + abs(row - 2) * 8)]
        canvas.stroke(wisp, 4, Shade(look.hair_colour, 0.7))
