"""Every named situation of the soft card, read through the real PC/SC stack, and what the reader says of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from drivers.card.demo_authority import DemoAuthority
from drivers.card.pcscd import VirtualReader
from drivers.card.real import PcscReader, open_reader
from drivers.card.simulated import VirtualReaderSlot
from drivers.card.soft_files import Holder
from drivers.card.soft_id_card import CardMake
from drivers.card.soft_situations import SITUATIONS, Situation, make_card_in
from drivers.errors import DeviceFault
from kiosk.chip.certificates import read_certificate
from kiosk.chip.errors import BadAnswer, CardLost, ChipError, NotAPassport, WrongKey
from kiosk.chip.findings import judge
from kiosk.chip.keys import MrzKey
from kiosk.chip.reading import EVERYTHING, ChipRead, PartialRead, read_chip
from kiosk.chip.trust import make_store
from kiosk.chip.verdict import Verdict

HOLDER = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", None)
KEY = MrzKey("150000012", "500701", "991231")
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 10 + b"\xff\xd9"
NOW = datetime.now(UTC)
AUTHORITY = DemoAuthority(now=NOW - timedelta(hours=1))
STORE = make_store([read_certificate(AUTHORITY.root_der)])
MINUTE_S = 60.0
GOOD = {"unmodified": "yes", "signed": "yes", "trusted": "yes", "genuine": "yes"}


@dataclass
class Desk:
    """A reader with a hand beside it, which lays the card down anew as often as it is lost."""

    reader: PcscReader
    slot: VirtualReaderSlot
    losses: int = 0
    statuses: set[str] = field(default_factory=set[str])

    def transmit(self, apdu: bytes) -> bytes:
        answer = self.reader.transmit(apdu)
        self.statuses.add(answer[-2:].hex())
        return answer

    def lay(self, situation: Situation, make: CardMake | None = None) -> None:
        card = make_card_in(
            situation, HOLDER, JPEG, width_px=3, height_px=4, authority=AUTHORITY, details={2: "Hoa"}, make=make
        )
        self.slot.insert(card, situation=situation)

    def read(self, *, patient: bool = True) -> ChipRead:
        """Read, going on where the card was lost: pcscd may notice a change of cards only in the middle of a read."""
        so_far: PartialRead | None = None
        while True:
            self.reader.wait_for_card(MINUTE_S)
            try:
                return read_chip(self.transmit, [KEY], wanted=EVERYTHING, so_far=so_far)
            except CardLost as lost:
                self.losses += 1
                if not patient or self.losses > 60:
                    raise
                so_far = lost.so_far or so_far


@pytest.fixture
def desk(virtual_reader: VirtualReader) -> Iterator[Desk]:
    reader = open_reader(virtual_reader.name, simulated=True)
    with VirtualReaderSlot() as slot:
        yield Desk(reader, slot)
    reader.close()


def table(read: ChipRead) -> dict[str, str]:
    return {row: check.verdict.value for row, check in judge(read, STORE, at=NOW).rows()}


def cause(read: ChipRead) -> str:
    return judge(read, STORE, at=NOW).trusted.cause


READ_ALL_THE_SAME = (
    Situation.NONE,
    Situation.SLOW,
    Situation.ANSWERS_IN_PARTS,
    Situation.CORRECTS_LENGTH,
    Situation.WARNS_OF_END,
    Situation.REFUSES_LENGTH,
    Situation.REFUSES_OFFSET,
    Situation.DROPS_SESSION,
    Situation.REFUSES_BARE,
)
NOT_READ: dict[Situation, type[ChipError]] = {
    Situation.UNREADABLE: NotAPassport,
    Situation.GARBLED: BadAnswer,
    Situation.OTHER_CARD: NotAPassport,
    Situation.WRONG_KEY: WrongKey,
}
READ_AND_TOLD = {
    Situation.TAMPERED: {**GOOD, "unmodified": "no"},
    Situation.CLONED: {**GOOD, "genuine": "no"},
    Situation.EXPIRED_SIGNER: {**GOOD, "trusted": "no"},
    Situation.UNKNOWN_AUTHORITY: {**GOOD, "trusted": "not_checkable"},
    Situation.FALSE_AUTHORITY: {**GOOD, "trusted": "no"},
}
BY_THE_HAND = {Situation.CARD_PULLED_EARLY, Situation.WORN_CONTACT, Situation.MUTE}


def test_every_situation_is_in_the_table_and_has_a_reading_here() -> None:
    assert set(SITUATIONS) == set(Situation)
    assert {*READ_ALL_THE_SAME, *NOT_READ, *READ_AND_TOLD, *BY_THE_HAND} == set(Situation)


@pytest.mark.parametrize("page", ["card.md", "demo.md"])
def test_the_pages_name_every_situation(repository: Path, page: str) -> None:
    text = (repository / "docs" / page).read_text(encoding="utf-8")
    assert [one.value for one in Situation if f"`{one.value}`" not in text] == []


@pytest.mark.pcsc
@pytest.mark.parametrize("situation", READ_ALL_THE_SAME)
def test_odd_manners_cost_time_and_nothing_else(desk: Desk, situation: Situation) -> None:
    desk.lay(situation)
    read = desk.read()
    assert table(read) == GOOD
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    assert {file.value for file in EVERYTHING} - set(read.files) == {"DG11", "DG12"}


@pytest.mark.pcsc
@pytest.mark.parametrize(
    ("situation", "status"),
    [
        (Situation.ANSWERS_IN_PARTS, "61"),
        (Situation.CORRECTS_LENGTH, "6c"),
        (Situation.WARNS_OF_END, "6282"),
        (Situation.REFUSES_LENGTH, "6700"),
        (Situation.REFUSES_OFFSET, "6b00"),
        (Situation.DROPS_SESSION, "6988"),
        (Situation.REFUSES_BARE, "6700"),
    ],
)
@pytest.mark.parametrize("make", [CardMake(), CardMake(pace=(), rsa=True)], ids=["PACE", "BAC"])
def test_the_odd_status_word_really_came(desk: Desk, situation: Situation, status: str, make: CardMake) -> None:
    desk.lay(situation, make)
    assert table(desk.read()) == GOOD
    assert any(said.startswith(status) for said in desk.statuses)


@pytest.mark.pcsc
@pytest.mark.parametrize("situation", NOT_READ)
def test_what_cannot_be_read_says_what_it_is(desk: Desk, situation: Situation) -> None:
    desk.lay(situation)
    with pytest.raises(NOT_READ[situation]):
        desk.read()


@pytest.mark.pcsc
@pytest.mark.parametrize("situation", READ_AND_TOLD)
def test_what_is_wrong_with_a_card_that_can_be_read_stands_in_its_own_row(desk: Desk, situation: Situation) -> None:
    desk.lay(situation)
    read = desk.read()
    assert table(read) == READ_AND_TOLD[situation]
    causes = {Situation.EXPIRED_SIGNER: "expired", Situation.UNKNOWN_AUTHORITY: "no_anchor"}
    assert cause(read) == causes.get(situation, "")


@pytest.mark.pcsc
def test_a_card_pulled_early_is_lost_and_one_laid_again_is_read_on(desk: Desk) -> None:
    desk.lay(Situation.CARD_PULLED_EARLY)
    with pytest.raises(CardLost):
        desk.read(patient=False)
    desk.lay(Situation.NONE)
    assert table(desk.read()) == GOOD


@pytest.mark.pcsc
def test_a_worn_contact_breaks_off_again_and_again_and_the_card_is_read_all_the_same(desk: Desk) -> None:
    card = make_card_in(Situation.WORN_CONTACT, HOLDER, JPEG, width_px=3, height_px=4, authority=AUTHORITY)
    desk.slot.insert(card, situation=Situation.WORN_CONTACT, breaks_after=16)
    read = desk.read()
    assert desk.losses >= 2
    assert read.hashes_match.verdict is Verdict.YES
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    desk.slot.remove()
    assert not desk.slot.inserted


@pytest.mark.pcsc
def test_a_card_upside_down_is_a_fault_that_says_to_lift_it(desk: Desk) -> None:
    desk.lay(Situation.MUTE)
    with pytest.raises(DeviceFault, match="lift it"):
        desk.reader.wait_for_card(MINUTE_S)
