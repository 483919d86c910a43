"""The officer's strip says what needs a hand first."""

import pytest

from kiosk.journey.status import Status, officer_strip
from tests.journey.script import CATALOGUES


@pytest.mark.parametrize(
    ("status", "strip"),
    [
        (Status(waiting=2, link="online"), "Office connected · 2 waiting to be sent"),
        (
            Status(waiting=3, rejected=1, link="online"),
            "The office refused 1: call the technician · Office connected · 3 waiting to be sent",
        ),
        (Status(link="online", full_percent=79), "Office connected · All sent"),
        (Status(link="online", full_percent=85), "Office connected · All sent · Storage 15% free"),
        (Status(link="online", clock_wrong=True), "Office connected · All sent · The clock is not right yet"),
    ],
)
def test_the_strip_tells_custody(status: Status, strip: str) -> None:
    assert officer_strip(status, CATALOGUES["en"]) == strip
