"""Every moment that hands, devices and time can lead to: none is a trap, and the officer is one touch away."""

import random
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Final

import pytest

from kiosk.domain.capture_plan import CapturePlan
from kiosk.domain.enrolment import Answers
from kiosk.domain.photo_coach import Advice
from kiosk.domain.quality import PortraitSay, PrintVerdict
from kiosk.journey.events import (
    DeviceRecovered,
    DeviceTrouble,
    DocumentFailed,
    DocumentRead,
    Event,
    FormFilled,
    PortraitTaken,
    PrintCaptured,
    Sealed,
    SealFailed,
    SitterSeen,
    TimerFired,
    Touched,
)
from kiosk.journey.remembered import DraftPaused, PausedListed, PausedOpened
from kiosk.journey.session import Rules
from kiosk.journey.view import Layout
from tests.journey.script import HOME, IDENTITY, IDENTITY_FORM, NUMBER, RULES, Kiosk, note_of, picture
from tests.journey.test_random_walks import TORN

#: A moment, as far as it decides what can happen next. Fingers stand for each other: one of them is enough.
Moment = tuple[object, ...]
#: Moments at which the way ends: the officer is there, or the kiosk rests again.
_OFFICER: Final = frozenset({"help", "trouble", "full", "print.exception", "print.which", "officer.face"})
_ENDS: Final = frozenset({"farewell", "standby", "handover", "signin"})
_MOST: Final = 8000
#: From where the ways of the menu that lead elsewhere are looked at; they lead back to where they began.
_FROM: Final = {"menu.pause": "home", "menu.represent": "edit.home"}

_FORMS: Final[Mapping[str, tuple[Mapping[str, str], ...]]] = {
    "document.number": ({"number": NUMBER.digits, "born": "01/07/1950", "expires": ""},),
    "edit.identity": (IDENTITY_FORM,),
    "edit.home": ({"residence": "thôn Tân Hương"},),
    "edit.relatives": ({"father": "Trần Văn An"},),
    "edit.phone": ({"phone": "0912345678"},),
    "represent.form": ({"name": "Lê Thị Bưởi", "number": NUMBER.digits, "paper": "số 12"},),
    "mark.witness": ({"witness": "Lê Văn Chín"},),
}


def _moment(kiosk: Kiosk) -> Moment:
    session, view = kiosk.session, kiosk.view()
    return (
        view.key,
        session.step,
        session.overlay,
        session.veiled,
        session.phase,
        session.returns_to,
        bool(session.problem),
        _known(session.answers),
        min(2, len(session.coach.attempts)),
        session.coach.advice.remedy if session.coach.advice else None,
        session.coach.asked,
        session.tries,
        session.sitter.late,
        session.sitter.anyway,
        session.trouble,
        session.draft is not None,
        "busy" if view.busy else "",
    )


def _known(answers: Answers) -> tuple[object, ...]:
    return (
        answers.identity is not None,
        bool(answers.home.residence),
        answers.phone is not None,
        answers.face is not None,
        answers.mark is not None,
        len(answers.settled),
        len(answers.slots),
        bool(answers.statements),
    )


def _offered(kiosk: Kiosk) -> Iterator[Event]:
    """Everything that hands can do at this screen, good and bad."""
    view = kiosk.view()
    if view.busy:
        return
    if view.layout is Layout.FORM:
        yield FormFilled({})
        yield from (FormFilled(form) for form in _FORMS.get(view.key, ()))
    yield from (Touched(button.id) for button in view.buttons if button.id == "other" or view.layout is not Layout.FORM)
    # The reasons for a pause, the forms of address and the papers stand for each other: one of them is enough. What the
    # menu leads to from everywhere is looked at from one place.
    alike = view.key in {"menu.pause", "menu.address", "represent.relation", "represent.paper"}
    rows = view.choices[: 1 if alike else None]
    yield from (Touched(row.id) for row in rows if _FROM.get(row.id, kiosk.session.step) == kiosk.session.step)
    if view.nav.back is not None:
        yield Touched("back")
    yield Touched("help")


def _comes(kiosk: Kiosk) -> Iterator[Event]:
    """What devices and time bring, at their worst and at their best."""
    session = kiosk.session
    if session.overlay == "trouble":
        yield DeviceRecovered(session.trouble)
    if session.overlay == "pausing":
        yield from (DeviceTrouble("storage", "CustodyFault"), DraftPaused(session.enrolment))
    if session.overlay:
        return
    if session.step == "paused" and session.paused.listed is None:
        yield PausedListed(tuple(note_of(draft) for draft in kiosk.paused.values()))
    if session.step == "paused.one" and session.phase == "busy" and session.paused.chosen is not None:
        yield from (PausedOpened(None), PausedOpened(kiosk.paused[session.paused.chosen.enrolment]))
    finger = kiosk.view().finger if session.step.startswith(("print.", "mark.")) else None
    if finger is not None and session.phase in {"", "again", "same", "busy"}:
        for quality, verdict in ((5, PrintVerdict.TOO_LIGHT), (80, PrintVerdict.GOOD)):
            name = f"{finger}-{quality}"
            yield PrintCaptured(finger, name, picture(name), quality=quality, verdict=verdict, sensor="s")
        yield DeviceTrouble("fingerprint", "DeviceGone")
    if session.step == "portrait.look":
        sitting = session.sitter.sitting
        yield SitterSeen(sitting, Advice(PortraitSay.CLOSER))
        yield SitterSeen(sitting, Advice(PortraitSay.NOTHING, held=1.0, shoot=True))
        if session.phase == "busy":
            yield PortraitTaken(sitting, "bad", picture("bad"), (PortraitSay.CLOSER,), "c")
            yield PortraitTaken(sitting, "good", picture("good"), (), "c")
    if session.step == "document":
        yield DocumentFailed("lifted")
        yield from (DocumentRead(IDENTITY, home=HOME), TORN)
    if session.step == "sealing" and session.phase == "":
        yield from (Sealed(1), SealFailed("storage"))
    yield from (TimerFired(name) for name in ("countdown", "pause", "remedy", "patience") if name in kiosk.timers)


