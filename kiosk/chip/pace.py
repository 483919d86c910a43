"""PACE, the reader's end (ICAO Doc 9303-11, 4.4; BSI TR-03110-3): every mapping over ECDH and DH.

A wrong key is told by the card's answer to our token alone, and counted once; every other trouble is PaceFailed, after
which another way in may be tried.
"""

from dataclasses import dataclass, field
from typing import Final

from kiosk.chip import cipher, tlv
from kiosk.chip.agreement import Agreement, EcAgreement, KeyPair, RandomBytes, agreement_over
from kiosk.chip.commands import OK, Command, Transmit, chained, exchange
from kiosk.chip.curves import Curve, Point
from kiosk.chip.domain_parameters import ModpGroup
from kiosk.chip.errors import BadAnswer, PaceFailed, WrongKey
from kiosk.chip.keys import Key
from kiosk.chip.messaging import SecureMessaging
from kiosk.chip.security_infos import PaceInfo, PaceMapping, SecurityInfos
from kiosk.chip.suites import PASSWORD

_SHORT_DOMAIN: Final = 240
_NONCES: Final = (16, 24, 32)
_REFUSED_KEY: Final = (0x6982, 0x6983, 0x6984, 0x6985, 0x6988, 0x6A80)
"""What cards say to a token that does not fit, beside 63xx: behind three good steps it is the key that is wrong."""
_NO_REFERENCE: Final = (0x6A80, 0x6A86, 0x6A88)


@dataclass(frozen=True, slots=True)
class MappingProof:
    """What Chip Authentication Mapping leaves to be checked against the card's static key (4.4.3.5.2)."""

    curve: Curve
    mapping_key: Point = field(repr=False)
    chip_data: int = field(repr=False)

    def fits(self, static_key: Point) -> bool:
        """Whether the chip holds the private key that belongs to `static_key`."""
        return self.curve.multiply(static_key, self.chip_data) == self.mapping_key


@dataclass(frozen=True, slots=True)
class PaceResult:
    """The session that PACE opened, and the proof of CAM where that was the mapping."""

    messaging: SecureMessaging
    mapping_proof: MappingProof | None


def usable_offers(infos: SecurityInfos) -> list[tuple[PaceInfo, Curve | ModpGroup]]:
    """The ways of PACE that can be gone, best first: CAM proves the chip, too; then curves before groups, AES first."""
    order = {PaceMapping.CHIP_AUTHENTICATION: 0, PaceMapping.GENERIC: 1, PaceMapping.INTEGRATED: 2}
    found = [(info, infos.domain_of(info)) for info in infos.pace]
    usable = [(info, domain) for info, domain in found if domain is not None and isinstance(domain, Curve) == info.ec]
    return sorted(usable, key=lambda pair: (order[pair[0].mapping], not pair[0].ec, not pair[0].suite.is_aes))


def open_with_pace(
    transmit: Transmit,
    key: Key,
    info: PaceInfo,
    domain: Curve | ModpGroup,
    *,
    infos: SecurityInfos,
    random_bytes: RandomBytes,
    extended: bool = True,
) -> PaceResult:
    """Go one way of PACE with one key; `extended` False is a reader that carries no long commands.

    Raises WrongKey when the card does not accept the key, PaceFailed for every other refusal or slip of the card,
    CardLost when it is gone.
    """
    if not extended and domain.size > _SHORT_DOMAIN:
        raise PaceFailed("this way of PACE has keys that are too long for the reader")
    run = _Run(transmit, key, info, domain, random_bytes)
    try:
        run.choose(ambiguous=sum(other.oid == info.oid for other in infos.pace) > 1)
        nonce = run.nonce()
        run.map(nonce)
        run.agree()
        return run.prove()
    except BadAnswer as error:
        raise PaceFailed(str(error)) from error


