"""The same person as enrolled and as a new card says, in one form that can be compared. Pure."""

from typing import Final

from kiosk.chip.keys import yymmdd
from kiosk.domain.citizen import Identity
from kiosk.storage.handover import Person
from kiosk.words.text import fold

_LINE: Final = 29
"""Letters of a name on a card's third line (TD1): thirty less the second filler behind the family name."""


def person_of(identity: Identity) -> Person:
    """Write number, name and birth date as both a card's lines and an enrolment can give them."""
    name = "<".join(fold(identity.name).replace("-", " ").split())
    return Person(
        number=identity.number.digits if identity.number is not None else "",
        name=name[:_LINE].rstrip("<"),
        born=yymmdd(identity.born),
    )
