"""Commands over the T=0 protocol of contact cards (ISO/IEC 7816-3): the answer is fetched, not sent.

Over T=1 and contactless, readers take a whole command. Over T=0 a command with data has no length of answer; the card
says 61xx (so much waits) or 6Cxx (ask again for so much), and the terminal fetches.
"""

from collections.abc import Callable
from typing import Final

_WAITS: Final = 0x61
_ASK_FOR: Final = 0x6C
_ROUNDS: Final = 300


def transmit_t0(send: Callable[[bytes], bytes], apdu: bytes) -> bytes:
    """Send one short APDU by `send`, which carries single T=0 commands; give data and final status word.

    An answer without a status word is handed up as it came: what it means is the caller's to say.
    """
    command = apdu[:-1] if _has_data_and_length(apdu) else apdu
    collected = b""
    for _ in range(_ROUNDS):
        answer = send(command)
        if len(answer) < 2:
            return answer
        data, first, second = answer[:-2], answer[-2], answer[-1]
        if first == _ASK_FOR:
            command = command[:4] + bytes([second])
            continue
        collected += data
        if first != _WAITS:
            return collected + answer[-2:]
        command = bytes((apdu[0] & 0x03, 0xC0, 0x00, 0x00, second))
    return collected + b"\x6f\x00"


def _has_data_and_length(apdu: bytes) -> bool:
    return len(apdu) > 6 and len(apdu) == apdu[4] + 6
