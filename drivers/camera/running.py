"""The life of a camera driver: one feed, one thread, started, stopped and started again.

Owns the order of these; refuses to know where frames come from. Both drivers are made of it.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager

from drivers.camera.api import Frame, Region
from drivers.camera.feed import FrameFeed
from drivers.camera.metering import FaceMeter
from drivers.errors import DeviceError, DeviceFault

_STOP_WAIT_S = 5.0


class RunningCamera(ABC):
    """The calls of the Camera protocol that do not depend on the camera; a driver adds where frames come from."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._feed = FrameFeed(monotonic_s)
        self._meter = FaceMeter()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to deliver frames, also after the camera was lost. Raises DeviceMissing, DeviceFault, DeviceClosed."""
        with self._lock:
            self._feed.refuse_when_closed()
            if self._feed.flowing:
                return
            self._end_thread()
            self._prepare()
            self._stopping = threading.Event()
            self._meter.reset()
            self._feed.open()
            self._thread = threading.Thread(target=self._work, args=(self._stopping,), name="camera", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop delivering frames. Raises DeviceFault when the camera does not let go."""
        with self._lock:
            self._feed.shut()
            self._end_thread()

    def newest(self) -> Frame | None:
        return self._feed.newest()

    def still(self, timeout_s: float) -> Frame:
        return self._feed.still(timeout_s)

    def meter(self, face: Region | None) -> None:
        self._meter.aim(face)

    def locked(self, timeout_s: float) -> AbstractContextManager[bool]:
        return self._feed.hold(timeout_s)

    def close(self) -> None:
        self._feed.close()
        self.stop()

    @abstractmethod
    def _prepare(self) -> None:
        """Get hold of the camera, before its thread begins. Raises DeviceMissing, DeviceFault."""

    @abstractmethod
    def _run(self, stopping: threading.Event) -> None:
        """Fill the feed until `stopping` is set or the camera is lost; let go of the camera. On the camera's thread."""

    def _work(self, stopping: threading.Event) -> None:
        try:
            self._run(stopping)
        except DeviceError as error:
            self._feed.lose(str(error))

    def _end_thread(self) -> None:
        if self._thread is None:
            return
        self._stopping.set()
        self._thread.join(_STOP_WAIT_S)
        if self._thread.is_alive():
            raise DeviceFault("camera: it does not let go; switch the kiosk off and on")
        self._thread = None
