"""Taking a picture in the module, and what it says of it at once.

Owns the choice between the two instructions for it: GetImageEx, which newer modules know, tells a poor picture while
the finger still lies there.
"""

from enum import StrEnum

from drivers.fingerprint.commands import Answer, Instruction
from drivers.fingerprint.exchange import CommandRefused, Exchange


class Sight(StrEnum):
    """What one look at the glass showed. Unclear: something lay there, and could not be pictured."""

    NOTHING = "nothing"
    UNCLEAR = "unclear"
    FINGER = "finger"
    POOR = "poor"


_SIGHTS = {
    Answer.NO_FINGER: Sight.NOTHING,
    Answer.CAPTURE_FAILED: Sight.UNCLEAR,
    Answer.TOO_FEW_FEATURES: Sight.POOR,
}


class Eye:
    """The looks of one module; remembers whether it judges what it sees."""

    def __init__(self, exchange: Exchange, *, judges: bool) -> None:
        self._exchange = exchange
        self._judges = judges

    def look(self, *, judge: bool = True) -> Sight:
        """Take a picture, which then lies in the module; `judge` off takes it whatever it is worth.

        A poor one may not lie there: the manual does not say. Raises CommandRefused, DeviceGone.
        """
        instruction = Instruction.GET_IMAGE_EX if judge and self._judges else Instruction.GET_IMAGE
        try:
            self._exchange.ask(instruction)
        except CommandRefused as refused:
            if refused.code in _SIGHTS:
                return _SIGHTS[Answer(refused.code)]
            if instruction is Instruction.GET_IMAGE or refused.code == Answer.WRONG_PASSWORD:
                raise
            self._judges = False
            return self.look()
        return Sight.FINGER
