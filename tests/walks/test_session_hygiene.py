"""After the goodbye nothing of the citizen is left: on the screen, in the process's memory, in files, in the log."""

import asyncio
import gc
import hashlib
import logging
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType, GeneratorType
from typing import Any, Final

import pytest

from kiosk.demo.people import DemoCitizen, people
from kiosk.domain.citizen import Home, PersonalNumber, Phone, PhoneOwner, Relatives
from kiosk.domain.dates import PartialDate
from kiosk.settings import Voice
from tests.walks.citizen import Citizen, Manner

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen"), pytest.mark.timeout(600)]

#: Marks in the citizen's data, written so that this file itself does not hold them.
FAMILY_NAME: Final = ("Z", "ế", "p", "q", "u", "ạ", "k")
VILLAGE: Final = ("W", "ẵ", "n", "g", "z", "ồ", "j")
DIGITS: Final = ("9", "7", "3", "1", "9", "4")


def _told(mark: tuple[str, ...]) -> str:
    return "".join(mark)


def _visitor() -> DemoCitizen:
    name, village, digits = _told(FAMILY_NAME), _told(VILLAGE), _told(DIGITS)
    return replace(
        people()[2],
        name=f"{name} Thị Oánh",
        born=PartialDate(1944),
        number=PersonalNumber(f"042144{digits}"),
        home=Home(f"xã {village}", f"thôn {village}"),
        relatives=Relatives(f"{name} Văn An", "", ""),
        phone=Phone(PhoneOwner.OWN, f"0912{digits}"),
    )


@dataclass
class Secrets:
    """What must not be found: marks in texts, and pictures by their hash and length."""

    marks: tuple[str, ...]
    pictures: frozenset[tuple[int, str]]
    templates: frozenset[tuple[int, str]]

    def in_text(self, text: str) -> bool:
        """Whether a mark stands in a text, in whatever case."""
        folded = text.casefold()
        return any(mark.casefold() in folded for mark in self.marks)

    def in_bytes(self, data: bytes) -> bool:
        """Whether a mark stands in bytes, or they are a capture."""
        if any(mark.encode() in data or mark.upper().encode() in data for mark in self.marks):
            return True
        known = self.pictures | self.templates
        return len(data) in {length for length, _ in known} and _print_of(data) in known


def _print_of(data: bytes) -> tuple[int, str]:
    return len(data), hashlib.sha256(data).hexdigest()


def _in_memory(secrets: Secrets, leave_out: Callable[[object], bool]) -> Iterator[str]:
    """Look at every text and all bytes that any object of this process holds."""
    gc.collect()
    for holder in gc.get_objects():
        if leave_out(holder):
            continue
        for held in gc.get_referents(holder):
            # By its type: what a weak proxy stands for may be gone.
            kind = type(held)
            if issubclass(kind, str):
                found = len(held) < 100_000 and secrets.in_text(held)
            else:
                found = issubclass(kind, bytes | bytearray) and secrets.in_bytes(bytes(held))
            if found:
                yield _where(holder)


def _where(holder: object) -> str:
    chain, one = [_kind(holder)], holder
    for _ in range(6):
        holders = [other for other in gc.get_referrers(one) if not isinstance(other, list | FrameType | GeneratorType)]
        if not holders:
            break
        one = holders[0]
        chain.append(_kind(one))
    return " < ".join(chain)


def _kind(holder: object) -> str:
    keys = [key for key in holder if isinstance(key, str)][:5] if isinstance(holder, dict) else ""
    return f"{type(holder).__module__}.{type(holder).__qualname__}{keys or ''}"


def _files(folder: Path, secrets: Secrets) -> Iterator[str]:
    for file in folder.rglob("*"):
        if file.is_file() and secrets.in_bytes(file.read_bytes()):
            yield str(file.relative_to(folder))


async def _visit(folder: Path, caplog: pytest.LogCaptureFixture, panel: Any) -> None:  # noqa: ANN401 - DisplaySettings
    from drivers.sound.simulated import SimulatedSpeaker
    from tests.walks.hand import STEADY
    from tests.walks.house import House, open_house
    from tests.walks.walk import Walk, sign_in

    loop = asyncio.get_running_loop()
    speaker = SimulatedSpeaker(monotonic_s=loop.time)
    async with open_house(folder, panel, voice=Voice(), speaker=speaker) as house:
        await sign_in(house)
        secrets = await _comes_and_goes(house, Walk, STEADY)
        assert secrets.in_text(f"ông {_told(FAMILY_NAME).upper()}"), "the search itself finds what it looks for"
        assert house.view.key == "standby"
        _nothing_on_screen(house, secrets)
        await asyncio.wrap_future(house.kiosk.custody.look_for_receipts())
        found = sorted(set(_in_memory(secrets, lambda holder: holder is secrets.marks)))
        assert not found, "\n".join(found)
        assert list(_files(folder, secrets)) == []
        assert not secrets.in_text(caplog.text)
    del House


def _nothing_on_screen(house: Any, secrets: Secrets) -> None:  # noqa: ANN401 - House, which needs Kivy
    from kiosk.ui.arrangement import Words

    shown = [line for item in house.app.arrangement().items if isinstance(item, Words) for line in item.paragraph.lines]
    assert not any(secrets.in_text(line) for line in (*shown, *house.app.lettering.kept()))
    assert house.app._scene._photos == {}
    assert house.app._scene._preview._texture is None
    assert house.view.photo is None
    assert house.view.beside is None
    widgets = [house.app._window]
    while widgets:
        widget = widgets.pop()
        widgets += widget.children
        assert not secrets.in_text(str(getattr(widget, "text", "")))


async def _comes_and_goes(house: Any, walk_of: Any, tremor: Any) -> Secrets:  # noqa: ANN401 - these need Kivy
    """Walk to the end; gives what to look for. Nothing of the citizen is kept by this test but that."""
    dice = random.Random(7)
    walk = walk_of(house, Citizen(_visitor(), Manner.PLAIN, dice, brings_card=False), tremor, dice)
    pictures: set[tuple[int, str]] = set()
    templates: set[tuple[int, str]] = set()
    desk = house.kiosk.runner._desks.prints
    show = house.kiosk.runner._on_turn

    def note(session: Any, _view: object) -> None:  # noqa: ANN401
        pictures.update(_print_of(capture.data) for capture in session.captures.values())
        templates.update(_print_of(template) for template in desk._templates.values())

    house.kiosk.runner._on_turn = note
    tally = await walk.run()
    house.kiosk.runner._on_turn = show
    assert tally.ends["enrolled"] == 1, tally
    house.sent.clear()
    await house.settle()
    assert len(pictures) > 10
    assert templates
    assert desk._templates == {}
    marks = (_told(FAMILY_NAME), _told(VILLAGE), _told(DIGITS))
    return Secrets(marks, frozenset(pictures), frozenset(templates))


def test_after_the_goodbye_nothing_of_the_citizen_is_left_anywhere(
    kivy_home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    del kivy_home
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    from kiosk.ui.settings import LARGE_PANEL
    from tests.walks.house import play

    caplog.set_level(logging.DEBUG)
    play(_visit(tmp_path / "kiosk", caplog, LARGE_PANEL))
    assert sys.exc_info() == (None, None, None)
