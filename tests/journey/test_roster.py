"""The roster in the journey: who has no card is found in it, who has one is found by it, and it stops nobody."""

from dataclasses import replace

import pytest

from kiosk.domain.citizen import DocumentSource, Home, Identity, PersonalNumber, Sex
from kiosk.domain.contradictions import Matter, Outcome, Source, Statement
from kiosk.domain.dates import PartialDate
from kiosk.domain.roster import Listed, Mode, RosterRow
from kiosk.journey.effects import FindInRoster, MatchRoster
from kiosk.journey.events import DocumentRead, RosterFound, RosterMatched, RosterTold
from kiosk.journey.listing import Query
from kiosk.journey.rendering import render
from kiosk.journey.status import Status
from tests.journey.script import CATALOGUES, HOME, IDENTITY, IDENTITY_FORM, NUMBER, Kiosk, picture

ROSTER = "0193b3a0-2222-7abc-8def-000000000000"
HOA = RosterRow("Trần Thị Hoà", PartialDate(1950, 7, 1), NUMBER, "183456789", None, HOME.residence, person="TK-1")
BA = RosterRow("Nguyễn Văn Ba", PartialDate(1941), mode=Mode.BED, address="Xóm 3; xã Thạch Khê")
QUERY = Query("hoa", "", "1950")


def with_roster() -> Kiosk:
    """A kiosk with a roster, and a citizen who has agreed."""
    kiosk = Kiosk().signed_in().happens(RosterTold(312))
    return kiosk.touch("yes").at("welcome").touch("yes").at("consent").touch("yes").at("document")


def looked_up(*rows: RosterRow, total: int = 0) -> Kiosk:
    kiosk = with_roster().touch("other").at("roster.find").fill(name="hoa", year="1950", number="")
    assert FindInRoster(QUERY) in kiosk.effects
    return kiosk.happens(RosterFound(QUERY, ROSTER, rows, total or len(rows)))


def test_who_brought_no_card_is_found_and_hears_what_the_office_knows() -> None:
    kiosk = looked_up(HOA, BA).at("roster.pick")
    labels = {choice.id: choice.label for choice in kiosk.view("vi").choices}
    assert labels == {
        "row.0": "Trần Thị Hoà\u00a0· 01/07/1950",
        "row.1": "Nguyễn Văn Ba\u00a0· 1941",
    }
    kiosk.touch("row.0").at("identity")
    identity, answers = kiosk.session.answers.identity, kiosk.session.answers
    assert identity == Identity(
        DocumentSource.ROSTER,
        "TRẦN THỊ HOÀ",
        PartialDate(1950, 7, 1),
        number=NUMBER,
        sex=Sex.FEMALE,
        old_number="183456789",
    ), "the number says the sex where it agrees with the birth date"
    assert not answers.identity_confirmed
    assert answers.home == Home("", HOME.residence)
    assert answers.listed == Listed(ROSTER, True, "TK-1")
    assert kiosk.did(MatchRoster)
    kiosk.touch("yes").at("home")
    assert kiosk.session.answers.identity_confirmed


def test_namesakes_of_one_day_are_told_apart_by_where_they_live() -> None:
    kiosk = looked_up(HOA, replace(HOA, number=None, address="Xóm 3; xã Thạch Khê"), BA)
    assert [choice.label.replace("\u00a0", " ") for choice in kiosk.view("vi").choices] == [
        "Trần Thị Hoà · 01/07/1950 · thôn Tân Hương",
        "Trần Thị Hoà · 01/07/1950 · Xóm 3",
        "Nguyễn Văn Ba · 1941",
    ]


