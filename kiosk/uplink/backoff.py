"""How long to wait before the next try: exponential with full jitter.

A broker that restarts sees every kiosk at once; only a random share of the wait spreads them.
"""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """Waits that double up to a limit, each drawn between the minimum and the doubled value."""

    def __init__(self, *, minimum_s: float, maximum_s: float, uniform: Callable[[float, float], float]) -> None:
        self._minimum_s = minimum_s
        self._maximum_s = maximum_s
        self._uniform = uniform

    def wait_s(self, tries: int) -> float:
        """Seconds to wait after ``tries`` failures in a row (from 1)."""
        ceiling_s = min(self._maximum_s, self._minimum_s * 2.0 ** min(max(tries, 1), 32))
        return self._uniform(self._minimum_s, ceiling_s)
