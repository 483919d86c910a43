"""With two real users: the uplink reads the outbox and can change nothing in it; the kiosk likewise with the inbox."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

KIOSK_UID, UPLINK_UID, SHARED_GID = 61801, 61802, 61800

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="becoming two users needs root")

# Each program imports what it needs as root, because another user may not be able to read the source tree.
BECOME = """
import os, sqlite3, sys
from pathlib import Path
from kiosk.custody.database import CustodyDatabase
from kiosk.custody.errors import *
from kiosk.custody.inbox import Inbox, InboxReader
from kiosk.custody.outbox import Outbox
from kiosk.custody.reader import OutboxReader
folder, uid = Path(sys.argv[1]), int(sys.argv[2])
os.setgroups([]); os.setgid({gid}); os.setuid(uid); os.umask(0o077)
def refused(work):
    try:
        work()
    except (OSError, sqlite3.Error, CustodyError):
        return
    raise SystemExit("was not refused")
""".replace("{gid}", str(SHARED_GID))


def run_as(uid: int, folder: Path, program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BECOME + program, str(folder), str(uid)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not tmp_path: other users cannot reach it.
    folder = Path(tempfile.mkdtemp(prefix="two-users-"))
    folder.chmod(0o755)
    for name, uid in (("outbox", KIOSK_UID), ("inbox", UPLINK_UID), ("own", KIOSK_UID)):
        (folder / name).mkdir()
        os.chown(folder / name, uid, SHARED_GID)
        (folder / name).chmod(0o2750 if name != "own" else 0o700)
    yield folder
    shutil.rmtree(folder)


WRITE = """
database = CustodyDatabase.open(folder / "outbox" / "outbox.db", folder / "own" / "kiosk.db")
outbox = Outbox(database)
outbox.commit_enrolment("a", lambda seq, prev: b"package")
"""

READ_AND_TRY_TO_WRITE = """
path = folder / "outbox" / "outbox.db"
reader = OutboxReader(path)
assert reader.package("a") == b"package"
assert reader.summary().waiting == 1
def update():
    connection = sqlite3.connect(path)
    connection.execute("UPDATE package SET status = 'settled'")
    connection.commit()
refused(update)
refused(path.unlink)
refused(lambda: path.rename(folder / "outbox" / "other"))
refused(lambda: path.open("r+b"))
refused(lambda: (folder / "outbox" / "outbox.db-journal").write_bytes(b"x"))
refused(lambda: (folder / "own" / "kiosk.db").read_bytes())
refused(lambda: list((folder / "own").iterdir()))
refused(lambda: OutboxReader(folder / "own" / "outbox.db").summary())
assert reader.summary().waiting == 1
with Inbox.open(folder / "inbox" / "inbox.db") as inbox:
    inbox.add_receipt("a", b"signed")
"""

READ_THE_INBOX = """
path = folder / "inbox" / "inbox.db"
assert [receipt.data for receipt in InboxReader(path).receipts()] == [b"signed"]
refused(path.unlink)
refused(lambda: path.open("r+b"))
"""


def test_each_of_two_users_writes_its_own_file_and_reads_the_others(folder: Path) -> None:
    run_as(KIOSK_UID, folder, WRITE)
    run_as(UPLINK_UID, folder, READ_AND_TRY_TO_WRITE)
    run_as(KIOSK_UID, folder, READ_THE_INBOX)


DIE_IN_THE_MIDDLE = """
database = CustodyDatabase.open(folder / "outbox" / "outbox.db", folder / "own" / "kiosk.db")
outbox = Outbox(database)
outbox.commit_enrolment("a", lambda seq, prev: b"package")
def die(connection):
    # More than the cache holds, so that pages are in the file already, with a hot journal beside it.
    connection.execute("PRAGMA main.cache_size = 10")
    connection.execute("UPDATE package SET bytes = zeroblob(4000000)")
    connection.execute("INSERT INTO telemetry (at, kind, json) VALUES ('', '', zeroblob(4000000))")
    assert (folder / "outbox" / "outbox.db-journal").stat().st_size > 0
    os._exit(0)
outbox.commit_enrolment("b", lambda seq, prev: b"package", within=die)
"""

READ_DURING = """
try:
    OutboxReader(folder / "outbox" / "outbox.db", deadline_s=0.1).summary()
except CustodyBusy:
    pass
else:
    raise SystemExit("half a transaction was read")
"""

READ_AFTER = """
reader = OutboxReader(folder / "outbox" / "outbox.db")
assert reader.package("a") == b"package"
assert reader.summary().last_seq == 1
"""

REOPEN = """
database = CustodyDatabase.open(folder / "outbox" / "outbox.db", folder / "own" / "kiosk.db")
assert database.set_aside == ()
assert Outbox(database).summary().last_seq == 1
"""


def test_half_a_transaction_of_a_killed_kiosk_is_never_read(folder: Path) -> None:
    run_as(KIOSK_UID, folder, DIE_IN_THE_MIDDLE)
    run_as(UPLINK_UID, folder, READ_DURING)
    run_as(KIOSK_UID, folder, REOPEN)
    run_as(UPLINK_UID, folder, READ_AFTER)
