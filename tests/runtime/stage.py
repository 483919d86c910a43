"""What the tests of the desks share: a mailbox for events, a card reader over a soft card, scenes for the camera."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from drivers.camera.api import Frame, Region
from drivers.card.api import ReaderIdentity
from drivers.card.soft_chip import SoftChip
from drivers.card.soft_files import Holder
from drivers.card.soft_passport import SoftPassport
from drivers.errors import DeviceCancelled, DeviceGone, DeviceTimeout
from kiosk.chip.qr_code import qr_rows
from kiosk.domain.photo_coach import Advice, Posture
from kiosk.domain.quality import PortraitSay
from kiosk.journey.events import Event
from kiosk.runtime.portraits import JudgedPortrait

PATIENCE_S = 60.0
HOLDER = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", date(2030, 7, 1))
QR_TEXT = "042150000012||Trần Thị Hoà|01071950|Nữ|Thôn Tân Hương, xã Thạch Khê, Hà Tĩnh|01072024"

T = TypeVar("T")


class Mailbox:
    """Keeps every event in order; waits for one without ever sleeping longer than needed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.events: list[Event] = []
        self._read = 0

    def post(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def next(self, kind: type[T], timeout_s: float = PATIENCE_S) -> T:
        """Give the next event of that kind, passing over others; fails when it does not come."""
        until_s = time.monotonic() + timeout_s
        with self._changed:
            while True:
                while self._read < len(self.events):
                    event = self.events[self._read]
                    self._read += 1
                    if isinstance(event, kind):
                        return event
                left_s = until_s - time.monotonic()
                assert left_s > 0, f"no {kind.__name__} came, only {self.events}"
                self._changed.wait(left_s)

    def count(self, kind: type) -> int:
        with self._changed:
            return sum(isinstance(event, kind) for event in self.events)


class SoftReader:
    """A card reader whose cards are soft: lay(), lift(), unplug(). Satisfies drivers.card.api.CardReader."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._card: SoftPassport | SoftChip | None = None
        self._gone = False
        self._cancelled = False
        self._lift_after = -1
        self.commands = 0

    def lay(self, card: SoftPassport | SoftChip, *, lift_after: int = -1) -> None:
        """Lay a card; it is lifted by itself after so many commands, where that is not negative."""
        with self._changed:
            card.reset()
            self._card, self._lift_after = card, lift_after
            self._changed.notify_all()

    def lift(self) -> None:
        with self._changed:
            self._card = None

    def plug(self, there: bool) -> None:
        with self._changed:
            self._gone = not there
            self._changed.notify_all()

    def identity(self) -> ReaderIdentity:
        return ReaderIdentity("soft", "soft reader", simulated=True)

    def wait_for_card(self, timeout_s: float) -> bytes:
        with self._changed:
            self._cancelled = False
            self._changed.wait_for(lambda: self._card is not None or self._gone or self._cancelled, timeout_s)
            if self._gone:
                raise DeviceGone("reader")
            if self._cancelled:
                raise DeviceCancelled("told to stop")
            if self._card is None:
                raise DeviceTimeout("no card")
            return b"\x3b\x00"

    def transmit(self, apdu: bytes) -> bytes:
        with self._changed:
            if self._card is not None and self._lift_after == 0:
                self._card = None
            if self._gone or self._card is None:
                raise DeviceGone("card")
            self._lift_after -= 1
            self.commands += 1
            return self._card.process(apdu)

    def disconnect(self) -> None:
        with self._changed:
            if self._card is not None:
                self._card.reset()

    def cancel(self) -> None:
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    def close(self) -> None:
        self.cancel()


def grey_scene(width_px: int = 64, height_px: int = 48) -> Callable[[float], tuple[int, int, bytes]]:
    """A picture of nothing."""
    rgba = bytes((128, 128, 128, 255)) * (width_px * height_px)
    return lambda _seconds: (width_px, height_px, rgba)


def qr_scene(text: str, scale: int = 4) -> Callable[[float], tuple[int, int, bytes]]:
    """The QR of `text`, flat before the camera."""
    rows = qr_rows(text).split("\n")
    dark, light = bytes((0, 0, 0, 255)), bytes((255, 255, 255, 255))
    side_px = (len(rows) + 8) * scale
    blank = light * side_px
    picture = [blank] * (4 * scale)
    for row in rows:
        line = light * (4 * scale) + b"".join((dark if dot == "1" else light) * scale for dot in row)
        picture += [line + light * (4 * scale)] * scale
    picture += [blank] * (4 * scale)
    rgba = b"".join(picture)
    return lambda _seconds: (side_px, side_px, rgba)


@dataclass(frozen=True)
class Glance:
    """What the drawn eyes saw in one frame."""

    advice: Advice
    asks: tuple[PortraitSay, ...] = ()
    face: Region | None = None


#: All holds at the first look already.
SHOOT = Glance(Advice(PortraitSay.NOTHING, held=1.0, shoot=True))


@dataclass
class DrawnEyes:
    """Eyes that see what a test tells them to: `glances` frame by frame, the last one again and again.

    `blind` are eyes without face nets. `followed` are the postures asked for, `scales` the shots' sizes.
    """

    glances: list[Glance] = field(default_factory=lambda: [SHOOT])
    shot: Callable[[Frame], JudgedPortrait] | None = None
    blind: bool = False
    followed: list[Posture] = field(default_factory=list)
    scales: list[float] = field(default_factory=list)
    seen: int = 0

    def follower(self, posture: Posture, *, shot_scale: float, quiet_until_s: float) -> "DrawnEyes | None":
        assert quiet_until_s > 0
        self.followed.append(posture)
        self.scales.append(shot_scale)
        self.seen = 0
        return None if self.blind else self

    def see(self, frame: Frame, now_s: float) -> Glance:
        del frame, now_s
        glance = self.glances[min(self.seen, len(self.glances) - 1)]
        self.seen += 1
        return glance

    def judge(self, frame: Frame) -> JudgedPortrait:
        if self.shot is not None:
            return self.shot(frame)
        return JudgedPortrait((), b"JPEG", frame.width_px, frame.height_px)
