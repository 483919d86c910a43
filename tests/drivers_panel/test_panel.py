"""The case: one contract over the mock pins and, on a kiosk, over the wired ones."""

import importlib.util
import queue
import threading
from collections.abc import Callable, Iterator

import pytest
from gpiozero.pins.mock import MockFactory, MockPWMPin
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import DeviceClosed, DeviceMissing
from drivers.panel.api import LampState, Panel, PanelEvent
from drivers.panel.real import GpioPanel, PanelPins
from drivers.panel.simulated import SimulatedPanel

DEADLINE_S = 5.0


def wait_until(holds: Callable[[], bool]) -> None:
    tick, waited_s = threading.Event(), 0.0
    while not holds():
        assert waited_s < DEADLINE_S, "it did not become true in time"
        tick.wait(0.01)
        waited_s += 0.01


def heard(panel: Panel) -> "queue.Queue[PanelEvent]":
    events: queue.Queue[PanelEvent] = queue.Queue()
    panel.listen(events.put)
    return events


@pytest.fixture(params=["simulated", pytest.param("real", marks=pytest.mark.hardware)])
def panel(request: pytest.FixtureRequest) -> Iterator[GpioPanel]:
    made = SimulatedPanel() if request.param == "simulated" else GpioPanel(PanelPins())
    yield made
    made.close()


@pytest.fixture
def case() -> Iterator[SimulatedPanel]:
    made = SimulatedPanel()
    yield made
    made.close()


def test_every_lamp_state_and_ring_level_can_be_shown(panel: GpioPanel) -> None:
    for state in LampState:
        panel.lamp(state)
    for level in (0.0, 0.4, 1.0):
        panel.ring_light(level)


def test_a_ring_level_outside_its_range_is_refused(panel: GpioPanel) -> None:
    for level in (-0.01, 1.01, float("nan")):
        with pytest.raises(ValueError, match=r"0\.0 to 1\.0"):
            panel.ring_light(level)


def test_a_closed_panel_says_so_and_closing_twice_is_harmless(panel: GpioPanel) -> None:
    panel.close()
    panel.close()
    for use in (lambda: panel.lamp(LampState.BUSY), lambda: panel.ring_light(1.0), lambda: panel.listen(print)):
        with pytest.raises(DeviceClosed):
            use()


def test_one_press_on_the_help_button_is_told_once(case: SimulatedPanel) -> None:
    events = heard(case)
    case.press_help()
    assert events.get(timeout=DEADLINE_S) is PanelEvent.HELP_PRESSED
    case.open_tamper()
    assert events.get(timeout=DEADLINE_S) is PanelEvent.TAMPER_OPENED


def test_the_two_keys_are_told_apart_and_each_press_once(case: SimulatedPanel) -> None:
    events = heard(case)
    assert case.has_keys
    case.press_yes()
    case.press_no()
    case.press_yes()
    told = [events.get(timeout=DEADLINE_S) for _ in range(3)]
    assert told == [PanelEvent.YES_PRESSED, PanelEvent.NO_PRESSED, PanelEvent.YES_PRESSED]
    assert case.keys_pressed() == (False, False)


def test_a_help_button_that_stays_down_is_told_as_pressed_and_then_as_held() -> None:
    case = SimulatedPanel(PanelPins(hold_s=0.5))
    try:
        events = heard(case)
        case.hold_help(down=True)
        told = [events.get(timeout=DEADLINE_S) for _ in range(2)]
        assert told == [PanelEvent.HELP_PRESSED, PanelEvent.HELP_HELD]
        case.hold_help(down=False)
        assert events.empty()
    finally:
        case.close()


def test_a_help_button_that_was_let_go_in_time_is_not_held() -> None:
    case = SimulatedPanel(PanelPins(hold_s=0.5))
    try:
        events = heard(case)
        case.press_help()
        assert events.get(timeout=DEADLINE_S) is PanelEvent.HELP_PRESSED
        with pytest.raises(queue.Empty):
            events.get(timeout=0.7)
    finally:
        case.close()


def test_a_case_without_keys_says_so() -> None:
    case = SimulatedPanel(PanelPins())
    try:
        assert not case.has_keys
        assert case.keys_pressed() == (False, False)
        with pytest.raises(ValueError, match="no yes and no keys"):
            case.press_yes()
    finally:
        case.close()


def test_one_key_without_the_other_is_refused() -> None:
    with pytest.raises(ValueError, match="belong together"):
        PanelPins(yes_key=5)
    with pytest.raises(ValueError, match="same pin"):
        PanelPins(yes_key=5, no_key=5)


def test_opening_and_shutting_the_case_are_told_in_order(case: SimulatedPanel) -> None:
    events = heard(case)
    case.open_tamper()
    case.close_tamper()
    told = [events.get(timeout=DEADLINE_S) for _ in range(2)]
    assert told == [PanelEvent.TAMPER_OPENED, PanelEvent.TAMPER_CLOSED]


def test_a_case_that_stands_open_is_told_of_to_whoever_begins_to_listen(case: SimulatedPanel) -> None:
    case.open_tamper()
    assert heard(case).get(timeout=DEADLINE_S) is PanelEvent.TAMPER_OPENED


def test_what_happened_before_anybody_listened_is_not_told(case: SimulatedPanel) -> None:
    case.press_help()
    events = heard(case)
    case.open_tamper()
    assert events.get(timeout=DEADLINE_S) is PanelEvent.TAMPER_OPENED


def test_a_new_listener_takes_the_place_of_the_old_one(case: SimulatedPanel) -> None:
    old, new = heard(case), heard(case)
    case.press_help()
    assert new.get(timeout=DEADLINE_S) is PanelEvent.HELP_PRESSED
    assert old.empty()


