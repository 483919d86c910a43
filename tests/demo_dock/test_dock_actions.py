"""What hands do at the dock reaches the simulated devices, and the devices' state reaches the page."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import DeviceError
from drivers.fingerprint.real import open_sensor
from drivers.power.simulated import SimulatedPower
from kiosk.biometrics.prints import assess
from kiosk.demo.actions import DockError
from kiosk.demo.dock import Dock
from kiosk.demo.dock_page import load_words, serve_dock
from kiosk.demo.line import Line, Message
from kiosk.demo.people import people
from kiosk.demo.stage import NO_READER, PRESSES, Stage
from kiosk.domain.capture_plan import Finger

JSON = {"Content-Type": "application/json"}
PATIENCE_S = 60.0


class Part:
    """A part of a village that can be switched."""

    def __init__(self) -> None:
        self.on = True

    def turn(self, on: bool) -> None:
        self.on = on


class Served:
    """The dock's page, really served, in a loop on a thread of its own."""

    def __init__(self, dock: Dock) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.serving = serve_dock(dock)
        self.address = asyncio.run_coroutine_threadsafe(self.serving.__aenter__(), self.loop).result(PATIENCE_S)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self.serving.__aexit__(None, None, None), self.loop).result(PATIENCE_S)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE_S)
        self.loop.close()


class Table:
    """A stage without a card reader, its dock, and a browser before it."""

    def __init__(self, folder: Path) -> None:
        self.stage = Stage(folder, people(), port_mode=0o600)
        self.port, reader = self.stage.open(None)
        assert reader == NO_READER
        self.power = SimulatedPower(folder / "power_supply")
        self.broker = Part()
        self.seated: list[int] = []
        self.dock = Dock(self.stage, people(), switches={"broker": self.broker}, on_citizen=self.seated.append)
        self.served = Served(self.dock)
        self.browser = httpx.Client(base_url=self.served.address, timeout=PATIENCE_S, trust_env=False)

    def close(self) -> None:
        self.browser.close()
        self.served.close()
        self.stage.close()

    def do(self, name: str, /, **rest: object) -> Message:
        answer = self.browser.post("/do", json={"do": name, **rest})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, name: str, /, **rest: object) -> str:
        answer = self.browser.post("/do", json={"do": name, **rest})
        assert answer.status_code == 400
        return answer.json()["error"]


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Table]:
    made = Table(tmp_path)
    yield made
    made.close()


def test_a_finger_laid_on_the_page_is_what_the_real_driver_reads(table: Table) -> None:
    with contextlib.closing(open_sensor(str(table.port), simulated=True)) as sensor:
        state = table.do("lay_finger", finger="right_index")
        assert state["finger"] == "right_index"
        image = sensor.capture(5.0)
        assert assess(image.grey, image.width_px, image.height_px, image.dpi).verdict.value == "good"
        assert table.do("lift_finger")["finger"] == ""
        assert sensor.wait_for_lift(5.0)


@pytest.mark.parametrize("how", ["finger_too_dry", "finger_partial"])
def test_the_way_of_pressing_that_was_chosen_shows_in_the_print(table: Table, how: str) -> None:
    table.do("press", how=how)
    table.do("lay_finger", finger="left_thumb")
    with contextlib.closing(open_sensor(str(table.port), simulated=True)) as sensor:
        image = sensor.capture(5.0)
    assert assess(image.grey, image.width_px, image.height_px, image.dpi).verdict.value != "good"


def test_the_page_shows_what_the_sensor_sees(table: Table) -> None:
    assert table.browser.get("/glass.png").status_code == 404
    table.do("lay_finger", finger="right_thumb")
    seen = table.browser.get("/glass.png")
    assert seen.content.startswith(b"\x89PNG")


