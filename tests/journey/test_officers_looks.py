"""The officer's two looks: the chip's portrait beside the citizen, and what contradicts, settled one by one."""

from dataclasses import replace

from kiosk.domain.card_proof import CardProof, Cause, Finding, Holds
from kiosk.domain.citizen import Identity, PersonalNumber, Sex
from kiosk.domain.contradictions import Matter, Outcome, Source, Statement
from kiosk.domain.dates import PartialDate
from kiosk.domain.enrolment import FaceMatch
from kiosk.journey.effects import SaveDraft, Seal
from kiosk.journey.events import DocumentRead
from kiosk.journey.view import Layout
from tests.journey.script import HOME, IDENTITY, NUMBER, Kiosk, picture

OTHER = PersonalNumber("001150000012")
CHIP = Statement(Source.CHIP, "TRAN THI HOA", IDENTITY.born, NUMBER, sex=Sex.FEMALE)
QR = Statement(Source.QR, "TRẦN THỊ HOÀ", IDENTITY.born, NUMBER, sex=Sex.FEMALE, address=HOME.residence)
YES = Finding(Holds.YES, "it holds")
PROOF = CardProof(YES, YES, Finding(Holds.NOT_CHECKABLE, "no trust anchor", Cause.NO_ANCHOR), YES, "DEMO", "PACE MRZ")


def at_photo(*statements: Statement, identity: Identity = IDENTITY, portrait: bool = True) -> Kiosk:
    """A citizen whose card said this, with every finger taken and the portrait before them."""
    kiosk = Kiosk().begin()
    kiosk.happens(
        DocumentRead(
            identity,
            home=HOME,
            portrait=picture("chip") if portrait else None,
            proof=PROOF,
            statements=statements,
        )
    )
    kiosk.read_back().touch("yes").all_fingers().touch("yes").held_still().portrait_taken()
    return kiosk.at("portrait.review").touch("yes")


def rows(kiosk: Kiosk) -> list[str]:
    return [choice.id for choice in kiosk.view().choices]


def test_the_officer_sees_both_portraits_and_the_table_of_the_chip() -> None:
    kiosk = at_photo(CHIP).at("officer.face")
    view = kiosk.view()
    assert (view.layout, view.photo, view.beside) == (Layout.COMPARE, b"portrait", b"chip")
    assert [fact.value for fact in view.facts] == ["nguyên vẹn", "khớp", "chưa biết nơi cấp", "chip gốc"]
    kiosk.touch("yes").at("review")
    assert kiosk.session.answers.face is FaceMatch.SAME
    assert kiosk.did(SaveDraft)


def test_a_doubt_about_the_face_is_written_down_and_stops_nobody() -> None:
    kiosk = at_photo(CHIP).touch("other").at("review").sealed()
    assert kiosk.session.answers.face is FaceMatch.DOUBT


def test_without_a_chip_there_is_nothing_to_compare() -> None:
    at_photo(QR, portrait=False).at("review")


def test_a_new_portrait_is_compared_anew() -> None:
    kiosk = at_photo(CHIP).touch("yes").at("review")
    kiosk.touch("other", "fix.portrait").held_still().portrait_taken(mark="newer").touch("yes")
    kiosk.at("officer.face")
    assert kiosk.view().photo == b"newer"


def test_what_agrees_but_for_marks_and_units_is_nothing_to_settle() -> None:
    kiosk = at_photo(CHIP, QR).same_face().at("review")
    assert kiosk.session.answers.settled == ()


def test_contradictions_are_settled_one_by_one_and_the_version_that_holds_is_taken() -> None:
    code = replace(QR, born=PartialDate(1951, 7, 1), name="TRẦN THỊ HOA MAI")
    kiosk = at_photo(CHIP, code).same_face().at("officer.settle")
    view = kiosk.view()
    assert view.layout is Layout.CHOICE
    assert [choice.label for choice in view.choices][:2] == ["Chip: TRAN THI HOA", "Mã QR: TRẦN THỊ HOA MAI"]
    assert "2" in view.hint
    kiosk.touch("said.qr").at("officer.settle")
    assert kiosk.did(SaveDraft)
    assert [choice.label for choice in kiosk.view().choices][1] == "Mã QR: 01/07/1951"
    kiosk.touch("said.chip").at("review")
    answers = kiosk.session.answers
    assert answers.identity is not None
    assert (answers.identity.name, answers.identity.born) == ("TRẦN THỊ HOA MAI", IDENTITY.born)
    assert [(one.contradiction.matter, one.outcome, one.chosen) for one in answers.settled] == [
        (Matter.NAME, Outcome.CHOSEN, Source.QR),
        (Matter.BIRTH, Outcome.CHOSEN, Source.CHIP),
    ]
    assert answers.dossier is None
    kiosk.sealed()


