"""What the loudspeaker is to the rest of the house."""

from typing import Protocol


class Speaker(Protocol):
    """A loudspeaker that plays one thing at a time. Calls return at once and may come from any thread."""

    simulated: bool

    def play(self, wav: bytes) -> None:
        """Play a whole RIFF/WAVE file; what was playing stops. Raises DeviceMissing, DeviceFault."""
        ...

    def stop(self) -> None:
        """Fall silent within 0.1 s; harmless when silent."""
        ...

    def playing(self) -> bool:
        """Say whether something is being played."""
        ...

    def close(self) -> None:
        """Stop and release; safe to call twice."""
        ...
