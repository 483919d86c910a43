"""The STEPS table holds together, and every word that rendering can ask for is there."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from kiosk.domain.capture_plan import CapturePlan, Finger, Slot, SlotKind
from kiosk.domain.photo_coach import ASKED_ALONE, Advice
from kiosk.domain.quality import PortraitSay, PrintVerdict
from kiosk.journey.events import CardNeedsKey, DeviceTrouble, DocumentFailed, SealFailed, TimerFired
from kiosk.journey.portrait import SHOWN
from kiosk.journey.print_view import DIRECTIONS
from kiosk.journey.proofing import check_words, screens_of, texts_of
from kiosk.journey.rendering import render
from kiosk.journey.session import Rules
from kiosk.journey.status import Status
from kiosk.journey.steps import Kind, Step, TableError, build_steps, check_steps
from kiosk.journey.view import Layout
from kiosk.words.catalogue import Catalogue
from kiosk.words.language import languages
from tests.journey.script import CATALOGUES, NUMBER, RULES, Kiosk, the_plan
from tests.journey.test_random_walks import TORN

STEP = Step("extra", Kind.PLAIN, Layout.MESSAGE, yes="standby")


def table(*extra: Step, without: str = "") -> Mapping[str, Step]:
    rows = {**RULES.steps, **{step.key: step for step in extra}}
    return {key: row for key, row in rows.items() if key != without}


def test_the_table_of_the_plan_we_ship_holds_together() -> None:
    check_steps(build_steps(the_plan()))
    assert [key for key in RULES.steps if RULES.steps[key].kind is Kind.PRINT] == [f"print.{f.value}" for f in Finger]


def test_a_target_that_is_no_step_is_named() -> None:
    with pytest.raises(TableError, match="home leads to 'hmoe', which is no step"):
        check_steps(table(replace(RULES.steps["home"], yes="hmoe")))


def test_a_step_that_cannot_be_reached_is_named() -> None:
    with pytest.raises(TableError, match="extra cannot be reached"):
        check_steps(table(STEP))


def test_a_step_without_a_way_out_is_named() -> None:
    with pytest.raises(TableError, match="hands has no way out"):
        check_steps(table(replace(RULES.steps["hands"], yes=None)))


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(TableError) as broken:
        check_steps(table(STEP, replace(RULES.steps["home"], other="nowhere")))
    assert "nowhere" in str(broken.value)
    assert "extra" in str(broken.value)


def test_a_plan_without_prints_leads_from_the_hands_to_the_portrait() -> None:
    steps = build_steps(CapturePlan("x", (Slot("portrait", SlotKind.PORTRAIT),)))
    assert steps["hands"].yes == "portrait.prepare"


def test_the_slots_of_a_plan_may_be_named_as_the_regulation_names_them() -> None:
    slots = (Slot("DC01/1", SlotKind.SINGLE_FLAT, Finger.LEFT_INDEX), Slot("DC01/2", SlotKind.PORTRAIT))
    kiosk = Kiosk(Rules.of(CapturePlan("x", slots))).begin().card_read().read_back().touch("yes")
    kiosk.at("print.left_index").good_print().touch("yes").held_still().portrait_taken().touch("yes")
    kiosk.same_face().at("review")
    assert kiosk.view().hands
    kiosk.sealed()
    assert set(kiosk.session.answers.slots) == {"DC01/1", "DC01/2"}


@pytest.mark.parametrize("language", languages())
def test_the_catalogues_have_every_word_that_rendering_can_ask_for(language: str) -> None:
    check_words(replace(RULES, ribbon="ribbon.simulated"), Catalogue.load(language))


def test_missing_words_are_all_named_before_the_first_citizen_comes() -> None:
    whole = CATALOGUES["vi"]
    screens = {key: whole.screen(key, **dict.fromkeys(whole.screen_placeholders(key), "x")) for key in ["help"]}
    bare = Catalogue("vi", screens, texts={"nav.back": "x"}, honorific="bác")
    with pytest.raises(TableError, match=r"'print\.busy'.*'nav\.again'") as broken:
        check_words(RULES, bare)
    assert "screen 'help'" not in str(broken.value)


class Listening(Catalogue):
    """A catalogue that remembers what it was asked for."""

    def __init__(self, whole: Catalogue) -> None:
        super().__init__(whole.language, whole._screens, texts=whole._texts, honorific=whole.honorific)
        self.asked_screens: set[str] = set()
        self.asked_texts: set[str] = set()

    def screen(self, key: str, **values: object):  # noqa: ANN201 - as the original
        self.asked_screens.add(key)
        return super().screen(key, **values)

    def text(self, key: str, /, **values: object) -> str:
        self.asked_texts.add(key)
        return super().text(key, **values)


def test_the_check_knows_every_key_that_is_really_asked_for() -> None:
    ear = Listening(CATALOGUES["vi"])
    rules = replace(RULES, ribbon="ribbon.simulated")

    def listen(kiosk: Kiosk) -> Kiosk:
        for status in (
            None,
            Status(50, on_mains=True, waiting=1, link="online"),
            Status(9, link="not_authorized", battery_low=True),
        ):
            render(kiosk.session, rules, ear, status)
        return kiosk

    for way in (_typed_way, _failing_way, _fingers_way):
        way(listen)
    assert ear.asked_screens <= screens_of(rules)
    assert ear.asked_texts <= texts_of(rules)
    assert len(ear.asked_screens) > 30
    assert len(ear.asked_texts) > 50


def _typed_way(listen) -> None:  # noqa: ANN001
    kiosk = listen(Kiosk(RULES))
    listen(kiosk.signed_in())
    listen(kiosk.touch("yes"))
    listen(kiosk.touch("yes", "yes"))
    listen(kiosk.touch("yes"))
    listen(kiosk.happens(CardNeedsKey()))
    listen(kiosk.fill(number="1", born="", expires=""))
    listen(kiosk.fill(number=NUMBER.digits, born="1950", expires=""))
    listen(kiosk.touch("other"))
    for wrong in ({}, {"name": "x", "born": "31/02/1950"}, {"name": "x", "born": "1950"}):
        listen(kiosk.fill(**wrong))
    listen(kiosk.fill(name="x", born="07/1950", sex="nam"))
    listen(kiosk.touch("yes"))
    listen(kiosk.fill(residence=""))
    listen(kiosk.fill(residence="x"))
    listen(kiosk.touch("yes"))
    listen(kiosk.touch("other"))
    listen(kiosk.touch("back"))
    listen(kiosk.touch("yes"))
    listen(kiosk.touch("yes"))
    listen(kiosk.fill(phone="1"))


def _failing_way(listen) -> None:  # noqa: ANN001
    kiosk = listen(Kiosk(RULES).at_review())
    for row in ("fix.identity", "fix.home", "fix.relatives", "fix.phone"):
        listen(kiosk.touch("other"))
        listen(kiosk.touch(row))
        kiosk.touch("back")
    for reason in ("full", "storage"):
        listen(kiosk.touch("yes"))
        listen(kiosk.happens(SealFailed(reason)))
    kiosk.touch("yes")
    kiosk.touch("again")
    for device in ("storage", "camera"):
        listen(Kiosk(RULES).begin().happens(DeviceTrouble(device, "x")))
    for device in ("fingerprint", "storage"):
        listen(Kiosk(RULES).at_fingers().happens(DeviceTrouble(device, "x")))
    kiosk = listen(Kiosk(RULES).begin().happens(TORN))
    kiosk.touch("yes", "yes", "yes", "other", "yes").all_fingers().touch("yes").held_still().portrait_taken()
    listen(kiosk.touch("yes"))
    listen(kiosk.touch("yes"))
    while kiosk.view().choices:
        listen(kiosk.touch("said.chip", "settle.office"))
    listen(Kiosk(RULES).begin().happens(DocumentFailed("lifted")))
    listen(Kiosk(RULES).begin().press_help())
    listen(Kiosk(RULES).begin().press_help().touch("other"))
    listen(Kiosk(RULES).begin().press_help().touch("other", "menu.address"))
    listen(Kiosk(RULES).begin().press_help().touch("other", "officer.wipe"))
    listen(Kiosk(RULES).begin().time_is_over("idle"))


def _every_remedy(listen) -> None:  # noqa: ANN001
    """Pass over each remedy of each verdict, with every question of those that ask."""
    for verdict in PrintVerdict:
        kiosk = Kiosk(RULES).at_fingers().print_taken(20, verdict)
        while kiosk.session.phase in {"offer", "doing", "ask"}:
            listen(kiosk)
            offered = kiosk.session.phase == "offer" and kiosk.session.coach.advice
            if offered and offered.questions and kiosk.session.coach.asked == 0:
                listen(kiosk.touch("yes"))
                for _ in offered.questions[1:]:
                    listen(kiosk.touch("other"))
            kiosk.touch("other")


def _fingers_way(listen) -> None:  # noqa: ANN001
    for verdict in PrintVerdict:
        listen(Kiosk(RULES).at_fingers().print_taken(20, verdict))
        listen(Kiosk(RULES).at_fingers().print_taken(20, verdict).remedy_over())
    for move in DIRECTIONS:
        listen(Kiosk(RULES).at_fingers().print_taken(20, PrintVerdict.OFF_CENTRE, move=move))
    kiosk = Kiosk(RULES).at_fingers().good_print()
    for _ in range(2):
        listen(kiosk.print_taken(same_as=Finger.RIGHT_THUMB))
    broken = Kiosk(RULES).at_fingers().happens(DeviceTrouble("fingerprint", "x"))
    listen(broken.touch("other"))
    _every_remedy(listen)
    kiosk = listen(Kiosk(RULES).at_fingers().touch("other"))
    kiosk.touch("missing")
    for _ in range(9):
        listen(kiosk.print_taken())
        kiosk.time_is_over("pause")
    for hint in set(PortraitSay) - ASKED_ALONE:
        again = Kiosk(RULES)
        again.session = kiosk.session
        again.timers = dict(kiosk.timers)
        listen(again.touch("yes").seen(Advice(hint, speak=True)))
        listen(again.held_still().portrait_taken(hint))
        listen(again.happens(TimerFired("patience")).touch("other", "portrait.bed").seen(Advice(hint, speak=True)))
    for row in (*SHOWN, "portrait.take"):
        again = Kiosk(RULES)
        again.session = kiosk.session
        again.touch("yes").happens(TimerFired("patience"))
        listen(listen(again.touch("other")).touch(row))
    listen(kiosk.touch("yes").held_still().portrait_taken())
    listen(kiosk.touch("yes"))
    listen(kiosk.same_face())
    listen(kiosk.sealed().receipt())
