"""The STEPS table: every stage of the journey as a row. What a row cannot say is said by the handler of its kind."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from kiosk.domain.capture_plan import CapturePlan
from kiosk.journey.effects import (
    Begin,
    CapturePrint,
    ClearPrints,
    FindPaused,
    Lamp,
    MatchRoster,
    ReadDocument,
    RecallVisit,
    Seal,
    ShowLamp,
    StartCamera,
    StartTimer,
    StopCamera,
    StopDocument,
    StopPrint,
)
from kiosk.journey.officer_steps import PAUSED, REPRESENT, SAME
from kiosk.journey.step import Kind, Step
from kiosk.journey.view import Layout


class TableError(Exception):
    """The STEPS table contradicts itself."""


#: The step before the camera: each arrival there is another look at the sitter.
LOOK: Final = "portrait.look"
#: Where the officer looks somebody up in the roster, and where one of those found is chosen.
FIND: Final = "roster.find"
PICK: Final = "roster.pick"
#: Time to sit straight and hear the line before a count begins, in seconds.
LOOK_PAUSE_S: Final = 5.0
#: How long a new card is waited for at its handing over, in seconds.
HANDOVER_WAIT_S: Final = 180.0

_CAMERA: Final = frozenset({"camera"})
_SENSOR: Final = frozenset({"fingerprint"})
#: The row that stands for all fingers.
_PRINT: Final = "print"

#: The journey. `print` is one row here and becomes one row per finger of the plan in build_steps().
STEPS: Final[tuple[Step, ...]] = (
    Step(
        "signin",
        Kind.SIGN_IN,
        Layout.FORM,
        other_icon="undo",
        leave=(StopDocument(), StopCamera()),
        patient=True,
        back=False,
    ),
    Step(
        "standby",
        Kind.STANDBY,
        Layout.MESSAGE,
        yes="welcome",
        other_icon="language",
        arrive=(ShowLamp(Lamp.OFF),),
        patient=True,
        back=False,
    ),
    Step(
        "handover",
        Kind.HANDOVER,
        Layout.MESSAGE,
        yes="handover.result",
        other="standby",
        other_icon="undo",
        arrive=(StartCamera(), ReadDocument(), StartTimer("pause", HANDOVER_WAIT_S)),
        leave=(StopDocument(), StopCamera()),
        patient=True,
        side=True,
        back=False,
    ),
    Step(
        "handover.result",
        Kind.HANDED,
        Layout.FACTS,
        yes="standby",
        other="standby",
        other_icon="undo",
        patient=True,
        side=True,
        back=False,
    ),
    *PAUSED,
    Step("resume", Kind.RESUME, Layout.MESSAGE, other_icon="undo", patient=True, back=False),
    Step(
        "welcome",
        Kind.PLAIN,
        Layout.MESSAGE,
        yes="consent",
        other="@louder",
        other_icon="louder",
        number=1,
        arrive=(Begin(), ClearPrints(), ShowLamp(Lamp.BUSY)),
        back=False,
    ),
    Step("consent", Kind.CONSENT, Layout.FACTS, yes="document", other_icon="hand", number=2),
    Step(
        "document",
        Kind.DOCUMENT,
        Layout.MESSAGE,
        other="edit.identity",
        other_icon="no_card",
        number=3,
        arrive=(StartCamera(), ReadDocument()),
        leave=(StopDocument(), StopCamera()),
    ),
    Step(
        "identity",
        Kind.READ_BACK,
        Layout.FACTS,
        yes="home",
        other="edit.identity",
        number=4,
        arrive=(RecallVisit(), MatchRoster(), FindPaused()),
    ),
    SAME,
    Step(
        "visit",
        Kind.VISIT,
        Layout.FACTS,
        yes="hands",
        other="home",
        other_icon="pen",
        number=4,
        arrive=(RecallVisit(),),
    ),
    Step("home", Kind.READ_BACK, Layout.FACTS, yes="relatives", other="edit.home", number=5),
    Step("relatives", Kind.READ_BACK, Layout.FACTS, yes="phone", other="edit.relatives", number=6),
    Step(
        "phone",
        Kind.READ_BACK,
        Layout.MESSAGE,
        yes="edit.phone",
        other="hands",
        yes_icon="phone",
        other_icon="no_phone",
        number=7,
    ),
    Step("hands", Kind.HANDS, Layout.MESSAGE, yes=_PRINT, number=8),
    Step(
        _PRINT,
        Kind.PRINT,
        Layout.PRINT,
        yes="portrait.prepare",
        other_icon="no_finger",
        number=9,
        leave=(StopPrint(),),
        needs=_SENSOR,
        patient=True,
    ),
    Step(
        "portrait.prepare",
        Kind.MIRROR,
        Layout.MESSAGE,
        yes=LOOK,
        other_icon="mirror",
        number=10,
        leave=(StopCamera(),),
    ),
    Step(
        LOOK,
        Kind.LOOK,
        Layout.PREVIEW,
        yes="portrait.review",
        number=10,
        other_icon="officer",
        arrive=(StartCamera(),),
        leave=(StopCamera(),),
        needs=_CAMERA,
        patient=True,
    ),
    Step("portrait.review", Kind.PHOTO, Layout.PHOTO, yes="review", other=LOOK, other_icon="undo", number=10),
    Step(
        "officer.face",
        Kind.COMPARE,
        Layout.COMPARE,
        yes="review",
        other_icon="unsure",
        number=10,
        side=True,
    ),
    Step("officer.portrait", Kind.REASON, Layout.CHOICE, yes="review", other=LOOK, number=10, side=True),
    Step("officer.settle", Kind.SETTLE, Layout.CHOICE, yes="review", number=10, side=True),
    Step("review", Kind.REVIEW, Layout.FACTS, yes="sealing", other="fix", number=11),
    Step("fix", Kind.REVIEW, Layout.CHOICE, yes="review", yes_icon="undo", number=11, side=True),
    Step("mark.reason", Kind.MARK, Layout.CHOICE, yes="review", yes_icon="undo", number=11, side=True),
    Step("mark.witness", Kind.MARK, Layout.FORM, other="review", other_icon="undo", number=11, side=True),
    Step(
        "mark.print",
        Kind.MARK,
        Layout.PRINT,
        other="review",
        other_icon="undo",
        number=11,
        leave=(StopPrint(),),
        needs=_SENSOR,
        side=True,
        patient=True,
    ),
    *REPRESENT,
    Step("sealing", Kind.SEALING, Layout.MESSAGE, arrive=(Seal(),), number=12, patient=True, side=True, back=False),
    Step("farewell", Kind.FAREWELL, Layout.CLAIM, yes="standby", number=12, patient=True, back=False),
    Step("edit.identity", Kind.FORM, Layout.FORM, yes="identity", number=4, side=True),
    Step(FIND, Kind.ROSTER, Layout.FORM, yes=PICK, other="edit.identity", number=3, side=True),
    Step(
        PICK,
        Kind.ROSTER,
        Layout.CHOICE,
        yes=FIND,
        other="edit.identity",
        yes_icon="undo",
        other_icon="pen",
        number=3,
        side=True,
    ),
    Step("edit.home", Kind.FORM, Layout.FORM, yes="home", number=5, side=True),
    Step("edit.relatives", Kind.FORM, Layout.FORM, yes="relatives", number=6, side=True),
    Step("edit.phone", Kind.FORM, Layout.FORM, yes="hands", number=7, side=True),
)

TOTAL_STAGES: Final = 12

#: Where handlers lead on their own, beside the columns of the table.
_BY_HANDLER: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.SIGN_IN: ("standby", "resume"),
    Kind.STANDBY: ("handover", "paused"),
    Kind.PAUSED: ("paused.one", "paused.wipe", "paused.face"),
    Kind.RESUME: ("standby",),
    Kind.DOCUMENT: ("identity", FIND),
    Kind.ROSTER: ("identity",),
    Kind.PHOTO: ("officer.portrait", "officer.face", "officer.settle"),
    Kind.SAME: ("identity", "home", "visit", "review", "paused.face"),
    Kind.READ_BACK: ("visit", "paused.same", "represent.why", "represent.too_young"),
    Kind.REVIEW: ("edit.identity", "edit.home", "edit.relatives", "edit.phone", "portrait.look", "mark.reason"),
    Kind.MARK: ("mark.witness", "mark.print"),
    Kind.REPRESENT: ("identity", "represent.relation", "represent.paper", "represent.form", "represent.consent"),
    Kind.SEALING: ("farewell", "review"),
}


def build_steps(plan: CapturePlan) -> Mapping[str, Step]:
    """Unfold the table over a plan: the row `print` becomes one row for each single-finger slot, in the plan's order.

    Raises TableError when the table does not hold together (see check_steps).
    """
    row_of_prints = next(row for row in STEPS if row.key == _PRINT)
    slots = [(slot, slot.finger) for slot in plan.prints() if slot.finger is not None]
    keys = [f"print.{finger.value}" for _, finger in slots]
    prints = [
        replace(row_of_prints, key=key, yes=following, finger=finger, slot=slot.id, arrive=(CapturePrint(finger),))
        for (slot, finger), key, following in zip(slots, keys, [*keys[1:], row_of_prints.yes], strict=False)
    ]
    first = keys[0] if keys else row_of_prints.yes
    rows: list[Step] = []
    for row in STEPS:
        rows += prints if row.key == _PRINT else [replace(row, yes=first) if row.yes == _PRINT else row]
    steps = {row.key: row for row in rows}
    check_steps(steps)
    return steps


def _exits(step: Step) -> Iterable[str]:
    for target in (step.yes, step.other):
        if target is not None and not target.startswith("@"):
            yield target
    yield from _BY_HANDLER.get(step.kind, ())


def check_steps(steps: Mapping[str, Step]) -> None:
    """Walk the table: every target exists, every step is reachable from signing in, and every step has a way out.

    Raises TableError naming each fault.
    """
    faults = [
        f"{step.key} leads to {to!r}, which is no step"
        for step in steps.values()
        for to in _exits(step)
        if to not in steps
    ]
    reached = {"signin"}
    frontier = ["signin"]
    while frontier:
        step = steps.get(frontier.pop())
        for target in _exits(step) if step is not None else ():
            if target not in reached:
                reached.add(target)
                frontier.append(target)
    faults += [f"{key} cannot be reached" for key in steps if key not in reached]
    faults += [f"{step.key} has no way out" for step in steps.values() if not list(_exits(step))]
    if faults:
        raise TableError("; ".join(faults))
