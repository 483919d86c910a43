"""Battery and mains, over made-up trees in the kernel's layout and over this computer's own."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.errors import DeviceClosed, DeviceFault
from drivers.power.api import PowerReading
from drivers.power.real import SysfsPower
from drivers.power.simulated import PowerTree, SimulatedPower


def supply(root: Path, name: str, **attributes: str) -> Path:
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    for attribute, content in attributes.items():
        (folder / attribute).write_text(content + "\n")
    return folder


def test_a_laid_tree_reads_as_full_and_on_mains(tmp_path: Path) -> None:
    PowerTree(tmp_path).lay()
    assert SimulatedPower(tmp_path).read() == PowerReading(battery_percent=100, on_mains=True)


def test_draining_and_unplugging_show_in_the_next_reading(tmp_path: Path) -> None:
    tree, power = PowerTree(tmp_path), SimulatedPower(tmp_path)
    tree.lay(battery_percent=80)
    tree.unplug_mains()
    tree.drain(15)
    assert power.read() == PowerReading(battery_percent=65, on_mains=False)
    tree.plug_mains()
    tree.charge(50)
    assert power.read() == PowerReading(battery_percent=100, on_mains=True)


def test_the_battery_stops_at_empty(tmp_path: Path) -> None:
    tree = PowerTree(tmp_path)
    tree.lay(battery_percent=4)
    tree.drain(10)
    assert SimulatedPower(tmp_path).read().battery_percent == 0


def test_a_second_hand_over_the_same_directory_goes_on_where_the_first_was(tmp_path: Path) -> None:
    PowerTree(tmp_path).lay(battery_percent=50, on_mains=False)
    PowerTree(tmp_path).drain(5)
    assert SimulatedPower(tmp_path).read() == PowerReading(battery_percent=45, on_mains=False)


def test_an_impossible_percentage_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="0 to 100"):
        PowerTree(tmp_path).lay(battery_percent=101)


def test_a_spoiled_gauge_is_a_fault_that_names_the_file(tmp_path: Path) -> None:
    tree, power = PowerTree(tmp_path), SimulatedPower(tmp_path)
    tree.lay()
    tree.spoil()
    with pytest.raises(DeviceFault, match=r"BAT0/capacity"):
        power.read()
    tree.lay(battery_percent=30)
    assert power.read().battery_percent == 30


def test_a_computer_without_supplies_knows_nothing_and_says_so(tmp_path: Path) -> None:
    assert SysfsPower(tmp_path).read() == PowerReading(None, None)
    assert SysfsPower(tmp_path / "not-there").read() == PowerReading(None, None)


def test_two_batteries_count_by_their_size(tmp_path: Path) -> None:
    supply(tmp_path, "BAT0", type="Battery", capacity="100", energy_full="30000000")
    supply(tmp_path, "BAT1", type="Battery", capacity="20", energy_full="10000000")
    assert SysfsPower(tmp_path).read().battery_percent == 80


def test_batteries_of_unknown_size_count_equally(tmp_path: Path) -> None:
    supply(tmp_path, "BAT0", type="Battery", capacity="100", energy_full="30000000")
    supply(tmp_path, "ups", type="UPS", capacity="20")
    assert SysfsPower(tmp_path).read().battery_percent == 60


def test_without_a_capacity_the_charge_is_worked_out(tmp_path: Path) -> None:
    supply(tmp_path, "gauge", type="Battery", charge_full="4000", charge_now="1000")
    assert SysfsPower(tmp_path).read().battery_percent == 25


def test_an_absent_battery_and_a_mouse_do_not_count(tmp_path: Path) -> None:
    supply(tmp_path, "BAT0", type="Battery", present="0", capacity="90")
    supply(tmp_path, "hid-mouse", type="Battery", scope="Device", capacity="7")
    assert SysfsPower(tmp_path).read() == PowerReading(None, None)


def test_one_charger_online_is_enough(tmp_path: Path) -> None:
    supply(tmp_path, "AC", type="Mains", online="0")
    supply(tmp_path, "usb-c", type="USB", online="2")
    assert SysfsPower(tmp_path).read().on_mains is True


@pytest.mark.parametrize(("status", "expected"), [("Charging", True), ("Discharging", False), ("Unknown", None)])
def test_without_a_charger_the_battery_tells_of_mains(tmp_path: Path, status: str, expected: bool | None) -> None:
    supply(tmp_path, "BAT0", type="Battery", capacity="50", status=status)
    assert SysfsPower(tmp_path).read().on_mains is expected


@pytest.mark.parametrize(
    ("attribute", "content"), [("capacity", "101"), ("capacity", "-1"), ("capacity", ""), ("status", "Dancing")]
)
def test_nonsense_from_a_battery_is_a_fault_that_names_the_file(tmp_path: Path, attribute: str, content: str) -> None:
    supply(tmp_path, "BAT0", **{"type": "Battery", "capacity": "50", attribute: content})
    with pytest.raises(DeviceFault, match=rf"BAT0/{attribute}"):
        SysfsPower(tmp_path).read()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(content=st.binary(max_size=40), attribute=st.sampled_from(["type", "capacity", "status", "energy_now"]))
def test_any_bytes_give_a_reading_or_a_named_fault(tmp_path: Path, content: bytes, attribute: str) -> None:
    folder = supply(tmp_path, "BAT0", type="Battery", energy_full="100")
    (folder / attribute).write_bytes(content)
    outcome: PowerReading | DeviceFault
    try:
        outcome = SysfsPower(tmp_path).read()
    except DeviceFault as fault:
        outcome = fault
    (folder / attribute).unlink()
    if isinstance(outcome, DeviceFault):
        assert str(folder / attribute) in str(outcome)
    else:
        assert outcome.battery_percent in {None, *range(101)}


def test_a_closed_supply_is_not_read(tmp_path: Path) -> None:
    power = SysfsPower(tmp_path)
    power.close()
    power.close()
    with pytest.raises(DeviceClosed):
        power.read()


def test_this_computers_own_supplies_can_be_read() -> None:
    reading = SysfsPower().read()
    assert reading.battery_percent is None or 0 <= reading.battery_percent <= 100
