"""Print files of every usual kind are read the same; what is no print is named."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers.fingerprint.synthetic import Finger, Impression, print_of
from kiosk.biometrics.prints import BadPrintFile, assess, clarity_map, draw_map, read_print_file, report
from kiosk.biometrics.prints.clarity import LEGEND_PX

WIDTH, HEIGHT = 192, 208
NAMES = ("whole.tiff", "holed.tiff", "none.tiff")


def grey() -> NDArray[np.uint8]:
    return np.frombuffer(
        print_of(Finger(3), Impression(), width_px=WIDTH, height_px=HEIGHT, dpi=500), np.uint8
    ).reshape(HEIGHT, WIDTH)


@pytest.mark.parametrize("ending", ["png", "bmp", "tiff", "pgm"])
def test_a_print_comes_out_of_every_kind_of_file_as_it_went_in(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"print.{ending}"
    cv2.imwrite(str(path), grey())
    found = read_print_file(path)
    assert (found.width_px, found.height_px) == (WIDTH, HEIGHT)
    assert found.grey == grey().tobytes()


def test_colour_sixteen_bits_and_sixteen_levels_become_the_same_grey(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "colour.png"), cv2.cvtColor(grey(), cv2.COLOR_GRAY2BGR))
    cv2.imwrite(str(tmp_path / "deep.png"), grey().astype(np.uint16) << 8)
    cv2.imwrite(str(tmp_path / "few.png"), grey() >> 4)
    assert read_print_file(tmp_path / "colour.png").grey == grey().tobytes()
    assert read_print_file(tmp_path / "deep.png").grey == grey().tobytes()
    assert read_print_file(tmp_path / "few.png").grey == ((grey() >> 4) * 17).tobytes()


def test_what_is_see_through_counts_as_bare_glass(tmp_path: Path) -> None:
    picture = cv2.cvtColor(grey(), cv2.COLOR_GRAY2BGRA)
    picture[:40, :, 3] = 0
    cv2.imwrite(str(tmp_path / "clear.png"), picture)
    found = np.frombuffer(read_print_file(tmp_path / "clear.png").grey, np.uint8).reshape(HEIGHT, WIDTH)
    assert (found[:40] == 255).all()
    assert (found[40:] == grey()[40:]).all()


def test_the_density_that_a_file_states_is_told(tmp_path: Path) -> None:
    done, data = cv2.imencode(".png", grey())
    assert done
    raw = data.tobytes()
    stated = struct.pack(">I", 9) + b"pHYs" + struct.pack(">IIB", round(508 / 0.0254), round(508 / 0.0254), 1)
    (tmp_path / "dense.png").write_bytes(raw[:33] + stated + b"\0\0\0\0" + raw[33:])
    (tmp_path / "plain.png").write_bytes(raw)
    assert read_print_file(tmp_path / "plain.png").dpi is None
    try:
        assert read_print_file(tmp_path / "dense.png").dpi == 508
    except BadPrintFile:
        pytest.skip("this OpenCV checks the sum of a chunk that says nothing about pixels")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"no picture", "no PNG, BMP, TIFF or PGM"),
        (b"\x89PNG\r\n\x1a\n broken", "broken"),
        (b"\xff\xd8\xff\xe0 a JPEG", "without loss"),
    ],
)
def test_what_is_no_print_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(BadPrintFile, match=says):
        read_print_file(path)


def test_missing_files_folders_and_tiny_pictures_are_named(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "tiny.png"), np.zeros((20, 20), np.uint8))
    for path, says in (
        (tmp_path / "none", "cannot be read"),
        (tmp_path, "cannot be read"),
        (tmp_path / "tiny.png", "20 x 20"),
    ):
        with pytest.raises(BadPrintFile, match=says):
            read_print_file(path)


def test_garbage_is_refused_and_never_anything_else(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("garbage") / "file"

    @given(
        st.sampled_from([b"\x89PNG\r\n\x1a\n", b"BM", b"II*\0", b"P5 64 64 255\n", b"P2\n"]), st.binary(max_size=200)
    )
    def check(head: bytes, garbage: bytes) -> None:
        path.write_bytes(head + garbage)
        try:
            read_print_file(path)
        except BadPrintFile:
            return

    check()


def test_the_map_has_a_value_for_each_cell_of_the_finger_and_can_be_drawn() -> None:
    finger = print_of(Finger(3), Impression(offset_mm=(5.0, 0.0)), width_px=192, height_px=192, dpi=508)
    cells = clarity_map(finger, 192, 192, 508)
    assert cells.shape == (12, 12)
    assert np.isnan(cells[:, 0]).all()
    assert np.nanmean(cells) > 0.6
    drawn = cv2.imdecode(np.frombuffer(draw_map(finger, 192, 192, 508), np.uint8), cv2.IMREAD_COLOR)
    assert drawn is not None
    assert drawn.shape == (576 + LEGEND_PX, 576, 3)


def test_a_picture_of_fractions_is_read_whatever_they_are(tmp_path: Path) -> None:
    whole = grey().astype(np.float32) / 255
    holed = whole.copy()
    holed[:4] = np.nan
    for name, picture in zip(NAMES, (whole, holed, np.full_like(whole, np.nan)), strict=True):
        cv2.imwrite(str(tmp_path / name), picture)
    verdicts = [assess(read_print_file(tmp_path / name).grey, WIDTH, HEIGHT, 500).verdict.value for name in NAMES]
    assert verdicts == ["good", "good", "no_finger"]


def test_a_picture_too_long_for_any_finger_is_refused_by_its_size(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "strip.png"), np.full((64, 9000), 200, np.uint8))
    with pytest.raises(BadPrintFile, match="9000 x 64 pixels are no print"):
        read_print_file(tmp_path / "strip.png")


@pytest.mark.parametrize(("order", "unit", "value"), [("<", 2, 508), (">", 2, 508), ("<", 3, 200)])
def test_the_density_that_a_tiff_states_is_told(tmp_path: Path, order: str, unit: int, value: int) -> None:
    done, data = cv2.imencode(".tiff", grey(), [cv2.IMWRITE_TIFF_COMPRESSION, 1])
    assert done
    raw = data.tobytes()
    if order == ">":
        # The same tags as the other byte order has them; pixels of one byte have none.
        raw = _swapped(raw)
    path = tmp_path / "dense.tiff"
    path.write_bytes(_stated(raw, order, unit, value))
    assert read_print_file(path).dpi == 508


def _entries(raw: bytes, order: str) -> tuple[int, int]:
    (at,) = struct.unpack_from(order + "I", raw, 4)
    (count,) = struct.unpack_from(order + "H", raw, at)
    return at, count


def _stated(raw: bytes, order: str, unit: int, value: int) -> bytes:
    """Write a table of tags with a resolution at the end of a TIFF file."""
    at, count = _entries(raw, order)
    kept = [raw[at + 2 + 12 * n : at + 14 + 12 * n] for n in range(count)]
    kept = [one for one in kept if struct.unpack(order + "H", one[:2])[0] not in {282, 283, 296}]
    table = len(raw) + 8
    for tag in (282, 283):
        kept.append(struct.pack(order + "HHII", tag, 5, 1, len(raw)))
    kept.append(struct.pack(order + "HHIHH", 296, 3, 1, unit, 0))
    kept.sort(key=lambda one: struct.unpack(order + "H", one[:2])[0])
    whole = raw + struct.pack(order + "II", value, 1) + struct.pack(order + "H", len(kept)) + b"".join(kept) + bytes(4)
    return whole[:4] + struct.pack(order + "I", table) + whole[8:]


def _swapped(raw: bytes) -> bytes:
    at, count = _entries(raw, "<")
    whole = bytearray(raw)
    whole[:8] = b"MM" + struct.pack(">HI", 42, at)
    struct.pack_into(">H", whole, at, count)
    for n in range(count):
        place = at + 2 + 12 * n
        tag, kind, number = struct.unpack_from("<HHI", raw, place)
        struct.pack_into(">HHI", whole, place, tag, kind, number)
        short = kind == 3 and number == 1
        (value,) = struct.unpack_from("<H" if short else "<I", raw, place + 8)
        struct.pack_into(">HH" if short else ">I", whole, place + 8, *((value, 0) if short else (value,)))
        if number > (2 if kind == 3 else 1):
            _swap_values(whole, raw, value, kind, number)
    return bytes(whole)


def _swap_values(whole: bytearray, raw: bytes, place: int, kind: int, number: int) -> None:
    form, number = {3: ("H", number), 4: ("I", number), 5: ("I", 2 * number)}.get(kind, ("B", 0))
    values = struct.unpack_from(f"<{number}{form}", raw, place)
    struct.pack_into(f">{number}{form}", whole, place, *values)


def test_a_report_is_ready_for_json() -> None:
    told = report("a.png", assess(grey().tobytes(), WIDTH, HEIGHT, 500))
    assert list(told) == ["file", "quality", "verdict", "evidence"]
    assert told["verdict"] == "good"
    assert all(isinstance(value, (int, float, str)) for value in told["evidence"].values())


def test_a_pgm_in_letters_may_end_with_its_last_number(tmp_path: Path) -> None:
    rows = "\n".join(" ".join(str(value) for value in row) for row in grey())
    (tmp_path / "letters.pgm").write_text(f"P2\n# of a finger\n{WIDTH} {HEIGHT}\n255\n{rows}")
    assert read_print_file(tmp_path / "letters.pgm").grey == grey().tobytes()


def _png_head(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII5B", 13, b"IHDR", width, height, 8, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("huge.png", _png_head(20_000, 20_000)),
        ("huge.pgm", b"P5\n# big\n20000 20000\n255\n"),
        ("huge.bmp", b"BM" + bytes(12) + struct.pack("<Iii", 40, 20_000, -20_000) + bytes(30)),
        ("huge.tiff", b"II*\0\x08\0\0\0\x02\0" + struct.pack("<HHIIHHII", 256, 4, 1, 20_000, 257, 4, 1, 20_000)),
    ],
)
def test_a_file_that_claims_to_be_huge_is_refused_by_its_size_before_it_is_read(
    tmp_path: Path, name: str, head: bytes
) -> None:
    (tmp_path / name).write_bytes(head + bytes(100))
    with pytest.raises(BadPrintFile, match="20000 x 20000 pixels are no print"):
        read_print_file(tmp_path / name)
