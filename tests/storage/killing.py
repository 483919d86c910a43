"""A kiosk that is killed at any moment: the program that is killed, and what must be true afterwards.

The program saves drafts step by step and commits them as enrolments, saying on standard output what has been promised:
a line is written only after the call has returned. Used by the tests and, with thousands of kills, by `./run prove
kills`.
"""

import hashlib
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from kiosk.custody.database import CustodyDatabase
from kiosk.custody.entries import NO_PREVIOUS
from kiosk.custody.outbox import Outbox
from kiosk.custody.reader import OutboxReader
from kiosk.sealing.vaultkey import VaultKey
from kiosk.storage.drafts import DraftStore

STEPS = 4
#: The step at which every other citizen pauses, to go on another day.
PAUSED_AT = 2
KEY = b"k" * 32

PROGRAM = """
import sys
from pathlib import Path
from tests.storage.killing import live
sys.stdin.readline()
live(Path(sys.argv[1]), int(sys.argv[2]))
"""


def capture_of(draft_id: str, step: int) -> bytes:
    """The capture taken in this step: the same bytes every time, of different sizes."""
    seed = f"{draft_id}/{step}".encode()
    return hashlib.shake_256(seed).digest(500 + int.from_bytes(hashlib.sha256(seed).digest()[:2], "big"))


def captures_until(draft_id: str, step: int) -> dict[str, bytes]:
    """All captures up to this step."""
    return {f"capture-{n}": capture_of(draft_id, n) for n in range(1, step + 1)}


def package_of(draft_id: str, seq: int, prev: bytes) -> bytes:
    """What stands for the sealed package."""
    return draft_id.encode() + b"|" + str(seq).encode() + b"|" + prev + bytes(20_000)


def open_folder(folder: Path) -> tuple[CustodyDatabase, Outbox, DraftStore]:
    """The kiosk's rooms over its two files."""
    database = CustodyDatabase.open(folder / "outbox.db", folder / "kiosk.db")
    return database, Outbox(database), DraftStore(database, VaultKey(KEY))


def save(drafts: DraftStore, draft_id: str, step: int, *, paused: bool = False) -> None:
    """Save this step, and promise it."""
    captures = captures_until(draft_id, step)
    drafts.save(draft_id, str(step), state=b"state %d" % step, captures=captures, paused=paused)
    print(f"saved {draft_id} {step}", flush=True)  # noqa: T201 -- this is how it promises


def live(folder: Path, first: int) -> None:
    """Enrol one citizen after another, for ever, going on with what was left; every other one is paused once."""
    database, outbox, drafts = open_folder(folder)
    number = first
    with database:
        while True:
            left = next(iter(drafts.interrupted()), None)
            waiting, _ = drafts.paused()
            taken_up = waiting[0].draft_id if left is None and len(waiting) > 1 else None
            known = drafts.load(left or taken_up) if left or taken_up else None
            draft_id, step = (known.draft_id, int(known.step_key)) if known else (f"draft-{number}", 0)
            number += 0 if known else 1
            if taken_up is not None:
                save(drafts, draft_id, step)
            while step < STEPS:
                step += 1
                paused = step == PAUSED_AT and int(draft_id.split("-")[1]) % 2 == 1
                save(drafts, draft_id, step, paused=paused)
                if paused:
                    break
            if step < STEPS:
                continue
            outbox.commit_enrolment(
                draft_id,
                lambda seq, prev, draft_id=draft_id: package_of(draft_id, seq, prev),
                within=drafts.drop_within(draft_id),
            )
            print(f"committed {draft_id}", flush=True)  # noqa: T201 -- this is how it promises


@dataclass
class Promised:
    """What the killed program had said."""

    committed: list[str] = field(default_factory=list)
    saved: dict[str, int] = field(default_factory=dict)
    #: How many paused drafts were found, added up over all kills.
    paused: int = 0

    def take_in(self, output: str) -> None:
        """Its output up to the kill; a last line without its end was not said."""
        for line in output.splitlines(keepends=True):
            if not line.endswith("\n"):
                continue
            match line.split():
                case ["saved", draft_id, step]:
                    self.saved[draft_id] = int(step)
                case ["committed", draft_id]:
                    self.committed.append(draft_id)
                    self.saved.pop(draft_id, None)


def start(folder: Path, number: int) -> subprocess.Popen[str]:
    """The program, imported and waiting for a line on standard input."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), str(number)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_after(process: subprocess.Popen[str], promised: Promised, *, random: Random) -> None:
    """Let it work until it has said something, then a random moment longer, and kill it."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("go\n")
    process.stdin.flush()
    for _ in range(random.randrange(1, 8)):
        promised.take_in(process.stdout.readline())
    try:
        process.wait(timeout=random.random() * 0.02)
    except subprocess.TimeoutExpired:
        process.kill()
    promised.take_in(process.stdout.read())
    code = process.wait(timeout=30)
    process.stdin.close()
    process.stdout.close()
    assert code == -9, f"the program ended by itself with {code}"


def check(folder: Path, promised: Promised) -> None:
    """Everything promised is there; what was under way is there whole or not at all."""
    database, outbox, drafts = open_folder(folder)
    with database:
        assert database.set_aside == ()
        assert outbox.gaps() == ()
        entries = OutboxReader(folder / "outbox.db").unsettled(limit=1_000_000)
        ids = [entry.id for entry in entries]
        assert set(promised.committed) <= set(ids)
        assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
        prev = NO_PREVIOUS
        for entry in entries:
            package = OutboxReader(folder / "outbox.db").package(entry.id)
            assert entry.prev == prev
            assert package == package_of(entry.id, entry.seq, prev)
            prev = entry.sha256
        kept = [draft for draft_id in drafts.ids() if (draft := drafts.load(draft_id)) is not None]
        waiting, unreadable = drafts.paused()
        assert unreadable == 0
        assert len(drafts.interrupted()) <= 1
        assert len(kept) == len(drafts.interrupted()) + len(waiting)
        assert all(one.step_key == str(PAUSED_AT) for one in waiting)
        for left in kept:
            assert left.draft_id not in ids
            step = int(left.step_key)
            assert left.state == b"state %d" % step
            assert left.captures == captures_until(left.draft_id, step)
            assert step >= promised.saved.get(left.draft_id, 0)
        for draft_id in promised.saved:
            assert draft_id in ids or draft_id in {left.draft_id for left in kept}
        promised.committed = ids
        promised.saved = {left.draft_id: int(left.step_key) for left in kept}
        promised.paused += len(waiting)


def kill_often(folder: Path, kills: int, *, seed: int) -> Promised:
    """Start, kill and check, again and again, in the same folder; the next program is prepared while one works."""
    random = Random(seed)
    promised = Promised()
    waiting = start(folder, 0)
    try:
        for kill in range(1, kills + 1):
            process, waiting = waiting, start(folder, kill * 1000)
            try:
                kill_after(process, promised, random=random)
            finally:
                process.kill()
            check(folder, promised)
    finally:
        waiting.kill()
        waiting.communicate()
    return promised
