"""The vault opens for an officer's PIN, remembers wrong ones, and lets the office recover."""

import errno
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.sealing.errors import (
    CannotOpen,
    KeyFileError,
    UnknownOfficer,
    VaultDamaged,
    VaultDelayed,
    VaultExists,
    VaultLocked,
    VaultMissing,
    VaultUnwritable,
    WeakPin,
    WrongPin,
)
from kiosk.sealing.suites import OpeningKey
from kiosk.sealing.tries import FIRST_DELAY_S, LONGEST_DELAY_S, delay_after_s
from kiosk.sealing.vault import Argon2Cost, Vault, device_secret
from kiosk.sealing.vaultkey import VaultKey
from tests.sealing.parties import Clock

CHEAP = Argon2Cost(memory_kib=32, iterations=1, lanes=1)
PIN, WRONG = "135790", "097531"


@pytest.fixture
def vault(tmp_path: Path, clock: Clock) -> Vault:
    return Vault(tmp_path / "vault.json", b"s" * 32, cost=CHEAP, now=clock)


def again(tmp_path: Path, clock: Clock, secret: bytes | None = b"s" * 32) -> Vault:
    return Vault(tmp_path / "vault.json", secret, cost=CHEAP, now=clock)


def test_the_right_pin_gives_the_same_key_after_a_restart(vault: Vault, tmp_path: Path, clock: Clock) -> None:
    key = vault.create("can-bo-1", PIN)

    assert again(tmp_path, clock).open("can-bo-1", PIN).secret == key.secret


def test_the_default_cost_opens_too(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault.json", device_secret(tmp_path / "secret"))

    assert vault.create("can-bo-1", PIN).secret == vault.open("can-bo-1", PIN).secret
    place = json.loads((tmp_path / "vault.json").read_text("utf-8"))["officers"]["can-bo-1"]
    assert place["argon2id"] == {"memory_kib": 64 * 1024, "iterations": 3, "lanes": 4}, "as RFC 9106 has it"


def test_two_officers_open_the_same_vault_with_their_own_pins(vault: Vault) -> None:
    key = vault.create("can-bo-1", PIN)
    vault.add("can-bo-2", "246802", key=key)

    assert vault.officers == ("can-bo-1", "can-bo-2")
    assert vault.open("can-bo-2", "246802").secret == key.secret
    with pytest.raises(WrongPin):
        vault.open("can-bo-2", PIN)


def test_a_vault_is_not_made_twice_and_a_place_not_given_twice(vault: Vault) -> None:
    key = vault.create("can-bo-1", PIN)
    with pytest.raises(VaultExists):
        vault.create("can-bo-2", PIN)
    with pytest.raises(VaultExists):
        vault.add("can-bo-1", PIN, key=key)


def test_a_removed_officer_cannot_open_any_more(vault: Vault) -> None:
    vault.add("can-bo-2", "246802", key=vault.create("can-bo-1", PIN))
    vault.remove("can-bo-2")

    with pytest.raises(UnknownOfficer):
        vault.open("can-bo-2", "246802")
    with pytest.raises(UnknownOfficer):
        vault.remove("can-bo-2")


def test_a_copied_vault_does_not_open_without_the_devices_secret(vault: Vault, tmp_path: Path, clock: Clock) -> None:
    vault.create("can-bo-1", PIN)

    with pytest.raises(WrongPin):
        again(tmp_path, clock, b"t" * 32).open("can-bo-1", PIN)


def test_after_five_wrong_tries_even_the_right_pin_has_to_wait(vault: Vault, tmp_path: Path, clock: Clock) -> None:
    vault.create("can-bo-1", PIN)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongPin) as wrong:
            vault.open("can-bo-1", WRONG)
        assert wrong.value.tries_left == left

    restarted = again(tmp_path, clock)
    with pytest.raises(VaultDelayed) as delayed:
        restarted.open("can-bo-1", PIN)
    assert delayed.value.wait_s == FIRST_DELAY_S

    clock.seconds += FIRST_DELAY_S
    assert restarted.open("can-bo-1", PIN)
    assert restarted.wait_s("can-bo-1") == 0


def test_the_delay_grows_with_every_wrong_try_up_to_an_hour() -> None:
    delays = [delay_after_s(wrong) for wrong in range(60)]

    assert delays[:7] == [0, 0, 0, 0, 0, 30, 60]
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY_S


def test_setting_the_clock_back_wins_no_try(vault: Vault, clock: Clock) -> None:
    vault.create("can-bo-1", PIN)
    for _ in range(5):
        with pytest.raises(WrongPin):
            vault.open("can-bo-1", WRONG)
    clock.seconds -= timedelta(days=400).total_seconds()

    with pytest.raises(VaultDelayed):
        vault.open("can-bo-1", PIN)


