"""What can keep a test from being made, as opposed to one that fails."""

from __future__ import annotations

from collections.abc import Sequence


class CannotTest(Exception):
    """The test could not be made, or must not be: the text says why and what to do."""


class Unmet(Exception):
    """A rule is broken in such a way that the scenario cannot go on."""

    def __init__(self, rules: Sequence[str], expected: str, seen: str) -> None:
        super().__init__(f"{', '.join(rules)}: expected {expected}, seen {seen}")
        self.rules = tuple(rules)
        self.expected = expected
        self.seen = seen
