"""An officer's card at the vault: the chip must prove itself each time, and a PIN is enough beside it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from drivers.card.demo_authority import DemoAuthority
from drivers.card.pcscd import VirtualReader
from drivers.card.real import open_reader
from drivers.card.simulated import VirtualReaderSlot
from drivers.card.soft_chip import ChipSecrets, SoftChip
from drivers.card.soft_curves import CURVES
from drivers.card.soft_directory import CARD_SECURITY
from drivers.card.soft_files import Holder
from drivers.card.soft_id_card import CardMake, make_id_card
from drivers.card.soft_pace import MRZ, PaceMapping, PaceOffer, SoftPace
from drivers.card.soft_proofs import ChipKey
from drivers.card.soft_secure_messaging import Suite
from drivers.card.soft_security_infos import info_set
from kiosk.chip.keys import MrzKey
from kiosk.chip.reading import read_chip
from kiosk.domain.card_proof import Holds
from kiosk.runtime.card_judging import CardJudge
from kiosk.runtime.officer_cards import OFFICER_FILES, CardUnproven, factor_of
from kiosk.runtime.signing_in import KEPT_S, SignInUnderWay
from kiosk.sealing.cardfactor import CardFactor, card_factor
from kiosk.sealing.errors import CardNeeded, VaultDelayed, WeakPin, WrongCard, WrongPin
from kiosk.sealing.vault import Argon2Cost, Vault
from tests.drivers_card.conftest import virtual_reader  # noqa: F401 - a fixture

HOLDER = Holder("042085000417", "NGUYEN", "VAN CAN", date(1985, 3, 4), "M", date(2045, 3, 4))
KEY = MrzKey(HOLDER.number[-9:], HOLDER.birth_text, HOLDER.expiry_text)
AUTHORITY = DemoAuthority(now=datetime.now(UTC) - timedelta(days=1))
JPEG = b"\xff\xd8\xff\xe0" + bytes(64) + b"\xff\xd9"
CHEAP = Argon2Cost(memory_kib=32, iterations=1, lanes=1)
PIN = "417529"


def card(make: CardMake | None = None) -> SoftChip:
    return make_id_card(HOLDER, JPEG, width_px=3, height_px=4, authority=AUTHORITY, make=make)


def factor(transmit: Callable[[bytes], bytes], trust: Path) -> CardFactor:
    read = read_chip(transmit, [KEY], wanted=OFFICER_FILES)
    return factor_of(read, CardJudge(trust, lambda: datetime.now(UTC))(read))


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault.json", None, cost=CHEAP)


def test_with_the_registered_card_a_pin_is_enough_and_without_it_no_try_is_made(vault: Vault, tmp_path: Path) -> None:
    own = card()
    key = vault.create("can-bo-1", PIN, card=factor(own.process, tmp_path))
    own.reset()
    assert vault.wants_card("can-bo-1")
    assert vault.open("can-bo-1", PIN, card=factor(own.process, tmp_path)).secret == key.secret
    for _ in range(9):
        with pytest.raises(CardNeeded):
            vault.open("can-bo-1", PIN)
    assert vault.wait_s("can-bo-1") == 0


def test_without_a_card_a_pin_stays_too_weak(vault: Vault) -> None:
    with pytest.raises(WeakPin):
        vault.create("can-bo-1", PIN)


def test_another_card_of_the_same_person_is_not_the_registered_one_and_costs_no_try(
    vault: Vault, tmp_path: Path
) -> None:
    vault.create("can-bo-1", PIN, card=factor(card().process, tmp_path))
    for _ in range(6):
        with pytest.raises(WrongCard):
            vault.open("can-bo-1", PIN, card=factor(card().process, tmp_path))


def test_wrong_pins_beside_the_right_card_are_counted_and_delayed(vault: Vault, tmp_path: Path) -> None:
    own = factor(card().process, tmp_path)
    vault.create("can-bo-1", PIN, card=own)
    for _ in range(5):
        with pytest.raises(WrongPin):
            vault.open("can-bo-1", "097531", card=own)
    with pytest.raises(VaultDelayed):
        vault.open("can-bo-1", PIN, card=own)


def test_the_share_is_needed_to_open_and_is_nowhere_in_the_vault(vault: Vault, tmp_path: Path) -> None:
    own = factor(card().process, tmp_path)
    vault.create("can-bo-1", PIN, card=own)
    with pytest.raises(WrongPin):
        vault.open("can-bo-1", PIN, card=CardFactor(bytes(32), own.key_id))
    text = (tmp_path / "vault.json").read_bytes()
    assert own.share not in text
    assert own.key_id.hex().encode() not in text
    assert repr(own.share) not in repr(own)


def test_the_pin_is_known_again_without_the_card_and_another_one_is_not(vault: Vault, tmp_path: Path) -> None:
    own = factor(card().process, tmp_path)
    vault.create("can-bo-1", PIN, card=own)
    key, check = vault.open_with_check("can-bo-1", PIN, card=own)
    assert key.secret == vault.open("can-bo-1", PIN, card=own).secret
    vault.confirm(PIN, check)
    with pytest.raises(WrongPin):
        vault.confirm("097531", check)
    assert key.secret not in check.mark
    assert repr(check.mark) not in repr(check)


def test_of_a_passphrase_two_words_are_enough_to_be_known_again_and_one_is_not(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault.json", None, cost=CHEAP)
    vault.create("can-bo-1", "lúa  non đồng xanh bờ tre làng nhỏ")
    _, check = vault.open_with_check("can-bo-1", "lúa non đồng xanh bờ tre làng nhỏ")
    for again in ("lúa non", " lúa  non đồng xanh bờ tre làng nhỏ"):
        vault.confirm(again, check)
    for wrong in ("lúa", "non lúa", "", "đồng xanh"):
        with pytest.raises(WrongPin):
            vault.confirm(wrong, check)


def test_a_lost_card_is_replaced_by_another_officers_key(vault: Vault, tmp_path: Path) -> None:
    key = vault.create("can-bo-1", PIN, card=factor(card().process, tmp_path))
    new = factor(card().process, tmp_path)
    vault.reset_pin("can-bo-1", "286413", key=key, card=new)
    assert vault.open("can-bo-1", "286413", card=new).secret == key.secret


@pytest.mark.parametrize(
    "make",
    [
        CardMake(cloned=True),
        CardMake(chip_suite=None, active_digest=None),
        CardMake(pace=(), chip_suite=None, active_digest=None),
        CardMake(altered=15),
    ],
    ids=["a copy", "no proof offered", "BAC alone", "a changed key"],
)
def test_a_chip_that_has_not_proven_itself_counts_for_nothing(make: CardMake, tmp_path: Path) -> None:
    with pytest.raises(CardUnproven):
        factor(card(make).process, tmp_path)


@pytest.mark.parametrize(
    "make", [CardMake(active_digest=None), CardMake(chip_suite=None), CardMake(rsa=True)], ids=["CA", "AA", "RSA"]
)
def test_either_proof_is_enough_and_gives_the_same_share_each_time(make: CardMake, tmp_path: Path) -> None:
    own = card(make)
    first = factor(own.process, tmp_path)
    own.reset()
    assert factor(own.process, tmp_path) == first


def test_a_proof_by_a_key_that_is_not_registered_counts_for_nothing(tmp_path: Path) -> None:
    """The chip holds the mapping's key of a trusted EF.CardSecurity; DG14 and DG15 may be another card's files."""
    offer, key = PaceOffer(PaceMapping.CHIP_AUTHENTICATION, Suite.AES_128, 13), ChipKey.made(CURVES[13], Suite.AES_128)
    registered = card()
    pace = SoftPace([offer], {MRZ: HOLDER.key_text.encode()}, chip_key=key.private)
    secured = {CARD_SECURITY: AUTHORITY.sign_infos(info_set(key.infos()))}
    other = SoftChip(registered.files, ChipSecrets(None, pace), master_files=secured)
    (tmp_path / "root.cer").write_bytes(AUTHORITY.root_der)
    read = read_chip(other.process, [KEY], wanted=OFFICER_FILES)
    proof = CardJudge(tmp_path, lambda: datetime.now(UTC))(read)
    assert proof.genuine.holds is Holds.YES
    with pytest.raises(CardUnproven, match="not one of those that are registered"):
        factor_of(read, proof)


def test_a_factor_needs_files() -> None:
    for sod, keys in ((b"", [b"x"]), (b"x", [])):
        with pytest.raises(ValueError, match="needs the security object"):
            card_factor(sod, keys)


@pytest.mark.pcsc
def test_the_card_opens_the_vault_through_the_real_reader_stack(
    virtual_reader: VirtualReader,  # noqa: F811 - the fixture
    vault: Vault,
    tmp_path: Path,
) -> None:
    own = card()
    key = vault.create("can-bo-1", PIN, card=factor(own.process, tmp_path))
    reader = open_reader(virtual_reader.name, simulated=True)
    try:
        with VirtualReaderSlot() as slot:
            slot.insert(own)
            reader.wait_for_card(10.0)
            shown = factor(reader.transmit, tmp_path)
    finally:
        reader.close()
    assert vault.open("can-bo-1", PIN, card=shown).secret == key.secret


def test_what_was_typed_waits_for_the_card_two_minutes_and_no_longer() -> None:
    now_s = [0.0]
    waiting = SignInUnderWay(lambda: now_s[0])
    shown = CardFactor(b"s" * 32, b"k")
    assert waiting.card_shown(shown) is None
    waiting.pin_typed("can-bo-1", PIN)
    assert waiting.card_shown(shown) == ("can-bo-1", PIN)
    assert waiting.card_of("can-bo-1") == shown
    assert waiting.card_of("can-bo-2") is None
    now_s[0] += KEPT_S + 1
    waiting.forget_in_time()
    assert waiting._kept is None, "not even in memory, although nobody asked for it"
    assert waiting.card_of("can-bo-1") is None
    waiting.pin_typed("can-bo-1", PIN)
    waiting.forget()
    assert waiting.card_shown(shown) is None
