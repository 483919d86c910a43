"""The portrait coach: time to analyse one frame, frames to a stable verdict, and what the live preview costs."""

import argparse
import importlib
import json
import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Final

import cv2
import numpy as np

from kiosk.biometrics.portrait import Analyser, Depth, FaceReading, Pixels, Sitter, crop_portrait, judge

FACE: Final = Path(__file__).parents[1] / "biometrics_portrait" / "astronaut.png"
LIVE: Final = "tests.bench._portrait_live"
_ROUNDS: Final = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    wanted = parser.parse_args()
    figures = measure_analysis()
    if find_spec(LIVE) is not None:
        figures["live"] = importlib.import_module(LIVE).measure()
    for name, value in figures.items():
        print(f"{name:36} {value}")
    if wanted.json is not None:
        wanted.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def measure_analysis() -> dict[str, Any]:
    """Measure on the public-domain test face, as a preview of 640 x 360 and as a shot of 2592 x 2592 pixels sees it."""
    analyser = Analyser()
    preview, shot = frame(640, 360), np.asarray(cv2.resize(picture(), (2592, 2592)), np.uint8)
    shot_reading = analyser.analyse(shot, depth=Depth.SHOT)
    reading = analyser.analyse(preview)
    return {
        "load_average": os.getloadavg()[0],
        "inter_eye_px_in_preview": round(reading.measures["inter_eye_distance"], 1),
        "quick_ms": timed(lambda: analyser.analyse(preview)),
        "full_ms": timed(lambda: analyser.analyse(preview, depth=Depth.FULL)),
        "shot_ms": timed(lambda: analyser.analyse(shot, depth=Depth.SHOT), rounds=6),
        "judge_ms": timed(lambda: judge(reading)),
        "crop_and_jpeg_ms": timed(lambda: crop_portrait(shot, shot_reading), rounds=6),
        "frames_to_a_stable_verdict": frames_to_stable(analyser, preview),
    }


def picture() -> Pixels:
    read = cv2.imread(str(FACE), cv2.IMREAD_COLOR)
    if read is None:
        raise SystemExit(f"{FACE} is not there")
    return np.ascontiguousarray(read[:, :, ::-1], np.uint8)


def frame(wide: int, high: int) -> Pixels:
    """Put the whole test picture into the middle of a frame, before its own wall's colour."""
    whole = np.full((high, wide, 3), (196, 192, 198), np.uint8)
    face = cv2.resize(picture(), (high, high), interpolation=cv2.INTER_AREA)
    left = (wide - high) // 2
    whole[:, left : left + high] = face
    return whole


def timed(work: Callable[[], object], rounds: int = _ROUNDS) -> dict[str, float]:
    work()
    taken: list[float] = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    return {
        "median": round(median(taken), 2),
        "p95": round(taken[int(len(taken) * 0.95)], 2),
        "least": round(taken[0], 2),
    }


def frames_to_stable(analyser: Analyser, still: Pixels) -> dict[str, int]:
    """Count frames until the failing checks stay the same for ten frames, with a sensor's noise on each."""
    noise = np.random.default_rng(5)
    sitter = Sitter()
    seen: list[frozenset[str]] = []
    for number in range(40):
        noisy = np.clip(still + noise.normal(0, 4, still.shape), 0, 255).astype(np.uint8)
        reading: FaceReading = analyser.analyse(noisy, depth=Depth.FULL if number % 8 == 0 else Depth.QUICK)
        checks = sitter.add(reading, number / 15).checks
        seen.append(frozenset(check.name for check in checks if not check.passed))
    last = seen[-1]
    since = next((at for at in range(len(seen)) if all(one == last for one in seen[at:])), len(seen))
    changes = sum(one != other for one, other in pairwise(seen))
    return {"frames": since + 1, "changes_in_40": changes}


if __name__ == "__main__":
    main()
