"""The roster's way to one kiosk: sealed for a key that opens only while an officer is signed in there.

The key is derived from the vault key, so it is on no disk, and is gone with the vault. Its public half leaves the kiosk
as its signed word: a broker or uplink that put its own key there would read the names of a whole commune. The sealed
roster bears no signature: the office's signed command names its hash.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import BadEncoding, KeyFileError
from kiosk.sealing.keys import SigningKey, VerifyingKey
from kiosk.sealing.suites import HYBRID, OpeningKey, SealingKey, best_suite
from kiosk.sealing.vaultkey import VaultKey

KEY_TYPE: Final = "application/vnd.can-cuoc.roster-key+cbor"
_KEY_INFO: Final = b"can-cuoc/roster-key/1"
_LABEL: Final = b"can-cuoc/roster/1/"
_X25519_SEED, _MLKEM_SEED = 32, 64
_FIELDS: Final = frozenset(("v", "kiosk", "n", "suite", "key"))


def roster_key(vault: VaultKey, suite: str | None = None) -> OpeningKey:
    """Derive the key that opens this kiosk's rosters: always the same as long as the vault is. Raises VaultLocked."""
    suite = suite or best_suite()
    length = _X25519_SEED + (_MLKEM_SEED if suite == HYBRID else 0)
    info = _KEY_INFO + suite.encode()
    seed = HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(vault.secret)
    x25519 = X25519PrivateKey.from_private_bytes(seed[:_X25519_SEED])
    mlkem = MLKEM768PrivateKey.from_seed_bytes(seed[_X25519_SEED:]) if suite == HYBRID else None
    return OpeningKey(x25519, mlkem)


def seal_roster(plain: bytes, *, kiosk: str, key: SealingKey) -> bytes:
    """Seal a roster for one kiosk. Raises KeyFileError for a key that is none."""
    return key.seal(plain, _LABEL + kiosk.encode())


def open_roster(sealed: bytes, *, kiosk: str, key: OpeningKey) -> bytes:
    """Open what was sealed for this kiosk and key. Raises CannotOpen."""
    return key.open(sealed, _LABEL + kiosk.encode())


@dataclass(frozen=True, slots=True)
class RosterKeyWord:
    """A kiosk's word: rosters for me are sealed for this key. `n` is higher than in every word before."""

    kiosk: str
    n: int
    key: SealingKey

    def __post_init__(self) -> None:
        if type(self.n) is not int or not 1 <= self.n < 1 << 63:
            raise BadEncoding("the number of a kiosk's word is out of range")

    def to_cbor(self) -> bytes:
        """The bytes that are signed."""
        return cbor.encode({"v": 1, "kiosk": self.kiosk, "n": self.n, "suite": self.key.suite, "key": self.key.raw})

    @classmethod
    def from_cbor(cls, data: bytes) -> Self:
        """The word in `data`. Raises BadEncoding."""
        fields: Any = cbor.decode(data)
        version = fields.get("v") if isinstance(fields, dict) and fields.keys() == _FIELDS else None
        if type(version) is not int or version != 1:
            raise BadEncoding("a word about the roster's key does not have exactly the fields of version 1")
        kiosk, suite, raw = fields["kiosk"], fields["suite"], fields["key"]
        if not (isinstance(kiosk, str) and isinstance(suite, str) and isinstance(raw, bytes)):
            raise BadEncoding("a word about the roster's key has two texts and a key")
        try:
            return cls(kiosk, fields["n"], SealingKey(suite, raw))
        except KeyFileError as error:
            raise BadEncoding("a word about the roster's key holds no key") from error


def sign_roster_key(word: RosterKeyWord, key: SigningKey) -> bytes:
    """The word as COSE_Sign1 by the kiosk's record-signing key."""
    return cose.sign(word.to_cbor(), KEY_TYPE, key=key)


def verify_roster_key(signed: bytes, key: VerifyingKey) -> RosterKeyWord:
    """The word, when the kiosk's record-signing key signed it. Raises BadEncoding, WrongKey or BadSignature."""
    return RosterKeyWord.from_cbor(cose.verify(signed, KEY_TYPE, key=key))