def test_a_clock_that_was_years_ahead_delays_no_longer_than_the_delay(vault: Vault, clock: Clock) -> None:
    vault.create("can-bo-1", PIN)
    clock.seconds += timedelta(days=1000).total_seconds()
    for _ in range(5):
        with pytest.raises(WrongPin):
            vault.open("can-bo-1", WRONG)
    clock.seconds -= timedelta(days=1000).total_seconds()
    assert vault.wait_s("can-bo-1") == FIRST_DELAY_S
    clock.seconds += FIRST_DELAY_S
    vault.open("can-bo-1", PIN)


def test_one_officers_wrong_tries_do_not_delay_another(vault: Vault) -> None:
    vault.add("can-bo-2", "246802", key=vault.create("can-bo-1", PIN))
    for _ in range(5):
        with pytest.raises(WrongPin):
            vault.open("can-bo-1", WRONG)

    assert vault.open("can-bo-2", "246802")


@pytest.mark.parametrize("rubbish", [b"", b"[]", b"{", b'{"can-bo-1": 5}'])
def test_damaging_the_state_of_tries_wins_no_try(vault: Vault, tmp_path: Path, clock: Clock, rubbish: bytes) -> None:
    vault.create("can-bo-1", PIN)
    (tmp_path / "vault.json.tries").write_bytes(rubbish)

    with pytest.raises(VaultDelayed):
        vault.open("can-bo-1", PIN)
    clock.seconds += FIRST_DELAY_S
    assert vault.open("can-bo-1", PIN)
    assert vault.wait_s("can-bo-1") == 0


