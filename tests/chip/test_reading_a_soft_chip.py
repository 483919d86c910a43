"""Modern chips read in memory: PACE of every kind, AES, extended length, chips that prove themselves or cannot."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_chip import ChipSecrets, SoftChip
from drivers.card.soft_crypto import wrap_object
from drivers.card.soft_curves import CURVES, MODP
from drivers.card.soft_directory import ATR_INFO, CARD_ACCESS, CARD_SECURITY, COM, DG1, SOD, ChipTraits
from drivers.card.soft_files import Holder, common_file
from drivers.card.soft_id_card import CardMake, make_id_card
from drivers.card.soft_pace import CAN, MRZ, PaceMapping, PaceOffer, SoftPace
from drivers.card.soft_passport import holder_files
from drivers.card.soft_proofs import ActiveEcdsa, ActiveRsa, ChipKey
from drivers.card.soft_secure_messaging import Suite
from drivers.card.soft_security_infos import dg14_file, dg15_file, info_set
from kiosk.chip.errors import (
    BadAnswer,
    CardLost,
    ChipError,
    NotAPassport,
    UnknownAccess,
    WrongKey,
)
from kiosk.chip.files import CardFile
from kiosk.chip.keys import CanKey, MrzKey
from kiosk.chip.memory import ReaderMemory
from kiosk.chip.opening import open_chip
from kiosk.chip.reading import EVERYTHING, PartialRead, read_chip
from kiosk.chip.verdict import Verdict
from tests.prove.card import Proof

HOLDER = Holder("042150000012", "TRAN", "THI HOA", date(1950, 7, 1), "F", None)
KEY = MrzKey("150000012", "500701", "991231")
WRONG = MrzKey("150000012", "500701", "350701")
CAN_KEY = CanKey("493021")
PASSWORDS = {MRZ: HOLDER.key_text.encode(), CAN: b"493021"}
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 6 + b"\xff\xd9"
AUTHORITY = DemoAuthority()
GENERIC = PaceOffer(PaceMapping.GENERIC, Suite.AES_128, 12)
ROOMY = ChipTraits(extended=2048)

OFFERS = [
    *(PaceOffer(mapping, Suite.AES_128, number) for mapping in PaceMapping for number in [*MODP, *CURVES]),
    *(PaceOffer(mapping, suite, number) for mapping in PaceMapping for suite in Suite for number in (0, 13)),
]
POSSIBLE = [
    offer
    for offer in dict.fromkeys(OFFERS)
    if not (offer.mapping is PaceMapping.INTEGRATED and offer.parameter == 10)  # its prime leaves 1 modulo 4
    and not (offer.mapping is PaceMapping.CHIP_AUTHENTICATION and (not offer.ec or offer.suite is Suite.TRIPLE_DES))
]


class Watched:
    """A card on the reader that counts, may be lifted, and may be made to answer otherwise."""

    def __init__(self, chip: SoftChip, *, lifted_after: int | None = None) -> None:
        self.chip = chip
        self.left = lifted_after
        self.commands: list[bytes] = []
        self.instead: Callable[[bytes], bytes | None] = lambda _: None

    def transmit(self, apdu: bytes) -> bytes:
        if self.left is not None:
            if self.left <= 0:
                raise ConnectionError
            self.left -= 1
        self.commands.append(apdu)
        answer = self.instead(apdu)
        return self.chip.process(apdu) if answer is None else answer

    def even_s(self) -> float:
        """A clock by which each command takes as long as any other, whatever this machine does beside it."""
        return 0.01 * len(self.commands)


def id_card(make: CardMake | None = None) -> SoftChip:
    return make_id_card(HOLDER, JPEG, width_px=240, height_px=320, authority=AUTHORITY, make=make, details={2: "Hoa"})


def chip(
    *offers: PaceOffer,
    chip_key: ChipKey | None = None,
    active: ActiveRsa | ActiveEcdsa | None = None,
    bac: bool = False,
    traits: ChipTraits | None = None,
    master: dict[int, bytes] | None = None,
    passwords: dict[int, bytes] | None = None,
) -> SoftChip:
    files = holder_files(HOLDER, JPEG, width_px=240, height_px=320)
    infos = [info for part in (chip_key, active) if part is not None for info in part.infos()]
    if infos:
        files[0x010E] = dg14_file(infos)
    if active is not None:
        files[0x010F] = dg15_file(active.public_key)
    files[SOD] = AUTHORITY.sign({file & 0xFF: data for file, data in files.items() if file != COM})
    pace = SoftPace(offers, passwords or PASSWORDS, chip_key=chip_key.private if chip_key else None) if offers else None
    secrets = ChipSecrets(HOLDER.key_text if bac else None, pace, chip_key, active)
    return SoftChip(files, secrets, traits=traits, master_files=master)


@pytest.mark.parametrize("offer", POSSIBLE, ids=lambda o: f"{o.mapping.value}-{o.suite.name}-{o.parameter}")
def test_every_kind_of_pace_opens_the_card(offer: PaceOffer) -> None:
    key = ChipKey.made(CURVES[offer.parameter], offer.suite) if offer.mapping.value == "CAM" else None
    read = read_chip(chip(offer, chip_key=key, traits=ROOMY).process, [KEY], wanted=[CardFile.DG1])
    assert read.dg1.surname == "TRAN"
    assert read.access is not None
    assert (read.access.protocol, read.access.key) == ("PACE", "MRZ")
    assert offer.mapping.value in read.access.method


@pytest.mark.parametrize("offer", [GENERIC, PaceOffer(PaceMapping.INTEGRATED, Suite.AES_256, 17)])
def test_the_card_access_number_opens_the_card_as_well(offer: PaceOffer) -> None:
    read = read_chip(chip(offer).process, [CAN_KEY])
    assert read.access is not None
    assert (read.access.key, read.access.parameters) == (
        "CAN",
        {12: "secp256r1", 17: "brainpoolP512r1"}[offer.parameter],
    )
    assert read.portrait is not None


def test_pace_is_taken_before_bac_and_a_card_without_it_is_opened_by_bac() -> None:
    both = read_chip(chip(GENERIC, bac=True).process, [KEY])
    assert both.access is not None
    assert both.access.protocol == "PACE"
    old = read_chip(chip(bac=True).process, [KEY])
    assert old.access is not None
    assert (old.access.protocol, old.access.method) == ("BAC", "3DES")


@pytest.mark.parametrize("make", [CardMake(), CardMake(rsa=True), CardMake(pace=()), CardMake(bac=False)])
def test_a_whole_vietnamese_card_is_read_and_has_proven_itself(make: CardMake) -> None:
    read = read_chip(id_card(make).process, [KEY], wanted=EVERYTHING)
    assert read.hashes_match.verdict is Verdict.YES
    assert read.chip_authentication.verdict is Verdict.YES
    assert read.active_authentication.verdict is Verdict.YES
    assert read.listed == ("DG1", "DG2", "DG3", "DG13", "DG14", "DG15")
    assert {"DG1", "DG2", "DG13", "DG14", "DG15", "SOD", "COM"} <= set(read.files)
    assert read.refused == {}


def test_fingerprints_are_refused_and_the_rest_is_read_all_the_same() -> None:
    read = read_chip(id_card().process, [KEY], wanted=[*EVERYTHING, CardFile.DG3])
    assert read.refused == {"DG3": 0x6982}
    assert read.portrait is not None
    assert read.active_authentication.verdict is Verdict.YES


@pytest.mark.parametrize("rsa", [True, False])
def test_a_copied_card_has_the_right_files_and_the_wrong_keys(rsa: bool) -> None:
    read = read_chip(id_card(CardMake(cloned=True, rsa=rsa)).process, [KEY], wanted=EVERYTHING)
    assert read.hashes_match.verdict is Verdict.YES
    assert read.chip_authentication.verdict is Verdict.NO
    assert "copy" in read.chip_authentication.reason
    assert read.active_authentication.verdict is not Verdict.YES
    alone = read_chip(id_card(CardMake(cloned=True, rsa=rsa)).process, [KEY], wanted=[CardFile.DG1, CardFile.DG15])
    assert alone.active_authentication.verdict is Verdict.NO


@pytest.mark.parametrize("digest", ["sha1", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("bits", [1024, 2048])
def test_rsa_chips_sign_with_every_digest_of_the_standard(digest: str, bits: int) -> None:
    active = ActiveRsa(digest=digest, bits=bits)
    read = read_chip(chip(GENERIC, active=active, traits=ROOMY).process, [KEY], wanted=[CardFile.DG1, CardFile.DG15])
    assert read.active_authentication.verdict is Verdict.YES
    assert read.active_authentication.method == f"RSA-{bits}"


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.BrainpoolP384R1(), ec.SECP521R1()])
@pytest.mark.parametrize("named", [True, False])
def test_ecdsa_chips_sign_with_every_digest_named_or_not(number: int, curve: ec.EllipticCurve, named: bool) -> None:
    wanted = [CardFile.DG1, CardFile.DG15, *([CardFile.DG14] if named else [])]
    active = ActiveEcdsa(curve, hash_number=number)
    assert (
        read_chip(chip(GENERIC, active=active).process, [KEY], wanted=wanted).active_authentication.verdict
        is Verdict.YES
    )


@pytest.mark.parametrize("suite", list(Suite))
@pytest.mark.parametrize("number", [0, 1, 2, 8, 13, 14, 18])
def test_chip_authentication_works_with_every_suite_and_domain(suite: Suite, number: int) -> None:
    key = ChipKey.made((CURVES | MODP)[number], suite, key_id=number)
    watched = Watched(chip(GENERIC, chip_key=key, traits=ROOMY))
    read = read_chip(watched.transmit, [KEY], wanted=[CardFile.DG1, CardFile.DG14])
    assert read.chip_authentication.verdict is Verdict.YES
    assert read.chip_authentication.method.startswith("ECDH" if number >= 8 else "DH")


def test_a_card_that_lists_a_key_and_no_protocol_means_3des() -> None:
    key = ChipKey.made(CURVES[12], Suite.TRIPLE_DES)
    made = chip(GENERIC, chip_key=key)
    made.files[0x010E] = dg14_file(key.infos()[1:])
    read = read_chip(made.process, [KEY], wanted=[CardFile.DG1, CardFile.DG14])
    assert read.chip_authentication.verdict is Verdict.YES
    assert read.chip_authentication.method == "ECDH-3DES"


@pytest.mark.parametrize(
    ("where", "copied", "method"),
    [
        ("DG14", False, "PACE-CAM"),
        ("EF.CardSecurity", False, "PACE-CAM"),
        ("EF.CardSecurity", True, "PACE-CAM"),
        ("DG14", True, "ECDH-AES-128"),  # another key of DG14 than the mapping's would disprove nothing
    ],
)
def test_the_mapping_proves_the_chip_by_dg14_or_card_security(where: str, copied: bool, method: str) -> None:
    offer = PaceOffer(PaceMapping.CHIP_AUTHENTICATION, Suite.AES_128, 13)
    key = ChipKey.made(CURVES[13], Suite.AES_128)
    told = ChipKey.made(CURVES[13], Suite.AES_128) if copied else key
    secured = AUTHORITY.sign_infos(info_set(told.infos()))
    made = chip(offer, chip_key=key, master={CARD_SECURITY: secured} if where != "DG14" else None)
    made.files[0x010E] = dg14_file(told.infos() if where == "DG14" else [])
    read = read_chip(made.process, [KEY], wanted=[CardFile.DG1, CardFile.DG14])
    assert read.chip_authentication.method == method
    assert read.chip_authentication.verdict is (Verdict.NO if copied else Verdict.YES)
    assert where in read.chip_authentication.reason
    assert ("CardSecurity" in read.files) == (where != "DG14")


@pytest.mark.parametrize("secured", [False, True])
def test_a_key_of_dg14_beside_that_of_the_mapping_is_asked_for_and_no_sign_of_a_copy(secured: bool) -> None:
    """DG14 names a key of its own on the same curve; the mapping's is in EF.CardSecurity, or nowhere to be read."""
    offer = PaceOffer(PaceMapping.CHIP_AUTHENTICATION, Suite.AES_128, 13)
    mapping, own = (ChipKey.made(CURVES[13], Suite.AES_128) for _ in "ab")
    files = {CARD_SECURITY: AUTHORITY.sign_infos(info_set(mapping.infos()))} if secured else None
    made = chip(offer, chip_key=mapping, master=files)
    made._secrets = replace(made._secrets, chip_key=own)
    made.files[0x010E] = dg14_file(own.infos())
    read = read_chip(made.process, [KEY], wanted=[CardFile.DG1, CardFile.DG14])
    proof = read.chip_authentication
    assert (proof.verdict, proof.method, proof.key_file) == (Verdict.YES, "ECDH-AES-128", "DG14")
    made._secrets = replace(made._secrets, chip_key=None)
    made.reset()
    proof = read_chip(made.process, [KEY], wanted=[CardFile.DG1, CardFile.DG14]).chip_authentication
    assert (proof.verdict, proof.key_file) == (
        (Verdict.YES, "EF.CardSecurity") if secured else (Verdict.NOT_CHECKABLE, "")
    )


