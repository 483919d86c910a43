"""What a citizen (and the officer beside them) does at each screen: one decision at a time, from what is shown."""

import random
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from drivers.fingerprint.synthetic import SITUATIONS
from kiosk.demo.people import DemoCitizen
from kiosk.demo.player import told
from kiosk.domain.capture_plan import Finger
from kiosk.journey.session import Session
from kiosk.journey.view import Layout, View
from tests.walks.table import PIN


class Manner(StrEnum):
    """How somebody goes through the journey.

    Plain: says yes. Wandering: now and then says the other thing, goes back, listens again, calls for help. Worst:
    never says yes where something else is offered, gives bad prints and wrong fingers, and goes on only when nothing
    else is left.
    """

    PLAIN = "plain"
    WANDERING = "wandering"
    WORST = "worst"


@dataclass(frozen=True, slots=True)
class Touch:
    """Touch a target."""

    target: str


@dataclass(frozen=True, slots=True)
class Press:
    """Lay a finger on the sensor."""

    finger: Finger
    how: str


@dataclass(frozen=True, slots=True)
class Type:
    """Let the officer type into the fields, and save."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LayCard:
    """Lay the card on the reader and hold its code before the camera."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Let the machine work, or time pass."""


Deed = Touch | Press | Type | LayCard | Wait

_WAITING: Final = frozenset({"", "again", "same"})
_TIMED: Final = frozenset({"print.good", "portrait.look"})
#: How often somebody who wanders does each thing at a screen, in a hundred; the rest goes on.
_WANDERS: Final = (("other", 8), ("back", 4), ("again", 5), ("help", 2))
#: The officer's row that takes a portrait as it is.
_TAKE: Final = "portrait.take"
#: A card is laid down so often, before the officer takes papers instead.
_CARD_TRIES: Final = 3
#: Where the journey can be given up.
_STOPS: Final = frozenset({"consent", "declined", "help"})
#: What the worst citizen prefers, the worst first.
_WORST: Final = ("other", "back", "yes")
_PRESSES: Final = tuple(SITUATIONS)


@dataclass
class Citizen:
    """One citizen with their papers and habits. `seen` counts the screens they have been at."""

    person: DemoCitizen
    manner: Manner
    dice: random.Random
    brings_card: bool = True
    seen: dict[str, int] = field(default_factory=dict[str, int])
    _card_shown: int = 0

    def decide(self, view: View, session: Session) -> Deed:
        """Say what is done now."""
        self.seen[view.key] = self.seen.get(view.key, 0) + 1
        if view.busy:
            return Wait()
        late = session.sitter.late and not session.sitter.anyway
        if session.step == "portrait.look" and late and not session.phase and not session.overlay and view.buttons:
            # The picture does not come by itself: the officer helps.
            return Touch("other")
        if view.key in _TIMED:
            return Wait()
        if view.layout is Layout.FORM:
            return self._typing(view)
        if view.key == "document" and self.brings_card and self._card_shown < _CARD_TRIES:
            self._card_shown += 1
            return LayCard()
        if view.key == "document" and self.manner is not Manner.WORST:
            return Touch("other")
        if view.finger is not None and session.phase in _WAITING and not session.overlay:
            return self._at_sensor(view)
        remedied = session.phase == "doing" and not session.overlay
        if remedied and self.manner is not Manner.WORST and self.dice.random() < 0.5:
            return Wait()
        return self._touching(view)

    def _typing(self, view: View) -> Deed:
        assert view.form is not None
        if view.key.startswith("officer.pin"):
            # The officer has come with whoever was called.
            return Type((PIN,))
        known = told(view, self.person)
        if view.key == "edit.phone":
            known = [self.person.phone.number or "0300000999"]
        if self.manner is Manner.WORST and self.seen[view.key] % 2:
            # The first time everything is left out.
            return Type(tuple("" for _ in view.form.fields))
        # What is there already is left as it is, unless there is something to mend.
        mend = bool(view.form.problem)
        values = [new if mend or not field.value else "" for new, field in zip(known, view.form.fields, strict=False)]
        return Type(tuple(values))

    def _at_sensor(self, view: View) -> Deed:
        assert view.finger is not None
        visits = self.seen[view.key]
        if view.finger in self.person.missing_fingers and view.key != "print.good":
            return Touch("other")
        if self.manner is Manner.WORST:
            if visits % 3 == 0:
                return Touch("other")
            return Press(view.finger, _PRESSES[1 + visits % (len(_PRESSES) - 1)])
        odd = self.manner is Manner.WANDERING and self.dice.random() < 0.04
        finger = self.dice.choice(list(Finger)) if odd else view.finger
        how = self.dice.choice(_PRESSES) if self.dice.random() < 0.12 else _PRESSES[0]
        return Press(finger, how)

    def _touching(self, view: View) -> Deed:
        offered = [button.id for button in view.buttons]
        rows = [choice.id for choice in view.choices]
        if _TAKE in rows and self.manner is Manner.PLAIN:
            return Touch(_TAKE)
        if rows and (not offered or self.manner is not Manner.WORST or self.seen[view.key] % 2 == 0):
            return Touch(self.dice.choice(rows))
        if view.key == "remedy.ask" and self.manner is Manner.PLAIN:
            # Nothing that is asked about here is so: the remedy is done.
            return Touch("other")
        if self.manner is Manner.WORST:
            return Touch(self._worst(view, offered))
        if self.manner is Manner.WANDERING:
            for target, share in _WANDERS:
                there = target in offered or target in {"again", "help"} or (target == "back" and view.nav.back)
                if there and self.dice.random() * 100 < share and view.key != "standby":
                    return Touch(target)
        return Touch("yes" if "yes" in offered else (offered or ["help"])[-1])

    def _worst(self, view: View, offered: list[str]) -> str:
        """Choose the worst thing here, the next time the next worst, and round again; but never stop for good."""
        if view.key in _STOPS:
            return "yes" if view.key != "declined" else "other"
        there = [one for one in _WORST if one in offered or (one == "back" and view.nav.back is not None)]
        return there[(self.seen[view.key] - 1) % len(there)] if there else "help"
