"""How a soft card proves that it is no copy: Chip Authentication v1, Active Authentication (Doc 9303-11, 6.1, 6.2)."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from drivers.card.soft_curves import EcDomain, ModpDomain
from drivers.card.soft_secure_messaging import Channel, Suite, open_channel
from drivers.card.soft_security_infos import (
    active_authentication_info,
    ca_oid,
    chip_authentication_info,
    chip_public_key_info,
)

_TRAILERS: Final = {"sha1": b"\xbc", "sha224": b"\x38\xcc", "sha256": b"\x34\xcc", "sha384": b"\x36\xcc"}
_TRAILER_512: Final = b"\x35\xcc"
_EC_HASHES: Final[dict[int, hashes.HashAlgorithm]] = {
    1: hashes.SHA1(),
    2: hashes.SHA224(),
    3: hashes.SHA256(),
    4: hashes.SHA384(),
    5: hashes.SHA512(),
}


@dataclass(frozen=True, slots=True)
class ChipKey:
    """The static key pair of Chip Authentication on one domain, and the suite that it starts."""

    domain: EcDomain | ModpDomain
    private: int = field(repr=False)
    suite: Suite
    key_id: int | None = None

    @classmethod
    def made(cls, domain: EcDomain | ModpDomain, suite: Suite, *, key_id: int | None = None) -> "ChipKey":
        """Make a new key."""
        order = domain.n if isinstance(domain, EcDomain) else domain.q
        return cls(domain, int.from_bytes(os.urandom(domain.size + 8), "big") % (order - 1) + 1, suite, key_id)

    @property
    def ec(self) -> bool:
        """Whether it is a key on an elliptic curve."""
        return isinstance(self.domain, EcDomain)

    @property
    def oid(self) -> bytes:
        """The protocol's object identifier."""
        return ca_oid(ec=self.ec, suite=self.suite)

    @property
    def public(self) -> bytes:
        """The public key as it stands in DG14."""
        if isinstance(self.domain, EcDomain):
            return self._point(self.domain, self.domain.base)
        return pow(self.domain.g, self.private, self.domain.p).to_bytes(self.domain.size, "big")

    def infos(self) -> list[bytes]:
        """Both SecurityInfos for DG14."""
        return [
            chip_authentication_info(ec=self.ec, suite=self.suite, key_id=self.key_id),
            chip_public_key_info(self.public, self.domain, key_id=self.key_id),
        ]

    def agree(self, theirs: bytes) -> Channel:
        """Start secure messaging anew with the terminal's ephemeral public key. ValueError for a key that is none."""
        domain = self.domain
        if isinstance(domain, EcDomain):
            shared = self._point(domain, domain.read(theirs))[1 : 1 + domain.size]
        else:
            element = int.from_bytes(theirs, "big")
            if not 1 < element < domain.p - 1 or pow(element, domain.q, domain.p) != 1:
                raise ValueError
            shared = pow(element, self.private, domain.p).to_bytes(domain.size, "big")
        return open_channel(self.suite, shared)

    def _point(self, domain: EcDomain, point: tuple[int, int]) -> bytes:
        result = domain.times(self.private, point)
        if result is None:
            raise ValueError
        return domain.write(result)


class ActiveRsa:
    """Active Authentication with RSA: ISO/IEC 9796-2 scheme 1, partial message recovery."""

    def __init__(
        self, *, digest: str = "sha256", bits: int = 1024, random_bytes: Callable[[int], bytes] = os.urandom
    ) -> None:
        """Make a key; `digest` is a name of hashlib. 1024 bits are what old cards have."""
        self._key = rsa.generate_private_key(65537, bits)
        self._digest = digest
        self._random_bytes = random_bytes

    @property
    def public_key(self) -> bytes:
        """The SubjectPublicKeyInfo for DG15."""
        return _spki(self._key.public_key())

    def infos(self) -> list[bytes]:
        """RSA needs no SecurityInfo."""
        return []

    def sign(self, challenge: bytes) -> bytes:
        """Answer an INTERNAL AUTHENTICATE."""
        numbers = self._key.private_numbers()
        modulus = numbers.public_numbers.n
        size = (modulus.bit_length() + 7) // 8
        trailer = _TRAILERS.get(self._digest, _TRAILER_512)
        own = self._random_bytes(size - hashlib.new(self._digest).digest_size - 1 - len(trailer))
        digest = hashlib.new(self._digest, own + challenge).digest()
        whole = int.from_bytes(b"\x6a" + own + digest + trailer, "big")
        return pow(whole, numbers.d, modulus).to_bytes(size, "big")


class ActiveEcdsa:
    """Active Authentication with ECDSA: r and s side by side (BSI TR-03111)."""

    def __init__(self, curve: ec.EllipticCurve, *, hash_number: int = 3) -> None:
        """Make a key; `hash_number` as in active_authentication_info()."""
        self._key = ec.generate_private_key(curve)
        self._hash_number = hash_number

    @property
    def public_key(self) -> bytes:
        """The SubjectPublicKeyInfo for DG15."""
        return _spki(self._key.public_key())

    def infos(self) -> list[bytes]:
        """The ActiveAuthenticationInfo for DG14."""
        return [active_authentication_info(self._hash_number)]

    def sign(self, challenge: bytes) -> bytes:
        """Answer an INTERNAL AUTHENTICATE."""
        r, s = decode_dss_signature(self._key.sign(challenge, ec.ECDSA(_EC_HASHES[self._hash_number])))
        size = (self._key.curve.key_size + 7) // 8
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def _spki(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
