"""Facts that are too many for one page: every page has title and sentence, and together they show all there is."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kiosk.journey.view import View
from kiosk.ui.measure import Rect
from kiosk.ui.settings import TextSize
from tests.ui.journeys import view_of
from tests.ui.screen_stage import PANELS

if TYPE_CHECKING:
    from kiosk.ui.arrangement import Arrangement

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen")]


def arranged(panel: str, size: TextSize, view: View, page: int) -> "Arrangement":
    from kiosk.ui.arrangement import Arrangement
    from kiosk.ui.layouts import arrange
    from kiosk.ui.lettering import Lettering
    from kiosk.ui.measure import Measures

    display = PANELS[panel]
    measures = Measures.of(display, size)
    lettering = Lettering(display.font_regular, display.font_bold, measures)
    arrangement = Arrangement(measures, lettering, Rect(0, 0, display.width_px, display.height_px))
    arrange(arrangement, view, page=page)
    return arrangement


def texts_of(arrangement: "Arrangement") -> set[str]:
    from kiosk.ui.arrangement import Words

    return {" ".join(item.paragraph.lines) for item in arrangement.items if isinstance(item, Words)}


def turning_label(arrangement: "Arrangement") -> str:
    from kiosk.ui.arrangement import Target, Words

    rows = [item for item in arrangement.items if isinstance(item, Target) and item.id == "ui.page"]
    return " ".join(" ".join(one.paragraph.lines) for row in rows for one in row.covers if isinstance(one, Words))


@pytest.mark.parametrize("size", ["normal", "largest"])
@pytest.mark.parametrize("panel", ["1280x800", "800x480", "720x1280"])
@pytest.mark.parametrize("moment", ["review", "identity", "home"])
def test_the_pages_together_show_every_fact_and_each_of_them_says_what_is_to_be_done(
    kivy_home: object, panel: str, size: TextSize, moment: str
) -> None:
    del kivy_home
    view = view_of(moment, "vi")
    first = arranged(panel, size, view, 0)
    label = turning_label(first)
    pages = int(label.rpartition("/")[2]) if label else 1
    shown: set[str] = set()
    for page in range(pages):
        arrangement = arranged(panel, size, view, page)
        assert {view.title, view.sentence} <= texts_of(arrangement)
        assert {"yes", "other"} <= set(arrangement.targets())
        assert pages == 1 or turning_label(arrangement) == f"Xem thêm {page + 1}/{pages}"
        shown |= texts_of(arrangement)
    assert {fact.value for fact in view.facts} <= shown
    assert texts_of(arranged(panel, size, view, pages)) == texts_of(first), "after the last page comes the first"


def test_the_last_read_back_is_of_more_than_one_page_and_a_short_one_is_not(kivy_home: object) -> None:
    del kivy_home
    review = view_of("review", "vi")
    assert turning_label(arranged("1280x800", "normal", review, 0)) == "Xem thêm 1/3"
    short = replace(review, facts=review.facts[:2])
    assert turning_label(arranged("1280x800", "normal", short, 0)) == ""
