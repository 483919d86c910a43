"""The table of a reading: four answers, each yes, no or not checkable, and none of them stands for another."""

from datetime import UTC, date, datetime, timedelta

import pytest

from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_chip import ChipSecrets, SoftChip
from drivers.card.soft_curves import CURVES
from drivers.card.soft_directory import CARD_SECURITY, SOD
from drivers.card.soft_files import Holder
from drivers.card.soft_id_card import CardMake, make_id_card
from drivers.card.soft_pace import MRZ, PaceMapping, PaceOffer, SoftPace
from drivers.card.soft_passport import holder_files
from drivers.card.soft_proofs import ChipKey
from drivers.card.soft_secure_messaging import Suite
from drivers.card.soft_security_infos import dg14_file, info_set
from kiosk.chip.certificates import read_certificate
from kiosk.chip.findings import Findings, judge
from kiosk.chip.keys import MrzKey
from kiosk.chip.reading import EVERYTHING, read_chip
from kiosk.chip.trust import TrustStore, make_store
from kiosk.chip.verdict import Verdict

HOLDER = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", None)
KEY = MrzKey("150000012", "500701", "991231")
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2 + b"\xff\xd9"
NOW = datetime.now(UTC)
AUTHORITY = DemoAuthority(now=NOW - timedelta(days=10))
YES, NO, NOT_CHECKABLE = Verdict.YES, Verdict.NO, Verdict.NOT_CHECKABLE


def store(authority: DemoAuthority = AUTHORITY) -> TrustStore:
    return make_store([read_certificate(authority.root_der)])


def found(
    make: CardMake | None = None, *, trusted: TrustStore | None = None, by: DemoAuthority = AUTHORITY
) -> Findings:
    card = make_id_card(HOLDER, JPEG, width_px=1, height_px=1, authority=by, make=make)
    return judge(read_chip(card.process, [KEY], wanted=EVERYTHING), store() if trusted is None else trusted, at=NOW)


def verdicts(findings: Findings) -> list[Verdict]:
    return [check.verdict for _, check in findings.rows()]


@pytest.mark.parametrize("make", [CardMake(), CardMake(rsa=True), CardMake(pace=(), chip_suite=None)])
def test_a_good_card_of_a_known_country_has_four_times_yes(make: CardMake) -> None:
    findings = found(make)
    assert verdicts(findings) == [YES] * 4
    assert "DEMO document signer" in findings.signer
    assert set(findings.groups) >= {"DG1", "DG2", "DG13", "DG15"}


def test_an_unknown_authority_is_no_forgery() -> None:
    findings = found(trusted=TrustStore())
    assert verdicts(findings) == [YES, YES, NOT_CHECKABLE, YES]
    assert "no trust anchor" in findings.trusted.reason


def test_a_copied_card_is_unmodified_signed_trusted_and_not_genuine() -> None:
    findings = found(CardMake(cloned=True))
    assert verdicts(findings) == [YES, YES, YES, NO]
    assert "copy" in findings.genuine.reason


def test_a_card_that_cannot_prove_itself_is_not_called_a_copy() -> None:
    findings = found(CardMake(chip_suite=None, active_digest=None))
    assert verdicts(findings) == [YES, YES, YES, NOT_CHECKABLE]
    assert "DG15" in findings.genuine.reason


def test_an_altered_portrait_leaves_the_other_answers() -> None:
    findings = found(CardMake(altered=2))
    assert verdicts(findings) == [NO, YES, YES, YES]
    assert "DG2" in findings.unmodified.reason


def test_an_expired_signer_is_named_with_its_end() -> None:
    by = DemoAuthority(now=NOW - timedelta(days=100), signer_lives=timedelta(days=1))
    findings = found(by=by, trusted=store(by))
    assert verdicts(findings) == [YES, YES, NO, YES]
    assert "ended on" in findings.trusted.reason


def test_a_signer_that_has_not_begun_by_a_wrong_clock_is_told_apart() -> None:
    by = DemoAuthority(now=NOW + timedelta(days=100))
    findings = found(by=by, trusted=store(by))
    assert verdicts(findings) == [YES, YES, NO, YES]
    assert findings.trusted.cause == "not_yet"


def test_a_key_of_somebody_else_in_the_key_file_proves_nothing() -> None:
    """The files are those of another card but for DG15: the chip proves a key that nobody has signed."""
    make = CardMake(chip_suite=None)
    signed, forged = (make_id_card(HOLDER, JPEG, width_px=1, height_px=1, authority=AUTHORITY, make=make) for _ in "ab")
    forged.files[SOD] = signed.files[SOD]
    findings = judge(read_chip(forged.process, [KEY], wanted=EVERYTHING), store(), at=NOW)
    assert findings.genuine.verdict is NO
    assert "DG15 differs" in findings.genuine.reason


def test_a_card_without_a_security_object_proves_a_key_that_nobody_has_signed() -> None:
    card = make_id_card(HOLDER, JPEG, width_px=1, height_px=1, authority=AUTHORITY)
    del card.files[SOD]
    findings = judge(read_chip(card.process, [KEY], wanted=EVERYTHING), store(), at=NOW)
    assert verdicts(findings) == [NOT_CHECKABLE] * 4
    assert "nobody" in findings.genuine.reason


ENDED = DemoAuthority(now=NOW - timedelta(days=100), signer_lives=timedelta(days=1))


@pytest.mark.parametrize(
    ("by", "trusted", "verdict"),
    [(AUTHORITY, store(), YES), (AUTHORITY, TrustStore(), NOT_CHECKABLE), (ENDED, store(ENDED), YES)],
    ids=["known", "unknown", "out of its time"],
)
def test_a_key_in_card_security_is_worth_what_its_own_signature_is(
    by: DemoAuthority, trusted: TrustStore, verdict: Verdict
) -> None:
    offer, key = PaceOffer(PaceMapping.CHIP_AUTHENTICATION, Suite.AES_128, 13), ChipKey.made(CURVES[13], Suite.AES_128)
    files = holder_files(HOLDER, JPEG, width_px=1, height_px=1) | {0x010E: dg14_file([])}
    files[SOD] = by.sign({file & 0xFF: files[file] for file in (0x0101, 0x0102, 0x010E)})
    pace = SoftPace([offer], {MRZ: HOLDER.key_text.encode()}, chip_key=key.private)
    secured = {CARD_SECURITY: by.sign_infos(info_set(key.infos()))}
    card = SoftChip(files, ChipSecrets(None, pace, key), master_files=secured)
    read = read_chip(card.process, [KEY], wanted=EVERYTHING)
    assert read.chip_authentication.key_file == "EF.CardSecurity"
    assert judge(read, trusted, at=NOW).genuine.verdict is verdict
