"""An enrolment and the later visits that supplement it: per slot the better print, and from which visit it is.

Owns the choice for `kiosk office open`; the visits are already opened and their signatures checked. No print is thrown
away here: what was passed over is named beside what was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kiosk.domain.capture_plan import Earlier, Excepted, Filled, SlotState
from kiosk.domain.enrolment import Capture, Enrolment
from kiosk.domain.visits import Preference, preferred
from kiosk.office.records import Held


@dataclass(frozen=True, slots=True)
class OpenedVisit:
    """One visit of a citizen, opened: what the office knows of it, what it holds, and its captures' file names."""

    stored: Held
    enrolment: Enrolment
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SealedVisit:
    """A later visit that is left out of the choice, and why."""

    id: str
    why: str


def left_out(first: Enrolment, later: Enrolment) -> str:
    """Say why a later visit's prints must not be put beside the first one's, or nothing when they may.

    What the collector read in the clear header is not enough: the sealed answers themselves must name the first
    enrolment and the same personal number.
    """
    if later.answers.supplements != first.id:
        return "its sealed answers name another enrolment"
    numbers = [one.answers.identity.number if one.answers.identity else None for one in (first, later)]
    if numbers[0] is None or numbers[0] != numbers[1]:
        return "the personal numbers of the two visits are not the same: a person has to look"
    return ""


def slots_table(first: OpenedVisit, later: Sequence[OpenedVisit]) -> dict[str, Any]:
    """Give, for each slot of the first visit or a later one, what holds: its print, the visit it is from, and why."""
    ids = dict.fromkeys(slot for visit in (first, *later) for slot in visit.enrolment.answers.slots)
    return {slot: _slot_row(slot, first, later) for slot in sorted(ids)}


def _slot_row(slot: str, first: OpenedVisit, later: Sequence[OpenedVisit]) -> dict[str, Any]:
    kept, passed, why = first, list[OpenedVisit](), None
    for visit in later:
        state, standing = visit.enrolment.answers.slots.get(slot), kept.enrolment.answers.slots.get(slot)
        if not isinstance(state, Filled):
            # An exception or "as before" adds nothing to what stands already.
            kept = visit if standing is None and state is not None else kept
            continue
        if not isinstance(standing, Filled):
            kept, why = visit, Preference.ONLY_PRINT
            continue
        newer, why = preferred(standing, state, same_scale=_scale(kept, standing) == _scale(visit, state))
        passed.append(kept if newer else visit)
        kept = visit if newer else kept
    row = _print_row(kept, kept.enrolment.answers.slots[slot])
    if why is not None:
        row["chosen_by"] = why.value
    if passed:
        row["passed_over"] = [_print_row(visit, visit.enrolment.answers.slots[slot]) for visit in passed]
    return row


def _scale(visit: OpenedVisit, state: Filled) -> tuple[object, ...]:
    """What must be the same for two figures of quality to be comparable: kind of sensor, its window and density."""
    capture: Capture | None = visit.enrolment.captures.get(state.capture)
    size = (capture.width_px, capture.height_px, capture.dpi) if capture else ()
    return (*state.sensor.split("/")[:2], *size)


def _print_row(visit: OpenedVisit, state: SlotState) -> dict[str, Any]:
    row: dict[str, Any] = {"state": state.state, "visit": visit.stored.id, "receipt": visit.stored.number}
    match state:
        case Filled():
            row |= {
                "file": visit.names.get(state.capture),
                "quality": state.quality,
                "verdict": state.verdict.value if state.verdict is not None else None,
                "sensor": state.sensor,
            }
        case Excepted(reason=reason):
            row["reason"] = reason.value
        case Earlier():
            # This visit was itself a supplement: the print lies in the enrolment that it names.
            row["visit"], row["receipt"] = visit.enrolment.answers.supplements, None
        case _:
            pass
    return row
