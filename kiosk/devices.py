"""Which hardware serves this kiosk: the one place that chooses real or simulated, and never falls back between them."""

import logging
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from drivers.camera.api import Camera
from drivers.card.api import CardReader, ReaderIdentity
from drivers.errors import DeviceError, DeviceMissing
from drivers.fingerprint.api import FingerprintSensor, SensorIdentity, TouchLine
from drivers.panel.api import Panel
from drivers.power.api import PowerSupply
from drivers.sound.api import Speaker
from drivers.sound.headset import Headset
from kiosk.runtime.late import LateReader, LateSensor
from kiosk.sealing.header import DriverNote
from kiosk.settings import KioskSettings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Devices:
    """All devices of a kiosk, open."""

    camera: Camera
    sensor: FingerprintSensor
    reader: CardReader
    panel: Panel
    power: PowerSupply
    speaker: Speaker | None
    headset: Headset | None = None

    def notes(self) -> Mapping[str, DriverNote]:
        """Name every driver for the header of a package, so that an office can refuse simulated ones."""
        camera, sensor, reader = self.camera.identity(), self.sensor.identity(), self.reader.identity()
        return {
            "camera": DriverNote(camera.driver, camera.simulated),
            "fingerprint": DriverNote(sensor.driver, sensor.simulated),
            "card": DriverNote(reader.driver, reader.simulated),
            "panel": DriverNote("gpiozero", self.panel.simulated),
            "power": DriverNote("sysfs", self.power.simulated),
        }

    def names(self) -> Mapping[str, str]:
        """Name every device for the office's inventory: driver, model and serial number."""
        camera, sensor, reader = self.camera.identity(), self.sensor.identity(), self.reader.identity()
        texts = {
            "camera": f"{camera.driver} {camera.model}",
            "fingerprint": f"{sensor.driver} {sensor.model} {sensor.serial}",
            "card": f"{reader.driver} {reader.name}",
        }
        return {name: text.strip()[:128] for name, text in texts.items()}

    def simulated(self) -> bool:
        """Say whether any device is a stand-in: the screen then wears a ribbon."""
        return any(note.simulated for note in self.notes().values())


def open_devices(settings: KioskSettings, stack: ExitStack) -> Devices:
    """Open what the settings name; everything is closed by `stack`.

    Sensor and card reader may come later; without a loudspeaker the kiosk is silent, and the officer is told. Raises
    DeviceMissing, DeviceFault for the rest.
    """
    camera = open_camera(settings)
    stack.callback(camera.close)
    # Before the sensor, whose touch wire is one of its pins, and closed after it.
    panel = open_panel(settings)
    stack.callback(panel.close)
    sensor = LateSensor(lambda: open_fingerprint(settings, panel.wake_wire()), _absent_sensor(settings))
    stack.callback(sensor.close)
    reader = LateReader(
        lambda: open_card_reader(settings),
        ReaderIdentity("pcsc", settings.card.reader, simulated=settings.card.driver == "simulated"),
    )
    stack.callback(reader.close)
    power = open_power(settings)
    stack.callback(power.close)
    try:
        speaker = open_speaker(settings)
    except DeviceError as error:
        log.warning("no loudspeaker: %s", error)
        speaker = None
    else:
        stack.callback(speaker.close)
    headset = open_headset(settings)
    if headset is not None:
        stack.callback(headset.close)
    return Devices(camera, sensor, reader, panel, power, speaker, headset)


def _absent_sensor(settings: KioskSettings) -> SensorIdentity:
    simulated = settings.fingerprint.driver == "simulated"
    return SensorIdentity("zfm", "not connected", "", width_px=0, height_px=0, dpi=0, baud=0, simulated=simulated)


def open_camera(settings: KioskSettings) -> Camera:
    """Open the portrait camera. Raises DeviceMissing, DeviceFault, DeviceGone."""
    if settings.camera.driver == "simulated":
        from drivers.camera.simulated import SimulatedCamera

        if settings.camera.pictures is None:
            raise DeviceMissing("camera.pictures names nothing for the simulated camera to look at")
        return SimulatedCamera(settings.camera.pictures)
    from drivers.camera.real import CameraSettings, PicameraCamera

    chosen = settings.camera
    return PicameraCamera(
        CameraSettings(
            number=chosen.number,
            still_width_px=chosen.still_width_px,
            still_height_px=chosen.still_height_px,
            preview_width_px=chosen.preview_width_px,
            preview_height_px=chosen.preview_height_px,
            rotation_deg=chosen.rotation_deg,
            mains_hz=chosen.mains_hz,
        )
    )


def open_fingerprint(settings: KioskSettings, touch: TouchLine | None = None) -> FingerprintSensor:
    """Open the fingerprint sensor; `touch` is its wire at the panel. Raises DeviceMissing, DeviceFault, DeviceGone."""
    from drivers.fingerprint.real import open_sensor

    chosen = settings.fingerprint
    return open_sensor(
        str(chosen.port),
        profile=chosen.profile,
        baud=chosen.baud,
        simulated=chosen.driver == "simulated",
        memory=settings.paths.private / "sensor-rates.json",
        touch=touch,
    )


def open_card_reader(settings: KioskSettings) -> CardReader:
    """Open the card reader. Raises DeviceMissing, DeviceFault, DeviceGone."""
    from drivers.card.real import open_reader

    reader = open_reader(settings.card.reader or None, simulated=settings.card.driver == "simulated")
    if settings.kiosk.mode == "field" and reader.identity().simulated:
        reader.close()
        raise DeviceMissing("the only card reader is a virtual one, which the field refuses: plug in the real one")
    return reader


def open_panel(settings: KioskSettings) -> Panel:
    """Open the case. Raises DeviceMissing, DeviceFault, DeviceGone."""
    from drivers.panel.real import GpioPanel, PanelPins

    chosen = settings.panel
    pins = PanelPins(
        chosen.call_lamp,
        chosen.ring_light,
        help_button=chosen.help_button,
        tamper=chosen.tamper,
        wake=chosen.wake,
        yes_key=chosen.yes_key,
        no_key=chosen.no_key,
        hold_s=chosen.help_hold_s,
    )
    if chosen.driver == "simulated":
        from drivers.panel.simulated import SimulatedPanel

        return SimulatedPanel(pins)
    return GpioPanel(pins)


def open_power(settings: KioskSettings) -> PowerSupply:
    """Open battery and mains. Raises DeviceMissing, DeviceFault, DeviceGone."""
    if settings.power.driver == "simulated":
        from drivers.power.simulated import SimulatedPower

        return SimulatedPower(settings.power.root)
    from drivers.power.real import SysfsPower

    return SysfsPower(settings.power.root)


def open_speaker(settings: KioskSettings) -> Speaker:
    """Open the loudspeaker. Raises DeviceMissing, DeviceFault, DeviceGone."""
    if settings.sound.driver == "simulated":
        from drivers.sound.simulated import SimulatedSpeaker

        return SimulatedSpeaker()
    from drivers.sound.real import AlsaSpeaker

    return AlsaSpeaker(settings.sound.device)


def open_headset(settings: KioskSettings) -> Headset | None:
    """Give the headset that the settings name, which may come and go; None where they name none."""
    if not settings.sound.headset or settings.sound.driver == "simulated":
        return None
    from drivers.sound import real

    return real.open_headset(settings.sound.headset)


def boot_id(path: Path = Path("/proc/sys/kernel/random/boot_id")) -> str:
    """Name this boot of the machine, for ordering records when no clock can be trusted."""
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
