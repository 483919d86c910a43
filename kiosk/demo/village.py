"""A whole village on one computer: broker, office, uplink and kiosk as processes of their own, over the real protocols.

Owns the processes and their folder, and takes both away at the end. With a display the kiosk's window opens and a
person touches it; without one the touches are played, and the village ends by itself with a clear result.
"""

import asyncio
import contextlib
import fcntl
import os
import re
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from drivers.errors import DeviceError
from kiosk.demo.accounts import choose_accounts
from kiosk.demo.actions import DockError
from kiosk.demo.dock import Dock
from kiosk.demo.dock_page import serve_dock
from kiosk.demo.expecting import send_roster
from kiosk.demo.founding import PAGE_NAME, Village, VillageError, Wishes, found
from kiosk.demo.line import Line, Message
from kiosk.demo.people import people
from kiosk.demo.processes import Processes
from kiosk.demo.switches import village_switches
from kiosk.demo.village_settings import Places, known_panels
from kiosk.office.errors import OfficeError
from kiosk.words.language import languages

_CITIZEN_S: Final = 240.0
#: Held by the demo whose folder it is, and what such a folder may hold from an earlier one.
_CLAIM: Final = ".demo"
_OF_A_DEMO: Final = re.compile(r"[0-9]{3,}-[a-z0-9_.-]+\.png|[a-z]+\.log")


def has_display() -> bool:
    """Say whether a window could be opened here."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def run_village(*, citizens: int, out: Path, headless: bool, panel: str, language: str) -> bool:
    """Run the village. True when every citizen's enrolment was received. Raises VillageError."""
    if panel not in known_panels():
        raise VillageError(f"there is no panel {panel!r}; choose one of {', '.join(known_panels())}")
    if language not in languages():
        raise VillageError(f"there is no language {language!r}; choose one of {', '.join(languages())}")
    signal.signal(signal.SIGTERM, _ended)
    with build_village(out, citizens=citizens, play=headless or not has_display(), say=_say) as village:
        return asyncio.run(_run(village, Wishes(panel, language)))


@contextlib.contextmanager
def build_village(out: Path, *, citizens: int, play: bool, say: Callable[[str], None]) -> Iterator[Village]:
    """Give a village a folder of its own and take it away at the end, with every process. Raises VillageError.

    `out` is a new folder, an empty one, or an earlier demo's, whose pictures and logs are replaced; they stay there.
    """
    accounts = choose_accounts()
    out = out.resolve()
    claim = _claim(out)
    root = Path(tempfile.mkdtemp(prefix="kiosk-village-"))
    root.chmod(0o755)
    village = Village(Places(root), accounts, out, citizens, play, say, Processes(out))
    try:
        yield village
    except (OfficeError, DeviceError) as error:
        raise VillageError(str(error)) from error
    finally:
        village.processes.stop_all()
        shutil.rmtree(root, ignore_errors=True)
        for file in out.glob("*.png"):
            # Everybody in the pictures is invented: whoever started the demo with sudo may look at them too.
            file.chmod(0o644)
        claim.close()


