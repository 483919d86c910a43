"""Some walks of a trembling hand through the real app; `./run prove screens` takes a thousand."""

from pathlib import Path

import pytest

from tests.ui.screen_stage import PANELS
from tests.walks.citizen import Manner

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen"), pytest.mark.timeout(600)]


@pytest.mark.parametrize(
    ("panel", "sigma_mm", "manners"),
    [
        ("1280x800", 2.7, (Manner.PLAIN, Manner.WANDERING)),
        ("800x480", 2.7, (Manner.WANDERING,)),
        ("1280x800", 4.0, (Manner.WORST,)),
    ],
)
def test_a_trembling_hand_comes_to_the_end_and_no_wrong_choice_is_ever_taken(
    panel: str, sigma_mm: float, manners: tuple[Manner, ...], kivy_home: Path, tmp_path: Path
) -> None:
    del kivy_home
    from tests.walks.house import play
    from tests.walks.many import walks

    wanted = [(seed, manner, sigma_mm) for seed, manner in enumerate(manners, start=41)]
    tally = play(walks(tmp_path, PANELS[panel], wanted))
    assert tally.walks == len(manners)
    assert tally.wrong == []
    assert tally.dead_ends == []
    assert tally.ends["enrolled"] + tally.ends["stopped with the officer"] == len(manners)
    # So few walks say little of shares; one touch in ten that is not heard would be much.
    assert tally.hit >= 0.9 * tally.meant > 0


def test_what_is_not_drawn_any_more_is_freed_while_somebody_walks(kivy_home: Path, tmp_path: Path) -> None:
    del kivy_home
    from kivy.clock import Clock

    from kiosk.ui.settings import LARGE_PANEL
    from tests.walks.house import open_house, play
    from tests.walks.walk import sign_in

    async def visit() -> int:
        async with open_house(tmp_path / "kiosk", LARGE_PANEL, painted=False) as house:
            before = Clock.frames
            await sign_in(house)
            return Clock.frames - before

    # A window whose loop never turns keeps the texture of every word that was ever written.
    assert play(visit()) >= 2
