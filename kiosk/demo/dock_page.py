"""The dock's page: a local web page with a button for everything that hands can do around the demo's kiosk.

Owns the web side alone: one page, its pictures, the live state as server-sent events, one address for actions
in JSON. Bound to the loopback address; answers no other site's pages. What an action means is the dock's affair.
"""

import asyncio
import contextlib
import io
import json
import socket
import tomllib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, cast

import uvicorn
from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from drivers.card.simulated import Situation as CardSituation
from kiosk.demo.actions import DockError
from kiosk.demo.cards import Card
from kiosk.demo.dock import CAMERA_SITUATIONS, SCENES, SIGN_INS, Dock
from kiosk.demo.drawing_card import card_front
from kiosk.demo.drawing_portrait import portrait
from kiosk.demo.people import DemoCitizen
from kiosk.demo.stage import PRESSES, SensorState
from kiosk.domain.capture_plan import Finger
from kiosk.office.guards import GUARDS

_LOOK_S: Final = 0.2
_STILL_HERE_S: Final = 15.0
_LONGEST_ACTION: Final = 4096
_PORTRAIT_PX: Final = (240, 320)
_CARD_PX: Final = (411, 259)
#: The buttons of the card reader: what may be wrong, by whose fault it is.
CARD_GROUPS: Final[tuple[tuple[str, tuple[CardSituation, ...]], ...]] = (
    (
        "by_hand",
        (
            CardSituation.NONE,
            CardSituation.CARD_PULLED_EARLY,
            CardSituation.WORN_CONTACT,
            CardSituation.SLOW,
            CardSituation.MUTE,
        ),
    ),
    (
        "by_chip",
        (CardSituation.UNREADABLE, CardSituation.GARBLED, CardSituation.OTHER_CARD, CardSituation.WRONG_KEY),
    ),
    (
        "by_proof",
        (
            CardSituation.TAMPERED,
            CardSituation.CLONED,
            CardSituation.EXPIRED_SIGNER,
            CardSituation.UNKNOWN_AUTHORITY,
            CardSituation.FALSE_AUTHORITY,
        ),
    ),
    (
        "by_manners",
        (
            CardSituation.ANSWERS_IN_PARTS,
            CardSituation.CORRECTS_LENGTH,
            CardSituation.WARNS_OF_END,
            CardSituation.REFUSES_LENGTH,
            CardSituation.REFUSES_OFFSET,
            CardSituation.DROPS_SESSION,
            CardSituation.REFUSES_BARE,
        ),
    ),
)


def load_words() -> Mapping[str, tuple[str, str]]:
    """Read the page's texts: Vietnamese and English by ``section.key``."""
    text = resources.files("kiosk.demo").joinpath("dock_words.toml").read_text(encoding="utf-8")
    return {
        f"{section}.{key}": (both[0], both[1])
        for section, texts in tomllib.loads(text).items()
        for key, both in texts.items()
    }


def make_app(dock: Dock, *, office: str = "", key: str = "", closing: asyncio.Event | None = None) -> Starlette:
    """The ASGI application over `dock`. `office`: the office page's address; `key`: name and password for it.

    `closing` ends the live events.
    """
    page = _page(dock, office, key)
    ending = closing or asyncio.Event()
    people = {person.key: person for person in dock.citizens}

    async def index(_request: Request) -> Response:
        return HTMLResponse(page)

    async def events(_request: Request) -> Response:
        return StreamingResponse(_events(dock, ending), media_type="text/event-stream")

    async def state(_request: Request) -> Response:
        return JSONResponse(dock.state())

    async def do(request: Request) -> Response:
        try:
            await dock.do(await _action(request))
        except DockError as error:
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse(dock.state())

    async def face(request: Request) -> Response:
        return await _picture(people.get(request.path_params["key"]), _face)

    async def card(request: Request) -> Response:
        person = people.get(request.path_params["key"])
        return await _picture(person if person is not None and person.card is not None else None, _card)

    async def glass(_request: Request) -> Response:
        seen = await asyncio.to_thread(dock.stage.glass)
        return Response(status_code=404) if seen is None else Response(_glass(*seen), media_type="image/png")

    return Starlette(
        routes=[
            Route("/", index),
            Route("/events", events),
            Route("/state", state),
            Route("/do", do, methods=["POST"]),
            Route("/people/{key}.png", face),
            Route("/cards/{key}.png", card),
            Route("/glass.png", glass),
            Mount("/static", StaticFiles(directory=Path(str(resources.files("kiosk.demo").joinpath("static"))))),
        ],
        middleware=GUARDS,
    )


