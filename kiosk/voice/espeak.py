"""Runs espeak-ng, a program of its own (GPL-3+): text in over standard input, a wave file out over standard output.

Owns the running process and its deadline. The text is never an argument, so no list of processes shows it.
"""

import io
import logging
import os
import struct
import subprocess
import threading
import wave
from collections.abc import Mapping
from typing import Final

from kiosk.voice.errors import SpeechCancelled, SpeechFault, SpeechMissing
from kiosk.words.language import Language, languages, rules_of

log = logging.getLogger(__name__)

LONGEST_LINE: Final = 2000
"""Characters; a screen's line has some 150, so more than this is a mistake and would hold the speaker for minutes."""


def voices_of(name: str = "") -> dict[Language, str]:
    """Give the voice of each language: its own, or `name` for the language that this is a voice of (vi-vn-x-south).

    A name that speaks none of them is passed over and told in the log: a kiosk must not stay dark for its accent.
    """
    own = {code: rules_of(code).voice for code in languages()}
    if name and not any(speaks(name, code) for code in own):
        log.warning("voice: %r speaks no language of this kiosk; theirs are: %s", name, ", ".join(own.values()))
    return {code: name if name and speaks(name, code) else voice for code, voice in own.items()}


def speaks(name: str, language: Language) -> bool:
    """Say whether a voice of this name belongs to the language: espeak-ng's names begin with the language."""
    return name.split("-", maxsplit=1)[0] == rules_of(language).voice.split("-")[0]


class Espeak:
    """Renders one line at a time. `rate_wpm` is espeak's -s, `voices` its -v; `deadline_s` bounds every run."""

    def __init__(
        self,
        program: str = "espeak-ng",
        *,
        rate_wpm: int = 120,
        deadline_s: float = 3.0,
        voices: Mapping[Language, str] | None = None,
    ) -> None:
        self._program = program
        self._voices = voices or voices_of()
        self._rate_wpm = rate_wpm
        self._deadline_s = deadline_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def render(self, text: str, language: Language, *, amplitude: int) -> bytes:
        """Return the line as a whole wave file (22.05 kHz, 16 bit, mono). `amplitude` is espeak's -a, 0 to 200.

        Raises SpeechMissing, SpeechFault, and SpeechCancelled when `cancel` ended it.
        """
        if len(text) > LONGEST_LINE:
            raise SpeechFault(f"a line of {len(text)} characters is too long to be spoken (limit {LONGEST_LINE})")
        process = self._start(language, amplitude)
        try:
            sound, said = process.communicate(text.encode("utf-8", "replace"), timeout=self._deadline_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise SpeechFault(f"{self._program} gave no sound within {self._deadline_s} s") from None
        finally:
            with self._lock:
                cancelled, self._process = self._process is not process, None
        if cancelled:
            raise SpeechCancelled("the line was given up")
        if process.returncode != 0:
            # espeak-ng explains itself without repeating the text it was given.
            reason = said.decode("utf-8", "replace").strip().splitlines()
            raise SpeechFault(
                f"{self._program} ended with {process.returncode}: {reason[-1] if reason else 'no reason'}"
            )
        return whole_wave(sound)

    def cancel(self) -> None:
        """End the run that is under way, if any; callable from any thread."""
        with self._lock:
            process, self._process = self._process, None
            if process is not None:
                process.kill()

    def _start(self, language: Language, amplitude: int) -> subprocess.Popen[bytes]:
        # -b 1: the text is UTF-8 whatever the locale of the service is.
        voice, pace = self._voices[language], str(self._rate_wpm)
        command = [self._program, "-v", voice, "-s", pace, "-a", str(amplitude), "-b", "1"]
        with self._lock:
            try:
                self._process = process = subprocess.Popen(
                    [*command, "--stdin", "--stdout"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    env={**os.environ, "LC_ALL": "C.UTF-8"},
                )
            except FileNotFoundError as error:
                raise SpeechMissing(
                    f"the program {self._program!r} is missing; install the package espeak-ng"
                ) from error
            except OSError as error:
                raise SpeechFault(f"{self._program} cannot be started: {error.strerror}") from error
        return process


def whole_wave(streamed: bytes) -> bytes:
    """Return a wave file with true lengths: espeak-ng, writing to a pipe, cannot know them and writes 2 GB.

    Raises SpeechFault when there is no PCM sound in it.
    """
    at = streamed.find(b"data")
    if len(streamed) < 44 or streamed[:4] != b"RIFF" or streamed[8:16] != b"WAVEfmt " or at < 36:
        raise SpeechFault("the speech program gave no wave file")
    coding, channels, rate_hz = struct.unpack_from("<HHI", streamed, 20)
    (bits,) = struct.unpack_from("<H", streamed, 34)
    samples = streamed[at + 8 :]
    frame_bytes = channels * bits // 8
    if coding != 1 or not frame_bytes or bits % 8 or not rate_hz or not samples:
        raise SpeechFault("the speech program gave a wave file without plain sound")
    memory = io.BytesIO()
    with wave.open(memory, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(bits // 8)
        file.setframerate(rate_hz)
        file.writeframes(samples[: len(samples) - len(samples) % frame_bytes])
    return memory.getvalue()
