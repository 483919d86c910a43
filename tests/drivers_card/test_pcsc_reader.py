"""The PC/SC driver where no card is needed: no service, and calls that hang."""

import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from drivers.card.line import Line
from drivers.card.pcscd import ensure_pcscd, why_not
from drivers.errors import DeviceMissing, DeviceTimeout

WITHOUT_SERVICE = """
from drivers.card.real import PcscReader, open_reader
from drivers.errors import DeviceGone, DeviceMissing
try:
    open_reader(None)
except DeviceMissing as error:
    print(error)
reader = PcscReader("Omnikey", simulated=False)
try:
    reader.wait_for_card(1.0)
except DeviceGone as error:
    print(error)
try:
    reader.transmit(bytes(4))
except DeviceGone as error:
    print(error)
print(reader.identity())
reader.cancel()
reader.disconnect()
reader.close()
"""


def test_without_pcscd_the_error_says_to_start_it() -> None:
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_SERVICE],
        env={**os.environ, "PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd.comm"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    missing, gone, no_card, identity = run.stdout.splitlines()
    assert "pcscd" in missing
    assert "start pcscd" in gone
    assert "no card" in no_card
    assert "simulated=False" in identity


def test_importing_the_driver_opens_nothing() -> None:
    code = "import sys, drivers.card.real; print('smartcard' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert run.stdout.strip() == "False"


def test_a_call_that_hangs_costs_the_line_and_not_the_caller() -> None:
    line = Line("test")
    never = threading.Event()
    with pytest.raises(DeviceTimeout):
        line.call(never.wait, timeout_s=0.01)
    never.set()
    assert line.call(lambda: 7, timeout_s=5.0) == 7
    line.end()


def test_errors_of_a_call_come_back_to_the_caller() -> None:
    line = Line("test")
    with pytest.raises(ZeroDivisionError):
        line.call(lambda: 1 // 0, timeout_s=5.0)
    line.end()


@pytest.mark.pcsc
def test_two_programs_take_turns_at_the_virtual_reader(virtual_reader: object) -> None:
    with pytest.raises(DeviceMissing, match="another program held"):
        ensure_pcscd(0.05)


@pytest.mark.pcsc
def test_a_pcscd_of_a_run_that_was_killed_is_ended_and_stops_nobody() -> None:
    reason = why_not()
    if reason is not None or os.geteuid() != 0:
        pytest.skip(reason or "only root may start pcscd")
    killed = """
import os, signal
from drivers.card.pcscd import ensure_pcscd, why_not
held = ensure_pcscd(90.0)
print(held._process.pid if held.started_here else 0, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    left = subprocess.run([sys.executable, "-c", killed], capture_output=True, text=True, timeout=110, check=False)
    orphan = int(left.stdout)
    if not orphan:
        pytest.skip("the system's own pcscd runs: none is started, and none is left behind")
    with ensure_pcscd(90.0) as reader:
        # One that has ended and that nobody has buried yet has no environment any more.
        with suppress(OSError):
            assert Path(f"/proc/{orphan}/environ").read_bytes() == b""
        assert reader.started_here
