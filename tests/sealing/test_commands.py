"""Commands and answers are signed: they come back whole, and nothing else passes for one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.sealing import cbor, cose
from kiosk.sealing.beats import Beat, sign_beat, verify_beat
from kiosk.sealing.commands import (
    ANSWER_TYPE,
    CONTENT_TYPE,
    MAX_LINE,
    MAX_LINES,
    Answer,
    Command,
    sign_answer,
    sign_command,
    verify_answer,
    verify_command,
)
from kiosk.sealing.errors import BadEncoding, BadSignature, SealingError, WrongKey
from kiosk.sealing.keys import SigningKey
from kiosk.wire.messages import MAX_COMMAND_BYTES

OFFICE = SigningKey.generate()
ID = "0193b3a0-1234-7abc-8def-0123456789ab"
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
COMMAND = Command(ID, "kiosk-tk-01", 7, "lock", NOW, NOW + timedelta(days=1), {"now": True})
ANSWER = Answer(ID, "kiosk-tk-01", 7, 7, "refused", NOW, "expired")
VALUES = st.booleans() | st.integers(-(1 << 62), 1 << 62) | st.text(max_size=60)
WORDS = st.from_regex(r"\A[a-z][a-z0-9_]{0,10}\Z")


@given(WORDS, st.dictionaries(WORDS, VALUES, max_size=8), st.integers(1, (1 << 63) - 1))
def test_a_command_comes_back(verb: str, args: dict[str, str | int | bool], n: int) -> None:
    command = replace(COMMAND, verb=verb, args=args, n=n)
    back = verify_command(sign_command(command, OFFICE), OFFICE.public)
    assert back == command
    # True is no 1: what is yes or no stays so.
    assert [type(value) for value in back.args.values()] == [type(back.args[name]) for name in back.args]


@given(st.lists(st.text(max_size=MAX_LINE), max_size=20))
def test_an_answer_comes_back(lines: list[str]) -> None:
    answer = replace(ANSWER, state="done", code="", lines=tuple(lines))
    assert verify_answer(sign_answer(answer, OFFICE), OFFICE.public) == answer


def test_the_longest_command_fits_into_one_message() -> None:
    args = {f"a{n}": "ư" * 200 for n in range(8)}
    assert len(sign_command(replace(COMMAND, args=args), OFFICE)) <= MAX_COMMAND_BYTES


def test_another_key_or_a_flipped_bit_orders_nothing(stranger: SigningKey) -> None:
    with pytest.raises(WrongKey):
        verify_command(sign_command(COMMAND, stranger), OFFICE.public)
    signed = bytearray(sign_command(COMMAND, OFFICE))
    for place in range(len(signed)):
        signed[place] ^= 1
        with pytest.raises((BadEncoding, BadSignature, WrongKey)):
            verify_command(bytes(signed), OFFICE.public)
        signed[place] ^= 1


def test_none_passes_for_another() -> None:
    signed = [sign_command(COMMAND, OFFICE), sign_answer(ANSWER, OFFICE), sign_beat(Beat(NOW), OFFICE)]
    for place, verify in enumerate((verify_command, verify_answer, verify_beat)):
        for other, data in enumerate(signed):
            if other == place:
                verify(data, OFFICE.public)
                continue
            with pytest.raises(BadEncoding):
                verify(data, OFFICE.public)


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": True},
        {"id": ID.upper()},
        {"kiosk": "a/b"},
        {"n": 0},
        {"n": True},
        {"n": "7"},
        {"verb": "Lock"},
        {"verb": ""},
        {"args": []},
        {"args": {"a": None}},
        {"args": {"a": 1.5}},
        {"args": {"a": "x" * 513}},
        {"args": {"A": 1}},
        {"args": {f"a{n}": 1 for n in range(9)}},
        {"until": "2026-11-24T03:00:00.000000Z"},
        {"at": "24/11/2026"},
        {"more": 1},
    ],
)
def test_a_command_that_makes_no_sense_is_refused_even_when_signed(changes: dict[str, object]) -> None:
    fields = {**cbor.decode(COMMAND.to_cbor()), **changes}
    with pytest.raises(BadEncoding):
        verify_command(cose.sign(cbor.encode(fields), CONTENT_TYPE, key=OFFICE), OFFICE.public)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "ignored"},
        {"code": "Not a code"},
        {"code": ""},
        {"seen": -1},
        {"seen": True},
        {"lines": "text"},
        {"lines": [5]},
        {"lines": ["x" * (MAX_LINE + 1)]},
        {"lines": ["x"] * (MAX_LINES + 1)},
    ],
)
def test_an_answer_that_makes_no_sense_is_refused_even_when_signed(changes: dict[str, object]) -> None:
    fields = {**cbor.decode(ANSWER.to_cbor()), **changes}
    with pytest.raises(BadEncoding):
        verify_answer(cose.sign(cbor.encode(fields), ANSWER_TYPE, key=OFFICE), OFFICE.public)


@given(st.binary(max_size=200))
def test_garbage_is_refused_by_name(garbage: bytes) -> None:
    for verify in (verify_command, verify_answer, verify_beat):
        with pytest.raises(SealingError):
            verify(garbage, OFFICE.public)