@pytest.mark.parametrize("how", ["unplugged", "garbage", "silence"])
def test_a_broken_sensor_line_fails_and_a_mended_one_works_again(table: Table, how: str) -> None:
    with contextlib.closing(open_sensor(str(table.port), simulated=True)) as sensor:
        table.do("lay_finger", finger="right_thumb")
        assert table.do("sensor", how=how)["sensor"] == how
        with pytest.raises(DeviceError):
            sensor.capture(1.5)
        table.do("sensor", how="well")
        assert sensor.capture(5.0).width_px > 0


def test_pressing_does_not_mend_an_unplugged_sensor(table: Table) -> None:
    table.do("sensor", how="unplugged")
    table.do("press", how="finger_too_wet")
    assert table.do("lay_finger", finger="right_thumb")["sensor"] == "unplugged"
    assert not table.port.exists()


def test_a_missing_finger_cannot_be_laid_and_the_page_says_why(table: Table) -> None:
    state = table.do("citizen", citizen="duom")
    assert state["missing"] == ["left_little"]
    assert "no such finger" in table.refused("lay_finger", finger="left_little")


def test_who_sits_down_takes_their_own_hands_along(table: Table) -> None:
    table.do("lay_finger", finger="right_thumb")
    state = table.do("citizen", citizen="khoan")
    assert (state["citizen"], state["finger"], table.seated) == ("khoan", "", [4])


def test_battery_and_mains_are_read_by_the_real_power_driver(table: Table) -> None:
    table.do("power", percent=12)
    assert table.power.read().battery_percent == 12
    assert table.do("power", mains=True)["battery"] == 12
    assert table.power.read().on_mains is True


@pytest.mark.parametrize("percent", [-1, 101, "50", True, 3.5, None])
def test_a_battery_that_cannot_be_is_refused(table: Table, percent: object) -> None:
    assert "0 to 100" in table.refused("power", percent=percent)
    assert table.power.read().battery_percent == 87


def test_parts_of_the_village_are_switched_and_shown(table: Table) -> None:
    assert table.do("switch", name="broker", on=False)["switches"] == {"broker": False}
    assert not table.broker.on
    assert "choose one of broker" in table.refused("switch", name="moon", on=True)


def test_without_a_kiosk_nothing_can_be_asked_of_its_case_and_camera(table: Table) -> None:
    for name, rest in (("help", {}), ("tamper", {"open": True}), ("camera", {"how": "camera_dark"})):
        assert "the kiosk is not running" in table.refused(name, **rest)
    assert table.dock.state()["camera"] == ""


def test_a_card_needs_a_reader_and_a_citizen_who_has_one(table: Table) -> None:
    assert "no card reader" in table.refused("lay_card")
    table.do("citizen", citizen="oanh")
    assert "brought no card" in table.refused("show", scene="card")


def test_an_unknown_action_names_those_that_are_known(table: Table) -> None:
    assert "lay_finger" in table.refused("dance")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"help"', b"\xff", b'{"do": ["help"]}', b"x" * 5000])
