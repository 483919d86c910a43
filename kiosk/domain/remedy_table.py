"""The ladder of remedies as it is read from config/remedies.toml: strict, every fault named with its place.

A file may order, time and describe remedies. It cannot loosen the rules of safety, which stand here: ice water is
started by an officer after questions, for 30 seconds at most, never on dry skin; a dryer blows for 20 at most.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, TypeVar, cast

from kiosk.domain.errors import BadRemedies
from kiosk.domain.experience import Remedy
from kiosk.domain.quality import PrintVerdict

LONGEST_S: Final = {Remedy.ICE: 30, Remedy.DRYER: 20}
"""The most seconds that cold or moving air may last; other timers: LONGEST_TIMER_S."""

LONGEST_TIMER_S: Final = 120

ICE_QUESTIONS: Final = 4
"""Raynaud's, diabetes, heart disease, a wound: at least these are asked before ice water."""

ICE_NEVER_ON: Final = frozenset({PrintVerdict.TOO_DRY, PrintVerdict.TOO_LIGHT, PrintVerdict.NO_FINGER})
"""Cold makes dry skin worse, and a finger that is too faint to be seen is mostly a dry one."""

_OLDEST: Final = 150


@dataclass(frozen=True, slots=True)
class Prior:
    """What is expected of a remedy before anything was seen: so many helped of so many tries, so many points each."""

    helped: float
    tried: float
    gain: float


@dataclass(frozen=True, slots=True)
class Rung:
    """One remedy: its words and picture, how long, who starts it, for whom and for what."""

    remedy: Remedy
    words: str
    picture: str
    timer_s: int
    officer_starts: bool
    questions: tuple[str, ...]
    notes: tuple[str, ...]
    never_on: frozenset[PrintVerdict]
    youngest: int
    oldest: int
    #: From this age it comes only when nothing else is left; None for no such age.
    last_from: int | None
    repeatable: bool
    wipe_glass: bool
    whole_hand: bool
    priors: Mapping[PrintVerdict, Prior]
    #: In place of `priors` for the old.
    old_priors: Mapping[PrintVerdict, Prior]

    def for_age(self, age: int | None) -> bool:
        """Say whether it is for this age; a remedy limited by age is not for an unknown one."""
        if age is None:
            return self.youngest == 0 and self.oldest == _OLDEST
        return self.youngest <= age <= self.oldest

    def comes_last(self, age: int | None) -> bool:
        """Say whether at this age it waits until nothing else is left."""
        return self.last_from is not None and age is not None and age >= self.last_from

    def prior(self, verdict: PrintVerdict, age: int | None, *, old_from: int) -> Prior:
        """Give what is expected of it for this verdict and age. Raises KeyError for a verdict it is not for."""
        if age is not None and age >= old_from and verdict in self.old_priors:
            return self.old_priors[verdict]
        return self.priors[verdict]


@dataclass(frozen=True, slots=True)
class Remedies:
    """All remedies, in the order of the file, and the age from which people count as old."""

    source: str
    old_from: int
    rungs: tuple[Rung, ...]
    #: What the office orders to be offered first for a verdict, in this order.
    first: Mapping[PrintVerdict, tuple[Remedy, ...]] = field(default_factory=dict[PrintVerdict, tuple[Remedy, ...]])

    def with_first(self, verdict: PrintVerdict, order: tuple[Remedy, ...]) -> "Remedies":
        """Let these remedies come first for a verdict; none leaves the order to what has helped."""
        return replace(self, first={**self.first, verdict: order})

    def ladder(self, verdict: PrintVerdict) -> tuple[Rung, ...]:
        """Give the remedies that may be tried for a verdict, in the order of the file."""
        return tuple(rung for rung in self.rungs if verdict in rung.priors and verdict not in rung.never_on)

    def rung(self, remedy: Remedy) -> Rung:
        """Give one remedy. Every one of Remedy is there."""
        return next(rung for rung in self.rungs if rung.remedy is remedy)

    def whole_hand(self) -> frozenset[Remedy]:
        """Give those that reach all fingers of a hand: once done, they need not be asked for at its next finger."""
        return frozenset(rung.remedy for rung in self.rungs if rung.whole_hand)


