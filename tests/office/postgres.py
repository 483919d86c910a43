"""A PostgreSQL server for tests: its own cluster in a temporary folder, reached over a socket in it alone."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

_OWNER = "nobody"
PATIENCE_S = 120


@dataclass
class Postgres:
    """A running server."""

    sockets: Path
    data: Path
    programs: Path
    options: str
    _names: Iterator[int] = field(default_factory=itertools.count)

    def new_database(self) -> str:
        """Make an empty database; its URL for the office."""
        name = f"office{next(self._names)}"
        with psycopg.connect(host=str(self.sockets), user="kiosk", dbname="postgres", autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        return f"postgresql+psycopg://kiosk@/{name}?host={self.sockets}"

    def start(self) -> None:
        """Start, also over what a killed server left behind."""
        self._control("-o", self.options, "-l", self.sockets / "log", "start")

    def stop(self) -> None:
        """End at once, as when the machine is switched off."""
        self._control("-m", "immediate", "stop")

    def kill(self) -> None:
        """Kill every process of the server: what a power cut does."""
        server = int((self.data / "postmaster.pid").read_text("ascii").splitlines()[0])
        for victim in (server, *_children(server)):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        until_s = time.monotonic() + PATIENCE_S
        while Path(f"/proc/{server}").exists() and time.monotonic() < until_s:
            with suppress(ChildProcessError):
                os.waitpid(server, os.WNOHANG)
            time.sleep(0.01)

    def _control(self, *words: str | Path) -> None:
        _run(self.programs / "pg_ctl", "-D", self.data, "-w", "-t", str(PATIENCE_S), *words)


def _children(process: int) -> list[int]:
    found: list[int] = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # After the name in brackets, which may hold anything: state, parent.
            if int(status.read_text("utf-8", "replace").rpartition(")")[2].split()[1]) == process:
                found.append(int(status.parent.name))
    return found


def find_postgres() -> Path | None:
    """The folder of the newest server's programs; Debian keeps them off the path."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return folders[-1].parent if folders else None


def _run(*words: str | Path) -> None:
    """Run one of the server's programs, which refuse to be root."""
    user = _OWNER if os.geteuid() == 0 else None
    subprocess.run(
        words, user=user, group=pwd.getpwnam(user).pw_gid if user else None, extra_groups=[] if user else None,
        cwd="/", check=True, timeout=PATIENCE_S, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@contextmanager
def running_postgres(programs: Path, *, settings: str = "fsync=off") -> Iterator[Postgres]:
    """A server until the end of the block."""
    # Not below pytest's own folder: that one is closed to others, and the path of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="kiosk-pg-", ignore_cleanup_errors=True) as name:
        root = Path(name)
        if os.geteuid() == 0:
            shutil.chown(root, _OWNER)
        data = root / "data"
        _run(programs / "initdb", "-D", data, "-U", "kiosk", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{root}' -c shared_buffers=16MB"
        options += "".join(f" -c {setting}" for setting in settings.split())
        server = Postgres(root, data, programs, options)
        server.start()
        try:
            yield server
        finally:
            server.stop()
