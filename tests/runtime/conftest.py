from collections.abc import Callable, Iterator

import pytest

from drivers.camera.scenes import Scene
from drivers.camera.simulated import SimulatedCamera
from drivers.fingerprint.real import ZfmSensor, open_sensor
from drivers.fingerprint.simulated import ModuleEmulator
from kiosk.runtime.worker import Worker
from tests.runtime.stage import Mailbox, SoftReader, grey_scene


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
