"""Time from a print in memory to its verdict, on the sizes of the sensors that a kiosk has and on a large one."""

import statistics
import time
from typing import Any, Final

from drivers.fingerprint.synthetic import SITUATIONS, Finger, Look, print_of
from kiosk.biometrics.prints import assess

AIM_MS: Final = 15.0
SIZES: Final = {"R503": (192, 192, 508), "R307": (256, 288, 500), "500 x 500": (500, 500, 500)}
_LOOKS: Final = (Look.PLAIN, Look.OPTICAL, Look.CAPACITIVE)


def measure(rounds: int = 3) -> dict[str, Any]:
    """Judge one print of each situation and look, `rounds` times; give milliseconds for each size of sensor."""
    found: dict[str, Any] = {"aim_ms": AIM_MS}
    for name, (width, height, dpi) in SIZES.items():
        prints = [
            print_of(Finger(number), press, width_px=width, height_px=height, dpi=dpi, look=look)
            for number, press in enumerate(SITUATIONS.values())
            for look in _LOOKS
        ]
        assess(prints[0], width, height, dpi)  # what is loaded once does not count
        times_ms: list[float] = []
        for _ in range(rounds):
            for grey in prints:
                start = time.perf_counter()
                assess(grey, width, height, dpi)
                times_ms.append(1000 * (time.perf_counter() - start))
        times_ms.sort()
        found[name] = {
            "prints": len(times_ms),
            "median_ms": round(statistics.median(times_ms), 2),
            "p95_ms": round(times_ms[int(0.95 * len(times_ms))], 2),
        }
    return found


if __name__ == "__main__":
    print(measure())
