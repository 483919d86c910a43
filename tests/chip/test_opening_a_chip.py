"""Keys by access number, and the pieces of opening that a whole reading does not show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card.soft_crypto import wrap_object
from kiosk.chip.card_access import offered_by, read_card_access, read_limits
from kiosk.chip.errors import BadAnswer, BadKeyText, CardLost, PaceFailed, WrongKey
from kiosk.chip.keys import CanKey, MrzKey
from kiosk.chip.opening import open_chip
from kiosk.chip.pace import open_with_pace, usable_offers
from kiosk.chip.security_infos import parse_security_infos
from kiosk.chip.suites import PASSWORD, Suite

CARD_ACCESS = bytes.fromhex("31143012060A04007F0007020204020202010202010D")
KEY = MrzKey("T22000129", "640812", "101031")


@pytest.mark.parametrize("text", ["", "12345", "1234567", "12345a", "１２３４５６", "123 56"])
def test_what_is_no_access_number_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadKeyText) as refused:
        CanKey(text)
    assert not text or text not in str(refused.value)


def test_an_access_number_shows_nowhere() -> None:
    assert "123456" not in repr(CanKey("123456"))
    assert CanKey("123456").pace_secret == b"123456"


def test_without_a_key_nothing_is_sent() -> None:
    with pytest.raises(BadKeyText):
        open_chip(lambda _: pytest.fail("sent"), [])


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_a_card_access_of_garbage_is_none_or_one_but_never_an_accident(answers: list[bytes]) -> None:
    queue = iter(answers)
    try:
        found = read_card_access(lambda _: next(queue, b"\x6a\x82"))
    except BadAnswer:
        return
    offered_by(found)


@pytest.mark.parametrize("size", [22, 200, 300, 700])
@pytest.mark.parametrize("most", [256, 112])
def test_a_card_access_of_any_length_is_read_whole(size: int, most: int) -> None:
    whole = wrap_object(0x31, wrap_object(0x30, wrap_object(0x06, b"\x2a\x03") + wrap_object(0x04, bytes(size))))

    def card(apdu: bytes) -> bytes:
        if apdu[1] == 0xA4:
            return b"\x90\x00"
        want = apdu[4] or 256
        if want > most:
            return b"\x67\x00"
        at = int.from_bytes(apdu[2:4], "big")
        return whole[at : at + want] + b"\x90\x00" if at < len(whole) else b"\x6b\x00"

    assert read_card_access(card) == whole


def test_a_card_access_that_claims_more_than_a_card_has_is_none() -> None:
    assert (
        read_card_access(lambda a: b"\x90\x00" if a[1] == 0xA4 else b"\x31\x83\xff\xff\xff" + bytes(90) + b"\x90\x00")
        is None
    )


@given(st.binary(max_size=80))
def test_limits_of_garbage_are_no_accident(garbage: bytes) -> None:
    read_limits(lambda _: garbage + b"\x90\x00")


def test_the_password_of_the_suite_is_as_long_as_its_key() -> None:
    for suite in Suite:
        assert len(suite.derive(KEY.pace_secret, PASSWORD)) == suite.key_length


def pace_by(answers: list[bytes]) -> None:
    infos = parse_security_infos(CARD_ACCESS, what="EF.CardAccess")
    ((info, domain),) = usable_offers(infos)
    queue = iter(answers)

    def transmit(_: bytes) -> bytes:
        answer = next(queue, None)
        if answer is None:
            raise ConnectionError
        return answer

    open_with_pace(transmit, KEY, info, domain, infos=infos, random_bytes=lambda count: b"\x07" * count)


def point_answer(tag: int, text: str) -> bytes:
    return wrap_object(0x7C, wrap_object(tag, bytes.fromhex(text))) + b"\x90\x00"


NONCE = bytes.fromhex("7C12801095A3A016522EE98D01E76CB6B98B42C39000")
GOOD_POINT = (
    "048BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262"
    "547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997"
)


@pytest.mark.parametrize(
    "point",
    ["", "00", "02" + "11" * 32, "04" + "00" * 64, GOOD_POINT[:-2] + "98", GOOD_POINT[:-2], "04" + "FF" * 64],
)
def test_points_that_are_none_end_pace_at_either_place(point: str) -> None:
    for before, tag in (([], 0x82), ([point_answer(0x82, GOOD_POINT)], 0x84)):
        with pytest.raises(PaceFailed):
            pace_by([b"\x90\x00", NONCE, *before, point_answer(tag, point)])


@pytest.mark.parametrize("nonce", ["7C009000", "7C0280009000", "7C0A80080011223344556677" + "9000", "800011229000"])
def test_a_nonce_of_a_wrong_length_ends_pace(nonce: str) -> None:
    with pytest.raises(PaceFailed):
        pace_by([b"\x90\x00", bytes.fromhex(nonce)])


def test_a_card_that_proves_nothing_itself_is_not_trusted() -> None:
    good = [b"\x90\x00", NONCE, point_answer(0x82, GOOD_POINT), point_answer(0x84, GOOD_POINT)]
    for token in ("7C0A860800112233445566779000", "7C009000", "9000"):
        with pytest.raises(PaceFailed, match="prove"):
            pace_by([*good, bytes.fromhex(token)])
    with pytest.raises(WrongKey):
        pace_by([*good, b"\x63\x00"])


@pytest.mark.parametrize("step", range(5))
def test_a_card_that_goes_during_pace_is_lost(step: int) -> None:
    good = [b"\x90\x00", NONCE, point_answer(0x82, GOOD_POINT), point_answer(0x84, GOOD_POINT)]
    with pytest.raises(CardLost):
        pace_by(good[:step])


@given(st.integers(0, 3), st.binary(max_size=80))
def test_garbage_in_pace_is_refused_but_never_an_accident(step: int, garbage: bytes) -> None:
    good = [b"\x90\x00", NONCE, point_answer(0x82, GOOD_POINT), point_answer(0x84, GOOD_POINT)]
    with pytest.raises((PaceFailed, WrongKey, CardLost)):
        pace_by([*good[:step], garbage, *[b"\x6f\x00"] * 5])
