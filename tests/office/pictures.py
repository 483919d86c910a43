"""The office's page with a made-up province, as pictures for the documents: `python -m tests.office.pictures FOLDER`.

Everybody and everything in it is invented, and the same at each run; only the time is today's.
"""

from __future__ import annotations

import argparse
import math
import random
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from kiosk.custody.entries import to_text
from kiosk.office import tables
from kiosk.office.accounts import Role
from kiosk.office.database import OfficeDatabase, insert_enrolment
from kiosk.office.governing import keep_registry
from kiosk.office.history import HOUR, MINUTE
from kiosk.office.keeping import BACKUP, keep_done
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from kiosk.office.records import NewEnrolment
from kiosk.office.registry import load_registry
from kiosk.office.serving import run_office
from kiosk.office.settings import OfficeSettings
from tests.office.browser import open_browser, picture, visiting
from tests.office.conftest import raise_village
from tests.office.signing import add_account
from tests.office.stand import PATIENCE_S

COMMUNES = {
    "tk": ("Thạch Kênh", 18.42, 105.86),
    "dl": ("Đức Lạng", 18.43, 105.61),
    "cx": ("Cẩm Xuyên", 18.25, 106.00),
    "kl": ("Kỳ Lợi", 18.07, 106.40),
    "hk": ("Hương Khê", 18.17, 105.70),
    "lh": ("Lộc Hà", 18.48, 105.93),
}
EACH = 6
FIRST = "kiosk-cx-01"
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Võ", "Đặng")
MIDDLE = ("Thị", "Văn", "Đức", "Ngọc")
GIVEN = ("Mận", "Đượm", "Khoan", "Oánh", "Thơ", "Nhượng", "Bình", "Hạnh", "Lành", "Xuân")
HAMLETS = ("Xóm Tân Hợp", "Xóm Tri Khê", "Thôn Thượng Nguyên", "Xóm Bắc Sơn", "Thôn Đông Hải")
FINGERS = [
    f"print.{hand}_{name}" for hand in ("right", "left") for name in ("thumb", "index", "middle", "ring", "little")
]
REMEDIES = (
    ("too_dry", "damp", 0.7),
    ("too_dry", "warm", 0.55),
    ("too_dry", "lighter", 0.2),
    ("worn", "powder", 0.45),
    ("worn", "firmer", 0.3),
    ("too_wet", "dryer", 0.8),
    ("dirty_glass", "glass", 0.9),
)
# Whose word is how old in hours, and what it last said it was doing.
QUIET = {"kiosk-lh-02": (3.0, "ready"), "kiosk-hk-05": (14.0, "offline"), "kiosk-dl-03": (11.0, "offline")}


