"""The document desk: a card of our own under the real reading code, and a QR before the simulated camera."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from drivers.camera.scenes import Scene
from drivers.camera.simulated import SimulatedCamera
from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_directory import COM, SOD
from drivers.card.soft_files import Holder
from drivers.card.soft_passport import SoftPassport, holder_files, signed_passport
from kiosk.domain.citizen import DocumentSource, PersonalNumber, Sex
from kiosk.domain.dates import PartialDate
from kiosk.journey.effects import ReadChip
from kiosk.journey.events import (
    CardNeedsKey,
    DeviceRecovered,
    DeviceTrouble,
    DocumentFailed,
    DocumentProgress,
    DocumentRead,
)
from kiosk.runtime.card_judging import CardJudge
from kiosk.runtime.documents import DocumentDesk, Patience
from kiosk.runtime.worker import Worker
from tests.runtime.stage import HOLDER, QR_TEXT, Mailbox, SoftReader, qr_scene

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8 + b"\xff\xd9"
KEY = ReadChip(PersonalNumber(HOLDER.number), PartialDate(1950, 7, 1), PartialDate(2030, 7, 1))
WRONG = ReadChip(PersonalNumber(HOLDER.number), PartialDate(1950, 7, 2), PartialDate(2030, 7, 1))
Make = Callable[..., DocumentDesk]
AUTHORITY = DemoAuthority()


def card(holder: Holder = HOLDER) -> SoftPassport:
    return signed_passport(holder, JPEG, width_px=240, height_px=320, authority=AUTHORITY)


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    """A trust store that knows the test's own country signer alone."""
    folder = tmp_path / "trust"
    folder.mkdir()
    (folder / "demo-country-signer.cer").write_bytes(AUTHORITY.root_der)
    return folder


@pytest.fixture
def make(
    reader: SoftReader, camera: SimulatedCamera, worker: Callable[[str], Worker], mailbox: Mailbox, trust: Path
) -> Iterator[Make]:
    made: list[DocumentDesk] = []

    def one(*, with_reader: bool = True, patience: Patience | None = None) -> DocumentDesk:
        desk = DocumentDesk(
            reader if with_reader else None,
            camera,
            worker("card"),
            post=mailbox.post,
            monotonic_s=time.monotonic,
            today=lambda: date(2026, 11, 24),
            judge=CardJudge(trust, lambda: datetime.now(UTC)),
            patience=patience or Patience(card_after_qr_s=0.3, qr_after_card_s=0.3),
        )
        made.append(desk)
        return desk

    yield one
    for desk in made:
        desk.stop()


def see(camera: SimulatedCamera) -> None:
    """Start the camera and wait until it sees something, so that the desk meets the QR before the card."""
    camera.start()
    ends_at_s = time.monotonic() + 20
    while camera.newest() is None:
        assert time.monotonic() < ends_at_s, "the camera sees nothing"


showing_a_qr = pytest.mark.parametrize("look", [qr_scene(QR_TEXT)], ids=["qr"])


@showing_a_qr
def test_a_qr_alone_tells_who_it_is(make: Make, camera: SimulatedCamera, mailbox: Mailbox, look: Scene) -> None:
    camera.start()
    make().start()
    read = mailbox.next(DocumentRead)
    assert (read.identity.source, read.identity.name) == (DocumentSource.QR, "Trần Thị Hoà")
    assert read.identity.number == PersonalNumber("042150000012")
    assert (read.portrait, read.hashes) == (None, None)
    assert read.home.residence.startswith("Thôn Tân Hương")


@showing_a_qr
def test_a_qr_is_read_on_a_kiosk_without_a_reader(
    make: Make, camera: SimulatedCamera, mailbox: Mailbox, look: Scene
) -> None:
    camera.start()
    make(with_reader=False).start()
    assert mailbox.next(DocumentRead).identity.source is DocumentSource.QR


@showing_a_qr
def test_card_and_qr_together_give_the_marks_of_the_name_and_the_photo_of_the_chip(
    make: Make, camera: SimulatedCamera, reader: SoftReader, mailbox: Mailbox, look: Scene
) -> None:
    camera.start()
    reader.lay(card(replace(HOLDER, expires=None)))
    make().start()
    assert mailbox.next(DocumentProgress).percent == 0
    read = mailbox.next(DocumentRead)
    assert (read.identity.source, read.identity.name, read.identity.sex) == (
        DocumentSource.CHIP,
        "Trần Thị Hoà",
        Sex.FEMALE,
    )
    assert read.identity.document_issued == date(2024, 7, 1)
    assert read.portrait is not None
    assert (read.portrait.data, read.portrait.width_px) == (JPEG, 240)
    assert read.hashes == "yes"
    percents = [event.percent for event in mailbox.events if isinstance(event, DocumentProgress)]
    assert percents == sorted(percents)
    assert percents[-1] <= 99


def test_a_card_alone_asks_for_its_numbers_once_and_is_opened_with_them(
    make: Make, reader: SoftReader, mailbox: Mailbox
) -> None:
    desk = make()
    reader.lay(card())
    desk.start()
    mailbox.next(CardNeedsKey)
    desk.start_with(KEY)
    read = mailbox.next(DocumentRead)
    assert (read.identity.name, read.identity.number) == ("TRAN THI HOA", PersonalNumber("042150000012"))
    assert mailbox.count(CardNeedsKey) == 1


