"""What a test kiosk does to an office, scene by scene: packages whole and in pieces, spoilt, strange, in any order."""

from __future__ import annotations

import hashlib
from typing import Final

from kiosk.conformance.acting import ActingKiosk, test_id
from kiosk.conformance.errors import CannotTest, Unmet
from kiosk.conformance.findings import Findings
from kiosk.conformance.peer import Heard
from kiosk.sealing.beats import verify_beat
from kiosk.sealing.errors import SealingError
from kiosk.sealing.learnt import verify_learnt
from kiosk.sealing.package import package_hash
from kiosk.sealing.receipts import Receipt
from kiosk.wire.cbor import encode_plain
from kiosk.wire.chunking import PACKAGES_AT_ONCE, chunks_of, manifest_of
from kiosk.wire.messages import MAX_CHUNK_BYTES, MAX_MESSAGE_BYTES, Chunk, Manifest

ANSWERED: Final = ("CK-ENROL-11",)
TAKEN_IN_S: Final = 0.2
"""An office that does not look at the hash has taken a package in within so long."""
TWO_CHUNKS: Final = 70_000
THREE_CHUNKS: Final = 140_000
TWO: Final = 2


def hear_the_office(kiosk: ActingKiosk, findings: Findings) -> None:
    """What the broker keeps of the office's for every kiosk."""
    beat, learnt = kiosk.kiosk.address.beat, kiosk.kiosk.address.learnt
    kiosk.peer.until(lambda: any(one.topic == beat for one in kiosk.peer.heard), within_s=kiosk.within_s)
    beats = [one for one in kiosk.peer.heard if one.topic == beat]
    if not beats:
        raise Unmet(("CK-BEAT-01",), f"a retained message on {beat}", "nothing")
    for one in beats:
        try:
            verify_beat(one.payload, kiosk.kiosk.office.receipt)
            said = ""
        except SealingError as error:
            said = str(error)
        findings.expect("CK-BEAT-01", not said, "a beat signed by the office's receipt key", said)
        _kept(findings, one)
    words = [one for one in kiosk.peer.heard if one.topic == learnt]
    for one in words:
        try:
            verify_learnt(one.payload, kiosk.kiosk.office.receipt)
            said = ""
        except SealingError as error:
            said = str(error)
        findings.expect("CK-LEARNT-01", not said, "what was learnt, signed by the office's receipt key", said)
        _kept(findings, one)
    if not words:
        findings.unseeable("CK-LEARNT-01", "this office has learnt nothing yet")


def _kept(findings: Findings, one: Heard) -> None:
    findings.expect("CK-TOPIC-02", one.retained and one.qos == 1, "retained and at QoS 1", _how(one))
    findings.expect("CK-EXPIRY-01", one.expiry_s is None, "no expiry", f"{one.expiry_s} s")


def _how(one: Heard) -> str:
    return f"{one.topic} at QoS {one.qos}, {'' if one.retained else 'not '}retained"


def send_whole(kiosk: ActingKiosk, findings: Findings) -> None:
    """One small package: offered, answered, sent, received; offered again, answered by the very same receipt."""
    header = kiosk.header()
    package = kiosk.package(header)
    since = kiosk.mark()
    kiosk.offer(header.id, package)
    have = _first_answer(kiosk, header.id, package, since)
    findings.expect(ANSWERED, have == [], "an empty list for a package that is new", have)
    since = kiosk.mark()
    kiosk.send_chunks(header.id, package)
    receipt, signed = kiosk.must_receipt(package_hash(package), since, ("CK-ACK-07",), "a whole, good package")
    _named(findings, receipt, kiosk, header.id, header.seq)
    if receipt.code == "simulated_driver":
        raise CannotTest(
            "this office refuses packages of simulated devices: it is an office in the field. A test is made against a "
            "demo's office alone; nothing was taken in"
        )
    good = receipt.status in {"received", "settled"} and receipt.number > 0
    findings.expect("CK-ACK-07", good, "received, with a number", f"{receipt.status} {receipt.code} {receipt.number}")
    if not good:
        raise Unmet((), "a good package taken in", receipt.code)
    # At once: an office that had answered before its commit would know nothing of it now.
    for _ in range(2):
        since = kiosk.mark()
        kiosk.offer(header.id, package)
        again = kiosk.receipt(package_hash(package), since)
        same = again is not None and again[0].number == receipt.number
        findings.expect(("CK-ACK-06", "CK-ACK-08"), same, "the receipt that stands", kiosk.told(since))
        findings.expect("CK-ACK-08", again is None or again[1] == signed, "the same bytes", "another receipt")
    kiosk.used(package, header.seq)
    for one in kiosk.acks(0):
        findings.expect("CK-TOPIC-02", one.qos == 1 and not one.retained, "QoS 1 and not retained", _how(one))
        findings.expect("CK-EXPIRY-01", one.expiry_s is None, "no expiry of an answer", f"{one.expiry_s} s")


