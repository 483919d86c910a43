"""The table of a card: what holds, what does not, and what cannot be told here, each with its reason."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_id_card import CardMake, Details, make_id_card
from kiosk.chip.keys import MrzKey
from kiosk.chip.qr import QrIdentity, parse_qr
from kiosk.chip.reading import EVERYTHING, ChipRead, read_chip
from kiosk.domain.card_proof import CardProof, Cause, Holds
from kiosk.domain.citizen import PersonalNumber, Relatives
from kiosk.domain.contradictions import Matter, Source, find_contradictions
from kiosk.journey.events import DocumentRead
from kiosk.runtime.card_judging import CardJudge
from kiosk.runtime.identities import document_read
from kiosk.words.text import fold
from tests.runtime.stage import HOLDER, QR_TEXT

NOW = datetime(2026, 11, 24, tzinfo=UTC)
TODAY = date(2026, 11, 24)
AUTHORITY = DemoAuthority(now=NOW - timedelta(days=30))
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2 + b"\xff\xd9"
KEY = MrzKey(HOLDER.number[-9:], HOLDER.birth_text, HOLDER.expiry_text)
DETAILS: Details = {
    1: HOLDER.number,
    2: "Trần Thị Hoà",
    3: "01/07/1950",
    8: "Thạch Khê, Thạch Hà, Hà Tĩnh",
    9: "Thôn Tân Hương, Thạch Khê, Thạch Hà, Hà Tĩnh",
    13: ("Trần Văn Nhân", "Lê Thị Mận"),
    14: "Nguyễn Văn Thuận",
}


def read(make: CardMake | None = None, *, details: Details = DETAILS) -> ChipRead:
    card = make_id_card(HOLDER, JPEG, width_px=240, height_px=320, authority=AUTHORITY, details=details, make=make)
    return read_chip(card.process, [KEY], wanted=EVERYTHING)


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    (tmp_path / "country.cer").write_bytes(AUTHORITY.root_der)
    return tmp_path


def table(proof: CardProof) -> dict[str, str]:
    return {name: finding.holds.value for name, finding in proof.questions}


def test_a_card_of_a_trusted_country_holds_in_everything(trust: Path) -> None:
    proof = CardJudge(trust, lambda: NOW)(read())
    assert table(proof) == {"unmodified": "yes", "signed": "yes", "trusted": "yes", "genuine": "yes"}
    assert proof.access == "PACE MRZ"
    assert "DEMO document signer" in proof.signer
    assert not proof.disproved


def test_a_country_that_nobody_here_knows_is_no_forgery(tmp_path: Path) -> None:
    proof = CardJudge(tmp_path / "missing", lambda: NOW)(read())
    assert table(proof) == {"unmodified": "yes", "signed": "yes", "trusted": "not_checkable", "genuine": "yes"}
    assert proof.trusted.cause is Cause.NO_ANCHOR
    assert not proof.disproved


def test_a_changed_file_is_told_and_the_rest_is_still_answered(trust: Path) -> None:
    proof = CardJudge(trust, lambda: NOW)(read(CardMake(altered=13)))
    assert table(proof) == {"unmodified": "no", "signed": "yes", "trusted": "yes", "genuine": "yes"}
    assert "DG13" in proof.unmodified.reason
    assert proof.disproved


def test_a_copied_chip_is_told_by_its_missing_keys(trust: Path) -> None:
    proof = CardJudge(trust, lambda: NOW)(read(CardMake(cloned=True)))
    assert proof.genuine.holds is Holds.NO
    assert table(proof)["unmodified"] == "yes"


def test_a_signer_past_its_time_is_named_as_that(trust: Path) -> None:
    proof = CardJudge(trust, lambda: NOW + timedelta(days=4000))(read())
    assert (proof.trusted.holds, proof.trusted.cause) == (Holds.NO, Cause.EXPIRED)


def test_a_chip_that_offers_no_proof_is_not_checkable(trust: Path) -> None:
    proof = CardJudge(trust, lambda: NOW)(read(CardMake(pace=(), chip_suite=None, active_digest=None)))
    assert proof.genuine.holds is Holds.NOT_CHECKABLE
    assert proof.access == "BAC MRZ"


def both(chip: ChipRead, qr: QrIdentity | None) -> DocumentRead:
    found = document_read(chip, qr, TODAY)
    assert found is not None
    return found


def test_the_details_of_the_chip_prefill_name_home_and_family() -> None:
    found = both(read(), None)
    assert found.identity.name == "Trần Thị Hoà"
    assert found.home.origin == "Thạch Khê, Thạch Hà, Hà Tĩnh"
    assert found.home.residence.startswith("Thôn Tân Hương")
    assert found.relatives == Relatives("Trần Văn Nhân", "Lê Thị Mận", "Nguyễn Văn Thuận")
    assert [one.source for one in found.statements] == [Source.CHIP]


def test_details_that_name_another_number_are_not_taken() -> None:
    found = both(read(details={**DETAILS, 1: "042150999999", 2: "Lê Văn Ba"}), None)
    assert (found.identity.name, found.home.residence) == ("TRAN THI HOA", "")


def test_a_card_whose_code_names_another_number_is_a_contradiction_and_not_another_person() -> None:
    found = both(read(), parse_qr(QR_TEXT.replace("042150000012", "001150000012")))
    assert found.identity.number == PersonalNumber(HOLDER.number)
    matters = [one.matter for one in find_contradictions(found.statements, fold=fold)]
    assert Matter.NUMBER in matters


def test_a_code_that_could_not_have_opened_this_chip_is_left_out() -> None:
    found = both(read(), parse_qr(QR_TEXT.replace("042150000012", "042150777777")))
    assert [one.source for one in found.statements] == [Source.CHIP]


def test_chip_and_code_of_one_card_agree() -> None:
    found = both(read(), replace(parse_qr(QR_TEXT), residence="Thôn Tân Hương, xã Thạch Khê, Hà Tĩnh"))
    assert [one.source for one in found.statements] == [Source.CHIP, Source.QR]
    assert find_contradictions(found.statements, fold=fold) == ()
