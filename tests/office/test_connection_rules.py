"""The rules of the connection itself, on the collector and the uplink as they are composed."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.custody.inbox import Inbox
from kiosk.office.changes import Changes
from kiosk.office.collector import Collector
from kiosk.office.database import OfficeDatabase
from kiosk.office.settings import OfficeSettings
from kiosk.uplink.process import Uplink
from kiosk.uplink.settings import UplinkSettings
from kiosk.wire.messages import State, decode_json
from tests.office.conftest import Village
from tests.office.slow_link import SlowLink
from tests.office.stand import KioskSide, eventually, link_settings_of


def uplink_of(village: Village, folder: Path) -> Uplink:
    link = link_settings_of(village.layout, "kiosk-tk-01", village.port)
    settings = UplinkSettings("ht", "tk", "kiosk-tk-01", link, folder / "outbox.db", folder / "inbox.db")
    return Uplink(settings, Inbox.open(settings.inbox))


def test_the_last_will_says_lost_after_a_while(village: Village, tmp_path: Path) -> None:
    # CK-WILL-01
    uplink = uplink_of(village, tmp_path)
    will = uplink._link._will
    assert will is not None
    assert (will.topic, decode_json(State, will.payload).st) == ("ev1/ht/tk/kiosk-tk-01/state", "lost")
    assert will.delay_s >= 30
    client = uplink._link._make_client()
    assert client._will
    assert client._will_retain
    assert client._protocol == 5
    uplink._inbox.close()


def test_a_collector_shares_no_subscription(village: Village, tmp_path: Path) -> None:
    # CK-SHARE-01
    database = OfficeDatabase.open(f"sqlite:///{tmp_path / 'office.db'}")
    collector = Collector(OfficeSettings(directory=village.layout.root), database, Changes())
    assert not any(topic.startswith("$share") for topic in collector._link._subscriptions)
    database.close()


@pytest.mark.parametrize(("receive_maximum", "window"), [(65_535, 8), (7, 6), (4, 3), (1, 1)])
def test_the_window_leaves_room_in_what_the_broker_takes_at_once(
    village: Village, tmp_path: Path, receive_maximum: int, window: int
) -> None:
    uplink = uplink_of(village, tmp_path)
    uplink._link.receive_maximum = receive_maximum
    uplink._on_up()
    assert uplink._sender.window == window
    uplink._inbox.close()


def test_what_is_larger_than_the_broker_takes_is_not_sent_and_ends_nothing(village: Village, tmp_path: Path) -> None:
    with KioskSide(village.layout, "kiosk-tk-02", tmp_path / "kiosk", village.port) as kiosk:
        folder = kiosk.directory
        link = link_settings_of(village.layout, "kiosk-tk-02", village.port)
        settings = UplinkSettings("ht", "tk", "kiosk-tk-02", link, folder / "outbox.db", folder / "inbox.db")
        with Inbox.open(settings.inbox) as inbox:
            uplink = Uplink(settings, inbox)

            def turned(holds: bool) -> bool:
                uplink.turn()
                return holds

            eventually(lambda: turned(uplink._link.up), "the link is up")
            assert uplink._link.maximum_packet_bytes == 1_048_576
            assert uplink._link.publish("ev1/ht/tk/kiosk-tk-02/tele/x", bytes(1_048_576)) == 0
            for _ in range(20):
                uplink.turn()
            assert uplink._link.up
            uplink.close()


def test_a_link_that_is_cut_again_and_again_passes_each_chunk_about_once(village: Village, tmp_path: Path) -> None:
    from tests.office.stand import open_office

    with (
        open_office(village.layout, f"sqlite:///{tmp_path / 'office.db'}") as office,
        SlowLink(village.port, bytes_per_s=2_000_000) as road,
        KioskSide(village.layout, "kiosk-tk-03", tmp_path / "kiosk", road.port) as kiosk,
    ):
        office.start()
        kiosk.start(window=2, answer_timeout_s=20.0)
        entry = kiosk.enrol(size=2_000_000)
        for part in (500_000, 1_200_000):
            eventually(lambda part=part: road.up_bytes > part, "some of it has passed")
            road.reset()
        eventually(lambda: kiosk.status(entry).value == "received", "the package is received")
        # A cut costs what was half way; what had come is not sent again.
        assert road.up_bytes < 2_000_000 + 2 * 3 * 65_536 + 60_000
