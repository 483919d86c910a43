"""What makes one drawn citizen differ from another: a handful of numbers and colours."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kiosk.demo.drawing import Colour

#: The upright line through the middle of every drawn face.
MIDDLE_PX: Final = 480.0


class Hair(StrEnum):
    """How the hair is worn; the ears are always free, as a portrait needs them."""

    COMBED_BACK = "combed_back"
    SHORT = "short"
    THIN = "thin"


class Clothes(StrEnum):
    """What is worn: a shirt with a collar, or a round-necked blouse (áo bà ba)."""

    SHIRT = "shirt"
    BLOUSE = "blouse"


@dataclass(frozen=True, slots=True)
class Look:
    """What makes one drawn face differ from another. `age`: years; `face_width`: 1.0 is average."""

    age: int
    hair: Hair
    clothes: Clothes
    hair_colour: Colour
    skin: Colour
    clothes_colour: Colour
    face_width: float = 1.0
    lips: Colour = (176, 98, 88)

    @property
    def wrinkles(self) -> float:
        """How deep the lines of the face are, 0..1."""
        return min(1.0, max(0.25, (self.age - 50) / 35))
