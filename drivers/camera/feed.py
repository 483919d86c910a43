"""What arrives from a camera, between the camera's thread and everybody else.

Owns the newest frame, the watch over its age and the hand-over of stills. Refuses to know any camera: the real and the
simulated driver fill it from their own thread.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from drivers.camera.api import Frame
from drivers.errors import DeviceCancelled, DeviceClosed, DeviceFault, DeviceGone, DeviceTimeout

SILENCE_S = 2.0


class FrameFeed:
    """One slot for the newest frame and one for the still that somebody waits for; safe from any thread.

    `monotonic_s` is the clock by which a camera counts as silent, and in which `still_asked_at_s` is told.
    """

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._changed = threading.Condition()
        self._asking = threading.Lock()
        self._open = False
        self._closed = False
        self._newest: Frame | None = None
        self._heard_at_s = 0.0
        self._lost: str | None = None
        self._asked_at_s: float | None = None
        self._still: Frame | None = None
        self._count = 0
        self._hold_wanted = False
        self._held = False

    @property
    def hold_wanted(self) -> bool:
        """Whether somebody wants exposure, white balance and focus held still."""
        with self._changed:
            return self._hold_wanted

    def tell_held(self) -> None:
        """Everything stands still: whoever waits for that goes on."""
        with self._changed:
            self._held = self._hold_wanted
            self._changed.notify_all()

    @contextmanager
    def hold(self, timeout_s: float) -> Iterator[bool]:
        """Ask the camera to hold still and wait for it; see Camera.locked(). One at a time, as stills are."""
        with self._changed:
            self._refuse_unless_open("locked()")
            self._hold_wanted, self._held = True, False
            self._changed.wait_for(lambda: self._held or not self._open or self._lost is not None, timeout_s)
            held = self._held
        try:
            with self._changed:
                if not self._open:
                    raise DeviceCancelled("camera: it was stopped while it was to hold still")
                self._refuse_when_lost()
            yield held
        finally:
            with self._changed:
                self._hold_wanted = self._held = False

    @property
    def flowing(self) -> bool:
        """Whether the feed is open and the camera is neither lost nor silent."""
        with self._changed:
            return self._open and self._loss() is None

    @property
    def still_asked_at_s(self) -> float | None:
        """When the still that somebody waits for was asked for, or None when nobody waits."""
        with self._changed:
            return self._asked_at_s

    def open(self) -> None:
        """Begin: from now on silence counts. Raises DeviceClosed after close()."""
        with self._changed:
            self.refuse_when_closed()
            self._open, self._lost, self._newest = True, None, None
            self._heard_at_s = self._monotonic_s()

    def shut(self) -> None:
        """End: the newest frame is forgotten, and whoever waits for a still is told so."""
        with self._changed:
            self._open, self._newest = False, None
            self._changed.notify_all()

    def close(self) -> None:
        """Shut, for good."""
        self._closed = True
        self.shut()

    def refuse_when_closed(self) -> None:
        """Raise DeviceClosed after close()."""
        if self._closed:
            raise DeviceClosed("camera: it was closed and cannot be used any more")

    def put(self, width_px: int, height_px: int, rgba: bytes) -> None:
        """Make this the newest preview frame."""
        with self._changed:
            if self._open and self._lost is None:
                self._newest = self._numbered(width_px, height_px, rgba)
                self._heard_at_s = self._monotonic_s()

    def put_still(self, width_px: int, height_px: int, rgba: bytes, *, exposed_at_s: float) -> None:
        """Hand this to whoever waits for a still; dropped when nobody waits, or it was exposed before the asking."""
        with self._changed:
            if self._asked_at_s is not None and exposed_at_s >= self._asked_at_s:
                self._still = self._numbered(width_px, height_px, rgba)
                self._changed.notify_all()

    def lose(self, reason: str) -> None:
        """The camera has died: newest() and still() raise DeviceGone with this reason until the next open()."""
        with self._changed:
            self._lost = reason
            self._changed.notify_all()

    def newest(self) -> Frame | None:
        """The newest frame, or None before the first one and when shut. Raises DeviceGone, DeviceClosed."""
        with self._changed:
            self.refuse_when_closed()
            if not self._open:
                return None
            self._refuse_when_lost()
            return self._newest

    def still(self, timeout_s: float) -> Frame:
        """Wait for one still. Several callers are served one after the other.

        Raises DeviceTimeout, DeviceGone, DeviceCancelled when the feed is shut meanwhile, DeviceFault when it never
        was opened, DeviceClosed.
        """
        deadline_missed = f"camera: no picture within {timeout_s:g} s; try again, and check the cable if it stays so"
        if not self._asking.acquire(timeout=max(0.0, timeout_s)):
            raise DeviceTimeout(deadline_missed)
        try:
            with self._changed:
                self._refuse_unless_open("still()")
                self._still, self._asked_at_s = None, self._monotonic_s()
                self._changed.wait_for(self._still_settled, timeout_s)
                self._asked_at_s, still, self._still = None, self._still, None
                if still is not None:
                    return still
                if not self._open:
                    raise DeviceCancelled("camera: it was stopped while a picture was waited for")
                self._refuse_when_lost()
                raise DeviceTimeout(deadline_missed)
        finally:
            self._asking.release()

    def _refuse_unless_open(self, call: str) -> None:
        self.refuse_when_closed()
        if not self._open:
            raise DeviceFault(f"camera: it is not running; call start() before {call}")

    def _still_settled(self) -> bool:
        return self._still is not None or not self._open or self._lost is not None

    def _numbered(self, width_px: int, height_px: int, rgba: bytes) -> Frame:
        self._count += 1
        return Frame(width_px=width_px, height_px=height_px, rgba=rgba, number=self._count)

    def _loss(self) -> str | None:
        if self._lost is not None:
            return self._lost
        if self._monotonic_s() - self._heard_at_s > SILENCE_S:
            return f"camera: no picture for more than {SILENCE_S:g} s; check its cable and start it again"
        return None

    def _refuse_when_lost(self) -> None:
        if (reason := self._loss()) is not None:
            raise DeviceGone(reason)
