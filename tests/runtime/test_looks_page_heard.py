"""While the page for letters, language and volume lies over a screen, it is what is said, in the language of now."""

from kiosk.journey.events import LooksShown, Touched
from kiosk.voice.voice import LOUDEST
from tests.journey.script import CATALOGUES
from tests.runtime.test_session_runner import House, Overheard, Player, house

__all__ = ["house"]


def test_the_page_is_said_in_the_language_that_is_turned_to_and_the_screen_when_it_goes(
    house: House, monkeypatch: object
) -> None:
    async def heard(text: str) -> None:
        assert house.said is not None
        while await house.said.get() != text:
            pass

    async def script(player: Player) -> None:
        page = {language: catalogue.text("looks.voice") for language, catalogue in CATALOGUES.items()}
        await player.signs_in()
        await player.touch("yes", "welcome")
        player.runner.take(LooksShown(on=True))
        await heard(page["vi"])
        player.runner.take(Touched("language"))
        await heard(page["en"])
        assert player.views[-1].language == "en"
        assert player.runner.session.step == "welcome"
        before = player.views[-1].loudness
        assert before[1] == LOUDEST
        player.runner.take(Touched("louder"))
        await heard(page["en"])
        while player.views[-1].loudness != (before[0] + 1, LOUDEST):
            await player.changes()
        player.runner.take(LooksShown(on=False))
        await heard(CATALOGUES["en"].screen("welcome").voice)
        assert player.runner.help_calls == 0
        # The button speaks from its own thread: what it said is waited for before anything else is touched.
        house.panel.press_help()
        await player.sees("help")
        await player.touch("help", "help")
        await player.touch("yes", "welcome")
        assert player.runner.help_calls == 2

    # There is no loudspeaker here; that it is missing is another test's.
    monkeypatch.setattr(Overheard, "trouble", None)  # type: ignore[attr-defined]
    house.plays(script)
