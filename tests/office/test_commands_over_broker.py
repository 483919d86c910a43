"""The office orders, the kiosk obeys, the answer is written down: over a real broker, with everything between real."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from kiosk.custody.entries import to_text
from kiosk.domain.commands import Lock, Order, SendLogs, ShowMessage, Unlock, Value
from kiosk.domain.experience import Remedy
from kiosk.domain.ids import uuid7
from kiosk.domain.quality import PrintVerdict
from kiosk.journey.events import Event, KioskLocked, KioskUnlocked, OfficeMessage
from kiosk.office import dispatching, tables
from kiosk.office.commanding import Given, find_command, give, given_commands
from kiosk.office.desiring import differing, told_of, want
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import load_registry
from kiosk.runtime.answering import Told
from kiosk.runtime.custody import CustodyDesk
from kiosk.runtime.packing import Seals
from kiosk.runtime.telemetry import birth_of
from kiosk.runtime.worker import Worker
from kiosk.sealing.commands import Command, sign_command
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.vault import Vault
from kiosk.uplink.process import run_uplink
from kiosk.uplink.settings import UplinkSettings
from kiosk.wire.messages import encode_json
from tests.journey.script import RULES
from tests.office.conftest import Village
from tests.office.stand import OfficeSide, eventually, link_settings_of, open_office

KIOSK = "kiosk-tk-01"
PATIENCE_S = 60.0


class Hands:
    """Does nothing, and says so."""

    def configure(self, name: str, value: float | str) -> None: ...

    def order_remedies(self, verdict: PrintVerdict, order: tuple[Remedy, ...]) -> None: ...

    def ring(self, seconds: float, told: Told) -> None:
        told("done", "")

    def log_lines(self, count: int) -> Sequence[str]:
        return ["a line"] * count


@dataclass
class App:
    """The kiosk's two processes, on threads: uplink, and the custody desk that obeys."""

    layout: OfficeLayout
    folder: Path
    port: int
    events: list[Event] = field(default_factory=list)
    bugs: list[BaseException] = field(default_factory=list)

    def __post_init__(self) -> None:
        bundle = self.layout.bundle(KIOSK) / "kiosk"
        self.worker = Worker("custody", self.bugs.append)
        self.desk = CustodyDesk(
            self.folder / "outbox.db",
            self.folder / "private.db",
            self.folder / "inbox.db",
            vault=Vault(self.folder / "vault.json", None),
            seals=Seals(
                KIOSK,
                SigningKey.load(bundle / "record.key"),
                OfficeKeys.load(bundle / "office-keys.json"),
                drivers=dict,
                boot="boot",
                software="1",
            ),
            rules=RULES,
            worker=self.worker,
            post=self.events.append,
        )
        self.stop = threading.Event()
        settings = UplinkSettings(
            province="ht",
            commune="tk",
            kiosk=KIOSK,
            link=link_settings_of(self.layout, KIOSK, self.port),
            outbox=self.folder / "outbox.db",
            inbox=self.folder / "inbox.db",
            poll_s=0.02,
        )
        self.uplink = threading.Thread(target=run_uplink, args=(settings, self.stop), daemon=True)

    def start(self) -> None:
        self.desk.open().result(PATIENCE_S)
        self.desk.follow(Hands()).result(PATIENCE_S)
        self.uplink.start()

    def end(self) -> None:
        self.stop.set()
        self.uplink.join(PATIENCE_S)
        self.desk.close().result(PATIENCE_S)
        self.worker.stop(PATIENCE_S)
        assert self.bugs == []

    def look(self) -> None:
        self.desk.look_for_receipts().result(PATIENCE_S)

    def happened(self, kind: type[Event]) -> bool:
        self.look()
        return any(isinstance(event, kind) for event in self.events)


@dataclass
class Scene:
    office: OfficeSide
    app: App
    key: SigningKey

    def order(self, order: Order, kiosk: str = KIOSK) -> Given:
        return give(
            self.office.database,
            load_registry(self.office.layout.registry),
            self.key,
            kiosk=kiosk,
            order=order,
            by="minh",
            now=datetime.now(UTC),
            lasts=timedelta(hours=1),
        )

    def smuggle(self, n: int, *, kiosk: str = KIOSK, key: SigningKey | None = None, ended: bool = False) -> str:
        """Let the collector tell this kiosk something that the office has not given it."""
        now = datetime.now(UTC)
        at = datetime(2026, 1, 1, tzinfo=UTC) if ended else now
        command = Command(uuid7(now), kiosk, n, "lock", at, at + timedelta(hours=1), {"now": True})
        row = {
            "kiosk": KIOSK,
            "n": n,
            "id": command.id,
            "verb": "lock",
            "args": {},
            "at": to_text(now),
            "until": to_text(now + timedelta(hours=1)),
            "by": "nobody",
            "signed": sign_command(command, key or self.key),
            "state": "given",
            "code": "",
        }
        with self.office.database.transaction() as connection:
            connection.execute(insert(tables.command).values(**row))
        return command.id

    def told(self, command_id: str) -> None:
        """Wait until the broker has taken it for the kiosk; then it is over, as nobody will answer it."""

        def taken() -> bool:
            found = find_command(self.office.database, command_id)
            return found is not None and found.told_at is not None

        self.until(taken, "it was told")
        table = tables.command
        with self.office.database.transaction() as connection:
            over = {"until": to_text(datetime.now(UTC))}
            connection.execute(update(table).where(table.c.id == command_id).values(**over))

    def stands(self, command_id: str) -> tuple[str, str]:
        self.app.look()
        found = next(one for one in given_commands(self.office.database) if one.id == command_id)
        return found.state, found.code

    def becomes(self, command_id: str, state: str, code: str = "") -> None:
        self.until(lambda: self.stands(command_id) == (state, code), f"the command is {state} {code}")

    def until(self, holds: Callable[[], bool], what: str) -> None:
        eventually(holds, what, timeout_s=PATIENCE_S)