@pytest.mark.parametrize("suite", [Suite.TRIPLE_DES, Suite.AES_128])
def test_a_card_that_knows_the_other_command_alone_proves_itself_by_that(suite: Suite) -> None:
    key = ChipKey.made(CURVES[12], suite)
    watched = Watched(chip(GENERIC, chip_key=key))
    original = watched.chip._set_environment

    def other_way(how: bytes, data: bytes) -> bytes:
        if how == (b"\x41\xa4" if suite is Suite.AES_128 else b"\x41\xa6"):
            return b"\x6a\x80"
        if how == b"\x41\xa6":
            return watched.chip._agree(data[2:])
        return original(how, data)

    watched.chip._set_environment = other_way  # type: ignore[method-assign]
    read = read_chip(watched.transmit, [KEY], wanted=[CardFile.DG1, CardFile.DG14])
    assert read.chip_authentication.verdict is Verdict.YES


def test_keys_too_long_for_the_reader_lead_to_another_way_or_to_no_proof() -> None:
    memory = ReaderMemory(reader_extended=False)
    long = PaceOffer(PaceMapping.GENERIC, Suite.AES_128, 2)
    watched = Watched(chip(long, bac=True, traits=ROOMY))
    read = read_chip(watched.transmit, [KEY], memory=memory)
    assert read.access is not None
    assert read.access.protocol == "BAC"
    assert not any(len(command) > 261 for command in watched.commands)
    key = ChipKey.made(MODP[1], Suite.AES_128)
    read = read_chip(chip(GENERIC, chip_key=key).process, [KEY], wanted=[CardFile.DG14], memory=memory)
    assert read.chip_authentication.verdict is Verdict.NOT_CHECKABLE
    assert "too long" in read.chip_authentication.reason


