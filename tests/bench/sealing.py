"""What sealing costs: each suite, with one and with two keys that open the body, in bytes and in milliseconds."""

import argparse
import statistics
import sys
import time
from collections.abc import Callable

from kiosk.sealing.package import open_body, seal, verify
from kiosk.sealing.suites import HYBRID, SUITES
from tests.sealing import vectors

BODY = 300_000
ROUNDS = 200


def median_ms(work: Callable[[], object]) -> float:
    """The median of many rounds."""
    took: list[float] = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        work()
        took.append((time.perf_counter() - began_s) * 1000)
    return statistics.median(took)


def measure(suite: str, *, escrow: bool) -> str:
    """One line of the table."""
    one = vectors.parties(suite, escrow=escrow)
    header, summary, body = one.header(), bytes(200), bytes(BODY)

    def make() -> bytes:
        return seal(header, summary=summary, body=body, recipients=one.recipients, signer=one.kiosk)

    package = make()
    seen = verify(package, one.kiosk.public)
    sealing = median_ms(make)
    verifying = median_ms(lambda: verify(package, one.kiosk.public))
    opening = median_ms(lambda: open_body(seen, one.body))
    name = "hybrid" if suite == HYBRID else "classical"
    more = len(package) - BODY - len(summary)
    return f"{name:12} {2 if escrow else 1:4} {more:10} {sealing:8.2f} {verifying:9.2f} {opening:8.2f}"


def main() -> int:
    """Measure and print. Returns the exit code."""
    argparse.ArgumentParser(prog="bench sealing", description=__doc__).parse_args()
    print(f"a body of {BODY} bytes and a summary of 200, median of {ROUNDS}")
    print(f"{'suite':12} {'keys':>4} {'bytes more':>10} {'seal ms':>8} {'verify ms':>9} {'open ms':>8}")
    for suite in SUITES:
        for escrow in (False, True):
            print(measure(suite, escrow=escrow))
    return 0


if __name__ == "__main__":
    sys.exit(main())
