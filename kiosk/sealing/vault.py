"""The officer vault: one vault key per kiosk, wrapped once for each officer.

The wrapping key is HKDF over Argon2id(PIN) and a secret that the device or the officer's card holds, so that a copied
disk alone cannot be searched through by PIN. Without such a secret a passphrase of six words takes the PIN's place; a
PIN alone is for the demo only and has to be asked for by name. A place with a card opens with that card alone. The
office can recover: the vault key is also sealed for its opening key.
"""

import base64
import hashlib
import hmac
import json
import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.sealing.cardfactor import CardFactor
from kiosk.sealing.errors import (
    CardNeeded,
    KeyFileError,
    UnknownOfficer,
    VaultDamaged,
    VaultExists,
    VaultMissing,
    VaultUnwritable,
    WeakPin,
    WrongCard,
    WrongPin,
)
from kiosk.sealing.keyfiles import overwrite_and_remove, read_secret_file, write_atomically
from kiosk.sealing.suites import OpeningKey, SealingKey
from kiosk.sealing.tries import Tries
from kiosk.sealing.vaultkey import VaultKey

PASSPHRASE_WORDS = 6
SHORT_WORDS = 2
_OFFICER = re.compile(r"[A-Za-z0-9-]{1,64}\Z")
_PIN = re.compile(r"[0-9]{6,12}\Z")
_RECOVERY_INFO = b"can-cuoc/vault-recovery/1"


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """What one try costs (RFC 9106). The default is its second recommended choice and fits a Raspberry Pi 4."""

    memory_kib: int = 64 * 1024
    iterations: int = 3
    lanes: int = 4


@dataclass(frozen=True, slots=True)
class PinCheck:
    """What knows an officer's PIN again, for as long as they are signed in; in memory alone, beside the vault key.

    As slow to guess from as the vault file itself.
    """

    officer: str
    salt: bytes = field(repr=False)
    cost: Argon2Cost
    mark: bytes = field(repr=False)


