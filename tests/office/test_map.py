"""The map: drawn here, every kiosk with a place on it, many as one mark, and all of it for the keyboard and the eye."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.office.atlas import MapLook, MapView, map_look, map_view
from kiosk.office.errors import ProvisioningError
from kiosk.office.fleet import stand
from kiosk.office.placing import place_kiosk
from kiosk.office.provisioning import init_office
from kiosk.office.registry import load_registry
from kiosk.office.snapshot import Snapshot
from tests.office.test_fleet import province
from tests.office.test_page import EN, NOW, VI, snapshot
from tests.office.test_signing_in import Office, office, sign_in

__all__ = ["office"]

PLACES = st.tuples(st.floats(-85, 85), st.floats(-179, 179))


def placed(places: list[tuple[float, float]], seen: Snapshot | None = None) -> Snapshot:
    """An office with a kiosk at each of these places."""
    seen = seen or province(len(places))
    kiosks = {
        name: replace(entry, place=place)
        for (name, entry), place in zip(seen.registry.kiosks.items(), places, strict=True)
    }
    return replace(seen, registry=replace(seen.registry, kiosks=kiosks))


def drawn(seen: Snapshot, look: MapLook = MapLook()) -> MapView:  # noqa: B008 - it is frozen
    return map_view(seen, EN, stand(seen), look)


def links(view: MapView) -> list[tuple[str, str]]:
    assert view.picture is not None
    found = ET.fromstring(view.picture).iter("a")  # noqa: S314 - drawn here
    return [(one.get("href", ""), one.get("aria-label", "")) for one in found]


def test_kiosks_apart_are_a_mark_each_with_its_state_in_words() -> None:
    seen = placed([(18.42, 105.86), (18.07, 106.40)])
    kiosks = list(seen.kiosks)
    kiosks[1] = replace(kiosks[1], state="lost")
    view = drawn(replace(seen, kiosks=kiosks))
    assert sorted(links(view)) == [
        ("/kiosks/kiosk-00000?lang=en", "kiosk-00000: Online"),
        ("/kiosks/kiosk-00001?lang=en", "kiosk-00001: Silent"),
    ]
    assert view.legend == (("silent", "Silent", 1), ("online", "Online", 1))
    assert "Đức Lạng" in str(view.picture)
    # What needs a hand lies above everything else.
    assert links(view)[-1][1] == "kiosk-00001: Silent"


def test_many_in_one_place_are_one_mark_that_a_closer_look_takes_apart() -> None:
    seen = placed([(18.42, 105.86), (18.42, 105.8602), (18.421, 105.86), (18.07, 106.40)])
    first = {label: target for target, label in links(drawn(seen))}
    target = first["3 kiosks here: 3 online"]
    asked = dict(re.findall(r"(lat|lon|closer)=([\d.]+)", target))
    look = map_look(asked["lat"], asked["lon"], asked["closer"])
    assert look.closer == 3
    while any(label.startswith("3 kiosks") for _, label in links(drawn(seen, look))):
        look = replace(look, closer=look.closer * 3)
    view = drawn(seen, look)
    assert view.whole == "?lang=en"
    assert len(links(view)) >= 2


def test_many_in_the_very_same_place_lead_to_their_list() -> None:
    (target, label), *more = links(drawn(placed([(18.42, 105.86)] * 5)))
    assert (target, label, more) == ("/?lang=en&find=tk#kiosks", "5 kiosks here: 5 online", [])


def test_a_whole_country_is_a_light_drawing() -> None:
    places = [(8.5 + n % 149 / 10, 102.2 + n % 71 / 10) for n in range(10_600)]
    view = drawn(placed(places))
    assert view.picture is not None
    assert len(view.picture) < 120_000
    assert sum(int(re.match(r"\d+", label)[0]) for _, label in links(view)) == 10_600  # type: ignore[index]


@given(st.lists(PLACES, min_size=1, max_size=12), PLACES, st.sampled_from([1, 3, 729]))
def test_wherever_kiosks_are_the_drawing_is_sound(
    places: list[tuple[float, float]], middle: tuple[float, float], closer: int
) -> None:
    view = drawn(placed(places), MapLook(*middle, closer) if closer > 1 else MapLook())
    assert view.picture is not None
    root = ET.fromstring(view.picture)  # noqa: S314 - drawn here
    assert 0 < float(root.get("viewBox", "").split()[3]) <= 640
    if closer == 1:
        assert links(view)


@pytest.mark.parametrize(
    "asked",
    [("", "", ""), ("x", "105", "3"), ("nan", "105", "3"), ("18", "1e9", "3"), ("18", "105", "0"), ("1", "1", "9" * 9)],
)
def test_a_look_that_makes_no_sense_is_the_whole_map(asked: tuple[str, str, str]) -> None:
    assert map_look(*asked) == MapLook()


def test_without_any_place_the_map_says_how_to_get_one(office: Office) -> None:
    view = map_view(snapshot(), VI, stand(snapshot()), MapLook())
    assert (view.picture, view.without) == (None, ("kiosk-tk-01",))

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        for query in ("", "?lang=en", "?lat=18.4&lon=105.8&closer=9", "?lat=x"):
            answer = await browser.get(f"/map{query}")
            assert answer.status_code == 200
            assert "kiosk office place" in answer.text

    office.visit(look)


def test_a_place_is_written_into_the_registry_and_taken_off_again(tmp_path: Path) -> None:
    init_office(tmp_path, province="ht", communes=["tk"], kiosks=["kiosk-tk-01"], demo=True, now=lambda: NOW)
    runner = CliRunner()

    def place(*words: str) -> tuple[int, tuple[float, float] | None]:
        told = runner.invoke(app, ["office", "place", str(tmp_path), *words])
        return told.exit_code, load_registry(tmp_path / "collector" / "registry.json").kiosks["kiosk-tk-01"].place

    assert place("kiosk-tk-01", "18.42", "105.86") == (0, (18.42, 105.86))
    assert place("kiosk-tk-01", "-18.42", "-105.86") == (0, (-18.42, -105.86))
    assert place("kiosk-tk-01", "18.42")[0] == 2
    assert place("kiosk-tk-01", "105.86", "18.42") == (2, (-18.42, -105.86))
    assert place("kiosk-tk-02", "18.42", "105.86")[0] == 2
    assert place("kiosk-tk-01") == (0, None)
    with pytest.raises(ProvisioningError, match="no place nan"):
        place_kiosk(tmp_path, "kiosk-tk-01", (float("nan"), 105.0))
    # Another kiosk that is registered later leaves it where it is.
    place_kiosk(tmp_path, "kiosk-tk-01", (18.42, 105.86))
    init_office(tmp_path, province="ht", communes=["tk"], kiosks=["kiosk-tk-02"], demo=True, now=lambda: NOW)
    assert load_registry(tmp_path / "collector" / "registry.json").kiosks["kiosk-tk-01"].place == (18.42, 105.86)
