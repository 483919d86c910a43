"""A whole village on one computer: broker, office, uplink and kiosk as processes of their own, over the real protocols.

Owns the processes and their folder, and takes both away at the end. With a display the kiosk's window opens and a
person touches it; without one the touches are played, and the village ends by itself with a clear result.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from drivers.errors import DeviceError
from kiosk.demo.accounts import Account, Accounts, choose_accounts
from kiosk.demo.line import Line, Message
from kiosk.demo.people import people
from kiosk.demo.stage import Stage
from kiosk.demo.village_settings import (
    COMMUNE,
    KIOSK,
    OFFICER,
    PIN,
    PROVINCE,
    Places,
    kiosk_toml,
    known_panels,
    office_toml,
)
from kiosk.domain.capture_plan import Finger
from kiosk.office.broker import Broker
from kiosk.office.errors import OfficeError
from kiosk.office.provisioning import init_office
from kiosk.sealing.vault import Argon2Cost, Vault

PLAN: Final = Path(__file__).resolve().parents[2] / "config" / "capture_plan.toml"
_END_S: Final = 8.0
_CITIZEN_S: Final = 240.0
_OFFICE_S: Final = 20.0


class VillageError(Exception):
    """The village could not be set up; the message says what is missing."""


@dataclass(slots=True)
class Village:
    """Everything that runs, and what has been seen so far."""

    places: Places
    accounts: Accounts
    out: Path
    citizens: int
    play: bool
    say: Callable[[str], None]
    broker_port: int = 0
    page_port: int = 0
    first: int = 0
    received: dict[str, int] = field(default_factory=dict[str, int])
    done: bool = False
    failure: str = ""
    children: list["subprocess.Popen[bytes]"] = field(default_factory=list["subprocess.Popen[bytes]"])

    def start(self, name: str, *command: str, account: Account) -> "subprocess.Popen[bytes]":
        """Start a process of the village; its words go to a file of its name."""
        log = self.out / f"{name}.log"
        with log.open("ab") as words:
            child = subprocess.Popen(
                [sys.executable, "-m", "kiosk.cli", *command],
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=words,
                cwd="/",
                env=_environment(self.play, name),
                start_new_session=True,
                user=account.user,
                group=account.group,
                extra_groups=list(account.groups) if account.user is not None else None,
                umask=0o027 if account.user is not None else -1,
            )
        self.children.append(child)
        return child

    def stop_all(self) -> None:
        """Ask every process to end, and end those that do not."""
        for child in reversed(self.children):
            if child.poll() is None:
                child.terminate()
        deadline_s = time.monotonic() + _END_S
        for child in reversed(self.children):
            try:
                child.wait(max(0.1, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()


def _environment(play: bool, name: str) -> dict[str, str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("KIVY")}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    environment["HOME"] = "/nonexistent"
    if play and name == "kiosk":
        environment["SDL_VIDEODRIVER"] = "offscreen"
    return environment


def has_display() -> bool:
    """Say whether a window could be opened here."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def run_village(*, citizens: int, out: Path, headless: bool, panel: str, language: str) -> bool:
    """Run the village. True when every citizen's enrolment was received. Raises VillageError."""
    if panel not in known_panels():
        raise VillageError(f"there is no panel {panel!r}; choose one of {', '.join(known_panels())}")
    if language not in {"vi", "en"}:
        raise VillageError(f"there is no language {language!r}; choose vi or en")
    play = headless or not has_display()
    accounts = choose_accounts()
    out = out.resolve()
    shutil.rmtree(out, ignore_errors=True)
    accounts.kiosk.own(out, 0o755)
    root = Path(tempfile.mkdtemp(prefix="kiosk-village-"))
    root.chmod(0o755)
    village = Village(Places(root), accounts, out, citizens, play, say=_say)
    signal.signal(signal.SIGTERM, _ended)
    try:
        return asyncio.run(_run(village, panel=panel, language=language))
    except (OfficeError, DeviceError) as error:
        raise VillageError(str(error)) from error
    finally:
        village.stop_all()
        shutil.rmtree(root, ignore_errors=True)


