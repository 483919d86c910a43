"""A test kiosk before an office under test: seals packages that nobody can take for people's, offers them, listens."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, TypeVar

from kiosk.conformance.errors import Unmet
from kiosk.conformance.findings import Findings
from kiosk.conformance.identities import TestKiosk
from kiosk.conformance.peer import Heard, Peer
from kiosk.domain.ids import uuid7
from kiosk.sealing import cose, receipts
from kiosk.sealing.errors import SealingError
from kiosk.sealing.header import DriverNote, PackageHeader
from kiosk.sealing.keys import Recipients, SigningKey
from kiosk.sealing.package import package_hash, seal
from kiosk.sealing.receipts import Receipt, verify_receipt
from kiosk.wire.chunking import chunks_of, manifest_of
from kiosk.wire.enrolment import SlotNote, Summary, encode_summary
from kiosk.wire.errors import WireError
from kiosk.wire.messages import Chunk, Have, Later, Manifest, ReceiptMessage, decode_ack, encode_cbor

NAME: Final = "KIỂM THỬ — CONFORMANCE TEST"
_SOFTWARE: Final = "conformance test"
T = TypeVar("T")


def test_id() -> str:
    """A new package id."""
    return uuid7(datetime.now(UTC))


class ActingKiosk:
    """One test kiosk, connected. What it says and hears is at QoS 1; nothing of it is about anybody."""

    def __init__(self, kiosk: TestKiosk, peer: Peer, findings: Findings, *, within_s: float, quiet_s: float) -> None:
        self.kiosk = kiosk
        self.peer = peer
        self.findings = findings
        self.within_s = within_s
        self.quiet_s = quiet_s
        self.seq, self.head = kiosk.last_used()

    def header(self, **changes: object) -> PackageHeader:
        """The header of the next package, with these fields otherwise."""
        recipients = self.kiosk.office.recipients
        header = PackageHeader(
            id=test_id(),
            kiosk=self.kiosk.address.kiosk,
            seq=self.seq + 1,
            prev=self.head if self.seq else bytes(32),
            suite=recipients.suite,
            summary_kid=recipients.summary.kid,
            body_kid=recipients.body.kid,
            boot="conformance",
            mono_ms=time.monotonic_ns() // 1_000_000,
            wall=datetime.now(UTC),
            clock_src="system",
            sw=_SOFTWARE,
            # For ever marked as no camera's work: an office in the field takes no such package.
            drivers={"camera": DriverNote("conformance", simulated=True)},
            escrow_kid=recipients.escrow.kid if recipients.escrow is not None else "",
        )
        return replace(header, **changes)  # type: ignore[arg-type]

    def package(
        self,
        header: PackageHeader,
        *,
        size: int = 400,
        signer: SigningKey | None = None,
        recipients: Recipients | None = None,
        summary: bytes | None = None,
    ) -> bytes:
        """The bytes of a package with about `size` bytes of body."""
        return seal(
            header,
            summary=_summary() if summary is None else summary,
            body=bytes(size),
            recipients=recipients or self.kiosk.office.recipients,
            signer=signer or self.kiosk.record_key,
        )

    def used(self, package: bytes, seq: int) -> None:
        """A package of this number is at the office: the next one follows it."""
        self.seq, self.head = seq, package_hash(package)
        self.kiosk.note_used(self.seq, self.head)

    def offer(self, package_id: str, package: bytes) -> Manifest:
        """Offer a package."""
        manifest = manifest_of(package_id, package)
        self.send(manifest)
        return manifest

    def send(self, message: Manifest | Chunk) -> None:
        """Say a message on this kiosk's own topic."""
        self.peer.say(self.kiosk.address.enrol, encode_cbor(message))

    def send_chunks(self, package_id: str, package: bytes, *indices: int) -> None:
        """Send these chunks in this order; without any, all."""
        chunks = list(chunks_of(package_id, package))
        for index in indices or range(len(chunks)):
            self.send(chunks[index])

    def mark(self) -> int:
        """Where in what was heard something new begins."""
        return len(self.peer.heard)

    def have(self, package_id: str, since: int) -> Have | None:
        """The list of chunks that came for this package since; waits for it."""
        return self._awaited(lambda: next((one for one in self._lists(since) if one.id == package_id), None))

    def receipt(self, sha256: bytes, since: int) -> tuple[Receipt, bytes] | None:
        """The receipt that came for these bytes since, and its own bytes; waits for it."""
        return self._awaited(lambda: next((one for one in self.receipts(since) if one[0].sha256 == sha256), None))

    def must_have(self, package_id: str, since: int, rules: tuple[str, ...], what: str) -> Have:
        """`have`, or the scenario ends. Raises Unmet."""
        found = self.have(package_id, since)
        if found is None:
            raise Unmet(rules, f"a list of chunks for {what}", self.told(since))
        self.findings.expect("CK-ENROL-11", True, "")
        return found

    def must_receipt(self, sha256: bytes, since: int, rules: tuple[str, ...], what: str) -> tuple[Receipt, bytes]:
        """`receipt`, or the scenario ends. Raises Unmet."""
        found = self.receipt(sha256, since)
        if found is None:
            raise Unmet(rules, f"a receipt for {what}", self.told(since))
        return found

    def receipts(self, since: int) -> Iterator[tuple[Receipt, bytes]]:
        """Receipts that came since and are signed by the office's receipt key."""
        for heard in self.acks(since):
            try:
                message = decode_ack(heard.payload)
                if isinstance(message, ReceiptMessage):
                    yield verify_receipt(message.cose, self.kiosk.office.receipt), message.cose
            except (WireError, SealingError) as error:
                self.findings.expect("CK-ACK-07", False, "receipts signed by the office's receipt key", error)

    def acks(self, since: int) -> list[Heard]:
        """What the office has answered this kiosk since."""
        return [one for one in self.peer.heard[since:] if one.topic == self.kiosk.address.ack]

    def told(self, since: int) -> str:
        """What came since, in words."""
        words: list[str] = []
        for heard in self.acks(since):
            try:
                message = decode_ack(heard.payload)
            except WireError as error:
                words.append(f"something that is no answer ({error})")
                continue
            if isinstance(message, Have):
                words.append(f"a list of chunks {message.ranges}")
            elif isinstance(message, Later):
                words.append(f"later: {message.code}")
            else:
                words.append(_receipt_in_words(message.cose))
        if self.peer.ended is not None:
            words.append(f"the end of the connection: {self.peer.ended}")
        return ", ".join(words) or f"nothing within {self.within_s:g} s"

    def quiet(self, *, at_least_s: float = 0.0) -> None:
        """Give what must not come the time to come."""
        quiet_s = max(self.quiet_s, at_least_s)
        until_s = time.monotonic() + quiet_s
        self.peer.until(lambda: time.monotonic() >= until_s, within_s=quiet_s + 1)

    def _lists(self, since: int) -> Iterator[Have]:
        for heard in self.acks(since):
            try:
                message = decode_ack(heard.payload)
            except WireError as error:
                self.findings.expect("CK-ENROL-11", False, "answers that can be read", error)
                continue
            if isinstance(message, Have):
                yield message

    def _awaited(self, find: Callable[[], T | None]) -> T | None:
        self.peer.until(lambda: find() is not None, within_s=self.within_s)
        return find()


def _summary() -> bytes:
    now = datetime.now(UTC)
    slots = {"portrait": SlotNote("not_possible")}
    return encode_summary(Summary(name=NAME, unit="TEST", started_at=now, finished_at=now, slots=slots))


def _receipt_in_words(signed: bytes) -> str:
    try:
        receipt = Receipt.from_cbor(cose.take_apart(signed, receipts.CONTENT_TYPE).payload)
    except SealingError as error:
        return f"a receipt that cannot be read ({error})"
    code = f" {receipt.code}" if receipt.code else ""
    return f"a receipt that says {receipt.status}{code} for place {receipt.seq}, {receipt.sha256.hex()[:12]}"
