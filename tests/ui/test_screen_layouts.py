"""Every screen, panel, language, theme, size of letters and hand: nothing too small, too close, clipped, or hidden.

Sizes and hand are walked on the panels of which no other has the same millimetres.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kiosk.journey.view import Choice, Layout, View
from kiosk.ui import palette
from kiosk.ui.keyboard import Pages
from kiosk.ui.measure import Rect
from kiosk.ui.pictures import inks
from kiosk.ui.settings import TEXT_SIZES, DisplaySettings, TextSize
from kiosk.words.keys import Method
from tests.journey.script import CATALOGUES
from tests.ui.journeys import LANGUAGES, RULES, moments, view_of, views, written_view
from tests.ui.screen_stage import OWN_SIZES, PANELS, Screen, empty_room

if TYPE_CHECKING:
    from kiosk.ui.arrangement import Arrangement, Words

#: A value for every placeholder that a screen's words may have.
#: A value for everything that a screen's words can ask for.
ANYTHING = dict.fromkeys(
    (name for key in CATALOGUES["vi"].screen_keys for name in CATALOGUES["vi"].screen_placeholders(key)), "…"
)

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen")]


def sample_views(*, whole: bool) -> Iterator[tuple[str, View]]:
    """Every moment, with the ribbon and, in the `whole` walk, without it, and lists of all lengths."""
    for language in LANGUAGES:
        for name, view in views(language):
            yield name, view
            if whole:
                yield f"{name} in the field", replace(view, ribbon="")
            if name.startswith("remedy.") or (name.startswith("document.") and view.layout is Layout.MESSAGE):
                yield f"{name} written", written_view(name, language)
        for count in (1, 2, 3, 8, 30):
            rows = tuple(Choice(f"person.{number}", f"Nguyễn Thị Phượng {number}") for number in range(count))
            yield f"{count} rows", view_of("print.exception", language, choices=rows)


#: Panel, size of letters, left hand.
LOOKS: list[tuple[str, TextSize, bool]] = [
    *((panel, "normal", False) for panel in PANELS),
    *((panel, size, False) for panel in OWN_SIZES for size in TEXT_SIZES if size != "normal"),
    *((panel, "normal", True) for panel in OWN_SIZES),
]


@pytest.fixture(scope="module", params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}{'-left' if look[2] else ''}")
def looks(request: pytest.FixtureRequest) -> tuple[str, TextSize, bool]:
    return request.param


@pytest.fixture(scope="module")
def panel(looks: tuple[str, TextSize, bool]) -> str:
    return looks[0]


@pytest.fixture(scope="module")
def screens(kivy_home: Path, looks: tuple[str, TextSize, bool]) -> list[tuple[View, "Arrangement"]]:
    """Arrange every sample once; drawing them is the goldens' matter."""
    del kivy_home
    from kiosk.ui.form import FormState
    from kiosk.ui.layouts import arrange
    from kiosk.ui.looks_page import Choices, arrange_looks

    panel, text_size, left = looks
    room = empty_room(panel, text_size)
    arranged: list[tuple[View, Arrangement]] = []
    for _name, view in sample_views(whole=text_size == "normal" and not left):
        arrangement = room(left)
        arrange(arrangement, view, form=FormState(view.form) if view.layout is Layout.FORM and view.form else None)
        arranged.append((view, arrangement))
        if view.layout is Layout.FACTS and arrangement.pages > 1:
            unread = room(left)
            arrange(unread, view, read=False)
            arranged.append((replace(view, key=f"{view.key} unread"), unread))
    typed = view_of("edit.identity", "vi")
    assert typed.form is not None
    faces: tuple[tuple[Pages, Method], ...] = (("letters", "vni"), ("digits", "vni"), ("rare", "direct"))
    for page, method in faces:
        arrangement = room(left)
        arrange(arrangement, typed, form=FormState(typed.form, page=page, method=method))
        arranged.append((replace(typed, key=f"{page} {method}"), arrangement))
    for language in LANGUAGES:
        view = view_of("consent", language)
        assert view.looks is not None
        arrangement = room(left)
        arrange_looks(arrangement, replace(view, loudness=(2, 4)), Choices(text_size, left))
        arranged.append((replace(view, key="looks", layout=Layout.CHOICE), arrangement))
    return arranged


