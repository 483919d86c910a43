"""What somebody asks the page for: read from a request's path and query, and nothing of it is believed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request

from kiosk.office.atlas import MapLook, map_look
from kiosk.office.fleet import FIND_CHARACTERS, STATES, TROUBLE, Look
from kiosk.office.twin import LOOKS
from kiosk.office.wording import Language

NAME_CHARACTERS: Final = 32


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for: the overview, one ``kiosk`` and how it was for so many ``days``, or the ``map``."""

    language: Language = "vi"
    look: Look = field(default_factory=Look)
    kiosk: str = ""
    days: int = 2
    map: MapLook | None = None


def language_of(request: Request) -> Language:
    """The language that a request asks for."""
    return "en" if request.query_params.get("lang") == "en" else "vi"


def wish_of(request: Request) -> Wish:
    """What the query string asks for; what makes no sense is as if it were not there."""
    query = request.query_params
    state, page = query.get("state", ""), query.get("page", "")
    return Wish(
        language_of(request),
        Look(
            find=query.get("find", "")[:FIND_CHARACTERS].strip(),
            state=state if state in (TROUBLE, *STATES) else "",
            page=int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
        ),
        kiosk=query.get("kiosk", "")[:NAME_CHARACTERS],
        days=next((days for days in LOOKS if str(days) == query.get("days")), Wish().days),
        map=map_look(*(query.get(name, "") for name in ("lat", "lon", "closer")))
        if "map" in query or request.url.path == "/map"
        else None,
    )
