"""The yes key turns pages that were not read, as the main button does, unless all of them are said aloud."""

import asyncio
from dataclasses import replace

from drivers.panel.api import PanelEvent
from kiosk.domain.access import Access
from tests.runtime.test_session_runner import House, Player, house

__all__ = ["house"]


class Reader(Player):
    """A window with pages that are not read."""

    def __init__(self, house: House) -> None:
        super().__init__(house)
        self.turned = asyncio.Event()

    unread = 2

    def turn_page(self) -> bool:
        self.unread -= 1
        self.turned.set()
        return self.unread >= 0


async def welcomed(player: Player, house: House) -> Reader:
    """Somebody has come to a kiosk whose facts are read by this reader, and whose keys count at once."""
    reader = Reader(house)
    player.runner._screen.turn_page = reader.turn_page  # type: ignore[method-assign]
    keys = player.runner._keys
    # The guards of the keys are another test's.
    keys._rules = replace(keys._rules, settle_s=0, repeat_s=0)
    await player.signs_in()
    await player.touch("yes", "welcome")
    return reader


def test_the_yes_key_answers_when_the_last_page_is_there(house: House) -> None:
    async def script(player: Player) -> None:
        reader = await welcomed(player, house)
        await player.touch("yes", "consent")
        for left in (1, 0):
            player.runner.panel_event(PanelEvent.YES_PRESSED)
            await reader.turned.wait()
            reader.turned.clear()
            assert reader.unread == left
            assert player.runner.session.step == "consent"
        player.runner.panel_event(PanelEvent.YES_PRESSED)
        await player.sees("document")

    house.plays(script)


def test_who_cannot_see_has_heard_them_all(house: House) -> None:
    async def script(player: Player) -> None:
        reader = await welcomed(player, house)
        player.runner._session = replace(player.runner.session, access=Access.BLIND)
        await player.touch("yes", "consent")
        player.runner.panel_event(PanelEvent.YES_PRESSED)
        await player.sees("document")
        assert reader.unread == Reader.unread

    house.plays(script)
