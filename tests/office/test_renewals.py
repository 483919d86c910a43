"""A kiosk's certificate is renewed over the broker, and the office's own lists and certificates where its keys are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from kiosk.custody.entries import Status
from kiosk.office.authority import LIST_LIFE, certificate_pem, list_ends, load_certificate, load_or_make_authority
from kiosk.office.bundles import load_authorities
from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import governed, keep_registry
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office, renew_kiosk, revoke_kiosk
from kiosk.office.registry import load_registry
from kiosk.office.renewing import (
    IN_A_ROW,
    MOST_GOOD,
    ONE_MORE_S,
    Renewals,
    sign_renewals,
    waiting_renewals,
    waiting_since,
)
from kiosk.office.upkeep import authority_here, keep_up
from kiosk.sealing.renewal import load_tls_certificate, make_renewal
from kiosk.sealing.requests import load_tls_key, new_tls_key
from tests.office.conftest import Village
from tests.office.stand import KioskSide, eventually, open_office

KIOSK = "kiosk-tk-01"
START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
HALF = START + timedelta(days=190)


def grow_old(layout: OfficeLayout, kiosk: str) -> None:
    """Give a kiosk a certificate that was made 200 days ago, for the key that it has."""
    now = datetime.now(UTC)
    folder = layout.bundle(kiosk) / "uplink"
    device = load_authorities(layout.authority, now).device
    key = load_tls_key(folder / "tls.key").public_key()
    old = device.issue_client(key, kiosk, now=now - timedelta(days=200))
    (folder / "tls.pem").write_bytes(certificate_pem(old))
    registry = load_registry(layout.registry)
    entry = replace(registry.kiosks[kiosk], tls_serial=old.serial_number, tls_not_after=old.not_valid_after_utc)
    keep_registry(layout, registry.with_kiosk(entry))


def test_a_certificate_is_renewed_over_the_broker_while_packages_go_on(village: Village, tmp_path: Path) -> None:
    # CK-CERT-02
    layout = village.layout
    grow_old(layout, KIOSK)
    before = load_registry(layout.registry).kiosks[KIOSK]
    (tmp_path / "identity").mkdir()
    settings = tmp_path / "office.toml"
    settings.write_text(f'[office]\nname = "x"\nprovince = "ht"\nmode = "demo"\ndirectory = "{layout.root}"\n', "utf-8")
    typed = [sys.executable, "-m", "kiosk.cli", "office", "renewals", "--settings", str(settings)]
    with (
        open_office(layout, f"sqlite:///{tmp_path / 'office.db'}") as office,
        KioskSide(layout, KIOSK, tmp_path, village.port) as kiosk,
    ):
        office.start()
        kiosk.start(identity=tmp_path / "identity")
        eventually(lambda: waiting_renewals(layout) == [KIOSK], "the request is at the office")
        first = kiosk.enrol(size=200_000)
        ran = subprocess.run(typed, capture_output=True, text=True, timeout=120, check=False)
        assert ran.returncode == 0, ran.stderr
        assert f"{KIOSK}: renewed until " in ran.stdout
        current = tmp_path / "identity" / "current.pem"
        eventually(current.exists, "a connection with the new certificate has worked")
        second = kiosk.enrol()
        for entry in (first, second):
            eventually(lambda entry=entry: kiosk.status(entry) is Status.RECEIVED, "packages go on")
        kiosk.stop()

        entry = load_registry(layout.registry).kiosks[KIOSK]
        new = load_tls_certificate(current)
        assert (entry.tls_serial, entry.tls_not_after) == (new.serial_number, new.not_valid_after_utc)
        assert entry.earlier_serials == (*before.earlier_serials, before.tls_serial)
        assert new.public_key() != load_certificate(layout.bundle(KIOSK) / "uplink" / "tls.pem").public_key()
        assert waiting_renewals(layout) == []

        # What the new certificate proves is the very same kiosk: with the old one gone everything works on.
        (layout.bundle(KIOSK) / "uplink" / "tls.pem").rename(tmp_path / "gone.pem")
        third = kiosk.enrol()
        kiosk.start(identity=tmp_path / "identity")
        eventually(lambda: kiosk.status(third) is Status.RECEIVED, "the new certificate serves alone")
        (tmp_path / "gone.pem").rename(layout.bundle(KIOSK) / "uplink" / "tls.pem")

    revoke_kiosk(layout.root, KIOSK)
    listed = {item.serial_number for item in x509.load_pem_x509_crl((layout.broker / "crl.pem").read_bytes())}
    assert {new.serial_number, before.tls_serial} <= listed


@pytest.fixture
def layout(tmp_path: Path) -> OfficeLayout:
    """An office of START with two kiosks."""
    return init_office(
        tmp_path / "office",
        province="ht",
        communes=["tk"],
        kiosks=[KIOSK, "kiosk-tk-02"],
        demo=True,
        now=lambda: START,
    ).layout


class Desk:
    """The collector's part, without a broker."""

    def __init__(self, layout: OfficeLayout) -> None:
        self.layout = layout
        self.said: list[tuple[str, bytes]] = []
        self.monotonic_s, self.now = 0.0, HALF
        self.renewals = Renewals(
            layout.renewals,
            registry=lambda: load_registry(layout.registry),
            publish=self.publish,
            monotonic_s=lambda: self.monotonic_s,
            now=lambda: self.now,
        )

    def publish(self, topic: str, payload: bytes, *, expiry_s: int | None = None) -> int | None:
        assert expiry_s
        self.said.append((topic, payload))
        return 1

    def tell(self) -> None:
        self.monotonic_s += 10
        self.renewals.tell()

    def signed(self, now: datetime = HALF) -> list[tuple[str, str]]:
        device = load_authorities(self.layout.authority, now).device
        return [(one.kiosk, one.refused) for one in sign_renewals(self.layout, device, now=now)]


