"""Whole sessions in one process: the runner and its desks, real drivers and files, simulated hardware, no screen."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest

from drivers.camera.simulated import CameraSituation, SimulatedCamera
from drivers.card.api import CardReader
from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_passport import signed_passport
from drivers.fingerprint.api import PrintImage
from drivers.fingerprint.real import ZfmSensor
from drivers.fingerprint.simulated import ModuleEmulator, WireFault
from drivers.fingerprint.synthetic import Finger as GrownFinger
from drivers.fingerprint.synthetic import Pattern
from drivers.panel.api import LampState
from drivers.panel.simulated import SimulatedPanel
from kiosk.biometrics.portrait.decoding import jpeg_to_show
from kiosk.chip.qr_code import qr_rows
from kiosk.composition import print_again
from kiosk.domain.capture_plan import Finger
from kiosk.domain.ids import uuid7
from kiosk.journey.events import FormFilled, HelpHeld, Touched
from kiosk.journey.session import Rules
from kiosk.journey.speaking import HEADSET
from kiosk.journey.status import Status
from kiosk.journey.steps import TableError
from kiosk.journey.view import View
from kiosk.runtime import runner as runner_room
from kiosk.runtime.captures import JudgedPrint, PrintDesk
from kiosk.runtime.card_judging import CardJudge
from kiosk.runtime.custody import CustodyDesk
from kiosk.runtime.documents import DocumentDesk, Patience
from kiosk.runtime.packing import Seals
from kiosk.runtime.portraits import JudgedPortrait, PortraitDesk
from kiosk.runtime.posting import EventQueue
from kiosk.runtime.runner import Desks, SessionRunner
from kiosk.runtime.showing import Showing
from kiosk.runtime.worker import Worker
from kiosk.sealing.header import DriverNote
from kiosk.sealing.keys import OfficeKeys, Recipients, SigningKey
from kiosk.sealing.suites import OpeningKey
from kiosk.sealing.vault import Vault
from kiosk.voice import Voice, VoiceSettings
from kiosk.words.catalogue import Catalogue, Language
from tests.journey.script import CATALOGUES, FINGERS, RULES
from tests.runtime.stage import HOLDER, PATIENCE_S, DrawnEyes, Mailbox, SoftReader
from tests.runtime.test_print_desk import quick_judge

#: Somebody's ten fingers, which the module itself tells apart.
HANDS: Final = {finger: GrownFinger(70 + number, list(Pattern)[number % 3]) for number, finger in enumerate(Finger)}
SOMEBODY: Final = HANDS[Finger.RIGHT_THUMB]
JPEG: Final = b"\xff\xd8\xff\xe0" + bytes(500) + b"\xff\xd9"
PIN: Final = "2468013"
PLAY_S: Final = 110.0
"""A whole play ends in this time, on a machine that does other things too: before the time of one test is over."""
QUICK: Final = replace(RULES, good_pause_s=0.01, countdown_s=0.01, tick_s=0.01, hint_pause_s=0.01)


class Overheard(Voice):
    """A voice without a loudspeaker, whose lines a test can wait for."""

    def __init__(self, said: "asyncio.Queue[str]", settings: VoiceSettings, aloud: list[str | None]) -> None:
        super().__init__(None, settings)
        self._said = said
        self._aloud = aloud

    def say(self, text: str, language: Language, *, private: bool = False, instead: str | None = None) -> None:
        self._said.put_nowait(text)
        self._aloud.append(instead)
        super().say(text, language, private=private, instead=instead)


@dataclass
class House:
    """Everything a session needs; `plays` runs a script against it in a fresh loop, as after a start."""

    emulator: ModuleEmulator
    sensor: ZfmSensor
    camera: SimulatedCamera
    reader: CardReader
    panel: SimulatedPanel
    folder: Path
    worker: Callable[[str], Worker]
    keys: OfficeKeys
    signer: SigningKey
    rules: Rules = QUICK
    voice: VoiceSettings | None = None
    repeat_after_s: float = 0.0
    said: asyncio.Queue[str] | None = None
    #: What would be said aloud of each line where it is for a headset alone.
    aloud: list[str | None] = field(default_factory=list[str | None])

    def plays(self, script: "Callable[[Player], Awaitable[None]]") -> None:
        asyncio.run(asyncio.wait_for(self._play(script), PLAY_S))

    async def _play(self, script: "Callable[[Player], Awaitable[None]]") -> None:
        events = EventQueue()
        self.said = asyncio.Queue()
        voice = Overheard(self.said, self.voice or VoiceSettings(), self.aloud)
        custody = self._custody(events)
        await asyncio.wrap_future(custody.open())

        def judge(image: PrintImage) -> JudgedPrint:
            # The citizen hears the beep and takes the finger away.
            self.emulator.lift()
            return quick_judge(image)

        prints = PrintDesk(self.sensor, judge, self.worker("fingerprint"), post=events.post, reread=print_again)
        desks = Desks(
            documents=DocumentDesk(
                self.reader,
                self.camera,
                self.worker("card"),
                judge=CardJudge(self.folder / "trust", lambda: datetime.now(UTC)),
                post=events.post,
                monotonic_s=time.monotonic,
                today=lambda: date(2026, 11, 24),
                patience=Patience(0.2, 0.2),
            ),
            prints=prints,
            portraits=PortraitDesk(
                self.camera,
                self.panel.ring_light,
                DrawnEyes(shot=lambda frame: JudgedPortrait((), JPEG, frame.width_px, frame.height_px)),
                self.worker("camera"),
                watcher=self.worker("face"),
                post=events.post,
            ),
            custody=custody,
            panel=self.panel,
            speech=voice,
        )
        player = Player(self)
        player.runner = SessionRunner(
            self.rules,
            CATALOGUES,
            desks,
            screen=player,
            events=events,
            now=lambda: datetime.now(UTC),
            new_id=lambda: uuid7(datetime.now(UTC)),
            prepare=Showing(qr_rows, jpeg_to_show),
            repeat_after_s=self.repeat_after_s,
        )
        self.panel.listen(player.runner.panel_event)
        running = asyncio.create_task(player.runner.run())
        try:
            await script(player)
            assert not running.done(), running.exception()
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            prints.stop()
            desks.documents.stop()
            voice.close()
            await asyncio.wrap_future(custody.close())

    def _custody(self, events: EventQueue) -> CustodyDesk:
        return CustodyDesk(
            self.folder / "outbox.db",
            self.folder / "private.db",
            self.folder / "inbox.db",
            vault=Vault(self.folder / "vault.json", None, pin_alone=True),
            seals=Seals(
                kiosk="kiosk-tk-01",
                signer=self.signer,
                office=self.keys,
                drivers=lambda: {"camera": DriverNote("simulated", simulated=True)},
                boot="5f2c",
                software="0.1.0",
            ),
            rules=self.rules,
            worker=self.worker("custody"),
            post=events.post,
        )


class Player:
    """The screen, and the hands before it."""

    runner: SessionRunner

    def __init__(self, house: House) -> None:
        self.house = house
        self.views: list[View] = []
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    def show(self, view: View) -> None:
        self.views.append(view)
        task = asyncio.get_running_loop().create_task(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def turn_page(self) -> bool:
        return False

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def sees(self, key: str) -> View:
        """Wait until that screen is there."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._changed:
                await self._changed.wait_for(lambda: self.views[-1:] != [] and self.views[-1].key == key)
        except TimeoutError:
            raise AssertionError(f"{key} never came, we are at {[view.key for view in self.views[-4:]]}") from None
        return self.views[-1]

    async def changes(self) -> None:
        """Wait until another view is there."""
        count = len(self.views)
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: len(self.views) > count)

    async def touch(self, id_: str, then: str) -> View:
        self.runner.take(Touched(id_))
        return await self.sees(then)

    async def fill(self, then: str, **values: str) -> View:
        self.runner.take(FormFilled(values))
        return await self.sees(then)

    async def signs_in(self, then: str = "standby") -> View:
        await self.sees("signin")
        return await self.fill(then, officer="HT-0417", pin=PIN)

    async def says_who(self, number: str = "") -> None:
        await self.signs_in()
        await self.touch("yes", "welcome")
        await self.touch("yes", "consent")
        await self.touch("yes", "document")
        await self.touch("other", "edit.identity")
        await self.fill("identity", name="Trần Thị Hoà", born="1950", sex="nữ", number=number)

    async def comes_to_the_fingers(self, number: str = "") -> None:
        await self.says_who(number)
        await self.touch("yes", "edit.home")
        await self.fill("home", residence="thôn Tân Hương")
        await self.touch("yes", "relatives")
        await self.touch("yes", "phone")
        await self.touch("other", "hands")
        await self.touch("yes", "print.right_thumb")

    async def gives_fingers(self) -> None:
        for finger in FINGERS:
            await self.sees(f"print.{finger.value}")
            self.house.emulator.lay(HANDS[finger])
        await self.sees("portrait.prepare")

    async def finishes(self, *, card: bool = False) -> None:
        await self.touch("yes", "portrait.review")
        if card:
            view = await self.touch("yes", "officer.face")
            assert (view.photo, view.beside) == (JPEG, JPEG)
        await self.touch("yes", "review")
        await self.touch("yes", "farewell")


