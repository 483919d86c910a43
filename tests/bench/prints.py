"""Prints: bringing an image against the wire's own limit and two public drivers, and the time to a verdict.

The emulated modules pace every byte as a UART does, in a process of their own. The limit is what the image's packets
take at the rate, ten bits a byte. Each driver brings the same picture; ours from the touch to the whole image, the
others with the calls that their manuals name for it.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import serial

from drivers.fingerprint.packets import OVERHEAD_BYTES
from drivers.fingerprint.personalities import PERSONALITIES
from drivers.fingerprint.real import open_sensor
from tests.bench import _prints_verdict
from tests.bench.spine import machine
from tests.drivers_fingerprint.public_drivers import adafruit_on, pyfingerprint_on

AIM: Final = 0.98
PACKET_BYTES: Final = 128
RATES: Final = (57600, 115200)
_MODULE: Final = """
import sys
from drivers.fingerprint.simulated import ModuleEmulator
name, baud = sys.argv[1], int(sys.argv[2])
with ModuleEmulator(name, baud=baud, pacing=True) as emulator:
    own = emulator.personality
    emulator.place(bytes(range(256)) * (own.width_px * own.height_px // 256), own.width_px, own.height_px)
    print(emulator.start(), flush=True)
    sys.stdin.read()
"""


@contextmanager
def module(name: str, baud: int) -> Generator[str]:
    """Let a paced module run in another process; gives its port."""
    command = [sys.executable, "-c", _MODULE, name, str(baud)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield process.stdout.readline().decode().strip()
        finally:
            process.stdin.close()
            process.wait(10)


def ours(port: str, baud: int, rounds: int) -> list[float]:
    """Bring images with this project's driver: seconds from the touch to the whole image."""
    sensor = open_sensor(port, simulated=True, baud=baud)
    taken: list[float] = []
    try:
        for _ in range(rounds):
            touched: list[float] = []
            sensor.capture(20.0, lambda touched=touched: touched.append(time.perf_counter()))
            taken.append(time.perf_counter() - touched[0])
    finally:
        sensor.close()
    return taken


def adafruit(port: str, baud: int, rounds: int) -> list[float]:
    """Bring images with adafruit-circuitpython-fingerprint: the call that reads the image buffer."""
    taken: list[float] = []
    with serial.Serial(port, baud, timeout=2) as line:
        driver = adafruit_on(line)
        for _ in range(rounds):
            assert driver.get_image() == 0
            start = time.perf_counter()
            driver.get_fpdata("image")
            taken.append(time.perf_counter() - start)
    return taken


def pyfingerprint(port: str, baud: int, rounds: int) -> list[float]:
    """Bring images with pyfingerprint: its call brings the image and writes a file."""
    driver = pyfingerprint_on(port, baud)
    taken: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            assert driver.readImage()
            start = time.perf_counter()
            driver.downloadImage(str(Path(folder) / "print.bmp"))
            taken.append(time.perf_counter() - start)
    return taken


def limit_s(name: str, baud: int) -> float:
    """How long the packets of one image take on the wire."""
    size = PERSONALITIES[name].image_bytes
    return (size + -(-size // PACKET_BYTES) * OVERHEAD_BYTES) * 10 / baud


def measure_uploads(rounds: int) -> list[dict[str, Any]]:
    """Bring images with each driver from each module at each rate."""
    drivers: dict[str, Callable[[str, int, int], list[float]]] = {"ours": ours, "adafruit": adafruit}
    found: list[dict[str, Any]] = []
    for name in ("r307", "r503"):
        for baud in RATES:
            row: dict[str, Any] = {"module": name, "baud": baud, "limit_s": round(limit_s(name, baud), 3)}
            # pyfingerprint knows one size of image alone.
            for who, bring in {**drivers, **({"pyfingerprint": pyfingerprint} if name == "r307" else {})}.items():
                with module(name, baud) as port:
                    seconds = statistics.median(bring(port, baud, rounds))
                row[f"{who}_s"] = round(seconds, 3)
                row[f"{who}_of_line_rate"] = round(row["limit_s"] / seconds, 4)
            found.append(row)
    return found


def table(found: dict[str, Any]) -> str:
    """Write the figures down for reading."""
    lines = [f"{'module':8} {'baud':>7} {'limit':>8}   seconds (share of the line rate), median; aim {AIM:.0%}"]
    for row in found["uploads"]:
        parts = [
            f"{who} {row[f'{who}_s']:.3f} ({row[f'{who}_of_line_rate']:.1%})"
            for who in ("ours", "adafruit", "pyfingerprint")
            if f"{who}_s" in row
        ]
        lines.append(f"{row['module']:8} {row['baud']:>7} {row['limit_s']:>7.3f}s   {', '.join(parts)}")
    verdicts = found["verdicts"]
    lines.append(f"\ntime to a verdict, one print in memory; aim {verdicts['aim_ms']:.0f} ms")
    lines += [
        f"{size:10} median {row['median_ms']:6.2f} ms   p95 {row['p95_ms']:6.2f} ms   ({row['prints']} prints)"
        for size, row in verdicts.items()
        if size != "aim_ms"
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure, and print a table and JSON."""
    parser = argparse.ArgumentParser(prog="./run bench prints", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--rounds", type=int, default=5, help="images for each driver, module and rate")
    chosen = parser.parse_args()
    found: dict[str, Any] = {
        "machine": machine(),
        "uploads": measure_uploads(chosen.rounds),
        "verdicts": _prints_verdict.measure(),
    }
    print(table(found))
    print(json.dumps(found))
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
