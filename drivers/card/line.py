"""A thread of its own for calls that may hang, so that the caller can wait with a deadline."""

import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from drivers.errors import DeviceTimeout

_T = TypeVar("_T")


class Line:
    """Runs one call after the other in a daemon thread. A call that hangs costs this line, never the caller."""

    def __init__(self, name: str) -> None:
        """Start the thread under `name`."""
        self._calls: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def call(self, call: Callable[[], _T], *, timeout_s: float) -> _T:
        """Run `call` over there and give what it returns or raise what it raises.

        Raises DeviceTimeout when that takes longer than `timeout_s`; the line is then good for nothing more.
        """
        done: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                done.put((call(), None))
            except BaseException as error:  # noqa: BLE001 - handed over and raised in the caller's thread
                done.put((None, error))

        self.post(run)
        try:
            value, error = done.get(timeout=timeout_s)
        except queue.Empty:
            raise DeviceTimeout("the card reader does not answer: unplug it and plug it in again") from None
        if error is not None:
            raise error
        return value

    def post(self, call: Callable[[], object]) -> None:
        """Run `call` after the others; nobody waits for it."""
        self._calls.put(call)

    def end(self) -> None:
        """Let the thread end after what is queued."""
        self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()
