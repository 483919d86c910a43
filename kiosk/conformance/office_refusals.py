"""What an office must not take in, one wrong thing at a time, and what it must not let be changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from kiosk.conformance.acting import ActingKiosk, test_id
from kiosk.conformance.errors import CannotTest, Unmet
from kiosk.conformance.findings import Findings
from kiosk.conformance.office_scenes import ANSWERED
from kiosk.sealing import cbor, cose
from kiosk.sealing.keys import Recipients, SigningKey
from kiosk.sealing.package import CONTENT_TYPE, package_hash
from kiosk.sealing.suites import OpeningKey
from kiosk.wire.rules import REFUSALS

ODD_KIOSK: Final = "conform-elsewhere"
KILLS: Final = 3
RULES_OF: Final = {
    "id_reused": ("CK-ACK-10",),
    "sequence_reused": ("CK-ACK-10",),
    "unknown_suite": ("CK-KEYS-03", "CK-ACK-09"),
}


def refuse_what_is_wrong(kiosk: ActingKiosk, findings: Findings) -> None:
    """Each of the reasons that a test can bring about from outside; the code says which."""
    for code, made in WRONG.items():
        package_id, package = made(kiosk)
        _refused(kiosk, findings, package_id, package, code)
    # Cut off in the middle of its header: nobody can say which place it claims, so there may be no answer at all.
    header = kiosk.header()
    package = kiosk.package(header)[:100]
    since = _brought(kiosk, header.id, package)
    kiosk.quiet()
    taken = [receipt.status for receipt, _ in kiosk.receipts(since) if receipt.status != "rejected"]
    findings.expect("CK-ACK-09", not taken, "bytes that are no package are not taken in", taken)


def _signed_by_another(kiosk: ActingKiosk) -> tuple[str, bytes]:
    header = kiosk.header()
    return header.id, kiosk.package(header, signer=SigningKey.generate())


def _changed(kiosk: ActingKiosk) -> tuple[str, bytes]:
    header = kiosk.header()
    package = bytearray(kiosk.package(header))
    package[-1] ^= 1
    return header.id, bytes(package)


def _for_another_kiosk(kiosk: ActingKiosk) -> tuple[str, bytes]:
    header = kiosk.header(kiosk=ODD_KIOSK)
    return header.id, kiosk.package(header)


def _under_another_id(kiosk: ActingKiosk) -> tuple[str, bytes]:
    return test_id(), kiosk.package(kiosk.header())


def _of_another_schema(kiosk: ActingKiosk) -> tuple[str, bytes]:
    header = kiosk.header(schema="enrolment/99")
    return header.id, kiosk.package(header)


def _of_another_suite(kiosk: ActingKiosk) -> tuple[str, bytes]:
    header = kiosk.header()
    parts = cbor.decode(cose.take_apart(kiosk.package(header), CONTENT_TYPE).payload)
    # Sealed as it must be: only the suite's name in the signed header is one that nobody knows.
    parts[1] = replace(header, suite="conformance/unknown").to_cbor()
    return header.id, cose.sign(cbor.encode(parts), CONTENT_TYPE, key=kiosk.kiosk.record_key)


def _for_another_office(kiosk: ActingKiosk) -> tuple[str, bytes]:
    suite = kiosk.kiosk.office.recipients.suite
    others = Recipients(OpeningKey.generate(suite).public, OpeningKey.generate(suite).public)
    header = kiosk.header(summary_kid=others.summary.kid, body_kid=others.body.kid, escrow_kid="")
    return header.id, kiosk.package(header, recipients=others)


def _without_a_summary(kiosk: ActingKiosk) -> tuple[str, bytes]:
    header = kiosk.header()
    return header.id, kiosk.package(header, summary=b"no summary")


WRONG: Final[dict[str, Callable[[ActingKiosk], tuple[str, bytes]]]] = {
    "wrong_key": _signed_by_another,
    "bad_signature": _changed,
    "wrong_kiosk": _for_another_kiosk,
    "wrong_id": _under_another_id,
    "unknown_schema": _of_another_schema,
    "unknown_suite": _of_another_suite,
    "cannot_open": _for_another_office,
    "bad_summary": _without_a_summary,
}


def _brought(kiosk: ActingKiosk, package_id: str, package: bytes) -> int:
    """Offer and send; gives from where on answers count. An office may refuse what it sees at the offer already."""
    since = kiosk.mark()
    kiosk.offer(package_id, package)
    kiosk.peer.until(lambda: bool(kiosk.acks(since)), within_s=kiosk.within_s)
    if not kiosk.acks(since):
        raise Unmet(ANSWERED, "an answer to an offer", kiosk.told(since))
    kiosk.send_chunks(package_id, package)
    return since


def _refused(kiosk: ActingKiosk, findings: Findings, package_id: str, package: bytes, code: str) -> None:
    since = _brought(kiosk, package_id, package)
    found = kiosk.receipt(package_hash(package), since)
    said = kiosk.told(since) if found is None else f"{found[0].status} {found[0].code}"
    rules = RULES_OF.get(code, ("CK-ACK-09",))
    wanted = f"rejected {code}: {REFUSALS[code]}"
    findings.expect(rules, found is not None and (found[0].status, found[0].code) == ("rejected", code), wanted, said)
    if found is not None and found[0].status != "rejected":
        # An office that takes in what it must not would take in every number after this one as well.
        kiosk.used(package, found[0].seq)


def change_nothing(kiosk: ActingKiosk, findings: Findings) -> None:
    """Another package under the id, and on the place, of one that was taken; the first one's receipt stands."""
    header = kiosk.header()
    package = kiosk.package(header)
    since = _brought(kiosk, header.id, package)
    receipt, signed = kiosk.must_receipt(package_hash(package), since, ("CK-ACK-07",), "a good package")
    if receipt.status != "received":
        raise Unmet(("CK-ACK-07",), "received", f"{receipt.status} {receipt.code}")
    kiosk.used(package, header.seq)
    taken = replace(header, wall=header.wall.replace(microsecond=(header.wall.microsecond + 1) % 1_000_000))
    _refused(kiosk, findings, header.id, kiosk.package(taken, size=500), "id_reused")
    place = replace(header, id=test_id())
    _refused(kiosk, findings, place.id, kiosk.package(place), "sequence_reused")
    since = kiosk.mark()
    kiosk.offer(header.id, package)
    again = kiosk.receipt(package_hash(package), since)
    same = again is not None and again[1] == signed
    findings.expect(("CK-ACK-10", "CK-ACK-08"), same, "the first one's receipt stands", kiosk.told(since))


