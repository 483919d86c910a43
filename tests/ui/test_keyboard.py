"""The officer's keyboard through the real window: Telex, VNI, letters of the minorities, and what is kept."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from kiosk.journey.events import FormFilled
from kiosk.journey.view import Field, FieldKind, Form
from kiosk.ui.settings import DisplaySettings
from kiosk.words.keys import ETHNIC_LETTERS, Method
from tests.ui.journeys import view_of
from tests.ui.screen_stage import OWN_SIZES, PANELS, Screen

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen")]
Open = Callable[[DisplaySettings], Screen]
NAME = "ui.field.0"
#: How one comes from page to page: by its key on any other.
PAGE_KEYS = ("ui.key.letters", "ui.key.digits", "ui.key.rare")


def relatives(screen: Screen) -> None:
    """Show three empty fields for names."""
    view = view_of("edit.relatives", "vi")
    assert view.form is not None
    fields = tuple(replace(one, value="") for one in view.form.fields)
    screen.app.show(replace(view, form=replace(view.form, fields=fields)))
    screen.settle()


def find(screen: Screen, key: str) -> None:
    """Turn pages until a key is there, and touch it."""
    for page in ("", *PAGE_KEYS, *PAGE_KEYS):
        if f"ui.key.{key}" in screen.app.touch_targets():
            break
        if page in screen.app.touch_targets():
            screen.touch(page)
            screen.settle()
    screen.touch(f"ui.key.{key}")
    screen.settle()


def type_text(screen: Screen, text: str) -> None:
    for letter in text:
        find(screen, "space" if letter == " " else letter)


def use(screen: Screen, method: Method) -> None:
    """Choose a way of typing by its key."""
    for _ in range({"direct": 0, "telex": 1, "vni": 2}[method]):
        find(screen, "method")


def first_value(screen: Screen) -> str:
    screen.touch("yes")
    (filled,) = [one for one in screen.sent if isinstance(one, FormFilled)]
    return next(iter(filled.values.values()))


@pytest.mark.parametrize("panel", OWN_SIZES)
@pytest.mark.parametrize(("method", "keys"), [("telex", "nguyeenx vawn ddinhf"), ("vni", "nguye6n4 va8n d9inh2")])
def test_a_name_is_typed_by_telex_and_by_vni_on_every_panel(
    open_screen: Open, panel: str, method: Method, keys: str
) -> None:
    screen = open_screen(PANELS[panel])
    relatives(screen)
    use(screen, method)
    type_text(screen, keys)
    assert first_value(screen) == "Nguyễn Văn Đình"


@pytest.mark.parametrize("panel", OWN_SIZES)
def test_every_letter_of_the_minorities_is_on_every_panel_in_both_cases(open_screen: Open, panel: str) -> None:
    screen = open_screen(PANELS[panel])
    relatives(screen)
    type_text(screen, "h")
    type_text(screen, ETHNIC_LETTERS)
    find(screen, "shift")
    type_text(screen, "č")
    # Ê with a breve has no letter of its own: the breve goes over the Ê before it.
    type_text(screen, "ê\u0306")
    assert first_value(screen) == f"H{ETHNIC_LETTERS}Čê\u0306"


def test_the_way_of_typing_stays_from_form_to_form(open_screen: Open) -> None:
    screen = open_screen(PANELS["1280x800"])
    relatives(screen)
    use(screen, "telex")
    screen.app.show(view_of("consent", "vi"))
    relatives(screen)
    type_text(screen, "aas")
    assert first_value(screen) == "Ấ"


def half_typed(screen: Screen) -> None:
    relatives(screen)
    type_text(screen, "tra")


@pytest.mark.parametrize("cover", ["help", "idle"])
def test_what_is_half_typed_is_there_again_after_help_and_the_gentle_question(open_screen: Open, cover: str) -> None:
    screen = open_screen(PANELS["800x480"])
    half_typed(screen)
    screen.app.show(view_of(cover, "vi"))
    relatives(screen)
    type_text(screen, "n")
    assert first_value(screen) == "Tran"


def test_what_was_answered_or_left_is_not_put_back(open_screen: Open) -> None:
    screen = open_screen(PANELS["800x480"])
    half_typed(screen)
    screen.touch("other")
    screen.app.show(view_of("relatives", "vi"))
    relatives(screen)
    assert first_value(screen) == ""


@pytest.mark.parametrize("seen_between", [("help", "standby"), ("standby",), ("locked.office", "standby")])
def test_nothing_half_typed_outlives_its_citizen(open_screen: Open, seen_between: tuple[str, ...]) -> None:
    screen = open_screen(PANELS["800x480"])
    half_typed(screen)
    for view in seen_between:
        screen.app.show(view_of(view, "vi"))
    relatives(screen)
    assert first_value(screen) == ""


def test_no_secret_is_kept_while_help_is_on_the_screen(open_screen: Open) -> None:
    screen = open_screen(PANELS["800x480"])
    view = view_of("edit.relatives", "vi")
    asked = replace(view, form=Form((Field("pin", "PIN", "", FieldKind.SECRET),)))
    screen.app.show(asked)
    screen.settle()
    type_text(screen, "12")
    screen.app.show(view_of("help", "vi"))
    screen.app.show(asked)
    screen.settle()
    assert first_value(screen) == ""
