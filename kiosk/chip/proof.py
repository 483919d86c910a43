"""The outcome of one question about a chip: yes, no, or not checkable with the reason."""

from dataclasses import dataclass
from typing import Final

from kiosk.chip.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Proof:
    """An outcome; `reason` is a sentence without personal data, `method` names how it was found, or is empty."""

    verdict: Verdict
    reason: str
    method: str = ""


NOT_ASKED: Final = Proof(Verdict.NOT_CHECKABLE, "it was not asked for")


def yes(method: str, reason: str) -> Proof:
    """It holds."""
    return Proof(Verdict.YES, reason, method)


def no(method: str, reason: str) -> Proof:
    """It was tried, and does not hold."""
    return Proof(Verdict.NO, reason, method)


def not_checkable(reason: str, method: str = "") -> Proof:
    """It could not be tried to the end."""
    return Proof(Verdict.NOT_CHECKABLE, reason, method)
