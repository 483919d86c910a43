"""The portrait of DG2: one biometric template around an ISO/IEC 19794-5 face record (ICAO Doc 9303-10, 4.7.2)."""

import struct
from dataclasses import dataclass, field
from typing import Final

from kiosk.chip import tlv
from kiosk.chip.errors import BadAnswer

JPEG: Final = "image/jpeg"
JPEG_2000: Final = "image/jp2"
JPEG_2000_STREAM: Final = "image/j2c"
_STARTS: Final = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", JPEG_2000),
    (b"\xff\x4f\xff\x51", JPEG_2000_STREAM),
)
_RECORD_HEADER: Final = 14
_FACE_HEADER: Final = 20
_POINT: Final = 8
_IMAGE_HEADER: Final = 12
_WHAT: Final = "the portrait file (DG2)"


@dataclass(frozen=True, slots=True)
class Portrait:
    """The face image as the chip holds it, still compressed; sizes as the record claims them, 0 when it does not."""

    mime: str
    data: bytes = field(repr=False)
    width_px: int
    height_px: int


def parse_portrait(dg2: bytes) -> Portrait:
    """Take the first face image out of DG2. Raises BadAnswer when there is none or the lengths do not fit."""
    group = tlv.only(tlv.only(dg2, 0x75, what=_WHAT), 0x7F61, what=_WHAT)
    template = tlv.first(group, 0x7F60, what=_WHAT)
    for tag, record in tlv.walk(template):
        if tag in (0x5F2E, 0x7F2E):
            return _parse_record(record)
    raise BadAnswer(f"{_WHAT} carries no face")


def _parse_record(record: bytes) -> Portrait:
    if len(record) < _RECORD_HEADER + _FACE_HEADER + _IMAGE_HEADER or not record.startswith(b"FAC\x00"):
        raise BadAnswer(f"{_WHAT} is not an ISO/IEC 19794-5 face record")
    (length,) = struct.unpack_from(">I", record, _RECORD_HEADER)
    (points,) = struct.unpack_from(">H", record, _RECORD_HEADER + 4)
    image_header = _RECORD_HEADER + _FACE_HEADER + points * _POINT
    start, end = image_header + _IMAGE_HEADER, _RECORD_HEADER + length
    if not start < end <= len(record):
        raise BadAnswer(f"{_WHAT} states a length that it does not have")
    width, height = struct.unpack_from(">HH", record, image_header + 2)
    data = record[start:end]
    for magic, mime in _STARTS:
        if data.startswith(magic):
            return Portrait(mime, data, width, height)
    raise BadAnswer(f"{_WHAT} holds an image that is neither JPEG nor JPEG 2000")
