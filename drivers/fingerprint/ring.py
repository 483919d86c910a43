"""The light ring of the R503 (AuraLedConfig): which light each meaning is shown as.

Owns the mapping. Firmware before manual 1.2 (2021) knows only red, blue and purple: hence the second choices.
"""

from drivers.fingerprint.api import RingColour
from drivers.fingerprint.commands import Answer, Instruction
from drivers.fingerprint.exchange import CommandRefused, Exchange

BREATHE, FLASH, ON, OFF = 1, 2, 3, 4
RED, BLUE, PURPLE, GREEN, YELLOW = 1, 2, 3, 4, 5

LIGHTS: dict[RingColour, tuple[bytes, ...]] = {
    RingColour.OFF: (bytes((OFF, 0, BLUE, 0)),),
    RingColour.WAITING: (bytes((BREATHE, 100, BLUE, 0)),),
    RingColour.GOOD: (bytes((ON, 0, GREEN, 0)), bytes((ON, 0, BLUE, 0))),
    RingColour.AGAIN: (bytes((FLASH, 60, YELLOW, 0)), bytes((FLASH, 60, PURPLE, 0))),
}
"""Control, speed, colour, count (0 = until told otherwise); first choice first."""


class RingLight:
    """The ring of one module; remembers what this firmware has refused."""

    def __init__(self) -> None:
        self._refused: set[bytes] = set()

    def show(self, exchange: Exchange, colour: RingColour) -> None:
        """Show a colour as well as this firmware can; a ring that refuses everything stays as it is."""
        for light in LIGHTS[colour]:
            if light in self._refused:
                continue
            try:
                exchange.ask(Instruction.RING, light)
            except CommandRefused as refused:
                if refused.code == Answer.PASSWORD_FIRST:
                    raise
                self._refused.add(light)
                continue
            return
