"""A rate that does not hold is given up, one that is set is not written again, and nobody has to press twice for it."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.fingerprint.personalities import PERSONALITIES
from drivers.fingerprint.real import open_sensor
from drivers.fingerprint.simulated import ModuleEmulator
from drivers.fingerprint.synthetic import Finger, Impression, print_of

Plug = Callable[..., tuple[ModuleEmulator, str]]
GOOD = print_of(Finger(7), Impression())
SEEN = bytes((value >> 4) * 17 for value in GOOD)


def remembered(path: Path) -> dict[str, dict[str, object]]:
    modules: dict[str, dict[str, object]] = json.loads(path.read_text())["modules"]
    return modules


def test_a_rate_that_is_set_is_not_written_again(plug: Plug, tmp_path: Path) -> None:
    emulator, port = plug("r307")
    memory = tmp_path / "rates.json"
    open_sensor(port, memory=memory).close()
    heard: list[bytes] = []
    model = emulator.module
    model._set_parameter, kept = lambda said: heard.append(said) or kept(said), model._set_parameter  # type: ignore[method-assign]
    before = memory.stat().st_mtime_ns
    with closing(open_sensor(port, memory=memory)) as sensor:
        assert sensor.identity().baud == 115200
    assert heard == []
    assert memory.stat().st_mtime_ns == before


def test_a_cable_that_spoils_the_fast_rate_gets_the_next_one_for_good(plug: Plug, tmp_path: Path) -> None:
    emulator, port = plug("r307", baud=9600)
    emulator.noisy_from_baud = 115200
    memory = tmp_path / "rates.json"
    with closing(open_sensor(port, memory=memory)) as sensor:
        assert sensor.identity().baud == emulator.module.baud == 57600
        assert sensor.health().rate_fallbacks == 1
    (known,) = remembered(memory).values()
    assert known["too_fast"] == [115200]
    with closing(open_sensor(port, memory=memory)) as sensor:
        assert sensor.identity().baud == 57600
        assert sensor.health().rate_fallbacks == 0


@pytest.mark.parametrize("personality", ["r307", "r503"])
def test_a_rate_that_spoils_pictures_later_is_given_up_without_another_press(
    plug: Plug, personality: str, tmp_path: Path
) -> None:
    emulator, port = plug(personality)
    own = emulator.personality
    grey = print_of(Finger(7), Impression(), width_px=own.width_px, height_px=own.height_px, dpi=own.dpi)
    emulator.place(grey, own.width_px, own.height_px)
    memory = tmp_path / "rates.json"

    with closing(open_sensor(port, memory=memory)) as sensor:
        assert sensor.identity().baud == 115200
        image = sensor.capture(30.0, lambda: spoil_pictures(emulator))
        assert image.grey == bytes((value >> 4) * 17 for value in grey)
        assert sensor.identity().baud == emulator.module.baud == 57600
        told = sensor.health()
        assert (told.rate_fallbacks, told.damaged_transfers, told.captures) == (1, 3, 1)
    (known,) = remembered(memory).values()
    assert known == {"baud": 57600, "too_fast": [115200], "asked": 0}


def spoil_pictures(emulator: ModuleEmulator) -> None:
    """From now on every picture at the fast rate arrives with a wrong bit; short answers do not."""
    kept = emulator._spoil

    def spoil(answer: bytes) -> bytes:
        long = len(answer) > 1000 and emulator.module.baud == 115200
        return kept(answer[:-20] + bytes([answer[-20] ^ 1]) + answer[-19:] if long else answer)

    emulator._spoil = spoil  # type: ignore[method-assign]


def test_a_module_that_wants_a_power_cycle_is_asked_a_few_times_only(plug: Plug, tmp_path: Path) -> None:
    own = PERSONALITIES["r307"]
    emulator, port = plug(replace(own, new_rate_at_power_up=True))
    memory = tmp_path / "rates.json"
    for asked in (1, 2, 3, 3):
        with closing(open_sensor(port, memory=memory)) as sensor:
            assert sensor.identity().baud == 57600
        assert remembered(memory)[f"unknown ZFM@{Path(port).name}"]["asked"] == asked
    emulator.situation = "unplugged"
    emulator.situation = ""
    with closing(open_sensor(port, memory=memory)) as sensor:
        assert sensor.identity().baud == 115200


def test_a_module_with_few_rates_refuses_and_stays(plug: Plug, tmp_path: Path) -> None:
    own = replace(PERSONALITIES["r307"], baud_steps=frozenset((1, 2, 4, 6)))
    _, port = plug(own)
    with closing(open_sensor(port, memory=tmp_path / "rates.json")) as sensor:
        assert sensor.identity().baud == 57600
        assert sensor.health().rate_fallbacks == 0


def test_small_packets_are_made_as_large_as_the_factory_has_them(plug: Plug, tmp_path: Path) -> None:
    emulator, port = plug("r503")
    emulator.module.packet_code = 0
    with closing(open_sensor(port, memory=tmp_path / "rates.json")) as sensor:
        assert emulator.module.packet_code == 2
        assert sensor.health().packet_bytes == 128
        emulator.place(GOOD, 192, 192)
        assert sensor.capture(5.0).grey == SEEN
