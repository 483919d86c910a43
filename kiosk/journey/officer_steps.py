"""Rows of the STEPS table beside the way, which the officer opens: paused enrolments, a representative."""

from typing import Final

from kiosk.journey.effects import ListPaused, StartTimer
from kiosk.journey.step import Kind, Step
from kiosk.journey.view import Layout

#: How long a screen among the paused enrolments, which names people, stays when nobody touches it, in seconds.
PAUSED_WAIT_S: Final = 180.0

#: Where the other button does not only lead back.
_OTHER_ICONS: Final = {
    "paused.wipe": "bin",
    "paused.face": "unsure",
    "paused.consent": "hand",
    "represent.consent": "hand",
}

#: The officer's list of paused enrolments, and the doors through which one is taken up again.
PAUSED: Final[tuple[Step, ...]] = (
    Step(
        "paused",
        Kind.PAUSED,
        Layout.CHOICE,
        yes="standby",
        yes_icon="undo",
        arrive=(ListPaused(), StartTimer("pause", PAUSED_WAIT_S)),
        patient=True,
        back=False,
    ),
    *(
        Step(
            key,
            Kind.PAUSED,
            layout,
            yes=yes,
            other=other,
            yes_icon=icon,
            other_icon=_OTHER_ICONS.get(key, "undo"),
            number=number,
            arrive=(StartTimer("pause", PAUSED_WAIT_S),),
            patient=True,
            back=False,
        )
        for key, layout, yes, other, icon, number in (
            ("paused.one", Layout.CHOICE, "paused", None, "undo", 0),
            ("paused.wipe", Layout.MESSAGE, "paused.one", "paused", "tick", 0),
            ("paused.face", Layout.FACTS, "paused.who", "paused", "tick", 0),
            ("paused.who", Layout.FACTS, "paused.consent", "paused", "tick", 2),
            ("paused.consent", Layout.FACTS, None, "paused", "tick", 2),
        )
    ),
)


#: The citizen has a paused enrolment here, which the officer did not take up.
SAME: Final = Step("paused.same", Kind.SAME, Layout.CHOICE, number=4, side=True)


#: Who acts for a child or a ward. Each leads back to the step that it was opened from.
REPRESENT: Final[tuple[Step, ...]] = (
    *(
        Step(
            key,
            Kind.REPRESENT,
            layout,
            other=other,
            yes_icon=icon,
            other_icon=_OTHER_ICONS.get(key, "undo"),
            number=2,
            side=True,
        )
        for key, layout, other, icon in (
            ("represent.why", Layout.CHOICE, None, "undo"),
            ("represent.relation", Layout.CHOICE, None, "undo"),
            ("represent.paper", Layout.CHOICE, None, "undo"),
            ("represent.form", Layout.FORM, "identity", "tick"),
            ("represent.consent", Layout.FACTS, None, "tick"),
        )
    ),
    Step("represent.too_young", Kind.REPRESENT, Layout.MESSAGE, other="edit.identity", number=4, side=True),
)
