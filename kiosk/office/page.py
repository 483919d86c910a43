"""The officer's page: server-rendered, live by server-sent events, no build step, nothing from elsewhere.

Bound to the loopback address and without sign-in of its own; it shows names and never images. Refuses to change
anything: every route only reads.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from importlib import resources
from pathlib import Path

from anyio import to_thread
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from kiosk.office.changes import Changes
from kiosk.office.guards import GUARDS
from kiosk.office.view import Snapshot, build_view
from kiosk.office.wording import Language, Words, load_words

_log = logging.getLogger(__name__)

GATHER_S = 0.15


class OfficePage:
    """Renders what ``snapshot`` says now, in the language asked for."""

    def __init__(self, snapshot: Callable[[], Snapshot], changes: Changes, *, office: str, refresh_s: float) -> None:
        self._snapshot = snapshot
        self._changes = changes
        self._office = office
        self._refresh_s = refresh_s
        self._words: dict[Language, Words] = {"vi": load_words("vi"), "en": load_words("en")}
        self._templates = Environment(
            loader=PackageLoader("kiosk.office"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )

    def page(self, language: Language) -> str:
        """The whole page as HTML."""
        return self._render("page.html", language)

    def content(self, language: Language) -> str:
        """The part of the page that changes, as HTML."""
        return self._render("content.html", language)

    async def events(self, language: Language) -> AsyncIterator[str]:
        """Server-sent events: the content, at once and after each change; a comment when nothing changed."""
        seen, shown = self._changes.turn, ""
        while True:
            content = await to_thread.run_sync(self.content, language)
            # JSON puts it on one line, which is what an event's data must be.
            yield f"event: content\ndata: {json.dumps(content)}\n\n" if content != shown else ": still here\n\n"
            shown = content
            turn = await self._changes.wait(seen, timeout_s=self._refresh_s)
            if turn != seen:
                # Many enrolments may come at once; one picture of them is enough.
                await asyncio.sleep(GATHER_S)
                turn = self._changes.turn
            seen = turn

    def _render(self, template: str, language: Language) -> str:
        snapshot = self._snapshot()
        words = self._words[language]
        return self._templates.get_template(template).render(
            view=build_view(snapshot, words), words=words, office=self._office, demo=snapshot.registry.demo
        )


def make_app(page: OfficePage) -> Starlette:
    """The ASGI application."""

    async def index(request: Request) -> Response:
        return HTMLResponse(await to_thread.run_sync(page.page, _language(request)))

    async def events(request: Request) -> Response:
        return StreamingResponse(page.events(_language(request)), media_type="text/event-stream")

    static = Path(str(resources.files("kiosk.office").joinpath("static")))
    return Starlette(
        routes=[
            Route("/", index),
            Route("/events", events),
            Mount("/static", StaticFiles(directory=static)),
        ],
        middleware=GUARDS,
    )


def _language(request: Request) -> Language:
    return "en" if request.query_params.get("lang") == "en" else "vi"