@pytest.fixture
def house(
    emulator: ModuleEmulator,
    sensor: ZfmSensor,
    camera: SimulatedCamera,
    reader: SoftReader,
    worker: Callable[[str], Worker],
    tmp_path: Path,
) -> Iterator[House]:
    Vault(tmp_path / "vault.json", None, pin_alone=True).create("HT-0417", PIN)
    keys = OfficeKeys(
        Recipients(OpeningKey.generate().public, OpeningKey.generate().public), SigningKey.generate().public
    )
    panel = SimulatedPanel()
    yield House(emulator, sensor, camera, reader, panel, tmp_path, worker, keys, SigningKey.generate())
    panel.close()


def test_a_citizen_goes_all_the_way_with_a_card_of_our_own(house: House) -> None:
    async def script(player: Player) -> None:
        await player.signs_in()
        await player.touch("yes", "welcome")
        assert house.panel.lamp_state is LampState.BUSY
        await player.touch("yes", "consent")
        assert isinstance(house.reader, SoftReader)
        house.reader.lay(signed_passport(HOLDER, JPEG, width_px=240, height_px=320, authority=DemoAuthority()))
        player.runner.take(Touched("yes"))
        await player.sees("document.number")
        view = await player.fill("identity", number=HOLDER.number, born="01/07/1950", expires="01/07/2030")
        assert view.photo == JPEG
        await player.touch("yes", "edit.home")
        await player.fill("home", residence="thôn Tân Hương")
        await player.touch("yes", "relatives")
        await player.touch("yes", "phone")
        await player.touch("other", "hands")
        player.runner.take(Touched("yes"))
        await player.gives_fingers()
        await player.finishes(card=True)
        farewell = player.views[-1]
        assert farewell.claim is not None
        assert set(farewell.claim) <= {"0", "1", "\n"}
        assert player.runner.session.sequence == 1
        assert player.runner.session.captures == {}
        await player.touch("yes", "standby")
        assert house.panel.lamp_state is LampState.OFF

    house.plays(script)


