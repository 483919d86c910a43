"""What the office orders and the session does: settings, remedies first, and the chime by which a kiosk is found."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import cast

from drivers.panel.api import LampState, Panel
from kiosk.domain.experience import NOTHING_SEEN, Remedy
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.remedies import choose
from kiosk.journey.session import Rules, Session
from kiosk.runtime.hands import SessionHands
from kiosk.runtime.runner import SessionRunner, Speech
from kiosk.voice.chimes import Chime
from tests.journey.script import RULES

PATIENCE_S = 60.0


@dataclass
class Around:
    """Runner, panel and voice in one, as far as the hands use them."""

    session: Session = field(default_factory=Session)
    rules: Rules = RULES
    lamp_shown: list[LampState] = field(default_factory=list)
    chimes: int = 0
    trouble: str | None = None
    repeat_after_s: float = 15.0
    lamp_of_session: LampState = LampState.BUSY

    def change_rules(self, change: object) -> None:
        self.rules = change(self.rules)  # type: ignore[operator]

    def chime(self, chime: Chime) -> None:
        assert chime == "call"
        self.chimes += 1


class Case:
    """The panel's lamp."""

    def __init__(self, around: Around) -> None:
        self._around = around

    def lamp(self, state: LampState) -> None:
        self._around.lamp_shown.append(state)


class Runner:
    """The runner's own lamp stands apart from the panel's."""

    def __init__(self, around: Around) -> None:
        self._around = around

    @property
    def session(self) -> Session:
        return self._around.session

    @property
    def lamp(self) -> LampState:
        return self._around.lamp_of_session

    @property
    def repeat_after_s(self) -> float:
        return self._around.repeat_after_s

    @repeat_after_s.setter
    def repeat_after_s(self, seconds: float) -> None:
        self._around.repeat_after_s = seconds

    def change_rules(self, change: object) -> None:
        self._around.change_rules(change)


def hands_of(around: Around) -> SessionHands:
    runner = cast(SessionRunner, Runner(around))
    return SessionHands(
        runner, cast(Panel, Case(around)), cast(Speech, around), log_lines=lambda n: ["x"] * n, every_s=0.01
    )


async def turned() -> None:
    """Let everything that was put behind happen."""
    for _ in range(3):
        await asyncio.sleep(0)


def test_settings_change_the_rules_and_nothing_else_is_known() -> None:
    async def play() -> Around:
        around = Around()
        hands = hands_of(around)
        hands.configure("journey.language", "en")
        hands.configure("journey.idle_after_s", 300)
        hands.configure("journey.idle_answer_s", 20)
        hands.configure("journey.tries_per_finger", 2)
        hands.configure("journey.tries_per_portrait", 5)
        hands.configure("voice.repeat_after_s", 0)
        hands.configure("signing.key", "/elsewhere")
        await turned()
        return around

    around = asyncio.run(play())
    assert around.rules == replace(
        RULES, language="en", idle_after_s=300, idle_answer_s=20, tries_per_finger=2, portrait_tries=5
    )
    assert around.repeat_after_s == 0


def first_remedy(rules: Rules, age: int) -> Remedy:
    advice = choose(
        PrintVerdict.TOO_WET,
        remedies=rules.remedies,
        used=(),
        age=age,
        here=NOTHING_SEEN,
        everywhere=NOTHING_SEEN,
    )
    assert advice is not None
    return advice.remedy


def test_the_offices_order_of_remedies_comes_first_and_loosens_no_rule_of_safety() -> None:
    async def play(order: tuple[Remedy, ...]) -> Rules:
        around = Around()
        hands_of(around).order_remedies(PrintVerdict.TOO_WET, order)
        await turned()
        return around.rules

    assert first_remedy(RULES, 40) is Remedy.DRYER
    ordered = asyncio.run(play((Remedy.ICE, Remedy.DEODORANT)))
    assert first_remedy(ordered, 40) is Remedy.ICE
    # Ice is not for the very old, and for the old it comes last; what is on no ladder is not offered at all.
    assert first_remedy(ordered, 85) is Remedy.DEODORANT
    assert first_remedy(ordered, 65) is Remedy.DEODORANT
    assert first_remedy(asyncio.run(play((Remedy.DAMP,))), 40) is Remedy.DRYER
    assert first_remedy(asyncio.run(play(())), 40) is Remedy.DRYER


def test_a_kiosk_that_is_looked_for_sounds_and_flashes_and_then_shows_its_own_lamp_again() -> None:
    told: list[tuple[str, str]] = []

    async def play() -> Around:
        around = Around()
        ended = asyncio.Event()
        hands = hands_of(around)
        hands.ring(0.05, lambda state, code: told.append((state, code)))
        while around.lamp_shown[-1:] != [LampState.BUSY]:
            await asyncio.wait_for(asyncio.shield(asyncio.create_task(_soon(ended))), PATIENCE_S)
        return around

    around = asyncio.run(asyncio.wait_for(play(), PATIENCE_S))
    assert told == [("done", "")]
    assert around.chimes >= 2
    assert set(around.lamp_shown[:-1]) == {LampState.CALL}


async def _soon(event: asyncio.Event) -> None:
    asyncio.get_running_loop().call_later(0.005, event.set)
    await event.wait()


def test_it_is_refused_while_somebody_is_served_and_tells_when_it_has_no_sound() -> None:
    told: list[tuple[str, str]] = []

    async def play(around: Around) -> None:
        hands_of(around).ring(0.0, lambda state, code: told.append((state, code)))
        await turned()

    served = Around(session=Session(enrolment="x"))
    asyncio.run(play(served))
    assert (served.chimes, served.lamp_shown) == (0, [])
    asyncio.run(play(Around(trouble="trouble.sound")))
    assert told == [("refused", "busy"), ("done", "lamp_only")]


def test_a_hand_that_comes_when_the_kiosk_has_closed_does_nothing() -> None:
    async def make() -> tuple[Around, SessionHands]:
        around = Around()
        return around, hands_of(around)

    around, hands = asyncio.run(make())
    hands.configure("journey.language", "en")
    assert around.rules == RULES
    assert hands.log_lines(2) == ["x", "x"]
