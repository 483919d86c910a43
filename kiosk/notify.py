"""A word to systemd: ready, still alive, stopping. Silent where no systemd listens. Knows no other protocol of it.

See sd_notify(3): one datagram of lines to the socket that NOTIFY_SOCKET names.
"""

import os
import socket
from collections.abc import Mapping


def notify(*lines: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Send lines such as "READY=1", "WATCHDOG=1", "STATUS=...", "STOPPING=1"; True when systemd took them.

    Never raises for a socket that is gone or full: whether a service lives must not hang on who watches it.
    """
    address = environment.get("NOTIFY_SOCKET", "")
    if address[:1] not in ("/", "@"):
        return False
    if address.startswith("@"):  # the abstract namespace
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
        door.setblocking(False)
        try:
            door.sendto("\n".join(lines).encode(), address)
        except OSError:
            return False
    return True


def watchdog_interval_s(environment: Mapping[str, str] = os.environ) -> float | None:
    """How often to send "WATCHDOG=1": half of what the unit allows; None where no watchdog waits for this process."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    allowed_us = environment.get("WATCHDOG_USEC", "")
    return int(allowed_us) / 2_000_000 if allowed_us.isascii() and allowed_us.isdecimal() and int(allowed_us) else None
