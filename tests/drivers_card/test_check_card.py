"""`kiosk check card` over the real PC/SC stack: what it prints, how it ends, and what it leaves out of a trace."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from drivers.card.demo_authority import DemoAuthority
from drivers.card.pcscd import VirtualReader
from drivers.card.real import open_reader, readers_with_card
from drivers.card.simulated import Situation, VirtualReaderSlot
from drivers.card.soft_chip import SoftChip
from drivers.card.soft_files import Holder
from drivers.card.soft_id_card import CardMake, make_id_card
from drivers.errors import DeviceFault
from tests.typing_in import typed

HOLDER = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", None)
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8 + b"\xff\xd9"
AUTHORITY = DemoAuthority()
PRINTED = ("--number", HOLDER.number, "--birth", "01/07/1950", "--expiry", "none")


def kiosk(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kiosk.cli", "check", "card", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def card(make: CardMake | None = None) -> SoftChip:
    made = make or CardMake(can="123456")
    return make_id_card(HOLDER, JPEG, width_px=3, height_px=4, authority=AUTHORITY, make=made, details={2: "Hoa"})


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "--number"),
        (("--number", HOLDER.number), "go together"),
        (("--number", HOLDER.number, "--birth", "31/02/1950", "--expiry", "none"), "does not have that day"),
        (("--can", "12345"), "six digits"),
        (("--mrz", "IDVNM"), "characters"),
        (("--mrz", HOLDER.mrz().replace("500701", "500702")), "check digit behind birth"),
    ],
)
def test_what_is_typed_wrongly_is_told_before_any_card_is_asked(words: tuple[str, ...], says: str) -> None:
    code, said, complaint = typed("check", "card", *words, "--json")
    assert code == 2
    error = json.loads(said)["error"]
    assert says in error["message"]
    assert HOLDER.number not in said + complaint
    assert says in typed("check", "card", *words)[2]


@pytest.fixture
def slot(virtual_reader: VirtualReader) -> Iterator[VirtualReaderSlot]:
    with VirtualReaderSlot() as slot:
        yield slot


@pytest.mark.pcsc
def test_a_card_is_read_proven_and_traced(slot: VirtualReaderSlot, tmp_path: Path) -> None:
    slot.insert(card())
    trust, trace, picture = tmp_path / "trust", tmp_path / "trace.jsonl", tmp_path / "face.jpg"
    trust.mkdir()
    (trust / "demo.der").write_bytes(AUTHORITY.root_der)
    trace.touch(0o644)  # one that everybody could read lies there already
    told = kiosk(*PRINTED, "--json", "--trust", trust, "--trace", trace, "--portrait", picture)
    assert told.returncode == 0, told.stderr
    (found,) = [json.loads(line) for line in told.stdout.splitlines()]
    assert {row: check["verdict"] for row, check in found["table"].items()} == dict.fromkeys(
        ("unmodified", "signed", "trusted", "genuine"), "yes"
    )
    assert found["access"]["protocol"] == "PACE"
    assert found["reader"]["extended"] is True
    assert picture.read_bytes() == JPEG
    assert [stat.S_IMODE(file.stat().st_mode) for file in (trace, picture)] == [0o600, 0o600]
    lines = [json.loads(line) for line in trace.read_text().splitlines()]
    assert len(lines) == found["apdus"]
    assert all(len(line["command"]) == 8 for line in lines if line["stage"] == "DG1")
    people = kiosk(*PRINTED)
    assert "genuine  yes" in people.stdout
    assert "no trust anchor" in people.stdout


@pytest.mark.pcsc
@pytest.mark.parametrize("words", [("--can", "123456"), ("--mrz", HOLDER.mrz())])
def test_the_lines_or_the_access_number_open_it_as_well(slot: VirtualReaderSlot, words: tuple[str, str]) -> None:
    slot.insert(card())
    assert json.loads(kiosk(*words, "--json").stdout)["access"]["key"] == words[0][2:].upper()


@pytest.mark.pcsc
def test_a_wrong_key_and_no_card_end_with_a_word_and_a_code(slot: VirtualReaderSlot) -> None:
    slot.insert(card())
    told = kiosk("--can", "654321", "--json")
    error = json.loads(told.stdout)["error"]
    assert (told.returncode, error["kind"], error["stage"], error["status"]) == (1, "WrongKey", "pace", "6300")
    slot.insert(card(), situation=Situation.CARD_PULLED_EARLY, breaks_after=15)
    told = kiosk(*PRINTED, "--json", "--wait", "2")
    error = json.loads(told.stdout)["error"]
    assert (told.returncode, error["kind"]) == (1, "CardLost")
    assert "DG1" in error["in_hand"]
    slot.remove()
    told = kiosk(*PRINTED, "--json", "--wait", "0.2", "--reader", "Virtual")
    assert told.returncode == 2
    assert json.loads(told.stdout)["error"]["kind"] == "DeviceTimeout"
    assert json.loads(kiosk(*PRINTED, "--json", "--reader", "Omnikey 9999").stdout)["error"]["kind"] == "DeviceMissing"


@pytest.mark.pcsc
def test_a_card_that_another_program_holds_is_told_from_a_mute_one(
    slot: VirtualReaderSlot, virtual_reader: VirtualReader
) -> None:
    slot.insert(card())
    first, second = (open_reader(virtual_reader.name, simulated=True) for _ in "ab")
    try:
        first.wait_for_card(10.0)
        assert readers_with_card() == [virtual_reader.name]
        with pytest.raises(DeviceFault, match="another program"):
            second.wait_for_card(10.0)
        first.disconnect()
        second.wait_for_card(10.0)
    finally:
        first.close()
        second.close()


def test_without_the_service_it_says_to_start_it() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "kiosk.cli", "check", "card", *PRINTED, "--json"],
        env={**os.environ, "PCSCLITE_CSOCK_NAME": "/nonexistent/pcscd.comm"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert told.returncode == 2
    assert "start pcscd" in json.loads(told.stdout)["error"]["message"]
