"""The real window and the real journey: the language is turned while something is typed, and nothing of it is lost."""

from collections.abc import Callable

import pytest

from kiosk.journey.events import LooksShown
from kiosk.journey.turning import PIN
from kiosk.ui.settings import DisplaySettings
from tests.journey.script import CATALOGUES, Kiosk
from tests.ui.journeys import view_of
from tests.ui.screen_stage import PANELS, Screen

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen")]


class Session:
    """A window and a journey: what is touched happens, and what comes of it is shown."""

    def __init__(self, screen: Screen, kiosk: Kiosk) -> None:
        self.screen, self.kiosk = screen, kiosk
        screen.app.show(kiosk.view())

    def touch(self, *names: str) -> "Session":
        for name in names:
            self.screen.settle()
            self.screen.touch(name)
            for event in self.screen.sent:
                if not isinstance(event, LooksShown):
                    self.kiosk.happens(event)
            self.screen.sent.clear()
            self.screen.app.show(self.kiosk.view())
        return self

    def words(self) -> str:
        from kiosk.ui.arrangement import Target, Words

        items = self.screen.app.arrangement().items
        shown = [item for item in items if isinstance(item, Words)]
        shown += [part for item in items if isinstance(item, Target) for part in item.covers if isinstance(part, Words)]
        return " ".join(" ".join(words.paragraph.lines) for words in shown)


@pytest.fixture(params=["800x480", "720x1280"])
def screen(open_screen: Callable[[DisplaySettings], Screen], request: pytest.FixtureRequest) -> Screen:
    return open_screen(PANELS[request.param])


def test_what_is_typed_into_a_form_is_still_there_in_the_other_language(screen: Screen) -> None:
    kiosk = Kiosk().begin().card_read().touch("other").at("edit.identity")
    session = Session(screen, kiosk).touch("ui.field.0", *("ui.key.delete",) * 3, "ui.key.a", "ui.key.n")
    assert "TRẦN THỊ an" in session.words().replace("An", "an")
    session.touch("help", "other", "language")
    assert kiosk.session.language == "en"
    kiosk.at("edit.identity")
    shown = session.words()
    assert CATALOGUES["en"].screen("edit.identity").title in shown
    assert "TRẦN THỊ an" in shown.replace("An", "an"), "what was typed"
    session.touch("ui.field.1", "ui.field.2")
    shown = session.words()
    assert CATALOGUES["en"].text("sex.female") in shown, "and what was not comes in the language of the form"
    session.touch("yes")
    assert kiosk.session.answers.identity is not None
    assert kiosk.session.answers.identity.name == "TRẦN THỊ AN"


def test_it_is_turned_on_the_page_for_letters_which_stays_open(screen: Screen) -> None:
    kiosk = Kiosk().begin()
    session = Session(screen, kiosk).touch("ui.looks", "ui.text.large", "language")
    assert kiosk.session.language == "en"
    assert CATALOGUES["en"].text("looks.done") in session.words()
    assert CATALOGUES["en"].text("nav.help") in session.words().replace("  ", " ")
    session.touch("language", "language", "ui.looks.done")
    assert kiosk.session.step == "document"
    assert CATALOGUES["en"].screen("document").title in session.words()


def test_a_secret_that_is_half_typed_stays_under_a_turn_and_goes_with_help(screen: Screen) -> None:
    view = view_of(PIN, "vi")
    screen.app.show(view)
    screen.settle()
    for key in "2468":
        screen.settle()
        screen.touch(f"ui.key.{key}")
    screen.app.show(view_of(PIN, "en"))
    screen.settle()
    screen.touch("yes")
    assert screen.sent[-1].values == {"pin": "2468"}  # type: ignore[union-attr]
    screen.app.show(view_of("help", "en"))
    screen.app.show(view_of(PIN, "en"))
    screen.settle()
    screen.touch("yes")
    assert screen.sent[-1].values == {"pin": ""}  # type: ignore[union-attr]


def test_help_and_what_says_it_again_are_on_the_page_too(screen: Screen) -> None:
    kiosk = Kiosk().begin()
    session = Session(screen, kiosk).touch("ui.looks", "again")
    assert kiosk.session.repeated
    assert "ui.looks.done" in screen.app.touch_targets(), "the page stays while it is said again"
    session.touch("help")
    assert kiosk.session.overlay == "help"
    assert "ui.looks.done" not in screen.app.touch_targets()