def test_an_address_in_a_merged_commune_is_the_same_place_for_the_officer_to_say() -> None:
    kiosk = at_photo(CHIP, replace(QR, address="Thôn Tân Hương, Đỉnh Bàn, Thạch Hà, Hà Tĩnh")).same_face()
    kiosk.at("officer.settle")
    assert "Cùng một nơi, xã đã sáp nhập" in [choice.label for choice in kiosk.view().choices]
    kiosk.touch("settle.same").at("review")
    assert kiosk.session.answers.home == HOME
    assert kiosk.session.answers.settled[0].outcome is Outcome.SAME


def test_two_numbers_may_lead_to_a_dossier_that_travels() -> None:
    kiosk = at_photo(CHIP, replace(QR, number=OTHER)).same_face().at("officer.settle")
    assert rows(kiosk)[-1] == "settle.dossier"
    kiosk.touch("settle.dossier").at("review").sealed()
    dossier = kiosk.session.answers.dossier
    assert dossier is not None
    assert dossier.kind == "reestablish_number"
    assert {(said.source, said.value) for said in dossier.numbers} >= {
        (Source.CHIP, NUMBER.grouped),
        (Source.QR, OTHER.grouped),
    }


def test_a_number_that_belies_the_birth_year_is_accepted_or_goes_into_a_dossier_and_blocks_nobody() -> None:
    odd = PersonalNumber("042049000012")
    chip = replace(CHIP, number=odd)
    kiosk = at_photo(chip, identity=replace(IDENTITY, number=odd)).same_face().at("officer.settle")
    assert rows(kiosk) == ["settle.same", "settle.office", "settle.dossier"]
    assert kiosk.view().officer_line
    kiosk.touch("settle.same").at("review").sealed()
    assert kiosk.session.answers.dossier is None


def test_what_the_citizen_says_at_the_review_against_the_card_comes_before_the_officer_once_more() -> None:
    kiosk = at_photo(CHIP, QR).same_face().at("review")
    kiosk.touch("other", "fix.identity")
    kiosk.fill(name="Trần Thị Hoa", born="02/07/1950", sex="nữ", number=NUMBER.digits).at("officer.settle")
    kiosk.touch("said.citizen").at("review")
    identity = kiosk.session.answers.identity
    assert identity is not None
    assert identity.born == PartialDate(1950, 7, 2)
    kiosk.touch("other", "fix.identity")
    kiosk.fill(name="Trần Thị Hoa", born="02/07/1950", sex="nữ", number=NUMBER.digits).at("review")
    assert not kiosk.did(Seal)


def test_a_dossier_for_a_number_that_was_typed_wrongly_goes_when_the_number_is_mended() -> None:
    kiosk = at_photo(CHIP).same_face().at("review").touch("other", "fix.identity")
    kiosk.fill(name=IDENTITY.name, born="01/07/1950", sex="nữ", number=OTHER.digits).at("officer.settle")
    kiosk.touch("settle.dossier").at("review")
    assert kiosk.session.answers.dossier is not None
    kiosk.touch("other", "fix.identity")
    kiosk.fill(name=IDENTITY.name, born="01/07/1950", sex="nữ", number=NUMBER.digits).at("review").sealed()
    assert kiosk.session.answers.dossier is None


def test_back_from_the_officers_looks_is_back_to_the_portrait() -> None:
    kiosk = at_photo(CHIP, replace(QR, number=OTHER)).same_face().at("officer.settle").touch("back")
    kiosk.at("portrait.review").touch("yes").same_face().at("officer.settle")
    kiosk.touch("settle.office").at("review").touch("back").at("portrait.review")


def test_a_power_cut_among_the_contradictions_comes_back_to_them() -> None:
    code = replace(QR, born=PartialDate(1951, 7, 1), name="LÊ THỊ MAI")
    kiosk = at_photo(CHIP, code).same_face().touch("settle.office").at("officer.settle")
    again = kiosk.resumed().at("officer.settle")
    assert len(again.session.answers.settled) == 1
    again.touch("settle.office").at("review")


def test_what_the_chip_proved_is_told_the_officer_who_asks_what_does_not_hold_first() -> None:
    kiosk = Kiosk().begin()
    proof = replace(PROOF, genuine=Finding(Holds.NO, "a copy"))
    kiosk.happens(DocumentRead(IDENTITY, home=HOME, proof=proof, statements=(CHIP,))).at("identity")
    assert kiosk.view().officer_line.startswith("Mời cán bộ xem lại thẻ"), "no word of copies under the citizen's eyes"
    kiosk.press_help().touch("other").at("menu")
    assert kiosk.view().officer_line.startswith("Con chip: chip sao chép · Nơi cấp: chưa biết nơi cấp")
