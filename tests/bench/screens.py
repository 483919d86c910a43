"""The screens: touch to reaction (idle, busy), frames lost in a journey, page to sound, memory over 200 citizens.

Everything is drawn off screen at 1280x800. Reactions and lost turns of the loop are compared with a bare Kivy window
that was opened in turn with the kiosk's in this run, under the same work; the other figures with their limits.
"""

import argparse
import json
import multiprocessing
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

from tests.bench._citizens import first_sounds, growth, memory
from tests.bench.spine import machine, percentile

#: A screen's line begins within so many seconds of it (docs/voice.md).
AIM_SOUND_S: Final = 0.5
#: What a citizen may leave behind, in MiB: a day of a hundred would then be within the noise of the allocator.
AIM_GROWTH_MIB: Final = 0.1
#: After so many every drawn person, card and screen was seen once.
WARM: Final = 20
T = TypeVar("T")


def reactions(touches: int, rounds: int) -> dict[str, Any]:
    """Open both windows in turn, idle and busy, and put their reactions together."""
    found: dict[str, Any] = {}
    for work in ("idle", "busy"):
        sides: dict[str, list[dict[str, Any]]] = {"bare": [], "kiosk": []}
        for number in range(rounds):
            for side, told in sides.items():
                told.append(_one_side(side, work, touches))
                print(f"  {work} {number + 1}/{rounds}: {side}", file=sys.stderr)
        found[work] = {side: _together(told) for side, told in sides.items()}
        for part in ("median_ms", "p99_ms"):
            found[work][f"ratio_{part}"] = round(found[work]["kiosk"][part] / found[work]["bare"][part], 2)
    return found


