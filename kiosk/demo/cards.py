"""The demo's cards beside the citizens' old ones: the new one after an enrolment, and the officer's own.

Owns what is printed on them; the chips are made by kiosk.demo.stage.
"""

from dataclasses import replace
from datetime import UTC, date, datetime
from enum import StrEnum

from kiosk.demo.drawing_look import Clothes, Hair, Look
from kiosk.demo.people import DemoCard, DemoCitizen
from kiosk.domain.citizen import Home, PersonalNumber, Phone, PhoneOwner, Relatives, Sex
from kiosk.domain.dates import PartialDate


class Card(StrEnum):
    """Whose card, and which."""

    OWN = "own"
    #: The card that was made after the enrolment, to be tried out at its handing over.
    NEW = "new"
    #: A new card with a mistake in the name.
    MISSPELT = "misspelt"
    OFFICER = "officer"


def holder_of(card: Card, citizen: DemoCitizen) -> DemoCitizen:
    """Give the person as this card tells of them; their `card` is None where there is no such card."""
    match card:
        case Card.OWN:
            return citizen
        case Card.OFFICER:
            return officer()
        case Card.NEW:
            return _newly(citizen)
        case Card.MISSPELT:
            return replace(_newly(citizen), name=_misspelt(citizen.name))


def officer() -> DemoCitizen:
    """The officer who signs in with their own card; invented and drawn as everybody here."""
    return DemoCitizen(
        key="can_bo",
        name="Trịnh Công Sứng",
        sex=Sex.MALE,
        born=PartialDate(1990, 3, 4),
        number=PersonalNumber("042090000682"),
        work="cán bộ (officer)",
        card=DemoCard(
            issued=date(2022, 5, 12),
            expires=date(2030, 3, 4),
            old_number=None,
            origin="Thạch Kênh, Thạch Hà, Hà Tĩnh",
            residence="Thôn Thượng Nguyên, Thạch Kênh, Thạch Hà, Hà Tĩnh",
        ),
        home=Home(
            origin="xã Thạch Kênh, huyện Thạch Hà, tỉnh Hà Tĩnh",
            residence="thôn Thượng Nguyên, xã Đông Kinh, tỉnh Hà Tĩnh",
        ),
        residence_before="thôn Thượng Nguyên, xã Thạch Kênh, huyện Thạch Hà, tỉnh Hà Tĩnh",
        commune="Xã Đông Kinh",
        hamlet="Thôn Thượng Nguyên",
        relatives=Relatives(father="Trịnh Công Lệ", mother="Phan Thị Hường"),
        phone=Phone(PhoneOwner.OWN, "0300000682"),
        look=Look(
            age=36,
            hair=Hair.SHORT,
            clothes=Clothes.SHIRT,
            hair_colour=(30, 28, 28),
            skin=(214, 166, 128),
            clothes_colour=(66, 96, 66),
        ),
        finger_seed=1990,
    )


def _newly(citizen: DemoCitizen) -> DemoCitizen:
    """Give the citizen with a card issued today; who is past sixty gets one without expiry (Law 26/2023, Art. 21)."""
    if citizen.born.whole is None:
        return replace(citizen, card=None)
    today = datetime.now(UTC).astimezone().date()
    made = DemoCard(
        issued=today, expires=None, old_number=None, origin=citizen.home.origin, residence=citizen.home.residence
    )
    return replace(citizen, card=made)


def _misspelt(name: str) -> str:
    """Swap the last two letters, as tired eyes do."""
    return name[:-2] + name[-1] + name[-2]
