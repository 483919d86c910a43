"""What a crash leaves in the log: where it happened and of what kind, and nothing of what a citizen said."""

import subprocess
import sys
from pathlib import Path

import pytest

NAME = "Nguyễn Văn Bịa"
CHILD = """
import asyncio, gc, logging, sys, threading
from kiosk.logs import start_log

start_log()
NAME = "Nguyễn Văn Bịa"


def stumble(name):
    raise ValueError(f"cannot read {name}")  # PLACE


async def task():
    running = asyncio.create_task(late(NAME), name="late")
    await asyncio.wait([running])
    del running
    gc.collect()


async def late(name):
    stumble(name)


async def callback():
    asyncio.get_running_loop().call_soon(stumble, NAME)
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def group():
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(late(NAME))


class Careless:
    def __del__(self):
        stumble(NAME)


class Unprintable:
    def __str__(self):
        stumble(NAME)


def library():
    try:
        stumble(NAME)
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")


def cause():
    try:
        stumble(NAME)
    except ValueError as error:
        raise RuntimeError(NAME) from error


def thread():
    worker = threading.Thread(target=stumble, args=(NAME,))
    worker.start()
    worker.join()


{
    "main": lambda: stumble(NAME),
    "cause": cause,
    "group": lambda: asyncio.run(group()),
    "thread": thread,
    "task": lambda: asyncio.run(task()),
    "callback": lambda: asyncio.run(callback()),
    "library": library,
    "destructor": lambda: Careless() and None,
    "log line": lambda: logging.getLogger("kiosk").warning("%s", Unprintable()),
}[sys.argv[1]]()
"""
PLACE = next(number for number, line in enumerate(CHILD.split("\n"), start=1) if line.endswith("# PLACE"))


@pytest.mark.parametrize(
    "where", ["main", "cause", "group", "thread", "task", "callback", "library", "destructor", "log line"]
)
def test_a_crash_tells_its_place_and_no_value_wherever_it_happens(tmp_path: Path, where: str) -> None:
    program = tmp_path / "child.py"
    program.write_text(CHILD, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-X", "utf8", str(program), where], capture_output=True, text=True, timeout=60, check=False
    )
    said = ran.stdout + ran.stderr
    assert f"ValueError at child.py:{PLACE} stumble" in said
    for word in (NAME, *NAME.split(), NAME.encode("unicode_escape").decode(), "cannot read", "Traceback"):
        assert word not in said
