"""Two independent ends of secure messaging: the kiosk's and the soft card's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card import soft_crypto
from drivers.card.soft_crypto import CardSession, KeyPair
from kiosk.chip import cipher
from kiosk.chip.commands import Command
from kiosk.chip.errors import BadAnswer, SessionEnded
from kiosk.chip.messaging import SecureMessaging

SEEDS = st.binary(min_size=16, max_size=16)
COUNTERS = st.integers(0, 2**64 - 1)


def ends(seed: bytes, counter: int) -> tuple[SecureMessaging, CardSession]:
    reader = SecureMessaging(
        key_enc=cipher.derive_key(seed, cipher.ENCRYPTION),
        key_mac=cipher.derive_key(seed, cipher.AUTHENTICATION),
        counter=counter,
    )
    return reader, CardSession(KeyPair.from_seed(seed), counter.to_bytes(8, "big"))


@given(
    SEEDS,
    COUNTERS,
    st.lists(
        st.tuples(
            st.sampled_from([0xA4, 0xB0, 0xB1]),
            st.binary(max_size=200),
            st.none() | st.integers(1, 256),
            st.binary(max_size=230),
        ),
        max_size=5,
    ),
)
def test_every_command_and_answer_arrives_as_it_was_sent(
    seed: bytes, counter: int, talk: list[tuple[int, bytes, int | None, bytes]]
) -> None:
    reader, card = ends(seed, counter)
    for ins, data, le, answer in talk:

        def transmit(apdu: bytes, expected: tuple[bytes, int | None, bytes] = (data, le, answer)) -> bytes:
            assert apdu[0] == 0x0C
            assert apdu[-1] == 0
            assert card.unwrap(apdu[:4], apdu[5:-1]) == expected[:2]
            return card.wrap(expected[2], b"\x90\x00", odd=bool(apdu[1] & 1))

        assert reader.send(transmit, Command(0x00, ins, 0x02, 0x0C, data, le)) == (answer, 0x9000)


@given(SEEDS, st.binary(min_size=8, max_size=300))
def test_both_ends_compute_the_same_codes(seed: bytes, data: bytes) -> None:
    keys = KeyPair.from_seed(seed)
    assert cipher.mac(cipher.derive_key(seed, cipher.AUTHENTICATION), cipher.pad(data)) == soft_crypto.retail_mac(
        keys.mac, data
    )
    whole = data[: len(data) // 8 * 8]
    assert cipher.decrypt(cipher.derive_key(seed, 1), soft_crypto.encipher(keys.enc, whole)) == whole


@given(st.binary(max_size=64))
def test_padding_comes_off_again(data: bytes) -> None:
    assert cipher.unpad(cipher.pad(data)) == data


@pytest.mark.parametrize("broken", [b"", bytes(8), b"\x01" * 8, b"\x80" + bytes(8)])
def test_missing_or_overlong_padding_is_refused(broken: bytes) -> None:
    with pytest.raises(BadAnswer):
        cipher.unpad(broken)


def answered(make: str) -> None:
    seed = bytes(range(16))
    reader, card = ends(seed, 7)

    def transmit(apdu: bytes) -> bytes:
        card.unwrap(apdu[:4], apdu[5:-1])
        good = card.wrap(b"abc", b"\x90\x00", odd=False)
        data, status, mac = good[:11], good[11:15], good[15:25]
        return {
            "naked": b"\x69\x88",
            "no status": data + mac + b"\x90\x00",
            "no code": data + status + b"\x90\x00",
            "wrong order": status + data + mac + b"\x90\x00",
            "twice": data + data + status + mac + b"\x90\x00",
            "other status": good[:-2] + b"\x62\x82",
            "replayed": good,
            "nothing": b"",
        }[make]

    command = Command(0x00, 0xB0, 0, 0, le=3)
    if make == "replayed":
        first = transmit
        kept: list[bytes] = []

        def replay(apdu: bytes) -> bytes:
            kept.append(first(apdu) if not kept else kept[0])
            return kept[0]

        assert reader.send(replay, command) == (b"abc", 0x9000)
        reader.send(replay, command)
    try:
        reader.send(transmit, command)
    finally:
        with pytest.raises(SessionEnded):
            reader.send(transmit, command)


@pytest.mark.parametrize(
    "make", ["no status", "no code", "wrong order", "twice", "other status", "replayed", "nothing"]
)
def test_an_answer_out_of_order_is_refused_and_ends_the_session(make: str) -> None:
    with pytest.raises(BadAnswer):
        answered(make)


def test_an_unprotected_answer_ends_the_session() -> None:
    with pytest.raises(SessionEnded):
        answered("naked")
