"""A stolen kiosk, powered off, yields no personal data:

not from drafts, not from packages, not from what was deleted.
"""

import random
import subprocess
import sys
import zlib
from pathlib import Path

NAME = "Nguyễn Thị Hoà Bình"
NUMBER = "042203001234"

# It ends by SIGKILL in the middle of a save, so that journals are left too.
PROGRAM = """
import os, random, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from kiosk.custody.database import CustodyDatabase
from kiosk.custody.outbox import Outbox
from kiosk.sealing.header import DriverNote, PackageHeader
from kiosk.sealing.keys import Recipients, SigningKey
from kiosk.sealing.package import seal
from kiosk.sealing.suites import OpeningKey
from kiosk.sealing.vault import Argon2Cost, Vault, device_secret
from kiosk.storage.drafts import DraftStore

folder, name, number = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
capture = random.Random(5).randbytes(40_000)
state = (name + number).encode() + name.encode("utf-16-le")
office = OpeningKey.generate()
recipients = Recipients(office.public, office.public)
signer = SigningKey.generate()
signer.save(folder / "sign.pem")
cost = Argon2Cost(memory_kib=32, iterations=1, lanes=1)
vault = Vault(folder / "vault.json", device_secret(folder / "device-secret"), cost=cost)
key = vault.create("can-bo-1", "135790", recovery=office.public)
database = CustodyDatabase.open(folder / "outbox" / "outbox.db", folder / "kiosk.db")
outbox, drafts = Outbox(database), DraftStore(database, key)

def sealed(seq, prev):
    header = PackageHeader(
        id="0193b3a0-1234-7abc-8def-0123456789ab", kiosk="kiosk-tk-01", seq=seq, prev=prev, suite=recipients.suite,
        summary_kid=recipients.summary.kid, body_kid=recipients.body.kid, boot="b", mono_ms=1, wall=datetime.now(UTC),
        clock_src="ntp", sw="0.1.0", drivers={"camera": DriverNote("simulated", True)},
    )
    return seal(header, summary=state, body=state + capture, recipients=recipients, signer=signer)

drafts.save("a", "identity", state=state, captures={"portrait": capture})
outbox.commit_enrolment("a", sealed, within=drafts.drop_within("a"))
drafts.save("b", "identity", state=state, captures={"portrait": capture, "print": capture[::-1]})
drafts.save("c", "identity", state=state, captures={})
drafts.drop("c")
with database.transaction() as connection:
    connection.execute("PRAGMA private.cache_size = 5")
    drafts.save("b", "prints", state=state * 2, captures={f"c{n}": capture + bytes([n]) for n in range(9)})
    assert any(path.name.endswith("-journal") for path in folder.rglob("*"))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_no_file_of_a_killed_kiosk_holds_a_name_a_number_or_a_capture(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), NAME, NUMBER],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (-9, "")
    capture = random.Random(5).randbytes(40_000)
    needles = [text.encode(code) for text in (NAME, NUMBER, "Hoà") for code in ("utf-8", "utf-16-le", "utf-16-be")]
    needles += [capture[start : start + 16] for start in range(0, 40_000, 500)]
    needles += [capture[::-1][start : start + 16] for start in range(0, 40_000, 500)]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]

    assert {"outbox.db", "kiosk.db", "kiosk.db-journal", "vault.json", "device-secret"} <= {path.name for path in files}
    assert sum(path.stat().st_size for path in files) > 200_000
    for path in files:
        content = path.read_bytes()
        for needle in needles:
            assert needle not in content, path.name
        # What repeats or reads as text packs well; what is sealed does not. Databases keep pages of zeros.
        if path.name == "kiosk.db":
            full = b"".join(
                content[at : at + 4096] for at in range(4096, len(content), 4096) if any(content[at : at + 4096])
            )
            assert len(zlib.compress(full)) > len(full) * 0.8
    assert all(path.stat().st_mode & 0o077 == 0 for path in files if path.parent.name != "outbox")
