"""What is written of a reading: nothing of a person in a trace, everything in the report, errors with their place."""

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_chip import SoftChip
from drivers.card.soft_crypto import wrap_object
from drivers.card.soft_files import Holder
from drivers.card.soft_id_card import CardMake, make_id_card
from kiosk.chip.errors import BadAnswer, CardLost, ChipError, WrongKey
from kiosk.chip.findings import judge
from kiosk.chip.keys import MrzKey
from kiosk.chip.reading import EVERYTHING, read_chip
from kiosk.chip.report import failure, report
from kiosk.chip.trace import Trace
from kiosk.chip.trust import TrustStore
from kiosk.chip.verdict import Verdict

HOLDER = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", None)
KEY = MrzKey("150000012", "500701", "991231")
WRONG = MrzKey("150000012", "500701", "350701")
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 2 + b"\xff\xd9"
AUTHORITY = DemoAuthority()


def card(make: CardMake | None = None) -> SoftChip:
    details = {1: HOLDER.number, 2: "Trần Thị Hoa", 11: "01/02/2022", 13: ("Cha", "Mẹ"), 77: "?"}
    return make_id_card(HOLDER, JPEG, width_px=3, height_px=4, authority=AUTHORITY, make=make, details=details)


def lines(chip: SoftChip, *, personal: bool = False) -> list[dict[str, object]]:
    file = io.StringIO()
    trace = Trace(chip.process, file, personal=personal)
    read_chip(trace.transmit, [KEY], wanted=EVERYTHING, on_stage=trace.begin)
    return [json.loads(line) for line in file.getvalue().splitlines()]


@pytest.mark.parametrize("make", [CardMake(), CardMake(pace=())])
def test_a_trace_says_everything_about_the_conversation_and_nothing_of_what_was_said(make: CardMake) -> None:
    chip = card(make)
    passed: list[tuple[bytes, bytes]] = []

    def process(apdu: bytes) -> bytes:
        answer = chip.process(apdu)
        passed.append((apdu, answer))
        return answer

    file = io.StringIO()
    trace = Trace(process, file)
    read_chip(trace.transmit, [KEY], wanted=EVERYTHING, on_stage=trace.begin)
    written = [json.loads(line) for line in file.getvalue().splitlines()]
    assert [line["status"] for line in written] == [answer[-2:].hex().upper() for _, answer in passed]
    assert [line["command_bytes"] for line in written] == [len(apdu) for apdu, _ in passed]
    for (apdu, answer), line in zip(passed, written, strict=True):
        secret = bool(apdu[0] & 0x0C) or apdu[1] not in (0xA4, 0xB0)
        assert (line["answer"] is None) is secret
        assert len(line["command"]) == (8 if secret else 2 * len(apdu))
        assert secret or bytes.fromhex(line["answer"]) == answer
    assert {"card_access", "DG1", "DG2", "SOD", "chip_authentication"} <= {line["stage"] for line in written}


def test_a_trace_that_was_asked_for_has_every_byte() -> None:
    assert all(
        2 * int(str(line["command_bytes"])) == len(str(line["command"])) for line in lines(card(), personal=True)
    )


def test_a_command_without_an_answer_stands_in_the_trace_too() -> None:
    file = io.StringIO()

    def lost(_: bytes) -> bytes:
        raise ConnectionError

    with pytest.raises(CardLost):
        read_chip(Trace(lost, file).transmit, [KEY])
    (line,) = [json.loads(text) for text in file.getvalue().splitlines()]
    assert line["status"] is None
    assert line["answer_bytes"] is None