def test_chips_that_know_no_proof_are_not_checkable_and_no_forgery() -> None:
    read = read_chip(chip(GENERIC).process, [KEY], wanted=EVERYTHING)
    assert read.chip_authentication.verdict is Verdict.NOT_CHECKABLE
    assert read.active_authentication.verdict is Verdict.NOT_CHECKABLE
    assert "DG14" in read.chip_authentication.reason
    assert "DG15" in read.active_authentication.reason


def test_a_chip_that_refuses_its_proofs_is_not_checkable_and_read_all_the_same() -> None:
    key, active = ChipKey.made(CURVES[12], Suite.AES_128), ActiveEcdsa(ec.SECP256R1())
    made = chip(GENERIC, chip_key=key, active=active)
    made._secrets = replace(made._secrets, chip_key=None, active_key=None)
    read = read_chip(made.process, [KEY], wanted=EVERYTHING)
    assert read.portrait is not None
    assert read.chip_authentication.verdict is Verdict.NOT_CHECKABLE
    assert "refused" in read.chip_authentication.reason
    assert read.active_authentication.verdict is Verdict.NOT_CHECKABLE


def test_a_wrong_key_is_tried_once_by_pace_and_never_by_bac() -> None:
    watched = Watched(chip(GENERIC, bac=True))
    with pytest.raises(WrongKey) as refused:
        read_chip(watched.transmit, [WRONG])
    assert "350701" not in str(refused.value)
    assert watched.chip._secrets.pace is not None
    assert watched.chip._secrets.pace.wrong_tries == 1
    assert not any(command[1] in (0x84, 0x82) for command in watched.commands)


