"""What the coach gains in simulated fingers: accepted prints a minute, with its advice and without.

Each citizen has fingers grown from a seed with flaws drawn for them: skin (dry, wet, worn), the way of pressing, the
glass. Both sides press the same fingers with the same chances, are judged by the kiosk's own assessment, stop by the
same rule and keep the best try. With the coach what it advises is done before the next press and takes its whole time;
without it the finger is pressed again, as it happens to be. What a remedy does to a simulated finger is assumed here
(`EFFECTS`), not measured on skin: nothing is said about real hands.
"""

import argparse
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from drivers.fingerprint.synthetic import Finger, Impression, Pattern, print_of
from kiosk.biometrics.prints import assess
from kiosk.domain.effort import worth_another_try
from kiosk.domain.experience import NOTHING_SEEN, Attempt, Experience, Remedy, RemedyOutcome, learn
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.remedies import HEARD_S, Remedies, choose, remedies_from

CITIZENS: Final = 40
FINGERS: Final = 4
GOOD: Final = 45
TRIES: Final = 4
#: Seconds of one press: the hand, the picture over the wire at 115200 baud, the verdict.
PRESS_S: Final = 6.0
AGE: Final = 70
_SIZE: Final = 192
_DPI: Final = 508
_LADDER: Final = Path(__file__).resolve().parents[2] / "config" / "remedies.toml"


def _eased(name: str, share: float, **more: float) -> Callable[[Impression], Impression]:
    """Give what leaves `share` of one flaw, and sets others."""
    return lambda press: replace(press, **{name: getattr(press, name) * share}, **more)  # type: ignore[arg-type]


#: What each remedy is assumed to do to the press. Most skin remedies help in part, and ice does nothing.
EFFECTS: Final[dict[Remedy, Callable[[Impression], Impression]]] = {
    Remedy.WASH: lambda press: replace(press, dryness=press.dryness * 0.75, wear=press.wear * 0.9, smudge=0.0),
    Remedy.WARM: lambda press: replace(press, dryness=press.dryness * 0.55, wear=press.wear * 0.85),
    Remedy.DAMP: _eased("dryness", 0.4),
    Remedy.LIGHTER: lambda press: replace(press, pressure=min(press.pressure, 0.55), smudge=press.smudge * 0.6),
    Remedy.FIRMER: lambda press: replace(press, pressure=max(press.pressure, 0.5)),
    Remedy.MOVE: lambda press: replace(press, offset_mm=(press.offset_mm[0] * 0.25, press.offset_mm[1] * 0.25)),
    Remedy.LIFT: _eased("smudge", 0.2),
    Remedy.GLASS: _eased("dirt", 0.0),
    Remedy.DRYER: _eased("wetness", 0.35),
    Remedy.POWDER: _eased("wetness", 0.5, dirt=0.0),
    Remedy.DEODORANT: _eased("wetness", 0.6, dirt=0.0),
    Remedy.ICE: lambda press: press,
}


@dataclass(slots=True)
class Tally:
    """One side: fingers with a good print, seconds, presses and the sum of the best qualities."""

    accepted: int = 0
    seconds: float = 0.0
    presses: int = 0
    quality: int = 0
    fingers: int = 0
    known: Experience = field(default_factory=lambda: NOTHING_SEEN)

    @property
    def a_minute(self) -> float:
        """Accepted prints a minute."""
        return 60 * self.accepted / self.seconds


def flawed(chance: np.random.Generator) -> Impression:
    """Draw what is wrong with somebody's finger: one flaw mostly, none or two sometimes."""
    press = Impression()
    for flaw in chance.choice(8, size=int(chance.choice([0, 1, 2], p=[0.15, 0.6, 0.25])), replace=False):
        bad = float(chance.uniform(0.5, 1.0))
        press = (
            replace(press, dryness=bad),
            replace(press, wetness=bad),
            replace(press, wear=bad),
            replace(press, smudge=bad),
            replace(press, dirt=bad),
            replace(press, pressure=0.08 + 0.2 * (1 - bad)),
            replace(press, pressure=0.8 + 0.2 * bad),
            replace(press, offset_mm=(float(chance.choice([-1, 1])) * 6.5 * bad, 0.0)),
        )[int(flaw)]
    return press


