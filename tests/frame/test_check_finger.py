"""`kiosk check finger`: a module's identity and one live print, or a clear word."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from drivers.fingerprint.simulated import ModuleEmulator
from drivers.fingerprint.synthetic import Finger, Impression


def check(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kiosk.cli", "check", "finger", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)


@pytest.mark.parametrize(("name", "width", "height"), [("r503", 192, 192), ("r307", 256, 288)])
def test_a_module_tells_who_it_is_and_a_print_what_it_is_worth(
    tmp_path: Path, name: str, width: int, height: int
) -> None:
    with ModuleEmulator(name) as emulator:
        port = emulator.start()
        emulator.lay(Finger(7), Impression())
        done = check("--port", port, "--json", "--save", tmp_path / "print.png")
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert (told["width"], told["height"], told["baud"], told["simulated"]) == (width, height, 57600, True)
        assert told["verdict"] == "good"
        assert told["evidence"]
        picture = cv2.imread(str(tmp_path / "print.png"), cv2.IMREAD_UNCHANGED)
        assert picture is not None
        assert picture.shape == (height, width)
        assert len(np.unique(picture)) > 2
        # The module holds white now: nothing of the finger is left in it.
        assert set(emulator.module.image or b"") <= {0xFF}


def test_no_finger_in_time_and_no_sensor_are_told_apart(tmp_path: Path) -> None:
    with ModuleEmulator("r503") as emulator:
        done = check("--port", emulator.start(), "--wait", "0.2", "--json")
    assert done.returncode == 1
    assert "no finger" in json.loads(done.stdout)["error"]
    done = check("--port", tmp_path / "nothing", "--json")
    assert done.returncode == 2
    assert "nothing" in json.loads(done.stdout)["error"]
    assert "Traceback" not in done.stderr
