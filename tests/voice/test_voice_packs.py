"""Voice packs: recordings checked and made equally loud, heard first, never for a changed text."""

import json
import math
import subprocess
import sys
from array import array
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.voice import Voice, VoiceSettings
from kiosk.voice.errors import BadClip, BadPack
from kiosk.voice.espeak import Espeak
from kiosk.voice.pack import MANIFEST, PackFacts, VoicePack, load_packs, write_pack
from kiosk.voice.recording import LEVEL_DBFS, finished, import_recordings, render_ahead, sheet
from kiosk.voice.sound import (
    RATE_HZ,
    amplified,
    halved,
    joined,
    loudness_dbfs,
    peak_dbfs,
    read_wave,
    trimmed,
    write_wave,
)
from kiosk.words.catalogue import Catalogue
from kiosk.words.script import ScriptLine, script, sentence_id
from tests.voice.test_voice_speaks import Player, player, wait_until

__all__ = ["player"]

FACTS = PackFacts("thử", "vi", "Nghệ Tĩnh", synthetic=True)
HELLO, NEXT = "Chào bác.", "Mời bác ngồi."


def tone(hz: float = 440.0, *, length_s: float = 0.5, peak: float = 0.3, rate_hz: int = RATE_HZ) -> "array[int]":
    count = round(length_s * rate_hz)
    return array("h", (round(32767 * peak * math.sin(2 * math.pi * hz * at / rate_hz)) for at in range(count)))


def quiet(length_s: float) -> "array[int]":
    return array("h", bytes(2 * round(length_s * RATE_HZ)))


def wave_of(samples: "array[int]", *, rate_hz: int = RATE_HZ) -> bytes:
    data = bytearray(write_wave(samples))
    data[24:28] = rate_hz.to_bytes(4, "little")
    data[28:32] = (2 * rate_hz).to_bytes(4, "little")
    return bytes(data)


def line_of(text: str) -> ScriptLine:
    return ScriptLine(sentence_id(text, "vi"), text, ("welcome",))


def pack_in(folder: Path, *texts: str, facts: PackFacts = FACTS) -> VoicePack:
    write_pack(folder, facts, {sentence_id(one, "vi"): write_wave(tone()) for one in texts})
    return VoicePack.load(folder)


def test_a_recording_becomes_a_clip_that_is_trimmed_and_as_loud_as_all_others() -> None:
    for peak in (0.05, 0.3, 0.9):
        clip = read_wave(finished(write_wave(quiet(1.5) + tone(peak=peak) + quiet(2))))
        assert loudness_dbfs(clip) == pytest.approx(LEVEL_DBFS, abs=0.5)
        assert len(clip) / RATE_HZ == pytest.approx(0.15 + 0.5 + 0.1, abs=0.11)


def test_a_recording_at_double_rate_keeps_its_tone_and_loses_what_would_fold_back() -> None:
    low = halved(tone(1000, rate_hz=2 * RATE_HZ))
    assert loudness_dbfs(low) == pytest.approx(loudness_dbfs(tone(1000)), abs=0.3)
    assert len(low) == pytest.approx(0.5 * RATE_HZ, abs=2)
    high = halved(tone(16000, rate_hz=2 * RATE_HZ))
    assert peak_dbfs(high[100:-100]) < peak_dbfs(tone(1000)) - 30
    assert finished(wave_of(tone(rate_hz=2 * RATE_HZ), rate_hz=2 * RATE_HZ))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"MP3!", "WAV"),
        (wave_of(tone(), rate_hz=8000), "8000"),
        (write_wave(quiet(1)), "too quiet"),
        (write_wave(tone(peak=0.001)), "too quiet"),
        (write_wave(tone(peak=1.0)), "clipped"),
        (write_wave(tone(length_s=21)), "21 s"),
    ],
)
def test_a_recording_that_cannot_be_used_is_refused_with_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(BadClip, match=said):
        finished(data)


def test_stereo_and_other_sample_sizes_are_refused() -> None:
    stereo = bytearray(write_wave(tone()))
    stereo[22] = 2
    stereo[32] = 4
    with pytest.raises(BadClip, match="mono"):
        read_wave(bytes(stereo))
    small = bytearray(write_wave(tone()))
    small[34], small[32] = 8, 1
    with pytest.raises(BadClip, match="16"):
        read_wave(bytes(small))


