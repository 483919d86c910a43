"""Trembling hands walk the whole journey through the real app: what they mean is what happens, and all reach the end.

Nothing is drawn to a panel and no second is waited for: the real window is laid out off screen, the real touch filter,
session, desks and files do their work, the devices are simulated at the wire without pace, and the clock is turned.
Several kiosks walk at once, each in a process of its own, at each panel in turn. Ended early (Ctrl-C, `--minutes`), it
tells what was walked; with `--log` the same command goes on from there.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO

from tests.prove._walks import BAD_DAY_MM, PANELS, hands, walk_some, walked

#: The share of presses that are heard as meant, at 2.7 mm.
AIM: Final = 0.99


@dataclass
class Sums:
    """What some walks add up to."""

    counted: Counter[str] = field(default_factory=Counter[str])
    ends: Counter[str] = field(default_factory=Counter[str])
    rejects: Counter[str] = field(default_factory=Counter[str])
    screens: Counter[str] = field(default_factory=Counter[str])
    wrong: list[str] = field(default_factory=list[str])
    dead: list[str] = field(default_factory=list[str])

    def add(self, one: dict[str, Any]) -> None:
        """Add a walk."""
        self.counted.update({name: one[name] for name in ("walks", "meant", "hit", "stray", "deeds", "cpu_s")})
        for tally, name in ((self.ends, "ends"), (self.rejects, "rejects"), (self.screens, "screens")):
            tally.update(one[name])
        self.wrong += [f"{line} (seed {one['seed']})" for line in one["wrong"]]
        self.dead += [f"{line} (seed {one['seed']})" for line in one["dead_ends"]]

    @property
    def share(self) -> float:
        """The share of the presses meant that were heard as meant."""
        return self.counted["hit"] / max(1, self.counted["meant"])

    def lines(self, name: str) -> list[str]:
        """The sums for people."""
        walks = self.counted["walks"]
        return [
            f"{name}: {walks} walks, {self.counted['cpu_s'] / max(1, walks):.1f} s of processor time each",
            f"  how they ended: {_told(self.ends)}",
            f"  presses meant {self.counted['meant']}, heard as meant {self.counted['hit']} ({100 * self.share:.2f} %)",
            f"  not heard: {_told(self.rejects)}",
            f"  palms, drags, brushes and double taps that meant nothing: {self.counted['stray']}",
            f"  wrong choices taken: {len(self.wrong)}; dead ends: {len(self.dead)}; screens seen: {len(self.screens)}",
            *(f"    {line}" for line in (*self.wrong[:20], *self.dead[:20])),
        ]


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"


class Report:
    """The sums of each hand at each panel, and of each hand."""

    def __init__(self) -> None:
        self.of_hands: dict[float, Sums] = {}
        self._of_panels: dict[tuple[float, str], Sums] = {}

    def add(self, one: dict[str, Any]) -> None:
        """Add a walk."""
        self.of_hands.setdefault(one["sigma_mm"], Sums()).add(one)
        self._of_panels.setdefault((one["sigma_mm"], one["panel"]), Sums()).add(one)

    def text(self) -> str:
        """The sums for people."""
        lines: list[str] = []
        for (sigma_mm, panel), sums in sorted(self._of_panels.items()):
            lines += sums.lines(f"hand of {sigma_mm} mm, {panel}")
        for sigma_mm, sums in sorted(self.of_hands.items()):
            lines += sums.lines(f"hand of {sigma_mm} mm, all panels")
        return "\n".join(lines)

    def holds(self) -> bool:
        """Whether the promise holds in what was walked; on a bad day presses may be missed."""
        return bool(self.of_hands) and all(
            not sums.wrong and not sums.dead and (sums.share >= AIM or sigma_mm >= BAD_DAY_MM)
            for sigma_mm, sums in self.of_hands.items()
        )


def prove(arguments: argparse.Namespace) -> bool:
    """Walk, note each walk in the log and the sums beside it, and say what was found."""
    report, log = Report(), arguments.log
    for one in walked(log):
        report.add(one)
    notes: TextIO | None = log.open("a", encoding="utf-8") if log is not None else None
    began_s = time.monotonic()
    try:
        for number, one in enumerate(hands(arguments, began_s + 60 * arguments.minutes), start=1):
            report.add(one)
            if notes is not None and log is not None:
                notes.write(json.dumps(one) + "\n")
                notes.flush()
                log.with_suffix(".sums").write_text(report.text() + "\n", encoding="utf-8")
            if number % 25 == 0:
                print(f"  {number} walks", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("ended early", file=sys.stderr)
    finally:
        if notes is not None:
            notes.close()
        print(f"{(time.monotonic() - began_s) / 60:.0f} minutes\n{report.text()}", flush=True)
    return report.holds()


def main() -> int:
    """Walk, and say whether the promise holds. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="prove screens", description=__doc__)
    parser.add_argument("--walks", type=int, default=1000, help="with the hand of 2.7 mm")
    parser.add_argument("--bad-days", type=int, default=100, help="with the hand of 4 mm")
    parser.add_argument("--panel", action="append", choices=sorted(PANELS), help="may be repeated; by itself all")
    parser.add_argument("--seed", type=int, default=0, help="other citizens and hands: give a multiple of 10000")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="kiosks at once")
    parser.add_argument("--minutes", type=float, default=480.0, help="at most")
    parser.add_argument("--log", type=Path, help="note each walk here, and go on after those that are noted")
    for name, kind in (("--worker", int), ("--folder", Path)):
        parser.add_argument(name, type=kind, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.panel = arguments.panel or list(PANELS)
    # Ended by SIGTERM as by Ctrl-C: the walkers go too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if arguments.worker is not None:
        walk_some(arguments)
        return 0
    return 0 if prove(arguments) else 1


if __name__ == "__main__":
    sys.exit(main())
