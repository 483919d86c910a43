"""What several commands share: where settings lie, whose user to be, how to stop, systemd's watchdog."""

import getpass
import os
import pwd
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from kiosk.notify import notify, watchdog_interval_s

KioskFile = Annotated[Path, typer.Option("--settings", help="The kiosk's settings.")]
OfficeFile = Annotated[Path, typer.Option("--settings", help="The office's settings.")]


def as_owner_of(folder: Path) -> None:
    """Go on, from root, as the user of this folder, who could not read what root makes there."""
    if os.geteuid() != 0 or not folder.is_dir() or (owner := folder.stat()).st_uid == 0:
        return
    user = pwd.getpwuid(owner.st_uid)
    # With the groups that the user has anyway: the uplink reads the outbox by its own, and the inbox is the kiosk's.
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)


@contextmanager
def acting_as_owner_of(folder: Path) -> Iterator[None]:
    """Be, from root, the user of this folder for a while: whom its files and its database server know."""
    if os.geteuid() != 0 or not folder.is_dir() or (owner := folder.stat()).st_uid == 0:
        yield
        return
    user, group, groups = pwd.getpwuid(owner.st_uid), os.getegid(), os.getgroups()
    os.setgroups(os.getgrouplist(user.pw_name, user.pw_gid))
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def say_who_is_new() -> None:
    """Have the broker read its access list again, or say who must. Raises BrokerError."""
    from kiosk.office.brokerunit import here, tell

    if here():
        tell("reload")
    else:
        print("next: where the broker runs, with this folder `broker`: systemctl reload mosquitto")


def whoever() -> str:
    """Who types: the user behind sudo, or this one."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


def stop_by_signal() -> threading.Event:
    """Give an event that SIGTERM and Ctrl-C set."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


class Heartbeat:
    """Feeds systemd's watchdog from a loop that turns more often than needed."""

    def __init__(self) -> None:
        """Learn from the environment whether a watchdog waits."""
        self._wanted = watchdog_interval_s() is not None

    def __call__(self) -> None:
        """Say that the loop turns."""
        if self._wanted:
            notify("WATCHDOG=1")
