"""What an office does to a kiosk, scene by scene: keeps silent, takes, withholds, lies, refuses, at last receives."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from kiosk.conformance.acting import test_id
from kiosk.conformance.errors import CannotTest, Unmet
from kiosk.conformance.findings import Findings
from kiosk.conformance.standing import Collected, StandingOffice
from kiosk.sealing.keys import SigningKey
from kiosk.wire.asyncapi import describe
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import (
    MAX_CHUNK_BYTES,
    MAX_MESSAGE_BYTES,
    Birth,
    Have,
    Manifest,
    RemedyDay,
    State,
    decode_json,
)
from kiosk.wire.topics import Kind

WANTED: Final = 3
TURNS: Final = 5
TOLD_S: Final = 0.3
"""A kiosk that has released one package more has told so within so long."""
_JSON: Final = frozenset((Kind.BIRTH, Kind.STATE, Kind.ALERT, Kind.TELEMETRY))


def see_it_born(office: StandingOffice, findings: Findings) -> None:
    """What the kiosk says of itself when it is there."""
    kiosk = office.office.address.kiosk
    ready = office.until(lambda: True if _state(office) == "ready" else None)
    if ready is None:
        raise CannotTest(
            f"kiosk {kiosk} is not to be seen at this broker (its state: {_state(office) or 'never heard'}): start it, "
            "and see that it was given this broker's address"
        )
    birth = office.until(lambda: next((one[1] for one in office.since(0, Kind.BIRTH)), None))
    if birth is None:
        raise Unmet(("CK-BIRTH-01",), "a retained birth", "none")
    try:
        named = decode_json(Birth, birth.payload).kiosk
        findings.expect("CK-BIRTH-01", named == kiosk, f"a birth of {kiosk}", named)
    except BadMessage as error:
        findings.expect("CK-BIRTH-01", False, "a birth that can be read", error)
    sample = office.until(office.waiting)
    if sample is None:
        raise Unmet(("CK-TELE-01",), "telemetry of what waits in the outbox", f"none within {office.within_s:g} s")
    findings.expect("CK-TELE-01", True, "")
    if sample < WANTED:
        raise CannotTest(
            f"kiosk {kiosk} holds {sample} enrolments that no office has: finish {WANTED} there, with simulated devices"
        )


def _state(office: StandingOffice) -> str:
    for _, heard, _ in reversed(list(office.since(0, Kind.STATE))):
        try:
            return decode_json(State, heard.payload).st
        except BadMessage:
            return "not understood"
    return ""


def keep_silent(office: StandingOffice, findings: Findings) -> None:
    """No answer: nothing but offers comes, others get their turn, and the first comes again, cut as it was."""
    rules = ("CK-ENROL-05", "CK-ENROL-10")
    first = office.must_offer(0, rules, lambda _: True, "an offer of a package that waits")
    mark = office.mark()
    office.must_offer(mark, rules, lambda one: one.id != first.id, "an offer of another package meanwhile")
    again = office.must_offer(mark, rules, lambda one: one.id == first.id, "the first package offered again")
    findings.expect(rules, True, "")
    findings.expect("CK-ENROL-06", again == first, f"the same cut: {first.n} chunks", f"{again.n} chunks")
    sent = [message for _, _, message in office.since(0, Kind.ENROL) if not isinstance(message, Manifest)]
    findings.expect("CK-ENROL-07", not sent, "no chunk before the office has said what it holds", f"{len(sent)} chunks")


def take_packages(office: StandingOffice, findings: Findings) -> None:
    """Wrong lists first, then a right one with a field more; the package whole; the next ones."""
    mark = office.mark()
    manifest = office.must_offer(mark, ("CK-ENROL-10",), lambda _: True, "an offer")
    fields = Have(id=manifest.id, ranges=[]).model_dump()
    office.say(b"no CBOR at all")
    office.list_chunks(manifest.id, t="song")
    office.list_chunks(manifest.id, ranges="none")
    office.list_chunks(manifest.id, more=bytes(MAX_MESSAGE_BYTES))
    office.list_chunks(test_id())
    office.quiet()
    early = office.chunks(mark, manifest.id)
    findings.expect(("CK-MSG-02", "CK-MSG-05"), not early, "no chunk for what is no list of chunks", f"{len(early)}")
    office.list_chunks(manifest.id, **{**fields, "more": "of a newer office"})
    rules = ("CK-MSG-01", "CK-MSG-04")
    findings.expect(rules, _taken(office, manifest, mark, findings) is not None, "all chunks after a list", "some")
    while len(office.collected) < WANTED:
        _take_another(office, findings)


def _take_another(office: StandingOffice, findings: Findings) -> None:
    mark = office.mark()
    known = set(office.collected)
    rules = ("CK-ENROL-10",)
    # Those that were taken and got no receipt have their turns in between.
    office.within_s, within_s = office.within_s * TURNS, office.within_s
    try:
        what = "an offer of a package not taken yet"
        manifest = office.must_offer(mark, rules, lambda one: one.id not in known, what)
    finally:
        office.within_s = within_s
    office.list_chunks(manifest.id)
    if _taken(office, manifest, mark, findings) is None:
        raise Unmet(("CK-ENROL-08",), f"{manifest.n} chunks", f"{len(office.chunks(mark, manifest.id))}")


def _taken(office: StandingOffice, manifest: Manifest, mark: int, findings: Findings) -> Collected | None:
    """The package, once all its chunks are here; their order and size are looked at.

    A kiosk that got the list too late offers again, and is told again what is here, as every office does.
    """

    def offered() -> int:
        return sum(one.id == manifest.id for one in office.offers(mark))

    first = answered = offered()

    def whole() -> dict[int, bytes] | None:
        nonlocal answered
        held = {chunk.i: chunk.data for chunk in office.chunks(mark, manifest.id)}
        if len(held) >= manifest.n:
            return held
        if offered() > answered:
            answered = offered()
            here = next(i for i in range(manifest.n) if i not in held)
            office.list_chunks(manifest.id, *([(0, here - 1)] if here else []))
        return None

    held = office.until(whole)
    order = [chunk.i for chunk in office.chunks(mark, manifest.id)]
    if answered > first:
        # What was under way when it was asked for again may have come twice.
        order = list(dict.fromkeys(order))
    findings.expect("CK-ENROL-04", order == sorted(order), "chunks in ascending order", order)
    if held is None:
        return None
    largest = max(len(data) for data in held.values())
    findings.expect("CK-ENROL-01", largest <= MAX_CHUNK_BYTES, f"chunks of at most {MAX_CHUNK_BYTES} bytes", largest)
    package = b"".join(held[i] for i in sorted(held))
    promised = (manifest.n, manifest.size, manifest.sha256)
    came = (len(held), len(package), hashlib.sha256(package).digest())
    if not findings.expect("CK-ENROL-01", came == promised, "what the manifest promises", "other bytes"):
        return None
    return office.keep(manifest, package)


def withhold_receipts(office: StandingOffice, findings: Findings) -> None:
    """Whole and yet no receipt: offered again; what is said to be here is not sent; a second list means a new offer."""
    mark = office.mark()
    known = office.collected
    rules = ("CK-ENROL-05", "CK-ENROL-10")
    large = max(one.manifest.n for one in known.values())
    again = office.must_offer(mark, rules, lambda one: one.id in known and one.n == large, "a package offered again")
    same = again == known[again.id].manifest
    findings.expect("CK-ENROL-06", same, "the same cut as before", f"{again.n} chunks")
    mark = office.mark()
    last = again.n - 1
    if last:
        office.list_chunks(again.id, (0, last - 1))
        office.until(lambda: office.chunks(mark, again.id) or None)
    else:
        office.list_chunks(again.id, (0, 0))
    office.quiet()
    sent = [chunk.i for chunk in office.chunks(mark, again.id)]
    findings.expect("CK-ENROL-08", sent == ([last] if last else []), "only what is not here", sent)
    mark = office.mark()
    office.list_chunks(again.id)
    offered = office.until(lambda: next((one for one in office.offers(mark) if one.id == again.id), None))
    findings.expect("CK-ENROL-09", offered is not None, "a new offer after a second list", "none")


def look_at_the_chain(office: StandingOffice, findings: Findings) -> None:
    """Numbers, hashes and times in the headers of what was taken, and what telemetry says of them."""
    by_place = {one.header.seq: one for one in office.collected.values()}
    findings.expect("CK-SEQ-01", len(by_place) == len(office.collected), "each place once", sorted(by_place))
    for seq, one in sorted(by_place.items()):
        before = by_place.get(seq - 1)
        if before is not None:
            named = one.header.prev
            findings.expect("CK-SEQ-01", named == before.sha256, f"{seq} names the hash of {seq - 1}", named.hex()[:12])
        now, earliest = datetime.now(UTC), one.header.earliest
        if earliest is None:
            findings.unseeable("CK-TIME-01", "this kiosk had never heard of an office when it sealed")
        else:
            findings.expect("CK-TIME-01", earliest <= now, "not before a time that is past", earliest)
    sample = office.samples()[-1]
    findings.expect("CK-TELE-01", sample.seq_last >= max(by_place), "the last number given out", sample.seq_last)
    if sample.seq_last in by_place:
        head = by_place[sample.seq_last].sha256.hex()
        findings.expect("CK-TELE-01", sample.chain == head, "the hash of the last package", sample.chain)


def lie_and_refuse(office: StandingOffice, findings: Findings) -> None:
    """Forged and wrong receipts release nothing, good ones do, a refused package is kept until it is received."""
    first, second, third = sorted(office.collected.values(), key=lambda one: one.header.seq)[:WANTED]
    before = office.waiting() or 0
    office.receive(first, key=SigningKey.generate())
    office.receive(first, "settled", key=SigningKey.generate())
    office.receive(first, sha256=hashlib.sha256(b"other bytes").digest())
    office.receive(first, kiosk=f"{first.header.kiosk}-x"[:32])
    office.receive(first, id=test_id())
    office.receive(second)
    rules = ("CK-ACK-01", "CK-ACK-04", "CK-ACK-05")
    _must_wait(office, findings, before - 1, rules, "one released, by the only good receipt among six")
    mark = office.mark()
    office.receive(third, "rejected")
    alert = office.until(lambda: next(_alerts(office, mark), None))
    _must_wait(office, findings, before - 1, ("CK-ACK-02",), "a refused package still waiting on the kiosk")
    mark = office.mark()
    office.receive(third)
    _must_wait(office, findings, before - 2, ("CK-ACK-02", "CK-ACK-05"), "released once it is received after all")
    if alert is None:
        findings.unseeable("CK-ALERT-01", "this kiosk raised no alert for a refused package")
        return
    topic, retained = alert
    findings.expect("CK-ALERT-01", retained, "an alert that is retained", "not retained")
    over = office.until(lambda: True if _taken_back(office, mark, topic) else None)
    findings.expect("CK-ALERT-01", over is True, "taken back by an empty, retained message", "it stands")


def _alerts(office: StandingOffice, mark: int) -> Iterator[tuple[str, bool]]:
    return ((heard.topic, heard.retained) for _, heard, _ in office.since(mark, Kind.ALERT) if heard.payload)


def _taken_back(office: StandingOffice, mark: int, topic: str) -> bool:
    came = [heard for _, heard, _ in office.since(mark, Kind.ALERT) if heard.topic == topic]
    return bool(came) and not came[-1].payload and came[-1].retained


def _must_wait(office: StandingOffice, findings: Findings, n: int, rules: tuple[str, ...], what: str) -> None:
    """So many packages wait on the kiosk, and go on waiting."""
    office.until(lambda: True if office.waiting() == n else None)
    office.quiet(at_least_s=TOLD_S)
    findings.expect(rules, office.waiting() == n, f"{n} waiting: {what}", f"{office.waiting()} waiting")
    findings.expect("CK-TELE-01", office.waiting() == n, f"told that {n} wait", office.waiting())


def look_back(office: StandingOffice, findings: Findings) -> None:
    """Everything that the kiosk has said, against the table of channels."""
    operations = describe()["operations"]
    for topic, heard, _ in office.heard:
        findings.expect("CK-TOPIC-01", True, "")
        binding = operations[topic.kind]["bindings"]["mqtt"]
        how, wanted = (heard.qos, heard.retained), (binding["qos"], binding["retain"])
        said = f"QoS {how[0]}, retained {how[1]}"
        what = f"{topic.kind} at QoS {wanted[0]}, retained {wanted[1]}"
        findings.expect("CK-TOPIC-02", how == wanted, what, said)
        if topic.kind is Kind.ENROL:
            findings.expect("CK-ENROL-01", how == wanted and heard.expiry_s is None, f"{what}, without expiry", said)
        if topic.kind is Kind.TELEMETRY and topic.tail != "remedies":
            soon = heard.expiry_s is not None and heard.expiry_s <= 600
            findings.expect("CK-EXPIRY-01", soon, "telemetry that expires within 600 s", f"{heard.expiry_s}")
        elif topic.kind is not Kind.RESPONSE:
            findings.expect("CK-EXPIRY-01", heard.expiry_s is None, f"{topic.kind} without expiry", heard.expiry_s)
        if topic.kind is Kind.TELEMETRY and topic.tail == "remedies":
            _names_nobody(findings, heard.payload)
        if topic.kind in _JSON and heard.payload:
            findings.expect("CK-MSG-03", _version(heard.payload) == 1, "v 1", _version(heard.payload))


def _version(payload: bytes) -> object:
    try:
        found = json.loads(payload)
    except ValueError:
        return "no JSON"
    return found.get("v") if isinstance(found, dict) else "no object"


def _names_nobody(findings: Findings, payload: bytes) -> None:
    try:
        known = set(RemedyDay.model_fields)
        told = set(json.loads(payload))
        decode_json(RemedyDay, payload)
        findings.expect("CK-REMEDY-01", told <= known, "days and sums alone", told - known)
    except (BadMessage, ValueError) as error:
        findings.expect("CK-REMEDY-01", False, "days and sums that can be read", error)


def first_of(office: StandingOffice) -> Collected:
    """The package that was never received."""
    return min(office.collected.values(), key=lambda one: one.header.seq)