def test_a_listener_that_fails_does_not_silence_the_help_button(
    case: SimulatedPanel, caplog: pytest.LogCaptureFixture
) -> None:
    events: queue.Queue[PanelEvent] = queue.Queue()

    def clumsy(event: PanelEvent) -> None:
        events.put(event)
        raise RuntimeError("Nguyễn Thị Mận")

    case.listen(clumsy)
    case.press_help()
    case.press_help()
    assert [events.get(timeout=DEADLINE_S) for _ in range(2)] == [PanelEvent.HELP_PRESSED] * 2
    wait_until(lambda: "the listener failed on help_pressed: RuntimeError" in caplog.text)
    assert "Mận" not in caplog.text


def test_events_come_on_another_thread_than_the_hand(case: SimulatedPanel) -> None:
    threads: queue.Queue[int] = queue.Queue()
    case.listen(lambda _: threads.put(threading.get_ident()))
    case.press_help()
    assert threads.get(timeout=DEADLINE_S) != threading.get_ident()


def test_the_panel_may_be_closed_by_its_own_listener(case: SimulatedPanel) -> None:
    closed = threading.Event()

    def shut(_: PanelEvent) -> None:
        case.close()
        closed.set()

    case.listen(shut)
    case.press_help()
    assert closed.wait(DEADLINE_S)


def test_the_call_lamp_flashes_until_another_state_is_shown(case: SimulatedPanel) -> None:
    case.lamp(LampState.CALL)
    assert case.lamp_state is LampState.CALL
    wait_until(lambda: case.lamp_lit)
    wait_until(lambda: not case.lamp_lit)
    wait_until(lambda: case.lamp_lit)
    case.lamp(LampState.BUSY)
    assert case.lamp_lit
    case.lamp(LampState.OFF)
    assert not case.lamp_lit


def test_closing_puts_the_lamp_and_the_ring_out(case: SimulatedPanel) -> None:
    case.lamp(LampState.BUSY)
    case.ring_light(0.5)
    assert case.lamp_lit
    assert case.ring_level == 0.5
    case.close()
    assert case.lamp_state is LampState.OFF
    assert not case.lamp_lit
    assert case.ring_level == 0.0


def test_two_simulated_cases_do_not_share_pins(case: SimulatedPanel) -> None:
    other = SimulatedPanel()
    try:
        other.lamp(LampState.BUSY)
        assert not case.lamp_lit
    finally:
        other.close()


@pytest.mark.skipif(importlib.util.find_spec("lgpio") is not None, reason="this computer has a GPIO library")
def test_a_computer_without_gpio_is_told_what_to_do() -> None:
    with pytest.raises(DeviceMissing, match="install again"):
        GpioPanel(PanelPins())


@pytest.fixture
def wired() -> Iterator[SimulatedPanel]:
    made = SimulatedPanel(PanelPins(wake=23))
    yield made
    made.close()


def test_a_touch_on_the_sensors_wire_ends_the_wait_and_lasts_as_long_as_the_finger(wired: SimulatedPanel) -> None:
    wire = wired.wake_wire()
    assert wire is not None
    assert not wire.wait(0.0)
    touch = threading.Timer(0.0, wired.touch_glass)
    touch.start()
    assert wire.wait(DEADLINE_S)
    touch.join(DEADLINE_S)
    assert wire.wait(0.0)
    wired.leave_glass()
    assert not wire.wait(0.0)


class HeldLow(MockPWMPin):
    """A pin that something outside holds low, whatever pull it is given."""

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        self.drive_low()


def test_a_finger_that_lies_there_when_the_panel_is_opened_is_told() -> None:
    pins = MockFactory(pin_class=HeldLow)
    panel = GpioPanel(PanelPins(wake=23), pin_factory=pins)
    wire = panel.wake_wire()
    assert wire is not None
    assert wire.wait(0.0)
    panel.close()


def test_a_panel_without_a_wake_pin_has_no_wire(case: SimulatedPanel) -> None:
    assert case.wake_wire() is None
    with pytest.raises(ValueError, match="no wake pin"):
        case.touch_glass()


def test_the_wake_pin_is_checked_like_every_other() -> None:
    with pytest.raises(ValueError, match="panel pin wake is 40"):
        PanelPins(wake=40)
    with pytest.raises(ValueError, match="same pin"):
        PanelPins(wake=17)


@given(st.lists(st.integers(2, 27), min_size=4, max_size=4, unique=True))
def test_any_four_different_bcm_pins_are_accepted(numbers: list[int]) -> None:
    pins = PanelPins(*numbers)
    assert [pins.call_lamp, pins.ring_light, pins.help_button, pins.tamper] == numbers


@given(st.integers(2, 27), st.integers(0, 3), st.integers(-1000, 1000).filter(lambda n: not 2 <= n <= 27))
def test_a_number_that_is_no_bcm_pin_and_a_pin_used_twice_are_refused(good: int, place: int, bad: int) -> None:
    numbers = [(good - 2 + step) % 26 + 2 for step in range(4)]
    numbers[place] = bad
    with pytest.raises(ValueError, match="BCM"):
        PanelPins(*numbers)
    numbers[place] = numbers[place - 1]
    with pytest.raises(ValueError, match="same pin"):
        PanelPins(*numbers)


@pytest.mark.parametrize(
    ("setting", "value"), [("bounce_s", 0.0), ("bounce_s", 2.0), ("hold_s", 0.1), ("ring_pwm_hz", 1)]
)
def test_impossible_settings_are_refused_by_name(setting: str, value: float) -> None:
    with pytest.raises(ValueError, match=setting):
        PanelPins(**{setting: value})  # pyright: ignore[reportArgumentType]
