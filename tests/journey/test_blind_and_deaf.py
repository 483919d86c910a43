"""Who cannot see hears everything, with the keys that answer it; who cannot hear misses nothing."""

import re
from dataclasses import replace

import pytest

from kiosk.domain.access import Access
from kiosk.domain.experience import Remedy, Tally
from kiosk.domain.photo_coach import Advice
from kiosk.domain.quality import PortraitSay, PrintVerdict
from kiosk.journey.effects import SaveDraft
from kiosk.journey.events import HelpHeld, HelpPressed, KeyPressed, Touched
from kiosk.journey.rendering import render
from kiosk.journey.session import Session
from kiosk.journey.speaking import HEADSET, answered_by_citizen, for_keys, meaning
from kiosk.journey.status import Status
from kiosk.journey.view import Layout
from kiosk.words.catalogue import Language
from tests.journey.script import CATALOGUES, FINGERS, Kiosk, with_rules
from tests.journey.test_covered_steps import WAYS, kiosk_at

YES, NO = KeyPressed(yes=True), KeyPressed(yes=False)


def of_menu(kiosk: Kiosk, row: str) -> Kiosk:
    return kiosk.press_help().touch("other").at("menu").touch("menu.senses").at("menu.senses").touch(row)


def without(access: Access, screen: str) -> Kiosk:
    kiosk = kiosk_at(screen)
    kiosk.session = replace(kiosk.session, access=access)
    return kiosk


def press(kiosk: Kiosk, key: KeyPressed) -> Kiosk:
    """Press a key beside the screen: what it means there happens."""
    touched = meaning(key, kiosk.view())
    assert touched is not None, f"the key means nothing at {kiosk.view().key}"
    return kiosk.happens(touched)


@pytest.mark.parametrize("screen", sorted(WAYS))
def test_every_page_says_what_its_keys_mean_and_never_speaks_of_colours(screen: str) -> None:
    kiosk = without(Access.BLIND, screen)
    for language in ("vi", "en"):
        view = kiosk.view(language)
        assert not re.search(r"nút xanh|nút vàng|\bgreen\b|\byellow\b", view.voice), view.voice
        if answered_by_citizen(view):
            labels = for_keys(view)
            for name, key in (("yes", "tam giác|riangle"), ("other", "vuông|quare")):
                said = rf"({key})[^:]*: {re.escape(labels.get(name, ''))}"
                assert bool(re.search(said, view.voice)) is (name in labels), view.voice
        elif not view.busy:
            assert re.search("cán bộ làm giúp|officer does this", view.voice)


@pytest.mark.parametrize("screen", ["home", "relatives", "review", "consent"])
def test_every_fact_that_is_shown_is_said(screen: str) -> None:
    kiosk = without(Access.BLIND, screen)
    assert kiosk.view().facts
    for fact in kiosk.view().facts:
        assert fact.value in kiosk.view().voice


def test_a_whole_journey_is_answered_with_two_keys_where_no_form_is_needed() -> None:
    kiosk = Kiosk().signed_in().happens(HelpPressed()).happens(HelpHeld()).at("help")
    press(kiosk, YES).at("standby")
    for screen in ("standby", "welcome", "consent"):
        press(kiosk.at(screen), YES)
    kiosk.at("document").card_read()
    for screen in ("identity", "home", "relatives"):
        press(kiosk.at(screen), YES)
    press(kiosk.at("phone"), NO)
    press(kiosk.at("hands"), YES)
    for finger in FINGERS:
        kiosk.at(f"print.{finger.value}").good_print()
    press(kiosk.at("portrait.prepare"), YES).at("portrait.look").held_still().portrait_taken()
    press(kiosk.at("portrait.review"), YES).at("officer.face")
    assert meaning(YES, kiosk.view()) is None, "the officer compares faces, not the citizen's key"
    press(kiosk.same_face().at("review"), YES).at("sealing")
    assert kiosk.session.access is Access.BLIND


@pytest.mark.parametrize("screen", ["edit.identity", "document.number", "print.exception", "fix"])
def test_what_is_more_than_yes_or_no_is_not_answered_by_a_key(screen: str) -> None:
    kiosk = without(Access.BLIND, screen)
    assert kiosk.view().layout in {Layout.FORM, Layout.CHOICE}
    assert meaning(YES, kiosk.view()) is None
    assert meaning(NO, kiosk.view()) is None


