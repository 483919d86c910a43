"""From which office below a kiosk's packages are taken: known from the offer, decided by a person, and audited."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert
from typer.testing import CliRunner

from kiosk.cli.office import office
from kiosk.custody.entries import Status, to_text
from kiosk.office import tables, vouching
from kiosk.office import untaken as taking
from kiosk.office.auditing import Audit
from kiosk.office.collector import Collector
from kiosk.office.database import OfficeDatabase
from kiosk.office.deciding import list_words, move_kiosk, remove_kiosk
from kiosk.office.errors import OfficeError
from kiosk.office.forwarding import ForwardQueue
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import load_registry
from kiosk.office.settings import OfficeSettings
from kiosk.office.untaken import AGAIN_MOST_S, AGAIN_S, UNTAKEN, Untaken
from kiosk.office.vouching import MAX_CLAIMS, TOO_MANY, Trust, Vouching, Word, all_words
from kiosk.office.wording import load_words
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.vouching import Vouch, sign_vouch
from kiosk.uplink import waiting
from kiosk.wire.chunking import manifest_of
from kiosk.wire.messages import Chunk, Manifest
from kiosk.wire.topics import KioskAddress
from tests.office.postgres import Postgres
from tests.office.stand import NOW, KioskSide, eventually, new_id
from tests.office.test_upstream import OFFICE, Desks, Level, desks, levels, now

__all__ = ["desks", "levels"]

KIOSK, OTHER = "kiosk-tk-01", "kiosk-tk-02"
NEIGHBOUR = "office-kx"


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def offers(desks: Desks, clock: list[float]) -> Untaken:
    registry = load_registry(desks.upper.registry)
    return Untaken(desks.database, registry=lambda: registry, monotonic_s=lambda: clock[0], now=lambda: NOW)


def settings_of(desks: Desks) -> OfficeSettings:
    return OfficeSettings(directory=desks.upper.root, database_url=str(desks.database._engine.url))


def sealed(layout: OfficeLayout, folder: Path, *, seq: int = 1, signer: SigningKey | None = None) -> tuple[str, bytes]:
    package_id = new_id()
    with KioskSide(layout, KIOSK, folder, 1, signer=signer) as kiosk:
        return package_id, kiosk.package(package_id, seq, bytes(32) if seq == 1 else b"p" * 32)


def judged(offers: Untaken, sender: str, manifest: Manifest) -> str:
    later = offers.judge(sender, manifest)
    return "" if later is None else later.code


def test_whose_packages_are_taken_is_said_to_the_offer(desks: Desks, offers: Untaken) -> None:
    # CK-UP-06
    manifest = manifest_of(new_id(), b"x").model_copy(update={"kiosk": KIOSK})
    assert judged(offers, OFFICE, manifest) == "not_vouched"
    assert [(one.kiosk, one.detail) for one in desks.database.alarms()] == [(OFFICE, KIOSK)]
    desks.vouch(KIOSK)
    assert desks.codes() == []
    assert judged(offers, OFFICE, manifest) == ""
    assert judged(offers, NEIGHBOUR, manifest) == "vouched_elsewhere"
    # Whoever is no office passes on nobody's: the name in the offer says nothing of it.
    assert judged(offers, KIOSK, manifest) == ""


def test_bytes_in_vain_come_again_ever_more_seldom(
    desks: Desks, offers: Untaken, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    # CK-ENROL-14
    manifest = manifest_of(new_id(), b"x")
    begun, came = clock[0], 0
    while clock[0] < begun + 10 * 86_400:
        if not judged(offers, KIOSK, manifest):
            came += 1
            assert offers.note(KIOSK, manifest, "bad_encoding", b"x").code == UNTAKEN
        clock[0] += AGAIN_S / 2
    assert came == pytest.approx(10 * 86_400 / AGAIN_MOST_S, abs=6)
    assert judged(offers, KIOSK, manifest.model_copy(update={"sha256": b"h" * 32})) == ""
    monkeypatch.setattr(taking, "MOST", 50)
    for _ in range(200):
        offers.note(KIOSK, manifest_of(new_id(), b"x"), "quarantine_full", b"x")
    assert len(offers) == 50
    assert desks.database.alarms() == []


def test_an_offer_that_does_not_say_whose_it_is_comes_once_until_a_person_decides(
    desks: Desks, offers: Untaken, tmp_path: Path
) -> None:
    package_id, package = sealed(desks.lower, tmp_path / "k")
    manifest = manifest_of(package_id, package)
    assert judged(offers, OFFICE, manifest) == ""
    outcome = desks.intake.accept(OFFICE, package_id, package)
    assert (outcome.receipt, offers.note(OFFICE, manifest, outcome.code, package).code) == (None, "not_vouched")
    assert judged(offers, OFFICE, manifest) == "not_vouched"
    desks.vouch(KIOSK)
    assert judged(offers, OFFICE, manifest) == ""
    assert desks.intake.accept(OFFICE, package_id, package).new


def test_a_kiosk_that_moves_is_taken_from_its_new_office_and_the_rest_from_the_old(
    desks: Desks, tmp_path: Path
) -> None:
    # CK-UP-03
    settings = settings_of(desks)
    with pytest.raises(OfficeError, match=f"{NEIGHBOUR} has not vouched for {KIOSK}: it does at its next connection"):
        move_kiosk(settings, KIOSK, NEIGHBOUR, kid="", by="minh")
    desks.vouch(KIOSK)
    desks.vouch(KIOSK, office=NEIGHBOUR)
    first, second = sealed(desks.lower, tmp_path / "k"), sealed(desks.lower, tmp_path / "k", seq=3)
    assert desks.intake.accept(NEIGHBOUR, *first).code == "vouched_elsewhere"
    word = move_kiosk(settings, KIOSK, NEIGHBOUR, kid="", by="minh", now=lambda: NOW)
    assert (word.office, word.at) == (NEIGHBOUR, NOW)
    assert desks.codes() == []
    assert [(one.word.office, one.word.trust) for one in list_words(settings)] == [
        (NEIGHBOUR, Trust.CURRENT),
        (OFFICE, Trust.EARLIER),
    ]
    assert desks.intake.accept(OFFICE, *first).new
    assert desks.intake.accept(NEIGHBOUR, *second).new
    stored = desks.database.find(first[0])
    assert stored is not None
    assert desks.intake.known(OFFICE, first[0], stored.sha256) == desks.intake.known(NEIGHBOUR, first[0], stored.sha256)
    # What the broker has kept of the old office's word, and what it says again, undoes nothing.
    assert not desks.vouch(KIOSK)
    assert desks.codes() == []
    with pytest.raises(OfficeError, match="already"):
        move_kiosk(settings, KIOSK, NEIGHBOUR, kid="", by="minh")
    assert [(one.who, one.did, one.subject) for one in Audit(desks.database).newest()] == [
        ("minh", "vouch_moved", f"{KIOSK} {NEIGHBOUR}")
    ]


def test_what_is_removed_stays_so_whatever_its_office_says(desks: Desks, tmp_path: Path) -> None:
    settings = settings_of(desks)
    desks.vouch(KIOSK)
    remove_kiosk(settings, KIOSK, OFFICE, kid="", by="minh", now=lambda: NOW)
    assert not desks.vouch(KIOSK)
    assert desks.codes() == []
    package = sealed(desks.lower, tmp_path / "k")
    assert desks.intake.accept(OFFICE, *package).code == "not_vouched"
    desks.vouch(KIOSK, office=NEIGHBOUR)
    assert [one.word.trust for one in list_words(settings)] == [Trust.CLAIMED, Trust.REMOVED]
    assert [one.word.office for one in list_words(settings, OFFICE)] == [OFFICE]
    with pytest.raises(OfficeError, match="already"):
        remove_kiosk(settings, KIOSK, OFFICE, kid="", by="minh")
    with pytest.raises(OfficeError, match="no office below"):
        move_kiosk(settings, KIOSK, "office-xx", kid="", by="minh")
    move_kiosk(settings, KIOSK, OFFICE, kid="", by="minh")
    assert desks.intake.accept(OFFICE, *package).new
    assert {one.did for one in Audit(desks.database).newest()} == {"vouch_moved", "vouch_removed"}


def test_a_kiosk_with_a_new_key_waits_for_a_person_and_is_not_refused(
    desks: Desks, offers: Untaken, tmp_path: Path
) -> None:
    desks.vouch(KIOSK)
    fresh = SigningKey.generate()
    desks.vouch(KIOSK, record_key=fresh.public.raw)
    old, new = sealed(desks.lower, tmp_path / "k"), sealed(desks.lower, tmp_path / "k", seq=3, signer=fresh)
    outcome = desks.intake.accept(OFFICE, *new)
    assert (outcome.code, outcome.receipt) == ("not_vouched", None)
    manifest = manifest_of(*new).model_copy(update={"kiosk": KIOSK})
    offers.note(OFFICE, manifest, outcome.code, new[1])
    assert judged(offers, OFFICE, manifest) == "not_vouched"
    with pytest.raises(OfficeError, match=f"by no key zzz, but by .*{fresh.kid}"):
        move_kiosk(settings_of(desks), KIOSK, OFFICE, kid="zzz", by="minh")
    move_kiosk(settings_of(desks), KIOSK, OFFICE, kid=fresh.kid[:8], by="minh")
    assert judged(offers, OFFICE, manifest) == ""
    assert desks.intake.accept(OFFICE, *new).new
    assert desks.intake.accept(OFFICE, *old).new


def test_one_office_fills_no_table_with_words(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kiosk.office.vouching.MAX_CLAIMS", 3)
    for name in (KIOSK, OTHER):
        desks.vouch(name)
    for n in range(9):
        desks.vouch(KIOSK, office=NEIGHBOUR, record_key=bytes([n]) * 32)
    with desks.database.reading() as connection:
        words = all_words(connection, kiosk=KIOSK)
    assert [one.trust for one in words] == [Trust.CURRENT, *[Trust.CLAIMED] * 3]
    assert MAX_CLAIMS == 500


def test_by_command_it_takes_who_may_read_the_command_key(desks: Desks, tmp_path: Path) -> None:
    desks.vouch(KIOSK)
    desks.vouch(KIOSK, office=NEIGHBOUR)
    file = tmp_path / "office.toml"
    names = 'name = "x"\nprovince = "ht"\nmode = "demo"'
    places = f'directory = "{desks.upper.root}"\ndatabase_url = "{desks.database._engine.url}"'
    file.write_text(f"[office]\n{names}\n{places}\n", "utf-8")

    def ran(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(office, ["vouched", *words, "--settings", str(file)])
        return done.exit_code, done.output

    code, listed = ran()
    assert code == 0
    assert [(line.split("\t")[1], line.split("\t")[3]) for line in listed.splitlines()] == [
        (OFFICE, "current"),
        (NEIGHBOUR, "claimed"),
    ]
    assert ran("move", KIOSK, NEIGHBOUR)[0] == 0
    code, said = ran("remove", KIOSK, OFFICE)
    assert (code, said.startswith(f"nothing of {KIOSK} is taken from {OFFICE} any more")) == (0, True)
    assert "current" in ran("--office", NEIGHBOUR)[1]
    key = desks.upper.command_key
    key.unlink()
    code, said = ran("move", KIOSK, OFFICE)
    assert code == 2
    assert "root" in said


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LATER_MIN_S", 0.05)
    monkeypatch.setattr(waiting, "LATER_MAX_S", 0.4)


@pytest.mark.usefixtures("short_waits")
def test_no_byte_of_a_body_goes_up_before_the_office_above_wants_it(
    levels: tuple[Level, Level], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # CK-UP-06
    lower, upper = levels
    took: list[str] = []
    on_chunk = Collector._on_chunk

    def spied(self: Collector, address: KioskAddress, chunk: Chunk) -> None:
        if address.kiosk == OFFICE:
            took.append(chunk.id)
        on_chunk(self, address, chunk)

    monkeypatch.setattr(Collector, "_on_chunk", spied)
    # The neighbour has called this kiosk its own before.
    neighbour = SigningKey.load(upper.layout.bundle(NEIGHBOUR) / "kiosk" / "record.key")
    word = sign_vouch(Vouch(NEIGHBOUR, KIOSK, bytes(32)), neighbour)
    vouching = upper_vouching(upper)
    assert vouching.hear(NEIGHBOUR, KIOSK, word)

    with KioskSide(lower.layout, KIOSK, tmp_path / "kiosk", lower.broker.port) as kiosk:
        kiosk.start(province="tk")
        entries = [kiosk.enrol(size=200_000) for _ in range(3)]
        alarms = lower.database.alarms
        eventually(lambda: [one.code for one in alarms()] == ["unwanted_above"], "somebody is told below")
        assert [(one.kiosk, one.detail) for one in alarms()] == [(KIOSK, "vouched_elsewhere")]
        eventually(lambda: {one.code for one in upper.database.alarms()} == {"not_vouched", "kiosk_twice"}, "and above")
        for entry in entries:
            eventually(lambda e=entry: kiosk.status(e) is Status.RECEIVED, "the commune's office has it")
        assert took == []
        move_kiosk(upper.settings, KIOSK, OFFICE, kid="", by="minh")
        for entry in entries:
            eventually(lambda e=entry: kiosk.status(e) is Status.SETTLED, "the province has it")
    assert sorted(set(took)) == sorted(entry.id for entry in entries)
    assert lower.database.alarms() == upper.database.alarms() == []


def upper_vouching(upper: Level) -> Vouching:
    registry = load_registry(upper.layout.registry)
    return Vouching(upper.database, registry=lambda: registry, now=now)


def test_a_kiosk_that_is_not_wanted_above_lets_the_others_pass(desks: Desks, tmp_path: Path) -> None:
    desks.intake._forwards = True
    for name in (KIOSK, OTHER):
        desks.vouch(name)
        with KioskSide(desks.lower, name, tmp_path / name, 1) as kiosk:
            for seq in (1, 3):
                package_id = new_id()
                assert desks.intake.accept(
                    OFFICE, package_id, kiosk.package(package_id, seq, bytes([seq - 1]) * 32)
                ).new
    now_s = [0.0]
    queue = ForwardQueue(desks.database, turn=lambda: 0, announce=lambda _kiosk: None, monotonic_s=lambda: now_s[0])

    def waiting_of() -> list[str]:
        return [entry.kiosk for entry in queue.unsettled()]

    assert waiting_of() == [KIOSK, KIOSK, OTHER, OTHER]
    queue.hold_back(KIOSK, 30.0)
    assert waiting_of() == [OTHER, OTHER]
    assert queue.summary().waiting == 4
    now_s[0] = 30.0
    assert waiting_of() == [KIOSK, KIOSK, OTHER, OTHER]
    queue.hold_back(KIOSK, 30.0)
    queue.on_up()
    assert len(waiting_of()) == 4


def test_two_first_words_at_once_are_one_that_counts_and_a_claim(
    desks: Desks, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As two shards' collectors hear them: neither sees what the other has not committed yet."""
    looked, registry = vouching.all_words, load_registry(desks.upper.registry)
    with closing(OfficeDatabase.open(postgres.new_database())) as database:

        def too_early(connection: Connection, *, kiosk: str | None = None) -> list[Word]:
            before = looked(connection, kiosk=kiosk)
            monkeypatch.setattr(vouching, "all_words", looked)
            with database.transaction() as other:
                row = {"kiosk": KIOSK, "office": NEIGHBOUR, "key": "01" * 32, "at": to_text(NOW)}
                other.execute(insert(tables.vouching).values(**row, standing=Trust.CURRENT.value))
            return before

        monkeypatch.setattr(vouching, "all_words", too_early)
        hearing = Vouching(database, registry=lambda: registry, now=lambda: NOW)
        assert not hearing.hear(OFFICE, KIOSK, sign_vouch(Vouch(OFFICE, KIOSK, bytes(32)), desks.key(OFFICE)))
        with database.reading() as connection:
            standing = {one.office: one.trust for one in all_words(connection, kiosk=KIOSK)}
        assert standing == {NEIGHBOUR: Trust.CURRENT, OFFICE: Trust.CLAIMED}
        assert [(alarm.kiosk, alarm.code) for alarm in database.alarms()] == [(KIOSK, "kiosk_twice")]


def test_an_office_below_names_no_more_kiosks_than_any_has(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vouching, "MAX_KIOSKS", 2)
    assert [desks.vouch(f"kiosk-{n}", record_key=bytes(32)) for n in range(4)] == [True, True, False, False]
    with desks.database.reading() as connection:
        assert len(all_words(connection)) == 2
    assert desks.codes() == [(OFFICE, TOO_MANY)]
    assert f"alarm.{TOO_MANY}" in load_words("en").texts
    # Another one's are not counted with these.
    assert desks.vouch("kiosk-9", office=NEIGHBOUR, record_key=bytes(32))
