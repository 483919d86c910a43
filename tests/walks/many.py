"""Many walks through one kiosk, one citizen after the other, as on a day in the village."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from kiosk.ui.settings import DisplaySettings
from tests.walks.citizen import Manner
from tests.walks.hand import Tremor
from tests.walks.house import House, open_house
from tests.walks.tally import Tally
from tests.walks.walk import Walk, sign_in, somebody

Seeded = tuple[int, Manner]


async def walks(
    folder: Path,
    display: DisplaySettings,
    sigma_mm: float,
    wanted: Sequence[Seeded],
    told: Callable[[Tally], None] = lambda _tally: None,
) -> Tally:
    """Walk once for each seed and manner; `told` hears of each walk. After a dead end a fresh kiosk is opened."""
    total, left, houses = Tally(), list(wanted), 0
    while left:
        houses += 1
        async with open_house(folder / f"kiosk-{houses}", display) as house:
            await sign_in(house)
            while left:
                seed, manner = left.pop(0)
                one = await _walk(house, seed, manner, sigma_mm)
                total.add(one)
                told(one)
                if one.dead_ends:
                    break
    return total


async def _walk(house: House, seed: int, manner: Manner, sigma_mm: float) -> Tally:
    dice = random.Random(seed)
    return await Walk(house, somebody(dice, manner), Tremor(sigma_mm), dice).run()
