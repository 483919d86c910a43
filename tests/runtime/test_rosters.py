"""The roster at the kiosk: taken by command, sealed on the disk, read while an officer is there, and forgotten."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from kiosk.custody.inbox import Inbox
from kiosk.domain.citizen import DocumentSource, Identity, PersonalNumber, Sex
from kiosk.domain.commands import Erase, UpdateRoster
from kiosk.domain.dates import PartialDate
from kiosk.domain.roster import Progress, Roster, RosterRow
from kiosk.journey.events import RosterFound, RosterMatched, RosterTold, Sealed, SignedIn
from kiosk.journey.listing import Query
from kiosk.runtime.worker import Worker
from kiosk.sealing.commands import Command
from kiosk.sealing.rosters import seal_roster, verify_roster_key
from kiosk.sealing.suites import OpeningKey, SealingKey
from kiosk.sealing.vault import Argon2Cost, Vault
from kiosk.wire.roster import encode_roster, part_count, part_of
from tests.journey.script import IDENTITY
from tests.runtime.custody_stage import session_at_review
from tests.runtime.stage import Mailbox
from tests.runtime.test_office_commands import KIOSK, NOW, OPENING, PIN, Place

#: What a guess at the PIN costs is not tried here.
CHEAP = Argon2Cost(1024, 1, 1)
TODAY = NOW.astimezone().date()
HOA = RosterRow("Trần Thị Hoà", PartialDate(1950, 7, 1), PersonalNumber("042150000012"), day=TODAY, person="TK-1")
BA = RosterRow("Nguyễn Văn Ba", PartialDate(1941), day=TODAY)
LATER = RosterRow("Lê Thị Sau", PartialDate(1960, 1, 1), day=TODAY + timedelta(days=3))
ROSTER = Roster(TODAY, (HOA, BA, LATER))


class Kiosk(Place):
    """A kiosk whose office sends it rosters."""

    def vault(self) -> Vault:
        return Vault(self.folder / "vault.json", None, pin_alone=True, cost=CHEAP)

    def sign_in(self) -> None:
        assert self.desk is not None
        self.desk.sign_in("HT-0417", PIN)
        self.mailbox.next(SignedIn)
        self.look()

    @property
    def key(self) -> SealingKey:
        """The key that the kiosk has signed for."""
        assert self.desk is not None
        assert self.desk.rosters is not None
        word = verify_roster_key(base64.b64decode(self.desk.rosters.word), self.record.public)
        assert word.kiosk == KIOSK
        return word.key

    @property
    def progress(self) -> Progress | None:
        assert self.desk is not None
        assert self.desk.rosters is not None
        return self.desk.rosters.progress

    def sealed(self, roster: Roster = ROSTER, *, key: SealingKey | None = None) -> tuple[Command, bytes]:
        key = key or self.key
        sealed = seal_roster(encode_roster(roster), kiosk=KIOSK, key=key)
        mark = sha256(sealed).hexdigest()
        return self.order(
            UpdateRoster(roster.issued, roster.last, len(roster.rows), len(sealed), mark, key.kid)
        ), sealed

    def parts_come(self, command: Command, sealed: bytes) -> None:
        with Inbox.open(self.folder / "inbox.db", now=lambda: self.now) as inbox:
            for i in range(part_count(len(sealed))):
                inbox.parts.add(command.id, i, part_of(sealed, i))
        self.look()

    def receives(self, roster: Roster = ROSTER) -> Command:
        command, sealed = self.sealed(roster)
        self.comes(command)
        assert self.said(command) == ("accepted", "")
        self.parts_come(command, sealed)
        assert self.said(command) == ("done", "")
        return command

    def match(self, who: Identity) -> RosterMatched:
        assert self.desk is not None
        self.desk.match(who)
        return self.mailbox.next(RosterMatched)

    def find(self, name: str) -> RosterFound:
        assert self.desk is not None
        self.desk.find_in_roster(Query(name))
        return self.mailbox.next(RosterFound)


@pytest.fixture
def kiosk(tmp_path: Path, worker: Callable[[str], Worker], mailbox: Mailbox) -> Iterator[Kiosk]:
    made = Kiosk(tmp_path, worker, mailbox)
    made.vault().create("HT-0417", PIN, recovery=OPENING.public)
    made.start()
    yield made
    made.stop()


def test_a_roster_is_taken_found_in_and_gone_with_the_officer(kiosk: Kiosk) -> None:
    # CK-ROSTER-01, CK-ROSTER-05
    kiosk.sign_in()
    command = kiosk.receives()
    assert kiosk.mailbox.next(RosterTold) == RosterTold(3)
    assert kiosk.progress == Progress(TODAY, 3, 0, 2, 0)
    assert kiosk.match(IDENTITY) == RosterMatched(IDENTITY, command.id, HOA)
    found = kiosk.find("nguyen van ba")
    assert (found.roster, found.rows, found.total) == (command.id, (BA,), 1)
    assert kiosk.desk is not None
    kiosk.desk.sign_out()
    assert kiosk.mailbox.next(RosterTold) == RosterTold(0)
    assert kiosk.match(IDENTITY) == RosterMatched(IDENTITY, "")
    assert kiosk.find("nguyen van ba").rows == ()
    assert kiosk.progress == Progress(TODAY, 3)
    kiosk.start()
    kiosk.sign_in()
    assert kiosk.match(IDENTITY).row == HOA
    assert {"roster.kept issued=" + TODAY.isoformat() + " people=3"} <= set(kiosk.audit())


def test_nothing_of_it_lies_open_on_the_disk(kiosk: Kiosk) -> None:
    # CK-ROSTER-01, CK-ROSTER-05
    kiosk.sign_in()
    kiosk.receives()
    for path in kiosk.folder.rglob("*"):
        data = path.read_bytes() if path.is_file() else b""
        assert not any(word.encode() in data for word in ("Trần Thị Hoà", "Nguyễn", "042150000012", "TK-1")), path


def test_who_is_not_on_it_and_a_kiosk_without_one_are_told_as_that(kiosk: Kiosk) -> None:
    # CK-ROSTER-07
    kiosk.sign_in()
    assert kiosk.match(IDENTITY) == RosterMatched(IDENTITY, "")
    command = kiosk.receives()
    stranger = Identity(DocumentSource.CHIP, "PHẠM VĂN LẠ", PartialDate(1970, 1, 1), sex=Sex.MALE)
    assert kiosk.match(stranger) == RosterMatched(stranger, command.id)


def test_only_the_bytes_that_the_command_names_are_taken(kiosk: Kiosk) -> None:
    # CK-ROSTER-02
    kiosk.sign_in()
    command, sealed = kiosk.sealed()
    kiosk.parts_come(command, sealed)
    assert kiosk.progress is None, "without a signed command nothing is taken"
    kiosk.comes(command, key=kiosk.receipts)
    assert kiosk.progress is None
    kiosk.comes(command)
    assert kiosk.said(command) == ("done", "")
    other, its_own = kiosk.sealed(Roster(TODAY, (BA,)))
    kiosk.comes(other)
    kiosk.parts_come(other, its_own[:-1] + bytes([its_own[-1] ^ 1]))
    assert kiosk.said(other) == ("accepted", "")
    assert kiosk.match(IDENTITY).row == HOA, "the roster before still serves"


def test_one_that_is_sealed_for_another_key_is_refused_before_it_travels(kiosk: Kiosk) -> None:
    command, _ = kiosk.sealed(key=OpeningKey.generate().public)
    kiosk.comes(command)
    assert kiosk.said(command) == ("refused", "other_key")
    kiosk.sign_in()
    again, _ = kiosk.sealed(key=OpeningKey.generate().public)
    kiosk.comes(again)
    assert kiosk.said(again) == ("refused", "other_key")


def test_one_that_cannot_be_opened_stops_nobody_and_is_told(kiosk: Kiosk) -> None:
    # CK-ROSTER-07
    kiosk.sign_in()
    assert kiosk.desk is not None
    key = kiosk.key
    sealed = seal_roster(b"no roster", kiosk=KIOSK, key=key)
    order = UpdateRoster(TODAY, TODAY, 1, len(sealed), sha256(sealed).hexdigest(), key.kid)
    command = kiosk.comes(kiosk.order(order))
    kiosk.parts_come(command, sealed)
    assert "roster-unreadable" in kiosk.desk._worker.submit(kiosk.desk.alarms).result(60)
    assert kiosk.match(IDENTITY).row is None
    kiosk.receives()
    assert "roster-unreadable" not in kiosk.desk._worker.submit(kiosk.desk.alarms).result(60)


def test_the_key_is_the_vaults_and_is_told_once_for_all_restarts(kiosk: Kiosk) -> None:
    kiosk.sign_in()
    assert kiosk.desk is not None
    assert kiosk.desk.rosters is not None
    word = kiosk.desk.rosters.word
    kiosk.start()
    assert kiosk.desk.rosters.word == word
    kiosk.sign_in()
    assert kiosk.desk.rosters.word == word


def test_a_newer_one_takes_its_place_also_while_the_older_is_still_under_way(kiosk: Kiosk) -> None:
    # CK-ROSTER-06
    kiosk.sign_in()
    kiosk.receives()
    half, _ = kiosk.sealed(Roster(TODAY, (HOA,)))
    kiosk.comes(half)
    newest = kiosk.receives(Roster(TODAY, (BA, LATER)))
    assert kiosk.said(half) == ("done", "replaced")
    assert kiosk.match(IDENTITY) == RosterMatched(IDENTITY, newest.id)
    assert kiosk.progress == Progress(TODAY, 2, 0, 1, 0)


def test_one_that_does_not_come_until_its_end_is_refused_at_last(kiosk: Kiosk) -> None:
    kiosk.sign_in()
    command, _ = kiosk.sealed()
    kiosk.comes(command)
    kiosk.now += timedelta(days=400)
    kiosk.look()
    assert kiosk.said(command) == ("accepted", ""), "a clock alone ends nothing"
    kiosk.beats(NOW + timedelta(days=2))
    kiosk.comes(replace(kiosk.order(Erase()), at=NOW, until=NOW + timedelta(days=1), kiosk="another"))
    assert kiosk.desk is not None
    clock = kiosk.desk._chamber
    assert clock is not None
    kiosk.desk._worker.submit(lambda: clock.clock.heard(NOW + timedelta(days=2))).result(60)
    kiosk.look()
    assert kiosk.said(command) == ("refused", "expired")


def test_it_is_forgotten_some_days_after_its_last_day(kiosk: Kiosk) -> None:
    # CK-ROSTER-06
    kiosk.sign_in()
    kiosk.receives()
    kiosk.now = NOW + timedelta(days=3 + 7)
    kiosk.up_s += 100
    kiosk.look()
    assert kiosk.progress is not None
    kiosk.now += timedelta(days=1)
    kiosk.up_s += 100
    kiosk.look()
    assert kiosk.progress is None
    assert kiosk.match(IDENTITY) == RosterMatched(IDENTITY, "")
    assert "roster.forgotten why=old" in kiosk.audit()
    kiosk.start()
    kiosk.sign_in()
    assert kiosk.progress is None


def test_the_office_can_take_it_away(kiosk: Kiosk) -> None:
    # CK-ROSTER-06
    kiosk.sign_in()
    kiosk.receives()
    command = kiosk.comes(kiosk.order(UpdateRoster(TODAY, TODAY, 0)))
    assert kiosk.said(command) == ("done", "")
    assert kiosk.match(IDENTITY) == RosterMatched(IDENTITY, "")
    assert kiosk.progress is None


def test_erasing_takes_it_and_the_key_away(kiosk: Kiosk) -> None:
    # CK-ROSTER-06
    kiosk.sign_in()
    kiosk.receives()
    assert kiosk.desk is not None
    assert kiosk.desk.rosters is not None
    kiosk.comes(kiosk.order(Erase()))
    assert kiosk.progress is None
    assert kiosk.desk.rosters.word == ""
    assert "roster.forgotten why=erased" in kiosk.audit()


def test_who_is_enrolled_is_counted_and_stays_counted_on_the_next_roster(kiosk: Kiosk) -> None:
    kiosk.sign_in()
    kiosk.receives()
    session = session_at_review()
    assert session.answers.identity is not None
    assert session.answers.identity.number == HOA.number
    assert kiosk.desk is not None
    kiosk.desk.seal(session, NOW)
    kiosk.mailbox.next(Sealed)
    kiosk.look()
    assert kiosk.progress == Progress(TODAY, 3, 1, 2, 1)
    kiosk.start()
    assert kiosk.progress == Progress(TODAY, 3, 1), "the count stands without an officer"
    kiosk.sign_in()
    kiosk.receives(Roster(TODAY, (replace(HOA, number=None, name="TRẦN THỊ HÒA"), BA)))
    assert kiosk.progress == Progress(TODAY, 2, 1, 2, 1)


def test_without_planned_days_all_are_todays(kiosk: Kiosk) -> None:
    kiosk.sign_in()
    kiosk.receives(Roster(TODAY, (replace(HOA, day=None), replace(BA, day=None))))
    assert kiosk.progress == Progress(TODAY, 2, 0, 2, 0)
    kiosk.receives(Roster(TODAY, (replace(HOA, day=date(2026, 12, 24)),)))
    assert kiosk.progress == Progress(TODAY, 1, 0, 0, 0)


NUMBERS = tuple(PersonalNumber(f"04205000{n:04d}") for n in (12, 34))
OLD = ("183456789", "183456790")
BORN = (PartialDate(1950, 3, 2), PartialDate(1950, 9, 8))


def namesake(i: int, **known: object) -> RosterRow:
    """One of two people of one name, born in one year; what the office knows beside that is given."""
    return replace(RosterRow("Nguyễn Thị Lan", PartialDate(1950)), **known)  # type: ignore[arg-type]


@pytest.mark.parametrize("known", ["number", "old_number", "born"])
def test_of_two_namesakes_of_one_year_the_one_who_was_enrolled_is_done_on_every_roster(
    kiosk: Kiosk, known: str
) -> None:
    of = {"number": NUMBERS, "old_number": OLD, "born": BORN}[known]
    rows = tuple(namesake(i, **{known: of[i]}) for i in range(2))
    kiosk.sign_in()
    kiosk.receives(Roster(TODAY, rows))
    who = Identity(DocumentSource.CHIP, "NGUYỄN THỊ LAN", BORN[0], NUMBERS[0], Sex.FEMALE, old_number=OLD[0])
    enrolled(kiosk, who)
    assert done(kiosk) == [True, False]
    kiosk.receives(Roster(TODAY, (rows[1],)))
    assert done(kiosk) == [False], "the other one is still expected where she stands alone"
    kiosk.receives(Roster(TODAY, (*rows, BA)))
    assert done(kiosk) == [True, False, False]


def test_whose_number_nobody_knew_is_known_again_where_the_office_has_learnt_it_and_nobody_else_is(
    kiosk: Kiosk,
) -> None:
    kiosk.sign_in()
    kiosk.receives(Roster(TODAY, (BA,)))
    enrolled(kiosk, Identity(DocumentSource.TYPED, "NGUYỄN VĂN BA", PartialDate(1941), sex=Sex.MALE))
    assert done(kiosk) == [True]
    learnt = replace(BA, number=PersonalNumber("042041000077"))
    kiosk.receives(Roster(TODAY, (learnt,)))
    assert done(kiosk) == [True]
    kiosk.receives(Roster(TODAY, (learnt, replace(BA, number=PersonalNumber("042041000078")))))
    assert done(kiosk) == [False, False], "one of two: who comes once too often is seen, who is left out is not"


def test_namesakes_of_whom_nothing_else_is_known_are_told_apart_by_the_offices_own_mark(kiosk: Kiosk) -> None:
    kiosk.sign_in()
    rows = (namesake(0, person="TK-1", number=NUMBERS[0]), namesake(1, person="TK-2"))
    kiosk.receives(Roster(TODAY, rows))
    enrolled(kiosk, Identity(DocumentSource.CHIP, "NGUYỄN THỊ LAN", BORN[0], NUMBERS[0], Sex.FEMALE))
    kiosk.receives(Roster(TODAY, tuple(replace(row, number=None) for row in rows)))
    assert done(kiosk) == [True, False]


def enrolled(kiosk: Kiosk, who: Identity) -> None:
    session = session_at_review()
    assert kiosk.desk is not None
    kiosk.desk.seal(replace(session, answers=replace(session.answers, identity=who)), NOW)
    kiosk.mailbox.next(Sealed)
    kiosk.look()


def done(kiosk: Kiosk) -> list[bool]:
    """Which rows count as done."""
    assert kiosk.desk is not None
    rosters = kiosk.desk.rosters
    assert rosters is not None
    return kiosk.desk._worker.submit(
        lambda: [bool(rosters._shelf.enrolled() & names) for names in rosters._names]
    ).result(60)
