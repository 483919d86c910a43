"""An enrolment that is signed off while something on the way to the office is down waits, and arrives once."""

import asyncio
from pathlib import Path
from typing import Self

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from kiosk.custody.entries import Status
from kiosk.demo.founding import Wishes
from tests.flows.draft import lay_draft
from tests.flows.story import Story, citizen, complete, personal, short_plan, told

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
            with Listener(story) as listener:
                story.start_kiosk()
                await story.until(lambda: "farewell" in story.screens, "the farewell without an office")
                await story.until(lambda: listener.heard("enrol"), "the package on its way")
            nothing_personal(listener.messages)
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


class Listener:
    """Hears everything that a kiosk says, with the certificate of an office that is away; answers nothing."""

    def __init__(self, story: Story) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self._port = story.village.broker_port
        self._client = Client(CallbackAPIVersion.VERSION2, client_id="collector", protocol=MQTTProtocolVersion.MQTTv5)
        keys = story.office.collector
        self._client.tls_set(str(keys / "server-ca.pem"), str(keys / "tls.pem"), str(keys / "tls.key"))
        self._client.on_connect = self._subscribe
        self._client.on_message = lambda _client, _data, message: self.messages.append(
            (message.topic, bytes(message.payload))
        )

    @staticmethod
    def _subscribe(client: Client, *_: object) -> None:
        client.subscribe("ev1/#", qos=1)

    def heard(self, kind: str) -> bool:
        """Say whether there was a message of this kind."""
        return any(topic.endswith(f"/{kind}") for topic, _ in self.messages)

    def __enter__(self) -> Self:
        self._client.connect("localhost", self._port)
        self._client.loop_start()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def nothing_personal(messages: list[tuple[str, bytes]]) -> None:
    """No topic and no payload has a word or a number of the citizen in clear."""
    forbidden = personal(citizen(WHO))
    assert len(messages) > 3
    for topic, payload in messages:
        seen = f"{topic}\n{payload.decode('utf-8', errors='replace')}"
        assert not [text for text in forbidden if text in seen], topic


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
