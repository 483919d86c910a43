"""The broker's service on this computer, asked to take over what was written for it.

A new revocation list keeps a revoked kiosk out at its next try; the connection it has lives on. Only a restart ends
that, with any Mosquitto and whatever plugins it has. It costs the other kiosks a reconnection, which their random
waits spread, and no enrolment: nobody releases anything for a broker's word.
"""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from kiosk.office.errors import BrokerError
from kiosk.office.registry import Registry

UNIT: Final = "mosquitto.service"
ASK_S: Final = 60.0
BACK_S: Final = 30.0
SYSTEMD: Final = Path("/run/systemd/system")

Run = Callable[[Sequence[str]], int]


def run_quietly(command: Sequence[str]) -> int:
    """Run a command without its output; its exit code. Raises OSError, subprocess.TimeoutExpired."""
    return subprocess.run(command, capture_output=True, timeout=ASK_S, check=False).returncode


def here(run: Run = run_quietly) -> bool:
    """Whether systemd runs the broker on this computer."""
    if shutil.which("systemctl") is None or (run is run_quietly and not SYSTEMD.is_dir()):
        return False
    try:
        return run(["systemctl", "--quiet", "is-active", UNIT]) == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def tell(verb: str, run: Run = run_quietly) -> None:
    """Have systemd ``reload`` or ``restart`` the broker.

    Raises:
        BrokerError: it did not.
    """
    try:
        done = run(["systemctl", verb, UNIT]) == 0
    except (OSError, subprocess.TimeoutExpired):
        done = False
    if not done:
        raise BrokerError(f"the broker did not {verb}: systemctl status {UNIT}, then systemctl {verb} {UNIT}")


def await_broker(registry: Registry, *, within_s: float = BACK_S) -> None:
    """Wait until the broker on this computer speaks TLS again.

    Raises:
        BrokerError: it does not within its time.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Nothing is believed of it and nothing told: only whether it is up again with its files.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    until_s = time.monotonic() + within_s
    while True:
        try:
            with (
                socket.create_connection(("127.0.0.1", registry.broker_port), timeout=2.0) as connection,
                context.wrap_socket(connection, server_hostname="localhost"),
            ):
                return
        except OSError as error:
            if time.monotonic() > until_s:
                raise BrokerError(f"the broker does not answer after its restart: systemctl status {UNIT}") from error
            time.sleep(0.05)
