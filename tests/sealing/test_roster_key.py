"""The key for rosters: made of the vault's, signed by the kiosk's, and opened by nothing else."""

import pytest

from kiosk.sealing.errors import BadEncoding, BadSignature, CannotOpen, SealingError, VaultLocked, WrongKey
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.rosters import (
    RosterKeyWord,
    open_roster,
    roster_key,
    seal_roster,
    sign_roster_key,
    verify_roster_key,
)
from kiosk.sealing.suites import SUITES
from kiosk.sealing.vaultkey import VaultKey

KIOSK = "kiosk-tk-01"


@pytest.mark.parametrize("suite", SUITES)
def test_a_roster_opens_at_its_kiosk_with_its_vault_and_nowhere_else(suite: str) -> None:
    # CK-ROSTER-01
    vault = VaultKey.generate()
    key = roster_key(vault, suite)
    sealed = seal_roster(b"whom to expect", kiosk=KIOSK, key=key.public)
    assert b"expect" not in sealed
    assert open_roster(sealed, kiosk=KIOSK, key=roster_key(vault, suite)) == b"whom to expect"
    for kiosk, other in ((KIOSK, roster_key(VaultKey.generate(), suite)), ("kiosk-tk-02", key)):
        with pytest.raises(CannotOpen):
            open_roster(sealed, kiosk=kiosk, key=other)


def test_there_is_no_key_once_the_officer_has_gone() -> None:
    # CK-ROSTER-05
    vault = VaultKey.generate()
    roster_key(vault)
    vault.wipe()
    with pytest.raises(VaultLocked):
        roster_key(vault)


def test_the_kiosks_word_for_its_key_is_believed_by_its_signature() -> None:
    record = SigningKey.generate()
    word = RosterKeyWord(KIOSK, 7, roster_key(VaultKey.generate()).public)
    signed = sign_roster_key(word, record)
    assert verify_roster_key(signed, record.public) == word
    with pytest.raises(WrongKey):
        verify_roster_key(signed, SigningKey.generate().public)
    changed = bytearray(signed)
    changed[-1] ^= 1
    with pytest.raises(BadSignature):
        verify_roster_key(bytes(changed), record.public)


@pytest.mark.parametrize("n", [0, -1, 1 << 63, True])
def test_a_word_has_a_number(n: int) -> None:
    with pytest.raises(BadEncoding):
        RosterKeyWord(KIOSK, n, roster_key(VaultKey.generate()).public)


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_half_a_word_is_none(cut: int) -> None:
    record = SigningKey.generate()
    signed = sign_roster_key(RosterKeyWord(KIOSK, 7, roster_key(VaultKey.generate()).public), record)
    with pytest.raises(SealingError):
        verify_roster_key(signed[:-cut], record.public)
