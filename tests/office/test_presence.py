"""The last words of many kiosks at once: few statements, nothing of what was told before is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Literal

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from kiosk.office import presence
from kiosk.office.database import OfficeDatabase
from kiosk.office.presence import Presence
from kiosk.wire.messages import Birth, OutboxSample, State, Telemetry, encode_json
from kiosk.wire.topics import KioskAddress, Topic
from tests.office.stand import NOW


@pytest.fixture
def database(database_url: str) -> Iterator[OfficeDatabase]:
    with closing(OfficeDatabase.open(database_url)) as opened:
        yield opened


def place(number: int) -> KioskAddress:
    return KioskAddress("ht", "tk", f"kiosk-{number:04d}")


def say(heard: Presence, number: int, *, state: Literal["ready", "offline"] = "ready", sw: str = "1") -> None:
    """What a kiosk says at a connection, as the broker gives it to who comes later."""
    address = place(number)
    birth = Birth(kiosk=address.kiosk, sw=sw, boot="1", drivers={}, schemas=["enrolment/1"])
    heard.hear(Topic.parse(address.birth), encode_json(birth), retained=True)
    heard.hear(Topic.parse(address.state), encode_json(State(st=state)), retained=True)


def tell(heard: Presence, number: int, *, waiting: int) -> None:
    outbox = OutboxSample(n=waiting, bytes=0, oldest_s=0)
    sample = Telemetry(ts=NOW, boot="1", seq_last=7, chain="00" * 32, outbox=outbox, sw="2")
    heard.hear(Topic.parse(place(number).telemetry("outbox")), encode_json(sample), retained=False)


def test_a_country_that_comes_back_is_written_in_few_statements_and_short_transactions(
    database: OfficeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "AT_ONCE", 200)
    asked: list[str] = []
    heard = Presence(database, now=lambda: NOW)
    for number in range(500):
        say(heard, number)
        if number % 2:
            tell(heard, number, waiting=number)
    event.listen(database._engine, "before_cursor_execute", lambda *what: asked.append(what[2]))
    assert heard.flush()
    assert len(database.kiosks()) == 200  # what comes meanwhile has its turn
    while heard.flush():
        pass
    written = [one for one in asked if one.startswith("INSERT")]
    assert len(written) == 6  # two kinds of words, in three parts
    kiosks = database.kiosks()
    assert [(one.kiosk, one.state, one.outbox_n) for one in (kiosks[2], kiosks[499])] == [
        ("kiosk-0002", "ready", None),
        ("kiosk-0499", "ready", 499),
    ]
    assert not heard.flush()


def test_a_word_changes_what_it_speaks_of_and_nothing_else(database: OfficeDatabase) -> None:
    heard = Presence(database, now=lambda: NOW)
    say(heard, 1)
    tell(heard, 1, waiting=3)
    say(heard, 2)
    heard.flush()
    later = Presence(database, now=lambda: NOW + timedelta(hours=1))
    say(later, 1, state="offline", sw="3")
    say(later, 3)
    assert later.flush(all_of_it=True)
    one, two, three = database.kiosks()
    assert (one.state, one.outbox_n, one.seq_last, one.seen_at) == ("offline", 3, 7, NOW)
    assert (two.state, three.state, three.outbox_n) == ("ready", "ready", None)


def test_what_the_database_did_not_take_is_written_later(
    database: OfficeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Presence(database, now=lambda: NOW)
    say(heard, 1)
    with monkeypatch.context() as patch:
        patch.setattr(OfficeDatabase, "hear", _fails)
        with pytest.raises(OperationalError):
            heard.flush()
    tell(heard, 1, waiting=2)
    assert heard.flush()
    (one,) = database.kiosks()
    assert (one.state, one.outbox_n) == ("ready", 2)


def _fails(*_: object) -> None:
    raise OperationalError("", {}, Exception())