def remedies_from(table: Mapping[str, object]) -> Remedies:
    """Build the ladder from the parsed TOML of config/remedies.toml. Raises BadRemedies, naming every fault."""
    faults = [f"unknown key {key!r}" for key in sorted(set(table) - {"source", "old_from", "remedy"})]
    head = _Row(table, "the ladder", faults)
    source, old_from = head.text("source"), head.whole("old_from", lowest=1, highest=_OLDEST)
    rows = table.get("remedy")
    if not isinstance(rows, list) or not rows:
        raise BadRemedies("; ".join([*faults, "the ladder has no [[remedy]]"]))
    read = [_rung(row, f"remedy {n}", faults) for n, row in enumerate(cast("list[object]", rows), start=1)]
    rungs = tuple(rung for rung in read if rung is not None)
    if not faults:
        faults = [fault for rung in rungs for fault in _unsafe(rung)] + _missing(rungs)
    if faults:
        raise BadRemedies("; ".join(faults))
    return Remedies(source, old_from, rungs)


def _missing(rungs: tuple[Rung, ...]) -> list[str]:
    """Name what does not fit together in rows that are each in order."""
    named = [rung.remedy for rung in rungs]
    faults = [f"{remedy.value} stands twice" for remedy in Remedy if named.count(remedy) > 1]
    faults += [f"{remedy.value} is missing" for remedy in Remedy if remedy not in named]
    faults += [
        f"nothing is offered for {verdict.value}"
        for verdict in PrintVerdict
        if verdict is not PrintVerdict.GOOD and not any(verdict in rung.priors for rung in rungs)
    ]
    return faults


def _unsafe(rung: Rung) -> list[str]:
    name = rung.remedy.value
    faults = [
        f"{name}: is tried on {verdict.value}, and never_on forbids it"
        for verdict in PrintVerdict
        if verdict in rung.never_on and verdict in rung.priors
    ]
    if rung.timer_s > LONGEST_S.get(rung.remedy, LONGEST_TIMER_S):
        faults.append(f"{name}: timer_s is at most {LONGEST_S.get(rung.remedy, LONGEST_TIMER_S)}")
    if PrintVerdict.GOOD in rung.priors:
        faults.append(f"{name}: a good print needs no remedy")
    faults += [
        f"{name}: old_prior names {verdict.value}, and prior does not"
        for verdict in PrintVerdict
        if verdict in rung.old_priors and verdict not in rung.priors
    ]
    return faults + (_unsafe_ice(rung) if rung.remedy is Remedy.ICE else [])


def _unsafe_ice(rung: Rung) -> list[str]:
    faults: list[str] = []
    if not rung.officer_starts:
        faults.append("ice: is started by an officer")
    if rung.timer_s == 0:
        faults.append("ice: needs a timer")
    if len(rung.questions) < ICE_QUESTIONS:
        faults.append(f"ice: asks at least {ICE_QUESTIONS} questions first")
    dry = sorted(verdict.value for verdict in ICE_NEVER_ON - rung.never_on)
    if dry:
        faults.append(f"ice: never_on lacks {', '.join(dry)}")
    return faults


_TEXTS: Final = frozenset({"id", "words", "picture", "questions", "notes", "never_on", "prior", "old_prior"})
_NUMBERS: Final = frozenset({"timer_s", "youngest", "oldest", "last_from"})
_SWITCHES: Final = frozenset({"officer_starts", "repeatable", "wipe_glass", "whole_hand"})
_KEYS: Final = _TEXTS | _NUMBERS | _SWITCHES

_E = TypeVar("_E", bound=StrEnum)


