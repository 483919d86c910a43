"""One citizen's walk from the resting kiosk to the resting kiosk, and what came of it."""

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

from drivers.fingerprint.personalities import Personality
from drivers.fingerprint.synthetic import SITUATIONS, Pattern, print_of
from drivers.fingerprint.synthetic import Finger as GrownFinger
from kiosk.demo.people import people
from kiosk.demo.player import Player
from kiosk.domain.capture_plan import Finger
from kiosk.journey.events import Event, FormFilled, HandsSeen, Touched
from kiosk.journey.view import Layout, View
from tests.walks.citizen import Citizen, Deed, LayCard, Manner, Press, Touch, Type, Wait
from tests.walks.clock import LOOK_S, a_moment, until
from tests.walks.hand import STEADY, Hand, Place, Tremor
from tests.walks.house import OFFICER, PIN, House
from tests.walks.tally import Tally

#: What turns pages of facts; the window, which names it, is not there yet when this is read.
TURN_PAGE: Final = "ui.page"
#: After so many deeds somebody is going round in circles.
MOST_DEEDS: Final = 1500
#: How often one target is tried before that is a dead end.
_MOST_TRIES: Final = 25
#: How often, in a hundred screens, a hand does something that it did not mean.
_LEANS = _DRAGS = _BRUSHES = 4
_DOUBLES = 15
_READS_S: Final = (1.2, 6.0)
#: After so many looks at what devices have done that is a dead end.
_MOST_LOOKS: Final = 10_000
#: One finger is pressed in so many different ways of each kind.
_DIFFERENT: Final = 6


class OfficerHand(Player):
    """Types as the demo's player does, on the keyboard that is shown, with a steady hand."""

    def __init__(self, house: House, hand: Hand) -> None:
        super().__init__(house.app, None, house.folder)  # type: ignore[arg-type]
        self._house = house
        self._hand = hand

    async def write(self, field_number: int, text: str, *, instead_of: str = "") -> None:
        """Write into a field, in place of what stands there."""
        if f"ui.field.{field_number}" in self._house.app.touch_targets():
            await self._press(f"ui.field.{field_number}")
        for _ in instead_of:
            await self._key("delete")
        await self._type(text)

    async def _wait(self, seconds: float) -> None:
        self._house.turn(seconds)

    async def _press(self, target: str) -> None:
        self._house.turn(0.9)
        await self._hand.tap(self._house.app.touch_targets()[target])