def as_it_happens(press: Impression, chance: np.random.Generator, seed: int) -> Impression:
    """Press once more: pressure, place and slipping differ a little each time, the skin and the glass do not."""
    right, down = press.offset_mm
    return replace(
        press,
        seed=seed,
        pressure=float(np.clip(press.pressure + chance.normal(0, 0.08), 0.05, 0.98)),
        smudge=float(np.clip(press.smudge + (chance.normal(0, 0.25) if press.smudge else 0.0), 0, 1)),
        offset_mm=(right + float(chance.normal(0, 0.8)), down + float(chance.normal(0, 0.8))),
        rotation_deg=float(chance.normal(0, 6)),
    )


def take(finger: Finger, press: Impression, side: Tally, ladder: Remedies | None, seed: int) -> None:
    """Take one finger as the kiosk does, with the ladder or without, and add it to the side's tally."""
    chance = np.random.default_rng((finger.seed, seed))
    attempts: list[Attempt] = []
    done: Remedy | None = None
    while True:
        grey = print_of(finger, as_it_happens(press, chance, len(attempts)), width_px=_SIZE, height_px=_SIZE, dpi=_DPI)
        found = assess(grey, _SIZE, _SIZE, _DPI)
        if done is not None and attempts:
            before = attempts[-1]
            outcome = RemedyOutcome.judged(
                before.verdict, done, before=before.quality, after=found.quality, good_from=GOOD
            )
            side.known = learn(side.known, outcome)
        attempts.append(Attempt(found.quality, found.verdict, done))
        side.seconds += PRESS_S
        side.presses += 1
        used = {attempt.remedy for attempt in attempts if attempt.remedy is not None}
        advice = None
        if ladder is not None and found.verdict is not PrintVerdict.GOOD:
            advice = choose(
                found.verdict, remedies=ladder, used=used, age=AGE, here=side.known, everywhere=NOTHING_SEEN
            )
        if len(attempts) >= TRIES or not worth_another_try(
            attempts, good_from=GOOD, remedy_gain=advice.gain if advice else 0.0, tries=0, minutes=0.0, age=AGE
        ):
            break
        done = advice.remedy if advice else None
        if advice is not None:
            side.seconds += advice.timer_s or HEARD_S
            press = EFFECTS[advice.remedy](press)
    side.fingers += 1
    side.quality += max(attempt.quality for attempt in attempts)
    side.accepted += any(one.verdict is PrintVerdict.GOOD and one.quality >= GOOD for one in attempts)


def measured(citizens: int, fingers: int, seed: int) -> tuple[Tally, Tally]:
    """Take the same fingers without and with the coach."""
    ladder = remedies_from(tomllib.loads(_LADDER.read_text(encoding="utf-8")))
    bare, coached = Tally(), Tally()
    chance = np.random.default_rng(seed)
    patterns = list(Pattern)
    for number in range(citizens * fingers):
        finger = Finger(100_000 * seed + number, patterns[number % len(patterns)])
        press = flawed(chance)
        take(finger, press, bare, None, seed)
        take(finger, press, coached, ladder, seed)
    return bare, coached


def prove(citizens: int = CITIZENS, *, fingers: int = FINGERS, seed: int = 1) -> Sequence[str]:
    """Give the lines of the report."""
    bare, coached = measured(citizens, fingers, seed)
    lines = [
        f"the coach's gain: {bare.fingers} simulated fingers, most with a flaw or two, seed {seed}; effects assumed",
        "                     without    with",
    ]
    for name, figure in (
        ("accepted prints", lambda side: f"{side.accepted}"),
        ("share accepted", lambda side: f"{100 * side.accepted / side.fingers:.0f} %"),
        ("mean best quality", lambda side: f"{side.quality / side.fingers:.1f}"),
        ("presses a finger", lambda side: f"{side.presses / side.fingers:.2f}"),
        ("seconds a finger", lambda side: f"{side.seconds / side.fingers:.1f}"),
        ("accepted a minute", lambda side: f"{side.a_minute:.2f}"),
    ):
        lines.append(f"  {name:18} {figure(bare):>8} {figure(coached):>7}")
    helped = sorted(coached.known.items(), key=lambda item: -item[1].tried)[:8]
    for (verdict, remedy), tally in helped:
        lines.append(f"  {verdict.value}: {remedy.value} helped {tally.whole[0]} of {tally.whole[1]}")
    return lines


def main() -> int:
    """Report the coach's gain alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--citizens", type=int, default=CITIZENS, help="simulated citizens, four fingers each")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    print("\n".join(prove(chosen.citizens, seed=chosen.seed)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
