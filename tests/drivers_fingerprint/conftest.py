from collections.abc import Callable, Iterator

import pytest

from drivers.fingerprint.personalities import Personality
from drivers.fingerprint.real import ZfmSensor, open_sensor
from drivers.fingerprint.simulated import ModuleEmulator

Plug = Callable[..., tuple[ModuleEmulator, str]]
Opened = Callable[..., tuple[ModuleEmulator, ZfmSensor]]


@pytest.fixture
def plug() -> Iterator[Plug]:
    """Plug in emulated modules: plug("r503", baud=...) gives the emulator and its port; all end with the test."""
    running: list[ModuleEmulator] = []

    def one(
        personality: str | Personality = "r503", *, baud: int = 57600, pacing: bool = False
    ) -> tuple[ModuleEmulator, str]:
        emulator = ModuleEmulator(personality, baud=baud, pacing=pacing)
        running.append(emulator)
        return emulator, emulator.start()

    yield one
    for emulator in running:
        emulator.close()


@pytest.fixture
def opened(
    plug: Callable[..., tuple[ModuleEmulator, str]],
) -> Iterator[Callable[..., tuple[ModuleEmulator, ZfmSensor]]]:
    """Plug in and open: opened("r307", profile=...) gives the emulator and the real driver on its port."""
    sensors: list[ZfmSensor] = []

    def one(
        personality: str | Personality = "r503", *, baud: int = 57600, pacing: bool = False, profile: str | None = None
    ) -> tuple[ModuleEmulator, ZfmSensor]:
        emulator, port = plug(personality, baud=baud, pacing=pacing)
        sensors.append(open_sensor(port, profile=profile, simulated=True))
        return emulator, sensors[-1]

    yield one
    for sensor in sensors:
        sensor.close()
