"""The loudspeaker: the same promises for the ALSA driver and the simulated one, then what each does in trouble."""

import contextlib
import io
import shutil
import stat
import sys
import threading
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.errors import DeviceClosed, DeviceFault, DeviceGone, DeviceMissing
from drivers.sound.api import Speaker
from drivers.sound.real import AlsaSpeaker
from drivers.sound.simulated import SimulatedSpeaker
from drivers.sound.wave_file import read_format

# A stand-in for aplay: reads a whole wave file from standard input and takes as long as it lasts.
PLAYER = f"""#!{sys.executable}
import os, pathlib, signal, sys, time, wave
here = pathlib.Path(__file__).parent
with wave.open(sys.stdin.buffer) as sound:
    duration_s = sound.getnframes() / sound.getframerate()
(here / "arguments").write_text(" ".join(sys.argv[1:]))
if (here / "no_card").exists():
    sys.exit("ALSA lib conf.c: noise\\naplay: main:850: audio open error: No such file or directory")
if (here / "busy").exists():
    sys.exit("aplay: main:850: audio open error: Device or resource busy")
if (here / "stubborn").exists():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
(here / "started").write_text(str(os.getpid()))
time.sleep(duration_s)
(here / "finished").touch()
"""


def tone(duration_s: float) -> bytes:
    memory = io.BytesIO()
    with wave.open(memory, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * round(8000 * duration_s)))
    return memory.getvalue()


def wait_until(condition: Callable[[], bool], *, deadline_s: float = 10.0) -> None:
    end = time.monotonic() + deadline_s
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, "the condition did not come true in time"
        pause.wait(0.005)


@pytest.fixture
def player(tmp_path: Path) -> Path:
    path = tmp_path / "aplay"
    path.write_text(PLAYER)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture(params=["alsa", "simulated", pytest.param("card", marks=pytest.mark.hardware)])
def speaker(request: pytest.FixtureRequest, player: Path) -> Iterator[Speaker]:
    one: Speaker
    match request.param:
        case "alsa":
            one = AlsaSpeaker(program=str(player))
        case "card":
            one = AlsaSpeaker()
        case _:
            one = SimulatedSpeaker()
    yield one
    one.close()


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_a_speaker_plays_until_the_sound_ends(speaker: Speaker) -> None:
    speaker.play(tone(0.3))
    assert speaker.playing()
    wait_until(lambda: not speaker.playing())


def test_a_stopped_speaker_is_silent(speaker: Speaker) -> None:
    speaker.play(tone(60))
    speaker.stop()
    assert not speaker.playing()
    speaker.stop()


def test_a_new_sound_replaces_the_one_that_plays(speaker: Speaker) -> None:
    speaker.play(tone(60))
    speaker.play(tone(0.2))
    wait_until(lambda: not speaker.playing())


def test_a_speaker_refuses_what_is_no_sound_and_goes_on(speaker: Speaker) -> None:
    for bad in (b"", b"RIFF", tone(0.5)[:200], b"\x00" * 100):
        with pytest.raises(DeviceFault, match="speaker"):
            speaker.play(bad)
    speaker.play(tone(60))
    assert speaker.playing()


def test_a_closed_speaker_says_so(speaker: Speaker) -> None:
    speaker.play(tone(60))
    speaker.close()
    speaker.close()
    assert not speaker.playing()
    with pytest.raises(DeviceClosed):
        speaker.play(tone(1))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_sound_or_a_clear_refusal(data: bytes) -> None:
    for candidate in (data, tone(0.01)[: len(data)] + data, b"RIFF\xff\xff\xff\x7fWAVE" + data):
        with contextlib.suppress(DeviceFault):
            assert read_format(candidate).duration_s >= 0


def test_the_length_of_a_sound_is_read_from_its_header() -> None:
    assert read_format(tone(1.5)).duration_s == pytest.approx(1.5)


def test_stopping_ends_the_player_process_even_a_stubborn_one(player: Path) -> None:
    for name in ("plain", "stubborn"):
        (player.parent / name).touch()
        speaker = AlsaSpeaker(program=str(player))
        (player.parent / "started").unlink()
        (player.parent / "finished").unlink()
        speaker.play(tone(60))
        wait_until(lambda: (player.parent / "started").exists() and (player.parent / "started").read_text() != "")
        speaker.stop()
        assert gone(int((player.parent / "started").read_text()))
        assert not (player.parent / "finished").exists()
        speaker.close()


