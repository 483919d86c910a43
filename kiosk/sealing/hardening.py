"""Keeping secrets out of swap and core dumps, for the process that holds plaintext."""

import ctypes
import resource
from dataclasses import dataclass

_PR_SET_DUMPABLE = 4
_MCL_CURRENT, _MCL_FUTURE, _MCL_ONFAULT = 1, 2, 4


@dataclass(frozen=True, slots=True)
class Hardened:
    """What was achieved: no core dumps, no tracing by other processes of this user, memory locked out of swap."""

    no_core_dump: bool
    not_dumpable: bool
    memory_locked: bool


def harden_process() -> Hardened:
    """Make this process leave no memory behind, as far as the system lets it.

    Locking memory needs LimitMEMLOCK or CAP_IPC_LOCK and is best effort; a kiosk has no swap on its card anyway.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    not_dumpable = libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    # With a small limit a later allocation would fail instead of being swapped: better not to lock at all.
    unlimited = resource.RLIM_INFINITY in (soft, hard)
    locked = unlimited and libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0
    return Hardened(no_core_dump=True, not_dumpable=not_dumpable, memory_locked=locked)
