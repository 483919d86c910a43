"""Somebody whose enrolment is paused comes to be enrolled: nobody is enrolled twice without the officer knowing it."""

from dataclasses import replace

import pytest

from kiosk.domain.citizen import Identity, PersonalNumber
from kiosk.domain.dates import PartialDate
from kiosk.domain.pauses import PauseReason
from kiosk.domain.roster import same_person
from kiosk.journey.effects import ConfirmPin, DropDraft, FindPaused, OpenPaused, SaveDraft
from kiosk.journey.events import PinConfirmed
from kiosk.journey.proving import PROVEN
from kiosk.journey.remembered import PausedFound, PausedNote, PausedOpened
from kiosk.words.text import fold
from tests.journey.script import BEGAN, CATALOGUES, IDENTITY, IDENTITY_FORM, NUMBER, Kiosk, note_of
from tests.journey.test_pausing import paused_at

OTHER = PersonalNumber("042150000034")


def met(kiosk: Kiosk) -> Kiosk:
    """Storage says what is paused of whoever sits here."""
    assert kiosk.did(FindPaused)
    identity = kiosk.session.answers.identity
    assert identity is not None
    draft = next(iter(kiosk.paused.values()), None)
    return kiosk.happens(PausedFound(identity, note_of(draft) if draft is not None else None))


def again(screen: str = "home") -> Kiosk:
    """Somebody was paused, and shows the same card another day."""
    return met(paused_at(screen).touch("yes", "yes", "yes").card_read().at("identity"))


def test_the_officer_is_told_at_once_and_asked_before_the_way_goes_on() -> None:
    kiosk = again()
    assert "Có hồ sơ tạm dừng từ 24/11" in kiosk.view("vi").officer_line
    kiosk.touch("yes").at("paused.same")
    assert "Trần Thị Hoa, 1950" in kiosk.view().officer_line
    assert [choice.id for choice in kiosk.view().choices] == ["same.go_on", "same.anew"]
    kiosk.touch("back").at("identity").touch("yes").at("paused.same")


def test_who_goes_on_with_the_paused_one_gives_up_what_was_begun_today_only_when_that_is_open() -> None:
    kiosk = again("hands").touch("yes", "same.go_on").at("paused.same")
    today, (waiting,) = kiosk.session.enrolment, kiosk.paused
    assert OpenPaused(waiting) in kiosk.effects
    assert not kiosk.did(DropDraft)
    kiosk.happens(PausedOpened(kiosk.paused[waiting])).at("paused.face")
    assert kiosk.did(DropDraft)
    assert kiosk.draft is None
    kiosk.touch("yes").at("paused.who").touch("yes").at("paused.consent").touch("yes").at("hands")
    assert kiosk.session.enrolment == waiting != today
    assert kiosk.session.answers.beside == ()


def test_one_that_does_not_open_leaves_today_as_it_is() -> None:
    kiosk = again().touch("yes", "same.go_on").happens(PausedOpened(None)).at("paused.same")
    assert kiosk.view().officer_line.startswith(CATALOGUES["vi"].text("paused.gone"))
    assert not kiosk.did(DropDraft)
    kiosk.touch("same.anew").at("home")
    assert kiosk.session.unfinished


def test_who_makes_another_has_it_written_down_and_is_not_asked_again() -> None:
    kiosk = again().touch("yes", "same.anew").at("home")
    (waiting,) = kiosk.paused
    assert kiosk.session.answers.beside == (waiting,)
    assert kiosk.did(SaveDraft)
    kiosk.touch("back").at("identity")
    assert kiosk.session.answers.beside == (waiting,), "going back forgets no choice"
    met(kiosk).touch("yes").at("home").touch("yes").at("relatives").touch("yes").at("phone").touch("other")
    kiosk.touch("yes").all_fingers().touch("yes").held_still().portrait_taken().touch("yes").same_face().at("review")
    kiosk.sealed()
    assert kiosk.session.answers.beside == (waiting,)
    assert list(kiosk.paused) == [waiting], "the paused one is deleted by nobody but the officer"


def test_before_the_paused_one_is_opened_the_officer_gives_the_pin() -> None:
    kiosk = again().touch("yes").time_is_over(PROVEN).touch("same.go_on").at("officer.pin.act")
    assert not kiosk.did(OpenPaused)
    kiosk.fill(pin="482913")
    assert kiosk.did(ConfirmPin)
    kiosk.happens(PinConfirmed()).at("paused.same")
    assert kiosk.did(OpenPaused)


def test_an_answer_that_comes_late_brings_the_question_all_the_same() -> None:
    kiosk = paused_at("home").touch("yes", "yes", "yes").card_read()
    note = note_of(next(iter(kiosk.paused.values())))
    kiosk.touch("yes").at("home").happens(PausedFound(IDENTITY, note)).at("paused.same").touch("same.anew").at("home")


def test_who_is_recognised_when_the_name_is_mended_at_the_review_keeps_what_was_taken_today() -> None:
    kiosk = (
        paused_at("home").touch("yes", "yes", "yes").card_read(replace(IDENTITY, name="TRẦN THỊ HOÀI", number=OTHER))
    )
    kiosk.happens(PausedFound(kiosk.session.answers.identity, None)).read_back().touch("yes").all_fingers()  # type: ignore[arg-type]
    kiosk.touch("yes").held_still().portrait_taken().touch("yes").same_face().at("review").touch(
        "other", "fix.identity"
    )
    kiosk.fill(**{**IDENTITY_FORM, "born": "01/07/1950", "number": NUMBER.digits}).at("review")
    assert met(kiosk).at("paused.same")
    assert [choice.id for choice in kiosk.view().choices] == ["same.anew"]
    kiosk.touch("same.go_on").at("paused.same").touch("same.anew").at("review")
    assert len(kiosk.session.answers.slots) == len(kiosk.rules.plan.slots) - len(kiosk.rules.plan.impossible())


def test_what_is_known_of_somebody_else_asks_nothing() -> None:
    note = PausedNote("x", "LÊ VĂN BA", 1948, BEGAN, PauseReason.TIRED, "home")
    kiosk = Kiosk().begin().card_read().happens(PausedFound(replace(IDENTITY, number=OTHER), note))
    kiosk.happens(PausedFound(IDENTITY, None)).touch("yes").at("home")


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"name": "LÊ THỊ MẬN"}, True),
        ({"number": None}, True),
        ({"number": None, "born": PartialDate(1950)}, True),
        ({"number": None, "name": "Trần Thị Hoà"}, True),
        ({"number": None, "born": PartialDate(1951, 7, 1)}, False),
        ({"number": None, "name": "TRẦN THỊ HOÀI"}, False),
        ({"number": OTHER}, True),
        ({"number": OTHER, "born": PartialDate(1950)}, False),
    ],
)
def test_whom_number_or_name_and_birth_make_the_same_person(changes: dict[str, object], same: bool) -> None:
    other: Identity = replace(IDENTITY, **changes)  # type: ignore[arg-type]
    assert same_person(IDENTITY, other, fold=fold) is same
    assert same_person(other, IDENTITY, fold=fold) is same
