"""Garbage, altered bits and cards that take for ever: an error or a result in time, and never another's words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.card.soft_directory import DG1
from kiosk.chip.errors import (
    BadAnswer,
    ChipError,
)
from kiosk.chip.reading import EVERYTHING, read_chip
from kiosk.chip.verdict import Verdict
from tests.chip.soft_stage import GENERIC, KEY, chip, id_card
from tests.prove.card import Proof


@given(st.lists(st.binary(max_size=90), min_size=1, max_size=20), st.integers(0, 26))
@settings(max_examples=80, deadline=None)
def test_garbage_at_any_point_ends_as_a_chip_error_or_a_result(garbage: list[bytes], good: int) -> None:
    made = id_card()
    answers = iter(garbage)
    left = good

    def transmit(apdu: bytes) -> bytes:
        nonlocal left
        left -= 1
        return made.process(apdu) if left >= 0 else next(answers, b"\x6f\x00")

    try:
        read_chip(transmit, [KEY], wanted=EVERYTHING)
    except ChipError:
        return


@given(st.integers(1, 40), st.integers(0, 1 << 16))
@settings(max_examples=100, deadline=None)
def test_one_altered_bit_anywhere_never_changes_what_is_read(which: int, place: int) -> None:
    made = chip(GENERIC, bac=True)
    count = 0

    def transmit(apdu: bytes) -> bytes:
        nonlocal count
        count += 1
        answer = made.process(apdu)
        if count != which:
            return answer
        bit = place % (len(answer) * 8)  # signatures are not always of one length, and so are answers
        return (int.from_bytes(answer, "big") ^ 1 << bit).to_bytes(len(answer), "big")

    try:
        read = read_chip(transmit, [KEY])
    except ChipError:
        return
    assert read.files["DG1"] == made.files[DG1]
    assert read.hashes_match.verdict is not Verdict.NO


def test_a_card_that_takes_for_ever_ends_within_its_time() -> None:
    now_s = 0.0
    made = id_card()

    def slow(apdu: bytes) -> bytes:
        nonlocal now_s
        now_s += 1.0
        return made.process(apdu)

    with pytest.raises(BadAnswer, match="takes longer"):
        read_chip(slow, [KEY], longest_s=9.0, monotonic_s=lambda: now_s)
    assert now_s == 10.0


def test_the_proof_of_altered_answers_finds_nothing_in_its_first_ones_and_sees_an_accident() -> None:
    proof = Proof(1)
    tally = proof.play(0, 60)
    assert tally.accidents == []
    assert tally.altered >= 60
    proof._parsers = {"DG1": (b"\x61", lambda _: 1 // 0)}
    proof._reading = proof._parsing
    proof.case(0, tally)
    assert "ZeroDivisionError" in tally.accidents[0]
