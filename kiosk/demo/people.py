"""Five invented citizens of Hà Tĩnh: who plays the demo.

Owns their data. Nobody here lives: names, numbers, telephones and faces are made up; only the communes exist, each with
the one it was merged into on 1 July 2025 (Resolution 1665/NQ-UBTVQH15). Numbers follow Decree 137/2015 Art. 13 with 042
for Hà Tĩnh and a run of zeros in them; telephone numbers are 0300000 and three digits.
"""

from dataclasses import dataclass
from datetime import date

from kiosk.demo.drawing_look import Clothes, Hair, Look
from kiosk.demo.sitting import GOOD_SEAT, Seat
from kiosk.domain.capture_plan import Finger
from kiosk.domain.citizen import Home, PersonalNumber, Phone, PhoneOwner, Relatives, Sex
from kiosk.domain.dates import PartialDate


@dataclass(frozen=True, slots=True)
class DemoCard:
    """The old card that the citizen brings, a chip card of 2021. `expires` None is a card without expiry."""

    issued: date
    expires: date | None
    old_number: str | None
    origin: str
    residence: str


@dataclass(frozen=True, slots=True)
class DemoCitizen:
    """One invented citizen: what is true of them, what they bring, and how they behave at the kiosk.

    `weak_fingers` are pressed so at first, one way after the other, before what the kiosk advised has helped.
    `key` names them in files and commands. `corrects` is the step that they go back to, or None. `finger_seed` starts
    the synthetic prints, one number for all ten fingers. `residence_before` is where they live by the old map.
    `seat` is how they sit before the camera at first, until the kiosk asks for something else.
    """

    key: str
    name: str
    sex: Sex
    born: PartialDate
    number: PersonalNumber
    work: str
    card: DemoCard | None
    home: Home
    residence_before: str
    commune: str
    hamlet: str
    relatives: Relatives
    phone: Phone
    look: Look
    finger_seed: int
    missing_fingers: frozenset[Finger] = frozenset()
    weak_fingers: tuple[tuple[Finger, tuple[str, ...]], ...] = ()
    corrects: str | None = None
    seat: Seat = GOOD_SEAT

    @property
    def qr_text(self) -> str | None:
        """The seven fields of the QR code on the card's front, or None without a card."""
        if self.card is None:
            return None
        sex = "Nam" if self.sex is Sex.MALE else "Nữ"
        born = f"{self.born.day or 0:02d}{self.born.month or 0:02d}{self.born.year:04d}"
        old_number, residence = self.card.old_number or "", self.card.residence
        return "|".join(
            (self.number.digits, old_number, self.name, born, sex, residence, self.card.issued.strftime("%d%m%Y"))
        )


def people() -> tuple[DemoCitizen, ...]:
    """The five, in the order in which they come to the kiosk."""
    return (_salt_worker(), _fisherman(), _oldest(), _seamstress(), _farmer())


def _salt_worker() -> DemoCitizen:
    return DemoCitizen(
        key="nhuong",
        name="Đậu Thị Nhưỡng",
        sex=Sex.FEMALE,
        born=PartialDate(1951, 3, 17),
        number=PersonalNumber("042151000137"),
        work="diêm dân (salt worker)",
        card=DemoCard(
            issued=date(2021, 4, 15),
            expires=None,
            old_number="183000137",
            origin="Hộ Độ, Lộc Hà, Hà Tĩnh",
            residence="Thôn Vĩnh Phú, Hộ Độ, Lộc Hà, Hà Tĩnh",
        ),
        home=Home(
            origin="xã Hộ Độ, huyện Lộc Hà, tỉnh Hà Tĩnh",
            residence="thôn Vĩnh Phú, phường Trần Phú, tỉnh Hà Tĩnh",
        ),
        residence_before="thôn Vĩnh Phú, xã Hộ Độ, huyện Lộc Hà, tỉnh Hà Tĩnh",
        commune="Phường Trần Phú",
        hamlet="Thôn Vĩnh Phú",
        relatives=Relatives(father="Đậu Văn Diễn", mother="Lê Thị Quế", spouse="Nguyễn Hữu Thưởng"),
        phone=Phone(PhoneOwner.OWN, "0300000137"),
        look=Look(
            age=75,
            hair=Hair.COMBED_BACK,
            clothes=Clothes.BLOUSE,
            hair_colour=(176, 172, 170),
            skin=(206, 154, 114),
            clothes_colour=(70, 62, 110),
        ),
        finger_seed=1951,
        seat=Seat(near=0.5),
        # Salt dries the skin.
        weak_fingers=((Finger.RIGHT_INDEX, ("finger_too_dry",)),),
    )


