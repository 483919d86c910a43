"""Over T=0 a card's answer is fetched piece by piece; the reader must not notice."""

from collections.abc import Callable
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from drivers.card.soft_files import Holder
from drivers.card.soft_passport import SoftPassport, holder_files
from drivers.card.t0 import transmit_t0
from kiosk.chip.keys import MrzKey
from kiosk.chip.reading import read_chip

HOLDER = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", None)
JPEG = b"\xff\xd8\xff\xe0" + bytes(900) + b"\xff\xd9"


def contact_card(process: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """A T=0 face for a card: keeps answers back until GET RESPONSE, corrects wrong lengths by 6Cxx."""
    waiting, status = b"", b""

    def send(command: bytes) -> bytes:
        nonlocal waiting, status
        assert len(command) <= 5 or len(command) == 5 + command[4], "T=0 knows no length of answer behind data"
        if command[1] == 0xC0:
            size = command[4] or 256
            part, waiting = waiting[:size], waiting[size:]
            return part + (bytes([0x61, len(waiting) % 256]) if waiting else status)
        if len(command) > 5:
            answer = process(command + b"\x00")
            waiting, status = answer[:-2], answer[-2:]
            return bytes([0x61, min(len(waiting), 100)]) if waiting else status
        answer = process(command)
        if len(command) == 5 and 2 < len(answer) < (command[4] or 256) + 2:
            return bytes([0x6C, len(answer) - 2])
        return answer

    return send


def test_a_chip_card_in_a_contact_reader_is_read_whole() -> None:
    passport = SoftPassport(HOLDER.key_text, holder_files(HOLDER, JPEG, width_px=1, height_px=1))
    send = contact_card(passport.process)
    read = read_chip(lambda apdu: transmit_t0(send, apdu), [MrzKey("150000012", "500701", "991231")])
    assert read.portrait is not None
    assert read.portrait.data == JPEG


@given(st.binary(min_size=1, max_size=255), st.binary(max_size=255))
def test_data_and_answer_pass_whole(data: bytes, answer: bytes) -> None:
    sent: list[bytes] = []

    def process(apdu: bytes) -> bytes:
        sent.append(apdu)
        return answer + b"\x90\x00"

    command = b"\x0c\xb0\x00\x00" + bytes([len(data)]) + data + b"\x00"
    assert transmit_t0(contact_card(process), command) == answer + b"\x90\x00"
    assert sent == [command]


def test_a_card_that_never_ends_is_given_up() -> None:
    assert transmit_t0(lambda _: b"\x61\x10", b"\x00\xb0\x00\x00\x10") == b"\x6f\x00"


def test_half_an_answer_is_handed_up() -> None:
    assert transmit_t0(lambda _: b"", b"\x00\xb0\x00\x00\x10") == b""
