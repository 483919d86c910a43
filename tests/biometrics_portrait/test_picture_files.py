"""Photographs in files: what is read, what is refused, and that nothing crashes."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.biometrics.portrait import BadPictureFile, Pixels, read_picture_file


def encoded(picture: np.ndarray, kind: str) -> bytes:
    done, content = cv2.imencode(kind, picture)
    assert done
    return content.tobytes()


def bomb() -> bytes:
    """A PNG of a few bytes that says it is 60000 x 60000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))


@pytest.mark.parametrize("kind", [".png", ".jpg", ".bmp", ".webp"])
def test_each_kind_of_file_gives_its_pixels(tmp_path: Path, face: Pixels, kind: str) -> None:
    path = tmp_path / f"face{kind}"
    path.write_bytes(encoded(face[:, :, ::-1], kind))
    read = read_picture_file(path)
    assert read.shape == face.shape
    assert np.abs(read.astype(int) - face).mean() < 5


def test_sixteen_bits_grey_and_see_through_pictures_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(np.full((40, 50), 100, np.uint8), ".png"))
    assert read_picture_file(path).shape == (40, 50, 3)
    path.write_bytes(encoded(np.full((40, 50, 3), 100 * 257, np.uint16), ".png"))
    assert np.unique(read_picture_file(path)).tolist() == [100]
    clear = np.zeros((40, 50, 4), np.uint8)
    clear[:20, :, 3] = 255
    path.write_bytes(encoded(clear, ".png"))
    read = read_picture_file(path)
    assert read[0, 0].tolist() == [0, 0, 0]
    assert read[39, 0].tolist() == [255, 255, 255]


def test_a_picture_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    picture = np.zeros((40, 80, 3), np.uint8)
    picture[:, 40:] = 255
    plain = encoded(picture, ".jpg")
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    path = tmp_path / "turned.jpg"
    path.write_bytes(plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:])
    read = read_picture_file(path)
    assert read.shape == (80, 40, 3)
    assert read[10, 20, 0] < 20
    assert read[70, 20, 0] > 235


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"not a picture", "no JPEG"),
        (bomb(), "too many"),
        (b"\x89PNG\r\n\x1a\n", "broken"),
        (b"\xff\xd8\xff", "broken"),
        (b"RIFF\0\0\0\0WEBPVP8X", "few"),
    ],
)
def test_what_cannot_be_judged_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(BadPictureFile, match=said):
        read_picture_file(path)


def test_a_tiny_picture_a_folder_and_no_file_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(np.zeros((10, 10, 3), np.uint8), ".png"))
    with pytest.raises(BadPictureFile, match="too few"):
        read_picture_file(path)
    for wrong in (tmp_path, tmp_path / "none.png"):
        with pytest.raises(BadPictureFile, match="cannot be read"):
            read_picture_file(wrong)


@settings(max_examples=150)
@given(data=st.data(), kind=st.sampled_from([".png", ".jpg", ".bmp", ".webp"]))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, kind: str
) -> None:
    content = bytearray(encoded(np.full((40, 40, 3), 90, np.uint8), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"damaged{kind}"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        read = read_picture_file(path)
    except BadPictureFile:
        return
    assert read.dtype == np.uint8
    assert read.shape[2] == 3
