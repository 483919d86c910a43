"""A package that the office refused for a reason of its own, and what a person does about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from kiosk.custody.entries import Status
from kiosk.custody.reader import OutboxReader
from kiosk.office.apart import kept_apart
from kiosk.office.auditing import Audit
from kiosk.office.database import OfficeDatabase
from kiosk.office.desk import approve_package, end_alarm, list_alarms
from kiosk.office.errors import NotApartError, OfficeError, RefusalError
from kiosk.office.intake import Intake
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from kiosk.office.registry import load_registry, save_registry
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.header import NO_PREVIOUS
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.receipts import verify_receipt
from kiosk.sealing.suites import OpeningKey
from tests.office.conftest import Village
from tests.office.stand import NOW, KioskSide, eventually, intake_of, new_id, open_office
from tests.typing_in import typed

KIOSK = "kiosk-tk-01"


@pytest.fixture
def layout(tmp_path: Path) -> OfficeLayout:
    return init_office(tmp_path / "office", province="ht", communes=["tk"], kiosks=[KIOSK], demo=True).layout


@pytest.fixture
def database(layout: OfficeLayout) -> Iterator[OfficeDatabase]:
    database = OfficeDatabase.open(f"sqlite:///{layout.database}")
    yield database
    database.close()


def forget_kiosk(layout: OfficeLayout) -> bytes:
    """Lose the kiosk from the registry, as a restored old backup does; what stood there."""
    whole = layout.registry.read_bytes()
    save_registry(layout.registry, replace(load_registry(layout.registry), kiosks={}))
    return whole


def refused(layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path, signer: SigningKey | None = None) -> str:
    """A package kept apart: of an unknown kiosk, or signed by a stranger; its id."""
    package_id = new_id()
    with KioskSide(layout, KIOSK, tmp_path / "kiosk", 1, signer=signer) as kiosk:
        data = kiosk.package(package_id, 1, NO_PREVIOUS)
    assert intake_of(layout, database).accept(KIOSK, package_id, data).code in {"unknown_kiosk", "wrong_key"}
    return package_id


def apart(database: OfficeDatabase, package_id: str) -> int:
    with database.transaction() as connection:
        return len(kept_apart(connection, package_id))


def test_an_approved_package_becomes_an_enrolment_and_its_alarm_goes(
    layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path
) -> None:
    whole = forget_kiosk(layout)
    package_id, other = (refused(layout, database, tmp_path / name) for name in ("a", "b"))
    layout.registry.write_bytes(whole)
    outcome = approve_package(OfficeSettings(directory=layout.root), package_id, by="mai", now=lambda: NOW)

    assert outcome.receipt is not None
    receipt = verify_receipt(outcome.receipt, OfficeKeys.load(layout.collector / "office-keys.json").receipt)
    assert (receipt.id, receipt.status, receipt.number) == (package_id, "received", outcome.number)
    found = database.package(package_id)
    assert found is not None
    assert intake_of(layout, database).known(KIOSK, package_id, found[0].sha256) == outcome.receipt
    assert (apart(database, package_id), apart(database, other)) == (0, 1)
    assert [alarm.detail for alarm in database.alarms()] == [f"unknown_kiosk {other}"]
    assert database.gaps() == {}
    with pytest.raises(NotApartError, match=package_id):
        approve_package(OfficeSettings(directory=layout.root), package_id, by="mai")


def test_a_package_that_is_still_not_good_stays_where_it_is(
    layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path
) -> None:
    package_id = refused(layout, database, tmp_path, SigningKey.generate())
    with pytest.raises(RefusalError, match="wrong_key"):
        approve_package(OfficeSettings(directory=layout.root), package_id, by="mai")
    assert (apart(database, package_id), database.count(), len(database.alarms())) == (1, 0, 1)


def test_an_approval_cut_off_half_way_is_finished_by_the_next(
    layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path
) -> None:
    whole = forget_kiosk(layout)
    package_id = refused(layout, database, tmp_path)
    layout.registry.write_bytes(whole)
    with database.transaction() as connection:
        data = kept_apart(connection, package_id)[0].data
    number = intake_of(layout, database).accept(KIOSK, package_id, data).number
    assert apart(database, package_id) == 1
    assert approve_package(OfficeSettings(directory=layout.root), package_id, by="mai").number == number
    assert (apart(database, package_id), database.count(), database.alarms()) == (0, 1, [])


def test_an_alarm_that_was_seen_to_goes_and_comes_back_when_it_happens_again(
    layout: OfficeLayout, database: OfficeDatabase
) -> None:
    office = OfficeSettings(directory=layout.root)
    for code in ("quarantine_full", "chain_broken"):
        assert database.raise_alarm(KIOSK, code, "", at=NOW)
    numbers = {alarm.code: n for n, alarm in list_alarms(office).items()}
    end_alarm(office, numbers["chain_broken"], by="mai", at=NOW)
    assert [alarm.code for alarm in list_alarms(office).values()] == ["quarantine_full"]
    with pytest.raises(OfficeError, match="no alarm"):
        end_alarm(office, numbers["chain_broken"], by="mai", at=NOW)
    assert not database.raise_alarm(KIOSK, "quarantine_full", "", at=NOW)
    assert database.raise_alarm(KIOSK, "chain_broken", "", at=NOW)


def test_the_commands_approve_and_list(layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path) -> None:
    whole = forget_kiosk(layout)
    good = refused(layout, database, tmp_path / "good")
    layout.registry.write_bytes(whole)
    bad = refused(layout, database, tmp_path / "bad", SigningKey.generate())
    settings = tmp_path / "office.toml"
    settings.write_text(f'[office]\nname = "x"\nprovince = "ht"\nmode = "demo"\ndirectory = "{layout.root}"\n')

    def run(*words: str) -> tuple[int, str, str]:
        return typed("office", *words, "--settings", str(settings))

    code, said, _ = run("approve", good)
    assert (code, f"{good} received, receipt 1" in said) == (0, True)
    code, _, complaint = run("approve", bad)
    assert (code, complaint.startswith("kiosk: wrong_key: ")) == (2, True)
    code, said, _ = run("alarms")
    number, _, kiosk, kind, detail = said.rstrip("\n").split("\t")
    assert (code, kiosk, kind, detail) == (0, KIOSK, "wrong_key", f"wrong_key {bad}")
    assert run("alarms", "--done", number) == (0, f"alarm {number} is done\n", "")
    assert run("alarms") == (0, "", "")


def test_a_kiosk_whose_package_was_refused_hears_that_it_is_safe_after_all(village: Village, tmp_path: Path) -> None:
    layout = village.layout
    with (
        open_office(layout, f"sqlite:///{layout.database}") as office,
        KioskSide(layout, KIOSK, tmp_path / "kiosk", village.port) as kiosk,
    ):
        whole = forget_kiosk(layout)
        office.start()
        kiosk.start()
        entry = kiosk.enrol()
        eventually(lambda: kiosk.status(entry) is Status.REJECTED, "the package is refused")
        layout.registry.write_bytes(whole)
        approve_package(office.settings, entry.id, by="mai")
        kiosk.stop()
        kiosk.start()
        eventually(lambda: kiosk.status(entry) is Status.RECEIVED, "the receipt comes")
        assert kiosk.outbox.summary().waiting == 0
        assert office.database.alarms() == []


def test_what_a_revoked_kiosk_had_provably_sealed_before_is_taken_in_and_nothing_else(
    layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path
) -> None:
    intake = intake_of(layout, database)
    with KioskSide(layout, KIOSK, tmp_path / "kiosk", 1) as kiosk:
        reader = OutboxReader(kiosk.directory / "outbox.db")
        backlog = [(entry.id, reader.package(entry.id)) for entry in [kiosk.enrol() for _ in range(5)]]
        # The fourth came before the revocation; the others on a stick, after it.
        assert intake.accept(KIOSK, *backlog[3]).new
        registry = load_registry(layout.registry)
        entry = replace(registry.kiosks[KIOSK], revoked_at=NOW + timedelta(minutes=1))
        save_registry(layout.registry, replace(registry, kiosks={KIOSK: entry}))
        settings, later = OfficeSettings(directory=layout.root), NOW + timedelta(hours=1)
        late = Intake(
            database, registry=lambda: load_registry(layout.registry), now=lambda: later,
            summary_key=OpeningKey.load(layout.collector / "summary.key"),
            receipt_key=SigningKey.load(layout.collector / "receipt.key"),
        )  # fmt: skip
        assert [late.accept(KIOSK, *backlog[i]).code for i in (0, 1, 2, 4)] == ["revoked"] * 4
        # A thief with the kiosk's key seals another one into a place before.
        forged = new_id()
        assert late.accept(KIOSK, forged, kiosk.package(forged, 3, sha256(backlog[1][1]).digest())).code == "revoked"

    def approved(package_id: str) -> int:
        return approve_package(settings, package_id, by="mai", despite_revocation=True, now=lambda: later).number

    for package_id in (backlog[4][0], forged):
        with pytest.raises(RefusalError, match="revoked"):
            approved(package_id)
    with pytest.raises(RefusalError, match="revoked"):
        approve_package(settings, backlog[0][0], by="mai", now=lambda: later)
    assert [approved(backlog[i][0]) for i in (0, 2, 1)] == [2, 3, 4]
    did = [one.did for one in Audit(database).newest()]
    assert did == ["approved_revoked"] * 3 + ["approved"] + ["approved_revoked"] * 2
