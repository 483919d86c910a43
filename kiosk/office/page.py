"""The officer's page: server-rendered, live by server-sent events, no build step, nothing from elsewhere.

Bound to the loopback address, behind a sign-in; it shows names and never images, and keeps who looked at which.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Final, Protocol

from anyio import to_thread
from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from kiosk.office.accounts import Role
from kiosk.office.atlas import MapLook, map_view
from kiosk.office.changes import Changes
from kiosk.office.fleet import stand, stand_one
from kiosk.office.gate import Door, Gate, session_of
from kiosk.office.guards import GUARDS
from kiosk.office.kiosk_view import kiosk_view
from kiosk.office.marks import MARKS
from kiosk.office.metrics import CONTENT_TYPE as METRICS_TYPE
from kiosk.office.metrics import metrics_text
from kiosk.office.plots import share_bar
from kiosk.office.sessions import Session
from kiosk.office.signing_in import SignIn
from kiosk.office.snapshot import SharedSnapshot, Snapshot
from kiosk.office.streams import Streams
from kiosk.office.twin import Twin
from kiosk.office.view import build_view
from kiosk.office.wishes import NAME_CHARACTERS, Wish, language_of, wish_of
from kiosk.office.wording import Language, Words, load_words

_log = logging.getLogger(__name__)

GATHER_S = 0.15
# A proxy before the page must not gather what is told at once (nginx).
UNBUFFERED: Final = {"x-accel-buffering": "no"}
# Of the time that one open page may have for itself: a busy province changes all the time.
SHARE = 4.0


class TwinOf(Protocol):
    """Gives what is known of one kiosk; see `kiosk.office.twin.twin_of`."""

    def __call__(self, kiosk: str, *, now: datetime, days: int, charge: float | None) -> Twin: ...


PLACES: Final = (
    ("/", "place.first"),
    ("/map", "place.map"),
    ("/exceptions", "place.exceptions"),
    ("/day", "place.day"),
    ("/alarms", "place.alarms"),
)
# HTML, and which receipt numbers are named in it: "3-102", or empty.
Content = tuple[str, str]


class OfficePage:
    """Renders what ``snapshot`` says now, in the language asked for."""

    def __init__(
        self,
        snapshot: Callable[[], Snapshot],
        changes: Changes,
        *,
        office: str,
        refresh_s: float,
        twin: TwinOf | None = None,
    ) -> None:
        """Show what ``snapshot`` gives and, kiosk by kiosk, ``twin``, again whenever there are ``changes``."""
        self._twin = twin
        self._snapshot = SharedSnapshot(snapshot, changes)
        self._changes = changes
        self.office = office
        self._refresh_s = refresh_s
        self._words: dict[Language, Words] = {"vi": load_words("vi"), "en": load_words("en")}
        self._templates = Environment(
            loader=PackageLoader("kiosk.office"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.globals |= {"marks": MARKS, "share_bar": share_bar}

    def page(self, wish: Wish, who: Session) -> Content:
        """The whole page as HTML."""
        return self._render("page.html", wish, who)

    def content(self, wish: Wish, who: Session, turn: int | None = None) -> Content:
        """The part of the page that changes, as HTML, with every change up to ``turn``."""
        if wish.kiosk:
            return self._kiosk("twin.html", wish, who, turn)
        if wish.map is not None:
            return self._map("map_live.html", wish.map, wish, who, turn)
        return self._render("content.html", wish, who, turn)

    def kiosk(self, wish: Wish, who: Session) -> Content:
        """The page of one kiosk as HTML; of one that is not registered the empty text."""
        return self._kiosk("kiosk.html", wish, who)

    def sign_in(self, language: Language, *, said: str, minutes: int, csrf: str) -> str:
        """The page at which people sign in; ``said`` is the key of what went wrong, or empty."""
        words = self._words[language]
        text = words(said, minutes=minutes) if said else ""
        return self._templates.get_template("sign_in.html").render(
            words=words, office=self.office, said=text, csrf=csrf
        )

    def metrics(self) -> str:
        """The figures for Prometheus."""
        return metrics_text(self._snapshot())

    async def events(
        self, wish: Wish, who: Session, *, still_open: Callable[[], bool], saw: Callable[[str], Awaitable[None]]
    ) -> AsyncIterator[str]:
        """Server-sent events: the content, at once and after each change; a comment when nothing changed.

        Ends when ``still_open`` says so; ``saw`` is told which receipt numbers are shown, before they are.
        """
        try:
            async for part in self._parts(wish, who, still_open, saw):
                yield part
        except SQLAlchemyError as error:
            # The browser asks again by itself, and is told then.
            _log.error("the office database fails: %s", type(error).__name__)

    async def _parts(
        self, wish: Wish, who: Session, still_open: Callable[[], bool], saw: Callable[[str], Awaitable[None]]
    ) -> AsyncIterator[str]:
        seen, shown, numbers = self._changes.turn, "", ""
        while await to_thread.run_sync(still_open):
            began_s = time.monotonic()
            content, new_numbers = await to_thread.run_sync(self.content, wish, who, seen)
            took_s = time.monotonic() - began_s
            if new_numbers != numbers:
                await saw(new_numbers)
                numbers = new_numbers
            # JSON puts it on one line, which is what an event's data must be.
            yield f"event: content\ndata: {json.dumps(content)}\n\n" if content != shown else ": still here\n\n"
            shown = content
            turn = await self._changes.wait(seen, timeout_s=self._refresh_s)
            if turn != seen:
                # Many enrolments may come at once; one picture of them is enough.
                await asyncio.sleep(max(GATHER_S, SHARE * took_s))
                turn = self._changes.turn
            seen = turn

    def words(self, language: Language) -> Words:
        """All texts of a language."""
        return self._words[language]

    def draw(self, template: str, language: Language, who: Session, place: str, **values: object) -> str:
        """Another page as HTML: ``place`` is its path."""
        words = self._words[language]
        other = f"?lang={'en' if language == 'vi' else 'vi'}"
        frame = self._frame(words, who, self._snapshot(), place)
        return self._templates.get_template(template).render(**frame, other=other, **values)

    def _frame(self, words: Words, who: Session, snapshot: Snapshot, place: str) -> dict[str, object]:
        """What stands around every page of who is signed in."""
        administrator = who.account.role >= Role.ADMINISTRATOR
        return {
            "words": words,
            "who": who,
            "office": self.office,
            "demo": snapshot.registry.demo,
            "places": [*PLACES, *([("/audit", "place.audit")] if administrator else [])],
            "place": place,
            "may_review": who.account.role >= Role.REVIEWER,
        }

    def map(self, wish: Wish, who: Session) -> Content:
        """The map as HTML."""
        return self._map("map.html", wish.map or MapLook(), wish, who)

    def _map(self, template: str, look: MapLook, wish: Wish, who: Session, turn: int | None = None) -> Content:
        snapshot = self._snapshot(turn)
        words = self._words[wish.language]
        html = self._templates.get_template(template).render(
            view=map_view(snapshot, words, stand(snapshot), look),
            **self._frame(words, who, snapshot, "/map"),
            here=look.query(words),
            other=look.query(self._words["en" if wish.language == "vi" else "vi"]),
        )
        return html, ""

    def _kiosk(self, template: str, wish: Wish, who: Session, turn: int | None = None) -> Content:
        snapshot = self._snapshot(turn)
        one = stand_one(snapshot, wish.kiosk)
        if one is None or self._twin is None:
            return "", ""
        words = self._words[wish.language]
        charge = one.last.charge if one.last is not None else None
        twin = self._twin(wish.kiosk, now=snapshot.now, days=wish.days, charge=charge)
        html = self._templates.get_template(template).render(
            view=kiosk_view(snapshot, words, one, twin),
            days=wish.days,
            **self._frame(words, who, snapshot, ""),
            other=f"?days={wish.days}&lang={'en' if wish.language == 'vi' else 'vi'}",
        )
        return html, ""

    def _render(self, template: str, wish: Wish, who: Session, turn: int | None = None) -> Content:
        snapshot = self._snapshot(turn)
        words = self._words[wish.language]
        html = self._templates.get_template(template).render(
            view=build_view(snapshot, words, wish.look),
            **self._frame(words, who, snapshot, "/"),
            here=wish.look.query(words),
            other=wish.look.query(self._words["en" if wish.language == "vi" else "vi"]),
        )
        shown = [stored.number for stored in snapshot.enrolments]
        return html, f"{min(shown)}-{max(shown)}" if shown else ""


def make_app(page: OfficePage, door: Door, more: Sequence[Route] = ()) -> Starlette:
    """The ASGI application: everything but the sign-in is behind ``door``."""
    live = Streams()

    async def index(request: Request) -> Response:
        html, numbers = await to_thread.run_sync(page.page, wish_of(request), session_of(request))
        await door.note_seen(request, numbers)
        return HTMLResponse(html)

    async def events(request: Request) -> Response:
        if "once" in request.query_params:
            # Who finds no room among the live pages asks; as with those, that is nobody's presence.
            html, numbers = await to_thread.run_sync(page.content, wish_of(request), session_of(request))
            await door.note_seen(request, numbers)
            return JSONResponse(html)
        stream = page.events(
            wish_of(request),
            session_of(request),
            still_open=lambda: door.still_open(request),
            saw=lambda numbers: door.note_seen(request, numbers),
        )
        return live.answer(StreamingResponse(stream, media_type="text/event-stream", headers=UNBUFFERED))

    async def kiosk(request: Request) -> Response:
        name = str(request.path_params["name"])
        html, _ = await to_thread.run_sync(page.kiosk, replace(wish_of(request), kiosk=name), session_of(request))
        if not html:
            values = {"typed": name[:NAME_CHARACTERS]}
            html = page.draw("no_kiosk.html", language_of(request), session_of(request), "", **values)
            return HTMLResponse(html, status_code=404)
        return HTMLResponse(html)

    async def whole_map(request: Request) -> Response:
        html, _ = await to_thread.run_sync(page.map, wish_of(request), session_of(request))
        return HTMLResponse(html)

    async def metrics(_request: Request) -> Response:
        return Response(await to_thread.run_sync(page.metrics), media_type=METRICS_TYPE)

    def form(request: Request, *, said: str, minutes: int, csrf: str, status: int) -> Response:
        html = page.sign_in(wish_of(request).language, said=said, minutes=minutes, csrf=csrf)
        return HTMLResponse(html, status_code=status)

    async def database_fails(_request: Request, error: Exception) -> Response:
        _log.error("the office database fails: %s", type(error).__name__)
        text = "The office database fails: nothing was shown or changed. Call the technician (`kiosk office doctor`)."
        return PlainTextResponse(text, status_code=503, headers={"retry-after": "10"})

    sign_in = SignIn(door, form)
    static = Path(str(resources.files("kiosk.office").joinpath("static")))
    return Starlette(
        routes=[
            Route("/", index),
            Route("/events", events),
            Route("/kiosks/{name}", kiosk),
            Route("/map", whole_map),
            Route("/sign-in", sign_in.enter, methods=["GET", "POST"]),
            Route("/sign-out", sign_in.leave, methods=["POST"]),
            Route("/metrics", metrics),
            *more,
            Mount("/static", StaticFiles(directory=static)),
        ],
        middleware=[*GUARDS, Middleware(Gate, door=door)],
        exception_handlers={SQLAlchemyError: database_fails},
    )
