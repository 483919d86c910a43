"""Every message on the wire, as a strict model, with its codec.

`enrol` and `ack` carry CBOR; what is signed as a whole (commands, answers, beats, what was learnt) is COSE_Sign1, and
`kiosk.sealing` has its fields; everything else is JSON that says `"v": 1`. Fields that are not known are ignored, so
that a newer sender can add some; a missing or wrong one refuses the whole message. Nothing here is trusted before a
signature says so.
"""

from datetime import date, datetime
from typing import Annotated, Literal, Self, TypeVar, get_args

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from kiosk.domain.experience import Remedy
from kiosk.domain.quality import PrintVerdict
from kiosk.wire.cbor import decode_plain, encode_plain
from kiosk.wire.errors import BadMessage, place_of

MAX_PACKAGE_BYTES = 16 * 1024 * 1024
MAX_CHUNK_BYTES = 64 * 1024
MAX_CHUNKS = 4096
MAX_MESSAGE_BYTES = MAX_CHUNK_BYTES + 1024
MAX_TRIES_A_DAY = 2000
MAX_LEARNT_BYTES = 16 * 1024
MAX_COMMAND_BYTES = 4 * 1024
MAX_DESIRED_BYTES = 4 * 1024
MAX_WANTED = 8

PackageId = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]
KioskName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,32}$")]
# Without what breaks a line, or turns the direction of what stands behind it on the office's page.
ShortText = Annotated[
    str,
    StringConstraints(max_length=128, pattern=r"^[^\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]*$"),
]
#: A clock may be ten years off, or show 1970; seconds beyond a calendar's are no clock's.
MAX_OFFSET_S = 1e12


def _in_a_calendar(moment: datetime) -> datetime:
    if moment.tzinfo is None or not 1900 <= moment.year <= 9998:
        raise ValueError("no time zone, or a year that no clock shows")
    return moment


# Any zone's time is then also one in UTC.
Moment = Annotated[AwareDatetime, AfterValidator(_in_a_calendar)]


def _made_fit(text: str) -> str:
    printable = "".join(letter for letter in text if letter.isprintable() or letter.isspace())
    return " ".join(printable.split())[:128].rstrip()


# The name of a reader or a sensor comes over its cable: whatever stands in it, the kiosk must go on.
DeviceText = Annotated[str, AfterValidator(_made_fit)]
Count = Annotated[int, Field(strict=True, ge=0, lt=1 << 63)]
# Lax for the pair alone: CBOR has lists, no tuples.
Range = Annotated[tuple[Count, Count], Strict(strict=False)]
Ratio = Annotated[float, Field(ge=0, le=1)]


class _Message(BaseModel):
    # The base64 is for examples alone: messages with byte strings travel as CBOR.
    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="ignore",
        allow_inf_nan=False,
        ser_json_bytes="base64",
        val_json_bytes="base64",
    )


class Manifest(_Message):
    """A package is about to come in `n` chunks: `size` bytes with this SHA-256.

    `kiosk` is whose it is, where an office passes it on; unsigned, the package itself says it under its signature.
    """

    t: Literal["m"] = "m"
    id: PackageId
    n: Annotated[int, Field(ge=1, le=MAX_CHUNKS)]
    size: Annotated[int, Field(ge=1, le=MAX_PACKAGE_BYTES)]
    sha256: Annotated[bytes, Field(min_length=32, max_length=32)]
    kiosk: KioskName | None = None


class Chunk(_Message):
    """Chunk `i` (from 0) of the package `id`."""

    t: Literal["c"] = "c"
    id: PackageId
    i: Annotated[int, Field(ge=0, lt=MAX_CHUNKS)]
    data: Annotated[bytes, Field(min_length=1, max_length=MAX_CHUNK_BYTES)]


class Have(_Message):
    """Progress, unsigned: the office holds these chunks of `id`, as ranges [first, last]. Empty: it holds none."""

    t: Literal["have"] = "have"
    id: PackageId
    ranges: Annotated[list[Range], Field(max_length=MAX_CHUNKS)]


class Later(_Message):
    """The office takes the package `id` neither in nor apart just now, and wants no chunk of it. Unsigned."""

    t: Literal["later"] = "later"
    id: PackageId
    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]


class Want(_Message):
    """The kiosk asks for these parts of the roster that the command `id` names, as ranges [first, last]. Unsigned."""

    t: Literal["want"] = "want"
    id: PackageId
    ranges: Annotated[list[Range], Field(min_length=1, max_length=MAX_WANTED)]


class ReceiptMessage(_Message):
    """A signed receipt, as COSE_Sign1 bytes that only `kiosk.sealing.receipts` understands."""

    t: Literal["receipt"] = "receipt"
    cose: Annotated[bytes, Field(min_length=1, max_length=4096)]


