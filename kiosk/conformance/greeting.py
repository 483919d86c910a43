"""Whom the broker before an office greets, what it offers, and what it lets a kiosk say and hear."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

from kiosk.conformance.errors import CannotTest
from kiosk.conformance.findings import Findings
from kiosk.conformance.identities import TestKiosk
from kiosk.conformance.peer import Peer
from kiosk.uplink.settings import LinkSettings
from kiosk.wire.topics import KioskAddress

LARGEST = 70_000
# A commune that no office has.
NOWHERE = "conform-nowhere"
# MQTT 5 CONNECT of a client "x": clean start, keep-alive 60 s, no properties.
_CONNECT = bytes.fromhex("100e 0004 4d515454 05 02 003c 00 0001 78")


def greet(kiosk: TestKiosk, other: TestKiosk | None, findings: Findings, *, within_s: float) -> None:
    """Play everybody who must not come in, and a kiosk that says what is not its own. Raises CannotTest."""
    road = kiosk.road
    peer = Peer(road)
    try:
        peer.connect(kiosk.address.ack, within_s=within_s)
        limits = peer.limits
        offers = limits.get("MaximumQoS", 2) >= 1 and limits.get("RetainAvailable", 1) == 1
        findings.expect("CK-BROKER-03", offers, "QoS 1 and retained messages", limits)
        most = limits.get("MaximumPacketSize", LARGEST)
        findings.expect("CK-BROKER-03", most >= LARGEST, f"packets of {LARGEST} bytes", f"{most} bytes")
    finally:
        peer.close()
    for who, change in (("a client without a certificate", _bare), ("a client of TLS 1.2", _old)):
        answer = _greeted(road, change, within_s)
        findings.expect("CK-BROKER-01", not answer, f"{who} is not greeted", "it is")
    own = kiosk.address
    astray = KioskAddress(own.province, NOWHERE, own.kiosk)
    for topic in (_foreign(kiosk, other), astray.enrol, own.ack, own.beat):
        said = _may_say(road, topic, within_s)
        findings.expect("CK-BROKER-02", not said, f"no word of a kiosk's on {topic}", "the broker takes it")
    if other is not None:
        _hears_nothing(kiosk, other, findings, within_s)


def _foreign(kiosk: TestKiosk, other: TestKiosk | None) -> str:
    # A name that no kiosk has, where there is no second one: nobody is to get a test's message.
    where = kiosk.address if other is None else other.address
    return where.enrol if other is not None else f"ev1/{where.province}/{where.commune}/conform-nobody/enrol"


def _may_say(road: LinkSettings, topic: str, within_s: float) -> bool:
    """Whether the broker takes a word there; by ending the connection it does not."""
    peer = Peer(road)
    try:
        peer.connect(within_s=within_s)
        mid = peer.say(topic, b"")
        peer.until(lambda: mid in peer.outcomes, within_s=within_s)
        return mid in peer.outcomes and peer.outcomes[mid] is None
    finally:
        peer.close()


def _hears_nothing(kiosk: TestKiosk, other: TestKiosk, findings: Findings, within_s: float) -> None:
    """Who listens to everything hears nothing of the other kiosk."""
    listener, speaker = Peer(kiosk.road), Peer(other.road)
    try:
        try:
            listener.connect("#", f"ev1/+/+/{other.address.kiosk}/#", within_s=within_s)
        except CannotTest:
            # Such subscriptions are refused at once, which is as good.
            findings.expect("CK-BROKER-02", True, "")
            return
        speaker.connect(within_s=within_s)
        mid = speaker.say(other.address.telemetry("conformance"), b"of the other", expiry_s=60)
        speaker.until(lambda: mid in speaker.outcomes, within_s=within_s)
        own = listener.say(kiosk.address.telemetry("conformance"), b"of its own", expiry_s=60)
        listener.until(lambda: own in listener.outcomes, within_s=within_s)
        foreign = {one.topic for one in listener.heard if f"/{other.address.kiosk}/" in one.topic}
        findings.expect("CK-BROKER-02", not foreign, "nothing of another kiosk is heard", foreign)
    finally:
        listener.close()
        speaker.close()


def _bare(road: LinkSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(road.authority_file))


def _old(road: LinkSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(road.authority_file))
    context.load_cert_chain(str(road.certificate_file), str(road.key_file))
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


def _greeted(road: LinkSettings, context_of: Callable[[LinkSettings], ssl.SSLContext], within_s: float) -> bool:
    """Whether a client over this TLS gets an answer that accepts it (CONNACK with reason code 0)."""
    try:
        with (
            socket.create_connection((road.broker_host, road.broker_port), timeout=within_s) as plain,
            context_of(road).wrap_socket(plain, server_hostname=road.broker_host) as secure,
        ):
            secure.sendall(_CONNECT)
            answer = secure.recv(64)
            return len(answer) >= 4 and answer[0] == 0x20 and answer[3] == 0
    except (OSError, ssl.SSLError):
        return False
