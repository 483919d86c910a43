"""The dock: everything that hands can do around the demo's kiosk, and what can be seen there.

Owns the list of actions, their checking, and the state that the dock's page shows. Refuses to reach into the kiosk's
process: what lives inside it (camera, case) is asked for over the line, and everything else is done on the stage.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from drivers.camera.simulated import CameraSituation
from drivers.card.simulated import Situation as CardSituation
from drivers.errors import DeviceError
from kiosk.demo.actions import DockError, text_of, yes_or_no
from kiosk.demo.cards import Card, holder_of
from kiosk.demo.line import Line, Message
from kiosk.demo.people import DemoCitizen
from kiosk.demo.stage import GOOD_PRESS, PRESSES, START_PERCENT, SensorState, Stage, StageError
from kiosk.domain.capture_plan import Finger

#: What can be held before the camera.
SCENES: Final = ("card", "person", "two", "photo", "nobody", "new", "officer")
#: How the officer signs in: by PIN alone, as only a demo allows, or with their own card beside it.
SIGN_INS: Final = ("pin", "card")
#: How the camera can misbehave; the empty name is a camera that is well.
CAMERA_SITUATIONS: Final = ("", *CameraSituation)


class Switch(Protocol):
    """A part of the village that can be ended and started again. turn() may block for seconds."""

    @property
    def on(self) -> bool:
        """Whether it runs."""
        ...

    def turn(self, on: bool) -> None:
        """End or start it."""
        ...


@dataclass(slots=True)
class Seen:
    """What the kiosk's companion has told last."""

    connected: bool = False
    screen: Message = field(default_factory=lambda: {"key": "", "title": "", "sentence": "", "progress": ""})
    lamp: str = "off"
    lit: bool = False
    ring: float = 0.0
    receipts: list[int] = field(default_factory=list[int])