EnrolMessage = Manifest | Chunk
AckMessage = Have | Later | ReceiptMessage


class State(_Message):
    """What a kiosk is doing: retained, and the last will."""

    v: Literal[1] = 1
    st: Literal["ready", "sleeping", "offline", "lost"]


class OutboxSample(_Message):
    """What exists only on the kiosk: how many packages, bytes, and the age of the oldest in seconds."""

    n: Count
    bytes: Count
    oldest_s: Count


class Battery(_Message):
    """Charge 0 to 1, None without a battery; whether mains power is there."""

    charge: Ratio | None = None
    mains: bool


class Disk(_Message):
    """Free and whole size of the outbox's file system, in bytes."""

    free: Count
    size: Count


class Clock(_Message):
    """What set the clock, and its known offset in seconds."""

    src: ShortText
    offset_s: Annotated[float, Field(ge=-MAX_OFFSET_S, le=MAX_OFFSET_S)] | None = None


class Net(_Message):
    """The way to the office, and the connection's age in seconds."""

    via: ShortText
    up_s: Count


class Glass(_Message):
    """How clean the fingerprint sensor is: of the last `tries` prints since the start, how many had a dirty glass."""

    tries: Annotated[int, Field(ge=0, le=1000)]
    dirty: Annotated[int, Field(ge=0, le=1000)]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.dirty > self.tries:
            raise ValueError("more than was tried")
        return self


# Stands for an officer's place in one kiosk's vault, and means nothing anywhere else.
OfficerCode = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}$")]


class Witness(_Message):
    """The end of the kiosk's audit chain: how many entries, and the last hash (hex)."""

    n: Count
    head: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class RosterSample(_Message):
    """The roster on the kiosk: the day on which it was made up, how many people, how many of them were enrolled."""

    of: date
    n: Count
    done: Count


class PausedSample(_Message):
    """Enrolments that wait on the kiosk to be continued another day, and how many of them longer than its term."""

    n: Count
    overdue: Count = 0


class HandsSample(_Message):
    """What hands did at the screen since the program began: calls for help, touches that counted or not.

    Not counted are a palm, a second tap, a finger that slid; counts alone, of all citizens together.
    """

    help: Count
    touches: Count
    rejects: Count


class Telemetry(_Message):
    """One sample of a kiosk. `chain` is the hash of the last package (hex), `err` a list of error words.

    `board_c` is the warmest part of the computer in degrees Celsius; `officer` who signed in last, by code.
    """

    v: Literal[1] = 1
    ts: Moment
    boot: ShortText
    seq_last: Count
    chain: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    outbox: OutboxSample
    batt: Battery | None = None
    disk: Disk | None = None
    clock: Clock | None = None
    net: Net | None = None
    audit: Witness | None = None
    roster: RosterSample | None = None
    paused: PausedSample | None = None
    glass: Glass | None = None
    hands: HandsSample | None = None
    board_c: Annotated[float, Field(ge=-60, le=200)] | None = None
    officer: OfficerCode | None = None
    sw: ShortText
    slot: ShortText = ""
    err: Annotated[list[Name], Field(max_length=64)] = []


class RemedyTally(_Message):
    """What one remedy did to prints of one verdict: tries, how many helped, and their qualities added up."""

    verdict: PrintVerdict
    remedy: Remedy
    tried: Annotated[int, Field(ge=1, le=MAX_TRIES_A_DAY)]
    helped: Annotated[int, Field(ge=0, le=MAX_TRIES_A_DAY)]
    before: Annotated[int, Field(ge=0, le=100 * MAX_TRIES_A_DAY)]
    after: Annotated[int, Field(ge=0, le=100 * MAX_TRIES_A_DAY)]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if self.helped > self.tried or max(self.before, self.after) > 100 * self.tried:
            raise ValueError("more than was tried")
        return self


class RemedyDay(_Message):
    """What remedies did on one kiosk on one day, all of it: a later message for the day takes this one's place.

    Names no citizen and no enrolment, and no time finer than the day. `epoch` is drawn anew whenever the kiosk begins
    to count anew, so that what it counted before stays counted.
    """

    v: Literal[1] = 1
    epoch: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    day: date
    rows: Annotated[list[RemedyTally], Field(min_length=1, max_length=len(PrintVerdict) * len(Remedy))]

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({(row.verdict, row.remedy) for row in self.rows}) != len(self.rows):
            raise ValueError("a remedy stands twice for one verdict")
        return self