@given(st.binary(max_size=200))
def test_garbage_is_no_recording_and_nothing_worse(garbage: bytes) -> None:
    for data in (garbage, b"RIFF" + garbage, write_wave(tone(length_s=0.01))[: len(garbage)] + garbage):
        with suppress(BadClip):
            read_wave(data)


@given(st.lists(st.integers(-32768, 32767), max_size=50), st.floats(-30, 30))
def test_louder_and_quieter_never_turn_over(values: list[int], gain_db: float) -> None:
    out = amplified(array("h", values), gain_db)
    assert all(one == 0 or (one > 0) == (value > 0) or one == 0 for one, value in zip(out, values, strict=True) if one)


def test_silence_is_trimmed_away_whole() -> None:
    assert trimmed(quiet(1), lead_s=0.1, tail_s=0.1) == array("h")
    assert joined([tone(), tone()], gap_s=0.5).buffer_info()[1] == 2 * len(tone()) + round(0.5 * RATE_HZ)


def test_an_import_takes_what_is_good_and_names_what_is_not(tmp_path: Path) -> None:
    lines = [line_of(HELLO), line_of(NEXT), line_of("Xong rồi.")]
    (tmp_path / f"{lines[0].id}.wav").write_bytes(write_wave(tone()))
    (tmp_path / f"{lines[1].id}.wav").write_bytes(b"nothing")
    (tmp_path / "holiday.wav").write_bytes(write_wave(tone()))
    told: list[str] = []
    found = import_recordings(tmp_path, lines, tmp_path / "pack", FACTS, told=told.append)
    assert found.taken == 1
    assert set(found.wrong) == {f"{lines[1].id}.wav", "holiday.wav"}
    assert found.missing == (lines[2],)
    pack = VoicePack.load(tmp_path / "pack")
    assert pack.facts == FACTS
    assert pack.clip(HELLO, "vi") is not None
    assert pack.clip("Chào bà.", "vi") is None
    assert pack.clip(HELLO, "en") is None


def test_a_second_import_adds_to_the_pack(tmp_path: Path) -> None:
    pack_in(tmp_path, HELLO)
    assert pack_in(tmp_path, NEXT).ids == {sentence_id(HELLO, "vi"), sentence_id(NEXT, "vi")}


def test_a_clip_that_was_changed_or_lost_is_not_heard(tmp_path: Path) -> None:
    pack = pack_in(tmp_path, HELLO, NEXT)
    (tmp_path / f"{sentence_id(HELLO, 'vi')}.wav").write_bytes(write_wave(tone(880)))
    (tmp_path / f"{sentence_id(NEXT, 'vi')}.wav").unlink()
    assert pack.clip(HELLO, "vi") is None
    assert pack.clip(NEXT, "vi") is None
    assert pack.ids == frozenset()


@pytest.mark.parametrize(
    "document",
    [
        "[]",
        "{",
        '{"name": "a"}',
        '{"name": "a", "language": "xx", "region": "b", "synthetic": true, "clips": {}}',
        '{"name": "a", "language": "vi", "region": "b", "synthetic": "no", "clips": {}}',
        '{"name": "a", "language": "vi", "region": "b", "synthetic": true, "clips": {"../../etc/passwd": "00"}}',
    ],
)
def test_a_folder_that_is_no_pack_is_refused_and_left_out(tmp_path: Path, document: str) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / MANIFEST).write_text(document)
    with pytest.raises(BadPack):
        VoicePack.load(tmp_path / "bad")
    pack_in(tmp_path / "good", HELLO)
    assert [pack.folder.name for pack in load_packs(tmp_path)] == ["good"]
    assert load_packs(tmp_path / "nowhere") == ()


def test_a_person_is_heard_before_a_machine_and_the_named_pack_before_all(tmp_path: Path) -> None:
    for name, synthetic in (("a", True), ("b", False), ("c", False)):
        pack_in(tmp_path / name, HELLO, facts=PackFacts(name, "vi", "x", synthetic))
    assert [one.facts.name for one in load_packs(tmp_path)] == ["b", "c", "a"]
    assert [one.facts.name for one in load_packs(tmp_path, first="a")] == ["a", "b", "c"]


