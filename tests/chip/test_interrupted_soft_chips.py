"""Modern chips that end protection, refuse a file, or are lifted: what was read stays, and the rest follows."""

from datetime import date

import pytest

from drivers.card.soft_chip import SoftChip
from drivers.card.soft_directory import COM, DG1, SOD, ChipTraits
from drivers.card.soft_files import Holder, common_file
from drivers.card.soft_id_card import CardMake
from drivers.card.soft_pace import PaceMapping, PaceOffer
from drivers.card.soft_passport import holder_files
from drivers.card.soft_secure_messaging import Suite
from kiosk.chip.errors import (
    CardLost,
)
from kiosk.chip.files import CardFile
from kiosk.chip.keys import CanKey, MrzKey
from kiosk.chip.opening import open_chip
from kiosk.chip.reading import EVERYTHING, PartialRead, read_chip
from kiosk.chip.verdict import Verdict
from tests.chip.soft_stage import AUTHORITY, CAN_KEY, GENERIC, JPEG, KEY, WRONG, Watched, chip, id_card


def test_a_card_that_ends_protection_is_opened_again_by_the_same_way_and_goes_on() -> None:
    watched = Watched(chip(GENERIC, PaceOffer(PaceMapping.INTEGRATED, Suite.AES_128, 13)))
    count = 0

    def end_twice(apdu: bytes) -> bytes | None:
        nonlocal count
        count += apdu[:2] == b"\x0c\xb0"
        if count in (5, 8) and apdu[:2] == b"\x0c\xb0":
            watched.chip.reset()
            count += 1
            return b"\x69\x88"
        return None

    watched.instead = end_twice
    told: list[int] = []
    read = read_chip(
        watched.transmit,
        [WRONG, KEY],
        on_progress=lambda p: told.append(p.done) if p.file is CardFile.DG2 else None,
    )
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    assert told == sorted(told)
    # The second way is never tried, nor is the wrong key a second time.
    assert sum(command[1] == 0x22 for command in watched.commands) == 2 + 2


@pytest.mark.parametrize("status", ["6A82", "6982"])
def test_a_bare_refusal_of_one_file_costs_that_file_alone(status: str) -> None:
    watched = Watched(chip(GENERIC))
    files = 0

    def bare(apdu: bytes) -> bytes | None:
        nonlocal files
        files += apdu[:3] == b"\x0c\xb0\x82"
        if apdu[:3] == b"\x0c\xb0\x82":
            watched.chip.reset()
            return bytes.fromhex(status)
        return None

    watched.instead = bare
    read = read_chip(watched.transmit, [KEY])
    assert read.portrait is None
    assert read.refused == {"DG2": int(status, 16)}
    assert "SOD" in read.files


class Bare:
    """A simulated JavaCard: what it refuses under protection it tells bare, and its counter moves on all the same.

    It is opened once between two resets, and it knows no short identifiers.
    """

    def __init__(self, chip: SoftChip) -> None:
        self.chip = chip
        self.opened = 0

    def transmit(self, apdu: bytes) -> bytes:
        if apdu[1] == 0x84 and apdu[0] == 0:
            self.opened += 1
            if self.opened > 1:
                return b"\x69\x82"
        answer = self.chip.process(apdu)
        refused = apdu[0] & 0x0C and answer[-2] not in (0x90, 0x61, 0x62)
        return answer[-2:] if refused else answer


@pytest.mark.parametrize("max_read", [256, 200])
def test_a_card_that_refuses_bare_and_stays_in_the_session_is_read_whole(max_read: int) -> None:
    traits = ChipTraits(short_ids=False, selects_master_file=False, max_read=max_read)
    made = id_card(CardMake(pace=(), rsa=True, active_digest="sha1", chip_suite=Suite.TRIPLE_DES, traits=traits))
    card = Bare(made)
    read = read_chip(card.transmit, [KEY], wanted=[*EVERYTHING, CardFile.DG3, CardFile.DG11])
    assert card.opened == 1
    assert read.hashes_match.verdict is Verdict.YES
    assert read.portrait is not None
    assert read.refused == {"DG3": 0x6982}
    assert read.chip_authentication.verdict is Verdict.YES
    assert read.active_authentication.verdict is Verdict.YES


