"""What the two big buttons say: by label, colour and icon, the same on every screen of every journey."""

import re

import pytest

from kiosk.journey.speaking import for_keys
from kiosk.words.catalogue import Language
from tests.ui.journeys import LANGUAGES, views

# Their moments are those of the screens' own tests: played once, where those are.
pytestmark = pytest.mark.xdist_group("screen")

#: What an icon stands for, where it stands for one thing alone.
MEANINGS: dict[str, set[str]] = {
    "no_card": {"Không mang theo"},
    "no_phone": {"Không có"},
    "no_finger": {"Ngón này không lấy được"},
    "no_number": {"Không có số"},
    "keypad": {"Bấm số bằng tay"},
    "hand": {"Chưa đồng ý"},
    "unsure": {"Chưa chắc"},
    "start": {"Cán bộ bắt đầu"},
    "skip": {"Bỏ qua"},
    "officer": {"Cán bộ giúp"},
    "note": {"Ghi lý do, làm tiếp"},
    "bin": {"Xóa hẳn"},
    "nod": {"Có"},
    "shake": {"Không"},
    "phone": {"Bấm số"},
    "louder": {"Nói to hơn"},
    "mirror": {"Soi gương"},
    "language": {"English"},
}
#: These say only that it goes on, that something is mended, or that it goes back.
GENERAL = {"tick", "pen", "undo"}

#: How a label begins that says no.
NO = re.compile(r"(không|chưa|thôi|no|not|don't|nothing|nobody|never|without)\b", re.IGNORECASE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_green_tick_stands_on_a_label_that_says_no(language: Language) -> None:
    shown = [(name, button) for name, view in views(language) for button in view.buttons]
    ticked = [(name, button.label) for name, button in shown if button.icon == "tick" and not button.neutral]
    assert len(ticked) > 80
    assert [(name, label) for name, label in ticked if NO.match(label)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_a_question_of_safety_no_answer_looks_like_the_one_that_is_wished_for(language: Language) -> None:
    asked = [view for _, view in views(language) if view.key == "remedy.ask"]
    for view in asked:
        assert [button.neutral for button in view.buttons] == [True, True]
        assert [button.icon for button in view.buttons] == ["shake", "nod"]
    assert asked
    others = [button for _, view in views(language) if view.key != "remedy.ask" for button in view.buttons]
    assert not any(button.neutral for button in others)


def test_every_icon_of_an_answer_stands_for_one_thing() -> None:
    found: dict[str, set[str]] = {}
    for _, view in views("vi"):
        for button in view.buttons:
            found.setdefault(button.icon, set()).add(button.label)
    assert {icon: labels for icon, labels in found.items() if icon not in GENERAL} == MEANINGS


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_says_what_both_colours_mean(language: Language) -> None:
    named = {"vi": ("nút xanh", "nút vàng", "gật đầu", "lắc đầu"), "en": ("green", "yellow", "nodding", "shaking")}
    yes, other, nod, shake = named[language]
    asked: set[str] = set()
    for name, view in views(language):
        voice = view.voice.casefold()
        if view.finger is not None and view.key == f"print.{view.finger}" and not view.hint:
            # Here the yellow button stands alone: that this finger cannot be taken.
            assert re.search(other, voice), name
        if len(for_keys(view)) == 2:
            asked.add(view.key)
            wanted = (nod, shake) if all(button.neutral for button in view.buttons) else (yes, other)
            assert all(re.search(one, voice) for one in wanted), (name, view.voice)
    assert asked >= {"welcome", "consent", "declined", "document", "document.lifted", "identity", "visit", "home"}
    assert asked >= {"phone", "relatives", "portrait.prepare", "portrait.review", "review", "remedy.ask"}