def test_the_list_of_the_paused_is_opened_by_the_pin_of_who_is_signed_in(house: House) -> None:
    house.rules = replace(house.rules, ask_pin_after_s=0)

    async def script(player: Player) -> None:
        await player.signs_in()
        await player.touch("help", "help")
        await player.touch("other", "menu")
        view = await player.touch("officer.paused", "officer.pin")
        assert view.form is not None
        player.runner.take(FormFilled({"pin": "9999999"}))
        while not (player.views[-1].form and player.views[-1].form.problem):
            await player.changes()
        await player.fill("paused", pin=PIN)
        await player.touch("yes", "standby")

    house.plays(script)


def test_without_the_headset_the_blind_hear_the_keys_and_with_it_the_line_is_said_again(house: House) -> None:
    async def script(player: Player) -> None:
        await player.says_who()
        player.runner.take(HelpHeld())
        while "Phím tam giác" not in player.views[-1].voice:
            await player.changes()
        assert "Phím tam giác: Đúng rồi." in (house.aloud[-1] or "")
        assert "Hoà" not in (house.aloud[-1] or "")
        player.runner.tell_status(Status(faults=(HEADSET,)))
        assert player.views[-1].officer_line.startswith(CATALOGUES["vi"].text(HEADSET))
        lines = len(house.aloud)
        player.runner.tell_status(Status())
        assert len(house.aloud) == lines + 1

    house.plays(script)


