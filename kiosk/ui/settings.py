"""The panel that the kiosk has: pixels, millimetres and the two font files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal

from kiosk.words.keys import Method
from kiosk.words.syllable import Placement

TextSize = Literal["small", "normal", "large", "largest"]
#: The four sizes of letters, and how much larger each is than the normal one.
TEXT_SIZES: Final[Mapping[TextSize, float]] = MappingProxyType(
    {"small": 0.8, "normal": 1.0, "large": 1.2, "largest": 1.42}
)
_NOTO = Path("/usr/share/fonts/truetype/noto")


@dataclass(frozen=True, slots=True)
class DisplaySettings:
    """Size of the panel in pixels and in millimetres of its active area. All layout follows from these four numbers.

    Common panels: 10.1" 1280x800 px = 217x136 mm; 10.1" 1024x600 px = 223x125 mm; 7" 800x480 and 1024x600 px =
    154x86 mm; 7" upright 720x1280 px = 88x155 mm. Measure, never trust EDID. A panel that is higher than wide is laid
    out upright.
    `text_size` and `left_handed` are how each citizen finds the kiosk; both can be switched on the screen.
    `moving_pictures` off leaves the first drawing of each loop: for eyes that movement keeps from reading.
    `typing` is how the officer's keyboard begins: "direct" (letters with marks and five tone keys), "telex" or "vni"; a
    key changes it. `tone_placement` is where the tone of oa, oe and uy sits: "new" hoà, "old" hòa.
    `touch` is where touches come from: "auto" (the touch panel itself where the kiosk draws on a console of its own,
    else what SDL makes of it), "mouse" (SDL alone), or a panel's device file; `touch_rotation` is how far the picture
    is turned against the panel, clockwise, in degrees.
    `theme` "night" is black from six in the evening to six in the morning, and light by day.
    """

    width_px: int = 1280
    height_px: int = 800
    panel_width_mm: float = 217.0
    panel_height_mm: float = 136.0
    fullscreen: bool = False
    theme: Literal["light", "black", "night"] = "light"
    text_size: TextSize = "normal"
    left_handed: bool = False
    moving_pictures: bool = True
    typing: Method = "direct"
    tone_placement: Placement = "new"
    touch: str = "auto"
    touch_rotation: Literal[0, 90, 180, 270] = 0
    font_regular: Path = _NOTO / "NotoSans-Regular.ttf"
    font_bold: Path = _NOTO / "NotoSans-Bold.ttf"

    def __post_init__(self) -> None:
        """Refuse a panel on which nothing could be laid out. Raises ValueError naming the number."""
        for name in ("width_px", "height_px", "panel_width_mm", "panel_height_mm"):
            if getattr(self, name) <= 0:
                raise ValueError(f"display.{name} is {getattr(self, name)}; it must be more than 0")
        if self.touch not in ("auto", "mouse") and not re.fullmatch(r"/dev/input/[A-Za-z0-9_./:-]+", self.touch):
            raise ValueError(f'display.touch is "{self.touch}"; give "auto", "mouse" or a file: /dev/input/event2')
        across = self.width_px / self.panel_width_mm
        along = self.height_px / self.panel_height_mm
        if not 0.85 < across / along < 1.18:
            raise ValueError(
                f"display: {across:.2f} px/mm across but {along:.2f} px/mm along; "
                "measure panel_width_mm and panel_height_mm of the active area again"
            )
        short, long = sorted((self.panel_width_mm, self.panel_height_mm))
        if long < 150 or short < 84:
            raise ValueError(
                f"display: a panel of {self.panel_width_mm:g}x{self.panel_height_mm:g} mm is too small; "
                "150x84 mm, lying or upright, is the least on which every button and letter keeps its size"
            )


def theme_at(wanted: Literal["light", "black", "night"], hour: int) -> Literal["light", "black"]:
    """Give the theme to be shown at an hour of the local day, 0 to 23."""
    if wanted == "night":
        return "light" if 6 <= hour < 18 else "black"
    return wanted


#: The panels that every screen is drawn and tested for; the 7" panel has its 86 mm in two finenesses.
LARGE_PANEL = DisplaySettings(1280, 800, panel_width_mm=217.0, panel_height_mm=136.0)
WIDE_PANEL = DisplaySettings(1024, 600, panel_width_mm=223.0, panel_height_mm=125.0)
SMALL_PANEL = DisplaySettings(800, 480, panel_width_mm=154.0, panel_height_mm=86.0)
FINE_PANEL = DisplaySettings(1024, 600, panel_width_mm=154.0, panel_height_mm=86.0)
UPRIGHT_PANEL = DisplaySettings(720, 1280, panel_width_mm=88.0, panel_height_mm=155.0)
