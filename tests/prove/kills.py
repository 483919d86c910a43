"""Nothing promised is lost, however often a kiosk is killed.

Three parts: drafts and outbox alone, killed thousands of times at random moments; whole journeys through the real
village with a power cut at every screen; and whole journeys with hundreds of power cuts at random moments. After each
cut the kiosk must go on at that very step, and in the end the office has every enrolment once, complete.
"""

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

from drivers.card.pcscd import why_not
from kiosk.demo.founding import Wishes
from kiosk.demo.people import people
from tests.flows.cuts import Tally, journeys
from tests.storage.killing import kill_often

KILLS_PER_FOLDER = 50
#: Whom to play where there is no card reader.
WITHOUT_CARD = 2
READER_S = 300.0


def drafts_and_outbox(kills: int, seed: int) -> None:
    """Kill the two files' writer."""

    def one(folder_number: int) -> int:
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            promised = kill_often(Path(folder), KILLS_PER_FOLDER, seed=seed + folder_number)
        return len(promised.committed)

    enrolments = 0
    with ThreadPoolExecutor(2) as pool:
        for done, committed in enumerate(pool.map(one, range(kills // KILLS_PER_FOLDER)), 1):
            enrolments += committed
            print(f"{done * KILLS_PER_FOLDER} kills, {enrolments} enrolments, 0 lost, 0 changed", flush=True)


def at_every_step(rounds: int, wishes: Wishes, citizens: range) -> None:
    """Cut the power once at each screen of each citizen."""
    tally = Tally()
    for number in range(rounds):
        before = tally.cuts
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            play = journeys(Path(folder) / "out", tally, wishes=wishes, first=citizens[0], last=citizens[-1])
            asyncio.run(play)
        print(f"every step, round {number + 1}: {tally.cuts - before} power cuts, {told(tally)}", flush=True)


def at_random(cuts: int, wishes: Wishes, citizens: range, seed: int) -> None:
    """Cut the power at random moments until there were enough cuts."""
    tally, random = Tally(), Random(seed)
    while tally.cuts < cuts:
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            asyncio.run(
                journeys(
                    Path(folder) / "out",
                    tally,
                    wishes=wishes,
                    first=citizens[0],
                    last=citizens[-1],
                    random=random,
                    cuts=cuts - tally.cuts,
                )
            )
        print(f"random moments: {tally.cuts} power cuts, {told(tally)}", flush=True)


def told(tally: Tally) -> str:
    """Say what has been proved; a loss would have ended the program."""
    return f"{tally.enrolments} enrolments at the office, each once and complete: 0 lost, 0 twice"


def main() -> int:
    """Run the kills and say what was found. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="prove kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=2000, help="of drafts and outbox alone")
    parser.add_argument("--rounds", type=int, default=2, help="journeys of everybody with a cut at every screen")
    parser.add_argument("--cuts", type=int, default=300, help="at random moments of journeys")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--panel", default="800x480")
    parser.add_argument("--without-reader", action="store_true", help="play only the citizen without a card")
    arguments = parser.parse_args()
    # Ended by SIGTERM as by Ctrl-C: every process of the village goes, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"seed {arguments.seed}", flush=True)
    bare = arguments.without_reader or why_not() is not None
    wishes = Wishes(arguments.panel, reader_wait_s=None if bare else READER_S)
    citizens = range(WITHOUT_CARD, WITHOUT_CARD + 1) if bare else range(len(people()))
    drafts_and_outbox(arguments.kills, arguments.seed)
    at_every_step(arguments.rounds, wishes, citizens)
    at_random(arguments.cuts, wishes, citizens, arguments.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
