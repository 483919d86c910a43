"""Where a kiosk stands, for the map: written into the registry, and nowhere else. No key is needed for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import governed, governed_registry, keep_registry
from kiosk.office.layout import OfficeLayout


def place_kiosk(directory: Path, kiosk: str, place: tuple[float, float] | None) -> None:
    """Note the latitude and longitude (WGS 84, degrees) of a kiosk; None: nobody knows where it is.

    Raises:
        ProvisioningError: the kiosk is not registered, there is no such place, or the registry cannot be changed.
    """
    if place is not None:
        lat, lon = place
        # Not a number fails here as well.
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise ProvisioningError(
                f"there is no place {lat}, {lon}: first the latitude (-90 to 90), then the longitude (-180 to 180)"
            )
    layout = OfficeLayout(directory)
    with governed(layout):
        registry = governed_registry(layout)
        entry = registry.kiosks.get(kiosk)
        if entry is None:
            raise ProvisioningError(f"kiosk {kiosk!r} is not registered at this office")
        keep_registry(layout, registry.with_kiosk(replace(entry, place=place)))