def _one_side(side: str, work: str, touches: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench._reaction", side, "--touches", str(touches)]
    done = subprocess.run(
        [*command, *(["--busy"] if work == "busy" else [])], capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode:
        raise SystemExit(f"{side}, {work}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def _together(told: list[dict[str, Any]]) -> dict[str, Any]:
    times = [one for part in told for one in part["reaction_s"]]
    due, lost = sum(part["turns_due"] for part in told), sum(part["turns_lost"] for part in told)
    return {
        "touches": len(times),
        "median_ms": round(1000 * statistics.median(times), 1),
        "p99_ms": round(1000 * percentile(times, 99), 1),
        "turns_due": due,
        "turns_lost_percent": round(100 * lost / due, 1),
        "longest_gap_ms": round(1000 * max(part["longest_gap_s"] for part in told)),
    }


def frames(citizens: int) -> dict[str, Any]:
    """Let citizens walk through a kiosk whose window runs; give the frames due and lost."""
    command = [sys.executable, "-m", "tests.bench._frames", "--citizens", str(citizens)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900 * (citizens + 1), check=False)
    if done.returncode:
        raise SystemExit(f"frames: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def apart(work: Callable[[], T]) -> T:
    """Do something in a process of its own, so that nothing it loads weighs on what is measured after it."""
    with multiprocessing.get_context("fork").Pool(1) as pool:
        return pool.apply(work)


def _sounds() -> list[float]:
    return first_sounds(2)


def summary(arguments: argparse.Namespace) -> dict[str, Any]:
    """Measure all that is wanted, as one tree."""
    tree: dict[str, Any] = {"machine": machine()}
    if "reaction" in arguments.parts:
        tree["touch_to_reaction"] = reactions(arguments.touches, arguments.rounds)
    if "frames" in arguments.parts:
        tree["frames_in_a_journey"] = frames(arguments.journeys)
    if "sound" in arguments.parts:
        sounds = apart(_sounds)
        tree["page_to_first_sound"] = {
            "screens": len(sounds),
            "median_ms": round(1000 * statistics.median(sounds)),
            "p99_ms": round(1000 * percentile(sounds, 99)),
            "limit_ms": round(1000 * AIM_SOUND_S),
            "ratio": round(percentile(sounds, 99) / AIM_SOUND_S, 2),
        }
    if "memory" in arguments.parts:
        mib = memory(arguments.citizens, _tell)
        tree["memory"] = {**growth(mib, min(WARM, len(mib))), "limit_mib_a_citizen": AIM_GROWTH_MIB}
    return tree


def _tell(number: int, mib: float) -> None:
    if number % 10 == 0:
        print(f"  citizen {number}: {mib:.0f} MiB", file=sys.stderr, flush=True)


def table(tree: dict[str, Any]) -> str:
    """The figures for people."""
    lines = [" ".join(f"{value}" for value in tree["machine"].values()), ""]
    for work, sides in tree.get("touch_to_reaction", {}).items():
        for side in ("bare", "kiosk"):
            one = sides[side]
            lines.append(
                f"touch to visible reaction, {work}, {side:5}  median {one['median_ms']:6.1f} ms, "
                f"p99 {one['p99_ms']:6.1f} ms, {one['touches']} touches; turns of the loop lost "
                f"{one['turns_lost_percent']:.1f} % of {one['turns_due']}, longest gap {one['longest_gap_ms']} ms"
            )
        lines.append(f"    kiosk to bare: median {sides['ratio_median_ms']:.2f}, p99 {sides['ratio_p99_ms']:.2f}")
    if "frames_in_a_journey" in tree:
        lines += frames_lines(tree["frames_in_a_journey"])
    if "page_to_first_sound" in tree:
        one = tree["page_to_first_sound"]
        lines.append(
            f"page on the screen to first sound  median {one['median_ms']} ms, p99 {one['p99_ms']} ms, "
            f"{one['screens']} screens; {one['ratio']:.2f} of the {one['limit_ms']} ms allowed"
        )
    if "memory" in tree:
        one = tree["memory"]
        lines.append(
            f"resident memory of {one['citizens']} citizens in a row  {one['first_mib']:.0f} MiB after the first, "
            f"{one['warm_mib']:.0f} when warm, {one['last_mib']:.0f} at the end (ratio {one['ratio']:.3f}), "
            f"{one['grown_mib_a_citizen']:.3f} MiB a citizen (limit {one['limit_mib_a_citizen']})"
        )
    return "\n".join(lines)


def frames_lines(one: dict[str, Any]) -> list[str]:
    """The frames for people."""
    due, lost = sum(one["due"].values()), sum(one["lost"].values())
    parts = ", ".join(
        f"{part} {lost_there} of {one['due'][part]} ({100 * lost_there / max(1, one['due'][part]):.1f} %)"
        for part, lost_there in one["lost"].items()
    )
    slow = ", ".join(f"{gap['ms']} ms at {gap['at']}" for gap in one["longest"]) or "none"
    first = (
        f"frames lost in {one['journeys']} whole journeys  {lost} of {due} due ({100 * lost / max(1, due):.1f} %) in "
        f"{one['seconds']} s: {parts}"
    )
    second = (
        f"    painted {one['painted']}; pictures of the camera shown {one['pictures_shown']}; "
        f"gaps of a tenth of a second and more {one['jerks']}, the longest: {slow}"
    )
    return [first, second]


def main() -> int:
    """Measure, print the table, write the JSON. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="bench screens", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    parser.add_argument("--touches", type=int, default=100, help="of each window, each time")
    parser.add_argument("--rounds", type=int, default=3, help="how often each window is opened, idle and busy")
    parser.add_argument("--citizens", type=int, default=200, help="who walk through one kiosk")
    parser.add_argument("--journeys", type=int, default=2, help="in which frames are counted, after one that is not")
    parts = ("reaction", "frames", "sound", "memory")
    parser.add_argument("--only", dest="parts", action="append", choices=parts, help="may be repeated")
    arguments = parser.parse_args()
    arguments.parts = arguments.parts or parts
    tree = summary(arguments)
    print(table(tree))
    if arguments.json:
        arguments.json.write_text(json.dumps(tree, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
