"""Opening the chip: Basic Access Control, the reader's end (ICAO Doc 9303-11, 4.3)."""

from collections.abc import Callable

from kiosk.chip import cipher
from kiosk.chip.commands import OK, SHORT_LE, Command, Transmit, exchange
from kiosk.chip.errors import BadAnswer, Refused, UnknownAccess
from kiosk.chip.keys import MrzKey
from kiosk.chip.messaging import SecureMessaging

_CHALLENGE = 8
_KEY = 16
_ANSWER = 40
_WRONG_LENGTH = (0x67, 0x6C)
_UNKNOWN_COMMAND = (*_WRONG_LENGTH, 0x68, 0x6D, 0x6E)


def open_with_bac(
    transmit: Transmit, key: MrzKey, *, random_bytes: Callable[[int], bytes], le: int = _ANSWER
) -> SecureMessaging:
    """Prove knowledge of the MRZ and agree on session keys; `le` is how much answer the proof asks for.

    Raises UnknownAccess when the card does not know this way in, Refused when it does not accept the key, BadAnswer
    when it proves nothing itself, CardLost when it is gone.
    """
    seed = cipher.seed_of_mrz(key.information)
    key_enc, key_mac = (cipher.derive_key(seed, purpose) for purpose in (cipher.ENCRYPTION, cipher.AUTHENTICATION))
    challenge, status = exchange(transmit, Command(0x00, 0x84, 0x00, 0x00, le=_CHALLENGE).encoded())
    if status != OK:
        raise UnknownAccess(f"the card does not open by Basic Access Control (status {status:04X})")
    if len(challenge) != _CHALLENGE:
        raise BadAnswer("the card gave a challenge of a wrong length")
    ours, our_part = random_bytes(_CHALLENGE), random_bytes(_KEY)
    secret = cipher.encrypt(key_enc, ours + challenge + our_part)
    proof = secret + cipher.mac(key_mac, cipher.pad(secret))
    answer, status = exchange(transmit, Command(0x00, 0x82, 0x00, 0x00, proof, le).encoded())
    if status >> 8 in _WRONG_LENGTH and le != SHORT_LE:
        return open_with_bac(transmit, key, random_bytes=random_bytes, le=SHORT_LE)
    if status >> 8 in _UNKNOWN_COMMAND:
        raise UnknownAccess(f"the card does not open by Basic Access Control (status {status:04X})")
    if status != OK:
        raise Refused("the key", status)
    if len(answer) != _ANSWER or not cipher.same(answer[32:], cipher.mac(key_mac, cipher.pad(answer[:32]))):
        raise BadAnswer("the card did not prove that it knows its own key")
    plain = cipher.decrypt(key_enc, answer[:32])
    if plain[:8] != challenge or plain[8:16] != ours:
        raise BadAnswer("the card answered to another challenge than ours")
    shared = bytes(a ^ b for a, b in zip(our_part, plain[16:], strict=True))
    return SecureMessaging(
        key_enc=cipher.derive_key(shared, cipher.ENCRYPTION),
        key_mac=cipher.derive_key(shared, cipher.AUTHENTICATION),
        counter=int.from_bytes(challenge[4:] + ours[4:], "big"),
    )
