"""BER-TLV as cards use it (ISO/IEC 7816-4): reading and writing. Refuses indefinite lengths and overruns."""

from collections.abc import Iterator

from kiosk.chip.errors import BadAnswer

_LONG_TAG = 0x1F
_MORE = 0x80
_MAX_LENGTH_BYTES = 3


def encode(tag: int, value: bytes) -> bytes:
    """Write one data object; `tag` is the whole tag as a number, for example 0x5F1F."""
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") + encode_length(len(value)) + value


def encode_length(length: int) -> bytes:
    """Write a definite length in the shortest form."""
    if length < _MORE:
        return bytes([length])
    size = (length.bit_length() + 7) // 8
    return bytes([_MORE | size]) + length.to_bytes(size, "big")


def read_header(data: bytes, offset: int = 0) -> tuple[int, int, int] | None:
    """Read tag and length at `offset`: (tag, length of the value, offset of the value).

    None when `data` ends before the header does. Raises BadAnswer for lengths that DER and cards do not use.
    """
    position = offset
    if position >= len(data):
        return None
    tag = data[position]
    position += 1
    if tag & _LONG_TAG == _LONG_TAG:
        while True:
            if position >= len(data):
                return None
            tag = tag << 8 | data[position]
            position += 1
            if not data[position - 1] & _MORE:
                break
            if tag > 0xFFFFFF:
                raise BadAnswer("a tag in the card's data is too long")
    if position >= len(data):
        return None
    first = data[position]
    position += 1
    if first < _MORE:
        return tag, first, position
    size = first & ~_MORE
    if not 1 <= size <= _MAX_LENGTH_BYTES:
        raise BadAnswer("a length in the card's data has a form that cards do not use")
    if position + size > len(data):
        return None
    return tag, int.from_bytes(data[position : position + size], "big"), position + size


def walk(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Give every data object of one level. Raises BadAnswer when one runs past the end."""
    offset = 0
    while offset < len(data):
        header = read_header(data, offset)
        if header is None or header[2] + header[1] > len(data):
            raise BadAnswer("a data object of the card runs past the end of its file")
        tag, length, start = header
        offset = start + length
        yield tag, data[start:offset]


def only(data: bytes, tag: int, *, what: str) -> bytes:
    """Give the value of the one object that makes up `data`; bytes behind it are padding and ignored.

    Raises BadAnswer naming `what` when the tag differs or the value is cut short.
    """
    header = read_header(data)
    if header is None or header[0] != tag or header[2] + header[1] > len(data):
        raise BadAnswer(f"{what} does not have the shape that ICAO Doc 9303 gives it")
    return data[header[2] : header[2] + header[1]]


def first(data: bytes, tag: int, *, what: str) -> bytes:
    """Give the value of the first object with `tag` on this level. Raises BadAnswer naming `what`."""
    for found, value in walk(data):
        if found == tag:
            return value
    raise BadAnswer(f"{what} lacks a part that ICAO Doc 9303 demands")
