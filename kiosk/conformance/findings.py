"""What was found, rule by rule, and how it is told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from kiosk.wire.rules import OF_BOTH, OF_KIOSK, OF_OFFICE, RULES


class Side(StrEnum):
    """Who is tested."""

    KIOSK = "kiosk"
    OFFICE = "office"


class Verdict(StrEnum):
    """What became of a rule."""

    PASSED = "passed"
    FAILED = "failed"
    UNSEEN = "not testable from outside"
    UNREACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Breach:
    """What a rule demanded and what happened instead."""

    expected: str
    seen: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's row: `why` for what was not tested, `breaches` for what failed, `looks` at how many places it held."""

    rule: str
    verdict: Verdict
    looks: int = 0
    breaches: tuple[Breach, ...] = ()
    why: str = ""


def rules_of(side: Side) -> tuple[str, ...]:
    """The ids of the rules that bind this side."""
    own = OF_KIOSK if side is Side.KIOSK else OF_OFFICE
    return tuple(rule for rule in RULES if rule in OF_BOTH or rule in own)


@dataclass
class Findings:
    """Gathers. Raises KeyError for a rule that does not bind the side under test."""

    side: Side
    unseen: Mapping[str, str]
    _held: dict[str, int] = field(init=False)
    _broken: dict[str, list[Breach]] = field(init=False)
    _why: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self._held = dict.fromkeys(rules_of(self.side), 0)
        self._broken = {rule: [] for rule in self._held}
        self._why = dict(self.unseen)

    def expect(self, rules: str | Iterable[str], holds: bool, expected: str, seen: object = "nothing") -> bool:
        """Note whether these rules held here; gives `holds` back."""
        for rule in (rules,) if isinstance(rules, str) else rules:
            if holds:
                self._held[rule] += 1
            else:
                self._held[rule] += 0
                breach = Breach(expected, str(seen)[:300])
                if breach not in self._broken[rule]:
                    self._broken[rule].append(breach)
        return holds

    def any(self) -> bool:
        """Whether anything was looked at."""
        return any(self._held.values()) or any(self._broken.values())

    def never_held(self, rule: str) -> bool:
        """Whether this rule was broken and has held nowhere."""
        return bool(self._broken[rule]) and not self._held[rule]

    def unseeable(self, rule: str, why: str) -> None:
        """This rule could not be seen this time."""
        self._why[rule] = why

    def table(self) -> list[Finding]:
        """One row for each rule that binds this side."""
        return [self._row(rule) for rule in self._held]

    def _row(self, rule: str) -> Finding:
        held, broken = self._held[rule], tuple(self._broken[rule])
        if broken:
            return Finding(rule, Verdict.FAILED, held, broken)
        if held:
            return Finding(rule, Verdict.PASSED, held)
        if rule in self._why:
            return Finding(rule, Verdict.UNSEEN, why=self._why[rule])
        return Finding(rule, Verdict.UNREACHED, why="what comes before it failed")


_MARKS: Final = {Verdict.PASSED: "passed", Verdict.FAILED: "FAILED", Verdict.UNSEEN: "-", Verdict.UNREACHED: "?"}


def as_text(rows: Iterable[Finding]) -> str:
    """The rows as a table for people: id, verdict, sentence; what was expected and seen, or why not, below."""
    lines: list[str] = []
    rows = list(rows)
    for row in rows:
        lines.append(f"{row.rule:13} {_MARKS[row.verdict]:7} {RULES[row.rule]}")
        for breach in row.breaches:
            lines += [f"{'':21} expected: {breach.expected}", f"{'':21} seen:     {breach.seen}"]
        if row.why:
            lines.append(f"{'':21} {row.verdict}: {row.why}")
    counts = {verdict: sum(row.verdict is verdict for row in rows) for verdict in Verdict}
    lines += ["", ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)]
    return "\n".join(lines)


def as_json(side: Side, rows: Iterable[Finding]) -> str:
    """The rows for a program."""
    found = [
        {
            "id": row.rule,
            "rule": RULES[row.rule],
            "verdict": row.verdict.value,
            "looks": row.looks,
            "breaches": [{"expected": breach.expected, "seen": breach.seen} for breach in row.breaches],
            "why": row.why,
        }
        for row in rows
    ]
    return json.dumps({"v": 1, "side": side.value, "rules": found}, indent=2, ensure_ascii=False) + "\n"
