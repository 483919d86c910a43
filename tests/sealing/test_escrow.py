"""A body with two recipients opens for either and for nobody else; every form that was ever sealed opens for ever."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.sealing import cbor, cose, suites
from kiosk.sealing.errors import (
    BadEncoding,
    BadSignature,
    CannotOpen,
    KeyFileError,
    SealingError,
    UnknownSuite,
    WrongKey,
)
from kiosk.sealing.header import PackageHeader
from kiosk.sealing.keys import OfficeKeys, Recipients, SigningKey
from kiosk.sealing.package import CONTENT_TYPE, VerifiedPackage, open_body, open_summary, peek_header, seal, verify
from kiosk.sealing.recipients import RecipientsWord, sign_recipients, verify_recipients
from kiosk.sealing.suites import CLASSICAL, HYBRID, SUITES, OpeningKey
from tests.sealing import vectors
from tests.sealing.parties import Parties

AT = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
ALL = [(suite, escrow) for suite in SUITES for escrow in (False, True)]


@pytest.fixture(scope="module", params=SUITES, ids=["hybrid", "classical"])
def both(request: pytest.FixtureRequest) -> Parties:
    return vectors.parties(request.param, escrow=True)


def sealed(parties: Parties, body: bytes = b"prints and portrait", **changes: object) -> bytes:
    return seal(
        parties.header(**changes), summary=b"who", body=body, recipients=parties.recipients, signer=parties.kiosk
    )


def opened(parties: Parties, package: bytes) -> VerifiedPackage:
    return verify(package, parties.kiosk.public)


@given(body=st.binary(max_size=3000))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_opening_key_and_the_one_in_escrow_open_the_very_same_body(both: Parties, body: bytes) -> None:
    package = opened(both, sealed(both, body))
    assert both.escrow is not None
    assert open_body(package, both.body) == open_body(package, both.escrow) == body
    assert open_summary(package, both.summary) == b"who"
    # The body is there once: what the second recipient costs is one sealed key and its name.
    alone = replace(both, escrow=None)
    more = len(sealed(both, body)) - len(sealed(alone, body))
    assert more < (1_300 if both.body.suite == HYBRID else 200) + 1_300


def test_neither_summary_key_nor_stranger_opens_a_body_with_two_recipients(both: Parties) -> None:
    package = opened(both, sealed(both))
    assert both.escrow is not None
    for key in (both.summary, OpeningKey.generate(both.body.suite)):
        with pytest.raises(WrongKey):
            open_body(package, key)
    with pytest.raises(WrongKey):
        open_summary(package, both.escrow)


def test_no_part_can_be_moved_changed_or_left_out(both: Parties) -> None:
    one, two = (opened(both, sealed(both, mono_ms=n)) for n in (1, 2))
    for mixed in (
        replace(two, sealed_keys=one.sealed_keys),
        replace(two, sealed_body=one.sealed_body),
        replace(two, sealed_body=one.sealed_body, sealed_keys=one.sealed_keys),
        replace(two, sealed_keys=two.sealed_keys[::-1]),
        replace(two, sealed_body=two.sealed_body[:-1] + bytes([two.sealed_body[-1] ^ 1])),
    ):
        with pytest.raises(CannotOpen):
            open_body(mixed, both.body)


def resigned(parties: Parties, change: Mapping[int, object]) -> bytes:
    payload = cbor2.loads(cose.take_apart(sealed(parties), CONTENT_TYPE).payload)
    payload.update(change)
    payload = {key: value for key, value in payload.items() if value is not None}
    return cose.sign(cbor.encode(payload), CONTENT_TYPE, key=parties.kiosk)


@pytest.mark.parametrize(
    "change", [{4: None}, {4: []}, {4: [b"x"]}, {4: [b"x", b"y", b"z"]}, {4: [b"x", 5]}, {4: b"x"}, {5: b"x"}, {3: []}]
)
def test_a_package_whose_parts_are_not_those_of_its_version_is_refused(
    both: Parties, change: dict[int, object]
) -> None:
    with pytest.raises(BadEncoding):
        opened(both, resigned(both, change))
    with pytest.raises(BadEncoding):
        opened(replace(both, escrow=None), resigned(replace(both, escrow=None), {4: [b"x", b"y"]}))


def test_a_header_names_another_key_in_escrow_in_version_2_alone(both: Parties) -> None:
    with pytest.raises(BadEncoding):
        both.header(escrow_kid=both.body.kid)
    fields = cbor2.loads(both.header().to_cbor())
    assert fields["v"] == 2
    for wrong in ({"v": 1}, {"escrow_kid": ""}, {"v": 3}, {"v": True}, {"escrow_kid": 5}):
        with pytest.raises(BadEncoding):
            PackageHeader.from_cbor(cbor.encode({**fields, **wrong}))
    with pytest.raises(WrongKey):
        sealed(both, escrow_kid="0" * 16)


@pytest.mark.parametrize(("suite", "escrow"), ALL)
def test_what_was_sealed_once_opens_for_ever(suite: str, escrow: bool) -> None:
    kept: dict[str, str] = json.loads(vectors.FILE.read_text("utf-8"))
    parties = vectors.parties(suite, escrow=escrow)
    package = opened(parties, base64.b64decode(kept[f"{suite} {2 if escrow else 1}"]))
    assert package.header == parties.header()
    assert open_summary(package, parties.summary) == vectors.SUMMARY
    for key in (parties.body, *([parties.escrow] if parties.escrow else [])):
        assert open_body(package, key) == vectors.BODY


@given(place=st.integers(0, 10_000), change=st.integers(1, 255), which=st.sampled_from(ALL))
@settings(max_examples=60, deadline=None)
def test_any_changed_byte_of_any_form_is_found(place: int, change: int, which: tuple[str, bool]) -> None:
    kept: dict[str, str] = json.loads(vectors.FILE.read_text("utf-8"))
    suite, escrow = which
    package = bytearray(base64.b64decode(kept[f"{suite} {2 if escrow else 1}"]))
    package[place % len(package)] ^= change
    with pytest.raises((BadEncoding, BadSignature, WrongKey)):
        opened(vectors.parties(suite, escrow=escrow), bytes(package))


def test_a_package_of_an_unknown_suite_says_so(both: Parties, monkeypatch: pytest.MonkeyPatch) -> None:
    # CK-KEYS-03
    fields = cbor2.loads(both.header().to_cbor())
    header = cbor.encode({**fields, "suite": "ML-KEM-2048/and/more"})
    package = resigned(both, {1: header})
    assert peek_header(package).suite == "ML-KEM-2048/and/more"
    for open_part, key in ((open_body, both.body), (open_summary, both.summary)):
        with pytest.raises(UnknownSuite, match="does not know"):
            open_part(opened(both, package), key)


def test_recipients_are_of_one_suite_and_the_escrow_key_is_another_key() -> None:
    one, two = OpeningKey.generate(CLASSICAL).public, OpeningKey.generate(HYBRID).public
    other = OpeningKey.generate(CLASSICAL).public
    with pytest.raises(KeyFileError, match="escrow key is of another suite"):
        Recipients(one, other, two)
    with pytest.raises(KeyFileError, match="itself"):
        Recipients(one, other, other)


def test_the_offices_keys_travel_with_escrow_key_number_and_earlier_ones(both: Parties) -> None:
    signing = SigningKey.generate().public
    keys = OfficeKeys(both.recipients, signing, signing, 3, ("0123456789abcdef",))
    assert OfficeKeys.from_json(keys.to_json()) == keys
    for wrong in ('"number": -1', '"number": true', '"number": "3"'):
        with pytest.raises(KeyFileError):
            OfficeKeys.from_json(keys.to_json().replace('"number": 3', wrong))


@pytest.mark.parametrize(("suite", "escrow"), ALL)
def test_a_word_about_recipients_is_signed_numbered_and_fits_its_message(suite: str, escrow: bool) -> None:
    # CK-KEYS-01
    from kiosk.sealing.recipients import MAX_RECIPIENTS_BYTES

    key = SigningKey.generate()
    word = RecipientsWord(7, AT, vectors.parties(suite, escrow=escrow).recipients)
    signed = sign_recipients(word, key)
    assert verify_recipients(signed, key.public) == word
    assert len(signed) < MAX_RECIPIENTS_BYTES
    with pytest.raises(SealingError):
        verify_recipients(signed, SigningKey.generate().public)
    fields = cbor2.loads(word.to_cbor())
    for wrong in (
        {"n": 0},
        {"n": True},
        {"suite": "x"},
        {"body": b"x"},
        {"escrow": 5},
        {"at": "now"},
        {"v": 2},
        {"z": 1},
    ):
        with pytest.raises(BadEncoding):
            RecipientsWord.from_cbor(cbor.encode({**fields, **wrong}))


def test_where_the_library_has_no_ml_kem_the_classical_suite_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert suites.SUITES == (HYBRID, CLASSICAL)
    monkeypatch.setattr(suites, "best_suite", lambda: CLASSICAL)
    assert OpeningKey.generate().suite == CLASSICAL