def _after(kiosk: Kiosk, event: Event) -> Kiosk:
    following = Kiosk(kiosk.rules, kiosk.session, now=kiosk.now, timers=dict(kiosk.timers), begun=kiosk.begun)
    following.paused = dict(kiosk.paused)
    if isinstance(event, TimerFired):
        del following.timers[event.name]
    return following.happens(event)


def _one_finger() -> Rules:
    finger = RULES.plan.prints()[:1]
    others = tuple(slot for slot in RULES.plan.slots if slot not in RULES.plan.prints())
    rules = Rules.of(CapturePlan(RULES.plan.source, (*finger, *others)), RULES.remedies)
    # Here the journey must be without traps by itself: nobody is fetched who goes round in it.
    return replace(rules, rounds_before_help=1_000_000, tries_per_finger=2)


@cache
def _explored() -> tuple[frozenset[Moment], Mapping[Moment, frozenset[Moment]], Mapping[Moment, str]]:
    """Go everywhere, from the first screen of a citizen on: all moments, which lead to which, and their screens."""
    start = Kiosk(_one_finger()).signed_in().touch("yes")
    first = _moment(start)
    ways: dict[Moment, set[Moment]] = {}
    screens: dict[Moment, str] = {first: start.view().key}
    open_ones = deque([(first, start)])
    while open_ones:
        here, kiosk = open_ones.popleft()
        ways[here] = set()
        if screens[here] in _ENDS:
            continue
        for event in (*_offered(kiosk), *_comes(kiosk)):
            following = _after(kiosk, event)
            there = _moment(following)
            ways[here].add(there)
            if there not in screens:
                screens[there] = following.view().key
                open_ones.append((there, following))
        assert len(screens) < _MOST, "the moments are told apart too finely"
    return frozenset(screens), {here: frozenset(there) for here, there in ways.items()}, screens


def _reaching(goals: frozenset[Moment], ways: Mapping[Moment, frozenset[Moment]]) -> frozenset[Moment]:
    """Give all moments from which one of the goals can be reached."""
    back: dict[Moment, set[Moment]] = {}
    for here, there in ways.items():
        for one in there:
            back.setdefault(one, set()).add(here)
    found, open_ones = set(goals), list(goals)
    while open_ones:
        for earlier in back.get(open_ones.pop(), set()) - found:
            found.add(earlier)
            open_ones.append(earlier)
    return frozenset(found)


@pytest.mark.timeout(600)
def test_whatever_was_chosen_before_the_end_can_still_be_reached() -> None:
    moments, ways, screens = _explored()
    goal = frozenset(one for one in moments if screens[one] == "farewell")
    trapped = sorted({screens[one] for one in moments - _reaching(goal, ways)} - {"standby", "handover", "signin"})
    assert goal
    assert trapped == []


@pytest.mark.timeout(600)
def test_wherever_hands_have_come_one_touch_brings_the_officer() -> None:
    moments, ways, screens = _explored()
    for one in moments:
        # The lamp is lit already where the kiosk itself is in trouble.
        if screens[one] in _ENDS | {"help", "trouble", "full", "sealing"} or "busy" in one:
            continue
        assert any(screens[there] == "help" for there in ways[one]), screens[one]


def _worst_of(kiosk: Kiosk, dice: random.Random) -> Event:
    """Choose by hand what does not go on, and let devices bring their worst, as long as anything else is offered."""
    hands = [event for event in _offered(kiosk) if event != Touched("help")]
    worse = [event for event in hands if event != Touched("yes") and not isinstance(event, FormFilled)]
    brought = list(_comes(kiosk))[:1]
    return dice.choice(worse + brought or hands)


@pytest.mark.parametrize("seed", range(25))
def test_who_always_chooses_the_worst_comes_to_the_end_or_to_an_officer(seed: int) -> None:
    dice, kiosk = random.Random(seed), Kiosk().begin()
    most = len(RULES.steps) * RULES.rounds_before_help * 4
    for _ in range(most):
        kiosk = _after(kiosk, _worst_of(kiosk, dice))
        if kiosk.view().key in _OFFICER | _ENDS:
            return
    raise AssertionError(f"still at {kiosk.view().key} after {most} events")