def test_the_card_of_the_configuration_is_the_one_that_is_opened(player: Path) -> None:
    AlsaSpeaker("plughw:CARD=Headphones", program=str(player)).close()
    assert "--device=plughw:CARD=Headphones" in (player.parent / "arguments").read_text()


def test_a_missing_program_names_the_package_to_install() -> None:
    with pytest.raises(DeviceMissing, match="alsa-utils"):
        AlsaSpeaker(program="no-such-aplay")


def test_a_missing_card_is_known_at_start(player: Path) -> None:
    (player.parent / "no_card").touch()
    with pytest.raises(DeviceMissing, match=r"no sound card 'default'.*No such file"):
        AlsaSpeaker(program=str(player))


def test_a_busy_card_is_a_fault_with_the_reason(player: Path) -> None:
    (player.parent / "busy").touch()
    with pytest.raises(DeviceFault, match="resource busy"):
        AlsaSpeaker(program=str(player))


def test_a_card_pulled_out_later_is_noticed_and_found_again(player: Path) -> None:
    # The stand-in needs a while to start, so the pulled card shows either at once or at the following line.
    speaker = AlsaSpeaker(program=str(player))
    (player.parent / "no_card").touch()
    reason = speaker._failure("audio open error: No such file or directory", at_start=False)
    assert isinstance(reason, DeviceGone)
    try:
        speaker.play(tone(60))
    except DeviceGone:
        pass
    else:
        wait_until(lambda: not speaker.playing())
    (player.parent / "no_card").unlink()
    speaker.play(tone(60))
    assert speaker.playing()
    speaker.close()


@pytest.mark.skipif(shutil.which("aplay") is None, reason="alsa-utils is not installed")
def test_the_real_aplay_takes_our_files() -> None:
    speaker = AlsaSpeaker("null")
    speaker.play(tone(0.2))
    wait_until(lambda: not speaker.playing())
    speaker.close()


@pytest.mark.skipif(shutil.which("aplay") is None, reason="alsa-utils is not installed")
def test_the_real_aplay_names_a_card_that_is_not_there() -> None:
    with pytest.raises(DeviceMissing, match="no-such-card"):
        AlsaSpeaker("hw:CARD=no-such-card")


def test_no_file_descriptor_is_left_behind(player: Path) -> None:
    speaker = AlsaSpeaker(program=str(player))
    speaker.play(tone(0.01))
    wait_until(lambda: not speaker.playing())
    speaker.stop()
    open_files = Path("/proc/self/fd")
    before = len(list(open_files.iterdir()))
    for _ in range(5):
        speaker.play(tone(60))
    speaker.stop()
    assert len(list(open_files.iterdir())) == before
    speaker.close()


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_the_simulated_speaker_plays_in_the_time_of_its_clock_and_logs_lengths_alone() -> None:
    clock = Clock()
    speaker = SimulatedSpeaker(monotonic_s=clock)
    speaker.play(tone(4))
    clock.now_s += 3
    assert speaker.playing()
    speaker.play(tone(2))
    clock.now_s += 2
    assert not speaker.playing()
    first, second = speaker.played
    assert (first.began_s, first.duration_s, first.sounded_s, first.heard) == (100.0, 4.0, 3.0, True)
    assert (second.duration_s, second.sounded_s) == (2.0, 2.0)


def test_a_muted_speaker_plays_unheard() -> None:
    speaker = SimulatedSpeaker(monotonic_s=Clock(), situation="muted")
    speaker.play(tone(1))
    assert speaker.playing()
    assert not speaker.played[0].heard


def test_a_missing_speaker_says_so_until_it_is_there_again() -> None:
    speaker = SimulatedSpeaker(monotonic_s=Clock(), situation="missing")
    with pytest.raises(DeviceMissing):
        speaker.play(tone(1))
    speaker.enter(None)
    speaker.play(tone(1))
    assert speaker.playing()


def test_an_unknown_situation_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match="muted, missing"):
        SimulatedSpeaker(situation="loud")
