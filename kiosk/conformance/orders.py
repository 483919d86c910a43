"""What an office's commands look like to the kiosk they are for, and whose answers the office believes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

from kiosk.conformance.acting import ActingKiosk
from kiosk.conformance.errors import Unmet
from kiosk.conformance.findings import Findings
from kiosk.conformance.peer import Heard
from kiosk.sealing.commands import Answer, Command, sign_answer, verify_command
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import SigningKey, VerifyingKey
from kiosk.wire.errors import BadTopic
from kiosk.wire.topics import Kind, Topic


def take_an_order(kiosk: ActingKiosk, findings: Findings, give: Callable[[], None]) -> None:
    """Let somebody give this kiosk two commands; look at the first, let a stranger answer it, then answer them."""
    key = kiosk.kiosk.office.command
    if key is None:
        for rule in ("CK-CMD-06", "CK-CMD-09", "CK-CMD-18", "CK-CMD-19"):
            findings.unseeable(rule, "the bundle knows no command key: this office gives no commands")
        return
    began = kiosk.mark()
    give()
    heard = _order(kiosk, began)
    if heard is None:
        raise Unmet(("CK-CMD-06",), "a command on this kiosk's own topic", "nothing")
    command = _read(heard, key)
    _looks_right(kiosk, findings, heard, command)
    give()
    address = kiosk.kiosk.address
    topic, correlation = address.response(command.verb), command.id.encode()
    since = kiosk.mark()
    kiosk.peer.say(topic, sign_answer(_done(command), SigningKey.generate()), correlation=correlation, expiry_s=60)
    again = _order(kiosk, since)
    told_again = again is not None and again.payload == heard.payload
    findings.expect("CK-CMD-09", told_again, "told again: an answer by another key is none", "it fell silent")
    kiosk.quiet()
    early = {one.payload for one in _orders(kiosk, began)} - {heard.payload}
    findings.expect("CK-CMD-19", not early, "the next command not before the first was answered", "it came before")
    since = kiosk.mark()
    _answer(kiosk, command)
    following = _order(kiosk, since, other_than=heard.payload)
    if findings.expect("CK-CMD-19", following is not None, "the next command as soon as the first was answered"):
        _answer(kiosk, _read(following, key))
    kiosk.quiet()


def _answer(kiosk: ActingKiosk, command: Command) -> None:
    topic, correlation = kiosk.kiosk.address.response(command.verb), command.id.encode()
    kiosk.peer.say(topic, sign_answer(_done(command), kiosk.kiosk.record_key), correlation=correlation, expiry_s=60)


def _read(heard: Heard | None, key: VerifyingKey) -> Command:
    try:
        return verify_command(b"" if heard is None else heard.payload, key)
    except SealingError as error:
        raise Unmet(("CK-CMD-06",), "a command signed by the office's command key", str(error)) from error


def _orders(kiosk: ActingKiosk, since: int) -> list[Heard]:
    return [one for one in kiosk.peer.heard[since:] if _kind(one.topic) is Kind.COMMAND]


def _order(kiosk: ActingKiosk, since: int, *, other_than: bytes = b"") -> Heard | None:
    def found() -> Heard | None:
        return next((one for one in _orders(kiosk, since) if one.payload != other_than), None)

    kiosk.peer.until(lambda: found() is not None, within_s=kiosk.within_s)
    return found()


def _kind(topic: str) -> Kind | None:
    try:
        return Topic.parse(topic).kind
    except BadTopic:
        return None


def _looks_right(kiosk: ActingKiosk, findings: Findings, heard: Heard, command: Command) -> None:
    address = kiosk.kiosk.address
    named = (heard.topic, command.kiosk)
    wanted = (address.command(command.verb), address.kiosk)
    findings.expect("CK-CMD-06", named == wanted, f"{wanted}", named)
    how = (heard.qos, heard.retained)
    findings.expect("CK-CMD-06", how == (1, False), "QoS 1 and not retained", how)
    left_s = (command.until - datetime.now(UTC)).total_seconds()
    ends = heard.expiry_s is not None and heard.expiry_s <= left_s + 5
    findings.expect("CK-CMD-06", ends, f"expiring with its own end, in {left_s:.0f} s", f"{heard.expiry_s} s")
    asked = (heard.response_topic, heard.correlation)
    expected = (address.response(command.verb), command.id.encode())
    findings.expect("CK-CMD-18", asked == expected, f"response topic and correlation data {expected}", asked)


def _done(command: Command) -> Answer:
    digest = hashlib.sha256(command.id.encode()).hexdigest()[:8]
    return Answer(
        command.id, command.kiosk, command.n, command.n, "done", datetime.now(UTC), lines=(f"conformance {digest}",)
    )
