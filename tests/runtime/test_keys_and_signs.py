"""Presses of the two keys count once and not too soon; who cannot hear sees the signs."""

import asyncio

from drivers.panel.simulated import SimulatedPanel
from kiosk.journey.events import KeyPressed, Touched
from kiosk.journey.view import View
from kiosk.runtime.keys import KeyRules, Keys
from kiosk.runtime.signs import FLASHES_S, LightSigns
from tests.journey.test_covered_steps import kiosk_at

YES, NO = KeyPressed(yes=True), KeyPressed(yes=False)


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def keys_at(screen: str) -> tuple[Keys, Clock, View]:
    clock, view = Clock(), kiosk_at(screen).view()
    keys = Keys(KeyRules(), monotonic_s=clock)
    keys.shown(view)
    return keys, clock, view


def test_a_key_does_not_count_so_soon_after_another_screen_came() -> None:
    keys, clock, view = keys_at("consent")
    clock.now_s += 0.3
    assert keys.touch(YES, view) is None
    clock.now_s += 0.8
    assert keys.touch(YES, view) == Touched("yes")
    assert keys.rejected == 1


def test_a_trembling_hand_presses_once() -> None:
    keys, clock, view = keys_at("consent")
    clock.now_s += 5
    assert keys.touch(YES, view) == Touched("yes")
    for _ in range(3):
        clock.now_s += 0.2
        assert keys.touch(YES, view) is None
    assert keys.touch(NO, view) == Touched("other")


def test_a_screen_that_only_changes_its_percent_is_no_other_screen() -> None:
    keys, clock, view = keys_at("consent")
    clock.now_s += 5
    keys.shown(view)
    assert keys.touch(YES, view) == Touched("yes")


def test_no_key_answers_a_screen_that_lies_under_the_page_for_letters_and_hand() -> None:
    keys, clock, view = keys_at("consent")
    clock.now_s += 5
    keys.cover(on=True)
    assert keys.touch(YES, view) is None
    clock.now_s += 5
    keys.cover(on=False)
    assert keys.touch(YES, view) == Touched("yes")
    keys.cover(on=True)
    other = kiosk_at("identity").view()
    keys.shown(other)  # the window takes its page away with the screen below
    clock.now_s += 5
    assert keys.touch(YES, other) == Touched("yes")


def test_before_the_first_screen_a_key_means_nothing() -> None:
    assert Keys().touch(YES, None) is None


def test_a_sign_flashes_slowly_and_ends_dark() -> None:
    panel = SimulatedPanel()
    try:
        levels: list[float] = []
        original = panel.ring_light

        def seen(level: float) -> None:
            levels.append(level)
            original(level)

        panel.ring_light = seen  # type: ignore[method-assign]

        async def flash() -> None:
            signs = LightSigns(panel)
            signs.flash("good")
            assert panel.ring_level == 1.0
            until = asyncio.get_running_loop().time() + 10
            while panel.ring_level:
                assert asyncio.get_running_loop().time() < until
                await asyncio.sleep(0.02)
            signs.flash("call")
            signs.stop()

        asyncio.run(flash())
        assert levels == [1.0, 0.0, 1.0, 0.0]
    finally:
        panel.close()


def test_no_sign_flashes_more_than_three_times_a_second() -> None:
    for flashes in FLASHES_S.values():
        assert all(on_s + off_s > 1 / 3 for on_s, off_s in zip(flashes[::2], flashes[1::2], strict=False))
        assert len(flashes) % 2 == 1, "it ends with the light off"
