"""The speaker's script: every sentence that is always the same, once, under an id made of its text."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.words.catalogue import Catalogue
from kiosk.words.language import Language, languages
from kiosk.words.script import script, sentence_id, sentences


def test_a_line_is_split_at_the_ends_of_its_sentences_alone() -> None:
    line = "Chào bác. Bác 1.408 tuổi? Dạ! Đợi chút…  Xong"
    assert sentences(line) == ("Chào bác.", "Bác 1.408 tuổi?", "Dạ!", "Đợi chút…", "Xong")
    assert sentences("  ") == ()


@given(st.text())
def test_no_letter_is_lost_by_splitting(text: str) -> None:
    joined = re.sub(r"\s", "", "".join(sentences(text)))
    assert joined == re.sub(r"\s", "", "".join(sentences(" ".join(sentences(text)))))
    assert all(one == one.strip() and one for one in sentences(text))


@pytest.mark.parametrize("language", languages())
def test_the_script_has_every_sentence_that_names_nothing_of_a_citizen(language: Language) -> None:
    catalogue = Catalogue.load(language)
    lines = {line.text: line for line in script(catalogue)}
    assert len({line.id for line in lines.values()}) == len(lines)
    for honorific in catalogue.forms:
        addressed = catalogue.addressed(honorific)
        for key in catalogue.screen_keys:
            for sentence in sentences(
                addressed.screen(key, **dict.fromkeys(catalogue.screen_placeholders(key), "№")).voice
            ):
                assert (sentence in lines) == ("№" not in sentence)
                if sentence in lines:
                    assert key in lines[sentence].heard_at
    assert not any("{" in text for text in lines)


def test_a_changed_text_another_language_and_another_address_have_other_ids() -> None:
    ids = {sentence_id("Chào bác.", "vi"), sentence_id("Chào bà.", "vi"), sentence_id("Chào bác.", "en")}
    assert len(ids) == 3
    assert sentence_id("Cha\u0300o ba\u0301c.", "vi") == sentence_id("Chào bác.", "vi")


def test_the_speaker_can_record_one_form_of_address_alone() -> None:
    catalogue = Catalogue.load("vi")
    only = script(catalogue, ["bà"])
    assert any("bà" in line.text.lower().split() or "bà" in line.text for line in only)
    assert {line.id for line in only} <= {line.id for line in script(catalogue)}
