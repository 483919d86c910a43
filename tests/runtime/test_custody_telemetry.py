"""The custody desk on real files: what it tells of itself, gives up in time, and raises alerts for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drivers.errors import DeviceFault
from drivers.power.api import PowerReading
from kiosk.custody.outbox import Outbox
from kiosk.custody.reader import OutboxReader
from kiosk.custody.room import Room
from kiosk.journey.events import (
    Sealed,
)
from kiosk.runtime.telemetry import About, Watch
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.package import package_hash, verify
from kiosk.wire.messages import Glass, HandsSample, Telemetry
from tests.journey.script import Kiosk
from tests.runtime.custody_stage import NOW, Make, Office, arrive, package_of, sealed, session_at_review, settled_days
from tests.runtime.stage import Mailbox

# Telemetry


class Power:
    """A power supply that says what it is told to, or fails."""

    simulated = True

    def __init__(self, reading: PowerReading | None) -> None:
        self._reading = reading

    def read(self) -> PowerReading:
        if self._reading is None:
            raise DeviceFault("power: nothing to read")
        return self._reading

    def close(self) -> None:
        return


@pytest.mark.parametrize(
    ("reading", "charge", "errors"),
    [
        (PowerReading(87, True), 0.87, []),
        (PowerReading(None, True), None, []),
        (PowerReading(None, None), "no battery", []),
        (None, "no battery", ["power"]),
    ],
)
def test_a_telemetry_row_is_what_the_wire_says_it_is(
    make: Make, mailbox: Mailbox, tmp_path: Path, reading: PowerReading | None, charge: object, errors: list[str]
) -> None:
    desk, _session, package = sealed(make, mailbox)
    watch = Watch(
        desk,
        Power(reading),
        folder=tmp_path,
        about=About("kiosk-tk-01", "5f2c", "0.1.0", lambda: {"camera": "simulated"}),
        now=lambda: NOW,
        tell=lambda _status: None,
        faults=lambda: (),
        glass=lambda: (50, 3),
        hands=lambda: (2, 310, 41),
    )
    desk.write_telemetry("kiosk", watch._sample).result(20)

    def read() -> bytes:
        assert desk._database is not None
        with desk._database.reading() as connection:
            return bytes(connection.execute("SELECT json FROM telemetry ORDER BY n DESC LIMIT 1").fetchone()[0])

    row = Telemetry.model_validate_json(desk._worker.submit(read).result(20))
    assert (row.seq_last, row.chain) == (1, package_hash(package).hex())
    assert (row.outbox.n, row.outbox.bytes) == (1, len(package))
    assert (row.batt.charge if row.batt is not None else "no battery") == charge
    assert list(row.err) == errors
    assert row.glass == Glass(tries=50, dirty=3)
    assert row.hands == HandsSample(help=2, touches=310, rejects=41)
    # A code of the officer who signed in, and nothing of the name.
    assert row.officer is not None
    assert row.officer == desk.last_officer


@pytest.mark.parametrize(("days", "erased"), [(7.0, False), (0.0, True)])
def test_what_is_settled_is_erased_when_its_days_as_a_second_copy_are_over(
    make: Make, mailbox: Mailbox, office: Office, tmp_path: Path, days: float, erased: bool
) -> None:
    desk, session, package = sealed(make, mailbox)
    settled_days(desk, days)
    arrive(tmp_path, office.receipt(package, session, status="settled"))
    desk.look_for_receipts().result(20)
    assert desk._outbox is not None
    outbox: Outbox = desk._outbox
    assert desk._worker.submit(lambda: outbox.entry(session.enrolment).erased).result(20) is erased


def test_a_full_outbox_gives_up_its_second_copies_at_once(
    make: Make, mailbox: Mailbox, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, session, package = sealed(make, mailbox)
    monkeypatch.setattr(Outbox, "room", lambda _outbox: Room(used_bytes=85, free_bytes=15))
    arrive(tmp_path, office.receipt(package, session, status="settled"))
    desk.look_for_receipts().result(20)
    assert (desk.standing.full_percent, standing_alerts(tmp_path)) == (85, {"outbox_filling": "warning"})
    assert desk._outbox is not None
    assert desk._worker.submit(desk._outbox.summary).result(20).erased == 1


def standing_alerts(tmp_path: Path) -> dict[str, str]:
    return {alert.code: alert.level for alert in OutboxReader(tmp_path / "outbox" / "outbox.db").alerts()}


def test_a_refused_package_is_shown_and_raises_an_alert_until_it_is_taken_in(
    make: Make, mailbox: Mailbox, office: Office, tmp_path: Path
) -> None:
    desk, session, package = sealed(make, mailbox)
    arrive(tmp_path, office.receipt(package, session, status="rejected", number=0, code="unknown_kiosk"))
    desk.look_for_receipts().result(20)
    assert (desk.standing.waiting, desk.standing.rejected) == (1, 1)
    assert standing_alerts(tmp_path) == {"package_refused": "critical"}
    arrive(tmp_path, office.receipt(package, session))
    desk.look_for_receipts().result(20)
    assert (desk.standing.rejected, standing_alerts(tmp_path)) == (0, {})


def test_the_receipt_of_a_package_tells_the_next_one_when_it_is(
    make: Make, mailbox: Mailbox, office: Office, signer: SigningKey, tmp_path: Path
) -> None:
    desk, session, package = sealed(make, mailbox)
    first = verify(package, signer.public).header
    assert first.earliest is not None
    assert first.latest is None
    told_at = datetime(2026, 12, 24, 3, 0, tzinfo=UTC)
    arrive(tmp_path, office.receipt(package, session, at=told_at))
    desk.look_for_receipts().result(20)
    assert desk.standing.clock_wrong, "the wall clock is a month behind the office's word"
    second = replace(session_at_review(), enrolment="0193b3a0-1234-7abc-8def-aaaaaaaaaaaa")
    desk.seal(Kiosk(session=second).touch("yes").session, NOW)
    mailbox.next(Sealed)
    header = verify(package_of(desk, second.enrolment), signer.public).header
    assert header.earliest is not None
    assert header.latest is not None
    assert told_at <= header.latest
    assert header.latest - header.earliest < timedelta(minutes=2)
    assert header.wall == NOW, "what the wall clock said is kept beside it"
