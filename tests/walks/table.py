"""What stands around the kiosk of a walk: simulated devices within reach of hands, and the folder it lives in."""

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from drivers.camera.simulated import SimulatedCamera
from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_chip import SoftChip
from drivers.fingerprint.real import open_sensor
from drivers.fingerprint.simulated import ModuleEmulator
from drivers.panel.simulated import SimulatedPanel
from drivers.power.real import SysfsPower
from drivers.power.simulated import PowerTree
from drivers.sound.api import Speaker
from kiosk.demo.faces import Scenes
from kiosk.demo.people import DemoCitizen
from kiosk.demo.stage import soft_card
from kiosk.demo.village_settings import PORTRAIT_TOML
from kiosk.devices import Devices
from kiosk.sealing.keys import OfficeKeys, Recipients, SigningKey
from kiosk.sealing.suites import OpeningKey
from kiosk.sealing.vault import Vault
from kiosk.settings import Card, Fingerprint, KioskIdentity, KioskSettings, Paths, Signing, Voice
from kiosk.ui.settings import DisplaySettings
from tests.runtime.stage import SoftReader
from tests.walks.clock import PacedTime, SitterTime

REPOSITORY: Final = Path(__file__).resolve().parents[2]
OFFICER: Final = "4017"
PIN: Final = "2468013"


@dataclass
class Table:
    """What stands around the screen."""

    emulator: ModuleEmulator
    camera: SimulatedCamera
    reader: SoftReader
    panel: SimulatedPanel
    sitting: SitterTime
    scenes: Scenes = field(default_factory=Scenes)
    authority: DemoAuthority = field(default_factory=DemoAuthority)
    cards: dict[str, SoftChip] = field(default_factory=dict[str, SoftChip])

    def card_of(self, person: DemoCitizen) -> SoftChip:
        """Give the card of somebody who has one, made once."""
        if person.key not in self.cards:
            made = soft_card(person, self.authority)
            assert made is not None, person.key
            self.cards[person.key] = made
        return self.cards[person.key]


def settings_in(folder: Path, display: DisplaySettings, *, voice: Voice) -> KioskSettings:
    """Lay what a kiosk needs into a folder: directories, keys, and a vault with one officer."""
    for name in ("private", "outbox", "inbox", "trust", "packs"):
        (folder / name).mkdir(parents=True)
    SigningKey.generate().save(folder / "record.key")
    recipients = Recipients(OpeningKey.generate().public, OpeningKey.generate().public)
    OfficeKeys(recipients, SigningKey.generate().public).save(folder / "office.json")
    Vault(folder / "private" / "vault.json", None, pin_alone=True).create(OFFICER, PIN)
    config = REPOSITORY / "config"
    # Drawn faces have their own zero of the pose: without it the coach finds every one of them bowed.
    (folder / "portrait.toml").write_text(PORTRAIT_TOML, encoding="utf-8")
    return KioskSettings(
        KioskIdentity("kiosk-tk-01", "ha-tinh", "thach-khe", mode="demo"),
        paths=Paths(
            private=folder / "private",
            outbox=folder / "outbox",
            inbox=folder / "inbox",
            runtime=folder / "runtime",
            capture_plan=config / "capture_plan.toml",
            remedies=config / "remedies.toml",
            portrait=folder / "portrait.toml",
        ),
        display=display,
        fingerprint=Fingerprint("simulated"),
        card=Card("simulated", trust=folder / "trust"),
        voice=replace(voice, packs=folder / "packs"),
        signing=Signing(folder / "record.key", folder / "office.json"),
    )


def open_table(folder: Path, stack: ExitStack, speaker: Speaker | None, *, paced: bool) -> tuple[Table, Devices]:
    """Open the simulated devices for as long as `stack`; `paced` ones take the time that real ones take."""
    emulator = stack.enter_context(ModuleEmulator("r503", pacing=paced))
    emulator.start()
    sensor = open_sensor(str(emulator._link), simulated=True)
    stack.callback(sensor.close)
    scenes = Scenes()
    sitting = PacedTime() if paced else SitterTime()
    camera = SimulatedCamera(scenes.nobody(), monotonic_s=sitting.camera_s, wait=sitting.wait)
    sitting.wanted = lambda: camera._feed.hold_wanted or camera._feed.still_asked_at_s is not None
    stack.callback(camera.close)
    panel = SimulatedPanel()
    stack.callback(panel.close)
    tree = PowerTree(folder / "power")
    tree.lay(battery_percent=80, on_mains=True)
    power = SysfsPower(folder / "power")
    stack.callback(power.close)
    reader = SoftReader()
    devices = Devices(camera, sensor, reader, panel, power, speaker)
    return Table(emulator, camera, reader, panel, sitting, scenes), devices