def _rung(row: object, place: str, faults: list[str]) -> Rung | None:
    """Read one row; what is wrong with it is added to `faults`."""
    if not isinstance(row, Mapping):
        faults.append(f"{place}: is not a table")
        return None
    table = cast("Mapping[str, object]", row)
    before = len(faults)
    faults += [f"{place}: unknown key {key!r}" for key in sorted(set(table) - _KEYS)]
    read = _Row(table, place, faults)
    remedy = read.one_of("id", Remedy)
    read.place = f"{place} ({remedy.value})" if remedy else place
    never_on = [read.member(name, PrintVerdict, "never_on") for name in read.texts("never_on")]
    found = Rung(
        remedy or Remedy.WASH,
        words=read.text("words"),
        picture=read.text("picture"),
        timer_s=read.whole("timer_s", lowest=0, highest=LONGEST_TIMER_S),
        officer_starts=read.switch("officer_starts"),
        questions=read.texts("questions"),
        notes=read.texts("notes"),
        never_on=frozenset(one for one in never_on if one is not None),
        youngest=read.whole("youngest", lowest=0, highest=_OLDEST, default=0),
        oldest=read.whole("oldest", lowest=0, highest=_OLDEST, default=_OLDEST),
        last_from=read.whole("last_from", lowest=0, highest=_OLDEST) if "last_from" in table else None,
        repeatable=read.switch("repeatable"),
        wipe_glass=read.switch("wipe_glass"),
        whole_hand=read.switch("whole_hand"),
        priors=read.priors("prior"),
        old_priors=read.priors("old_prior"),
    )
    return found if len(faults) == before else None


@dataclass(slots=True)
class _Row:
    """A table being read; every fault is added to the list with the row's place, and a harmless value returned."""

    table: Mapping[str, object]
    place: str
    faults: list[str]

    def fault(self, what: str) -> None:
        self.faults.append(f"{self.place}: {what}")

    def text(self, key: str) -> str:
        value = self.table.get(key)
        if isinstance(value, str) and value:
            return value
        self.fault(f"{key} must be a text that is not empty" if key in self.table else f"{key} is missing")
        return ""

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.table.get(key, [])
        if isinstance(value, list):
            rows = cast("list[object]", value)
            found = tuple(one for one in rows if isinstance(one, str) and one)
            if len(found) == len(rows) == len(set(found)):
                return found
        self.fault(f"{key} must be a list of texts, each once")
        return ()

    def switch(self, key: str) -> bool:
        value = self.table.get(key, False)
        if isinstance(value, bool):
            return value
        self.fault(f"{key} must be true or false")
        return False

    def whole(self, key: str, *, lowest: int, highest: int, default: int | None = None) -> int:
        if key not in self.table and default is not None:
            return default
        value = self.table.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest:
            return value
        self.fault(f"{key} must be a whole number from {lowest} to {highest}")
        return lowest

    def one_of(self, key: str, known: type[_E]) -> _E | None:
        name = self.text(key)
        return self.member(name, known, key) if name else None

    def member(self, name: str, known: type[_E], key: str) -> _E | None:
        for one in known:
            if one.value == name:
                return one
        self.fault(f"{key}: {name!r} is none of {', '.join(one.value for one in known)}")
        return None

    def priors(self, key: str) -> Mapping[PrintVerdict, Prior]:
        value = self.table.get(key, {})
        if not isinstance(value, Mapping):
            self.fault(f"{key} must be a table of verdicts")
            return {}
        found: dict[PrintVerdict, Prior] = {}
        for name, numbers in cast("Mapping[str, object]", value).items():
            verdict = self.member(name, PrintVerdict, key)
            prior = _prior(numbers)
            if prior is None:
                self.fault(f"{key}.{name} must be {{ helped, tried, gain }} with 0 < helped < tried and gain 0 to 100")
            elif verdict is not None:
                found[verdict] = prior
        return found


def _prior(value: object) -> Prior | None:
    """Read one prior; None for what is not one. Never 0 or all: no remedy is beyond learning."""
    if not isinstance(value, Mapping):
        return None
    numbers = cast("Mapping[str, object]", value)
    if set(numbers) != {"helped", "tried", "gain"}:
        return None
    found = [one for one in (numbers["helped"], numbers["tried"], numbers["gain"]) if isinstance(one, int | float)]
    if len(found) != 3 or any(isinstance(one, bool) for one in found):
        return None
    helped, tried, gain = found
    return Prior(helped, tried, gain) if 0 < helped < tried <= 1000 and 0 <= gain <= 100 else None
