"""Keeping secrets out of swap and core dumps, for the process that holds plaintext."""

import ctypes
import resource
from dataclasses import dataclass
from typing import Final

_PR_SET_DUMPABLE = 4
#: Parameters of glibc's mallopt: from 1 MiB on a buffer is pages of its own; few arenas for many threads.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_ALLOCATION: Final = {_M_MMAP_THRESHOLD: 1 << 20, _M_TRIM_THRESHOLD: 4 << 20, _M_ARENA_MAX: 2}
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
    give_back_memory()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    not_dumpable = libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    # With a small limit a later allocation would fail instead of being swapped: better not to lock at all.
    unlimited = resource.RLIM_INFINITY in (soft, hard)
    locked = unlimited and libc.mlockall(_MCL_CURRENT | _MCL_FUTURE | _MCL_ONFAULT) == 0
    return Hardened(no_core_dump=True, not_dumpable=not_dumpable, memory_locked=locked)


def give_back_memory() -> None:
    """Let frames, shots and prints go back to the system as soon as nobody holds them; call it before threads start.

    By itself glibc gives each thread an arena of its own and, once a large buffer was freed, takes the next from the
    heap, where any small thing above keeps all below: so a kiosk grew to twice its size over a few citizens, and what
    was freed still held what had been on it. Does nothing where the C library is another one.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for parameter, value in _ALLOCATION.items():
            mallopt(parameter, value)
