"""The two sealed parts of a package: the summary for the office's page, and the body that only the opening key reads.

CBOR of text-keyed maps, captures as byte strings; the schema stands in docs/enrolment.cddl. Decoding is strict: what
does not fit raises BadMessage, and no message repeats a citizen's data.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any, Final, Literal, TypeVar, cast

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from kiosk.domain.capture_plan import Earlier, Excepted, ExceptionReason
from kiosk.domain.enrolment import Answers, Capture, Enrolment
from kiosk.wire.cbor import decode_plain, encode_plain
from kiosk.wire.errors import BadMessage, place_of
from kiosk.wire.messages import Moment

_T = TypeVar("_T")

BODY_SCHEMA: Final = "enrolment/1"
SUMMARY_SCHEMA: Final = "summary/1"


# The office keeps and shows the summary: what a kiosk may put into it is bounded in length, letters and years.
MAX_NAME: Final = 200
MAX_UNIT: Final = 500
MAX_PERSON: Final = 128
_ONE_LINE: Final = r"^[^\x00-\x1f\x7f-\x9f]*$"
_UUID: Final = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"


# As generous as the capture plan: a slot that the kiosk's plan may name must never make the office refuse.
SlotKey = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=_ONE_LINE)]


@dataclass(frozen=True, slots=True)
class SlotNote:
    """What became of a slot, without its capture."""

    state: Literal["filled", "excepted", "not_possible", "earlier"]
    reason: ExceptionReason | None = None
    quality: Annotated[int, Field(ge=-(1 << 31), lt=1 << 31)] | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What the collector's online key may read, so that the page can show who is done: no biometrics, no number.

    `person` is the roster's id where the citizen is on the roster, `unit` where they live as one line. `supplements` is
    the id of the enrolment whose weak prints this one has taken again.
    """

    name: Annotated[str, StringConstraints(max_length=MAX_NAME, pattern=_ONE_LINE)]
    unit: Annotated[str, StringConstraints(max_length=MAX_UNIT, pattern=_ONE_LINE)]
    started_at: Moment
    finished_at: Moment
    slots: Annotated[Mapping[SlotKey, SlotNote], Field(max_length=256)]
    person: Annotated[str, StringConstraints(max_length=MAX_PERSON, pattern=_ONE_LINE)] | None = None
    eid: bool = False
    supplements: Annotated[str, StringConstraints(pattern=_UUID)] | None = None


_ANSWERS: Final = TypeAdapter(Answers)
_SUMMARY: Final = TypeAdapter(Summary)
_TIME: Final = TypeAdapter(Moment)
_BODY_KEYS: Final = frozenset({"schema", "answers", "captures", *(f.name for f in fields(Enrolment))})


def summarise(enrolment: Enrolment) -> Summary:
    """Draw the summary of an enrolment."""
    answers = enrolment.answers
    person = answers.listed.person if answers.listed is not None else ""
    slots: dict[str, SlotNote] = {}
    for key, state in answers.slots.items():
        reason = state.reason if isinstance(state, Excepted | Earlier) else None
        slots[key] = SlotNote(state.state, reason, getattr(state, "quality", None))
    return Summary(
        name=_one_line(answers.identity.name, MAX_NAME) if answers.identity is not None else "",
        unit=_one_line(answers.home.residence, MAX_UNIT),
        started_at=enrolment.started_at,
        finished_at=enrolment.finished_at,
        slots=slots,
        person=_one_line(person, MAX_PERSON) or None,
        eid=answers.phone is not None and bool(answers.phone.number),
        supplements=answers.supplements,
    )


