"""One village and what happens in it: screens as they are drawn, power cuts where they are wanted, what must be true.

Used by the tests, and with hundreds of power cuts by `./run prove kills`.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kiosk.custody.entries import NO_PREVIOUS, OutboxEntry, Status
from kiosk.custody.errors import CustodyMissing
from kiosk.custody.inbox import InboxReader, LinkState
from kiosk.custody.reader import OutboxReader
from kiosk.demo.founding import PLAN, Village, Wishes
from kiosk.demo.line import Message
from kiosk.demo.people import DemoCitizen, people
from kiosk.demo.village import build_village, open_village
from kiosk.office.database import OfficeDatabase
from kiosk.office.layout import OfficeLayout

#: As long as a screen may take to come on a slow and busy computer.
PATIENCE_S = 60.0
_LOOK_S = 0.02


class StoryError(AssertionError):
    """The story did not go on as it must."""


def nothing(_story: "Story", _screen: str) -> None:
    """Let the story go on."""


@dataclass
class Story:
    """A village while it lives.

    `starts` has one list of screen keys for each start of the kiosk. `on_screen` is told of each screen as soon as it
    is drawn, before anybody touches it. `first` is who comes first, counted from 0.
    """

    village: Village
    first: int = 0
    on_screen: Callable[["Story", str], None] = nothing
    starts: list[list[str]] = field(default_factory=list[list[str]])
    fault: Exception | None = None

    @property
    def screens(self) -> list[str]:
        """The screens since the kiosk's last start."""
        return self.starts[-1] if self.starts else []

    @property
    def office(self) -> OfficeLayout:
        """The office's folders."""
        return OfficeLayout(self.village.places.office)

    def hear(self, message: Message) -> None:
        """Take what the kiosk's companion tells."""
        if message.get("tell") == "screen":
            self.starts[-1].append(message["key"])
            try:
                self.on_screen(self, message["key"])
            except Exception as error:  # noqa: BLE001 - whatever it is, the story ends with it
                self.fault = error

    def start_kiosk(self) -> None:
        """Start the kiosk: whoever's enrolment is not in the outbox yet sits there; nobody when all are."""
        following = self.first + len(self.packages())
        self.village.done = following >= self.village.citizens
        self.village.first = min(following, self.village.citizens - 1)
        self.starts.append([])
        self.village.start_kiosk()

    def cut_power(self) -> None:
        """Kill the kiosk in the middle of what it does, and start it again."""
        self.village.processes.kill("kiosk")
        self.start_kiosk()

    def packages(self) -> list[OutboxEntry]:
        """What is in the kiosk's outbox."""
        try:
            return OutboxReader(self.village.places.kiosk / "outbox" / "outbox.db").unsettled(limit=10_000)
        except CustodyMissing:
            return []

    def link(self) -> LinkState | None:
        """What the uplink last said of its connection."""
        try:
            return InboxReader(self.village.places.kiosk / "inbox" / "inbox.db").link()
        except CustodyMissing:
            return None

    def received(self) -> bool:
        """Say whether the kiosk has a good receipt for every citizen's package."""
        packages = self.packages()
        everybody = self.first + len(packages) == self.village.citizens
        return everybody and all(one.status is Status.RECEIVED for one in packages)

    async def until(self, holds: Callable[[], bool], what: str, *, timeout_s: float = PATIENCE_S) -> None:
        """Wait until something holds. Raises StoryError when it takes too long or a process ended by itself."""
        deadline_s = time.monotonic() + timeout_s
        while not holds():
            for name, code in self.village.processes.ended().items():
                if name != "kiosk" or code != 0 or not self.village.done:
                    raise StoryError(f"the {name} ended with code {code} before {what}\n{self._words(name)}")
            if self.fault is not None:
                raise StoryError(f"what was to be done at a screen failed before {what}") from self.fault
            if self.village.failure:
                raise StoryError(f"{self.village.failure} before {what}; screens: {self.starts}")
            if time.monotonic() > deadline_s:
                raise StoryError(f"never happened: {what}; screens: {self.starts}")
            await asyncio.sleep(_LOOK_S)

    def check_office(self) -> list[str]:
        """The office has every package of the outbox once, in an unbroken chain. Gives the enrolments' ids."""
        packages = self.packages()
        prev = NO_PREVIOUS
        for number, package in enumerate(packages, 1):
            assert (package.seq, package.prev) == (number, prev)
            prev = package.sha256
        database = OfficeDatabase.open(f"sqlite:///{self.office.database}")
        try:
            stored = database.newest(limit=10_000)
            assert [one.id for one in reversed(stored)] == [one.id for one in packages]
            assert [one.sha256 for one in reversed(stored)] == [one.sha256 for one in packages]
            assert database.gaps() == {}
            assert database.alarms() == []
        finally:
            database.close()
        return [one.id for one in packages]

    def open_enrolment(self, enrolment: str, out: Path) -> dict[str, Any]:
        """Run `kiosk office open` as its holder would, and give what it wrote as enrolment.json."""
        command = [sys.executable, "-m", "kiosk.cli", "office", "open", enrolment]
        command += ["--key", str(self.office.opening_key), "--out", str(out)]
        command += ["--settings", str(self.village.places.office_file)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads((out / "enrolment.json").read_text(encoding="utf-8"))

    def _words(self, name: str) -> str:
        text = (self.village.out / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-15:])


