"""The spine: start to first frame, touch to next screen, sign-off to receipt, resident memory.

Everything runs as in the demo: real processes, TLS broker, simulated devices at the wire, drawing off screen. Compare
ratios, not seconds: the start is measured against a bare Kivy window opened in turn with the kiosk in the same run.
"""

import argparse
import asyncio
import compileall
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.card.pcscd import why_not
from kiosk.demo.accounts import Account
from kiosk.demo.founding import Wishes
from kiosk.demo.people import people
from kiosk.demo.village_settings import known_panels, panel_pixels
from tests.bench import _timed_kiosk
from tests.flows.draft import lay_draft
from tests.flows.story import Story, citizen, nothing, told

REPOSITORY = Path(__file__).resolve().parents[2]
AIM_START = 1.5
KILO = 1024


@dataclass
class Spine:
    """What was measured, in seconds and MiB."""

    bare_s: list[float] = field(default_factory=list[float])
    kiosk_s: list[float] = field(default_factory=list[float])
    ready_s: list[float] = field(default_factory=list[float])
    touch_s: list[float] = field(default_factory=list[float])
    slowest: list[tuple[float, str]] = field(default_factory=list[tuple[float, str]])
    sealed_s: list[float] = field(default_factory=list[float])
    receipt_s: list[float] = field(default_factory=list[float])
    memory_mib: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])

    def summary(self) -> dict[str, Any]:
        """The figures as one tree."""
        return {
            "machine": machine(),
            "start": {
                "bare_window_s": spread(self.bare_s),
                "kiosk_s": spread(self.kiosk_s),
                "kiosk_ready_s": spread(self.ready_s),
                "ratio": round(statistics.median(self.kiosk_s) / statistics.median(self.bare_s), 2),
                "aim": AIM_START,
            },
            "touch_to_next_screen": {
                **spread(self.touch_s),
                "p99_s": round(percentile(self.touch_s, 99), 4),
                "slowest": [{"s": round(took, 4), "from_to": way} for took, way in self.slowest[:5]],
            },
            "sign_off": {"to_farewell_s": spread(self.sealed_s), "to_receipt_s": spread(self.receipt_s)},
            "memory_mib": self.memory_mib,
        }


def percentile(values: list[float], per_cent: int) -> float:
    """The value that so many per cent do not exceed, by nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * per_cent // 100) - 1)]


def spread(values: list[float]) -> dict[str, float]:
    """Median and extremes."""
    return {
        "n": len(values),
        "median_s": round(statistics.median(values), 4),
        "min_s": round(min(values), 4),
        "max_s": round(max(values), 4),
    }


def machine() -> dict[str, Any]:
    """On what this ran: enough to see what may be compared."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.machine(),
    )
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", ""),
        "load_average": round(os.getloadavg()[0], 1),
    }


def start_s(command: list[str], account: Account, *marks: str) -> list[float]:
    """Start a program and give the seconds until its output has each of `marks`, in this order."""
    started_s = time.monotonic()
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        user=account.user,
        group=account.group,
        extra_groups=list(account.groups) if account.user is not None else None,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
    ) as process:
        assert process.stdout is not None
        told: list[str] = []
        times_s: list[float] = []
        for line in process.stdout:
            told.append(line)
            if len(times_s) < len(marks) and marks[len(times_s)] in line:
                times_s.append(time.monotonic() - started_s)
    if process.returncode != 0 or len(times_s) < len(marks):
        raise SystemExit(f"{command[0]} ended with code {process.returncode}:\n{''.join(told)[-2000:]}")
    return times_s


def environment() -> dict[str, str]:
    """What both sides start with; compiled modules are read from where they are."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("KIVY")}
    return {**kept, "HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}


def measure_start(story: Story, found: Spine, *, rounds: int, panel: str) -> None:
    """Open a bare window and the kiosk in turn. The first of each warms the disk's cache and is not counted."""
    account = story.village.accounts.kiosk
    width_px, height_px = panel_pixels(panel)
    bare = ["tests.bench._bare_window", str(width_px), str(height_px)]
    kiosk = [_timed_kiosk.__name__, "--start", "--settings", str(story.village.places.kiosk_file)]
    for number in range(rounds + 1):
        (bare_s,) = start_s(bare, account, "first frame")
        kiosk_s, ready_s = start_s(kiosk, account, "the first screen is drawn", _timed_kiosk.READY)
        if number:
            found.bare_s.append(bare_s)
            found.kiosk_s.append(kiosk_s)
            found.ready_s.append(ready_s)
            print(f"  start {number}/{rounds}: bare {bare_s:.2f} s, kiosk {kiosk_s:.2f} s", file=sys.stderr)


