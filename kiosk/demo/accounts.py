"""Two users for two processes: kiosk and uplink run as different ones where the system allows it."""

import grp
import os
import pwd
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: Numbers that no package of Debian uses (policy 9.2.2 leaves 60000 to 64999 to others only by arrangement).
_KIOSK_ID: Final = 62001
_UPLINK_ID: Final = 62002
_CHECK_S: Final = 20.0


@dataclass(frozen=True, slots=True)
class Account:
    """Whom a process runs as; None in the fields is the user who started the demo."""

    user: int | None = None
    group: int | None = None
    groups: tuple[int, ...] = ()

    def own(self, path: Path, mode: int) -> None:
        """Make a folder of this account, with the uplink's group beside it."""
        path.mkdir(parents=True, exist_ok=True)
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)
        path.chmod(mode)

    def take(self, path: Path, mode: int) -> None:
        """Give a file to this account."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)
        path.chmod(mode)


@dataclass(frozen=True, slots=True)
class Accounts:
    """The two accounts; `apart` tells whether they are different users."""

    kiosk: Account
    uplink: Account
    apart: bool


def choose_accounts() -> Accounts:
    """Choose two users apart when started as root and they can read this installation; else the user who asked."""
    same = Accounts(Account(), Account(), apart=False)
    if os.geteuid() != 0 or _taken():
        return same
    kiosk = Account(_KIOSK_ID, _UPLINK_ID, (_KIOSK_ID, *_device_groups()))
    uplink = Account(_UPLINK_ID, _UPLINK_ID, ())
    return Accounts(kiosk, uplink, apart=True) if _can_import(uplink) else same


def _taken() -> bool:
    """Say whether a person of this system has one of the numbers."""
    for number in (_KIOSK_ID, _UPLINK_ID):
        try:
            pwd.getpwuid(number)
        except KeyError:
            continue
        return True
    return False


def _device_groups() -> tuple[int, ...]:
    found: list[int] = []
    for name in ("video", "render", "audio", "input"):
        try:
            found.append(grp.getgrnam(name).gr_gid)
        except KeyError:
            continue
    return tuple(found)


def _can_import(account: Account) -> bool:
    try:
        done = subprocess.run(
            [sys.executable, "-c", "import kiosk.cli"],
            user=account.user,
            group=account.group,
            extra_groups=[],
            capture_output=True,
            timeout=_CHECK_S,
            check=False,
            cwd="/",
        )
    except (OSError, subprocess.TimeoutExpired):
        # The project lies in a folder of root's own, where another user cannot even start its Python.
        return False
    return done.returncode == 0
