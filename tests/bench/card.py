"""The card: commands and seconds of a whole reading against the fewest there can be, and each cryptographic stage.

The floor is the fewest commands that any reader needs for the same card, times the card's delay: no question about what
the card is, every file found by its short identifier, every answer filled to the last byte.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from drivers.card.demo_authority import DemoAuthority
from drivers.card.pcscd import ensure_pcscd, why_not
from drivers.card.real import open_reader
from drivers.card.simulated import VirtualReaderSlot
from drivers.card.soft_chip import SoftChip
from drivers.card.soft_crypto import wrap_object
from drivers.card.soft_directory import ATR_INFO, ChipTraits
from drivers.card.soft_files import Holder
from drivers.card.soft_id_card import CardMake, make_id_card
from kiosk.chip.certificates import read_certificate
from kiosk.chip.commands import Transmit
from kiosk.chip.files import CardFile
from kiosk.chip.findings import judge
from kiosk.chip.keys import MrzKey
from kiosk.chip.memory import ReaderMemory
from kiosk.chip.reading import ALL, EVERYTHING, ChipRead, read_chip
from kiosk.chip.stages import Stage
from kiosk.chip.trust import make_store
from kiosk.chip.verdict import Verdict
from tests.bench.spine import machine

AIM = 1.1
HOLDER = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", None)
KEY = MrzKey(HOLDER.number[-9:], HOLDER.birth_text, HOLDER.expiry_text)
PORTRAIT = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 64 + b"\xff\xd9"
DETAILS = {1: HOLDER.number, 2: "Trần Thị Hoà", 8: "Thạch Khê, Hà Tĩnh", 9: "Thôn Tân Hương, Thạch Khê, Hà Tĩnh"}
LONGEST_ANSWER = 4096
OVERHEAD = 48
#: The most plain bytes of a protected answer of 256 bytes: 3DES, AES.
FULL = {"3DES": 231, "AES": 223}


@dataclass(frozen=True)
class Kind:
    """One kind of reading: how the card was made, what is wanted, and the commands beside those for files."""

    name: str
    make: CardMake
    wanted: tuple[CardFile, ...]
    cipher: str
    fixed: int


#: BAC: SELECT, GET CHALLENGE, EXTERNAL AUTHENTICATE. PACE: EF.CardAccess, MSE, 4 GENERAL AUTHENTICATE, SELECT; behind
#: the files MSE and GENERAL AUTHENTICATE of Chip Authentication, INTERNAL AUTHENTICATE.
BAC, PACE = CardMake(pace=()), CardMake()
KINDS = (
    Kind("BAC + DG1 + DG2 + SOD", BAC, ALL, "3DES", 3),
    Kind("PACE + DG1, 2, 13, 14, 15 + SOD + CA + AA", PACE, EVERYTHING, "AES", 7 + 3),
)


def card(kind: Kind, authority: DemoAuthority, *, extended: bool) -> SoftChip:
    """Make the card, with or without extended length."""
    traits = ChipTraits(selects_master_file=False, extended=LONGEST_ANSWER if extended else 0)
    make = CardMake(pace=kind.make.pace, traits=traits)
    chip = make_id_card(HOLDER, PORTRAIT, width_px=480, height_px=640, authority=authority, details=DETAILS, make=make)
    if extended:
        sizes = b"".join(wrap_object(0x02, LONGEST_ANSWER.to_bytes(2, "big")) for _ in "ab")
        chip.masters[ATR_INFO] = wrap_object(0x7F66, sizes)
    return chip


def floor_of(kind: Kind, read: ChipRead, *, extended: bool) -> int:
    """The fewest commands for what was read."""
    room = LONGEST_ANSWER - OVERHEAD if extended else FULL[kind.cipher]
    return kind.fixed + sum(-(-len(read.files[file]) // room) for file in kind.wanted if file in read.files)


def run(
    kind: Kind, way: Callable[[SoftChip], Transmit], *, extended: bool, rounds: int, delay_s: float
) -> dict[str, Any]:
    """Read the same card several times and give the medians."""
    authority = DemoAuthority(now=datetime.now(UTC) - timedelta(days=1))
    chip, store = card(kind, authority, extended=extended), make_store([read_certificate(authority.root_der)])
    taken, judged, reads = list[float](), list[float](), list[ChipRead]()
    for _ in range(rounds):
        transmit = way(chip)
        began_s = time.perf_counter()
        memory = ReaderMemory(reader_extended=extended)
        read = read_chip(transmit, [KEY], wanted=kind.wanted, memory=memory, atr=chip.atr)
        taken.append(time.perf_counter() - began_s)
        began_s = time.perf_counter()
        found = judge(read, store, at=datetime.now(UTC))
        judged.append(time.perf_counter() - began_s)
        if found.trusted.verdict is not Verdict.YES or found.unmodified.verdict is not Verdict.YES:
            raise SystemExit(f"the card was not read well: {found}")
        reads.append(read)
    least = floor_of(kind, reads[0], extended=extended)
    seconds = statistics.median(taken)
    return {
        "kind": kind.name,
        "length": "extended" if extended else "short",
        "delay_ms": round(1000 * delay_s, 1),
        "apdus": reads[0].effort.apdus,
        "floor_apdus": least,
        "seconds": round(seconds, 4),
        "floor_seconds": round(least * delay_s, 4),
        "ratio": round(seconds / (least * delay_s), 3) if delay_s else None,
        "rounds": rounds,
        "stages": {**stages(reads), "passive authentication": round(1000 * statistics.median(judged), 3)},
    }


def stages(reads: list[ChipRead]) -> dict[str, float]:
    """What the reader itself computes in each stage, in milliseconds: the card's time is not in it."""
    names = [name for name in reads[0].effort.stages if name in tuple(Stage)]
    own = {
        name: [stage.seconds - stage.card_seconds for read in reads if (stage := read.effort.stages.get(name))]
        for name in names
    }
    files = [
        sum(stage.seconds - stage.card_seconds for name, stage in read.effort.stages.items() if name not in own)
        for read in reads
    ]
    own["secure messaging of the files"] = files
    return {name.replace("_", " "): round(1000 * statistics.median(values), 3) for name, values in own.items()}


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Measure every kind, short and extended, at every delay, over PC/SC where there is a virtual reader."""
    results: list[dict[str, Any]] = []
    with ExitStack() as stack:
        slot = reader = None
        if not arguments.in_memory:
            virtual = stack.enter_context(ensure_pcscd(120.0))
            slot = stack.enter_context(VirtualReaderSlot())
            reader = open_reader(virtual.name, simulated=True)
            stack.callback(reader.close)
        for delay_s in (delay / 1000 for delay in arguments.delays):

            def way(chip: SoftChip, delay_s: float = delay_s) -> Transmit:
                if slot is None or reader is None:
                    return delayed(chip, delay_s)
                slot.apdu_delay_s = 0.0
                slot.insert(chip)
                reader.disconnect()
                reader.wait_for_card(10.0)
                slot.apdu_delay_s = delay_s
                return reader.transmit

            for kind in KINDS:
                for extended in (False, True):
                    rounds = arguments.rounds if delay_s else 3 * arguments.rounds
                    results.append(run(kind, way, extended=extended, rounds=rounds, delay_s=delay_s))
                    print(f"  {kind.name}, {results[-1]['length']}, {delay_s * 1000:g} ms: done", file=sys.stderr)
    return results


def delayed(chip: SoftChip, delay_s: float) -> Transmit:
    """A card in memory that thinks for so long about each command."""
    chip.reset()

    def transmit(apdu: bytes) -> bytes:
        if delay_s:
            time.sleep(delay_s)
        return chip.process(apdu)

    return transmit


def table(results: list[dict[str, Any]]) -> str:
    """The figures for people."""
    lines = [
        "| reading | length | delay | commands | fewest | seconds | floor | ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in results:
        ratio = "" if one["ratio"] is None else f"{one['ratio']:.3f}"
        lines.append(
            f"| {one['kind']} | {one['length']} | {one['delay_ms']:g} ms | {one['apdus']} | {one['floor_apdus']} "
            f"| {one['seconds']:.3f} | {one['floor_seconds']:.3f} | {ratio} |"
        )
    lines += ["", "What the reader computes, milliseconds:"]
    for one in results:
        if not one["delay_ms"] and one["length"] == "short":
            lines += [f"  {one['kind']}", *(f"    {took:8.3f}  {name}" for name, took in one["stages"].items())]
    return "\n".join(lines)


def main() -> int:
    """Measure and print. Returns the exit code: 1 when a short reading at a delay is above the aim."""
    parser = argparse.ArgumentParser(prog="bench card", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--delays", type=float, nargs="+", default=[0.0, 15.0], metavar="MS", help="per command")
    parser.add_argument("--in-memory", action="store_true", help="without pcscd and the virtual reader")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    arguments = parser.parse_args()
    if not arguments.in_memory and (reason := why_not()) is not None:
        print(f"{reason}; measuring in memory", file=sys.stderr)
        arguments.in_memory = True
    results = measure(arguments)
    where = "in memory" if arguments.in_memory else "over pcscd and the virtual reader"
    summary = {"machine": machine(), "where": where, "aim": AIM, "results": results}
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    print(f"{where}, load average {summary['machine']['load_average']}, aim {AIM} at short length")
    print(table(results))
    return int(any(one["length"] == "short" and (one["ratio"] or 0.0) > AIM for one in results))


if __name__ == "__main__":
    sys.exit(main())
