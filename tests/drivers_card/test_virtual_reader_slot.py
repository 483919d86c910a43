"""The wire between vpcd and a soft card, spoken by a listener of our own: no pcscd needed."""

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.card.simulated import Situation, VirtualReaderSlot
from drivers.errors import DeviceMissing


class Echo:
    """A soft card that answers every command with the command and 9000."""

    def __init__(self) -> None:
        self.resets = 0

    @property
    def atr(self) -> bytes:
        return bytes.fromhex("3B80800101")

    def process(self, apdu: bytes) -> bytes:
        return apdu + b"\x90\x00"

    def reset(self) -> None:
        self.resets += 1


class Listener:
    """The reader's side: accepts a card and talks to it."""

    def __init__(self) -> None:
        self.server = socket.create_server(("127.0.0.1", 0))
        self.server.settimeout(5.0)
        self.port = self.server.getsockname()[1]
        self.card: socket.socket | None = None

    def accept(self) -> None:
        self.card, _ = self.server.accept()
        self.card.settimeout(5.0)

    def send(self, message: bytes) -> None:
        assert self.card is not None
        self.card.sendall(len(message).to_bytes(2, "big") + message)

    def ask(self, message: bytes) -> bytes | None:
        self.send(message)
        return self.answer()

    def answer(self) -> bytes | None:
        assert self.card is not None
        with self.card.makefile("rb") as stream:
            head = stream.read(2)
            return stream.read(int.from_bytes(head, "big")) if head else None


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    if listener.card is not None:
        listener.card.close()
    listener.server.close()


@pytest.fixture
def slot(listener: Listener) -> Iterator[VirtualReaderSlot]:
    with VirtualReaderSlot(port=listener.port) as slot:
        yield slot


def test_a_card_answers_for_its_atr_and_for_commands(listener: Listener, slot: VirtualReaderSlot) -> None:
    card = Echo()
    slot.insert(card)
    listener.accept()
    assert listener.ask(b"\x04") == bytes.fromhex("3B80800101")
    before = card.resets
    listener.send(b"\x01")
    listener.send(b"\x02")
    assert listener.ask(b"\x00\xa4\x00\x00") == b"\x00\xa4\x00\x00\x90\x00"
    assert card.resets == before + 2
    assert slot.inserted


def test_a_lifted_card_hangs_up(listener: Listener, slot: VirtualReaderSlot) -> None:
    slot.insert(Echo())
    listener.accept()
    slot.remove()
    slot.remove()
    assert not slot.inserted
    assert listener.ask(b"\x04") is None


def test_a_card_pulled_early_answers_so_many_commands_and_goes(listener: Listener, slot: VirtualReaderSlot) -> None:
    slot.insert(Echo(), situation=Situation.CARD_PULLED_EARLY, breaks_after=2)
    listener.accept()
    answers = [listener.ask(b"\x00\xb0\x00\x00") for _ in range(3)]
    assert [answer is None for answer in answers] == [False, False, True]


def test_an_unreadable_card_answers_nothing_of_use(listener: Listener, slot: VirtualReaderSlot) -> None:
    slot.insert(Echo(), situation=Situation.UNREADABLE)
    listener.accept()
    assert listener.ask(b"\x00\xa4\x04\x0c\x00") == b"\x6f\x00"


def test_a_garbled_card_spoils_protected_answers_alone(listener: Listener, slot: VirtualReaderSlot) -> None:
    slot.insert(Echo(), situation=Situation.GARBLED)
    listener.accept()
    assert listener.ask(b"\x00\x84\x00\x00\x08") == b"\x00\x84\x00\x00\x08\x90\x00"
    assert listener.ask(b"\x0c\xb0\x00\x00") == b"\x0d\xb0\x00\x00\x90\x00"


def test_a_slow_card_answers_right(listener: Listener, slot: VirtualReaderSlot) -> None:
    slot.insert(Echo(), situation=Situation.SLOW)
    listener.accept()
    assert listener.ask(b"\x00\xb0\x00\x00") == b"\x00\xb0\x00\x00\x90\x00"


def test_lifting_a_card_that_thinks_for_long_does_not_wait_for_it(listener: Listener) -> None:
    with VirtualReaderSlot(port=listener.port, apdu_delay_s=3600.0) as slot:
        slot.insert(Echo())
        listener.accept()
        listener.send(b"\x00\xb0\x00\x00")
        slot.remove()
        assert not slot.inserted


def test_no_virtual_reader_is_missing_with_what_to_do(listener: Listener) -> None:
    listener.server.close()
    with pytest.raises(DeviceMissing, match="vsmartcard-vpcd"):
        VirtualReaderSlot(port=listener.port).insert(Echo(), timeout_s=0.1)


@given(st.lists(st.binary(min_size=2, max_size=500), min_size=1, max_size=5))
@settings(max_examples=10, deadline=None)
def test_messages_arrive_whole_however_they_are_cut(messages: list[bytes]) -> None:
    listener = Listener()
    with listener.server, VirtualReaderSlot(port=listener.port) as slot:
        slot.insert(Echo())
        listener.accept()
        assert listener.card is not None
        with listener.card:
            listener.card.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for message in messages:
                whole = len(message).to_bytes(2, "big") + message
                for part in (whole[:1], whole[1:3], whole[3:]):
                    listener.card.sendall(part)
                assert listener.answer() == message + b"\x90\x00"