def test_what_the_office_does_not_know_is_typed() -> None:
    kiosk = looked_up(BA).touch("row.0").at("edit.identity")
    form = kiosk.view("vi").form
    assert form is not None
    assert {field.id: field.value for field in form.fields} == {
        "name": "NGUYỄN VĂN BA",
        "born": "1941",
        "sex": "",
        "number": "",
    }
    kiosk.fill(name="nguyễn văn ba", born="02/09/1941", sex="nam", number="").at("identity")
    kiosk.happens(RosterMatched(kiosk.session.answers.identity or IDENTITY, ROSTER))
    assert kiosk.session.answers.listed == Listed(ROSTER, True, ""), "the officer chose the row"
    assert [one.source for one in kiosk.session.answers.statements] == [Source.ROSTER]


def test_who_is_not_found_is_asked_for_otherwise_and_typed_in_the_end() -> None:
    kiosk = with_roster().touch("other").at("roster.find").fill(name="h", year="", number="")
    assert not kiosk.did(FindInRoster)
    form = kiosk.view("vi").form
    assert form is not None
    assert "hai chữ" in form.problem
    kiosk = looked_up().at("roster.find")
    form = kiosk.view("vi").form
    assert form is not None
    assert "Không thấy ai" in form.problem
    assert [field.value for field in form.fields] == ["hoa", "1950", ""], "what was typed stays"
    kiosk.touch("other").at("edit.identity").fill(**IDENTITY_FORM).at("identity")
    kiosk.happens(RosterMatched(kiosk.session.answers.identity or IDENTITY, ROSTER))
    assert kiosk.session.answers.listed == Listed(ROSTER, False)
    kiosk.touch("yes").at("edit.home")


def test_the_way_back_leads_to_the_question_and_to_the_document() -> None:
    kiosk = looked_up(HOA, total=40).at("roster.pick")
    assert "1" in kiosk.view("vi").hint
    assert "40" in kiosk.view("vi").hint
    kiosk.touch("back").at("roster.find")
    form = kiosk.view("vi").form
    assert form is not None
    assert [field.value for field in form.fields] == ["hoa", "1950", ""]
    kiosk.fill(name="hoa", year="1950", number="").happens(RosterFound(QUERY, ROSTER, (HOA,), 1)).at("roster.pick")
    kiosk.touch("yes").at("roster.find").touch("back").at("document")
    kiosk.touch("other").at("roster.find").touch("other").at("edit.identity").touch("other").at("document")


def test_without_a_roster_nothing_of_it_is_seen() -> None:
    Kiosk().begin().touch("other").at("edit.identity")
    kiosk = with_roster().happens(RosterTold(0)).touch("other").at("edit.identity")
    kiosk.fill(**IDENTITY_FORM).at("identity")
    kiosk.happens(RosterMatched(kiosk.session.answers.identity or IDENTITY, ""))
    assert kiosk.session.answers.listed is None
    assert "danh sách" not in kiosk.view("vi").officer_line


def test_what_the_office_knows_otherwise_than_the_card_is_settled_by_the_officer() -> None:
    elsewhere = "xã Đỉnh Bàn, tỉnh Hà Tĩnh"
    wrong = replace(HOA, name="Trần Thị Hoa Mai", born=PartialDate(1951, 7, 1), number=None, address=elsewhere)
    chip = Statement(Source.CHIP, IDENTITY.name, IDENTITY.born, NUMBER, None, Sex.FEMALE, HOME.residence)
    read = DocumentRead(IDENTITY, home=HOME, portrait=picture("chip"), hashes="yes", statements=(chip,))
    kiosk = with_roster().happens(read).happens(RosterMatched(IDENTITY, ROSTER, wrong))
    assert "Có trong danh sách" in kiosk.view("vi").officer_line
    kiosk.read_back().at("hands").touch("yes").all_fingers().touch("yes").at("portrait.look")
    kiosk.held_still().portrait_taken().touch("yes").same_face()
    settled: list[Matter] = []
    while kiosk.view().key == "officer.settle":
        shown = {choice.id: choice.label for choice in kiosk.view("vi").choices}
        assert shown["said.roster"].startswith("Danh sách")
        kiosk.touch("said.roster" if "MAI" in shown["said.roster"] else "said.chip")
        settled = [one.contradiction.matter for one in kiosk.session.answers.settled]
    assert settled == [Matter.NAME, Matter.BIRTH, Matter.ADDRESS]
    answers = kiosk.at("review").session.answers
    assert answers.identity is not None
    assert (answers.identity.name, answers.identity.born) == ("TRẦN THỊ HOA MAI", IDENTITY.born)
    assert {one.outcome for one in answers.settled} == {Outcome.CHOSEN}


