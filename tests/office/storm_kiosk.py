"""A kiosk app in a storm: the custody desk's own parts on one thread, over a disk that fills and a clock that jumps.

Seals, takes in receipts and commands as the kiosk does, and is never killed here (`./run prove kills` does that). Knows
what the true time was at each sealing, to judge what the record says about it.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from kiosk.custody.clock import TrustedClock
from kiosk.custody.entries import OutboxEntry, uptime_s
from kiosk.custody.errors import CustodyFault, OutboxFull, UnknownPackage
from kiosk.custody.outbox import Outbox
from kiosk.domain.experience import Remedy
from kiosk.domain.quality import PrintVerdict
from kiosk.journey.closing import OUTBOX
from kiosk.journey.events import DeviceRecovered, DeviceTrouble, Event
from kiosk.runtime.answering import Chamber, Told
from kiosk.runtime.audit import AuditBook
from kiosk.runtime.commanding import CommandTaker
from kiosk.runtime.orderbook import OrderBook
from kiosk.runtime.packing import Packer, Seals
from kiosk.runtime.receipts import Books, Keeping, ReceiptTaker
from kiosk.runtime.rosters import RosterDesk
from kiosk.runtime.silence import Silence
from tests.office.stand import KioskSide, new_id
from tests.office.storm_parts import JumpingClock

SMALL_DISK_MB = 48
MOUNT_S = 10.0


class FullBefore(Exception):
    """Nobody was begun: the kiosk says that its disk is full."""


class FullAtSealing(Exception):
    """The disk was full at the sealing; nothing of this enrolment is in the outbox, and its draft waits."""


@contextmanager
def small_disk(folder: Path) -> Iterator[str]:
    """A small file system of its own at `folder`, where this machine lets one be mounted; what it is, or nothing."""
    folder.mkdir(exist_ok=True)
    size = f"size={SMALL_DISK_MB}m"
    command = ["mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)]
    mounted = os.geteuid() == 0 and not subprocess.run(command, check=False, timeout=MOUNT_S).returncode
    try:
        yield f"tmpfs of {SMALL_DISK_MB} MB" if mounted else ""
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=False, timeout=MOUNT_S)


@dataclass
class StormKiosk(KioskSide):
    """`clock`: the file by which its wall clock jumps. `mounted`: whether its folder is a disk of its own."""

    clock: Path = Path("/nonexistent")
    mounted: bool = False
    sealed_at: dict[str, tuple[datetime, datetime]] = field(default_factory=dict[str, tuple[datetime, datetime]])
    rung: Counter[str] = field(default_factory=Counter[str])
    waiting: list[tuple[str, bytes]] = field(default_factory=list[tuple[str, bytes]])

    def __post_init__(self) -> None:
        """Open the files and begin the first boot."""
        super().__post_init__()
        self.now = JumpingClock(self.clock)
        self.outbox = Outbox(self.database, now=self.now)
        self._audit = AuditBook(self.directory / "audit.log", now=self.now)
        self._full = False
        self._limited = False
        self._boots = 0
        self.boot()

    def boot(self) -> None:
        """The computer begins anew: what its stopwatch and its memory knew is gone."""
        self._boots += 1
        seals = Seals(
            self.kiosk, self.record_key, self.keys, drivers=dict, boot=f"boot {self._boots}", software="storm"
        )
        self._certain = TrustedClock(self.database)
        self._packer = Packer(seals, outbox=self.outbox, clock=self._certain, audit=self._audit)
        books = Books(self.database, self.outbox, self._certain, self._audit)
        self._receipts = ReceiptTaker(
            books,
            self.inbox,
            office=self.keys.receipt,
            packer=self._packer,
            post=self._on_event,
            # What is settled stays, so that it can be compared; how long is another test's affair.
            keeping=Keeping(settled_days=100_000),
            now=self.now,
        )
        self._commands = self._taker(seals)
        self._commands.stand()

    def _taker(self, seals: Seals) -> CommandTaker:
        book = OrderBook(self.database)
        silence = Silence(book, after_days=30, boot=seals.boot, stopwatch_s=uptime_s, now=self.now)
        self._receipts.on_word = lambda at, fresh: silence.heard(at, fresh=fresh)
        chamber = Chamber(
            self.kiosk,
            self.record_key,
            self.keys,
            self.database,
            self.outbox,
            self._audit,
            self._certain,
            destroy=lambda: None,
        )
        rosters = RosterDesk(
            chamber, self.inbox, book=book, post=self._on_event, keep_days=7, stopwatch_s=uptime_s, now=self.now
        )
        return CommandTaker(
            chamber,
            self.inbox,
            book=book,
            settings={},
            silence=silence,
            rosters=rosters,
            hands=self,
            post=self._on_event,
            keep_settled=lambda _days: None,
            later=lambda work: work(),
            now=self.now,
        )

    @property
    def locked(self) -> bool:
        """Whether it serves nobody."""
        return self._commands.locked

    def certain(self) -> tuple[datetime | None, datetime | None]:
        """Between which times it is now, as the header of a package says it."""
        interval = self._certain.interval()
        return interval.earliest, interval.latest

    def begin(self, body: bytes, *, knowingly: bool) -> OutboxEntry:
        """Serve a citizen, unless the disk is full; `knowingly`: they were begun before it said so.

        Raises FullBefore, FullAtSealing.
        """
        if self._full and not knowingly:
            raise FullBefore
        return self._seal(new_id(), body)

    def seal_waiting(self) -> list[OutboxEntry]:
        """Seal those for whom there was no room: an officer tries again."""
        sealed: list[OutboxEntry] = []
        while self.waiting and not self._full:
            package_id, body = self.waiting.pop(0)
            with suppress(FullAtSealing):
                sealed.append(self._seal(package_id, body))
                continue
            break
        return sealed

    def _seal(self, package_id: str, body: bytes) -> OutboxEntry:
        before, asked_s = datetime.now(UTC), self._certain.stopwatch_s()
        try:
            with self._file_limit():
                entry = self.outbox.commit_enrolment(
                    package_id, lambda seq, prev: self.package(package_id, seq, prev, body=body)
                )
        except (OutboxFull, CustodyFault) as error:
            self.waiting.append((package_id, body))
            with suppress(UnknownPackage):
                self.outbox.entry(package_id)
                raise AssertionError("half an enrolment is in the outbox") from error
            assert self.outbox.gaps() == ()
            raise FullAtSealing from error
        self._packer.asked_s[entry.id] = asked_s
        self.sealed_at[entry.id] = (before, datetime.now(UTC))
        return entry

    def fill_disk(self) -> None:
        """Let something else take all the room there is."""
        if not self.mounted:
            self._limited = True
            return
        with suppress(OSError), self._filler.open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(65_536))
        with suppress(OSError), self._filler.open("ab", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))

    def free_disk(self) -> None:
        """Let it go again."""
        self._limited = False
        self._filler.unlink(missing_ok=True)

    @property
    def is_full(self) -> bool:
        """Whether it says that it is too full to begin anybody."""
        return self._full

    @property
    def disk_is_full(self) -> bool:
        """Whether the disk was filled."""
        return self._limited or self._filler.exists()

    @property
    def _filler(self) -> Path:
        return self.directory / "filler"

    @contextmanager
    def _file_limit(self) -> Iterator[None]:
        """Where no disk can be mounted: the files of this process may not grow."""
        if not self._limited:
            yield
            return
        old = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, old[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
            signal.signal(signal.SIGXFSZ, handler)

    def release(self) -> None:
        """Take in what the uplink has written down: receipts, then commands."""
        self._receipts.take()
        self._commands.take()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, DeviceTrouble) and event.device == OUTBOX:
            self._full = True
        elif isinstance(event, DeviceRecovered) and event.device == OUTBOX:
            self._full = False

    def configure(self, name: str, value: float | str) -> None:
        """As the hands of a kiosk; not ordered here."""

    def order_remedies(self, verdict: PrintVerdict, order: tuple[Remedy, ...]) -> None:
        """As the hands of a kiosk; not ordered here."""

    def log_lines(self, count: int) -> Sequence[str]:
        """As the hands of a kiosk; not ordered here."""
        return [""] * min(count, 1)

    def ring(self, seconds: float, told: Told) -> None:
        """Ring; how often for which length of time is kept."""
        self.rung[f"{seconds:g}"] += 1
        told("done", "")
