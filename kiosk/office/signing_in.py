"""Signing in and out of the office's page: the two endpoints, their cookies, and what is said when it fails."""

from __future__ import annotations

import math
import secrets
from typing import Final, Protocol

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from kiosk.office.gate import COOKIE, Door, Form, FormRefused, address_of, read_form, session_of
from kiosk.office.sessions import WHOLE_S, csrf_of

# The form's own, before anybody is known: nobody may be signed in from elsewhere as somebody else.
FORM_COOKIE: Final = "kiosk-office-form"


class DrawForm(Protocol):
    """Draws the sign-in page; ``said`` is the key of what went wrong, or empty."""

    def __call__(self, request: Request, *, said: str, minutes: int, csrf: str, status: int) -> Response: ...


class SignIn:
    """The endpoints."""

    def __init__(self, door: Door, draw: DrawForm) -> None:
        self._door = door
        self._draw = draw

    async def enter(self, request: Request) -> Response:
        """GET: the form. POST: sign in by it."""
        if request.method != "POST":
            return self._form(request)
        token = request.cookies.get(FORM_COOKIE, "")
        try:
            form = await read_form(request, csrf_of(token) if token else secrets.token_hex())
        except FormRefused:
            return self._form(request, said="sign_in.again", status=403)
        return await self._try(request, form)

    async def leave(self, request: Request) -> Response:
        """POST: sign out."""
        try:
            await read_form(request, session_of(request).csrf)
        except FormRefused as error:
            return PlainTextResponse(f"refused: {error}", status_code=403)
        await self._door.note(request, "signed_out")
        self._door.sessions.end(request.cookies.get(COOKIE, ""))
        answer = RedirectResponse("/sign-in", 303)
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return answer

    async def _try(self, request: Request, form: Form) -> Response:
        door, address = self._door, address_of(request)
        name = form.get("name", "").strip().casefold()[:32]
        if (wait_s := door.brake.take(name, address)) > 0:
            answer = self._form(request, said="sign_in.wait", status=429, minutes=math.ceil(wait_s / 60))
            answer.headers["retry-after"] = str(math.ceil(wait_s))
            return answer
        account = await to_thread.run_sync(door.accounts.check, name, form.get("password", ""))
        if account is None:
            # What was typed as a name may be a password: only names that exist are kept.
            known = await to_thread.run_sync(door.accounts.find, name)
            await door.note_as(name if known is not None else "?", request, "sign_in_failed")
            return self._form(request, said="sign_in.wrong", status=403)
        door.brake.succeeded(name, address)
        await door.note_as(name, request, "signed_in")
        answer = RedirectResponse(f"/?lang={'en' if request.query_params.get('lang') == 'en' else 'vi'}", 303)
        _set_cookie(answer, request, COOKIE, door.sessions.begin(account), path="/")
        return answer

    def _form(self, request: Request, *, said: str = "", minutes: int = 0, status: int = 200) -> Response:
        token = request.cookies.get(FORM_COOKIE) or secrets.token_urlsafe(32)
        answer = self._draw(request, said=said, minutes=minutes, csrf=csrf_of(token), status=status)
        _set_cookie(answer, request, FORM_COOKIE, token, path="/sign-in")
        return answer


def _set_cookie(answer: Response, request: Request, name: str, value: str, *, path: str) -> None:
    # Behind a proxy with TLS the cookie never goes in the clear; this computer's own address has no TLS.
    secure = request.headers.get("x-forwarded-proto") == "https"
    answer.set_cookie(name, value, max_age=int(WHOLE_S), path=path, httponly=True, samesite="strict", secure=secure)
