"""What the office may order a kiosk to do: the verbs, their arguments and the limits. The same on both sides, and pure.

A verb or an argument that is not in here is refused by its code, never guessed at.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, cast

from kiosk.domain.errors import BadOrder
from kiosk.domain.experience import Remedy
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.roster import MOST_PEOPLE

Value = str | int | bool
Args = Mapping[str, Value]

MESSAGE_LETTERS: Final = 120
RING_S: Final = (5, 300)
LOG_LINES: Final = (1, 400)
#: The most that a sealed roster may be: what a kiosk keeps for it is bounded.
ROSTER_BYTES: Final = 1 << 20
_SHA256: Final = re.compile(r"[0-9a-f]{64}\Z")
_KID: Final = re.compile(r"[0-9a-f]{16}\Z")


class Verb(StrEnum):
    """What can be ordered."""

    LOCK = "lock"
    UNLOCK = "unlock"
    MESSAGE = "message"
    LOGS = "logs"
    CONFIGURE = "configure"
    REMEDIES = "remedies"
    RING = "ring"
    ERASE = "erase"
    ROSTER = "roster"


@dataclass(frozen=True, slots=True)
class Lock:
    """Serve nobody from now on. Who is being enrolled is finished first, unless it is to be `now`."""

    now: bool = False


@dataclass(frozen=True, slots=True)
class Unlock:
    """Serve again."""


@dataclass(frozen=True, slots=True)
class ShowMessage:
    """Show these words of the office's to the officer until they are read."""

    text: str


@dataclass(frozen=True, slots=True)
class SendLogs:
    """Answer with the newest lines of the log, without personal data."""

    lines: int = 200


@dataclass(frozen=True, slots=True)
class Configure:
    """Change one of SETTINGS, from now on and after every restart."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class OrderRemedies:
    """Offer these remedies first for this verdict, in this order; none: by what has helped, as always."""

    verdict: PrintVerdict
    order: tuple[Remedy, ...]


@dataclass(frozen=True, slots=True)
class Ring:
    """Sound the chime and flash the lamp for so many seconds: somebody looks for the kiosk."""

    seconds: int = 30


@dataclass(frozen=True, slots=True)
class Erase:
    """Destroy every key by which somebody at this kiosk could open what it keeps, and lock it."""


@dataclass(frozen=True, slots=True)
class UpdateRoster:
    """Take this roster in place of the one before, or with no `people` have none.

    The roster itself comes apart, sealed: `size` bytes with this SHA-256 (hex), for the kiosk's key `kid`. `issued` is
    the day on which it was made up, `last` the last day that it is for.
    """

    issued: date
    last: date
    people: int
    size: int = 0
    sha256: str = ""
    kid: str = ""


Order = Lock | Unlock | ShowMessage | SendLogs | Configure | OrderRemedies | Ring | Erase | UpdateRoster


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two."""

    least: int
    most: int

    def takes(self, value: object) -> bool:
        """Say whether this is one."""
        return type(value) is int and self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class LanguageCode:
    """The code of a language, two or three small letters; the kiosk itself knows which languages it has."""

    def takes(self, value: object) -> bool:
        """Say whether this is one."""
        return (
            isinstance(value, str) and value.isascii() and value.isalpha() and value.islower() and len(value) in {2, 3}
        )


#: The settings that the office may change, each within what the settings file allows. None of them names a path, a
#: device or an address: no order can turn a kiosk towards somebody else.
SETTINGS: Final[Mapping[str, Whole | LanguageCode]] = {
    "journey.language": LanguageCode(),
    "journey.idle_after_s": Whole(30, 3600),
    "journey.idle_answer_s": Whole(10, 3600),
    "journey.tries_per_finger": Whole(1, 20),
    "journey.tries_per_portrait": Whole(1, 20),
    "voice.repeat_after_s": Whole(0, 120),
    "custody.keep_settled_days": Whole(0, 365),
    "custody.lock_after_days": Whole(0, 365),
}


def order_of(verb: str, args: Args) -> Order:
    """Read an order. Raises BadOrder with the code `unknown_verb` or `bad_arguments`, and what is expected."""
    try:
        known = Verb(verb)
    except ValueError:
        words = ", ".join(one.value for one in Verb)
        raise BadOrder("unknown_verb", f"no such command; there is: {words}") from None
    return _READERS[known](args)


def verb_of(order: Order) -> Verb:
    """Give the verb of an order."""
    return _VERBS[type(order)]


def args_of(order: Order) -> dict[str, Value]:
    """Give the arguments of an order as they travel."""
    match order:
        case Lock(now):
            return {"now": now}
        case ShowMessage(text):
            return {"text": text}
        case SendLogs(lines):
            return {"lines": lines}
        case Configure(name, value):
            return {"name": name, "value": value}
        case OrderRemedies(verdict, remedies):
            return {"verdict": verdict.value, "order": ",".join(one.value for one in remedies)}
        case Ring(seconds):
            return {"seconds": seconds}
        case UpdateRoster():
            days = {"issued": order.issued.isoformat(), "last": order.last.isoformat()}
            return {**days, "people": order.people, "size": order.size, "sha256": order.sha256, "kid": order.kid}
        case Unlock() | Erase():
            return {}


