"""The outcome of one question about a chip: yes, no, or not checkable with the reason."""

from dataclasses import dataclass
from typing import Final

from kiosk.chip.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Proof:
    """An outcome; `reason` is a sentence without personal data, `method` names how it was found, or is empty.

    `key_file` names the file whose key the chip proved to hold, or not to hold: DG14, DG15 or EF.CardSecurity. The
    outcome is worth as much as the signature over that file.
    """

    verdict: Verdict
    reason: str
    method: str = ""
    key_file: str = ""


NOT_ASKED: Final = Proof(Verdict.NOT_CHECKABLE, "it was not asked for")


def yes(method: str, reason: str, *, key_file: str) -> Proof:
    """It holds."""
    return Proof(Verdict.YES, reason, method, key_file)


def no(method: str, reason: str, *, key_file: str) -> Proof:
    """It was tried, and does not hold."""
    return Proof(Verdict.NO, reason, method, key_file)


def not_checkable(reason: str, method: str = "") -> Proof:
    """It could not be tried to the end."""
    return Proof(Verdict.NOT_CHECKABLE, reason, method)
