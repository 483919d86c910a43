"""A record of what passed between reader and card, for finding out why a card cannot be read.

Without being asked it holds nothing of a person: of each command the header and lengths, of each answer length and
status word. Not even protected bytes are kept, because the short keys of Basic Access Control can be guessed from them.
What a card says of itself before it is open (EF.CardAccess, the application's name) stands there in full.
"""

import json
import time
from collections.abc import Callable
from typing import Any, Final, TextIO

from kiosk.chip.commands import Transmit
from kiosk.chip.stages import Stage

_PROTECTED: Final = 0x0C
_OPEN_INSTRUCTIONS: Final = (0xA4, 0xB0)
"""SELECT and READ BINARY, which before the card is open concern nobody."""


class Trace:
    """Passes commands on and writes each as one JSON object on a line: stage, command, answer, status, times.

    `personal` keeps every byte as it passed.
    """

    def __init__(
        self,
        transmit: Transmit,
        file: TextIO,
        *,
        personal: bool = False,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Stand between the reading and `transmit`."""
        self._transmit = transmit
        self._file = file
        self._personal = personal
        self._monotonic_s = monotonic_s
        self._began_s = monotonic_s()
        self._stage = ""

    def begin(self, stage: str) -> None:
        """Hear which stage the reading is in."""
        self._stage = stage

    def transmit(self, apdu: bytes) -> bytes:
        """Pass one command on and write it down, also when no answer comes."""
        sent_s = self._monotonic_s()
        answer: bytes | None = None
        try:
            answer = self._transmit(apdu)
            return answer
        finally:
            line = self._line(apdu, answer, sent_s)
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()

    def _line(self, apdu: bytes, answer: bytes | None, sent_s: float) -> dict[str, Any]:
        whole = self._personal or self._concerns_nobody(apdu)
        status = None if answer is None or len(answer) < 2 else answer[-2:].hex().upper()
        return {
            "at_s": round(sent_s - self._began_s, 4),
            "stage": self._stage,
            "command": (apdu if whole else apdu[:4]).hex().upper(),
            "command_bytes": len(apdu),
            "answer": answer.hex().upper() if answer is not None and whole else None,
            "answer_bytes": None if answer is None else len(answer),
            "status": status,
            "seconds": round(self._monotonic_s() - sent_s, 4),
        }

    def _concerns_nobody(self, apdu: bytes) -> bool:
        plain = len(apdu) > 4 and not apdu[0] & _PROTECTED and apdu[1] in _OPEN_INSTRUCTIONS
        return plain and self._stage in (Stage.CARD_ACCESS, Stage.BAC, Stage.PACE)
