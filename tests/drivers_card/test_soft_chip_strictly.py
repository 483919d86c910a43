"""The soft card to the letter of ISO/IEC 7816-4 and ICAO Doc 9303-10 and -11: it is read by other people's readers."""

from datetime import date

import pytest

from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_chip import SoftChip
from drivers.card.soft_directory import DG1, DG2, ChipTraits
from drivers.card.soft_files import Holder
from drivers.card.soft_id_card import CardMake, make_id_card
from drivers.card.soft_pace import PaceMapping, PaceOffer
from drivers.card.soft_proofs import ActiveRsa
from drivers.card.soft_secure_messaging import Suite
from kiosk.chip.commands import ICAO_APPLICATION as ICAO
from kiosk.chip.commands import Command, select_application, select_file
from kiosk.chip.errors import SessionEnded
from kiosk.chip.keys import MrzKey
from kiosk.chip.opening import ChipSession, open_chip

HOLDER = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", None)
KEY = MrzKey("150000012", "500701", "991231")
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 160 + b"\xff\xd9"
AUTHORITY = DemoAuthority()
SELECT = "00A4040C07A0000002471001"
OPEN_MASTER = ChipTraits()
BAC, PACE = CardMake(pace=(), traits=OPEN_MASTER), CardMake(bac=False, traits=OPEN_MASTER)


def card(make: CardMake = BAC) -> SoftChip:
    return make_id_card(HOLDER, JPEG, width_px=1, height_px=1, authority=AUTHORITY, make=make)


def asked(chip: SoftChip, *commands: str) -> str:
    return [chip.process(bytes.fromhex(command)) for command in commands][-1].hex().upper()


def opened(chip: SoftChip) -> ChipSession:
    return open_chip(chip.process, [KEY])


@pytest.mark.parametrize(
    ("commands", "answer"),
    [
        (["00A4000C"], "9000"),
        (["00A4000C023F00"], "9000"),
        (["00A40000023F0000"], "6F0483023F009000"),
        (["00A40000"], "9000"),  # no Le: nothing is asked for
        (["00A4040C07A0000002471001"], "9000"),
        (["00A4040007A000000247100100"], "6F098407A00000024710019000"),
        (["00A4040407A000000247100100"], "62098407A00000024710019000"),
        (["00A4040C06A00000024710"], "6A82"),
        (["00A4040807A0000002471001"], "6A86"),
        (["00A4050C07A0000002471001"], "6A86"),
        (["00A4020C02011C"], "9000"),
        (["00A4000C02011C"], "9000"),
        (["00A4020402011C00"], "620E8002001482010183 02011C8801E09000"),
        (["00A4020C01"], "6700"),
        (["00A4020C0101"], "6700"),
        (["00A4020C022F00"], "6A82"),  # no EF.DIR
        (["00B09E0000"], "6A82"),
        (["00B0810000"], "6A82"),  # no EF.ATR/INFO
        (["00A4020C02011D"], "6982"),  # EF.CardSecurity before authentication
    ],
)
def test_select(commands: list[str], answer: str) -> None:
    chip = card(PACE)
    chip.masters[0x011D] = b"\x30\x00"
    said = asked(chip, *commands)
    length = f"{len(chip.masters[0x011C]):04X}"
    assert said == answer.replace(" ", "").replace("80020014", f"8002{length}")


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("80B0000000", "6E00"),
        ("A0A4000C023F00", "6E00"),
        ("01B0000000", "6881"),
        ("04B0000000", "6882"),
        ("10A4020C02011C", "6884"),
        ("00CA000000", "6D00"),
        ("00C0000000", "6D00"),  # nothing waits
        ("00860001027C0000", "6A86"),
        ("00840001", "6A86"),
        ("00B0000000000000", "6700"),  # a short chip and a long command
        ("00B0000000FFFF", "6700"),
        ("0CB0000000", "6988"),
    ],
)
def test_classes_instructions_and_lengths_that_it_does_not_know(command: str, status: str) -> None:
    assert asked(card(), SELECT, command) == status


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("00B0000000", "whole"),  # Le 00: all there is, and no warning
        ("00B00000FF", "6282"),  # more than there is: what there is, with a warning
        ("00B000000A", "ten"),
        ("00B0010000", "6B00"),  # behind the end
        ("00B00000", "6700"),  # no Le
        ("00B09C0000", "whole"),
        ("00B09C0104", "from one"),
        ("00B0DC0000", "6A86"),
        ("00B1000003540100FF", "6282"),
        ("00B1011C0354010008", "odd"),
        ("00B1001C0354010008", "odd"),
        ("00B1000003540100", "6700"),
        ("00B10000035501000A", "6A80"),
        ("00B1000002540008", "6A80"),
    ],
)
def test_read_binary(command: str, says: str) -> None:
    chip = card(PACE)
    whole = chip.masters[0x011C].hex().upper()
    odd = f"53{len(whole) // 2:02X}{whole}6282" if "54" in command else f"{whole}6282"
    wanted = {
        "whole": f"{whole}9000",
        "6282": odd,
        "ten": f"{whole[:20]}9000",
        "from one": f"{whole[2:10]}9000",
        "odd": f"5306{whole[:12]}9000",
    }
    assert asked(chip, "00A4020C02011C", command) == wanted.get(says, says)


