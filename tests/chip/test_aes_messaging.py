"""Two independent ends of AES secure messaging, and of 3DES beside it; and commands of extended length."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card.soft_apdu import parse_command
from drivers.card.soft_secure_messaging import Suite as SoftSuite
from drivers.card.soft_secure_messaging import open_channel
from kiosk.chip.commands import Command, chained, exchange
from kiosk.chip.errors import BadAnswer, SessionEnded
from kiosk.chip.memory import ReaderMemory, atr_extended
from kiosk.chip.messaging import SecureMessaging
from kiosk.chip.suites import Suite

SECRETS = st.binary(min_size=20, max_size=66)
TALK = st.lists(
    st.tuples(
        st.sampled_from([0xA4, 0xB0, 0xB1]),
        st.binary(max_size=400),
        st.none() | st.integers(1, 65536),
        st.binary(max_size=500),
    ),
    max_size=5,
)


@pytest.mark.parametrize("suite", list(Suite))
@given(SECRETS, TALK)
def test_every_command_and_answer_arrives_as_it_was_sent(
    suite: Suite, secret: bytes, talk: list[tuple[int, bytes, int | None, bytes]]
) -> None:
    reader, card = SecureMessaging.of_secret(suite, secret), open_channel(SoftSuite[suite.name], secret)
    for ins, data, le, answer in talk:

        def transmit(apdu: bytes, sent: tuple[bytes, int | None, bytes] = (data, le, answer)) -> bytes:
            parsed = parse_command(apdu)
            assert parsed is not None
            header, body, outer = parsed
            wide = len(apdu) > 5 and apdu[4] == 0
            assert outer == (65536 if wide else 256)
            assert wide == (len(body) > 255 or (sent[1] or 0) > 256)
            assert card.unwrap(header, body) == sent[:2]
            return card.wrap(sent[2], b"\x90\x00", odd=bool(apdu[1] & 1))

        assert reader.send(transmit, Command(0x00, ins, 0x02, 0x0C, data, le)) == (answer, 0x9000)
    assert reader.answers == len(talk)


@pytest.mark.parametrize("suite", [Suite.AES_128, Suite.AES_256])
@given(st.integers(0, 10_000))
def test_an_altered_bit_is_noticed_whichever_it_is(suite: Suite, bit: int) -> None:
    reader, card = SecureMessaging.of_secret(suite, b"s" * 32), open_channel(SoftSuite[suite.name], b"s" * 32)

    def transmit(apdu: bytes) -> bytes:
        card.unwrap(apdu[:4], apdu[5:-1])
        good = card.wrap(b"abcdefgh" * 3, b"\x90\x00", odd=False)
        return (int.from_bytes(good, "big") ^ 1 << bit % (8 * len(good))).to_bytes(len(good), "big")

    with pytest.raises(BadAnswer):
        reader.send(transmit, Command(0x00, 0xB0, 0, 0, le=24))
    assert not reader.alive
    with pytest.raises(SessionEnded):
        reader.send(transmit, Command(0x00, 0xB0, 0, 0, le=24))


@pytest.mark.parametrize("odd", [True, False])
@pytest.mark.parametrize("ins", [0xB0, 0xB1])
def test_either_object_for_encrypted_data_is_understood(odd: bool, ins: int) -> None:
    reader, card = SecureMessaging.of_secret(Suite.AES_128, b"secret"), open_channel(SoftSuite.AES_128, b"secret")

    def transmit(apdu: bytes) -> bytes:
        card.unwrap(apdu[:4], apdu[5:-1])
        return card.wrap(b"abc", b"\x90\x00", odd=odd)

    assert reader.send(transmit, Command(0x00, ins, 0, 0, b"T", 3)) == (b"abc", 0x9000)


def test_one_bare_refusal_leaves_the_session_alive_and_a_second_ends_it() -> None:
    reader, card = SecureMessaging.of_secret(Suite.AES_128, b"secret"), open_channel(SoftSuite.AES_128, b"secret")
    command = Command(0x00, 0xB0, 0, 0, le=3)

    def answered(apdu: bytes) -> bytes:
        card.unwrap(apdu[:4], apdu[5:-1])
        return card.wrap(b"abc", b"\x90\x00", odd=False)

    def bare(apdu: bytes) -> bytes:
        answered(apdu)
        return b"\x6a\x82"

    for _ in range(3):
        with pytest.raises(SessionEnded):
            reader.send(bare, command)
        assert reader.alive
        assert reader.send(answered, command) == (b"abc", 0x9000)
    for alive in (True, False):
        with pytest.raises(SessionEnded):
            reader.send(bare, command)
        assert reader.alive is alive


@pytest.mark.parametrize("status", ["6988", "6987", "6882", "9000"])
def test_a_bare_word_on_protection_itself_ends_the_session_at_once(status: str) -> None:
    reader = SecureMessaging.of_secret(Suite.AES_128, b"secret")
    with pytest.raises(SessionEnded):
        reader.send(lambda _: bytes.fromhex(status), Command(0x00, 0xB0, 0, 0, le=3))
    assert not reader.alive


def test_a_bare_status_word_is_kept_in_the_error() -> None:
    with pytest.raises(SessionEnded) as ended:
        SecureMessaging.of_secret(Suite.AES_128, b"secret").send(lambda _: b"\x6a\x82", Command(0, 0xB0, 0, 0, le=4))
    assert ended.value.status == 0x6A82


@given(st.binary(max_size=600), st.none() | st.integers(1, 65536))
def test_commands_are_written_short_where_they_fit(data: bytes, le: int | None) -> None:
    command = Command(0x00, 0x86, 0x01, 0x02, data, le)
    written = command.encoded()
    assert parse_command(written) == (command.header, data, le)
    assert command.extended == (len(data) > 255 or (le or 0) > 256)
    assert chained(command).encoded()[0] == 0x10


def answers(*given_: str) -> tuple[Callable[[bytes], bytes], list[bytes]]:
    queue, sent = iter(given_), []

    def transmit(apdu: bytes) -> bytes:
        sent.append(apdu)
        return bytes.fromhex(next(queue))

    return transmit, sent


def test_what_waits_is_fetched() -> None:
    transmit, sent = answers("AA6102", "BBCC6101", "DD9000")
    assert exchange(transmit, bytes.fromhex("00B0000000")) == (b"\xaa\xbb\xcc\xdd", 0x9000)
    assert sent[1:] == [bytes.fromhex("00C0000002"), bytes.fromhex("00C0000001")]


def test_a_length_that_the_card_corrects_is_asked_for_again_once() -> None:
    transmit, sent = answers("6C05", "01020304059000")
    assert exchange(transmit, bytes.fromhex("00B0000000")) == (b"\x01\x02\x03\x04\x05", 0x9000)
    assert sent[1] == bytes.fromhex("00B0000005")
    transmit, sent = answers("6C05", "6C05")
    assert exchange(transmit, bytes.fromhex("00B0000000")) == (b"", 0x6C05)


def test_an_answer_without_an_end_is_refused() -> None:
    with pytest.raises(BadAnswer, match="end"):
        exchange(lambda _: b"\x00\x61\x01", bytes.fromhex("00B0000000"))


@pytest.mark.parametrize(
    ("atr", "told"),
    [
        ("3B80800101", None),
        ("3B8580018073C0214056", True),
        ("3B858001807300210056", False),
        ("3B8A80010031C173C001C0009000", True),
        ("3B6800000073C84013009000", False),
        ("3B", None),
        ("", None),
        ("3BFF", None),
    ],
)
def test_the_atr_tells_of_extended_length_or_says_nothing(atr: str, told: bool | None) -> None:
    assert atr_extended(bytes.fromhex(atr)) is told


@given(st.binary(max_size=40))
def test_an_atr_of_garbage_is_no_accident(garbage: bytes) -> None:
    atr_extended(garbage)


def test_the_memory_never_grows_again() -> None:
    memory = ReaderMemory(reader_extended=True)
    memory.allow_extended(100)
    assert memory.extended == 0
    memory.allow_extended(5000)
    assert memory.extended == 0
    chunks = [memory.chunk]
    while memory.fall():
        chunks.append(memory.chunk)
    assert chunks == [223, 160, 112, 64, 32]
    assert memory.chunk == 32
    deaf = ReaderMemory()
    deaf.allow_extended(5000)
    assert deaf.extended == 0
