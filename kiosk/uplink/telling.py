"""What the uplink tells the office beside packages: birth, state, alerts, the kiosk's telemetry rows and the outbox.

Unsigned, and none of it is custody. Says again at every connection what the broker must know of this kiosk.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from kiosk.custody.entries import KeptAnswer, OutboxSummary, StandingAlert, TelemetrySample
from kiosk.sealing import cose
from kiosk.sealing.commands import CONTENT_TYPE, Command
from kiosk.sealing.errors import SealingError
from kiosk.uplink.road import road
from kiosk.uplink.settings import UplinkSettings
from kiosk.uplink.source import Source
from kiosk.wire.messages import (
    ALERT_CODES,
    Alert,
    Birth,
    Net,
    OutboxSample,
    State,
    Telemetry,
    alert_id,
    encode_json,
)
from kiosk.wire.topics import KioskAddress

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
OUTBOX_EVERY_S = 60.0
OUTBOX_LOOK_S = 0.5
TELEMETRY_AT_ONCE = 4
BIRTH_ROW = "birth"
# What remedies did on a day is true for ever: it is told however late, and waits in the broker for the office.
REMEDY_ROW = "remedies"
# A broker that nobody at the office has ever called keeps nothing for it: a day is told again after this long.
TELL_AGAIN_S = 5.0
# An answer waits in the broker for an office that is away; what is lost all the same is asked for again.
ANSWER_EXPIRY_S = 7 * 86_400
TELEMETRY_GROUP = re.compile(r"[A-Za-z0-9-]{1,64}\Z")


class Publish(Protocol):
    """`kiosk.uplink.link.Link.publish`."""

    def __call__(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        expiry_s: int | None = None,
        correlation: bytes | None = None,
    ) -> int | None:
        """Hand one message to the broker; its id, or None when the link is down."""
        ...


class Teller:
    """Tells. Single-threaded; the uplink calls everything."""

    def __init__(
        self,
        settings: UplinkSettings,
        *,
        outbox: Source,
        publish: Publish,
        monotonic_s: Callable[[], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._outbox = outbox
        self._publish = publish
        self._monotonic_s = monotonic_s
        self._now = now
        self._address = KioskAddress(settings.province, settings.commune, settings.kiosk)
        self._boot = _boot_id()
        self._up_since_s = monotonic_s()
        self._told_after = 0
        self._answered_after = 0
        self._answers_wanted: set[str] = set()
        self._answering: dict[int, str] = {}
        self._birth: bytes | None = None
        self._born = False
        self._alerts: list[StandingAlert] | None = None
        self._summary: OutboxSummary | None = None
        self._summary_due_s = 0.0
        self._look_due_s = 0.0
        self._stamp: tuple[int, ...] = ()
        self._under_way: dict[int, bytes] = {}
        self._again: list[bytes] = []
        self._again_due_s = 0.0

    def on_up(self) -> None:
        """A fresh connection: the broker may have forgotten everything."""
        self._publish(self._address.state, encode_json(State(st="ready")), retain=True)
        self._up_since_s = self._monotonic_s()
        self._born = False
        self._alerts = None
        self._summary = None
        # The link forgets at each connection what the broker has not acknowledged.
        self._again += self._under_way.values()
        self._under_way.clear()
        self._answers_wanted.update(self._answering.values())
        self._answering.clear()
        self._again_due_s = self._monotonic_s()

    def on_outcome(self, mid: int) -> None:
        """The broker has answered a publish; what it keeps for the office is no longer this kiosk's affair."""
        self._under_way.pop(mid, None)
        self._answering.pop(mid, None)

    def on_unheard(self, mid: int) -> None:
        """The broker took a publish and there was nobody to keep it for: a day of remedies is told again later."""
        lost = self._under_way.pop(mid, None)
        if lost is not None:
            self._again.append(lost)
            self._again_due_s = self._monotonic_s() + TELL_AGAIN_S

    @property
    def owes(self) -> bool:
        """Whether something is due to be told again."""
        return bool(self._again) and self._monotonic_s() >= self._again_due_s

    def goodbye(self) -> int | None:
        """Tell the office that this kiosk is switched off on purpose; the message's id, None when the link is down."""
        return self._publish(self._address.state, encode_json(State(st="offline")), retain=True)

    def answer_again(self, signed: bytes) -> None:
        """A command came that is here already: the office has not heard the answer to it."""
        try:
            self._answers_wanted.add(Command.from_cbor(cose.take_apart(signed, CONTENT_TYPE).payload).id)
        except SealingError:
            return  # not the office's: the kiosk has refused it already
        self._stamp = ()

    def outbox_stirs(self) -> bool:
        """Whether the outbox file changed, or was not looked into for a while: a look costs more than a stat."""
        stamp, now_s = self._outbox.stamp(), self._monotonic_s()
        if stamp is None:
            return False
        if stamp == self._stamp and now_s < self._look_due_s:
            return False
        self._stamp = stamp
        return True

    def tell(self) -> None:
        """Tell what is new. Raises CustodyError."""
        self._tell_answers()
        self._tell_again()
        self._tell_rows()
        self._tell_alerts()
        self._tell_outbox()

    def _tell_again(self) -> None:
        """The oldest first, so that the fuller telling of a day comes after the leaner one."""
        while self.owes and self._tell_day(self._again[0]) is not None:
            self._again.pop(0)

    def _tell_day(self, day: bytes) -> int | None:
        mid = self._publish(self._address.telemetry(REMEDY_ROW), day)
        if mid:
            self._under_way[mid] = day
        return mid

    def _tell_answers(self) -> None:
        """Answers to commands, each once after this process began, and again when it is asked for or was lost."""
        for answer in self._outbox.answers(after=self._answered_after, limit=TELEMETRY_AT_ONCE):
            if not self._tell_answer(answer):
                return
            self._answered_after = answer.n
        for command in sorted(self._answers_wanted):
            answer = self._outbox.answer(command)
            if answer is not None and not self._tell_answer(answer):
                return
            self._answers_wanted.discard(command)

    def _tell_answer(self, answer: KeptAnswer) -> bool:
        # To this kiosk's own topic, whatever response topic came: that one was not signed.
        topic, correlation = self._address.response(answer.name), answer.id.encode()
        mid = self._publish(topic, answer.data, expiry_s=ANSWER_EXPIRY_S, correlation=correlation)
        if mid:
            self._answering[mid] = answer.id
        return mid is not None

    def _tell_rows(self) -> None:
        """The kiosk's own telemetry rows; what has grown too old while offline is skipped."""
        for row in self._outbox.telemetry(after=self._told_after, limit=TELEMETRY_AT_ONCE):
            if not self._tell_row(row):
                return
            self._told_after = row.n
            # A row may be older than what was told of the outbox since: tell that again, last.
            self._summary = None

    def _tell_row(self, row: TelemetrySample) -> bool:
        # A row from the future is one of a clock that was set back since: no older than new.
        age_s = max(0.0, (self._now() - row.at).total_seconds())
        left_s = int(self._settings.telemetry_expiry_s - age_s)
        mid: int | None = 0
        if row.group == BIRTH_ROW:
            mid = self._publish(self._address.birth, row.json, retain=True)
            self._birth, self._born = row.json, True
        elif row.group == REMEDY_ROW:
            mid = self._tell_day(row.json)
        elif left_s > 0 and TELEMETRY_GROUP.match(row.group):
            mid = self._publish(self._address.telemetry(row.group), row.json, expiry_s=left_s)
        return mid is not None

    def _tell_alerts(self) -> None:
        """Every alert that stands, retained; one that is over is taken back with an empty message."""
        standing = self._outbox.alerts()
        if standing == self._alerts:
            return
        before = set(ALERT_CODES) if self._alerts is None else {alert.code for alert in self._alerts}
        for code in sorted(before - {alert.code for alert in standing}):
            self._publish(self._address.alert(alert_id(code)), b"", retain=True)
        for alert in standing:
            level = "critical" if alert.level == "critical" else "warning"
            message = Alert(code=alert.code, level=level, since=alert.since)
            if self._publish(self._address.alert(alert_id(alert.code)), encode_json(message), retain=True) is None:
                return
        self._alerts = standing

    def _tell_outbox(self) -> None:
        """What exists only here: told when it changes, and once a minute."""
        now_s = self._monotonic_s()
        self._look_due_s = now_s + OUTBOX_LOOK_S
        summary = self._outbox.summary()
        if summary == self._summary and now_s < self._summary_due_s:
            return
        payload = encode_json(self._sample(summary))
        if not self._born:
            self._publish(self._address.birth, self._birth or encode_json(self._bare_birth()), retain=True)
            self._born = True
        topic = self._address.telemetry("outbox")
        if self._publish(topic, payload, expiry_s=self._settings.telemetry_expiry_s) is not None:
            self._summary = summary
            self._summary_due_s = now_s + OUTBOX_EVERY_S

    def _bare_birth(self) -> Birth:
        """What is known of the kiosk before it has said anything itself."""
        return Birth(
            kiosk=self._settings.kiosk, sw=self._settings.sw, boot=self._boot, drivers={}, schemas=["enrolment/1"]
        )

    def _sample(self, summary: OutboxSummary) -> Telemetry:
        now = self._now()
        return Telemetry(
            ts=now,
            boot=self._boot,
            seq_last=summary.last_seq,
            chain=summary.head.hex(),
            outbox=OutboxSample(
                n=summary.waiting, bytes=summary.waiting_bytes, oldest_s=int(summary.oldest_age_s(now))
            ),
            net=Net(via=road(), up_s=int(self._monotonic_s() - self._up_since_s)),
            sw=self._settings.sw,
        )


def _boot_id() -> str:
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
