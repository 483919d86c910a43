"""Ask every configured device how it is, one line each: what a technician runs first on a new kiosk."""

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import fields

from drivers.errors import DeviceError, DeviceMissing, DeviceTimeout
from drivers.panel.api import Panel
from drivers.sound.api import Speaker
from kiosk import devices as hardware
from kiosk.settings import KioskSettings
from kiosk.ui.settings import DisplaySettings
from kiosk.voice.chimes import chime_length_s, chime_wave


def ask_devices(settings: KioskSettings, *, say: Callable[[str], None]) -> bool:
    """Open and ask each device; `say` gets one line for each. True when all of them answer."""
    checks: tuple[tuple[str, Callable[[KioskSettings, ExitStack], str]], ...] = (
        ("camera", _camera),
        ("fingerprint", _sensor),
        ("card", _reader),
        ("panel", _panel),
        ("power", _power),
        ("sound", _sound),
        ("voice", _voice),
        ("fonts", _fonts),
    )
    good = True
    for name, check in checks:
        with ExitStack() as stack:
            try:
                say(f"{name:12} good  {check(settings, stack)}")
            except (DeviceError, FileNotFoundError) as error:
                good = False
                say(f"{name:12} BAD   {error}")
    return good


def _camera(settings: KioskSettings, stack: ExitStack) -> str:
    camera = hardware.open_camera(settings)
    stack.callback(camera.close)
    camera.start()
    frame = camera.still(5.0)
    return f"{camera.identity().model}, {frame.width_px} x {frame.height_px} px"


def _sensor(settings: KioskSettings, stack: ExitStack) -> str:
    sensor = hardware.open_fingerprint(settings)
    stack.callback(sensor.close)
    one = sensor.identity()
    return f"{one.model} {one.serial}, {one.width_px} x {one.height_px} px, {one.dpi} dpi, {one.baud} bit/s"


def _reader(settings: KioskSettings, stack: ExitStack) -> str:
    reader = hardware.open_card_reader(settings)
    stack.callback(reader.close)
    try:
        atr = reader.wait_for_card(0.5)
    except DeviceTimeout:
        return f"{reader.identity().name}, no card on it"
    return f"{reader.identity().name}, a card with an ATR of {len(atr)} bytes"


def _panel(settings: KioskSettings, stack: ExitStack) -> str:
    panel = hardware.open_panel(settings)
    stack.callback(panel.close)
    pins = settings.panel
    named = {one.name: getattr(pins, one.name) for one in fields(pins) if one.name not in {"driver", "help_hold_s"}}
    numbers = ", ".join(f"{name} {number}" for name, number in named.items() if number is not None)
    return f"pins claimed: {numbers}; {_keys(panel)}"


def _keys(panel: Panel) -> str:
    """Say what the yes and no keys do: one that is down while nobody touches it is stuck, or wired to the wrong pin."""
    if not panel.has_keys:
        return "no yes and no keys"
    down = [name for name, pressed in zip(("yes_key", "no_key"), panel.keys_pressed(), strict=True) if pressed]
    return f"down at this moment: {', '.join(down)} (let go, or see its wire)" if down else "yes and no keys are up"


def _power(settings: KioskSettings, stack: ExitStack) -> str:
    power = hardware.open_power(settings)
    stack.callback(power.close)
    reading = power.read()
    battery = "no battery found" if reading.battery_percent is None else f"battery {reading.battery_percent} %"
    return f"{battery}, mains {'unknown' if reading.on_mains is None else 'on' if reading.on_mains else 'off'}"


def _sound(settings: KioskSettings, stack: ExitStack) -> str:
    speaker = hardware.open_speaker(settings)
    stack.callback(speaker.close)
    return sound_tone(speaker)


def sound_tone(speaker: Speaker, *, patience_s: float = 5.0) -> str:
    """Play the tone that calls an officer, at half of full scale, and wait for its end.

    A machine cannot tell whether it is heard: whoever runs the test listens. Raises DeviceError, DeviceTimeout among
    them where the tone has not ended `patience_s` after it should have.
    """
    length_s = chime_length_s("call")
    speaker.play(chime_wave("call", peak=0.5))
    ends_s = time.monotonic() + length_s + patience_s
    while speaker.playing():
        if time.monotonic() > ends_s:
            raise DeviceTimeout("the loudspeaker took a tone and does not end it: look at its cable and sound.device")
        time.sleep(0.02)
    return f"a tone of {length_s:.1f} s was played: listen for it"


def _voice(settings: KioskSettings, _stack: ExitStack) -> str:
    if not settings.voice.enabled:
        return "switched off in the settings"
    program = shutil.which("espeak-ng")
    if program is None:
        raise DeviceMissing("espeak-ng is missing: apt-get install espeak-ng")
    return program


def _fonts(settings: KioskSettings, _stack: ExitStack) -> str:
    display: DisplaySettings = settings.display
    for path in (display.font_regular, display.font_bold):
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: install fonts-noto-core")
    return str(display.font_regular.parent)