def test_nothing_selected_is_told_apart_from_nothing_allowed() -> None:
    assert asked(card(), SELECT, "00B0000004") == "6986"
    assert asked(card(), SELECT, "00B0810004") == "6982"
    assert asked(card(), SELECT, "00A4020C020101") == "6982"
    assert asked(card(), SELECT, "00A4020C02010B") == "6A82"


def test_a_select_that_fails_leaves_the_file_that_was_selected() -> None:
    chip = card(PACE)
    assert asked(chip, "00A4020C02011C", "00A4020C022F05") == "6A82"
    assert chip.current_file == 0x011C
    assert asked(chip, "00B0000001") == "319000"


@pytest.mark.parametrize("make", [BAC, PACE])
@pytest.mark.parametrize("bare", ["00B0000004", "00B0810004", "00A4020C020101", "00B0000000"])
def test_a_bare_command_ends_the_session_and_closes_the_file_that_was_open(make: CardMake, bare: str) -> None:
    chip = card(make)
    session = opened(chip)
    assert session.send(select_file(DG1)) == (b"", 0x9000)
    assert session.send(Command(0, 0xB0, 0, 0, le=4))[1] == 0x9000
    assert asked(chip, bare) == "6982"
    with pytest.raises(SessionEnded) as ended:
        session.send(Command(0, 0xB0, 0, 0, le=4))
    assert ended.value.status == 0x6988
    assert asked(chip, "00B0000004") == "6982"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("970104", "6987"),
        ("9701048E080000000000000000", "6988"),
        ("8E0800000000000000009701 04", "6988"),
        ("FF", "6988"),
    ],
)
@pytest.mark.parametrize("make", [BAC, PACE])
def test_broken_protection_is_refused_bare_and_ends_the_session(make: CardMake, body: str, status: str) -> None:
    chip = card(make)
    session = opened(chip)
    told = bytes.fromhex(body)
    assert asked(chip, f"0CB00000{len(told):02X}{told.hex()}00") == status
    with pytest.raises(SessionEnded):
        session.send(Command(0, 0xB0, 0, 0, le=4))


@pytest.mark.parametrize(("make", "most"), [(BAC, 231), (PACE, 223)])
def test_no_protected_answer_is_longer_than_a_short_command_allows(make: CardMake, most: int) -> None:
    chip = card(make)
    longest = 0

    def transmit(apdu: bytes) -> bytes:
        nonlocal longest
        answer = chip.process(apdu)
        longest = max(longest, len(answer))
        return answer

    session = open_chip(transmit, [KEY])
    session.send(select_file(DG2))
    assert len(session.send(Command(0, 0xB0, 0, 0, le=256))[0]) == most
    assert len(session.send(Command(0, 0xB0, 0, 0, le=most))[0]) == most
    assert session.send(Command(0, 0xB0, 0, 0, le=most + 1)) == (b"", 0x6700)
    offset = bytes.fromhex("540300800A")
    part, status = session.send(Command(0, 0xB1, 0, 0, offset, 256))
    assert status == 0x9000
    assert part[3:] == chip.files[DG2][0x800A : 0x800A + len(part) - 3]
    assert 240 < longest <= 258


def test_files_are_denied_under_protection_too_and_the_session_goes_on() -> None:
    session = opened(card())
    assert session.send(select_file(0x0103)) == (b"", 0x6982)
    assert session.send(select_file(0x010B)) == (b"", 0x6A82)
    assert session.send(Command(0, 0xB0, 0x83, 0, le=4)) == (b"", 0x6982)
    assert session.send(Command(0, 0xCA, 0, 0, le=4)) == (b"", 0x6D00)
    assert session.send(Command(0, 0xB0, 0x81, 0, le=2)) == (b"\x61\x5d", 0x9000)
    assert session.send(select_application(ICAO)) == (b"", 0x9000)
    assert session.send(Command(0, 0xB0, 0x81, 0, le=2)) == (b"\x61\x5d", 0x9000)


