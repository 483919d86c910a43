"""The custody desk's stage: an office that writes receipts, an officer who has signed in, and looks into its files."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from kiosk.custody.entries import Status
from kiosk.custody.inbox import Inbox
from kiosk.custody.outbox import Outbox
from kiosk.journey.events import (
    Sealed,
    SignedIn,
)
from kiosk.journey.session import Session
from kiosk.runtime.custody import CustodyDesk
from kiosk.runtime.receipts import Keeping
from kiosk.sealing.keys import OfficeKeys, Recipients, SigningKey
from kiosk.sealing.package import package_hash
from kiosk.sealing.receipts import Receipt, sign_receipt
from kiosk.sealing.suites import OpeningKey
from tests.journey.script import Kiosk
from tests.runtime.stage import Mailbox

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
PIN = "2468013"
BIG = b"\x89PNG" + bytes(range(256)) * 600


@dataclass
class Office:
    """The office's secret keys, and a hand that writes receipts."""

    summary: OpeningKey
    body: OpeningKey
    receipts: SigningKey

    def public(self) -> OfficeKeys:
        return OfficeKeys(Recipients(self.summary.public, self.body.public), self.receipts.public)

    def receipt(self, package: bytes, session: Session, *, key: SigningKey | None = None, **changes: object) -> bytes:
        plain = Receipt(session.enrolment, "kiosk-tk-01", 1, package_hash(package), "received", 41, NOW)
        return sign_receipt(replace(plain, **changes), key or self.receipts)  # type: ignore[arg-type]


Make = Callable[[], CustodyDesk]


def signed_in(make: Make, mailbox: Mailbox) -> tuple[CustodyDesk, SignedIn]:
    desk = make()
    desk.sign_in("HT-0417", PIN)
    return desk, mailbox.next(SignedIn)


def session_at_review() -> Session:
    return Kiosk().at_review().session


def package_of(desk: CustodyDesk, enrolment: str) -> bytes:
    """The package's bytes, as the uplink reads them."""

    def read() -> bytes:
        assert desk._database is not None
        with desk._database.reading() as connection:
            row = connection.execute("SELECT bytes FROM package WHERE id = ?", (enrolment,)).fetchone()
        return bytes(row[0])

    return desk._worker.submit(read).result(20)


def drafts(desk: CustodyDesk) -> tuple[str, ...]:
    assert desk._drafts is not None
    return desk._worker.submit(desk._drafts.ids).result(20)


def limit(desk: CustodyDesk, schema: str, more_pages: int) -> None:
    """Let the file of that schema grow by so few pages only, as a full disk would."""

    def set_it() -> None:
        assert desk._database is not None
        with desk._database.reading() as connection:
            pages = connection.execute(f"PRAGMA {schema}.page_count").fetchone()[0]
            connection.execute(f"PRAGMA {schema}.max_page_count = {pages + more_pages}")

    desk._worker.submit(set_it).result(20)


# Receipts


def sealed(make: Make, mailbox: Mailbox) -> tuple[CustodyDesk, Session, bytes]:
    desk, _ = signed_in(make, mailbox)
    session = Kiosk().at_review().touch("yes").session
    desk.seal(session, NOW)
    mailbox.next(Sealed)
    return desk, session, package_of(desk, session.enrolment)


def arrive(tmp_path: Path, *receipts: bytes) -> None:
    with Inbox.open(tmp_path / "inbox" / "inbox.db") as inbox:
        for signed in receipts:
            inbox.add_receipt("whatever the uplink calls it", signed)


def status(desk: CustodyDesk, session: Session) -> Status:
    assert desk._outbox is not None
    outbox: Outbox = desk._outbox
    return desk._worker.submit(lambda: outbox.entry(session.enrolment).status).result(20)


# Settled and erased, refused, room, time, audit


def settled_days(desk: CustodyDesk, days: float) -> None:
    assert desk._receipts is not None
    desk._receipts._keeping = Keeping(days)
