"""Which certificate the uplink shows, and how the next one comes: kept through every cut, and given up when refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.office.authority import Authority, certificate_pem, load_or_make_authority
from kiosk.sealing.errors import SealingError
from kiosk.sealing.renewal import (
    key_and_certificate,
    load_tls_certificate,
    make_new_certificate,
    make_renewal,
    read_renewal,
    take_new_certificate,
)
from kiosk.sealing.requests import load_tls_key, new_tls_key, tls_key_pem
from kiosk.uplink import identity as module
from kiosk.uplink.identity import ASK_AGAIN_S, Credentials, Identity
from kiosk.uplink.linkage import LinkState

KIOSK = "kiosk-tk-01"
START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
HALF = START + timedelta(days=190)


class Bench:
    """A kiosk that was installed at START, and an office's authority."""

    def __init__(self, directory: Path) -> None:
        self.authority = load_or_make_authority(directory, "device-ca", name="device", now=START)
        self.installed = Credentials(directory / "tls.pem", directory / "tls.key")
        self.folder = directory / "identity"
        self.folder.mkdir()
        key = new_tls_key()
        self.installed.key.write_bytes(tls_key_pem(key))
        self.installed.key.chmod(0o600)
        issued = self.authority.issue_client(key.public_key(), KIOSK, now=START)
        self.installed.certificate.write_bytes(certificate_pem(issued))
        self.now, self.monotonic_s = HALF, 0.0
        self.identity = self.started()

    def started(self) -> Identity:
        """The uplink after a restart."""
        return Identity(KIOSK, self.installed, self.folder, now=lambda: self.now, monotonic_s=lambda: self.monotonic_s)

    def answer(self, request: bytes, authority: Authority | None = None) -> bytes:
        by = authority or self.authority
        renewal = read_renewal(request)
        return make_new_certificate(renewal, by.issue_client(renewal.key, KIOSK, now=self.now), by.certificate)

    def renewed(self) -> None:
        request = self.identity.request()
        assert request is not None
        assert self.identity.take(self.answer(request))

    @property
    def files(self) -> set[str]:
        return {file.name for file in self.folder.iterdir()}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_nothing_is_asked_before_half_of_a_life_is_over(bench: Bench) -> None:
    bench.now = START + timedelta(days=180)
    assert bench.identity.request() is None
    assert bench.files == set()
    bench.now, bench.monotonic_s = HALF, ASK_AGAIN_S
    assert bench.identity.request() is not None
    assert bench.identity.request() is None  # asked a moment ago
    bench.identity.on_up()
    assert bench.identity.request() is not None
    no_folder = Identity(KIOSK, bench.installed, None, now=lambda: HALF, monotonic_s=lambda: 0.0)
    assert no_folder.request() is None
    assert not no_folder.take(b"anything")


def test_the_old_certificate_stays_until_a_connection_with_the_new_one_has_worked(bench: Bench) -> None:
    # CK-CERT-04
    bench.renewed()
    assert bench.files == {"trial.pem"}
    trial = bench.folder / "trial.pem"
    assert bench.identity.credentials(LinkState.CONNECTING) == (trial, trial)
    # A road that is gone says nothing about the certificate.
    assert bench.identity.credentials(LinkState.UNREACHABLE) == (trial, trial)
    bench.identity.on_up()
    current = bench.folder / "current.pem"
    assert bench.files == {"current.pem"}
    assert bench.identity.credentials(LinkState.ONLINE) == (current, current)
    assert bench.started().credentials(LinkState.CONNECTING) == (current, current)
    assert load_tls_key(current).public_key() == load_tls_certificate(current).public_key()
    assert bench.installed.certificate.exists()
    assert bench.identity.request() is None  # the new one is young


@pytest.mark.parametrize("refused", [LinkState.KIOSK_NOT_ACCEPTED, LinkState.NOT_AUTHORIZED, LinkState.BAD_CREDENTIALS])
def test_a_new_certificate_that_is_refused_is_thrown_away_once_the_old_one_serves(
    bench: Bench, refused: LinkState
) -> None:
    # CK-CERT-04
    bench.renewed()
    bench.identity.credentials(LinkState.CONNECTING)
    assert bench.identity.credentials(refused) == bench.installed
    # Neither serves: nothing is thrown away for that.
    assert bench.identity.credentials(refused) == bench.installed
    assert bench.files == {"trial.pem"}
    bench.identity.on_up()
    assert bench.files == set()
    assert bench.identity.request() is None
    bench.monotonic_s += ASK_AGAIN_S
    assert bench.identity.request() is not None


