"""What can be wrong with something that came over the wire, and how it is told without repeating any of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

_UNKNOWN: Final = frozenset({"extra_forbidden", "unexpected_keyword_argument"})
_NAME: Final = re.compile(r"[a-z][a-z_]{0,31}")


def place_of(fault: Mapping[str, Any]) -> str:
    """Where a fault that pydantic found lies. A name that no model knows came with the message, and is not repeated."""
    path: Sequence[str | int] = fault["loc"]
    parts = [str(part) if isinstance(part, int) or _NAME.fullmatch(part) else "?" for part in path]
    if fault["type"] in _UNKNOWN and parts:
        parts[-1] = "?"
    return ".".join(parts) or "message"


class WireError(Exception):
    """Something on the wire is not as it should be."""


class BadTopic(WireError, ValueError):
    """A topic, or a name to build one from, is not of the tree."""


class BadMessage(WireError, ValueError):
    """A message is not one of those that its topic carries."""


class ChunkRefused(WireError):
    """A chunk contradicts its manifest, or the whole does not have the hash that the manifest promised."""
