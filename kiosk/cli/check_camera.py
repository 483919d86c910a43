"""`kiosk check camera`: the kiosk's camera, and what the photo coach says of who sits before it."""

import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from drivers.errors import DeviceError, DeviceFault, DeviceMissing
from kiosk.settings import KIOSK_FILE

if TYPE_CHECKING:
    from drivers.camera.api import Camera, Frame, Region
    from kiosk.biometrics.portrait import Pixels
    from kiosk.biometrics.portrait.detector import FoundFace

_FULL_EVERY_S: Final = 0.5
_FIRST_FRAME_S: Final = 10.0
_PAUSE_S: Final = 0.01
#: So long the same picture again and again, and a camera counts as frozen.
_FROZEN_S: Final = 1.0


def check_camera(
    *,
    settings: Annotated[Path, typer.Option("--settings", help="The kiosk's settings.")] = KIOSK_FILE,
    look_at: Annotated[
        Path | None, typer.Option(help="A picture, folder or film for a simulated camera, instead of the kiosk's own.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long.")] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, and nothing else.")] = False,
) -> None:
    """Follow whoever sits before the camera: what the coach would say, and every check with its value."""
    from kiosk.biometrics.portrait import ModelsMissing
    from kiosk.cli.check import tell
    from kiosk.configuration import SettingsError

    try:
        camera = _camera(settings, look_at)
        try:
            for found in follow(camera, seconds):
                tell(found, as_json=as_json)
        finally:
            camera.close()
    except (DeviceError, SettingsError, ModelsMissing) as error:
        tell({"file": "camera", "error": str(error)}, as_json=as_json)
        if as_json:
            print(f"kiosk: {error}", file=sys.stderr)
        raise typer.Exit(1) from error


def _camera(settings: Path, look_at: Path | None) -> "Camera":
    """Open the camera. Raises DeviceError, SettingsError."""
    if look_at is None:
        from kiosk.devices import open_camera
        from kiosk.settings import load_kiosk_settings

        return open_camera(load_kiosk_settings(settings))
    try:
        from drivers.camera.simulated import SimulatedCamera
    except ImportError as error:
        raise DeviceMissing("--look-at needs a simulated camera, which a field installation has not") from error
    return SimulatedCamera(look_at)


def follow(camera: "Camera", seconds: float) -> Iterator[Mapping[str, Any]]:
    """Give what is true of the sitter, at each change and at each full look (twice a second); at the end the rates.

    Raises DeviceError when there is no picture, ModelsMissing without the face nets.
    """
    camera.start()
    first = _first_frame(camera)
    follower = Follower(camera, camera.still(_FIRST_FRAME_S).width_px / first.width_px)
    began_s = time.monotonic()
    numbers: list[int] = []
    for frame in _new_frames(camera, began_s + seconds):
        numbers.append(frame.number)
        found = follower.see(frame, time.monotonic())
        if found is not None:
            yield {"at_s": round(time.monotonic() - began_s, 2), **found}
    took_s = time.monotonic() - began_s
    frames = numbers[-1] - numbers[0] + 1 if numbers else 0
    yield {"frames_per_s": round(frames / took_s, 1), "analyses_per_s": round(len(numbers) / took_s, 1)}


class Follower:
    """Follows one sitter over the frames of a camera, and points the camera's exposure at the face."""

    def __init__(self, camera: "Camera", shot_scale: float) -> None:
        """Begin; `shot_scale`: pixels of a shot for one of the preview. Raises ModelsMissing."""
        from kiosk.biometrics.portrait import Analyser, Sitter, View
        from kiosk.domain.photo_coach import Coach

        self._camera = camera
        self._view = View(shot_scale)
        self._analyser, self._sitter, self._coach = Analyser(), Sitter(), Coach()
        self._full_at_s = 0.0
        self._changed_at_s: float | None = None
        self._before: Pixels | None = None

    def see(self, frame: "Frame", now_s: float) -> Mapping[str, Any] | None:
        """Look at a frame; None while there is nothing new to tell."""
        from kiosk.biometrics.portrait import Depth, rgb_of
        from kiosk.domain.photo_coach import look
        from kiosk.domain.quality import PortraitSay

        rgb = rgb_of(frame.rgba, frame.width_px, frame.height_px)
        frozen = self._is_frozen(rgb, now_s)
        full = now_s - self._full_at_s >= _FULL_EVERY_S
        self._full_at_s = now_s if full else self._full_at_s
        reading = self._analyser.analyse(rgb, self._view, depth=Depth.FULL if full else Depth.QUICK)
        if reading.faces and not frozen:
            self._camera.meter(_region_of(reading.faces[0], reading.width_px, reading.height_px))
        verdict = self._sitter.add(reading, now_s)
        say = PortraitSay.CAMERA_FROZEN if frozen else verdict.say
        shown = self._coach.shown
        good = verdict.good_since is not None and not frozen
        self._coach, advice = look(self._coach, say, acceptable=good, at_s=now_s)
        if not (full or advice.speak or advice.shown is not shown):
            return None
        return {
            "say": say.value,
            "shown": advice.shown.value if advice.shown is not None else None,
            "speak": advice.speak,
            "praise": advice.praise,
            "arrow": advice.arrow,
            "held": round(advice.held, 2),
            "shoot": advice.shoot,
            "checks": {one.name: {"value": round(one.value, 4), "pass": one.passed} for one in verdict.checks},
        }

    def _is_frozen(self, rgb: "Pixels", now_s: float) -> bool:
        from kiosk.biometrics.portrait import same_picture

        if self._before is None or self._changed_at_s is None or not same_picture(rgb, self._before):
            self._changed_at_s = now_s
        self._before = rgb
        return now_s - self._changed_at_s >= _FROZEN_S


def _region_of(face: "FoundFace", width_px: int, height_px: int) -> "Region | None":
    """Give the part of the frame where the face is; None for a face of which nothing is in the frame."""
    from drivers.camera.api import Region

    left, top = max(0.0, face.left / width_px), max(0.0, face.top / height_px)
    right = min(1.0, (face.left + face.width) / width_px)
    bottom = min(1.0, (face.top + face.height) / height_px)
    return Region(left, top, right - left, bottom - top) if right > left and bottom > top else None


def _first_frame(camera: "Camera") -> "Frame":
    for frame in _new_frames(camera, time.monotonic() + _FIRST_FRAME_S):
        return frame
    raise DeviceFault(f"camera: no picture within {_FIRST_FRAME_S:g} s of its start; check the ribbon cable")


def _new_frames(camera: "Camera", until_s: float) -> "Iterator[Frame]":
    number = -1
    while time.monotonic() < until_s:
        frame = camera.newest()
        if frame is None or frame.number == number:
            time.sleep(_PAUSE_S)
            continue
        number = frame.number
        yield frame
