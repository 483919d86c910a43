"""What the power supply is to the rest of the house."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PowerReading:
    """How the kiosk is fed: battery 0..100 percent, and whether mains is there; None where it cannot be known."""

    battery_percent: int | None
    on_mains: bool | None


class PowerSupply(Protocol):
    """Battery and mains behind one question."""

    simulated: bool

    def read(self) -> PowerReading:
        """Read both now; cheap enough for once a second. Raises DeviceFault when what is read makes no sense."""
        ...

    def close(self) -> None:
        """Release whatever read() uses; safe to call twice."""
        ...