def test_who_is_not_on_it_is_enrolled_like_anybody_else_and_noted() -> None:
    # CK-ROSTER-07
    kiosk = with_roster().card_read().happens(RosterMatched(IDENTITY, ROSTER))
    assert kiosk.session.answers.listed == Listed(ROSTER, False)
    assert "Không có trong danh sách" in kiosk.view("vi").officer_line
    kiosk.read_back().at("hands").touch("yes").all_fingers().touch("yes").at("portrait.look")
    kiosk.held_still().portrait_taken().touch("yes").same_face().at("review").sealed()


def test_an_answer_for_somebody_else_changes_nothing() -> None:
    other = replace(IDENTITY, number=PersonalNumber("001051000001"))
    kiosk = with_roster().card_read()
    before = kiosk.session
    kiosk.happens(RosterMatched(other, ROSTER, HOA))
    assert kiosk.session == before


def test_an_address_that_no_paper_gives_is_the_offices_and_is_read_aloud() -> None:
    kiosk = with_roster().card_read(home=Home()).happens(RosterMatched(IDENTITY, ROSTER, HOA))
    kiosk.touch("yes").at("home")
    assert HOME.residence in kiosk.view("vi").voice
    assert not kiosk.session.answers.home_confirmed


def test_a_card_that_is_read_later_is_matched_anew() -> None:
    kiosk = with_roster().card_read().happens(RosterMatched(IDENTITY, ROSTER, HOA)).touch("back").at("document")
    other = replace(IDENTITY, name="LÊ VĂN BÌNH", number=None)
    kiosk.card_read(other)
    assert kiosk.session.answers.listed is None
    assert kiosk.did(MatchRoster)


def test_nobody_who_was_looked_up_is_left_when_the_citizen_goes_on() -> None:
    kiosk = looked_up(HOA, BA).touch("row.0").at("identity")
    assert kiosk.session.found is None
    kiosk = looked_up(HOA, BA).press_help().touch("other", "officer.wipe", "yes").at("standby")
    assert kiosk.session.found is None
    assert kiosk.session.roster == 312


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_strip_of_the_resting_kiosk_says_how_many_of_todays_are_done(language: str) -> None:
    kiosk = Kiosk().signed_in().happens(RosterTold(312))
    status = Status(link="online", roster=(3, 12))
    view = render(kiosk.session, kiosk.rules, CATALOGUES[language], status)  # type: ignore[index]
    assert "3/12" in view.officer_line


def test_after_a_power_cut_in_the_list_the_officer_asks_anew() -> None:
    kiosk = looked_up(HOA).at("roster.pick").resumed().at("roster.pick")
    assert kiosk.view().choices == ()
    kiosk.touch("yes").at("roster.find").touch("other").at("edit.identity")


def mended_at_the_review(kiosk: Kiosk, **form: str) -> Kiosk:
    """Go to the review, and mend the identity there."""
    kiosk.read_back().touch("yes").all_fingers().touch("yes").held_still().portrait_taken().touch("yes")
    if kiosk.view().key == "officer.face":
        kiosk.same_face()
    return kiosk.at("review").touch("other", "fix.identity").at("edit.identity").fill(**form)


MENDED = {"name": "trần thị hoà", "born": "01/07/1950", "sex": "nữ", "number": ""}
WRONG = replace(HOA, name="Trần Thị Hoa Mai", old_number="", number=None, address="xã Đỉnh Bàn", person="TK-9")


