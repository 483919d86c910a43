"""Making sure that pcscd runs with the virtual reader, for the demo and for tests. A field kiosk never needs it."""

import os
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from drivers.card.real import VIRTUAL_PREFIX, reader_names
from drivers.errors import DeviceGone, DeviceMissing

VIRTUAL_DRIVER: Final = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_PROGRAM: Final = "pcscd"
_PAUSE_S: Final = 0.05
_END_S: Final = 5.0
_START_S: Final = 5.0
_TURN: Final = b"\0can-cuoc-kiosk/virtual-card-reader"
#: Stands in the environment of each pcscd that is started here, and so tells it from the system's own.
_OURS: Final = "CAN_CUOC_KIOSK_PCSCD"


class VirtualReader:
    """The virtual reader in a running pcscd, held for this process alone until close()."""

    def __init__(self, name: str, turn: socket.socket, process: "subprocess.Popen[bytes] | None") -> None:
        """Keep the reader's full name, the right to use it, and the process, None when pcscd ran already."""
        self.name = name
        self._turn = turn
        self._process = process

    @property
    def started_here(self) -> bool:
        """Whether close() will stop pcscd."""
        return self._process is not None

    def restart(self, timeout_s: float = _START_S) -> None:
        """Stop and start the pcscd that was started for this, as an upgrade would. Raises DeviceMissing."""
        if self._process is None:
            raise DeviceMissing("this pcscd was running already and is not ours to restart: systemctl restart pcscd")
        _stop(self._process)
        self._process = _start()
        self.name = _appeared(self._process, time.monotonic() + timeout_s)

    def close(self) -> None:
        """Stop pcscd if it was started for this, and let others have the reader; safe to call twice."""
        process, self._process = self._process, None
        if process is not None:
            _stop(process)
        self._turn.close()

    def __enter__(self) -> Self:
        """Use it for a while."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop what was started."""
        self.close()


def ensure_pcscd(timeout_s: float = 10.0) -> VirtualReader:
    """Find the virtual reader in the running pcscd, or start pcscd with it, and hold it for this process.

    One machine has one pcscd and one virtual reader, so that whoever calls this takes turns, waiting up to `timeout_s`.
    A pcscd that a process started here and left behind, being killed, may be stuck with that one's card: it is ended.
    Raises DeviceMissing with what to do: nothing installed, not allowed to start it, started and still no reader, or
    in another's hands all the time.
    """
    deadline = time.monotonic() + timeout_s
    turn = _take_turn(deadline, timeout_s)
    try:
        _end_orphans()
        running = _virtual_reader()
        if running is not None:
            return VirtualReader(running, turn, None)
        process = _start()
    except BaseException:
        turn.close()
        raise
    try:
        return VirtualReader(_appeared(process, max(deadline, time.monotonic() + _START_S)), turn, process)
    except BaseException:
        _stop(process)
        turn.close()
        raise


def why_not() -> str | None:
    """What keeps this machine from running pcscd with the virtual reader; None when nothing does."""
    if _find_program() is None:
        return "pcscd is not installed: apt-get install pcscd vsmartcard-vpcd"
    if not VIRTUAL_DRIVER.exists():
        return "the virtual card reader is not installed: apt-get install vsmartcard-vpcd"
    return None


def _take_turn(deadline: float, timeout_s: float) -> socket.socket:
    """Bind a name that only one process can have; it is free again when its holder ends, however it ends."""
    pause = threading.Event()
    turn = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        while True:
            try:
                turn.bind(_TURN)
            except OSError as error:
                if time.monotonic() >= deadline:
                    raise DeviceMissing(
                        f"another program held the virtual card reader for {timeout_s:g} s: end the other demo or test"
                    ) from error
                pause.wait(_PAUSE_S)
            else:
                return turn
    except BaseException:
        turn.close()
        raise


def _appeared(process: "subprocess.Popen[bytes]", deadline: float) -> str:
    pause = threading.Event()
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DeviceMissing(f"pcscd ended at once with code {process.returncode}: {_in_the_way()}")
        name = _virtual_reader(needed=False)
        if name is not None:
            return name
        pause.wait(_PAUSE_S)
    raise DeviceMissing("pcscd was started and showed no virtual reader: check that vsmartcard-vpcd is whole")


def _end_orphans() -> None:
    """End each pcscd that was started here: who had started it would still hold the turn that this process holds."""
    for pid in _running():
        with suppress(OSError):
            if f"{_OURS}=".encode() not in Path(f"/proc/{pid}/environ").read_bytes():
                continue
            handle = os.pidfd_open(pid)
            try:
                for blow in (signal.SIGTERM, signal.SIGKILL):
                    signal.pidfd_send_signal(handle, blow)
                    if select.select([handle], [], [], _END_S)[0]:
                        break
            finally:
                os.close(handle)


def _running() -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (folder / "comm").read_text() == f"{_PROGRAM}\n":
                yield int(folder.name)


def _in_the_way() -> str:
    others = " ".join(map(str, _running()))
    return f"another one is in its way, end it with `kill {others}`" if others else "is pcscd whole?"


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(_END_S)


def _virtual_reader(*, needed: bool = True) -> str | None:
    """Name of the virtual reader, None when pcscd does not run. Raises DeviceMissing when it runs without one."""
    try:
        names = reader_names()
    except DeviceGone:
        return None
    for name in names:
        if name.startswith(VIRTUAL_PREFIX):
            return name
    if needed:
        raise DeviceMissing(
            "pcscd runs without the virtual card reader: apt-get install vsmartcard-vpcd, then systemctl restart pcscd"
        )
    return None


def _find_program() -> str | None:
    return shutil.which(_PROGRAM, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def _start() -> "subprocess.Popen[bytes]":
    reason = why_not()
    program = _find_program()
    if reason is not None or program is None:
        raise DeviceMissing(reason or "pcscd is not installed")
    if os.geteuid() != 0:
        raise DeviceMissing("pcscd does not run and only root may start it: systemctl start pcscd, or be root")
    options = ["--foreground", "--critical"]
    if (
        b"--disable-polkit"
        in subprocess.run([program, "--help"], capture_output=True, check=False, timeout=_END_S).stdout
    ):
        options.append("--disable-polkit")  # where there is no polkit daemon, pcscd 2 would refuse everybody
    nothing = subprocess.DEVNULL
    return subprocess.Popen(
        [program, *options],
        stdin=nothing,
        stdout=nothing,
        stderr=nothing,
        start_new_session=True,
        env={**os.environ, _OURS: str(os.getpid())},
    )
