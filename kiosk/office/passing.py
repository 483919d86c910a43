"""Passing packages on to the office above, by the code with which a kiosk sends its own; and taking its receipts in.

One process of an office does it, by a duty of its own. Whatever is lost on the way, the office's database still has it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from kiosk import __version__
from kiosk.custody.entries import OutboxEntry
from kiosk.custody.errors import CustodyBusy, CustodyError
from kiosk.custody.inbox import Inbox, InboxReader
from kiosk.office.changes import Changes
from kiosk.office.database import OfficeDatabase
from kiosk.office.duty import ABOVE, DutyLost, duty_of, standings
from kiosk.office.errors import OfficeError
from kiosk.office.forwarding import UNWANTED, Above, ForwardQueue, about, backlog, keep_word, queue_all
from kiosk.office.keyfile import PRIVATE_DIRECTORY_MODE, make_directory
from kiosk.office.registry import CurrentRegistry
from kiosk.office.settings import OfficeSettings
from kiosk.office.settling import settle
from kiosk.office.upstream import Upstream, load_upstream
from kiosk.office.vouching import find_vouched
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.receipts import Receipt, verify_receipt
from kiosk.sealing.vouching import Vouch, sign_vouch
from kiosk.uplink.process import Stop, Uplink
from kiosk.wire.topics import KioskAddress

_log = logging.getLogger(__name__)

AGAIN_S = 1.0


def upstream_of(settings: OfficeSettings) -> Upstream | None:
    """The office above; None where the settings name none. Raises OfficeError."""
    if settings.upstream is None:
        return None
    return load_upstream(
        settings.upstream,
        inbox=settings.layout.upstream_inbox,
        identity=settings.layout.upstream_identity,
        sw=__version__,
        reconnect_min_s=settings.reconnect_min_s,
        reconnect_max_s=settings.reconnect_max_s,
    )


class PassingOn:
    """The part of `kiosk office serve` that is a kiosk to the office above. `run` belongs to one thread."""

    def __init__(
        self, settings: OfficeSettings, upstream: Upstream, changes: Changes, *, now: Callable[[], datetime]
    ) -> None:
        """Raises OfficeError: a key or the registry cannot be used, or a demo would pass on to the field."""
        self._registry = CurrentRegistry(settings.layout.registry)
        if self._registry().demo != upstream.demo:
            raise OfficeError(
                "[upstream] bundle: a demo's office passes on to a demo's, and a field office to a field's"
            )
        try:
            self._receipt_key = SigningKey.load(settings.layout.collector / "receipt.key")
        except SealingError as error:
            raise OfficeError(str(error)) from error
        make_directory(settings.layout.upstream_identity, mode=PRIVATE_DIRECTORY_MODE)
        self._upstream = upstream
        self._changes = changes
        self._now = now
        self._url = settings.database
        self._duty = duty_of(settings.database, ABOVE, lease_s=settings.lease_s)
        self._uplink: Uplink | None = None
        self._refused = 0

    @property
    def on_duty(self) -> bool:
        """Whether this process is the one that passes on."""
        return self._uplink is not None

    @property
    def connected(self) -> bool:
        """Whether the broker above is reached."""
        uplink = self._uplink
        return uplink is not None and uplink.online

    def standing(self, database: OfficeDatabase) -> Above:
        """How it stands, from any thread and with a database of one's own. Raises sqlalchemy's errors."""
        connected = self.connected
        if not self.on_duty:  # where another process passes on, it is enough here that one does
            (one,) = standings(database, self._url, (ABOVE,))
            connected = one.active is not None
        return Above(self._upstream.name, self._upstream.where, connected, backlog(database))

    def run(self, stop: Stop) -> None:
        """Pass on whenever the duty can be had, until ``stop`` is set."""
        try:
            while not stop.is_set():
                database = self._duty.take(stop, lambda: None)
                if database is None:
                    return
                try:
                    self._pass_on(database, stop)
                except (SQLAlchemyError, CustodyError, DutyLost) as error:
                    _log.error("nothing is passed on just now: %s", type(error).__name__)
                    self._duty.end()
                    stop.wait(AGAIN_S)
        finally:
            self._duty.end()

    def _pass_on(self, database: OfficeDatabase, stop: Stop) -> None:
        with closing(database):
            if count := queue_all(database):
                _log.info("%d packages from before wait for the office above", count)
            file = self._upstream.uplink.inbox
            with Inbox.open(file) as inbox:
                voucher = _Voucher(self._upstream, self._registry, database)
                queue = ForwardQueue(database, turn=lambda: self._changes.turn, announce=voucher.announce)

                def on_up() -> None:
                    voucher.forget()
                    queue.on_up()

                def on_unwanted(entry: OutboxEntry, code: str, wait_s: float) -> None:
                    # One kiosk that is not settled above must not keep back the others', nor be asked for each package.
                    # For less long than this package waits, so that the kiosk's next ones are offered before it again.
                    queue.hold_back(entry.kiosk, wait_s / 2)
                    database.raise_alarm(entry.kiosk, UNWANTED, code, at=self._now())

                uplink = Uplink(
                    self._upstream.uplink,
                    inbox,
                    outbox=queue,
                    on_up=on_up,
                    on_unwanted=on_unwanted,
                    now=self._now,
                )
                voucher.publish = lambda topic, payload: uplink.publish(topic, payload, retain=True)
                self._uplink = uplink
                try:
                    seen: tuple[int, ...] = ()
                    while not stop.is_set():
                        self._duty.check()
                        uplink.turn()
                        stamp = _stamp(file)
                        if stamp != seen:
                            self._take_in(database, inbox, file)
                            seen = _stamp(file)
                finally:
                    self._uplink = None
                    uplink.close()

    def _take_in(self, database: OfficeDatabase, inbox: Inbox, file: Path) -> None:
        """Verify what came from above, keep it, and settle what is there. Raises sqlalchemy's errors, CustodyError."""
        while arrived := InboxReader(file).receipts():
            words: list[tuple[int, Receipt, bytes]] = []
            for one in arrived:
                receipt = self._verified(one.data)
                number = None if receipt is None else about(database, receipt)
                if receipt is not None and number is not None:
                    words.append((number, receipt, one.data))
            # First what it settles: a word that was kept is not taken in a second time.
            copy = {number: receipt.sha256 for number, receipt, _ in words if receipt.status != "rejected"}
            settle(database, self._receipt_key, copy, at=self._now())
            for number, receipt, signed in words:
                new = keep_word(database, number, receipt, signed, at=self._now())
                if new and receipt.status == "rejected":
                    self._say_rejected(database, receipt)
            # The database has them now. In the inbox they would be read again at every start.
            inbox.forget_receipts(sorted({one.name for one in arrived}))
            self._changes.ring()

    def _verified(self, signed: bytes) -> Receipt | None:
        try:
            return verify_receipt(signed, self._upstream.receipt)
        except SealingError as error:
            self._refused += 1
            if self._refused & (self._refused - 1) == 0:  # 1, 2, 4, 8, …: a flood must not fill the log
                _log.error("a receipt from above is not accepted: %s (%d)", type(error).__name__, self._refused)
            return None

    def _say_rejected(self, database: OfficeDatabase, receipt: Receipt) -> None:
        _log.error("the office above refuses a package of %s: %s", receipt.kiosk, receipt.code)
        database.raise_alarm(self._upstream.name, "refused_above", f"{receipt.code} {receipt.id}", at=self._now())