def _fisherman() -> DemoCitizen:
    return DemoCitizen(
        key="duom",
        name="Hoàng Văn Đượm",
        sex=Sex.MALE,
        born=PartialDate(1958, 8, 2),
        number=PersonalNumber("042058000248"),
        work="ngư dân (fisherman)",
        card=DemoCard(
            issued=date(2021, 5, 6),
            expires=None,
            old_number="183000248",
            origin="Kỳ Hà, thị xã Kỳ Anh, Hà Tĩnh",
            residence="Thôn Nam Hà, Kỳ Hà, thị xã Kỳ Anh, Hà Tĩnh",
        ),
        home=Home(
            origin="xã Kỳ Hà, thị xã Kỳ Anh, tỉnh Hà Tĩnh",
            residence="thôn Nam Hà, phường Hải Ninh, tỉnh Hà Tĩnh",
        ),
        residence_before="thôn Nam Hà, xã Kỳ Hà, thị xã Kỳ Anh, tỉnh Hà Tĩnh",
        commune="Phường Hải Ninh",
        hamlet="Thôn Nam Hà",
        relatives=Relatives(father="Hoàng Viết Lãm", mother="Trần Thị Nhạn", spouse="Võ Thị Luyến"),
        phone=Phone(PhoneOwner.OWN, "0300000248"),
        look=Look(
            age=68,
            hair=Hair.SHORT,
            clothes=Clothes.SHIRT,
            hair_colour=(120, 118, 118),
            skin=(196, 140, 100),
            clothes_colour=(58, 92, 120),
            face_width=1.05,
        ),
        finger_seed=1958,
        seat=Seat(turned_px=45),
        weak_fingers=((Finger.RIGHT_THUMB, ("finger_too_wet",)), (Finger.RIGHT_MIDDLE, ("finger_too_hard",))),
        missing_fingers=frozenset({Finger.LEFT_LITTLE}),
    )


def _oldest() -> DemoCitizen:
    return DemoCitizen(
        key="oanh",
        name="Phan Thị Oánh",
        sex=Sex.FEMALE,
        born=PartialDate(1942),
        number=PersonalNumber("042142000359"),
        work="nghỉ làm ruộng (retired from the fields)",
        card=None,
        home=Home(
            origin="xã Ân Phú, huyện Vũ Quang, tỉnh Hà Tĩnh",
            residence="thôn Phú Hữu, xã Mai Hoa, tỉnh Hà Tĩnh",
        ),
        residence_before="thôn Phú Hữu, xã Ân Phú, huyện Vũ Quang, tỉnh Hà Tĩnh",
        commune="Xã Mai Hoa",
        hamlet="Thôn Phú Hữu",
        relatives=Relatives(father="Phan Đình Chước", mother="Nguyễn Thị Yểng"),
        phone=Phone(PhoneOwner.NONE),
        look=Look(
            age=84,
            hair=Hair.COMBED_BACK,
            clothes=Clothes.BLOUSE,
            hair_colour=(226, 224, 220),
            skin=(222, 178, 142),
            clothes_colour=(104, 62, 52),
            face_width=0.95,
        ),
        finger_seed=1942,
        seat=Seat(aside_px=-210),
        weak_fingers=((Finger.RIGHT_INDEX, ("finger_off_centre",)),),
    )


def _seamstress() -> DemoCitizen:
    return DemoCitizen(
        key="tho",
        name="Nguyễn Thị Quỳnh Thơ",
        sex=Sex.FEMALE,
        born=PartialDate(1964, 11, 20),
        number=PersonalNumber("042164000460"),
        work="thợ may (seamstress)",
        card=DemoCard(
            issued=date(2021, 6, 10),
            expires=date(2024, 11, 20),
            old_number="183000460",
            origin="Đỉnh Bàn, Thạch Hà, Hà Tĩnh",
            residence="Thôn Tân Hương, Đỉnh Bàn, Thạch Hà, Hà Tĩnh",
        ),
        home=Home(
            origin="xã Đỉnh Bàn, huyện Thạch Hà, tỉnh Hà Tĩnh",
            residence="thôn Tân Hương, xã Thạch Khê, tỉnh Hà Tĩnh",
        ),
        residence_before="thôn Tân Hương, xã Đỉnh Bàn, huyện Thạch Hà, tỉnh Hà Tĩnh",
        commune="Xã Thạch Khê",
        hamlet="Thôn Tân Hương",
        relatives=Relatives(father="Nguyễn Khắc Hưởng", mother="Đặng Thị Thuỷ", spouse="Trương Quốc Vượng"),
        phone=Phone(PhoneOwner.OWN, "0300000460"),
        look=Look(
            age=62,
            hair=Hair.COMBED_BACK,
            clothes=Clothes.SHIRT,
            hair_colour=(84, 78, 78),
            skin=(226, 182, 146),
            clothes_colour=(150, 72, 84),
            face_width=0.98,
        ),
        finger_seed=1964,
        corrects="phone",
    )


def _farmer() -> DemoCitizen:
    return DemoCitizen(
        key="khoan",
        name="Lê Đình Khoản",
        sex=Sex.MALE,
        born=PartialDate(1947, 2, 5),
        number=PersonalNumber("042047000571"),
        work="làm ruộng, cựu chiến binh (farmer, veteran)",
        card=DemoCard(
            issued=date(2021, 3, 29),
            expires=None,
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
        relatives=Relatives(father="Lê Đình Kỷ", mother="Bùi Thị Huệ", spouse="Phạm Thị Ưởng"),
        phone=Phone(PhoneOwner.OWN, "0300000571"),
        look=Look(
            age=79,
            hair=Hair.THIN,
            clothes=Clothes.SHIRT,
            hair_colour=(216, 214, 212),
            skin=(212, 164, 126),
            clothes_colour=(84, 100, 72),
            face_width=1.02,
        ),
        finger_seed=1947,
        seat=Seat(turned_px=-45),
    )
