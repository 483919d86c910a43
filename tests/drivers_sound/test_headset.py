"""A headset is there while ALSA lists its card, and gone when it does not."""

from pathlib import Path

import pytest

from drivers.errors import DeviceMissing
from drivers.sound.api import Speaker
from drivers.sound.headset import Headset, card_of
from drivers.sound.simulated import SimulatedSpeaker

ONBOARD = " 0 [Headphones     ]: bcm2835_headpho - bcm2835 Headphones\n                      bcm2835 Headphones\n"
USB = " 1 [Headset        ]: USB-Audio - USB Headset\n                      Example USB Headset at usb-0000:01\n"


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    listed = tmp_path / "cards"
    listed.write_text(ONBOARD)
    return listed


def opened(cards: Path, device: str = "plughw:CARD=Headset") -> tuple[Headset, list[SimulatedSpeaker]]:
    speakers: list[SimulatedSpeaker] = []

    def one(_device: str) -> Speaker:
        speakers.append(SimulatedSpeaker())
        return speakers[-1]

    return Headset(device, one, cards=cards), speakers


def test_it_is_there_when_it_is_plugged_in_and_is_opened_once(cards: Path) -> None:
    headset, speakers = opened(cards)
    assert headset.speaker() is None
    cards.write_text(ONBOARD + USB)
    assert headset.speaker() is headset.speaker()
    assert len(speakers) == 1


def test_what_was_pulled_out_is_let_go_and_opened_afresh_when_it_comes_back(cards: Path) -> None:
    headset, speakers = opened(cards)
    for text in (ONBOARD + USB, ONBOARD, ONBOARD + USB):
        cards.write_text(text)
        assert (headset.speaker() is None) == ("Headset " not in text)
    assert len(speakers) == 2


def test_a_card_is_found_by_its_number_too(cards: Path) -> None:
    cards.write_text(ONBOARD + USB)
    assert opened(cards, "hw:1,0")[0].there()
    assert not opened(cards, "hw:2,0")[0].there()


def test_one_that_is_there_and_does_not_open_is_as_none(cards: Path) -> None:
    cards.write_text(ONBOARD + USB)

    def broken(_device: str) -> Speaker:
        raise DeviceMissing("in use")

    assert Headset("plughw:CARD=Headset", broken, cards=cards).speaker() is None


def test_a_computer_without_sound_has_none(tmp_path: Path) -> None:
    assert opened(tmp_path / "none")[0].speaker() is None


@pytest.mark.parametrize(
    ("device", "card"), [("plughw:CARD=Headset", "Headset"), ("default:CARD=A,DEV=0", "A"), ("hw:1,0", "1")]
)
def test_the_card_is_in_the_name(device: str, card: str) -> None:
    assert card_of(device) == card


def test_a_name_without_a_card_is_refused() -> None:
    with pytest.raises(ValueError, match="CARD="):
        card_of("default")
