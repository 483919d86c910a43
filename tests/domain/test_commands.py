"""What the office may order: every order comes back from its arguments, and nothing else is one."""

from datetime import date
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.configuration import Between
from kiosk.domain.commands import (
    MESSAGE_LETTERS,
    ROSTER_BYTES,
    SETTINGS,
    Configure,
    Erase,
    LanguageCode,
    Lock,
    Order,
    OrderRemedies,
    Ring,
    SendLogs,
    ShowMessage,
    Unlock,
    UpdateRoster,
    Verb,
    Whole,
    args_of,
    order_of,
    verb_of,
)
from kiosk.domain.errors import BadOrder
from kiosk.domain.experience import Remedy
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.roster import MOST_PEOPLE
from kiosk.settings import KioskSettings

ORDERS: list[Order] = [
    Lock(),
    Lock(now=True),
    Unlock(),
    ShowMessage("Mang máy về xã chiều nay."),
    SendLogs(50),
    Configure("journey.language", "en"),
    Configure("journey.idle_after_s", 300),
    OrderRemedies(PrintVerdict.TOO_DRY, (Remedy.WARM, Remedy.DAMP)),
    OrderRemedies(PrintVerdict.WORN, ()),
    Ring(10),
    Erase(),
    UpdateRoster(date(2026, 11, 27), date(2026, 12, 3), 312, 9000, "0a" * 32, "0b" * 8),
    UpdateRoster(date(2026, 11, 27), date(2026, 11, 27), 0),
]
ROSTER = args_of(ORDERS[-2])


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_an_order_comes_back_from_its_arguments(order: Order) -> None:
    assert order_of(verb_of(order).value, args_of(order)) == order


def test_every_verb_has_an_order() -> None:
    assert {verb_of(order) for order in ORDERS} == set(Verb)


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("lock", {}),
        ("lock", {"now": 1}),
        ("lock", {"now": True, "more": 1}),
        ("unlock", {"now": True}),
        ("message", {"text": ""}),
        ("message", {"text": "   "}),
        ("message", {"text": "two\nlines"}),
        ("message", {"text": "a" * (MESSAGE_LETTERS + 1)}),
        ("message", {"text": "Tie\u0302\u0301ng"}),
        ("message", {"text": 5}),
        ("logs", {"lines": 0}),
        ("logs", {"lines": True}),
        ("configure", {"name": "signing.key", "value": "/tmp/x"}),
        ("configure", {"name": "uplink.broker_host", "value": "elsewhere"}),
        ("configure", {"name": "journey.language", "value": "French"}),
        ("configure", {"name": "journey.tries_per_finger", "value": 0}),
        ("configure", {"name": "journey.tries_per_finger", "value": "4"}),
        ("remedies", {"verdict": "good", "order": "damp"}),
        ("remedies", {"verdict": "too_dry", "order": "sauna"}),
        ("remedies", {"verdict": "too_dry", "order": "damp,damp"}),
        ("remedies", {"verdict": "charred", "order": ""}),
        ("ring", {"seconds": 4}),
        ("ring", {"seconds": 301}),
        ("erase", {"sure": True}),
        ("roster", {}),
        ("roster", {**ROSTER, "people": True}),
        ("roster", {**ROSTER, "people": MOST_PEOPLE + 1}),
        ("roster", {**ROSTER, "people": 0}),
        ("roster", {**ROSTER, "size": 0}),
        ("roster", {**ROSTER, "size": ROSTER_BYTES + 1}),
        ("roster", {**ROSTER, "sha256": "0A" * 32}),
        ("roster", {**ROSTER, "kid": ""}),
        ("roster", {**ROSTER, "last": "2026-11-26"}),
        ("roster", {**ROSTER, "issued": "20261127"}),
    ],
)
def test_what_is_out_of_bounds_is_refused(verb: str, args: dict[str, str | int | bool]) -> None:
    with pytest.raises(BadOrder) as refused:
        order_of(verb, args)
    assert refused.value.code == "bad_arguments"


@given(
    st.text(max_size=12) | st.sampled_from(list(Verb)).map(str),
    st.dictionaries(st.sampled_from(["now", "text", "lines", "name", "value"]), st.text(max_size=9) | st.integers()),
)
def test_anything_else_is_refused_by_name(verb: str, args: dict[str, str | int | bool]) -> None:
    try:
        read = args_of(order_of(verb, args))
    except BadOrder as error:
        read, code = args, error.code
    else:
        code = "bad_arguments"
    assert (read, code in {"unknown_verb", "bad_arguments"}) == (args, True)


@pytest.mark.parametrize("name", SETTINGS)
def test_no_order_leads_beyond_what_the_settings_file_allows(name: str) -> None:
    section, field = name.split(".")
    limits = SETTINGS[name]
    hint = get_type_hints(get_type_hints(KioskSettings)[section], include_extras=True)[field]
    if isinstance(limits, LanguageCode):
        assert [code for code in ("vi", "en", "hmn", "xx1", "EN", "e", "../vi", "é1", 3) if limits.takes(code)] == [
            "vi",
            "en",
            "hmn",
        ]
        return
    (allowed,) = [mark for mark in hint.__metadata__ if isinstance(mark, Between)]
    assert isinstance(limits, Whole)
    assert allowed.least <= limits.least <= limits.most <= allowed.most
