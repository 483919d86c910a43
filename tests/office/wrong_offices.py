"""Offices that are ours and wrong in one thing each, to show that the conformance test can fail, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pytest

from kiosk.conformance import office_scenes as scenes
from kiosk.conformance.office_side import Scene
from kiosk.office import intake
from kiosk.office.collector import Collector
from kiosk.office.halves import Halves
from kiosk.office.intake import Intake
from kiosk.office.records import NewEnrolment
from kiosk.sealing.keys import SigningKey
from kiosk.uplink.link import Link
from kiosk.wire.chunking import Reassembly
from kiosk.wire.messages import Chunk, Have
from kiosk.wire.topics import KioskAddress


@dataclass(frozen=True, slots=True)
class WrongOffice:
    """What makes it wrong, the rules that must be found broken, and the scene in which they are."""

    mutate: Callable[[pytest.MonkeyPatch], None]
    rules: set[str]
    scene: Scene


def _answers_before_it_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receipt at once; the commit would come later, and a power cut before it."""

    def number_alone(_connection: object, new: NewEnrolment, *, received_at: datetime) -> int:
        return new.seq

    monkeypatch.setattr(intake, "insert_enrolment", number_alone)
    monkeypatch.setattr(intake, "keep_receipt", lambda *_: None)


def _says_otherwise(tail: str, **how: object) -> Callable[[pytest.MonkeyPatch], None]:
    """What the office says on topics that end so is published in another way."""

    def wrong(monkeypatch: pytest.MonkeyPatch) -> None:
        publish = Link.publish

        def otherwise(link: Link, topic: str, payload: bytes, **named: Any) -> int | None:  # noqa: ANN401
            return publish(link, topic, payload, **{**named, **(how if topic.endswith(tail) else {})})

        monkeypatch.setattr(Link, "publish", otherwise)

    return wrong


def _signs_with_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    started = Intake.__init__

    def other(intake: Intake, *args: Any, **named: Any) -> None:  # noqa: ANN401
        started(intake, *args, **{**named, "receipt_key": SigningKey.generate()})

    monkeypatch.setattr(Intake, "__init__", other)


def _never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Collector, "_answer", lambda *_: None)


def _forgets_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes chunks in ascending order alone."""
    on_chunk = Collector._on_chunk

    def in_order(collector: Collector, address: KioskAddress, chunk: Chunk) -> None:
        held = collector._halves.get(address.kiosk, chunk.id)
        if held is None or chunk.i == len(held._chunks):
            on_chunk(collector, address, chunk)

    monkeypatch.setattr(Collector, "_on_chunk", in_order)


def _puts_one_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgets one offer of a kiosk for the next."""
    started = Halves.__init__

    def one(halves: Halves, **named: int) -> None:
        started(halves, **{**named, "most_each": 1})

    monkeypatch.setattr(Halves, "__init__", one)


def _takes_whatever_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    def unchecked(held: Reassembly) -> bytes:
        return b"".join(held._chunks[i] for i in range(held.manifest.n))

    monkeypatch.setattr(Reassembly, "package", unchecked)


def _claims_what_it_has_not(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Collector._answer

    def boasting(collector: Collector, address: KioskAddress, message: Any) -> None:  # noqa: ANN401
        answer(collector, address, Have(id=message.id, ranges=[(0, 2)]) if isinstance(message, Have) else message)

    monkeypatch.setattr(Collector, "_answer", boasting)


def _ends_at_a_bad_message(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first message that it cannot read on it hears nothing more."""
    on_message, bad = Collector._on_message, list[bool]()

    def sulking(collector: Collector, delivery: Any) -> None:  # noqa: ANN401
        if delivery.topic.endswith("/enrol") and not delivery.payload:
            bad.append(True)
        if not bad:
            on_message(collector, delivery)

    monkeypatch.setattr(Collector, "_on_message", sulking)


def _begins_anew_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package that comes again is answered by a list, as if nobody knew it."""
    monkeypatch.setattr(Intake, "known", lambda *_: None)


def _asks_for_every_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    on_chunk = Collector._on_chunk

    def forgetful(collector: Collector, address: KioskAddress, chunk: Chunk) -> None:
        collector._halves.may_ask_again(address.kiosk, chunk.id)
        on_chunk(collector, address, chunk)

    monkeypatch.setattr(Collector, "_on_chunk", forgetful)


WRONG: Final[Mapping[str, WrongOffice]] = {
    "receipts before the commit": WrongOffice(
        _answers_before_it_commits, {"CK-ACK-06", "CK-ACK-08"}, scenes.send_whole
    ),
    "retained receipts": WrongOffice(_says_otherwise("/ack", retain=True), {"CK-TOPIC-02"}, scenes.send_whole),
    "receipts at QoS 0": WrongOffice(_says_otherwise("/ack", qos=0), {"CK-TOPIC-02"}, scenes.send_whole),
    "receipts that expire": WrongOffice(_says_otherwise("/ack", expiry_s=3600), {"CK-EXPIRY-01"}, scenes.send_whole),
    "a beat that is not kept": WrongOffice(
        _says_otherwise("/beat", retain=False), {"CK-BEAT-01"}, scenes.hear_the_office
    ),
    "another receipt key": WrongOffice(_signs_with_another_key, {"CK-ACK-07"}, scenes.send_whole),
    "no answer at all": WrongOffice(_never_answers, {"CK-ENROL-11"}, scenes.send_whole),
    "chunks in order alone": WrongOffice(_forgets_chunks, {"CK-ENROL-02"}, scenes.send_in_pieces),
    "one package at a time": WrongOffice(_puts_one_together, {"CK-ENROL-16"}, scenes.send_side_by_side),
    "hashes that nobody checks": WrongOffice(_takes_whatever_comes, {"CK-ENROL-03"}, scenes.send_spoilt),
    "a list of what was never sent": WrongOffice(_claims_what_it_has_not, {"CK-ENROL-11"}, scenes.send_whole),
    "deaf after a bad message": WrongOffice(_ends_at_a_bad_message, {"CK-MSG-04", "CK-TOPIC-03"}, scenes.send_strange),
    "no memory of what it took": WrongOffice(_begins_anew_each_time, {"CK-ACK-08"}, scenes.send_whole),
    "a list for every stray chunk": WrongOffice(_asks_for_every_chunk, {"CK-ENROL-12"}, scenes.send_strange),
}
