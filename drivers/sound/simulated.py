"""A loudspeaker without a card: it takes as long as a real one, keeps no sound, and misbehaves by name.

Owns a log of what was played: lengths and times, never the sound or its words.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from drivers.errors import DeviceClosed, DeviceMissing
from drivers.sound.wave_file import read_format

SITUATIONS: Final = ("muted", "missing")
"""`muted`: plays, and nobody hears it. `missing`: there is no sound card."""


@dataclass(frozen=True, slots=True)
class Played:
    """One thing that was played: when it began (the injected clock), how long the file is, how much of it sounded."""

    began_s: float
    duration_s: float
    sounded_s: float
    heard: bool


class SimulatedSpeaker:
    """A Speaker that plays in the time of an injected clock. `situation` is one of SITUATIONS, or none."""

    simulated = True

    def __init__(self, *, monotonic_s: Callable[[], float] = time.monotonic, situation: str | None = None) -> None:
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._log: list[Played] = []
        self._current: Played | None = None
        self._closed = False
        self._situation: str | None = None
        self.enter(situation)

    def enter(self, situation: str | None) -> None:
        """Change to another situation, or back to an orderly speaker with None."""
        if situation is not None and situation not in SITUATIONS:
            raise ValueError(f"unknown situation {situation!r}; there is: {', '.join(SITUATIONS)}")
        with self._lock:
            self._situation = situation

    def play(self, wav: bytes) -> None:
        held = read_format(wav)
        with self._lock:
            if self._closed:
                raise DeviceClosed("speaker: used after close()")
            if self._situation == "missing":
                raise DeviceMissing("speaker: no sound card; see the list of `aplay -L`")
            self._finish()
            heard = self._situation != "muted"
            self._current = Played(self._monotonic_s(), held.duration_s, sounded_s=0.0, heard=heard)

    def stop(self) -> None:
        with self._lock:
            self._finish()

    def playing(self) -> bool:
        with self._lock:
            current = self._current
            return current is not None and self._monotonic_s() < current.began_s + current.duration_s

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._finish()

    @property
    def played(self) -> tuple[Played, ...]:
        """Everything played so far, in order; the last one may still be playing."""
        with self._lock:
            return (*self._log, *([self._so_far(self._current)] if self._current else ()))

    def _finish(self) -> None:
        if self._current is not None:
            self._log.append(self._so_far(self._current))
            self._current = None

    def _so_far(self, current: Played) -> Played:
        sounded_s = min(current.duration_s, self._monotonic_s() - current.began_s)
        return Played(current.began_s, current.duration_s, sounded_s=sounded_s, heard=current.heard)
