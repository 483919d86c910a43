"""Kiosks that are ours and wrong in one thing each, to show that the conformance test can fail, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from kiosk.conformance import kiosk_orders, kiosk_scenes
from kiosk.conformance.kiosk_side import Scene
from kiosk.custody.entries import OutboxEntry
from kiosk.runtime import commanding, receipts
from kiosk.runtime.orderbook import OrderBook
from kiosk.sealing import commands, cose
from kiosk.sealing.keys import VerifyingKey
from kiosk.sealing.receipts import CONTENT_TYPE, Receipt
from kiosk.uplink import transfer
from kiosk.uplink.link import Link
from kiosk.uplink.sender import Sender
from kiosk.uplink.waiting import Waits

_BORN: Final = (kiosk_scenes.see_it_born,)
_SILENT: Final = (*_BORN, kiosk_scenes.keep_silent)
_TAKEN: Final = (*_BORN, kiosk_scenes.take_packages)
_AGAIN: Final = (*_TAKEN, kiosk_scenes.withhold_receipts)
_LIES: Final = (*_TAKEN, kiosk_scenes.lie_and_refuse)
_ORDERS: Final = (*_BORN, kiosk_orders.give_commands)


@dataclass(frozen=True, slots=True)
class WrongKiosk:
    """What makes it wrong, the rules that must be found broken, and the scenes that lead there."""

    mutate: Callable[[pytest.MonkeyPatch], None]
    rules: set[str]
    scenes: Sequence[Scene]


def _says_otherwise(part: str, **how: object) -> Callable[[pytest.MonkeyPatch], None]:
    """What the kiosk says on topics with this part is published in another way."""

    def wrong(monkeypatch: pytest.MonkeyPatch) -> None:
        publish = Link.publish

        def otherwise(link: Link, topic: str, payload: bytes, **named: Any) -> int | None:  # noqa: ANN401 -- passed through
            return publish(link, topic, payload, **{**named, **(how if part in topic else {})})

        monkeypatch.setattr(Link, "publish", otherwise)

    return wrong


def _says_nothing(part: str) -> Callable[[pytest.MonkeyPatch], None]:
    def wrong(monkeypatch: pytest.MonkeyPatch) -> None:
        publish = Link.publish

        def silent(link: Link, topic: str, payload: bytes, **named: Any) -> int | None:  # noqa: ANN401 -- passed through
            return 0 if part in topic else publish(link, topic, payload, **named)

        monkeypatch.setattr(Link, "publish", silent)

    return wrong


def _sends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = Sender._prepared

    def with_all_chunks(one: Sender, entry: OutboxEntry) -> transfer.Transfer | None:
        made = prepared(one, entry)
        if made is not None:
            made.to_send.extend(range(made.manifest.n))
        return made

    monkeypatch.setattr(Sender, "_prepared", with_all_chunks)


def _sends_backwards(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = transfer.missing
    monkeypatch.setattr(transfer, "missing", lambda have, n: missing(have, n)[::-1])


def _sends_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "missing", lambda _have, n: list(range(n)))


def _gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    without_answer = Waits.without_answer

    def for_ever(one: Waits, package_id: str) -> float:
        wait_s = without_answer(one, package_id)
        one._unanswered[package_id].due_s += 1e6
        return wait_s

    monkeypatch.setattr(Waits, "without_answer", for_ever)


def _believes_every_receipt(monkeypatch: pytest.MonkeyPatch) -> None:
    def unverified(signed: bytes, _key: VerifyingKey) -> Receipt:
        return Receipt.from_cbor(cose.take_apart(signed, CONTENT_TYPE).payload)

    monkeypatch.setattr(receipts, "verify_receipt", unverified)


def _forgets_what_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    verify = receipts.verify_receipt

    def taken(signed: bytes, key: VerifyingKey) -> Receipt:
        receipt = verify(signed, key)
        return replace(receipt, status="settled", code="") if receipt.status == "rejected" else receipt

    monkeypatch.setattr(receipts, "verify_receipt", taken)


def _obeys_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    def unverified(signed: bytes, _key: VerifyingKey) -> commands.Command:
        return commands.Command.from_cbor(cose.take_apart(signed, commands.CONTENT_TYPE).payload)

    monkeypatch.setattr(commanding, "verify_command", unverified)


def _counts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OrderBook, "seen", property(lambda _book: 0))


WRONG: Final[Mapping[str, WrongKiosk]] = {
    "retained packages": WrongKiosk(_says_otherwise("/enrol", retain=True), {"CK-TOPIC-02", "CK-ENROL-01"}, _SILENT),
    "packages that expire": WrongKiosk(_says_otherwise("/enrol", expiry_s=60), {"CK-EXPIRY-01"}, _SILENT),
    "packages at QoS 0": WrongKiosk(_says_otherwise("/enrol", qos=0), {"CK-ENROL-01"}, _SILENT),
    "telemetry for ever": WrongKiosk(_says_otherwise("/tele/", expiry_s=None), {"CK-EXPIRY-01"}, _BORN),
    "a state that is not kept": WrongKiosk(_says_otherwise("/state", retain=False), {"CK-TOPIC-02"}, _BORN),
    "no birth": WrongKiosk(_says_nothing("/birth"), {"CK-BIRTH-01"}, _BORN),
    "chunks before the list": WrongKiosk(_sends_at_once, {"CK-ENROL-07"}, _SILENT),
    "one try for each package": WrongKiosk(_gives_up, {"CK-ENROL-05", "CK-ENROL-10"}, _SILENT),
    "chunks backwards": WrongKiosk(_sends_backwards, {"CK-ENROL-04"}, _TAKEN),
    "all chunks every time": WrongKiosk(_sends_everything, {"CK-ENROL-08"}, _AGAIN),
    "every receipt believed": WrongKiosk(_believes_every_receipt, {"CK-ACK-01"}, _LIES),
    "refused packages forgotten": WrongKiosk(_forgets_what_is_refused, {"CK-ACK-02"}, _LIES),
    "alerts that are not kept": WrongKiosk(_says_otherwise("/alert/", retain=False), {"CK-ALERT-01"}, _LIES),
    "answers without a name": WrongKiosk(_says_otherwise("/rsp/", correlation=None), {"CK-CMD-18"}, _ORDERS),
    "anybody obeyed": WrongKiosk(_obeys_anybody, {"CK-CMD-01"}, _ORDERS),
    "numbers that do not count": WrongKiosk(_counts_nothing, {"CK-CMD-03"}, _ORDERS),
}
