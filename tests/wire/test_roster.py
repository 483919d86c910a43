"""A roster as it travels: read back the same, bounded, and strict with what is none."""

import zlib
from datetime import date

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain.citizen import PersonalNumber, Sex
from kiosk.domain.commands import ROSTER_BYTES
from kiosk.domain.dates import PartialDate
from kiosk.domain.roster import MOST_PEOPLE, Mode, Roster, RosterRow
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import MAX_COMMAND_BYTES, Chunk, encode_cbor
from kiosk.wire.roster import PART_BYTES, carry, decode_roster, encode_roster, part_count, part_of, take_carried

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ROWS = st.builds(
    RosterRow,
    TEXT.filter(bool),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(lambda day: PartialDate(day.year, day.month, day.day))
    | st.integers(1900, 2100).map(PartialDate),
    st.none() | st.text("0123456789", min_size=12, max_size=12).map(PersonalNumber),
    TEXT,
    st.none() | st.sampled_from(Sex),
    TEXT,
    st.none() | st.dates(),
    st.sampled_from(Mode),
    TEXT,
)
ONE = Roster(date(2026, 11, 27), (RosterRow("Trần Thị Hoà", PartialDate(1950)),))
PLAIN = cbor2.loads(zlib.decompress(encode_roster(ONE)))


def packed(**changes: object) -> bytes:
    return zlib.compress(cbor2.dumps({**PLAIN, **changes}, canonical=True))


def with_row(**changes: str) -> bytes:
    names = ("name", "born", "number", "old", "sex", "address", "day", "mode", "person")
    row = {**dict(zip(names, PLAIN["rows"][0], strict=True)), **changes}
    return packed(rows=[list(row.values())])


@settings(deadline=None)
@given(st.builds(Roster, st.dates(), st.lists(ROWS, max_size=5).map(tuple)))
def test_a_roster_is_read_back_the_same(roster: Roster) -> None:
    assert decode_roster(encode_roster(roster)) == roster


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        encode_roster(ONE)[:-1],
        encode_roster(ONE) + b"\x00",
        zlib.compress(bytes(9 * ROSTER_BYTES)),
        zlib.compress(b"\xff"),
        packed(schema="roster/2"),
        packed(more=1),
        packed(issued="27/11/2026"),
        packed(issued="20261127"),
        packed(rows={}),
        packed(rows=[[]]),
        packed(rows=[["a", "1950", "", "", "", "", "", 1, ""]]),
        packed(rows=PLAIN["rows"] * (MOST_PEOPLE + 1)),
        with_row(name=""),
        with_row(name="a" * 501),
        with_row(born="1/13/1950"),
        with_row(number="04215000001"),
        with_row(sex="none"),
        with_row(day="tomorrow"),
        with_row(mode="boat"),
    ],
)
def test_what_is_no_roster_is_refused_without_a_word_of_what_stands_there(data: bytes) -> None:
    with pytest.raises(BadMessage) as refused:
        decode_roster(data)
    assert "Trần" not in str(refused.value)
    assert refused.value.__cause__ is None or "Trần" not in str(refused.value.__cause__)


def test_too_many_people_are_refused_before_they_travel() -> None:
    row = ONE.rows[0]
    with pytest.raises(BadMessage, match="at most"):
        encode_roster(Roster(ONE.issued, (row,) * (MOST_PEOPLE + 1)))


@pytest.mark.parametrize("size", [1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 5 * PART_BYTES + 7])
def test_the_parts_together_are_the_whole(size: int) -> None:
    sealed = bytes(i % 251 for i in range(size))
    parts = [part_of(sealed, i) for i in range(part_count(size))]
    assert b"".join(parts) == sealed
    assert all(len(part) == PART_BYTES for part in parts[:-1])
    one = Chunk(id="0193b3a0-1234-7abc-8def-0123456789ab", i=0, data=parts[0])
    assert len(encode_cbor(one)) < PART_BYTES + 100
    assert part_of(sealed, part_count(size)) == b""


def test_a_command_is_carried_with_its_roster_or_alone() -> None:
    assert take_carried(carry(b"signed", b"sealed")) == (b"signed", b"sealed")
    bare = cbor2.dumps(cbor2.CBORTag(18, [b"", {}, b"", b""]))
    assert take_carried(bare) == (bare, b"")
    with pytest.raises(BadMessage):
        take_carried(bytes(ROSTER_BYTES + 2 * MAX_COMMAND_BYTES + 1))