def test_a_try_counts_even_if_the_power_goes_while_it_is_made(
    vault: Vault, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.create("can-bo-1", PIN)

    def power_cut(*_: object, **__: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(Vault, "_wrapping_key", power_cut)
    for _ in range(5):
        with pytest.raises(KeyboardInterrupt):
            vault.open("can-bo-1", PIN)
    monkeypatch.undo()

    with pytest.raises(VaultDelayed):
        again(tmp_path, clock).open("can-bo-1", PIN)


def test_a_changed_pin_replaces_the_old_one(vault: Vault) -> None:
    key = vault.create("can-bo-1", PIN)
    vault.change_pin("can-bo-1", PIN, new_pin="246802")

    assert vault.open("can-bo-1", "246802").secret == key.secret
    with pytest.raises(WrongPin):
        vault.open("can-bo-1", PIN)


def test_the_office_recovers_a_vault_whose_pin_is_forgotten(vault: Vault) -> None:
    office, other = OpeningKey.generate(), OpeningKey.generate()
    key = vault.create("can-bo-1", PIN, recovery=office.public)
    for _ in range(5):
        with pytest.raises(WrongPin):
            vault.open("can-bo-1", WRONG)

    with pytest.raises(CannotOpen):
        vault.recover(other)
    recovered = vault.recover(office)
    vault.reset_pin("can-bo-1", "246802", key=recovered)

    assert vault.open("can-bo-1", "246802").secret == key.secret


@pytest.mark.parametrize("pin", ["", "12345", "111111", "121212", "mat khau", "1234567890123"[:5]])
def test_a_weak_pin_is_refused(vault: Vault, pin: str) -> None:
    with pytest.raises(WeakPin):
        vault.create("can-bo-1", pin)
    assert not vault.exists


def test_without_a_device_secret_a_passphrase_of_six_words_is_needed(tmp_path: Path, clock: Clock) -> None:
    vault = again(tmp_path, clock, None)
    with pytest.raises(WeakPin, match="six"):
        vault.create("can-bo-1", PIN)
    with pytest.raises(WeakPin):
        vault.create("can-bo-1", "sông sông sông sông sông sông")

    key = vault.create("can-bo-1", "sông lúa đò muối trăng biển")
    # The same words typed with combining marks and more space between them.
    assert (
        vault.open("can-bo-1", "so\u0302ng  lu\u0301a đo\u0300 muo\u0302\u0301i tra\u0306ng biê\u0309n").secret
        == key.secret
    )


def test_a_pin_alone_has_to_be_asked_for_by_name(tmp_path: Path, clock: Clock) -> None:
    vault = Vault(tmp_path / "vault.json", None, cost=CHEAP, pin_alone=True, now=clock)

    assert vault.create("can-bo-1", PIN).secret == vault.open("can-bo-1", PIN).secret


@pytest.mark.parametrize(
    "content", ["", "[]", '{"v": 2}', '{"v": 1}', '{"v": 1, "officers": {"can-bo-1": {}}}', '{"v":1,"officers":[]}']
)
def test_a_damaged_vault_is_named(vault: Vault, tmp_path: Path, content: str) -> None:
    vault.create("can-bo-1", PIN)
    (tmp_path / "vault.json").write_text(content)

    with pytest.raises(VaultDamaged):
        vault.open("can-bo-1", PIN)


def test_the_vault_file_is_for_one_user_and_holds_no_pin(vault: Vault, tmp_path: Path) -> None:
    key = vault.create("can-bo-1", PIN)
    content = (tmp_path / "vault.json").read_text()

    assert (tmp_path / "vault.json").stat().st_mode & 0o777 == 0o600
    assert PIN not in json.dumps(json.loads(content))
    assert key.secret not in content.encode()


def test_a_kiosk_without_a_vault_says_so(vault: Vault) -> None:
    assert vault.officers == ()
    with pytest.raises(VaultMissing):
        vault.open("can-bo-1", PIN)


def test_a_vault_that_others_can_read_is_not_used(vault: Vault, tmp_path: Path) -> None:
    vault.create("can-bo-1", PIN)
    (tmp_path / "vault.json").chmod(0o644)

    with pytest.raises(VaultDamaged, match="other users"):
        vault.open("can-bo-1", PIN)


def test_where_no_try_can_be_written_down_no_try_is_allowed(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.create("can-bo-1", PIN)

    def full_disk(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "open", full_disk)
    with pytest.raises(VaultUnwritable, match="No space"):
        vault.open("can-bo-1", PIN)
    with pytest.raises(VaultUnwritable, match="No space"):
        vault.add("can-bo-2", PIN, key=VaultKey.generate())


def test_a_vault_made_without_recovery_cannot_be_recovered(vault: Vault, tmp_path: Path) -> None:
    office = OpeningKey.generate()
    vault.create("can-bo-1", PIN)
    with pytest.raises(CannotOpen):
        vault.recover(office)
    for recovery in (5, "?", None):
        file = json.loads((tmp_path / "vault.json").read_text())
        (tmp_path / "vault.json").write_text(json.dumps({**file, "recovery": recovery}))
        with pytest.raises(VaultDamaged):
            vault.recover(office)


def test_a_device_secret_is_made_once(tmp_path: Path) -> None:
    first = device_secret(tmp_path / "secret")

    assert device_secret(tmp_path / "secret") == first
    (tmp_path / "secret").write_bytes(b"short")
    with pytest.raises(KeyFileError):
        device_secret(tmp_path / "secret")


@given(st.binary(max_size=300), st.text(max_size=8), st.text(max_size=8), st.integers(0))
def test_what_is_sealed_opens_for_its_owner_and_kind_only(plain: bytes, owner: str, kind: str, place: int) -> None:
    key = VaultKey(b"k" * 32)
    sealed = bytearray(key.seal(plain, owner=owner, kind=kind))

    assert key.open(bytes(sealed), owner=owner, kind=kind) == plain
    with pytest.raises(CannotOpen):
        key.open(bytes(sealed), owner=owner + "x", kind=kind)
    with pytest.raises(CannotOpen):
        key.open(bytes(sealed), owner=owner, kind="x" + kind)
    sealed[place % len(sealed)] ^= 1
    with pytest.raises(CannotOpen):
        key.open(bytes(sealed), owner=owner, kind=kind)


def test_a_wiped_key_is_locked() -> None:
    key = VaultKey.generate()
    sealed = key.seal(b"x", owner="a", kind="b")
    key.wipe()

    for use in (lambda: key.open(sealed, owner="a", kind="b"), lambda: key.seal(b"", owner="", kind="")):
        with pytest.raises(VaultLocked):
            use()


def test_a_destroyed_vault_leaves_what_the_office_alone_can_open(tmp_path: Path) -> None:
    opening = OpeningKey.generate()
    vault = Vault(tmp_path / "vault.json", None, pin_alone=True, cost=Argon2Cost(memory_kib=64, iterations=1, lanes=1))
    key = vault.create("HT-0417", "2468013", recovery=opening.public)
    with pytest.raises(WrongPin):
        vault.open("HT-0417", "1357902")
    (tmp_path / ".vault.json.0a1b2c3d").write_bytes((tmp_path / "vault.json").read_bytes())
    second = tmp_path / "second-name"
    second.hardlink_to(tmp_path / "vault.json")
    whole = second.read_bytes()
    vault.destroy()
    vault.destroy()
    assert not vault.exists
    # The bytes themselves were overwritten, not only the name taken away.
    assert (len(second.read_bytes()), second.read_bytes() == whole) == (len(whole), False)
    assert {path.name for path in tmp_path.iterdir()} == {"second-name", "vault.json.office"}
    left = Vault(tmp_path / "vault.json.office", None)
    assert left.officers == ()
    assert left.recover(opening).secret == key.secret


def test_a_vault_that_nobody_else_can_open_is_gone_altogether(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault.json", None, pin_alone=True, cost=Argon2Cost(memory_kib=64, iterations=1, lanes=1))
    vault.create("HT-0417", "2468013")
    vault.destroy()
    assert list(tmp_path.iterdir()) == []
    # And one that makes no sense is destroyed too.
    (tmp_path / "vault.json").write_text("{")
    (tmp_path / "vault.json").chmod(0o600)
    vault.destroy()
    assert list(tmp_path.iterdir()) == []


def test_a_vault_is_not_destroyed_through_a_link_to_another_file(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("somebody's")
    (tmp_path / "vault.json").symlink_to(tmp_path / "other")
    with pytest.raises(VaultUnwritable, match="cannot destroy"):
        Vault(tmp_path / "vault.json", None).destroy()
    assert (tmp_path / "other").read_text() == "somebody's"
