"""Chips that prove themselves by every suite, curve and digest, copies that cannot, and cards that know no proof."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from drivers.card.soft_curves import CURVES, MODP
from drivers.card.soft_directory import CARD_SECURITY
from drivers.card.soft_id_card import CardMake
from drivers.card.soft_pace import PaceMapping, PaceOffer
from drivers.card.soft_proofs import ActiveEcdsa, ActiveRsa, ChipKey
from drivers.card.soft_secure_messaging import Suite
from drivers.card.soft_security_infos import dg14_file, info_set
from kiosk.chip.files import CardFile
from kiosk.chip.memory import ReaderMemory
from kiosk.chip.reading import EVERYTHING, read_chip
from kiosk.chip.verdict import Verdict
from tests.chip.soft_stage import AUTHORITY, GENERIC, KEY, ROOMY, Watched, chip, id_card


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