_VERBS: Final[Mapping[type[Order], Verb]] = {
    Lock: Verb.LOCK,
    Unlock: Verb.UNLOCK,
    ShowMessage: Verb.MESSAGE,
    SendLogs: Verb.LOGS,
    Configure: Verb.CONFIGURE,
    OrderRemedies: Verb.REMEDIES,
    Ring: Verb.RING,
    Erase: Verb.ERASE,
    UpdateRoster: Verb.ROSTER,
}


def _bad(expected: str) -> BadOrder:
    return BadOrder("bad_arguments", expected)


def _only(args: Args, *names: str) -> None:
    if set(args) != set(names):
        raise _bad(f"expected exactly: {', '.join(names) or 'nothing'}")


def _lock(args: Args) -> Order:
    _only(args, "now")
    if not isinstance(args["now"], bool):
        raise _bad("now is yes or no")
    return Lock(args["now"])


def _bare(order: Order) -> Callable[[Args], Order]:
    def read(args: Args) -> Order:
        _only(args)
        return order

    return read


def _message(args: Args) -> Order:
    _only(args, "text")
    text = args["text"]
    if not isinstance(text, str) or not 1 <= len(text) <= MESSAGE_LETTERS or not text.isprintable():
        raise _bad(f"a message has 1 to {MESSAGE_LETTERS} letters in one line")
    if not text.strip() or unicodedata.normalize("NFC", text) != text:
        raise _bad("a message has letters, and they are in their composed form (NFC)")
    return ShowMessage(text)


def _whole(args: Args, name: str, limits: tuple[int, int]) -> int:
    _only(args, name)
    value = args[name]
    if not Whole(*limits).takes(value):
        raise _bad(f"{name} is a whole number from {limits[0]} to {limits[1]}")
    return cast(int, value)


def _configure(args: Args) -> Order:
    _only(args, "name", "value")
    name, value = args["name"], args["value"]
    if not isinstance(name, str) or name not in SETTINGS:
        raise _bad(f"a setting that the office may change is one of: {', '.join(SETTINGS)}")
    limits = SETTINGS[name]
    if not limits.takes(value):
        words = f"{limits.least} to {limits.most}" if isinstance(limits, Whole) else "a language, as en"
        raise _bad(f"{name} is {words}")
    return Configure(name, value)


def _remedies(args: Args) -> Order:
    _only(args, "verdict", "order")
    try:
        verdict = PrintVerdict(args["verdict"])
        remedies = tuple(Remedy(one) for one in str(args["order"]).split(",") if one)
    except ValueError:
        raise _bad(f"expected a verdict, and remedies among: {','.join(one.value for one in Remedy)}") from None
    if verdict is PrintVerdict.GOOD or len(set(remedies)) != len(remedies):
        raise _bad("a good print has no remedy, and no remedy stands twice")
    return OrderRemedies(verdict, remedies)


def _roster(args: Args) -> Order:
    _only(args, "issued", "last", "people", "size", "sha256", "kid")
    match dict(args):
        case {
            "issued": str(issued),
            "last": str(last),
            "people": int(people),
            "size": int(size),
            "sha256": str(sha256),
            "kid": str(kid),
        } if Whole(0, MOST_PEOPLE).takes(args["people"]) and Whole(0, ROSTER_BYTES).takes(args["size"]):
            order = UpdateRoster(_day(issued), _day(last), people, size, sha256, kid)
        case _:
            raise _bad(f"a roster has up to {MOST_PEOPLE} people in up to {ROSTER_BYTES} bytes, and two days")
    sealed = bool(size) and bool(_SHA256.match(sha256)) and bool(_KID.match(kid))
    if order.last < order.issued or not (sealed if people else (size, sha256, kid) == (0, "", "")):
        raise _bad("a roster with people names its bytes and its key; one without names neither")
    return order


def _day(text: str) -> date:
    # Ten characters: Python reads other forms of a date too, and what is signed has one form.
    try:
        return date.fromisoformat(text if len(text) == 10 else "")
    except ValueError:
        raise _bad("a day is yyyy-mm-dd") from None


_READERS: Final[Mapping[Verb, Callable[[Args], Order]]] = {
    Verb.LOCK: _lock,
    Verb.UNLOCK: _bare(Unlock()),
    Verb.MESSAGE: _message,
    Verb.LOGS: lambda args: SendLogs(_whole(args, "lines", LOG_LINES)),
    Verb.CONFIGURE: _configure,
    Verb.REMEDIES: _remedies,
    Verb.RING: lambda args: Ring(_whole(args, "seconds", RING_S)),
    Verb.ERASE: _bare(Erase()),
    Verb.ROSTER: _roster,
}
