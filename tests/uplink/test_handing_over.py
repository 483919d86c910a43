"""What the uplink hands to the kiosk: commands and beats as they came, within bounds, and no command a broker kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.custody.inbox import COMMANDS, Inbox, InboxReader
from kiosk.uplink.linkage import Delivery
from kiosk.uplink.process import Uplink
from kiosk.wire.messages import MAX_COMMAND_BYTES, MAX_DESIRED_BYTES
from tests.uplink.test_sender import uplink_settings

HOME = "ev1/ht/tk/kiosk-tk-01"


@pytest.fixture
def uplink(tmp_path: Path) -> Iterator[Uplink]:
    with Inbox.open(tmp_path / "inbox.db") as inbox:
        yield Uplink(uplink_settings(tmp_path), inbox)


def came(uplink: Uplink, topic: str, payload: bytes, *, retained: bool = False) -> None:
    uplink._on_message(Delivery(topic, payload, retained, 1, 1))


def test_a_command_is_handed_over_once_under_its_name(uplink: Uplink, tmp_path: Path) -> None:
    # CK-CMD-07
    for _ in range(3):
        came(uplink, f"{HOME}/cmd/lock", b"signed")
    came(uplink, f"{HOME}/cmd/ring", b"signed too")
    found = InboxReader(tmp_path / "inbox.db").commands()
    assert [(one.name, one.data) for one in found] == [("lock", b"signed"), ("ring", b"signed too")]


def test_a_command_that_a_broker_kept_and_one_without_measure_are_passed_over(uplink: Uplink, tmp_path: Path) -> None:
    # CK-CMD-06
    came(uplink, f"{HOME}/cmd/lock", b"kept", retained=True)
    came(uplink, f"{HOME}/cmd/lock", b"")
    came(uplink, f"{HOME}/cmd/lock", bytes(MAX_COMMAND_BYTES + 1))
    came(uplink, "ev1/ht/all/all/beat", bytes(MAX_COMMAND_BYTES + 1))
    reader = InboxReader(tmp_path / "inbox.db")
    assert reader.commands() == []
    assert reader.beats() == []


def test_a_flood_keeps_the_newest_and_no_more(uplink: Uplink, tmp_path: Path) -> None:
    for n in range(COMMANDS + 30):
        came(uplink, f"{HOME}/cmd/x", str(n).encode())
    found = InboxReader(tmp_path / "inbox.db").commands(limit=10_000)
    assert [one.data for one in found] == [str(n).encode() for n in range(30, COMMANDS + 30)]


def test_beats_are_kept_also_when_the_broker_kept_them(uplink: Uplink, tmp_path: Path) -> None:
    for n in range(7):
        came(uplink, "ev1/ht/all/all/beat", f"beat {n}".encode(), retained=n == 0)
    found = InboxReader(tmp_path / "inbox.db").beats()
    assert [one.data for one in found] == [f"beat {n}".encode() for n in range(3, 7)]


def test_words_about_settings_are_kept_also_when_the_broker_kept_them(uplink: Uplink, tmp_path: Path) -> None:
    came(uplink, f"{HOME}/desired", bytes(MAX_DESIRED_BYTES + 1), retained=True)
    came(uplink, f"{HOME}/desired", b"", retained=True)
    for n in (*range(6), 5):
        came(uplink, f"{HOME}/desired", f"word {n}".encode(), retained=n != 3)
    found = InboxReader(tmp_path / "inbox.db").desired()
    assert [one.data for one in found] == [f"word {n}".encode() for n in range(2, 6)]


@pytest.mark.parametrize("topic", [f"{HOME}/song", f"{HOME}/ack/more", f"{HOME}/state", "ev1/ht/all/all/weather", "x"])
def test_a_topic_that_is_not_known_and_an_answer_that_is_none_are_passed_over(uplink: Uplink, topic: str) -> None:
    # CK-TOPIC-03, CK-MSG-04
    came(uplink, topic, b"x")
    came(uplink, f"{HOME}/ack", b"x")
    came(uplink, f"{HOME}/beat", b"")
    uplink.turn()
