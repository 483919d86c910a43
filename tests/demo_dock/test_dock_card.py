"""The card that is laid on the dock's page lies on the real PC/SC reader, in the way that was chosen."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.card.api import CardReader
from drivers.card.pcscd import why_not
from drivers.card.real import open_reader
from drivers.card.simulated import Situation
from drivers.errors import DeviceError, DeviceMissing
from kiosk.chip.errors import ChipError
from kiosk.chip.expiry import mrz_keys_from_typed
from kiosk.chip.reading import read_chip
from kiosk.demo.dock import Dock
from kiosk.demo.dock_page import CARD_GROUPS, load_words
from kiosk.demo.people import people
from kiosk.demo.stage import Stage

pytestmark = pytest.mark.pcsc


class Desk:
    """A stage with the virtual reader, its dock, and the real driver's reader."""

    def __init__(self, stage: Stage, reader: CardReader) -> None:
        self.dock = Dock(stage, people(), switches={})
        self.reader = reader

    def do(self, name: str, /, **rest: object) -> None:
        asyncio.run(self.dock.do({"do": name, **rest}))

    def read(self) -> str:
        """Read the card that lies there and give its number."""
        self.reader.wait_for_card(10.0)
        person = people()[0]
        keys = mrz_keys_from_typed(person.number, person.born, None)
        chip = read_chip(self.reader.transmit, keys)
        return chip.dg1.personal_number.digits if chip.dg1.personal_number is not None else ""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    reason = why_not()
    if reason is not None:
        pytest.skip(reason)
    stage = Stage(tmp_path, people(), port_mode=0o600)
    try:
        _, name = stage.open(90.0)
        reader = open_reader(name, simulated=True)
        try:
            yield Desk(stage, reader)
        finally:
            reader.close()
    except DeviceMissing as error:
        if "only root may start it" not in str(error):
            raise
        pytest.skip(str(error))
    finally:
        stage.close()


def test_a_card_laid_on_the_page_is_read_and_can_be_lifted(desk: Desk) -> None:
    desk.do("lay_card")
    assert desk.dock.state()["card"] == "none"
    assert desk.read() == people()[0].number.digits
    desk.do("lift_card")
    assert desk.dock.state()["card"] == ""


def test_a_card_pulled_early_breaks_the_reading_off_and_is_seen_to_be_gone(desk: Desk) -> None:
    desk.do("lay_card", how="card_pulled_early")
    with pytest.raises((ChipError, DeviceError)):
        desk.read()
    gone = threading.Event()
    while desk.dock.state()["card"]:
        gone.wait(0.02)
    desk.reader.disconnect()
    desk.do("lay_card", unless_there=True)
    assert desk.read() == people()[0].number.digits


def test_an_unreadable_card_stays_where_it_is(desk: Desk) -> None:
    desk.do("lay_card", how="unreadable")
    with pytest.raises((ChipError, DeviceError)):
        desk.read()
    desk.do("lay_card", unless_there=True)
    assert desk.dock.state()["card"] == "unreadable"


def test_every_situation_of_the_card_has_its_button() -> None:
    buttons = [how for _, ways in CARD_GROUPS for how in ways]
    assert sorted(buttons) == sorted(Situation)
    words = load_words()
    assert {f"card.{name}" for name in (*buttons, *(group for group, _ in CARD_GROUPS))} <= set(words)
