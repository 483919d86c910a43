"""The voice: the newest line is heard, a touch silences it, trouble never stops the kiosk, words are not kept."""

import stat
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.sound.simulated import SimulatedSpeaker
from kiosk.voice import Voice, VoiceSettings
from kiosk.voice.chimes import chime_length_s
from kiosk.voice.errors import SpeechCancelled, SpeechFault, SpeechMissing
from kiosk.voice.espeak import LONGEST_LINE, Espeak
from kiosk.voice.voice import LOUDEST, SOUND_TROUBLE, SPEECH_TROUBLE
from kiosk.words.catalogue import Catalogue


def wait_until(condition: Callable[[], bool], *, deadline_s: float = 15.0) -> None:
    end = time.monotonic() + deadline_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        pause.wait(0.005)


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class Player:
    """A speech program of the test: says for each run what it was asked, and waits as long as a file bids it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "speech"
        self.path.write_text(
            f"#!{sys.executable}\n"
            "import pathlib, signal, sys, uuid, wave\n"
            "here = pathlib.Path(__file__).parent\n"
            "text = sys.stdin.read()\n"
            "(here / f'run-{uuid.uuid4()}').write_text(' '.join(sys.argv[1:]) + '|' + text)\n"
            "if (here / 'hangs').exists():\n    signal.pause()\n"
            "if (here / 'fails').exists():\n    sys.exit('the voice does not exist')\n"
            "with wave.open(sys.stdout.buffer, 'wb') as sound:\n"
            "    sound.setnchannels(1); sound.setsampwidth(2); sound.setframerate(1000)\n"
            "    sound.setnframes(1000 * len(text)); sound.writeframes(bytes(2000 * len(text)))\n",
            encoding="utf-8",
        )
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)

    def runs(self, text: str) -> int:
        return sum(one.read_text().endswith(f"|{text}") for one in self.folder.glob("run-*"))

    def arguments(self, text: str) -> str:
        return next(one.read_text() for one in self.folder.glob("run-*") if one.read_text().endswith(f"|{text}"))


@pytest.fixture
def player(tmp_path: Path) -> Player:
    return Player(tmp_path)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def speaker(clock: Clock) -> SimulatedSpeaker:
    return SimulatedSpeaker(monotonic_s=clock)


@pytest.fixture
def troubles() -> list[str | None]:
    return []


@pytest.fixture
def voice(player: Player, speaker: SimulatedSpeaker, clock: Clock, troubles: list[str | None]) -> Iterator[Voice]:
    settings = VoiceSettings(program=str(player.path), deadline_s=20)
    one = Voice(speaker, settings, on_trouble=troubles.append, monotonic_s=clock)
    yield one
    one.close()


def lengths(speaker: SimulatedSpeaker) -> list[float]:
    return [one.duration_s for one in speaker.played]


def test_a_line_is_heard(voice: Voice, speaker: SimulatedSpeaker, clock: Clock) -> None:
    voice.say("Mời bác", "vi")
    wait_until(lambda: lengths(speaker) == [7.0])
    assert voice.speaking()
    clock.now_s += 7
    wait_until(lambda: not voice.speaking())


def test_a_line_reaches_the_program_over_standard_input_in_the_central_voice(voice: Voice, player: Player) -> None:
    voice.say("Sinh năm 1950", "vi")
    wait_until(lambda: player.runs("Sinh năm một chín năm không") == 1)
    arguments = player.arguments("Sinh năm một chín năm không").partition("|")[0]
    assert "-v vi-vn-x-central -s 120" in arguments
    assert "năm" not in arguments


def test_the_newest_line_wins(voice: Voice, speaker: SimulatedSpeaker) -> None:
    for text in ("aa", "bbb", "cccc", "ddddd"):
        voice.say(text, "en")
    wait_until(lambda: 5.0 in lengths(speaker))
    wait_until(lambda: voice._done == voice._turn)
    assert lengths(speaker)[-1] == 5.0


def test_a_new_line_interrupts_the_one_that_is_spoken(voice: Voice, speaker: SimulatedSpeaker, clock: Clock) -> None:
    voice.say("a long line indeed", "en")
    wait_until(lambda: len(lengths(speaker)) == 1)
    clock.now_s += 2
    voice.say("short", "en")
    wait_until(lambda: lengths(speaker) == [18.0, 5.0])
    assert speaker.played[0].sounded_s == 2.0


def test_stop_silences_at_once_and_nothing_follows(voice: Voice, speaker: SimulatedSpeaker) -> None:
    voice.say("hello there", "en")
    wait_until(lambda: len(lengths(speaker)) == 1)
    voice.stop()
    wait_until(lambda: not voice.speaking())
    assert not speaker.playing()
    assert lengths(speaker) == [11.0]


def test_stop_ends_a_speech_program_that_is_still_at_work(
    voice: Voice, speaker: SimulatedSpeaker, player: Player
) -> None:
    wait_until(lambda: player.runs("không") == 1)
    (player.folder / "hangs").touch()
    voice.say("aaa", "en")
    wait_until(lambda: player.runs("aaa") == 1)
    voice.stop()
    wait_until(lambda: not voice.speaking())
    (player.folder / "hangs").unlink()
    voice.say("bb", "en")
    wait_until(lambda: lengths(speaker) == [2.0])


def test_a_repeated_line_is_rendered_once(voice: Voice, speaker: SimulatedSpeaker, player: Player) -> None:
    for count in (1, 2, 3):
        voice.say("again", "en")
        wait_until(lambda count=count: len(lengths(speaker)) == count)
    assert player.runs("again") == 1


def test_a_private_line_is_never_kept(voice: Voice, speaker: SimulatedSpeaker, player: Player) -> None:
    for count in (1, 2):
        voice.say("secret", "en", private=True)
        wait_until(lambda count=count: len(lengths(speaker)) == count)
    assert player.runs("secret") == 2
    assert not voice._cache


def test_the_kept_lines_are_bounded(player: Player, speaker: SimulatedSpeaker, clock: Clock) -> None:
    settings = VoiceSettings(program=str(player.path), deadline_s=20, cache_bytes=15_000)
    voice = Voice(speaker, settings, monotonic_s=clock)
    for count, text in enumerate(("aaa", "bbb", "ccc", "ddd"), start=1):
        voice.say(text, "en")
        wait_until(lambda count=count: len(lengths(speaker)) == count)
    voice.close()
    assert [line.text for line in voice._cache] == ["ccc", "ddd"]


def test_forgetting_ends_a_session(voice: Voice, speaker: SimulatedSpeaker) -> None:
    voice.louder()
    voice.say("hello", "en")
    wait_until(lambda: len(lengths(speaker)) == 1)
    voice.forget()
    wait_until(lambda: not voice.speaking())
    assert not voice._cache
    assert not speaker.playing()
    assert voice.volume == VoiceSettings().volume


def test_louder_renders_the_next_line_louder_up_to_the_loudest(voice: Voice, player: Player) -> None:
    voice.say("soft", "en")
    wait_until(lambda: player.runs("soft") == 1)
    assert "-a 80" in player.arguments("soft")
    assert voice.louder() == 3
    voice.say("loud", "en")
    wait_until(lambda: player.runs("loud") == 1)
    assert "-a 120" in player.arguments("loud")
    assert [voice.louder() for _ in range(3)] == [LOUDEST] * 3
    assert [voice.quieter() for _ in range(5)] == [3, 2, 1, 1, 1]


def test_a_line_waits_for_the_chime_before_it(
    voice: Voice, speaker: SimulatedSpeaker, player: Player, clock: Clock
) -> None:
    voice.chime("good")
    voice.say("line", "en")
    wait_until(lambda: player.runs("line") == 1)
    assert lengths(speaker) == [pytest.approx(chime_length_s("good"))]
    wait_until(lambda: len(lengths(speaker)) == 2)
    assert lengths(speaker)[-1] == 4.0


def test_stop_silences_a_chime_too(voice: Voice, speaker: SimulatedSpeaker) -> None:
    voice.chime("bell")
    wait_until(lambda: len(lengths(speaker)) == 1)
    voice.stop()
    wait_until(lambda: not voice.speaking())
    assert not speaker.playing()


def test_a_missing_speech_program_is_told_once_and_the_kiosk_goes_on(
    speaker: SimulatedSpeaker, clock: Clock, troubles: list[str | None]
) -> None:
    voice = Voice(speaker, VoiceSettings(program="no-such-espeak"), on_trouble=troubles.append, monotonic_s=clock)
    for text in ("a", "b", "c"):
        voice.say(text, "en")
        wait_until(lambda: not voice.speaking())
    voice.chime("good")
    wait_until(lambda: len(lengths(speaker)) == 1)
    voice.close()
    assert troubles == [SPEECH_TROUBLE]
    for language in ("vi", "en"):
        assert Catalogue.load(language).text(SPEECH_TROUBLE)
        assert Catalogue.load(language).text(SOUND_TROUBLE)


def test_a_speech_program_that_never_answers_is_ended_at_the_deadline(
    player: Player, speaker: SimulatedSpeaker
) -> None:
    (player.folder / "hangs").touch()
    espeak = Espeak(str(player.path), deadline_s=0.05)
    with pytest.raises(SpeechFault, match=r"no sound within 0\.05 s"):
        espeak.render("aaa", "en", amplitude=80)


def test_speech_that_works_again_is_told(
    voice: Voice, speaker: SimulatedSpeaker, player: Player, troubles: list[str | None]
) -> None:
    (player.folder / "fails").touch()
    voice.say("aaa", "en")
    wait_until(lambda: voice.trouble == SPEECH_TROUBLE)
    (player.folder / "fails").unlink()
    voice.say("bbb", "en")
    wait_until(lambda: troubles == [SPEECH_TROUBLE, None])
    assert voice.trouble is None


def test_a_missing_speaker_is_told_and_heard_again_when_it_is_back(
    voice: Voice, speaker: SimulatedSpeaker, troubles: list[str | None]
) -> None:
    speaker.enter("missing")
    voice.say("aaa", "en")
    wait_until(lambda: troubles == [SOUND_TROUBLE])
    speaker.enter(None)
    voice.say("bb", "en")
    wait_until(lambda: lengths(speaker) == [2.0])
    wait_until(lambda: troubles == [SOUND_TROUBLE, None])


def test_without_any_speaker_the_voice_works_unheard(player: Player, troubles: list[str | None]) -> None:
    voice = Voice(None, VoiceSettings(program=str(player.path), deadline_s=20), on_trouble=troubles.append)
    voice.say("aaa", "en")
    voice.chime("good")
    wait_until(lambda: not voice.speaking())
    voice.close()
    voice.close()
    assert troubles == [SOUND_TROUBLE]


def test_no_log_line_holds_what_was_said(voice: Voice, player: Player, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    (player.folder / "fails").touch()
    voice.say("Nguyen Thi Phuong", "en", private=True)
    wait_until(lambda: voice.trouble == SPEECH_TROUBLE)
    assert caplog.text
    assert "Phuong" not in caplog.text


@pytest.mark.parametrize(
    "bad", [{"rate_wpm": 10}, {"volume": 0}, {"volume": 9}, {"deadline_s": 0}, {"cache_bytes": -1}]
)
def test_settings_that_cannot_speak_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        VoiceSettings(**bad)


def test_what_is_missing_or_too_long_is_said_clearly() -> None:
    with pytest.raises(SpeechMissing, match="install the package espeak-ng"):
        Espeak("no-such-espeak").render("a", "vi", amplitude=80)
    with pytest.raises(SpeechFault, match="too long"):
        Espeak().render("a" * (LONGEST_LINE + 1), "vi", amplitude=80)


def test_a_cancelled_run_ends_without_a_sound(player: Player) -> None:
    (player.folder / "hangs").touch()
    espeak = Espeak(str(player.path), deadline_s=20)
    ended: list[BaseException] = []

    def run() -> None:
        try:
            espeak.render("aaa", "en", amplitude=80)
        except SpeechCancelled as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: player.runs("aaa") == 1)
    espeak.cancel()
    thread.join(10)
    assert ended


def test_what_is_for_one_ear_is_heard_in_the_headset_and_aloud_only_what_is_said_instead(player: Player) -> None:
    aloud, ear = SimulatedSpeaker(), SimulatedSpeaker()
    plugged: list[SimulatedSpeaker | None] = [ear]
    voice = Voice(aloud, VoiceSettings(program=str(player.path)), private=lambda: plugged[0])
    try:
        voice.say("Họ tên: Nguyễn Thị Mận.", "vi", private=True, instead="Bác xem trên màn hình.")
        wait_until(ear.playing)
        assert not aloud.playing()
        plugged[0] = None
        voice.say("Họ tên: Nguyễn Thị Mận.", "vi", private=True, instead="Bác xem trên màn hình.")
        wait_until(aloud.playing)
        assert not ear.playing()
        assert player.runs("Bác xem trên màn hình.") == 1
        voice.say("Mời bác rửa tay.", "vi")
        wait_until(lambda: player.runs("Mời bác rửa tay.") == 1)
        voice.stop()
        wait_until(lambda: not voice.speaking())
    finally:
        voice.close()