@pytest.mark.parametrize("phase", ["remedy.ice", "print.again", "print.exception", "print.right_thumb"])
def test_at_the_glass_no_key_answers_what_the_officer_asks(phase: str) -> None:
    view = replace(kiosk_at("consent").view(), key=phase)
    assert {"yes", "other"} <= {button.id for button in view.buttons}
    assert meaning(YES, view) is None
    assert meaning(NO, view) is None


@pytest.mark.parametrize("language", ["vi", "en"])
def test_at_a_question_of_safety_each_key_means_what_its_button_says(language: Language) -> None:
    view = at_the_questions().view(language)
    labels = {"yes": ("Có", "Yes"), "other": ("Không", "No")}
    assert {id_: label in labels[id_] for id_, label in for_keys(view).items()} == {"yes": True, "other": True}
    assert all(button.neutral and button.icon in {"nod", "shake"} for button in view.buttons)
    assert Remedy.ICE in press(at_the_questions(), YES).session.visit.refused
    denied = press(at_the_questions(), NO)
    assert not denied.session.visit.refused
    assert denied.at("remedy.ask").session.coach.asked == 1


def at_the_questions() -> Kiosk:
    """Somebody who cannot see, at the first question before ice."""
    best = {(verdict, Remedy.ICE): Tally(500, 500, 9000) for verdict in PrintVerdict}
    kiosk = Kiosk(with_rules(here=best)).at_fingers()
    while kiosk.print_taken(20, PrintVerdict.TOO_WET).view().key != "remedy.ice":
        kiosk.touch("other")
    kiosk.session = replace(kiosk.session, access=Access.BLIND)
    return kiosk.touch("yes").at("remedy.ask")


def test_the_square_key_notes_nobody_as_frail_and_changes_no_language() -> None:
    assert meaning(NO, without(Access.BLIND, "hands").view()) is None
    resting = Kiosk().signed_in().at("standby").view()
    assert "other" in {button.id for button in resting.buttons}
    assert meaning(NO, resting) is None


def test_the_held_help_button_leaves_who_cannot_hear_as_they_are() -> None:
    kiosk = without(Access.DEAF, "consent").happens(HelpHeld())
    assert kiosk.session.access is Access.DEAF


@pytest.mark.parametrize("screen", sorted(WAYS))
def test_keys_are_pressed_and_the_glass_is_touched(screen: str) -> None:
    blind, seeing = without(Access.BLIND, screen), kiosk_at(screen)
    for language, keys, touch, press in (
        ("vi", "phím (tam giác|vuông)", "chạm", "bấm"),
        ("en", "the (triangle|square) key", "touch", "press"),
    ):
        said = blind.view(language).voice.lower()
        assert not re.search(rf"{touch} {keys}", said), said
        usual = re.findall(rf"{touch} (nút|green|yellow|the green)", seeing.view(language).voice.lower())
        # Where no key answers (a print is taken, the officer chooses from a list) none is named.
        answer = bool(for_keys(blind.view(language)))
        assert len(re.findall(rf"{press} {keys}", said)) == (len(usual) if answer else 0)


def test_a_key_opens_no_officers_menu() -> None:
    kiosk = kiosk_at("home").press_help()
    assert meaning(NO, kiosk.view()) is None
    assert meaning(YES, kiosk.view()) == Touched("yes")
    kiosk.touch("other").at("menu")
    assert meaning(YES, kiosk.view()) is None


def test_the_help_button_held_down_turns_reading_on_and_held_again_off() -> None:
    kiosk = kiosk_at("home").happens(HelpPressed()).happens(HelpHeld()).at("help")
    assert kiosk.session.access is Access.BLIND
    assert kiosk.did(SaveDraft)
    assert "Phím tam giác: Làm tiếp." in kiosk.view().voice
    kiosk.touch("yes").at("home").happens(HelpPressed()).happens(HelpHeld())
    assert kiosk.session.access is Access.NOTHING


def test_before_an_officer_has_signed_in_nothing_is_turned_on() -> None:
    assert Kiosk().happens(HelpHeld()).session.access is Access.NOTHING


