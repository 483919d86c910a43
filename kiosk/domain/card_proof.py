"""What a chip card could and could not prove: four questions, each with its own answer (ICAO Doc 9303-11, 5 and 6).

Never one yes for everything. "Nobody here knows the country's signer" is an answer of its own and no sign of forgery.
"""

from dataclasses import dataclass
from enum import StrEnum


class Holds(StrEnum):
    """Proven, disproved, or not to be told with what is at hand."""

    YES = "yes"
    NO = "no"
    NOT_CHECKABLE = "not_checkable"


class Cause(StrEnum):
    """Why an answer is what it is, where people have to be told apart from the rest."""

    NONE = ""
    #: The country signer is not in this kiosk's trust store: most are not.
    NO_ANCHOR = "no_anchor"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    REVOKED = "revoked"
    #: The chip or the card offers nothing to check by.
    NOT_OFFERED = "not_offered"


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer; `reason` is an English sentence without personal data, for the office and the technician."""

    holds: Holds
    reason: str
    cause: Cause = Cause.NONE


@dataclass(frozen=True, slots=True)
class CardProof:
    """The table of a card that was read.

    `unmodified`: every file is the one the security object names. `signed`: the document signer named in `signer`
    signed that object. `trusted`: a country signer that this kiosk trusts issued the document signer. `genuine`: the
    chip holds the private key that its own file names (Active or Chip Authentication), so it is no copy. `access` says
    how the chip was opened.
    """

    unmodified: Finding
    signed: Finding
    trusted: Finding
    genuine: Finding
    signer: str = ""
    access: str = ""

    @property
    def questions(self) -> tuple[tuple[str, Finding], ...]:
        """The four answers in the order in which they are shown, by name."""
        return (
            ("unmodified", self.unmodified),
            ("signed", self.signed),
            ("trusted", self.trusted),
            ("genuine", self.genuine),
        )

    @property
    def signer_out_of_time(self) -> bool:
        """Whether the document signer's certificate has ended, or has not begun, by this kiosk's clock.

        That contradicts nothing that the card says: what was signed in time stays signed, and the clock may be wrong.
        """
        return self.trusted.holds is Holds.NO and self.trusted.cause in {Cause.EXPIRED, Cause.NOT_YET}

    @property
    def disproved(self) -> bool:
        """Whether anything was tried and does not hold, beside a signer's time: the office has to look at the card."""
        return any(
            finding.holds is Holds.NO
            for question, finding in self.questions
            if question != "trusted" or not self.signer_out_of_time
        )
