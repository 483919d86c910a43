"""Plays a citizen's (and the officer's) touches through the real window: every touch goes the way a finger's would."""

import asyncio
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kiosk.demo.line import Line
from kiosk.demo.people import DemoCitizen
from kiosk.domain.citizen import PhoneOwner, Sex
from kiosk.domain.portrait import PortraitReason
from kiosk.journey.session import Session
from kiosk.journey.view import Layout, View
from kiosk.main import Window

#: Longer than the window guards a place, and a new screen, against double taps.
_SETTLE_S: Final = 0.9
_KEY_S: Final = 0.02
_TWICE_S: Final = 0.3
#: More pages than facts have.
_MOST_PAGES: Final = 12
_TONES: Final = {
    "\u0301": "tone_acute",
    "\u0300": "tone_grave",
    "\u0309": "tone_hook",
    "\u0303": "tone_tilde",
    "\u0323": "tone_dot",
}


class Player:
    """Touches what this citizen would touch."""

    def __init__(self, window: Window, line: Line, out: Path, *, pictures: int = 0) -> None:
        """Play at `window`; pictures of the screens go to `out`, numbered on from `pictures`."""
        self._window = window
        self._line = line
        self._out = out
        self._number = pictures
        self._wrong_phone_given = False
        self._typed = ""
        self._corrected = False
        self._relatives_given = False
        self._acted: tuple[str, str, bool] = ("", "", False)

    def picture(self, view: View) -> None:
        """Keep a picture of this screen and tell the dock which screen it is."""
        self._number += 1
        path = self._out / f"{self._number:03d}-{view.key}.png"
        self._window.snapshot(path)
        progress = view.progress.label if view.progress is not None else ""
        self._line.say(tell="screen", key=view.key, title=view.title, progress=progress, picture=path.name)

    async def act(self, view: View, person: DemoCitizen, session: Session) -> None:
        """Do what `person` does at this screen; nothing where the machine works or waits for a device."""
        if view.busy:
            self._acted = ("", "", False)
            return
        # A remedy has one key while it is offered and while it is done; the button says which.
        label = view.buttons[-1].label if view.key.startswith("remedy.") and view.buttons else ""
        mark = (view.key + label, view.form.problem if view.form is not None else "", view.busy)
        if mark == self._acted and view.key != "farewell":
            return
        self._acted = mark
        await asyncio.sleep(_SETTLE_S)
        if view.layout is Layout.FORM:
            await self._fill(view, person)
            return
        touch = self._touch_for(view, person, session)
        if touch is not None:
            await self._press(touch)

    def _touch_for(self, view: View, person: DemoCitizen, session: Session) -> str | None:
        match view.key:
            case "document":
                return "other" if person.card is None else None
            case "relatives" if not self._relatives_given and not session.answers.relatives.father:
                self._relatives_given = True
                return "other"
            case "phone" if person.phone.owner is PhoneOwner.NONE:
                return "other"
            case "hands" if not self._corrected and _wrong_phone(person, session):
                # The number was read out wrongly: one touch on Back, and it is asked for again.
                self._corrected = self._wrong_phone_given = True
                return "back"
            case "print.exception":
                return "missing"
            case "remedy.ask":
                # Everybody of the village may have what is asked about here: none of them is ill.
                return "other"
            case "officer.portrait" | "officer.settle" | "roster.pick":
                return _officers_row(view)
            case key if view.layout is Layout.PRINT and view.finger is not None:
                return "other" if view.finger in person.missing_fingers and key != "print.good" else None
            case "portrait.look" | "help" | "trouble":
                return None
            case "farewell":
                if session.receipt is None:
                    return None
                self._relatives_given = self._wrong_phone_given = self._corrected = False
                return "yes"
            case _:
                return "yes" if any(button.id == "yes" for button in view.buttons) else None

    async def _fill(self, view: View, person: DemoCitizen) -> None:
        values = [self._phone(person)] if view.key == "edit.phone" else told(view, person)
        for number, value in enumerate(values):
            if value:
                await self._press(f"ui.field.{number}")
                await self._type(value)
        await self._press("yes")

    def _phone(self, person: DemoCitizen) -> str:
        if person.corrects == "phone" and not self._wrong_phone_given:
            self._wrong_phone_given = True
            return person.phone.number[:-1] + ("0" if person.phone.number[-1] != "0" else "1")
        return person.phone.number

    async def _type(self, text: str) -> None:
        for number, word in enumerate(text.split(" ")):
            if number:
                await self._key("space")
            await self._type_word(word)

    async def _type_word(self, word: str) -> None:
        tone = ""
        for number, letter in enumerate(word):
            parts = unicodedata.normalize("NFD", letter)
            tone = next((_TONES[part] for part in parts if part in _TONES), tone)
            bare = unicodedata.normalize("NFC", "".join(part for part in parts if part not in _TONES))
            if tone and not bare.isalpha():
                await self._key(tone)  # a comma ends the word that the tone belongs to
                tone = ""
            # The keyboard puts shift down by itself at the beginning of each word.
            if bare.isalpha() and bare.isupper() != (number == 0):
                await self._key("shift")
            await self._key(bare.lower())
        if tone:
            await self._key(tone)

    async def _key(self, code: str) -> None:
        """Press one key, turning the keyboard's pages until it is there: on small panels there are three."""
        for page in ("", "letters", "digits", "rare"):
            if f"ui.key.{code}" in self._window.touch_targets():
                break
            if page and f"ui.key.{page}" in self._window.touch_targets():
                await self._press(f"ui.key.{page}")
        if code == self._typed:
            # A letter that is meant twice: sooner, it would be a finger that trembles.
            await self._wait(_TWICE_S)
        self._typed = code
        await self._press(f"ui.key.{code}")

    async def _wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def _read_on(self) -> None:
        """Turn pages of facts until yes can be said."""
        for _ in range(_MOST_PAGES):
            if not _unread(self._window.touch_targets()):
                return
            await self._press("ui.page")
            await self._wait(_SETTLE_S)

    async def _press(self, target: str) -> None:
        if target == "yes":
            await self._read_on()
        place = self._window.touch_targets().get(target)
        if place is None:
            self._line.say(tell="lost", target=target)
            return
        x_px, y_px, width_px, height_px = place
        self._window.press(x_px + width_px / 2, y_px + height_px / 2)
        await self._wait(_KEY_S)


