"""The portrait desk: from a camera's frames to a judged portrait, on the camera's thread."""

import hashlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from drivers.camera.api import Camera, Frame
from drivers.errors import DeviceError
from kiosk.domain.enrolment import Capture
from kiosk.domain.quality import PortraitHint
from kiosk.journey.events import DeviceRecovered, DeviceTrouble, PortraitTaken
from kiosk.runtime.posting import Post
from kiosk.runtime.worker import Worker

log = logging.getLogger(__name__)

_STILL_S: Final = 5.0
#: Shots of which the best is kept: somebody blinks in every tenth.
_SHOTS: Final = 3
_LOCK_S: Final = 4.0


@dataclass(frozen=True, slots=True)
class JudgedPortrait:
    """What kiosk.biometrics says of a portrait, and the portrait as a JPEG of the named size in pixels.

    `worth` tells shots with as many hints apart, the better one has more.
    """

    hints: tuple[PortraitHint, ...]
    jpeg: bytes
    width_px: int
    height_px: int
    worth: float = 0.0


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
            judged = self._best_shot()
        except DeviceError as error:
            log.warning("camera: %s", error)
            self._post(DeviceTrouble("camera", type(error).__name__))
            return
        identity = self._camera.identity()
        capture = Capture("image/jpeg", judged.width_px, judged.height_px, None, judged.jpeg)
        name = hashlib.sha256(judged.jpeg).hexdigest()
        self._post(PortraitTaken(name, capture, judged.hints, sensor=f"{identity.driver}/{identity.model}"))

    def _best_shot(self) -> JudgedPortrait:
        """Take some shots that are alike in light and focus, judge each at full size, and keep the best."""
        with self._camera.locked(_LOCK_S) as held:
            if not held:
                log.warning("camera: it could not be held still for the shots")
            best = self._judge(self._camera.still(_STILL_S))
            for _ in range(_SHOTS - 1):
                shot = self._judge(self._camera.still(_STILL_S))
                best = max(best, shot, key=lambda one: (-len(one.hints), one.worth))
        return best

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
