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
    from drivers.camera.api import Camera, Frame
    from kiosk.biometrics.portrait import PortraitLimits
    from kiosk.domain.quality import PortraitSay
    from kiosk.runtime.following import Seen

_FIRST_FRAME_S: Final = 10.0
_PAUSE_S: Final = 0.01


def check_camera(
    *,
    settings: Annotated[Path, typer.Option("--settings", help="The kiosk's settings.")] = KIOSK_FILE,
    look_at: Annotated[
        Path | None, typer.Option(help="A picture, folder or film for a simulated camera, instead of the kiosk's own.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long.")] = 30.0,
    limits: Annotated[
        Path | None,
        typer.Option(help="Other limits: a file like config/portrait.toml.", show_default="the kiosk's own"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, and nothing else.")] = False,
) -> None:
    """Follow whoever sits before the camera: what the coach would say, and every check with its value."""
    from kiosk.biometrics.portrait import ModelsMissing
    from kiosk.cli.check import tell
    from kiosk.configuration import SettingsError

    try:
        used = _limits(settings, look_at, limits)
        camera = _camera(settings, look_at)
        try:
            for found in follow(camera, seconds, used):
                tell(found, as_json=as_json)
        finally:
            camera.close()
    except (DeviceError, SettingsError, ModelsMissing) as error:
        tell({"file": "camera", "error": str(error)}, as_json=as_json)
        if as_json:
            print(f"kiosk: {error}", file=sys.stderr)
        raise typer.Exit(1) from error


def _limits(settings: Path, look_at: Path | None, chosen: Path | None) -> "PortraitLimits":
    """Read the limits: those named, else the kiosk's own, for other pictures the usual. Raises SettingsError."""
    from kiosk.biometrics.portrait import USUAL, PortraitLimits
    from kiosk.configuration import read_settings
    from kiosk.settings import load_kiosk_settings

    if chosen is None and look_at is None:
        chosen = load_kiosk_settings(settings).paths.portrait
    return USUAL if chosen is None else read_settings(PortraitLimits, chosen)


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


def follow(camera: "Camera", seconds: float, limits: "PortraitLimits | None" = None) -> Iterator[Mapping[str, Any]]:
    """Give what is true of the sitter, at each change and at each full look (twice a second); at the end the rates.

    Raises DeviceError when there is no picture, ModelsMissing without the face nets.
    """
    from kiosk.biometrics.portrait import USUAL, Analyser
    from kiosk.runtime.following import Follower

    camera.start()
    first = _first_frame(camera)
    follower = Follower(Analyser(), limits or USUAL, shot_scale=camera.still(_FIRST_FRAME_S).width_px / first.width_px)
    began_s = time.monotonic()
    numbers: list[int] = []
    shown: PortraitSay | None = None
    for frame in _new_frames(camera, began_s + seconds):
        numbers.append(frame.number)
        seen = follower.see(frame, time.monotonic())
        if seen.face is not None:
            camera.meter(seen.face)
        if seen.whole or seen.advice.speak or seen.advice.shown is not shown:
            yield {"at_s": round(time.monotonic() - began_s, 2), **_told(seen)}
        shown = seen.advice.shown
    took_s = time.monotonic() - began_s
    frames = numbers[-1] - numbers[0] + 1 if numbers else 0
    yield {"frames_per_s": round(frames / took_s, 1), "analyses_per_s": round(len(numbers) / took_s, 1)}


def _told(seen: "Seen") -> Mapping[str, Any]:
    advice = seen.advice
    return {
        "say": seen.say.value,
        "shown": advice.shown.value if advice.shown is not None else None,
        "speak": advice.speak,
        "praise": advice.praise,
        "arrow": advice.arrow,
        "held": round(advice.held, 2),
        "shoot": advice.shoot,
        "asks": [one.value for one in seen.asks],
        "checks": {one.name: {"value": round(one.value, 4), "pass": one.passed} for one in seen.checks},
    }


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
