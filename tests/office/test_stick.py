"""A kiosk without any network: packages go to the office on a stick, receipts come back on it, by the commands."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from kiosk.custody.entries import Status
from kiosk.custody.stick import FOLDER
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from kiosk.sealing.keys import SigningKey
from tests.office.stand import KioskSide
from tests.typing_in import typed

KIOSK = "kiosk-tk-01"


@pytest.fixture
def layout(tmp_path: Path) -> OfficeLayout:
    return init_office(tmp_path / "office", province="ht", communes=["tk"], kiosks=[KIOSK], demo=True).layout


class Hands:
    """Types the two commands."""

    def __init__(self, layout: OfficeLayout, tmp_path: Path) -> None:
        self.mounted = tmp_path / "stick"
        self.mounted.mkdir()
        self._office = tmp_path / "office.toml"
        self._office.write_text(
            f'[office]\nname = "x"\nprovince = "ht"\nmode = "demo"\ndirectory = "{layout.root}"\n', "utf-8"
        )
        self._kiosk = tmp_path / "kiosk.toml"
        folder = tmp_path / "kiosk"
        self._kiosk.write_text(
            f'[kiosk]\nkiosk_id = "{KIOSK}"\nprovince = "ht"\ncommune = "tk"\nmode = "demo"\n'
            f'[paths]\noutbox = "{folder}"\ninbox = "{folder}"\n',
            "utf-8",
        )

    def kiosk(self) -> str:
        code, said, complaint = self._run("stick", str(self.mounted), "--settings", str(self._kiosk))
        assert (code, complaint) == (0, "")
        return said

    def office(self) -> tuple[int, str, str]:
        return self._run("office", "stick", str(self.mounted), "--settings", str(self._office))

    def _run(self, *words: str) -> tuple[int, str, str]:
        return typed(*words)


def test_a_stick_carries_packages_there_and_receipts_back(layout: OfficeLayout, tmp_path: Path) -> None:
    hands = Hands(layout, tmp_path)
    with KioskSide(layout, KIOSK, tmp_path / "kiosk", 1) as kiosk:
        entries = [kiosk.enrol(size=size) for size in (300_000, 10)]
        assert hands.kiosk().startswith("2 packages saved, 0 were there, 0 cleared away; 0 receipts")
        assert hands.office() == (0, "2 packages on the stick: 2 taken in, 0 known already, 0 refused\n", "")
        assert hands.office() == (0, "2 packages on the stick: 0 taken in, 2 known already, 0 refused\n", "")
        third = kiosk.enrol()
        assert hands.kiosk().startswith("1 packages saved, 2 were there, 0 cleared away; 2 receipts")
        assert [kiosk.status(entry) for entry in (*entries, third)] == [Status.RECEIVED] * 2 + [Status.SEALED]
        assert hands.kiosk().startswith("0 packages saved, 1 were there, 2 cleared away;")
    with closing(OfficeDatabase.open(f"sqlite:///{layout.database}")) as office:
        assert office.count() == 2


def test_what_a_kiosk_has_not_signed_takes_no_room_and_gets_no_answer(layout: OfficeLayout, tmp_path: Path) -> None:
    hands = Hands(layout, tmp_path)
    with KioskSide(layout, KIOSK, tmp_path / "kiosk", 1, signer=SigningKey.generate()) as kiosk:
        entry = kiosk.enrol()
        hands.kiosk()
        code, said, complaint = hands.office()
        assert (code, said) == (1, "1 packages on the stick: 0 taken in, 0 known already, 1 refused\n")
        assert complaint.endswith(f"kiosk: {entry.id} of {KIOSK} is refused: wrong_key\n")
        assert hands.kiosk().endswith("0 receipts handed to the kiosk, which verifies them\n")
        assert kiosk.status(entry) is Status.SEALED
    # Whoever can name a folder of a stick must not fill the place in which this kiosk's refused packages are kept.
    with closing(OfficeDatabase.open(f"sqlite:///{layout.database}")) as office, office.reading() as connection:
        assert connection.execute(tables.quarantine.select()).all() == []
        assert [(alarm.kiosk, alarm.code, alarm.detail) for alarm in office.alarms()] == [(KIOSK, "wrong_key", "stick")]


def test_bytes_changed_on_the_way_are_refused_and_the_kiosk_saves_the_package_again(
    layout: OfficeLayout, tmp_path: Path
) -> None:
    hands = Hands(layout, tmp_path)
    with KioskSide(layout, KIOSK, tmp_path / "kiosk", 1) as kiosk:
        entry = kiosk.enrol()
        hands.kiosk()
        (file,) = (hands.mounted / FOLDER / KIOSK).glob("*.package")
        data = bytearray(file.read_bytes())
        data[-1] ^= 1
        file.write_bytes(data)
        assert hands.office()[0] == 1
        assert hands.kiosk().startswith("1 packages saved")
        kiosk.release()
        assert kiosk.status(entry) is Status.SEALED
        assert hands.office()[1].startswith("1 packages on the stick: 1 taken in")
        hands.kiosk()
        assert kiosk.status(entry) is Status.RECEIVED
