"""How the kiosk is: battery, outbox, disk — a row for the uplink every few seconds, and the receipts in between."""

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from drivers.errors import DeviceError
from drivers.power.api import PowerReading, PowerSupply
from kiosk.custody.clock import wall_source
from kiosk.custody.outbox import Outbox
from kiosk.journey.status import Status
from kiosk.runtime.board import board_temperature_c
from kiosk.runtime.custody import CustodyDesk
from kiosk.runtime.remedies import RemedyBook
from kiosk.wire.enrolment import BODY_SCHEMA, SUMMARY_SCHEMA
from kiosk.wire.messages import (
    Battery,
    Birth,
    Clock,
    Disk,
    Glass,
    HandsSample,
    OutboxSample,
    PausedSample,
    RosterSample,
    SettingsSample,
    Telemetry,
    Witness,
    encode_json,
)

log = logging.getLogger(__name__)

_GROUP: Final = "kiosk"
#: The group of rows that the uplink publishes as the retained inventory.
_BIRTH: Final = "birth"
#: The group of rows that tell the office what remedies did on a day; the uplink sends them however old they are.
_REMEDIES: Final = "remedies"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often, in seconds: telemetry rows, and looks for receipts while something waits or nothing does."""

    telemetry_s: float = 10.0
    receipts_s: float = 0.25
    receipts_idle_s: float = 2.0
    quick_looks: int = 240


@dataclass(frozen=True, slots=True)
class About:
    """What the kiosk says of itself: its id, this boot, its version, and the driver of each device by name."""

    kiosk: str
    boot: str
    software: str
    drivers: Callable[[], Mapping[str, str]]


def birth_of(custody: CustodyDesk, kiosk: str, software: str, boot: str, drivers: Mapping[str, str]) -> Birth:
    """What a kiosk says of itself: its version, this boot, its drivers, and which key its rosters are sealed for.

    And the settings that hold, of those that the office may change.
    """
    rosters = custody.rosters
    return Birth(
        kiosk=kiosk,
        sw=software,
        boot=boot,
        drivers=dict(drivers),
        schemas=[BODY_SCHEMA, SUMMARY_SCHEMA],
        roster_key=rosters.word if rosters is not None else "",
        settings=custody.settings,
    )


class Watch:
    """Two loops that end when cancelled."""

    def __init__(
        self,
        custody: CustodyDesk,
        power: PowerSupply,
        *,
        folder: Path,
        about: About,
        now: Callable[[], datetime],
        tell: Callable[[Status], None],
        faults: Callable[[], tuple[str, ...]],
        low_percent: int = 20,
        rhythm: Rhythm | None = None,
        remedies: RemedyBook | None = None,
        glass: Callable[[], tuple[int, int]] = lambda: (0, 0),
        hands: Callable[[], tuple[int, int, int]] = lambda: (0, 0, 0),
    ) -> None:
        """Watch `power`, and the disk that `folder` lies on; `tell` hears how the kiosk is, on the loop's thread.

        What `remedies` has counted is told to the office while the link is up, and the office's answer is taken in.

        `faults` gives the keys of texts about devices without which the kiosk still works. From `low_percent` of the
        charge down, and without mains, the officer is warned. `glass` says of how many prints, and of how many of
        these the sensor's glass was dirty; `hands` how often help was called, and how many touches counted or did not.
        """
        self._custody = custody
        self._power = power
        self._folder = folder
        self._about = about
        self._announced: tuple[dict[str, str], str, SettingsSample | None] | None = None
        self._now = now
        self._rhythm = rhythm or Rhythm()
        self._remedies = remedies
        self._glass = glass
        self._hands = hands
        self._tell = tell
        self._faults = faults
        self._low_percent = low_percent
        self._last_fault = ""
        self._reading = PowerReading(None, None)
        self._waiting = 0
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look for receipts at once; on the loop's thread."""
        self._woken.set()

    async def run(self) -> None:
        """Run both loops until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._telemetry(), name="telemetry")
            tasks.create_task(self._receipts(), name="receipts")

    async def _telemetry(self) -> None:
        while True:
            await self._announce()
            await asyncio.wrap_future(self._custody.write_telemetry(_GROUP, self._sample))
            if await self._tell_status():
                await self._tell_remedies()
            await asyncio.sleep(self._rhythm.telemetry_s)

    async def _receipts(self) -> None:
        quick = 0
        while True:
            waiting = await asyncio.wrap_future(self._custody.look_for_receipts())
            if waiting != self._waiting:
                self._waiting = waiting
                quick = self._rhythm.quick_looks
                await self._tell_status()
            quick -= 1
            # A citizen stands before a fresh enrolment; through a week offline nobody needs four looks a second.
            pause_s = self._rhythm.receipts_s if waiting and quick > 0 else self._rhythm.receipts_idle_s
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), pause_s)
                self._woken.clear()

    async def _announce(self) -> None:
        """Tell the office of drivers, the key its rosters are sealed for, and settings, when something of it is new."""
        drivers, rosters = dict(self._about.drivers()), self._custody.rosters
        roster_key = rosters.word if rosters is not None else ""
        known = drivers, roster_key, self._custody.settings
        if known == self._announced:
            return
        self._announced = known
        about = self._about
        birth = birth_of(self._custody, about.kiosk, about.software, about.boot, drivers)
        await asyncio.wrap_future(self._custody.write_telemetry(_BIRTH, lambda _outbox: encode_json(birth)))

    async def _tell_remedies(self) -> None:
        if self._remedies is None:
            return
        for day in self._remedies.untold():
            await asyncio.wrap_future(self._custody.write_telemetry(_REMEDIES, lambda _outbox, day=day: day))
        await asyncio.wrap_future(self._remedies.take_in())

    async def _tell_status(self) -> bool:
        """Tell how the kiosk is; gives whether the office is reached."""
        link, standing = await asyncio.wrap_future(self._custody.link()), self._custody.standing
        rosters = self._custody.rosters
        progress = rosters.progress if rosters is not None else None
        status = Status(
            battery_percent=self._reading.battery_percent,
            on_mains=self._reading.on_mains,
            waiting=self._waiting,
            link="" if link is None else "online" if link.connected else link.reason or "unreachable",
            faults=self._faults(),
            battery_low=self._battery_low(),
            rejected=standing.rejected,
            full_percent=standing.full_percent,
            clock_wrong=standing.clock_wrong,
            roster=None if progress is None or not progress.today else (progress.today_done, progress.today),
            paused=self._custody.paused.total,
            overdue=self._custody.paused.overdue,
        )
        self._tell(status)
        return link is not None and link.connected

    def _battery_low(self) -> bool:
        percent = self._reading.battery_percent
        return percent is not None and percent <= self._low_percent and not self._reading.on_mains

    def _sample(self, outbox: Outbox) -> bytes:
        summary = outbox.summary()
        now = self._now()
        disk, witness = shutil.disk_usage(self._folder), self._custody.witness()
        reading, faults = self._read_power()
        self._reading, self._waiting = reading, summary.waiting
        tries, dirty = self._glass()
        calls, touches, rejects = self._hands()
        battery = None
        if reading.on_mains is not None or reading.battery_percent is not None:
            charge = reading.battery_percent / 100 if reading.battery_percent is not None else None
            battery = Battery(charge=charge, mains=bool(reading.on_mains))
        return encode_json(
            Telemetry(
                ts=now,
                boot=self._about.boot,
                seq_last=summary.last_seq,
                chain=summary.head.hex(),
                outbox=OutboxSample(
                    n=summary.waiting, bytes=summary.waiting_bytes, oldest_s=int(summary.oldest_age_s(now))
                ),
                batt=battery,
                disk=Disk(free=disk.free, size=disk.total),
                clock=Clock(src=wall_source()),
                audit=Witness(n=witness.n, head=witness.hash.hex()),
                roster=self._roster(),
                glass=Glass(tries=tries, dirty=dirty) if tries else None,
                hands=HandsSample(help=calls, touches=touches, rejects=rejects)
                if calls or touches or rejects
                else None,
                board_c=board_temperature_c(),
                officer=self._custody.last_officer,
                sw=self._about.software,
                paused=PausedSample(n=self._custody.paused.total, overdue=self._custody.paused.overdue),
                err=[*faults, *self._custody.alarms()],
            )
        )

    def _roster(self) -> RosterSample | None:
        """Days and counts alone: who is on it is nobody's on the way."""
        rosters = self._custody.rosters
        progress = rosters.progress if rosters is not None else None
        return None if progress is None else RosterSample(of=progress.issued, n=progress.people, done=progress.done)

    def _read_power(self) -> tuple[PowerReading, list[str]]:
        try:
            reading = self._power.read()
        except DeviceError as error:
            if str(error) != self._last_fault:
                self._last_fault = str(error)
                log.warning("power: %s", error)
            return PowerReading(None, None), ["power"]
        self._last_fault = ""
        return reading, []