def test_keys_are_tried_in_order_and_no_more_than_needed() -> None:
    made = chip(GENERIC)
    assert read_chip(made.process, [WRONG, WRONG, KEY, CAN_KEY]).key == KEY
    assert made._secrets.pace is not None
    assert made._secrets.pace.wrong_tries == 1


@pytest.mark.parametrize(
    ("status", "tries"), [("63C1", 1), ("63C5", 2), ("6300", 2), ("6983", 2), ("6A80", 2), ("6988", 2)]
)
def test_the_last_try_that_a_card_counts_is_left_to_the_citizen(status: str, tries: int) -> None:
    watched = Watched(chip(GENERIC))
    watched.instead = lambda apdu: bytes.fromhex(status) if apdu[:2] == b"\x00\x86" else None
    with pytest.raises(WrongKey) as refused:
        read_chip(watched.transmit, [WRONG, KEY])
    assert sum(command[:2] == b"\x00\x86" for command in watched.commands) == tries
    assert refused.value.tries_left == (int(status[-1]) if status.startswith("63C") else None)


def test_a_card_that_does_not_know_the_access_number_is_opened_by_its_lines() -> None:
    made = chip(GENERIC, passwords={MRZ: PASSWORDS[MRZ]})
    assert read_chip(made.process, [CAN_KEY, KEY]).key == KEY
    with pytest.raises(UnknownAccess):
        read_chip(chip(GENERIC, passwords={MRZ: PASSWORDS[MRZ]}).process, [CAN_KEY])


