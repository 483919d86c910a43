"""The old card that a demo citizen brings, drawn: front with its QR code, back with its machine-readable lines.

Owns the drawing of cards. It shows what a card of 2021 tells and where, without its emblem and security print, and says
in large letters that it is a specimen: it must not pass for a card.
"""

import math
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFont

from kiosk.chip.mrz import check_digit
from kiosk.demo.drawing import Canvas, Colour, Shade, mixed
from kiosk.demo.drawing_portrait import portrait
from kiosk.demo.people import DemoCard, DemoCitizen
from kiosk.domain.citizen import Sex

# ISO/IEC 7810 ID-1: 85.60 x 53.98 mm, here 16 pixels a millimetre.
CARD_WIDTH_PX: Final = 1370
CARD_HEIGHT_PX: Final = 864
FRAME_WIDTH_PX: Final = 960
FRAME_HEIGHT_PX: Final = 1280

_FONTS: Final = Path("/usr/share/fonts/truetype/noto")
_GROUND: Final = (226, 240, 232)
_INK: Final = (28, 40, 44)
_RED: Final = (176, 32, 36)
_QUIET_PX: Final = 14
_QR_PX: Final = 300
_QR_AT: Final = (1030, 40)
_TABLE: Final = (132, 104, 82)
_SWAY_S: Final = 5.0