def _one_line(text: str, most: int) -> str:
    """The text as the office shows it; the body keeps all of it."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())[:most]


def encode_summary(summary: Summary) -> bytes:
    """Write a summary as CBOR."""
    return encode_plain({"schema": SUMMARY_SCHEMA, **_SUMMARY.dump_python(summary, mode="json")})


def decode_summary(data: bytes) -> Summary:
    """Read a summary. Raises BadMessage."""
    table = _table(data, SUMMARY_SCHEMA)
    return _valid(_SUMMARY, table, "summary")


def encode_answers(answers: Answers) -> dict[str, Any]:
    """Give the answers as a tree of plain CBOR values."""
    return _ANSWERS.dump_python(answers, mode="json")


def decode_answers(tree: object) -> Answers:
    """Read answers from a tree of plain values. Raises BadMessage."""
    return _valid(_ANSWERS, tree, "answers")


def encode_capture(capture: Capture) -> dict[str, Any]:
    """Give a capture as a map; `data` stays bytes."""
    return {
        "media_type": capture.media_type,
        "width_px": capture.width_px,
        "height_px": capture.height_px,
        "dpi": capture.dpi,
        "data": capture.data,
    }


def decode_capture(tree: object) -> Capture:
    """Read a capture. Raises BadMessage."""
    if not isinstance(tree, dict):
        raise BadMessage("a capture is not a map")
    row = cast("dict[str, Any]", tree)
    if any(isinstance(value, bool) for value in row.values()):
        raise BadMessage("a capture holds yes or no where a number belongs")
    match row:
        case {
            "media_type": str(media_type),
            "width_px": int(width_px),
            "height_px": int(height_px),
            "dpi": int() | None as dpi,
            "data": bytes(data),
        } if len(row) == len(fields(Capture)):
            return Capture(media_type, width_px, height_px, dpi, data)
        case _:
            raise BadMessage("a capture has missing, unknown or wrong fields")


def encode_enrolment(enrolment: Enrolment) -> bytes:
    """Write the body: everything, with exactly the captures that the answers point to."""
    wanted = enrolment.answers.captures()
    missing = wanted - set(enrolment.captures)
    if missing:
        raise BadMessage(f"{len(missing)} captures that the answers point to are not there")
    return encode_plain(
        {
            "schema": BODY_SCHEMA,
            "id": enrolment.id,
            "kiosk": enrolment.kiosk,
            "officer": enrolment.officer,
            "plan_source": enrolment.plan_source,
            "started_at": enrolment.started_at.isoformat(),
            "finished_at": enrolment.finished_at.isoformat(),
            "answers": encode_answers(enrolment.answers),
            "captures": {key: encode_capture(enrolment.captures[key]) for key in sorted(wanted)},
        }
    )


def decode_enrolment(data: bytes) -> Enrolment:
    """Read a body. Raises BadMessage."""
    table = _table(data, BODY_SCHEMA)
    unknown = set(table) - _BODY_KEYS
    missing = _BODY_KEYS - set(table) - {"schema"}
    if unknown or missing:
        raise BadMessage(f"the body has unknown fields {sorted(unknown)} or lacks {sorted(missing)}")
    captures = table["captures"]
    if not isinstance(captures, dict) or not all(isinstance(key, str) for key in cast("dict[Any, Any]", captures)):
        raise BadMessage("the captures are not a map of names")
    texts = {key: table[key] for key in ("id", "kiosk", "officer", "plan_source")}
    if not all(isinstance(value, str) for value in texts.values()):
        raise BadMessage("the body's names are not text")
    return Enrolment(
        **texts,
        started_at=_valid(_TIME, table["started_at"], "started_at"),
        finished_at=_valid(_TIME, table["finished_at"], "finished_at"),
        answers=decode_answers(table["answers"]),
        captures={key: decode_capture(row) for key, row in cast("dict[Any, Any]", captures).items()},
    )


def _table(data: bytes, schema: str) -> dict[str, Any]:
    try:
        decoded = decode_plain(data)
    except ValueError as error:
        raise BadMessage("this is not CBOR as it should be") from error
    if not isinstance(decoded, dict):
        raise BadMessage("this is not a map")
    table = cast("dict[str, Any]", decoded)
    if table.get("schema") != schema:
        raise BadMessage(f"this is not of schema {schema}")
    return {key: value for key, value in table.items() if key != "schema"}


def _valid(adapter: TypeAdapter[_T], tree: object, what: str) -> _T:
    try:
        # By way of JSON, because there alone "strict" still lets a text be a time and a map be a record.
        return adapter.validate_json(json.dumps(tree), strict=True, extra="forbid")
    except (TypeError, ValueError, RecursionError) as error:
        if not isinstance(error, ValidationError):
            raise BadMessage(f"the {what} hold what is no text, number, list or map") from None
        places = sorted({place_of(fault) for fault in error.errors(include_input=False)})
        # The chain is cut on purpose: pydantic's own text repeats the value that does not fit.
        raise BadMessage(f"the {what} do not fit at: {', '.join(places)}") from None