@pytest.mark.parametrize("step", [(0x22, "6A80"), (0x22, "6D00"), (0x86, "6F00"), (0x86, "6985"), (0x86, "9000")])
def test_pace_that_fails_for_technical_reasons_leads_to_bac(step: tuple[int, str]) -> None:
    watched = Watched(chip(GENERIC, bac=True))
    watched.instead = lambda apdu: bytes.fromhex(step[1]) if apdu[1] == step[0] else None
    read = read_chip(watched.transmit, [KEY])
    assert read.access is not None
    assert read.access.protocol == "BAC"


def test_a_second_way_of_pace_is_gone_when_the_first_fails() -> None:
    other = PaceOffer(PaceMapping.INTEGRATED, Suite.AES_128, 13)
    watched = Watched(chip(GENERIC, other))
    watched.instead = lambda apdu: b"\x6a\x80" if apdu[1] == 0x22 and GENERIC.oid in apdu else None
    read = read_chip(watched.transmit, [KEY])
    assert read.access is not None
    assert read.access.method == "ECDH-IM-AES-128"


def test_a_card_that_opens_in_no_known_way_says_so() -> None:
    watched = Watched(chip(GENERIC))
    watched.instead = lambda apdu: b"\x6a\x80" if apdu[1] == 0x22 else None
    with pytest.raises(UnknownAccess, match="PACE"):
        read_chip(watched.transmit, [KEY])


@pytest.mark.parametrize("number", [12, 13])
def test_the_number_of_the_parameters_is_told_only_where_it_is_needed(number: int) -> None:
    watched = Watched(chip(GENERIC, PaceOffer(PaceMapping.GENERIC, Suite.AES_128, 13)))
    read_chip(watched.transmit, [KEY], wanted=[CardFile.DG1])
    (chosen,) = [command for command in watched.commands if command[1] == 0x22]
    assert chosen[-3:] == bytes.fromhex("8401") + chosen[-1:]
    alone = Watched(chip(PaceOffer(PaceMapping.GENERIC, Suite.AES_128, number)))
    read_chip(alone.transmit, [KEY], wanted=[CardFile.DG1])
    (chosen,) = [command for command in alone.commands if command[1] == 0x22]
    assert chosen[-3:] == bytes.fromhex("830101")


def test_a_card_that_wants_the_number_all_the_same_gets_it() -> None:
    watched = Watched(chip(GENERIC))
    watched.instead = lambda apdu: b"\x6a\x88" if apdu[1] == 0x22 and b"\x84\x01" not in apdu else None
    assert read_chip(watched.transmit, [KEY]).portrait is not None


@pytest.mark.parametrize("selects", [True, False])
@pytest.mark.parametrize("needs", [True, False])
def test_card_access_is_found_with_and_without_selecting_the_master_file(selects: bool, needs: bool) -> None:
    watched = Watched(chip(GENERIC, bac=True, traits=ChipTraits(selects_master_file=selects)))
    selected = False

    def instead(apdu: bytes) -> bytes | None:
        nonlocal selected
        selected = selected or (apdu[:3] == b"\x00\xa4\x00" and selects)
        return b"\x6a\x82" if needs and not selected and apdu.endswith(b"\x01\x1c") else None

    watched.instead = instead
    read = read_chip(watched.transmit, [KEY])
    assert read.access is not None
    assert read.access.protocol == ("BAC" if needs and not selects else "PACE")


@pytest.mark.parametrize(
    "broken", [b"", b"\x31\x82\x40\x00", b"\x31\x03\x30\x01", b"\x30\x03\x02\x01\x00", b"\x31\x80\x00\x00"]
)
def test_a_broken_card_access_leads_to_bac(broken: bytes) -> None:
    made = chip(GENERIC, bac=True, master={CARD_ACCESS: broken})
    read = read_chip(made.process, [KEY])
    assert read.access is not None
    assert read.access.protocol == "BAC"


