"""The way to one module: its port opened, lost and opened again, at the fastest rate that holds.

Owns what lasts longer than one opening: identity, ring colour, counters, remembered rates. Knows no print. What speaks
through a pseudo-terminal always counts as simulated.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from drivers.errors import DeviceError, DeviceGone, DeviceMissing
from drivers.fingerprint.api import RingColour, SensorHealth
from drivers.fingerprint.commands import PACKET_SIZES, Instruction
from drivers.fingerprint.discovery import ModuleFacts, find_rate, profile_named, read_facts
from drivers.fingerprint.exchange import CommandRefused, DeviceSilent, Exchange
from drivers.fingerprint.looking import Eye
from drivers.fingerprint.rates import RateChange, RateMemory, change_rate, fastest_first, slower
from drivers.fingerprint.ring import RingLight
from drivers.fingerprint.serial_port import SerialLine

USUAL_BAUD = 57600
FACTORY_PACKET_CODE = 2
_PACKET_REGISTER = 6
_PSEUDO_TERMINALS = Path("/dev/pts")


@dataclass(slots=True)
class Counters:
    """What is counted for SensorHealth, over all openings."""

    stale_bytes: int = 0
    damaged_transfers: int = 0
    reopenings: int = 0
    rate_fallbacks: int = 0
    captures: int = 0
    poor_images: int = 0


class Connection:
    """The port and the module at it. One thread; health() alone may be asked from others.

    `baud` declares a rate, which is then tried first and never changed. `memory` is the file of remembered rates;
    without it the module's rate is left as it is. Raises what opening raises: DeviceMissing, DeviceGone, DeviceFault.
    """

    def __init__(
        self,
        port: str,
        *,
        profile: str | None = None,
        baud: int | None = None,
        simulated: bool = False,
        memory: Path | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._port = port
        self._profile = profile_named(profile)
        self._declared_baud = baud
        self._simulated = simulated or Path(port).resolve().is_relative_to(_PSEUDO_TERMINALS)
        self._rates = None if memory is None or baud is not None else RateMemory(memory)
        self._monotonic_s = monotonic_s
        self._ring: RingLight | None = None
        self._ring_colour: RingColour | None = None
        self._line: SerialLine | None = None
        self._exchange: Exchange | None = None
        self._restarts_seen = 0
        self.counters = Counters()
        self.facts: ModuleFacts
        self.eye: Eye
        self._open(() if baud is None else (baud,))

    def talk(self) -> Exchange:
        """Give the conversation, opening the port again when the module had gone. Raises DeviceGone, DeviceFault."""
        if self._exchange is not None:
            return self._exchange
        try:
            exchange = self._open((self.facts.identity.baud,))
        except DeviceMissing as error:
            raise DeviceGone(str(error)) from error
        self.counters.reopenings += 1
        return exchange

    def drop(self) -> None:
        """Close the port; talk() opens it again. Safe to call twice, and from any thread."""
        line, exchange = self._line, self._exchange
        self._line = self._exchange = None
        if exchange is not None:
            self.counters.stale_bytes += exchange.stale_bytes
        if line is not None:
            line.close()

    def health(self) -> SensorHealth:
        """Say how well the sensor has served; from any thread."""
        exchange, told = self._exchange, self.counters
        return SensorHealth(
            baud=exchange.line.baud if exchange else 0,
            packet_bytes=exchange.packet_bytes if exchange else 0,
            stale_bytes=told.stale_bytes + (exchange.stale_bytes if exchange else 0),
            damaged_transfers=told.damaged_transfers,
            reopenings=told.reopenings,
            rate_fallbacks=told.rate_fallbacks,
            captures=told.captures,
            poor_images=told.poor_images,
        )

    def show(self, colour: RingColour) -> None:
        """Show a colour on the ring, now and after every return of the module."""
        exchange = self.talk()
        self._ring_colour = colour
        if self._ring is not None:
            self._ring.show(exchange, colour)

    def relight(self, exchange: Exchange) -> None:
        """Show the colour again if the module has lost it in a brown-out (it had forgotten the password, too)."""
        if exchange.restarts == self._restarts_seen:
            return
        self._restarts_seen = exchange.restarts
        if self._ring is not None and self._ring_colour is not None:
            self._ring.show(exchange, self._ring_colour)

    def slow_down(self) -> bool:
        """Give up a rate that spoils what is sent; False when there is no lower one, or it is not ours to change.

        A module that only a reset makes change has lost its picture.
        """
        exchange = self.talk()
        fast = exchange.line.baud
        baud = slower(fast)
        if self._rates is None or baud is None:
            return False
        if change_rate(exchange, baud, can_reset=self.facts.newer) is not RateChange.HOLDS:
            return False
        self._rates.of(self._key()).too_fast.add(fast)
        self.counters.rate_fallbacks += 1
        self._note_rate(exchange)
        return True

    def _open(self, first_bauds: tuple[int, ...]) -> Exchange:
        likely = self._rates.likely() if self._rates else ()
        first_bauds = (*first_bauds, *likely)
        line = SerialLine(self._port, first_bauds[0] if first_bauds else USUAL_BAUD)
        try:
            exchange = Exchange(line, monotonic_s=self._monotonic_s)
            find_rate(exchange, self._profile, first=first_bauds)
            self.facts = read_facts(exchange, self._profile, simulated=self._simulated)
            self._tune(exchange)
            ring = RingLight() if self.facts.has_ring else None
            if ring is not None and self._ring_colour is not None:
                ring.show(exchange, self._ring_colour)
        except DeviceError:
            line.close()
            raise
        self.eye = Eye(exchange, judges=self.facts.newer)
        self._line, self._exchange, self._ring, self._restarts_seen = line, exchange, ring, exchange.restarts
        return exchange

    def _tune(self, exchange: Exchange) -> None:
        """Bring a module to the fastest rate that holds, and to packets no smaller than the factory's."""
        exchange.packet_bytes = self.facts.packet_bytes
        if self._rates is None:
            return
        if exchange.packet_bytes < PACKET_SIZES[FACTORY_PACKET_CODE]:
            try:
                exchange.ask(Instruction.SET_SYS_PARA, bytes((_PACKET_REGISTER, FACTORY_PACKET_CODE)))
            except (CommandRefused, DeviceSilent):
                pass  # it works with small ones, too
            else:
                exchange.packet_bytes = PACKET_SIZES[FACTORY_PACKET_CODE]
        known = self._rates.of(self._key())
        for baud in fastest_first(known, above=exchange.line.baud):
            became = change_rate(exchange, baud, can_reset=self.facts.newer)
            if became is RateChange.HOLDS:
                known.asked = 0
                break
            if became is RateChange.PENDING:
                known.asked += 1  # after so many times it is left alone: each asking wears its flash
                break
            known.too_fast.add(baud)
            self.counters.rate_fallbacks += became is RateChange.TOO_FAST
        self._note_rate(exchange)

    def _note_rate(self, exchange: Exchange) -> None:
        baud = exchange.line.baud
        self.facts = replace(self.facts, identity=replace(self.facts.identity, baud=baud))
        if self._rates is not None:
            self._rates.of(self._key()).baud = baud
            self._rates.save()

    def _key(self) -> str:
        """Name the module in the file: by its serial number, else by where it is plugged in."""
        identity = self.facts.identity
        return f"{identity.model}:{identity.serial}" if identity.serial else f"{identity.model}@{Path(self._port).name}"
