"""`kiosk office roster`: from a commune's table to kiosks, by name or by area, over the network or carried by hand."""

from __future__ import annotations

import base64
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.custody.inbox import InboxReader
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from kiosk.office.registry import load_registry
from kiosk.office.rosters import Rosters
from kiosk.office.sending import kiosks_for
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.rosters import RosterKeyWord, open_roster, sign_roster_key
from kiosk.sealing.suites import CLASSICAL, OpeningKey
from kiosk.wire.messages import Birth, encode_json
from kiosk.wire.roster import decode_roster, take_carried
from kiosk.wire.topics import Kind, KioskAddress, Topic
from tests.office.test_rosters import NOW

KIOSKS = {"kiosk-tk-01": "tk", "kiosk-tk-02": "tk", "kiosk-ks-01": "ks"}
FIRST = "kiosk-tk-01"
TABLE = "Họ và tên;Ngày sinh\nTrần Thị Hoà;1950\nNguyễn Văn Á;01/07/1941\n"


class Desk:
    """The office's command line, and the kiosk that has told its key."""

    def __init__(self, root: Path) -> None:
        self.root = root
        init_office(
            root / "office", province="ht", communes={"tk": "Thạch Kênh", "ks": "Kỳ Sơn"}, kiosks=KIOSKS, demo=True
        )
        self.layout = OfficeLayout(root / "office")
        self.settings = root / "office.toml"
        self.settings.write_text(
            f'[office]\nname = "x"\nprovince = "ht"\nmode = "demo"\ndirectory = "{self.layout.root}"\n', "utf-8"
        )
        self.table = root / "roster.csv"
        self.table.write_text(TABLE, "utf-8")
        self.opening = OpeningKey.generate(CLASSICAL)

    def tell_key(self) -> None:
        record = SigningKey.load(self.layout.bundle(FIRST) / "kiosk" / "record.key")
        word = base64.b64encode(sign_roster_key(RosterKeyWord(FIRST, 1, self.opening.public), record)).decode()
        birth = Birth(kiosk=FIRST, sw="1", boot="b", drivers={}, schemas=[], roster_key=word)
        with closing(OfficeDatabase.open(OfficeSettings(directory=self.layout.root).database)) as database:
            rosters = Rosters(
                database, registry=lambda: load_registry(self.layout.registry), publish=lambda *_: 1, now=lambda: NOW
            )
            rosters.hear(Topic(KioskAddress("ht", "tk", FIRST), Kind.BIRTH), encode_json(birth))

    def run(self, *words: str, of: tuple[str, ...] = ("office",), by: Path | None = None) -> tuple[int, str]:
        ran = CliRunner().invoke(app, [*of, *words, "--settings", str(by or self.settings)])
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        return ran.exit_code, ran.output


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_an_area_is_all_its_kiosks_and_who_has_no_key_keeps_back_nobody(desk: Desk) -> None:
    desk.tell_key()
    code, said = desk.run("roster", str(desk.table), "--area", "tk")
    assert code == 1
    unsent, sent = said.splitlines()
    assert sent.startswith(f"{FIRST}\t2 people, ")
    assert sent.endswith("\tgiven")
    assert unsent.startswith("kiosk-tk-02\tnot sent:")
    code, said = desk.run("commands")
    assert (code, "roster issued=" in said, "kid=" in said) == (0, True, False)
    assert desk.run("roster", str(desk.table), "--kiosk", FIRST, "--wait", "0.1")[0] == 3
    code, said = desk.run("rosters")
    assert [line.split("\t")[1][:9] for line in said.splitlines()] == ["no key ye", "no roster", "no key ye"]


def test_a_roster_is_carried_to_a_kiosk_without_a_network(desk: Desk) -> None:
    desk.tell_key()
    file = desk.root / "for-the-stick"
    assert desk.run("roster", str(desk.table), "--kiosk", FIRST, "--out", str(file))[0] == 0
    signed, sealed = take_carried(file.read_bytes())
    names = [row.name for row in decode_roster(open_roster(sealed, kiosk=FIRST, key=desk.opening)).rows]
    assert names == ["Trần Thị Hoà", "Nguyễn Văn Á"]
    assert "Trần".encode() not in file.read_bytes()
    kiosk, inbox = desk.root / "kiosk.toml", desk.root / "inbox"
    place = f'kiosk_id = "{FIRST}"\nprovince = "ht"\ncommune = "tk"\n'
    kiosk.write_text(f'[kiosk]\n{place}[paths]\ninbox = "{inbox}"\n', "utf-8")
    assert desk.run(str(file), of=("obey",), by=kiosk) == (0, f"roster for {FIRST}: handed over\n")
    reader = InboxReader(inbox / "inbox.db")
    (command,) = reader.commands()
    assert command.data == signed
    assert reader.roster(desk.run("commands")[1].split("\t")[0]) == sealed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--kiosk", FIRST), "name a file with people, or --withdraw"),
        (("TABLE", "--withdraw", "--kiosk", FIRST), "name a file with people, or --withdraw"),
        (("TABLE",), "--kiosk"),
        (("TABLE", "--area", "xx"), "no commune of this office"),
        (("TABLE", "--area", "tk", "--out", "FILE"), "--out is for one kiosk"),
        (("BAD", "--kiosk", FIRST), "line 2, column 2"),
    ],
)
def test_what_cannot_be_sent_is_told(desk: Desk, words: tuple[str, ...], said: str) -> None:
    bad = desk.root / "bad.csv"
    bad.write_text("name,born\nLê Thị Bí Mật,never\n", "utf-8")
    files = {"TABLE": str(desk.table), "BAD": str(bad), "FILE": str(desk.root / "out")}
    code, told = desk.run("roster", *(files.get(word, word) for word in words))
    assert code == 2
    assert said in told
    assert "Bí" not in told


def test_taking_a_roster_away_is_for_every_kiosk(desk: Desk) -> None:
    code, said = desk.run("roster", "--withdraw", "--area", "ks")
    assert (code, said) == (0, "kiosk-ks-01\t0 people, 0 bytes sealed\tgiven\n")


def test_who_is_named_twice_is_sent_one(desk: Desk) -> None:
    settings = OfficeSettings(directory=desk.layout.root)
    assert kiosks_for(settings, ["kiosk-ks-01", FIRST, FIRST], "tk") == ["kiosk-ks-01", FIRST, "kiosk-tk-02"]
    with pytest.raises(OfficeError, match="--kiosk"):
        kiosks_for(settings, [], None)


def test_a_roster_is_no_order_to_be_typed(desk: Desk) -> None:
    code, said = desk.run("command", FIRST, "roster")
    assert (code, "kiosk office roster FILE" in said) == (2, True)
