"""A language is one folder: what is dropped in appears, speaks and addresses people, without a line of code for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.domain.citizen import Sex
from kiosk.domain.dates import PartialDate
from kiosk.journey.proofing import check_words
from kiosk.journey.rendering import render
from kiosk.journey.steps import Kind
from kiosk.settings import Journey
from kiosk.settings import Voice as VoiceChoice
from kiosk.voice.espeak import voices_of
from kiosk.voice.pack import PackFacts, VoicePack, write_pack
from kiosk.words import language
from kiosk.words.address import form_of_address
from kiosk.words.catalogue import Catalogue
from kiosk.words.errors import CatalogueBroken, UnknownLanguage
from kiosk.words.language import RULES_FILE, TEXTS_FILE, following, languages, rules_of
from kiosk.words.script import script, sentence_id
from kiosk.words.speech import spoken
from tests.journey.script import CATALOGUES, IDENTITY, RULES, Kiosk
from tests.words.third_language import CODE, NAME, drop_in


@pytest.fixture
def third(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = drop_in(tmp_path)
    monkeypatch.setattr(language, "_FOLDER", folder)
    # So that every event of the journeys below is held against the house rules in this language too.
    monkeypatch.setitem(CATALOGUES, CODE, Catalogue.load(CODE))
    return folder


def test_vietnamese_comes_first_and_the_switch_goes_round() -> None:
    assert languages() == ("vi", "en")
    assert [following(code) for code in languages()] == ["en", "vi"]
    assert following("xx") == "vi", "a draft may be older than the languages of this kiosk"


def test_a_folder_that_is_dropped_in_is_a_language_of_the_kiosk(third: Path) -> None:
    assert languages() == ("vi", "en", CODE)
    check_words(replace(RULES, ribbon="ribbon.simulated"), Catalogue.load(CODE))
    assert Journey(language=CODE).language == CODE
    assert rules_of(CODE, third).name == NAME


def test_the_switch_at_the_resting_kiosk_leads_through_every_language_by_its_own_name(third: Path) -> None:
    assert third.is_dir()
    kiosk = Kiosk(RULES).signed_in()
    seen: list[tuple[str, str]] = []
    for _ in range(4):
        catalogue = Catalogue.load(kiosk.session.language)
        view = render(kiosk.session, RULES, catalogue)
        assert view.title == catalogue.screen("standby").title
        seen.append((view.language, next(button.label for button in view.buttons if button.id == "other")))
        kiosk.touch("other")
    assert seen == [("vi", "English"), ("en", NAME), (CODE, "Tiếng Việt"), ("vi", "English")]


def test_every_step_of_a_journey_is_shown_in_it(third: Path) -> None:
    catalogue = Catalogue.load(CODE, folder=third)
    session = Kiosk(RULES).at_review().session
    for key, step in RULES.steps.items():
        if step.kind in {Kind.PAUSED, Kind.ROSTER, Kind.SAME, Kind.VISIT, Kind.HANDED}:
            continue  # these need what other journeys bring
        view = render(replace(session, step=key, phase=""), RULES, catalogue)
        assert view.language == CODE
        assert "x" in view.title.lower()
        assert "{" not in view.title + view.sentence + view.voice


def test_its_forms_of_address_its_voice_and_its_numbers_are_data(third: Path) -> None:
    assert third.is_dir()
    assert form_of_address(CODE, 72, Sex.FEMALE) == "xa"
    assert form_of_address(CODE, 30, Sex.MALE) == "xu"
    assert form_of_address(CODE, None, None) == "xu"
    assert voices_of("vi-vn-x-south") == {"vi": "vi-vn-x-south", "en": "en", CODE: "eo"}
    assert voices_of("eo")["vi"] == "vi-vn-x-central"
    assert spoken("xx 01/07/1950, 2/5, 3-4, PIN 0912345678.", CODE) == (
        "xx 1950, jul 1, 2 el 5, 3 ĝis 4, pi no oz na un du, tri kva kvin, ses sep ok."
    )


def test_the_officer_chooses_among_its_own_forms_and_the_citizen_is_addressed_by_age_in_it(third: Path) -> None:
    assert third.is_dir()
    kiosk = Kiosk(RULES).begin().card_read(replace(IDENTITY, born=PartialDate(1950), sex=Sex.FEMALE))
    kiosk.session = replace(kiosk.session, language=CODE)
    kiosk.press_help().touch("other", "menu.address")
    catalogue = Catalogue.load(CODE)
    rows = [choice.id for choice in render(kiosk.session, RULES, catalogue).choices]
    assert rows == ["address.papers", "address.xu", "address.xa", "address.xi"]
    kiosk.touch("address.xi")
    said = render(replace(kiosk.session, step="consent", overlay="", phase=""), RULES, catalogue)
    assert " xi " in said.title
    vietnamese = render(replace(kiosk.session, step="consent", overlay="", phase=""), RULES, Catalogue.load("vi"))
    assert vietnamese.title.startswith("Bác "), "what was chosen in one language is no form of another"


def test_its_sentences_are_recorded_and_heard_like_those_of_any_language(third: Path, tmp_path: Path) -> None:
    lines = script(Catalogue.load(CODE, folder=third))
    assert {line.id for line in lines} == {sentence_id(line.text, CODE) for line in lines}
    write_pack(tmp_path / "pack", PackFacts("far", CODE, "X", synthetic=True), {lines[0].id: b"RIFF"})
    assert VoicePack.load(tmp_path / "pack").facts.language == CODE


def test_without_its_folder_nothing_takes_it(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ValueError, match="there is: vi, en"):
        Journey(language=CODE)
    assert set(voices_of(VoiceChoice(name="eo").name).values()) == {rules_of(code).voice for code in languages()}
    assert "'eo' speaks no language of this kiosk" in caplog.text
    with pytest.raises(UnknownLanguage, match="vi, en"):
        spoken("x", CODE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("place = 3", 'place = "3"'), "place: must be a whole number"),
        (('voice = "eo"', ""), "voice: must be a text that is not empty"),
        (('usual = "xu"', 'usual = "zz"'), "address: zz must be among its forms"),
        (("{ from = 0,", "{ from = 5,"), "must be from = 0"),
        (('"plain"', '"klingon"'), "speech.rules: must be one of vietnamese, plain"),
        (('"oz", ', ""), "speech.digits: must be 10 words"),
        (('"dec"', '"dec", "mon"'), "speech.months: must be 12 words"),
        (("{year}, {month} {day}", "{year} {month}"), "speech.date: must hold {day} and {month} and {year}, each once"),
        (('span = "ĝis"', 'spam = "ĝis"'), "speech.spam: unknown entry"),
        (("ĝis", "g\u0302is"), "speech.span: is not in Unicode form NFC"),
        (("[address]", "[address"), "is not TOML"),
    ],
)
def test_what_is_amiss_with_a_language_is_named(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    folder = drop_in(tmp_path)
    file = folder / CODE / RULES_FILE
    text = file.read_text("utf-8")
    assert change[0] in text
    file.write_text(text.replace(*change), "utf-8")
    with pytest.raises(CatalogueBroken) as broken:
        languages(folder)
    assert said in str(broken.value)


def test_a_folder_without_texts_or_with_a_strange_name_is_named(tmp_path: Path) -> None:
    folder = drop_in(tmp_path)
    (folder / CODE / TEXTS_FILE).unlink()
    with pytest.raises(CatalogueBroken, match=f"{CODE}/{TEXTS_FILE}: No such file"):
        Catalogue.load(CODE, folder=folder)
    (folder / CODE).rename(folder / "Xo1")
    language._listed.cache_clear()
    with pytest.raises(CatalogueBroken, match="Xo1: a language's folder is named by 2 or 3 letters"):
        languages(folder)