def memory_of(pid: int) -> dict[str, float]:
    """Resident and proportional memory now, and the highest resident ever, in MiB."""
    sums: dict[str, int] = {}
    for file in ("smaps_rollup", "status"):
        for line in Path(f"/proc/{pid}/{file}").read_text(encoding="ascii", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name in {"Rss", "Pss", "VmHWM"}:
                sums[name] = int(value.split()[0])
    return {
        "rss": round(sums["Rss"] / KILO, 1),
        "pss": round(sums["Pss"] / KILO, 1),
        "peak_rss": round(sums["VmHWM"] / KILO, 1),
    }


def read_moments(file: Path, found: Spine) -> None:
    """Turn moments into times: each touch to the first other screen, each sign-off to farewell and receipt."""
    touch: tuple[float, str] | None = None
    signed_s: float | None = None
    waiting: set[str] = set()
    for line in file.read_text(encoding="utf-8").splitlines():
        moment = json.loads(line)
        match moment["what"]:
            case "touch":
                touch = (moment["at_s"], moment["key"])
                if moment["key"] == "review":
                    signed_s, waiting = moment["at_s"], {"farewell", "receipt"}
            case "drawn":
                if touch is not None and moment["key"] != touch[1]:
                    took_s = moment["at_s"] - touch[0]
                    found.touch_s.append(took_s)
                    found.slowest.append((took_s, f"{touch[1]} -> {moment['key']}"))
                    touch = None
                if moment["key"] == "farewell" and signed_s is not None and "farewell" in waiting:
                    waiting.discard("farewell")
                    found.sealed_s.append(moment["at_s"] - signed_s)
            case _:
                if signed_s is not None and "receipt" in waiting:
                    waiting.discard("receipt")
                    found.receipt_s.append(moment["at_s"] - signed_s)
    found.slowest.sort(reverse=True)


async def measure_journeys(story: Story, found: Spine) -> None:
    """Play whole journeys, and look at the memory when the last citizen has the receipt."""
    story.start_kiosk()
    running = dict(story.village.processes.running)

    def look(_story: Story, screen: str) -> None:
        if screen == "farewell":
            found.memory_mib = {name: memory_of(running[name].pid) for name in ("kiosk", "uplink", "office")}
            print(f"  journey {len(story.packages())} done", file=sys.stderr)

    story.on_screen = look
    await story.until(lambda: story.village.done, "the last farewell", timeout_s=300.0 * story.village.citizens)
    story.on_screen = nothing
    story.village.processes.stop("kiosk")
    story.village.received.clear()


async def measure_receipts(story: Story, *, rounds: int) -> None:
    """Sign off prepared drafts, one after the other, each with a kiosk that has just started."""
    for number in range(rounds):
        story.village.citizens += 1
        lay_draft(story.village, citizen(number % len(people())))
        story.start_kiosk()
        story.village.first = number % len(people())
        await story.until(story.received, f"receipt {number}")
        await story.until(lambda: bool(story.village.received), "the receipt on the screen")
        story.village.received.clear()
        story.village.processes.kill("kiosk")
        print(f"  receipt {number + 1}/{rounds}", file=sys.stderr)


async def measure(arguments: argparse.Namespace, found: Spine) -> None:
    """Measure everything in one village."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        reader_wait_s = None if arguments.without_reader or why_not() is not None else 120.0
        wishes = Wishes(arguments.panel, reader_wait_s=reader_wait_s)
        first = 0 if reader_wait_s is not None else WITHOUT_CARD
        last = first + arguments.citizens - 1 if reader_wait_s is not None else WITHOUT_CARD
        async with told(Path(folder) / "out", wishes=wishes, first=first, last=last) as story:
            measure_start(story, found, rounds=arguments.rounds, panel=arguments.panel)
            moments = story.village.places.screens / "moments.jsonl"
            story.village.processes.modules["kiosk"] = _timed_kiosk.__name__
            os.environ[_timed_kiosk.MOMENTS] = str(moments)
            await measure_journeys(story, found)
            await measure_receipts(story, rounds=arguments.rounds)
            read_moments(moments, found)


#: Whom to play where there is no card reader.
WITHOUT_CARD = 2


def table(summary: dict[str, Any]) -> str:
    """The figures for people."""
    start, touch, sign, memory = (summary[key] for key in ("start", "touch_to_next_screen", "sign_off", "memory_mib"))
    lines = [
        " ".join(f"{value}" for value in summary["machine"].values()),
        "",
        (
            f"start to first frame   bare window {start['bare_window_s']['median_s']:.2f} s, "
            f"kiosk {start['kiosk_s']['median_s']:.2f} s: ratio {start['ratio']:.2f} (aim {start['aim']}); "
            f"everything behind it {start['kiosk_ready_s']['median_s']:.2f} s"
        ),
        (
            f"touch to next screen   median {1000 * touch['median_s']:.0f} ms, p99 {1000 * touch['p99_s']:.0f} ms, "
            f"{touch['n']} touches"
        ),
        *(f"    {1000 * one['s']:6.0f} ms  {one['from_to']}" for one in touch["slowest"]),
        (
            f"sign-off to farewell   median {1000 * sign['to_farewell_s']['median_s']:.0f} ms "
            f"(sealed and on the disk), n {sign['to_farewell_s']['n']}"
        ),
        (
            f"sign-off to receipt    median {1000 * sign['to_receipt_s']['median_s']:.0f} ms, "
            f"{1000 * sign['to_receipt_s']['min_s']:.0f} to {1000 * sign['to_receipt_s']['max_s']:.0f} ms, "
            f"n {sign['to_receipt_s']['n']}"
        ),
        *(
            f"memory of {name:12} resident {one['rss']:.0f} MiB, proportional {one['pss']:.0f} MiB, "
            f"highest resident {one['peak_rss']:.0f} MiB"
            for name, one in memory.items()
        ),
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure, print the table, write the JSON. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="bench spine", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    parser.add_argument("--rounds", type=int, default=7, help="how often each side starts, and drafts are signed off")
    parser.add_argument("--citizens", type=int, default=2, help="how many whole journeys are played")
    parser.add_argument("--panel", default="1280x800", choices=known_panels())
    parser.add_argument("--without-reader", action="store_true", help="leave the virtual card reader to others")
    arguments = parser.parse_args()
    # Ended by SIGTERM as by Ctrl-C: every process of the village goes, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    found = Spine()
    # An installed kiosk finds its modules compiled.
    for folder in ("kiosk", "drivers", "tests/bench"):
        compileall.compile_dir(REPOSITORY / folder, quiet=1)
    asyncio.run(measure(arguments, found))
    summary = found.summary()
    print(table(summary))
    if arguments.json:
        arguments.json.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
