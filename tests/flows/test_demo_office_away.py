"""An enrolment that is signed off while something on the way to the office is down waits, and arrives once."""

import asyncio
from pathlib import Path

import pytest

from kiosk.custody.entries import Status
from kiosk.demo.founding import Wishes
from tests.flows.draft import lay_draft
from tests.flows.story import Story, citizen, complete, short_plan, told

WHO = 0
#: Long enough for an uplink that tries again at growing distances.
BACK_S = 40.0


@pytest.mark.screen
@pytest.mark.timeout(240)
def test_what_is_signed_off_without_an_office_arrives_after_broker_and_uplink_were_killed(tmp_path: Path) -> None:
    wishes = Wishes("800x480", plan=short_plan(tmp_path, ("right_index",)), reader_wait_s=None)

    async def tell() -> None:
        async with told(tmp_path / "out", wishes=wishes, first=WHO, last=WHO) as story:
            enrolment = lay_draft(story.village, citizen(WHO))
            story.village.processes.stop("office")
            story.start_kiosk()
            await story.until(lambda: "farewell" in story.screens, "the farewell without an office")
            assert [one.status for one in story.packages()] == [Status.SEALED]
            await killed_on_the_way(story)
            assert [one.status for one in story.packages()] == [Status.SEALED]
            await asyncio.to_thread(story.village.start_office)
            await story.until(story.received, "the office's receipt", timeout_s=BACK_S)
            await story.until(lambda: story.village.received == {enrolment: 1}, "the receipt on the kiosk's screen")
            await asyncio.to_thread(check, story, enrolment)

    def check(story: Story, enrolment: str) -> None:
        assert story.check_office() == [enrolment]
        complete(story.open_enrolment(enrolment, tmp_path / "opened")["answers"], citizen(WHO))

    asyncio.run(tell())


async def killed_on_the_way(story: Story) -> None:
    """Kill the broker and the uplink, in this order, and start them again."""
    broker = story.village.broker
    assert broker is not None
    await story.until(lambda: connected(story), "the uplink's first connection")
    broker.kill()
    await story.until(lambda: not connected(story), "the uplink without a broker")
    story.village.processes.kill("uplink")
    broker.start()
    story.village.start_uplink()
    await story.until(lambda: connected(story), "the uplink's connection to the new broker", timeout_s=BACK_S)


def connected(story: Story) -> bool:
    """Say whether the uplink says that it has a connection to the broker."""
    link = story.link()
    return link is not None and link.connected
