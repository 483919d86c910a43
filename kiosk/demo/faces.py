"""What the demo's camera can be shown, and the photo on the demo's chips: all drawn, nobody's face."""

import io
from collections.abc import Callable
from functools import lru_cache

from kiosk.demo.company import HeldPhoto, TwoPeople
from kiosk.demo.drawing_card import card_front
from kiosk.demo.drawing_portrait import HEIGHT_PX, WIDTH_PX, portrait
from kiosk.demo.people import DemoCitizen
from kiosk.demo.sitting import LivePortrait

Scene = Callable[[float], tuple[int, int, bytes]]

#: A chip holds a small photo; the real ones are of about this size.
_CHIP_PHOTO_PX = (360, 480)
_WALL = (236, 236, 232)


def chip_portrait(person: DemoCitizen) -> tuple[bytes, int, int]:
    """Give the photo on the chip as JPEG, with width and height in pixels."""
    picture = portrait(person.look).resize(_CHIP_PHOTO_PX)
    data = io.BytesIO()
    picture.save(data, "JPEG", quality=80)
    return data.getvalue(), *_CHIP_PHOTO_PX


class Scenes:
    """Makes each scene once."""

    def person(self, citizen: DemoCitizen) -> LivePortrait:
        """The citizen sits before the camera, breathes and blinks."""
        return _live(citizen)

    def card(self, citizen: DemoCitizen) -> Scene:
        """The citizen holds the card with its QR before the camera; who has none sits there."""
        return _live(citizen) if citizen.card is None else _card(citizen)

    def two(self, citizen: DemoCitizen, other: DemoCitizen) -> Scene:
        """Somebody else looks over the citizen's shoulder."""
        return TwoPeople(_live(citizen), other.look)

    def photo(self, citizen: DemoCitizen) -> Scene:
        """A printed photo of the citizen is held to the lens."""
        return HeldPhoto(citizen.look)

    def nobody(self) -> Scene:
        """The white wall behind an empty chair."""
        return _wall()


@lru_cache(maxsize=1)
def _wall() -> Scene:
    frame = (WIDTH_PX, HEIGHT_PX, bytes((*_WALL, 255)) * (WIDTH_PX * HEIGHT_PX))

    def scene(_seconds: float) -> tuple[int, int, bytes]:
        return frame

    return scene


@lru_cache(maxsize=8)
def _live(citizen: DemoCitizen) -> LivePortrait:
    return LivePortrait(citizen.look)


@lru_cache(maxsize=8)
def _card(citizen: DemoCitizen) -> Scene:
    picture = card_front(citizen).convert("RGBA")
    frame = (picture.width, picture.height, picture.tobytes())

    def scene(_seconds: float) -> tuple[int, int, bytes]:
        return frame

    return scene