def _first_answer(kiosk: ActingKiosk, package_id: str, package: bytes, since: int) -> list[tuple[int, int]]:
    """What the office says to the first offer of all. Raises CannotTest when this kiosk has a past."""
    sha256 = package_hash(package)
    kiosk.peer.until(
        lambda: bool(kiosk.acks(since)),
        within_s=kiosk.within_s,
    )
    if any(receipt.sha256 == sha256 for receipt, _ in kiosk.receipts(since)):
        raise Unmet(ANSWERED, "a list of chunks for a package that is new", kiosk.told(since))
    return kiosk.must_have(package_id, since, ANSWERED, "an offer").ranges


def refuse_a_past(kiosk: ActingKiosk, findings: Findings) -> None:
    """Stop when the office already has packages of this test kiosk that no test has made. Raises CannotTest."""
    if kiosk.seq:
        return
    header = kiosk.header()
    package = kiosk.package(header)
    since = kiosk.mark()
    kiosk.offer(header.id, package)
    kiosk.must_have(header.id, since, ANSWERED, "an offer")
    since = kiosk.mark()
    kiosk.send_chunks(header.id, package)
    receipt, _ = kiosk.must_receipt(package_hash(package), since, ("CK-ACK-07",), "a whole, good package")
    if receipt.code == "sequence_reused":
        raise CannotTest(
            f"this office has enrolments of {header.kiosk} that no test from here has made, and nothing more is sent "
            "in its name: use a test kiosk without a past (kiosk conformance --needs)"
        )
    if receipt.code == "simulated_driver":
        raise CannotTest("this is an office in the field, and refuses what a test sends: use a demo's office")
    if receipt.status != "rejected":
        kiosk.used(package, header.seq)
    findings.expect("CK-ACK-07", receipt.status != "rejected", "a good package taken in", receipt.code)


def _named(findings: Findings, receipt: Receipt, kiosk: ActingKiosk, package_id: str, seq: int) -> None:
    named = (receipt.kiosk, receipt.id, receipt.seq)
    wanted = (kiosk.kiosk.address.kiosk, package_id, seq)
    findings.expect("CK-ACK-07", named == wanted, f"a receipt that names {wanted}", named)


def send_in_pieces(kiosk: ActingKiosk, findings: Findings) -> None:
    """Three chunks, backwards and repeated; the list in between says what is there; nothing is received before all."""
    header = kiosk.header()
    package = kiosk.package(header, size=THREE_CHUNKS)
    start = since = kiosk.mark()
    kiosk.offer(header.id, package)
    kiosk.must_have(header.id, since, ANSWERED, "an offer")
    kiosk.send_chunks(header.id, package, 2, 0, 0, 2)
    since = kiosk.mark()
    kiosk.offer(header.id, package)
    have = kiosk.must_have(header.id, since, ANSWERED, "a second offer of what is half there")
    listed = {i for first, last in have.ranges for i in range(first, min(last, 9) + 1)}
    findings.expect(ANSWERED, listed <= {0, 2}, "a list of no chunk that was not sent", have.ranges)
    early = [receipt for receipt, _ in kiosk.receipts(start) if receipt.sha256 == package_hash(package)]
    findings.expect("CK-ACK-06", not early, "no receipt before the package is whole", [one.status for one in early])
    since = kiosk.mark()
    kiosk.send_chunks(header.id, package, *sorted({0, 1, 2} - listed, reverse=True))
    receipt, _ = kiosk.must_receipt(package_hash(package), since, ("CK-ENROL-02",), "chunks sent backwards and twice")
    if findings.expect("CK-ENROL-02", receipt.status == "received", "received", f"{receipt.status} {receipt.code}"):
        kiosk.used(package, header.seq)


