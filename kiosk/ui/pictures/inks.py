"""The colours of the pictures, each with its role, so that a theme can paint it otherwise."""

from typing import Final

from kiosk.ui.palette import Colour


def _ink(name: str, value: str) -> Colour:
    return Colour(value, f"picture.{name}")


SKIN: Final = _ink("skin", "#f2c6a0")
SKIN_SHADE: Final = _ink("skin_shade", "#e3a77c")
NAIL: Final = _ink("nail", "#fbe6d4")
#: A hand that is not asked for.
WAITING: Final = _ink("waiting", "#dbe5ec")
GREY_HAIR: Final = _ink("grey_hair", "#d5d8db")
DARK_HAIR: Final = _ink("dark_hair", "#454b52")
UNIFORM: Final = _ink("uniform", "#5b8a5e")
PLUM: Final = _ink("plum", "#9c6b9e")
BROWN: Final = _ink("brown", "#a9775a")
BLUE: Final = _ink("blue", "#7fb2dc")
BLUE_LIGHT: Final = _ink("blue_light", "#cfe4f5")
BLUE_INK: Final = _ink("blue_ink", "#2b6cb0")
PALE: Final = _ink("pale", "#c3d2dc")
GREY: Final = _ink("grey", "#5f6f7c")
WHITE: Final = _ink("white", "#ffffff")
GLOW: Final = _ink("glow", "#ffe28a")
#: The ground under what is to be looked at.
LIT: Final = _ink("lit", "#fff4d1")
YELLOW: Final = _ink("yellow", "#ffc933")
GREEN: Final = _ink("green", "#1f8a62")
RED: Final = _ink("red", "#c0392b")
WOOD: Final = _ink("wood", "#d3a878")
STRAW: Final = _ink("straw", "#d9b77e")
DARK: Final = _ink("dark", "#33506a")
PINK: Final = _ink("pink", "#f0a3a0")
PAPER_GREEN: Final = _ink("paper_green", "#e8f3e2")
GRASS: Final = _ink("grass", "#b9d8a8")
ROOF: Final = _ink("roof", "#c8623f")
CURTAIN: Final = _ink("curtain", "#44684a")
FOLD: Final = _ink("fold", "#6f9f72")