@contextlib.asynccontextmanager
async def serve_dock(dock: Dock, *, office: str = "", key: str = "") -> AsyncIterator[str]:
    """Serve the page on a free port of the loopback address while the context lasts; gives its address."""
    closing = asyncio.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            make_app(dock, office=office, key=key, closing=closing),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="dock page")
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            closing.set()
            server.should_exit = True
            await serving


class _Server(uvicorn.Server):
    """A server inside somebody else's loop: signals are the demo's affair."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


async def _action(request: Request) -> dict[str, Any]:
    """Read an action. A page of another site cannot send this content type without asking, and is never answered."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise DockError("an action is sent as application/json")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LONGEST_ACTION:
            raise DockError(f"an action is no longer than {_LONGEST_ACTION} bytes")
    try:
        action: object = json.loads(body)
    except ValueError as error:
        raise DockError('an action is a JSON object, such as {"do": "help"}') from error
    if not isinstance(action, dict):
        raise DockError('an action is a JSON object, such as {"do": "help"}')
    return cast("dict[str, Any]", action)


async def _events(dock: Dock, closing: asyncio.Event) -> AsyncIterator[str]:
    """Tell the state at once and after each change; a comment when nothing has changed for a while."""
    told, quiet_s = "", 0.0
    while not closing.is_set():
        state = json.dumps(dock.state(), ensure_ascii=False)
        if state != told:
            told, quiet_s = state, 0.0
            yield f"event: state\ndata: {state}\n\n"
        elif quiet_s >= _STILL_HERE_S:
            quiet_s = 0.0
            yield ": still here\n\n"
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(closing.wait(), _LOOK_S)
        quiet_s += _LOOK_S


async def _picture(person: DemoCitizen | None, draw: Callable[[DemoCitizen], bytes]) -> Response:
    if person is None:
        return Response(status_code=404)
    return Response(await asyncio.to_thread(draw, person), media_type="image/png")


@lru_cache(maxsize=8)
def _face(person: DemoCitizen) -> bytes:
    return _png(portrait(person.look).resize(_PORTRAIT_PX, Image.Resampling.LANCZOS))


@lru_cache(maxsize=8)
def _card(person: DemoCitizen) -> bytes:
    return _png(card_front(person).resize(_CARD_PX, Image.Resampling.LANCZOS))


def _glass(grey: bytes, width_px: int, height_px: int) -> bytes:
    return _png(Image.frombytes("L", (width_px, height_px), grey))


def _png(picture: Image.Image) -> bytes:
    data = io.BytesIO()
    picture.save(data, "PNG", optimize=True)
    return data.getvalue()


def _page(dock: Dock, office: str, key: str) -> str:
    words = load_words()
    templates = Environment(
        loader=PackageLoader("kiosk.demo"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    # Seen from behind, as one's own hands: the left hand's thumb is on its right side.
    hands = {
        side: tuple(finger.value for finger in Finger if finger.value.startswith(side)) for side in ("left", "right")
    }
    return templates.get_template("dock.html").render(
        words=words,
        people=dock.citizens,
        hands=hands,
        presses=PRESSES,
        sensor_states=tuple(SensorState),
        card_groups=CARD_GROUPS,
        other_cards=(Card.NEW, Card.MISSPELT, Card.OFFICER),
        sign_ins=SIGN_INS,
        scenes=SCENES,
        camera_situations=CAMERA_SITUATIONS,
        switches=dock.switch_names,
        office=office,
        key=key,
    )