def asked(
    layout: OfficeLayout,
    kiosk: str = KIOSK,
    *,
    name: str | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    folder = layout.bundle(kiosk) / "uplink"
    old, old_key = load_tls_certificate(folder / "tls.pem"), load_tls_key(folder / "tls.key")
    return make_renewal(name or kiosk, key or new_tls_key(), old=old, old_key=old_key)


def test_an_answer_is_told_once_and_again_to_a_kiosk_that_asks_again(layout: OfficeLayout) -> None:
    desk, request = Desk(layout), asked(layout)
    desk.renewals.hear(KIOSK, request)
    desk.tell()
    assert desk.said == []
    assert desk.signed() == [(KIOSK, "")]
    for _ in range(3):
        desk.tell()
    assert [topic for topic, _ in desk.said] == [f"ev1/ht/tk/{KIOSK}/cert"]
    desk.renewals.hear(KIOSK, request)
    assert waiting_renewals(layout) == []
    desk.tell()
    assert len(desk.said) == 2
    assert desk.said[0] == desk.said[1]
    serials = load_registry(layout.registry).kiosks[KIOSK].earlier_serials
    assert len(serials) == 1


def revoked(layout: OfficeLayout) -> datetime:
    revoke_kiosk(layout.root, KIOSK, at=START, now=lambda: START)
    return HALF


def too_early(_layout: OfficeLayout) -> datetime:
    return START + timedelta(days=100)


def ended(_layout: OfficeLayout) -> datetime:
    return START + timedelta(days=400)


def forgotten(layout: OfficeLayout) -> datetime:
    registry = load_registry(layout.registry)
    keep_registry(layout, registry.with_kiosk(replace(registry.kiosks[KIOSK], tls_serial=7)))
    return HALF


def unknown(layout: OfficeLayout) -> datetime:
    registry = load_registry(layout.registry)
    keep_registry(layout, replace(registry, kiosks={}))
    return HALF


def other_authority(layout: OfficeLayout) -> datetime:
    shutil.rmtree(layout.authority)
    layout.authority.mkdir()
    load_or_make_authority(layout.authority, "device-ca", name="Kiosk device authority", now=START)
    return HALF


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (revoked, "revoked"),
        (too_early, "half"),
        (ended, "has ended"),
        (forgotten, "not in the registry"),
        (unknown, "no such kiosk"),
        (other_authority, "authority"),
    ],
)
def test_what_may_not_be_renewed_gets_no_certificate(
    layout: OfficeLayout, spoil: Callable[[OfficeLayout], datetime], says: str
) -> None:
    # CK-CERT-02
    desk = Desk(layout)
    desk.renewals.hear(KIOSK, asked(layout))
    now = spoil(layout)
    before = layout.registry.read_bytes()
    ((kiosk, why),) = desk.signed(now)
    assert kiosk == KIOSK
    assert says in why
    assert waiting_renewals(layout) == []
    assert layout.registry.read_bytes() == before
    desk.tell()
    assert desk.said == []


