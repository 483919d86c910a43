"""The card has to prove itself, too: a false one in the middle is found out."""

import os
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card.soft_crypto import KeyPair, decipher, encipher, retail_mac
from kiosk.chip.access import open_with_bac
from kiosk.chip.errors import BadAnswer, CardLost
from kiosk.chip.keys import MrzKey

KEY = MrzKey("150000012", "500701", "991231")
KEYS = KeyPair.from_key_text(KEY.information)
CHALLENGE = b"icicicic"


def card(spoil: Callable[[bytes, bytes], bytes]) -> Callable[[bytes], bytes]:
    """A card that knows the key; `spoil` gets its own and the terminal's nonce and gives the nonces it echoes."""

    def transmit(apdu: bytes) -> bytes:
        if apdu[1] == 0x84:
            return CHALLENGE + b"\x90\x00"
        theirs = decipher(KEYS.enc, apdu[5:37])[:8]
        secret = encipher(KEYS.enc, spoil(CHALLENGE, theirs) + bytes(16))
        return secret + retail_mac(KEYS.mac, secret) + b"\x90\x00"

    return transmit


def test_a_card_that_echoes_both_nonces_is_trusted() -> None:
    open_with_bac(card(lambda own, theirs: own + theirs), KEY, random_bytes=os.urandom)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda own, theirs: theirs + own,
        lambda own, _: own + bytes(8),
        lambda _, theirs: b"otherone" + theirs,
    ],
)
def test_a_card_that_echoes_other_nonces_is_refused(spoil: Callable[[bytes, bytes], bytes]) -> None:
    with pytest.raises(BadAnswer, match="another challenge"):
        open_with_bac(card(spoil), KEY, random_bytes=os.urandom)


@given(st.integers(0, 319))
def test_an_altered_proof_is_refused_whichever_bit_it_is(bit: int) -> None:
    good = card(lambda own, theirs: own + theirs)

    def transmit(apdu: bytes) -> bytes:
        answer = good(apdu)
        if apdu[1] == 0x84:
            return answer
        return (int.from_bytes(answer[:40], "big") ^ 1 << bit).to_bytes(40, "big") + answer[40:]

    with pytest.raises(BadAnswer, match="did not prove"):
        open_with_bac(transmit, KEY, random_bytes=os.urandom)


@pytest.mark.parametrize("length", [0, 7, 9])
def test_a_challenge_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(BadAnswer, match="challenge"):
        open_with_bac(lambda _: bytes(length) + b"\x90\x00", KEY, random_bytes=os.urandom)


@pytest.mark.parametrize("failure", [ConnectionError, TimeoutError, OSError])
def test_a_card_that_goes_meanwhile_is_lost(failure: type[OSError]) -> None:
    def transmit(_: bytes) -> bytes:
        raise failure

    with pytest.raises(CardLost):
        open_with_bac(transmit, KEY, random_bytes=os.urandom)
