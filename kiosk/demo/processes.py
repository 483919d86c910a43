"""The village's processes: started by name, ended, and killed as a power cut would; their words go to files."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kiosk.demo.accounts import Account

_END_S: Final = 8.0


@dataclass(slots=True)
class Processes:
    """What runs now, by name. A name is used again when its process is started anew, and its file of words goes on.

    `modules` names the Python module to run for a process where it is not the kiosk's own command line.
    """

    out: Path
    modules: dict[str, str] = field(default_factory=dict[str, str])
    running: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict[str, "subprocess.Popen[bytes]"])

    def start(
        self, name: str, *command: str, account: Account, environment: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """Start `kiosk COMMAND...` as `account`; its words are added to NAME.log."""
        apart = account.user is not None
        with (self.out / f"{name}.log").open("ab") as words:
            child = subprocess.Popen(
                [sys.executable, "-m", self.modules.get(name, "kiosk.cli"), *command],
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                cwd="/",
                env={**_surroundings(), **(environment or {})},
                start_new_session=True,
                user=account.user,
                group=account.group,
                extra_groups=list(account.groups) if apart else None,
                umask=0o027 if apart else -1,
            )
        self.running[name] = child
        return child

    def kill(self, name: str) -> None:
        """Kill a process and what it started, without asking: what a power cut does to it."""
        child = self.running.pop(name)
        _kill(child)

    def stop(self, name: str) -> None:
        """Ask a process to end, and end it if it does not."""
        _wait(self._asked(name), time.monotonic() + _END_S)

    def stop_all(self) -> None:
        """Ask every process to end, and end those that do not."""
        asked = [self._asked(name) for name in reversed(list(self.running))]
        deadline_s = time.monotonic() + _END_S
        for child in asked:
            _wait(child, deadline_s)

    def ended(self) -> dict[str, int]:
        """Name the processes that have ended by themselves, with their exit codes."""
        codes = {name: child.poll() for name, child in self.running.items()}
        return {name: code for name, code in codes.items() if code is not None}

    def _asked(self, name: str) -> "subprocess.Popen[bytes]":
        child = self.running.pop(name)
        if child.poll() is None:
            child.terminate()
        return child


def _wait(child: "subprocess.Popen[bytes]", deadline_s: float) -> None:
    try:
        child.wait(max(0.1, deadline_s - time.monotonic()))
    except subprocess.TimeoutExpired:
        _kill(child)


def _kill(child: "subprocess.Popen[bytes]") -> None:
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        child.poll()
    child.wait()


def _surroundings() -> dict[str, str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KIVY")}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    environment["HOME"] = "/nonexistent"
    return environment
