"""What is known of each module type beforehand, as data, for modules that cannot say it themselves.

What a module says of itself wins over its profile.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModuleProfile:
    """One module type. `driver` is the family in the identity: "zfm" (optical, old) or "r503"."""

    name: str
    driver: str
    model: str
    width_px: int
    height_px: int
    dpi: int
    capacity: int
    has_ring: bool = False
    tells_parameters: bool = True
    tells_product: bool = False


PROFILES: dict[str, ModuleProfile] = {
    profile.name: profile
    for profile in (
        ModuleProfile("zfm20", "zfm", "ZFM-20", 256, 288, 500, 1000),
        ModuleProfile("r305", "zfm", "R305", 256, 288, 500, 980),
        ModuleProfile("r307", "zfm", "R307", 256, 288, 500, 1000),
        ModuleProfile("r308", "zfm", "R308", 256, 288, 500, 500, tells_parameters=False),
        ModuleProfile("as608", "zfm", "AS608", 256, 288, 500, 162),
        ModuleProfile("fpm10a", "zfm", "FPM10A", 256, 288, 500, 1000),
        ModuleProfile("r503", "r503", "R503", 192, 192, 508, 200, has_ring=True, tells_product=True),
    )
}

PRESUMED = ModuleProfile("presumed", "zfm", "unknown ZFM", 256, 288, 500, 0)
"""For a module that neither tells its size nor was declared; its first image corrects the size."""

SIZE_BY_BYTES: dict[int, tuple[int, int]] = {36_864: (256, 288), 18_432: (192, 192), 12_800: (160, 160)}
"""Width and height in pixels by the bytes of a packed image."""
