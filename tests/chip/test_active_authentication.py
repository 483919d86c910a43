"""Signatures of chips: ISO/IEC 9796-2 and plain ECDSA, good ones, altered ones, and those that only look like one."""

import hashlib

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.card.soft_proofs import ActiveEcdsa, ActiveRsa
from drivers.card.soft_security_infos import dg15_file
from kiosk.chip import tlv
from kiosk.chip.active_authentication import parse_dg15, signed_by
from kiosk.chip.errors import BadAnswer
from kiosk.chip.public_keys import RsaKey

RSA = ActiveRsa(digest="sha256", bits=1024)
ECDSA = ActiveEcdsa(ec.BrainpoolP256R1())
CHALLENGE = bytes.fromhex("F173589974BF40C6")
CHALLENGES = st.binary(min_size=8, max_size=8)
SOME = settings(max_examples=40, deadline=None)


@given(CHALLENGES, CHALLENGES)
@SOME
def test_a_signature_fits_its_own_challenge_alone(challenge: bytes, other: bytes) -> None:
    for active in (RSA, ECDSA):
        key = parse_dg15(dg15_file(active.public_key))
        signature = active.sign(challenge)
        assert signed_by(key, challenge, signature)
        if other != challenge:
            assert not signed_by(key, other, signature)


@given(st.integers(0, 1023))
@SOME
def test_an_altered_signature_fits_nothing(bit: int) -> None:
    for active in (RSA, ECDSA):
        key = parse_dg15(dg15_file(active.public_key))
        signature = bytearray(active.sign(CHALLENGE))
        signature[bit // 8 % len(signature)] ^= 1 << bit % 8
        assert not signed_by(key, CHALLENGE, bytes(signature))


@given(st.binary(max_size=140))
def test_garbage_is_no_signature(garbage: bytes) -> None:
    for active in (RSA, ECDSA):
        assert not signed_by(parse_dg15(dg15_file(active.public_key)), CHALLENGE, garbage)


def rsa_pair() -> tuple[rsa.RSAPrivateNumbers, RsaKey]:
    numbers = rsa.generate_private_key(65537, 2048).private_numbers()
    return numbers, RsaKey(numbers.public_numbers.n, 65537)


def signature_of(message: bytes, numbers: rsa.RSAPrivateNumbers) -> bytes:
    return pow(int.from_bytes(message, "big"), numbers.d, numbers.public_numbers.n).to_bytes(256, "big")


def test_the_recovered_message_of_doc_9303_11_appendix_f_is_understood() -> None:
    """The example states no key, so one of its length is made, with which its message F is signed."""
    message = bytes.fromhex(
        "6A9D2784A67F8E7C659973EA1AEA25D95B6C8F91E5002F369F0FBDCE8A3CEC1991B543F1696546C5524CF23A5303CD6C"
        "98599F40B79F377B5F3A1406B3B4D8F96784D23AA88DB7E1032A405E69325FA91A6E86F5C71AEA978264C4A207446DAD"
        "4E7292E2DCDA3024B47DA8C063AA1E6D22FBD976AB0FE73D94D2D9C6D88127BC"
    )
    numbers = rsa.generate_private_key(65537, 1024).private_numbers()  # noqa: S505 - as long as in the example
    modulus = numbers.public_numbers.n
    signature = pow(int.from_bytes(message, "big"), numbers.d, modulus).to_bytes(128, "big")
    assert signed_by(RsaKey(modulus, 65537), CHALLENGE, signature)
    assert not signed_by(RsaKey(modulus, 65537), bytes(8), signature)


def test_the_smaller_of_two_equal_signatures_and_padding_before_the_own_part_are_accepted() -> None:
    numbers, key = rsa_pair()
    own = bytes(100)
    digest = hashlib.sha1(own + CHALLENGE, usedforsecurity=False).digest()
    filled = b"\x6b" + b"\xbb" * (256 - 1 - 1 - len(own) - 20 - 1) + b"\xba" + own + digest + b"\xbc"
    signature = signature_of(filled, numbers)
    assert signed_by(key, CHALLENGE, signature)
    assert signed_by(key, CHALLENGE, (key.modulus - int.from_bytes(signature, "big")).to_bytes(256, "big"))


@pytest.mark.parametrize("header", [0x4A, 0x6C, 0x2A, 0x00])
def test_a_signature_over_the_own_part_alone_does_not_cover_our_challenge(header: int) -> None:
    numbers, key = rsa_pair()
    own = bytes(256 - 1 - 20 - 1)
    digest = hashlib.sha1(own + CHALLENGE, usedforsecurity=False).digest()
    assert not signed_by(key, CHALLENGE, signature_of(bytes([header]) + own + digest + b"\xbc", numbers))


@pytest.mark.parametrize("trailer", [b"\x00\xcc", b"\x31\xcc", b"\xbd"])
def test_an_unknown_trailer_is_no_signature(trailer: bytes) -> None:
    numbers, key = rsa_pair()
    own = bytes(256 - 1 - 20 - len(trailer))
    digest = hashlib.sha1(own + CHALLENGE, usedforsecurity=False).digest()
    assert not signed_by(key, CHALLENGE, signature_of(b"\x6a" + own + digest + trailer, numbers))


def test_ecdsa_written_as_der_against_the_standard_is_understood() -> None:
    private = ec.generate_private_key(ec.SECP384R1())
    active = ActiveEcdsa(ec.SECP384R1(), hash_number=4)
    active._key = private
    key = parse_dg15(dg15_file(active.public_key))
    signature = private.sign(CHALLENGE, ec.ECDSA(hashes.SHA384()))
    assert signed_by(key, CHALLENGE, signature)
    assert signed_by(key, CHALLENGE, signature, digests=["sha384"])
    assert signed_by(key, CHALLENGE, signature, digests=["sha256"])  # DG14 may name another digest than the chip uses


@given(st.integers(0, 200), st.integers(0, 255))
@SOME
def test_a_spoilt_dg15_is_read_or_refused_but_never_an_accident(at: int, value: int) -> None:
    for active in (RSA, ECDSA):
        spoilt = bytearray(dg15_file(active.public_key))
        spoilt[at % len(spoilt)] = value
        try:
            key = parse_dg15(bytes(spoilt))
        except BadAnswer:
            continue
        signed_by(key, CHALLENGE, active.sign(CHALLENGE))


def test_a_dg15_with_a_key_that_signs_nothing_is_refused() -> None:
    with pytest.raises(BadAnswer):
        parse_dg15(tlv.encode(0x6F, tlv.encode(0x30, b"")))
