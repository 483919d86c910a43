"""A package opens for whom it was sealed, and for nobody else; every changed bit is noticed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import BadEncoding, BadSignature, CannotOpen, SealingError, WrongKey
from kiosk.sealing.header import NO_PREVIOUS, DriverNote, PackageHeader
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.package import CONTENT_TYPE, open_body, open_summary, package_hash, peek_header, seal, verify
from kiosk.sealing.receipts import CONTENT_TYPE as RECEIPT_TYPE
from tests.sealing.parties import Parties

SUMMARY, BODY = b"who and where", b"prints and portrait" * 10
WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), max_size=20)


def make(parties: Parties, **changes: object) -> bytes:
    return seal(
        parties.header(**changes), summary=SUMMARY, body=BODY, recipients=parties.recipients, signer=parties.kiosk
    )


def test_the_collector_reads_the_summary_and_the_opening_key_the_body(parties: Parties) -> None:
    package = verify(make(parties), parties.kiosk.public)

    assert package.header == parties.header()
    assert open_summary(package, parties.summary) == SUMMARY
    assert open_body(package, parties.body) == BODY


def test_the_collector_cannot_open_the_body(parties: Parties) -> None:
    package = verify(make(parties), parties.kiosk.public)

    with pytest.raises(WrongKey):
        open_body(package, parties.summary)
    with pytest.raises(WrongKey):
        open_summary(package, parties.body)


def test_neither_part_stands_in_the_package_in_clear(parties: Parties) -> None:
    package = make(parties)

    assert SUMMARY not in package
    assert BODY[:16] not in package


def test_a_package_of_another_kiosk_is_refused(parties: Parties, stranger: SigningKey) -> None:
    with pytest.raises(WrongKey):
        verify(make(parties), stranger.public)


def test_a_stranger_who_claims_the_kiosks_key_id_is_refused(parties: Parties, stranger: SigningKey) -> None:
    payload = cose.take_apart(make(parties), CONTENT_TYPE).payload
    protected = cbor.encode({1: -8, 3: CONTENT_TYPE, 4: bytes.fromhex(parties.kiosk.kid)})
    signature = stranger.sign(cbor.encode(["Signature1", protected, b"", payload]))
    forged = b"\xd2" + cbor.encode([protected, {}, payload, signature])

    with pytest.raises(BadSignature):
        verify(forged, parties.kiosk.public)


def test_every_single_flipped_bit_is_refused(classical: Parties) -> None:
    package = bytearray(make(classical))
    for place in range(len(package)):
        for bit in range(8):
            package[place] ^= 1 << bit
            with pytest.raises((BadEncoding, BadSignature, WrongKey)):
                verify(bytes(package), classical.kiosk.public)
            package[place] ^= 1 << bit
    assert verify(bytes(package), classical.kiosk.public)


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_cut_longer_or_changed_package_is_refused(parties: Parties, data: st.DataObject) -> None:
    package = make(parties)
    cut = data.draw(st.integers(0, len(package) - 1))
    place = data.draw(st.integers(0, len(package) - 1))
    byte = data.draw(st.integers(1, 255))
    changed = package[:place] + bytes([package[place] ^ byte]) + package[place + 1 :]

    for bad in (package[:cut], package + data.draw(st.binary(min_size=1, max_size=8)), changed):
        with pytest.raises((BadEncoding, BadSignature, WrongKey)):
            verify(bad, parties.kiosk.public)


def test_a_sealed_part_cannot_be_moved_under_another_header(parties: Parties) -> None:
    one, two = (verify(make(parties, mono_ms=mono_ms), parties.kiosk.public) for mono_ms in (1, 2))
    mixed = replace(two, sealed_summary=one.sealed_summary, sealed_body=one.sealed_body)

    with pytest.raises(CannotOpen):
        open_summary(mixed, parties.summary)
    with pytest.raises(CannotOpen):
        open_body(mixed, parties.body)


def test_a_summary_cannot_take_the_place_of_a_body(parties: Parties) -> None:
    same_key = replace(parties, body=parties.summary)
    package = verify(make(same_key), parties.kiosk.public)
    swapped = replace(package, sealed_summary=package.sealed_body, sealed_body=package.sealed_summary)

    with pytest.raises(CannotOpen):
        open_summary(swapped, same_key.summary)
    with pytest.raises(CannotOpen):
        open_body(swapped, same_key.body)


def test_a_header_that_names_other_keys_is_not_sealed(parties: Parties) -> None:
    with pytest.raises(WrongKey):
        make(parties, summary_kid="0" * 16)
    with pytest.raises(WrongKey):
        make(parties, suite="none")


def test_something_else_the_kiosk_signed_is_no_package(parties: Parties) -> None:
    payload = cose.take_apart(make(parties), CONTENT_TYPE).payload

    with pytest.raises(BadEncoding, match="content type"):
        verify(cose.sign(payload, RECEIPT_TYPE, key=parties.kiosk), parties.kiosk.public)


@pytest.mark.parametrize("key", [True, 1.0, 4, "1"])
def test_a_part_under_another_key_is_refused(parties: Parties, key: object) -> None:
    payload = cbor2.loads(cose.take_apart(make(parties), CONTENT_TYPE).payload)
    payload = {key if name == 1 else name: part for name, part in payload.items()}

    with pytest.raises(BadEncoding):
        verify(cose.sign(cbor.encode(payload), CONTENT_TYPE, key=parties.kiosk), parties.kiosk.public)


@pytest.mark.parametrize("version", [True, 1.0, 0, 2])
def test_a_version_that_is_not_the_whole_number_1_is_refused(classical: Parties, version: object) -> None:
    fields = cbor2.loads(classical.header().to_cbor())
    with pytest.raises(BadEncoding):
        PackageHeader.from_cbor(cbor.encode({**fields, "v": version}))


def test_the_hash_of_a_package_is_over_all_its_bytes(parties: Parties) -> None:
    package = make(parties)

    assert verify(package, parties.kiosk.public).sha256 == package_hash(package)


@given(st.binary(max_size=200))
def test_garbage_is_refused_by_name_and_by_nothing_else(garbage: bytes) -> None:
    for data in (garbage, b"\xd2" + garbage):
        with pytest.raises(BadEncoding):
            peek_header(data)


HEADERS = st.fixed_dictionaries(
    {
        "kiosk": st.from_regex(r"\A[A-Za-z0-9-]{1,32}\Z"),
        "seq": st.integers(2, 1 << 62),
        "prev": st.binary(min_size=32, max_size=32).filter(lambda prev: prev != NO_PREVIOUS),
        "boot": WORDS,
        "mono_ms": st.integers(0, 1 << 62),
        "wall": st.datetimes(
            datetime(1970, 1, 2),  # noqa: DTZ001 -- hypothesis wants naive bounds
            timezones=st.just(timezone(timedelta(hours=7))),
        ),
        "clock_src": WORDS,
        "sw": WORDS,
        "drivers": st.dictionaries(WORDS, st.builds(DriverNote, WORDS, st.booleans()), max_size=8),
    }
)


@given(HEADERS)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_header_comes_back_as_it_was(classical: Parties, fields: dict[str, Any]) -> None:
    header = classical.header(**fields)

    back = PackageHeader.from_cbor(header.to_cbor())

    assert back == header
    assert back.to_cbor() == header.to_cbor()
    assert back.simulated == any(note.simulated for note in fields["drivers"].values())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "0193B3A0-1234-7abc-8def-0123456789ab"),
        ("id", "0193b3a0-1234-4abc-8def-0123456789ab"),
        ("kiosk", "kiosk/1"),
        ("kiosk", ""),
        ("kiosk", 5),
        ("seq", 0),
        ("seq", True),
        ("seq", 1.0),
        ("prev", b"\x01" * 32),
        ("prev", b""),
        ("wall", "2026-11-24T02:30:00Z"),
        ("wall", "2026-02-30T02:30:00.000000Z"),
        ("drivers", []),
        ("drivers", {"camera": {"driver": "x"}}),
        ("drivers", {"camera": {"driver": "x", "simulated": 0}}),
        ("simulated", True),
        ("simulated", 0),
        ("summary_kid", "xyz"),
        ("mono_ms", -1),
        ("v", 2),
        ("extra", 1),
    ],
)
def test_a_header_with_a_wrong_field_is_refused(classical: Parties, name: str, value: object) -> None:
    fields = cbor2.loads(classical.header().to_cbor())

    with pytest.raises(BadEncoding):
        PackageHeader.from_cbor(cbor.encode({**fields, name: value}))


def test_a_header_with_a_missing_field_is_refused(classical: Parties) -> None:
    fields = cbor2.loads(classical.header().to_cbor())
    for name in fields:
        with pytest.raises(BadEncoding):
            PackageHeader.from_cbor(cbor.encode({key: value for key, value in fields.items() if key != name}))


@given(st.binary(max_size=100))
def test_decoding_takes_only_what_encoding_writes(data: bytes) -> None:
    try:
        value = cbor.decode(data)
    except SealingError:
        return
    assert cbor.encode(value) == data


@pytest.mark.parametrize(
    "longer", ["1801", "190001", "5800", "5f4101ff", "9f01ff", "a201010102", "a202010101", "c074", "d8236161", "0000"]
)
def test_other_forms_of_cbor_are_refused(longer: str) -> None:
    with pytest.raises(BadEncoding):
        cbor.decode(bytes.fromhex(longer))


def test_the_wall_time_is_kept_to_the_microsecond_and_in_utc(classical: Parties) -> None:
    local = datetime(2026, 11, 24, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=7)))

    back = PackageHeader.from_cbor(classical.header(wall=local).to_cbor())

    assert back.wall == local
    assert back.wall.tzinfo is UTC
