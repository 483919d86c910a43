from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from drivers.camera.scenes import Scene
from drivers.camera.simulated import SimulatedCamera
from drivers.fingerprint.real import ZfmSensor, open_sensor
from drivers.fingerprint.simulated import ModuleEmulator
from kiosk.runtime.custody import CustodyDesk
from kiosk.runtime.packing import Seals
from kiosk.runtime.worker import Worker
from kiosk.sealing.header import DriverNote
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.suites import OpeningKey
from kiosk.sealing.vault import Argon2Cost, Vault
from tests.journey.script import RULES
from tests.runtime.custody_stage import NOW, PIN, Make, Office
from tests.runtime.stage import Mailbox, SoftReader, grey_scene


@pytest.fixture(autouse=True)
def _pins_are_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A try at a PIN takes long by design (tests/sealing/test_vault.py); here what it opens is the matter."""
    monkeypatch.setattr(Argon2Cost.__init__, "__defaults__", (32, 1, 1))


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def worker() -> Iterator[Callable[[str], Worker]]:
    """Make workers; a bug on one of them fails the test at its end."""
    bugs: list[BaseException] = []
    made: list[Worker] = []

    def one(name: str) -> Worker:
        made.append(Worker(name, bugs.append))
        return made[-1]

    yield one
    for each in made:
        each.stop(10)
    assert bugs == []


@pytest.fixture
def emulator() -> Iterator[ModuleEmulator]:
    with ModuleEmulator("r503") as module:
        module.start()
        yield module


@pytest.fixture
def sensor(emulator: ModuleEmulator) -> Iterator[ZfmSensor]:
    found = open_sensor(str(emulator._link), simulated=True)
    yield found
    found.close()


@pytest.fixture
def look() -> Scene:
    """What the camera sees."""
    return grey_scene()


@pytest.fixture
def camera(look: Scene) -> Iterator[SimulatedCamera]:
    made = SimulatedCamera(look)
    yield made
    made.close()


@pytest.fixture
def reader() -> SoftReader:
    return SoftReader()


@pytest.fixture
def office() -> Office:
    return Office(OpeningKey.generate(), OpeningKey.generate(), SigningKey.generate())


@pytest.fixture
def signer() -> SigningKey:
    return SigningKey.generate()


@pytest.fixture
def make(
    tmp_path: Path, office: Office, signer: SigningKey, worker: Callable[[str], Worker], mailbox: Mailbox
) -> Iterator[Make]:
    """Start a kiosk's custody desk over the same files again and again; the vault has one officer."""
    folders = [tmp_path / name for name in ("outbox", "private", "inbox")]
    for folder in folders:
        folder.mkdir()
    Vault(folders[1] / "vault.json", None, pin_alone=True).create("HT-0417", PIN)
    made: list[CustodyDesk] = []

    def one() -> CustodyDesk:
        for earlier in made:
            earlier.close().result(20)
        desk = CustodyDesk(
            folders[0] / "outbox.db",
            folders[1] / "private.db",
            folders[2] / "inbox.db",
            vault=Vault(folders[1] / "vault.json", None, pin_alone=True),
            seals=Seals(
                kiosk="kiosk-tk-01",
                signer=signer,
                office=office.public(),
                drivers=lambda: {"camera": DriverNote("simulated", simulated=True)},
                boot="5f2c",
                software="0.1.0",
            ),
            rules=RULES,
            worker=worker("custody"),
            post=mailbox.post,
            now=lambda: NOW,
        )
        desk.open().result(20)
        made.append(desk)
        return desk

    yield one
    for desk in made:
        desk.close().result(20)