class _Voucher:
    """Says whose the packages are, once for each kiosk and connection: a broker may forget what it retained."""

    def __init__(self, upstream: Upstream, registry: CurrentRegistry, database: OfficeDatabase) -> None:
        self._upstream = upstream
        self._registry = registry
        self._database = database
        self._said: set[str] = set()
        self.publish: Callable[[str, bytes], int | None] = lambda _topic, _payload: None

    def forget(self) -> None:
        """A fresh connection."""
        self._said.clear()

    def announce(self, kiosk: str) -> None:
        """Vouch for a kiosk whose package goes up next. Raises CustodyBusy when the database fails."""
        if kiosk in self._said:
            return
        key = self._key(kiosk)
        if key is None:
            _log.error("a package of %s is passed on, and its kiosk is in no registry here", kiosk)
            return
        uplink, name = self._upstream.uplink, self._upstream.name
        signed = sign_vouch(Vouch(name, kiosk, key), self._upstream.signer)
        topic = KioskAddress(uplink.province, uplink.commune, name).vouch(kiosk)
        if self.publish(topic, signed) is not None:
            self._said.add(kiosk)

    def _key(self, kiosk: str) -> bytes | None:
        entry = self._registry().kiosks.get(kiosk)
        if entry is not None:
            return entry.record_key
        try:
            with self._database.reading() as connection:
                vouched = find_vouched(connection, kiosk)
        except SQLAlchemyError as error:
            raise CustodyBusy(f"the office database fails: {type(error).__name__}") from error
        return None if vouched is None else vouched.record_key


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        status = file.stat()
    except OSError:
        return ()
    return (status.st_ino, status.st_mtime_ns, status.st_size)
