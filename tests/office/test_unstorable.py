"""A package whose row the database refuses is kept apart, and keeps back neither the others nor itself for ever."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError

from kiosk.office.changes import Changes
from kiosk.office.collector import Collector
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import RefusalError
from kiosk.office.intake import Arrival
from kiosk.office.provisioning import init_office
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.header import NO_PREVIOUS
from kiosk.sealing.keys import OfficeKeys
from kiosk.sealing.receipts import verify_receipt
from kiosk.uplink.link import Delivery
from kiosk.wire.chunking import chunks_of, manifest_of
from kiosk.wire.messages import ReceiptMessage, decode_ack, encode_cbor
from tests.office.stand import KioskSide, intake_of, new_id

KIOSKS = ("kiosk-tk-01", "kiosk-tk-02", "kiosk-tk-03")


def plant(database: OfficeDatabase, package_id: str) -> None:
    """From now on the database refuses this package's row, as one with a value that it cannot keep."""
    when = f"NEW.id = '{package_id}'"
    if database._engine.dialect.name == "sqlite":
        orders = [
            f"CREATE TRIGGER planted BEFORE INSERT ON enrolment WHEN {when} BEGIN SELECT zeroblob(2000000000); END"
        ]
    else:
        raises = "RAISE EXCEPTION USING ERRCODE = '22021'; END IF; RETURN NEW; END"
        orders = [
            f"CREATE FUNCTION refuses() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF {when} THEN {raises} $$",
            "CREATE TRIGGER planted BEFORE INSERT ON enrolment FOR EACH ROW EXECUTE FUNCTION refuses()",
        ]
    with database.transaction() as connection:
        for order in orders:
            connection.execute(text(order))


def mend(database: OfficeDatabase) -> None:
    sqlite = database._engine.dialect.name == "sqlite"
    with database.transaction() as connection:
        connection.execute(text("DROP TRIGGER planted" if sqlite else "DROP TRIGGER planted ON enrolment"))


def test_it_is_kept_apart_whole_and_those_beside_it_are_taken_in(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = init_office(tmp_path / "office", province="ht", communes=["tk"], kiosks=KIOSKS, demo=True).layout
    packages: list[Arrival] = []
    for kiosk in KIOSKS:
        with KioskSide(layout, kiosk, tmp_path / kiosk, 1) as side:
            package_id = new_id()
            packages.append(Arrival(kiosk, package_id, side.package(package_id, 1, NO_PREVIOUS)))
    bad = packages[1]
    with closing(OfficeDatabase.open(database_url)) as database:
        plant(database, bad.package_id)
        with pytest.raises(DataError):
            intake_of(layout, database).accept_all(packages)
        assert database.count() == 0
        collector = Collector(OfficeSettings(directory=layout.root), database, Changes())
        answers: dict[str, str] = {}
        key = OfficeKeys.load(layout.collector / "office-keys.json").receipt

        def publish(topic: str, payload: bytes, **_: object) -> int:
            said = decode_ack(payload)
            if isinstance(said, ReceiptMessage):
                receipt = verify_receipt(said.cose, key)
                answers[receipt.kiosk] = f"{receipt.status} {receipt.code}".strip()
            return 1

        monkeypatch.setattr(collector._link, "publish", publish)

        def offer(one: Arrival) -> None:
            parts = [manifest_of(one.package_id, one.data), *chunks_of(one.package_id, one.data)]
            for part in parts:
                collector._on_message(Delivery(f"ev1/ht/tk/{one.kiosk}/enrol", encode_cbor(part), False, 1, 1))

        for one in packages:
            offer(one)
        collector._take_in()
        told = {"kiosk-tk-01": "received", "kiosk-tk-02": "rejected unstorable", "kiosk-tk-03": "received"}
        assert answers == told
        assert (database.count(), database.gaps()) == (2, {})
        assert [(alarm.kiosk, alarm.code) for alarm in database.alarms()] == [("kiosk-tk-02", "package_refused")]
        # Offered once more it gets the very same answer, and nothing is kept twice.
        answers.clear()
        offer(bad)
        assert answers == {"kiosk-tk-02": "rejected unstorable"}
        with pytest.raises(RefusalError, match="the database refuses a value"):
            intake_of(layout, database).approve(bad.package_id)
        mend(database)
        assert intake_of(layout, database).approve(bad.package_id).number
        assert (database.count(), database.alarms()) == (3, [])
        stored = database.package(bad.package_id)
        assert stored is not None
        assert stored[1] == bad.data