@pytest.fixture
def scene(village: Village, tmp_path: Path) -> Iterator[Scene]:
    folder = tmp_path / "kiosk"
    folder.mkdir()
    app = App(village.layout, folder, village.port)
    with open_office(village.layout, f"sqlite:///{tmp_path / 'office.db'}") as office:
        app.start()
        try:
            yield Scene(office, app, SigningKey.load(village.layout.command_key))
        finally:
            app.end()


def test_the_office_orders_the_kiosk_obeys_and_the_answer_is_written_down(scene: Scene) -> None:
    # CK-CMD-08
    scene.office.start()
    lock = scene.order(Lock())
    scene.becomes(lock.id, "accepted")
    scene.until(lambda: scene.app.happened(KioskLocked), "the session is told")
    scene.app.desk.lock_holds()
    scene.becomes(lock.id, "done")
    message = scene.order(ShowMessage("Mang máy về xã"))
    scene.until(lambda: scene.app.happened(OfficeMessage), "the message is there")
    scene.becomes(message.id, "accepted")
    logs = scene.order(SendLogs(20))
    scene.becomes(logs.id, "done")
    (found,) = [one for one in given_commands(scene.office.database) if one.id == logs.id]
    assert len(found.lines) == 20
    unlock = scene.order(Unlock())
    scene.becomes(unlock.id, "done")
    scene.until(lambda: scene.app.happened(KioskUnlocked), "the session is told")


def test_what_the_office_did_not_order_is_not_obeyed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    # CK-CMD-01, CK-CMD-02, CK-CMD-03, CK-CMD-05
    monkeypatch.setattr(dispatching, "AGAIN_S", 0.3)
    scene.office.start()
    first = scene.order(Unlock())
    scene.becomes(first.id, "done")
    high = first.n + 1_000_000
    wrong_key = scene.smuggle(high, key=SigningKey.generate())
    anothers = scene.smuggle(high + 1, kiosk="kiosk-tk-02")
    old = scene.smuggle(1)
    ended = scene.smuggle(high + 2, ended=True)
    scene.becomes(old, "refused", "old_number")
    for unbelievable in (wrong_key, anothers):
        scene.told(unbelievable)
    scene.becomes(ended, "refused", "expired")
    last = scene.order(Unlock())
    assert last.n > high + 2
    scene.becomes(last.id, "done")
    assert scene.stands(wrong_key) == scene.stands(anothers) == ("given", "")
    assert not scene.app.happened(KioskLocked)


def test_what_is_wanted_of_a_kiosk_comes_to_it_whenever_it_comes_and_is_compared_with_what_it_tells(
    scene: Scene,
) -> None:
    registry = load_registry(scene.office.layout.registry)
    changes: dict[str, Value | None] = {"journey.tries_per_finger": 7}
    now = datetime.now(UTC)
    word = want(scene.office.database, registry, scene.key, kiosk=KIOSK, changes=changes, by="minh", now=now)
    scene.office.start()

    def taken() -> bool:
        scene.app.look()
        return scene.app.desk.settings is not None and scene.app.desk.settings.n == word.n

    scene.until(taken, "the kiosk takes the word")
    assert differing(scene.office.database) == 1
    birth = encode_json(birth_of(scene.app.desk, KIOSK, "1", "boot", {}))
    scene.app.desk.write_telemetry("birth", lambda _outbox: birth).result(PATIENCE_S)
    scene.until(lambda: differing(scene.office.database) == 0, "the office knows")
    assert told_of(scene.office.database)[KIOSK].has["journey.tries_per_finger"] == 7


def test_a_command_given_while_nothing_ran_is_obeyed_once_everything_does(scene: Scene) -> None:
    given = scene.order(Lock())
    scene.office.start()
    scene.becomes(given.id, "accepted")
    scene.office.stop()
    scene.app.desk.lock_holds()
    scene.app.look()
    scene.office.start()
    scene.becomes(given.id, "done")


def test_the_kiosk_hears_that_the_office_is_there(scene: Scene) -> None:
    # CK-CMD-14
    began = datetime.now(UTC)
    scene.office.start()

    def heard() -> bool:
        scene.app.look()
        silence = scene.app.desk._silence
        return silence is not None and silence._word_at >= began

    scene.until(heard, "the beat comes")