async def _run(village: Village, *, panel: str, language: str) -> bool:
    with contextlib.ExitStack() as stack:
        stage = prepare(village, stack, panel=panel, language=language)
        server = await open_dock(village, stage)
        village.start(
            "kiosk",
            "demo-kiosk",
            "--settings",
            str(village.places.kiosk_file),
            "--dock",
            str(village.places.dock),
            account=village.accounts.kiosk,
        )
        async with server:
            await _until_over(village)
    return _verdict(village)


def prepare(village: Village, stack: contextlib.ExitStack, *, panel: str, language: str) -> Stage:
    """Make keys and settings, and start everything but the kiosk. Raises OfficeError, DeviceError."""
    say, places, accounts = village.say, village.places, village.accounts
    village.broker_port, village.page_port = free_ports(2)
    say(f"village in {places.root}; {'two users' if accounts.apart else 'one user'} for kiosk and uplink")
    made = init_office(
        places.office,
        province=PROVINCE,
        communes=[COMMUNE],
        kiosks=[KIOSK],
        broker_port=village.broker_port,
        demo=True,
    )
    broker = Broker(made.layout.broker, port=village.broker_port, log_file=village.out / "broker.log")
    broker.start()
    stack.callback(broker.close)
    say(f"broker     mosquitto, TLS 1.3 with client certificates, port {village.broker_port}")
    accounts.kiosk.own(places.bench, 0o755)
    accounts.kiosk.own(places.bench / "pictures", 0o755)
    stage = Stage(places.bench, people(), port_mode=0o666 if accounts.apart else 0o600)
    stack.callback(stage.close)
    port, reader = stage.open()
    say(f"sensor     R503 emulator on {port}")
    say(f"card       {reader} (pcscd)")
    _hand_out(village, made.layout.bundle(KIOSK))
    places.kiosk_file.write_text(
        kiosk_toml(
            places,
            plan=_own_plan(places),
            port=port,
            reader=reader,
            broker_port=village.broker_port,
            panel=panel,
            language=language,
            sound=not village.play and has_sound(),
        ),
        encoding="utf-8",
    )
    places.kiosk_file.chmod(0o644)
    places.office_file.write_text(office_toml(places, page_port=village.page_port), encoding="utf-8")
    _draw_pictures(places)
    village.start("office", "office", "serve", "--settings", str(places.office_file), account=Account())
    _wait_for_page(village)
    say(f"office     http://127.0.0.1:{village.page_port}/")
    village.start("uplink", "uplink", "--settings", str(places.kiosk_file), account=accounts.uplink)
    return stage


def _own_plan(places: Places) -> Path:
    plan = places.root / "capture_plan.toml"
    shutil.copyfile(PLAN, plan)
    plan.chmod(0o644)
    return plan


def _draw_pictures(places: Places) -> None:
    """What the camera sees before anybody sits down."""
    from kiosk.demo.drawing_portrait import portrait

    picture = places.bench / "pictures" / "01.png"
    portrait(people()[0].look).save(picture)
    picture.chmod(0o644)


def _hand_out(village: Village, bundle: Path) -> None:
    """Carry the office's bundle to the kiosk: one part for each of its two users."""
    places, kiosk, uplink = village.places, village.accounts.kiosk, village.accounts.uplink
    kiosk.own(places.kiosk, 0o755)
    kiosk.own(places.kiosk / "private", 0o700)
    kiosk.own(places.kiosk / "run", 0o700)
    # Setgid: what is written here belongs to the group that both users share, and the other side may only read it.
    kiosk.own(places.kiosk / "outbox", 0o2750)
    uplink.own(places.kiosk / "inbox", 0o2750)
    kiosk.own(places.kiosk / "keys", 0o700)
    uplink.own(places.kiosk / "link", 0o700)
    for part, folder, account in (("kiosk", "keys", kiosk), ("uplink", "link", uplink)):
        for file in (bundle / part).iterdir():
            shutil.move(file, places.kiosk / folder / file.name)
            account.take(places.kiosk / folder / file.name, 0o600)
    vault = Vault(
        places.kiosk / "private" / "vault.json",
        None,
        # A demo's PIN protects nothing, and ten starts in a row should not cost ten times the field's work.
        cost=Argon2Cost(memory_kib=8 * 1024, iterations=1, lanes=1),
        pin_alone=True,
    )
    vault.create(OFFICER, PIN)
    for file in (places.kiosk / "private").iterdir():
        kiosk.take(file, 0o600)


