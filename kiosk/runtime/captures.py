"""The print desk: from a raw reading to a judged print, and whether this finger was taken before, on its own thread.

Templates are compared by the module itself, in its working memory, and kept here in memory alone: from one clear() or
wipe() to the next, so that none outlives its citizen or a power cut; after one they are made again from the prints of
the draft. The module's library stays empty.
"""

import hashlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from drivers.errors import DeviceCancelled, DeviceError, DeviceFault, DeviceTimeout
from drivers.fingerprint.api import FingerprintSensor, PrintImage, RingColour
from kiosk.domain.capture_plan import Finger
from kiosk.domain.enrolment import Capture
from kiosk.domain.quality import PrintVerdict
from kiosk.journey.events import (
    DeviceRecovered,
    DeviceTrouble,
    FingerStays,
    FingerTouched,
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
_PROBE_S: Final = 1.0
#: The bar on the screen moves in steps of so many per cent; a print comes in a hundred packets and more.
_PROGRESS_PERCENT: Final = 5
#: Of so many prints the office is told how many had a dirty glass.
_GLASS_TRIES: Final = 50


@dataclass(frozen=True, slots=True)
class JudgedPrint:
    """What kiosk.biometrics says of a print, and the print as a PNG. `move`: where the finger should go, or empty."""

    quality: int
    verdict: PrintVerdict
    png: bytes
    move: str = ""


class PrintDesk:
    """The sensor and its judge."""

    def __init__(
        self,
        sensor: FingerprintSensor,
        judge: Callable[[PrintImage], JudgedPrint],
        worker: Worker,
        *,
        post: Post,
        reread: Callable[[Capture], PrintImage],
    ) -> None:
        """Take hold of the sensor; `judge` runs on its thread, and `reread`, which gives a capture as it was brought.

        `reread` raises ValueError for a capture that is not whole.
        """
        self._sensor = sensor
        self._judge = judge
        self._worker = worker
        self._post = post
        self._lifted = True
        self._stopped = threading.Event()
        self._probing = threading.Lock()
        self._reread = reread
        self._templates: dict[Finger, bytes] = {}
        #: Prints taken before a power cut, of which the module has to make templates again; the newest last.
        self._unknown: dict[Finger, Capture] = {}
        self._library_empty = False
        self._dirty: deque[bool] = deque(maxlen=_GLASS_TRIES)

    @property
    def glass(self) -> tuple[int, int]:
        """Of how many of the last prints, and of how many of these the glass was dirty. From any thread."""
        seen = tuple(self._dirty)
        return len(seen), sum(seen)

    def start(self, finger: Finger) -> None:
        """Wait for this finger; an earlier wait is over."""
        self.stop()
        self._stopped = stopped = threading.Event()
        self._worker.do(lambda: self._capture(finger, stopped))

    def stop(self) -> None:
        """Stop waiting."""
        self._stopped.set()
        self._sensor.cancel()

    def clear(self) -> None:
        """Begin with a new citizen: empty the module, whoever used it, and forget the templates of the one before."""
        self._worker.do(self._clear)

    def remember(self, prints: Mapping[Finger, Capture]) -> None:
        """Take prints of this citizen from before a power cut, oldest first; fingers are compared with them again.

        The module makes their templates anew while fingers are waited for, the newest first: a finger that comes before
        it is done is compared with those that are known by then.
        """
        known = dict(prints)
        self._worker.do(lambda: self._unknown.update(known))

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
            if not self._library_empty:
                self._empty_library()
            self._sensor.ring(RingColour.WAITING)
            self._until_lifted(stopped)
            while not stopped.is_set():
                self._know_one()
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

        told = 0

        def on_progress(done: int, expected: int) -> None:
            nonlocal told
            percent = min(100, 100 * done // expected) if expected else 0
            if percent >= told + _PROGRESS_PERCENT and not stopped.is_set():
                told = percent
                self._post(PrintProgress(percent))

        try:
            return self._sensor.capture(_WAIT_S, on_touch, on_progress)
        except DeviceTimeout:
            return None

    def _know_one(self) -> None:
        """Have the module make the template of one print from before a power cut.

        Raises DeviceGone, DeviceCancelled.
        """
        if not self._unknown:
            return
        finger, capture = next(reversed(self._unknown.items()))
        try:
            template = self._sensor.features_of(self._reread(capture)) if finger not in self._templates else None
        except (DeviceFault, ValueError) as error:
            log.warning("fingers taken before the interruption are not compared: %s", error)
            self._unknown.clear()
            return
        del self._unknown[finger]
        if template is not None:
            self._templates[finger] = template

    def _tell(self, finger: Finger, image: PrintImage, stopped: threading.Event) -> None:
        self._lifted = False
        judged = self._judge(image)
        self._dirty.append(judged.verdict is PrintVerdict.DIRTY_GLASS)
        if stopped.is_set():
            return
        same_as = self._taken_before(finger, stopped)
        if stopped.is_set():
            return
        good = judged.verdict is PrintVerdict.GOOD and same_as is None
        self._sensor.ring(RingColour.GOOD if good else RingColour.AGAIN)
        identity = self._sensor.identity()
        capture = Capture("image/png", image.width_px, image.height_px, image.dpi, judged.png)
        name = hashlib.sha256(judged.png).hexdigest()
        sensor = f"{identity.driver}/{identity.model}/{identity.serial}".rstrip("/")
        self._post(
            PrintCaptured(
                finger,
                name,
                capture,
                quality=judged.quality,
                verdict=judged.verdict,
                sensor=sensor,
                move=judged.move,
                same_as=same_as,
            )
        )

    def _taken_before(self, finger: Finger, stopped: threading.Event) -> Finger | None:
        """Name the other finger of this citizen that the module finds this one to be, or None.

        A module that makes no template of this print, or does not compare, tells nothing: the print counts all the
        same. Raises DeviceGone and DeviceCancelled.
        """
        try:
            template = self._sensor.features()
            if template is None:
                return None
            for other, earlier in self._templates.items():
                if stopped.is_set():
                    return None
                if other is not finger and self._sensor.matches(earlier) > 0:
                    return other
        except DeviceFault as error:
            log.warning("fingers were not compared: %s", error)
            return None
        self._templates[finger] = template
        return None

    def _clear(self) -> None:
        self._templates.clear()
        self._unknown.clear()
        self._library_empty = False
        try:
            # Buffers too: the module keeps its power when the kiosk's program ends in the middle of a citizen.
            self._sensor.wipe()
        except DeviceError as error:
            # The library is tried again before the first finger is taken.
            log.warning("the sensor's memory could not be wiped: %s", error)
        else:
            self._library_empty = True

    def _empty_library(self) -> None:
        """Empty the library. Raises DeviceGone and the like; a module that refuses is noted, and goes on."""
        try:
            self._sensor.empty_library()
        except DeviceFault as error:
            log.warning("the sensor does not empty its library: %s", error)
        self._library_empty = True

    def _wipe(self) -> None:
        self._templates.clear()
        self._unknown.clear()
        self._library_empty = False
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
