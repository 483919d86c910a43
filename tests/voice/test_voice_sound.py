"""What is heard: the sound of espeak-ng at our pace, and the chimes."""

import io
import re
import shutil
import statistics
import subprocess
import wave
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.settings import Voice as Settings
from kiosk.voice import CHIMES, Chime
from kiosk.voice.chimes import chime_length_s, chime_wave
from kiosk.voice.errors import SpeechFault
from kiosk.voice.espeak import Espeak, whole_wave
from kiosk.words.catalogue import Catalogue

WELCOME = "Chào bác. Máy này giúp bác làm thẻ căn cước."
needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")


def seconds_of(wav: bytes) -> float:
    with wave.open(io.BytesIO(wav)) as sound:
        return sound.getnframes() / sound.getframerate()


@settings(deadline=None)
@given(st.binary(max_size=120))
def test_any_answer_of_the_speech_program_is_a_sound_or_a_clear_refusal(data: bytes) -> None:
    header = chime_wave("good", peak=0.1)[:44]
    for answer in (data, header[: len(data)] + data, header + data):
        try:
            fixed = whole_wave(answer)
        except SpeechFault:
            continue
        assert seconds_of(fixed) >= 0


@pytest.mark.parametrize("chime", list(CHIMES))
def test_a_chime_is_long_enough_and_low_enough_for_old_ears(chime: Chime) -> None:
    assert seconds_of(chime_wave(chime, peak=0.5)) == pytest.approx(chime_length_s(chime), abs=0.01)
    assert chime_length_s(chime) >= 0.3
    assert all(tone_hz == 0 or 500 <= tone_hz <= 1000 for tone_hz, _ in CHIMES[chime])


@needs_espeak
def test_espeak_speaks_a_vietnamese_sentence_at_our_pace(tmp_path: Path) -> None:
    wav = Espeak().render(WELCOME, "vi", amplitude=80)
    with wave.open(io.BytesIO(wav)) as sound:
        assert (sound.getframerate(), sound.getsampwidth(), sound.getnchannels()) == (22050, 2, 1)
    # 10 syllables at 125 to 165 syllables a minute, with the pauses of two sentences.
    assert 3.0 < seconds_of(wav) < 5.5
    if shutil.which("soxi"):
        path = tmp_path / "welcome.wav"
        path.write_bytes(wav)
        measured = subprocess.run(["soxi", "-D", str(path)], check=True, capture_output=True, text=True, timeout=10)
        assert float(measured.stdout) == pytest.approx(seconds_of(wav), abs=0.01)


@needs_espeak
def test_espeak_speaks_english_and_grows_louder() -> None:
    espeak = Espeak()
    loudness = []
    for amplitude in (50, 200):
        wav = espeak.render("This machine helps you.", "en", amplitude=amplitude)
        with wave.open(io.BytesIO(wav)) as sound:
            samples = memoryview(sound.readframes(sound.getnframes())).cast("h")
        loudness.append(sum(abs(one) for one in samples))
    assert loudness[1] > 1.5 * loudness[0]


@needs_espeak
def test_every_line_of_the_catalogue_is_read_slowly_enough_and_within_thirteen_seconds() -> None:
    espeak = Espeak(rate_wpm=Settings().words_per_minute)
    catalogue = Catalogue.load("vi")
    lines = [
        catalogue.screen(key, **dict.fromkeys(catalogue.screen_placeholders(key), "Lan")).voice
        for key in catalogue.screen_keys
    ]
    longest = sorted(lines, key=lambda line: len(line.split()))[-24:]
    seconds = [seconds_of(espeak.render(line, "vi", amplitude=80)) for line in longest]
    assert max(seconds) <= 13
    # A written word is a syllable. Old ears want 130 to 160 of them a minute, pauses included.
    pace = [60 * len(re.findall(r"\w+", line)) / took for line, took in zip(longest, seconds, strict=True)]
    assert 130 <= statistics.median(pace) <= 160
    assert max(pace) <= 165
