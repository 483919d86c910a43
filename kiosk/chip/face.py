"""The portrait of DG2: a biometric template around a face record of ISO/IEC 19794-5 or of ISO/IEC 39794-5.

ICAO Doc 9303-10, 4.7.2. The image stays compressed; one whose own header announces more pixels than a portrait has is
refused, so that nobody unpacks it.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from kiosk.chip import tlv
from kiosk.chip.errors import BadAnswer
from kiosk.chip.image_header import JPEG, JPEG_2000, JPEG_2000_STREAM, STARTS, pixels

__all__ = ["JPEG", "JPEG_2000", "JPEG_2000_STREAM", "Portrait", "parse_portrait"]

_MOST_PIXELS: Final = 32_000_000
_DEEPEST: Final = 12
_RECORD_HEADER: Final = 14
_FACE_HEADER: Final = 20
_POINT: Final = 8
_IMAGE_HEADER: Final = 12
_WHAT: Final = "the portrait file (DG2)"


@dataclass(frozen=True, slots=True)
class Portrait:
    """The face image as the chip holds it, still compressed; sizes as the record claims them, 0 when it does not.

    `record` names the standard of the face record: 19794-5 or 39794-5.
    """

    mime: str
    data: bytes = field(repr=False)
    width_px: int
    height_px: int
    record: str = "19794-5"


def parse_portrait(dg2: bytes) -> Portrait:
    """Take the first face of DG2 that can be read. Raises BadAnswer when there is none or the lengths do not fit."""
    group = tlv.only(tlv.only(dg2, 0x75, what=_WHAT), 0x7F61, what=_WHAT)
    templates = [template for tag, template in tlv.walk(group) if tag == 0x7F60]
    records = [record for one in templates for tag, record in tlv.walk(one) if tag in (0x5F2E, 0x7F2E)]
    if not records:
        raise BadAnswer(f"{_WHAT} carries no face")
    for number, record in enumerate(records, 1):
        try:
            return _parse_record(record) if record.startswith(b"FAC") else _parse_block(record)
        except BadAnswer:
            if number == len(records):
                raise
    raise BadAnswer(f"{_WHAT} carries no face")


def _parse_record(record: bytes) -> Portrait:
    """ISO/IEC 19794-5:2005, clause 5: fixed headers, then the image of the first face."""
    if len(record) < _RECORD_HEADER + _FACE_HEADER + _IMAGE_HEADER or not record.startswith(b"FAC\x00"):
        raise BadAnswer(f"{_WHAT} is not an ISO/IEC 19794-5 face record")
    (length,) = struct.unpack_from(">I", record, _RECORD_HEADER)
    (points,) = struct.unpack_from(">H", record, _RECORD_HEADER + 4)
    image_header = _RECORD_HEADER + _FACE_HEADER + points * _POINT
    start, end = image_header + _IMAGE_HEADER, _RECORD_HEADER + length
    if not start < end <= len(record):
        raise BadAnswer(f"{_WHAT} states a length that it does not have")
    width, height = struct.unpack_from(">HH", record, image_header + 2)
    return _portrait(record[start:end], width, height, record="19794-5")


def _parse_block(block: bytes) -> Portrait:
    """ISO/IEC 39794-5:2019, annex A: nested data objects. The image is the first object that begins like one.

    Its size stands beside it: object A1 describes the image, A7 in that its size, 80 and 81 in that width and height.
    """
    for siblings in _levels(block, _DEEPEST):
        for _, value in siblings:
            if any(value.startswith(start) for start, _ in STARTS):
                width, height = _size_beside(siblings)
                return _portrait(value, width, height, record="39794-5")
    raise BadAnswer(f"{_WHAT} is neither an ISO/IEC 19794-5 nor a 39794-5 face record")


def _levels(data: bytes, depth: int) -> Iterator[list[tuple[int, bytes]]]:
    """Every list of objects that stand side by side, outer ones first. Raises BadAnswer for a broken length."""
    siblings = list(tlv.walk(data))
    yield siblings
    for tag, value in siblings:
        if depth and tag and tag >> 8 * ((tag.bit_length() - 1) // 8) & 0x20:  # objects are inside
            yield from _levels(value, depth - 1)


def _size_beside(siblings: list[tuple[int, bytes]]) -> tuple[int, int]:
    try:
        information = next((value for tag, value in siblings if tag == 0xA1), b"")
        size = dict(tlv.walk(next((value for tag, value in tlv.walk(information) if tag == 0xA7), b"")))
    except BadAnswer:
        return 0, 0
    width, height = (int.from_bytes(size.get(tag, b"")[:4], "big") for tag in (0x80, 0x81))
    return width, height


def _portrait(data: bytes, width: int, height: int, *, record: str) -> Portrait:
    mime = next((mime for start, mime in STARTS if data.startswith(start)), None)
    if mime is None:
        raise BadAnswer(f"{_WHAT} holds an image that is neither JPEG nor JPEG 2000")
    size = pixels(data)
    if size is not None and size[0] * size[1] > _MOST_PIXELS:
        raise BadAnswer(f"{_WHAT} holds an image larger than any portrait")
    return Portrait(mime, data, width, height, record)
