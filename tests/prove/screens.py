"""Trembling hands walk the whole journey through the real app: what they mean is what happens, and all reach the end.

Nothing is drawn to a panel and no second is waited for: the real window is laid out off screen, the real touch filter,
session, desks and files do their work, the devices are simulated at the wire without pace, and the clock is turned.
Several kiosks walk at once, each in a process of its own. Ended early (Ctrl-C, `--minutes`), it tells what was walked.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kiosk.sealing.hardening import give_back_memory
from kiosk.ui.environment import prepare
from kiosk.ui.settings import LARGE_PANEL, SMALL_PANEL, DisplaySettings
from tests.walks.citizen import Manner

PANELS: Final[dict[str, DisplaySettings]] = {"1280x800": LARGE_PANEL, "800x480": SMALL_PANEL}
#: The share of presses that are heard as meant, at 2.7 mm.
AIM: Final = 0.99
#: Of ten who come, so many go each way, and in this order.
MANNERS: Final = (*(Manner.PLAIN, Manner.WANDERING) * 4, Manner.PLAIN, Manner.WORST)


def walk_some(arguments: argparse.Namespace) -> None:
    """Walk the seeds that this process was given, and tell each walk as a line of JSON."""
    folder: Path = arguments.folder
    give_back_memory()
    prepare(folder / "kivy", offscreen=True)
    from tests.walks.house import play
    from tests.walks.many import walks
    from tests.walks.tally import Tally

    def told(tally: Tally) -> None:
        print(json.dumps(tally.as_json()), flush=True)

    numbers = range(arguments.first, arguments.last, arguments.step)
    seeds = [(number, MANNERS[number % len(MANNERS)]) for number in numbers]
    play(walks(folder, PANELS[arguments.panel], arguments.sigma, seeds, told))


def hands(
    sigma_mm: float, *, walks: int, panel: str, workers: int, until_s: float, seed: int = 0
) -> Iterator[dict[str, Any]]:
    """Walk in several processes, and give each walk as it comes. Raises SystemExit when one of them breaks."""
    first = seed + round(1000 * sigma_mm)
    command = [sys.executable, "-m", "tests.prove.screens", "--panel", panel, "--sigma", str(sigma_mm)]
    command += ["--last", str(first + walks), "--step", str(workers)]
    with tempfile.TemporaryDirectory(prefix="walks-") as folder, tempfile.TemporaryFile("w+") as said:
        processes = [
            subprocess.Popen(
                [*command, "--first", str(first + number), "--folder", f"{folder}/{number}"],
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )
            for number in range(workers)
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


def prove(sigma_mm: float, arguments: argparse.Namespace, *, walks: int) -> bool:
    """Walk with one kind of hand, and say what was found. Gives whether the promise holds."""
    from collections import Counter

    counted: Counter[str] = Counter()
    ends: Counter[str] = Counter()
    rejects: Counter[str] = Counter()
    screens: Counter[str] = Counter()
    wrong: list[str] = []
    dead: list[str] = []
    began_s = time.monotonic()
    until_s = began_s + 60 * arguments.minutes
    kind = {"panel": arguments.panel, "workers": arguments.workers, "seed": arguments.seed}
    for one in hands(sigma_mm, walks=walks, until_s=until_s, **kind):
        counted.update({name: one[name] for name in ("walks", "meant", "hit", "stray", "deeds")})
        for tally, name in ((ends, "ends"), (rejects, "rejects"), (screens, "screens")):
            tally.update(one[name])
        wrong += one["wrong"]
        dead += one["dead_ends"]
        if counted["walks"] % 25 == 0:
            print(f"  {counted['walks']} of {walks} walks", file=sys.stderr, flush=True)
    share = counted["hit"] / max(1, counted["meant"])
    minutes = (time.monotonic() - began_s) / 60
    print(f"hand of {sigma_mm} mm, {arguments.panel}: {counted['walks']} of {walks} walks in {minutes:.0f} minutes")
    print(f"  how they ended: {', '.join(f'{end} {count}' for end, count in ends.most_common())}")
    print(f"  presses meant {counted['meant']}, heard as meant {counted['hit']} ({100 * share:.2f} %)")
    print(f"  not heard: {', '.join(f'{reason} {count}' for reason, count in rejects.most_common()) or 'none'}")
    print(f"  palms, drags, brushes and double taps that meant nothing: {counted['stray']}")
    print(f"  wrong choices taken: {len(wrong)}; dead ends: {len(dead)}; different screens seen: {len(screens)}")
    for line in (*wrong[:20], *dead[:20]):
        print(f"    {line}")
    sys.stdout.flush()
    return not wrong and not dead and counted["walks"] > 0 and (share >= AIM or sigma_mm > 3)


def main() -> int:
    """Walk, and say whether the promise holds. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="prove screens", description=__doc__)
    parser.add_argument("--walks", type=int, default=1000, help="with the hand of 2.7 mm")
    parser.add_argument("--bad-days", type=int, default=100, help="with the hand of 4 mm")
    parser.add_argument("--panel", choices=sorted(PANELS), default="1280x800")
    parser.add_argument("--seed", type=int, default=0, help="other citizens and hands: give a multiple of 10000")
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)), help="kiosks at once")
    parser.add_argument("--minutes", type=float, default=240.0, help="of each hand at most")
    for name, kind in (("--sigma", float), ("--first", int), ("--last", int), ("--step", int), ("--folder", Path)):
        parser.add_argument(name, type=kind, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.sigma is not None:
        walk_some(arguments)
        return 0
    held = [prove(2.7, arguments, walks=arguments.walks)]
    if arguments.bad_days:
        held.append(prove(4.0, arguments, walks=arguments.bad_days))
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
