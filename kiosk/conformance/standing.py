"""An office in a real one's place before one kiosk: hears it all, and answers only what a scene tells it to.

Refuses to go on beside another office, and before packages that were not made with simulated devices: it keeps nothing,
and must never let a kiosk believe that somebody has people's enrolments.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from kiosk.conformance.errors import CannotTest, Unmet
from kiosk.conformance.findings import Findings
from kiosk.conformance.identities import TestOffice
from kiosk.conformance.peer import Heard, Peer
from kiosk.sealing.errors import SealingError
from kiosk.sealing.header import PackageHeader
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.package import package_hash, verify
from kiosk.sealing.receipts import Receipt, Status, sign_receipt
from kiosk.wire.asyncapi import describe
from kiosk.wire.cbor import encode_plain
from kiosk.wire.errors import BadTopic, WireError
from kiosk.wire.messages import (
    Chunk,
    Have,
    Manifest,
    ReceiptMessage,
    Telemetry,
    decode_enrol,
    decode_json,
    encode_cbor,
)
from kiosk.wire.topics import Kind, Topic

T = TypeVar("T")
OF_THE_OFFICE: Final = frozenset(kind for kind, one in describe()["operations"].items() if one["action"] == "receive")


@dataclass(frozen=True, slots=True)
class Collected:
    """A package that has come whole: its signature is the kiosk's, its header read."""

    manifest: Manifest
    package: bytes
    header: PackageHeader

    @property
    def sha256(self) -> bytes:
        """What receipts name it by."""
        return package_hash(self.package)


@dataclass
class StandingOffice:
    """The office's side of the link, connected."""

    office: TestOffice
    peer: Peer
    findings: Findings
    within_s: float
    quiet_s: float
    heard: list[tuple[Topic, Heard, object]] = field(default_factory=list[tuple[Topic, Heard, object]])
    collected: dict[str, Collected] = field(default_factory=dict[str, Collected])
    _read: int = 0
    _receipts: int = 0

    def until(self, find: Callable[[], T | None], *, within_s: float | None = None) -> T | None:
        """Listen until `find` finds something, or the time is up."""
        ends_s = time.monotonic() + (self.within_s if within_s is None else within_s)
        while True:
            self._digest()
            found = find()
            if found is not None or time.monotonic() > ends_s:
                return found
            if self.peer.ended is not None:
                why = self.peer.ended
                raise CannotTest(
                    f"the broker ended the connection of the office's client: {why}. Does the office itself run, and "
                    "take its place? Stop it while a kiosk is tested"
                )
            self.peer.turn()

    def quiet(self, *, at_least_s: float = 0.0) -> None:
        """Give what must not come the time to come."""
        self.until(lambda: None, within_s=max(self.quiet_s, at_least_s))

    def mark(self) -> int:
        """Where in what was heard something new begins."""
        return len(self.heard)

    def since(self, mark: int, kind: Kind) -> Iterator[tuple[Topic, Heard, object]]:
        """What came on topics of this kind since."""
        return (one for one in self.heard[mark:] if one[0].kind is kind)

    def offers(self, mark: int) -> list[Manifest]:
        """What the kiosk has offered since."""
        return [message for _, _, message in self.since(mark, Kind.ENROL) if isinstance(message, Manifest)]

    def chunks(self, mark: int, package_id: str) -> list[Chunk]:
        """The chunks of a package that came since, in the order in which they came."""
        messages = (message for _, _, message in self.since(mark, Kind.ENROL))
        return [one for one in messages if isinstance(one, Chunk) and one.id == package_id]

    def samples(self, mark: int = 0) -> list[Telemetry]:
        """What the kiosk has told of its outbox since."""
        return [message for _, _, message in self.since(mark, Kind.TELEMETRY) if isinstance(message, Telemetry)]

    def waiting(self) -> int | None:
        """How many packages only the kiosk has, by its last word."""
        samples = self.samples()
        return samples[-1].outbox.n if samples else None

    def must_offer(self, mark: int, rules: Sequence[str], wanted: Callable[[Manifest], bool], what: str) -> Manifest:
        """Wait for an offer. Raises Unmet."""
        found = self.until(lambda: next((one for one in self.offers(mark) if wanted(one)), None))
        if found is None:
            raise Unmet(rules, what, f"{len(self.offers(mark))} other offers within {self.within_s:g} s")
        return found

    def list_chunks(self, package_id: str, *ranges: tuple[int, int], **more: object) -> None:
        """Say which chunks are here."""
        self.say(encode_plain({**Have(id=package_id, ranges=list(ranges)).model_dump(), **more}))

    def say(self, payload: bytes) -> None:
        """Say something on the topic of answers."""
        self.peer.say(self.office.address.ack, payload)

    def receive(self, one: Collected, status: Status = "received", *, key: SigningKey | None = None, **no: Any) -> None:  # noqa: ANN401 -- fields of a receipt
        """Send a receipt for this package; `key` and the fields in `no` make it a bad one."""
        self._receipts += 1
        rejected = status == "rejected"
        fields: dict[str, Any] = {
            "id": one.header.id,
            "kiosk": one.header.kiosk,
            "seq": one.header.seq,
            "sha256": one.sha256,
            "status": status,
            "number": 0 if rejected else self._receipts,
            "code": "unknown_schema" if rejected else "",
            "at": datetime.now(UTC),
        }
        signed = sign_receipt(Receipt(**{**fields, **no}), key or self.office.receipt_key)
        self.say(encode_cbor(ReceiptMessage(cose=signed)))

    def keep(self, manifest: Manifest, package: bytes) -> Collected:
        """Look at a whole package. Raises Unmet for one that the kiosk did not sign, CannotTest for people's."""
        try:
            header = verify(package, self.office.record_key).header
        except SealingError as error:
            raise Unmet(("CK-ENROL-01",), "a package signed by the kiosk's record key", str(error)) from error
        if not header.simulated:
            raise CannotTest(
                f"{self.office.address.kiosk} sends an enrolment that was made with real devices: nothing of it is "
                "kept and nothing answered. Test a kiosk whose devices are simulated"
            )
        named = (header.id, header.kiosk)
        wanted = (manifest.id, self.office.address.kiosk)
        self.findings.expect("CK-ENROL-01", named == wanted, f"a header that names {wanted}", named)
        one = self.collected[header.id] = Collected(manifest, package, header)
        return one

    def _digest(self) -> None:
        for heard in self.peer.heard[self._read :]:
            self._read += 1
            try:
                topic = Topic.parse(heard.topic)
            except BadTopic as error:
                self.findings.expect(("CK-TOPIC-01", "CK-TOPIC-02"), False, "topics of the tree", error)
                continue
            if topic.address != self.office.address:
                continue
            if topic.kind in OF_THE_OFFICE and not heard.retained:
                raise CannotTest("another office answers this kiosk: stop it while the kiosk is tested")
            self.heard.append((topic, heard, self._message(topic, heard)))

    def _message(self, topic: Topic, heard: Heard) -> object:
        try:
            if topic.kind is Kind.ENROL:
                return decode_enrol(heard.payload)
            if topic.kind is Kind.TELEMETRY and topic.tail != "remedies":
                return decode_json(Telemetry, heard.payload)
        except WireError as error:
            rule = "CK-ENROL-01" if topic.kind is Kind.ENROL else "CK-TELE-01"
            self.findings.expect(rule, False, "a message that can be read", error)
        return None
