"""The demo's side inside the kiosk app: the citizen's hands at the devices, and where nobody sits there, at the screen.

It only does what a person in front of the kiosk could do: lay a finger, hold up a card, sit before the camera, touch.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from drivers.camera.simulated import CameraSituation, SimulatedCamera
from drivers.panel.simulated import SimulatedPanel
from kiosk.demo.cards import Card, holder_of
from kiosk.demo.faces import Scenes
from kiosk.demo.line import Line, Message
from kiosk.demo.people import DemoCitizen, people
from kiosk.demo.player import Player, told
from kiosk.demo.stage import GOOD_PRESS
from kiosk.demo.village_settings import OFFICER, OFFICER_WITH_CARD, PIN, PIN_BESIDE_CARD
from kiosk.domain.capture_plan import Finger
from kiosk.journey.events import FormFilled
from kiosk.journey.view import Layout, View
from kiosk.main import Kiosk, run_kiosk
from kiosk.settings import KioskSettings

log = logging.getLogger(__name__)

#: How long a hand takes from hearing the line to the device: a played one, and one that a person looks on.
_HAND_S: Final = 0.4
_SEEN_HAND_S: Final = 1.3
#: Marks a form that was filled in.
_FILLED: Final = ".filled"
#: How often the lamps of the case are looked at.
_LOOK_S: Final = 0.2


def run_with_dock(settings: KioskSettings, dock: Path) -> None:
    """Run the kiosk app with the dock's hands at its devices. Raises what run_kiosk raises."""

    async def companion(kiosk: Kiosk) -> None:
        reader, writer = await asyncio.open_unix_connection(str(dock))
        line = Line(reader, writer)
        try:
            await Companion(kiosk, line).run()
        finally:
            line.close()

    run_kiosk(settings, companion=companion)


