"""The card's end of PACE (ICAO Doc 9303-11, 4.4): every mapping, every suite, every standardized parameter.

For the soft card alone; written from the standard apart from the kiosk's reader, so that each end checks the other.
"""

import hashlib
import hmac
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from drivers.card.soft_crypto import cut_object, wrap_object
from drivers.card.soft_curves import CURVES, MODP, EcDomain, ModpDomain, Point
from drivers.card.soft_mapping import encoded_point, pseudo_random
from drivers.card.soft_secure_messaging import Channel, Suite, open_channel
from drivers.card.soft_security_infos import pace_info, pace_oid

MRZ, CAN = 1, 2
"""References of the passwords."""
_OK: Final = b"\x90\x00"
_KEY_REFUSED: Final = b"\x63\x00"
_BAD_DATA: Final = b"\x6a\x80"
_NO_REFERENCE: Final = b"\x6a\x88"
_OUT_OF_ORDER: Final = b"\x69\x85"


class PaceMapping(Enum):
    """How the nonce becomes a base point."""

    GENERIC = "GM"
    INTEGRATED = "IM"
    CHIP_AUTHENTICATION = "CAM"


@dataclass(frozen=True, slots=True)
class PaceOffer:
    """One way of PACE that a card offers; `parameter` is a number of Doc 9303-11, 9.5.1."""

    mapping: PaceMapping
    suite: Suite
    parameter: int

    @property
    def ec(self) -> bool:
        """Whether it runs over an elliptic curve."""
        return self.parameter in CURVES

    @property
    def number(self) -> int:
        """The arc of the mapping below id-PACE."""
        match self.mapping:
            case PaceMapping.GENERIC:
                return 2 if self.ec else 1
            case PaceMapping.INTEGRATED:
                return 4 if self.ec else 3
            case PaceMapping.CHIP_AUTHENTICATION:
                return 6

    @property
    def oid(self) -> bytes:
        """The protocol's object identifier."""
        return pace_oid(self.number, self.suite)

    def info(self) -> bytes:
        """The PACEInfo for EF.CardAccess."""
        return pace_info(self.number, self.suite, self.parameter)


@dataclass(frozen=True, slots=True)
class PaceAnswer:
    """What the card says to one GENERAL AUTHENTICATE, and the channel once PACE is through."""

    data: bytes
    status: bytes
    channel: Channel | None = None


@dataclass(slots=True)
class _Run:
    """What is known of one run of PACE so far."""

    offer: PaceOffer
    password: bytes
    nonce: bytes = b""
    base: Point | int = 0
    own_mapping: tuple[int, bytes] = (0, b"")
    theirs: bytes = b""
    own: bytes = b""
    secret: bytes = b""
    step: int = 0