AlertCode = Literal[
    "outbox_half_full",
    "outbox_filling",
    "outbox_full",
    "package_refused",
    "damaged_file_set_aside",
    "sequence_gap",
    "audit_broken",
    "clock_wrong",
    "locked",
    "settings_refused",
]
AlertLevel = Literal["warning", "critical"]
ALERT_CODES: tuple[AlertCode, ...] = get_args(AlertCode)


def alert_id(code: str) -> str:
    """The last level of the topic of this alert."""
    return code.replace("_", "-")


class Alert(_Message):
    """Something at the kiosk needs a hand, since when; retained until solved. `code` is a word, never free text.

    A kiosk says one of ALERT_CODES; a receiver takes any, because a newer kiosk may know more, and any time: what needs
    a hand is to be heard of however wrong the clock is.
    """

    v: Literal[1] = 1
    code: Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]
    level: AlertLevel
    since: AwareDatetime


SettingName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}\.[a-z][a-z0-9_]{0,31}$")]


class SettingsSample(_Message):
    """The settings that an office may change, as they hold on the kiosk.

    `n` is the number of the word about settings that it took last, 0 before the first; `refused` are those named in
    it that it does not take.
    """

    n: Count = 0
    has: Annotated[dict[SettingName, int | float | ShortText], Field(max_length=64)]
    refused: Annotated[list[SettingName], Field(max_length=64)] = []


class Birth(_Message):
    """The inventory a kiosk announces, retained. What devices say of themselves is made fit, never refused.

    `roster_key` is the kiosk's signed word (COSE_Sign1 as base64) for which key its rosters are sealed.
    """

    v: Literal[1] = 1
    kiosk: KioskName
    sw: ShortText
    slot: ShortText = ""
    boot: ShortText
    drivers: dict[Name, DeviceText]
    schemas: list[ShortText]
    max_chunk: Count = MAX_CHUNK_BYTES
    roster_key: Annotated[str, StringConstraints(max_length=4096, pattern=r"^[A-Za-z0-9+/=]*$")] = ""
    settings: SettingsSample | None = None


JsonMessage = TypeVar("JsonMessage", bound=State | Telemetry | RemedyDay | Alert | Birth)

_ENROL: TypeAdapter[EnrolMessage] = TypeAdapter(Annotated[EnrolMessage, Field(discriminator="t")])
_ACK: TypeAdapter[AckMessage] = TypeAdapter(Annotated[AckMessage, Field(discriminator="t")])
_WANT: TypeAdapter[Want] = TypeAdapter(Want)
_PART: TypeAdapter[Chunk] = TypeAdapter(Chunk)


def encode_cbor(message: EnrolMessage | AckMessage | Want) -> bytes:
    """The bytes of a message for `enrol`, `ack`, `roster` or `want`."""
    return encode_plain(message.model_dump(exclude_none=True))


def decode_enrol(data: bytes) -> EnrolMessage:
    """The manifest or chunk in `data`. Raises BadMessage."""
    return _checked(_ENROL, _from_cbor(data))


def decode_ack(data: bytes) -> AckMessage:
    """The progress, receipt or "later" in `data`. Raises BadMessage."""
    return _checked(_ACK, _from_cbor(data))


def decode_want(data: bytes) -> Want:
    """What a kiosk wants. Raises BadMessage."""
    return _checked(_WANT, _from_cbor(data))


def decode_part(data: bytes) -> Chunk:
    """A part of a roster. Raises BadMessage."""
    return _checked(_PART, _from_cbor(data))


def encode_json(message: State | Telemetry | RemedyDay | Alert | Birth) -> bytes:
    """The bytes of a JSON message."""
    return message.model_dump_json(exclude_none=True).encode()


def decode_json(model: type[JsonMessage], data: bytes) -> JsonMessage:
    """The message of this model in `data`. Raises BadMessage."""
    if len(data) > MAX_MESSAGE_BYTES:
        raise BadMessage(f"a message of {len(data)} bytes is longer than {MAX_MESSAGE_BYTES}")
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        raise BadMessage(_what_is_wrong(error)) from None


def _from_cbor(data: bytes) -> object:
    if len(data) > MAX_MESSAGE_BYTES:
        raise BadMessage(f"a message of {len(data)} bytes is longer than {MAX_MESSAGE_BYTES}")
    try:
        return decode_plain(data)
    except ValueError as error:
        raise BadMessage("not the CBOR of a message") from error


Checked = TypeVar("Checked")


def _checked(adapter: TypeAdapter[Checked], value: object) -> Checked:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise BadMessage(_what_is_wrong(error)) from None


def _what_is_wrong(error: ValidationError) -> str:
    # The place and the rule, never the value: a message may have come from anybody and may hold anything.
    faults = (f"{place_of(fault)}: {fault['type']}" for fault in error.errors())
    return "; ".join(faults)[:500]
