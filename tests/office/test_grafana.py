"""What technicians get beside the metrics: a dashboard and alert rules that ask only for what the office tells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kiosk.office.duty import Standing
from kiosk.office.fleet import STATES
from kiosk.office.forwarding import Above, Backlog
from kiosk.office.keeping import Keeping
from kiosk.office.metrics import metrics_text
from kiosk.office.records import Alarm, StandingAlert
from tests.office.test_page import NOW, last, snapshot

FOLDER = Path(__file__).parents[2] / "config" / "grafana"
# Of PromQL what is used here; another function is added when a query needs it.
FUNCTIONS = {"increase", "round", "scalar", "sum", "time", "vector"}
WORDS = {"or", "and", "unless", "by"}
TOKEN = re.compile(
    r"\s+|(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)|(?P<number>\d+(?:\.\d+)?)|(?P<range>\[\d+[smhdw]\])"
    r'|(?P<labels>\{[a-z_]+(?:=|!=|=~|!~)"[^"]*"(?:,[a-z_]+(?:=|!=|=~|!~)"[^"]*")*\})'
    r"|(?P<operator>==|!=|>=|<=|[-+*/%<>])|(?P<open>\()|(?P<close>\))|(?P<comma>,)"
)


FULL = StandingAlert("outbox_full", True, NOW)


def told() -> dict[str, set[str]]:
    """Every metric that the office can tell, with the labels of its samples."""
    waiting = replace(last(), outbox_n=1, outbox_since=NOW, faults=("camera",), alerts=(FULL,), charge=0.1, mains=False)
    text = metrics_text(
        snapshot(
            collectors=[Standing("", "office-1 42", ("office-2 7",))],
            kiosks=[waiting],
            alarms=[Alarm("kiosk-tk-01", "bad_signature", "x", NOW)],
            revocations_until=NOW + timedelta(days=400),
            keeping=Keeping(last_backup=NOW, disk_free=1, disk_size=2),
            above=Above("ht", "ministry:8883", True, Backlog(12, 1, NOW)),
        )
    )
    assert 'kiosk_office_collector_active{collector="collector"} 1' in text
    assert 'kiosk_office_collectors_waiting{collector="collector"} 1' in text
    assert 'kiosk_office_kiosk_faults{fault="camera"} 1' in text
    assert 'kiosk_office_kiosk_alerts{code="outbox_full",severity="critical"} 1' in text
    assert "kiosk_office_kiosks_low_battery 1" in text
    found: dict[str, set[str]] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, _, labels = line.rpartition(" ")[0].partition("{")
            found.setdefault(name, set()).update(re.findall(r"(\w+)=", labels))
    return found


def rules() -> list[dict[str, str]]:
    """The alert rules, read line by line: they keep to a narrow form of YAML."""
    text = (FOLDER / "kiosk-office.rules.yml").read_text("utf-8")
    found: list[dict[str, str]] = []
    for line in text.splitlines():
        if line.lstrip().startswith("#") or line in {"groups:", "  - name: kiosk-office", "    rules:"}:
            continue
        fits = re.fullmatch(r"(?:      - (alert)|        (expr|for|annotations)): (\S.*)", line)
        assert fits is not None, line
        if fits[1]:
            found.append({})
        found[-1][fits[1] or fits[2]] = fits[3]
    return found


def dashboard() -> dict[str, Any]:
    return json.loads((FOLDER / "kiosk-office.json").read_text("utf-8"))


def queries() -> Iterator[tuple[str, str]]:
    """Every query with what asks it."""
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def check(query: str) -> set[str]:
    """The metrics that a query names. Fails where it is no query."""
    at, depth, names = 0, 0, set[str]()
    value_wanted = True
    while at < len(query):
        found = TOKEN.match(query, at)
        assert found is not None, f"{query!r} at {at}"
        kind, text, at = found.lastgroup, found[0], found.end()
        after = query[at : at + 1]
        depth += {"open": 1, "close": -1}.get(kind or "", 0)
        assert depth >= 0, query
        if kind == "name" and text not in WORDS:
            assert value_wanted, f"{query!r}: {text} stands beside another value"
            assert (text in FUNCTIONS) == (after == "("), f"{query!r}: {text}"
            if after != "(":
                names.add(text)
        if kind in {"name", "number", "close", "operator", "open", "comma"}:
            value_wanted = text in WORDS or kind in {"operator", "open", "comma"} or text in FUNCTIONS
    assert depth == 0, query
    assert not value_wanted, f"{query!r} ends too early"
    return names


@pytest.mark.parametrize("broken", ["sum(a", "a b", "a >", "a{x=1}", "a[5]", "rate(a[5m])", "sum a", "(a))", "a + "])
def test_a_broken_query_is_noticed(broken: str) -> None:
    with pytest.raises(AssertionError):
        check(broken)


def test_every_query_is_sound_and_asks_only_for_what_the_office_tells() -> None:
    known, asked = told(), set[str]()
    for where, query in queries():
        names = check(query)
        assert names - {"up"} <= known.keys(), where
        asked |= names
        for name, labels in re.findall(r"(\w+)\{([^}]*)\}", query):
            for label, value in re.findall(r'(\w+)="([^"]*)"', labels):
                assert name == "up" or label in known[name], where
                assert label != "state" or value in STATES
    # What is told is looked at somewhere.
    assert known.keys() - asked == set()


def test_every_alert_says_what_to_do_and_waits_for_a_time() -> None:
    found = rules()
    assert len(found) >= 9
    assert len({rule["alert"] for rule in found}) == len(found)
    for rule in found:
        assert re.fullmatch(r"[A-Z][A-Za-z]+", rule["alert"])
        assert re.fullmatch(r'\{summary: "[A-Z{].*[.]"\}', rule["annotations"]), rule["alert"]
        assert re.fullmatch(r"\d+[smhd]", rule.get("for", "5m")), rule["alert"]


def test_the_dashboards_panels_have_names_units_and_places_of_their_own() -> None:
    board = dashboard()
    assert board["templating"]["list"][0]["type"] == "datasource"
    taken = set[tuple[int, int]]()
    for panel in board["panels"]:
        assert panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken, panel["title"]
        taken |= cells
        for target in panel["targets"]:
            labels = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            names = check(target["expr"])
            assert all(labels <= told()[name] for name in names), panel["title"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
