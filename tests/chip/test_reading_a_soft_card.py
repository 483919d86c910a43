"""A whole card read in memory: the kiosk's reader against the soft card, two independent ends of one standard."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_directory import COM, DG1, DG2, SOD
from drivers.card.soft_files import Holder
from drivers.card.soft_passport import SoftPassport, holder_files
from kiosk.chip.errors import BadAnswer, BadKeyText, CardLost, ChipError, NotAPassport, UnknownAccess, WrongKey
from kiosk.chip.files import CardFile
from kiosk.chip.hashes import Verdict
from kiosk.chip.keys import MrzKey
from kiosk.chip.qr import parse_qr
from kiosk.chip.reading import PartialRead, ReadProgress, read_chip

HOLDER = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", None)
KEY = MrzKey("150000012", "500701", "991231")
OTHER_KEY = MrzKey("042150000", "500701", "991231")
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 6 + b"\xff\xd9"
AUTHORITY = DemoAuthority()


def files(portrait: bytes = JPEG) -> dict[int, bytes]:
    made = holder_files(HOLDER, portrait, width_px=240, height_px=320)
    made[SOD] = AUTHORITY.sign({1: made[DG1], 2: made[DG2]})
    return made


def card(*, max_read: int = 256, portrait: bytes = JPEG) -> SoftPassport:
    return SoftPassport(HOLDER.key_text, files(portrait), max_read=max_read)


def lifted_after(passport: SoftPassport, count: int) -> Callable[[bytes], bytes]:
    left = count

    def transmit(apdu: bytes) -> bytes:
        nonlocal left
        if left <= 0:
            raise ConnectionError
        left -= 1
        return passport.process(apdu)

    return transmit


def test_a_card_is_read_whole_and_its_files_are_the_signed_ones() -> None:
    passport = card()
    read = read_chip(passport.process, [KEY])
    assert read.dg1.personal_number is not None
    assert read.dg1.personal_number.digits == HOLDER.number
    assert (read.dg1.surname, read.dg1.given_names) == ("TRAN", "THI HOA")
    assert read.dg1.wrong_checks == ()
    assert read.portrait is not None
    assert (read.portrait.mime, read.portrait.data) == ("image/jpeg", JPEG)
    assert (read.portrait.width_px, read.portrait.height_px) == (240, 320)
    assert read.hashes_match.verdict is Verdict.YES
    assert read.files.keys() == {"DG1", "DG2", "SOD"}


def test_jpeg_2000_portraits_are_named_as_such() -> None:
    jp2 = b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(500)
    read = read_chip(card(portrait=jp2).process, [KEY])
    assert read.portrait is not None
    assert (read.portrait.mime, read.portrait.data) == ("image/jp2", jp2)


def test_keys_are_tried_in_order_until_one_opens_the_card() -> None:
    assert read_chip(card().process, [OTHER_KEY, KEY]).key == KEY


def test_no_fitting_key_is_a_wrong_key_and_tells_nothing_of_it() -> None:
    with pytest.raises(WrongKey) as refused:
        read_chip(card().process, [OTHER_KEY])
    assert "0421" not in str(refused.value)
    with pytest.raises(BadKeyText):
        read_chip(card().process, [])


def test_a_card_without_the_application_is_not_a_passport() -> None:
    with pytest.raises(NotAPassport):
        read_chip(lambda _: b"\x6a\x82", [KEY])


@pytest.mark.parametrize(("command", "status"), [(0x84, "6d00"), (0x84, "6982"), (0x82, "6e00")])
def test_a_card_that_knows_no_basic_access_control_is_not_taken_for_a_wrong_key(command: int, status: str) -> None:
    passport = card()
    with pytest.raises(UnknownAccess):
        read_chip(lambda a: bytes.fromhex(status) if a[1] == command else passport.process(a), [KEY])


@pytest.mark.parametrize("max_read", [222, 160, 150, 112, 100, 32])
def test_chunks_fall_until_the_card_accepts_them(max_read: int) -> None:
    read = read_chip(card(max_read=max_read).process, [KEY])
    assert read.portrait is not None
    assert read.portrait.data == JPEG


def test_a_card_that_accepts_no_chunk_says_which_file_it_refused() -> None:
    with pytest.raises(BadAnswer, match="to read DG1 with status 6700"):
        read_chip(card(max_read=30).process, [KEY])


def test_a_card_that_ends_the_session_over_a_long_read_is_opened_again_with_shorter_ones() -> None:
    passport = card()

    def transmit(apdu: bytes) -> bytes:
        answer = passport.process(apdu)
        if len(answer) > 200:
            passport.reset()
            return b"\x69\x88"
        return answer

    read = read_chip(transmit, [KEY])
    assert read.portrait is not None
    assert read.portrait.data == JPEG


def test_a_card_that_ends_every_session_is_a_bad_answer_in_the_end() -> None:
    passport = card()

    def transmit(apdu: bytes) -> bytes:
        return b"\x69\x88" if apdu[:2] == b"\x0c\xb0" else passport.process(apdu)

    with pytest.raises(BadAnswer, match="again and again"):
        read_chip(transmit, [KEY])


def test_portraits_longer_than_32_kilobytes_are_read_by_the_odd_command() -> None:
    long = JPEG[:-2] + bytes(40_000) + JPEG[-2:]
    read = read_chip(card(portrait=long).process, [KEY])
    assert read.portrait is not None
    assert read.portrait.data == long
    assert read.hashes_match.verdict is Verdict.YES


def test_lifting_the_card_at_any_moment_costs_nothing_that_was_read() -> None:
    passport = card()
    so_far: PartialRead | None = None
    lifts = 0
    while True:
        passport.reset()
        try:
            read = read_chip(lifted_after(passport, 6), [OTHER_KEY, KEY] if lifts == 0 else [KEY], so_far=so_far)
        except CardLost as lost:
            lifts += 1
            assert lifts < 60
            if lost.so_far is not None:
                so_far = lost.so_far
            continue
        break
    assert lifts > 3
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    assert read.hashes_match.verdict is Verdict.YES


def test_what_is_in_hand_of_one_card_is_not_mixed_with_another() -> None:
    with pytest.raises(CardLost) as lost:
        read_chip(lifted_after(card(), 12), [KEY])
    assert lost.value.so_far is not None
    other = Holder("042199000099", "LE", "VAN BINH", date(1999, 3, 2), "M", date(2039, 3, 2))
    made = holder_files(other, JPEG + b"!", width_px=1, height_px=1)
    read = read_chip(
        SoftPassport(other.key_text, made).process, [MrzKey("199000099", "990302", "390302")], so_far=lost.value.so_far
    )
    assert read.dg1.surname == "LE"
    assert read.portrait is not None
    assert read.portrait.data == JPEG + b"!"


def test_progress_is_told_file_by_file_and_ends_at_the_whole() -> None:
    told: list[ReadProgress] = []
    read_chip(card().process, [KEY], on_progress=told.append)
    last = {progress.file: progress for progress in told}
    assert set(last) == {CardFile.DG1, CardFile.DG2, CardFile.SOD}
    assert all(progress.done == progress.total for progress in last.values())
    overall = [progress.overall for progress in told]
    assert overall == sorted(overall)
    assert overall[-1] == 1.0
    portrait = [progress.done for progress in told if progress.file is CardFile.DG2]
    assert portrait == sorted(portrait)
    assert len(portrait) > 4


def test_a_changed_file_is_found_by_its_hash() -> None:
    made = files()
    made[DG2] = made[DG2].replace(b"\x10\x11\x12", b"\x10\x11\x13", 1)
    read = read_chip(SoftPassport(HOLDER.key_text, made).process, [KEY])
    assert read.hashes_match.verdict is Verdict.NO
    assert "DG2" in read.hashes_match.reason
    assert "DG1" not in read.hashes_match.reason


@pytest.mark.parametrize("missing", [COM, DG2, SOD])
def test_a_card_without_a_file_is_read_as_far_as_it_goes(missing: int) -> None:
    made = files()
    del made[missing]
    read = read_chip(SoftPassport(HOLDER.key_text, made).process, [KEY])
    assert read.dg1.surname == "TRAN"
    assert (read.portrait is None) == (missing == DG2)
    assert (read.hashes_match.verdict is Verdict.NOT_CHECKABLE) == (missing == SOD)


def test_a_file_under_a_wrong_name_is_refused() -> None:
    made = files()
    made[DG1] = made[DG2]
    with pytest.raises(BadAnswer, match="another file"):
        read_chip(SoftPassport(HOLDER.key_text, made).process, [KEY])


def test_a_file_that_claims_megabytes_is_refused_before_it_is_read() -> None:
    made = files()
    made[DG2] = b"\x75\x83\xff\xff\xff" + bytes(2000)
    with pytest.raises(BadAnswer, match="size"):
        read_chip(SoftPassport(HOLDER.key_text, made).process, [KEY])


def test_a_file_shorter_than_it_claims_is_refused() -> None:
    made = files()
    made[DG2] = made[DG2][:-300]
    with pytest.raises(BadAnswer, match="ends before") as cut:
        read_chip(SoftPassport(HOLDER.key_text, made).process, [KEY], wanted=[CardFile.DG2])
    assert cut.value.so_far is not None


@pytest.mark.parametrize("size", [100, 40_000])
def test_what_stands_behind_a_file_is_not_taken_for_it(size: int) -> None:
    made = holder_files(HOLDER, JPEG + bytes(size), width_px=1, height_px=1)
    exact = made[DG2]
    made[DG2] += b"\xff" * 300
    assert read_chip(SoftPassport(HOLDER.key_text, made).process, [KEY]).files["DG2"] == exact


def test_an_unwanted_portrait_is_not_asked_for() -> None:
    read = read_chip(card().process, [KEY], wanted=[CardFile.DG1])
    assert read.portrait is None
    assert set(read.files) == {"DG1"}


def test_a_card_that_takes_for_ever_ends_as_a_bad_answer_and_keeps_what_is_in_hand() -> None:
    passport, now_s = card(), 0.0

    def slow(apdu: bytes) -> bytes:
        nonlocal now_s
        now_s += 1.0
        return passport.process(apdu)

    with pytest.raises(BadAnswer, match="takes longer") as ended:
        read_chip(slow, [KEY], longest_s=10.0, monotonic_s=lambda: now_s)
    assert now_s == 11.0
    assert ended.value.so_far is not None
    assert CardFile.DG1 in ended.value.so_far.files


def test_nothing_of_the_citizen_shows_when_results_or_errors_are_printed() -> None:
    read = read_chip(card().process, [KEY])
    with pytest.raises(CardLost) as lost:
        read_chip(lifted_after(card(), 14), [KEY])
    printed = repr(read) + repr(lost.value) + repr(lost.value.so_far) + repr(KEY) + repr(HOLDER)
    # The seconds that each stage took are printed too; their digits are chance and nobody's birthday.
    printed = re.sub(r"[0-9]+\.[0-9]+", "", printed)
    for secret in ("TRAN", "HOA", "150000012", "500701", "1950"):
        assert secret not in printed


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=30), st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_garbage_from_the_card_at_any_point_ends_as_a_chip_error(garbage: list[bytes], good: int) -> None:
    passport = card()
    answers = iter(garbage)
    left = good

    def transmit(apdu: bytes) -> bytes:
        nonlocal left
        left -= 1
        if left >= 0:
            return passport.process(apdu)
        return next(answers, b"\x6f\x00")

    with pytest.raises(ChipError):
        read_chip(transmit, [KEY])


@given(st.integers(6, 14), st.integers(0, 1 << 16))
@settings(max_examples=60, deadline=None)
def test_one_altered_bit_in_any_protected_answer_is_noticed(which: int, place: int) -> None:
    passport = card()
    count = 0

    def transmit(apdu: bytes) -> bytes:
        nonlocal count
        count += 1
        answer = passport.process(apdu)
        if count != which:
            return answer
        bit = place % (len(answer) * 8)
        return (int.from_bytes(answer, "big") ^ 1 << bit).to_bytes(len(answer), "big")

    with pytest.raises(BadAnswer):
        read_chip(transmit, [KEY])


def test_a_qr_of_another_persons_card_is_told_from_the_one_on_the_reader() -> None:
    lines = read_chip(card().process, [KEY]).dg1
    rest = "|181234567|Trần Thị Hoa|01071950|Nữ|Thôn 3, Thạch Kênh|10082021"
    assert parse_qr(HOLDER.number + rest).is_of(lines)
    assert not parse_qr("042150000999" + rest).is_of(lines)
    # The same last nine digits, and another person's first three.
    assert not parse_qr("001150000012" + rest).is_of(lines)
    stranger = replace(lines, issuer="UTO")
    assert parse_qr(HOLDER.number + rest).is_of(stranger)
    assert not parse_qr(HOLDER.number + rest.replace("1950", "1951")).is_of(stranger)