@contextlib.asynccontextmanager
async def told(
    out: Path, *, wishes: Wishes, first: int = 0, last: int, on_screen: Callable[[Story, str], None] = nothing
) -> AsyncIterator[Story]:
    """Found a village in which the touches of some citizens are played; everything runs but the kiosk."""
    with _built(out, last + 1) as village:
        story = Story(village, first, on_screen)
        village.watch = story.hear
        async with open_village(village, wishes):
            yield story


@contextlib.contextmanager
def _built(out: Path, citizens: int) -> Iterator[Village]:
    words: list[str] = []
    with build_village(out, citizens=citizens, play=True, say=words.append) as village:
        yield village


def short_plan(folder: Path, fingers: tuple[str, ...]) -> Path:
    """Write the capture plan with the prints of these fingers only, and everything else as it is."""
    first, *slots = PLAN.read_text(encoding="utf-8").split("[[slot]]")
    kept = [slot for slot in slots if '"single_flat"' not in slot or any(f'"{finger}"' in slot for finger in fingers)]
    plan = folder / "short_plan.toml"
    plan.write_text("[[slot]]".join([first, *kept]), encoding="utf-8")
    return plan


def complete(answers: dict[str, Any], person: DemoCitizen) -> None:
    """Everything that this person said and gave is there."""
    identity, home, relatives, phone = (answers[key] for key in ("identity", "home", "relatives", "phone"))
    assert answers["consent"] is not None
    # A name stands as on the paper: in capitals where it was typed, as the QR has it where that was read.
    assert identity["name"].upper() == person.name.upper()
    assert identity["number"] == {"digits": person.number.digits} or identity["number"] == person.number.digits
    if identity["source"] == "typed":
        assert home == {"origin": person.home.origin, "residence": person.home.residence}
    else:
        assert person.card is not None
        assert home["residence"] == person.card.residence
    assert relatives["father"] == person.relatives.father
    assert relatives["mother"] == person.relatives.mother
    assert phone["number"] == person.phone.number
    assert phone["owner"] == person.phone.owner.value
    assert answers["signed_off_at"] is not None
    for slot, state in answers["slots"].items():
        kind, _, finger = slot.partition(".")
        if kind == "print":
            wanted = "excepted" if finger in person.missing_fingers else "filled"
        else:
            wanted = "filled" if kind == "portrait" else "not_possible"
        assert state["state"] == wanted, slot


def personal(person: DemoCitizen) -> set[str]:
    """What nobody may read in a log: the person's name, numbers and relatives, in every way of writing them."""
    names = {person.name, person.relatives.father, person.relatives.mother, person.relatives.spouse}
    numbers = {person.number.digits, person.number.grouped, person.phone.number, person.home.residence}
    return {text for text in names | {name.upper() for name in names} | numbers if text}


def citizen(number: int) -> DemoCitizen:
    """Who comes as this one, counted from 0."""
    return people()[number]