def gap_between(one: Rect, other: Rect) -> float:
    across = max(other.x - one.right, one.x - other.right)
    along = max(other.y - one.top, one.y - other.top)
    return max(across, along)


def in_mm(rect: Rect, across: float, along: float) -> Rect:
    return Rect(rect.x / across, rect.y / along, rect.width / across, rect.height / along)


def test_everything_touchable_is_large_enough_apart_and_on_the_screen(
    screens: list[tuple[View, "Arrangement"]], panel: str
) -> None:
    from kiosk.ui.arrangement import Target

    display = PANELS[panel]
    across, along = display.width_px / display.panel_width_mm, display.height_px / display.panel_height_mm
    large = PANELS[panel].panel_width_mm >= 200
    key = 12.7 if not large else 16.0 if display.panel_height_mm >= 130 else 14.0
    wrong: list[str] = []
    for view, arrangement in screens:
        targets = [item for item in arrangement.items if isinstance(item, Target)]
        form = view.layout is Layout.FORM
        for target in targets:
            where = f"{view.key} {target.id} {view.layout}"
            least = key if target.kind == "key" else 16.0
            main = target.kind == "button" and not form
            width, height = target.rect.width / across, target.rect.height / along
            if width < (90.0 if main and large else least) or height < (25.0 if main and large else least):
                wrong.append(f"{where}: {width:.1f}x{height:.1f} mm")
            if target.rect.x < 0 or target.rect.y < 0:
                wrong.append(f"{where}: off the screen")
            if target.rect.right > PANELS[panel].width_px or target.rect.top > PANELS[panel].height_px:
                wrong.append(f"{where}: off the screen")
        for one, other in combinations(targets, 2):
            keys = "key" in (one.kind, other.kind)
            if gap_between(in_mm(one.rect, across, along), in_mm(other.rect, across, along)) < (
                5.0 if large and not keys else 2.54
            ):
                wrong.append(f"{view.key}: {one.id} and {other.id} too close")
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_no_text_is_clipped_shrunk_below_its_least_size_or_covered(  # noqa: C901 - one walk, many findings
    screens: list[tuple[View, "Arrangement"]], panel: str
) -> None:
    from kiosk.ui.arrangement import Drawing, Modules, PhotoPlace, PreviewPlace, SpinnerPlace, Target, Words

    whole = Rect(0, 0, PANELS[panel].width_px, PANELS[panel].height_px)
    wrong: list[str] = []
    for view, arrangement in screens:
        items = arrangement.items
        solids: list[tuple[str, Rect]] = []
        for item in items:
            if isinstance(item, Target):
                solids.append((item.id, item.rect))
                for inside in item.covers:
                    if isinstance(inside, Words) and (not inside.paragraph.fits or not within(ink(inside), item.rect)):
                        wrong.append(f"{view.key} {view.language}: label of {item.id} {inside.paragraph}")  # noqa: PERF401
            elif isinstance(item, Drawing | Modules | PhotoPlace | PreviewPlace | SpinnerPlace):
                solids.append((type(item).__name__, item.rect))
        free = [item for item in items if isinstance(item, Words)]
        fields = [item.rect for item in items if isinstance(item, Target) and item.kind == "field"]
        for words in free:
            inside_field = any(within(ink(words), rect) for rect in fields)
            smallest = arrangement.measures.font_px(least_cap(view, words, panel))
            if not inside_field and (not words.paragraph.fits or words.paragraph.font_px < smallest):
                wrong.append(f"{view.key} {view.language} {view.layout}: too small: {words.paragraph}")
            if not within(ink(words), whole):
                wrong.append(f"{view.key} {view.language} {view.layout}: off the screen: {words.paragraph.lines}")
            for name, rect in solids:
                if rect not in fields and gap_between(ink(words), rect) < 0:
                    wrong.append(f"{view.key} {view.language} {view.layout}: {words.paragraph.lines} under {name}")
        for one, other in combinations(free, 2):
            inside_field = any(within(one.rect, rect) for rect in fields)
            if gap_between(ink(one), ink(other)) < -2 and not inside_field:
                wrong.append(f"{view.key} {view.language}: {one.paragraph.lines} over {other.paragraph.lines}")
        for (name, one_rect), (other_name, other_rect) in combinations(solids, 2):
            if gap_between(one_rect, other_rect) < 0:
                wrong.append(f"{view.key}: {name} over {other_name}")
    assert not wrong, "\n".join(sorted(set(wrong)))


