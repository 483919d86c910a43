"""The one who speaks. Whatever is asked last is what is heard; every call returns at once.

Owns one thread, the only one that touches the loudspeaker and waits for the speech program. When either is missing the
kiosk goes on in silence and the officer gets one line, named by its key in the catalogue.
"""

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from drivers.sound.api import Speaker
from kiosk.voice.chimes import Chime, chime_length_s, chime_wave
from kiosk.voice.errors import BadClip, SpeechCancelled, SpeechFault, SpeechMissing
from kiosk.voice.espeak import Espeak, voices_of
from kiosk.voice.pack import VoicePack
from kiosk.voice.sound import amplified, joined, read_wave, write_wave
from kiosk.words.language import Language, languages
from kiosk.words.script import sentences
from kiosk.words.speech import spoken

_LOG = logging.getLogger(__name__)
_CLOSE_TIMEOUT_S: Final = 5.0

VOLUME_AMPLITUDES: Final = (50, 80, 120, 200)
"""espeak's -a for each volume; each step is 2 to 5 dB, below the 10 dB that a step may be (VVSG 2.0, 7.1-K)."""
_CLIP_GAINS_DB: Final = (-4.4, 0.0, 2.7, 5.0)
"""What makes a clip (-20 dBFS) as loud as espeak-ng at each of these amplitudes; measured with its central voice."""
_CHIME_PEAKS: Final = (0.25, 0.4, 0.55, 0.7)
QUIETEST: Final = 1
LOUDEST: Final = len(VOLUME_AMPLITUDES)

SPEECH_TROUBLE: Final = "trouble.speech"
SOUND_TROUBLE: Final = "trouble.sound"


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """How the kiosk speaks: program, voice, pace (espeak's -s), deadline of one line, first volume.

    `name` is the voice for the language that it belongs to; empty, each has its own.
    `pause_s` is the silence between two sentences: old ears follow better when it is half a second or more.
    """

    program: str = "espeak-ng"
    name: str = ""
    rate_wpm: int = 120
    deadline_s: float = 3.0
    volume: int = 2
    cache_bytes: int = 24_000_000
    pause_s: float = 0.5

    def __post_init__(self) -> None:
        """Refuse numbers that no speech can come from; raises ValueError naming the setting."""
        if not 80 <= self.rate_wpm <= 450:
            raise ValueError(f"rate_wpm is {self.rate_wpm}; give 80 to 450")
        if not QUIETEST <= self.volume <= LOUDEST:
            raise ValueError(f"volume is {self.volume}; give {QUIETEST} to {LOUDEST}")
        if self.deadline_s <= 0 or self.cache_bytes < 0:
            raise ValueError("deadline_s must be above 0 and cache_bytes not below it")
        if not 0 <= self.pause_s <= 2:
            raise ValueError(f"pause_s is {self.pause_s}; give 0 to 2")


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    language: Language
    volume: int
    private: bool
    #: What is spoken aloud where this line is for one ear alone and there is none; None: it is for everybody.
    instead: str | None = None


