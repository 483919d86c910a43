"""The office's figures for Prometheus, in its text format 0.0.4 and by its naming rules. Names no citizen and no kiosk.

Without a label for each kiosk: ten thousand kiosks would be as many series. What a single one does stands on the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from kiosk.office.fleet import STATES, is_low, stand
from kiosk.office.forwarding import Above
from kiosk.office.keeping import Keeping
from kiosk.office.shards import collector_name
from kiosk.office.snapshot import Snapshot
from kiosk.wire.messages import ALERT_CODES

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def metrics_text(snapshot: Snapshot) -> str:
    """Everything, one family after another."""
    return "".join(f"{line}\n" for line in _lines(snapshot))


def _lines(snapshot: Snapshot) -> Iterator[str]:
    states = Counter(one.state for one in stand(snapshot))
    waiting = [row for row in snapshot.kiosks if row.outbox_n]
    alarms = Counter(alarm.code for alarm in snapshot.alarms)
    yield from _family(
        "enrolments_received_total", "counter", "Enrolments that the office has committed.", snapshot.received_all
    )
    yield from _family("broker_connected", "gauge", "Whether the collector is at its broker.", int(snapshot.broker_up))
    active = {collector_name(one.shard): int(one.active is not None) for one in snapshot.collectors}
    waiting_collectors = {collector_name(one.shard): len(one.waiting) for one in snapshot.collectors}
    yield from _family("collector_active", "gauge", "Whether this collector collects somewhere.", active, "collector")
    yield from _family(
        "collectors_waiting", "gauge", "How many wait to take this collector's place.", waiting_collectors, "collector"
    )
    yield from _family(
        "kiosks", "gauge", "Registered kiosks by what they do.", {state: states[state] for state in STATES}, "state"
    )
    yield from _family(
        "kiosk_only_enrolments",
        "gauge",
        "Enrolments that exist only on kiosks, as they last said.",
        sum(row.outbox_n or 0 for row in waiting),
    )
    oldest = min((row.outbox_since for row in waiting if row.outbox_since is not None), default=None)
    if oldest is not None:
        yield from _family(
            "kiosk_only_oldest_timestamp_seconds",
            "gauge",
            "When the oldest of them was finished.",
            round(oldest.timestamp()),
        )
    yield from _family(
        "enrolments_missing", "gauge", "Enrolments that are nowhere, by the sequences.", sum(snapshot.gaps.values())
    )
    if snapshot.above is not None:
        yield from _above(snapshot.above)
    faults = Counter(fault for row in snapshot.kiosks for fault in row.faults)
    yield from _family(
        "kiosk_faults", "gauge", "How many kiosks report this fault.", dict(sorted(faults.items())), "fault"
    )
    yield from _alerts(snapshot)
    low = sum(is_low(snapshot, row) for row in snapshot.kiosks)
    yield from _family("kiosks_low_battery", "gauge", "Kiosks with little charge, and not on mains.", low)
    yield from _family(
        "kiosks_settings_differ", "gauge", "Kiosks without the settings that are wanted of them.", snapshot.differing
    )
    yield from _family("alarms", "gauge", "Alarms that need a person, by code.", dict(sorted(alarms.items())), "code")
    yield from _family(
        "certificate_expiry_timestamp_seconds",
        "gauge",
        "When the first of the office's own certificates ends.",
        round(snapshot.broker_not_after.timestamp()),
    )
    if snapshot.authority_not_after is not None:
        yield from _family(
            "authority_expiry_timestamp_seconds",
            "gauge",
            "When the first authority of certificates ends.",
            round(snapshot.authority_not_after.timestamp()),
        )
    yield from _family(
        "adopted",
        "gauge",
        "Whether the registry is root's own (kiosk office adopt).",
        int(snapshot.registry.revision > 0),
    )
    yield from _kept(snapshot.keeping)
    ends = [one.tls_not_after for one in snapshot.registry.kiosks.values() if one.revoked_at is None]
    if ends:
        yield from _family(
            "kiosk_certificate_expiry_timestamp_seconds",
            "gauge",
            "When the first certificate of a kiosk ends.",
            round(min(ends).timestamp()),
        )
    yield from _family(
        "renewals_waiting", "gauge", "Kiosks that wait for a new certificate.", snapshot.renewals_waiting
    )
    if snapshot.revocations_until is not None:
        yield from _family(
            "revocations_expiry_timestamp_seconds",
            "gauge",
            "When the revocation list ends, and the broker lets no kiosk in.",
            round(snapshot.revocations_until.timestamp()),
        )


def _alerts(snapshot: Snapshot) -> Iterator[str]:
    """Alerts that stand at kiosks that are not revoked. What only newer kiosks say is one code: it makes no series."""
    standing = Counter(
        (alert.code if alert.code in ALERT_CODES else "other", "critical" if alert.critical else "warning")
        for one in stand(snapshot)
        if one.last is not None and one.state != "revoked"
        for alert in one.last.alerts
    )
    name = "kiosk_office_kiosk_alerts"
    yield f"# HELP {name} At how many kiosks this alert stands, as they say."
    yield f"# TYPE {name} gauge"
    for (code, severity), count in sorted(standing.items()):
        yield f'{name}{{code="{code}",severity="{severity}"}} {count}'


def _kept(keeping: Keeping) -> Iterator[str]:
    if keeping.last_backup is not None:
        yield from _family(
            "backup_timestamp_seconds",
            "gauge",
            "When the last backup was begun that was read back.",
            round(keeping.last_backup.timestamp()),
        )
    if keeping.disk_free is not None and keeping.disk_size is not None:
        yield from _family("disk_free_bytes", "gauge", "Room on the disk of the office's folder.", keeping.disk_free)
        yield from _family("disk_size_bytes", "gauge", "The size of that disk.", keeping.disk_size)


def _above(above: Above) -> Iterator[str]:
    yield from _family(
        "above_connected", "gauge", "Whether the broker of the office above is reached.", int(above.connected)
    )
    yield from _family(
        "above_waiting_enrolments", "gauge", "Enrolments that the office above does not have.", above.backlog.waiting
    )
    yield from _family("above_refused_enrolments", "gauge", "Those of them that it has refused.", above.backlog.refused)
    if above.backlog.since is not None:
        yield from _family(
            "above_oldest_timestamp_seconds",
            "gauge",
            "When the oldest of them was received here.",
            round(above.backlog.since.timestamp()),
        )


def _family(name: str, kind: str, about: str, value: int | Mapping[str, int], label: str = "") -> Iterator[str]:
    whole = f"kiosk_office_{name}"
    yield f"# HELP {whole} {about}"
    yield f"# TYPE {whole} {kind}"
    if isinstance(value, int):
        yield f"{whole} {value}"
        return
    for key, count in value.items():
        text = key.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        yield f'{whole}{{{label}="{text}"}} {count}'
