"""Which key opens a modern chip, and what follows where a card does PACE badly, counts tries, or opens in no way."""

import pytest

from drivers.card.soft_crypto import wrap_object
from drivers.card.soft_directory import CARD_ACCESS, ChipTraits
from drivers.card.soft_pace import MRZ, PaceMapping, PaceOffer
from drivers.card.soft_secure_messaging import Suite
from kiosk.chip.errors import (
    NotAPassport,
    UnknownAccess,
    WrongKey,
)
from kiosk.chip.files import CardFile
from kiosk.chip.reading import read_chip
from tests.chip.soft_stage import CAN_KEY, GENERIC, KEY, PASSWORDS, WRONG, Watched, chip


def test_a_wrong_key_is_tried_once_by_pace_and_never_by_bac() -> None:
    watched = Watched(chip(GENERIC, bac=True))
    with pytest.raises(WrongKey) as refused:
        read_chip(watched.transmit, [WRONG])
    assert "350701" not in str(refused.value)
    assert watched.chip._secrets.pace is not None
    assert watched.chip._secrets.pace.wrong_tries == 1
    assert not any(command[1] in (0x84, 0x82) for command in watched.commands)


def test_keys_are_tried_in_order_and_no_more_than_needed() -> None:
    made = chip(GENERIC)
    assert read_chip(made.process, [WRONG, WRONG, KEY, CAN_KEY]).key == KEY
    assert made._secrets.pace is not None
    assert made._secrets.pace.wrong_tries == 1


@pytest.mark.parametrize(
    ("status", "tries"), [("63C1", 1), ("63C5", 2), ("6300", 2), ("6983", 2), ("6A80", 2), ("6988", 2)]
)
def test_the_last_try_that_a_card_counts_is_left_to_the_citizen(status: str, tries: int) -> None:
    watched = Watched(chip(GENERIC))
    watched.instead = lambda apdu: bytes.fromhex(status) if apdu[:2] == b"\x00\x86" else None
    with pytest.raises(WrongKey) as refused:
        read_chip(watched.transmit, [WRONG, KEY])
    assert sum(command[:2] == b"\x00\x86" for command in watched.commands) == tries
    assert refused.value.tries_left == (int(status[-1]) if status.startswith("63C") else None)


def test_a_card_that_does_not_know_the_access_number_is_opened_by_its_lines() -> None:
    made = chip(GENERIC, passwords={MRZ: PASSWORDS[MRZ]})
    assert read_chip(made.process, [CAN_KEY, KEY]).key == KEY
    with pytest.raises(UnknownAccess):
        read_chip(chip(GENERIC, passwords={MRZ: PASSWORDS[MRZ]}).process, [CAN_KEY])


@pytest.mark.parametrize("step", [(0x22, "6A80"), (0x22, "6D00"), (0x86, "6F00"), (0x86, "6985"), (0x86, "9000")])
def test_pace_that_fails_for_technical_reasons_leads_to_bac(step: tuple[int, str]) -> None:
    watched = Watched(chip(GENERIC, bac=True))
    watched.instead = lambda apdu: bytes.fromhex(step[1]) if apdu[1] == step[0] else None
    read = read_chip(watched.transmit, [KEY])
    assert read.access is not None
    assert read.access.protocol == "BAC"


def test_a_second_way_of_pace_is_gone_when_the_first_fails() -> None:
    other = PaceOffer(PaceMapping.INTEGRATED, Suite.AES_128, 13)
    watched = Watched(chip(GENERIC, other))
    watched.instead = lambda apdu: b"\x6a\x80" if apdu[1] == 0x22 and GENERIC.oid in apdu else None
    read = read_chip(watched.transmit, [KEY])
    assert read.access is not None
    assert read.access.method == "ECDH-IM-AES-128"


def test_a_card_that_opens_in_no_known_way_says_so() -> None:
    watched = Watched(chip(GENERIC))
    watched.instead = lambda apdu: b"\x6a\x80" if apdu[1] == 0x22 else None
    with pytest.raises(UnknownAccess, match="PACE"):
        read_chip(watched.transmit, [KEY])


@pytest.mark.parametrize("number", [12, 13])
def test_the_number_of_the_parameters_is_told_only_where_it_is_needed(number: int) -> None:
    watched = Watched(chip(GENERIC, PaceOffer(PaceMapping.GENERIC, Suite.AES_128, 13)))
    read_chip(watched.transmit, [KEY], wanted=[CardFile.DG1])
    (chosen,) = [command for command in watched.commands if command[1] == 0x22]
    assert chosen[-3:] == bytes.fromhex("8401") + chosen[-1:]
    alone = Watched(chip(PaceOffer(PaceMapping.GENERIC, Suite.AES_128, number)))
    read_chip(alone.transmit, [KEY], wanted=[CardFile.DG1])
    (chosen,) = [command for command in alone.commands if command[1] == 0x22]
    assert chosen[-3:] == bytes.fromhex("830101")


def test_a_card_that_wants_the_number_all_the_same_gets_it() -> None:
    watched = Watched(chip(GENERIC))
    watched.instead = lambda apdu: b"\x6a\x88" if apdu[1] == 0x22 and b"\x84\x01" not in apdu else None
    assert read_chip(watched.transmit, [KEY]).portrait is not None


@pytest.mark.parametrize("selects", [True, False])
@pytest.mark.parametrize("needs", [True, False])
def test_card_access_is_found_with_and_without_selecting_the_master_file(selects: bool, needs: bool) -> None:
    watched = Watched(chip(GENERIC, bac=True, traits=ChipTraits(selects_master_file=selects)))
    selected = False

    def instead(apdu: bytes) -> bytes | None:
        nonlocal selected
        selected = selected or (apdu[:3] == b"\x00\xa4\x00" and selects)
        return b"\x6a\x82" if needs and not selected and apdu.endswith(b"\x01\x1c") else None

    watched.instead = instead
    read = read_chip(watched.transmit, [KEY])
    assert read.access is not None
    assert read.access.protocol == ("BAC" if needs and not selects else "PACE")


@pytest.mark.parametrize(
    "broken", [b"", b"\x31\x82\x40\x00", b"\x31\x03\x30\x01", b"\x30\x03\x02\x01\x00", b"\x31\x80\x00\x00"]
)
def test_a_broken_card_access_leads_to_bac(broken: bytes) -> None:
    made = chip(GENERIC, bac=True, master={CARD_ACCESS: broken})
    read = read_chip(made.process, [KEY])
    assert read.access is not None
    assert read.access.protocol == "BAC"


def test_a_card_without_the_application_behind_pace_is_no_passport() -> None:
    other = chip(GENERIC, traits=ChipTraits(application=bytes.fromhex("A000000151000000")))
    with pytest.raises(NotAPassport):
        read_chip(other.process, [KEY])


def test_a_card_that_sends_our_own_key_back_is_not_trusted() -> None:
    watched = Watched(chip(GENERIC))

    def mirror(apdu: bytes) -> bytes | None:
        if apdu[:2] == b"\x10\x86" and apdu[7:8] == b"\x83":
            inner = apdu[7:-1]
            return wrap_object(0x7C, b"\x84" + inner[1:]) + b"\x90\x00"
        return None

    watched.instead = mirror
    with pytest.raises(UnknownAccess, match="own key"):
        read_chip(watched.transmit, [KEY])
