"""Looks at a RIFF/WAVE file before it is played. Owns the check; plays nothing."""

import io
import wave
from dataclasses import dataclass

from drivers.errors import DeviceFault


@dataclass(frozen=True, slots=True)
class WaveFormat:
    """What a wave file holds."""

    rate_hz: int
    channels: int
    sample_bytes: int
    frames: int

    @property
    def duration_s(self) -> float:
        """How long the file plays, in seconds."""
        return self.frames / self.rate_hz


def read_format(wav: bytes) -> WaveFormat:
    """Return what a whole RIFF/WAVE file (PCM) holds. Raises DeviceFault when it is none, or is cut short."""
    try:
        with wave.open(io.BytesIO(wav)) as opened:
            frames = opened.getnframes()
            held = WaveFormat(opened.getframerate(), opened.getnchannels(), opened.getsampwidth(), frames=frames)
            complete = len(opened.readframes(frames)) == frames * held.channels * held.sample_bytes
    except (wave.Error, EOFError, RuntimeError) as error:
        # RuntimeError without words is what the wave module raises for a chunk that ends beyond the file.
        reason = str(error) or "its lengths do not fit"
        raise DeviceFault(f"speaker: this is no sound file ({reason}); hand in a whole RIFF/WAVE file") from error
    if not complete or held.rate_hz <= 0:
        raise DeviceFault("speaker: the sound file is cut short or names no sample rate")
    return held
