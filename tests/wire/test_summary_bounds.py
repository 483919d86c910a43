"""The summary is kept and shown by the office: whatever a kiosk puts into it is bounded."""

from dataclasses import replace
from datetime import UTC, datetime

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.citizen import DocumentSource, Home, Identity
from kiosk.domain.dates import PartialDate
from kiosk.domain.enrolment import Answers, Enrolment
from kiosk.domain.roster import Listed
from kiosk.wire.enrolment import (
    MAX_NAME,
    MAX_UNIT,
    decode_enrolment,
    decode_summary,
    encode_enrolment,
    encode_summary,
    summarise,
)
from kiosk.wire.errors import BadMessage


def enrolment(name: str, residence: str) -> Enrolment:
    answers = Answers(identity=Identity(DocumentSource.TYPED, name, PartialDate(1950)), home=Home(residence=residence))
    began, ended = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)
    return Enrolment("i", "k", "o", "p", began, ended, answers, {})


def changed(**changes: object) -> bytes:
    plain = encode_summary(summarise(enrolment("Nguyễn Thị Mận", "xóm Tân Hợp")))
    return cbor2.dumps({**cbor2.loads(plain), **changes}, canonical=True)


@given(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8")))
def test_whatever_a_citizen_is_called_the_office_can_read_the_summary(name: str, residence: str) -> None:
    whole = enrolment(name, residence)
    summary = summarise(replace(whole, answers=replace(whole.answers, listed=Listed("one", found=True, person=name))))
    assert decode_summary(encode_summary(summary)) == summary
    assert (summary.name + summary.unit).isprintable()


def test_a_name_and_an_address_beyond_all_measure_are_cut_in_the_summary_alone() -> None:
    whole = enrolment("Nguyễn\nThị\u0000 Mận" + "ơ" * 1000, "thôn\t1 " * 1000)
    summary = decode_summary(encode_summary(summarise(whole)))
    assert summary.name.startswith("Nguyễn Thị Mậnơơ")
    assert (len(summary.name), len(summary.unit)) == (MAX_NAME, MAX_UNIT)
    assert decode_enrolment(encode_enrolment(whole)) == whole


@pytest.mark.parametrize(
    "data",
    [
        changed(name="a" * (MAX_NAME + 1)),
        changed(name="nul\u0000"),
        changed(unit="a" * (MAX_UNIT + 1)),
        changed(unit="two\nlines"),
        changed(person="a" * 129),
        changed(started_at="0001-01-01T00:00:00+14:00"),
        changed(finished_at="9999-12-31T23:59:59-14:00"),
        changed(finished_at="2026-11-24T03:00:00"),
        changed(slots={"no\nkey": {"state": "filled"}}),
        changed(slots={f"s{n}": {"state": "filled"} for n in range(257)}),
        changed(slots={"portrait": {"state": "filled", "quality": 1 << 40}}),
        changed(schema="summary/2"),
    ],
)
def test_a_summary_that_the_office_could_not_keep_is_refused(data: bytes) -> None:
    with pytest.raises(BadMessage):
        decode_summary(data)
