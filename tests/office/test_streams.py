"""Live pages have a bound of their own, and short answers always have room beside them."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from kiosk.office import serving, streams
from kiosk.office.streams import Streams
from tests.office.test_signing_in import IDLE_S, Office, office, sign_in

__all__ = ["office"]


class Long(Response):
    """An answer that lasts until it is told to end, or fails."""

    def __init__(self, ends: asyncio.Event, *, fails: bool = False) -> None:
        super().__init__()
        self.ends, self.fails = ends, fails

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.ends.wait()
        if self.fails:
            raise ConnectionResetError


async def ask(kept: Streams, stream: Response, said: list[Message]) -> None:
    async def send(message: Message) -> None:
        said.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    await kept.answer(stream)(Request({"type": "http", "method": "GET", "headers": []}).scope, receive, send)


def test_a_page_too_many_is_told_when_to_ask_and_a_place_comes_back_however_it_was_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "MOST", 3)

    async def play() -> None:
        kept, ends = Streams(), asyncio.Event()
        asked = [ask(kept, Long(ends, fails=n == 1), []) for n in range(3)]
        open_ones = [asyncio.ensure_future(one) for one in asked]
        await asyncio.sleep(0)
        turned_away: list[Message] = []
        await ask(kept, Long(ends), turned_away)
        assert turned_away[0]["status"] == 503
        assert (b"retry-after", str(streams.AGAIN_S).encode()) in turned_away[0]["headers"]
        open_ones[0].cancel()
        await asyncio.gather(open_ones[0], return_exceptions=True)
        assert kept.open == 2
        ends.set()
        result = await asyncio.gather(*open_ones[1:], return_exceptions=True)
        assert [type(one) for one in result] == [ConnectionResetError, type(None)]
        assert kept.open == 0
        come: list[Message] = []
        await ask(kept, Long(ends), come)
        assert come[0]["status"] == 200

    asyncio.run(play())


def test_all_live_pages_together_leave_connections_for_everybody_else() -> None:
    # A browser keeps six connections to one place.
    assert 6 * streams.MOST <= 0.8 * serving.CONNECTIONS


def test_a_page_that_asks_is_shown_the_same_is_nobodys_presence_and_is_kept(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST", 0)

    async def look(browser: httpx.AsyncClient) -> None:
        assert (await browser.get("/events?lang=vi&once")).status_code == 401
        await sign_in(browser)
        assert (await browser.get("/events?lang=vi")).status_code == 503
        answer = await browser.get("/events?lang=vi&once")
        assert answer.status_code == 200
        assert 'id="needs"' in answer.json()
        assert "Mận" in answer.json()
        office.clock_s[0] += IDLE_S
        assert (await browser.get("/events?lang=vi&once")).status_code == 401

    office.visit(look)
    assert [did for _, did, _ in office.kept()] == ["signed_in", "saw_list"]


def test_asking_again_and_again_keeps_no_sign_in_open(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "MOST", 0)

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        for _ in range(3):
            office.clock_s[0] += IDLE_S / 2 - 1
            answer = await browser.get("/events?lang=vi&once")
        assert answer.status_code == 401

    office.visit(look)
