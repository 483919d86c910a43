"""The fastest rate that holds is found once, remembered for each module, and given up when it spoils what is sent."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.errors import DeviceGone
from drivers.fingerprint.commands import BAUD_ORDER
from drivers.fingerprint.personalities import PERSONALITIES
from drivers.fingerprint.rates import MOST_ASKED, STANDARD_RATES, RateMemory, fastest_first
from drivers.fingerprint.real import ZfmSensor, open_sensor
from drivers.fingerprint.simulated import ModuleEmulator
from drivers.fingerprint.synthetic import Finger, Impression

Plug = Callable[..., tuple[ModuleEmulator, str]]
SOMEBODY = Finger(7)


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "rates.json"


def capture(emulator: ModuleEmulator, sensor: ZfmSensor) -> bytes:
    emulator.lay(SOMEBODY, Impression())
    return sensor.capture(5.0).grey


@pytest.mark.parametrize("at_power_up", [False, True])
@pytest.mark.parametrize("name", ["r307", "r503"])
def test_a_module_is_brought_to_the_fastest_rate_whichever_manual_it_follows(
    plug: Plug, memory: Path, name: str, at_power_up: bool
) -> None:
    emulator, port = plug(replace(PERSONALITIES[name], new_rate_at_power_up=at_power_up), baud=57600)
    sensor = open_sensor(port, simulated=True, memory=memory)
    try:
        assert capture(emulator, sensor)
        settled = sensor.health().baud
    finally:
        sensor.close()
    # A module that changes at a power cycle alone and cannot be reset is left at its rate, and works there.
    can_reset = name == "r503"
    assert settled == (115200 if can_reset or not at_power_up else 57600)
    assert sensor.identity().baud == settled


def test_the_rate_is_remembered_and_tried_first_at_the_next_start(plug: Plug, memory: Path) -> None:
    emulator, port = plug("r307", baud=57600)
    open_sensor(port, simulated=True, memory=memory).close()
    assert RateMemory(memory).likely() == (115200,)
    sensor = open_sensor(port, simulated=True, memory=memory)
    try:
        assert sensor.health().baud == 115200
        assert capture(emulator, sensor)
    finally:
        sensor.close()


def test_a_declared_rate_is_kept_and_nothing_is_remembered(plug: Plug, memory: Path) -> None:
    _, port = plug("r307", baud=57600)
    sensor = open_sensor(port, simulated=True, baud=57600, memory=memory)
    assert sensor.health().baud == 57600
    sensor.close()
    assert not memory.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"modules": 3}', '{"modules": {"a": {"baud": "fast"}}}', "\x00\xff"])
def test_a_damaged_memory_counts_as_empty_and_is_written_anew(plug: Plug, memory: Path, text: str) -> None:
    memory.write_text(text, "latin-1")
    _, port = plug("r307", baud=57600)
    sensor = open_sensor(port, simulated=True, memory=memory)
    assert sensor.health().baud == 115200
    sensor.close()
    assert json.loads(memory.read_text())["modules"]


def test_a_memory_that_cannot_be_written_costs_nothing_but_the_memory(plug: Plug, tmp_path: Path) -> None:
    emulator, port = plug("r307", baud=57600)
    sensor = open_sensor(port, simulated=True, memory=tmp_path / "nowhere" / "rates.json")
    try:
        assert sensor.health().baud == 115200
        assert capture(emulator, sensor)
    finally:
        sensor.close()


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_lies_in_the_file_no_rate_outside_the_family_is_ever_tried(memory: Path, garbage: bytes) -> None:
    memory.write_bytes(garbage)
    known = RateMemory(memory)
    assert set(known.likely()) <= set(BAUD_ORDER)


@given(st.integers(0, 200000), st.sets(st.sampled_from(STANDARD_RATES)), st.integers(0, MOST_ASKED))
def test_only_standard_rates_above_that_did_not_fail_are_worth_trying(above: int, failed: set[int], asked: int) -> None:
    known = RateMemory(Path("/nonexistent/rates.json")).of("module")
    known.too_fast, known.asked = failed, asked
    worth = fastest_first(known, above=above)
    assert all(baud > above and baud in STANDARD_RATES and baud not in failed for baud in worth)
    assert list(worth) == sorted(worth, reverse=True)
    assert asked < MOST_ASKED or worth == ()


def test_how_well_the_sensor_serves_is_counted(plug: Plug, memory: Path) -> None:
    emulator, port = plug("r503", baud=115200)
    sensor = open_sensor(port, simulated=True, memory=memory)
    try:
        emulator.lay(SOMEBODY, Impression())
        sensor.capture(60.0, lambda: emulator.misbehave("flipped_bit"))
        told = sensor.health()
        assert (told.captures, told.damaged_transfers, told.reopenings) == (1, 1, 0)
        emulator.situation = "unplugged"
        with pytest.raises(DeviceGone):
            sensor.capture(60.0)
        assert sensor.health().baud == 0
        emulator.situation = ""
        sensor.capture(60.0)
        told = sensor.health()
        assert (told.captures, told.reopenings, told.baud) == (2, 1, 115200)
    finally:
        sensor.close()
