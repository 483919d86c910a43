"""What kiosks say of themselves — birth, state, alerts, telemetry — kept as the last word of each.

Gathered in memory and written together: a whole country telling its state must not cost one disk flush a message.
Unsigned and therefore never believed in matters of custody: it only steers where an officer looks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from kiosk.custody.entries import to_text
from kiosk.office.database import OfficeDatabase
from kiosk.office.history import History
from kiosk.office.offsets import Offsets
from kiosk.office.records import StandingAlert
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import Alert, Birth, Clock, State, Telemetry, decode_json
from kiosk.wire.topics import Kind, Topic

# The uplink's own sample knows the outbox and nothing of the devices.
UPLINK_GROUP = "outbox"
# Kiosks whose words are written together: packages that come meanwhile wait for no more than that.
AT_ONCE = 1000
# Some more than kiosks know; each is kept until it is taken back.
MOST_ALERTS = 64
EARLIEST = datetime(2020, 1, 1, tzinfo=UTC)

_log = logging.getLogger(__name__)


class Presence:
    """Writes the last word of each kiosk. Used by the collector's thread."""

    def __init__(
        self, database: OfficeDatabase, *, now: Callable[[], datetime], history: History | None = None
    ) -> None:
        """Keep the last word of each kiosk, and, where there is a ``history``, what they said before."""
        self._database = database
        self._history = history
        self._now = now
        self._offsets = Offsets()
        self._said: dict[str, dict[str, Any]] = {}
        known = database.kiosks()
        self._states: dict[str, str] = {row.kiosk: row.state for row in known}
        self._alerts: dict[str, dict[str, tuple[str, str]]] = {
            row.kiosk: {one.code: _kept(one) for one in row.alerts} for row in known if row.alerts
        }

    def hear(self, topic: Topic, payload: bytes, *, retained: bool) -> None:
        """Take in one message; `flush` keeps it.

        A retained message is old news: it changes what was said, not when the kiosk was last heard.
        """
        try:
            changes = self._changes(topic, payload)
        except BadMessage as error:
            _log.warning("%s of %s is not understood: %s", topic.kind, topic.address.kiosk, error)
            return
        if not changes:
            return
        if not retained and changes.get("state") != "lost":
            changes["seen_at"] = to_text(self._now())
        address = topic.address
        place = {"province": address.province, "commune": address.commune}
        self._said.setdefault(address.kiosk, {}).update(place, **changes)

    def on_down(self) -> None:
        """The connection to the broker ended: what comes next may have waited there."""
        self._offsets.on_down()

    def flush(self, *, all_of_it: bool = False) -> bool:
        """Write of what was gathered as much as keeps nobody waiting; True when there was anything.

        ``all_of_it``: however much it is. After a failure it is still gathered.
        """
        told = False
        while self._said:
            part = dict(islice(self._said.items(), AT_ONCE))
            self._database.hear(part)
            for kiosk in part:
                del self._said[kiosk]
            told = True
            if not all_of_it:
                break
        return told

    def flush_history(self, *, all_of_it: bool = False) -> None:
        """Write what is due of the history. Raises sqlalchemy's errors."""
        if self._history is not None:
            self._history.flush(self._now(), all_of_it=all_of_it)

    def _changes(self, topic: Topic, payload: bytes) -> dict[str, Any]:
        if topic.kind is Kind.ALERT:
            return self._alert(topic, payload)
        if not payload:
            return {}
        if topic.kind is Kind.STATE:
            state = decode_json(State, payload).st
            if self._states.get(topic.address.kiosk) == state:
                return {"state": state}
            self._states[topic.address.kiosk] = state
            return {"state": state, "state_at": to_text(self._now())}
        if topic.kind is Kind.BIRTH:
            return {"sw": decode_json(Birth, payload).sw}
        if topic.kind is Kind.TELEMETRY:
            sample, now = decode_json(Telemetry, payload), self._now()
            if topic.tail == UPLINK_GROUP:
                sample = self._with_offset(topic.address.kiosk, sample, now)
            if self._history is not None:
                self._history.hear(topic.address.kiosk, sample, now)
            return self._telemetry(topic.tail, sample)
        return {}

    def _alert(self, topic: Topic, payload: bytes) -> dict[str, Any]:
        """An alert that stands, or an empty message: it is over. All that stand are one word of the kiosk."""
        kiosk, code = topic.address.kiosk, (topic.tail or "").replace("-", "_")
        standing = self._alerts.get(kiosk, {})
        if not payload:
            if code not in standing:
                return {}
            left = {one: said for one, said in standing.items() if one != code}
        else:
            alert = decode_json(Alert, payload)
            if alert.code != code:
                raise BadMessage("an alert lies on the topic of another one")
            if code not in standing and len(standing) >= MOST_ALERTS:
                raise BadMessage("more alerts stand at one kiosk than any kiosk knows")
            # A kiosk's clock may be wrong: nothing began after it was told, or before there were kiosks.
            since = min(max(alert.since, EARLIEST), self._now())
            left = {**standing, code: (alert.level, to_text(since))}
        self._alerts[kiosk] = left
        return {"alerts": left}

    def _with_offset(self, kiosk: str, sample: Telemetry, now: datetime) -> Telemetry:
        """The uplink says what its clock shows as it sends."""
        offset_s = self._offsets.hear(kiosk, sample.ts, now)
        if sample.clock is not None or offset_s is None:
            return sample
        return sample.model_copy(update={"clock": Clock(src="", offset_s=offset_s)})

    def _telemetry(self, group: str | None, sample: Telemetry) -> dict[str, Any]:
        now = self._now()
        # An age, not a time, travels: the kiosk's clock may be wrong, its stopwatch is not.
        since = now - timedelta(seconds=min(sample.outbox.oldest_s, 10 * 366 * 86_400))
        changes: dict[str, Any] = {
            "outbox_n": sample.outbox.n,
            "outbox_since": to_text(since) if sample.outbox.n else None,
            "seq_last": sample.seq_last,
            "sw": sample.sw,
            "told_at": to_text(now),
        }
        if group != UPLINK_GROUP:
            changes["faults"] = list(sample.err)
        if sample.batt is not None:
            changes["charge"] = sample.batt.charge
            changes["mains"] = sample.batt.mains
        changes.update(_of_itself(sample))
        return changes


def _kept(alert: StandingAlert) -> tuple[str, str]:
    return "critical" if alert.critical else "warning", to_text(alert.since)


def _of_itself(sample: Telemetry) -> dict[str, Any]:
    """What a sample says of the kiosk's parts; what it does not speak of stays as it was told before."""
    changes: dict[str, Any] = {"outbox_bytes": sample.outbox.bytes}
    if sample.disk is not None:
        changes |= {"disk_free": sample.disk.free, "disk_size": sample.disk.size}
    if sample.clock is not None:
        told = {"clock_src": sample.clock.src or None, "clock_offset_s": sample.clock.offset_s}
        changes |= {name: value for name, value in told.items() if value is not None}
    if sample.net is not None:
        changes |= {"net_via": sample.net.via, "net_up_s": sample.net.up_s}
    if sample.glass is not None:
        changes |= {"glass_tries": sample.glass.tries, "glass_dirty": sample.glass.dirty}
    if sample.paused is not None:
        changes |= {"paused_n": sample.paused.n, "paused_overdue": min(sample.paused.overdue, sample.paused.n)}
    if sample.board_c is not None:
        changes["board_c"] = sample.board_c
    if sample.officer is not None:
        changes["officer"] = sample.officer
    return changes