def test_a_card_without_the_application_behind_pace_is_no_passport() -> None:
    other = chip(GENERIC, traits=ChipTraits(application=bytes.fromhex("A000000151000000")))
    with pytest.raises(NotAPassport):
        read_chip(other.process, [KEY])


def test_a_card_that_sends_our_own_key_back_is_not_trusted() -> None:
    watched = Watched(chip(GENERIC))

    def mirror(apdu: bytes) -> bytes | None:
        if apdu[:2] == b"\x10\x86" and apdu[7:8] == b"\x83":
            inner = apdu[7:-1]
            return wrap_object(0x7C, b"\x84" + inner[1:]) + b"\x90\x00"
        return None

    watched.instead = mirror
    with pytest.raises(UnknownAccess, match="own key"):
        read_chip(watched.transmit, [KEY])


def whole_read(
    traits: ChipTraits, memory: ReaderMemory | None = None, *, master: dict[int, bytes] | None = None
) -> int:
    watched = Watched(chip(GENERIC, traits=traits, master=master))
    read = read_chip(watched.transmit, [KEY], memory=memory, monotonic_s=watched.even_s)
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    assert read.hashes_match.verdict is Verdict.YES
    assert read.effort.apdus == len(watched.commands)
    return len(watched.commands)


def limits(answer: int) -> dict[int, bytes]:
    sizes = b"".join(wrap_object(0x02, size.to_bytes(2, "big")) for size in (2048, answer))
    return {ATR_INFO: wrap_object(0x7F66, sizes)}


def test_few_commands_are_sent_and_fewer_at_extended_length() -> None:
    short = whole_read(ChipTraits())
    # CardAccess 2, PACE 5, application 1, COM 1, DG1 1, DG2 8, SOD 5 or 6.
    assert short <= 24
    wide = whole_read(ROOMY, ReaderMemory(reader_extended=True), master=limits(2048))
    assert wide <= 16
    assert whole_read(ROOMY, ReaderMemory(), master=limits(2048)) == short
    assert whole_read(ROOMY, ReaderMemory(reader_extended=False), master=limits(2048)) == short


@pytest.mark.parametrize("limit", [300, 1000, 65535])
def test_a_card_that_promises_more_than_it_takes_is_read_with_short_commands(limit: int) -> None:
    memory = ReaderMemory(reader_extended=True)
    # One question more, and at worst one command in vain, the chip opened and the file selected once again.
    assert whole_read(ChipTraits(), memory, master=limits(limit)) <= 24 + 1 + 1 + 7 + 1
    assert memory.extended == 0


def test_a_file_is_begun_at_extended_length_once_that_has_shown_its_worth() -> None:
    memory = ReaderMemory(reader_extended=True)
    watched = Watched(id_card(CardMake(traits=ChipTraits(extended=2048))))
    atr, even_s = watched.chip.atr, watched.even_s
    read_chip(watched.transmit, [KEY], memory=memory, atr=atr, wanted=EVERYTHING, monotonic_s=even_s)
    begun = {
        command[2] & 0x1F: command[4] == 0
        for command in watched.commands
        if command[:2] == b"\x0c\xb0" and command[2] & 0x80
    }
    assert begun == {0x1E: False, 0x01: False, 0x0E: False, 0x0F: True, 0x0D: True, 0x02: True, 0x1D: True}


@pytest.mark.parametrize("answer", ["6700", "6C00", None])
def test_a_card_that_takes_no_long_beginning_is_read_with_short_ones(answer: str | None) -> None:
    memory = ReaderMemory(reader_extended=True)
    watched = Watched(id_card(CardMake(traits=ChipTraits(extended=2048))))
    lost = 0

    def instead(apdu: bytes) -> bytes | None:
        nonlocal lost
        if apdu[:2] != b"\x0c\xb0" or apdu[4]:
            return None
        if answer is None:
            lost += 1
            raise ConnectionError
        watched.chip.process(apdu)  # the counter moves on
        return bytes.fromhex(answer)

    watched.instead = instead
    so_far: PartialRead | None = None
    try:
        read = read_chip(watched.transmit, [KEY], memory=memory, atr=watched.chip.atr, wanted=EVERYTHING)
    except CardLost as error:
        so_far = error.so_far
        watched.chip.reset()
        read = read_chip(watched.transmit, [KEY], so_far=so_far, wanted=EVERYTHING)
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    assert memory.extended == 0
    assert lost == (answer is None)


