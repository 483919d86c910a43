"""The officer's own card at the sign-in, and a new card at its handing over."""

import pytest

from kiosk.domain.card_proof import CardProof, Cause, Finding, Holds
from kiosk.domain.citizen import DocumentSource
from kiosk.journey.effects import (
    CloseHandover,
    CompareHandover,
    ForgetPin,
    Lamp,
    OpenVault,
    ReadDocument,
    ReadOfficerCard,
    ShowLamp,
    StartTimer,
    StopCamera,
)
from kiosk.journey.events import (
    CardNeedsKey,
    CardWanted,
    DocumentFailed,
    DocumentProgress,
    DocumentRead,
    SignedIn,
    SignInRefused,
)
from kiosk.journey.remembered import HandoverCompared
from tests.journey.script import IDENTITY, OFFICER, Kiosk, picture

YES = Finding(Holds.YES, "it holds")
NO = Finding(Holds.NO, "it does not")
PROOF = CardProof(YES, YES, YES, YES)
SAME = HandoverCompared("0193", "24/11/2026", 7, number=True, name=True, born=True)
NUMBERS = {"number": "042150000012", "born": "01/07/1950", "expires": ""}


def wanted() -> Kiosk:
    kiosk = Kiosk().fill(officer=OFFICER, pin="123456")
    assert kiosk.did(OpenVault)
    return kiosk.happens(CardWanted()).at("signin.card")


def test_where_the_vault_wants_the_card_it_is_asked_for_and_read_and_the_officer_is_in() -> None:
    kiosk = wanted()
    assert kiosk.did(ReadOfficerCard)
    assert kiosk.view().preview
    kiosk.happens(DocumentProgress(30)).at("signin.reading")
    assert kiosk.view().busy
    kiosk.happens(SignedIn(OFFICER)).at("standby")
    assert kiosk.did(StopCamera)


def test_a_card_without_its_code_is_opened_by_typed_numbers() -> None:
    kiosk = wanted().happens(CardNeedsKey()).at("signin.number").fill(number="1").at("signin.number")
    assert kiosk.view().form is not None
    kiosk.fill(**NUMBERS).at("signin.reading")
    assert kiosk.did(ReadOfficerCard)
    kiosk.happens(DocumentFailed("wrong_key")).at("signin.number")


def test_a_card_that_proves_nothing_ends_the_sign_in_and_the_pin_is_forgotten() -> None:
    kiosk = wanted().happens(DocumentFailed("unproven")).at("signin")
    assert kiosk.did(ForgetPin)
    form = kiosk.view().form
    assert form is not None
    assert form.problem


def test_another_officers_card_costs_no_try_and_says_so() -> None:
    kiosk = wanted().happens(SignInRefused(0, 0, "card")).at("signin")
    form = kiosk.view().form
    assert form is not None
    assert "đã đăng ký" in form.problem


def test_a_wrong_pin_with_the_right_card_counts_as_any_other() -> None:
    kiosk = wanted().happens(SignInRefused(4, 0)).at("signin")
    form = kiosk.view().form
    assert form is not None
    assert "4" in form.problem


@pytest.mark.parametrize("end", ["touch", "time"])
def test_a_sign_in_that_is_given_up_forgets_the_pin(end: str) -> None:
    kiosk = wanted()
    kiosk.touch("other") if end == "touch" else kiosk.time_is_over("pause")
    assert kiosk.at("signin").did(ForgetPin)


def test_a_lifted_card_is_asked_for_again_and_read_on() -> None:
    kiosk = wanted().happens(DocumentProgress(30)).happens(DocumentFailed("lifted")).at("signin.card")
    assert kiosk.view().hint
    assert not kiosk.did(ReadOfficerCard)


def handing_over() -> Kiosk:
    kiosk = Kiosk().signed_in().press_help().touch("other", "officer.handover").at("handover")
    assert kiosk.did(ReadDocument)
    return kiosk


def read(proof: CardProof = PROOF) -> DocumentRead:
    return DocumentRead(IDENTITY, portrait=picture("chip"), proof=proof)


