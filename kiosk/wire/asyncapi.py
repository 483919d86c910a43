"""`asyncapi.yaml`, written from the topics and the message models, so that it cannot say anything else than they do.

    python -m kiosk.wire.asyncapi > kiosk/wire/asyncapi.yaml

A test compares the file with what this writes. Owns the rules of the protocol, each with its id; a test carries every
id.
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
from kiosk.wire.topics import EVERYONE, ROOT, Kind

RULES = {
    "CK-TOPIC-01": "Every name in a topic MUST be of A-Z a-z 0-9 - so that no wildcard can hide in one.",
    "CK-MSG-01": "A receiver MUST ignore fields that it does not know.",
    "CK-MSG-02": "A receiver MUST refuse the whole of a message in which a known field is missing or wrong.",
    "CK-MSG-03": "A JSON message MUST say v 1; another meaning needs another first level of the topic.",
    "CK-ENROL-01": "A package MUST travel as a manifest and n chunks of at most 65536 bytes, at QoS 1, without expiry.",
    "CK-ENROL-02": "A receiver MUST take chunks in any order and any number of times.",
    "CK-ENROL-03": "A receiver MUST refuse a chunk that contradicts its manifest, and a whole of another hash.",
    "CK-ENROL-04": "A kiosk MUST send missing chunks in ascending order: header and sealed summary come first.",
    "CK-ENROL-05": "A kiosk MUST offer a package again, now and then, as long as it is not settled.",
    "CK-ENROL-06": "A package once offered MUST keep its cut into chunks, unless the broker takes no chunk so large.",
    "CK-LINK-01": "A kiosk MUST speak MQTT 5 over TLS 1.3 and show its certificate; its name in it is its identity.",
    "CK-LINK-02": "A sender MUST stay below the broker's Receive Maximum and Maximum Packet Size.",
    "CK-LINK-03": "A kiosk MUST NOT have more than 16 chunks of a package under way.",
    "CK-LINK-04": "A sender MUST read the reason code of every answer; a refused message counts as not sent.",
    "CK-WILL-01": "A kiosk's last will MUST say lost, retained, after a delay of at least 30 s.",
    "CK-SHARE-01": "A collector MUST NOT receive packages by a shared subscription.",
    "CK-SEQ-01": "A kiosk MUST number its packages from 1 without a gap, each naming the hash of the one before.",
    "CK-ACK-01": "A kiosk MUST release a package for a receipt only whose signature it has verified itself.",
    "CK-ACK-02": "A kiosk MUST NOT delete a package that was rejected.",
    "CK-ACK-03": "A kiosk MUST NOT erase a package before a settled receipt.",
    "CK-ACK-04": "A receipt MUST name the hash of the package; one for other bytes releases nothing.",
    "CK-TIME-01": "A kiosk MUST seal with each package between which times it was sealed for certain.",
    "CK-ALERT-01": "An alert MUST be retained as long as it stands, and be taken back by an empty message.",
    "CK-CMD-01": "A kiosk MUST obey only what is a COSE_Sign1 by the office's command key, over the bytes as received.",
    "CK-CMD-02": "A command MUST name one kiosk; another MUST pass it over, and its own numbers stay as they are.",
    "CK-CMD-03": "A command MUST carry a higher number than all before to its kiosk; a kiosk MUST refuse any other.",
    "CK-CMD-04": "A kiosk MUST keep the highest number it took durably, apart from what the network side writes.",
    "CK-CMD-05": "A command MUST carry its end; a kiosk MUST refuse it when that is surely past, by no wall clock.",
    "CK-CMD-06": "A command MUST travel at QoS 1, expire with its end, not be retained; a retained one is passed over.",
    "CK-CMD-07": "A command that comes again MUST change nothing, and its answer MUST be told again.",
    "CK-CMD-08": "A kiosk MUST answer with accepted, done or refused and a code, signed by its record key.",
    "CK-CMD-09": "An office MUST believe only answers signed by that kiosk, and MUST NOT fall back from a later state.",
    "CK-CMD-10": "What cannot be verified MUST NOT be answered, and MUST NOT be written down without bound.",
    "CK-CMD-11": "A locked kiosk MUST go on sending what it holds, and taking in receipts and commands.",
    "CK-CMD-12": "A lock MUST lose no enrolment: who is being served is finished first, or lies safe in a draft.",
    "CK-CMD-13": "A kiosk without a signed word of the office for days MUST lock; a clock's jump MUST NOT do it.",
    "CK-CMD-14": "Only a word newer than all before ends the office's silence, and MUST end the lock for it.",
    "CK-CMD-15": "Only settings of a fixed list MUST be changed by command, within what the settings file allows.",
    "CK-CMD-16": "A log sent to the office MUST NOT hold personal data, and MUST fit into one message.",
    "CK-CMD-17": "Erasing MUST be written down first, be finished after a power cut, and leave every package as it is.",
    "CK-BIRTH-01": "A kiosk MUST say at every connection, retained, what it is and that it is ready.",
    "CK-EXPIRY-01": "Telemetry MUST expire within 600 s; packages, receipts and what is retained MUST NOT expire.",
    "CK-REMEDY-01": "What remedies did MUST name no citizen, no enrolment and no time finer than the day.",
    "CK-REMEDY-02": "A receiver MUST count the day of a kiosk's epoch once, however often it is told.",
    "CK-REMEDY-03": "A kiosk MUST tell a day again until the broker has kept it for somebody.",
}

_ID = "0193b3a0-1234-7abc-8def-0123456789ab"
_AT = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
_CBOR, _JSON, _COSE = "application/cbor", "application/json", "application/cose"
# What the office says to all kiosks of a province at once.
_TO_ALL = frozenset((Kind.LEARNT, Kind.BEAT))

EXAMPLES: Mapping[str, BaseModel] = {
    "Manifest": m.Manifest(id=_ID, n=3, size=150_000, sha256=bytes(range(32))),
    "Chunk": m.Chunk(id=_ID, i=0, data=b"first bytes of a package"),
    "Have": m.Have(id=_ID, ranges=[(0, 1)]),
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
    ),
}

# What each kind of topic carries: messages, who sends it, content type, QoS, retained, expiry in seconds (None: never).
_CHANNELS: Mapping[Kind, tuple[tuple[str, ...], str, str, int, bool, int | None]] = {
    Kind.BIRTH: (("Birth",), "kiosk", _JSON, 1, True, None),
    Kind.STATE: (("State",), "kiosk", _JSON, 1, True, None),
    Kind.ALERT: (("Alert",), "kiosk", _JSON, 1, True, None),
    Kind.TELEMETRY: (("Telemetry", "RemedyDay"), "kiosk", _JSON, 1, False, 600),
    Kind.ENROL: (("Manifest", "Chunk"), "kiosk", _CBOR, 1, False, None),
    Kind.ACK: (("Have", "ReceiptMessage"), "office", _CBOR, 1, False, None),
    # A command expires on the wire when it expires at all: a day after it was given, if nothing else was said.
    Kind.COMMAND: ((), "office", _COSE, 1, False, 86_400),
    Kind.RESPONSE: ((), "kiosk", _COSE, 1, False, 7 * 86_400),
    Kind.LEARNT: ((), "office", _COSE, 1, True, None),
    Kind.BEAT: ((), "office", _COSE, 1, True, None),
}
_TAILS = {Kind.ALERT: "id", Kind.TELEMETRY: "group", Kind.COMMAND: "name", Kind.RESPONSE: "name"}


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
        "x-rules": RULES,
        "channels": {kind.value: _channel(kind) for kind in _CHANNELS},
        "operations": {kind.value: _operation(kind) for kind in _CHANNELS},
        "components": {
            "messages": {name: _message(name) for name in EXAMPLES},
            "schemas": schemas["$defs"],
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
    return {
        "action": "send" if sender == "kiosk" else "receive",
        "summary": f"From the {sender}, {content_type}.",
        "channel": {"$ref": f"#/channels/{kind.value}"},
        "bindings": {"mqtt": binding},
    }


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
