"""A touch panel, read as it is: every contact at once, and its width where the panel tells it.

SDL makes a mouse of a panel: the first finger alone, without a width, and Kivy takes no more than that on Linux. By it
no palm could be told from a finger. So where the kiosk draws on a console of its own, the panel is read beside SDL
(which grabs nothing) through libmtdev, and SDL is told to make no mouse of it, or every touch would come twice.
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, cast

from kivy.input.factory import MotionEventFactory
from kivy.input.motionevent import MotionEvent
from kivy.input.provider import MotionEventProvider
from kivy.input.shape import ShapeRect

from kiosk.ui.contacts import POSITION_X, POSITION_Y, Axes, Change, Contacts, Rotation

#: The name under which Kivy finds the provider.
PROVIDER: Final = "kiosk-panel"
#: libmtdev numbers the axes of contacts by themselves.
_MTDEV_X, _MTDEV_Y = 5, 6
#: INPUT_PROP_DIRECT: what is touched is what is seen, so a screen and no touch pad.
_DIRECT: Final = 1
_ABS_X, _ABS_Y = 0, 1
_AGAIN_S: Final = 1.0
_IDLE_MS: Final = 200
#: A panel that says it has something and then has nothing, so often and so fast on end, was unplugged. A finger that
#: lies still on a panel of the older protocol does the same at the panel's own pace.
_EMPTY_MOST, _EMPTY_S = 50, 0.2
_log = logging.getLogger(__name__)


class _Axis(Protocol):
    """The range of one axis."""

    minimum: int
    maximum: int


class _Word(Protocol):
    """One event of the kernel's."""

    type: int
    code: int
    value: int


class _Device(Protocol):
    """What is used of Kivy's binding of libmtdev, which has no types."""

    def get_abs(self, index: int) -> _Axis: ...
    def idle(self, ms: int) -> bool: ...
    def get(self) -> _Word | None: ...
    def close(self) -> None: ...


class PanelTouch(MotionEvent):
    """One contact."""

    def __init__(self, device: str, contact: int, args: dict[str, float]) -> None:
        super().__init__(device, contact, args, is_touch=True, type_id="touch")

    def depack(self, args: dict[str, float]) -> None:
        """Take place and width."""
        self.sx, self.sy = args["x"], args["y"]
        self.profile = ["pos"]
        if args["width_px"] > 0:
            self.shape = ShapeRect()
            self.shape.width = self.shape.height = round(args["width_px"])
            self.profile.append("shape")
        super().depack(args)


class PanelProvider(MotionEventProvider):
    """Reads one panel on a thread of its own and gives its contacts to the window, also when it comes late or again."""

    def __init__(self, device: str, args: str) -> None:
        super().__init__(device, args)
        path, rotation, across_px = args.split(",")
        self._path = path
        self._rotation: Rotation = _ROTATIONS[int(rotation)]
        self._across_px = int(across_px)
        self._changes: deque[Change] = deque()
        self._touches: dict[int, PanelTouch] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to read."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="touch panel", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End reading within a fifth of a second."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(2 * _IDLE_MS / 1000)

    def update(self, dispatch_fn: Callable[[str, MotionEvent], None]) -> None:
        """Give what has come since the last frame to the window."""
        while self._changes:
            change = self._changes.popleft()
            args = {"x": change.x, "y": change.y, "width_px": change.width * self._across_px}
            touch = self._touches.get(change.contact)
            if touch is None:
                touch = self._touches[change.contact] = PanelTouch(self.device, change.contact, args)
            else:
                touch.move(args)
            if change.kind == "end":
                del self._touches[change.contact]
                touch.update_time_end()
            dispatch_fn(change.kind, touch)

    def _run(self) -> None:
        """Look for the panel, read it until it is gone, and look again."""
        told = ""
        while not self._stop.is_set():
            path = find_panel() if self._path == "auto" else self._path
            word = "no touch panel is there yet" if path is None else ""
            if path is not None:
                try:
                    self._read(path)
                    word = "the touch panel is gone"
                except (OSError, ValueError) as error:
                    word = f"the touch panel cannot be read: {error}"
                except Exception as error:  # noqa: BLE001  libmtdev's binding raises Exception itself
                    word = f"the touch panel cannot be opened: {error}"
            if word != told and not self._stop.is_set():
                _log.warning("%s; looking for it each second", word)
                told = word
            self._stop.wait(_AGAIN_S)

    def _read(self, path: str) -> None:
        # Loaded here: its library need not be there where no panel is read.
        from kivy.lib.mtdev import Device

        device = cast("_Device", Device(path))
        try:
            across, along = device.get_abs(_MTDEV_X), device.get_abs(_MTDEV_Y)
            contacts = Contacts(Axes(across.minimum, across.maximum, along.minimum, along.maximum), self._rotation)
            _log.info("touch panel %s: places %d x %d", path, across.maximum + 1, along.maximum + 1)
            try:
                self._follow(device, contacts)
            finally:
                self._changes.extend(contacts.lost())
        finally:
            device.close()

    def _follow(self, device: "_Device", contacts: Contacts) -> None:
        empty, since_s = 0, 0.0
        while not self._stop.is_set():
            if device.idle(_IDLE_MS):
                empty = 0
                continue
            word = device.get()
            if word is None:
                since_s = time.monotonic() if empty == 0 else since_s
                empty += 1
                if empty == _EMPTY_MOST:
                    if time.monotonic() - since_s < _EMPTY_S:
                        return
                    empty = 0
                continue
            empty = 0
            self._changes.extend(contacts.take(word.type, word.code, word.value))


_ROTATIONS: Final[dict[int, Rotation]] = {0: 0, 90: 90, 180: 180, 270: 270}


def find_panel(classes: Path = Path("/sys/class/input")) -> str | None:
    """Give the device file of the touch screen, the first by number where there are several, or None."""
    events = sorted(classes.glob("event*"), key=lambda one: int(one.name.removeprefix("event")))
    return next((f"/dev/input/{one.name}" for one in events if _is_panel(one / "device")), None)


def single_touch(classes: Path = Path("/sys/class/input")) -> bool:
    """Say whether the touch screen tells of one contact alone, so that SDL's mouse of it says as much."""
    screens = [one / "device" for one in classes.glob("event*") if _bit(one / "device/properties", _DIRECT)]
    plain = [one for one in screens if all(_bit(one / "capabilities/abs", code) for code in (_ABS_X, _ABS_Y))]
    return bool(plain) and not any(_is_panel(one) for one in screens)


def _is_panel(device: Path) -> bool:
    direct = _bit(device / "properties", _DIRECT)
    return direct and all(_bit(device / "capabilities/abs", code) for code in (POSITION_X, POSITION_Y))


def _bit(file: Path, number: int) -> bool:
    """Say whether a bit is set in one of the kernel's bitmaps: words in hexadecimal, the highest first."""
    try:
        words = file.read_text("ascii").split()
    except OSError:
        return False
    width = 64 if _WORD_BYTES == 8 else 32
    index = len(words) - 1 - number // width
    return index >= 0 and bool(int(words[index], 16) >> number % width & 1)


#: The kernel writes its bitmaps in words as long as its own.
_WORD_BYTES: Final = 8 if os.uname().machine.endswith("64") else 4

MotionEventFactory.register(PROVIDER, PanelProvider)
