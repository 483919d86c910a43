"""The loudspeaker through ALSA: one `aplay` process (Debian's alsa-utils) for each thing played.

Owns that process and the memory its sound lies in. A sound never touches a disk: it is handed over in an anonymous
file in memory. Refuses what is no whole wave file before anything starts.
"""

import logging
import os
import shutil
import subprocess
import threading
import wave
from io import BytesIO
from typing import Final

from drivers.errors import DeviceClosed, DeviceFault, DeviceGone, DeviceMissing
from drivers.sound.headset import Headset
from drivers.sound.wave_file import read_format

_LOG = logging.getLogger(__name__)
_PROBE_TIMEOUT_S: Final = 3.0
# aplay opens the card first; a missing one ends it within some milliseconds.
_EARLY_END_S: Final = 0.04
_STOP_TIMEOUT_S: Final = 0.05
_NO_CARD: Final = ("no such", "cannot find card", "unknown pcm", "no soundcards")


class AlsaSpeaker:
    """The Speaker on an ALSA device.

    `device` is an ALSA name: "default", "plughw:CARD=Headphones". At construction a moment of silence is played, so
    that a missing card is known at start.
    Raises DeviceMissing (no aplay, no such card), DeviceFault (the card refuses).
    """

    simulated = False

    def __init__(self, device: str = "default", *, program: str = "aplay") -> None:
        found = shutil.which(program)
        if found is None:
            raise DeviceMissing(f"speaker: the program {program!r} is missing; install the package alsa-utils")
        self._command = [found, "--quiet", f"--device={device}", "-"]
        self._device = device
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self._probe()

    def play(self, wav: bytes) -> None:
        """Play a whole RIFF/WAVE file; what was playing stops. Raises DeviceMissing, DeviceFault, DeviceClosed.

        DeviceGone (a DeviceError too) when the card was there at start and is not any more.
        """
        read_format(wav)
        with self._lock:
            if self._closed:
                raise DeviceClosed("speaker: used after close()")
            self._end_process()
            process = self._start(wav)
            self._process = process
            try:
                code = process.wait(timeout=_EARLY_END_S)
            except subprocess.TimeoutExpired:
                return
            self._process = None
            said = _said_by(process)
        if code != 0:
            raise self._failure(said, at_start=False)

    def stop(self) -> None:
        with self._lock:
            self._end_process()

    def playing(self) -> bool:
        # Not under the lock: a question must not wait for a card that is slow to open.
        process = self._process
        return process is not None and process.poll() is None

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._end_process()

    def _probe(self) -> None:
        process = self._start(_silence(duration_s=0.05))
        try:
            code = process.wait(timeout=_PROBE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            _said_by(process)
            raise DeviceFault(
                f"speaker: {self._device} took no sound within {_PROBE_TIMEOUT_S} s; is it in use?"
            ) from None
        said = _said_by(process)
        if code != 0:
            raise self._failure(said, at_start=True)

    def _start(self, wav: bytes) -> subprocess.Popen[bytes]:
        sound = os.memfd_create("sound", os.MFD_CLOEXEC)
        try:
            with os.fdopen(sound, "wb", closefd=False) as memory:
                memory.write(wav)
            os.lseek(sound, 0, os.SEEK_SET)
            return subprocess.Popen(
                self._command, stdin=sound, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=_environment()
            )
        except FileNotFoundError as error:
            raise DeviceMissing("speaker: aplay has gone; install the package alsa-utils") from error
        except OSError as error:
            raise DeviceFault(f"speaker: aplay cannot be started: {error.strerror}") from error
        finally:
            os.close(sound)

    def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                # A player that drains its buffer first is cut off: a touch must silence the kiosk at once.
                process.kill()
                process.wait()
        elif process.returncode:
            _LOG.warning("speaker: playing ended early: %s", _said_by(process) or process.returncode)
        if process.stderr is not None:
            process.stderr.close()

    def _failure(self, said: str, *, at_start: bool) -> DeviceMissing | DeviceFault | DeviceGone:
        if any(one in said.lower() for one in _NO_CARD):
            if at_start:
                return DeviceMissing(f"speaker: no sound card {self._device!r} ({said}); see the list of `aplay -L`")
            return DeviceGone(f"speaker: the sound card {self._device!r} has gone ({said}); plug it in again")
        return DeviceFault(f"speaker: {self._device} does not play: {said or 'aplay gave no reason'}")


def open_headset(device: str) -> Headset:
    """Give the headset at this ALSA name, which may come and go. Raises ValueError for a name without a card."""
    return Headset(device, AlsaSpeaker)


def _environment() -> dict[str, str]:
    # Messages are recognised by their English words.
    return {**os.environ, "LC_ALL": "C"}


def _said_by(process: subprocess.Popen[bytes]) -> str:
    """Return the last line that a finished process wrote to its standard error, and close it."""
    if process.stderr is None or process.stderr.closed:
        return ""
    with process.stderr as stream:
        lines = stream.read(4096).decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else ""


def _silence(*, duration_s: float) -> bytes:
    memory = BytesIO()
    with wave.open(memory, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22050)
        file.writeframes(bytes(2 * int(22050 * duration_s)))
    return memory.getvalue()
