"""How a check of a card ends: never one yes for everything, and never a no where nothing could be checked."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Proven, disproved, or not to be told with what is at hand."""

    YES = "yes"
    NO = "no"
    NOT_CHECKABLE = "not_checkable"


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check; `reason` is a sentence without personal data.

    `cause` is a word for what people must be told apart from the rest: no_anchor, expired, not_yet, revoked,
    not_offered. Mostly it is empty.
    """

    verdict: Verdict
    reason: str
    cause: str = ""