def test_what_is_no_action_is_refused_in_words(table: Table, body: bytes) -> None:
    answer = table.browser.post("/do", content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_another_sites_page_cannot_act(table: Table) -> None:
    as_text = table.browser.post("/do", content=b'{"do": "lift_finger"}', headers={"Content-Type": "text/plain"})
    assert as_text.status_code == 400
    elsewhere = table.browser.post("/do", json={"do": "lift_finger"}, headers={"Host": "evil.example"})
    assert elsewhere.status_code == 400
    # No answer to the question that a browser asks before it sends JSON elsewhere.
    assert table.browser.options("/do").status_code == 405


def test_the_page_has_no_script_and_no_style_of_its_own_inside(table: Table) -> None:
    page = table.browser.get("/")
    assert "script-src 'self'; style-src 'self'" in page.headers["content-security-policy"]
    assert "style=" not in page.text
    assert " onclick" not in page.text
    assert "<script>" not in page.text
    assert "http" not in page.text.replace("http://www.w3.org/2000/svg", "")


def test_every_finger_and_every_way_of_pressing_has_a_button(table: Table) -> None:
    page = table.browser.get("/").text
    for finger in Finger:
        assert f'"finger":"{finger.value}"' in page
    for how in PRESSES:
        assert f'"how":"{how}"' in page


def test_every_button_sends_an_action_that_the_dock_knows(table: Table) -> None:
    page = table.browser.get("/").text
    sent = [part.partition("'")[0] for mark in ("data-do='", "data-toggle='") for part in page.split(mark)[1:]]
    assert len(sent) > 40
    for action in sent:
        name = json.loads(action)["do"]
        assert "there is no action" not in table.browser.post("/do", json={"do": name}).text


def test_everybody_has_a_picture_and_who_has_a_card_has_a_picture_of_it(table: Table) -> None:
    for person in people()[1:3]:
        assert table.browser.get(f"/people/{person.key}.png").content.startswith(b"\x89PNG")
        assert table.browser.get(f"/cards/{person.key}.png").is_success is (person.card is not None)
    assert table.browser.get("/people/nobody.png").status_code == 404


def test_all_texts_are_there_in_both_languages() -> None:
    for key, (vietnamese, english) in load_words().items():
        assert vietnamese.strip(), key
        assert english.strip(), key


@given(
    st.dictionaries(
        st.sampled_from(["do", "how", "finger", "on", "percent", "scene", "name", "open"]), st.none() | st.text()
    )
)
def test_no_malformed_action_breaks_the_dock(action: Message) -> None:
    dock = Dock(Stage(Path("/nonexistent"), people(), port_mode=0o600), people(), switches={})
    if action.get("do") in ("lift_finger", "lift_card"):
        return
    with pytest.raises(DockError):
        asyncio.run(dock.do(action))


class Pipe:
    """The dock's end of a line, whose other end keeps what was said."""

    def __init__(self) -> None:
        self.said: list[Message] = []

    def write(self, data: bytes) -> None:
        self.said.append(json.loads(data))

    def close(self) -> None:
        """Hang up."""


def test_the_live_state_comes_at_once_and_after_each_change(table: Table) -> None:
    with table.browser.stream("GET", "/events") as events:
        lines = (json.loads(line[6:]) for line in events.iter_lines() if line.startswith("data: "))
        assert next(lines)["finger"] == ""
        table.do("lay_finger", finger="left_ring")
        assert next(lines)["finger"] == "left_ring"


def test_a_kiosk_that_starts_again_learns_what_the_hands_have_done(table: Table) -> None:
    first, second = Pipe(), Pipe()
    one = Line(None, first)  # type: ignore[arg-type]
    table.dock.attach(one, 0)
    table.do("hands", on=False)
    table.do("camera", how="camera_dark")
    table.do("help")
    assert first.said[-1] == {"do": "help"}
    table.dock.detach(one)
    assert table.dock.state()["connected"] is False
    table.dock.attach(Line(None, second), 1)  # type: ignore[arg-type]
    assert {"do": "hands", "on": False} in second.said
    assert {"do": "camera", "how": "camera_dark"} in second.said
    assert {"do": "help"} not in second.said
    assert table.dock.state()["citizen"] == people()[1].key


def test_what_the_kiosk_tells_is_on_the_page(table: Table) -> None:
    assert table.dock.hear({"tell": "case", "lamp": "call", "lit": True, "ring": 1.0})
    assert table.dock.hear({"tell": "view", "key": "help", "title": "Cán bộ đang đến", "finger": "", "busy": False})
    assert not table.dock.hear({"tell": "receipt", "enrolment": "x", "number": 7})
    state = table.browser.get("/state").json()
    assert (state["lamp"], state["lit"], state["ring"]) == ("call", True, 1.0)
    assert state["screen"]["title"] == "Cán bộ đang đến"
    assert state["receipts"] == [7]
