"""A kiosk's side and an office's side for tests: real files, real threads, a real broker in between."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from kiosk.custody.database import CustodyDatabase
from kiosk.custody.entries import OutboxEntry, Status
from kiosk.custody.errors import CustodyError
from kiosk.custody.inbox import InboxReader
from kiosk.custody.outbox import Outbox
from kiosk.domain.capture_plan import ExceptionReason
from kiosk.office.changes import Changes
from kiosk.office.collector import Collector
from kiosk.office.database import OfficeDatabase
from kiosk.office.holdings import OfficeHoldings
from kiosk.office.intake import Intake
from kiosk.office.layout import OfficeLayout
from kiosk.office.opening import Opened, open_enrolment
from kiosk.office.openlog import note_at_office
from kiosk.office.registry import load_registry
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.header import DriverNote, PackageHeader
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.package import seal
from kiosk.sealing.receipts import verify_receipt
from kiosk.sealing.suites import OpeningKey
from kiosk.uplink.process import run_uplink
from kiosk.uplink.settings import LinkSettings, UplinkSettings
from kiosk.wire.enrolment import SlotNote, Summary, encode_summary

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
PATIENCE_S = 60.0


def eventually(holds: Callable[[], bool], what: str, *, timeout_s: float = PATIENCE_S) -> None:
    """Wait for a condition, with a deadline."""
    until_s = time.monotonic() + timeout_s
    pause = threading.Event()
    while not holds():
        if time.monotonic() > until_s:
            raise AssertionError(f"never happened: {what}")
        pause.wait(0.01)


def new_id() -> str:
    """A UUIDv7."""
    value = (time.time_ns() // 1_000_000 << 80) | (uuid.uuid4().int & ((1 << 80) - 1))
    value = value & ~(0xF << 76) | (7 << 76)
    value = value & ~(0b11 << 62) | (0b10 << 62)
    return str(uuid.UUID(int=value))


def summary(name: str = "Nguyễn Thị Mận") -> Summary:
    """What the collector may read of one enrolment."""
    return Summary(
        name=name,
        unit="Xóm Tân Hợp, xã Thạch Kênh",
        started_at=NOW,
        finished_at=NOW,
        slots={
            "portrait": SlotNote("filled", quality=88),
            "right_index": SlotNote("excepted", reason=ExceptionReason.MISSING),
            "iris": SlotNote("not_possible"),
        },
        person="tk-0017",
    )


def link_settings_of(layout: OfficeLayout, kiosk: str, port: int) -> LinkSettings:
    """A kiosk's way to the broker by its bundle, with short waits."""
    folder = layout.bundle(kiosk) / "uplink"
    return LinkSettings(
        identity=kiosk,
        broker_host="localhost",
        broker_port=port,
        authority_file=folder / "server-ca.pem",
        certificate_file=folder / "tls.pem",
        key_file=folder / "tls.key",
        keepalive_s=10,
        reconnect_min_s=0.05,
        reconnect_max_s=0.2,
    )


def uplink_settings_of(
    layout: OfficeLayout, kiosk: str, directory: Path, port: int, **changes: object
) -> UplinkSettings:
    """A kiosk's uplink settings by its bundle, with short waits."""
    values: dict[str, object] = {
        "province": "ht",
        "commune": "tk",
        "kiosk": kiosk,
        "link": link_settings_of(layout, kiosk, port),
        "outbox": directory / "outbox.db",
        "inbox": directory / "inbox.db",
        "poll_s": 0.02,
        "answer_timeout_s": 1.0,
        "backoff_min_s": 0.05,
        "backoff_max_s": 0.3,
        **changes,
    }
    return UplinkSettings(**values)  # type: ignore[arg-type]


