"""`asyncapi.yaml`, written from the topics and the message models, so that it cannot say anything else than they do.

    python -m kiosk.wire.asyncapi > kiosk/wire/asyncapi.yaml

A test compares the file with what this writes. The rules of the protocol are in `kiosk.wire.rules`.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from kiosk.domain.experience import Remedy
from kiosk.domain.quality import PrintVerdict
from kiosk.wire import messages as m
from kiosk.wire.rules import OF_BOTH, OF_KIOSK, OF_OFFICE, POSTPONEMENTS, REFUSALS
from kiosk.wire.topics import EVERYONE, ROOT, Kind

_ID = "0193b3a0-1234-7abc-8def-0123456789ab"
_AT = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
_CBOR, _JSON, _COSE = "application/cbor", "application/json", "application/cose"
SESSION_EXPIRY_S = 7 * 86_400
KEEPALIVE_S = 120
# What the office says to all kiosks of a province at once.
_TO_ALL = frozenset((Kind.LEARNT, Kind.BEAT, Kind.RECIPIENTS))

EXAMPLES: Mapping[str, BaseModel] = {
    "Manifest": m.Manifest(id=_ID, n=3, size=150_000, sha256=bytes(range(32))),
    "Chunk": m.Chunk(id=_ID, i=0, data=b"first bytes of a package"),
    "Have": m.Have(id=_ID, ranges=[(0, 1)]),
    "Later": m.Later(id=_ID, code="not_vouched"),
    "Want": m.Want(id=_ID, ranges=[(0, 3)]),
    "ReceiptMessage": m.ReceiptMessage(cose=b"\xd2\x84..."),
    "State": m.State(st="ready"),
    "Telemetry": m.Telemetry(
        ts=_AT,
        boot="5f2c",
        seq_last=41,
        chain="00" * 32,
        outbox=m.OutboxSample(n=2, bytes=310_000, oldest_s=5400),
        batt=m.Battery(charge=0.83, mains=False),
        disk=m.Disk(free=20_000_000_000, size=31_000_000_000),
        clock=m.Clock(src="ntp", offset_s=0.02),
        net=m.Net(via="lte", up_s=900),
        roster=m.RosterSample(of=_AT.date(), n=312, done=41),
        glass=m.Glass(tries=50, dirty=2),
        board_c=51.5,
        officer="5b0c9d41",
        sw="0.1.0",
        slot="A",
        err=["printer-paper"],
    ),
    "RemedyDay": m.RemedyDay(
        epoch="5f2c0d9a11b2c3d4",
        day=_AT.date(),
        rows=[
            m.RemedyTally(verdict=PrintVerdict.TOO_DRY, remedy=Remedy.DAMP, tried=20, helped=14, before=640, after=1010)
        ],
    ),
    "Alert": m.Alert(code="outbox_filling", level="warning", since=_AT),
    "Birth": m.Birth(
        kiosk="kiosk-tk-01",
        sw="0.1.0",
        slot="A",
        boot="5f2c",
        drivers={"camera": "picamera2", "fingerprint": "r503"},
        schemas=["enrolment/1"],
        settings=m.SettingsSample(
            n=1764300000000, has={"journey.language": "vi", "custody.lock_after_days": 30}, refused=["voice.colour"]
        ),
    ),
}

# What each kind of topic carries: messages, who sends it, content type, QoS, retained, expiry in seconds (None: never).
_CHANNELS: Mapping[Kind, tuple[tuple[str, ...], str, str, int, bool, int | None]] = {
    Kind.BIRTH: (("Birth",), "kiosk", _JSON, 1, True, None),
    Kind.STATE: (("State",), "kiosk", _JSON, 1, True, None),
    Kind.ALERT: (("Alert",), "kiosk", _JSON, 1, True, None),
    Kind.TELEMETRY: (("Telemetry", "RemedyDay"), "kiosk", _JSON, 1, False, 600),
    Kind.ENROL: (("Manifest", "Chunk"), "kiosk", _CBOR, 1, False, None),
    Kind.ACK: (("Have", "Later", "ReceiptMessage"), "office", _CBOR, 1, False, None),
    # A command expires on the wire when it expires at all: a day after it was given, if nothing else was said.
    Kind.COMMAND: ((), "office", _COSE, 1, False, 86_400),
    Kind.RESPONSE: ((), "kiosk", _COSE, 1, False, 7 * 86_400),
    Kind.LEARNT: ((), "office", _COSE, 1, True, None),
    Kind.BEAT: ((), "office", _COSE, 1, True, None),
    Kind.RECIPIENTS: ((), "office", _COSE, 1, True, None),
    Kind.DESIRED: ((), "office", _COSE, 1, True, None),
    Kind.RENEWAL: ((), "kiosk", _CBOR, 1, False, 86_400),
    Kind.CERTIFICATE: ((), "office", _CBOR, 1, False, 7 * 86_400),
    # Parts are asked for again: what waits longer than this in a broker is asked for anew.
    Kind.ROSTER: (("Chunk",), "office", _CBOR, 1, False, 600),
    Kind.WANT: (("Want",), "kiosk", _CBOR, 1, False, 60),
    # Sent as a kiosk sends, by an office that passes packages on.
    Kind.VOUCH: ((), "kiosk", _COSE, 1, True, None),
}
_TAILS = {Kind.ALERT: "id", Kind.TELEMETRY: "group", Kind.COMMAND: "name", Kind.RESPONSE: "name", Kind.VOUCH: "id"}


def describe() -> dict[str, Any]:
    """The AsyncAPI 3.0 document as plain values."""
    _, schemas = models_json_schema(
        [(type(example), "validation") for example in EXAMPLES.values()], ref_template="#/components/schemas/{model}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Kiosk and office",
            "version": "1.0.0",
            "description": "What travels between a kiosk and its supervising office over MQTT 5. Byte strings stand as "
            "base64 here; on the wire they are CBOR byte strings. What is signed is COSE_Sign1 (RFC 9052).",
        },
        "servers": {"broker": _broker()},
        "x-rules": {"of both": dict(OF_BOTH), "of a kiosk": dict(OF_KIOSK), "of an office": dict(OF_OFFICE)},
        "x-refusals": dict(REFUSALS),
        "x-postponements": dict(POSTPONEMENTS),
        "channels": {kind.value: _channel(kind) for kind in _CHANNELS},
        "operations": {kind.value: _operation(kind) for kind in _CHANNELS},
        "components": {
            "messages": {name: _message(name) for name in EXAMPLES},
            "schemas": schemas["$defs"],
        },
    }


def _broker() -> dict[str, Any]:
    """What a kiosk says when it connects (CK-LINK-01, -05, -06, -07, CK-WILL-01)."""
    return {
        "host": "{host}:{port}",
        "protocol": "secure-mqtt",
        "protocolVersion": "5.0",
        "description": "TLS 1.3, a certificate on both sides. The last will waits for 60 s.",
        "variables": {
            "host": {"description": "The name in the broker's certificate."},
            "port": {"default": "8883"},
        },
        "bindings": {
            "mqtt": {
                "clientId": "the common name of the certificate, and the user name too",
                "cleanSession": False,
                "sessionExpiryInterval": SESSION_EXPIRY_S,
                "keepAlive": KEEPALIVE_S,
                "lastWill": {
                    "topic": f"{ROOT}/{{province}}/{{commune}}/{{kiosk}}/{Kind.STATE.value}",
                    "qos": 1,
                    "retain": True,
                    "message": m.encode_json(m.State(st="lost")).decode(),
                },
                "bindingVersion": "0.2.0",
            }
        },
    }


def _channel(kind: Kind) -> dict[str, Any]:
    parameters = ["province"] if kind in _TO_ALL else ["province", "commune", "kiosk"]
    place = f"{EVERYONE}/{EVERYONE}" if kind in _TO_ALL else "{commune}/{kiosk}"
    address = f"{ROOT}/{{province}}/{place}/{kind.value}"
    if kind in _TAILS:
        parameters.append(_TAILS[kind])
        address += f"/{{{_TAILS[kind]}}}"
    names = _CHANNELS[kind][0]
    return {
        "address": address,
        "parameters": {name: {"description": "1 to 32 of A-Z a-z 0-9 -"} for name in parameters},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _operation(kind: Kind) -> dict[str, Any]:
    _, sender, content_type, qos, retain, expiry_s = _CHANNELS[kind]
    binding: dict[str, Any] = {"qos": qos, "retain": retain}
    if expiry_s is not None:
        binding["messageExpiryInterval"] = expiry_s
    operation: dict[str, Any] = {
        "action": "send" if sender == "kiosk" else "receive",
        "summary": f"From the {sender}, {content_type}.",
        "channel": {"$ref": f"#/channels/{kind.value}"},
        "bindings": {"mqtt": binding},
    }
    if kind is Kind.COMMAND:
        # Named in each command by response topic and correlation data (CK-CMD-18).
        operation["reply"] = {"channel": {"$ref": f"#/channels/{Kind.RESPONSE.value}"}}
    return operation


def _message(name: str) -> dict[str, Any]:
    content_type = next(channel[2] for channel in _CHANNELS.values() if name in channel[0])
    example = json.loads(EXAMPLES[name].model_dump_json(exclude_none=True))
    return {
        "contentType": content_type,
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "examples": [{"payload": example}],
    }


def to_yaml(value: Any, indent: int = 0) -> Iterator[str]:  # noqa: ANN401 -- any plain value
    """The lines of `value` (dicts, lists, text, numbers, None) as YAML 1.2: block style, text quoted as in JSON."""
    pad = "  " * indent
    if isinstance(value, dict) and value:
        for key, inner in cast("dict[str, Any]", value).items():
            yield from _entry(f"{pad}{json.dumps(key)}:", inner, indent)
    elif isinstance(value, list) and value:
        for inner in cast("list[Any]", value):
            yield from _entry(f"{pad}-", inner, indent)
    else:
        yield pad + json.dumps(value, ensure_ascii=False)


def _entry(start: str, inner: Any, indent: int) -> Iterator[str]:  # noqa: ANN401 -- any plain value
    if isinstance(inner, (dict, list)) and inner:
        yield start
        yield from to_yaml(inner, indent + 1)
    else:
        yield f"{start} {json.dumps(inner, ensure_ascii=False)}"


def document() -> str:
    """The text of asyncapi.yaml."""
    return "# Written by python -m kiosk.wire.asyncapi\n" + "\n".join(to_yaml(describe())) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
