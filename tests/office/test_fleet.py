"""A province of kiosks on one page: the worst first, found by name, commune and state, and never all at once."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.custody.entries import to_text
from kiosk.office.changes import Changes
from kiosk.office.database import OfficeDatabase
from kiosk.office.fleet import PAGE, Look
from kiosk.office.lastwords import LastWords
from kiosk.office.needs import SHOWN
from kiosk.office.registry import Registry
from kiosk.office.snapshot import SharedSnapshot, Snapshot
from kiosk.office.view import ONLY_SHOWN, build_view
from tests.office.test_page import EN, NOW, VI, ask, entry, last, snapshot

MANY = 10_600


def province(n: int = MANY, **changes: object) -> Snapshot:
    """An office with ``n`` kiosks in two communes."""
    kiosks = {f"kiosk-{i:05d}": replace(entry(f"kiosk-{i:05d}"), commune="dl" if i % 2 else "tk") for i in range(n)}
    registry = Registry("ht", {"tk": "Thạch Kênh", "dl": "Đức Lạng"}, False, "localhost", 1, kiosks, revision=1)
    values: dict[str, object] = {"registry": registry, "kiosks": [last(name) for name in kiosks], **changes}
    return snapshot(**values)


def names(seen: Snapshot, look: Look) -> list[str]:
    return [card.kiosk for card in build_view(seen, VI, look).fleet.cards]


def test_ten_thousand_kiosks_make_one_light_page_and_every_one_of_them_is_on_some_page() -> None:
    seen = province()
    assert len(ask(seen).text) < 150_000
    pages = -(-MANY // PAGE)
    last_page = build_view(seen, EN, Look(page=pages)).fleet
    assert names(seen, Look(page=2))[0] == f"kiosk-{PAGE:05d}"
    assert (last_page.cards[-1].kiosk, last_page.later) == (f"kiosk-{MANY - 1:05d}", "")
    assert last_page.earlier.endswith(f"page={pages - 1}")


def test_a_page_that_does_not_exist_is_the_last_one() -> None:
    assert names(province(PAGE + 10), Look(page=9)) == names(province(PAGE + 10), Look(page=2))


def test_the_kiosk_in_trouble_comes_before_thousands_of_others() -> None:
    seen = province(300)
    kiosks = list(seen.kiosks)
    quiet = NOW - timedelta(hours=3)
    kiosks[250] = replace(kiosks[250], seen_at=quiet)
    kiosks[260] = replace(kiosks[260], seen_at=quiet, outbox_n=2, outbox_since=NOW - timedelta(hours=4))
    kiosks[270] = replace(kiosks[270], faults=("camera",))
    kiosks[280] = replace(kiosks[280], outbox_n=1, outbox_since=NOW - timedelta(minutes=2))
    kiosks[290] = replace(kiosks[290], outbox_n=1, outbox_since=NOW - timedelta(minutes=9))
    order = names(replace(seen, kiosks=kiosks), Look())
    assert [int(name[-5:]) for name in order[:6]] == [260, 250, 270, 290, 280, 0]


@pytest.mark.parametrize("find", ["đức lạng", "Duc Lang", "DL", "lang duc"])
def test_a_commune_is_found_with_and_without_its_marks(find: str) -> None:
    found = build_view(province(10), VI, Look(find)).fleet
    assert [int(card.kiosk[-5:]) for card in found.cards] == [1, 3, 5, 7, 9]


def test_states_are_counted_among_what_the_text_finds_and_can_be_chosen() -> None:
    seen = province(10)
    kiosks = [replace(row, seen_at=NOW - timedelta(hours=1)) if row.kiosk[-1] in "127" else row for row in seen.kiosks]
    seen = replace(seen, kiosks=kiosks)
    choices = build_view(seen, EN, Look("duc lang", "silent")).fleet.choices
    assert [(choice.text, choice.count, choice.chosen) for choice in choices] == [
        ("All", 5, False),
        ("Silent", 2, True),
        ("Online", 3, False),
    ]
    assert names(seen, Look("duc lang", "silent")) == ["kiosk-00001", "kiosk-00007"]


def test_language_filter_and_page_stay_in_every_address() -> None:
    text = ask(province(200), "/?lang=en&find=kiosk-0&state=online&page=2").text
    assert 'data-events="/events?lang=en&amp;find=kiosk-0&amp;state=online&amp;page=2"' in text
    assert 'href="?lang=vi&amp;find=kiosk-0&amp;state=online&amp;page=2"' in text
    assert 'href="?lang=en&amp;find=kiosk-0&amp;state=online&amp;page=3#kiosks"' in text
    assert 'name="find" value="kiosk-0"' in text


@pytest.mark.parametrize(
    "query", ["page=0", "page=-1", "page=x", "page=٣", "page=9999999999", "state=asleep", "lang=fr"]
)
def test_a_query_that_makes_no_sense_shows_the_first_page(query: str) -> None:
    answer = ask(province(3), f"/?{query}")
    assert answer.status_code == 200
    assert answer.text.count('class="card good"') == 3


def test_a_search_text_cannot_bring_its_own_script() -> None:
    text = ask(province(3), '/?find="><script>alert(1)</script>').text
    assert "<script>alert" not in text
    assert "Không có kiosk nào khớp" in text


def test_after_an_outage_the_first_needs_are_told_and_the_others_counted() -> None:
    silent = province(400)
    old = NOW - timedelta(hours=2)
    rows = [replace(row, seen_at=old, outbox_n=1, outbox_since=old) for row in silent.kiosks]
    view = build_view(replace(silent, kiosks=rows), EN)
    assert (len(view.needs), view.needs_more) == (SHOWN, 400 - SHOWN)
    assert (len(view.only_lines), view.only_more, view.only_count) == (ONLY_SHOWN, 400 - ONLY_SHOWN, 400)


def test_the_last_words_are_those_of_the_database_before_and_after_a_change(database_url: str) -> None:
    with closing(OfficeDatabase.open(database_url)) as database:
        words = LastWords(database)
        assert words() == []
        said = {"state": "ready", "seen_at": to_text(NOW), "charge": 0.5, "mains": False, "faults": ["camera"]}
        database.hear({f"kiosk-{i}": said for i in range(3)})
        first = words()
        assert first == database.kiosks()
        database.hear({"kiosk-1": {"faults": [], "outbox_n": 2, "outbox_since": to_text(NOW)}})
        second = words()
        assert second == database.kiosks()
        assert [a is b for a, b in zip(first, second, strict=True)] == [True, False, True]


def test_all_open_pages_share_one_snapshot_until_something_changes_or_it_is_a_second_old() -> None:
    changes, clock_s, taken = Changes(), [0.0], list[Snapshot]()

    def take() -> Snapshot:
        taken.append(snapshot())
        return taken[-1]

    shared = SharedSnapshot(take, changes, monotonic_s=lambda: clock_s[0])
    shared()
    shared()
    assert len(taken) == 1
    changes.ring()
    shared(0)
    assert len(taken) == 1
    assert shared() is taken[-1]
    assert len(taken) == 2
    clock_s[0] = 1.0
    shared()
    assert len(taken) == 3
