from collections.abc import Callable, Iterator

import pytest

from drivers.fingerprint.simulated import ModuleEmulator

Plug = Callable[..., tuple[ModuleEmulator, str]]


@pytest.fixture
def plug() -> Iterator[Plug]:
    """Plug in emulated modules: plug("r503", baud=...) gives the emulator and its port; all end with the test."""
    running: list[ModuleEmulator] = []

    def one(personality: str = "r503", *, baud: int = 57600, pacing: bool = False) -> tuple[ModuleEmulator, str]:
        emulator = ModuleEmulator(personality, baud=baud, pacing=pacing)
        running.append(emulator)
        return emulator, emulator.start()

    yield one
    for emulator in running:
        emulator.close()