@dataclass
class Walk:
    """One walk through an open house."""

    house: House
    citizen: Citizen
    tremor: Tremor
    dice: random.Random
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        """Give the hands their measures."""
        display = self.house.display
        across, along = display.width_px / display.panel_width_mm, display.height_px / display.panel_height_mm
        self.screen = (0.0, 0.0, float(display.width_px), float(display.height_px))
        make = lambda tremor: Hand(self.dice, tremor, (across, along), self.house.turn, self.house.settle)  # noqa: E731
        self.hand, self.steady = make(self.tremor), make(STEADY)
        self.officer = OfficerHand(self.house, self.steady)
        self.presses = 0

    async def run(self) -> Tally:
        """Walk from the resting kiosk until it rests again."""
        house, tally = self.house, self.tally
        assert house.view.key == "standby", house.where()
        house.app._filter.forget()
        ended = ""
        for _ in range(MOST_DEEDS):
            view = house.view
            tally.screens[view.key] += 1
            tally.deeds += 1
            if view.key == "farewell":
                ended = "enrolled"
            elif view.key == "declined" and ended != "enrolled":
                ended = "stopped with the officer"
            await self._unmeant(view)
            await self.do(self.citizen.decide(house.view, house.session))
            if house.view.key == "standby" and ended:
                break
            if tally.dead_ends:
                break
        else:
            way = " ".join(key for key, _count in tally.screens.most_common(8))
            tally.dead_ends.append(f"still going round after {MOST_DEEDS} deeds, at {house.where()}; mostly at {way}")
        tally.walks += 1
        tally.longest = tally.deeds
        tally.ends[ended if not tally.dead_ends else "dead end"] += 1
        self._lift()
        return tally

    async def do(self, deed: Deed) -> None:
        """Do one thing, and wait until the kiosk has dealt with it."""
        match deed:
            case Touch(target):
                await self._touch(target)
            case Press(finger, how):
                await self._lay_finger(finger, how)
            case Type(values):
                await self._type(values)
            case LayCard():
                await self._lay_card()
            case Wait():
                await self._wait()

    async def _touch(self, target: str) -> None:
        """Touch until the kiosk hears it, as people do."""
        house, tally = self.house, self.tally
        key = house.view.key
        await self._read_on(key, target)
        for _ in range(_MOST_TRIES):
            house.turn(self.dice.uniform(*_READS_S))
            await house.settle()
            if house.view.key != key or target not in house.app.touch_targets():
                return
            before, rejects = len(house.sent), Counter(house.app._filter.rejects)
            tally.meant += 1
            landed = await self.hand.tap(house.app.touch_targets()[target])
            self._count_rejects(rejects)
            heard = house.sent[before:]
            tally.hit += self._as_meant(heard, key, target)
            if self.dice.random() * 100 < _DOUBLES:
                heard += await self._tap_on(landed, key, target, heard=bool(heard))
            if heard:
                return
            tally.missed_at[f"{key} {target}"] += 1
        tally.dead_ends.append(f"{target} at {key} was not heard {_MOST_TRIES} times")

    async def _read_on(self, key: str, target: str) -> None:
        """Turn pages of facts or rows, however often the hand misses, until what is wanted is there."""
        house = self.house
        for _ in range(_MOST_TRIES):
            await house.settle()
            targets = house.app.touch_targets()
            if house.view.key != key or target in targets or TURN_PAGE not in targets:
                return
            house.turn(self.dice.uniform(*_READS_S))
            before = len(house.sent)
            await self.hand.tap(targets[TURN_PAGE])
            wrong = [one for one in house.sent[before:] if one != HandsSeen()]
            self.tally.wrong += [f"a page was to be turned at {key}, {one}" for one in wrong]

    async def _tap_on(self, landed: Place, key: str, target: str, *, heard: bool) -> list[Event]:
        """Go on tapping, twice or until something happens; what is heard may be the answer that was meant."""
        house, before, typed = self.house, len(self.house.sent), self._typed()
        for _ in range(self.dice.choice((1, 1, 1, 2, 3, 5))):
            await self.hand.tap_again(landed)
        more = house.sent[before:]
        meant = [] if heard else [one for one in more if one == Touched(target)][:1]
        self._stray(more[len(meant) :], f"more taps at {key} ({target})")
        # A form that has just come holds what is known; keys that were hit show in it.
        if typed is None and self._typed() not in {None, self._filled_in()}:
            self.tally.wrong.append(f"more taps at {key} ({target}) typed into {house.view.key}")
        return meant

    def _typed(self) -> tuple[str, ...] | None:
        form = self.house.app._form
        return None if form is None else tuple(form.values.values())

    def _filled_in(self) -> tuple[str, ...]:
        form = self.house.view.form
        return () if form is None else tuple(one.value for one in form.fields)

    def _as_meant(self, heard: list[Event], key: str, target: str) -> bool:
        right = [one for one in heard if isinstance(one, FormFilled) or one == Touched(target)]
        for one in heard:
            if one not in right:
                self.tally.wrong.append(f"{target} was meant at {key}, {one.id if isinstance(one, Touched) else one}")
        return bool(right)

    def _stray(self, heard: list[Event], what: str) -> None:
        self.tally.stray += 1
        for one in heard:
            self.tally.wrong.append(f"{what}: {one.id if isinstance(one, Touched) else 'a form'}")

    def _count_rejects(self, before: "Counter[Any]") -> None:
        now = Counter(self.house.app._filter.rejects)
        self.tally.rejects.update({reason.value: count for reason, count in (now - before).items()})

    async def _unmeant(self, view: View) -> None:
        """Now and then, do something that nobody means."""
        house = self.house
        # A resting kiosk begins wherever it is touched, and forms are the officer's.
        if view.anywhere or view.layout is Layout.FORM:
            return
        house.turn(0.5)
        await house.settle()
        before, key = len(house.sent), house.view.key
        roll = self.dice.random() * 100
        if roll < _LEANS:
            await self.hand.lean(self.screen)
            what = "a palm"
        elif roll < _LEANS + _DRAGS:
            await self.hand.drag(self.screen)
            what = "a drag"
        elif roll < _LEANS + _DRAGS + _BRUSHES:
            await self.hand.brush(self.screen)
            what = "a brush"
        else:
            return
        self._stray(house.sent[before:], f"{what} at {key}")

    async def _lay_finger(self, finger: Finger, how: str) -> None:
        house = self.house
        before, prints = house.view, house.kiosk.runner._desks.prints
        self.presses += 1
        # Who takes a finger away and lays it down at once again has not been seen to lift it.
        await until(lambda: prints._lifted or house.broken(), lambda: f"the glass is not seen empty at {house.where()}")
        number = list(Finger).index(finger)
        # Three pairs of hands are enough: growing a finger takes a while.
        hands = self.citizen.person.finger_seed % 3
        own = house.table.emulator.personality
        pressed = _pressed(10 * hands + number, how, self.presses % _DIFFERENT, own)
        house.table.emulator.place(pressed, own.width_px, own.height_px)
        waiting = {"", "again", "same", "busy"}

        def taken() -> bool:
            session = house.session
            return (
                session.phase not in waiting or session.coach.times != times or attempts != len(session.coach.attempts)
            )

        times, attempts = house.session.coach.times, len(house.session.coach.attempts)
        await until(lambda: taken() or house.broken(), lambda: f"no print came at {house.where()} after {before.key}")
        house.table.emulator.lift()
        await house.settle()

    async def _lay_card(self) -> None:
        house = self.house
        before = house.view
        house.table.camera.show(house.table.scenes.card(self.citizen.person))
        house.table.reader.lay(house.table.card_of(self.citizen.person))
        await house.until_not(before)
        await until(
            lambda: house.session.step != "document" or house.broken(), lambda: f"no card was read at {house.where()}"
        )
        house.table.reader.lift()
        house.table.camera.show(house.table.scenes.person(self.citizen.person))
        await house.settle()

    def _lift(self) -> None:
        self.house.table.emulator.lift()
        self.house.table.reader.lift()

    async def _type(self, values: tuple[str, ...]) -> None:
        for number, value in enumerate(values):
            if value:
                await self.officer.write(number, value, instead_of=self._filled_in()[number])
        house = self.house
        house.turn(1.0)
        await self.steady.tap(house.app.touch_targets()["yes"])

    async def _wait(self) -> None:
        """Wait for devices; where only time is missing, let it pass."""
        house = self.house
        before, sitting = house.view, house.table.sitting
        for _ in range(_MOST_LOOKS):
            if house.view != before:
                await house.settle()
                return
            sat_s = sitting.camera_s()
            await a_moment()
            if house.events.quiet and not before.busy:
                # Before the camera time goes on with the pictures, or with the real seconds where none come.
                house.turn(max(LOOK_S, sitting.camera_s() - sat_s) if before.preview else 0.5)
            house.check()
        self.tally.dead_ends.append(f"nothing happens at {house.where()}")


@lru_cache(maxsize=500)
def _pressed(finger: int, how: str, press: int, sensor: Personality) -> bytes:
    """Give a press of a finger on the sensor's glass; the same press is the same picture."""
    grown = GrownFinger(500 + finger, list(Pattern)[finger % 10 % len(Pattern)])
    pressed = replace(SITUATIONS[how], seed=press)
    return print_of(grown, pressed, width_px=sensor.width_px, height_px=sensor.height_px, dpi=sensor.dpi)


async def sign_in(house: House) -> None:
    """The officer opens the kiosk."""
    walk = Walk(house, Citizen(people()[0], Manner.PLAIN, random.Random(0)), STEADY, random.Random(0))
    await walk.officer.write(0, OFFICER)
    await walk.officer.write(1, PIN)
    house.turn(1.0)
    await walk.steady.tap(house.app.touch_targets()["yes"])
    await until(lambda: house.view.key == "standby" or house.broken(), lambda: f"not signed in at {house.where()}")
    await house.settle()


def somebody(dice: random.Random, manner: Manner) -> Citizen:
    """Choose who comes."""
    person = dice.choice(people())
    return Citizen(person, manner, dice, brings_card=person.card is not None and person.born.whole is not None)
