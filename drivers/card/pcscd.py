"""Making sure that pcscd runs with the virtual reader, for the demo and for tests. A field kiosk never needs it."""

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Final, Self

from drivers.card.real import VIRTUAL_PREFIX, reader_names
from drivers.errors import DeviceGone, DeviceMissing

VIRTUAL_DRIVER: Final = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_PROGRAM: Final = "pcscd"
_PAUSE_S: Final = 0.05
_END_S: Final = 5.0


class VirtualReader:
    """The virtual reader in a running pcscd; close() stops pcscd if and only if it was started for this."""

    def __init__(self, name: str, process: "subprocess.Popen[bytes] | None") -> None:
        """Keep the reader's full name and the process, None when pcscd ran already."""
        self.name = name
        self._process = process

    @property
    def started_here(self) -> bool:
        """Whether close() will stop pcscd."""
        return self._process is not None

    def close(self) -> None:
        """Stop the pcscd that was started for this; safe to call twice."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_END_S)

    def __enter__(self) -> Self:
        """Use it for a while."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop what was started."""
        self.close()


def ensure_pcscd(timeout_s: float = 10.0) -> VirtualReader:
    """Find the virtual reader in the running pcscd, or start pcscd with it.

    Raises DeviceMissing with what to do: nothing installed, not allowed to start it, or started and still no reader.
    """
    running = _virtual_reader()
    if running is not None:
        return VirtualReader(running, None)
    process = _start()
    deadline = time.monotonic() + timeout_s
    pause = threading.Event()
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DeviceMissing(f"pcscd ended at once with code {process.returncode}: is another one stuck?")
        name = _virtual_reader(needed=False)
        if name is not None:
            return VirtualReader(name, process)
        pause.wait(_PAUSE_S)
    VirtualReader("", process).close()
    raise DeviceMissing(f"pcscd was started and showed no virtual reader within {timeout_s:g} s: check vsmartcard-vpcd")


def why_not() -> str | None:
    """What keeps this machine from running pcscd with the virtual reader; None when nothing does."""
    if _find_program() is None:
        return "pcscd is not installed: apt-get install pcscd vsmartcard-vpcd"
    if not VIRTUAL_DRIVER.exists():
        return "the virtual card reader is not installed: apt-get install vsmartcard-vpcd"
    return None


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
    return subprocess.Popen([program, *options], stdin=nothing, stdout=nothing, stderr=nothing, start_new_session=True)
