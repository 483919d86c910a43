"""The office's Mosquitto: its configuration from templates, and running it where no service manager does.

In the field the distribution's unit runs Mosquitto over the rendered files. `Broker` is for a whole village on one
computer and for tests. Mosquitto gives root away before it reads its keys, so a broker that is started by root gets
its own copy of the files, owned by its own user, in a directory nobody else can enter.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import string
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from kiosk.office.access import TEMPLATES, access_list
from kiosk.office.errors import BrokerError
from kiosk.office.keyfile import replace
from kiosk.office.registry import Registry

BROKER_USER = "mosquitto"
FILES = ("device-ca.pem", "crl.pem", "broker.pem", "broker.key", "acl")
START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 5.0


def render_broker(
    directory: Path,
    data_directory: Path,
    *,
    port: int,
    bind_address: str,
    registry: Registry | None = None,
    templates: Path = TEMPLATES,
) -> None:
    """Write ``mosquitto.conf`` into ``directory``, all paths in it absolute, and ``acl`` where a registry is given.

    Raises:
        BrokerError: a template is missing or asks for a value that does not exist.
    """
    values = {
        "directory": str(directory.resolve()),
        "data_directory": str(data_directory.resolve()),
        "port": str(port),
        "bind_address": bind_address,
    }
    replace(directory / "mosquitto.conf", _fill(templates / "mosquitto.conf.in", values).encode(), mode=0o640)
    if registry is not None:
        text = access_list(_fill(templates / "acl.in", values), registry)
        replace(directory / "acl", text.encode(), mode=0o640)


def find_mosquitto() -> Path | None:
    """The broker program, which Debian keeps outside ordinary users' search path."""
    found = shutil.which(
        "mosquitto", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    )
    return Path(found) if found else None


class Broker:
    """One Mosquitto process over the files that ``init_office`` wrote. Keeps its data across restarts."""

    def __init__(
        self, directory: Path, *, port: int, log_file: Path | None = None, bind_address: str = "127.0.0.1"
    ) -> None:
        """``directory`` is the office's broker folder; ``log_file`` takes the broker's words (none: discarded)."""
        self._source = directory
        self._port = port
        self._bind_address = bind_address
        self._log_file = log_file
        self._process: subprocess.Popen[bytes] | None = None
        self._stage: Path | None = None

    @property
    def port(self) -> int:
        """The TLS port on the loopback address."""
        return self._port

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start and wait until the port answers.

        Raises:
            BrokerError: not installed, refused its configuration, or not listening in time.
        """
        program = find_mosquitto()
        if program is None:
            raise BrokerError("mosquitto is not installed; on Debian: apt install mosquitto")
        account = pwd.getpwnam(BROKER_USER) if os.geteuid() == 0 else None
        directory = self._source if account is None else self._staged(account)
        data = directory / "data"
        data.mkdir(exist_ok=True)
        if account is not None:
            os.chown(data, account.pw_uid, account.pw_gid)
        render_broker(directory, data, port=self._port, bind_address=self._bind_address)
        if account is not None:
            for path in directory.iterdir():
                os.chown(path, account.pw_uid, account.pw_gid)
        with (self._log_file or Path(os.devnull)).open("ab") as output:
            self._process = self._spawn(program, directory, output, account)
        self._wait_listening(self._process)

    def stop(self) -> None:
        """Orderly stop: sessions and retained messages are kept. Harmless when not running."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """What a power cut does."""
        self._end(signal.SIGKILL)

    def reload(self) -> None:
        """Take over a new revocation list for connections made from now on; live ones stay (end them by a restart)."""
        if self._process is None:
            raise BrokerError("the broker is not running")
        if self._stage is not None:
            self._copy_files(self._stage, pwd.getpwnam(BROKER_USER))
        self._process.send_signal(signal.SIGHUP)

    def close(self) -> None:
        """Stop and remove the private copy of the files, if there is one."""
        self.stop()
        if self._stage is not None:
            shutil.rmtree(self._stage, ignore_errors=True)
            self._stage = None

    def _staged(self, account: pwd.struct_passwd) -> Path:
        if self._stage is None:
            self._stage = Path(tempfile.mkdtemp(prefix="kiosk-broker-"))
            os.chown(self._stage, account.pw_uid, account.pw_gid)
        self._copy_files(self._stage, account)
        return self._stage

    def _copy_files(self, stage: Path, account: pwd.struct_passwd) -> None:
        for name in FILES:
            target = stage / name
            replace(target, (self._source / name).read_bytes(), mode=0o600)
            os.chown(target, account.pw_uid, account.pw_gid)

    @staticmethod
    def _spawn(
        program: Path, directory: Path, output: IO[bytes], account: pwd.struct_passwd | None
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [str(program), "-c", str(directory / "mosquitto.conf")],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=directory,
            user=None if account is None else account.pw_uid,
            group=None if account is None else account.pw_gid,
            extra_groups=None if account is None else [],
            start_new_session=True,
        )

    def _wait_listening(self, process: subprocess.Popen[bytes]) -> None:
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline_s:
            if process.poll() is not None:
                self._process = None
                raise BrokerError(f"mosquitto ended at once with code {process.returncode}; its log says why")
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=0.5).close()
            except OSError:
                time.sleep(0.02)
            else:
                return
        self.kill()
        raise BrokerError(f"mosquitto does not listen on port {self._port} after {START_TIMEOUT_S:.0f} s")

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_TIMEOUT_S)


def _fill(template: Path, values: Mapping[str, str]) -> str:
    try:
        return string.Template(template.read_text(encoding="utf-8")).substitute(values)
    except FileNotFoundError as error:
        raise BrokerError(f"template {template} is missing; install config/mosquitto/ beside the program") from error
    except (KeyError, ValueError) as error:
        raise BrokerError(f"template {template} asks for something unknown: {error}") from error
