"""Which letters a font file has: its `cmap` table, read without a library (OpenType 1.9, formats 4 and 12)."""

import struct
from pathlib import Path

from kiosk.ui.errors import FontMissing


def letters_of(*fonts: Path) -> frozenset[str]:
    """Give the characters that each of these fonts has a glyph for. Raises FontMissing, naming file and reason."""
    found = [_letters(path) for path in fonts]
    return frozenset.intersection(*found) if found else frozenset()


def _letters(path: Path) -> frozenset[str]:
    try:
        data = path.read_bytes()
        table = _table(data, b"cmap")
        codes: set[int] = set()
        for at in _subtables(data, table):
            (form,) = struct.unpack_from(">H", data, at)
            codes |= _segments(data, at) if form == 4 else _groups(data, at) if form == 12 else set()
    except OSError as error:
        raise FontMissing(f"font {path} cannot be read: {error.strerror}") from error
    except (struct.error, LookupError) as error:
        raise FontMissing(f"{path} is no TrueType or OpenType font") from error
    return frozenset(map(chr, codes))


def _table(data: bytes, name: bytes) -> int:
    (count,) = struct.unpack_from(">H", data, 4)
    for at in range(12, 12 + 16 * count, 16):
        tag, _, offset, _ = struct.unpack_from(">4sIII", data, at)
        if tag == name:
            return int(offset)
    raise LookupError(name)


def _subtables(data: bytes, table: int) -> list[int]:
    """Give where the Unicode subtables begin: platform 0, and platform 3 with encoding 1 or 10."""
    (count,) = struct.unpack_from(">H", data, table + 2)
    rows = [struct.unpack_from(">HHI", data, table + 4 + 8 * row) for row in range(count)]
    return [
        table + offset
        for platform, encoding, offset in rows
        if platform == 0 or (platform, encoding) in {(3, 1), (3, 10)}
    ]


def _segments(data: bytes, at: int) -> set[int]:
    """Read format 4: runs of codes with a shift, or with a list of glyphs; glyph 0 is none."""
    (double,) = struct.unpack_from(">H", data, at + 6)
    ends, starts = at + 14, at + 16 + double
    shifts, offsets = starts + double, starts + 2 * double
    codes: set[int] = set()
    for step in range(0, double, 2):
        (end,), (start,) = struct.unpack_from(">H", data, ends + step), struct.unpack_from(">H", data, starts + step)
        (shift,), (offset,) = (
            struct.unpack_from(">H", data, shifts + step),
            struct.unpack_from(">H", data, offsets + step),
        )
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if offset:
                (glyph,) = struct.unpack_from(">H", data, offsets + step + offset + 2 * (code - start))
                if glyph == 0:
                    continue
            if (glyph + shift) % 0x10000:
                codes.add(code)
    return codes


def _groups(data: bytes, at: int) -> set[int]:
    """Read format 12: runs of codes with the glyph of the first."""
    (count,) = struct.unpack_from(">I", data, at + 12)
    codes: set[int] = set()
    for row in range(count):
        start, end, glyph = struct.unpack_from(">III", data, at + 16 + 12 * row)
        codes.update(code for code in range(start, end + 1) if glyph + code - start)
    return codes
