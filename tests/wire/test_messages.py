"""Messages: what is written is read back, a newer sender is understood, and nothing else gets in."""

import json

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import (
    MAX_MESSAGE_BYTES,
    Alert,
    Birth,
    Chunk,
    Have,
    Manifest,
    ReceiptMessage,
    RemedyDay,
    State,
    Telemetry,
    decode_ack,
    decode_enrol,
    decode_json,
    encode_cbor,
    encode_json,
)
from tests.wire import wire_samples as samples

ID = "0193b3a0-1234-7abc-8def-0123456789ab"
MANIFEST = Manifest(id=ID, n=3, size=150_000, sha256=b"h" * 32)
HAVE = Have(id=ID, ranges=[(0, 1)])


@given(samples.MANIFESTS | samples.CHUNKS)
def test_manifests_and_chunks_come_back(message: Manifest | Chunk) -> None:
    assert decode_enrol(encode_cbor(message)) == message


@given(samples.HAVES | samples.RECEIPTS)
def test_progress_and_receipts_come_back(message: Have | ReceiptMessage) -> None:
    assert decode_ack(encode_cbor(message)) == message


@given(samples.STATES | samples.TELEMETRY | samples.REMEDY_DAYS | samples.ALERTS | samples.BIRTHS)
def test_json_messages_come_back_and_say_their_version(
    message: State | Telemetry | RemedyDay | Alert | Birth,
) -> None:
    data = encode_json(message)

    assert json.loads(data)["v"] == 1
    assert decode_json(type(message), data) == message


@given(st.binary(max_size=200) | st.recursive(st.integers() | st.text(max_size=3), st.lists).map(cbor2.dumps))
def test_garbage_is_refused_by_name_and_by_nothing_else(garbage: bytes) -> None:
    for decode in (decode_enrol, decode_ack):
        with pytest.raises(BadMessage):
            decode(garbage)
    for model in (State, Telemetry, RemedyDay, Alert, Birth):
        with pytest.raises(BadMessage):
            decode_json(model, garbage)


def changed(message: Manifest | Have, **fields: object) -> bytes:
    return cbor2.dumps({**message.model_dump(), **fields})


def test_fields_of_a_newer_sender_are_ignored() -> None:
    # CK-MSG-01
    assert decode_enrol(changed(MANIFEST, codec="zstd")) == MANIFEST
    assert decode_json(State, b'{"v":1,"st":"ready","mood":5}') == State(st="ready")


@pytest.mark.parametrize(
    "fields",
    [
        {"t": "x"},
        {"t": "c"},
        {"id": "x"},
        {"id": ID.upper()},
        {"id": ID + "\n"},
        {"n": 0},
        {"n": 4097},
        {"n": "3"},
        {"n": 3.0},
        {"n": True},
        {"size": 0},
        {"size": 1 << 30},
        {"sha256": b"short"},
        {"sha256": "h" * 32},
    ],
)
def test_a_manifest_with_a_wrong_field_is_refused(fields: dict[str, object]) -> None:
    # CK-MSG-02
    with pytest.raises(BadMessage):
        decode_enrol(changed(MANIFEST, **fields))


@pytest.mark.parametrize("ranges", [[(0,)], [(0, 1, 2)], [(-1, 0)], [("0", 1)], [0], {}, None, [(0, 1 << 63)]])
def test_progress_with_wrong_ranges_is_refused(ranges: object) -> None:
    with pytest.raises(BadMessage):
        decode_ack(changed(HAVE, ranges=ranges))


def test_a_message_of_one_topic_is_refused_on_another() -> None:
    with pytest.raises(BadMessage):
        decode_ack(encode_cbor(MANIFEST))
    with pytest.raises(BadMessage):
        decode_enrol(encode_cbor(HAVE))


def test_a_message_without_or_of_another_version_is_refused() -> None:
    # CK-MSG-03
    for data in (b'{"v":2,"st":"ready"}', b'{"v":"1","st":"ready"}', b'{"v":1,"st":"dead"}', b'{"v":1}'):
        with pytest.raises(BadMessage):
            decode_json(State, data)


@pytest.mark.parametrize(
    "data", ["bf617461 6dff", "a2617461 6d617461 63", "d81d00", "c11a5f5e1000", "d8236161", "81" * 40 + "00"]
)
def test_tags_endless_and_deep_cbor_are_refused(data: str) -> None:
    with pytest.raises(BadMessage):
        decode_enrol(bytes.fromhex(data))


def test_bytes_after_a_message_are_refused() -> None:
    with pytest.raises(BadMessage):
        decode_enrol(encode_cbor(MANIFEST) + b"\x00")


