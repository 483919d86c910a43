"""How frames are counted, and what a citizen does whose card was not read."""

import random

import pytest

from kiosk.demo.people import people
from kiosk.journey.session import Session
from tests.bench._frames import Frames
from tests.ui.journeys import view_of
from tests.walks.citizen import Citizen, LayCard, Manner, Touch


def test_a_gap_is_as_many_frames_lost_as_should_have_come_in_it() -> None:
    # Sixty a second: two that came, one that came five frames late on the next screen, then one in time.
    turns = [(0.0, "other", "welcome"), (1 / 60, "other", "welcome"), (2 / 60, "preview", "portrait.look")]
    turns += [(8 / 60, "print", "print.good"), (9 / 60, "print", "print.good")]
    told = Frames(turns, painted_s=[0.0], pictures={1, 2}).summary()
    assert told["due"] == {"preview": 6, "print": 1, "other": 2}
    assert told["lost"] == {"preview": 5, "print": 0, "other": 0}
    assert told["longest"] == [{"ms": 100, "at": "portrait.look -> print.good"}]
    assert (told["painted"], told["pictures_shown"], told["jerks"]) == (1, 2, 1)


@pytest.mark.parametrize("manner", [Manner.PLAIN, Manner.WANDERING])
def test_a_card_that_was_not_read_is_laid_down_again_before_the_officer_types(manner: Manner) -> None:
    citizen, view, session = Citizen(people()[0], manner, random.Random(1)), view_of("document", "vi"), Session()
    assert view.key == "document"
    assert [citizen.decide(view, session) for _ in range(4)] == [LayCard(), LayCard(), LayCard(), Touch("other")]
