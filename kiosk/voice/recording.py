"""From a speaker's recordings, or from the speech program, to a pack: checked, trimmed, and all equally loud."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kiosk.voice.errors import BadClip, BadPack
from kiosk.voice.espeak import Espeak
from kiosk.voice.pack import PackFacts, VoicePack, write_pack
from kiosk.voice.sound import RATE_HZ, amplified, loudness_dbfs, peak_dbfs, read_wave, trimmed, write_wave
from kiosk.words.script import ScriptLine
from kiosk.words.speech import spoken

LEVEL_DBFS: Final = -20.0
"""The loudness of every clip: what espeak-ng gives at the usual volume, so that voices can follow each other."""

_PEAK_DBFS: Final = -1.0
_QUIETEST_DBFS: Final = -40.0
_LEAD_S: Final = 0.15
_TAIL_S: Final = 0.1
_LONGEST_S: Final = 20.0
_FULL_SCALE_DBFS: Final = -0.1
_AHEAD_AMPLITUDE: Final = 80


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import found: how many clips were taken, what is wrong with others, and what was not recorded."""

    taken: int
    wrong: Mapping[str, str]
    missing: tuple[ScriptLine, ...]


def sheet(lines: Iterable[ScriptLine]) -> str:
    """Return the speaker's script as CSV: name of the file, sentence, screens."""
    memory = io.StringIO()
    writer = csv.writer(memory)
    writer.writerow(["file", "sentence", "heard at"])
    writer.writerows([f"{line.id}.wav", line.text, " ".join(line.heard_at)] for line in lines)
    return memory.getvalue()


def finished(data: bytes) -> bytes:
    """Return a recording as a clip: trimmed, at LEVEL_DBFS. Raises BadClip, naming what to record otherwise."""
    samples = read_wave(data)
    if len(samples) > _LONGEST_S * RATE_HZ:
        raise BadClip(f"it is {len(samples) / RATE_HZ:.0f} s long: one sentence takes at most {_LONGEST_S:.0f} s")
    loudness, peak = loudness_dbfs(samples), peak_dbfs(samples)
    if loudness < _QUIETEST_DBFS:
        raise BadClip(f"it is too quiet ({loudness:.0f} dBFS): record it nearer to the microphone")
    if peak > _FULL_SCALE_DBFS:
        raise BadClip("it is clipped at full scale: record it with less gain")
    # Evenly loud as far as its peaks allow.
    gain_db = min(LEVEL_DBFS - loudness, _PEAK_DBFS - peak)
    return write_wave(amplified(trimmed(samples, lead_s=_LEAD_S, tail_s=_TAIL_S), gain_db))


def import_recordings(
    folder: Path, lines: Iterable[ScriptLine], out: Path, facts: PackFacts, *, told: Callable[[str], None]
) -> Imported:
    """Make a pack of the recordings in a folder (`<id>.wav`); what cannot be used is named and left out.

    Raises OSError when the pack cannot be written.
    """
    clips: dict[str, bytes] = {}
    wrong: dict[str, str] = {}
    missing: list[ScriptLine] = []
    known = {line.id: line for line in lines}
    for line in known.values():
        path = folder / f"{line.id}.wav"
        if not path.is_file():
            missing.append(line)
            continue
        told(path.name)
        try:
            clips[line.id] = finished(path.read_bytes())
        except (BadClip, OSError) as error:
            wrong[path.name] = str(error)
    for path in sorted(folder.glob("*.wav")):
        if path.stem not in known:
            wrong[path.name] = "its name is no sentence of the script: the text was changed, or the file renamed"
    if clips:
        write_pack(out, facts, clips)
    return Imported(len(clips), wrong, tuple(missing))


def render_ahead(lines: Iterable[ScriptLine], out: Path, facts: PackFacts, espeak: Espeak) -> int:
    """Let the speech program say every sentence now, into a pack; returns how many were new.

    Raises SpeechMissing, SpeechFault, OSError.
    """
    try:
        before = VoicePack.load(out)
        held = before.ids if before.facts == facts else frozenset[str]()
    except BadPack:
        held = frozenset[str]()
    clips: dict[str, bytes] = {}
    for line in lines:
        if line.id in held:
            continue
        wave = espeak.render(spoken(line.text, facts.language), facts.language, amplitude=_AHEAD_AMPLITUDE)
        clips[line.id] = write_wave(trimmed(read_wave(wave), lead_s=_LEAD_S, tail_s=_TAIL_S))
    if clips:
        write_pack(out, facts, clips)
    return len(clips)
