"""The office's commands at the kiosk: on real files, with the hands in the test's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.custody.inbox import Inbox
from kiosk.custody.reader import OutboxReader
from kiosk.domain.commands import (
    Configure,
    Erase,
    Lock,
    Order,
    OrderRemedies,
    Ring,
    SendLogs,
    ShowMessage,
    Unlock,
    Value,
    args_of,
    verb_of,
)
from kiosk.domain.experience import Remedy
from kiosk.domain.ids import uuid7
from kiosk.domain.quality import PrintVerdict
from kiosk.journey.events import KioskLocked, KioskUnlocked, OfficeMessage, SignedIn
from kiosk.runtime.answering import Told
from kiosk.runtime.custody import CustodyDesk
from kiosk.runtime.packing import Seals
from kiosk.runtime.receipts import Keeping
from kiosk.runtime.silence import DAY_S
from kiosk.runtime.worker import Worker
from kiosk.sealing.beats import Beat, sign_beat
from kiosk.sealing.commands import Answer, Command, sign_command, verify_answer
from kiosk.sealing.desired import DesiredWord, sign_desired
from kiosk.sealing.errors import VaultUnwritable
from kiosk.sealing.header import DriverNote
from kiosk.sealing.keys import OfficeKeys, Recipients, SigningKey
from kiosk.sealing.suites import OpeningKey
from kiosk.sealing.vault import Vault
from tests.journey.script import RULES
from tests.runtime.custody_stage import session_at_review
from tests.runtime.stage import Mailbox

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
KIOSK = "kiosk-tk-01"
PIN = "2468013"
OPENING = OpeningKey.generate()


@dataclass
class Hands:
    """Notes what is asked of it."""

    asked: list[object] = field(default_factory=list)
    busy: bool = False

    def configure(self, name: str, value: float | str) -> None:
        self.asked.append((name, value))

    def order_remedies(self, verdict: PrintVerdict, order: tuple[Remedy, ...]) -> None:
        self.asked.append((verdict, order))

    def ring(self, seconds: float, told: Told) -> None:
        self.asked.append(seconds)
        told(*(("refused", "busy") if self.busy else ("done", "lamp_only")))

    def log_lines(self, count: int) -> Sequence[str]:
        return [f"line {n}" for n in range(count)]


@dataclass
class Place:
    """A kiosk's folders and the office's keys; desks are started over them again and again."""

    folder: Path
    worker: Callable[[str], Worker]
    mailbox: Mailbox
    commands: SigningKey = field(default_factory=SigningKey.generate)
    receipts: SigningKey = field(default_factory=SigningKey.generate)
    record: SigningKey = field(default_factory=SigningKey.generate)
    hands: Hands = field(default_factory=Hands)
    now: datetime = NOW
    up_s: float = 1000.0
    boot: str = "one"
    n: int = 0
    days: float = 30
    knows_commands: bool = True
    file: dict[str, float | str] = field(default_factory=dict[str, float | str])
    desk: CustodyDesk | None = None

    def start(self) -> CustodyDesk:
        """Switch the app off and on."""
        self.stop()
        summary = OpeningKey.generate().public
        office = OfficeKeys(
            Recipients(summary, OPENING.public),
            self.receipts.public,
            self.commands.public if self.knows_commands else None,
        )
        desk = self.desk = CustodyDesk(
            self.folder / "outbox.db",
            self.folder / "private.db",
            self.folder / "inbox.db",
            vault=self.vault(),
            seals=Seals(
                KIOSK, self.record, office, lambda: {"camera": DriverNote("simulated", simulated=True)}, self.boot, "1"
            ),
            rules=RULES,
            worker=self.worker("custody"),
            post=self.mailbox.post,
            keeping=Keeping(lock_after_days=self.days),
            settings=self.file,
            now=lambda: self.now,
            stopwatch_s=lambda: self.up_s,
        )
        desk.open().result(60)
        desk.follow(self.hands).result(60)
        return desk

    def stop(self) -> None:
        if self.desk is not None:
            self.desk.close().result(60)
            self.desk = None

    def vault(self) -> Vault:
        return Vault(self.folder / "vault.json", None, pin_alone=True)

    def order(self, order: Order, **changes: object) -> Command:
        self.n += 1
        plain = Command(
            uuid7(self.now), KIOSK, self.n, verb_of(order).value, NOW, NOW + timedelta(days=1), args_of(order)
        )
        return replace(plain, **changes)  # type: ignore[arg-type]

    def comes(self, command: Command, *, key: SigningKey | None = None) -> Command:
        """Let the uplink hand it over, and the kiosk look."""
        self.hand_over(sign_command(command, key or self.commands), command.verb)
        return command

    def hand_over(self, signed: bytes, name: str = "x") -> None:
        with Inbox.open(self.folder / "inbox.db", now=lambda: self.now) as inbox:
            inbox.add_command(name, signed)
        self.look()

    def wants(self, n: int, settings: Mapping[str, Value], *, key: SigningKey | None = None, to: str = KIOSK) -> None:
        """Let the uplink hand over a word about settings, and the kiosk look."""
        word = sign_desired(DesiredWord(to, n, self.now, settings), key or self.commands)
        with Inbox.open(self.folder / "inbox.db", now=lambda: self.now) as inbox:
            inbox.add_desired(word)
        self.look()

    def beats(self, at: datetime) -> None:
        with Inbox.open(self.folder / "inbox.db", now=lambda: self.now) as inbox:
            inbox.add_beat(sign_beat(Beat(at), self.receipts))
        self.look()

    def look(self) -> None:
        assert self.desk is not None
        self.desk.look_for_receipts().result(60)
        # What a hand told later was put behind it.
        self.desk.link().result(60)

    def answers(self) -> dict[str, Answer]:
        kept = OutboxReader(self.folder / "outbox.db").answers()
        return {one.id: verify_answer(one.data, self.record.public) for one in kept}

    def said(self, command: Command) -> tuple[str, str]:
        answer = self.answers()[command.id]
        assert (answer.kiosk, answer.n) == (KIOSK, command.n)
        return answer.state, answer.code

    def audit(self) -> list[str]:
        assert self.desk is not None
        assert self.desk._audit is not None
        return [line.split(" ", 2)[2] for line in self.desk._audit.tail(10_000)]


@pytest.fixture
def place(tmp_path: Path, worker: Callable[[str], Worker], mailbox: Mailbox) -> Iterator[Place]:
    Vault(tmp_path / "vault.json", None, pin_alone=True).create("HT-0417", PIN, recovery=OPENING.public)
    made = Place(tmp_path, worker, mailbox)
    yield made
    made.stop()


def test_a_lock_is_accepted_told_to_the_session_and_done_when_the_screen_shows_it(place: Place) -> None:
    # CK-CMD-08
    desk = place.start()
    lock = place.comes(place.order(Lock()))
    assert place.mailbox.next(KioskLocked) == KioskLocked("office", now=False)
    assert place.said(lock) == ("accepted", "")
    desk.lock_holds()
    place.look()
    assert place.said(lock) == ("done", "")
    assert "locked" in desk._worker.submit(desk.alarms).result(60)
    place.start()
    assert place.mailbox.next(KioskLocked) == KioskLocked("office", now=False)
    unlock = place.comes(place.order(Unlock()))
    place.mailbox.next(KioskUnlocked)
    assert place.said(unlock) == ("done", "")
    place.start()
    assert place.mailbox.count(KioskLocked) == 2


def test_only_the_commands_key_is_obeyed(place: Place) -> None:
    # CK-CMD-01, CK-CMD-10
    place.start()
    for key in (SigningKey.generate(), place.receipts, place.record):
        place.comes(place.order(Lock()), key=key)
    signed = bytearray(sign_command(place.order(Lock()), place.commands))
    signed[-1] ^= 1
    place.hand_over(bytes(signed))
    place.hand_over(b"no command at all")
    assert place.mailbox.count(KioskLocked) == 0
    assert place.answers() == {}


def test_another_kiosks_command_is_refused_and_not_answered(place: Place) -> None:
    # CK-CMD-02, CK-CMD-10
    place.start()
    place.comes(place.order(Lock(), kiosk="kiosk-tk-02", n=1 << 50))
    assert place.mailbox.count(KioskLocked) == 0
    assert place.answers() == {}
    # And it has not used up this kiosk's numbers.
    lock = place.comes(place.order(Lock()))
    assert place.said(lock) == ("accepted", "")


def test_a_number_that_is_not_higher_is_refused_also_after_the_inbox_was_lost(place: Place) -> None:
    # CK-CMD-03, CK-CMD-04
    place.start()
    first = place.order(Lock())
    place.comes(place.order(Unlock()))
    place.comes(first)
    assert place.said(first) == ("refused", "old_number")
    assert place.answers()[first.id].seen == 2
    assert place.mailbox.count(KioskLocked) == 0
    for file in place.folder.glob("inbox.db*"):
        file.unlink()
    place.start()
    again = place.comes(place.order(Lock(), n=2))
    assert place.said(again) == ("refused", "old_number")
    lock = place.comes(place.order(Lock(), n=3))
    assert place.said(lock) == ("accepted", "")


def test_what_has_ended_for_certain_is_refused_and_no_wall_clock_ends_anything(place: Place) -> None:
    # CK-CMD-05
    desk = place.start()
    place.now = NOW + timedelta(days=3650)
    lock = place.comes(place.order(Lock()))
    assert place.said(lock) == ("accepted", "")
    assert desk._chamber is not None
    clock = desk._chamber.clock
    # The office has signed something, an hour after the end of this one.
    desk._worker.submit(lambda: clock.heard(NOW + timedelta(hours=25))).result(60)
    unlock = place.comes(place.order(Unlock()))
    assert place.said(unlock) == ("refused", "expired")
    later = place.comes(place.order(Unlock(), until=NOW + timedelta(hours=26)))
    assert place.said(later) == ("done", "")


def test_a_command_that_comes_again_changes_nothing(place: Place) -> None:
    # CK-CMD-07
    place.start()
    ring = place.comes(place.order(Ring(9)))
    assert place.said(ring) == ("done", "lamp_only")
    place.start()
    for file in place.folder.glob("inbox.db*"):
        file.unlink()
    place.start()
    place.comes(ring)
    assert place.hands.asked == [9]
    assert place.said(ring) == ("done", "lamp_only")


def test_nobody_is_rung_away_from_the_screen(place: Place) -> None:
    place.start()
    place.hands.busy = True
    ring = place.comes(place.order(Ring(9)))
    assert place.said(ring) == ("refused", "busy")


def test_a_verb_of_a_newer_office_and_arguments_out_of_bounds_are_refused_by_code(place: Place) -> None:
    # CK-CMD-08
    place.start()
    dance = place.comes(place.order(Unlock(), verb="dance"))
    assert place.said(dance) == ("refused", "unknown_verb")
    far = place.comes(place.order(Configure("journey.tries_per_finger", 4), args={"name": "signing.key", "value": "x"}))
    assert place.said(far) == ("refused", "bad_arguments")
    french = place.comes(place.order(Configure("journey.language", "fr")))
    assert place.said(french) == ("refused", "bad_arguments"), "the kiosk has no folder for it"
    assert place.hands.asked == []


def test_one_forged_command_does_not_fill_the_disk(place: Place) -> None:
    # CK-CMD-10
    place.start()
    for n in range(40):
        place.hand_over(b"forged %d" % n)
    told = [line for line in place.audit() if line.startswith("command.refused")]
    assert [int(line.split("count=")[1].split()[0]) for line in told] == [1, 2, 4, 8, 16, 32]
    for _ in range(3):
        place.start()
        place.look()
    assert len([line for line in place.audit() if line.startswith("command.refused")]) == 6


def test_a_message_stands_until_it_is_read(place: Place) -> None:
    desk = place.start()
    first = place.comes(place.order(ShowMessage("Mang máy về xã")))
    assert place.mailbox.next(OfficeMessage).text == "Mang máy về xã"
    assert place.said(first) == ("accepted", "")
    second = place.comes(place.order(ShowMessage("Chiều nay")))
    assert place.said(first) == ("done", "replaced")
    place.mailbox.next(OfficeMessage)
    desk = place.start()
    assert place.mailbox.next(OfficeMessage).text == "Chiều nay"
    desk.message_read()
    place.look()
    assert place.said(second) == ("done", "")
    place.start()
    assert place.mailbox.count(OfficeMessage) == 3


def test_settings_and_the_order_of_remedies_hold_after_a_restart(place: Place) -> None:
    # CK-CMD-15
    place.start()
    orders = (
        Configure("journey.language", "en"),
        Configure("journey.language", "vi"),
        Configure("custody.lock_after_days", 5),
        OrderRemedies(PrintVerdict.TOO_DRY, (Remedy.WARM, Remedy.DAMP)),
        OrderRemedies(PrintVerdict.WORN, (Remedy.WASH,)),
        OrderRemedies(PrintVerdict.WORN, ()),
    )
    for order in orders:
        assert place.said(place.comes(place.order(order))) == ("done", "")
    place.hands.asked.clear()
    desk = place.start()
    stands = [("journey.language", "vi"), (PrintVerdict.TOO_DRY, (Remedy.WARM, Remedy.DAMP))]
    assert sorted(place.hands.asked, key=str) == sorted(stands, key=str)
    assert desk._silence is not None
    assert desk._silence.after_days == 5


def test_the_log_comes_with_the_answer_and_fits_into_one_message(place: Place) -> None:
    # CK-CMD-16
    place.start()
    logs = place.comes(place.order(SendLogs(10)))
    lines = place.answers()[logs.id].lines
    assert place.said(logs) == ("done", "")
    assert len(lines) == 10
    assert lines[-1].startswith("line ")
    assert "kiosk.started" in lines[1]


def test_a_lock_lets_what_is_sealed_be_released_and_an_enrolment_be_sealed(place: Place) -> None:
    # CK-CMD-11, CK-CMD-12
    desk = place.start()
    desk.sign_in("HT-0417", PIN)
    place.mailbox.next(SignedIn)
    session = session_at_review()
    assert desk.save(session).result(60)
    place.comes(place.order(Lock()))
    place.mailbox.next(KioskLocked)
    desk.seal(session, NOW)
    place.look()
    assert len(OutboxReader(place.folder / "outbox.db").unsettled()) == 1
    # Signed out, nothing of the vault is left in memory, and the draft of another citizen is still there.
    other = replace(session, enrolment="0193b3a0-1234-7abc-8def-00000000beef")
    assert desk.save(other).result(60)
    desk.sign_out()
    assert not desk.save(other).result(60)
    desk.sign_in("HT-0417", PIN)
    found = place.mailbox.next(SignedIn).draft
    assert found is not None
    assert found.id == other.enrolment


def test_silence_locks_and_the_offices_next_word_opens(place: Place) -> None:
    # CK-CMD-13, CK-CMD-14
    desk = place.start()
    place.beats(NOW)
    place.up_s += 29 * DAY_S
    place.look()
    assert place.mailbox.count(KioskLocked) == 0
    place.up_s += 1.01 * DAY_S
    place.look()
    assert place.mailbox.next(KioskLocked) == KioskLocked("silence", now=False)
    # An old word played again says nothing.
    place.beats(NOW - timedelta(days=1))
    place.beats(NOW)
    assert place.mailbox.count(KioskUnlocked) == 0
    assert "locked" in desk._worker.submit(desk.alarms).result(60)
    place.beats(NOW + timedelta(seconds=1))
    place.mailbox.next(KioskUnlocked)
    place.up_s += 29 * DAY_S
    place.look()
    assert place.mailbox.count(KioskLocked) == 1


def test_days_are_counted_over_restarts_and_no_single_jump_of_the_clock_locks(place: Place) -> None:
    # CK-CMD-13
    place.start()
    place.up_s += 10 * DAY_S
    place.look()
    place.start()
    # Switched off for years, says the clock: half of what locks.
    place.boot, place.up_s, place.now = "two", 5.0, NOW + timedelta(days=3650)
    place.start()
    place.up_s += 4.9 * DAY_S
    place.look()
    assert place.mailbox.count(KioskLocked) == 0
    place.up_s += 0.2 * DAY_S
    place.look()
    assert place.mailbox.next(KioskLocked).reason == "silence"
    # And a clock that was set back takes nothing away.
    place.boot, place.up_s, place.now = "three", 5.0, NOW - timedelta(days=3650)
    place.start()
    assert place.mailbox.next(KioskLocked).reason == "silence"
    unlock = place.comes(place.order(Unlock()))
    assert place.said(unlock) == ("done", "")
    place.mailbox.next(KioskUnlocked)


def test_without_days_silence_never_locks(place: Place) -> None:
    place.days = 0
    place.start()
    place.up_s += 4000 * DAY_S
    place.look()
    assert place.mailbox.count(KioskLocked) == 0


def test_a_kiosk_whose_bundle_knows_no_command_key_obeys_nobody(place: Place) -> None:
    place.knows_commands = False
    place.start()
    place.comes(place.order(Lock()))
    assert place.mailbox.count(KioskLocked) == 0
    assert place.answers() == {}


def test_erasing_leaves_what_the_office_alone_can_open_and_every_package(place: Place) -> None:
    # CK-CMD-17
    desk = place.start()
    desk.sign_in("HT-0417", PIN)
    place.mailbox.next(SignedIn)
    sealed = session_at_review()
    assert desk.save(sealed).result(60)
    desk.seal(sealed, NOW)
    draft = replace(sealed, enrolment="0193b3a0-1234-7abc-8def-00000000beef")
    assert desk.save(draft).result(60)
    key = place.vault().recover(OPENING)
    before = (place.folder / "vault.json").read_bytes()
    erase = place.comes(place.order(Erase()))
    assert place.mailbox.next(KioskLocked) == KioskLocked("erased", now=True)
    assert place.said(erase) == ("done", "")
    assert not (place.folder / "vault.json").exists()
    assert not any(before in path.read_bytes() for path in place.folder.iterdir() if path.is_file())
    assert not desk.save(draft).result(60)
    left = Vault(place.folder / "vault.json.office", None)
    assert left.officers == ()
    assert left.recover(OPENING).secret == key.secret
    assert len(OutboxReader(place.folder / "outbox.db").unsettled()) == 1
    place.start()
    assert place.mailbox.next(KioskLocked).reason == "erased"
    # A later lock does not make an erased kiosk look well, and the office can take it into service again.
    place.comes(place.order(Lock()))
    assert place.mailbox.next(KioskLocked).reason == "erased"
    place.comes(place.order(Unlock()))
    place.mailbox.next(KioskUnlocked)


def test_erasing_that_was_cut_short_is_finished_at_the_next_start(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    # CK-CMD-17
    place.start()
    with monkeypatch.context() as broken:
        broken.setattr(Vault, "destroy", _refuse)
        erase = place.comes(place.order(Erase()))
        assert place.said(erase) == ("accepted", "")
        assert (place.folder / "vault.json").exists()
    place.start()
    assert place.said(erase) == ("done", "")
    assert not (place.folder / "vault.json").exists()
    assert [line for line in place.audit() if line.startswith("vault.destroyed")] == [f"vault.destroyed n={erase.n}"]


def _refuse(_vault: Vault) -> None:
    raise VaultUnwritable("the disk does not answer")