class Voice:
    """Speaks lines and plays chimes through a Speaker. Calls return at once and may come from any thread.

    Without a speaker (None: it was missing at start) everything works, unheard, and the officer is told.
    `on_trouble` is called with a catalogue key when something starts to be amiss and with None when all is well again,
    once for each change, from the voice's own thread. `private` gives the speaker at the citizen's ear, None while it
    is not there; without `private` everything is said aloud.
    """

    def __init__(
        self,
        speaker: Speaker | None,
        settings: VoiceSettings | None = None,
        *,
        packs: Sequence[VoicePack] = (),
        private: Callable[[], Speaker | None] | None = None,
        on_trouble: Callable[[str | None], None] | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings or VoiceSettings()
        self._speaker = speaker
        self._espeak = Espeak(
            self._settings.program,
            rate_wpm=self._settings.rate_wpm,
            deadline_s=self._settings.deadline_s,
            voices=voices_of(self._settings.name),
        )
        self._packs = tuple(packs)
        self._private = private
        self._ear: Speaker | None = None
        self._on_trouble = on_trouble
        self._monotonic_s = monotonic_s
        self._changed = threading.Condition()
        self._turn = 0
        self._taken = 0
        self._done = 0
        self._line: _Line | None = None
        self._chime: Chime | None = None
        self._volume = self._settings.volume
        self._trouble: str | None = None
        self._closing = False
        # Only the thread below uses these.
        self._chime_ends_s = 0.0
        self._cache: OrderedDict[_Line, bytes] = OrderedDict()
        self._forget = False
        self._thread = threading.Thread(target=self._run, name="voice", daemon=True)
        self._thread.start()

    def say(self, text: str, language: Language, *, private: bool = False, instead: str | None = None) -> None:
        """Speak a line; what is being spoken stops, a chime is let end first.

        `private` lines hold personal data: they are rendered afresh each time and never kept. Where the settings name a
        headset, a line with `instead` is heard there alone, and while it is not there `instead` is said aloud.
        """
        line = text.strip()
        with self._changed:
            wanted = _Line(line, language, volume=self._volume, private=private, instead=instead)
            self._line = wanted if spoken(line, language) else None
            self._new_turn()

    def chime(self, chime: Chime) -> None:
        """Play a chime; speech that sounds is cut off, a line that has not begun yet follows the chime."""
        with self._changed:
            self._chime = chime
            self._new_turn()

    def stop(self) -> None:
        """Fall silent."""
        with self._changed:
            self._line = None
            self._chime = None
            self._new_turn()

    def speaking(self) -> bool:
        """Say whether something is heard or about to be."""
        with self._changed:
            waiting = self._done != self._turn
        return waiting or any(one is not None and one.playing() for one in (self._speaker, self._ear))

    @property
    def volume(self) -> int:
        """The volume of the next line, QUIETEST to LOUDEST."""
        with self._changed:
            return self._volume

    @property
    def loudness(self) -> tuple[int, int]:
        """The volume of the next line, and the loudest there is."""
        return self.volume, LOUDEST

    def louder(self) -> int:
        """Speak one step louder from the next line on; returns the new volume."""
        return self._step(1)

    def quieter(self) -> int:
        """Speak one step quieter from the next line on; returns the new volume."""
        return self._step(-1)

    def forget(self) -> None:
        """End a citizen's session: fall silent, drop every kept line, take the first volume again."""
        with self._changed:
            self._volume = self._settings.volume
            self._forget = True
        self.stop()

    @property
    def trouble(self) -> str | None:
        """The catalogue key of the line that tells the officer what is amiss, or None."""
        with self._changed:
            return self._trouble

    def close(self) -> None:
        """Fall silent and end the thread; safe to call twice. The speaker stays its owner's to close."""
        with self._changed:
            self._closing = True
            self._line = None
            self._chime = None
            self._new_turn()
        self._thread.join(_CLOSE_TIMEOUT_S)

    def _step(self, by: int) -> int:
        with self._changed:
            self._volume = min(LOUDEST, max(QUIETEST, self._volume + by))
            return self._volume

    def _new_turn(self) -> None:
        # Under the lock: the run that is ended here cannot be the one that this turn will start.
        self._espeak.cancel()
        self._turn += 1
        self._changed.notify_all()

    def _run(self) -> None:
        if self._speaker is None:
            self._report(SOUND_TROUBLE, "there is no speaker")
        # The first run of the program reads its voices from the disk; better now than under the first citizen's line.
        self._rendered(_Line("không", languages()[0], volume=QUIETEST, private=True))
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._taken != self._turn)
                self._taken = turn = self._turn
                line, chime, self._chime = self._line, self._chime, None
                forget, self._forget = self._forget, False
                closing = self._closing
            if forget:
                self._cache.clear()
            self._take_turn(turn, line, chime=chime)
            with self._changed:
                self._done = turn
            if closing:
                return

    def _take_turn(self, turn: int, line: _Line | None, *, chime: Chime | None) -> None:
        if chime is not None:
            self._sound(chime_wave(chime, peak=_CHIME_PEAKS[self.volume - 1]), self._speaker)
            self._chime_ends_s = self._monotonic_s() + chime_length_s(chime)
        elif line is None or not self._chime_sounds():
            self._chime_ends_s = 0.0
            self._silence()
        if line is None:
            return
        line, speaker = self._for_whom(line)
        wav = self._rendered(line) if line.text else None
        if wav is not None and self._still_wanted(turn):
            self._sound(wav, speaker)
        with self._changed:
            if self._turn == turn:
                self._line = None

    def _for_whom(self, line: _Line) -> tuple[_Line, Speaker | None]:
        """Give what is said, and where: at the citizen's ear, or aloud without what is theirs alone."""
        if self._private is None or line.instead is None:
            return line, self._speaker
        self._ear = self._private()
        if self._ear is not None:
            return line, self._ear
        return replace(line, text=line.instead.strip(), private=False, instead=None), self._speaker

    def _chime_sounds(self) -> bool:
        return self._monotonic_s() < self._chime_ends_s

    def _still_wanted(self, turn: int) -> bool:
        """Wait for a chime to end; say whether the turn is still the newest then."""
        with self._changed:
            rest_s = max(0.0, self._chime_ends_s - self._monotonic_s())
            return not self._changed.wait_for(lambda: self._turn != turn, timeout=rest_s)

    def _rendered(self, line: _Line) -> bytes | None:
        kept = self._cache.get(line)
        if kept is not None:
            self._cache.move_to_end(line)
            return kept
        try:
            wav = self._whole(line)
        except SpeechCancelled:
            return None
        except (SpeechMissing, SpeechFault, BadClip) as error:
            self._report(SPEECH_TROUBLE, str(error))
            return None
        self._recovered(SPEECH_TROUBLE)
        if not line.private:
            self._keep(line, wav)
        return wav

    def _whole(self, line: _Line) -> bytes:
        """Let the line be heard sentence by sentence: recorded ones by their clips, the others by the speech program.

        Sentences without a clip that follow each other stay together: the speech program knows how to pause.
        """
        parts: list[str | bytes] = []
        for sentence in sentences(line.text):
            clip = next((one for pack in self._packs if (one := pack.clip(sentence, line.language)) is not None), None)
            if clip is not None:
                parts.append(clip)
            elif parts and isinstance(parts[-1], str):
                parts[-1] += f" {sentence}"
            else:
                parts.append(sentence)
        amplitude, gain_db = VOLUME_AMPLITUDES[line.volume - 1], _CLIP_GAINS_DB[line.volume - 1]
        if all(isinstance(part, str) for part in parts):
            return self._espeak.render(spoken(line.text, line.language), line.language, amplitude=amplitude)
        sounds = [
            amplified(read_wave(part), gain_db)
            if isinstance(part, bytes)
            else read_wave(self._espeak.render(spoken(part, line.language), line.language, amplitude=amplitude))
            for part in parts
        ]
        return write_wave(joined(sounds, gap_s=self._settings.pause_s))

    def _keep(self, line: _Line, wav: bytes) -> None:
        self._cache[line] = wav
        held = sum(len(one) for one in self._cache.values())
        while held > self._settings.cache_bytes:
            _, dropped = self._cache.popitem(last=False)
            held -= len(dropped)

    def _sound(self, wav: bytes, speaker: Speaker | None) -> None:
        if speaker is None:
            return
        try:
            speaker.play(wav)
        except (OSError, ValueError) as error:
            # Every DeviceError that play() raises is an OSError, and a ValueError after close().
            self._report(SOUND_TROUBLE, str(error))
        else:
            self._recovered(SOUND_TROUBLE)

    def _silence(self) -> None:
        try:
            for speaker in (self._speaker, self._ear):
                if speaker is not None:
                    speaker.stop()
        except (OSError, ValueError) as error:
            self._report(SOUND_TROUBLE, str(error))

    def _report(self, key: str, reason: str) -> None:
        with self._changed:
            if self._trouble == key:
                return
            self._trouble = key
        _LOG.error("voice: %s; the kiosk goes on in silence", reason)
        if self._on_trouble is not None:
            self._on_trouble(key)

    def _recovered(self, key: str) -> None:
        with self._changed:
            if self._trouble != key:
                return
            self._trouble = None
        _LOG.info("voice: speaking again")
        if self._on_trouble is not None:
            self._on_trouble(None)