@dataclass(slots=True)
class SoftPace:
    """PACE on the card: choose() is MSE:Set AT, answer() is one GENERAL AUTHENTICATE.

    `passwords` maps MRZ to the MRZ information (number, birth, expiry with check digits) and CAN to its digits;
    `chip_key` is the private key of Chip Authentication Mapping, on the curve of the offer. `wrong_tries` counts.
    """

    offers: Sequence[PaceOffer]
    passwords: Mapping[int, bytes] = field(repr=False)
    random_bytes: Callable[[int], bytes] = field(default=os.urandom, repr=False)
    chip_key: int | None = field(default=None, repr=False)
    wrong_tries: int = 0
    _run: _Run | None = field(default=None, repr=False)

    def reset(self) -> None:
        """Forget a run that is under way."""
        self._run = None

    def choose(self, body: bytes) -> bytes:
        """MSE:Set AT: take protocol, password and (where it is said) domain parameters. Gives the status word."""
        self._run = None
        try:
            said = _objects(body)
        except (ValueError, IndexError):
            return _BAD_DATA
        reference = said.get(0x83, b"")
        wanted = said.get(0x84)
        fitting = [
            offer for offer in self.offers if offer.oid == said.get(0x80) and wanted in (None, bytes([offer.parameter]))
        ]
        if not fitting or len(reference) != 1:
            return _BAD_DATA
        if reference[0] not in self.passwords:
            return _NO_REFERENCE
        if len(fitting) > 1:
            return _BAD_DATA
        secret = self.passwords[reference[0]]
        self._run = _Run(fitting[0], _hashed(secret) if reference[0] == MRZ else secret)
        return _OK

    def answer(self, body: bytes, *, last: bool) -> PaceAnswer:
        """GENERAL AUTHENTICATE; `last` when the command does not chain on. Any slip ends the run."""
        run, self._run = self._run, None
        if run is None or last != (run.step == 3):
            return PaceAnswer(b"", _OUT_OF_ORDER)
        try:
            tag, value, _, rest = cut_object(body)
            if tag != 0x7C or rest:
                raise ValueError
            reply = (self._nonce, self._map, self._agree, self._prove)[run.step](run, _objects(value))
        except (ValueError, IndexError):
            return PaceAnswer(b"", _BAD_DATA)
        if run.step == 3:
            if reply is None:
                self.wrong_tries += 1
                return PaceAnswer(b"", _KEY_REFUSED)
            return PaceAnswer(wrap_object(0x7C, reply), _OK, open_channel(run.offer.suite, run.secret))
        run.step += 1
        self._run = run
        return PaceAnswer(wrap_object(0x7C, reply or b""), _OK)

    def _nonce(self, run: _Run, said: Mapping[int, bytes]) -> bytes:
        if said:
            raise ValueError
        suite = run.offer.suite
        run.nonce = self.random_bytes(32 if suite.key_bytes > 16 else 16)
        return wrap_object(0x80, suite.hide(suite.key(run.password, 3), run.nonce))

    def _map(self, run: _Run, said: Mapping[int, bytes]) -> bytes:
        given = said.get(0x81, b"")
        if run.offer.mapping is PaceMapping.INTEGRATED:
            if len(given) != run.offer.suite.key_bytes:
                raise ValueError
            run.base = self._integrated(run, given)
            return wrap_object(0x82, b"")
        private = self._private(run)
        shared = _power(run, private, given)
        own = _public(run, private, _base(run))
        run.own_mapping = private, own
        number = int.from_bytes(run.nonce, "big")
        domain = _domain(run)
        if isinstance(domain, EcDomain):
            part = domain.times(number, domain.base)
            point = domain.plus(part, domain.read(shared)) if part else None
            if point is None:
                raise ValueError
            run.base = point
        else:
            run.base = pow(domain.g, number, domain.p) * int.from_bytes(shared, "big") % domain.p
        return wrap_object(0x82, own)

    def _integrated(self, run: _Run, theirs: bytes) -> Point | int:
        domain = _domain(run)
        number = pseudo_random(run.offer.suite, run.nonce, theirs, domain.p)
        if isinstance(domain, EcDomain):
            return encoded_point(domain, number)
        return pow(number, (domain.p - 1) // domain.q, domain.p)

    def _agree(self, run: _Run, said: Mapping[int, bytes]) -> bytes:
        run.theirs = said.get(0x83, b"")
        private = self._private(run)
        run.own = _public(run, private, run.base)
        if run.own == run.theirs:
            raise ValueError
        shared = _power(run, private, run.theirs)
        domain = _domain(run)
        run.secret = shared[1 : 1 + domain.size] if isinstance(domain, EcDomain) else shared
        return wrap_object(0x84, run.own)

    def _prove(self, run: _Run, said: Mapping[int, bytes]) -> bytes | None:
        suite = run.offer.suite
        mac_key = suite.key(run.secret, 2)
        if not hmac.compare_digest(said.get(0x85, b""), suite.code(mac_key, _token_of(run, run.own))):
            return None
        proof = wrap_object(0x86, suite.code(mac_key, _token_of(run, run.theirs)))
        if run.offer.mapping is PaceMapping.CHIP_AUTHENTICATION:
            proof += wrap_object(0x8A, self._chip_proof(run))
        return proof

    def _chip_proof(self, run: _Run) -> bytes:
        """CA_IC = (static private)⁻¹ · (private of the mapping), under the new key with IV E(K, -1) (4.4.3.5)."""
        domain = _domain(run)
        if self.chip_key is None or not isinstance(domain, EcDomain):
            raise ValueError
        data = (pow(self.chip_key, -1, domain.n) * run.own_mapping[0] % domain.n).to_bytes(domain.size, "big")
        key = run.offer.suite.key(run.secret, 1)
        start = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(b"\xff" * 16)
        padded = data + b"\x80" + bytes(-(len(data) + 1) % 16)
        return Cipher(algorithms.AES(key), modes.CBC(start)).encryptor().update(padded)

    def _private(self, run: _Run) -> int:
        domain = _domain(run)
        order = domain.n if isinstance(domain, EcDomain) else domain.q
        return int.from_bytes(self.random_bytes(domain.size + 8), "big") % (order - 1) + 1


def _hashed(text: bytes) -> bytes:
    return hashlib.sha1(text, usedforsecurity=False).digest()


def _objects(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while data:
        tag, value, _, data = cut_object(data)
        found[tag] = value
    return found


def _domain(run: _Run) -> EcDomain | ModpDomain:
    number = run.offer.parameter
    return CURVES[number] if number in CURVES else MODP[number]


def _base(run: _Run) -> Point | int:
    domain = _domain(run)
    return domain.base if isinstance(domain, EcDomain) else domain.g


def _public(run: _Run, private: int, base: Point | int) -> bytes:
    domain = _domain(run)
    if isinstance(domain, EcDomain) and isinstance(base, tuple):
        point = domain.times(private, base)
        if point is None:
            raise ValueError
        return domain.write(point)
    if isinstance(domain, ModpDomain) and isinstance(base, int):
        return pow(base, private, domain.p).to_bytes(domain.size, "big")
    raise ValueError


def _power(run: _Run, private: int, public: bytes) -> bytes:
    """The agreed element, whole (a point uncompressed). ValueError for a public key that is none."""
    domain = _domain(run)
    if isinstance(domain, EcDomain):
        return _public(run, private, domain.read(public))
    element = int.from_bytes(public, "big")
    if not 1 < element < domain.p - 1 or pow(element, domain.q, domain.p) != 1:
        raise ValueError
    return _public(run, private, element)


def _token_of(run: _Run, public: bytes) -> bytes:
    tag = 0x86 if run.offer.ec else 0x84
    return wrap_object(0x7F49, wrap_object(0x06, run.offer.oid) + wrap_object(tag, public))
