"""What the dock holds before the camera: somebody else in the picture and a photo are named, and gone when they go."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from drivers.camera.api import Frame
from kiosk.biometrics.portrait import Analyser
from kiosk.biometrics.portrait.limits import USUAL
from kiosk.demo.faces import Scene, Scenes
from kiosk.demo.people import people
from kiosk.demo.village_settings import PORTRAIT_TOML
from kiosk.domain.quality import PortraitSay
from kiosk.runtime.following import Follower, Seen
from kiosk.words.catalogue import Catalogue
from kiosk.words.language import Language, languages

#: As a technician has set the demo's camera.
LIMITS = replace(USUAL, pose=replace(USUAL.pose, **tomllib.loads(PORTRAIT_TOML)["pose"]))
WIDTH, HEIGHT = 480, 640


class Looks:
    """One look at whoever is before the camera, five frames a second, however fast the test runs."""

    def __init__(self) -> None:
        self._follower = Follower(Analyser(), LIMITS, shot_scale=4.0)
        self._number = 0

    def at(self, scene: Scene, *, seconds: float, black: bool = False, repeating: bool = False) -> list[Seen]:
        """See a scene for so long."""
        seen: list[Seen] = []
        for _ in range(round(5 * seconds)):
            self._number += 1
            wide, high, rgba = scene(self._number / 5)
            picture = Image.frombytes("RGBA", (wide, high), rgba).resize((WIDTH, HEIGHT))
            pixels = np.asarray(picture).copy() * np.uint8(not black)
            # No sensor gives the same picture twice, unless it is stuck.
            pixels[-1, 0 if repeating else self._number % WIDTH, 0] ^= 1
            seen.append(self._follower.see(Frame(WIDTH, HEIGHT, pixels.tobytes(), self._number), self._number / 5))
        return seen


@pytest.fixture
def looks() -> Looks:
    return Looks()


def sitting() -> Scene:
    return Scenes().person(people()[0])


def says(seen: list[Seen]) -> list[PortraitSay]:
    return list(dict.fromkeys(one.say for one in seen))


def test_somebody_who_looks_over_the_shoulder_is_named_and_the_picture_waits_until_they_are_gone(looks: Looks) -> None:
    assert looks.at(sitting(), seconds=1)[-1].say is PortraitSay.NOTHING
    two = looks.at(Scenes().two(people()[0], people()[1]), seconds=2)
    assert two[-1].say is PortraitSay.ONE_PERSON
    assert not any(one.advice.shoot for one in two[3:])
    assert any(one.advice.speak and one.advice.shown is PortraitSay.ONE_PERSON for one in two)
    after = looks.at(sitting(), seconds=3)
    assert after[-1].say is PortraitSay.NOTHING
    assert any(one.advice.shoot for one in after)


def test_a_photo_held_to_the_lens_is_asked_of_the_officer_and_blocks_nobody(looks: Looks) -> None:
    photo = looks.at(Scenes().photo(people()[0]), seconds=3)
    assert any(PortraitSay.FLAT in one.asks for one in photo)
    assert PortraitSay.FLAT not in says(photo)
    alive = Looks().at(sitting(), seconds=3)
    assert not any(PortraitSay.FLAT in one.asks for one in alive)


def test_a_covered_lens_and_a_stuck_picture_are_named_and_forgotten_when_they_are_over(looks: Looks) -> None:
    looks.at(sitting(), seconds=1)
    assert looks.at(sitting(), seconds=1, black=True)[-1].say is PortraitSay.CAMERA_DARK
    assert looks.at(sitting(), seconds=2)[-1].say is PortraitSay.NOTHING
    still = sitting()(0.0)
    assert looks.at(lambda _seconds: still, seconds=4, repeating=True)[-1].say is PortraitSay.CAMERA_FROZEN
    assert looks.at(sitting(), seconds=2)[-1].say is PortraitSay.NOTHING


@pytest.mark.parametrize("language", languages())
def test_each_of_them_has_calm_words(language: Language) -> None:
    catalogue = Catalogue.load(language)
    for say in (PortraitSay.ONE_PERSON, PortraitSay.CAMERA_DARK, PortraitSay.CAMERA_FROZEN, PortraitSay.NO_FACE):
        sentence = catalogue.text(f"portrait.say.{say.value}")
        assert 10 < len(sentence) <= 90
        assert "!" not in sentence
