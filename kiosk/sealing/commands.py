"""The office's commands to one kiosk, and the kiosk's answers: each signed, so that nobody between can make one up.

A command names its kiosk, an ever higher number of that kiosk's, and an end. An answer names the command and the
highest number that the kiosk has taken, by which an office that has lost its own count finds it again. The content
types keep the two apart, and from receipts and whatever else is signed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Literal, Self, cast

from kiosk.domain.commands import Value
from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import BadEncoding
from kiosk.sealing.header import from_rfc3339, rfc3339
from kiosk.sealing.keys import SigningKey, VerifyingKey

CONTENT_TYPE: Final = "application/vnd.can-cuoc.command+cbor"
ANSWER_TYPE: Final = "application/vnd.can-cuoc.answer+cbor"
State = Literal["accepted", "done", "refused"]
MAX_LINES: Final = 400
MAX_LINE: Final = 240
_FIELDS: Final = frozenset(("v", "id", "kiosk", "n", "verb", "args", "at", "until"))
_ANSWER_FIELDS: Final = frozenset(("v", "id", "kiosk", "n", "seen", "state", "code", "at", "lines"))
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
_KIOSK: Final = re.compile(r"[A-Za-z0-9-]{1,32}\Z")
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,31}\Z")
_CODE: Final = re.compile(r"[a-z0-9_]{0,64}\Z")
_MOST_ARGS: Final = 8
_MOST_LETTERS: Final = 512


def _check(one_id: str, kiosk: str, n: int, moment: datetime) -> None:
    if not _ID.match(one_id) or not _KIOSK.match(kiosk):
        raise BadEncoding("a command has an id (UUIDv7) and names a kiosk")
    if type(n) is not int or not 1 <= n < 1 << 63:
        raise BadEncoding("the number of a command is out of range")
    if moment.tzinfo is None:
        raise BadEncoding("a time needs its time zone")


@dataclass(frozen=True, slots=True)
class Command:
    """An order to one kiosk. `n` is higher than that of every command before; after `until` it is void.

    `verb` and `args` are read by `kiosk.domain.commands`, so that a verb of a newer office can be refused by its name.
    """

    id: str
    kiosk: str
    n: int
    verb: str
    at: datetime
    until: datetime
    args: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        _check(self.id, self.kiosk, self.n, self.at)
        if not _WORD.match(self.verb) or self.until.tzinfo is None or self.until <= self.at:
            raise BadEncoding("a command has a verb of a-z 0-9 _, and ends after it was given")
        if len(self.args) > _MOST_ARGS or not all(_is_argument(*pair) for pair in self.args.items()):
            raise BadEncoding("the arguments of a command are at most eight words with texts, numbers or yes and no")

    def to_cbor(self) -> bytes:
        """The bytes that are signed."""
        return cbor.encode(
            {
                "v": 1,
                "id": self.id,
                "kiosk": self.kiosk,
                "n": self.n,
                "verb": self.verb,
                "args": dict(self.args),
                "at": rfc3339(self.at),
                "until": rfc3339(self.until),
            }
        )

    @classmethod
    def from_cbor(cls, data: bytes) -> Self:
        """The command in `data`. Raises BadEncoding."""
        fields = _fields(data, _FIELDS, "a command")
        if not isinstance(fields["args"], dict):
            raise BadEncoding("the arguments of a command are a map")
        return cls(
            id=_text(fields["id"]),
            kiosk=_text(fields["kiosk"]),
            n=fields["n"],
            verb=_text(fields["verb"]),
            at=from_rfc3339(_text(fields["at"])),
            until=from_rfc3339(_text(fields["until"])),
            args=cast("dict[str, Value]", fields["args"]),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What a kiosk says to a command: `accepted` (it will), `done`, or `refused` with a code.

    `seen` is the highest number it has taken, `at` its wall clock, which may be wrong; `lines` are those of the log
    where they were asked for. `code` says more where there is more to say.
    """

    id: str
    kiosk: str
    n: int
    seen: int
    state: State
    at: datetime
    code: str = ""
    lines: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check(self.id, self.kiosk, self.n, self.at)
        if type(self.seen) is not int or not 0 <= self.seen < 1 << 63:
            raise BadEncoding("the highest number taken is out of range")
        if self.state not in ("accepted", "done", "refused") or not _CODE.match(self.code):
            raise BadEncoding("an answer says accepted, done or refused, and its code is of a-z 0-9 _")
        if self.state == "refused" and not self.code:
            raise BadEncoding("a refusal says why")
        if len(self.lines) > MAX_LINES or any(len(line) > MAX_LINE for line in self.lines):
            raise BadEncoding("an answer has too many lines, or one that is too long")

    def to_cbor(self) -> bytes:
        """The bytes that are signed."""
        return cbor.encode(
            {
                "v": 1,
                "id": self.id,
                "kiosk": self.kiosk,
                "n": self.n,
                "seen": self.seen,
                "state": self.state,
                "code": self.code,
                "at": rfc3339(self.at),
                "lines": list(self.lines),
            }
        )

    @classmethod
    def from_cbor(cls, data: bytes) -> Self:
        """The answer in `data`. Raises BadEncoding."""
        fields = _fields(data, _ANSWER_FIELDS, "an answer")
        if not isinstance(fields["lines"], list):
            raise BadEncoding("the lines of an answer are a list")
        return cls(
            id=_text(fields["id"]),
            kiosk=_text(fields["kiosk"]),
            n=fields["n"],
            seen=fields["seen"],
            state=cast("State", _text(fields["state"])),
            at=from_rfc3339(_text(fields["at"])),
            code=_text(fields["code"]),
            lines=tuple(_text(line) for line in cast("list[object]", fields["lines"])),
        )


def _is_argument(name: object, value: object) -> bool:
    known = isinstance(name, str) and bool(_WORD.match(name))
    return known and (type(value) in (bool, int) or (isinstance(value, str) and len(value) <= _MOST_LETTERS))


def _fields(data: bytes, names: frozenset[str], what: str) -> dict[str, Any]:
    fields: Any = cbor.decode(data)
    version = fields.get("v") if isinstance(fields, dict) and fields.keys() == names else None
    if type(version) is not int or version != 1:
        raise BadEncoding(f"{what} does not have exactly the fields of version 1")
    return cast("dict[str, Any]", fields)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadEncoding("a text field is not text")
    return value


def sign_command(command: Command, key: SigningKey) -> bytes:
    """The command as COSE_Sign1 by the office's command key."""
    return cose.sign(command.to_cbor(), CONTENT_TYPE, key=key)


def verify_command(signed: bytes, key: VerifyingKey) -> Command:
    """The command, when the office's command key signed it. Raises BadEncoding, WrongKey or BadSignature."""
    return Command.from_cbor(cose.verify(signed, CONTENT_TYPE, key=key))


def sign_answer(answer: Answer, key: SigningKey) -> bytes:
    """The answer as COSE_Sign1 by the kiosk's record-signing key."""
    return cose.sign(answer.to_cbor(), ANSWER_TYPE, key=key)


def verify_answer(signed: bytes, key: VerifyingKey) -> Answer:
    """The answer, when the kiosk's record-signing key signed it. Raises BadEncoding, WrongKey or BadSignature."""
    return Answer.from_cbor(cose.verify(signed, ANSWER_TYPE, key=key))
