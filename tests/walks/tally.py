"""What came of walks, in counts."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """What hands did and what came of it, over any number of walks."""

    walks: int = 0
    ends: Counter[str] = field(default_factory=Counter[str])
    meant: int = 0
    hit: int = 0
    stray: int = 0
    wrong: list[str] = field(default_factory=list[str])
    dead_ends: list[str] = field(default_factory=list[str])
    rejects: Counter[str] = field(default_factory=Counter[str])
    screens: Counter[str] = field(default_factory=Counter[str])
    missed_at: Counter[str] = field(default_factory=Counter[str])
    deeds: int = 0
    longest: int = 0

    def add(self, other: "Tally") -> None:
        """Add what another has counted."""
        for name, value in vars(other).items():
            mine = getattr(self, name)
            if name == "longest":
                self.longest = max(mine, value)
            elif isinstance(mine, Counter):
                mine.update(value)
            elif isinstance(mine, list):
                mine.extend(value)
            else:
                setattr(self, name, mine + value)

    def as_json(self) -> dict[str, Any]:
        """Give it as one tree of plain values."""
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()}

    @classmethod
    def from_json(cls, tree: dict[str, Any]) -> "Tally":
        """Read what as_json() gave."""
        counters = ("ends", "rejects", "screens", "missed_at")
        return cls(**{**tree, **{name: Counter(tree[name]) for name in counters}})
