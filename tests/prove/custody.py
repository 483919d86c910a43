"""Nothing is lost, doubled or altered on the way from a kiosk to the office, whatever dies on it.

Three kiosks seal enrolments while their uplinks, the broker (which keeps nothing on disk), the collector and the
database are killed at random moments. One road carries 16 kB/s; roads stall and break, clocks jump by up to ten years,
disks are full for a while, the outbox's among them; what either side says comes twice, late, out of order and with bits
changed, and packets are lost where the kernel can lose them. Then it is calm, and every enrolment must be at the office
once, byte for byte, with a receipt that verifies; the true time of each sealing must lie within what its record says;
and each command must have been obeyed once, or refused. Played on SQLite and on PostgreSQL.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.office.postgres import find_postgres, running_postgres
from tests.office.storm import Storm
from tests.office.storm_judging import Report

LOSS = "1%"
OWN_NETWORK = ("unshare", "--net", "sh", "-c")
LOSSY = f"ip link set lo up && tc qdisc add dev lo root netem loss {LOSS}"
SET_UP_S = 10.0


def play(name: str, kills: int, *, seed: int, every_s: float) -> Report:
    """One storm over an office with this kind of database."""
    # Not on a memory disk: what is proved is what a disk keeps.
    with tempfile.TemporaryDirectory(prefix="storm-", dir="/var/tmp") as folder:
        if name == "sqlite":
            return _storm(Storm(Path(folder), seed=seed), kills, every_s)
        programs = find_postgres()
        if programs is None:
            sys.exit("postgresql is not installed; on Debian: apt install postgresql")
        with running_postgres(programs, settings="") as server:
            return _storm(Storm(Path(folder), seed=seed, postgres=server), kills, every_s)


def _storm(storm: Storm, kills: int, every_s: float) -> Report:
    try:
        storm.blow(kills, every_s=every_s)
        return storm.calm()
    finally:
        storm.close()


def main() -> int:
    """Play the storms and say what was found. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="prove custody", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="in all; half of them on each kind of database")
    parser.add_argument("--every", type=float, default=0.8, metavar="SECONDS", help="between two blows, on average")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this kind, with all kills")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--in-own-network", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, help="write the counts here too")
    arguments = parser.parse_args()
    names = [arguments.database] if arguments.database else ["sqlite", "postgresql"]
    if not arguments.in_own_network:
        why = why_nothing_is_lost()
        if not why:
            again = [*sys.orig_argv, "--in-own-network"]
            os.execvp(OWN_NETWORK[0], [*OWN_NETWORK, f'{LOSSY} && exec "$@"', "sh", *again])  # noqa: S606 - ourselves
        print(f"no packet is lost by netem: {why}")
    else:
        print(f"{LOSS} of all packets is lost by netem")
    print(f"seed {arguments.seed}", flush=True)
    found: dict[str, object] = {}
    good = True
    for name in names:
        report = play(name, arguments.kills // len(names), seed=arguments.seed, every_s=arguments.every)
        found[name] = report.plain()
        good &= report.good
        say(name, report)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return 0 if good else 1


def why_nothing_is_lost() -> str:
    """Why packets cannot be lost on purpose on this machine; nothing where they can."""
    try:
        tried = subprocess.run((*OWN_NETWORK, LOSSY), check=False, capture_output=True, text=True, timeout=SET_UP_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = tried.stderr.strip().splitlines() or [f"exit code {tried.returncode}"]
    return said[0] if tried.returncode else ""


def say(name: str, report: Report) -> None:
    """Say what was done and found."""
    print(f"\n{name}: {sum(report.kills.values())} kills in {report.seconds:.0f} s ({_counts(report.kills)})")
    print(f"  and {_counts(report.troubles)}")
    print(f"  messages: {_counts(report.wire)}")
    print(f"  {report.sealed} enrolments sealed, {report.bytes:,} bytes; {report.resent_bytes:,} more were sent")
    print(f"  {report.lost} lost, {report.twice} twice, {report.altered} altered; {report.receipts} receipts verified")
    print(f"  {report.kept_apart} kept apart")
    print(
        f"  a kiosk's disk full ({report.disk}): {report.not_begun} citizens told so and not begun, "
        f"{report.kept_back} enrolments kept back whole and sealed when there was room"
    )
    print(
        f"  time of sealing: {report.times_between} records between two bounds (median {report.bounds_s:.1f} s apart), "
        f"{report.times_from} not before one bound, {report.times_wrong} wrong; "
        f"{report.times_unjudged} sealed under a wrong clock of the office's, not judged"
    )
    print(
        f"  {report.commands} commands: {report.obeyed} obeyed, {report.refused} refused, "
        f"{report.ended} ended before an answer, {report.disobeyed} obeyed twice or against the answer; "
        f"{report.locked} kiosks locked by a clock",
        flush=True,
    )


def _counts(counted: dict[str, int]) -> str:
    return ", ".join(f"{what} {n}" for what, n in sorted(counted.items()))


if __name__ == "__main__":
    sys.exit(main())
