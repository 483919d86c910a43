"""The processes of a storm, as their own programs run them, with a clock and a wire that cannot be trusted."""

from __future__ import annotations

import logging
import os
import resource
import signal
import threading
from collections import deque
from collections.abc import Callable, MutableSequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from kiosk.custody.inbox import Inbox
from kiosk.office.changes import Changes
from kiosk.office.collecting import Collecting
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.layout import OfficeLayout
from kiosk.office.settings import OfficeSettings
from kiosk.uplink.link import Link
from kiosk.uplink.linkage import Delivery
from kiosk.uplink.process import Uplink
from tests.office.stand import uplink_settings_of

KEPT_MESSAGES = 16
ANSWER_S = 6.0
CORRUPT, CORRUPT_BESIDE, AGAIN, LATE = 0.03, 0.04, 0.08, 0.1
COMES_AT_LAST = 0.02
"""Each turn of an uplink one message that is late may come."""
WIRE = ("said again", "said spoilt", "told again", "told spoilt", "told late")
"""What was done to messages: by a kiosk, and to a kiosk. The order in which an uplink counts it."""
Counts = MutableSequence[int]


class JumpingClock:
    """A wall clock that somebody else sets, by a file of seconds."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __call__(self) -> datetime:
        """Now, as this machine believes it to be."""
        try:
            ahead_s = float(self._file.read_text("ascii") or 0)
        except (OSError, ValueError):
            ahead_s = 0.0
        return datetime.now(UTC) + timedelta(seconds=ahead_s)


def uplink(
    layout: Path,
    kiosk: str,
    directory: Path,
    port: int,
    clock: Path,
    seed: int,
    room: int | None,
    counts: Counts,
    hears_well: bool,
) -> None:
    """One kiosk's uplink, until it is killed."""
    _as_a_process(room)
    spoil_the_wire(Random(seed), counts)
    if not hears_well:
        spoil_the_ear(Random(seed + 1), counts)
    # A chunk takes seconds on the slowest road.
    settings = uplink_settings_of(OfficeLayout(layout), kiosk, directory, port, answer_timeout_s=ANSWER_S)
    while True:
        try:
            inbox = Inbox.open(settings.inbox)
        except Exception:  # noqa: BLE001 - what run_uplink does: it tries again
            threading.Event().wait(0.1)
            continue
        with inbox:
            uplink = Uplink(settings, inbox, now=JumpingClock(clock))
            while True:
                uplink.turn()


def collector(layout: Path, url: str, clock: Path, room: int | None) -> None:
    """The office's collector with its duty, until it is killed. What ends it begins again, as systemd would."""
    _as_a_process(room)
    settings = OfficeSettings(directory=layout, database_url=url, reconnect_min_s=0.05, reconnect_max_s=0.2)
    while True:
        try:
            with closing(OfficeDatabase.open(url)), closing(_collecting(settings, clock)) as collecting:
                collecting.run(threading.Event())
        except OfficeError:
            threading.Event().wait(0.1)


def _collecting(settings: OfficeSettings, clock: Path) -> Collecting:
    return Collecting(settings, Changes(), now=JumpingClock(clock))


def spoil_the_wire(random: Random, counts: Counts) -> None:
    """Have what a kiosk says come twice, out of order, and with a bit changed: beside the right ones or instead."""
    whole: Callable[..., int | None] = Link.publish
    earlier: deque[bytes] = deque(maxlen=KEPT_MESSAGES)

    def publish(link: Link, topic: str, payload: bytes, **how: object) -> int | None:
        if not topic.endswith("/enrol"):
            return whole(link, topic, payload, **how)
        dice = random.random()
        if dice < AGAIN and earlier:
            counts[0] += 1
            whole(link, topic, random.choice(earlier), **how)
        elif dice < AGAIN + CORRUPT_BESIDE:
            counts[1] += 1
            whole(link, topic, _spoilt(payload, random), **how)
        earlier.append(payload)
        if random.random() < CORRUPT:
            counts[1] += 1
            payload = _spoilt(payload, random)
        return whole(link, topic, payload, **how)

    Link.publish = publish  # type: ignore[method-assign]


def spoil_the_ear(random: Random, counts: Counts) -> None:
    """Have what a kiosk is told come twice, late and so out of order, and with a bit changed: receipts, lists, orders.

    Beside the right ones and instead of them; whatever the broker says it to.
    """
    whole, turn = Uplink._on_message, Uplink.turn
    earlier: deque[Delivery] = deque(maxlen=KEPT_MESSAGES)
    late: list[Delivery] = []

    def spoilt(delivery: Delivery) -> Delivery:
        counts[3] += 1
        return replace(delivery, payload=_spoilt(delivery.payload, random))

    def hear(uplink: Uplink, delivery: Delivery) -> None:
        dice = random.random()
        if dice < AGAIN and earlier:
            counts[2] += 1
            whole(uplink, random.choice(earlier))
        elif dice < AGAIN + CORRUPT_BESIDE and delivery.payload:
            whole(uplink, spoilt(delivery))
        elif dice < AGAIN + CORRUPT_BESIDE + LATE:
            counts[4] += 1
            late.append(delivery)
            return
        earlier.append(delivery)
        whole(uplink, spoilt(delivery) if delivery.payload and random.random() < CORRUPT else delivery)

    def turned(uplink: Uplink) -> None:
        if late and random.random() < COMES_AT_LAST:
            whole(uplink, late.pop(random.randrange(len(late))))
        turn(uplink)

    Uplink._on_message = hear  # type: ignore[method-assign]
    Uplink.turn = turned  # type: ignore[method-assign]


def _spoilt(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _as_a_process(room: int | None) -> None:
    """Quiet, and with a disk that is full as soon as a file of its own grows beyond `room` bytes."""
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.setsid()
    if room is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
