"""`kiosk office command`: by who holds the key, in words that are checked before anything is signed."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.custody.entries import to_text
from kiosk.custody.inbox import InboxReader
from kiosk.domain.commands import Configure, Lock, Order, OrderRemedies, Ring, SendLogs, ShowMessage, Unlock
from kiosk.domain.experience import Remedy
from kiosk.domain.quality import PrintVerdict
from kiosk.office.database import OfficeDatabase, insert_enrolment
from kiosk.office.errors import OfficeError
from kiosk.office.layout import OfficeLayout
from kiosk.office.ordering import Commander, list_commands, read_order, what_erasing_ends
from kiosk.office.provisioning import init_office
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.commands import verify_command
from kiosk.sealing.keys import OfficeKeys, SigningKey
from tests.office.test_desk_pages import enrolled
from tests.typing_in import typed

KIOSK = "kiosk-tk-01"


@pytest.fixture
def layout(tmp_path: Path) -> OfficeLayout:
    return init_office(tmp_path / "office", province="ht", communes=["tk"], kiosks=[KIOSK], demo=True).layout


@pytest.mark.parametrize(
    ("typed", "order"),
    [
        ("lock", Lock()),
        ("lock now", Lock(now=True)),
        ("unlock", Unlock()),
        ("message Mang máy về xã", ShowMessage("Mang máy về xã")),
        ("ring", Ring(30)),
        ("ring 5", Ring(5)),
        ("logs 20", SendLogs(20)),
        ("configure journey.language en", Configure("journey.language", "en")),
        ("configure journey.idle_after_s 300", Configure("journey.idle_after_s", 300)),
        ("remedies too_dry warm,damp", OrderRemedies(PrintVerdict.TOO_DRY, (Remedy.WARM, Remedy.DAMP))),
        ("remedies worn", OrderRemedies(PrintVerdict.WORN, ())),
    ],
)
def test_what_is_typed_is_the_order_that_is_meant(typed: str, order: Order) -> None:
    verb, *words = typed.split()
    assert read_order(verb, words) == order


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("dance", "there is: lock, unlock"),
        ("lock soon", "does not take these words"),
        ("unlock now", "does not take these words"),
        ("ring 1000", "from 5 to 300"),
        ("ring loud", "from 5 to 300"),
        ("message", "text"),
        ("configure signing.key x", "journey.language"),
        ("configure journey.idle_after_s soon", "30 to 3600"),
        ("remedies too_dry sauna", "wash"),
    ],
)
def test_what_makes_no_sense_is_told_with_what_is_expected(typed: str, told: str) -> None:
    verb, *words = typed.split()
    with pytest.raises(OfficeError, match=told):
        read_order(verb, words)


def test_only_the_key_that_kiosks_know_gives_commands(layout: OfficeLayout) -> None:
    assert Commander.of(layout, "minh").by == "minh"
    SigningKey.generate().save(layout.command_key)
    with pytest.raises(OfficeError, match="is not the key that this office's kiosks obey"):
        Commander.of(layout, "minh")
    layout.command_key.chmod(0o644)
    with pytest.raises(OfficeError, match="other users"):
        Commander.of(layout, "minh")
    layout.command_key.unlink()
    with pytest.raises(OfficeError, match="kiosk office init"):
        Commander.of(layout, "minh")


def test_the_commands_work_as_typed(layout: OfficeLayout, tmp_path: Path) -> None:
    settings = tmp_path / "office.toml"
    settings.write_text(
        f'[office]\nname = "Thạch Kênh"\nprovince = "ht"\nmode = "demo"\ndirectory = "{layout.root}"\n', "utf-8"
    )

    def run(*words: str, of: tuple[str, ...] = ("office",), by: Path = settings) -> tuple[int, str, str]:
        return typed(*of, *words, "--settings", str(by))

    file = tmp_path / "order"
    code, said, _ = run("command", KIOSK, "lock", "now", "--out", str(file))
    assert (code, said.split("\t")[3:]) == (0, [KIOSK, "lock now=True", "given (not told yet)\n"])
    (given,) = list_commands(OfficeSettings(directory=layout.root), KIOSK, limit=9)
    assert file.read_bytes() == given.signed
    office = OfficeKeys.load(layout.collector / "office-keys.json")
    assert office.command is not None
    assert verify_command(given.signed, office.command).id == given.id
    assert run("command", KIOSK, "ring", "--out", str(file))[0] == 2
    code, _, complaint = run("command", KIOSK, "erase")
    assert (code, "--sure" in complaint) == (2, True)
    code, _, complaint = run("command", "kiosk-xx", "ring")
    assert (code, "not registered" in complaint) == (2, True)
    assert run("command", KIOSK, "ring", "--wait", "0.1")[0] == 3
    code, said, _ = run("commands", KIOSK)
    assert (code, [line.split("\t")[4] for line in said.splitlines()]) == (0, ["ring seconds=30", "lock now=True"])
    word = tmp_path / "word"
    code, said, _ = run("settings", KIOSK, "journey.tries_per_finger=7", "voice.repeat_after_s=", "--out", str(word))
    assert (code, said.partition(": ")[2]) == (0, "wanted is journey.tries_per_finger=7\n")
    code, _, complaint = run("settings", KIOSK, "journey.tries_per_finger=70")
    assert (code, "journey.tries_per_finger is 1 to 20" in complaint) == (2, True)
    assert "journey.tries_per_finger\twanted 7, not told\n" in run("settings", KIOSK)[1]
    assert run("settings")[1].startswith(f"{KIOSK}\tjourney.tries_per_finger\twanted 7, not told\tword ")

    # And on a kiosk to which it was carried.
    kiosk = tmp_path / "kiosk.toml"
    place = f'kiosk_id = "{KIOSK}"\nprovince = "ht"\ncommune = "tk"\n'
    kiosk.write_text(f'[kiosk]\n{place}[paths]\ninbox = "{tmp_path / "inbox"}"\n', "utf-8")
    assert run(str(file), of=("obey",), by=kiosk) == (0, f"lock for {KIOSK}: handed over\n", "")
    assert run(str(file), of=("obey",), by=kiosk) == (0, f"lock for {KIOSK}: was here already\n", "")
    assert [one.data for one in InboxReader(tmp_path / "inbox" / "inbox.db").commands()] == [given.signed]
    assert run(str(word), of=("obey",), by=kiosk)[0] == 0
    assert [one.data for one in InboxReader(tmp_path / "inbox" / "inbox.db").desired()] == [word.read_bytes()]
    code, _, complaint = run(str(settings), of=("obey",), by=kiosk)
    assert (code, complaint) == (2, "kiosk: not a COSE_Sign1: tag 18 is missing\n")


def test_what_waits_on_a_kiosk_is_named_before_it_is_erased(layout: OfficeLayout, tmp_path: Path) -> None:
    file = tmp_path / "office.toml"
    file.write_text(f'[office]\nname = "x"\nprovince = "ht"\nmode = "demo"\ndirectory = "{layout.root}"\n', "utf-8")

    def erase(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(app, ["office", "command", KIOSK, "erase", *words, "--settings", str(file)])
        return done.exit_code, done.output

    code, said = erase()
    assert (code, "has told nothing of itself" in said) == (2, True)
    settings = OfficeSettings(directory=layout.root)
    told = {"paused_n": 2, "paused_overdue": 1, "outbox_n": 3, "told_at": to_text(datetime.now(UTC))}
    with closing(OfficeDatabase.open(settings.database)) as database:
        database.hear({KIOSK: told})
        with database.transaction() as connection:
            insert_enrolment(connection, enrolled(1), received_at=datetime.now(UTC))
    named = (
        "2 paused enrolments wait there, 1 past their term (as it told 0 min ago)",
        "3 enrolments exist only there",
        "1 of its enrolments are here and in no verified copy yet",
    )
    code, said = erase()
    assert (code, [part in said for part in named]) == (2, [True, True, True])
    assert list_commands(settings, KIOSK, limit=5) == []
    code, said = erase("--sure")
    assert (code, [f"warning: {part}" in said for part in named]) == (0, [True, True, True])
    assert [one.verb for one in list_commands(settings, KIOSK, limit=5)] == ["erase"]
    with closing(OfficeDatabase.open(settings.database)) as database:
        database.hear({KIOSK: {"paused_n": 0, "paused_overdue": 0, "outbox_n": 0}})
    assert len(what_erasing_ends(settings, KIOSK, now=datetime.now(UTC))) == 1
