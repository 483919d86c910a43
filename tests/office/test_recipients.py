"""Whom kiosks seal for changes by a signed word, and everything that was sealed before still opens."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.custody.database import CustodyDatabase
from kiosk.custody.errors import CustodyMissing
from kiosk.custody.inbox import Inbox, InboxReader
from kiosk.office import openingkeys
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OpeningError, ProvisioningError
from kiosk.office.layout import OfficeLayout
from kiosk.office.openingkeys import (
    digits_of,
    make_escrow_key,
    make_opening_key,
    prove_escrow_key,
    read_escrow_key,
)
from kiosk.office.provisioning import init_office
from kiosk.office.recipients import AGAIN_S, LOOK_S, RecipientsTeller, change_recipients
from kiosk.office.registry import load_registry
from kiosk.runtime.audit import AuditBook
from kiosk.runtime.orderbook import OrderBook
from kiosk.runtime.recipients import RecipientBook, newest_recipients
from kiosk.sealing.errors import CannotOpen
from kiosk.sealing.keys import OfficeKeys, Recipients, SigningKey
from kiosk.sealing.package import VerifiedPackage
from kiosk.sealing.recipients import RecipientsWord, sign_recipients, verify_recipients
from kiosk.sealing.suites import CLASSICAL, OpeningKey
from kiosk.uplink.process import run_uplink
from tests.office.conftest import Village
from tests.office.stand import NOW, KioskSide, eventually, open_at, open_office, uplink_settings_of
from tests.office.test_opening import committed

KIOSK = "kiosk-tk-01"


@pytest.fixture
def layout(tmp_path: Path) -> OfficeLayout:
    return init_office(tmp_path / "office", province="ht", communes=["tk"], kiosks=[KIOSK], demo=True).layout


@pytest.fixture
def database(layout: OfficeLayout) -> Iterator[OfficeDatabase]:
    database = OfficeDatabase.open(f"sqlite:///{layout.database}")
    yield database
    database.close()


def told(layout: OfficeLayout) -> None:
    """What the kiosk seals for from now on is what the newest word says."""
    keys = OfficeKeys.load(layout.bundle(KIOSK) / "kiosk" / "office-keys.json")
    assert keys.command is not None
    word = verify_recipients(layout.recipients.read_bytes(), keys.command)
    OfficeKeys(word.recipients, keys.receipt, keys.command).save(layout.bundle(KIOSK) / "kiosk" / "office-keys.json")


def test_old_enrolments_open_with_the_old_key_and_new_ones_with_the_new_and_with_the_provinces(
    layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path
) -> None:
    def opens(enrolment: str, key: Path) -> bool:
        out = tmp_path / f"out-{enrolment[-6:]}-{key.name}"
        try:
            open_at(layout, database, enrolment, key_file=key, out_dir=out)
        except OpeningError as error:
            return "needed is" not in str(error)
        return True

    # The stick with the first opening key is in a safe.
    old_key = layout.opening_key.rename(tmp_path / "old.key")
    first = committed(layout, database, tmp_path / "1")
    escrow_key = tmp_path / "province.key"
    make_escrow_key(escrow_key)
    prove_escrow_key(escrow_key)
    new_key = tmp_path / "new.key"
    make_opening_key(layout, new_key)
    change_recipients(layout, opening_key=new_key, escrow=read_escrow_key(tmp_path / "province.key.pub"))
    told(layout)
    second = committed_again(layout, database, tmp_path / "3")

    assert [opens(first, key) for key in (old_key, new_key, escrow_key)] == [True, False, False]
    assert [opens(second, key) for key in (old_key, new_key, escrow_key)] == [False, True, True]


def committed_again(layout: OfficeLayout, database: OfficeDatabase, directory: Path) -> str:
    """The second enrolment of the kiosk."""
    from datetime import timedelta

    from kiosk.domain.enrolment import Answers, Enrolment
    from kiosk.wire.enrolment import encode_enrolment
    from tests.office.stand import intake_of, new_id

    directory.mkdir()
    with KioskSide(layout, KIOSK, directory, 1) as kiosk:
        package_id = new_id()
        enrolment = Enrolment(
            id=package_id,
            kiosk=KIOSK,
            officer="tk-officer-1",
            plan_source="plan",
            started_at=NOW,
            finished_at=NOW + timedelta(minutes=9),
            answers=Answers(slots={}),
            captures={},
        )
        data = kiosk.package(package_id, 2, b"\1" * 32, body=encode_enrolment(enrolment))
    assert intake_of(layout, database).accept(KIOSK, package_id, data).code == ""
    return package_id


def test_each_word_has_a_higher_number_and_new_kiosks_are_given_the_newest_keys(
    layout: OfficeLayout, tmp_path: Path
) -> None:
    # CK-KEYS-01
    first = OfficeKeys.load(layout.collector / "office-keys.json")
    make_opening_key(layout, tmp_path / "new.key")
    one = change_recipients(layout, opening_key=tmp_path / "new.key", now=lambda: NOW)
    two = change_recipients(layout, now=lambda: NOW)
    assert first.command is not None
    words = [verify_recipients(changed.word, first.command) for changed in (one, two)]
    assert [word.n for word in words] == [1, 2]
    assert words[1].recipients == words[0].recipients != first.recipients
    assert one.keys.earlier == two.keys.earlier == (first.recipients.body.kid,)
    made = init_office(layout.root, province="ht", communes=["tk"], kiosks=["kiosk-tk-02"], demo=True)
    assert OfficeKeys.load(made.layout.bundle("kiosk-tk-02") / "kiosk" / "office-keys.json") == two.keys
    # An opening key of another office is still found out.
    OpeningKey.generate(first.recipients.suite).save(layout.opening_key)
    with pytest.raises(ProvisioningError, match=r"opening\.key is not the key"):
        change_recipients(layout)


def test_after_an_older_copy_was_restored_the_next_word_is_above_what_kiosks_have_taken(layout: OfficeLayout) -> None:
    change_recipients(layout)
    older = {path.name: path.read_bytes() for path in layout.governing.iterdir() if path.is_file()}
    told = [change_recipients(layout).keys.number for _ in range(3)]
    for name, data in older.items():
        (layout.governing / name).write_bytes(data)
    assert change_recipients(layout).keys.number == told[-1] + 1
    # A word by another key than the office's own counts for nothing.
    word = RecipientsWord(99, NOW, OfficeKeys.load(layout.master_keys).recipients)
    foreign = sign_recipients(word, SigningKey.generate())
    (layout.collector / "recipients.cose").write_bytes(foreign)
    assert change_recipients(layout).keys.number == told[-1] + 2


def test_an_escrow_key_comes_stays_and_goes(layout: OfficeLayout, tmp_path: Path) -> None:
    public = make_escrow_key(tmp_path / "a.key")
    assert not (tmp_path / "a.key.pub").exists()
    assert prove_escrow_key(tmp_path / "a.key") == prove_escrow_key(tmp_path / "a.key") == public
    assert OpeningKey.load(tmp_path / "a.key").public == public == read_escrow_key(tmp_path / "a.key.pub")
    assert b"PRIVATE" not in (tmp_path / "a.key.pub").read_bytes()
    assert change_recipients(layout, escrow=public).keys.recipients.escrow == public
    make_opening_key(layout, tmp_path / "new.key")
    kept = change_recipients(layout, opening_key=tmp_path / "new.key").keys
    assert kept.recipients.escrow == public
    assert change_recipients(layout, drop_escrow=True).keys.recipients.escrow is None
    assert len(digits_of(public).split()) == 6


def no_command_key(layout: OfficeLayout, _folder: Path) -> None:
    layout.command_key.unlink()
    change_recipients(layout)


def other_command_key(layout: OfficeLayout, _folder: Path) -> None:
    SigningKey.generate().save(layout.command_key)
    change_recipients(layout)


def other_suite(layout: OfficeLayout, _folder: Path) -> None:
    change_recipients(layout, escrow=OpeningKey.generate(CLASSICAL).public)


def no_key_waits(layout: OfficeLayout, folder: Path) -> None:
    OpeningKey.generate().save(folder / "stranger.key")
    change_recipients(layout, opening_key=folder / "stranger.key")


def another_key_waits(layout: OfficeLayout, folder: Path) -> None:
    make_opening_key(layout, folder / "one.key")
    make_opening_key(layout, folder / "two.key")
    change_recipients(layout, opening_key=folder / "one.key")


def medium_was_lost(layout: OfficeLayout, folder: Path) -> None:
    make_opening_key(layout, folder / "one.key")
    (folder / "one.key").unlink()
    change_recipients(layout, opening_key=folder / "one.key")


def medium_was_spoilt(layout: OfficeLayout, folder: Path) -> None:
    make_opening_key(layout, folder / "one.key")
    pem = (folder / "one.key").read_bytes()
    (folder / "one.key").write_bytes(pem[: len(pem) // 2])
    change_recipients(layout, opening_key=folder / "one.key")


def never_over_another(layout: OfficeLayout, folder: Path) -> None:
    (folder / "one.key").write_bytes(b"somebody's")
    make_opening_key(layout, folder / "one.key")


def escrow_spoilt(_layout: OfficeLayout, folder: Path) -> None:
    make_escrow_key(folder / "b.key")
    (folder / "b.key").write_bytes(b"")
    prove_escrow_key(folder / "b.key")


def escrow_swapped(_layout: OfficeLayout, folder: Path) -> None:
    for name in ("b.key", "c.key"):
        make_escrow_key(folder / name)
    prove_escrow_key(folder / "b.key")
    (folder / "c.key").replace(folder / "b.key")
    prove_escrow_key(folder / "b.key")


def secret_half(_layout: OfficeLayout, folder: Path) -> None:
    make_escrow_key(folder / "b.key")
    read_escrow_key(folder / "b.key")


def twice(_layout: OfficeLayout, folder: Path) -> None:
    make_escrow_key(folder / "b.key")
    make_escrow_key(folder / "b.key")


@pytest.mark.parametrize(
    "wrong",
    [
        no_command_key,
        other_command_key,
        other_suite,
        secret_half,
        twice,
        no_key_waits,
        another_key_waits,
        medium_was_lost,
        medium_was_spoilt,
        never_over_another,
        escrow_spoilt,
        escrow_swapped,
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(
    layout: OfficeLayout, tmp_path: Path, wrong: Callable[[OfficeLayout, Path], None]
) -> None:
    before = (layout.collector / "office-keys.json").read_bytes(), sorted(layout.opening.iterdir())
    with pytest.raises(ProvisioningError):
        wrong(layout, tmp_path)
    assert ((layout.collector / "office-keys.json").read_bytes(), sorted(layout.opening.iterdir())) == before
    assert not layout.recipients.exists()


def test_a_new_opening_key_is_told_to_nobody_before_its_medium_has_opened_a_test_package(
    layout: OfficeLayout, tmp_path: Path
) -> None:
    before = OfficeKeys.load(layout.master_keys)
    medium = tmp_path / "medium.key"
    made = make_opening_key(layout, medium)
    assert OfficeKeys.load(layout.master_keys) == before
    # A word about something else does not take it along, and neither does a new kiosk.
    assert change_recipients(layout).keys.recipients == before.recipients
    secret = medium.read_bytes()
    assert not any(secret in path.read_bytes() for path in layout.root.rglob("*") if path.is_file())
    assert change_recipients(layout, opening_key=medium).keys.recipients.body == made
    assert not layout.waiting_opening_key.exists()
    # After a power cut the second command is given again.
    again = change_recipients(layout, opening_key=medium)
    assert again.keys.recipients.body == made
    assert again.keys.earlier == (before.recipients.body.kid,)


def test_a_medium_that_gives_something_else_back_gets_no_key(
    layout: OfficeLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(_file: Path) -> OpeningKey:
        return OpeningKey.generate()

    monkeypatch.setattr(openingkeys, "_from_medium", stale)
    for make in (lambda: make_opening_key(layout, tmp_path / "m.key"), lambda: make_escrow_key(tmp_path / "m.key")):
        with pytest.raises(ProvisioningError, match="does not give back"):
            make()
        assert not (tmp_path / "m.key").exists()
    assert not layout.waiting_opening_key.exists()


def test_a_key_that_opens_no_test_package_is_neither_left_on_a_medium_nor_told(
    layout: OfficeLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(_package: VerifiedPackage, _key: OpeningKey) -> bytes:
        raise CannotOpen("it does not")

    for name in ("office.key", "escrow.key"):
        make = make_escrow_key if name == "escrow.key" else partial(make_opening_key, layout)
        make(tmp_path / name)
    before = layout.master_keys.read_bytes()
    monkeypatch.setattr(openingkeys, "open_body", closed)
    with pytest.raises(ProvisioningError, match="opens no test package"):
        change_recipients(layout, opening_key=tmp_path / "office.key")
    with pytest.raises(ProvisioningError, match="opens no test package"):
        prove_escrow_key(tmp_path / "escrow.key")
    with pytest.raises(ProvisioningError, match="opens no test package"):
        make_escrow_key(tmp_path / "third.key")
    assert not (tmp_path / "escrow.key.pub").exists()
    assert not (tmp_path / "third.key").exists()
    assert (layout.master_keys.read_bytes(), layout.recipients.exists()) == (before, False)


def test_in_the_field_an_opening_key_is_not_made_on_the_offices_own_disk(tmp_path: Path) -> None:
    layout = init_office(tmp_path / "field", province="ht", communes=["tk"], kiosks=[], broker_host="x.example").layout
    with pytest.raises(ProvisioningError, match="own disk"):
        make_opening_key(layout, tmp_path / "new.key")
    assert not (tmp_path / "new.key").exists()


class Kiosk:
    """The kiosk's part: what it believes of what the uplink has written down."""

    def __init__(self, folder: Path, office: OfficeKeys) -> None:
        self._database = CustodyDatabase.open(folder / "outbox.db", folder / "private.db")
        self.sealing_for = office.recipients
        audit = AuditBook(folder / "audit.log", now=lambda: NOW)
        self.book = RecipientBook(
            OrderBook(self._database), InboxReader(folder / "inbox.db"), office, audit=audit, tell=self._tell
        )
        self.audit = audit

    def _tell(self, recipients: Recipients) -> None:
        self.sealing_for = recipients

    def close(self) -> None:
        self._database.close()