@pytest.mark.parametrize(("row", "access"), [("access.blind", Access.BLIND), ("access.deaf", Access.DEAF)])
def test_the_officer_turns_it_on_and_off_and_it_goes_with_the_citizen(row: str, access: Access) -> None:
    kiosk = of_menu(kiosk_at("hands"), row).at("hands")
    assert kiosk.session.access is access
    assert kiosk.did(SaveDraft)
    assert kiosk.resumed().at("hands").session.access is access
    assert of_menu(kiosk, "access.none").at("hands").session.access is Access.NOTHING
    ended = of_menu(kiosk_at("review"), row).sealed().touch("yes").at("standby")
    assert ended.session.access is Access.NOTHING


def test_the_menu_says_what_holds_and_offers_the_rest() -> None:
    kiosk = without(Access.DEAF, "home").press_help().touch("other", "menu.senses")
    rows = {choice.id for choice in kiosk.view().choices}
    assert rows == {"menu.louder", "menu.quieter", "access.blind", "access.none"}
    assert "không nghe được" in kiosk.view().officer_line


def test_the_coach_guides_by_voice_and_towards_the_voice() -> None:
    kiosk = without(Access.BLIND, "portrait.look")
    assert "quay mặt về phía tiếng nói" in kiosk.view().voice
    kiosk.seen(Advice(PortraitSay.MOVE_LEFT, speak=True, arrow="left"))
    assert "nhích sang bên trái" in kiosk.view().voice


def test_at_the_glass_the_officer_guides_the_finger() -> None:
    assert "Cán bộ đưa ngón tay" in without(Access.BLIND, "print.right_thumb").view().voice


@pytest.mark.parametrize("screen", sorted(WAYS))
def test_who_cannot_hear_is_never_told_to_wait_for_a_sound(screen: str) -> None:
    view = without(Access.DEAF, screen).view()
    assert not re.search("tiếng bíp|chuông", view.voice + view.sentence + view.hint)
    english = without(Access.DEAF, screen).view("en")
    assert not re.search(r"\bbeep\b|\bbell\b", english.voice + english.sentence + english.hint)


@pytest.mark.parametrize("screen", sorted(WAYS))
def test_who_cannot_hear_reads_all_that_is_said(screen: str) -> None:
    view = without(Access.DEAF, screen).view()
    if view.layout is Layout.MESSAGE:
        assert view.sentence == view.voice


def test_for_everybody_else_nothing_is_said_of_keys() -> None:
    assert Session().access is Access.NOTHING
    assert "Phím" not in kiosk_at("consent").view().voice


@pytest.mark.parametrize("screen", ["identity", "home", "relatives", "review"])
def test_without_the_headset_the_blind_hear_the_keys_and_no_neighbour_hears_who_they_are(screen: str) -> None:
    kiosk = without(Access.BLIND, screen)
    view = kiosk.view()
    assert view.personal
    for name, label in for_keys(view).items():
        assert f"{'Phím tam giác' if name == 'yes' else 'Phím vuông'}: {label}." in view.aloud
    assert view.sentence in view.aloud
    assert "Cán bộ cắm tai nghe" in view.aloud
    assert "Hoa" not in view.aloud
    assert not any(fact.value in view.aloud for fact in view.facts)
    seeing = kiosk_at(screen).view()
    assert seeing.aloud == seeing.sentence


def test_a_line_for_everybody_has_no_other_one() -> None:
    assert without(Access.BLIND, "consent").view().aloud == ""


@pytest.mark.parametrize("screen", ["identity", "home", "review"])
def test_the_officer_reads_that_the_headset_is_missing_where_it_is_needed(screen: str) -> None:
    kiosk, told = kiosk_at(screen), CATALOGUES["vi"].text(HEADSET)
    missing = render(kiosk.session, kiosk.rules, CATALOGUES["vi"], Status(faults=(HEADSET,)))
    assert missing.officer_line.startswith(told)
    assert told not in render(kiosk.session, kiosk.rules, CATALOGUES["vi"], Status()).officer_line
    elsewhere = kiosk_at("hands")
    assert told not in render(elsewhere.session, kiosk.rules, CATALOGUES["vi"], Status(faults=(HEADSET,))).officer_line
    resting = Kiosk().signed_in()
    assert told in render(resting.session, kiosk.rules, CATALOGUES["vi"], Status(faults=(HEADSET,))).officer_line
