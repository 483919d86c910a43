"""The newest lines of the log, as the office may have them: places and kinds, and nothing that could be a person."""

import logging
import subprocess
import sys

# The log belongs to a process: it is started in one of its own.
PROGRAM = """
import logging
from kiosk.logs import newest_lines, start_log
start_log()
log = logging.getLogger("kiosk.test")
log.info("first")
for n in range(500):
    log.info("line %d of many", n)
name = "Nguy\u1ec5n Th\u1ecb M\u1eadn"
log.info("enrolment 0193b3a0-1234-7abc-8def-0123456789ab of %s, 042150001234, 0912345678, receipt 41", name)
try:
    raise ValueError("042150001234")
except ValueError:
    log.exception("it failed")
log.debug("not told")
log.info("x" * 1000)
for line in newest_lines(4):
    print(line)
print(len(newest_lines(1000)), len(newest_lines(0)))
"""


def test_the_newest_lines_are_kept_short_and_name_nobody() -> None:
    # CK-CMD-16
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=True)
    told, failed, place, long, counts = ran.stdout.splitlines()
    assert told.endswith("INFO kiosk.test: enrolment * of * * *, *, *, receipt 41")
    assert failed.endswith("ERROR kiosk.test: it failed")
    assert place.startswith("ValueError at <string>")
    assert "042150001234" not in ran.stdout
    assert len(long) == 240
    assert counts == "400 0"
    assert logging.getLogger("kiosk.test").handlers == []
