"""The topic tree: `ev1/{province}/{commune}/{kiosk}/…`, built and parsed.

The kiosk id is the certificate's common name; province and commune are routing hints only. The major version is the
first level, so that access rules can keep versions apart. Names are `A-Z a-z 0-9 -`, so no wildcard can hide in one.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from kiosk.wire.errors import BadTopic

ROOT = "ev1"
_NAME = re.compile(r"[A-Za-z0-9-]{1,32}\Z")
_TAIL = re.compile(r"[A-Za-z0-9-]{1,64}\Z")


class Kind(StrEnum):
    """What a topic carries: the level after the kiosk."""

    BIRTH = "birth"
    STATE = "state"
    ALERT = "alert"
    TELEMETRY = "tele"
    ENROL = "enrol"
    ACK = "ack"
    COMMAND = "cmd"
    RESPONSE = "rsp"
    LEARNT = "learnt"
    BEAT = "beat"
    RECIPIENTS = "keys"
    DESIRED = "desired"
    RENEWAL = "renew"
    CERTIFICATE = "cert"
    ROSTER = "roster"
    WANT = "want"
    VOUCH = "vouch"


EVERYONE = "all"
"""Stands for commune and kiosk in what the office says to all kiosks of a province at once."""

_WITH_TAIL = frozenset((Kind.ALERT, Kind.TELEMETRY, Kind.COMMAND, Kind.RESPONSE, Kind.VOUCH))


@dataclass(frozen=True, slots=True)
class KioskAddress:
    """Where a kiosk is in the tree. Raises BadTopic for a name that is not `A-Z a-z 0-9 -`, 1 to 32 of them."""

    province: str
    commune: str
    kiosk: str

    def __post_init__(self) -> None:
        for level, name in (("province", self.province), ("commune", self.commune), ("kiosk", self.kiosk)):
            if not _NAME.match(name):
                raise BadTopic(f"the {level} in a topic must be 1 to 32 of A-Z a-z 0-9 -")

    def topic(self, kind: Kind, tail: str | None = None) -> str:
        """The topic for `kind`; `tail` is the alert id, telemetry group or command name, where the kind has one."""
        return Topic(self, kind, tail).text

    @property
    def birth(self) -> str:
        """Retained inventory of the kiosk."""
        return self.topic(Kind.BIRTH)

    @property
    def state(self) -> str:
        """Retained state; also the last will."""
        return self.topic(Kind.STATE)

    @property
    def enrol(self) -> str:
        """Manifests and chunks, kiosk to office."""
        return self.topic(Kind.ENROL)

    @property
    def ack(self) -> str:
        """Progress and receipts, office to kiosk."""
        return self.topic(Kind.ACK)

    @property
    def learnt(self) -> str:
        """Retained, signed experience of all kiosks, office to every kiosk of the province."""
        return KioskAddress(self.province, EVERYONE, EVERYONE).topic(Kind.LEARNT)

    @property
    def beat(self) -> str:
        """Retained, signed word that the office is there, office to every kiosk of the province."""
        return KioskAddress(self.province, EVERYONE, EVERYONE).topic(Kind.BEAT)

    @property
    def recipients(self) -> str:
        """Retained, signed word about whom to seal for, office to every kiosk of the province."""
        return KioskAddress(self.province, EVERYONE, EVERYONE).topic(Kind.RECIPIENTS)

    @property
    def desired(self) -> str:
        """Retained, signed settings that the office wants of this kiosk."""
        return self.topic(Kind.DESIRED)

    @property
    def renewal(self) -> str:
        """A request for a new TLS certificate, kiosk to office."""
        return self.topic(Kind.RENEWAL)

    @property
    def certificate(self) -> str:
        """A new TLS certificate, office to kiosk."""
        return self.topic(Kind.CERTIFICATE)

    @property
    def roster(self) -> str:
        """Parts of a sealed roster, office to kiosk."""
        return self.topic(Kind.ROSTER)

    @property
    def want(self) -> str:
        """Which parts of a roster the kiosk still wants, kiosk to office."""
        return self.topic(Kind.WANT)

    def telemetry(self, group: str) -> str:
        """Telemetry of one group: outbox, power, net, disk, clock, sensors, remedies."""
        return self.topic(Kind.TELEMETRY, group)

    def alert(self, alert_id: str) -> str:
        """A retained alert, deleted when solved."""
        return self.topic(Kind.ALERT, alert_id)

    def command(self, name: str) -> str:
        """A signed command, office to kiosk."""
        return self.topic(Kind.COMMAND, name)

    def response(self, name: str) -> str:
        """The answer to a command."""
        return self.topic(Kind.RESPONSE, name)

    def vouch(self, kiosk: str) -> str:
        """Retained, signed word of an office that passes packages on: this kiosk is one of its own."""
        return self.topic(Kind.VOUCH, kiosk)

    @property
    def commands_filter(self) -> str:
        """What a kiosk subscribes to for its commands."""
        return f"{ROOT}/{self.province}/{self.commune}/{self.kiosk}/{Kind.COMMAND}/+"


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic of the tree, taken apart."""

    address: KioskAddress
    kind: Kind
    tail: str | None = None

    def __post_init__(self) -> None:
        if (self.kind in _WITH_TAIL) != (self.tail is not None):
            raise BadTopic(f"a {self.kind} topic {'needs' if self.kind in _WITH_TAIL else 'has no'} level after it")
        if self.tail is not None and not _TAIL.match(self.tail):
            raise BadTopic(f"the last level of a {self.kind} topic must be 1 to 64 of A-Z a-z 0-9 -")

    @property
    def text(self) -> str:
        """The topic as MQTT wants it."""
        levels = [ROOT, self.address.province, self.address.commune, self.address.kiosk, self.kind.value]
        return "/".join(levels if self.tail is None else [*levels, self.tail])

    @classmethod
    def parse(cls, text: str) -> Self:
        """The parts of a topic of the tree. Raises BadTopic."""
        levels = text.split("/")
        if len(levels) not in (5, 6) or levels[0] != ROOT:
            raise BadTopic(f"not a topic of the {ROOT} tree")
        try:
            kind = Kind(levels[4])
        except ValueError:
            raise BadTopic("the topic carries nothing that is known") from None
        return cls(KioskAddress(*levels[1:4]), kind, levels[5] if len(levels) == 6 else None)


def everywhere(kind: Kind) -> str:
    """The subscription filter for `kind` of every kiosk."""
    return f"{ROOT}/+/+/+/{kind.value}" + ("/+" if kind in _WITH_TAIL else "")