class _Run:
    """The moving parts of one open_with_pace()."""

    def __init__(
        self, transmit: Transmit, key: Key, info: PaceInfo, domain: Curve | ModpGroup, random_bytes: RandomBytes
    ) -> None:
        self._transmit = transmit
        self._key = key
        self._info = info
        self._suite = info.suite
        self._random_bytes = random_bytes
        self._agreement: Agreement = agreement_over(domain)
        self._mapping_key = b""
        self._ours: KeyPair | None = None
        self._theirs = b""
        self._secret = b""
        self._tries_left: int | None = None

    def choose(self, *, ambiguous: bool) -> None:
        """MSE:Set AT. The parameter's number is sent where it is needed, and where the card asks for it."""
        data = tlv.encode(0x80, self._info.oid) + tlv.encode(0x83, bytes([self._key.pace_reference]))
        number = self._info.parameter_id
        with_number = data if number is None else data + tlv.encode(0x84, number.to_bytes(max(1, _size(number)), "big"))
        status = self._set_environment(with_number if ambiguous else data)
        if status in _NO_REFERENCE and not ambiguous and number is not None:
            status = self._set_environment(with_number)
        if status & 0xFFF0 == 0x63C0:  # a hint at how many tries are left, and no refusal
            self._tries_left = status & 0xF
        elif status != OK:
            raise PaceFailed(f"the card refused to begin PACE (status {status:04X})")

    def nonce(self) -> bytes:
        """Fetch and decrypt the card's nonce."""
        hidden = self._step(b"", last=False).get(0x80, b"")
        if len(hidden) not in _NONCES:
            raise BadAnswer("the card's nonce has a length that PACE does not know")
        return self._suite.decrypt(self._suite.derive(self._key.pace_secret, PASSWORD), hidden)

    def map(self, nonce: bytes) -> None:
        """Make the base point of this conversation."""
        if self._info.mapping is PaceMapping.INTEGRATED:
            ours = self._random_bytes(self._suite.key_length)
            self._step(tlv.encode(0x81, ours), last=False)
            self._agreement = self._agreement.mapped_integrated(self._suite, nonce, ours)
            return
        pair = self._agreement.key_pair(self._random_bytes)
        self._mapping_key = self._step(tlv.encode(0x81, pair.public), last=False).get(0x82, b"")
        self._agreement = self._agreement.mapped_generic(nonce, pair, self._mapping_key)

    def agree(self) -> None:
        """Agree on a secret over the mapped base point."""
        self._ours = self._agreement.key_pair(self._random_bytes)
        self._theirs = self._step(tlv.encode(0x83, self._ours.public), last=False).get(0x84, b"")
        self._secret = self._agreement.secret(self._ours, self._theirs)

    def prove(self) -> PaceResult:
        """Exchange the tokens: both ends show that they hold the same secret."""
        ours = b"" if self._ours is None else self._ours.public
        answer = self._step(tlv.encode(0x85, self._token(self._theirs)), last=True)
        if not cipher.same(answer.get(0x86, b""), self._token(ours)):
            raise BadAnswer("the card did not prove that it knows its own key")
        proof = None
        if self._info.mapping is PaceMapping.CHIP_AUTHENTICATION:
            proof = self._mapping_proof(answer.get(0x8A, b""))
        return PaceResult(SecureMessaging.of_secret(self._suite, self._secret), proof)

    def _mapping_proof(self, hidden: bytes) -> MappingProof:
        agreement = self._agreement
        if not isinstance(agreement, EcAgreement) or not hidden:
            raise BadAnswer("the card left out the proof that its mapping promises")
        key = self._suite.derive(self._secret, cipher.ENCRYPTION)
        iv = self._suite.message_iv(key, b"\xff" * self._suite.block)
        plain = self._suite.unpad(self._suite.decrypt(key, hidden, iv=iv))
        curve = agreement.curve
        mapping_key = curve.decoded(self._mapping_key, what="the card's ephemeral key")
        return MappingProof(curve, mapping_key, int.from_bytes(plain, "big") % curve.n)

    def _token(self, public: bytes) -> bytes:
        data = tlv.encode(0x06, self._info.oid) + tlv.encode(self._agreement.public_tag, public)
        key = self._suite.derive(self._secret, cipher.AUTHENTICATION)
        return self._suite.mac(key, tlv.encode(0x7F49, data))

    def _set_environment(self, data: bytes) -> int:
        _, status = exchange(self._transmit, Command(0x00, 0x22, 0xC1, 0xA4, data).encoded())
        return status

    def _step(self, data: bytes, *, last: bool) -> dict[int, bytes]:
        """One GENERAL AUTHENTICATE; gives the objects inside 7C, none for an empty answer."""
        command = Command(0x00, 0x86, 0x00, 0x00, tlv.encode(0x7C, data), 256)
        if command.extended:
            command = Command(0x00, 0x86, 0x00, 0x00, command.data, 65536)
        answer, status = exchange(self._transmit, (command if last else chained(command)).encoded())
        if last and (status >> 8 == 0x63 or status in _REFUSED_KEY):
            left = status & 0xF if status & 0xFFF0 == 0x63C0 else self._tries_left
            raise WrongKey("the card does not accept this key: compare it with what the card shows", tries_left=left)
        if status != OK:
            raise PaceFailed(f"the card broke PACE off (status {status:04X})")
        if not answer:
            return {}
        return dict(tlv.walk(tlv.only(answer, 0x7C, what="the card's answer in PACE")))


def _size(number: int) -> int:
    return (number.bit_length() + 7) // 8