class Dock:
    """The hands around one kiosk. Use it from one asyncio loop."""

    def __init__(
        self,
        stage: Stage,
        citizens: tuple[DemoCitizen, ...],
        *,
        switches: Mapping[str, Switch],
        on_citizen: Callable[[int], None] = lambda _number: None,
    ) -> None:
        """`switches` are the parts of the village by name; `on_citizen` hears the number of who sits down."""
        self._stage = stage
        self._citizens = citizens
        self._switches = switches
        self._on_citizen = on_citizen
        self._line: Line | None = None
        self._at_work = asyncio.Lock()
        self._citizen = 0
        self._hands = True
        self._press = GOOD_PRESS
        self._scene = "person"
        self._camera = ""
        self._tamper = False
        self._held = False
        self._battery = START_PERCENT
        self._mains = False
        self._prints = 0
        self._card = ""
        self._which = Card.OWN
        self._sign_in = "pin"
        self._actions: Final[Mapping[str, Callable[[Message], Awaitable[None]]]] = {
            "citizen": self._sit,
            "hands": self._set_hands,
            "press": self._choose_press,
            "lay_finger": self._lay_finger,
            "lift_finger": self._lift_finger,
            "sensor": self._set_sensor,
            "lay_card": self._lay_card,
            "lift_card": self._lift_card,
            "officer": self._choose_sign_in,
            "show": self._show,
            "camera": self._set_camera,
            "help": self._press_help,
            "key": self._press_key,
            "hold": self._hold_help,
            "tamper": self._set_tamper,
            "power": self._set_power,
            "switch": self._switch,
        }
        self.seen = Seen()

    @property
    def citizens(self) -> tuple[DemoCitizen, ...]:
        """Everybody who can sit at the kiosk."""
        return self._citizens

    @property
    def stage(self) -> Stage:
        """The devices."""
        return self._stage

    @property
    def switch_names(self) -> tuple[str, ...]:
        """The parts of the village that can be ended and started again."""
        return tuple(self._switches)

    def attach(self, line: Line, citizen: int) -> None:
        """A kiosk has started, with this citizen before it: put it right about what the hands have done before."""
        self._line = line
        self._citizen = citizen
        self.seen.connected = True
        self._say(do="officer", by=self._sign_in)
        self._say(do="hands", on=self._hands)
        self._say(do="scene", name=self._scene)
        self._say(do="camera", how=self._camera)
        self._say(do="tamper", open=self._tamper)
        self._say(do="hold", on=self._held)

    def detach(self, line: Line) -> None:
        """The kiosk on this line has ended."""
        if self._line is line:
            self._line = None
            self.seen.connected = False

    def hear(self, message: Message) -> bool:
        """Take what the kiosk's companion tells; True when it was about what the page shows."""
        match message:
            case {"tell": "view", **screen}:
                self.seen.screen = screen
            case {"tell": "case", "lamp": str(lamp), "lit": bool(lit), "ring": float(ring)}:
                self.seen.lamp, self.seen.lit, self.seen.ring = lamp, lit, ring
            case {"tell": "scene", "name": str(name)}:
                self._scene = name
            case {"tell": "receipt", "number": int(number)}:
                self.seen.receipts.append(number)
                return False
            case {"tell": "next", "citizen": int(citizen)}:
                self._citizen = citizen
                return False
            case _:
                return False
        return True

    async def do(self, action: Message) -> None:
        """Do one action, {"do": name, ...}. Raises DockError for one that is unknown, malformed or impossible."""
        name = action.get("do")
        doing = self._actions.get(name) if isinstance(name, str) else None
        if doing is None:
            raise DockError(f"there is no action {name!r}: choose one of {', '.join(self._actions)}")
        async with self._at_work:
            try:
                await doing(action)
            except (StageError, DeviceError) as error:
                raise DockError(str(error)) from error

    def state(self) -> dict[str, Any]:
        """Give everything that the page shows, as JSON's types."""
        stage, seen = self._stage, self.seen
        lain = stage.finger_on_glass
        return {
            "citizen": self._citizens[self._citizen].key,
            "missing": sorted(self._citizens[self._citizen].missing_fingers),
            "has_card": self._citizens[self._citizen].card is not None,
            "hands": self._hands,
            "press": self._press,
            "finger": lain.value if lain is not None else "",
            "print": self._prints,
            "sensor": stage.sensor_state.value,
            "card": self._card if stage.card_on_reader else "",
            "which": self._which.value if stage.card_on_reader else "",
            "officer": self._sign_in,
            "scene": self._scene,
            "camera": self._camera,
            "tamper": self._tamper,
            "held": self._held,
            "battery": self._battery,
            "mains": self._mains,
            "switches": {name: switch.on for name, switch in self._switches.items()},
            "connected": seen.connected,
            "screen": seen.screen,
            "lamp": seen.lamp,
            "lit": seen.lit,
            "ring": round(seen.ring, 2),
            "receipts": seen.receipts[-3:],
        }

    def _say(self, **message: object) -> None:
        if self._line is not None:
            self._line.say(**message)

    def _ask(self, **message: object) -> None:
        """Ask something of the kiosk's process that only makes sense while it runs."""
        if self._line is None:
            raise DockError("the kiosk is not running: start it again first")
        self._line.say(**message)

    async def _sit(self, action: Message) -> None:
        key = text_of(action, "citizen", tuple(person.key for person in self._citizens))
        await asyncio.to_thread(self._stage.lift_card)
        await asyncio.to_thread(self._stage.lift_finger)
        self._citizen = next(number for number, person in enumerate(self._citizens) if person.key == key)
        self._on_citizen(self._citizen)
        self._say(do="citizen", citizen=self._citizen)

    async def _set_hands(self, action: Message) -> None:
        self._hands = yes_or_no(action, "on")
        self._say(do="hands", on=self._hands)

    async def _choose_press(self, action: Message) -> None:
        self._press = text_of(action, "how", PRESSES)

    async def _lay_finger(self, action: Message) -> None:
        finger = Finger(text_of(action, "finger", tuple(Finger)))
        # What the page says of pressing goes before what the citizen does by habit.
        habit = text_of(action, "how", PRESSES) if "how" in action else GOOD_PRESS
        how = habit if self._press == GOOD_PRESS else self._press
        await asyncio.to_thread(self._stage.lay_finger, self._citizen, finger, how)
        self._prints += 1

    async def _lift_finger(self, _action: Message) -> None:
        await asyncio.to_thread(self._stage.lift_finger)

    async def _set_sensor(self, action: Message) -> None:
        state = SensorState(text_of(action, "how", tuple(SensorState)))
        await asyncio.to_thread(self._stage.sensor, state)

    async def _lay_card(self, action: Message) -> None:
        how = CardSituation(text_of(action, "how", tuple(CardSituation), CardSituation.NONE))
        which = Card(text_of(action, "which", tuple(Card), Card.OWN))
        keys = tuple(person.key for person in self._citizens)
        whose = keys.index(text_of(action, "citizen", keys, keys[self._citizen]))
        if action.get("unless_there") is True and self._stage.card_on_reader and which is self._which:
            return
        await asyncio.to_thread(self._stage.lay_card, whose, how, which)
        self._card, self._which = how.value, which

    async def _choose_sign_in(self, action: Message) -> None:
        self._sign_in = text_of(action, "by", SIGN_INS)
        self._say(do="officer", by=self._sign_in)

    async def _lift_card(self, _action: Message) -> None:
        await asyncio.to_thread(self._stage.lift_card)

    async def _show(self, action: Message) -> None:
        scene = text_of(action, "scene", SCENES)
        person = self._citizens[self._citizen]
        held = {"card": Card.OWN, "new": Card.NEW}.get(scene)
        if held is not None and holder_of(held, person).card is None:
            raise DockError(f"{person.name} has {'brought no' if held is Card.OWN else 'no new'} card")
        self._ask(do="scene", name=scene)
        self._scene = scene

    async def _set_camera(self, action: Message) -> None:
        how = text_of(action, "how", CAMERA_SITUATIONS)
        self._ask(do="camera", how=how)
        self._camera = how

    async def _press_help(self, _action: Message) -> None:
        self._ask(do="help")

    async def _press_key(self, action: Message) -> None:
        self._ask(do="key", which=text_of(action, "which", ("yes", "no")))

    async def _hold_help(self, action: Message) -> None:
        held = yes_or_no(action, "on")
        self._ask(do="hold", on=held)
        self._held = held

    async def _set_tamper(self, action: Message) -> None:
        is_open = yes_or_no(action, "open")
        self._ask(do="tamper", open=is_open)
        self._tamper = is_open

    async def _set_power(self, action: Message) -> None:
        percent = action.get("percent", self._battery)
        if not isinstance(percent, int) or isinstance(percent, bool) or not 0 <= percent <= 100:
            raise DockError(f"percent is {percent!r}: give a whole number from 0 to 100")
        mains = yes_or_no(action, "mains") if "mains" in action else self._mains
        await asyncio.to_thread(self._stage.power.lay, battery_percent=percent, on_mains=mains)
        self._battery, self._mains = percent, mains

    async def _switch(self, action: Message) -> None:
        switch = self._switches[text_of(action, "name", tuple(self._switches))]
        on = yes_or_no(action, "on")
        if switch.on is not on:
            await asyncio.to_thread(switch.turn, on)
