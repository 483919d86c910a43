"""What all kiosks have learnt is the office's word: signed, plain numbers, and never taken for a receipt."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.experience import Experience, Remedy, Tally
from kiosk.domain.quality import PrintVerdict
from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import BadEncoding, BadSignature, SealingError, WrongKey
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.learnt import CONTENT_TYPE, Learnt, sign_learnt, verify_learnt
from kiosk.sealing.receipts import Receipt, sign_receipt, verify_receipt
from kiosk.wire.messages import MAX_LEARNT_BYTES

OFFICE = SigningKey.generate()
DAY = date(2026, 11, 24)
LEARNT = Learnt(DAY, {(PrintVerdict.TOO_DRY, Remedy.DAMP): Tally(20, 14, 370)})
PAIRS = st.tuples(st.sampled_from(PrintVerdict), st.sampled_from(Remedy))
TALLIES = st.tuples(st.floats(0.5, 1e6), st.floats(0, 1), st.floats(-100, 100)).map(
    lambda one: Tally(one[0], one[0] * one[1], one[0] * one[2])
)


@given(st.dates(), st.dictionaries(PAIRS, TALLIES))
def test_it_comes_back_in_whole_numbers(day: date, experience: Experience) -> None:
    back = verify_learnt(sign_learnt(Learnt(day, experience), OFFICE), OFFICE.public)
    assert back.day == day
    assert set(back.experience) == {pair for pair, tally in experience.items() if round(tally.tried)}
    for pair, tally in back.experience.items():
        assert (tally.helped, tally.tried) == experience[pair].whole
    # The same knowledge is the same bytes: a restart of the office teaches nothing new.
    assert sign_learnt(back, OFFICE) == sign_learnt(Learnt(day, experience), OFFICE)


def test_every_pair_that_there_is_finds_room_in_one_message() -> None:
    most = {(verdict, remedy): Tally(1e9, 1e9, 1e10) for verdict in PrintVerdict for remedy in Remedy}
    assert len(sign_learnt(Learnt(DAY, most), OFFICE)) <= MAX_LEARNT_BYTES


def test_another_key_or_a_flipped_bit_teaches_nothing(stranger: SigningKey) -> None:
    with pytest.raises(WrongKey):
        verify_learnt(sign_learnt(LEARNT, stranger), OFFICE.public)
    signed = bytearray(sign_learnt(LEARNT, OFFICE))
    for place in range(len(signed)):
        signed[place] ^= 1
        with pytest.raises((BadEncoding, BadSignature, WrongKey)):
            verify_learnt(bytes(signed), OFFICE.public)
        signed[place] ^= 1


def test_neither_passes_for_the_other(stranger: SigningKey) -> None:
    receipt = Receipt("x", "k", 1, bytes(32), "received", 1, datetime(2026, 11, 24, tzinfo=UTC))
    with pytest.raises(SealingError):
        verify_learnt(sign_receipt(receipt, OFFICE), OFFICE.public)
    with pytest.raises(SealingError):
        verify_receipt(sign_learnt(LEARNT, OFFICE), OFFICE.public)


def test_a_remedy_of_a_newer_office_is_passed_over() -> None:
    rows = [["too_dry", "damp", 3, 2, 20], ["too_dry", "sauna", 3, 3, 90], ["charred", "damp", 1, 0, 0]]
    read = Learnt.from_cbor(cbor.encode({"v": 1, "day": "2026-11-24", "rows": rows}))
    assert read.experience == {(PrintVerdict.TOO_DRY, Remedy.DAMP): Tally(3, 2, 20)}


@pytest.mark.parametrize(
    "fields",
    [
        {"v": 2, "day": "2026-11-24", "rows": []},
        {"v": True, "day": "2026-11-24", "rows": []},
        {"v": 1, "day": "2026-11-24"},
        {"v": 1, "day": "2026-11-24", "rows": [], "more": 1},
        {"v": 1, "day": "20261124", "rows": []},
        {"v": 1, "day": "2026-13-24", "rows": []},
        {"v": 1, "day": 5, "rows": []},
        {"v": 1, "day": "2026-11-24", "rows": {}},
        {"v": 1, "day": "2026-11-24", "rows": [["too_dry", "damp", 3, 2]]},
        {"v": 1, "day": "2026-11-24", "rows": [["too_dry", "damp", 3, 4, 20]]},
        {"v": 1, "day": "2026-11-24", "rows": [["too_dry", "damp", 3, -1, 20]]},
        {"v": 1, "day": "2026-11-24", "rows": [["too_dry", "damp", 3, 2, 301]]},
        {"v": 1, "day": "2026-11-24", "rows": [["too_dry", "damp", 3.0, 2, 20]]},
        {"v": 1, "day": "2026-11-24", "rows": [["too_dry", "damp", True, True, 20]]},
        {"v": 1, "day": "2026-11-24", "rows": [["too_dry", 7, 3, 2, 20]]},
        {"v": 1, "day": "2026-11-24", "rows": [7]},
        [],
    ],
)
def test_what_does_not_add_up_is_refused_even_when_signed(fields: object) -> None:
    with pytest.raises(BadEncoding):
        verify_learnt(cose.sign(cbor.encode(fields), CONTENT_TYPE, key=OFFICE), OFFICE.public)


@given(st.binary(max_size=200))
def test_garbage_is_refused_by_name(garbage: bytes) -> None:
    with pytest.raises(SealingError):
        verify_learnt(garbage, OFFICE.public)