def test_a_new_card_that_is_as_enrolled_works_and_its_note_goes_when_it_is_handed_over() -> None:
    kiosk = handing_over().happens(read())
    assert kiosk.did(CompareHandover)
    kiosk.happens(SAME).at("handover.works").touch("yes").at("standby")
    assert CloseHandover("0193") in kiosk.effects
    assert kiosk.session.captures == {}


def test_a_card_that_says_something_else_is_looked_at_and_its_note_stays() -> None:
    kiosk = handing_over().happens(read()).happens(HandoverCompared("0193", "24/11/2026", number=True, born=True))
    kiosk.at("handover.differs").touch("yes").at("standby")
    assert not kiosk.did(CloseHandover)


def test_a_card_with_anything_disproved_never_works() -> None:
    handing_over().happens(read(CardProof(YES, YES, YES, NO))).happens(SAME).at("handover.differs")


def late(cause: Cause) -> CardProof:
    return CardProof(YES, YES, Finding(Holds.NO, "out of its time", cause), YES)


@pytest.mark.parametrize(("cause", "said"), [(Cause.EXPIRED, "đã hết hạn"), (Cause.NOT_YET, "chưa đến hạn")])
def test_a_signer_out_of_its_time_is_told_as_that_and_the_card_may_be_handed_over(cause: Cause, said: str) -> None:
    kiosk = handing_over().happens(read(late(cause))).happens(SAME).at("handover.out_of_time")
    assert {fact.label: fact.value for fact in kiosk.view().facts}["Nơi cấp"] == said
    assert ShowLamp(Lamp.CALL) in kiosk.effects
    kiosk.touch("yes").at("standby")
    assert CloseHandover("0193") in kiosk.effects


def test_a_signers_time_hides_neither_a_contradiction_nor_another_no() -> None:
    other = HandoverCompared("0193", "24/11/2026", number=True, born=True)
    handing_over().happens(read(late(Cause.EXPIRED))).happens(other).at("handover.differs")
    copied = CardProof(YES, YES, late(Cause.EXPIRED).trusted, NO)
    handing_over().happens(read(copied)).happens(SAME).at("handover.differs")
    revoked = CardProof(YES, YES, Finding(Holds.NO, "it was revoked", Cause.REVOKED), YES)
    handing_over().happens(read(revoked)).happens(SAME).at("handover.differs")


def test_a_card_enrolled_elsewhere_is_readable_and_no_more_is_claimed() -> None:
    handing_over().happens(read()).happens(HandoverCompared()).at("handover.unknown").time_is_over("farewell").at(
        "standby"
    )


def test_a_code_without_a_chip_is_not_enough() -> None:
    code = DocumentRead(IDENTITY.__class__(DocumentSource.QR, IDENTITY.name, IDENTITY.born))
    kiosk = handing_over().happens(code).at("handover")
    assert kiosk.did(ReadDocument)
    assert kiosk.view().hint


def test_a_new_card_is_given_up_by_touch_or_time_and_starts_no_enrolment() -> None:
    assert handing_over().touch("other").at("standby").draft is None
    handing_over().time_is_over("pause").at("standby")
    assert not handing_over().session.enrolling


def test_a_card_lifted_after_the_waiting_time_ran_out_is_waited_for_once_more_and_then_given_up() -> None:
    reading = wanted().happens(DocumentProgress(30)).time_is_over("pause").at("signin.reading")
    assert reading.did(StartTimer)
    reading.happens(DocumentFailed("lifted")).at("signin.card").time_is_over("pause").at("signin")
    assert reading.did(ForgetPin)
    reading = handing_over().happens(DocumentProgress(30)).time_is_over("pause").at("document.reading")
    assert reading.did(StartTimer)
    reading.happens(DocumentFailed("lifted")).at("handover").time_is_over("pause").at("standby")


def test_an_answer_that_came_while_help_was_called_leaves_nobody_waiting_for_ever() -> None:
    kiosk = handing_over().happens(read()).at("document.reading").press_help().happens(SAME).touch("yes")
    kiosk.at("document.reading").time_is_over("farewell").at("standby")