def test_what_a_kiosk_may_not_ask_is_not_kept(layout: OfficeLayout) -> None:
    desk = Desk(layout)
    desk.renewals.hear("kiosk-tk-02", asked(layout))
    desk.renewals.hear(KIOSK, b"nonsense")
    desk.renewals.hear(KIOSK, bytes(100_000))
    desk.renewals.hear("kiosk-tk-99", asked(layout))
    desk.now = START + timedelta(days=100)  # the kiosk's clock is years ahead
    desk.renewals.hear(KIOSK, asked(layout))
    desk.now = HALF
    assert waiting_renewals(layout) == []
    revoke_kiosk(layout.root, KIOSK, at=START, now=lambda: START)
    desk.renewals.hear(KIOSK, asked(layout))
    assert waiting_renewals(layout) == []
    # A captured collector could put anything there: it is judged again by whoever signs.
    (layout.renewals / "kiosk-tk-02.request").write_bytes(asked(layout))
    (layout.renewals / "kiosk-tk-03.request").write_bytes(b"nonsense")
    assert [bool(why) for _, why in desk.signed()] == [True, True]
    assert waiting_renewals(layout) == []


def test_a_kiosk_that_asks_without_end_is_looked_at_a_few_times_and_keeps_one_request(layout: OfficeLayout) -> None:
    desk = Desk(layout)
    request = layout.renewals / f"{KIOSK}.request"
    kept: list[bytes] = []
    for _ in range(3 * IN_A_ROW):
        desk.renewals.hear(KIOSK, asked(layout))
        kept.append(request.read_bytes())
    assert len(set(kept)) == IN_A_ROW
    # Another kiosk is heard meanwhile, and this one again when its time has come.
    desk.renewals.hear("kiosk-tk-02", asked(layout, "kiosk-tk-02"))
    assert waiting_renewals(layout) == [KIOSK, "kiosk-tk-02"]
    desk.monotonic_s += ONE_MORE_S
    for _ in range(3):
        desk.renewals.hear(KIOSK, asked(layout))
        kept.append(request.read_bytes())
    assert len(set(kept)) == IN_A_ROW + 1
    assert sorted(file.name for file in layout.renewals.iterdir()) == [
        f"{name}.request" for name in (KIOSK, "kiosk-tk-02")
    ]


def test_who_asks_again_for_the_same_key_waits_since_the_first_time(layout: OfficeLayout) -> None:
    desk, key = Desk(layout), new_tls_key()
    for at in (1_000_000_000, 0):
        desk.renewals.hear(KIOSK, asked(layout, key=key))
        if at:
            os.utime(layout.renewals / f"{KIOSK}.request", (at, at))
    assert waiting_since(layout) == (1, datetime.fromtimestamp(1_000_000_000, UTC))


def test_no_more_certificates_of_a_kiosk_are_good_at_a_time_than_a_few_and_those_that_ended_are_forgotten(
    layout: OfficeLayout,
) -> None:
    desk, first = Desk(layout), load_registry(layout.registry).kiosks[KIOSK].tls_serial
    for _ in range(MOST_GOOD - 1):
        (layout.renewals / f"{KIOSK}.request").write_bytes(asked(layout))
        assert desk.signed() == [(KIOSK, "")]
    assert len(load_registry(layout.registry).kiosks[KIOSK].serials) == MOST_GOOD
    before = layout.master_registry.read_bytes()
    for _ in range(3):
        (layout.renewals / f"{KIOSK}.request").write_bytes(asked(layout))
        ((_, why),) = desk.signed()
        assert "good already" in why
    assert layout.master_registry.read_bytes() == before
    # By hand, with somebody at the kiosk, it gets one; what has ended by then is not known any more.
    shutil.rmtree(layout.bundle(KIOSK))
    renew_kiosk(layout.root, KIOSK, now=lambda: START + timedelta(days=368))
    entry = load_registry(layout.registry).kiosks[KIOSK]
    assert len(entry.serials) == MOST_GOOD
    assert first not in entry.serials
    # And one that was renewed before ends were kept is forgotten with the one that followed.
    old = replace(entry, earlier_serials=(7, 8), earlier_until=())
    assert [serial for serial, _ in old.still_good(HALF)] == [7, 8, entry.tls_serial]
    assert old.still_good(entry.tls_not_after + timedelta(days=2)) == ()
    revoke_kiosk(layout.root, KIOSK)
    listed = {item.serial_number for item in x509.load_pem_x509_crl((layout.broker / "crl.pem").read_bytes())}
    assert listed == set(entry.serials)