def test_whatever_lies_there_after_a_power_cut_something_serves_and_the_renewal_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    # CK-CERT-04
    class PowerCutError(BaseException):
        pass

    request = bench.identity.request()
    assert request is not None
    answer = bench.answer(request)
    written = module.write_atomically

    def cut_before(*_: object, **__: object) -> None:
        raise PowerCutError

    def cut_after(path: Path, data: bytes, *, mode: int = 0o600) -> None:
        written(path, data, mode=mode)
        raise PowerCutError

    for cut, left in ((cut_before, {"next.key"}), (cut_after, {"next.key", "trial.pem"})):
        monkeypatch.setattr(module, "write_atomically", cut)
        with pytest.raises(PowerCutError):
            bench.identity.take(answer)
        monkeypatch.setattr(module, "write_atomically", written)
        assert bench.files == left
        bench.identity = bench.started()
        for path in bench.identity.credentials(LinkState.CONNECTING):
            assert path.exists()
        if cut is cut_before:
            again = bench.identity.request()
            assert again is not None
            assert read_renewal(again).id == read_renewal(request).id
    bench.identity.on_up()
    assert "current.pem" in bench.files
    # Half a life later a new key is made, whatever the cut left.
    bench.now += timedelta(days=190)
    bench.identity = bench.started()
    later = bench.identity.request()
    assert later is not None
    assert bench.identity.take(bench.answer(later))
    bench.identity.credentials(LinkState.CONNECTING)
    bench.identity.on_up()
    assert load_tls_certificate(bench.folder / "current.pem").not_valid_after_utc > bench.now + timedelta(days=300)


def test_a_kiosk_that_was_installed_anew_shows_what_it_was_given_last(bench: Bench) -> None:
    bench.renewed()
    bench.identity.credentials(LinkState.CONNECTING)
    bench.identity.on_up()
    key = new_tls_key()
    later = bench.authority.issue_client(key.public_key(), KIOSK, now=HALF + timedelta(days=9))
    bench.installed.certificate.write_bytes(certificate_pem(later))
    assert bench.identity.credentials(LinkState.ONLINE) == bench.installed
    (bench.folder / "current.pem").write_bytes(b"spoilt")
    assert bench.started().credentials(LinkState.CONNECTING) == bench.installed
    (bench.folder / "current.pem").write_bytes(key_and_certificate(key, later))
    bench.installed.certificate.unlink()
    assert bench.started().credentials(LinkState.CONNECTING).certificate.name == "current.pem"


def test_a_broker_that_ends_the_connection_over_a_request_is_not_asked_at_each_connection(bench: Bench) -> None:
    assert bench.identity.request() is not None
    bench.identity.untaken(untaken=True)
    bench.identity.on_up()
    assert bench.identity.request() is None
    bench.monotonic_s += ASK_AGAIN_S
    assert bench.identity.request() is not None
    bench.identity.untaken(untaken=False)
    bench.identity.on_up()
    assert bench.identity.request() is not None


def test_a_certificate_that_is_not_what_was_asked_for_is_not_taken(bench: Bench, tmp_path: Path) -> None:
    # CK-CERT-03
    request = bench.identity.request()
    assert request is not None
    (tmp_path / "foreign").mkdir()
    foreign = load_or_make_authority(tmp_path / "foreign", "device-ca", name="device", now=START)
    renewal, by = read_renewal(request), bench.authority
    wrong = {
        "another authority": bench.answer(request, foreign),
        "no certificate": b"",
        "another name": make_new_certificate(
            renewal, by.issue_client(renewal.key, "kiosk-tk-02", now=HALF), by.certificate
        ),
        "another key": make_new_certificate(
            renewal, by.issue_client(new_tls_key().public_key(), KIOSK, now=HALF), by.certificate
        ),
        "no later end": make_new_certificate(renewal, by.issue_client(renewal.key, KIOSK, now=START), by.certificate),
        "another use": make_new_certificate(renewal, by.issue_signer(renewal.key, KIOSK, now=HALF), by.certificate),
    }
    for why, answer in wrong.items():
        assert not bench.identity.take(answer), why
    assert bench.files == {"next.key"}
    assert bench.identity.take(bench.answer(request))


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes, Bench]:
    bench = Bench(tmp_path_factory.mktemp("exchange"))
    request = bench.identity.request()
    assert request is not None
    return request, bench.answer(request), bench


@given(place=st.integers(0, 5000), change=st.integers(1, 255))
def test_any_changed_byte_of_a_request_or_an_answer_is_found(
    exchange: tuple[bytes, bytes, Bench], place: int, change: int
) -> None:
    # CK-CERT-01
    request, answer, bench = exchange
    spoilt = bytearray(request)
    spoilt[place % len(spoilt)] ^= change
    with pytest.raises(SealingError):
        read_renewal(bytes(spoilt))
    spoilt = bytearray(answer)
    spoilt[place % len(spoilt)] ^= change
    key, old = load_tls_key(bench.folder / "next.key"), load_tls_certificate(bench.installed.certificate)
    try:
        taken = take_new_certificate(bytes(spoilt), KIOSK, key, old=old)
    except SealingError:
        return
    # The id of the key is a label, and an authority that vouches for both is that authority whatever its own copy says.
    assert taken == take_new_certificate(answer, KIOSK, key, old=old)


def test_a_renewal_by_another_key_than_that_of_its_certificate_is_refused(bench: Bench) -> None:
    # CK-CERT-01
    old = load_tls_certificate(bench.installed.certificate)
    with pytest.raises(SealingError):
        read_renewal(make_renewal(KIOSK, new_tls_key(), old=old, old_key=new_tls_key()))
    with pytest.raises(SealingError):
        read_renewal(make_renewal("kiosk-tk-02", new_tls_key(), old=old, old_key=load_tls_key(bench.installed.key)))