class Recorder:
    """A loudspeaker that keeps what it was given: no citizen stands before it."""

    simulated = True

    def __init__(self) -> None:
        self.played: list[bytes] = []

    def play(self, wav: bytes) -> None:
        self.played.append(wav)

    def stop(self) -> None:
        """Nothing to stop."""

    def playing(self) -> bool:
        return False

    def close(self) -> None:
        """Nothing to release."""


@pytest.fixture
def heard(player: Player) -> Callable[..., bytes]:
    """What is heard of a line by the packs given, the rest said by the speech program of the test."""

    speaker = Recorder()
    player.path.write_text(player.path.read_text().replace("setframerate(1000)", f"setframerate({RATE_HZ})"))

    def hear(line: str, *packs: VoicePack, private: bool = False) -> bytes:
        voice = Voice(speaker, VoiceSettings(program=str(player.path)), packs=packs)
        try:
            voice.say(line, "vi", private=private)
            wait_until(lambda: speaker.played != [])
            return speaker.played.pop()
        finally:
            voice.close()

    return hear


def test_recorded_sentences_are_heard_and_the_speech_program_is_not_asked(
    heard: Callable[..., bytes], player: Player, tmp_path: Path
) -> None:
    pack = pack_in(tmp_path / "pack", HELLO, NEXT)
    sound = read_wave(heard(f"{HELLO} {NEXT}", pack))
    assert len(sound) == 2 * len(tone()) + round(0.5 * RATE_HZ)
    assert player.runs("Chào bác. Mời bác ngồi.") == 0


def test_what_is_not_recorded_is_said_by_the_speech_program_in_its_place(
    heard: Callable[..., bytes], player: Player, tmp_path: Path
) -> None:
    pack = pack_in(tmp_path / "pack", HELLO)
    heard(f"{HELLO} Họ tên: Trần Thị Hoà. Sinh năm 1950.", pack, private=True)
    assert player.runs("Họ tên: Trần Thị Hoà. Sinh năm một chín năm không.") == 1


def test_without_a_pack_a_line_is_said_in_one_go(heard: Callable[..., bytes], player: Player) -> None:
    heard(f"{HELLO} {NEXT}")
    assert player.runs(f"{HELLO} {NEXT}") == 1


def test_the_scripts_sheet_names_file_sentence_and_screens() -> None:
    text = sheet([line_of(HELLO)])
    assert text.splitlines()[1] == f"{sentence_id(HELLO, 'vi')}.wav,{HELLO},welcome"


def test_sentences_are_spoken_ahead_once_and_again_for_a_changed_voice(tmp_path: Path) -> None:
    lines = script(Catalogue.load("vi"), ["bác"])[:3]
    assert render_ahead(lines, tmp_path, FACTS, Espeak()) == 3
    assert render_ahead(lines, tmp_path, FACTS, Espeak()) == 0
    clip = VoicePack.load(tmp_path).clip(lines[0].text, "vi")
    assert clip is not None
    assert loudness_dbfs(read_wave(clip)) == pytest.approx(LEVEL_DBFS, abs=4)
    assert render_ahead(lines, tmp_path, PackFacts("khác", "vi", "nam", synthetic=True), Espeak()) == 3


def test_the_whole_way_by_command_from_script_to_check(tmp_path: Path) -> None:
    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "kiosk.cli", "voice", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    csv = tmp_path / "script.csv"
    assert run("script", "--honorific", "bà", "--out", csv).returncode == 0
    first = csv.read_text("utf-8").splitlines()[1].split(",")[0]
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    (recordings / first).write_bytes(write_wave(tone()))
    pack = tmp_path / "pack"
    done = run("import", recordings, pack, "--name", "bà-hoà", "--region", "Hà Tĩnh", "--synthetic")
    assert done.returncode == 0
    assert "1 clips taken, 0 refused" in done.stdout
    told = json.loads(run("check", pack, "--json").stdout)
    assert (told["clips"], told["broken"], told["superfluous"], told["synthetic"]) == (1, [], [], True)
    assert len(told["missing"]) == len(script(Catalogue.load("vi"))) - 1
    (pack / first).write_bytes(b"")
    broken = run("check", pack, "--json")
    assert broken.returncode == 1
    assert json.loads(broken.stdout)["broken"] == [first.removesuffix(".wav")]
