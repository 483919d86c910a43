"""`kiosk check finger`: which sensor this is, at which rate it speaks, and what one live print is worth.

Exit code 0: a print came and was judged. 1: none was laid in time. 2: no sensor, or a wrong option. Nothing of the
print is kept, unless it is asked for by --save; the module is wiped at the end.
"""

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kiosk.settings import KIOSK_FILE, load_kiosk_settings

if TYPE_CHECKING:
    from drivers.fingerprint.api import FingerprintSensor, PrintImage


def check_finger(
    port: Annotated[str, typer.Option(help="The serial port; without it the one of the kiosk's settings.")] = "",
    profile: Annotated[str, typer.Option(help="The module's type, where it cannot tell.")] = "",
    *,
    wait: Annotated[float, typer.Option(min=0.0, max=600.0, help="Seconds to wait for a finger.")] = 30.0,
    save: Annotated[Path | None, typer.Option(help="Write the print here, as PNG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, and nothing else.")] = False,
) -> None:
    """Look at the fingerprint sensor: identity, speed, and a live print with its verdict."""
    from drivers.errors import DeviceError, DeviceTimeout

    try:
        sensor = _open(port, profile)
    except (DeviceError, ValueError) as error:
        _refuse(str(error), as_json=as_json)
        raise typer.Exit(2) from error
    try:
        found = _identity(sensor)
        if not as_json:
            print("\n".join(f"{name}: {value}" for name, value in found.items()))
            print(f"lay a finger on the glass ({wait:.0f} s)", flush=True)
        found |= _live(sensor, wait, save)
    except DeviceTimeout as error:
        _refuse(str(error), as_json=as_json)
        raise typer.Exit(1) from error
    except (DeviceError, OSError) as error:
        _refuse(str(error), as_json=as_json)
        raise typer.Exit(2) from error
    finally:
        _leave_clean(sensor)
        sensor.close()
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        print("\n".join(f"{name}: {found[name]}" for name in ("quality", "verdict", "seconds", "image_bytes_a_second")))


def _open(port: str, profile: str) -> "FingerprintSensor":
    from drivers.fingerprint.real import open_sensor

    if port:
        return open_sensor(port, profile=profile or None)
    chosen = load_kiosk_settings(KIOSK_FILE).fingerprint
    return open_sensor(str(chosen.port), profile=profile or chosen.profile, baud=chosen.baud)


def _identity(sensor: "FingerprintSensor") -> dict[str, Any]:
    known = sensor.identity()
    return {
        "driver": known.driver,
        "model": known.model,
        "serial": known.serial,
        "width": known.width_px,
        "height": known.height_px,
        "dpi": known.dpi,
        "baud": known.baud,
        "packet_bytes": sensor.health().packet_bytes,
        "simulated": known.simulated,
    }


def _live(sensor: "FingerprintSensor", wait: float, save: Path | None) -> dict[str, Any]:
    from drivers.fingerprint.api import RingColour
    from kiosk.biometrics.prints import assess
    from kiosk.biometrics.prints.encoding import encode_png

    touched: list[float] = []
    sensor.ring(RingColour.WAITING)
    began = time.perf_counter()
    image: PrintImage = sensor.capture(wait, lambda: touched.append(time.perf_counter()))
    seconds = time.perf_counter() - (touched[0] if touched else began)
    found = assess(image.grey, image.width_px, image.height_px, image.dpi)
    if save is not None:
        save.write_bytes(encode_png(image.grey, image.width_px, image.height_px))
    return {
        "quality": found.quality,
        "verdict": found.verdict.value,
        "evidence": dict(found.evidence),
        "seconds": round(seconds, 3),
        "image_bytes_a_second": round(len(image.grey) / 2 / seconds),
    }


def _leave_clean(sensor: "FingerprintSensor") -> None:
    """Leave nothing of the finger in the module, however the look ended; a sensor that is gone cannot be wiped."""
    from drivers.errors import DeviceError
    from drivers.fingerprint.api import RingColour

    try:
        sensor.wipe()
        sensor.ring(RingColour.OFF)
    except DeviceError as error:
        print(f"kiosk: the sensor's memory was not wiped: {error}", file=sys.stderr)


def _refuse(reason: str, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"error": reason}, ensure_ascii=False))
    else:
        print(f"kiosk: {reason}", file=sys.stderr)