@contextmanager
def switched_on(folder: Path, office: OfficeKeys) -> Iterator[Kiosk]:
    kiosk = Kiosk(folder, office)
    try:
        yield kiosk
    finally:
        kiosk.close()


def test_a_kiosk_seals_for_the_newest_word_also_after_a_restart_and_never_for_an_older_one(tmp_path: Path) -> None:
    # CK-KEYS-02
    command = SigningKey.generate()
    summary = OpeningKey.generate(CLASSICAL).public

    def keys(number: int = 0) -> OfficeKeys:
        recipients = Recipients(summary, OpeningKey.generate(CLASSICAL).public)
        return OfficeKeys(recipients, SigningKey.generate().public, command.public, number)

    office = keys()
    words = {n: RecipientsWord(n, NOW, keys().recipients) for n in (1, 2, 3)}

    def comes(n: int, by: SigningKey = command) -> None:
        with Inbox.open(tmp_path / "inbox.db") as inbox:
            inbox.add_recipients(sign_recipients(words[n], by))

    with switched_on(tmp_path, office) as kiosk:
        kiosk.book.take()  # there is no inbox yet
        assert kiosk.sealing_for == office.recipients
        comes(2)
        kiosk.book.take()
        assert kiosk.sealing_for == words[2].recipients
        comes(1)
        comes(3, SigningKey.generate())
        kiosk.book.take()
        assert kiosk.sealing_for == words[2].recipients
        assert any("recipients.refused" in line for line in kiosk.audit.tail(9))
    (tmp_path / "inbox.db").unlink()
    with switched_on(tmp_path, office) as kiosk:
        assert kiosk.sealing_for == words[2].recipients
        comes(3)
        kiosk.book.take()
        assert kiosk.sealing_for == words[3].recipients
    # What a command beside the kiosk (a new vault) goes by.
    inbox = InboxReader(tmp_path / "inbox.db")
    assert newest_recipients(inbox, office) == words[3].recipients
    assert newest_recipients(InboxReader(tmp_path / "none.db"), office) == office.recipients
    assert newest_recipients(inbox, OfficeKeys(office.recipients, office.receipt)) == office.recipients
    # Installed anew, with the keys of a later word than all that it heard.
    later = keys(4)
    assert newest_recipients(inbox, later) == later.recipients
    with switched_on(tmp_path, later) as kiosk:
        kiosk.book.take()
        assert kiosk.sealing_for == later.recipients
    # A kiosk from before there were commands believes nobody.
    with switched_on(tmp_path, OfficeKeys(office.recipients, office.receipt)) as kiosk:
        kiosk.book.take()
        assert kiosk.sealing_for == office.recipients