def test_a_message_that_is_too_long_is_not_even_read() -> None:
    # CK-MSG-05
    with pytest.raises(BadMessage, match="longer"):
        decode_enrol(bytes(MAX_MESSAGE_BYTES + 1))
    with pytest.raises(BadMessage, match="longer"):
        decode_json(State, b" " * (MAX_MESSAGE_BYTES + 1))


def test_the_largest_chunk_fits_into_a_message() -> None:
    chunk = Chunk(id=ID, i=4095, data=bytes(64 * 1024))

    assert decode_enrol(encode_cbor(chunk)) == chunk


def test_an_error_names_the_field_and_not_its_value() -> None:
    with pytest.raises(BadMessage) as refused:
        decode_json(Telemetry, b'{"v":1,"sw":5,"boot":"Nguyen Van A","ts":"secret"}')

    assert "sw" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "Nguyen" not in str(refused.value)


def test_a_text_with_a_control_letter_is_refused() -> None:
    # PostgreSQL keeps no NUL: one such word would keep those of all kiosks from being written.
    # And on the office's page one kiosk's word turns no other text around.
    for word in ("1\u0000", "1\n2", "\u0085", "1\u2028", "\u202e1", "\u2067", "1\u200f"):
        data = json.dumps({"v": 1, "kiosk": "k", "sw": word, "boot": "b", "drivers": {}, "schemas": []}).encode()
        with pytest.raises(BadMessage, match="sw"):
            decode_json(Birth, data)


SAMPLE = {
    "v": 1,
    "ts": "2026-11-24T10:15:00Z",
    "boot": "b",
    "seq_last": 1,
    "chain": "0" * 64,
    "outbox": {"n": 0, "bytes": 0, "oldest_s": 0},
    "sw": "1",
}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ts": "0001-01-01T00:00:00+14:00"}, "ts"),
        ({"ts": "9999-12-31T23:59:59-14:00"}, "ts"),
        ({"ts": "2026-11-24T10:15:00"}, "ts"),
        ({"clock": {"src": "system", "offset_s": 1e16}}, "clock.offset_s"),
        ({"clock": {"src": "system", "offset_s": -1e308}}, "clock.offset_s"),
    ],
)
def test_a_time_that_no_calendar_and_an_offset_that_no_clock_has_are_refused(
    change: dict[str, object], field: str
) -> None:
    assert decode_json(Telemetry, json.dumps(SAMPLE).encode()).seq_last == 1
    with pytest.raises(BadMessage, match=rf"^{field}: "):
        decode_json(Telemetry, json.dumps({**SAMPLE, **change}).encode())


def test_a_device_with_an_odd_name_does_not_keep_the_kiosk_from_announcing_itself() -> None:
    birth = Birth(kiosk="k", sw="1", boot="b", drivers={"card": "ACS\u0000 ACR\n122\x1b[2J" + "x" * 300}, schemas=[])
    assert birth.drivers["card"].startswith("ACS ACR 122[2Jxx")
    assert len(birth.drivers["card"]) == 128
    assert decode_json(Birth, encode_json(birth)) == birth


ROW = {"verdict": "too_dry", "remedy": "damp", "tried": 20, "helped": 14, "before": 640, "after": 1010}
DAY = {"v": 1, "epoch": "5f2c0d9a11b2c3d4", "day": "2026-11-24", "rows": [ROW]}


@pytest.mark.parametrize(
    "fields",
    [
        {"epoch": "today"},
        {"day": "2026-11-24T10:15:00Z"},
        {"day": 20260},
        {"rows": []},
        {"rows": [ROW, ROW]},
        {"rows": [{**ROW, "verdict": "soggy"}]},
        {"rows": [{**ROW, "remedy": "leeches"}]},
        {"rows": [{**ROW, "tried": 0}]},
        {"rows": [{**ROW, "tried": 2001, "helped": 1}]},
        {"rows": [{**ROW, "helped": 21}]},
        {"rows": [{**ROW, "after": 2001}]},
        {"rows": [{**ROW, "before": -1}]},
        {"rows": [{**ROW, "tried": 20.0}]},
    ],
)
def test_a_day_of_remedies_that_does_not_add_up_is_refused(fields: dict[str, object]) -> None:
    decode_json(RemedyDay, json.dumps(DAY).encode())
    with pytest.raises(BadMessage):
        decode_json(RemedyDay, json.dumps({**DAY, **fields}).encode())


@given(samples.REMEDY_DAYS)
def test_a_day_of_remedies_has_no_room_for_a_person_or_a_time_of_day(message: RemedyDay) -> None:
    # CK-REMEDY-01
    told = json.loads(encode_json(message))
    assert set(told) == {"v", "epoch", "day", "rows"}
    assert len(told["day"]) == len("2026-11-24")
    for row in told["rows"]:
        assert set(row) == {"verdict", "remedy", "tried", "helped", "before", "after"}