@pytest.fixture
def busy_registry(layout: OfficeLayout) -> Iterator[None]:
    with governed(layout):
        yield


def test_two_commands_never_undo_each_others_change_of_the_registry(
    layout: OfficeLayout, busy_registry: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kiosk.office import registry as module

    monkeypatch.setattr(module, "STILL_S", 0.05)
    with pytest.raises(ProvisioningError, match="another"):
        revoke_kiosk(layout.root, KIOSK)
    assert load_registry(layout.registry).kiosks[KIOSK].revoked_at is None


def test_a_change_waits_for_the_one_before(layout: OfficeLayout) -> None:
    done = threading.Event()

    def revoke() -> None:
        revoke_kiosk(layout.root, "kiosk-tk-02")
        done.set()

    with governed(layout):
        thread = threading.Thread(target=revoke, daemon=True)
        thread.start()
        registry = load_registry(layout.registry)
        keep_registry(layout, registry.with_kiosk(replace(registry.kiosks[KIOSK], commune="vx")))
        assert not done.is_set()
    assert done.wait(30)
    after = load_registry(layout.registry).kiosks
    assert after[KIOSK].commune == "vx"
    assert after["kiosk-tk-02"].revoked_at is not None


def test_the_office_renews_its_own_half_a_life_before_the_end(layout: OfficeLayout, tmp_path: Path) -> None:
    assert keep_up(layout, now=START + timedelta(days=1)) == ()
    assert keep_up(layout, now=START + timedelta(days=200)) == ("tls.pem",)
    assert keep_up(layout, now=START + timedelta(days=370)) == ("broker.pem",)
    revoke_kiosk(layout.root, KIOSK, at=START, now=lambda: START)
    later = START + LIST_LIFE / 2 + timedelta(days=9)
    assert "crl.pem" in keep_up(layout, now=later)
    ends = list_ends(layout.broker / "crl.pem")
    assert ends is not None
    assert ends > later + LIST_LIFE / 2
    serial = load_registry(layout.registry).kiosks[KIOSK].tls_serial
    listed = x509.load_pem_x509_crl((layout.broker / "crl.pem").read_bytes())
    assert [item.serial_number for item in listed] == [serial]
    assert authority_here(layout)
    layout.authority.rename(tmp_path / "offline")
    assert not authority_here(layout)


def test_without_the_authority_the_command_says_who_waits_and_makes_nothing(
    layout: OfficeLayout, tmp_path: Path
) -> None:
    Desk(layout).renewals.hear(KIOSK, asked(layout))
    assert waiting_renewals(layout) == [KIOSK]
    layout.authority.rename(tmp_path / "offline")
    settings = tmp_path / "office.toml"
    settings.write_text(f'[office]\nname = "x"\nprovince = "ht"\nmode = "demo"\ndirectory = "{layout.root}"\n', "utf-8")
    typed = [sys.executable, "-m", "kiosk.cli", "office", "renewals", "--settings", str(settings)]
    ran = subprocess.run(typed, capture_output=True, text=True, timeout=120, check=False, env={**os.environ})
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "1 kiosks wait" in ran.stdout
    assert not layout.authority.exists()
    assert waiting_renewals(layout) == [KIOSK]
    count, since = waiting_since(layout)
    assert count == 1
    assert since is not None
    assert abs(datetime.now(UTC) - since) < timedelta(minutes=5)
