"""Short signals beside the speech: a print is good, try again, the officer is called, the timer is over.

Tones between 500 and 1000 Hz, at least 0.3 s long in all: what old ears still hear. Owns their waveforms.
"""

import math
from array import array
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from kiosk.voice.sound import RATE_HZ, write_wave

Chime = Literal["good", "retry", "call", "bell"]

CHIMES: Final[Mapping[Chime, tuple[tuple[int, float], ...]]] = MappingProxyType(
    {
        "good": ((660, 0.15), (880, 0.25)),
        "retry": ((500, 0.16), (0, 0.06), (500, 0.16)),
        "call": ((880, 0.2), (660, 0.2), (880, 0.2), (660, 0.3)),
        "bell": ((1000, 0.3), (0, 0.15), (1000, 0.3), (0, 0.15), (1000, 0.5)),
    }
)
"""Each chime as (tone in Hz, length in seconds); 0 Hz is a pause."""
_FADE_S: Final = 0.01


def chime_wave(chime: Chime, *, peak: float) -> bytes:
    """Return a chime as a wave file (22.05 kHz, 16 bit, mono); `peak` is 0.0 to 1.0 of full scale."""
    samples = array("h")
    for tone_hz, length_s in CHIMES[chime]:
        samples.extend(_tone(tone_hz, length_s, peak=peak))
    return write_wave(samples)


def chime_length_s(chime: Chime) -> float:
    """Return how long a chime sounds, in seconds."""
    return sum(length_s for _, length_s in CHIMES[chime])


def _tone(tone_hz: int, length_s: float, *, peak: float) -> list[int]:
    count = round(length_s * RATE_HZ)
    fade = _FADE_S * RATE_HZ
    # Without a fade at both ends a tone begins and ends with a click.
    return [
        round(32767 * peak * min(1.0, at / fade, (count - at) / fade) * math.sin(2 * math.pi * tone_hz * at / RATE_HZ))
        for at in range(count)
    ]
