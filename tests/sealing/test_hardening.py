"""A hardened process leaves no core."""

import subprocess
import sys

PROGRAM = """
import resource
from kiosk.sealing.hardening import harden_process
done = harden_process()
assert done.no_core_dump and done.not_dumpable
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
import ctypes
assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0
buffer = bytearray(64 << 20)
print("hard", len(buffer))
"""


def test_a_hardened_process_cannot_be_dumped_and_still_has_memory() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60, check=False)

    assert (done.stdout, done.stderr) == (f"hard {64 << 20}\n", "")