def test_every_kiosk_hears_the_word_over_the_broker_however_late_it_comes(village: Village, tmp_path: Path) -> None:
    # CK-KEYS-01
    layout = village.layout
    keys = OfficeKeys.load(layout.bundle(KIOSK) / "kiosk" / "office-keys.json")
    typed = [sys.executable, "-m", "kiosk.cli", "office", "recipients", str(layout.root)]
    with open_office(layout, f"sqlite:///{tmp_path / 'office.db'}") as office:
        office.start()
        made = CliRunner().invoke(app, [*typed[3:], "--new-opening-key", str(tmp_path / "new.key")])
        assert (made.exit_code, "no kiosk seals for it yet" in made.output) == (0, True)
        assert not layout.recipients.exists()
        ran = subprocess.run(
            [*typed, "--opening-key", str(tmp_path / "new.key"), "--out", str(tmp_path / "word.cose")],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        word = layout.recipients.read_bytes()
        assert (tmp_path / "word.cose").read_bytes() == word
        stop = threading.Event()
        settings = uplink_settings_of(layout, KIOSK, tmp_path, village.port)
        uplink = threading.Thread(target=run_uplink, args=(settings, stop), daemon=True)
        uplink.start()
        inbox = InboxReader(tmp_path / "inbox.db")

        def heard() -> bool:
            try:
                return [one.data for one in inbox.recipients()] == [word]
            except CustodyMissing:
                return False  # the uplink has not begun, or is just making the file

        eventually(heard, "the word is at the kiosk")
        stop.set()
        uplink.join(30)
    with switched_on(tmp_path, keys) as kiosk:
        kiosk.book.take()
        newest = OfficeKeys.load(layout.collector / "office-keys.json").recipients
        assert kiosk.sealing_for == newest != keys.recipients


def test_a_key_in_escrow_is_told_to_kiosks_only_after_its_digits_were_compared(
    layout: OfficeLayout, tmp_path: Path
) -> None:
    make_escrow_key(tmp_path / "escrow.key")
    public = prove_escrow_key(tmp_path / "escrow.key")
    before = (layout.collector / "office-keys.json").read_bytes()
    typed = [sys.executable, "-m", "kiosk.cli", "office", "recipients", str(layout.root)]
    typed += ["--escrow", str(tmp_path / "escrow.key.pub"), "--fingerprint"]
    ran = subprocess.run([*typed, "1" * 30], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, "not the digits" in ran.stderr) == (2, True)
    assert (layout.collector / "office-keys.json").read_bytes() == before
    ran = subprocess.run([*typed, digits_of(public)], capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
    assert OfficeKeys.load(layout.collector / "office-keys.json").recipients.escrow == public


def test_a_broker_that_ends_the_connection_over_the_word_is_not_asked_at_each_connection(layout: OfficeLayout) -> None:
    said: list[str] = []
    clock = [0.0]

    def publish(topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        assert retain
        assert payload
        said.append(topic)
        return len(said)

    teller = RecipientsTeller(
        layout.recipients,
        registry=lambda: load_registry(layout.registry),
        publish=publish,
        monotonic_s=lambda: clock[0],
    )

    def turns(seconds: float) -> int:
        before = len(said)
        for _ in range(3):
            clock[0] += seconds / 3
            teller.tell()
        return len(said) - before

    assert turns(3 * LOOK_S) == 0
    change_recipients(layout)
    assert turns(3 * LOOK_S) == 1
    assert said == ["ev1/ht/all/all/keys"]
    assert teller.on_outcome(1, None)
    assert not teller.on_outcome(77, None)
    teller.on_up()
    assert turns(3 * LOOK_S) == 1
    teller.on_down()
    teller.on_up()
    assert turns(3 * LOOK_S) == 0
    assert turns(AGAIN_S) == 1
    assert teller.on_outcome(3, "Not authorized")
    assert turns(3 * LOOK_S) == 0


def test_a_word_is_carried_to_a_kiosk_by_hand(layout: OfficeLayout, repository: Path, tmp_path: Path) -> None:
    change_recipients(layout)
    (tmp_path / "inbox").mkdir()
    settings = tmp_path / "kiosk.toml"
    text = (repository / "config" / "kiosk.toml").read_text("utf-8")
    settings.write_text(text.replace('"/var/lib/kiosk/inbox"', json.dumps(str(tmp_path / "inbox"))), "utf-8")
    typed = [sys.executable, "-m", "kiosk.cli", "obey", str(layout.recipients), "--settings", str(settings)]
    ran = subprocess.run(typed, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    (came,) = InboxReader(tmp_path / "inbox" / "inbox.db").recipients()
    assert came.data == layout.recipients.read_bytes()
