"""Many walks through one kiosk, one citizen after the other, as on a day in the village."""

import random
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from kiosk.ui.settings import DisplaySettings
from tests.walks.citizen import Manner
from tests.walks.hand import Tremor
from tests.walks.house import House, open_house
from tests.walks.tally import Tally
from tests.walks.walk import Walk, sign_in, somebody

#: Seed of citizen and hand, how they go, and how far each way the hand misses, in mm.
Seeded = tuple[int, Manner, float]
#: After so long the officer helps who is not seen as wanted; sooner than by itself, as each look takes its time.
_PATIENCE_S: Final = 8.0


async def walks(
    folder: Path,
    display: DisplaySettings,
    wanted: Sequence[Seeded],
    told: Callable[[int, Tally], None] = lambda _place, _tally: None,
) -> Tally:
    """Walk once for each of `wanted`; `told` hears of each walk. After a dead end a fresh kiosk is opened.

    A kiosk that breaks is a dead end too.
    """
    total, place, houses = Tally(), 0, 0
    while place < len(wanted):
        houses += 1
        try:
            async with open_house(
                folder / f"kiosk-{houses}", display, painted=False, portrait_patience_s=_PATIENCE_S
            ) as house:
                await sign_in(house)
                dead = False
                while place < len(wanted) and not dead:
                    one = await _walk(house, *wanted[place])
                    dead = bool(one.dead_ends)
                    total.add(one)
                    told(place, one)
                    place += 1
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody stands before a kiosk that broke
            traceback.print_exc()
            why = f"it broke: {type(error).__name__}: {error}"
            one = Tally(walks=1, ends=Counter({"dead end": 1}), dead_ends=[why])
            if place < len(wanted):
                total.add(one)
                told(place, one)
            place += 1
    return total


async def _walk(house: House, seed: int, manner: Manner, sigma_mm: float) -> Tally:
    dice = random.Random(seed)
    return await Walk(house, somebody(dice, manner), Tremor(sigma_mm), dice).run()