def test_a_session_that_was_killed_goes_on_at_the_very_step_and_is_sealed_once(house: House) -> None:
    async def before(player: Player) -> None:
        await player.comes_to_the_fingers()
        house.emulator.lay(SOMEBODY)
        await player.sees("print.right_index")

    async def after(player: Player) -> None:
        await player.signs_in("resume")
        player.runner.take(Touched("yes"))
        await player.sees("print.right_index")
        assert "print.right_thumb" in player.runner.session.answers.slots
        for finger in FINGERS[1:]:
            await player.sees(f"print.{finger.value}")
            house.emulator.lay(HANDS[finger])
        await player.sees("portrait.prepare")
        await player.finishes()

    async def next_day(player: Player) -> None:
        await player.signs_in("standby")

    house.plays(before)
    house.plays(after)
    house.plays(next_day)


def test_a_finger_that_was_injured_is_taken_at_a_later_visit_and_nothing_else(house: House) -> None:
    number = "042150000012"

    async def first(player: Player) -> None:
        await player.comes_to_the_fingers(number)
        await player.touch("other", "print.exception")
        await player.touch("injured", "print.right_index")
        for finger in FINGERS[1:]:
            await player.sees(f"print.{finger.value}")
            house.emulator.lay(HANDS[finger])
        await player.sees("portrait.prepare")
        await player.finishes()

    async def later(player: Player) -> None:
        await player.says_who(number)
        view = await player.touch("yes", "visit")
        assert view.facts[-1].value == "ngón cái phải"
        await player.touch("yes", "hands")
        await player.touch("yes", "print.right_thumb")
        house.emulator.lay(HANDS[FINGERS[0]])
        view = await player.sees("review")
        assert view.facts[-1].value == "1 trên 1 ngón rõ hơn"
        await player.touch("yes", "farewell")
        assert player.runner.session.answers.supplements is not None

    async def much_later(player: Player) -> None:
        await player.says_who(number)
        await player.touch("yes", "edit.home")

    house.plays(first)
    house.plays(later)
    house.plays(much_later)


def test_who_declines_leaves_nothing_to_resume(house: House) -> None:
    async def script(player: Player) -> None:
        await player.comes_to_the_fingers()
        house.panel.press_help()
        await player.sees("help")
        assert house.panel.lamp_state is LampState.CALL
        await player.touch("other", "menu")
        await player.touch("officer.wipe", "declined")
        await player.touch("yes", "standby")

    async def next_day(player: Player) -> None:
        await player.signs_in("standby")

    house.plays(script)
    house.plays(next_day)


def test_a_sensor_that_is_unplugged_and_plugged_in_again_goes_on_by_itself(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_room, "_PROBE_EVERY_S", 0.05)

    async def script(player: Player) -> None:
        await player.comes_to_the_fingers()
        house.emulator.misbehave(WireFault.UNPLUGGED)
        view = await player.sees("trouble")
        assert view.officer_line
        house.panel.press_help()
        await player.sees("help")
        await player.touch("yes", "trouble")
        house.emulator.misbehave("")
        await player.sees("print.right_thumb")
        house.emulator.lay(SOMEBODY)
        await player.sees("print.right_index")

    house.plays(script)


def test_a_camera_that_is_gone_at_the_portrait_comes_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_room, "_PROBE_EVERY_S", 0.05)

    async def script(player: Player) -> None:
        await player.comes_to_the_fingers()
        await player.gives_fingers()
        house.camera.misbehave(CameraSituation.GONE)
        await player.touch("yes", "trouble")
        house.camera.misbehave(None)
        await player.sees("portrait.review")

    house.plays(script)