def _unread(targets: Mapping[str, object]) -> bool:
    """Say whether there are pages to turn before yes can be said."""
    return "yes" not in targets and "ui.page" in targets


def told(view: View, person: DemoCitizen) -> list[str]:
    """What `person` tells the officer for this form, field by field; nothing for other screens."""
    match view.key:
        case "edit.identity":
            sex = "Nữ" if person.sex is Sex.FEMALE else "Nam"
            return [person.name, person.born.written(), sex, person.number.digits]
        case "roster.find":
            return [person.name, "", ""]
        case "edit.home":
            return [person.home.origin, person.home.residence]
        case "edit.relatives":
            return [person.relatives.father, person.relatives.mother, person.relatives.spouse]
        case "edit.phone":
            return [person.phone.number]
        case "document.number":
            return [person.number.digits, person.born.written(), ""]
        case "mark.witness":
            return [person.relatives.father]
        case _:
            return []


def _officers_row(view: View) -> str | None:
    """The row that the officer chooses: what the card says holds; where no card speaks, the first one."""
    rows = [choice.id for choice in view.choices]
    if view.key == "officer.portrait":
        return PortraitReason.PLACE
    return "said.chip" if "said.chip" in rows else next(iter(rows), None)


def _wrong_phone(person: DemoCitizen, session: Session) -> bool:
    """Say whether the number that this person wants to correct stands in the draft."""
    phone = session.answers.phone
    return person.corrects == "phone" and phone is not None and phone.number != person.phone.number