class Companion:
    """Accompanies one run of the kiosk app."""

    def __init__(self, kiosk: Kiosk, line: Line) -> None:
        """Stand beside `kiosk`, with a line to the dock."""
        self._kiosk = kiosk
        self._line = line
        self._people = people()
        self._scenes = Scenes()
        self._views: asyncio.Queue[View] = asyncio.Queue()
        self._citizen = 0
        self._hands_on = True
        self._told_receipt = ""
        self._player: Player | None = None
        self._seen: View | None = None
        self._scene = "person"
        self._by_card = False
        self._enrolled: int | None = None
        self._presses: dict[tuple[str, Finger], int] = {}
        self._hand_s = _SEEN_HAND_S
        self._moving: asyncio.Task[None] | None = None
        self._tasks = asyncio.TaskGroup()

    async def run(self) -> None:
        """Greet the dock and do what the citizen does until the window closes or everybody is done."""
        hello = await self._line.hear()
        if hello is None:
            return
        self._citizen = int(hello["citizen"])
        self._sit_down()
        out, pictures = Path(hello["out"]), int(hello["pictures"])
        if hello["play"]:
            self._player = Player(self._kiosk.app, self._line, out, pictures=pictures)
            self._hand_s = _HAND_S
        self._kiosk.app.on_drawn = self._drawn
        if self._kiosk.runner.view is not None:
            # The first screen may have been drawn before anybody looked: shown again, it is drawn and told again.
            self._kiosk.app.show(self._kiosk.runner.view)
        async with self._tasks as tasks:
            tasks.create_task(self._obey())
            tasks.create_task(self._look_at_case())
            tasks.create_task(self._act(last=int(hello["last"])))

    @property
    def person(self) -> DemoCitizen:
        """Who sits at the kiosk now."""
        return self._people[self._citizen]

    def _drawn(self, view: View) -> None:
        before, self._seen = self._seen, view
        anew = before is None or not _alike(before, view)
        coached = before is not None and view.key == "portrait.look" and before.hint != view.hint
        if self._player is not None and (anew or coached):
            self._player.picture(view)
        self._views.put_nowait(view)
        self._tell_view(view)
        if view.key == "portrait.look" and view.arrow and self._hands_on:
            self._scenes.person(self.person).hear(view.arrow)

    def _tell_view(self, view: View) -> None:
        self._line.say(
            tell="view",
            key=view.key.removesuffix(_FILLED),
            title=view.title,
            sentence=view.hint or view.sentence,
            progress=view.progress.label if view.progress is not None else "",
            finger=view.finger.value if view.finger is not None else "",
            busy=view.busy,
        )

    async def _look_at_case(self) -> None:
        """Tell the dock what the lamps of the case show, whenever that changes."""
        panel = self._kiosk.devices.panel
        told = None
        while isinstance(panel, SimulatedPanel):
            shown = (panel.lamp_state.value, panel.lamp_lit, panel.ring_level)
            if shown != told:
                told = shown
                self._line.say(tell="case", lamp=shown[0], lit=shown[1], ring=shown[2])
            await asyncio.sleep(_LOOK_S)

    async def _act(self, *, last: int) -> None:
        before: View | None = None
        while True:
            view = await self._views.get()
            session = self._kiosk.runner.session
            if session.receipt is not None and session.enrolment != self._told_receipt:
                self._told_receipt = session.enrolment
                self._line.say(tell="receipt", enrolment=session.enrolment, number=session.receipt)
            if view.key == "signin" and not view.busy:
                self._sign_in(view)
                continue
            if view.key == "officer.pin" and view.form is not None and not view.busy and not view.form.problem:
                known = {OFFICER: PIN, OFFICER_WITH_CARD: PIN_BESIDE_CARD}
                self._kiosk.runner.take(FormFilled({"pin": known.get(session.officer, "")}))
                continue
            anew = before is None or not _alike(before, view)
            if anew:
                self._move(view)
            if before is not None and before.key == "farewell" and view.key == "standby":
                if self._player is not None and self._citizen >= last:
                    self._line.say(tell="done")
                    self._kiosk.app.close()
                    return
                self._enrolled = self._citizen
                # A person at the window may go on as long as they like: after the last comes the first again.
                self._citizen = (self._citizen + 1) % len(self._people)
                self._sit_down()
                self._line.say(tell="next", citizen=self._citizen)
                self._show("person")
            if self._player is not None:
                await self._player.act(view, self.person, session)
            before = view

    def _sign_in(self, view: View) -> None:
        """Type for the officer. After a card that was refused it is the dock's turn: another card, or the other way."""
        if not self._by_card:
            self._kiosk.runner.take(FormFilled({"officer": OFFICER, "pin": PIN}))
        elif view.form is None or not view.form.problem:
            self._kiosk.runner.take(FormFilled({"officer": OFFICER_WITH_CARD, "pin": PIN_BESIDE_CARD}))

    @property
    def _last_enrolled(self) -> DemoCitizen:
        """Whose new card is handed over: who was enrolled last, or else who sits here."""
        return self._people[self._citizen if self._enrolled is None else self._enrolled]

    def _move(self, view: View) -> None:
        """Begin to do what this screen asks for; what the one before it asked for is asked no longer."""
        if self._moving is not None:
            self._moving.cancel()
            self._moving = None
        if self._hands_on:
            self._moving = self._tasks.create_task(self._hands(view))

    async def _hands(self, view: View) -> None:
        """Let go of what this screen has no need of, and after the while that a hand takes do what it asks for."""
        printing = view.finger is not None and view.layout in {Layout.PRINT, Layout.MESSAGE}
        if not (printing and view.busy) or view.key == "print.good":
            self._line.say(do="lift_finger")
        if not view.key.startswith(("document", "signin")) and view.key != "handover":
            self._line.say(do="lift_card")
            if self._scene in {"card", "new", "officer"}:
                self._show("person")
        await asyncio.sleep(self._hand_s)
        if view.key == "document" and not view.busy:
            self._show("card")
            if self.person.card is not None:
                self._line.say(do="lay_card", unless_there=True)
        elif view.key == "signin.card":
            self._show("officer")
            self._line.say(do="lay_card", which=Card.OFFICER.value, unless_there=True)
        elif view.key == "handover":
            self._show("new")
            whose = self._last_enrolled.key
            self._line.say(do="lay_card", which=Card.NEW.value, citizen=whose, unless_there=True)
        elif view.key in {"portrait.prepare", "portrait.look"}:
            self._show("person")
        elif printing and not view.busy and view.finger is not None and not _waits_for_a_touch(view):
            if view.finger not in self.person.missing_fingers:
                self._line.say(do="lay_finger", finger=view.finger.value, how=self._press(view.finger))
        elif view.layout is Layout.FORM and self._player is None:
            self._fill_in(view)

    def _press(self, finger: Finger) -> str:
        """Say how this finger is pressed this time: a weak one gets better as the kiosk's advice is followed."""
        enrolment = self._kiosk.runner.session.enrolment
        pressed = self._presses.get((enrolment, finger), 0)
        self._presses = {**self._presses, (enrolment, finger): pressed + 1}
        weak = dict(self.person.weak_fingers).get(finger, ())
        return weak[pressed] if pressed < len(weak) else GOOD_PRESS

    def _fill_in(self, view: View) -> None:
        """Write what the citizen tells the officer into the form's empty fields; the green button is left to others."""
        values = told(view, self.person)
        if view.form is None or not values or view.key.endswith(_FILLED):
            return
        mend = bool(view.form.problem)
        fields = tuple(
            replace(field, value=field.value if field.value and not mend else value)
            for field, value in zip(view.form.fields, values, strict=False)
        )
        # Under another name: under its own, the window would keep what has been typed so far.
        self._kiosk.app.show(replace(view, key=view.key + _FILLED, form=replace(view.form, fields=fields)))

    def _show(self, scene: str) -> None:
        """Hold this before the camera, and tell the dock so."""
        match scene:
            case "card" if self.person.card is not None:
                self._look_at(self._scenes.card(self.person))
            case "nobody":
                self._look_at(self._scenes.nobody())
            case "two":
                other = self._people[(self._citizen + 1) % len(self._people)]
                self._look_at(self._scenes.two(self.person, other))
            case "photo":
                self._look_at(self._scenes.photo(self.person))
            case "new" | "officer":
                self._look_at(self._scenes.card(holder_of(Card(scene), self._last_enrolled)))
            case _:
                scene = "person"
                self._look_at(self._scenes.person(self.person))
        self._scene = scene
        self._line.say(tell="scene", name=scene)

    def _sit_down(self) -> None:
        """Sit as this citizen does before the kiosk has said anything."""
        self._scenes.person(self.person).sit(self.person.seat)

    def _look_at(self, scene: Callable[[float], tuple[int, int, bytes]]) -> None:
        camera = self._kiosk.devices.camera
        if isinstance(camera, SimulatedCamera):
            camera.show(scene)

    async def _obey(self) -> None:
        """Do what the dock's page asks for."""
        while True:
            message = await self._line.hear()
            if message is None:
                return
            self._do(message)

    def _do(self, message: Message) -> None:
        devices = self._kiosk.devices
        match message:
            case {"do": "help"} if isinstance(devices.panel, SimulatedPanel):
                devices.panel.press_help()
            case {"do": "key", "which": str(which)} if isinstance(devices.panel, SimulatedPanel):
                (devices.panel.press_yes if which == "yes" else devices.panel.press_no)()
            case {"do": "hold", "on": bool(on)} if isinstance(devices.panel, SimulatedPanel):
                devices.panel.hold_help(down=on)
            case {"do": "tamper", "open": bool(is_open)} if isinstance(devices.panel, SimulatedPanel):
                if is_open:
                    devices.panel.open_tamper()
                else:
                    devices.panel.close_tamper()
            case {"do": "camera", "how": str(how)} if isinstance(devices.camera, SimulatedCamera):
                devices.camera.misbehave(CameraSituation(how) if how else None)
            case {"do": "scene", "name": str(name)}:
                self._show(name)
            case {"do": "officer", "by": str(by)}:
                self._by_card = by == "card"
                if self._seen is not None and self._seen.key == "signin" and not self._seen.busy:
                    self._sign_in(self._seen)
            case {"do": "hands", "on": bool(on)}:
                self._hands_on = on
                self._move_again()
            case {"do": "citizen", "citizen": int(citizen)}:
                self._citizen = citizen
                self._sit_down()
                self._show(self._scene)
                self._move_again()
            case other:
                log.info("the dock asked for %s", other.get("do"))

    def _move_again(self) -> None:
        if self._seen is not None:
            self._move(self._seen)


def _waits_for_a_touch(view: View) -> bool:
    """Say whether the screen goes on by its green button: a remedy that is offered, or takes its time."""
    return view.key == "print.good" or any(button.id == "yes" for button in view.buttons)


def _alike(one: View, other: View) -> bool:
    """Say whether two views are the same screen in the same state, whatever travels meanwhile."""
    if one.key == other.key and one.key.startswith("remedy."):
        # The seconds of a remedy run; what is to be done stays.
        return one.buttons == other.buttons and one.sentence == other.sentence
    if one.key == other.key == "portrait.look":
        # The coach speaks on and on; who sits there goes on sitting there.
        return one.busy == other.busy
    return (one.key, one.busy, one.hint, one.form) == (other.key, other.busy, other.hint, other.form)
