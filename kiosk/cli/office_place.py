"""`kiosk office place`: where a kiosk stands, for the map on the office's page."""

from pathlib import Path
from typing import Annotated

import typer

from kiosk.cli.office import office, refused
from kiosk.cli.office_adopt import judge_unadopted


# A longitude west of Greenwich begins with a hyphen and is no option.
@office.command("place", context_settings={"ignore_unknown_options": True})
def office_place(
    directory: Annotated[Path, typer.Argument(help="The office's directory.")],
    kiosk: Annotated[str, typer.Argument(help="The kiosk's id.")],
    lat: Annotated[
        float | None, typer.Argument(help="Latitude in degrees, 18.4218; without a place: take it off.")
    ] = None,
    lon: Annotated[float | None, typer.Argument(help="Longitude in degrees, 105.8602.")] = None,
) -> None:
    """Put a kiosk on the map of the office's page, or take it off. As root."""
    from kiosk.office.errors import OfficeError
    from kiosk.office.layout import OfficeLayout
    from kiosk.office.placing import place_kiosk

    if lat is not None and lon is None:
        raise typer.BadParameter("a latitude needs a longitude beside it")
    try:
        judge_unadopted(OfficeLayout(directory))
        place_kiosk(directory, kiosk, None if lat is None or lon is None else (lat, lon))
    except OfficeError as error:
        raise refused(error) from error
    print(f"{kiosk} is off the map" if lat is None else f"{kiosk} stands at {lat}, {lon}")
