"""Cards that do it another way than the standard's examples, and are read all the same."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from drivers.card.soft_chip import ChipSecrets, SoftChip
from drivers.card.soft_curves import CURVES
from drivers.card.soft_directory import COM, DG1, DG2, SOD, ChipTraits
from drivers.card.soft_files import common_file
from drivers.card.soft_id_card import CardMake
from drivers.card.soft_passport import holder_files
from drivers.card.soft_proofs import ActiveEcdsa, ActiveRsa, ChipKey
from drivers.card.soft_secure_messaging import Suite
from drivers.card.soft_security_infos import dg14_file
from kiosk.chip import tlv
from kiosk.chip.access import open_with_bac
from kiosk.chip.active_authentication import parse_dg15, signed_by
from kiosk.chip.certificates import read_certificate
from kiosk.chip.commands import exchange
from kiosk.chip.errors import UnknownAccess
from kiosk.chip.face import parse_portrait
from kiosk.chip.files import CardFile
from kiosk.chip.findings import judge
from kiosk.chip.memory import ReaderMemory
from kiosk.chip.reading import ALL, EVERYTHING, read_chip
from kiosk.chip.trust import make_store
from kiosk.chip.verdict import Verdict
from tests.chip.soft_stage import AUTHORITY, GENERIC, HOLDER, JPEG, KEY, Watched, chip, id_card

Inner = tuple[bytes, bytes]
#: Sees a command in the clear (header, data, expected length); an answer and status, or None for what the card says.
Quirk = Callable[[SoftChip, bytes, bytes, int | None], Inner | None]
STORE = make_store([read_certificate(AUTHORITY.root_der)])


def taught(made: SoftChip, quirk: Quirk) -> SoftChip:
    """Give the card a habit, which it has under protection, too."""
    original = made._run

    def run(asked: Any) -> Inner:  # noqa: ANN401 - the card's own
        answer = quirk(made, asked.header, asked.data, asked.expected)
        return original(asked) if answer is None else answer

    made._run = run  # type: ignore[method-assign]
    return made


def bare(made: SoftChip) -> Callable[[bytes], bytes]:
    """Let the card refuse with bare status words, and stay in its session."""

    def transmit(apdu: bytes) -> bytes:
        answer = made.process(apdu)
        refused = apdu[0] & 0x0C and answer[-2] not in (0x90, 0x61, 0x62)
        return answer[-2:] if refused else answer

    return transmit


def read_well(transmit: Callable[[bytes], bytes], wanted: tuple[CardFile, ...] = ALL) -> None:
    read = read_chip(transmit, [KEY], wanted=wanted)
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    assert read.hashes_match.verdict is Verdict.YES


def wants_answer(_: SoftChip, header: bytes, data: bytes, expected: int | None) -> Inner | None:
    refused = header[1] == 0xA4 and header[2] != 0x00 and (header[3] != 0x00 or expected is None)
    return (b"", b"\x6a\x86") if refused else None


@pytest.mark.parametrize("short_ids", [True, False])
@pytest.mark.parametrize("modern", [True, False])
@pytest.mark.parametrize("way", [lambda made: made.process, bare], ids=["protected", "bare"])
def test_a_card_that_selects_in_the_other_form_is_read(
    short_ids: bool, modern: bool, way: Callable[[SoftChip], Callable[[bytes], bytes]]
) -> None:
    offers = (GENERIC,) if modern else ()
    made = taught(chip(*offers, bac=not modern, traits=ChipTraits(short_ids=short_ids)), wants_answer)
    read_well(way(made))


def test_a_card_access_that_is_found_by_its_short_identifier_alone_leads_to_pace() -> None:
    def no_selecting(made: SoftChip, header: bytes, data: bytes, _: int | None) -> Inner | None:
        selects = header[1] == 0xA4 and header[2] != 0x04 and not made._directories.application
        return (b"", b"\x6a\x81") if selects else None

    read = read_chip(taught(chip(GENERIC, bac=True), no_selecting).process, [KEY])
    assert read.access is not None
    assert read.access.protocol == "PACE"


@pytest.mark.parametrize("status", ["6982", "6985", "6A82", "6D00", "6F00"])
def test_a_card_that_denies_card_access_is_opened_by_bac(status: str) -> None:
    def denies(made: SoftChip, header: bytes, _: bytes, __: int | None) -> Inner | None:
        early = not made._directories.application and not (header[1] == 0xA4 and header[2] == 0x04)
        return (b"", bytes.fromhex(status)) if early else None

    read_well(taught(chip(bac=True), denies).process)


@pytest.mark.parametrize("status", ["6282", "6B00", "6700", "9000"])
@pytest.mark.parametrize("short_ids", [True, False])
def test_a_card_that_gives_nothing_when_more_is_asked_than_it_has_is_read(status: str, short_ids: bool) -> None:
    def all_or_nothing(made: SoftChip, header: bytes, _: bytes, expected: int | None) -> Inner | None:
        if header[1] != 0xB0 or expected is None or not made._opened:
            return None
        if header[2] & 0x80 and not short_ids:
            return b"", b"\x6b\x00"
        by_short_id = header[2] & 0x80
        found = made.files.get(0x0100 | header[2] & 0x1F if by_short_id else made.current_file or 0)
        at = header[3] if by_short_id else int.from_bytes(header[2:4], "big")
        over = found is not None and at + expected > len(found)
        return (b"", bytes.fromhex(status)) if over else None

    watched = Watched(taught(chip(GENERIC, traits=ChipTraits(short_ids=short_ids)), all_or_nothing))
    read_well(watched.transmit)
    assert sum(command[0] == 0x0C and command[1] in (0xA4, 0xB0) for command in watched.commands) < 45


def test_a_proof_of_the_key_may_want_another_length() -> None:
    made = chip(bac=True)

    def transmit(apdu: bytes) -> bytes:
        return b"\x67\x00" if apdu[1] == 0x82 and apdu[-1] == 40 else made.process(apdu)

    read_well(transmit)


def test_a_proof_of_the_key_that_takes_no_length_is_no_wrong_key() -> None:
    def transmit(apdu: bytes) -> bytes:
        return bytes(8) + b"\x90\x00" if apdu[1] == 0x84 else b"\x67\x00"

    with pytest.raises(UnknownAccess):
        open_with_bac(transmit, KEY, random_bytes=bytes)


def test_the_common_file_is_asked_only_where_more_is_wanted_than_every_card_has() -> None:
    for wanted, asked in ((ALL, False), (EVERYTHING, True)):
        read = read_chip(chip(GENERIC).process, [KEY], wanted=wanted)
        assert (CardFile.COM in read.files) is asked


@pytest.mark.parametrize("file", [COM, 0x010B, 0x010D, 0x010E, 0x010F, SOD])
@pytest.mark.parametrize(
    "content", [b"", b"\x00\x00", b"\x75\x03abc", b"\xff" * 40, b"\x6d\x82\x10\x00ab"], ids=bytes.hex
)
def test_a_file_that_is_none_costs_itself_alone(file: int, content: bytes) -> None:
    made = id_card(CardMake())
    if file != COM:
        made.files[COM] = common_file((*(made.files[one][0] for one in made.files if one not in (COM, SOD)), 0x6B))
    made.files[file] = content
    read = read_chip(made.process, [KEY], wanted=EVERYTHING)
    assert read.portrait is not None
    others = {"COM": COM, "DG13": 0x010D, "DG14": 0x010E, "DG15": 0x010F, "SOD": SOD}
    assert set(read.files) == {"CardAccess", "DG1", "DG2", *(name for name, one in others.items() if one != file)}
    assert len(read.unreadable) == 1


def test_a_key_file_that_the_common_file_keeps_quiet_about_is_asked_for() -> None:
    """EF.COM is not signed: a copy could hide DG14 and DG15 from a reader that believes it."""
    for make in (CardMake(), CardMake(cloned=True)):
        made = id_card(make)
        made.files[COM] = common_file((0x61, 0x75))
        read = read_chip(made.process, [KEY], wanted=EVERYTHING)
        assert {"DG14", "DG15", "DG13"} <= read.files.keys()
        genuine = judge(read, STORE, at=datetime.now(UTC)).genuine
        assert genuine.verdict is (Verdict.NO if make.cloned else Verdict.YES)


def test_key_files_that_the_chip_withholds_are_told_from_a_card_without_any() -> None:
    made = id_card(CardMake())
    del made.files[0x010E], made.files[0x010F]
    genuine = judge(read_chip(made.process, [KEY], wanted=EVERYTHING), STORE, at=datetime.now(UTC)).genuine
    assert (genuine.verdict, genuine.cause) == (Verdict.NOT_CHECKABLE, "")
    assert "withholds" in genuine.reason
    plain = judge(read_chip(chip(GENERIC).process, [KEY], wanted=EVERYTHING), STORE, at=datetime.now(UTC)).genuine
    assert (plain.verdict, plain.cause) == (Verdict.NOT_CHECKABLE, "not_offered")


def test_of_several_keys_the_one_that_the_chip_takes_proves_it() -> None:
    unknown = ChipKey.made(CURVES[13], Suite.AES_256, key_id=1)
    known = ChipKey.made(CURVES[12], Suite.AES_128, key_id=2)
    made = chip(GENERIC, chip_key=known)
    made.files[0x010E] = dg14_file([*unknown.infos(), *known.infos()])
    proof = read_chip(made.process, [KEY], wanted=[CardFile.DG14]).chip_authentication
    assert (proof.verdict, proof.method) == (Verdict.YES, "ECDH-AES-128")


def test_a_key_that_is_alone_belongs_to_its_protocol_whatever_their_numbers() -> None:
    key = ChipKey.made(CURVES[12], Suite.AES_128, key_id=None)
    made = chip(GENERIC, chip_key=key)
    made.files[0x010E] = dg14_file([replace(key, key_id=3).infos()[0], key.infos()[1]])
    proof = read_chip(made.process, [KEY], wanted=[CardFile.DG14]).chip_authentication
    assert (proof.verdict, proof.method) == (Verdict.YES, "ECDH-AES-128")


@pytest.mark.parametrize("bits", [2048, 3072])
def test_a_long_signature_is_fetched_in_pieces_where_the_card_takes_no_long_command(bits: int) -> None:
    made = chip(GENERIC, active=ActiveRsa(bits=bits))
    for extended in (True, False):
        made.reset()
        memory = ReaderMemory(reader_extended=extended)
        read = read_chip(made.process, [KEY], wanted=[CardFile.DG15], memory=memory)
        assert read.active_authentication.verdict is Verdict.YES


@pytest.mark.parametrize("status", ["6D00", "6F00", "6988"])
@pytest.mark.parametrize("copied", [False, True])
def test_a_card_that_breaks_off_over_one_proof_has_not_failed_in_the_other(status: str, copied: bool) -> None:
    key, active = ChipKey.made(CURVES[12], Suite.AES_128), ActiveEcdsa(ec.SECP256R1())
    made = chip(GENERIC, chip_key=key, active=active)
    if copied:
        made._secrets = replace(made._secrets, chip_key=ChipKey.made(CURVES[12], Suite.AES_128))

    def transmit(apdu: bytes) -> bytes:
        if apdu[1] == 0x88:
            made.reset()
            return bytes.fromhex(status)
        return made.process(apdu)

    read = read_chip(transmit, [KEY], wanted=EVERYTHING)
    assert read.active_authentication.verdict is Verdict.NOT_CHECKABLE
    assert read.chip_authentication.verdict is (Verdict.NO if copied else Verdict.YES)


def test_signatures_of_unusual_length_are_understood() -> None:
    rsa, challenge = ActiveRsa(bits=1024), b"12345678"
    key = parse_dg15(tlv.encode(0x6F, rsa.public_key))
    signature = next(found for _ in range(9000) if (found := rsa.sign(challenge))[0] == 0)
    assert signed_by(key, challenge, signature.lstrip(b"\0"))
    assert not signed_by(key, challenge, b"\0" + signature)
    curve = ActiveEcdsa(ec.SECP521R1(), hash_number=1)
    key = parse_dg15(tlv.encode(0x6F, curve.public_key))
    assert signed_by(key, challenge, curve.sign(challenge), digests=["sha512"])


def test_the_first_face_that_can_be_read_is_taken() -> None:
    good = tlv.only(tlv.only(holder_files(HOLDER, JPEG, width_px=7, height_px=9)[DG2], 0x75, what=""), 0x7F61, what="")
    template = tlv.encode(0x7F60, tlv.first(good, 0x7F60, what=""))
    empty, other = tlv.encode(0x7F60, b""), tlv.encode(0x7F60, tlv.encode(0x5F2E, b"FAC\0" + bytes(60)))
    for templates in ([template], [empty, template], [other, template], [template, other]):
        inside = tlv.encode(0x02, bytes([len(templates)])) + b"".join(templates)
        found = parse_portrait(tlv.encode(0x75, tlv.encode(0x7F61, inside)))
        assert (found.data, found.width_px, found.height_px) == (JPEG, 7, 9)


def test_a_length_that_the_card_corrects_is_taken_for_every_plain_command() -> None:
    queue, sent = iter(["6C04", "AABB6102", "6C01", "CC9000"]), list[bytes]()

    def transmit(apdu: bytes) -> bytes:
        sent.append(apdu)
        return bytes.fromhex(next(queue))

    assert exchange(transmit, bytes.fromhex("0088000002112200")) == (b"\xaa\xbb\xcc", 0x9000)
    assert sent[1:] == [bytes.fromhex(one) for one in ("0088000002112204", "00C0000002", "00C0000001")]


def test_what_a_card_without_a_machine_readable_file_says_is_its_own_error() -> None:
    made = SoftChip({DG1: b""}, ChipSecrets(HOLDER.key_text))
    with pytest.raises(Exception, match="DG1") as failed:
        read_chip(made.process, [KEY])
    assert failed.value.stage == "DG1"  # type: ignore[attr-defined]
