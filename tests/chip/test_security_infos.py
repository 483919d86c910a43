"""What chips say of themselves: the soft card's bytes, OpenSSL's keys, and the entries of real standards' examples."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.card import soft_security_infos as soft
from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_curves import CURVES, MODP
from drivers.card.soft_pace import PaceMapping as SoftMapping
from drivers.card.soft_pace import PaceOffer
from drivers.card.soft_proofs import ChipKey
from drivers.card.soft_secure_messaging import Suite as SoftSuite
from kiosk.chip import tlv
from kiosk.chip.domain_parameters import STANDARD_CURVES, STANDARD_GROUPS
from kiosk.chip.errors import BadAnswer
from kiosk.chip.public_keys import DhKey, EcKey, RsaKey, oid_text, parse_any_public_key, parse_public_key
from kiosk.chip.security_infos import (
    PaceMapping,
    SecurityInfos,
    parse_card_security,
    parse_dg14,
    parse_security_infos,
)
from kiosk.chip.suites import Suite


def parsed(*entries: bytes) -> SecurityInfos:
    return parse_security_infos(soft.info_set(entries), what="the set")


def test_the_card_access_of_the_standards_example_is_read() -> None:
    infos = parse_security_infos(bytes.fromhex("31143012060A04007F0007020204020202010202010D"), what="EF.CardAccess")
    (pace,) = infos.pace
    assert (pace.mapping, pace.ec, pace.suite, pace.version) == (PaceMapping.GENERIC, True, Suite.AES_128, 2)
    assert infos.domain_of(pace) is STANDARD_CURVES[13]
    assert pace.label == "ECDH-GM-AES-128"


@pytest.mark.parametrize("parameter", [*MODP, *CURVES])
@pytest.mark.parametrize("mapping", list(SoftMapping))
@pytest.mark.parametrize("suite", list(SoftSuite))
def test_every_offer_of_pace_is_understood(mapping: SoftMapping, suite: SoftSuite, parameter: int) -> None:
    offer = PaceOffer(mapping, suite, parameter)
    (pace,) = parsed(offer.info()).pace
    assert (pace.mapping, pace.suite.value, pace.parameter_id) == (mapping.value, suite.number, parameter)
    assert pace.oid == offer.oid
    if mapping is not SoftMapping.CHIP_AUTHENTICATION:
        assert pace.ec == (parameter in CURVES)
        assert parsed(offer.info()).domain_of(pace) is (STANDARD_CURVES | STANDARD_GROUPS)[parameter]


@pytest.mark.parametrize("number", [0, 2, 8, 13, 14, 18])
def test_keys_with_described_parameters_are_recognized(number: int) -> None:
    made = ChipKey.made((CURVES | MODP)[number], SoftSuite.AES_192, key_id=5)
    infos = parse_dg14(soft.dg14_file([*made.infos(), soft.terminal_authentication_info()]))
    (key,) = infos.chip_keys
    (way,) = infos.chip_authentication
    assert (way.ec, way.suite, way.key_id, key.key_id) == (number >= 8, Suite.AES_192, 5, 5)
    assert way.oid == made.oid
    assert infos.terminal_authentication
    if isinstance(key.key, EcKey):
        assert key.key.curve is STANDARD_CURVES[number]
        assert key.key.curve.encoded(key.key.point) == made.public
    else:
        assert key.key.group is STANDARD_GROUPS[number]
        assert key.key.element == int.from_bytes(made.public, "big")


def spki(key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return tlv.only(der, 0x30, what="")


@pytest.mark.parametrize("curve", [ec.SECP192R1(), ec.SECP224R1(), ec.BrainpoolP512R1(), ec.SECP521R1()])
def test_named_curves_of_openssl_are_known(curve: ec.EllipticCurve) -> None:
    public = ec.generate_private_key(curve).public_key()
    key = parse_public_key(spki(public))
    assert isinstance(key, EcKey)
    assert key.point == (public.public_numbers().x, public.public_numbers().y)


def test_rsa_keys_of_openssl_are_known_and_agree_on_nothing() -> None:
    public = rsa.generate_private_key(65537, 2048).public_key()
    assert parse_any_public_key(spki(public)) == RsaKey(public.public_numbers().n, 65537)
    with pytest.raises(BadAnswer, match="agree"):
        parse_public_key(spki(public))


def test_groups_in_the_old_form_without_their_order_are_known() -> None:
    group = STANDARD_GROUPS[2]
    parameters = tlv.encode(0x30, soft.number(group.p) + soft.number(group.g))
    algorithm = tlv.encode(0x06, soft.oid((1, 2, 840, 113549, 1, 3, 1))) + parameters
    element = pow(group.g, 12345, group.p)
    key = parse_public_key(tlv.encode(0x30, algorithm) + tlv.encode(0x03, b"\x00" + soft.number(element)))
    assert isinstance(key, DhKey)
    assert (key.group, key.element) == (group, element)


def test_standardized_parameters_may_be_named_by_their_number() -> None:
    domain = CURVES[14]
    algorithm = tlv.encode(0x30, tlv.encode(0x06, soft.oid((0, 4, 0, 127, 0, 7, 1, 2))) + tlv.encode(0x02, b"\x0e"))
    key = parse_public_key(algorithm + tlv.encode(0x03, b"\x00" + domain.write(domain.base)))
    assert isinstance(key, EcKey)
    assert key.curve is STANDARD_CURVES[14]
    info = soft.info(soft.oid((0, 4, 0, 127, 0, 7, 2, 2, 4, 2)), algorithm, soft.number(40))
    pace = soft.pace_info(2, SoftSuite.AES_128, 40)
    infos = parsed(info, pace)
    assert infos.domain_of(infos.pace[0]) is STANDARD_CURVES[14]
    assert parsed(pace).domain_of(parsed(pace).pace[0]) is None


def test_unknown_and_broken_entries_are_kept_and_hinder_nothing() -> None:
    strange = soft.info(soft.oid((1, 3, 6, 1, 4, 1, 99999)), b"\x0c\x02hi")
    broken = soft.info(soft.pace_oid(2, SoftSuite.AES_128))
    future = soft.info(soft.oid((0, 4, 0, 127, 0, 7, 2, 2, 4, 9, 9)), soft.number(2))
    off_curve = soft.chip_public_key_info(b"\x04" + bytes(64), CURVES[13])
    infos = parsed(strange, broken, future, off_curve, soft.pace_info(2, SoftSuite.AES_256, 12))
    assert {entry.oid for entry in infos.others} == {
        "0.4.0.127.0.7.2.2.4.9.9",
        "0.4.0.127.0.7.2.2.4.2.2",
        "1.3.6.1.4.1.99999",
        "0.4.0.127.0.7.2.2.1.2",
    }
    assert infos.pace[0].suite is Suite.AES_256


@pytest.mark.parametrize(
    ("number", "digest"), [(1, "sha1"), (2, "sha224"), (3, "sha256"), (4, "sha384"), (5, "sha512")]
)
def test_the_digest_of_active_authentication_is_named(number: int, digest: str) -> None:
    assert parsed(soft.active_authentication_info(number)).active_hashes == (digest,)


def test_the_entries_inside_card_security_are_found_under_the_signature() -> None:
    made = ChipKey.made(CURVES[13], SoftSuite.AES_128)
    signed = DemoAuthority().sign_infos(soft.info_set(made.infos()))
    (key,) = parse_card_security(signed).chip_keys
    assert isinstance(key.key, EcKey)
    assert key.key.curve.encoded(key.key.point) == made.public
    with pytest.raises(BadAnswer):
        parse_card_security(DemoAuthority().sign({1: b"x"}))


def test_the_widest_identifiers_are_written_out() -> None:
    assert oid_text(bytes.fromhex("88374D")) == "2.999.77"
    for broken in (b"", b"\x80", b"\x2a\x86"):
        with pytest.raises(BadAnswer):
            oid_text(broken)


GOOD = soft.dg14_file([*ChipKey.made(CURVES[13], SoftSuite.AES_128).infos(), soft.pace_info(2, SoftSuite.AES_128, 13)])


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
@settings(max_examples=300)
def test_a_spoilt_set_is_read_or_refused_but_never_an_accident(at: int, value: int) -> None:
    spoilt = bytearray(GOOD)
    spoilt[at] = value
    try:
        parse_dg14(bytes(spoilt))
    except BadAnswer:
        return


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_garbage_is_refused_or_read_but_never_an_accident(garbage: bytes) -> None:
    for parse in (parse_dg14, parse_card_security, parse_public_key):
        for wrapped in (garbage, tlv.encode(0x6E, tlv.encode(0x31, tlv.encode(0x30, garbage)))):
            try:
                parse(wrapped)
            except BadAnswer:
                continue