def test_the_report_holds_what_was_read_and_what_it_is_worth() -> None:
    read = read_chip(card().process, [KEY], wanted=EVERYTHING)
    told = report(read, judge(read, TrustStore(), at=datetime.now(UTC)), today=date(2026, 1, 1))
    told = json.loads(json.dumps(told))
    assert told["dg1"]["personal_number"] == HOLDER.number
    assert (told["dg1"]["birth_date"], told["dg1"]["doubts"]) == ("01/07/1950", [])
    assert (told["dg2"]["format"], told["dg2"]["bytes"], len(told["dg2"]["sha256"])) == ("jpeg", len(JPEG), 64)
    assert (told["dg13"]["name"], told["dg13"]["mother"], told["dg13"]["others"]) == (
        "Trần Thị Hoa",
        "Mẹ",
        {"77": ["?"]},
    )
    assert told["access"] == {
        "protocol": "PACE",
        "key": "MRZ",
        "method": "ECDH-GM-AES-128",
        "parameters": "brainpoolP256r1",
    }
    passive = told["passive_authentication"]
    assert passive["groups"]["DG2"]["verdict"] == passive["signature"]["verdict"] == "yes"
    assert passive["chain"]["verdict"] == "not_checkable"
    assert told["active_authentication"]["verdict"] == told["chip_authentication"]["verdict"] == "yes"
    assert told["not_asked_for"] == ["DG3"]
    assert sum(stage["apdus"] for stage in told["stages"].values()) == told["apdus"]
    assert {"card_access", "pace", "DG1", "DG2", "SOD"} <= set(told["stages"])


def test_a_portrait_in_an_unknown_form_costs_the_portrait_alone() -> None:
    chip = card()
    chip.files[0x0102] = wrap_object(0x75, wrap_object(0x7F61, wrap_object(0x02, b"\x00")))
    read = read_chip(chip.process, [KEY], wanted=EVERYTHING)
    assert read.portrait is None
    assert "DG2" in read.unreadable["DG2"]
    assert read.hashes_match.verdict is Verdict.NO
    assert read.dg1.surname == "TRAN"


def spoilt(chip: SoftChip, fits: Callable[[bytes], bool], answer: bytes) -> Callable[[bytes], bytes]:
    return lambda apdu: answer if fits(apdu) else chip.process(apdu)


@pytest.mark.parametrize(
    ("make", "header", "answer", "stage", "status"),
    [
        (CardMake(pace=()), "00A4040C", "6A82", "bac", "6A82"),
        (CardMake(pace=()), "00840000", "6D00", "bac", "6D00"),
        (CardMake(pace=()), "00820000", "6300", "bac", "6300"),
        (CardMake(bac=False), "0022C1A4", "6A88", "bac", "6982"),
        (CardMake(), "0CB0", "6988", "DG1", "6988"),
        (CardMake(), "0CB08100", "", "DG1", None),
    ],
)
def test_an_error_names_its_stage_and_status_word(
    make: CardMake, header: str, answer: str, stage: str, status: str | None
) -> None:
    chip = card(make)
    with pytest.raises(ChipError) as error:
        read_chip(spoilt(chip, lambda apdu: apdu.hex().upper().startswith(header), bytes.fromhex(answer)), [KEY])
    told = failure(error.value)["error"]
    assert told["stage"] == stage
    assert told["status"] == status
    assert told["kind"] == type(error.value).__name__


def test_a_wrong_key_and_a_lifted_card_say_what_they_leave() -> None:
    with pytest.raises(WrongKey) as wrong:
        read_chip(card().process, [WRONG])
    assert failure(wrong.value)["error"] | {"message": ""} == {
        "kind": "WrongKey",
        "stage": "pace",
        "status": "6300",
        "message": "",
        "tries_left": None,
    }
    chip, left = card(), 16

    def lifted(apdu: bytes) -> bytes:
        nonlocal left
        left -= 1
        if left < 0:
            raise ConnectionError
        return chip.process(apdu)

    with pytest.raises(CardLost) as lost:
        read_chip(lifted, [KEY])
    told = failure(lost.value)["error"]
    assert "DG1" in told["in_hand"]
    assert told["stage"] in ("DG2", "SOD")
    assert failure(BadAnswer("x"))["error"]["in_hand"] == []
