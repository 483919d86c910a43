"""Walks by the hundred: who walks when, in which process, and what was walked already.

Owns the order of walks (so that a run which ends early has seen every panel and both hands), the processes, and the
log in which each walk is one line of JSON. A run with the same log goes on where the last one ended.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kiosk.sealing.hardening import give_back_memory
from kiosk.ui.environment import prepare
from kiosk.ui.settings import LARGE_PANEL, SMALL_PANEL, UPRIGHT_PANEL, DisplaySettings
from tests.walks.citizen import Manner

PANELS: Final[dict[str, DisplaySettings]] = {
    "1280x800": LARGE_PANEL,
    "800x480": SMALL_PANEL,
    "720x1280": UPRIGHT_PANEL,
}
#: Of ten who come, so many go each way, and in this order.
MANNERS: Final = (*(Manner.PLAIN, Manner.WANDERING) * 4, Manner.PLAIN, Manner.WORST)
#: The trembling hand, and the same hand on a bad day, in mm.
HAND_MM: Final = 2.7
BAD_DAY_MM: Final = 4.0
#: So many citizens come to one kiosk, before another one is opened on the next panel.
_AT_ONE_KIOSK: Final = 20


@dataclass(frozen=True, slots=True)
class Job:
    """One walk: by which hand, at which panel, and the seed of citizen and hand."""

    sigma_mm: float
    panel: str
    seed: int


def chunks(walks: int, bad_days: int, panels: list[str], seed: int) -> list[list[Job]]:
    """Give all walks in the order in which they are walked, as many together as one kiosk sees.

    Both hands come everywhere in the right proportion, and each panel in turn.
    """
    hands = [HAND_MM] * walks + [BAD_DAY_MM] * bad_days
    # Spread evenly: each hand's k-th walk at the share k / count of the whole.
    order = sorted(
        range(len(hands)),
        key=lambda place: (
            (place + 0.5) / max(1, walks) if place < walks else (place - walks + 0.5) / max(1, bad_days),
            place,
        ),
    )
    found: list[list[Job]] = []
    for start in range(0, len(order), _AT_ONE_KIOSK):
        panel = panels[len(found) % len(panels)]
        places = order[start : start + _AT_ONE_KIOSK]
        found.append(
            [
                Job(hands[place], panel, seed + round(1000 * hands[place]) + place - (walks if place >= walks else 0))
                for place in places
            ]
        )
    return found


def walked(log: Path | None) -> list[dict[str, Any]]:
    """Give what a log holds; a last line that was cut off by a power cut or a kill is walked again."""
    lines = log.read_text(encoding="utf-8").splitlines() if log is not None and log.exists() else []
    found: list[dict[str, Any]] = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def job_of(line: dict[str, Any]) -> Job:
    """Give the walk that a line of the log tells of."""
    return Job(line["sigma_mm"], line["panel"], line["seed"])


def walk_some(arguments: argparse.Namespace) -> None:
    """Walk what falls to this process, and tell each walk as a line of JSON."""
    give_back_memory()
    folder: Path = arguments.folder
    prepare(folder / "kivy", offscreen=True)
    from tests.walks.house import play
    from tests.walks.many import walks
    from tests.walks.tally import Tally

    done = {job_of(line) for line in walked(arguments.log)}
    mine = chunks(arguments.walks, arguments.bad_days, arguments.panel, arguments.seed)
    for number, chunk in enumerate(mine):
        jobs = [job for job in chunk if job not in done]
        if number % arguments.workers != arguments.worker or not jobs:
            continue
        began_s = time.process_time()

        def told(place: int, tally: Tally, jobs: list[Job] = jobs) -> None:
            nonlocal began_s
            job, now_s = jobs[place], time.process_time()
            named = {"sigma_mm": job.sigma_mm, "panel": job.panel, "seed": job.seed}
            print(json.dumps({**named, "cpu_s": round(now_s - began_s, 2), **tally.as_json()}), flush=True)
            began_s = now_s

        seeds = [(job.seed, MANNERS[job.seed % len(MANNERS)], job.sigma_mm) for job in jobs]
        play(walks(folder / f"kiosks-{number}", PANELS[jobs[0].panel], seeds, told))


def hands(arguments: argparse.Namespace, until_s: float) -> Iterator[dict[str, Any]]:
    """Walk in several processes, and give each walk as it comes. Raises SystemExit when one of them breaks."""
    command = [sys.executable, "-m", "tests.prove.screens", "--seed", str(arguments.seed)]
    command += ["--walks", str(arguments.walks), "--bad-days", str(arguments.bad_days)]
    command += [part for panel in arguments.panel for part in ("--panel", panel)]
    command += ["--workers", str(arguments.workers)] + (["--log", str(arguments.log)] if arguments.log else [])
    with tempfile.TemporaryDirectory(prefix="walks-") as folder, tempfile.TemporaryFile("w+") as said:
        processes = [
            subprocess.Popen(
                [*command, "--worker", str(number), "--folder", f"{folder}/{number}"],
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )
            for number in range(arguments.workers)
        ]
        try:
            yield from _lines(processes, until_s)
        finally:
            for process in processes:
                # Not asked to end: SDL takes such a signal for a closed window.
                process.kill()
                process.wait(60)
        if any(process.returncode not in {0, -signal.SIGKILL} for process in processes):
            said.seek(0)
            raise SystemExit(f"a walk broke:\n{said.read()[-3000:]}")


def _lines(processes: "list[subprocess.Popen[str]]", until_s: float) -> Iterator[dict[str, Any]]:
    import selectors

    with selectors.DefaultSelector() as selector:
        for process in processes:
            assert process.stdout is not None
            selector.register(process.stdout, selectors.EVENT_READ)
        while selector.get_map() and time.monotonic() < until_s:
            for key, _ in selector.select(timeout=1.0):
                line = key.fileobj.readline()  # type: ignore[union-attr]
                if line:
                    yield json.loads(line)
                else:
                    selector.unregister(key.fileobj)
