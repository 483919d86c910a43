"""Passive authentication over cards of every kind of issuer: each answer of the table, and never a false one."""

from datetime import timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.chip.certificates import read_certificate, read_revocation_list
from kiosk.chip.hashes import listed_hashes
from kiosk.chip.passive import PassiveAuthentication, authenticate
from kiosk.chip.trust import TrustStore, make_store
from kiosk.chip.verdict import Verdict
from tests.chip.authority import NOW, EcSigner, Holder, RsaSigner, Signer, certify, revocation_list, security_object

GROUPS = {1: b"\x61\x03one", 2: b"\x75\x03two", 13: b"\x6d\x03six"}
KINDS = {
    "RSA": RsaSigner,
    "RSA with SHA-1": lambda: RsaSigner("sha1"),
    "RSA-PSS": lambda: RsaSigner(pss=True),
    "RSA-PSS with SHA-512": lambda: RsaSigner("sha512", pss=True),
    "P-256": lambda: EcSigner("secp256r1"),
    "P-256, r and s plain": lambda: EcSigner("secp256r1", plain=True),
    "P-521": lambda: EcSigner("secp521r1", "sha512"),
    "secp192r1": lambda: EcSigner("secp192r1", "sha1"),
    "brainpoolP224r1": lambda: EcSigner("brainpoolP224r1", "sha224"),
    "brainpoolP320r1": lambda: EcSigner("brainpoolP320r1", "sha384"),
    "brainpoolP384r1": lambda: EcSigner("brainpoolP384r1", "sha384"),
    "brainpoolP512r1, written out": lambda: EcSigner("brainpoolP512r1", "sha512", explicit=True),
    "P-256, written out": lambda: EcSigner("secp256r1", explicit=True),
}


@cache
def country() -> Holder:
    return certify(EcSigner("secp256r1"), "country signer")


@cache
def signer() -> Holder:
    return certify(EcSigner("secp256r1"), "document signer", issuer=country())


def store(*anchors: Holder) -> TrustStore:
    return make_store(read_certificate(one.der) for one in anchors)


def judged(sod: bytes | None, trusted: TrustStore, groups: dict[int, bytes] = GROUPS) -> PassiveAuthentication:
    return authenticate(sod, groups, trusted, at=NOW)


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_card_of_every_kind_of_issuer_is_proven(kind: str) -> None:
    own: Signer = KINDS[kind]()
    root = certify(KINDS[kind](), "country signer")
    holder = certify(own, "document signer", issuer=root)
    found = judged(security_object(GROUPS, holder), store(root))
    assert (found.unmodified.verdict, found.signature.verdict, found.chain.verdict) == (Verdict.YES,) * 3
    assert "document signer" in found.signer
    assert all(check.verdict is Verdict.YES for check in found.groups.values())


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_of_every_kind_over_something_else_is_disproved(kind: str) -> None:
    root = certify(KINDS[kind](), "country signer")
    holder = certify(KINDS[kind](), "document signer", issuer=root)
    sod = bytearray(security_object(GROUPS, holder))
    sod[-5] ^= 1  # the signature is the last thing in it
    assert judged(bytes(sod), store(root)).signature.verdict is not Verdict.YES


def test_an_altered_file_is_named_and_the_others_stay_proven() -> None:
    found = judged(security_object(GROUPS, signer()), store(country()), {**GROUPS, 2: b"\x75\x03TWO"})
    assert found.groups[2].verdict is Verdict.NO
    assert found.groups[1].verdict is Verdict.YES
    assert found.unmodified.verdict is Verdict.NO
    assert "DG2" in found.unmodified.reason
    assert found.signature.verdict is Verdict.YES


def test_a_file_that_the_security_object_does_not_name_is_no_proven_one() -> None:
    found = judged(security_object({1: GROUPS[1]}, signer()), store(country()))
    assert found.groups[13].verdict is Verdict.NO


def test_altered_hashes_break_the_signature() -> None:
    sod = security_object(GROUPS, signer())
    other = security_object({**GROUPS, 1: b"\x61\x03ONE"}, signer())
    hashed, changed = (listed_hashes(one).by_group[1] for one in (sod, other))
    found = judged(sod.replace(hashed, changed, 1), store(country()), {**GROUPS, 1: b"\x61\x03ONE"})
    assert found.unmodified.verdict is Verdict.YES
    assert found.signature.verdict is Verdict.NO
    assert found.chain.verdict is Verdict.NOT_CHECKABLE


def test_no_trust_anchor_is_not_forgery() -> None:
    found = judged(security_object(GROUPS, signer()), TrustStore())
    assert found.signature.verdict is Verdict.YES
    assert found.chain.verdict is Verdict.NOT_CHECKABLE
    assert "no trust anchor" in found.chain.reason