def test_a_card_that_refuses_one_file_bare_for_ever_gives_the_others() -> None:
    watched = Watched(chip(GENERIC))

    def bare(apdu: bytes) -> bytes | None:
        if apdu[:3] == b"\x0c\xb0\x82" or (apdu[:2] == b"\x0c\xb0" and watched.chip.current_file == 0x0102):
            answer = watched.chip.process(apdu)
            return b"\x6f\x00" if answer[-2:] != b"\x69\x88" else answer
        return None

    watched.instead = bare
    read = read_chip(watched.transmit, [KEY])
    assert read.refused == {"DG2": 0x6F00}
    assert "SOD" in read.files


@pytest.mark.parametrize("step", [4, 5, 7, 12])
@pytest.mark.parametrize("key", [KEY, CAN_KEY])
def test_lifting_the_card_again_and_again_costs_nothing_that_was_read(step: int, key: MrzKey | CanKey) -> None:
    offer = PaceOffer(PaceMapping.GENERIC, Suite.AES_128, 12)
    made = chip(offer)
    so_far: PartialRead | None = None
    lifts, commands = 0, 0
    while True:
        made.reset()
        watched = Watched(made, lifted_after=step + 6)
        try:
            read = read_chip(watched.transmit, [key], so_far=so_far)
        except CardLost as lost:
            lifts += 1
            commands += len(watched.commands)
            assert lifts < 40
            so_far = lost.so_far or so_far
            continue
        break
    assert lifts >= 1
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    assert read.hashes_match.verdict is Verdict.YES


def test_another_card_with_the_same_access_number_is_not_mixed_with_the_first() -> None:
    with pytest.raises(CardLost) as lost:
        read_chip(Watched(chip(GENERIC), lifted_after=14).transmit, [CAN_KEY])
    assert lost.value.so_far is not None
    assert "DG1" in lost.value.so_far.files
    other = chip(GENERIC)
    neighbour = Holder("042199000099", "LE", "VAN BINH", date(1999, 3, 2), "M", date(2039, 3, 2))
    other.files |= holder_files(neighbour, JPEG + b"!", width_px=1, height_px=1)
    read = read_chip(other.process, [CAN_KEY], so_far=lost.value.so_far)
    assert read.dg1.surname == "LE"
    assert read.portrait is not None
    assert read.portrait.data == JPEG + b"!"


def test_a_card_of_another_kind_may_follow_the_lifted_one() -> None:
    with pytest.raises(CardLost) as lost:
        read_chip(Watched(chip(bac=True), lifted_after=12).transmit, [KEY])
    read = read_chip(chip(GENERIC).process, [KEY], so_far=lost.value.so_far)
    assert read.access is not None
    assert read.access.protocol == "PACE"


def test_a_session_can_be_used_piece_by_piece() -> None:
    session = open_chip(id_card().process, [KEY])
    assert session.access.method == "ECDH-GM-AES-128"
    assert session.read(CardFile.DG1).startswith(b"\x61")
    assert session.card_access is not None
    assert session.messaging.answers > 0


def test_a_file_that_com_does_not_list_is_not_asked_for() -> None:
    made = chip(GENERIC)
    made.files[COM] = common_file((0x61,))
    made.files[SOD] = AUTHORITY.sign({1: made.files[DG1]})
    watched = Watched(made)
    read = read_chip(watched.transmit, [KEY], wanted=EVERYTHING)
    assert set(read.files) == {"COM", "DG1", "SOD", "CardAccess"}
    assert read.listed == ("DG1",)
