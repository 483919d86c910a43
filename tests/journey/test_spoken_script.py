"""Who sees nothing hears it all: the lines of a whole journey, in order, as they are kept in tests/journey/spoken."""

import re

import pytest

from kiosk.words.language import Language, languages
from tests.journey.script import CATALOGUES
from tests.journey.spoken_script import FAMILY, file_of, transcript

#: Words that only help who sees the screen: things there are pointed at, or said to be looked at.
POINTING = {
    "vi": "màn hình này|trên màn hình|ở đây|dưới đây|bên dưới|phía trên|hình này|như hình|đây là",
    "en": "on the screen|this button|below|above|shown here|the picture|this is the|here is",
}


@pytest.mark.parametrize("language", languages())
def test_the_spoken_lines_are_the_transcript_that_was_read_and_kept(language: Language) -> None:
    kept = file_of(language).read_text(encoding="utf-8")
    assert transcript(language) == kept, "read the new lines aloud, then run python -m tests.journey.spoken_script"


@pytest.mark.parametrize("language", languages())
def test_no_line_of_a_journey_points_at_the_screen(language: Language) -> None:
    said = transcript(language).casefold()
    assert re.findall(rf"\b(?:{POINTING[language]})\b", said) == []


@pytest.mark.parametrize("language", languages())
def test_what_the_citizen_confirms_is_read_aloud(language: Language) -> None:
    said = transcript(language)
    for value in ("Trần Thị Hoa", "1950", "thôn Tân Hương", FAMILY.father, FAMILY.mother):
        assert value in said
    assert CATALOGUES[language].text("field.unknown") in said, "who has no name there is told so"
    last = said[said.rindex("(" + ("nút vàng" if language == "vi" else "yellow")) :]
    told = ("Trần Thị Hoa", "1950", "thôn Tân Hương", CATALOGUES[language].text("field.none"))
    assert all(value in last for value in told), "the last read-back says whose it is, and what was told"
