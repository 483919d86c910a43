"""Prints: no hang and no wrong image whatever the wire does; verdicts against what is known; what the coach gains.

The wire: an image is asked for through the driver's own conversation, over a line in memory on which every answer of
the module may be spoilt: bits flipped, bytes lost or put in, the rest cut off, silence, other packets in between. A
packet's sum is 16 bits of plain addition, which two errors in one packet can leave as it was; so at most one error
goes into each packet, and any number into each answer. Time is counted by the line, so that silence costs none.
"""

import argparse
import collections
import importlib
import importlib.util
import multiprocessing
import os
import sys
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from drivers.errors import DeviceError
from drivers.fingerprint.commands import Instruction
from drivers.fingerprint.exchange import Exchange
from drivers.fingerprint.packets import Packet, PacketKind
from drivers.fingerprint.transfers import Upload

STREAMS: Final = 1_000_000
PACKET_BYTES: Final = 128
IMAGE_BYTES: Final = 768
CHUNK: Final = 2000
LONGEST_S: Final = 120.0
"""Seconds of the line's clock that one image may take, whatever comes: the driver's own deadlines end it earlier."""
MOST_READS: Final = 20_000
ANSWER: Final = Packet(PacketKind.ACK, b"\0").encode()


class Spoilt(Exception):
    """The line was asked for ever: a hang."""


@dataclass
class Tally:
    """What was tried and how it ended."""

    streams: int = 0
    outcomes: collections.Counter[str] = field(default_factory=collections.Counter[str])
    accidents: list[str] = field(default_factory=list[str])
    slowest_s: float = 0.0

    def add(self, other: "Tally") -> None:
        """Take another worker's tally in."""
        self.streams += other.streams
        self.outcomes += other.outcomes
        self.accidents += other.accidents
        self.slowest_s = max(self.slowest_s, other.slowest_s)


class SpoiltLine:
    """A line to a module that sends one image, and a clock that runs as the line does."""

    def __init__(self, image: bytes, random: Random, share: float) -> None:
        """`share` of all packets are spoilt."""
        self.baud = 57600
        self.now_s = 0.0
        self._random = random
        self._share = share
        self._waiting = bytearray()
        self._reads = 0
        pieces = [image[at : at + PACKET_BYTES] for at in range(0, len(image), PACKET_BYTES)]
        self._image = [
            Packet(PacketKind.END if number == len(pieces) - 1 else PacketKind.DATA, piece).encode()
            for number, piece in enumerate(pieces)
        ]

    def read(self, timeout_s: float) -> bytes:
        """Give some of what waits, or let the time pass."""
        self._reads += 1
        if self._reads > MOST_READS or self.now_s > LONGEST_S:
            raise Spoilt
        if not self._waiting:
            self.now_s += max(timeout_s, 0.001)
            return b""
        count = self._random.randint(1, 200)
        taken = bytes(self._waiting[:count])
        del self._waiting[:count]
        self.now_s += len(taken) * 10 / self.baud
        return taken

    def write(self, data: bytes) -> None:
        """Hear a command: an image is sent with its packets, everything else is answered with yes."""
        packets = [ANSWER]
        if len(data) > 9 and data[9] == Instruction.UP_IMAGE:
            packets += self._image
        for packet in packets:
            if self._random.random() < self._share:
                broken, ends = spoilt(packet, self._random)
                self._waiting += broken
                if ends:
                    return
            else:
                self._waiting += packet


def spoilt(packet: bytes, random: Random) -> tuple[bytes, bool]:
    """Put one error into a packet; says also whether the module falls silent after it."""
    out, at = bytearray(packet), random.randrange(len(packet))
    match random.randrange(9):
        case 0 | 1:
            out[at] ^= 1 << random.randrange(8)
        case 2:
            del out[at]
        case 3:
            out[at:at] = random.randbytes(1)
        case 4:
            out[at:at] = random.randbytes(random.randint(2, 40))
        case 5:
            return bytes(out[:at]), True
        case 6:
            return b"", False
        case 7:
            out[:0] = random.choice((b"\xef\x01", b"\x55", ANSWER, random.randbytes(60)))
        case _:
            del out[at : at + random.randint(2, 60)]
    return bytes(out), False


def prove_some(job: tuple[int, int]) -> Tally:
    """Bring so many images over spoilt lines, from a seed."""
    seed, count = job
    random, tally = Random(seed), Tally()
    for _ in range(count):
        image = random.randbytes(IMAGE_BYTES)
        line = SpoiltLine(image, random, random.choice((0.02, 0.1, 0.3)))
        exchange = Exchange(line, monotonic_s=lambda line=line: line.now_s)
        tally.streams += 1
        try:
            upload = Upload(
                exchange, Instruction.UP_IMAGE, expected_bytes=IMAGE_BYTES, fits=lambda size: size == IMAGE_BYTES
            )
            outcome = "right image" if upload.bring() == image else "WRONG IMAGE"
        except DeviceError as error:
            outcome = type(error).__name__
        except Spoilt:
            outcome = "HANG"
        except Exception as error:  # noqa: BLE001 - whatever else comes out is what is looked for
            outcome = f"CRASH {type(error).__name__}"
        tally.outcomes[outcome] += 1
        tally.slowest_s = max(tally.slowest_s, line.now_s)
        if outcome.isupper() or outcome.startswith("CRASH"):
            tally.accidents.append(f"seed {seed}: {outcome}")
    return tally


def prove_wire(streams: int, seed: int) -> tuple[list[str], bool]:
    """Bring `streams` images over spoilt lines with all cores; give the lines to show, and whether all was well."""
    jobs = [(seed + number, min(CHUNK, streams - number * CHUNK)) for number in range(-(-streams // CHUNK))]
    whole, start = Tally(), time.monotonic()
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for done, tally in enumerate(pool.imap_unordered(prove_some, jobs), 1):
            whole.add(tally)
            if sys.stderr.isatty() or done % 50 == 0:
                print(f"  {whole.streams} of {streams} streams", file=sys.stderr, flush=True)
    lines = [
        f"{whole.streams} streams, seed {seed}, {time.monotonic() - start:.0f} s, at most {whole.slowest_s:.0f} s",
        *(f"  {name}: {count}" for name, count in whole.outcomes.most_common()),
        *whole.accidents[:20],
    ]
    return lines, not whole.accidents


def part(name: str) -> Any:  # noqa: ANN401 - a module
    """Give another part of this proof, or None where it is not there."""
    full = f"tests.prove.{name}"
    return importlib.import_module(full) if importlib.util.find_spec(full) is not None else None


def main() -> int:
    """Prove the wire, then the verdicts and the coach."""
    parser = argparse.ArgumentParser(prog="./run prove prints", description=__doc__)
    parser.add_argument("--streams", type=int, default=STREAMS, help="images over spoilt lines")
    parser.add_argument("--fingers", type=int, default=24, help="grown fingers whose verdicts are compared")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--wire-only", action="store_true")
    chosen = parser.parse_args()
    lines, well = prove_wire(chosen.streams, chosen.seed)
    print("\n".join(lines), flush=True)
    if not chosen.wire_only:
        verdicts, coach = part("_prints_verdicts"), part("_prints_coach")
        if verdicts is not None:
            print("\n" + "\n".join(verdicts.report(chosen.fingers, chosen.seed)), flush=True)
        if coach is not None:
            print("\n" + "\n".join(coach.prove()), flush=True)
    print("proved" if well else "NOT proved: see the accidents above")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
