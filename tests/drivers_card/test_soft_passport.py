"""How the soft card refuses, as the cards in the field do."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card.soft_crypto import AccessControl, CardSession, KeyPair, Tampered, decipher, encipher, retail_mac
from drivers.card.soft_directory import COM
from drivers.card.soft_files import Holder
from drivers.card.soft_passport import SoftPassport, holder_files

HOLDER = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", None)
SELECT = "00A4040C07A0000002471001"


def card() -> SoftPassport:
    return SoftPassport(HOLDER.key_text, holder_files(HOLDER, b"\xff\xd8\xff\xd9", width_px=1, height_px=1))


def asked(passport: SoftPassport, *commands: str) -> str:
    answer = b""
    for command in commands:
        answer = passport.process(bytes.fromhex(command))
    return answer.hex()


@pytest.mark.parametrize(
    ("commands", "status"),
    [
        (["00A4000C023F00"], "6d00"),  # the master file
        ([SELECT], "9000"),
        (["00A4040C06A00000024710"], "6a82"),  # another application
        ([SELECT, "00A4020C020101"], "6982"),  # DG1 without authentication
        ([SELECT, "00A4020C02011C"], "6a82"),  # no EF.CardAccess
        ([SELECT, "00B0810004"], "6982"),
        ([SELECT, "0084000010"], "6700"),
        (["0084000008"], "6985"),  # outside the application
        ([SELECT, "0082000028" + "00" * 40 + "28"], "6985"),  # no challenge was asked for
        ([SELECT, "0084000008", "0082000028" + "00" * 40 + "28"], "6300"),  # a wrong key
        ([SELECT, "00CB3FFF00"], "6d00"),
        ([SELECT, "0CB000000D9701048E08ED6705417E96BA5500"], "6988"),  # secure messaging out of the blue
        (["00"], "6700"),
        (["00A4040C08A000"], "6700"),
    ],
)
def test_it_refuses_as_cards_do(commands: list[str], status: str) -> None:
    assert asked(card(), *commands) == status


class SecureReading:
    """An opened card, from the terminal's side, with the card's own cryptography."""

    def __init__(self, passport: SoftPassport) -> None:
        self.passport = passport
        keys = KeyPair.from_key_text(HOLDER.key_text)
        challenge = bytes.fromhex(asked(passport, SELECT, "0084000008"))[:8]
        secret = encipher(keys.enc, bytes(8) + challenge + bytes(16))
        proof = secret + retail_mac(keys.mac, secret)
        answer = passport.process(b"\x00\x82\x00\x00\x28" + proof + b"\x28")
        part = decipher(keys.enc, answer[:32])[16:]
        self.keys = KeyPair.from_seed(part)
        self.counter = int.from_bytes(challenge[4:] + bytes(4), "big")

    def select_dg1(self) -> str:
        header = b"\x0c\xa4\x02\x0c"
        body = b"\x87\x09\x01" + encipher(self.keys.enc, b"\x01\x01\x80" + bytes(5))
        counter = (self.counter + 1).to_bytes(8, "big")
        self.counter += 2
        code = retail_mac(self.keys.mac, counter + header + b"\x80\x00\x00\x00" + body)
        whole = body + b"\x8e\x08" + code
        return self.passport.process(header + bytes([len(whole)]) + whole + b"\x00").hex()[-4:]


def test_a_challenge_is_good_for_one_try() -> None:
    passport = card()
    wrong = "0082000028" + "00" * 40 + "28"
    assert len(asked(passport, SELECT, "0084000008")) == 20
    assert asked(passport, wrong) == "6300"
    assert asked(passport, wrong) == "6985"


@given(st.lists(st.binary(max_size=270), max_size=8))
def test_no_command_makes_it_stumble(commands: list[bytes]) -> None:
    passport = card()
    passport.process(bytes.fromhex(SELECT))
    for command in commands:
        assert len(passport.process(command)) >= 2


@given(st.binary(max_size=120))
def test_a_protected_command_without_the_right_code_is_refused(body: bytes) -> None:
    session = CardSession(KeyPair.from_seed(bytes(16)), bytes(8))
    with pytest.raises(Tampered):
        session.unwrap(b"\x0c\xb0\x00\x00", body)


def test_a_stale_challenge_does_not_open_the_card() -> None:
    keys = KeyPair.from_key_text(HOLDER.key_text)
    secret = encipher(keys.enc, bytes(8) + b"challeng" + bytes(16))
    access = AccessControl(keys)
    sent = secret + retail_mac(keys.mac, secret)
    assert access.answer(sent, challenge=b"challeng", key_part=bytes(16)) is not None
    assert access.answer(sent, challenge=b"another!", key_part=bytes(16)) is None


def test_an_unprotected_command_ends_the_session() -> None:
    passport = card()
    reading = SecureReading(passport)
    assert reading.select_dg1() == "9000"
    assert asked(passport, "0084000008")[-4:] == "9000"
    assert reading.select_dg1() == "6988"


def test_it_speaks_the_worked_example_of_the_standard_to_the_byte() -> None:
    """ICAO Doc 9303-11, appendix D, from the card's side."""
    chosen = iter(("4608F91988702212", "0B4F80323EB3191CB04970CB4052790B"))
    common = bytes.fromhex("60145F0104303130365F36063034303030305C026175")
    passport = SoftPassport(
        "L898902C<369080619406236", {COM: common}, random_bytes=lambda count: bytes.fromhex(next(chosen))[:count]
    )
    assert asked(passport, SELECT, "0084000008") == "4608f919887022129000"
    proof = "72C29C2371CC9BDB65B779B8E8D37B29ECC154AA56A8799FAE2F498F76ED92F25F1448EEA8AD90A7"
    answer = "46B9342A41396CD7386BF5803104D7CEDC122B9132139BAF2EEDC94EE178534F2F2D235D074D74499000"
    assert asked(passport, f"0082000028{proof}28") == answer.lower()
    selected = asked(passport, "0CA4020C158709016375432908C044F68E08BF8B92D635FF24F800")
    assert selected == "990290008E08FA855A5D4C50A8ED9000".lower()
    first = asked(passport, "0CB000000D9701048E08ED6705417E96BA5500")
    assert first == "8709019FF0EC34F9922651990290008E08AD55CC17140B2DED9000".lower()
    rest = asked(passport, "0CB000040D9701128E082EA28A70F3C7B53500")
    assert rest == "871901FB9235F4E4037F2327DCC8964F1F9B8C30F42C8E2FFF224A990290008E08C8B2787EAEA07D749000".lower()