def test_a_card_that_is_lifted_early_is_read_on_when_it_lies_there_again(
    make: Make, reader: SoftReader, mailbox: Mailbox
) -> None:
    desk = make()
    passport = card()
    reader.lay(passport)
    desk.start_with(KEY)
    mailbox.next(DocumentRead)
    whole = reader.commands
    reader.lay(passport, lift_after=whole - 4)
    reader.commands = 0
    desk.start_with(KEY)
    assert mailbox.next(DocumentFailed).reason == "lifted"
    before = reader.commands
    reader.lay(passport)
    read = mailbox.next(DocumentRead)
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    assert reader.commands - before < whole, "what was read before is not read again"


def test_a_wrong_key_is_told_and_another_may_be_tried(make: Make, reader: SoftReader, mailbox: Mailbox) -> None:
    desk = make()
    reader.lay(card())
    desk.start_with(WRONG)
    assert mailbox.next(DocumentFailed).reason == "wrong_key"
    desk.start_with(KEY)
    mailbox.next(DocumentRead)


def broken_card() -> SoftPassport:
    files = holder_files(HOLDER, JPEG, width_px=240, height_px=320)
    return SoftPassport(HOLDER.key_text, {COM: files[COM], SOD: b"\x77\x01\x00"})


def test_a_card_without_its_data_is_unreadable(make: Make, reader: SoftReader, mailbox: Mailbox) -> None:
    reader.lay(broken_card())
    make().start_with(KEY)
    assert mailbox.next(DocumentFailed).reason == "unreadable"


@showing_a_qr
def test_an_unreadable_chip_is_made_up_for_by_the_qr(
    make: Make, camera: SimulatedCamera, reader: SoftReader, mailbox: Mailbox, look: Scene
) -> None:
    camera.start()
    reader.lay(broken_card())
    make().start()
    assert mailbox.next(DocumentRead).identity.source is DocumentSource.QR
    assert mailbox.count(DocumentFailed) == 0


@showing_a_qr
def test_the_card_of_another_person_is_not_mixed_with_the_qr(
    make: Make, camera: SimulatedCamera, reader: SoftReader, mailbox: Mailbox, look: Scene
) -> None:
    camera.start()
    reader.lay(card(Holder("042080000099", "LE", "VAN BA", date(1980, 1, 2), "M", None)))
    make().start()
    read = mailbox.next(DocumentRead)
    assert read.identity.source is DocumentSource.QR, "the QR's key does not open this card"
    assert read.portrait is None


@pytest.mark.parametrize("look", [qr_scene(QR_TEXT.replace("042150000012", "042150999999"))], ids=["qr of another"])
def test_a_card_opened_with_typed_numbers_takes_nothing_from_the_qr_of_another_person(
    make: Make, reader: SoftReader, camera: SimulatedCamera, mailbox: Mailbox, look: Scene
) -> None:
    see(camera)
    reader.lay(card())
    make().start_with(KEY)
    read = mailbox.next(DocumentRead)
    assert read.identity.number == PersonalNumber(HOLDER.number)
    assert read.home.residence == ""
    assert read.identity.document_issued is None


@pytest.mark.parametrize("look", [qr_scene(QR_TEXT.replace("042150000012", "042150999999"))], ids=["qr of another"])
def test_a_chip_that_fails_with_typed_numbers_is_not_made_up_for_by_the_qr_of_another_person(
    make: Make, reader: SoftReader, camera: SimulatedCamera, mailbox: Mailbox, look: Scene
) -> None:
    see(camera)
    reader.lay(card())
    make().start_with(WRONG)
    assert mailbox.next(DocumentFailed).reason == "wrong_key"
    assert mailbox.count(DocumentRead) == 0


def test_a_reader_that_is_unplugged_is_told_and_found_again(make: Make, reader: SoftReader, mailbox: Mailbox) -> None:
    reader.plug(False)
    desk = make()
    desk.start()
    assert mailbox.next(DeviceTrouble).device == "card"
    reader.plug(True)
    assert mailbox.next(DeviceRecovered).device == "card"
    reader.lay(card())
    mailbox.next(CardNeedsKey)
    assert mailbox.count(DeviceTrouble) == 1


def test_a_stopped_search_says_nothing_any_more(make: Make, reader: SoftReader, mailbox: Mailbox) -> None:
    desk = make()
    desk.start()
    desk.stop()
    desk._worker.submit(lambda: None).result(20)
    reader.lay(card())
    reader.plug(False)
    assert mailbox.events == []


def test_a_second_start_ends_the_first_search(make: Make, reader: SoftReader, mailbox: Mailbox) -> None:
    desk = make()
    for _ in range(10):
        desk.start()
    reader.lay(card())
    mailbox.next(CardNeedsKey)
    desk.stop()
    desk._worker.submit(lambda: None).result(20)
    assert mailbox.count(CardNeedsKey) == 1
