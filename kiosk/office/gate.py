"""The door of the office's page: without a sign-in nothing but the sign-in page, its files and the metrics is answered.

Stands before every route, so that a new route is closed until somebody opens it. Every form is checked here, too.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from urllib.parse import parse_qs

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from kiosk.office.accounts import Accounts, Role
from kiosk.office.auditing import Audit, AuditEntry
from kiosk.office.database import OfficeDatabase
from kiosk.office.sessions import Brake, Session, Sessions

COOKIE: Final = "kiosk-office"
OPEN: Final = frozenset({"/metrics", "/sign-in"})
MOST_BYTES: Final = 8192

Form = Mapping[str, str]


class FormRefused(Exception):
    """A form that this page has not made, or that is no form."""


@dataclass(frozen=True, slots=True)
class Door:
    """Everything a sign-in needs. ``now`` is UTC."""

    accounts: Accounts
    sessions: Sessions
    brake: Brake
    audit: Audit
    now: Callable[[], datetime]

    @classmethod
    def of(
        cls,
        database: OfficeDatabase,
        *,
        now: Callable[[], datetime],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> Self:
        """The door of an office by its database."""
        accounts = Accounts(database)
        sessions = Sessions(accounts, monotonic_s=monotonic_s)
        return cls(accounts, sessions, Brake(monotonic_s=monotonic_s), Audit(database), now)

    async def note(self, request: Request, did: str, subject: str = "") -> None:
        """Keep in the audit what the one who is signed in did."""
        await self.note_as(session_of(request).account.name, request, did, subject)

    async def note_as(self, who: str, request: Request, did: str, subject: str = "") -> None:
        """The same for somebody named."""
        entry = AuditEntry(self.now(), who, address_of(request), did, subject)
        await to_thread.run_sync(self.audit.note, entry)

    def entry(self, request: Request, did: str, subject: str = "") -> AuditEntry:
        """What the one who is signed in does, for the transaction that does it."""
        return AuditEntry(self.now(), session_of(request).account.name, address_of(request), did, subject)

    async def note_seen(self, request: Request, numbers: str) -> None:
        """Keep that these receipt numbers' names are shown, once for each sign-in as long as they stay the same.

        Before they are shown: what cannot be kept is not shown, and is tried again at the next look. Raises
        sqlalchemy's errors.
        """
        token = request.cookies.get(COOKIE, "")
        if numbers and self.sessions.saw(token) != numbers:
            await self.note(request, "saw_list", numbers)
            self.sessions.note_saw(token, numbers)

    def still_open(self, request: Request) -> bool:
        """Whether the sign-in behind a long answer is still good; the answer itself is nobody's presence."""
        return self.sessions.find(request.cookies.get(COOKIE, ""), touch=False) is not None


class Gate:
    """ASGI middleware: finds the sign-in of each request, and turns away who has none."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN or scope["path"].startswith("/static/"):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        token = request.cookies.get(COOKIE, "")
        # The stream of events asks by itself, again and again: that is nobody's presence.
        touch = scope["path"] != "/events"
        session = await to_thread.run_sync(lambda: self._door.sessions.find(token, touch=touch)) if token else None
        if session is None:
            turned_away = _turned_away(request)
            await turned_away(scope, receive, send)
            return
        scope.setdefault("state", {})["session"] = session
        await self._app(scope, receive, send)


def _turned_away(request: Request) -> Response:
    if request.method == "GET" and request.url.path != "/events":
        return RedirectResponse(f"/sign-in?lang={request.query_params.get('lang', 'vi')[:2]}", status_code=303)
    return PlainTextResponse("sign in first", status_code=401)


def session_of(request: Request) -> Session:
    """The sign-in of a request that came through the gate."""
    return request.state.session


def address_of(request: Request) -> str:
    """Where a request comes from."""
    return request.client.host if request.client is not None else ""


async def read_form(request: Request, expected_csrf: str) -> Form:
    """A form of this page.

    Raises:
        FormRefused: no form, too large, from another site, or without its token.
    """
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise FormRefused("from another site")
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise FormRefused("not a form")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise FormRefused("too large")
    try:
        fields = parse_qs(body.decode("utf-8"), max_num_fields=20, encoding="utf-8", errors="strict")
    except ValueError as error:
        raise FormRefused("not a form") from error
    form = {name: values[-1] for name, values in fields.items()}
    if not hmac.compare_digest(form.get("csrf", "").encode(), expected_csrf.encode()):
        raise FormRefused("without its token")
    return form


def needs_role(role: Role, request: Request) -> Response | None:
    """The refusal for who may not do this; None for who may."""
    if session_of(request).account.role >= role:
        return None
    return PlainTextResponse("your account may not do this", status_code=403)
