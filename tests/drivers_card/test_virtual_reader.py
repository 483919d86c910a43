"""End to end: the kiosk's chip reader, pyscard, pcscd, the virtual reader, and a soft card behind it."""

import threading
import time
from collections.abc import Iterator
from datetime import date

import pytest

from drivers.card.demo_authority import DemoAuthority
from drivers.card.pcscd import VirtualReader
from drivers.card.real import PcscReader, open_reader
from drivers.card.simulated import Situation, VirtualReaderSlot
from drivers.card.soft_files import Holder
from drivers.card.soft_passport import SoftPassport, signed_passport
from drivers.errors import DeviceCancelled, DeviceClosed, DeviceFault, DeviceGone, DeviceMissing, DeviceTimeout
from kiosk.chip.errors import BadAnswer, CardLost, NotAPassport
from kiosk.chip.hashes import Verdict
from kiosk.chip.keys import MrzKey
from kiosk.chip.reading import ChipRead, read_chip

pytestmark = pytest.mark.pcsc
HOLDER = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", None)
KEY = MrzKey("150000012", "500701", "991231")
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 16 + b"\xff\xd9"
SELECT = bytes.fromhex("00A4040C07A0000002471001")
LONG_S = 10.0


@pytest.fixture
def reader(virtual_reader: VirtualReader) -> Iterator[PcscReader]:
    reader = open_reader(virtual_reader.name, simulated=True)
    yield reader
    reader.close()


@pytest.fixture
def slot(virtual_reader: VirtualReader) -> Iterator[VirtualReaderSlot]:
    with VirtualReaderSlot() as slot:
        yield slot


def card() -> SoftPassport:
    return signed_passport(HOLDER, JPEG, width_px=240, height_px=320, authority=DemoAuthority())


def test_a_card_laid_down_is_read_whole(reader: PcscReader, slot: VirtualReaderSlot) -> None:
    slot.insert(card())
    assert reader.wait_for_card(LONG_S).hex() == "3b80800101"
    read = read_chip(reader.transmit, [KEY])
    assert read.dg1.surname == "TRAN"
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    assert read.hashes_match.verdict is Verdict.YES
    assert reader.identity().simulated


def test_a_card_pulled_early_is_read_to_its_end_when_laid_down_again(
    reader: PcscReader, slot: VirtualReaderSlot
) -> None:
    passport = card()
    slot.insert(passport, situation=Situation.CARD_PULLED_EARLY, breaks_after=20)
    reader.wait_for_card(LONG_S)
    with pytest.raises(CardLost) as lost:
        read_chip(reader.transmit, [KEY])
    assert lost.value.so_far is not None
    assert "DG1" in lost.value.so_far.files
    with pytest.raises(DeviceGone, match="card"):
        reader.transmit(SELECT)
    slot.insert(passport)
    reader.wait_for_card(LONG_S)
    commands: list[bytes] = []

    def counted(apdu: bytes) -> bytes:
        commands.append(apdu)
        return reader.transmit(apdu)

    read = read_chip(counted, [KEY], so_far=lost.value.so_far)
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    assert len(commands) < 25


def test_a_card_lifted_by_hand_is_named_and_the_next_one_is_found(reader: PcscReader, slot: VirtualReaderSlot) -> None:
    slot.insert(card())
    reader.wait_for_card(LONG_S)
    slot.remove()
    with pytest.raises(DeviceGone, match="card"):
        reader.transmit(SELECT)
    slot.insert(card())
    reader.wait_for_card(LONG_S)
    assert reader.transmit(SELECT) == b"\x90\x00"


def read_with_patience(reader: PcscReader) -> ChipRead:
    """Read as the kiosk does: pcscd may notice a change of cards only in the middle of a read; then it begins anew."""
    ends_at_s = time.monotonic() + LONG_S
    while True:
        reader.wait_for_card(LONG_S)
        try:
            return read_chip(reader.transmit, [KEY])
        except CardLost:
            if time.monotonic() > ends_at_s:
                raise


def test_cards_that_cannot_be_read_say_so(reader: PcscReader, slot: VirtualReaderSlot) -> None:
    slot.insert(card(), situation=Situation.UNREADABLE)
    with pytest.raises(NotAPassport):
        read_with_patience(reader)
    slot.insert(card(), situation=Situation.GARBLED)
    with pytest.raises(BadAnswer):
        read_with_patience(reader)


def test_a_card_that_lies_there_and_says_nothing_is_a_fault(reader: PcscReader, slot: VirtualReaderSlot) -> None:
    slot.insert(card(), situation=Situation.MUTE)
    with pytest.raises(DeviceFault, match="lift it"):
        reader.wait_for_card(LONG_S)
    slot.insert(card())
    reader.wait_for_card(LONG_S)


def test_a_card_that_stays_is_found_again_and_one_that_went_is_not(reader: PcscReader, slot: VirtualReaderSlot) -> None:
    passport = card()
    slot.insert(passport)
    assert reader.wait_for_card(LONG_S) == reader.wait_for_card(LONG_S)
    slot.remove()

    def look_until_gone() -> None:
        while True:  # pcscd notices within its polling interval
            reader.wait_for_card(0.3)

    with pytest.raises(DeviceTimeout):
        look_until_gone()


def test_waiting_ends_by_its_deadline_or_by_cancel(reader: PcscReader, slot: VirtualReaderSlot) -> None:
    slot.remove()
    with pytest.raises(DeviceTimeout):
        reader.wait_for_card(0.05)
    reader.cancel()  # harmless when idle
    ended: list[BaseException] = []

    def wait() -> None:
        try:
            reader.wait_for_card(60.0)
        except DeviceCancelled as error:
            ended.append(error)

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    while waiting.is_alive():  # a cancel that comes before the wait begins is lost by design
        reader.cancel()
        waiting.join(0.02)
    assert len(ended) == 1


def test_pcscd_gone_is_named_and_a_later_call_finds_it_again(
    virtual_reader: VirtualReader, reader: PcscReader, slot: VirtualReaderSlot
) -> None:
    if not virtual_reader.started_here:
        pytest.skip("the running pcscd belongs to the system: it is not stopped for a test")
    slot.insert(card())
    reader.wait_for_card(LONG_S)
    virtual_reader.restart()
    with pytest.raises(DeviceGone):
        reader.transmit(SELECT)
    slot.insert(card())
    reader.wait_for_card(LONG_S)
    assert reader.transmit(SELECT) == b"\x90\x00"


def test_a_reader_that_is_not_there_is_missing_by_name(virtual_reader: VirtualReader) -> None:
    with pytest.raises(DeviceMissing, match="Omnikey 9999"):
        open_reader("Omnikey 9999")


def test_a_virtual_reader_never_passes_for_a_real_one(virtual_reader: VirtualReader) -> None:
    reader = open_reader("Virtual PCD")
    assert reader.identity().simulated
    reader.close()
    reader.close()
    with pytest.raises(DeviceClosed):
        reader.wait_for_card(1.0)
