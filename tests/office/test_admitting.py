"""A kiosk that made its own keys joins an office: what each side checks, and that it can send afterwards."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.cli.identity import JoiningError, Places, ask, install, read_answer, settled
from kiosk.custody.entries import Status
from kiosk.office.admitting import admit, waiting_on
from kiosk.office.authority import certificate_pem, load_certificate
from kiosk.office.errors import ProvisioningError
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office, revoke_kiosk
from kiosk.office.registry import load_registry
from kiosk.sealing import cose
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.requests import (
    ANSWER_FILE,
    CONTENT_TYPE,
    REQUEST_FILE,
    Admission,
    make_request,
    new_tls_key,
    read_request,
    same_digits,
    spoken_digits,
)
from tests.office.conftest import Village
from tests.office.stand import KioskSide, eventually, open_office

NEW = "kiosk-tk-04"


@pytest.fixture
def layout(tmp_path: Path) -> OfficeLayout:
    """An office that has registered no kiosk yet."""
    return init_office(tmp_path / "office", province="ht", communes=["tk", "vx"], kiosks=[], demo=True).layout


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    (tmp_path / "stick").mkdir()
    return tmp_path / "stick"


def bare_kiosk(directory: Path, repository: Path) -> Places:
    """A kiosk as `./run install` leaves it."""
    places = Places(directory / "kiosk", directory / "uplink", directory / "kiosk.toml")
    for folder in (places.kiosk, places.uplink):
        folder.mkdir(parents=True)
    shutil.copy(repository / "config" / "kiosk.toml", places.settings)
    return places


def admitted(layout: OfficeLayout, stick: Path, kiosk: str = NEW, commune: str | None = None) -> Admission:
    (waiting,) = [one for one in waiting_on(layout.root, stick) if one.request.kiosk == kiosk]
    return admit(layout.root, waiting, said=waiting.request.fingerprint, commune=commune)


def test_a_kiosk_that_made_its_own_keys_joins_and_sends(
    village: Village, stick: Path, repository: Path, tmp_path: Path
) -> None:
    layout = village.layout
    places = bare_kiosk(layout.bundle(NEW), repository)
    asked = ask(places, NEW, stick)
    answer = admitted(layout, stick)
    village.broker.reload()  # as the command has systemd do
    assert asked.fingerprint == waiting_on(layout.root, stick)[0].request.fingerprint
    secrets = [file.read_bytes() for file in places.waiting]
    install(places, read_answer(stick, NEW), said=answer.office_fingerprint, field=False)

    # The keys are where they are used, in no other file of the office or the stick, and nobody else can read them.
    at_home = [places.kiosk / "record.key", places.uplink / "tls.key"]
    assert [file.read_bytes() for file in at_home] == secrets
    assert all(stat.S_IMODE(file.stat().st_mode) & 0o077 == 0 for file in at_home)
    others = [file for file in (*layout.root.rglob("*"), *stick.rglob("*")) if file.is_file() and file not in at_home]
    assert others
    assert not any(secret in file.read_bytes() for file in others for secret in secrets)
    text = places.settings.read_text("utf-8")
    assert f'kiosk_id = "{NEW}"' in text
    assert f"broker_port = {village.port}" in text

    with (
        open_office(layout, f"sqlite:///{tmp_path / 'office.db'}") as office,
        KioskSide(layout, NEW, tmp_path, village.port) as kiosk,
    ):
        office.start()
        entry = kiosk.enrol()
        kiosk.start()
        eventually(lambda: kiosk.status(entry) is Status.RECEIVED, "the office takes in what the new kiosk signed")


def test_after_a_power_cut_at_any_point_both_sides_may_do_it_again(
    layout: OfficeLayout, stick: Path, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kiosk.cli import identity as joining

    places = bare_kiosk(tmp_path / "etc", repository)
    first = ask(places, NEW, stick)
    assert ask(places, NEW, stick).fingerprint == first.fingerprint
    admitted(layout, stick)
    answer = admitted(layout, stick)
    real, left = joining.write_atomically, 0

    def cut(path: Path, data: bytes, *, mode: int = 0o600) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(5, "the power is gone", str(path))
        real(path, data, mode=mode)

    monkeypatch.setattr(joining, "write_atomically", cut)
    cuts = 0
    while True:
        left = cuts
        try:
            install(places, read_answer(stick, NEW), said=answer.office_fingerprint, field=False)
            break
        except JoiningError:
            cuts += 1
            assert all(file.exists() for file in places.waiting)
    assert cuts == 10
    assert not any(file.parent.exists() for file in places.waiting)
    assert load_certificate(places.uplink / "tls.pem") == load_certificate_from(answer.tls, tmp_path)


def load_certificate_from(pem: bytes, folder: Path) -> object:
    (folder / "one.pem").write_bytes(pem)
    return load_certificate(folder / "one.pem")


def test_a_kiosk_that_asks_again_keeps_the_key_it_signs_with(
    layout: OfficeLayout, stick: Path, repository: Path, tmp_path: Path
) -> None:
    places = bare_kiosk(tmp_path / "etc", repository)
    ask(places, NEW, stick)
    answer = admitted(layout, stick, commune="vx")
    install(places, read_answer(stick, NEW), said=answer.office_fingerprint, field=False)
    record, tls = (places.kiosk / "record.key").read_bytes(), (places.uplink / "tls.key").read_bytes()
    before = load_registry(layout.registry).kiosks[NEW]

    ask(places, NEW, stick)
    assert waiting_on(layout.root, stick)[0].known
    again = admitted(layout, stick)
    install(places, read_answer(stick, NEW), said=again.office_fingerprint, field=False)
    assert (places.kiosk / "record.key").read_bytes() == record
    assert (places.uplink / "tls.key").read_bytes() != tls
    assert again.office_fingerprint == answer.office_fingerprint
    after = load_registry(layout.registry).kiosks[NEW]
    assert (after.commune, after.record_key) == ("vx", before.record_key)
    assert after.earlier_serials == (before.tls_serial,)


def test_who_cannot_be_admitted_is_told_why_and_nothing_is_signed(
    layout: OfficeLayout, stick: Path, repository: Path, tmp_path: Path
) -> None:
    places = bare_kiosk(tmp_path / "etc", repository)
    with pytest.raises(ProvisioningError, match="no request"):
        waiting_on(layout.root, stick)
    ask(places, NEW, stick)
    (waiting,) = waiting_on(layout.root, stick)
    before = layout.registry.read_bytes()
    with pytest.raises(ProvisioningError, match="not the digits"):
        admit(layout.root, waiting, said="00000 " * 6)
    with pytest.raises(ProvisioningError, match="commune"):
        admit(layout.root, waiting, said=waiting.request.fingerprint, commune="nowhere")
    layout.authority.rename(tmp_path / "offline")
    with pytest.raises(ProvisioningError, match="offline"):
        admit(layout.root, waiting, said=waiting.request.fingerprint)
    assert not layout.authority.exists()
    (tmp_path / "offline").rename(layout.authority)
    assert layout.registry.read_bytes() == before
    assert not (stick / NEW / ANSWER_FILE).exists()

    admitted(layout, stick)
    (stick / NEW / REQUEST_FILE).write_bytes(make_request(NEW, SigningKey.generate(), new_tls_key()))
    with pytest.raises(ProvisioningError, match="another signing key"):
        waiting_on(layout.root, stick)
    revoke_kiosk(layout.root, NEW)
    ask(places, NEW, stick)
    with pytest.raises(ProvisioningError, match="revoked"):
        waiting_on(layout.root, stick)


def other_digits(answer: Admission) -> tuple[Admission, str]:
    return answer, "12345 " * 6


def demo(answer: Admission) -> tuple[Admission, str]:
    return answer, answer.office_fingerprint


def swapped_keys(answer: Admission) -> tuple[Admission, str]:
    return replace(answer, keys=replace(answer.keys, receipt=SigningKey.generate().public)), answer.office_fingerprint


def other_kiosk(answer: Admission) -> tuple[Admission, str]:
    return replace(answer, kiosk="kiosk-tk-05"), answer.office_fingerprint


def certificates_swapped(answer: Admission) -> tuple[Admission, str]:
    return replace(answer, tls=answer.record), answer.office_fingerprint


def strange_record_authority(answer: Admission) -> tuple[Admission, str]:
    swapped = replace(answer, record_authority=answer.server_authority)
    return swapped, swapped.office_fingerprint


def a_line_in_the_settings(answer: Admission) -> tuple[Admission, str]:
    return replace(answer, broker_host='x"\n[kiosk]\nmode = "demo'), answer.office_fingerprint


@pytest.mark.parametrize(
    "spoil",
    [
        other_digits,
        demo,
        swapped_keys,
        other_kiosk,
        certificates_swapped,
        strange_record_authority,
        a_line_in_the_settings,
    ],
)
def test_an_answer_that_is_not_the_offices_to_this_kiosk_installs_nothing(
    layout: OfficeLayout,
    stick: Path,
    repository: Path,
    tmp_path: Path,
    spoil: Callable[[Admission], tuple[Admission, str]],
) -> None:
    places = bare_kiosk(tmp_path / "etc", repository)
    ask(places, NEW, stick)
    answer, said = spoil(admitted(layout, stick))
    before = {file: file.read_bytes() for file in (tmp_path / "etc").rglob("*") if file.is_file()}
    with pytest.raises(JoiningError):
        install(places, answer, said=said, field=spoil is demo)
    assert {file: file.read_bytes() for file in (tmp_path / "etc").rglob("*") if file.is_file()} == before


def test_an_answer_to_a_key_that_is_gone_is_refused(
    layout: OfficeLayout, stick: Path, repository: Path, tmp_path: Path
) -> None:
    places = bare_kiosk(tmp_path / "etc", repository)
    ask(places, NEW, stick)
    answer = admitted(layout, stick)
    for file in places.waiting:
        file.unlink()
    with pytest.raises(JoiningError, match="no key waits"):
        install(places, answer, said=answer.office_fingerprint, field=False)
    ask(places, NEW, stick)
    with pytest.raises(JoiningError, match="earlier request"):
        install(places, answer, said=answer.office_fingerprint, field=False)


def test_a_request_proves_both_keys_and_any_change_is_found() -> None:
    record, tls = SigningKey.generate(), new_tls_key()
    signed = make_request(NEW, record, tls)
    asked = read_request(signed)
    assert (asked.kiosk, asked.record, asked.tls) == (NEW, record.public, tls.public_key())
    payload = cose.take_apart(signed, CONTENT_TYPE).payload
    other = SigningKey.generate()
    with pytest.raises(SealingError):
        read_request(cose.sign(payload, CONTENT_TYPE, key=other))
    with pytest.raises(SealingError):
        read_request(cose.sign(payload.replace(NEW.encode(), b"kiosk-tk-99", 1), CONTENT_TYPE, key=record))


@given(st.binary(max_size=200), st.integers(0, 10_000))
def test_no_bytes_are_taken_for_a_request_or_an_answer(data: bytes, place: int) -> None:
    for read in (read_request, Admission.from_json):
        with pytest.raises(SealingError):
            read(data)
    signed = bytearray(SIGNED)
    signed[place % len(signed)] ^= 1 + (place % 255)
    with pytest.raises(SealingError):
        read_request(bytes(signed))


SIGNED = make_request(NEW, SigningKey.generate(), new_tls_key())


@given(st.binary(max_size=40))
def test_digits_are_six_groups_of_five_and_are_known_however_they_are_typed(data: bytes) -> None:
    digits = spoken_digits(data)
    assert [len(group) for group in digits.split(" ")] == [5] * 6
    assert same_digits(digits.replace(" ", "-"), digits)
    assert not same_digits(digits[:-1], digits)


def test_an_answer_survives_its_journey(layout: OfficeLayout, stick: Path, repository: Path, tmp_path: Path) -> None:
    ask(bare_kiosk(tmp_path / "etc", repository), NEW, stick)
    answer = admitted(layout, stick)
    assert read_answer(stick, NEW) == answer
    assert answer.server_authority == certificate_pem(load_certificate(layout.authority / "server-ca.pem"))


def test_a_settings_file_without_its_lines_is_refused(
    layout: OfficeLayout, stick: Path, repository: Path, tmp_path: Path
) -> None:
    ask(bare_kiosk(tmp_path / "etc", repository), NEW, stick)
    with pytest.raises(JoiningError, match="kiosk_id"):
        settled("[kiosk]\n", admitted(layout, stick))


def test_three_commands_and_the_digits_that_are_typed_make_a_kiosk_of_the_office(
    layout: OfficeLayout, stick: Path, repository: Path, tmp_path: Path
) -> None:
    from typer.testing import CliRunner

    from kiosk.cli import app

    places = bare_kiosk(tmp_path / "etc", repository)
    text = places.settings.read_text("utf-8").replace("/etc/kiosk/", f"{tmp_path}/etc/").replace('"field"', '"demo"')
    places.settings.write_text(text, "utf-8")
    here = ["--kiosk", NEW, "--settings", str(places.settings)]

    def typed(*words: str, digits: str | None = None, code: int = 0) -> str:
        ran = CliRunner().invoke(app, list(words), input=None if digits is None else f"{digits}\n")
        assert ran.exit_code == code, ran.output
        return ran.output

    def digits_in(output: str) -> str:
        (line,) = [line for line in output.splitlines() if line.startswith("digits to read out")]
        return line.rpartition(": ")[2]

    asked = digits_in(typed("request", str(stick), *here))
    at_the_office = ("office", "admit", str(layout.root), str(stick))
    assert "not the digits" in typed(*at_the_office, digits="12345 " * 6, code=2)
    typed(*at_the_office, "--kiosk", "kiosk-tk-77", code=2)
    office = digits_in(typed(*at_the_office, digits=asked))
    assert "not the digits" in typed("accept", str(stick), *here, digits=asked, code=2)
    assert not (places.uplink / "tls.pem").exists()
    assert f"this is {NEW}" in typed("accept", str(stick), *here, digits=office)
    assert load_certificate(places.uplink / "tls.pem").serial_number == (
        load_registry(layout.registry).kiosks[NEW].tls_serial
    )
    assert "no key waits" in typed("accept", str(stick), *here, "--fingerprint", office, code=2)


def test_the_broker_is_told_of_who_was_admitted_though_the_next_ones_digits_are_wrong(
    layout: OfficeLayout, stick: Path, repository: Path, tmp_path: Path
) -> None:
    from typer.testing import CliRunner

    from kiosk.cli import app

    first = ask(bare_kiosk(tmp_path / "one", repository), NEW, stick)
    ask(bare_kiosk(tmp_path / "other", repository), "kiosk-tk-78", stick)
    typed = f"{first.fingerprint}\n{'12345 ' * 6}\n"
    ran = CliRunner().invoke(app, ["office", "admit", str(layout.root), str(stick)], input=typed)
    assert ran.exit_code == 2
    assert f"admitted {NEW}" in ran.output
    assert "systemctl reload mosquitto" in ran.output
