"""Chip Authentication version 1: only the true chip can agree on new keys with the static key of DG14.

ICAO Doc 9303-11, 6.2; BSI TR-03110-1, 3.4. The proof is complete when the chip has answered under the new keys.
"""

from typing import Final

from kiosk.chip import tlv
from kiosk.chip.agreement import agreement_over
from kiosk.chip.commands import OK, SHORT_LE, Command, select_file
from kiosk.chip.errors import BadAnswer, SessionEnded
from kiosk.chip.files import FILE_IDS, CardFile
from kiosk.chip.messaging import SecureMessaging
from kiosk.chip.opening import ChipSession
from kiosk.chip.pace import MappingProof
from kiosk.chip.proof import Proof, no, not_checkable, yes
from kiosk.chip.public_keys import EcKey
from kiosk.chip.security_infos import ChipAuthenticationInfo, ChipPublicKey, SecurityInfos
from kiosk.chip.suites import Suite

_SHORT_DOMAIN: Final = 200
_WAYS: Final = 4
_CA_OIDS: Final = {True: bytes.fromhex("04007F00070202030201"), False: bytes.fromhex("04007F00070202030101")}


class ChipAgreement:
    """A Chip Authentication that was carried out; outcome() tells what the answers since then have shown."""

    def __init__(self, session: ChipSession, messaging: SecureMessaging, method: str) -> None:
        """Hold the new protection and the session it belongs to."""
        self._session = session
        self._messaging = messaging
        self._method = method

    def outcome(self) -> Proof:
        """Judge by what has been answered; with no answer yet, ask for one. Raises CardLost."""
        if self._messaging.answers == 0 and self._messaging.alive:
            try:
                self._session.send(select_file(FILE_IDS[CardFile.DG1]))
            except BadAnswer:
                return self._failed()
            except SessionEnded as error:
                if self._messaging.alive:
                    return not_checkable(f"Chip Authentication did not come about: {error}", self._method)
                return self._failed()
        return (
            self._failed()
            if self._messaging.answers == 0
            else yes(self._method, "the chip agreed on new keys with the key of DG14", key_file="DG14")
        )

    def _failed(self) -> Proof:
        return no(
            self._method, "the chip does not hold the private key that belongs to DG14: it is a copy", key_file="DG14"
        )


def agree_with_chip(session: ChipSession, infos: SecurityInfos) -> ChipAgreement | Proof:
    """Carry out Chip Authentication with the best key of DG14 that works; afterwards the session runs under new keys.

    Gives a Proof at once where it cannot be carried out. Raises CardLost.
    """
    outcome = not_checkable("DG14 names no key for Chip Authentication that is known")
    for info, static in _ways(infos)[:_WAYS]:
        found = _agree(session, info, static)
        if isinstance(found, ChipAgreement) or not session.messaging.alive:
            return found
        outcome = found
    return outcome


def _agree(session: ChipSession, info: ChipAuthenticationInfo, static: ChipPublicKey) -> ChipAgreement | Proof:
    method = f"{'ECDH' if info.ec else 'DH'}-{info.suite.label}"
    domain = static.key.curve if isinstance(static.key, EcKey) else static.key.group
    if session.memory.reader_extended is False and domain.size > _SHORT_DOMAIN:
        return not_checkable("the key of Chip Authentication is too long for the reader", method)
    agreement = agreement_over(domain)
    try:
        pair = agreement.key_pair(session.random_bytes)
        secret = agreement.secret(pair, _public(static))
        status = _send_key(session, info, static, pair.public)
    except (BadAnswer, SessionEnded) as error:
        return not_checkable(f"Chip Authentication did not come about: {error}", method)
    if status != OK:
        return not_checkable(f"the card refused Chip Authentication (status {status:04X})", method)
    messaging = SecureMessaging.of_secret(info.suite, secret)
    session.replace_messaging(messaging)
    return ChipAgreement(session, messaging, method)


def judge_mapping(proof: MappingProof, infos: SecurityInfos, *, source: str) -> Proof:
    """Judge what Chip Authentication Mapping left by the static keys of EF.CardSecurity or DG14 (`source`)."""
    method = "PACE-CAM"
    keys = [key.key for key in infos.chip_keys if isinstance(key.key, EcKey)]
    points = [key.point for key in keys if key.curve == proof.curve]
    if not points:
        return not_checkable(f"{source} names no key that belongs to PACE's curve", method)
    if any(proof.fits(point) for point in points):
        return yes(method, f"the chip proved in PACE that it holds the key of {source}", key_file=source)
    return no(method, f"the chip does not hold the private key that belongs to {source}: it is a copy", key_file=source)


def _ways(infos: SecurityInfos) -> list[tuple[ChipAuthenticationInfo, ChipPublicKey]]:
    """Every pair of protocol and key that belong together, AES and curves first. A key that is alone needs no number.

    A card that lists a key and no protocol means 3DES: the first generation of cards left it out.
    """
    pairs = [
        (info, key)
        for info in infos.chip_authentication
        for key in infos.chip_keys
        if info.ec == isinstance(key.key, EcKey) and (info.key_id == key.key_id or len(infos.chip_keys) == 1)
    ]
    if not infos.chip_authentication:
        for key in infos.chip_keys:
            ec = isinstance(key.key, EcKey)
            pairs.append((ChipAuthenticationInfo(_CA_OIDS[ec], ec, Suite.TRIPLE_DES, 1, key.key_id), key))
    return sorted(pairs, key=lambda pair: (-pair[0].suite.value, not pair[0].ec))


def _public(static: ChipPublicKey) -> bytes:
    key = static.key
    if isinstance(key, EcKey):
        return key.curve.encoded(key.point)
    return key.element.to_bytes(key.group.size, "big")


def _send_key(session: ChipSession, info: ChipAuthenticationInfo, static: ChipPublicKey, public: bytes) -> int:
    """Send the ephemeral key: in MSE:Set KAT with 3DES, in GENERAL AUTHENTICATE with AES (6.2.4).

    A card that refuses the one is offered the other: some know one command alone, whatever the cipher.
    """
    number = static.key_id
    reference = b"" if number is None else tlv.encode(0x84, number.to_bytes((number.bit_length() + 7) // 8 or 1, "big"))
    first, second = _by_general_authenticate, _by_key_agreement_template
    if info.suite is Suite.TRIPLE_DES:
        first, second = second, first
    status = first(session, info, public, reference)
    return status if status == OK else second(session, info, public, reference)


def _by_key_agreement_template(
    session: ChipSession, _info: ChipAuthenticationInfo, public: bytes, reference: bytes
) -> int:
    _, status = session.send(Command(0x00, 0x22, 0x41, 0xA6, tlv.encode(0x91, public) + reference))
    return status


def _by_general_authenticate(
    session: ChipSession, info: ChipAuthenticationInfo, public: bytes, reference: bytes
) -> int:
    _, status = session.send(Command(0x00, 0x22, 0x41, 0xA4, tlv.encode(0x80, info.oid) + reference))
    if status != OK:
        return status
    _, status = session.send(Command(0x00, 0x86, 0x00, 0x00, tlv.encode(0x7C, tlv.encode(0x80, public)), SHORT_LE))
    return status
