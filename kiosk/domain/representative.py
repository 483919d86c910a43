"""Who acts for a citizen that may not act alone: a child, or somebody under guardianship.

Law on Identity 26/2023/QH15: from 14 years on a card is had by oneself (Art. 19); between 6 and 14 the legal
representative acts, and portrait, prints and iris are taken; below 6 none of these is taken at all (Art. 23).
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from kiosk.domain.citizen import PersonalNumber
from kiosk.domain.consent import Consent
from kiosk.domain.dates import PartialDate

#: From this age on a citizen acts alone, in whole years.
ACTS_ALONE_FROM: Final = 14
#: From this age on portrait and prints are taken, in whole years.
BIOMETRICS_FROM: Final = 6


class Represented(StrEnum):
    """Why somebody is represented."""

    CHILD = "child"
    #: Under guardianship, or declared by a court unable to act or to understand (Civil Code 2015, Art. 22 and 23).
    WARD = "ward"


class Relation(StrEnum):
    """What the representative is to the citizen."""

    PARENT = "parent"
    ADOPTIVE_PARENT = "adoptive_parent"
    GUARDIAN = "guardian"
    OTHER = "other"


class RepresentativePaper(StrEnum):
    """What proves it."""

    BIRTH_CERTIFICATE = "birth_certificate"
    ADOPTION = "adoption"
    GUARDIANSHIP = "guardianship"
    COURT_DECISION = "court_decision"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Representative:
    """Who consents and signs in the citizen's place.

    `paper_number` is number and date of the paper as it says them; `officer` saw it, `at` (UTC) is when.
    """

    why: Represented
    relation: Relation
    paper: RepresentativePaper
    paper_number: str
    name: str
    number: PersonalNumber
    consent: Consent
    officer: str
    at: datetime


def must_be_represented(born: PartialDate, on: date) -> bool:
    """Say whether somebody is too young to act alone; an unknown day counts as the last one that it can be."""
    return born.age_on(on) < ACTS_ALONE_FROM


def without_biometrics(born: PartialDate, on: date) -> bool:
    """Say whether somebody is so young that neither portrait nor prints may be taken."""
    return born.age_on(on) < BIOMETRICS_FROM
