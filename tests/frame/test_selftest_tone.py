"""The tone of `kiosk selftest`: played whole, and told of when the loudspeaker does not take or end it."""

import pytest

from drivers.errors import DeviceMissing, DeviceTimeout
from drivers.sound.simulated import SimulatedSpeaker
from kiosk.selftest import sound_tone
from kiosk.voice.chimes import chime_length_s


class Endless(SimulatedSpeaker):
    """A loudspeaker that never says that it is done."""

    def playing(self) -> bool:
        return True


def test_the_tone_is_played_to_its_end() -> None:
    speaker = SimulatedSpeaker()
    told = sound_tone(speaker)
    (played,) = speaker.played
    assert played.duration_s == pytest.approx(chime_length_s("call"), abs=0.01)
    assert played.sounded_s == played.duration_s
    assert f"{played.duration_s:.1f} s" in told


def test_a_loudspeaker_that_is_not_there_is_told() -> None:
    with pytest.raises(DeviceMissing):
        sound_tone(SimulatedSpeaker(situation="missing"))


def test_a_tone_that_does_not_end_is_told_and_does_not_hang() -> None:
    with pytest.raises(DeviceTimeout, match="cable"):
        sound_tone(Endless(), patience_s=0.0)