def _claim(out: Path) -> IO[bytes]:
    """Take a folder for this demo alone and empty it of an earlier demo's files. Raises VillageError for any other."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        claim = (out / _CLAIM).open("ab")
    except FileExistsError as error:
        raise VillageError(f"{out} is a file; name a folder") from error
    except PermissionError as error:
        raise VillageError(f"cannot write to {out}: it belongs to somebody else; name another by --out") from error
    except OSError as error:
        raise VillageError(f"cannot write to {out}: {error.strerror}") from error
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        claim.close()
        raise VillageError(f"{out} is in use by another demo; name another folder by --out") from error
    files = [file for file in out.iterdir() if file.name != _CLAIM]
    if not all(_OF_A_DEMO.fullmatch(file.name) and file.is_file() for file in files):
        claim.close()
        raise VillageError(f"{out} holds other files; name an empty or a new folder by --out")
    for file in files:
        file.unlink()
    return claim


@contextlib.asynccontextmanager
async def open_village(village: Village, wishes: Wishes) -> AsyncIterator[None]:
    """Found the village and open its dock; only the kiosk is still to start. Raises OfficeError, DeviceError."""
    with contextlib.ExitStack() as stack:
        stage = found(village, stack, wishes)

        def seated(citizen: int) -> None:
            village.first = citizen

        dock = Dock(stage, people(), switches=village_switches(village), on_citizen=seated)
        office = f"http://127.0.0.1:{village.page_port}/"
        async with (
            serve_dock(dock, office=office, key=f"{PAGE_NAME} · {village.page_password}") as address,
            await _open_dock(village, dock),
        ):
            village.say(f"dock       {address}")
            yield
            # The kiosk goes first: it would find its devices gone.
            village.processes.stop_all()


async def _run(village: Village, wishes: Wishes) -> bool:
    async with open_village(village, wishes):
        village.start_kiosk()
        today, stop = datetime.now(UTC).astimezone().date(), threading.Event()
        expected = asyncio.to_thread(send_roster, village.places, village.say, today=today, stop=stop)
        roster = asyncio.create_task(expected, name="roster")
        try:
            return _verdict(village, await _until_over(village))
        finally:
            stop.set()
            await asyncio.wait([roster], timeout=_CITIZEN_S)


async def _open_dock(village: Village, dock: Dock) -> asyncio.Server:
    """Open the socket at which the kiosk's companion asks for hands and tells what it sees."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(reader, writer)
        try:
            await attend(line)
        finally:
            dock.detach(line)
            line.close()

    async def attend(line: Line) -> None:
        kiosk = village.processes.running.get("kiosk")
        line.say(
            citizen=village.first,
            last=village.citizens - 1,
            play=village.play and not village.done,
            out=str(village.places.screens),
            pictures=village.pictures,
        )
        dock.attach(line, village.first)
        while (message := await line.hear()) is not None:
            if village.processes.running.get("kiosk") is not kiosk:
                break  # the last words of a kiosk that was killed
            village.watch(message)
            try:
                await _answer(village, dock, message)
            except DockError as error:
                village.say(f"  {error}")

    server = await asyncio.start_unix_server(serve, str(village.places.dock))
    village.places.dock.chmod(0o666)
    return server


async def _answer(village: Village, dock: Dock, message: Message) -> None:
    if dock.hear(message):
        return
    match message:
        case {"do": _}:
            await dock.do(message)
        case {"tell": "screen", "key": str(key), "title": str(title), "progress": str(progress), "picture": str(name)}:
            village.pictures += 1
            # The kiosk's user may not reach the folder that was asked for.
            shutil.move(village.places.screens / name, village.out / name)
            village.say(f"  {progress:10} {key:22} {title:28} {name}")
        case {"tell": "receipt", "enrolment": str(enrolment), "number": int(number)}:
            village.received[enrolment] = number
            village.say(f"  the office's receipt has come: {number}")
        case {"tell": "next", "citizen": int(citizen)}:
            village.first = citizen
            village.say(f"citizen {citizen + 1}: {people()[citizen].name}")
        case {"tell": "done"}:
            village.done = True
        case {"tell": "lost", "target": str(target)}:
            village.failure = f"there was nothing to touch by the name {target}"
        case _:
            village.say(f"  the kiosk says {message}")


async def _until_over(village: Village) -> int | None:
    """Wait until the kiosk ends, and give its exit code; None when it had to be given up, see `village.failure`.

    A played village also ends when nothing arrives for too long.
    """
    deadline_s = time.monotonic() + _CITIZEN_S * village.citizens
    village.say(
        f"citizen 1 of {village.citizens}: {people()[0].name}" if village.play else "kiosk      its window is open"
    )
    while True:
        ended = village.processes.ended()
        if "kiosk" in ended:
            return ended["kiosk"]
        for name, code in ended.items():
            village.failure = f"the {name} ended by itself with code {code}; see {village.out / name}.log"
        if village.play and time.monotonic() > deadline_s:
            village.failure = f"not done after {_CITIZEN_S * village.citizens:.0f} s; see the logs in {village.out}"
        if village.failure:
            return None
        await asyncio.sleep(0.1)


def _verdict(village: Village, code: int | None) -> bool:
    if village.failure or code != 0 or (village.play and not village.done):
        why = village.failure or f"the kiosk ended with code {code}; see {village.out / 'kiosk.log'}"
        village.say(f"FAILED: {why}")
        return False
    if village.play:
        village.say(f"pictures of all screens: {village.out}")
        for enrolment, number in village.received.items():
            village.say(f"enrolment {enrolment} received by the office, receipt {number}")
        return len(village.received) == village.citizens
    return True


def _ended(_number: int, _frame: object) -> None:
    """End by SIGTERM as by Ctrl-C: everything that was started is stopped."""
    raise KeyboardInterrupt


def _say(line: str) -> None:
    print(line, flush=True)
