"""However few messages a broker takes at once: the kiosk keeps within that, and says everything all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.custody.database import CustodyDatabase
from kiosk.custody.inbox import Inbox
from kiosk.custody.outbox import Outbox
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from kiosk.uplink.fit import chunks_at_once
from kiosk.uplink.process import Uplink
from kiosk.uplink.settings import LinkSettings
from kiosk.wire.messages import OutboxSample, Telemetry, encode_json
from tests.uplink.stingy_broker import StingyBroker, stingy_broker
from tests.uplink.test_sender import uplink_settings, uuid7

KIOSK = "kiosk-tk-01"
TURNS = 2_000
CHUNKS = 5


@pytest.mark.parametrize(
    ("receive_maximum", "chunks"), [(1, 1), (2, 1), (3, 2), (5, 4), (8, 6), (16, 12), (20, 16), (65_535, 65_531)]
)
def test_chunks_leave_room_for_everything_else(receive_maximum: int, chunks: int) -> None:
    assert chunks_at_once(receive_maximum) == chunks


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> OfficeLayout:
    office = tmp_path_factory.mktemp("office")
    return init_office(office, province="ht", communes=["tk"], kiosks=[KIOSK], demo=True).layout


@contextmanager
def calling(layout: OfficeLayout, directory: Path, *, receive_maximum: int) -> Iterator[tuple[Uplink, StingyBroker]]:
    """A kiosk with a package of five chunks and three samples, and a broker that takes so many messages at once."""
    folder = layout.bundle(KIOSK) / "uplink"
    with (
        stingy_broker(layout, receive_maximum=receive_maximum) as broker,
        Inbox.open(directory / "inbox.db") as inbox,
        CustodyDatabase.open(directory / "outbox.db", directory / "kiosk.db") as database,
    ):
        link = LinkSettings(
            KIOSK, "localhost", broker.port, folder / "server-ca.pem", folder / "tls.pem", folder / "tls.key"
        )
        settings = replace(uplink_settings(directory), link=link, poll_s=0.01, answer_timeout_s=60.0)
        outbox = Outbox(database)
        outbox.commit_enrolment(uuid7(), lambda _seq, _prev: bytes((CHUNKS - 1) * 65_536 + 1))
        for group in ("power", "camera", "clock"):
            outbox.add_telemetry(group, _sample())
        yield Uplink(settings, inbox), broker


@pytest.mark.parametrize("receive_maximum", [1, 3])
def test_all_messages_together_stay_within_the_brokers_receive_maximum(
    layout: OfficeLayout, tmp_path: Path, receive_maximum: int
) -> None:
    # CK-LINK-02
    with calling(layout, tmp_path, receive_maximum=receive_maximum) as (uplink, broker):
        _turn_until(uplink, lambda: broker.held == receive_maximum, "as many messages as the broker takes at once")
        for _ in range(20):
            uplink.turn()
        assert broker.held == receive_maximum
        everything = {"state", "birth", "outbox", "power", "camera", "clock"}
        while not everything <= set(broker.heard) or broker.heard.count("enrol") < 1 + CHUNKS:
            acknowledged = broker.acknowledged
            broker.acknowledge()
            _turn_until(uplink, lambda n=acknowledged: broker.acknowledged > n, "a message to acknowledge")
    assert broker.most_at_once == receive_maximum


def test_a_goodbye_is_told_also_when_it_must_wait_for_what_was_said_before(
    layout: OfficeLayout, tmp_path: Path
) -> None:
    # CK-STATE-01
    with calling(layout, tmp_path, receive_maximum=2) as (uplink, broker):
        _turn_until(uplink, lambda: broker.held == 2, "as many messages as the broker takes at once")
        for _ in range(20):
            broker.acknowledge()
        uplink.close()
        assert broker.heard.count("state") == 2


def _turn_until(uplink: Uplink, holds: Callable[[], bool], what: str) -> None:
    for _ in range(TURNS):
        if holds():
            return
        uplink.turn()
    raise AssertionError(f"never happened: {what}")


def _sample() -> bytes:
    return encode_json(
        Telemetry(
            ts=datetime.now(UTC),
            boot="b",
            seq_last=1,
            chain="0" * 64,
            outbox=OutboxSample(n=1, bytes=1, oldest_s=0),
            sw="1",
        )
    )
