"""A later visit of somebody who was enrolled here with weak prints: those alone are taken again. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from kiosk.domain.capture_plan import Earlier, Filled, SlotState
from kiosk.domain.visits import slots_again
from kiosk.journey.events import Event, Touched
from kiosk.journey.remembered import VisitRecalled
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.turning import enter, stay, with_answers
from kiosk.journey.view import Fact, View
from kiosk.words.catalogue import Catalogue

#: So many fingers are named one by one; more are counted.
_NAMED: Final = 3

#: Every text that this module can ask for.
TEXTS: Final = frozenset(
    {
        *("visit.day", "visit.fingers", "visit.count", "visit.quality"),
        *("visit.supplement", "visit.better"),
    }
)


def recalled(session: Session, event: VisitRecalled, rules: Rules) -> Turn:
    """Take what is known of the citizen's earlier visit; the offer goes when there is nothing to offer any more."""
    if not session.enrolling:
        return stay(session)
    known = replace(session, recalled=event)
    if session.step == "visit" and not session.overlay and known.earlier_visit is None:
        return enter(known, "home", rules, keep=False)
    return stay(known)


def visit(session: Session, event: Event, rules: Rules) -> Turn:
    """Take only the weak fingers again, or make a whole new enrolment."""
    earlier = session.earlier_visit
    match event:
        case Touched("yes") if earlier is not None:
            slots = slots_again(rules.plan, earlier)
            answers = replace(session.answers, slots=slots, supplements=earlier.enrolment)
            return with_answers(session, answers, "hands", rules)
        case Touched("other"):
            return enter(session, "home", rules)
        case _:
            return stay(session)


def visit_view(view: View, session: Session, rules: Rules, catalogue: Catalogue) -> View:
    """Fill the screen of the offer; the officer reads what was weak, and how weak."""
    earlier = session.earlier_visit
    if earlier is None:
        return replace(view, busy=True)
    weak = [
        (catalogue.text(f"finger.{slot.finger.value}"), earlier.weak[slot.id])
        for slot in rules.plan.prints()
        if slot.finger is not None and slot.id in earlier.weak
    ]
    names = ", ".join(name for name, _ in weak)
    told = names if len(weak) <= _NAMED else catalogue.text("visit.count", count=len(weak))
    facts = (
        Fact(catalogue.text("visit.day"), earlier.at.astimezone().strftime("%d/%m/%Y")),
        Fact(catalogue.text("visit.fingers"), told),
    )
    known = [f"{name}: {_known(one, catalogue)}" for name, one in weak[:_NAMED]]
    left = ["…"] if len(weak) > _NAMED else []
    return replace(view, facts=facts, officer_line=" · ".join((*known, *left)))


def _known(earlier: Earlier, catalogue: Catalogue) -> str:
    if earlier.quality is None and earlier.reason is not None:
        return catalogue.text(f"reason.{earlier.reason.value}").lower()
    return catalogue.text("visit.quality", value=earlier.quality or 0)


def without_portrait(session: Session) -> bool:
    """Say whether no portrait was taken at this visit, because it supplements an earlier one that has it."""
    slots = session.answers.slots.values()
    taken = any(isinstance(state, Filled) and state.position is None for state in slots)
    return session.answers.supplements is not None and not taken


def outcome(slots: Mapping[str, SlotState], rules: Rules) -> tuple[int, int]:
    """Count the fingers that were taken again, and those of them that became better."""
    tried = better = 0
    for slot in rules.plan.prints():
        match slots.get(slot.id):
            case Filled():
                tried, better = tried + 1, better + 1
            case Earlier(attempts=attempts) if attempts:
                tried += 1
            case _:
                pass
    return tried, better
