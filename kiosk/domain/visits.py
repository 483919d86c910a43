"""A later visit of the same person: which prints were weak, and which of two prints is kept.

The earlier enrolment is sealed for the office and cannot be opened on the kiosk. What a later visit knows of it is a
note of figures: no image, no template, nothing of a slot that was good.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kiosk.domain.capture_plan import CapturePlan, Earlier, Excepted, Filled, Position, SlotState, is_weak
from kiosk.domain.quality import PrintVerdict


@dataclass(frozen=True, slots=True)
class EarlierVisit:
    """An enrolment that was finished at this kiosk with weak prints: its package's id, when, and the weak slots."""

    enrolment: str
    at: datetime
    weak: Mapping[str, Earlier]


def weak_slots(plan: CapturePlan, slots: Mapping[str, SlotState], *, good_from: int) -> dict[str, Earlier]:
    """Note what is known of each print slot that is worth asking for at a later visit, in the order of the plan."""
    found: dict[str, Earlier] = {}
    for slot in plan.prints():
        state = slots.get(slot.id)
        if not is_weak(state, good_from=good_from):
            continue
        match state:
            case Filled(quality=quality, verdict=verdict):
                found[slot.id] = Earlier(quality, verdict, again=True)
            case Excepted(reason=reason):
                found[slot.id] = Earlier(reason=reason, again=True)
            case Earlier(quality=quality, verdict=verdict, reason=reason):
                found[slot.id] = Earlier(quality, verdict, reason, again=True)
            case _:
                pass
    return found


def slots_again(plan: CapturePlan, visit: EarlierVisit) -> dict[str, SlotState]:
    """Give the slots to begin a supplementing visit with: weak ones asked for again, all others left as they were."""
    found: dict[str, SlotState] = {}
    for slot in plan.possible():
        position = Position[slot.finger.name] if slot.finger is not None else None
        found[slot.id] = replace(visit.weak.get(slot.id, Earlier()), position=position)
    return found


def open_print(state: SlotState | None) -> bool:
    """Say whether a print slot is still to be asked for: empty, or weak at the earlier visit and not tried since."""
    return state is None or (isinstance(state, Earlier) and state.again)


class Preference(StrEnum):
    """Why one of two prints of a finger is the one to keep."""

    #: The other visit has no print of it.
    ONLY_PRINT = "only_print"
    #: Better by the figures of one kind of sensor.
    QUALITY = "quality"
    #: Two kinds of sensor, whose figures compare only roughly: the one without a flaw.
    VERDICT = "verdict"
    #: Two kinds of sensor, and nothing but those figures to go by: a person should look.
    ROUGHLY = "roughly"


def preferred(kept: Filled, newer: Filled, *, same_scale: bool) -> tuple[bool, Preference]:
    """Say whether the newer of two prints takes the place of the one kept so far, and by what that was told.

    `same_scale`: one kind of sensor took both. Of two alike the one kept so far stays.
    """
    better = (newer.quality or 0) > (kept.quality or 0)
    if same_scale:
        return better, Preference.QUALITY
    good = newer.verdict is PrintVerdict.GOOD
    if good is not (kept.verdict is PrintVerdict.GOOD):
        return good, Preference.VERDICT
    return better, Preference.ROUGHLY


def is_better(quality: int, earlier: Earlier) -> bool:
    """Say whether a print of this quality takes the place of the earlier one. Any print is better than none."""
    return earlier.quality is None or quality > earlier.quality
