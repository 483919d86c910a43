"""What root decides lies where no service writes: a captured collector fools itself alone, and for a while."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.office import provisioning, signed
from kiosk.office import registry as registry_module
from kiosk.office.admitting import admit, waiting_on
from kiosk.office.adopting import adopt, find_unadopted
from kiosk.office.authority import Authority
from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import governed_registry, keep_registry
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office, revoke_kiosk
from kiosk.office.recipients import change_recipients
from kiosk.office.registry import Registry, load_registry, save_registry
from kiosk.office.upkeep import keep_up
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.recipients import verify_recipients
from kiosk.sealing.requests import REQUEST_FILE, make_request, new_tls_key
from kiosk.sealing.suites import OpeningKey

KIOSK, OTHER = "kiosk-tk-01", "kiosk-tk-02"
START = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "office"
    init_office(folder, province="ht", communes=["tk"], kiosks=[KIOSK, OTHER], demo=True, now=lambda: START)
    return folder


@pytest.fixture
def layout(made: Path, tmp_path: Path) -> OfficeLayout:
    return OfficeLayout(shutil.copytree(made, tmp_path / "office"))


def listed(layout: OfficeLayout) -> set[int]:
    return {one.serial_number for one in x509.load_pem_x509_crl((layout.broker / "crl.pem").read_bytes())}


def slip_in_keys(layout: OfficeLayout) -> OfficeKeys:
    """What a captured collector would like kiosks to seal for."""
    path = layout.collector / "office-keys.json"
    known = OfficeKeys.load(path)
    escrow = OpeningKey.generate(known.recipients.suite).public
    body = OpeningKey.generate(known.recipients.suite).public
    false = replace(known, recipients=replace(known.recipients, body=body, escrow=escrow))
    false.save(path)
    return false


def test_a_recipient_that_a_captured_collector_slips_in_is_neither_signed_nor_handed_out(
    layout: OfficeLayout, tmp_path: Path
) -> None:
    true = OfficeKeys.load(layout.collector / "office-keys.json")
    assert true.command is not None
    slip_in_keys(layout)
    init_office(layout.root, province="ht", communes=["tk"], kiosks=["kiosk-tk-03"], demo=True)
    assert OfficeKeys.load(layout.bundle("kiosk-tk-03") / "kiosk" / "office-keys.json") == true
    # And the collector has the true ones again.
    assert OfficeKeys.load(layout.collector / "office-keys.json") == true

    slip_in_keys(layout)
    word = verify_recipients(change_recipients(layout).word, true.command)
    assert word.recipients == true.recipients
    assert layout.recipients.read_bytes() == layout.master_recipients.read_bytes()

    slip_in_keys(layout)
    record, tls = SigningKey.generate(), new_tls_key()
    folder = tmp_path / "stick" / "kiosk-tk-04"
    folder.mkdir(parents=True)
    (folder / REQUEST_FILE).write_bytes(make_request("kiosk-tk-04", record, tls))
    (waiting,) = waiting_on(layout.root, tmp_path / "stick")
    answer = admit(layout.root, waiting, said=waiting.request.fingerprint)
    assert answer.keys.recipients == true.recipients


def without_revocation(layout: OfficeLayout) -> Registry:
    known = load_registry(layout.registry)
    entry = replace(known.kiosks[KIOSK], revoked_at=None)
    return replace(known.with_kiosk(entry), revision=known.revision + 100)


def test_a_revocation_that_a_captured_collector_undoes_stays_on_the_list_and_comes_back_to_it(
    layout: OfficeLayout,
) -> None:
    revoke_kiosk(layout.root, KIOSK, now=lambda: START)
    serial = governed_registry(layout).kiosks[KIOSK].tls_serial
    save_registry(layout.registry, without_revocation(layout))
    assert "registry.json" in keep_up(layout, now=START)
    assert load_registry(layout.registry) == governed_registry(layout)
    assert governed_registry(layout).kiosks[KIOSK].revoked_at == START
    # Another revocation makes the list anew, from the registry that root wrote.
    save_registry(layout.registry, without_revocation(layout))
    revoke_kiosk(layout.root, OTHER, now=lambda: START)
    assert serial in listed(layout)
    assert keep_up(layout, now=START) == ()
    after = governed_registry(layout).kiosks
    assert [after[kiosk].revoked_at for kiosk in (KIOSK, OTHER)] == [START, START]


def test_each_change_of_the_registry_has_a_higher_revision_and_no_change_has_none(layout: OfficeLayout) -> None:
    first = governed_registry(layout)
    assert first.revision >= 1
    assert load_registry(layout.registry).revision == first.revision
    init_office(layout.root, province="ht", communes=["tk"], kiosks=[], demo=True, now=lambda: START)
    assert governed_registry(layout) == first
    seen = [first.revision]
    for kiosk in (KIOSK, OTHER):
        revoke_kiosk(layout.root, kiosk, now=lambda: START)
        seen.append(governed_registry(layout).revision)
    # Somebody who held an older one in hand does not take the number back.
    seen.append(keep_registry(layout, replace(first, province="x")).revision)
    assert seen == sorted(set(seen))
    assert json.loads(layout.registry.read_bytes())["revision"] == seen[-1]


def test_a_restored_master_gives_way_to_what_root_has_signed_since(layout: OfficeLayout, tmp_path: Path) -> None:
    shutil.copytree(layout.governing, tmp_path / "older")
    revoke_kiosk(layout.root, KIOSK, now=lambda: START)
    worked_by = load_registry(layout.registry)
    for older_key in (True, False):
        shutil.rmtree(layout.governing)
        shutil.copytree(tmp_path / "older", layout.governing)
        if not older_key:  # a copy from before anything was signed
            for file in (layout.registry_key, layout.master_registry_word, layout.master_governor_word):
                file.unlink()
        (layout.broker / "crl.pem").unlink()  # nothing but the signature tells
        keep_up(layout, now=START)
        assert governed_registry(layout) == worked_by == load_registry(layout.registry)
        serial = worked_by.kiosks[KIOSK].tls_serial
        assert serial in listed(layout)
    again = governed_registry(layout)
    assert keep_registry(layout, replace(again, province="x")).revision > worked_by.revision
    # By the clock where that is higher; a clock that went back takes no number back.
    later = keep_registry(layout, replace(again, province="y"), unix_s=lambda: 5e9).revision
    assert later == 5_000_000_000
    assert keep_registry(layout, replace(again, province="z"), unix_s=lambda: 0.0).revision == later + 1
    # A number that no clock gave is not taken from where anybody may write it.
    save_registry(layout.registry, replace(governed_registry(layout), revision=1 << 60))
    keep_up(layout, now=START)
    assert load_registry(layout.registry).revision == governed_registry(layout).revision == later + 2


@pytest.mark.parametrize("revision", [-1, "7", 1.5, True])
def test_a_registry_with_another_thing_than_a_number_for_its_revision_is_damaged(
    layout: OfficeLayout, revision: object
) -> None:
    raw = json.loads(layout.registry.read_bytes())
    layout.registry.write_text(json.dumps({**raw, "revision": revision}), "utf-8")
    with pytest.raises(ProvisioningError, match="damaged"):
        load_registry(layout.registry)


def test_a_captured_collector_that_holds_its_folder_does_not_hold_up_a_revocation(
    layout: OfficeLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_module, "STILL_S", 0.05)
    held = os.open(layout.collector, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        revoke_kiosk(layout.root, KIOSK, now=lambda: START)
    finally:
        os.close(held)
    assert governed_registry(layout).kiosks[KIOSK].tls_serial in listed(layout)


def test_a_collectors_folder_that_takes_nothing_keeps_no_kiosk_on_the_broker(layout: OfficeLayout) -> None:
    layout.registry.unlink()
    layout.registry.mkdir()
    with pytest.raises(ProvisioningError, match=r"collector/registry\.json cannot be written"):
        revoke_kiosk(layout.root, KIOSK, now=lambda: START)
    assert governed_registry(layout).kiosks[KIOSK].tls_serial in listed(layout)


class _PowerCutError(Exception):
    pass


def test_a_power_cut_between_registry_and_list_is_made_good_by_the_next_run(
    layout: OfficeLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(_layout: OfficeLayout, _device: Authority, _registry: Registry, _now: datetime) -> None:
        raise _PowerCutError

    with monkeypatch.context() as patched:
        patched.setattr(provisioning, "publish_revocations", cut)
        with pytest.raises(_PowerCutError):
            revoke_kiosk(layout.root, KIOSK, now=lambda: START)
    serial = governed_registry(layout).kiosks[KIOSK].tls_serial
    assert serial not in listed(layout)
    assert set(keep_up(layout, now=START)) == {"acl", "crl.pem", "registry.cose", "registry.json"}
    assert serial in listed(layout)
    assert load_registry(layout.registry).kiosks[KIOSK].revoked_at == START
    assert keep_up(layout, now=START) == ()
    # A list that is none, or another authority's, is made anew as well.
    (layout.broker / "crl.pem").write_bytes(b"nothing")
    assert keep_up(layout, now=START) == ("crl.pem",)
    assert serial in listed(layout)


def test_nothing_takes_a_revocation_off_the_list_also_not_an_older_registry(layout: OfficeLayout) -> None:
    before = layout.master_registry.read_bytes()
    revoke_kiosk(layout.root, KIOSK, now=lambda: START)
    serial = governed_registry(layout).kiosks[KIOSK].tls_serial
    layout.master_registry.write_bytes(before)
    revoke_kiosk(layout.root, OTHER, now=lambda: START)
    assert serial in listed(layout)


def test_a_copy_that_was_brought_back_everywhere_forgets_no_revocation_that_stands_on_the_list(
    layout: OfficeLayout, tmp_path: Path
) -> None:
    shutil.copytree(layout.governing, tmp_path / "governing")
    shutil.copytree(layout.collector, tmp_path / "collector")
    revoke_kiosk(layout.root, KIOSK, now=lambda: START)
    for name in ("governing", "collector"):
        shutil.rmtree(layout.root / name)
        shutil.copytree(tmp_path / name, layout.root / name)
    assert governed_registry(layout).kiosks[KIOSK].revoked_at is None
    assert "registry.json" in keep_up(layout, now=START)
    for registry in (governed_registry(layout), load_registry(layout.registry)):
        assert registry.kiosks[KIOSK].revoked_at == START
        assert registry.kiosks[OTHER].revoked_at is None
    assert keep_up(layout, now=START) == ()


@pytest.mark.parametrize("spoil", [b"", b"nothing"], ids=["empty", "damaged"])
def test_a_signed_copy_that_somebody_spoilt_is_written_again_and_takes_no_master_back(
    layout: OfficeLayout, spoil: bytes
) -> None:
    older = layout.registry_word.read_bytes()
    revoke_kiosk(layout.root, KIOSK, now=lambda: START)
    whole = layout.registry_word.read_bytes()
    for word in (spoil, older):
        layout.registry_word.write_bytes(word)
        assert keep_up(layout, now=START) == ("registry.cose",)
        assert layout.registry_word.read_bytes() == whole
    assert governed_registry(layout).kiosks[KIOSK].revoked_at == START


def test_a_computer_that_was_brought_the_collectors_folder_says_where_the_office_is_governed(
    layout: OfficeLayout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed, "here", lambda: "first-computer")
    keep_registry(layout, governed_registry(layout))
    other = OfficeLayout(tmp_path / "other")
    shutil.copytree(layout.collector, other.collector)
    for folder in (other.governing, other.authority):
        folder.mkdir()
    settings = tmp_path / "office.toml"
    settings.write_text(f'[office]\nname = "x"\nprovince = "ht"\nmode = "demo"\ndirectory = "{other.root}"\n', "utf-8")
    told = CliRunner().invoke(app, ["office", "renewals", "--settings", str(settings)])
    assert (told.exit_code, "governed at first-computer" in told.output, "adopt" in told.output) == (0, True, False)
    found = find_unadopted(other)
    assert found is not None
    for command in (lambda: adopt(other, found.digits), lambda: revoke_kiosk(other.root, KIOSK)):
        with pytest.raises(
            ProvisioningError, match="this office is governed at first-computer: give the command there"
        ):
            command()
    assert not other.master_registry.exists()


def without_masters(layout: OfficeLayout) -> None:
    """The office as an earlier version of this program left it."""
    raw = json.loads(layout.registry.read_bytes())
    del raw["revision"]
    layout.registry.write_text(json.dumps(raw), "utf-8")
    for file in (*layout.governing.iterdir(), layout.registry_word, layout.governor_word):
        file.unlink()
    layout.governing.rmdir()


def test_an_office_from_before_is_adopted_once_its_digits_were_found_right(layout: OfficeLayout) -> None:
    change_recipients(layout)
    revoke_kiosk(layout.root, OTHER, now=lambda: START)
    before, keys = governed_registry(layout), OfficeKeys.load(layout.master_keys)
    without_masters(layout)
    for command in (
        lambda: init_office(layout.root, province="ht", communes=["tk"], kiosks=[], demo=True),
        lambda: revoke_kiosk(layout.root, KIOSK),
        lambda: change_recipients(layout),
        lambda: keep_up(layout, now=START),
    ):
        with pytest.raises(ProvisioningError, match="kiosk office adopt"):
            command()
    found = find_unadopted(layout)
    assert found is not None
    assert any(one.startswith(f"{OTHER}\ttk\trevoked 2026-11-24 03:00Z\t") for one in found.lines())
    with pytest.raises(ProvisioningError, match="not the digits"):
        adopt(layout, "1" * 30)
    assert not layout.master_registry.exists()
    kept = adopt(layout, found.digits)
    assert (
        kept == replace(before, revision=kept.revision) == governed_registry(layout) == load_registry(layout.registry)
    )
    assert OfficeKeys.load(layout.master_keys) == keys
    assert layout.master_recipients.read_bytes() == layout.recipients.read_bytes()
    assert find_unadopted(layout) is None
    with pytest.raises(ProvisioningError, match="adopted already"):
        adopt(layout, found.digits)
    revoke_kiosk(layout.root, KIOSK, now=lambda: START)


def test_digits_that_certificates_do_not_change_are_shown_beside_those_that_they_do(layout: OfficeLayout) -> None:
    without_masters(layout)
    before = find_unadopted(layout)
    known = load_registry(layout.registry)
    later = known.kiosks[KIOSK].renewed(77, START + timedelta(days=500), now=START)
    save_registry(layout.registry, known.with_kiosk(later))
    renewed = find_unadopted(layout)
    slip_in = replace(known.kiosks[OTHER], record_key=b"x" * 32)
    save_registry(layout.registry, known.with_kiosk(slip_in))
    slipped = find_unadopted(layout)
    assert before is not None
    assert renewed is not None
    assert slipped is not None
    assert (renewed.digits != before.digits, renewed.lasting == before.lasting) == (True, True)
    assert len({before.lasting, slipped.lasting, before.digits}) == 3
    assert any("certificate 4d until 2028-04-07" in line for line in renewed.lines())


def undone(layout: OfficeLayout) -> None:
    save_registry(layout.registry, replace(without_revocation(layout), revision=0))


def other_command_key(layout: OfficeLayout) -> None:
    path = layout.collector / "office-keys.json"
    replace(OfficeKeys.load(path), command=SigningKey.generate().public).save(path)


def no_command_key(layout: OfficeLayout) -> None:
    path = layout.collector / "office-keys.json"
    replace(OfficeKeys.load(path), command=None, number=0).save(path)


def other_recipients(layout: OfficeLayout) -> None:
    slip_in_keys(layout)
    for file in layout.opening.iterdir():
        file.unlink()


def no_word(layout: OfficeLayout) -> None:
    layout.recipients.unlink()


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (undone, f"calls {KIOSK} trusted, and the revocation list does not"),
        (other_command_key, "another command key"),
        (no_command_key, "another command key"),
        (other_recipients, "names other recipients than the word"),
        (slip_in_keys, "does not know"),
        (no_word, "is missing beside"),
    ],
)
def test_what_only_root_could_have_written_gives_a_changed_copy_away(
    layout: OfficeLayout, spoil: Callable[[OfficeLayout], object], says: str
) -> None:
    change_recipients(layout)
    revoke_kiosk(layout.root, KIOSK, now=lambda: START)
    without_masters(layout)
    if spoil is slip_in_keys:
        path = layout.collector / "office-keys.json"
        replace(OfficeKeys.load(path), number=0).save(path)
    spoil(layout)
    with pytest.raises(ProvisioningError, match=says):
        find_unadopted(layout)


def test_a_person_at_the_keyboard_is_shown_what_is_there_and_nobody_adopts_by_a_timer(layout: OfficeLayout) -> None:
    without_masters(layout)
    found = find_unadopted(layout)
    assert found is not None
    revoke = ["office", "revoke", str(layout.root), KIOSK]
    told = CliRunner().invoke(app, revoke)
    assert (told.exit_code, f"kiosk office adopt {layout.root}" in told.output) == (2, True)
    controller, terminal = pty.openpty()
    try:
        os.write(controller, found.digits.encode() + b"\n")
        typed = [sys.executable, "-m", "kiosk.cli", *revoke]
        ran = subprocess.run(typed, stdin=terminal, capture_output=True, text=True, timeout=120, check=False)
    finally:
        os.close(controller)
        os.close(terminal)
    assert ran.returncode == 0, ran.stderr
    assert found.digits in ran.stdout
    assert f"{OTHER}\ttk\ttrusted" in ran.stdout
    assert "adopted: 2 kiosks, revision " in ran.stdout
    assert governed_registry(layout).kiosks[KIOSK].revoked_at is not None