def test_no_second_opening_by_basic_access_control_under_protection() -> None:
    session = opened(card())
    assert session.send(Command(0, 0x84, 0, 0, le=8))[1] == 0x6985
    assert session.send(Command(0, 0x82, 0, 0, bytes(40), 40))[1] == 0x6985


def test_a_challenge_is_asked_for_by_its_length_or_by_all_there_is() -> None:
    chip = card()
    assert len(asked(chip, SELECT, "0084000008")) == 2 * (8 + 2)
    assert len(asked(chip, "0084000000")) == 2 * (8 + 2)
    assert asked(chip, "0084000004") == "6700"
    assert asked(chip, "0084000008", "0082000027" + "00" * 39 + "28") == "6700"
    assert asked(card(PACE), SELECT, "0084000008") == "6982"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("800A04007F00070202040202830101", "9000"),
        ("800A0400 7F00070202040202 8301018401 0D", "9000"),
        ("800A04007F0007020204020283010184010C", "6A80"),  # other domain parameters
        ("800A04007F00070202040204830101", "6A80"),  # a protocol that is not offered
        ("800A04007F00070202040202830103", "6A88"),  # a PIN: there is none
        ("800A04007F00070202040202", "6A80"),
        ("800A04", "6A80"),
        ("800A04007F000702020402028301017F4C0E060904007F0007030102015301 00", "9000"),  # with a CHAT
    ],
)
def test_the_environment_of_pace(body: str, status: str) -> None:
    data = bytes.fromhex(body)
    assert asked(card(PACE), f"0022C1A4{len(data):02X}{data.hex()}") == status


def test_pace_keeps_its_order_and_a_slip_ends_it() -> None:
    choose = "0022C1A40F800A04007F00070202040202830101"
    chip = card(PACE)
    assert asked(chip, "10860000027C0000") == "6985"
    assert asked(chip, choose, "00860000027C0000") == "6985"  # the first step, unchained
    assert asked(chip, "10860000027C0000") == "6985"
    assert asked(chip, choose, "10860000047C02810000") == "6A80"
    assert len(asked(chip, choose, "10860000027C0000")) == 2 * (2 + 2 + 16 + 2)
    assert asked(chip, "10860000067C0481020400" + "00") == "6A80"
    assert asked(card(BAC), choose) == "6A86"


def test_chip_authentication_checks_protocol_key_and_session() -> None:
    session = opened(card())
    protocol = bytes.fromhex("800A04007F00070202030202")
    assert session.send(Command(0, 0x22, 0x41, 0xA4, protocol)) == (b"", 0x9000)
    assert session.send(Command(0, 0x86, 0, 0, bytes.fromhex("7C04800204FF"), 256)) == (b"", 0x6A80)
    other = bytes.fromhex("800A04007F00070202030204")
    assert session.send(Command(0, 0x22, 0x41, 0xA4, other)) == (b"", 0x6A80)
    assert session.send(Command(0, 0x22, 0x41, 0xA6, b"\x91\x01\x04")) == (b"", 0x6A86)  # that is for 3DES
    assert session.send(Command(0, 0x88, 0, 0, bytes(7), 256)) == (b"", 0x6700)
    assert asked(card(), SELECT, "0022" + "41A4" + "0C" + protocol.hex()) == "6A86"
    assert asked(card(), SELECT, "0088000008" + "00" * 8 + "00") == "6985"


def test_an_answer_that_is_too_long_for_a_short_command_waits_for_get_response() -> None:
    chip = card()
    chip._secrets = type(chip._secrets)(HOLDER.key_text, None, None, ActiveRsa(bits=2048))
    answers: list[bytes] = []

    def transmit(apdu: bytes) -> bytes:
        answers.append(chip.process(apdu))
        return answers[-1]

    session = open_chip(transmit, [KEY])
    signature, status = session.send(Command(0, 0x88, 0, 0, bytes(8), 256))
    assert (len(signature), status) == (256, 0x9000)
    assert answers[-2][-2] == 0x61
    assert len(answers[-2]) == 258
    assert session.send(Command(0, 0xB0, 0x81, 0, le=2)) == (b"\x61\x5d", 0x9000)


@pytest.mark.parametrize("offer", [PaceOffer(PaceMapping.GENERIC, Suite.AES_256, 13), None])
def test_common_file_and_security_object_speak_of_the_files_that_are_there(offer: PaceOffer | None) -> None:
    make = CardMake(pace=(offer,) if offer else (), active_digest=None)
    chip = card(make)
    listed = chip.files[0x011E].partition(b"\x5c")[2]
    tags = set(listed[1 : 1 + listed[0]])
    assert tags == {0x61, 0x75, 0x63, 0x6D, 0x6E}
    assert set(chip.files) == {0x011E, 0x011D, 0x0101, 0x0102, 0x0103, 0x010D, 0x010E}
