"""Sound as numbers: wave files in and out, loudness, gain, and one line joined from its sentences.

Everything here is mono, 16 bit, at RATE_HZ; other files are refused by what is wrong with them. Levels are in dBFS,
decibels below full scale.
"""

import io
import math
import sys
import wave
from array import array
from collections.abc import Iterable, Sequence
from typing import Final

from kiosk.voice.errors import BadClip

RATE_HZ: Final = 22050
_WINDOW: Final = RATE_HZ // 20
_QUIET_DBFS: Final = -50.0
_FULL: Final = 32767
_SILENT_DBFS: Final = -120.0


def read_wave(data: bytes) -> "array[int]":
    """Return the samples of a whole wave file. Raises BadClip, naming what to record otherwise."""
    try:
        with wave.open(io.BytesIO(data)) as file:
            form = file.getnchannels(), file.getsampwidth(), file.getframerate()
            frames = file.readframes(file.getnframes())
    except (wave.Error, EOFError, RuntimeError) as error:
        raise BadClip("it is no whole RIFF/WAVE file: export it as WAV, PCM") from error
    channels, sample_bytes, rate_hz = form
    if channels != 1:
        raise BadClip(f"it has {channels} channels: export it as mono")
    if sample_bytes != 2:
        raise BadClip(f"it has {8 * sample_bytes} bits a sample: export it with 16")
    if rate_hz not in (RATE_HZ, 2 * RATE_HZ):
        raise BadClip(f"it has {rate_hz} samples a second: export it with {RATE_HZ} or {2 * RATE_HZ}")
    samples = array("h")
    samples.frombytes(frames[: len(frames) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return halved(samples) if rate_hz == 2 * RATE_HZ else samples


def write_wave(samples: "array[int]") -> bytes:
    """Return samples as a wave file."""
    plain = array("h", samples)
    if sys.byteorder == "big":
        plain.byteswap()
    memory = io.BytesIO()
    with wave.open(memory, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(plain.tobytes())
    return memory.getvalue()


#: A half-band low-pass filter (windowed sinc, Hamming, 31 taps): only every other tap beside the middle is not 0.
_HALF_BAND: Final = tuple(
    (at, math.sin(math.pi * at / 2) / (math.pi * at) * (0.54 + 0.46 * math.cos(math.pi * at / 16)))
    for at in range(1, 16, 2)
)


def halved(samples: Sequence[int]) -> "array[int]":
    """Return the same sound with half as many samples a second; what would fold back is filtered out first."""
    padded = [0] * 15 + list(samples) + [0] * 15
    gain = 0.5 + 2 * sum(tap for _, tap in _HALF_BAND)
    out = array("h")
    for middle in range(15, len(padded) - 15, 2):
        total = 0.5 * padded[middle]
        for at, tap in _HALF_BAND:
            total += tap * (padded[middle - at] + padded[middle + at])
        out.append(_clamped(total / gain))
    return out


def peak_dbfs(samples: "array[int]") -> float:
    """Return the highest sample as a level."""
    return _dbfs(max((abs(one) for one in samples), default=0))


def loudness_dbfs(samples: "array[int]") -> float:
    """Return the mean level of speech: of stretches of 50 ms that are above -50 dBFS, so that pauses do not count."""
    loud: list[float] = []
    for start in range(0, len(samples), _WINDOW):
        stretch = samples[start : start + _WINDOW]
        power = sum(one * one for one in stretch) / max(1, len(stretch))
        if _dbfs(math.sqrt(power)) > _QUIET_DBFS:
            loud.append(power)
    return _dbfs(math.sqrt(sum(loud) / len(loud))) if loud else _SILENT_DBFS


def amplified(samples: "array[int]", gain_db: float) -> "array[int]":
    """Return the sound louder (or quieter, below 0); what would go beyond full scale stays at it."""
    factor = 10 ** (gain_db / 20)
    return array("h", (_clamped(one * factor) for one in samples))


def trimmed(samples: "array[int]", *, lead_s: float, tail_s: float) -> "array[int]":
    """Return the sound with just so much quiet before its first and after its last loud stretch."""
    loud = [
        start
        for start in range(0, len(samples), _WINDOW)
        if peak_dbfs(samples[start : start + _WINDOW]) > _QUIET_DBFS + 10
    ]
    if not loud:
        return array("h")
    lead, tail = round(lead_s * RATE_HZ), round(tail_s * RATE_HZ)
    first, last = loud[0], min(len(samples), loud[-1] + _WINDOW)
    front = samples[max(0, first - lead) : first]
    back = samples[last : last + tail]
    silence = array("h", bytes(2 * (lead - len(front))))
    return silence + front + samples[first:last] + back + array("h", bytes(2 * (tail - len(back))))


def joined(parts: Iterable["array[int]"], *, gap_s: float) -> "array[int]":
    """Return one sound after the other with silence between."""
    gap = array("h", bytes(2 * round(gap_s * RATE_HZ)))
    whole = array("h")
    for number, part in enumerate(parts):
        if number:
            whole.extend(gap)
        whole.extend(part)
    return whole


def _clamped(value: float) -> int:
    return max(-_FULL - 1, min(_FULL, round(value)))


def _dbfs(amplitude: float) -> float:
    return 20 * math.log10(amplitude / _FULL) if amplitude > 0 else _SILENT_DBFS
