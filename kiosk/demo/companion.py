"""The demo's side inside the kiosk app: the citizen's hands at the devices, and where nobody sits there, at the screen.

It only does what a person in front of the kiosk could do: lay a finger, hold up a card, sit before the camera, touch.
"""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from drivers.camera.simulated import SimulatedCamera
from drivers.panel.simulated import SimulatedPanel
from kiosk.demo.faces import Scenes
from kiosk.demo.line import Line, Message
from kiosk.demo.people import DemoCitizen, people
from kiosk.demo.player import Player
from kiosk.demo.village_settings import OFFICER, PIN
from kiosk.journey.events import FormFilled
from kiosk.journey.view import Layout, View
from kiosk.main import Kiosk, run_kiosk
from kiosk.settings import KioskSettings

log = logging.getLogger(__name__)

#: How long a hand takes from hearing the line to the device.
_HAND_S: Final = 0.4


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

    async def run(self) -> None:
        """Greet the dock and do what the citizen does until the window closes or everybody is done."""
        hello = await self._line.hear()
        if hello is None:
            return
        self._citizen = int(hello["citizen"])
        if hello["play"]:
            self._player = Player(self._kiosk.app, self._line, Path(hello["out"]), pictures=int(hello["pictures"]))
        self._kiosk.app.on_drawn = self._drawn
        if self._kiosk.runner.view is not None:
            # The first screen may have been drawn before anybody looked: shown again, it is drawn and told again.
            self._kiosk.app.show(self._kiosk.runner.view)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._obey())
            tasks.create_task(self._act(last=int(hello["last"])))

    @property
    def person(self) -> DemoCitizen:
        """Who sits at the kiosk now."""
        return self._people[self._citizen]

    def _drawn(self, view: View) -> None:
        before, self._seen = self._seen, view
        if self._player is not None and (before is None or not _alike(before, view)):
            self._player.picture(view)
        self._views.put_nowait(view)

    async def _act(self, *, last: int) -> None:
        before: View | None = None
        while True:
            view = await self._views.get()
            session = self._kiosk.runner.session
            if session.receipt is not None and session.enrolment != self._told_receipt:
                self._told_receipt = session.enrolment
                self._line.say(tell="receipt", enrolment=session.enrolment, number=session.receipt)
            if view.key == "signin" and not view.busy:
                self._kiosk.runner.take(FormFilled({"officer": OFFICER, "pin": PIN}))
                continue
            anew = before is None or not _alike(before, view)
            if anew and self._hands_on:
                await self._hands(view)
            if before is not None and before.key == "farewell" and view.key == "standby":
                if self._citizen >= last:
                    self._line.say(tell="done")
                    self._kiosk.app.close()
                    return
                self._citizen += 1
                self._line.say(tell="next", citizen=self._citizen)
            if self._player is not None:
                await self._player.act(view, self.person, session)
            before = view

    async def _hands(self, view: View) -> None:
        """Do at the devices what the screen asks for."""
        match view.layout, view.key:
            case _, "document":
                self._look_at(self._scenes.card(self.person))
                if self.person.card is not None:
                    self._line.say(do="lay_card", citizen=self._citizen)
            case Layout.PRINT, key if key.startswith("print.") and not view.busy and view.finger is not None:
                if view.finger not in self.person.missing_fingers:
                    await asyncio.sleep(_HAND_S)
                    self._line.say(do="lay_finger", citizen=self._citizen, finger=view.finger.value)
            case _, "print.good":
                self._line.say(do="lift_finger")
            case Layout.MESSAGE, key if key.startswith("print."):
                self._line.say(do="lift_finger")
            case _, "portrait.prepare" | "portrait.look":
                self._look_at(self._scenes.person(self.person))
            case _, "identity" | "edit.identity":
                self._line.say(do="lift_card")
            case _:
                pass

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
        panel = self._kiosk.devices.panel
        match message.get("do"):
            case "help" if isinstance(panel, SimulatedPanel):
                panel.press_help()
            case "hands":
                self._hands_on = bool(message["on"])
            case "citizen":
                self._citizen = int(message["citizen"])
            case "person":
                self._look_at(self._scenes.person(self.person))
            case "card":
                self._look_at(self._scenes.card(self.person))
            case other:
                log.info("the dock asked for %s", other)


def _alike(one: View, other: View) -> bool:
    """Say whether two views are the same screen in the same state, whatever travels meanwhile."""
    return (one.key, one.busy, one.hint, one.form) == (other.key, other.busy, other.hint, other.form)