def _wait_for_page(village: Village) -> None:
    deadline_s = time.monotonic() + _OFFICE_S
    while time.monotonic() < deadline_s:
        if village.children[-1].poll() is not None:
            raise VillageError(f"the office ended at once; see {village.out / 'office.log'}")
        try:
            socket.create_connection(("127.0.0.1", village.page_port), timeout=0.5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise VillageError(f"the office's page does not answer after {_OFFICE_S:.0f} s; see {village.out / 'office.log'}")


async def open_dock(village: Village, stage: Stage) -> asyncio.Server:
    """Open the socket at which the kiosk's companion asks for hands and tells what it sees."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = Line(reader, writer)
        last = village.citizens - 1
        line.say(citizen=village.first, last=last, play=village.play, out=str(village.out))
        while (message := await line.hear()) is not None:
            await _answer(village, stage, message)
        line.close()

    server = await asyncio.start_unix_server(serve, str(village.places.dock))
    village.places.dock.chmod(0o666)
    return server


async def _answer(village: Village, stage: Stage, message: Message) -> None:
    match message:
        case {"do": "lay_finger", "citizen": int(citizen), "finger": str(finger)}:
            await asyncio.to_thread(stage.lay_finger, citizen, Finger(finger))
        case {"do": "lift_finger"}:
            await asyncio.to_thread(stage.lift_finger)
        case {"do": "lay_card", "citizen": int(citizen)}:
            await asyncio.to_thread(stage.lay_card, citizen)
        case {"do": "lift_card"}:
            await asyncio.to_thread(stage.lift_card)
        case {"tell": "screen", "key": str(key), "title": str(title), "progress": str(progress), "picture": str(name)}:
            village.say(f"  {progress:10} {key:22} {title:28} {name}")
        case {"tell": "receipt", "enrolment": str(enrolment), "number": int(number)}:
            village.received[enrolment] = number
            village.say(f"enrolment {enrolment} received by the office, receipt {number}")
        case {"tell": "next", "citizen": int(citizen)}:
            village.first = citizen
            village.say(f"citizen {citizen + 1} of {village.citizens}: {people()[citizen].name}")
        case {"tell": "done"}:
            village.done = True
        case {"tell": "lost", "target": str(target)}:
            village.failure = f"there was nothing to touch by the name {target}"
        case _:
            village.say(f"  the kiosk says {message}")


async def _until_over(village: Village) -> None:
    """Wait until the kiosk ends; a played village also ends when nothing arrives for too long."""
    kiosk = village.children[-1]
    deadline_s = time.monotonic() + _CITIZEN_S * village.citizens
    village.say(
        f"citizen 1 of {village.citizens}: {people()[0].name}" if village.play else "kiosk      its window is open"
    )
    while kiosk.poll() is None:
        dead = [child for child in village.children if child.poll() is not None]
        if dead:
            village.failure = f"a process ended by itself (code {dead[0].returncode}); see the logs in {village.out}"
            return
        if village.play and (village.failure or time.monotonic() > deadline_s):
            village.failure = village.failure or f"not done after {_CITIZEN_S * village.citizens:.0f} s"
            return
        await asyncio.sleep(0.1)


def _verdict(village: Village) -> bool:
    code = village.children[-1].poll()
    if village.failure or (village.play and not village.done) or code not in {0, None}:
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


def has_sound() -> bool:
    """Say whether this computer has a sound card to speak through."""
    cards = Path("/proc/asound/cards")
    return cards.exists() and "no soundcards" not in cards.read_text(encoding="utf-8", errors="replace")


def free_ports(count: int) -> list[int]:
    """Give free TCP ports of the loopback interface."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def _say(line: str) -> None:
    print(line, flush=True)