@pytest.mark.parametrize(("row", "heard"), [("access.deaf", False), ("access.blind", True)])
def test_to_who_cannot_hear_it_does_not_claim_to_have_read_aloud(
    house: House, monkeypatch: pytest.MonkeyPatch, row: str, heard: bool
) -> None:
    monkeypatch.setattr(Overheard, "trouble", None)  # this house has no speaker, and nothing else would be amiss

    async def script(player: Player) -> None:
        await player.sees("signin")
        await player.signs_in()
        await player.touch("yes", "welcome")
        player.house.panel.press_help()
        await player.sees("help")
        await player.touch("other", "menu")
        await player.touch("menu.senses", "menu.senses")
        await player.touch(row, "welcome")
        await player.touch("yes", "consent")
        await player.touch("yes", "document")
        consent = player.runner.session.answers.consent
        assert consent is not None
        assert consent.read_aloud is heard

    house.plays(script)


def test_a_kiosk_that_cannot_speak_serves_all_the_same_and_does_not_claim_to_have_read_aloud(house: House) -> None:
    house.voice = VoiceSettings(program="no-such-program")

    async def script(player: Player) -> None:
        await player.comes_to_the_fingers()
        player.runner.take(Touched("again"))
        house.emulator.lay(SOMEBODY)
        await player.sees("print.right_index")
        consent = player.runner.session.answers.consent
        assert consent is not None
        assert not consent.read_aloud

    house.plays(script)


def test_a_double_touch_while_the_draft_is_saved_does_no_harm(house: House) -> None:
    async def script(player: Player) -> None:
        await player.signs_in()
        for _ in range(3):
            player.runner.take(Touched("yes"))
        await player.sees("document")
        assert player.runner.session.enrolment != ""
        player.runner.take(Touched("back"))
        player.runner.take(Touched("other"))
        player.runner.take(Touched("yes"))
        await player.sees("standby")
        assert not player.runner.session.enrolling

    house.plays(script)


def test_a_screen_that_nobody_answers_is_read_once_more_and_then_no_more(house: House) -> None:
    async def script(player: Player) -> None:
        await player.signs_in()
        await player.touch("yes", "welcome")
        await player.touch("yes", "consent")
        line = CATALOGUES["vi"].screen("consent").voice
        assert house.said is not None
        async with asyncio.timeout(PATIENCE_S):
            while await house.said.get() != line:
                pass
            assert await house.said.get() == line
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await house.said.get()

    house.repeat_after_s = 0.1
    house.plays(script)


def test_a_kiosk_with_words_missing_does_not_start(house: House) -> None:
    async def script() -> None:
        bare = Catalogue("vi", {}, texts={}, honorific="bác")
        with pytest.raises(TableError, match="lacks"):
            SessionRunner(
                QUICK,
                {"vi": bare},
                None,  # type: ignore[arg-type]
                screen=Player(house),
                events=EventQueue(),
                now=lambda: datetime.now(UTC),
                new_id=str,
                prepare=Showing(str, jpeg_to_show),
            )

    asyncio.run(script())


def test_an_event_after_the_end_goes_nowhere() -> None:
    async def make() -> EventQueue:
        return EventQueue()

    asyncio.run(make()).post(Touched("yes"))


def test_ids_are_in_the_order_of_time_and_all_different() -> None:
    moments = [datetime(2026, 11, 24, 3, 0, second, tzinfo=UTC) for second in range(50)]
    ids = [uuid7(moment) for moment in moments]
    assert ids == sorted(ids)
    assert len({uuid7(moments[0]) for _ in range(1000)}) == 1000
    assert {one[14] for one in ids} == {"7"}
    assert {one[19] for one in ids} <= set("89ab")


def test_a_bug_on_a_devices_thread_is_told_and_ends_nothing_else(mailbox: Mailbox) -> None:
    bugs: list[BaseException] = []
    one = Worker("one", bugs.append)

    def stumble() -> None:
        raise ZeroDivisionError

    one.do(stumble)
    assert one.submit(lambda: 7).result(10) == 7
    with pytest.raises(ZeroDivisionError):
        one.submit(stumble).result(10)
    one.stop(10)
    assert [type(bug) for bug in bugs] == [ZeroDivisionError]
    assert mailbox.events == []