def test_a_message_keeps_its_sentence_while_seconds_run_and_whatever_is_hinted(
    screens: list[tuple[View, "Arrangement"]],
) -> None:
    from kiosk.ui.arrangement import Words

    for view, arrangement in screens:
        if view.layout is Layout.MESSAGE:
            shown = {" ".join(item.paragraph.lines) for item in arrangement.items if isinstance(item, Words)}
            assert {part for part in (view.sentence, view.hint) if part} <= shown, view.key


def least_cap(view: View, words: "Words", panel: str) -> float:
    """Give the least cap height in mm: the strip and the bar of a form are the officer's and may be smaller."""
    large = PANELS[panel].panel_width_mm >= 200
    text = " ".join(words.paragraph.lines)
    if text == view.ribbon or (text and view.officer_line.startswith(text)):
        return 3.0 if large else 2.05
    if view.layout is Layout.FORM and view.form and view.form.problem:
        return 3.9 if large else 2.5 if panel == "720x1280" else 2.6
    return 4.8 if large else 3.5


def ink(words: "object") -> Rect:
    """Give the box that the letters of a paragraph fill."""
    paragraph, rect, align = words.paragraph, words.rect, words.align  # type: ignore[attr-defined]
    x = rect.x + (rect.width - paragraph.width_px) * align
    return Rect(x, rect.y, paragraph.width_px, paragraph.height_px)


def within(inner: Rect, outer: Rect) -> bool:
    return (
        inner.x >= outer.x - 1
        and inner.right <= outer.right + 1
        and inner.y >= outer.y - 1
        and inner.top <= outer.top + 1
    )


@pytest.mark.parametrize("theme", palette.THEMES)
def test_every_text_stands_on_a_ground_that_makes_it_readable(
    screens: list[tuple[View, "Arrangement"]], panel: str, theme: palette.Theme
) -> None:
    from kiosk.ui.arrangement import Icon, Target, Words

    def contrast(ink: str, ground: str) -> float:
        return palette.contrast(palette.painted(ink, on=ground, theme=theme), palette.painted(ground, theme=theme))

    weak: set[str] = set()
    for view, arrangement in screens:
        for item in arrangement.items:
            if isinstance(item, Words) and contrast(item.colour, item.on) < 7:
                weak.add(f"{view.key}: {item.colour} on {item.on}")
            if isinstance(item, Target):
                for inside in item.covers:
                    for ground in (item.plate.colour, item.down):
                        if isinstance(inside, Words | Icon) and contrast(inside.colour, ground) < 7:
                            weak.add(f"{view.key} {item.id}: {inside.colour} on {ground}")
    assert not weak, "\n".join(sorted(weak))


@pytest.mark.parametrize("theme", palette.THEMES)
def test_every_pair_of_colours_that_is_used_together_has_contrast_seven(theme: palette.Theme) -> None:
    contrasts = {
        (ink.role, ground.role): palette.contrast(
            palette.painted(ink, on=ground, theme=theme), palette.painted(ground, theme=theme)
        )
        for ink, ground in palette.READABLE
    }
    assert {pair: value for pair, value in contrasts.items() if value < 7} == {}


def test_a_theme_names_only_roles_that_there_are() -> None:
    roles = {one.role for room in (palette, inks) for one in vars(room).values() if isinstance(one, palette.Colour)}
    assert all(set(theme) <= roles for theme in palette.THEMES.values())


