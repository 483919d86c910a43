"""The card that is laid on the dock's page lies on the real PC/SC reader, in the way that was chosen."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drivers.card.api import CardReader
from drivers.card.pcscd import why_not
from drivers.card.real import open_reader
from drivers.card.simulated import Situation
from drivers.errors import DeviceError, DeviceMissing
from kiosk.chip.details import parse_dg13
from kiosk.chip.errors import CardLost, ChipError
from kiosk.chip.expiry import mrz_keys_from_qr, mrz_keys_from_typed
from kiosk.chip.files import CardFile
from kiosk.chip.qr import parse_qr
from kiosk.chip.reading import EVERYTHING, ChipRead, read_chip
from kiosk.demo.actions import DockError
from kiosk.demo.cards import Card, holder_of, officer
from kiosk.demo.dock import Dock
from kiosk.demo.dock_page import CARD_GROUPS, load_words
from kiosk.demo.founding import officers_factor
from kiosk.demo.people import people
from kiosk.demo.stage import Stage
from kiosk.domain.dates import PartialDate
from kiosk.runtime.card_judging import CardJudge
from kiosk.runtime.officer_cards import OFFICER_FILES, CardUnproven, factor_of

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

    def read_by(self, qr: str, wanted: tuple[CardFile, ...] = EVERYTHING) -> ChipRead:
        """Read the card that lies there by the code that is printed on it, again where pcscd notices a change late."""
        for _ in range(5):
            self.reader.wait_for_card(60.0)
            try:
                return read_chip(self.reader.transmit, mrz_keys_from_qr(parse_qr(qr)), wanted=wanted)
            except CardLost:
                continue
        raise AssertionError("the card was lost again and again")


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


def test_the_officers_card_is_the_very_one_that_opens_their_place_in_the_vault(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "signer.cer").write_bytes(desk.dock.stage.country_signer)
    registered = officers_factor(desk.dock.stage, tmp_path / "trust")
    qr = officer().qr_text
    assert qr is not None
    judge = CardJudge(tmp_path / "trust", lambda: datetime.now(UTC))
    for how, same in (("none", True), ("none", True), ("tampered", False)):
        desk.do("lay_card", which="officer", how=how)
        assert desk.dock.state()["which"] == "officer"
        read = desk.read_by(qr, OFFICER_FILES)
        assert (factor_of(read, judge(read)).share == registered.share) is same
    desk.do("lay_card", which="officer", how="cloned")
    read = desk.read_by(qr, OFFICER_FILES)
    with pytest.raises(CardUnproven):
        factor_of(read, judge(read))


def test_a_new_card_names_who_sits_there_rightly_or_misspelt(desk: Desk) -> None:
    for which, name in (("new", "Đậu Thị Nhưỡng"), ("misspelt", "Đậu Thị Nhưỡgn")):
        desk.do("lay_card", which=which, citizen="nhuong")
        new = holder_of(Card(which), people()[0])
        assert new.name == name
        assert new.qr_text is not None
        details = parse_dg13(desk.read_by(new.qr_text).files[CardFile.DG13])
        assert (details.name, details.number) == (name, people()[0].number)
        assert details.issued == PartialDate(*datetime.now(UTC).astimezone().timetuple()[:3])


def test_a_hand_that_brings_a_card_leaves_the_same_one_there_and_replaces_another(desk: Desk) -> None:
    desk.do("lay_card", how="unreadable")
    desk.do("lay_card", which="officer", unless_there=True)
    assert (desk.dock.state()["which"], desk.dock.state()["card"]) == ("officer", "none")
    desk.do("lay_card", which="officer", how="slow", unless_there=True)
    assert desk.dock.state()["card"] == "none"


def test_who_has_no_whole_birth_date_gets_no_new_card_and_an_unknown_card_is_named(desk: Desk) -> None:
    with pytest.raises(DockError, match="only the year"):
        desk.do("lay_card", which="new", citizen="oanh")
    with pytest.raises(DockError, match="misspelt"):
        desk.do("lay_card", which="stolen")
    with pytest.raises(DockError, match="pin, card"):
        desk.do("officer", by="smile")
    desk.do("officer", by="card")
    assert desk.dock.state()["officer"] == "card"
