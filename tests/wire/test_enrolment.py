"""The sealed parts of a package: what is written is what docs/enrolment.cddl says, and is read back the same."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.domain.capture_plan import (
    Earlier,
    Excepted,
    ExceptionReason,
    Filled,
    Impression,
    NotPossible,
    Position,
    SlotState,
)
from kiosk.domain.card_proof import CardProof, Cause, Finding, Holds
from kiosk.domain.citizen import DocumentSource, Home, Identity, PersonalNumber, Phone, PhoneOwner, Relatives, Sex
from kiosk.domain.contradictions import (
    Contradiction,
    Matter,
    NumberDossier,
    Outcome,
    Said,
    Settled,
    Source,
    Statement,
)
from kiosk.domain.dates import PartialDate
from kiosk.domain.enrolment import Answers, Capture, Consent, Enrolment, FaceMatch, MarkReason, ThumbMark
from kiosk.domain.experience import Attempt, Remedy
from kiosk.domain.pauses import Pause, PauseReason, Resumed
from kiosk.domain.photo_coach import Posture
from kiosk.domain.portrait import PortraitNote, PortraitReason
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.representative import Relation, Representative, RepresentativePaper, Represented
from kiosk.domain.roster import Listed
from kiosk.wire.enrolment import (
    decode_answers,
    decode_capture,
    decode_enrolment,
    decode_summary,
    encode_answers,
    encode_capture,
    encode_enrolment,
    encode_summary,
    summarise,
)
from kiosk.wire.errors import BadMessage
from tests.conftest import REPOSITORY
from tests.wire.cddl import Schema

SCHEMA = Schema((REPOSITORY / "docs/enrolment.cddl").read_text(encoding="utf-8"))

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
NAMES = st.text("abc", min_size=1, max_size=3)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
DATES = st.dates(date(1900, 1, 1), date(2100, 1, 1))
PARTIAL = st.one_of(
    st.builds(PartialDate, st.integers(1900, 2030)),
    st.builds(PartialDate, st.integers(1900, 2030), st.integers(1, 12)),
    DATES.map(lambda day: PartialDate(day.year, day.month, day.day)),
)
ATTEMPTS = st.lists(
    st.builds(Attempt, st.integers(0, 100), st.sampled_from(PrintVerdict), st.none() | st.sampled_from(Remedy)),
    max_size=3,
).map(tuple)
POSITIONS = st.none() | st.sampled_from(Position)
FIGURES = st.floats(allow_nan=False, allow_infinity=False)
PORTRAITS = st.builds(
    PortraitNote,
    st.sampled_from(Posture),
    not_met=st.lists(NAMES, max_size=3).map(tuple),
    asked=st.lists(NAMES, max_size=3).map(tuple),
    figures=st.dictionaries(NAMES, FIGURES, max_size=3),
    landmarks=st.lists(FIGURES, max_size=6).map(tuple),
    reason=st.none() | st.sampled_from(PortraitReason),
    officer=TEXT,
)
FILLED = st.builds(
    Filled,
    NAMES,
    st.none() | st.integers(0, 100),
    st.none() | st.sampled_from(PrintVerdict),
    st.integers(1, 9),
    TEXT,
    position=POSITIONS,
    impression=st.none() | st.sampled_from(Impression),
    attempts=ATTEMPTS,
    portrait=st.none() | PORTRAITS,
)
EXCEPTED = st.builds(
    Excepted,
    st.sampled_from(ExceptionReason),
    st.integers(0, 9),
    position=POSITIONS,
    attempts=ATTEMPTS,
    officer=TEXT,
)
EARLIER = st.builds(
    Earlier,
    st.none() | st.integers(0, 100),
    st.none() | st.sampled_from(PrintVerdict),
    st.none() | st.sampled_from(ExceptionReason),
    again=st.booleans(),
    position=POSITIONS,
    attempts=ATTEMPTS,
)
SLOTS: st.SearchStrategy[SlotState] = st.one_of(FILLED, EXCEPTED, st.just(NotPossible()), EARLIER)
IDENTITIES = st.builds(
    Identity,
    st.sampled_from(DocumentSource),
    TEXT,
    PARTIAL,
    number=st.none() | st.text("0123456789", min_size=12, max_size=12).map(PersonalNumber),
    sex=st.none() | st.sampled_from(Sex),
    nationality=TEXT,
    old_number=st.none() | TEXT,
    document_issued=st.none() | DATES,
    document_expires=st.none() | DATES,
)
FINDINGS = st.builds(Finding, st.sampled_from(Holds), TEXT, st.sampled_from(Cause))
STATEMENTS = st.builds(
    Statement,
    st.sampled_from(Source),
    TEXT,
    st.none() | PARTIAL,
    st.none() | st.text("0123456789", min_size=12, max_size=12).map(PersonalNumber),
    st.none() | TEXT,
    st.none() | st.sampled_from(Sex),
    TEXT,
)
SAID = st.builds(Said, st.sampled_from(Source), TEXT)
SETTLED = st.builds(
    Settled,
    st.builds(
        Contradiction,
        st.sampled_from(Matter),
        st.lists(SAID, max_size=3).map(tuple),
        st.lists(TEXT, max_size=2).map(tuple),
    ),
    st.sampled_from(Outcome),
    st.none() | st.sampled_from(Source),
)
MARKS = st.builds(
    ThumbMark,
    st.sampled_from(MarkReason),
    st.sampled_from(Position),
    NAMES,
    st.integers(0, 100),
    TEXT,
    witness=TEXT,
    officer=TEXT,
    at=MOMENTS,
)
PAUSES = st.builds(
    Pause,
    st.sampled_from(PauseReason),
    MOMENTS,
    TEXT,
    st.none() | st.builds(Resumed, MOMENTS, TEXT, st.sampled_from(["vi", "en"]), st.booleans()),
)
REPRESENTATIVES = st.builds(
    Representative,
    st.sampled_from(Represented),
    st.sampled_from(Relation),
    st.sampled_from(RepresentativePaper),
    TEXT,
    TEXT,
    st.text("0123456789", min_size=12, max_size=12).map(PersonalNumber),
    consent=st.builds(Consent, MOMENTS, st.sampled_from(["vi", "en"]), st.booleans()),
    officer=TEXT,
    at=MOMENTS,
)
ANSWERS = st.builds(
    Answers,
    consent=st.none() | st.builds(Consent, MOMENTS, st.sampled_from(["vi", "en"]), st.booleans()),
    identity=st.none() | IDENTITIES,
    identity_confirmed=st.booleans(),
    chip_portrait=st.none() | NAMES,
    chip_hashes=st.none() | TEXT,
    home=st.builds(Home, TEXT, TEXT),
    relatives=st.builds(Relatives, TEXT, TEXT, TEXT),
    phone=st.none() | st.builds(Phone, st.sampled_from(PhoneOwner), TEXT),
    slots=st.dictionaries(NAMES, SLOTS, max_size=4),
    signed_off_at=st.none() | MOMENTS,
    proof=st.none() | st.builds(CardProof, FINDINGS, FINDINGS, FINDINGS, FINDINGS, TEXT, TEXT),
    statements=st.lists(STATEMENTS, max_size=3).map(tuple),
    face=st.none() | st.sampled_from(FaceMatch),
    settled=st.lists(SETTLED, max_size=3).map(tuple),
    supplements=st.none() | st.uuids().map(str),
    dossier=st.none()
    | st.builds(NumberDossier, st.lists(SAID, max_size=2).map(tuple), st.lists(TEXT, max_size=2).map(tuple)),
    mark=st.none() | MARKS,
    listed=st.none() | st.builds(Listed, TEXT, st.booleans(), TEXT),
    pauses=st.lists(PAUSES, max_size=2).map(tuple),
    representative=st.none() | REPRESENTATIVES,
    beside=st.lists(st.uuids().map(str), max_size=2).map(tuple),
)
CAPTURES = st.builds(
    Capture,
    st.sampled_from(["image/png", "image/jpeg", "image/jp2", "image/j2c"]),
    st.integers(1, 4000),
    st.integers(1, 4000),
    st.none() | st.integers(1, 1000),
    st.binary(max_size=20),
)


@st.composite
def enrolments(draw: st.DrawFn) -> Enrolment:
    answers = draw(ANSWERS)
    captures = {key: draw(CAPTURES) for key in sorted(answers.captures())}
    began = draw(MOMENTS)
    return Enrolment(draw(TEXT), draw(TEXT), draw(TEXT), draw(TEXT), began, began, answers, captures)


BEGAN = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
IDENTITY = Identity(
    DocumentSource.CHIP, "TRẦN THỊ HOA", PartialDate(1950, 7, 1), number=PersonalNumber("042150000012"), sex=Sex.FEMALE
)
ONE = Enrolment(
    "0193b3a0-1234-7abc-8def-0123456789ab",
    "kiosk-tk-01",
    "HT-0417",
    "TT 60/2021",
    BEGAN,
    BEGAN + timedelta(minutes=9),
    Answers(
        consent=Consent(BEGAN, "vi", read_aloud=True),
        identity=IDENTITY,
        home=Home(residence="thôn Tân Hương"),
        phone=Phone(PhoneOwner.OWN, "0912345678"),
        slots={
            "print.left_ring": Filled("one", 71, PrintVerdict.GOOD, 2, "zfm/R503/1"),
            "print.right_thumb": Excepted(ExceptionReason.MISSING),
            "iris": NotPossible(),
        },
        signed_off_at=BEGAN,
    ),
    {"one": Capture("image/png", 2, 2, 500, b"PNG")},
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(enrolments())
def test_an_enrolment_is_written_as_the_schema_says_and_read_back_the_same(enrolment: Enrolment) -> None:
    body = encode_enrolment(enrolment)
    assert SCHEMA.fits(cbor2.loads(body), "enrolment")
    assert decode_enrolment(body) == enrolment


def of(enrolment: Enrolment, person: str) -> Enrolment:
    """The same enrolment, of somebody whom the roster marks so."""
    return replace(enrolment, answers=replace(enrolment.answers, listed=Listed("one", found=True, person=person)))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(enrolments(), TEXT)
def test_a_summary_is_written_as_the_schema_says_and_read_back_the_same(enrolment: Enrolment, person: str) -> None:
    summary = summarise(of(enrolment, person))
    written = encode_summary(summary)
    assert SCHEMA.fits(cbor2.loads(written), "summary")
    assert decode_summary(written) == summary


def test_a_summary_tells_who_is_done_and_nothing_of_the_body() -> None:
    written = encode_summary(summarise(of(ONE, "p-17")))
    table = cbor2.loads(written)
    assert (table["name"], table["person"], table["unit"], table["eid"]) == (
        "TRẦN THỊ HOA",
        "p-17",
        "thôn Tân Hương",
        True,
    )
    assert table["slots"]["print.right_thumb"] == {"state": "excepted", "reason": "missing", "quality": None}
    assert table["slots"]["print.left_ring"]["quality"] == 71
    for secret in (b"042150000012", b"0912345678", b"PNG", b"1950", b"one"):
        assert secret not in written


def test_only_the_captures_that_the_answers_point_to_travel() -> None:
    spare = Capture("image/png", 1, 1, None, b"an earlier try")
    body = encode_enrolment(replace(ONE, captures={**ONE.captures, "spare": spare}))
    assert b"an earlier try" not in body
    assert decode_enrolment(body) == ONE


def test_a_capture_that_is_not_there_is_found_out_before_anything_is_sealed() -> None:
    with pytest.raises(BadMessage, match="1 captures"):
        encode_enrolment(replace(ONE, captures={}))


BREAKS: dict[str, Any] = {
    "unknown field": {"extra": 1},
    "missing field": {"officer": None},
    "another schema": {"schema": "enrolment/2"},
    "a number for a text": {"kiosk": 7},
    "a time that is none": {"started_at": "yesterday"},
    "a time without a zone": {"started_at": "2026-11-24T02:30:00"},
    "captures that are no map": {"captures": []},
    "a capture whose name is no text": {"captures": {1: encode_capture(ONE.captures["one"])}},
    "a capture that is no map": {"captures": {"one": b""}},
    "answers that are no map": {"answers": 1},
    "answers that hold bytes": {"answers": {"identity": b"x"}},
}


@pytest.mark.parametrize("change", BREAKS.values(), ids=BREAKS.keys())
def test_a_body_that_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    table = {**cbor2.loads(encode_enrolment(ONE)), **change}
    if change == {"officer": None}:
        del table["officer"]
    with pytest.raises(BadMessage):
        decode_enrolment(cbor2.dumps(table))


ANSWER_BREAKS: list[tuple[tuple[str, ...], object]] = [
    (("zzz",), 1),
    (("identity_confirmed",), "yes"),
    (("identity", "number", "digits"), "0421500000"),
    (("identity", "born", "month"), 13),
    (("identity", "sex"), "x"),
    (("home", "street"), "x"),
    (("phone", "owner"), "neighbour"),
    (("slots", "print.left_ring", "quality"), "71"),
    (("slots", "print.left_ring", "state"), "guessed"),
    (("slots", "print.right_thumb", "reason"), "bored"),
    (("signed_off_at",), "soon"),
]


@pytest.mark.parametrize(
    ("path", "value"), ANSWER_BREAKS, ids=lambda one: ".".join(one) if isinstance(one, tuple) else ""
)
def test_answers_that_do_not_fit_are_refused_and_not_repeated(path: tuple[str, ...], value: object) -> None:
    table = encode_answers(ONE.answers)
    place = table
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(BadMessage) as refused:
        decode_answers(table)
    for secret in ("TRẦN", "042150000012", "0421500000", "0912345678", "neighbour", "bored"):
        assert secret not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "change",
    [{"dpi": "500"}, {"width_px": None}, {"data": "x"}, {"extra": 1}, {"media_type": b"x"}, {"width_px": True}],
)
def test_a_capture_that_does_not_fit_is_refused(change: dict[str, Any]) -> None:
    tree = {**encode_capture(ONE.captures["one"]), **change}
    with pytest.raises(BadMessage):
        decode_capture(tree)


@given(st.binary(max_size=60))
def test_any_bytes_are_an_enrolment_or_a_bad_message(data: bytes) -> None:
    for decode in (decode_enrolment, decode_summary):
        with pytest.raises(BadMessage):
            decode(data)


@given(st.data())
def test_a_damaged_body_is_never_anything_but_a_bad_message(data: st.DataObject) -> None:
    body = bytearray(encode_enrolment(ONE))
    at = data.draw(st.integers(0, len(body) - 1))
    body[at] = data.draw(st.integers(0, 255))
    refusal = ""
    try:
        decode_enrolment(bytes(body))
    except BadMessage as refused:
        refusal = str(refused)
    assert "042150000012" not in refusal


def test_times_keep_their_moment_whatever_the_zone() -> None:
    hanoi = replace(ONE, started_at=BEGAN.astimezone(timezone(timedelta(hours=7))))
    assert decode_enrolment(encode_enrolment(hanoi)) == hanoi


def test_the_schema_checker_itself_can_say_no() -> None:
    table = cbor2.loads(encode_enrolment(ONE))
    assert SCHEMA.fits(table, "enrolment")
    for change in ({"extra": 1}, {"kiosk": 1}, {"answers": {**table["answers"], "slots": {"a": {"state": "x"}}}}):
        assert not SCHEMA.fits({**table, **change}, "enrolment")


def test_the_repository_has_its_schema(repository: Path) -> None:
    assert (repository / "docs/enrolment.cddl").is_file()


def test_a_name_that_came_with_the_message_is_not_repeated() -> None:
    table = cbor2.loads(encode_enrolment(ONE))
    for name in ("l042150000012fsource", "nguyen", "Nguyễn Thị Mận"):
        strange = {**table, "answers": {**table["answers"], name: 1}}
        with pytest.raises(BadMessage, match=r"answers do not fit at: \?") as refused:
            decode_enrolment(cbor2.dumps(strange))
        assert name not in str(refused.value)