def make_up(root: Path, now: datetime) -> None:
    """Fill the office in ``root``."""
    rng = random.Random(7)
    kiosks = {f"kiosk-{code}-{n:02d}": code for n in range(1, EACH + 1) for code in COMMUNES}
    registry_file = root / "collector" / "registry.json"
    registry = load_registry(registry_file)
    init_office(
        root,
        province=registry.province,
        communes={code: name for code, (name, *_) in COMMUNES.items()},
        kiosks=kiosks,
        demo=True,
    )
    registry = load_registry(registry_file)
    placed = {
        kiosk: replace(registry.kiosks[kiosk], place=_near(rng, *COMMUNES[code][1:])) for kiosk, code in kiosks.items()
    }
    names = {code: name for code, name in registry.communes.items() if code in COMMUNES}
    keep_registry(OfficeLayout(root), replace(registry, kiosks=placed, communes=names))
    with closing(OfficeDatabase.open(OfficeSettings(directory=root).database)) as database:
        sequences = _enrolments(database, rng, kiosks, now)
        _remedies(database, rng, now)
        with database.transaction() as connection:
            keep_done(connection, BACKUP, now - timedelta(hours=6))
        database.hear({kiosk: _word(rng, kiosk, code, sequences, now) for kiosk, code in kiosks.items()})
        minute = int(now.timestamp() // 60)
        rows = [_row(at, minute, MINUTE, at) for at in range(minute - 2880, minute) if not 900 < minute - at < 990]
        rows += [_row(at, minute, HOUR, at // HOUR) for at in range(minute - 90 * 1440, minute, HOUR)]
        with database.transaction() as connection:
            connection.execute(insert(tables.telemetry), rows)
            told = {"kiosk": FIRST, "n": 1, "issued": now.date().isoformat(), "people": 312, "done": 41}
            connection.execute(insert(tables.roster_kiosk).values(**told, told_at=to_text(now)))


def _near(rng: random.Random, lat: float, lon: float) -> tuple[float, float]:
    return round(lat + rng.gauss(0, 0.03), 5), round(lon + rng.gauss(0, 0.04), 5)


def _enrolments(database: OfficeDatabase, rng: random.Random, kiosks: dict[str, str], now: datetime) -> dict[str, int]:
    sequences = dict.fromkeys(kiosks, 0)
    moments = sorted(
        now - timedelta(days=day, minutes=rng.randint(2, 480))
        for day in range(30)
        for _ in range(rng.randint(9, 34) if (now - timedelta(days=day)).weekday() < 6 else rng.randint(0, 5))
    )
    with database.transaction() as connection:
        for moment in moments:
            kiosk = rng.choice(list(kiosks))
            sequences[kiosk] += 1
            slots: dict[str, dict[str, Any]] = {"portrait": {"state": "filled", "quality": rng.randint(60, 95)}}
            for finger in FINGERS:
                filled = {"state": "filled", "quality": rng.randint(45, 95)}
                reason = rng.choice(("worn", "worn", "missing", "injured"))
                slots[finger] = filled if rng.random() < 0.98 else {"state": "excepted", "reason": reason}
            value = rng.getrandbits(128) & ~(0xF << 76) | (7 << 76)
            new = NewEnrolment(
                id=str(uuid.UUID(int=value & ~(0b11 << 62) | (0b10 << 62))),
                kiosk=kiosk,
                seq=sequences[kiosk],
                sha256=rng.randbytes(32),
                prev=bytes(32),
                sealed_at=moment,
                simulated=False,
                person=None,
                name=f"{rng.choice(FAMILY)} {rng.choice(MIDDLE)} {rng.choice(GIVEN)}",
                unit=f"{rng.choice(HAMLETS)}, xã {COMMUNES[kiosks[kiosk]][0]}",
                started_at=moment - timedelta(minutes=9),
                finished_at=moment,
                slots=slots,
                package=b"made up",
            )
            insert_enrolment(connection, new, received_at=moment)
    return sequences


def _remedies(database: OfficeDatabase, rng: random.Random, now: datetime) -> None:
    rows: list[dict[str, Any]] = []
    for day in range(40):
        for verdict, remedy, chance in REMEDIES:
            tried = rng.randint(1, 6)
            helped = sum(rng.random() < chance for _ in range(tried))
            before = tried * rng.randint(24, 36)
            date = (now - timedelta(days=day)).date().isoformat()
            tally = {"tried": tried, "helped": helped, "before": before, "after": before + 26 * helped}
            rows.append({"kiosk": FIRST, "epoch": "0" * 16, "day": date, "verdict": verdict, "remedy": remedy, **tally})
    with database.transaction() as connection:
        connection.execute(insert(tables.remedy), rows)


def _word(rng: random.Random, kiosk: str, code: str, sequences: dict[str, int], now: datetime) -> dict[str, Any]:
    hours, state = QUIET.get(kiosk, (0.0, "sleeping" if rng.random() < 0.1 else "ready"))
    held = 3 if kiosk in QUIET else rng.choice((0, 0, 0, 0, 0, 1, 2)) if state == "ready" else 0
    told = now - timedelta(hours=hours)
    return {
        "province": "ht",
        "commune": code,
        "state": state,
        "state_at": to_text(told),
        # The page is looked at for some minutes; nobody falls silent meanwhile.
        "seen_at": to_text(told if hours else now + timedelta(minutes=30)),
        "told_at": to_text(told),
        "sw": "0.1.0",
        "outbox_n": held,
        "outbox_bytes": held * 280_000,
        "outbox_since": to_text(told - timedelta(minutes=rng.randint(4, 200))) if held else None,
        "seq_last": sequences[kiosk] + held,
        "charge": 0.14 if kiosk == "kiosk-kl-04" else rng.uniform(0.35, 1),
        "mains": kiosk != "kiosk-kl-04" and rng.random() < 0.6,
        "faults": ["card"] if kiosk == "kiosk-tk-03" else [],
        "disk_free": rng.randint(12, 26) * 10**9,
        "disk_size": 31 * 10**9,
        "clock_src": "ntp",
        "clock_offset_s": 0.04,
        "net_via": "lte",
        "net_up_s": 9_400,
        "glass_tries": 50,
        "glass_dirty": rng.choice((0, 1, 2)),
        "board_c": 52.0,
        "officer": "5b0c9d41",
        "paused_n": 2 if kiosk in (FIRST, "kiosk-dl-02") else 0,
        "paused_overdue": int(kiosk == "kiosk-dl-02"),
    }


def _row(minute: int, now: int, span: int, at: int) -> dict[str, Any]:
    """How the first kiosk was: out from seven to five, on mains at night."""
    hour = (minute / 60 + 7) % 24
    work = 7 < hour < 17
    charge = (
        max(0.2, 1 - 0.06 * (hour - 7) - 0.015 * math.sin(minute / 19)) if work else min(1, 0.5 + (hour - 17) % 24 / 8)
    )
    return {
        "span": span,
        "at": at,
        "kiosk": FIRST,
        "outbox_n": max(0, int(3.6 * math.sin(minute / 160))) if work else 0,
        "oldest_s": 0,
        "seq_last": max(0, (minute - now + 2880) // 45),
        "charge": charge,
        "mains": not work,
        "disk_free": int(14.4e9 - (minute % 43_200) * 2e4),
        "clock_offset_s": 0.06 * math.sin(minute / 500),
        "clock_good": True,
        "glass_dirty": max(0.0, 0.09 * math.sin(minute / 900)),
        "board_c": 46 + (9 if work else 0) + 3 * math.sin(minute / 100),
        "faults": 0,
    }


@contextmanager
def made_up_office() -> Iterator[str]:
    """The page's address."""
    stop, ready, addresses = threading.Event(), threading.Event(), [""]

    def note(address: str) -> None:
        addresses[0] = address
        ready.set()

    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        village = raise_village(Path(folder))
        root = village.layout.root
        make_up(root, datetime.now(UTC))
        settings = OfficeSettings(directory=root, name="Công an tỉnh Hà Tĩnh", page_port=0)
        add_account(settings.database, Role.REVIEWER)
        office = threading.Thread(target=run_office, args=(settings, stop), kwargs={"ready": note}, daemon=True)
        office.start()
        try:
            assert ready.wait(PATIENCE_S)
            yield addresses[0]
        finally:
            stop.set()
            office.join(PATIENCE_S)
            village.broker.close()


def main() -> int:
    """Take the pictures. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.office.pictures", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    with made_up_office() as address:
        for browser in open_browser():
            with visiting(browser, address) as visitor:
                page = visitor.enter()
                page.set_viewport_size({"width": 1100, "height": 1400})
                page.screenshot(path=folder / "office.png")
                visitor.go(f"/kiosks/{FIRST}")
                picture(page, folder, "office-kiosk")
                visitor.go("/map")
                picture(page, folder, "office-map")
                page.set_viewport_size({"width": 360, "height": 1180})
                visitor.go("/?lang=en")
                page.screenshot(path=folder / "office-phone.png")
                visitor.is_content()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