def test_the_picture_takes_its_share_of_a_message(
    screens: list[tuple[View, "Arrangement"]], looks: tuple[str, TextSize, bool]
) -> None:
    from kiosk.ui.arrangement import Drawing

    panel, text_size, _left = looks
    if text_size in {"large", "largest"}:
        return
    for view, arrangement in screens:
        if view.layout is not Layout.MESSAGE or view.officer_line or view.preview or view.sentence == view.voice:
            # Who cannot hear reads all that is said, which needs more room.
            continue
        items = arrangement.items
        drawing = next(item for item in items if isinstance(item, Drawing))
        assert drawing.rect.width >= 0.45 * PANELS[panel].width_px, view.key


@pytest.mark.parametrize("panel", OWN_SIZES)
def test_a_larger_size_makes_no_letters_smaller(kivy_home: Path, panel: str) -> None:
    del kivy_home
    from kiosk.ui.layouts import arrange
    from kiosk.ui.steadiness import letters_of

    smaller: list[str] = []
    seen = 0
    for name, view in views("vi"):
        if view.layout not in {Layout.CLAIM, Layout.CHOICE}:
            continue
        before: dict[str, float] = {}
        for size in TEXT_SIZES:
            arrangement = empty_room(panel, size)(False)
            arrange(arrangement, view)
            now = letters_of(arrangement)
            shrunk = [text for text, px in now.items() if px < before.get(text, 0.0) - 0.05]
            smaller += [f"{name} {size}: {text!r} {before[text]} -> {now[text]}" for text in shrunk]
            before, seen = now, seen + 1
    assert not smaller, "\n".join(smaller)
    assert seen >= 80


def test_the_picture_keeps_a_quarter_of_the_page_beside_facts(
    screens: list[tuple[View, "Arrangement"]], looks: tuple[str, TextSize, bool]
) -> None:
    from kiosk.ui import frame
    from kiosk.ui.arrangement import Drawing, PhotoPlace

    if looks[1] in {"large", "largest"}:
        return
    seen = 0
    for view, arrangement in screens:
        # For who cannot hear, the sentence is all that is said; it may take the picture's room.
        if view.layout is not Layout.FACTS or view.sentence == view.voice:
            continue
        empty = replace(arrangement, items=[])
        page = frame.buttons(empty, view, frame.bar(empty, view, frame.strip(empty, view))).whole
        pictures = [item.rect for item in arrangement.items if isinstance(item, Drawing | PhotoPlace)]
        share = sum(rect.width * rect.height for rect in pictures) / (page.width * page.height)
        assert share >= 0.25, f"{view.key} {view.language}: {share:.2f}"
        seen += 1
    assert seen >= 40


def test_every_picture_and_icon_of_the_journey_has_its_own_drawing(kivy_home: object) -> None:
    from kiosk.ui.icons import ICONS
    from kiosk.ui.pictures import PICTURES

    del kivy_home
    shown = [view_of(name, "vi") for name in moments()]
    assert {view.picture for view in shown} - set(PICTURES) == set()
    assert {CATALOGUES["vi"].screen(key, **ANYTHING).picture for key in CATALOGUES["vi"].screen_keys} <= set(PICTURES)
    assert {button.icon for view in shown for button in view.buttons} - set(ICONS) == set()


def test_every_step_and_cover_of_the_journey_is_among_the_moments() -> None:
    shown = {view_of(name, "vi").key for name in moments()}
    assert set(RULES.steps) - {"handover.result"} <= shown
    assert shown >= {
        "help",
        "idle",
        "curtain",
        "trouble",
        "declined",
        "officer.pin",
        "full",
        "document.reading",
        "document.number",
    }
    assert shown >= {"print.busy", "print.good", "print.exception", "print.same", "print.which", "remedy.ask"}
    assert shown >= {rung.words for rung in RULES.remedies.rungs}


def test_an_unknown_picture_gets_the_neutral_drawing(open_screen: Callable[[DisplaySettings], Screen]) -> None:
    screen = open_screen(PANELS["800x480"])
    screen.app.show(replace(view_of("welcome", "vi"), picture="never.drawn"))
    assert "yes" in screen.app.touch_targets()
