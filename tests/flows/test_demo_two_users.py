"""Kiosk and uplink as the demo starts them by root: two users, and neither can do what is the other's."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kiosk.demo.accounts import Account, choose_accounts
from kiosk.demo.founding import Wishes
from tests.flows.draft import lay_draft
from tests.flows.story import Story, citizen, short_plan, told

pytestmark = [
    pytest.mark.screen,
    pytest.mark.timeout(120),
    pytest.mark.skipif(os.geteuid() != 0, reason="becoming two users needs root"),
]

WHO = 0
#: Tries each of a list of things to do, and says which of them the system allowed.
TRY = """
import json, os, sys
def write(path):
    with open(path, "r+b"):
        pass
def make(path):
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
ways = {"list": os.listdir, "read": lambda path: open(path, "rb").read(1), "write": write, "make": make}
ways |= {"remove": os.unlink}
allowed = []
for way, path in json.loads(sys.argv[1]):
    try:
        ways[way](path)
    except PermissionError:
        continue
    allowed.append([way, path])
print(json.dumps(allowed))
"""


def allowed_to(account: Account, wishes: list[tuple[str, Path]]) -> list[tuple[str, Path]]:
    """Try all this as `account`, and give what was not refused."""
    done = subprocess.run(
        [sys.executable, "-c", TRY, json.dumps([(way, str(path)) for way, path in wishes])],
        user=account.user,
        group=account.group,
        extra_groups=list(account.groups),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
        cwd="/",
    )
    return [(way, Path(path)) for way, path in json.loads(done.stdout)]


def user_of(story: Story, process: str) -> int:
    """Give the effective user of a process of the village."""
    return Path(f"/proc/{story.village.processes.running[process].pid}").stat().st_uid


def test_the_uplink_reads_only_the_outbox_and_the_kiosk_cannot_change_the_inbox(tmp_path: Path) -> None:
    if not choose_accounts().apart:
        pytest.skip("other users cannot read this installation, so that the demo runs everything as one")
    wishes = Wishes("800x480", plan=short_plan(tmp_path, ("right_index",)), reader_wait_s=None)

    async def tell() -> None:
        async with told(tmp_path / "out", wishes=wishes, first=WHO, last=WHO) as story:
            lay_draft(story.village, citizen(WHO))
            story.start_kiosk()
            await story.until(story.received, "the office's receipt")
            await asyncio.to_thread(check, story)

    asyncio.run(tell())


def check(story: Story) -> None:
    """What each of the two may do, while both run."""
    kiosk, uplink = story.village.accounts.kiosk, story.village.accounts.uplink
    assert (user_of(story, "kiosk"), user_of(story, "uplink")) == (kiosk.user, uplink.user)
    assert kiosk.user != uplink.user
    home = story.village.places.kiosk
    outbox, inbox = home / "outbox" / "outbox.db", home / "inbox" / "inbox.db"

    own = [("read", outbox), ("write", inbox), ("read", home / "link" / "tls.key")]
    others = [("list", home / folder) for folder in ("private", "keys", "run")]
    others += [("read", home / "private" / name) for name in ("private.db", "vault.json")]
    others += [("read", home / "keys" / "record.key"), ("write", outbox), ("remove", outbox)]
    others += [("make", home / "outbox" / "new.db"), ("make", home / "outbox" / "outbox.db-journal")]
    others += [("list", story.office.opening), ("list", story.office.collector), ("read", story.office.opening_key)]
    assert allowed_to(uplink, [*own, *others]) == own

    own = [("write", outbox), ("read", inbox), ("write", home / "private" / "private.db")]
    others = [("write", inbox), ("remove", inbox), ("make", home / "inbox" / "new.db")]
    others += [("list", home / "link"), ("read", home / "link" / "tls.key"), ("read", story.office.opening_key)]
    assert allowed_to(kiosk, [*own, *others]) == own
