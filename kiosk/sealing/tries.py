"""Wrong tries at the vault, remembered across restarts: five, then a delay that grows.

A try is written down before it is made, so that pulling the plug wins nothing. A clock that is set back wins nothing
either; one that is set forward does, which only the system's owner can do.
"""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from kiosk.sealing.errors import VaultDelayed, VaultUnwritable
from kiosk.sealing.keyfiles import write_atomically

FREE_TRIES = 5
FIRST_DELAY_S = 30.0
LONGEST_DELAY_S = 3600.0
_EVERYBODY = "*"


def delay_after_s(wrong: int) -> float:
    """How long to wait after so many wrong tries in a row.

    Nothing up to four, 30 s after the fifth, doubling to an hour.
    """
    if wrong < FREE_TRIES:
        return 0.0
    return min(FIRST_DELAY_S * 2.0 ** min(wrong - FREE_TRIES, 16), LONGEST_DELAY_S)


class Tries:
    """The state file: for each officer, wrong tries in a row and the time of the last."""

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now

    def wait_s(self, officer: str) -> float:
        """How long this officer has to wait before the next try, in seconds. Raises VaultUnwritable."""
        state = self._read()
        wrong, last = _of(state, officer)
        delay_s, now_s = delay_after_s(wrong), self._now().timestamp()
        if delay_s and now_s < last:
            # The clock has been set back, or was ahead when the try was made: the delay starts anew from now. Without
            # writing it down it would last until the clock is where it was, which may be years.
            self._write({**state, officer: (wrong, now_s)})
            return delay_s
        return max(0.0, delay_s - max(0.0, now_s - last))

    def begin(self, officer: str) -> int:
        """Write down one more try as wrong, before it is made. Returns the tries left. Raises VaultDelayed."""
        wait_s = self.wait_s(officer)
        if wait_s > 0:
            raise VaultDelayed(f"too many wrong tries: wait {wait_s:.0f} s", wait_s)
        state = self._read()
        wrong = _of(state, officer)[0] + 1
        self._write({**state, officer: (wrong, self._now().timestamp())})
        return max(0, FREE_TRIES - wrong)

    def succeed(self, officer: str) -> None:
        """The try was right: forget the wrong ones."""
        state = self._read()
        if state.pop(officer, None) is not None or _EVERYBODY in state:
            state.pop(_EVERYBODY, None)
            self._write(state)

    def _read(self) -> dict[str, tuple[int, float]]:
        if not self._path.exists():
            return {}
        try:
            state: Any = json.loads(self._path.read_bytes())
            return {str(officer): (int(wrong), float(last)) for officer, (wrong, last) in state.items()}
        except (ValueError, TypeError, AttributeError):
            # Whoever damaged the file must not gain tries by it: everybody has used up theirs, the last one just now.
            state = {_EVERYBODY: (FREE_TRIES, self._now().timestamp())}
            self._write(state)
            return state

    def _write(self, state: dict[str, tuple[int, float]]) -> None:
        try:
            write_atomically(self._path, json.dumps(state).encode())
        except OSError as error:
            raise VaultUnwritable(f"cannot write {self._path.name}: {error.strerror}") from error


def _of(state: dict[str, tuple[int, float]], officer: str) -> tuple[int, float]:
    return state.get(officer) or state.get(_EVERYBODY) or (0, 0.0)
