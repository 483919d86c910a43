"""The whole soft card: what can be read of it without a key, what is refused, and what it was told to get wrong."""

from datetime import UTC, date, datetime, timedelta

import pytest

from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_chip import SoftChip
from drivers.card.soft_directory import SOD
from drivers.card.soft_files import Holder
from drivers.card.soft_id_card import CardMake, details_file, make_id_card
from kiosk.chip.details import parse_dg13
from kiosk.chip.keys import MrzKey
from kiosk.chip.reading import ChipRead, read_chip
from kiosk.chip.verdict import Verdict

HOLDER = Holder("042150000001", "NGUYEN", "THI AT", date(1950, 9, 2), "F", None)
KEY = MrzKey("150000001", "500902", "991231")
JPEG = b"\xff\xd8\xff\xe0" + bytes(3000) + b"\xff\xd9"


def card(make: CardMake | None = None, authority: DemoAuthority | None = None) -> SoftChip:
    return make_id_card(
        HOLDER, JPEG, width_px=240, height_px=320, authority=authority or DemoAuthority(), make=make, details={2: "Ất"}
    )


def asked(chip: SoftChip, *commands: str) -> str:
    return [chip.process(bytes.fromhex(command)) for command in commands][-1].hex()


def read(chip: SoftChip) -> ChipRead:
    return read_chip(chip.process, [KEY])


def test_it_says_how_it_opens_without_the_master_file() -> None:
    chip = card()
    assert asked(chip, "00A4000C023F00") == "6d00"
    assert asked(chip, "00A4020C02011C") == "9000"
    assert asked(chip, "00B0000000").startswith("31")


def test_before_authentication_no_file_of_the_person_is_given() -> None:
    chip = card()
    assert asked(chip, "00A4040C07A0000002471001") == "9000"
    for file in ("011E", "0101", "0102", "0103", "010D", f"{SOD:04X}"):
        assert asked(chip, f"00A4020C02{file}") == "6982"
        assert asked(chip, "00B0000004") == "6986"


def test_it_opens_with_the_key_that_is_printed_on_it() -> None:
    found = read(card())
    assert found.dg1.personal_number is not None
    assert found.dg1.personal_number.digits == HOLDER.number
    assert found.hashes_match.verdict is Verdict.YES


def test_an_altered_file_is_not_the_one_that_was_signed() -> None:
    assert read(card(CardMake(altered=2))).hashes_match.verdict is Verdict.NO


def test_its_details_are_texts_by_number() -> None:
    found = parse_dg13(details_file({1: HOLDER.number, 2: "Nguyễn Thị Ất", 9: "x" * 300, 13: ("Cha", "Mẹ")}))
    assert (found.name, found.father, found.mother, len(found.residence)) == ("Nguyễn Thị Ất", "Cha", "Mẹ", 300)


@pytest.mark.parametrize("make", [CardMake(rsa=True), CardMake(pace=()), CardMake(active_digest=None)])
def test_every_make_opens(make: CardMake) -> None:
    assert read(card(make)).hashes_match.verdict is Verdict.YES


def test_an_authority_can_have_a_signer_that_has_ended() -> None:
    long_ago = datetime.now(UTC) - timedelta(days=100)
    assert read(card(authority=DemoAuthority(now=long_ago, signer_lives=timedelta(days=1)))).files["SOD"]
