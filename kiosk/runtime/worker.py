"""One private thread per device, so that calls to one device never interleave and a stuck one starves no other."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from kiosk.runtime.errors import WorkerStuck

_T = TypeVar("_T")


class Worker:
    """A named thread that does what is submitted, in order. Owner: whoever made it; it ends with stop()."""

    def __init__(self, name: str, on_bug: Callable[[BaseException], None]) -> None:
        """Start the thread; `on_bug` is told (on it) of what a job given to do() raised and nobody expected."""
        self._on_bug = on_bug
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], _T]) -> "Future[_T]":
        """Do `job` on the thread; its result or exception is in the future."""
        future: Future[_T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(job())
            except BaseException as error:  # noqa: BLE001 - the future carries it to the one who asked
                future.set_exception(error)

        self._jobs.put(work)
        return future

    def do(self, job: Callable[[], None]) -> None:
        """Do `job` on the thread, with nobody waiting for it."""

        def work() -> None:
            try:
                job()
            except BaseException as error:  # noqa: BLE001 - a bug must end the kiosk, not hide in a thread
                self._on_bug(error)

        self._jobs.put(work)

    def stop(self, timeout_s: float) -> None:
        """Finish what is submitted and end the thread. Raises WorkerStuck after `timeout_s`."""
        self._jobs.put(None)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise WorkerStuck(f"{self._thread.name} did not end within {timeout_s:g} s")

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
            # What the job held was somebody's; waiting for the next one must not keep it.
            del job
