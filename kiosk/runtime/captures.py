"""The print desk and the portrait desk: from a raw reading to a judged capture, each on its device's thread."""

import hashlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from drivers.camera.api import Camera, Frame
from drivers.errors import DeviceCancelled, DeviceError, DeviceTimeout
from drivers.fingerprint.api import FingerprintSensor, PrintImage, RingColour
from kiosk.domain.capture_plan import Finger
from kiosk.domain.enrolment import Capture
from kiosk.domain.quality import PortraitHint, PrintVerdict
from kiosk.journey.events import (
    DeviceRecovered,
    DeviceTrouble,
    FingerStays,
    FingerTouched,
    PortraitTaken,
    PrintCaptured,
    PrintProgress,
)
from kiosk.runtime.posting import Post
from kiosk.runtime.worker import Worker

log = logging.getLogger(__name__)

#: One wait for a finger; between two of them the desk sees whether it is still wanted.
_WAIT_S: Final = 1.5
#: Looks for an empty glass, each so long, before a finger that stays there is taken as it lies.
_LIFT_LOOKS: Final = 40
#: After so many looks at a finger that stays, the citizen is asked to lift it.
_LOOKS_BEFORE_A_WORD: Final = 4
_LIFT_S: Final = 0.5
_STILL_S: Final = 5.0
_PROBE_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class JudgedPrint:
    """What kiosk.biometrics says of a print, and the print as a PNG."""

    quality: int
    verdict: PrintVerdict
    png: bytes


@dataclass(frozen=True, slots=True)
class JudgedPortrait:
    """What kiosk.biometrics says of a portrait, and the portrait as a JPEG of the named size in pixels."""

    hints: tuple[PortraitHint, ...]
    jpeg: bytes
    width_px: int
    height_px: int