def with_wrong_row() -> Kiosk:
    """A card without a home, and the row of somebody else of nearly that name."""
    return with_roster().card_read(home=Home()).happens(RosterMatched(IDENTITY, ROSTER, WRONG))


def of_now(kiosk: Kiosk) -> Identity:
    assert kiosk.did(MatchRoster)
    identity = kiosk.session.answers.identity
    assert identity is not None
    return identity


def test_an_identity_that_is_mended_at_the_review_is_matched_anew_with_all_that_came_of_the_row_before() -> None:
    kiosk = with_wrong_row()
    assert kiosk.session.answers.home.residence == "xã Đỉnh Bàn"
    kiosk.touch("yes", "yes").at("relatives")
    kiosk = with_wrong_row().read_back().touch("yes").all_fingers().touch("yes").held_still().portrait_taken()
    kiosk.touch("yes").same_face().at("officer.settle")
    while kiosk.view().key == "officer.settle":
        kiosk.touch("said.citizen", "settle.same")
    kiosk.at("review").touch("other", "fix.identity").fill(**MENDED).at("officer.settle")
    right = replace(HOA, number=None, person="TK-1")
    kiosk.happens(RosterMatched(of_now(kiosk), ROSTER, right)).at("review")
    answers = kiosk.session.answers
    assert answers.listed == Listed(ROSTER, True, "TK-1")
    assert [one for one in answers.statements if one.source is Source.ROSTER] == [right.statement()]
    assert answers.home.residence == HOME.residence, "the address of the wrong row has gone with it"
    assert not answers.home_confirmed
    assert HOME.residence in kiosk.view("vi").voice, "and the right one is read aloud"
    assert not any(said.source is Source.ROSTER for one in answers.settled for said in one.contradiction.versions), (
        "what was settled with the wrong row is settled no more"
    )
    for past in kiosk.session.history:
        assert past.answers.identity is None or past.answers.listed == Listed(ROSTER, True, "TK-1")
    kiosk.touch("back")
    assert kiosk.session.answers.listed == Listed(ROSTER, True, "TK-1"), "going back brings no mistake back"


def test_who_is_on_no_roster_any_more_after_the_mending_is_noted_so() -> None:
    kiosk = mended_at_the_review(with_roster().card_read().happens(RosterMatched(IDENTITY, ROSTER, HOA)), **MENDED)
    kiosk.happens(RosterMatched(of_now(kiosk), ROSTER))
    assert kiosk.session.answers.listed == Listed(ROSTER, False)
    assert not any(one.source is Source.ROSTER for one in kiosk.session.answers.statements)
    assert kiosk.session.answers.home == HOME


def test_a_row_that_the_officer_has_chosen_stays_the_row_when_its_name_is_mended_at_the_review() -> None:
    kiosk = mended_at_the_review(looked_up(HOA).touch("row.0").at("identity"), **MENDED)
    kiosk.resumed()
    kiosk.happens(RosterMatched(of_now(kiosk), ROSTER))
    assert kiosk.session.answers.listed == Listed(ROSTER, True, "TK-1")


def test_a_new_contradiction_of_the_new_row_is_settled_before_the_citizen_says_yes() -> None:
    kiosk = mended_at_the_review(with_roster().card_read().happens(RosterMatched(IDENTITY, ROSTER, HOA)), **MENDED)
    elsewhere = replace(HOA, born=PartialDate(1951, 7, 1), number=None)
    kiosk.happens(RosterMatched(of_now(kiosk), ROSTER, elsewhere)).at("officer.settle")
    kiosk.touch("settle.same").at("review")


def test_after_the_yes_no_roster_changes_what_was_signed() -> None:
    kiosk = with_roster().card_read().read_back().touch("yes").all_fingers().touch("yes").held_still()
    kiosk.portrait_taken().touch("yes").same_face().touch("yes").at("sealing")
    signed = kiosk.session.answers
    kiosk.happens(RosterMatched(IDENTITY, ROSTER, HOA))
    assert kiosk.session.answers == signed