def send_side_by_side(kiosk: ActingKiosk, findings: Findings) -> None:
    """As many packages at once as a kiosk may have under way, their chunks in turn: each is received."""
    since = kiosk.mark()
    made: list[tuple[str, int, bytes]] = []
    seq, head = kiosk.seq, kiosk.head
    for n in range(PACKAGES_AT_ONCE):
        # The first two are of two chunks each, so that half packages stand beside each other.
        header = kiosk.header(seq=seq + 1, prev=head if seq else bytes(32))
        package = kiosk.package(header, size=TWO_CHUNKS if n < TWO else 400)
        made.append((header.id, header.seq, package))
        seq, head = header.seq, package_hash(package)
        kiosk.offer(header.id, package)
    rules = ("CK-ENROL-16",)
    for package_id, _, _ in made:
        kiosk.must_have(package_id, since, rules, "each of many offers at once")
    for index in range(TWO):
        for package_id, _, package in made:
            if index * MAX_CHUNK_BYTES < len(package):
                kiosk.send_chunks(package_id, package, index)
    for _, number, package in made:
        receipt, _ = kiosk.must_receipt(package_hash(package), since, rules, "each of many packages sent side by side")
        if findings.expect(rules, receipt.status == "received", "received", f"{receipt.status} {receipt.code}"):
            kiosk.used(package, number)


def send_spoilt(kiosk: ActingKiosk, findings: Findings) -> None:
    """Chunks that are not what was offered, or contradict it: none is received, and the right ones are still taken."""
    header = kiosk.header()
    package = kiosk.package(header, size=TWO_CHUNKS)
    sha256 = package_hash(package)
    first, second = chunks_of(header.id, package)
    start = kiosk.mark()
    kiosk.offer(header.id, package)
    kiosk.must_have(header.id, start, ANSWERED, "an offer")
    kiosk.send(first)
    # One bit, within the sealed body: all else of the package can be read.
    kiosk.send(Chunk(id=header.id, i=1, data=bytes([second.data[0] ^ 1]) + second.data[1:]))
    kiosk.quiet(at_least_s=TAKEN_IN_S)
    judged = [receipt.status for receipt, _ in kiosk.receipts(start) if receipt.id == header.id]
    findings.expect("CK-ENROL-03", not judged, "no receipt at all for bytes of another hash", judged)
    since = kiosk.mark()
    _begin_anew(kiosk, package)
    kiosk.offer(header.id, package)
    kiosk.must_have(header.id, since, ANSWERED, "an offer after spoilt chunks")
    since = kiosk.mark()
    kiosk.send(first)
    # Beyond the manifest, of another package, and the same chunk with other bytes.
    kiosk.send(Chunk(id=header.id, i=2, data=b"too much"))
    kiosk.send(Chunk(id=test_id(), i=1, data=second.data))
    kiosk.send(Chunk(id=header.id, i=0, data=bytes(len(first.data))))
    kiosk.send(second)
    rules = ("CK-ENROL-03", "CK-MSG-04")
    receipt, _ = kiosk.must_receipt(sha256, since, rules, "a package whose right chunks came among wrong ones")
    if findings.expect(rules, receipt.status == "received", "received", f"{receipt.status} {receipt.code}"):
        kiosk.used(package, header.seq)


