"""The portrait desk: the sitter is followed on a thread of its own, the portrait taken and judged on the camera's."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from drivers.camera.api import Camera, Frame, Region
from drivers.errors import DeviceError
from kiosk.domain.enrolment import Capture
from kiosk.domain.photo_coach import QUIET_S, Advice, Posture
from kiosk.domain.portrait import PortraitNote
from kiosk.domain.quality import PortraitSay
from kiosk.journey.events import CoachMissing, DeviceRecovered, DeviceTrouble, PortraitTaken, SitterSeen
from kiosk.runtime.posting import Post
from kiosk.runtime.worker import Worker

log = logging.getLogger(__name__)

_STILL_S: Final = 5.0
#: Shots of which the best is kept: somebody blinks in every tenth.
_SHOTS: Final = 3
_LOCK_S: Final = 4.0
#: How long between two looks for a new frame: a camera brings 15 to 30 a second.
_LOOK_S: Final = 0.01
#: Parts of the wait before a shot that are told to the screen.
_HELD_STEPS: Final = 5


@dataclass(frozen=True, slots=True)
class JudgedPortrait:
    """What kiosk.biometrics says of a portrait, and the portrait as a JPEG of the named size in pixels.

    `hints` is what blocks, the most useful first; `asks` is for the officer alone. `worth` tells shots with as many
    hints apart, the better one has more. `note` is what is kept beside the picture.
    """

    hints: tuple[PortraitSay, ...]
    jpeg: bytes
    width_px: int
    height_px: int
    worth: float = 0.0
    asks: tuple[PortraitSay, ...] = ()
    note: PortraitNote = field(default_factory=PortraitNote)


class Glance(Protocol):
    """What one frame told; see kiosk.runtime.following.Seen."""

    @property
    def advice(self) -> Advice:
        """What the coach does."""
        ...

    @property
    def asks(self) -> tuple[PortraitSay, ...]:
        """What only the officer can tell."""
        ...

    @property
    def face(self) -> Region | None:
        """Where the face is."""
        ...


class Following(Protocol):
    """Follows one sitter; see kiosk.runtime.following.Follower."""

    def see(self, frame: Frame, now_s: float) -> Glance:
        """Look at a frame of the preview."""
        ...


class Eyes(Protocol):
    """Who looks at frames, one call at a time; see kiosk.runtime.portrait_judging.FaceEyes."""

    def follower(self, posture: Posture, *, shot_scale: float, quiet_until_s: float) -> Following | None:
        """Begin with a sitter; None where faces cannot be found."""
        ...

    def judge(self, frame: Frame) -> JudgedPortrait:
        """Judge a shot."""
        ...


class PortraitDesk:
    """The camera, its light, and its judge."""

    def __init__(
        self,
        camera: Camera,
        light: Callable[[float], None],
        eyes: Eyes,
        worker: Worker,
        *,
        watcher: Worker,
        post: Post,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take hold of the camera: shots are judged on `worker`'s thread, sitters followed on `watcher`'s."""
        self._camera = camera
        self._light = light
        self._eyes = eyes
        self._worker = worker
        self._watcher = watcher
        self._post = post
        self._monotonic_s = monotonic_s
        self._seen_gone = False
        self._probing = threading.Lock()
        self._stopped = threading.Event()
        #: Whoever uses the eyes has this: they are for one thread at a time.
        self._looking = threading.Lock()
        self._shot_scale: float | None = None

    def start(self) -> None:
        """Let frames come, with the light on."""
        self._worker.do(self._start)

    def stop(self) -> None:
        """No more frames, light off; nobody is followed any more."""
        self._stopped.set()
        self._worker.do(self._stop)

    def follow(self, sitting: int, posture: Posture) -> None:
        """Follow whoever sits there, once the camera runs, until stop() or take(); an earlier look is over."""
        self._stopped.set()
        self._stopped = stopped = threading.Event()
        # By way of the camera's thread: what was asked of it before is then done.
        self._worker.do(lambda: self._watcher.do(lambda: self._follow(sitting, posture, stopped)))

    def take(self, sitting: int) -> None:
        """Take and judge a portrait; the sitter is followed no longer."""
        self._stopped.set()
        self._stopped = stopped = threading.Event()
        self._worker.do(lambda: self._take(sitting, stopped))

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

    def _follow(self, sitting: int, posture: Posture, stopped: threading.Event) -> None:
        """Tell every change. A camera that dies is told of by whoever shows its frames: here it only ends the look."""
        try:
            scale = self._scale(stopped)
            if scale is None:
                return
            quiet_until_s = self._monotonic_s() + QUIET_S
            with self._looking:
                follower = self._eyes.follower(posture, shot_scale=scale, quiet_until_s=quiet_until_s)
            if follower is None:
                self._tell(CoachMissing(sitting), stopped)
                return
            told: SitterSeen | None = None
            for frame in self._frames(stopped):
                with self._looking:
                    if stopped.is_set():
                        return
                    seen = follower.see(frame, self._monotonic_s())
                if seen.face is not None:
                    self._camera.meter(seen.face)
                now = SitterSeen(sitting, _in_steps(seen.advice), seen.asks)
                if now != told:
                    told = now
                    self._tell(now, stopped)
                if seen.advice.shoot:
                    return
        except DeviceError as error:
            log.warning("camera: the sitter is followed no longer: %s", error)

    def _tell(self, event: SitterSeen | CoachMissing, stopped: threading.Event) -> None:
        if not stopped.is_set():
            self._post(event)

    def _scale(self, stopped: threading.Event) -> float | None:
        """Give the pixels of a shot for one of the preview: found once, by taking one of each."""
        if self._shot_scale is None:
            first = next(self._frames(stopped), None)
            if first is None:
                return None
            self._shot_scale = self._camera.still(_STILL_S).width_px / first.width_px
        return self._shot_scale

    def _frames(self, stopped: threading.Event) -> Iterator[Frame]:
        number = -1
        while not stopped.is_set():
            frame = self._camera.newest()
            if frame is None or frame.number == number:
                stopped.wait(_LOOK_S)
                continue
            number = frame.number
            yield frame

    def _take(self, sitting: int, stopped: threading.Event) -> None:
        try:
            self._camera.start()
            judged = self._best_shot()
        except DeviceError as error:
            log.warning("camera: %s", error)
            self._post(DeviceTrouble("camera", type(error).__name__))
            return
        if stopped.is_set():
            return
        identity = self._camera.identity()
        capture = Capture("image/jpeg", judged.width_px, judged.height_px, None, judged.jpeg)
        name = hashlib.sha256(judged.jpeg).hexdigest()
        sensor = f"{identity.driver}/{identity.model}"
        self._post(PortraitTaken(sitting, name, capture, judged.hints, sensor, judged.asks, judged.note))

    def _best_shot(self) -> JudgedPortrait:
        """Take some shots that are alike in light and focus, judge each at full size, and keep the best."""
        with self._looking, self._camera.locked(_LOCK_S) as held:
            if not held:
                log.warning("camera: it could not be held still for the shots")
            best = self._eyes.judge(self._camera.still(_STILL_S))
            for _ in range(_SHOTS - 1):
                shot = self._eyes.judge(self._camera.still(_STILL_S))
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


def _in_steps(advice: Advice) -> Advice:
    """Round the share of the wait, so that not every frame is news."""
    return replace(advice, held=int(advice.held * _HELD_STEPS) / _HELD_STEPS)
