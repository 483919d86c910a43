"""How modern chips are read: few commands, extended length where it is worth it, and chunks that a card takes."""

import pytest

from drivers.card.soft_crypto import wrap_object
from drivers.card.soft_directory import ATR_INFO, ChipTraits
from drivers.card.soft_id_card import CardMake, make_id_card
from kiosk.chip.errors import (
    CardLost,
)
from kiosk.chip.memory import ReaderMemory
from kiosk.chip.reading import EVERYTHING, PartialRead, read_chip
from kiosk.chip.verdict import Verdict
from tests.chip.soft_stage import AUTHORITY, GENERIC, HOLDER, JPEG, KEY, ROOMY, Watched, chip, id_card


def whole_read(
    traits: ChipTraits, memory: ReaderMemory | None = None, *, master: dict[int, bytes] | None = None
) -> int:
    watched = Watched(chip(GENERIC, traits=traits, master=master))
    read = read_chip(watched.transmit, [KEY], memory=memory, monotonic_s=watched.even_s)
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    assert read.hashes_match.verdict is Verdict.YES
    assert read.effort.apdus == len(watched.commands)
    return len(watched.commands)


def limits(answer: int) -> dict[int, bytes]:
    sizes = b"".join(wrap_object(0x02, size.to_bytes(2, "big")) for size in (2048, answer))
    return {ATR_INFO: wrap_object(0x7F66, sizes)}


def test_few_commands_are_sent_and_fewer_at_extended_length() -> None:
    short = whole_read(ChipTraits())
    # CardAccess 2, PACE 5, application 1, COM 1, DG1 1, DG2 8, SOD 5 or 6.
    assert short <= 24
    wide = whole_read(ROOMY, ReaderMemory(reader_extended=True), master=limits(2048))
    assert wide <= 16
    assert whole_read(ROOMY, ReaderMemory(), master=limits(2048)) == short
    assert whole_read(ROOMY, ReaderMemory(reader_extended=False), master=limits(2048)) == short


@pytest.mark.parametrize("limit", [300, 1000, 65535])
def test_a_card_that_promises_more_than_it_takes_is_read_with_short_commands(limit: int) -> None:
    memory = ReaderMemory(reader_extended=True)
    # One question more, and at worst one command in vain, the chip opened and the file selected once again.
    assert whole_read(ChipTraits(), memory, master=limits(limit)) <= 24 + 1 + 1 + 7 + 1
    assert memory.extended == 0


def test_a_file_is_begun_at_extended_length_once_that_has_shown_its_worth() -> None:
    memory = ReaderMemory(reader_extended=True)
    watched = Watched(id_card(CardMake(traits=ChipTraits(extended=2048))))
    atr, even_s = watched.chip.atr, watched.even_s
    read_chip(watched.transmit, [KEY], memory=memory, atr=atr, wanted=EVERYTHING, monotonic_s=even_s)
    begun = {
        command[2] & 0x1F: command[4] == 0
        for command in watched.commands
        if command[:2] == b"\x0c\xb0" and command[2] & 0x80
    }
    assert begun == {0x1E: False, 0x01: False, 0x0E: False, 0x0F: True, 0x0D: True, 0x02: True, 0x1D: True}


@pytest.mark.parametrize("answer", ["6700", "6C00", None])
def test_a_card_that_takes_no_long_beginning_is_read_with_short_ones(answer: str | None) -> None:
    memory = ReaderMemory(reader_extended=True)
    watched = Watched(id_card(CardMake(traits=ChipTraits(extended=2048))))
    lost = 0

    def instead(apdu: bytes) -> bytes | None:
        nonlocal lost
        if apdu[:2] != b"\x0c\xb0" or apdu[4]:
            return None
        if answer is None:
            lost += 1
            raise ConnectionError
        watched.chip.process(apdu)  # the counter moves on
        return bytes.fromhex(answer)

    watched.instead = instead
    so_far: PartialRead | None = None
    try:
        read = read_chip(watched.transmit, [KEY], memory=memory, atr=watched.chip.atr, wanted=EVERYTHING)
    except CardLost as error:
        so_far = error.so_far
        watched.chip.reset()
        read = read_chip(watched.transmit, [KEY], so_far=so_far, wanted=EVERYTHING)
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    assert memory.extended == 0
    assert lost == (answer is None)


def test_extended_length_that_is_slower_is_given_up() -> None:
    memory = ReaderMemory(reader_extended=True)
    watched, now_s = Watched(chip(GENERIC, traits=ROOMY, master=limits(1024))), 0.0

    def slow(apdu: bytes) -> bytes:
        nonlocal now_s
        now_s += 30.0 if len(apdu) > 5 and apdu[4] == 0 else 0.01
        return watched.transmit(apdu)

    read_chip(slow, [KEY], memory=memory, monotonic_s=lambda: now_s)
    assert memory.extended == 0
    assert sum(len(command) > 5 and command[4] == 0 for command in watched.commands) == 1


def test_the_atr_may_tell_of_extended_length() -> None:
    memory = ReaderMemory(reader_extended=True)
    watched = Watched(chip(GENERIC, traits=ROOMY))
    atr = bytes.fromhex("3B858001 80 73C02140 00".replace(" ", ""))
    read = read_chip(watched.transmit, [KEY], memory=memory, atr=atr, monotonic_s=watched.even_s)
    assert read.portrait is not None
    assert memory.extended > 223


@pytest.mark.parametrize("max_read", [222, 160, 150, 112])
@pytest.mark.parametrize("short_ids", [True, False])
def test_chunks_fall_and_stay_low_whatever_the_card_knows(max_read: int, short_ids: bool) -> None:
    memory = ReaderMemory()
    whole_read(ChipTraits(max_read=max_read, short_ids=short_ids), memory)
    assert memory.chunk <= max_read
    assert memory.short_ids is short_ids


def test_portraits_beyond_32_kilobytes_are_read_short_and_wide() -> None:
    long = JPEG[:-2] + bytes(40_000) + JPEG[-2:]
    for memory in (ReaderMemory(), ReaderMemory(reader_extended=True)):
        made = make_id_card(
            HOLDER,
            long,
            width_px=1,
            height_px=1,
            authority=AUTHORITY,
            make=CardMake(traits=ChipTraits(extended=4096)),
        )
        made.masters |= limits(4096)
        read = read_chip(made.process, [KEY], memory=memory)
        assert read.portrait is not None
        assert read.portrait.data == long
