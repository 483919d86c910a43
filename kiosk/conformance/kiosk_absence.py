"""A kiosk whose road is cut: who says that it is lost, when, and what it finds when it is back."""

from __future__ import annotations

import time
from typing import Final

from kiosk.conformance.findings import Findings
from kiosk.conformance.kiosk_orders import Orders
from kiosk.conformance.road import Road
from kiosk.conformance.standing import StandingOffice
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import State, decode_json
from kiosk.wire.topics import Kind

LEAST_S: Final = 30.0
MOST_S: Final = 660.0
"""The longest last will that is waited for, in seconds; a broker may be late by some."""


def cut_the_road(office: StandingOffice, findings: Findings, road: Road) -> None:
    """The road is cut, a command is given meanwhile, and the kiosk comes back to it."""
    mark, began_s = office.mark(), time.monotonic()
    road.cut()
    try:
        orders = Orders(office, findings)
        command, _ = orders.give("logs", {"lines": 1})
        lost = office.until(lambda: "lost" if "lost" in states(office, mark) else None, within_s=MOST_S)
        after_s = time.monotonic() - began_s
        findings.expect("CK-WILL-01", lost is not None, "a last will that says lost", f"none within {MOST_S:g} s")
        patient = lost is None or after_s >= LEAST_S - 1
        findings.expect("CK-WILL-01", patient, f"after {LEAST_S:g} s at least", f"after {after_s:.0f} s")
    finally:
        mark = office.mark()
        road.mend()
    back = office.until(lambda: True if "ready" in states(office, mark) else None)
    if not findings.expect("CK-LINK-08", back is True, "a kiosk that comes back", f"not within {office.within_s:g} s"):
        return
    answer = office.until(lambda: next(iter(orders.answers(command, mark)), None))
    findings.expect("CK-LINK-05", answer is not None, "an answer to what was said while it was away", "none")
    born = office.until(lambda: next((one for one in office.since(mark, Kind.BIRTH)), None))
    findings.expect("CK-BIRTH-01", born is not None, "a birth at the new connection", "none")


def states(office: StandingOffice, mark: int) -> list[str]:
    """What the kiosk, or its last will, has said of its state since."""
    found: list[str] = []
    for _, heard, _ in office.since(mark, Kind.STATE):
        try:
            found.append(decode_json(State, heard.payload).st)
        except BadMessage:
            found.append("")
    return found