def test_a_signer_that_only_bears_the_right_names_is_found_out() -> None:
    impostor = certify(EcSigner("secp256r1"), "country signer")
    forged = certify(EcSigner("secp256r1"), "document signer", issuer=impostor)
    found = judged(security_object(GROUPS, forged), store(country()))
    assert found.chain.verdict is Verdict.NO


def test_a_second_country_signer_of_the_same_name_is_tried_too() -> None:
    older = certify(EcSigner("secp256r1"), "country signer")
    assert judged(security_object(GROUPS, signer()), store(older, country())).chain.verdict is Verdict.YES


def test_an_authority_that_signs_documents_itself_is_not_believed() -> None:
    assert judged(security_object(GROUPS, country()), store(country())).chain.verdict is Verdict.NO


def test_an_expired_document_signer_is_named_with_its_end() -> None:
    ended = certify(EcSigner("secp256r1"), "document signer", issuer=country(), ends=NOW - timedelta(days=1))
    found = judged(security_object(GROUPS, ended), store(country()))
    assert found.chain.verdict is Verdict.NO
    assert "2026-11-23" in found.chain.reason


def test_a_revoked_document_signer_is_found_out() -> None:
    listed = read_revocation_list(revocation_list(country(), [signer().certificate.serial_number]))
    trusted = make_store([read_certificate(country().der)], [listed])
    assert judged(security_object(GROUPS, signer()), trusted).chain.verdict is Verdict.NO


def test_a_list_signed_with_the_countrys_newer_key_revokes_what_the_older_one_issued() -> None:
    newer = certify(EcSigner("secp256r1"), "country signer")
    listed = read_revocation_list(revocation_list(newer, [signer().certificate.serial_number]))
    trusted = make_store([read_certificate(one.der) for one in (country(), newer)], [listed])
    assert judged(security_object(GROUPS, signer()), trusted).chain.cause == "revoked"


def test_a_signer_that_is_both_revoked_and_past_its_end_is_told_as_revoked() -> None:
    ended = certify(EcSigner("secp256r1"), "document signer", issuer=country(), ends=NOW - timedelta(days=1))
    listed = read_revocation_list(revocation_list(country(), [ended.certificate.serial_number]))
    trusted = make_store([read_certificate(country().der)], [listed])
    assert judged(security_object(GROUPS, ended), trusted).chain.cause == "revoked"


def test_a_list_without_it_says_so_and_an_old_list_says_that_it_is_old() -> None:
    fresh = read_revocation_list(revocation_list(country(), [1, 2]))
    stale = read_revocation_list(revocation_list(country(), [1], next_update=NOW - timedelta(days=2)))
    anchors = [read_certificate(country().der)]
    assert "not revoked" in judged(security_object(GROUPS, signer()), make_store(anchors, [fresh])).chain.reason
    assert "ended on 2026-11-22" in judged(security_object(GROUPS, signer()), make_store(anchors, [stale])).chain.reason


def test_a_revocation_list_that_somebody_else_signed_revokes_nobody() -> None:
    impostor = certify(EcSigner("secp256r1"), "country signer")
    forged = read_revocation_list(revocation_list(impostor, [signer().certificate.serial_number]))
    found = judged(security_object(GROUPS, signer()), make_store([read_certificate(country().der)], [forged]))
    assert found.chain.verdict is Verdict.YES
    assert "not signed by it" in found.chain.reason


def test_a_signer_that_the_card_does_not_bring_is_taken_from_the_store() -> None:
    sod = security_object(GROUPS, signer(), bring=[])
    assert judged(sod, store(country())).signature.verdict is Verdict.NOT_CHECKABLE
    known = make_store([read_certificate(country().der)], signers=[read_certificate(signer().der)])
    assert judged(sod, known).chain.verdict is Verdict.YES


def test_a_card_without_a_security_object_proves_nothing() -> None:
    found = judged(None, store(country()))
    assert {found.unmodified.verdict, found.signature.verdict, found.chain.verdict} == {Verdict.NOT_CHECKABLE}


@given(st.data())
def test_whatever_stands_in_a_security_object_it_is_judged_and_a_change_is_never_proven(data: st.DataObject) -> None:
    sod = bytearray(whole())
    place = data.draw(st.integers(0, len(sod) - 1))
    sod[place] ^= data.draw(st.integers(1, 255))
    found = judged(bytes(sod), store(country()))
    proven = (found.unmodified.verdict, found.signature.verdict, found.chain.verdict)
    if proven == (Verdict.YES,) * 3:
        # Only what nothing depends on may change: certificates that came along, or a form that means the same.
        assert found.signer
        assert {number: check.verdict for number, check in found.groups.items()} == dict.fromkeys(GROUPS, Verdict.YES)


@given(st.binary(max_size=400))
def test_garbage_for_a_security_object_is_judged_not_checkable(garbage: bytes) -> None:
    assert judged(garbage, TrustStore()).signature.verdict is Verdict.NOT_CHECKABLE


@cache
def whole() -> bytes:
    return security_object(GROUPS, signer())
