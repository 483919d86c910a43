"""A serial port as a line of bytes, by pyserial.

Owns opening the port and telling unplugged from broken. Knows no packet.
"""

import errno
import select
import termios
from collections.abc import Generator
from contextlib import contextmanager

import serial

from drivers.errors import DeviceGone, DeviceMissing

WRITE_TIMEOUT_S = 2.0
KERNEL_BUFFER_BYTES = 16384
"""A kernel may let a writer wait until nearly all of its buffer has left, which at 9600 bits a second takes long."""


class SerialLine:
    """A serial port as a line of bytes. `baud` may be changed while it is open."""

    def __init__(self, port: str, baud: int) -> None:
        """Open the port. Raises DeviceMissing when it is not there or not ours to open."""
        try:
            self._serial = serial.Serial(port, baud, timeout=0, write_timeout=_patience_s(baud), exclusive=True)
        except (serial.SerialException, OSError, termios.error) as error:
            raise DeviceMissing(_why_not_open(port, error)) from error

    @property
    def baud(self) -> int:
        """Bits a second."""
        return int(self._serial.baudrate)

    @baud.setter
    def baud(self, baud: int) -> None:
        with _unplugging_told():
            self._serial.baudrate = baud
            self._serial.write_timeout = _patience_s(baud)

    def read(self, timeout_s: float) -> bytes:
        """Give what has arrived, waiting at most `timeout_s` for the first byte."""
        with _unplugging_told():
            ready, _, _ = select.select([self._serial.fileno()], [], [], max(0.0, timeout_s))
            return bytes(self._serial.read(4096)) if ready else b""

    def write(self, data: bytes) -> None:
        """Send bytes."""
        with _unplugging_told():
            self._serial.write(data)

    def close(self) -> None:
        """Give the port back; never raises."""
        try:
            self._serial.close()
        except (serial.SerialException, OSError, termios.error):
            return


def _patience_s(baud: int) -> float:
    """How long one write may wait for room."""
    return WRITE_TIMEOUT_S + 1.5 * KERNEL_BUFFER_BYTES * 10 / baud


@contextmanager
def _unplugging_told() -> Generator[None]:
    try:
        yield
    except (serial.SerialException, OSError, ValueError, termios.error) as error:
        # ValueError is what select() says of a descriptor that close() took away from another thread.
        raise DeviceGone("the fingerprint sensor is gone: plug it in again") from error


def _why_not_open(port: str, error: Exception) -> str:
    code = getattr(error, "errno", None)
    if code in (errno.EACCES, errno.EPERM):
        return f"no permission to open the fingerprint sensor's port {port}: add the user to the group dialout"
    if code in (errno.EAGAIN, errno.EBUSY):
        return f"the fingerprint sensor's port {port} is in use by another program"
    return f"no fingerprint sensor at {port}: check the plug and the port's name in the settings"