def _begin_anew(kiosk: ActingKiosk, package: bytes) -> None:
    """Another cut makes another offer: whatever the office holds of the old one is of no use."""
    other = manifest_of(test_id(), package[: len(package) // 2])
    since = kiosk.mark()
    kiosk.send(other)
    kiosk.have(other.id, since)


def send_strange(kiosk: ActingKiosk, findings: Findings) -> None:
    """What is unknown is ignored or refused, whole, and the next message is heard all the same."""
    address = kiosk.kiosk.address
    package = kiosk.package(kiosk.header())
    manifest = manifest_of(test_id(), package)
    fields = manifest.model_dump()
    since = kiosk.mark()
    for payload in (
        b"",
        b"\xff\x00 no CBOR",
        encode_plain({**fields, "t": "song"}),
        encode_plain({name: value for name, value in fields.items() if name != "sha256"}),
        encode_plain({**fields, "sha256": bytes(31)}),
        encode_plain({**fields, "n": 0}),
        encode_plain({**fields, "size": str(manifest.size)}),
    ):
        kiosk.peer.say(address.enrol, payload)
    kiosk.peer.say(address.enrol, encode_plain({**fields, "id": manifest.id, "more": bytes(MAX_MESSAGE_BYTES)}))
    kiosk.peer.say(address.telemetry("conformance"), b"no JSON", expiry_s=60)
    kiosk.peer.say(address.alert("conformance"), b'{"v":9}')
    mark = _heard_all(kiosk, findings)
    answered = [one for one in kiosk.acks(since)[: mark - since] if manifest.id.encode() in one.payload]
    findings.expect(("CK-MSG-02", "CK-MSG-05"), not answered, "no answer to what is no offer", kiosk.told(since))
    since = kiosk.mark()
    kiosk.peer.say(address.enrol, encode_plain({**fields, "more": "of a newer kiosk"}))
    found = kiosk.have(manifest.id, since)
    findings.expect("CK-MSG-01", found is not None, "an answer to an offer with a field more", kiosk.told(since))
    unknown = test_id()
    since = kiosk.mark()
    for _ in range(3):
        kiosk.send(Chunk(id=unknown, i=0, data=b"of an offer that nobody made"))
    have = kiosk.have(unknown, since)
    _heard_all(kiosk, findings)
    empty = [one for one in kiosk.acks(since) if unknown.encode() in one.payload]
    findings.expect(
        "CK-ENROL-12", have is not None and have.ranges == [], "an empty list for an offer unknown", kiosk.told(since)
    )
    findings.expect("CK-ENROL-12", len(empty) <= 1, "one list for three chunks of it", f"{len(empty)} lists")


def _heard_all(kiosk: ActingKiosk, findings: Findings) -> int:
    """Something good after it all; gives where its answer stands."""
    other = Manifest(id=test_id(), n=1, size=1, sha256=hashlib.sha256(b"x").digest())
    since = kiosk.mark()
    kiosk.send(other)
    found = kiosk.have(other.id, since)
    rules = ("CK-MSG-04", "CK-TOPIC-03")
    findings.expect(rules, found is not None, "a good offer after bad messages is answered", kiosk.told(since))
    kiosk.quiet()
    return kiosk.mark()


def send_out_of_order(kiosk: ActingKiosk, findings: Findings) -> None:
    """The package after the next first, then the next; then one that names another hash before it."""
    first = kiosk.header()
    package = kiosk.package(first)
    second = kiosk.header(seq=first.seq + 1, prev=package_hash(package))
    following = kiosk.package(second)
    for header, data, rule in ((second, following, "CK-SEQ-02"), (first, package, "CK-SEQ-02")):
        taken = _sent(kiosk, header.id, data, (rule,))
        findings.expect(rule, taken.status == "received", "received in any order", f"{taken.status} {taken.code}")
    kiosk.used(following, second.seq)
    third = kiosk.header(prev=hashlib.sha256(b"another one before it").digest())
    odd = kiosk.package(third)
    taken = _sent(kiosk, third.id, odd, ("CK-SEQ-03",))
    if findings.expect("CK-SEQ-03", taken.status == "received", "received", f"{taken.status} {taken.code}"):
        kiosk.used(odd, third.seq)


def _sent(kiosk: ActingKiosk, package_id: str, package: bytes, rules: tuple[str, ...]) -> Receipt:
    since = kiosk.mark()
    kiosk.offer(package_id, package)
    kiosk.must_have(package_id, since, ANSWERED, "an offer")
    since = kiosk.mark()
    kiosk.send_chunks(package_id, package)
    return kiosk.must_receipt(package_hash(package), since, rules, "a package")[0]