def stay_unknown(stranger: ActingKiosk, findings: Findings) -> None:
    """A kiosk that the broker greets and the office does not know. Raises CannotTest when it knows it."""
    header = stranger.header(seq=1, prev=bytes(32))
    package = stranger.package(header)
    since = _brought(stranger, header.id, package)
    found = stranger.receipt(package_hash(package), since)
    if found is not None and found[0].status != "rejected":
        raise CannotTest(f"{header.kiosk} was to be a stranger, and this office knows it: leave out --stranger")
    said = stranger.told(since) if found is None else found[0].code
    findings.expect("CK-ACK-09", found is not None and found[0].code == "unknown_kiosk", "rejected unknown_kiosk", said)


def keep_what_was_answered(kiosk: ActingKiosk, findings: Findings, crash: Callable[[], None]) -> None:
    """The office is killed the moment its receipt is here; started again, it must know what it has signed."""
    for _ in range(KILLS):
        header = kiosk.header()
        package = kiosk.package(header)
        since = _brought(kiosk, header.id, package)
        receipt, _ = kiosk.must_receipt(package_hash(package), since, ("CK-ACK-07",), "a good package")
        crash()
        kiosk.used(package, header.seq)
        since = kiosk.mark()
        kiosk.offer(header.id, package)
        again = kiosk.receipt(package_hash(package), since)
        stands = again is not None and again[0].number == receipt.number
        findings.expect("CK-ACK-06", stands, "after a kill the receipt that was given stands", kiosk.told(since))


def answer_each_its_own(kiosk: ActingKiosk, other: ActingKiosk, findings: Findings) -> None:
    """Two kiosks at once, chunk by chunk: each gets the receipt for its own package, and hears nothing of the other."""
    pairs = [(one, header, one.package(header)) for one in (kiosk, other) for header in (one.header(),)]
    marks = [one.mark() for one, _, _ in pairs]
    for one, header, package in pairs:
        one.offer(header.id, package)
    for (one, header, package), since in zip(pairs, marks, strict=True):
        one.must_have(header.id, since, ANSWERED, "an offer of one of two kiosks")
        one.send_chunks(header.id, package)
    for (one, header, package), since in zip(pairs, marks, strict=True):
        receipt, _ = one.must_receipt(package_hash(package), since, ("CK-ACK-11",), "each of two kiosks' packages")
        if findings.expect("CK-ACK-11", receipt.status == "received", "received", f"{receipt.status} {receipt.code}"):
            one.used(package, header.seq)
    for one, _, _ in pairs:
        strange = {receipt.kiosk for receipt, _ in one.receipts(0)} - {one.kiosk.address.kiosk}
        findings.expect("CK-ACK-11", not strange, "receipts of this kiosk alone", strange)
