"""Whoever plays the officer finds every key, on whatever page of the keyboard it lies."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from kiosk.demo.player import Player
from kiosk.ui import keyboard


class _Board:
    """A window that shows one page of the keyboard; what is touched is its column."""

    def __init__(self, *, large: bool, upright: bool) -> None:
        self.typed: list[str] = []
        self._page: Any = keyboard.LETTERS
        self._kind = {"large": large, "upright": upright}

    def _codes(self) -> list[str]:
        return [key.code for row in keyboard.letters(page=self._page, method="direct", **self._kind) for key in row]

    def touch_targets(self) -> dict[str, tuple[float, float, float, float]]:
        return {f"ui.key.{code}": (float(column), 0.0, 0.0, 0.0) for column, code in enumerate(self._codes())}

    def press(self, x_px: float, _y_px: float) -> None:
        code = self._codes()[round(x_px)]
        if code in {keyboard.LETTERS, keyboard.DIGITS, keyboard.RARE}:
            self._page = code
        else:
            self.typed.append(code)


class _Quick(Player):
    async def _wait(self, seconds: float) -> None:
        del seconds


@pytest.mark.parametrize(("large", "upright"), [(True, False), (False, False), (False, True)])
def test_an_address_with_a_comma_is_typed_on_every_panel(large: bool, upright: bool) -> None:
    board = _Board(large=large, upright=upright)
    player = _Quick(board, None, Path())  # type: ignore[arg-type]
    asyncio.run(player._type("a, b1, c"))
    assert board.typed == ["shift", "a", ",", "space", "shift", "b", "1", ",", "space", "shift", "c"]