def test_extended_length_that_is_slower_is_given_up() -> None:
    memory = ReaderMemory(reader_extended=True)
    watched, now_s = Watched(chip(GENERIC, traits=ROOMY, master=limits(1024))), 0.0

    def slow(apdu: bytes) -> bytes:
        nonlocal now_s
        now_s += 30.0 if len(apdu) > 5 and apdu[4] == 0 else 0.01
        return watched.transmit(apdu)

    read_chip(slow, [KEY], memory=memory, monotonic_s=lambda: now_s)
    assert memory.extended == 0
    assert sum(len(command) > 5 and command[4] == 0 for command in watched.commands) == 1


def test_the_atr_may_tell_of_extended_length() -> None:
    memory = ReaderMemory(reader_extended=True)
    watched = Watched(chip(GENERIC, traits=ROOMY))
    atr = bytes.fromhex("3B858001 80 73C02140 00".replace(" ", ""))
    read = read_chip(watched.transmit, [KEY], memory=memory, atr=atr, monotonic_s=watched.even_s)
    assert read.portrait is not None
    assert memory.extended > 223


@pytest.mark.parametrize("max_read", [222, 160, 150, 112])
@pytest.mark.parametrize("short_ids", [True, False])
def test_chunks_fall_and_stay_low_whatever_the_card_knows(max_read: int, short_ids: bool) -> None:
    memory = ReaderMemory()
    whole_read(ChipTraits(max_read=max_read, short_ids=short_ids), memory)
    assert memory.chunk <= max_read
    assert memory.short_ids is short_ids


def test_portraits_beyond_32_kilobytes_are_read_short_and_wide() -> None:
    long = JPEG[:-2] + bytes(40_000) + JPEG[-2:]
    for memory in (ReaderMemory(), ReaderMemory(reader_extended=True)):
        made = make_id_card(
            HOLDER,
            long,
            width_px=1,
            height_px=1,
            authority=AUTHORITY,
            make=CardMake(traits=ChipTraits(extended=4096)),
        )
        made.masters |= limits(4096)
        read = read_chip(made.process, [KEY], memory=memory)
        assert read.portrait is not None
        assert read.portrait.data == long


def test_a_card_that_ends_protection_is_opened_again_by_the_same_way_and_goes_on() -> None:
    watched = Watched(chip(GENERIC, PaceOffer(PaceMapping.INTEGRATED, Suite.AES_128, 13)))
    count = 0

    def end_twice(apdu: bytes) -> bytes | None:
        nonlocal count
        count += apdu[:2] == b"\x0c\xb0"
        if count in (5, 8) and apdu[:2] == b"\x0c\xb0":
            watched.chip.reset()
            count += 1
            return b"\x69\x88"
        return None

    watched.instead = end_twice
    told: list[int] = []
    read = read_chip(
        watched.transmit,
        [WRONG, KEY],
        on_progress=lambda p: told.append(p.done) if p.file is CardFile.DG2 else None,
    )
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    assert told == sorted(told)
    # The second way is never tried, nor is the wrong key a second time.
    assert sum(command[1] == 0x22 for command in watched.commands) == 2 + 2


@pytest.mark.parametrize("status", ["6A82", "6982"])
def test_a_bare_refusal_of_one_file_costs_that_file_alone(status: str) -> None:
    watched = Watched(chip(GENERIC))
    files = 0

    def bare(apdu: bytes) -> bytes | None:
        nonlocal files
        files += apdu[:3] == b"\x0c\xb0\x82"
        if apdu[:3] == b"\x0c\xb0\x82":
            watched.chip.reset()
            return bytes.fromhex(status)
        return None

    watched.instead = bare
    read = read_chip(watched.transmit, [KEY])
    assert read.portrait is None
    assert read.refused == {"DG2": int(status, 16)}
    assert "SOD" in read.files


class Bare:
    """A simulated JavaCard: what it refuses under protection it tells bare, and its counter moves on all the same.

    It is opened once between two resets, and it knows no short identifiers.
    """

    def __init__(self, chip: SoftChip) -> None:
        self.chip = chip
        self.opened = 0

    def transmit(self, apdu: bytes) -> bytes:
        if apdu[1] == 0x84 and apdu[0] == 0:
            self.opened += 1
            if self.opened > 1:
                return b"\x69\x82"
        answer = self.chip.process(apdu)
        refused = apdu[0] & 0x0C and answer[-2] not in (0x90, 0x61, 0x62)
        return answer[-2:] if refused else answer