@dataclass
class KioskSide:
    """The kiosk app's part: it alone writes the outbox and releases packages."""

    layout: OfficeLayout
    kiosk: str
    directory: Path
    port: int
    simulated: bool = True
    link: dict[str, float] = field(default_factory=dict)
    signer: SigningKey | None = None

    def __post_init__(self) -> None:
        private = self.layout.bundle(self.kiosk) / "kiosk"
        self.keys = OfficeKeys.load(private / "office-keys.json")
        self.record_key = self.signer or SigningKey.load(private / "record.key")
        self.database = CustodyDatabase.open(self.directory / "outbox.db", self.directory / "kiosk.db")
        self.outbox = Outbox(self.database)
        self.inbox = InboxReader(self.directory / "inbox.db")
        self._seen = 0
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.database.close()

    def settings(self, **changes: object) -> UplinkSettings:
        """Uplink settings over the kiosk's bundle, with short waits."""
        return uplink_settings_of(self.layout, self.kiosk, self.directory, self.port, **changes)

    def start(self, **changes: object) -> None:
        """Run the uplink in a thread of its own."""
        self._stop.clear()
        settings = self.settings(**changes)
        self._thread = threading.Thread(target=run_uplink, args=(settings, self._stop), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the uplink."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(PATIENCE_S)
            assert not self._thread.is_alive()
            self._thread = None

    def certain(self) -> tuple[datetime | None, datetime | None]:
        """Between which times it is now for certain; here nothing is known."""
        return None, None

    def package(
        self,
        package_id: str,
        seq: int,
        prev: bytes,
        *,
        size: int = 1000,
        body: bytes | None = None,
        supplements: str | None = None,
    ) -> bytes:
        """A sealed and signed package with about ``size`` bytes."""
        earliest, latest = self.certain()
        header = PackageHeader(
            id=package_id,
            kiosk=self.kiosk,
            seq=seq,
            prev=prev,
            suite=self.keys.recipients.suite,
            summary_kid=self.keys.recipients.summary.kid,
            body_kid=self.keys.recipients.body.kid,
            boot="boot",
            mono_ms=1,
            wall=NOW,
            clock_src="ntp",
            earliest=earliest,
            latest=latest,
            sw="1",
            drivers={"camera": DriverNote("frames", self.simulated)},
            escrow_kid=self.keys.recipients.escrow.kid if self.keys.recipients.escrow else "",
        )
        return seal(
            header,
            summary=encode_summary(replace(summary(), supplements=supplements)),
            body=body if body is not None else bytes(size),
            recipients=self.keys.recipients,
            signer=self.record_key,
        )

    def enrol(self, *, size: int = 1000, body: bytes | None = None) -> OutboxEntry:
        """Finish one enrolment into the outbox."""
        package_id = new_id()
        return self.outbox.commit_enrolment(
            package_id, lambda seq, prev: self.package(package_id, seq, prev, size=size, body=body)
        )

    def release(self) -> None:
        """Verify what came and release: what the kiosk app does."""
        try:
            arrivals = self.inbox.receipts(after=self._seen)
        except CustodyError:
            return  # the uplink has not made the file, or is just making it
        for arrived in arrivals:
            self._seen = arrived.n
            self.outbox.release(arrived.data, lambda signed: verify_receipt(signed, self.keys.receipt))

    def status(self, entry: OutboxEntry) -> Status:
        """Where the package stands now, after looking into the inbox."""
        self.release()
        return self.outbox.entry(entry.id).status


@dataclass
class OfficeSide:
    """The collector and its database."""

    layout: OfficeLayout
    database: OfficeDatabase
    url: str
    changes: Changes = field(default_factory=Changes)

    def __post_init__(self) -> None:
        self.settings = OfficeSettings(directory=self.layout.root, reconnect_min_s=0.05, reconnect_max_s=0.2)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.collector: Collector | None = None

    def start(self) -> None:
        """Run a new collector, as a restart of the process would."""
        self._stop = threading.Event()
        self.collector = Collector(self.settings, self.database, self.changes)
        self._thread = threading.Thread(target=self.collector.run, args=(self._stop,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the collector."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(PATIENCE_S)
            assert not self._thread.is_alive()
            self._thread = None


@contextmanager
def open_office(layout: OfficeLayout, url: str) -> Iterator[OfficeSide]:
    """An office whose collector is not yet running."""
    database = OfficeDatabase.open(url)
    side = OfficeSide(layout, database, url)
    try:
        yield side
    finally:
        side.stop()
        database.close()


def open_at(layout: OfficeLayout, database: OfficeDatabase, enrolment: str, *, key_file: Path, out_dir: Path) -> Opened:
    """Open an enrolment at the office, as the command does."""
    holdings = OfficeHoldings(database, load_registry(layout.registry))
    note = note_at_office(database, by="mai", now=lambda: NOW)
    return open_enrolment(holdings, enrolment, key_file=key_file, out_dir=out_dir, note=note)


def intake_of(layout: OfficeLayout, database: OfficeDatabase) -> Intake:
    """The office's custody desk, without a broker."""
    return Intake(
        database,
        registry=lambda: load_registry(layout.registry),
        summary_key=OpeningKey.load(layout.collector / "summary.key"),
        receipt_key=SigningKey.load(layout.collector / "receipt.key"),
        now=lambda: NOW,
    )
