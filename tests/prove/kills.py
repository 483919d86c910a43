"""Nothing promised is lost:

kills a kiosk thousands of times at random moments, and checks drafts and outbox after each.
"""

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.storage.killing import kill_often

KILLS_PER_FOLDER = 50


def main() -> int:
    """Run the kills and say what was found. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="prove kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}", flush=True)

    def one(folder_number: int) -> int:
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            promised = kill_often(Path(folder), KILLS_PER_FOLDER, seed=arguments.seed + folder_number)
        return len(promised.committed)

    folders = max(1, arguments.kills // KILLS_PER_FOLDER)
    enrolments = 0
    with ThreadPoolExecutor(2) as pool:
        for done, committed in enumerate(pool.map(one, range(folders)), 1):
            enrolments += committed
            print(f"{done * KILLS_PER_FOLDER} kills, {enrolments} enrolments, 0 lost, 0 changed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