def device_secret(path: Path) -> bytes:
    """The device's own 32 secret bytes, made on first use. Raises KeyFileError."""
    if not path.exists():
        write_atomically(path, secrets.token_bytes(32))
    secret = read_secret_file(path)
    if len(secret) != 32:
        raise KeyFileError(f"{path} does not hold 32 bytes")
    return secret


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Vault:
    """The vault file and, beside it, the state of wrong tries (`<name>.tries`)."""

    def __init__(
        self,
        path: Path,
        secret: bytes | None,
        *,
        cost: Argon2Cost | None = None,
        pin_alone: bool = False,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._path = path
        self._secret = secret
        self._cost = cost or Argon2Cost()
        self._pin_alone = pin_alone
        self._tries = Tries(path.with_name(path.name + ".tries"), now)

    @property
    def exists(self) -> bool:
        """Whether a vault has been made."""
        return self._path.exists()

    @property
    def officers(self) -> tuple[str, ...]:
        """The ids of the officers who have a place, sorted."""
        return tuple(sorted(self._read()["officers"])) if self.exists else ()

    def wants_card(self, officer: str) -> bool:
        """Whether this officer's place opens only with the card that was registered. False for who has no place."""
        return self.exists and "card" in self._read()["officers"].get(officer, {})

    def create(
        self, officer: str, pin: str, *, recovery: SealingKey | None = None, card: CardFactor | None = None
    ) -> VaultKey:
        """Make the vault, with this officer in it; with `recovery` the owner of that key can open it too.

        With `card` the place opens with that card alone, and a PIN is enough. Raises VaultExists, WeakPin.
        """
        if self.exists:
            raise VaultExists("this kiosk has a vault already: another officer is added by one who is signed in")
        key = VaultKey.generate()
        sealed = recovery.seal(key.secret, _RECOVERY_INFO) if recovery else b""
        file: dict[str, Any] = {"v": 1, "officers": {}, "recovery": base64.b64encode(sealed).decode()}
        self._put(file, officer, pin, key, card)
        return key

    def add(self, officer: str, pin: str, *, key: VaultKey, card: CardFactor | None = None) -> None:
        """Give another officer a place, by the key that a signed-in officer holds. Raises VaultExists, WeakPin."""
        file = self._read()
        if officer in file["officers"]:
            raise VaultExists("this officer has a place already: use change_pin")
        self._put(file, officer, pin, key, card)

    def change_pin(self, officer: str, old_pin: str, *, new_pin: str, card: CardFactor | None = None) -> None:
        """Give the officer a new PIN. Raises what `open` raises, and WeakPin."""
        key = self.open(officer, old_pin, card=card)
        self._put(self._read(), officer, new_pin, key, card)

    def reset_pin(self, officer: str, pin: str, *, key: VaultKey, card: CardFactor | None = None) -> None:
        """Replace a forgotten PIN, or a card that is lost or new, by the key of another officer or of a recovery.

        Without `card` the place opens without one from now on. Raises WeakPin.
        """
        self._put(self._read(), officer, pin, key, card)
        self._tries.succeed(officer)

    def remove(self, officer: str) -> None:
        """Take the officer's place away. Raises UnknownOfficer."""
        file = self._read()
        if file["officers"].pop(officer, None) is None:
            raise UnknownOfficer("this officer has no place in the vault of this kiosk")
        self._write(file)

    def place(self, officer: str) -> str:
        """Eight hex digits that stand for the officer's place in this vault, and mean nothing anywhere else.

        For the audit chain, which names nobody. They change with the PIN. Raises UnknownOfficer, VaultDamaged.
        """
        place = self._read()["officers"].get(officer)
        if place is None:
            raise UnknownOfficer("this officer has no place in the vault of this kiosk")
        return hashlib.sha256(str(place.get("salt")).encode()).hexdigest()[:8]

    def wait_s(self, officer: str) -> float:
        """How long this officer has to wait before the next try, in seconds."""
        return self._tries.wait_s(officer)

    def open(self, officer: str, pin: str, *, card: CardFactor | None = None) -> VaultKey:
        """The vault key, for the right PIN and, where the place has one, the registered card.

        Raises UnknownOfficer, CardNeeded, WrongCard, WrongPin, VaultDelayed, VaultDamaged, VaultUnwritable.
        """
        return self.open_with_check(officer, pin, card=card)[0]

    def open_with_check(self, officer: str, pin: str, *, card: CardFactor | None = None) -> tuple[VaultKey, PinCheck]:
        """What `open` gives, and what knows this PIN again in `confirm`; raises what `open` raises."""
        place = self._read()["officers"].get(officer)
        if place is None:
            raise UnknownOfficer("this officer has no place in the vault of this kiosk")
        card = _registered(place, card)
        tries_left = self._tries.begin(officer)
        try:
            salt, wrapped = base64.b64decode(place["salt"]), base64.b64decode(place["wrapped"])
            cost = Argon2Cost(**place["argon2id"])
            slow = _slow(pin, salt=salt, cost=cost)
            wrapping = self._wrapping_key(officer, slow, card)
            secret = ChaCha20Poly1305(wrapping).decrypt(bytes(12), wrapped, officer.encode())
            short = _short(pin)
            again = slow if short == _normal(pin) else _slow(short, salt=salt, cost=cost)
        except InvalidTag as error:
            raise WrongPin("the PIN or passphrase is wrong", tries_left) from error
        except (KeyError, TypeError, ValueError) as error:
            raise VaultDamaged(f"{self._path.name} makes no sense for this officer") from error
        self._tries.succeed(officer)
        return VaultKey(secret), PinCheck(officer, salt, cost, self._check_mark(officer, again))

    def confirm(self, pin: str, check: PinCheck) -> None:
        """See whether this is the PIN with which the officer opened the vault; the card is not asked for again.

        Of a passphrase the first two words are enough: the key is open, and guesses are counted. Wrong tries count with
        those at the vault and bring the same delay. Raises WrongPin, VaultDelayed, VaultUnwritable.
        """
        tries_left = self._tries.begin(check.officer)
        slow = _slow(_short(pin), salt=check.salt, cost=check.cost)
        if not hmac.compare_digest(self._check_mark(check.officer, slow), check.mark):
            raise WrongPin("the PIN or passphrase is wrong", tries_left)
        self._tries.succeed(check.officer)

    def recover(self, key: OpeningKey) -> VaultKey:
        """The vault key, by the office's opening key. Raises CannotOpen, VaultDamaged."""
        try:
            sealed = base64.b64decode(self._read()["recovery"], validate=True)
        except (KeyError, TypeError, ValueError) as error:
            raise VaultDamaged(f"{self._path.name} holds nothing to recover from") from error
        return VaultKey(key.open(sealed, _RECOVERY_INFO))

    def destroy(self) -> None:
        """Overwrite every copy of the vault key that somebody at this kiosk could open, and remove the files.

        What is sealed for the office's opening key is kept first, in `<name>.office`: as closed here as a package, and
        all that is left by which a draft can still be opened, there. Safe to do again after a power cut at any point.
        Flash memory may keep old pages of an overwritten file: a stolen medium is not to be relied on.

        Raises VaultUnwritable.
        """
        try:
            if self.exists:
                sealed = self._sealed_for_the_office()
                if sealed:
                    left = {"v": 1, "officers": {}, "recovery": sealed}
                    write_atomically(self._path.with_name(f"{self._path.name}.office"), json.dumps(left).encode())
            beside = self._path.parent.glob(f".{self._path.name}.*")
            for path in (self._path, self._path.with_name(f"{self._path.name}.tries"), *beside):
                overwrite_and_remove(path)
        except OSError as error:
            raise VaultUnwritable(f"cannot destroy {self._path.name}: {error.strerror}") from error

    def _sealed_for_the_office(self) -> str:
        try:
            return str(self._read().get("recovery", ""))
        except VaultDamaged:
            return ""

    def _put(self, file: dict[str, Any], officer: str, pin: str, key: VaultKey, card: CardFactor | None) -> None:
        if not _OFFICER.match(officer):
            raise UnknownOfficer("an officer id must be 1 to 64 of A-Z a-z 0-9 -")
        self._must_be_strong(pin, card)
        salt = secrets.token_bytes(16)
        wrapping = self._wrapping_key(officer, _slow(pin, salt=salt, cost=self._cost), card)
        # The wrapping key is used once, for this fresh salt: a nonce of zeros is as good as any.
        wrapped = ChaCha20Poly1305(wrapping).encrypt(bytes(12), key.secret, officer.encode())
        file["officers"][officer] = {
            "salt": base64.b64encode(salt).decode(),
            "argon2id": asdict(self._cost),
            "wrapped": base64.b64encode(wrapped).decode(),
        }
        if card is not None:
            file["officers"][officer]["card"] = base64.b64encode(_card_mark(salt, card)).decode()
        self._write(file)

    def _must_be_strong(self, pin: str, card: CardFactor | None) -> None:
        if self._secret is None and card is None and not self._pin_alone:
            if len(set(_normal(pin).split())) < PASSPHRASE_WORDS:
                raise WeakPin("without a device secret or officer card a passphrase of six different words is needed")
        elif not _PIN.match(pin) and len(_normal(pin)) < 12:
            raise WeakPin("a PIN has 6 to 12 digits; a passphrase has at least 12 letters")
        elif len(set(pin)) < 3:
            raise WeakPin("a PIN needs three different digits at least")

    def _check_mark(self, officer: str, slow: bytes) -> bytes:
        info = b"can-cuoc/vault-pin-again/1" + officer.encode()
        return HKDF(algorithm=SHA256(), length=32, salt=self._secret or b"", info=info).derive(slow)

    def _wrapping_key(self, officer: str, slow: bytes, card: CardFactor | None) -> bytes:
        info = (b"can-cuoc/vault-wrap/1" if card is None else b"can-cuoc/vault-wrap/card/1") + officer.encode()
        held = (self._secret or b"") + (card.share if card is not None else b"")
        return HKDF(algorithm=SHA256(), length=32, salt=held, info=info).derive(slow)

    def _read(self) -> dict[str, Any]:
        if not self.exists:
            raise VaultMissing("this kiosk has no vault yet: an officer has to be enrolled first")
        try:
            file: Any = json.loads(read_secret_file(self._path))
        except KeyFileError as error:
            raise VaultDamaged(str(error)) from error
        except ValueError as error:
            raise VaultDamaged(f"{self._path.name} is not JSON") from error
        if not isinstance(file, dict) or file.get("v") != 1 or not isinstance(file.get("officers"), dict):
            raise VaultDamaged(f"{self._path.name} is not a vault of version 1")
        return file

    def _write(self, file: dict[str, Any]) -> None:
        try:
            write_atomically(self._path, json.dumps(file, indent=1, sort_keys=True).encode())
        except OSError as error:
            raise VaultUnwritable(f"cannot write {self._path.name}: {error.strerror}") from error


def _short(pin: str) -> str:
    """What is asked for again of a PIN or passphrase: all of the one, two words of the other."""
    return " ".join(_normal(pin).split()[:SHORT_WORDS])


def _slow(pin: str, *, salt: bytes, cost: Argon2Cost) -> bytes:
    slow = Argon2id(salt=salt, length=32, iterations=cost.iterations, lanes=cost.lanes, memory_cost=cost.memory_kib)
    return slow.derive(_normal(pin).encode())


def _card_mark(salt: bytes, card: CardFactor) -> bytes:
    """What tells this card from others; another mark in each place, so that no two kiosks know an officer by it."""
    return hashlib.sha256(b"can-cuoc/vault-card/1" + salt + card.key_id).digest()


def _registered(place: dict[str, Any], card: CardFactor | None) -> CardFactor | None:
    """Give the place's own card, None for a place without one. Raises CardNeeded, WrongCard, VaultDamaged."""
    if "card" not in place:
        return None
    if card is None:
        raise CardNeeded("this place opens with the officer's own card")
    try:
        wanted, salt = base64.b64decode(place["card"]), base64.b64decode(place["salt"])
    except (KeyError, TypeError, ValueError) as error:
        raise VaultDamaged("the vault makes no sense for this officer") from error
    if not hmac.compare_digest(wanted, _card_mark(salt, card)):
        raise WrongCard("this is not the card that was registered for this officer")
    return card


def _normal(pin: str) -> str:
    return " ".join(unicodedata.normalize("NFC", pin).split())
