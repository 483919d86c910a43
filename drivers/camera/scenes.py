"""What a simulated camera looks at: a picture, a folder of pictures, a video, or a live scene.

Owns the reading of such files. Refuses what it cannot read with the file's name, before the camera looks at it.
"""

from collections.abc import Callable
from pathlib import Path

from PIL import Image, ImageOps

from drivers.errors import DeviceFault, DeviceMissing

# Seconds since the camera was switched on -> width in pixels, height in pixels, R G B X bytes with rows from the top.
Scene = Callable[[float], tuple[int, int, bytes]]
Source = Scene | Path

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".ppm"})
VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mkv", ".mov", ".webm", ".mjpg", ".mjpeg"})

_PICTURE_SHOWN_S = 2.0
_LONGEST_SIDE_PX = 4608


def scene_of(source: Source) -> Scene:
    """Make a scene of a source.

    Args:
        source: a picture file, a folder (its pictures in the order of their names, two seconds each, over and over), a
            video file (over and over), or a scene already.

    Raises:
        DeviceMissing: nothing is there under that name, or no picture is in the folder.
        DeviceFault: what is there cannot be read as a picture or a video.
    """
    if not isinstance(source, Path):
        return source
    if source.is_dir():
        return _Folder(source)
    if not source.is_file():
        raise DeviceMissing(f"camera: nothing to look at under {source}; name a picture, a folder or a video")
    if source.suffix.lower() in VIDEO_SUFFIXES:
        return _Video(source)
    picture = _picture(source)
    return lambda _: picture


class _Folder:
    """The pictures of a folder, one after the other; only the one being looked at is kept in memory."""

    def __init__(self, folder: Path) -> None:
        self._files = sorted(file for file in folder.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES)
        if not self._files:
            raise DeviceMissing(f"camera: no picture in the folder {folder}; put PNG or JPEG files there")
        self._shown = 0
        self._picture = _picture(self._files[0])

    def __call__(self, seconds: float) -> tuple[int, int, bytes]:
        turn = int(seconds / _PICTURE_SHOWN_S) % len(self._files)
        if turn != self._shown:
            self._shown, self._picture = turn, _picture(self._files[turn])
        return self._picture


class _Video:
    """A video file, played at its own pace and from the beginning again."""

    def __init__(self, file: Path) -> None:
        import cv2

        self._cv2 = cv2
        self._file = file
        self._reader = cv2.VideoCapture(str(file))
        self._fps = self._reader.get(cv2.CAP_PROP_FPS) or 15.0
        self._played = 0
        picture = self._next()
        if picture is None:
            raise DeviceFault(f"camera: {file} cannot be read as a video; name another file")
        self._picture = picture

    def __call__(self, seconds: float) -> tuple[int, int, bytes]:
        # At most one second is caught up at once, so that a clock that has jumped does not hold the camera up.
        due = int(seconds * self._fps)
        self._played = max(self._played, due - int(self._fps))
        while self._played < due:
            self._played += 1
            picture = self._next()
            if picture is None:
                self._reader.release()
                self._reader = self._cv2.VideoCapture(str(self._file))
                picture = self._next()
            if picture is None:
                raise DeviceFault(f"camera: {self._file} cannot be read any more")
            self._picture = picture
        return self._picture

    def _next(self) -> tuple[int, int, bytes] | None:
        read, bgr = self._reader.read()
        if not read:
            return None
        height_px, width_px = bgr.shape[:2]
        return width_px, height_px, self._cv2.cvtColor(bgr, self._cv2.COLOR_BGR2RGBA).tobytes()


def _picture(file: Path) -> tuple[int, int, bytes]:
    try:
        with Image.open(file) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DeviceFault(f"camera: {file} cannot be read as a picture; name another file") from error
    upright.thumbnail((_LONGEST_SIDE_PX, _LONGEST_SIDE_PX))
    ground = Image.new("RGBA", upright.size, "white")
    ground.alpha_composite(upright)
    return ground.width, ground.height, ground.tobytes()