class PrintDesk:
    """The sensor and its judge."""

    def __init__(
        self,
        sensor: FingerprintSensor,
        judge: Callable[[PrintImage], JudgedPrint],
        worker: Worker,
        *,
        post: Post,
    ) -> None:
        """Take hold of the sensor; `judge` runs on its thread."""
        self._sensor = sensor
        self._judge = judge
        self._worker = worker
        self._post = post
        self._lifted = True
        self._stopped = threading.Event()
        self._probing = threading.Lock()

    def start(self, finger: Finger) -> None:
        """Wait for this finger; an earlier wait is over."""
        self.stop()
        self._stopped = stopped = threading.Event()
        self._worker.do(lambda: self._capture(finger, stopped))

    def stop(self) -> None:
        """Stop waiting."""
        self._stopped.set()
        self._sensor.cancel()

    def wipe(self) -> None:
        """Wipe the module's memory: this citizen is done."""
        self._worker.do(self._wipe)

    def probe(self) -> None:
        """See whether a sensor that was in trouble answers again; says so if it does, and nothing if not."""
        if self._probing.acquire(blocking=False):
            self._worker.do(self._probe)

    def _capture(self, finger: Finger, stopped: threading.Event) -> None:
        # A wait that was over before its turn came must not hold up the one that is wanted now.
        if stopped.is_set():
            return
        try:
            self._sensor.ring(RingColour.WAITING)
            self._until_lifted(stopped)
            while not stopped.is_set():
                image = self._one_wait(stopped)
                if image is not None:
                    self._tell(finger, image, stopped)
                    return
        except DeviceCancelled:
            return
        except DeviceError as error:
            log.warning("fingerprint sensor: %s", error)
            if not stopped.is_set():
                self._post(DeviceTrouble("fingerprint", type(error).__name__))

    def _until_lifted(self, stopped: threading.Event) -> None:
        """See that the finger taken last has gone: one that stays must not be taken for the next.

        A glass that looks occupied for ever is a dirty one; the print's own verdict says so.
        """
        for look in range(_LIFT_LOOKS):
            if self._lifted or stopped.is_set():
                return
            self._lifted = self._sensor.wait_for_lift(_LIFT_S)
            if not self._lifted and look == _LOOKS_BEFORE_A_WORD and not stopped.is_set():
                self._post(FingerStays())
        self._lifted = True

    def _one_wait(self, stopped: threading.Event) -> PrintImage | None:
        def on_touch() -> None:
            if not stopped.is_set():
                self._post(FingerTouched())

        def on_progress(done: int, expected: int) -> None:
            if not stopped.is_set() and expected:
                self._post(PrintProgress(min(100, 100 * done // expected)))

        try:
            return self._sensor.capture(_WAIT_S, on_touch, on_progress)
        except DeviceTimeout:
            return None

    def _tell(self, finger: Finger, image: PrintImage, stopped: threading.Event) -> None:
        self._lifted = False
        judged = self._judge(image)
        if stopped.is_set():
            return
        good = judged.verdict is PrintVerdict.GOOD
        self._sensor.ring(RingColour.GOOD if good else RingColour.AGAIN)
        identity = self._sensor.identity()
        capture = Capture("image/png", image.width_px, image.height_px, image.dpi, judged.png)
        name = hashlib.sha256(judged.png).hexdigest()
        sensor = f"{identity.driver}/{identity.model}/{identity.serial}".rstrip("/")
        self._post(PrintCaptured(finger, name, capture, quality=judged.quality, verdict=judged.verdict, sensor=sensor))

    def _wipe(self) -> None:
        try:
            self._sensor.ring(RingColour.OFF)
            self._sensor.wipe()
        except DeviceError as error:
            log.warning("the sensor's memory could not be wiped: %s", error)

    def _probe(self) -> None:
        try:
            self._sensor.wait_for_lift(_PROBE_S)
        except DeviceError:
            return
        finally:
            self._probing.release()
        self._post(DeviceRecovered("fingerprint"))


class PortraitDesk:
    """The camera, its light, and its judge."""

    def __init__(
        self,
        camera: Camera,
        light: Callable[[float], None],
        judge: Callable[[Frame], JudgedPortrait],
        worker: Worker,
        *,
        post: Post,
    ) -> None:
        """Take hold of the camera; `judge` runs on its thread."""
        self._camera = camera
        self._light = light
        self._judge = judge
        self._worker = worker
        self._post = post
        self._seen_gone = False
        self._probing = threading.Lock()

    def start(self) -> None:
        """Let frames come, with the light on."""
        self._worker.do(self._start)

    def stop(self) -> None:
        """No more frames, light off."""
        self._worker.do(self._stop)

    def take(self) -> None:
        """Take and judge a portrait."""
        self._worker.do(self._take)

    def probe(self) -> None:
        """See whether a camera that was in trouble delivers again; says so if it does."""
        if self._probing.acquire(blocking=False):
            self._worker.do(self._probe)

    def newest(self) -> Frame | None:
        """Give the newest frame to the screen; a camera that died while it should run calls the officer, once."""
        try:
            frame = self._camera.newest()
        except DeviceError as error:
            if not self._seen_gone:
                self._seen_gone = True
                log.warning("camera: %s", error)
                self._post(DeviceTrouble("camera", type(error).__name__))
            return None
        if frame is not None and self._seen_gone:
            self._seen_gone = False
            self._post(DeviceRecovered("camera"))
        return frame

    def _start(self) -> None:
        self._light(1.0)
        self._seen_gone = False
        try:
            self._camera.start()
        except DeviceError as error:
            log.warning("camera: %s", error)
            self._post(DeviceTrouble("camera", type(error).__name__))

    def _stop(self) -> None:
        self._light(0.0)
        try:
            self._camera.stop()
        except DeviceError as error:
            # It is not wanted any more; who wants it next is told when it does not start.
            log.warning("camera: %s", error)

    def _take(self) -> None:
        try:
            self._camera.start()
            frame = self._camera.still(_STILL_S)
        except DeviceError as error:
            log.warning("camera: %s", error)
            self._post(DeviceTrouble("camera", type(error).__name__))
            return
        judged = self._judge(frame)
        identity = self._camera.identity()
        capture = Capture("image/jpeg", judged.width_px, judged.height_px, None, judged.jpeg)
        name = hashlib.sha256(judged.jpeg).hexdigest()
        self._post(PortraitTaken(name, capture, judged.hints, sensor=f"{identity.driver}/{identity.model}"))

    def _probe(self) -> None:
        try:
            self._camera.stop()
            self._camera.start()
            self._camera.still(_STILL_S)
        except DeviceError:
            return
        finally:
            self._probing.release()
        self._seen_gone = False
        self._post(DeviceRecovered("camera"))