class CardInHand:
    """A scene for a camera: the front of the card held close, so that the QR code fills a third of the width.

    It sways a little, as in a hand. Frames are 960 x 1280, R G B X. Raises ValueError for a citizen without a card.
    """

    def __init__(self, citizen: DemoCitizen) -> None:
        front = card_front(citizen).convert("RGBA")
        self._card = front.resize((round(front.width * 1.1), round(front.height * 1.1)), Image.Resampling.LANCZOS)
        self._shown: tuple[int, int] | None = None
        self._rgba = b""

    def __call__(self, seconds: float) -> tuple[int, int, bytes]:
        turn = 2 * math.pi * seconds / _SWAY_S
        moment = (round(2 * math.sin(turn)), round(2 * math.sin(turn / 1.7)))
        if moment != self._shown:
            self._shown, self._rgba = moment, self._draw(*moment)
        return FRAME_WIDTH_PX, FRAME_HEIGHT_PX, self._rgba

    def _draw(self, tilt: int, drift: int) -> bytes:
        held = self._card.rotate(tilt, Image.Resampling.BICUBIC, expand=True)
        picture = Image.new("RGBA", (FRAME_WIDTH_PX, FRAME_HEIGHT_PX), (*_TABLE, 255))
        left, top = FRAME_WIDTH_PX - held.width - 30 + 8 * drift, 260 + 7 * drift
        shadow = Image.new("RGBA", held.size, (0, 0, 0, 0))
        shadow.putalpha(held.getchannel("A").point([level * 70 // 255 for level in range(256)]))
        for layer, offset in ((shadow, 12), (held, 0)):
            picture.paste(layer, (left + offset, top + offset), layer)
        return picture.tobytes()


def card_front(citizen: DemoCitizen) -> Image.Image:
    """The front: portrait, fields, QR code; RGB. Raises ValueError for a citizen without a card."""
    card = _card_of(citizen)
    picture = _ground().copy()
    draw = ImageDraw.Draw(picture)
    _centred(draw, 610, 34, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", _font(34, bold=True), _INK)
    _centred(draw, 610, 80, "Độc lập - Tự do - Hạnh phúc", _font(28), _INK)
    _centred(draw, 610, 142, "CĂN CƯỚC CÔNG DÂN", _font(54, bold=True), _RED)
    photo = portrait(citizen.look).resize((300, 400), Image.Resampling.LANCZOS)
    picture.paste(photo, (50, 300))
    draw.text((50, 716), f"Có giá trị đến:\n{_until(card)}", fill=_INK, font=_font(28), spacing=2)
    draw.text((400, 250), "Số / No.:", fill=_INK, font=_font(30))
    draw.text((530, 234), citizen.number.digits, fill=_INK, font=_font(48, bold=True))
    _field(draw, (400, 330), "Họ và tên / Full name", citizen.name.upper())
    born = f"Ngày sinh / Date of birth:  {citizen.born.written()}"
    draw.text((400, 442), born, fill=_INK, font=_font(30))
    sex = "Nam" if citizen.sex is Sex.MALE else "Nữ"
    draw.text((400, 492), f"Giới tính / Sex:  {sex}      Quốc tịch:  Việt Nam", fill=_INK, font=_font(30))
    _field(draw, (400, 552), "Quê quán / Place of origin", card.origin)
    _field(draw, (400, 664), "Nơi thường trú / Place of residence", card.residence)
    picture.paste(_qr(citizen), _QR_AT)
    return _specimen(picture)


def card_back(citizen: DemoCitizen) -> Image.Image:
    """The back: chip, date of issue, machine-readable lines; RGB. Raises ValueError for a citizen without a card."""
    card = _card_of(citizen)
    picture = _ground().copy()
    draw = ImageDraw.Draw(picture)
    draw.text((60, 60), "Đặc điểm nhận dạng / Personal identification", fill=_INK, font=_font(28))
    draw.text((60, 100), "Không có (thẻ minh họa)", fill=_INK, font=_font(34, bold=True))
    draw.text((60, 166), f"Ngày, tháng, năm:  {card.issued:%d/%m/%Y}", fill=_INK, font=_font(32))
    chip = Canvas(CARD_WIDTH_PX, CARD_HEIGHT_PX)
    gold, line = (214, 178, 92), Shade((140, 106, 44))
    chip.shape([(90, 270), (290, 270), (290, 430), (90, 430)], Shade(gold))
    for y in (323, 377):
        chip.stroke([(90, y), (160, y)], 4, line, taper=0)
        chip.stroke([(220, y), (290, y)], 4, line, taper=0)
    chip.stroke([(160, 272), (160, 428)], 4, line, taper=0)
    chip.stroke([(220, 272), (220, 428)], 4, line, taper=0)
    sheet = chip.finished()
    picture.paste(sheet, (0, 0), sheet)
    for left, name in ((860, "Ngón trỏ trái"), (1100, "Ngón trỏ phải")):
        draw.rectangle((left, 150, left + 190, 430), outline=mixed(_INK, _GROUND, 0.4), width=3)
        _centred(draw, left + 95, 440, name, _font(24), _INK)
    # The lines are set in equal steps, as a reader of such lines expects.
    for row, text in enumerate(mrz_lines(citizen)):
        for column, letter in enumerate(text):
            _centred(draw, 84 + column * 41, 560 + row * 86, letter, _font(50, bold=True), _INK)
    return _specimen(picture)


def mrz_lines(citizen: DemoCitizen) -> tuple[str, str, str]:
    """The three lines of 30 characters on the back (ICAO Doc 9303-5, TD1), as Vietnam fills them.

    The document number is the last nine digits of the personal number, and all twelve with their own check digit stand
    in the optional data; a card without expiry says 991231. Raises ValueError for a citizen without a card.
    """
    card = _card_of(citizen)
    whole = citizen.born.whole
    if whole is None:
        raise ValueError("a card needs the whole date of birth")
    digits = citizen.number.digits
    number = digits[-9:]
    birth, expiry = f"{whole:%y%m%d}", "991231" if card.expires is None else f"{card.expires:%y%m%d}"
    one = f"IDVNM{number}{check_digit(number)}{digits}<<{check_digit(digits)}"
    sex = "M" if citizen.sex is Sex.MALE else "F"
    two = f"{birth}{check_digit(birth)}{sex}{expiry}{check_digit(expiry)}VNM" + "<" * 11
    composite = check_digit(one[5:30] + two[:7] + two[8:15] + two[18:29])
    family, *given = _plain(citizen.name).split()
    three = f"{family}<<{'<'.join(given)}"[:30].ljust(30, "<")
    return one, f"{two}{composite}", three


def _card_of(citizen: DemoCitizen) -> DemoCard:
    if citizen.card is None:
        raise ValueError(f"{citizen.key} brings no card")
    return citizen.card


def _until(card: DemoCard) -> str:
    return "Không thời hạn" if card.expires is None else f"{card.expires:%d/%m/%Y}"


def _plain(name: str) -> str:
    apart = unicodedata.normalize("NFD", name.upper().replace("Đ", "D"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def _qr(citizen: DemoCitizen) -> Image.Image:
    text = citizen.qr_text
    if text is None:
        raise ValueError(f"{citizen.key} brings no card")
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    modules = Image.fromarray(np.asarray(code.to_image(scale=1, add_quiet_zones=False)))
    # Whole pixels for every module, so that none is wider than its neighbour.
    scale = (_QR_PX - 2 * _QUIET_PX) // modules.width
    grown = modules.resize((modules.width * scale, modules.height * scale), Image.Resampling.NEAREST)
    field = Image.new("RGB", (_QR_PX, _QR_PX), "white")
    field.paste(grown.convert("RGB"), ((_QR_PX - grown.width) // 2, (_QR_PX - grown.height) // 2))
    return field


@cache
def _ground() -> Image.Image:
    """A pale ground with soft waves."""
    canvas = Canvas(CARD_WIDTH_PX, CARD_HEIGHT_PX)
    canvas.shape([(0, 0), (CARD_WIDTH_PX, 0), (CARD_WIDTH_PX, CARD_HEIGHT_PX), (0, CARD_HEIGHT_PX)], Shade(_GROUND))
    for row in range(14):
        y = 30 + row * 64
        wave = [(x, y + 16 * math.sin(x / 150 + row * 0.7)) for x in range(-20, CARD_WIDTH_PX + 40, 60)]
        canvas.stroke(wave, 3, Shade((150, 196, 178), 0.5), taper=0)
    return canvas.finished().convert("RGB")


def _specimen(picture: Image.Image) -> Image.Image:
    words = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(words)
    _centred(draw, CARD_WIDTH_PX // 2 - 130, 470, "MẪU  ·  SPECIMEN", _font(96, bold=True), (*_RED, 44))
    return Image.alpha_composite(picture.convert("RGBA"), words).convert("RGB")


def _field(draw: ImageDraw.ImageDraw, at: tuple[int, int], label: str, value: str) -> None:
    draw.text(at, f"{label}:", fill=mixed(_INK, _GROUND, 0.25), font=_font(27))
    room_px, size = CARD_WIDTH_PX - at[0] - 40, 40
    while size > 20 and draw.textlength(value, font=_font(size, bold=True)) > room_px:
        size -= 2
    draw.text((at[0], at[1] + 38), value, fill=_INK, font=_font(size, bold=True))


def _centred(
    draw: ImageDraw.ImageDraw,
    middle_px: int,
    top_px: int,
    text: str,
    font: ImageFont.FreeTypeFont,
    colour: Colour | tuple[int, int, int, int],
) -> None:
    draw.text((middle_px - draw.textlength(text, font=font) / 2, top_px), text, fill=colour, font=font)


@cache
def _font(size_px: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    file = _FONTS / ("NotoSans-Bold.ttf" if bold else "NotoSans-Regular.ttf")
    if not file.is_file():
        raise FileNotFoundError(f"the font {file} is missing; install fonts-noto-core")
    return ImageFont.truetype(file, size_px)