@pytest.mark.parametrize("max_read", [256, 200])
def test_a_card_that_refuses_bare_and_stays_in_the_session_is_read_whole(max_read: int) -> None:
    traits = ChipTraits(short_ids=False, selects_master_file=False, max_read=max_read)
    made = id_card(CardMake(pace=(), rsa=True, active_digest="sha1", chip_suite=Suite.TRIPLE_DES, traits=traits))
    card = Bare(made)
    read = read_chip(card.transmit, [KEY], wanted=[*EVERYTHING, CardFile.DG3, CardFile.DG11])
    assert card.opened == 1
    assert read.hashes_match.verdict is Verdict.YES
    assert read.portrait is not None
    assert read.refused == {"DG3": 0x6982}
    assert read.chip_authentication.verdict is Verdict.YES
    assert read.active_authentication.verdict is Verdict.YES


def test_a_card_that_refuses_one_file_bare_for_ever_gives_the_others() -> None:
    watched = Watched(chip(GENERIC))

    def bare(apdu: bytes) -> bytes | None:
        if apdu[:3] == b"\x0c\xb0\x82" or (apdu[:2] == b"\x0c\xb0" and watched.chip.current_file == 0x0102):
            answer = watched.chip.process(apdu)
            return b"\x6f\x00" if answer[-2:] != b"\x69\x88" else answer
        return None

    watched.instead = bare
    read = read_chip(watched.transmit, [KEY])
    assert read.refused == {"DG2": 0x6F00}
    assert "SOD" in read.files


@pytest.mark.parametrize("step", [4, 5, 7, 12])
@pytest.mark.parametrize("key", [KEY, CAN_KEY])
def test_lifting_the_card_again_and_again_costs_nothing_that_was_read(step: int, key: MrzKey | CanKey) -> None:
    offer = PaceOffer(PaceMapping.GENERIC, Suite.AES_128, 12)
    made = chip(offer)
    so_far: PartialRead | None = None
    lifts, commands = 0, 0
    while True:
        made.reset()
        watched = Watched(made, lifted_after=step + 6)
        try:
            read = read_chip(watched.transmit, [key], so_far=so_far)
        except CardLost as lost:
            lifts += 1
            commands += len(watched.commands)
            assert lifts < 40
            so_far = lost.so_far or so_far
            continue
        break
    assert lifts >= 1
    assert read.portrait is not None
    assert read.portrait.data == JPEG
    assert read.hashes_match.verdict is Verdict.YES


def test_another_card_with_the_same_access_number_is_not_mixed_with_the_first() -> None:
    with pytest.raises(CardLost) as lost:
        read_chip(Watched(chip(GENERIC), lifted_after=14).transmit, [CAN_KEY])
    assert lost.value.so_far is not None
    assert "DG1" in lost.value.so_far.files
    other = chip(GENERIC)
    neighbour = Holder("042199000099", "LE", "VAN BINH", date(1999, 3, 2), "M", date(2039, 3, 2))
    other.files |= holder_files(neighbour, JPEG + b"!", width_px=1, height_px=1)
    read = read_chip(other.process, [CAN_KEY], so_far=lost.value.so_far)
    assert read.dg1.surname == "LE"
    assert read.portrait is not None
    assert read.portrait.data == JPEG + b"!"


def test_a_card_of_another_kind_may_follow_the_lifted_one() -> None:
    with pytest.raises(CardLost) as lost:
        read_chip(Watched(chip(bac=True), lifted_after=12).transmit, [KEY])
    read = read_chip(chip(GENERIC).process, [KEY], so_far=lost.value.so_far)
    assert read.access is not None
    assert read.access.protocol == "PACE"


def test_a_session_can_be_used_piece_by_piece() -> None:
    session = open_chip(id_card().process, [KEY])
    assert session.access.method == "ECDH-GM-AES-128"
    assert session.read(CardFile.DG1).startswith(b"\x61")
    assert session.card_access is not None
    assert session.messaging.answers > 0


def test_a_file_that_com_does_not_list_is_not_asked_for() -> None:
    made = chip(GENERIC)
    made.files[COM] = common_file((0x61,))
    made.files[SOD] = AUTHORITY.sign({1: made.files[DG1]})
    watched = Watched(made)
    read = read_chip(watched.transmit, [KEY], wanted=EVERYTHING)
    assert set(read.files) == {"COM", "DG1", "SOD", "CardAccess"}
    assert read.listed == ("DG1",)


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
