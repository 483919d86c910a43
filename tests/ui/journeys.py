"""Every screen that the journey can show, as the journey itself shows it: advance() and render() driven to each moment.

`MOMENTS` names each of them ("print.exception", "edit.home.problem"); `view_of(name, language)` draws it up. The people
are invented, and their texts are as long as texts get.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

from kiosk.chip.qr_code import qr_rows
from kiosk.domain.access import Access
from kiosk.domain.capture_plan import Earlier, ExceptionReason, Finger
from kiosk.domain.card_proof import CardProof, Cause, Finding, Holds
from kiosk.domain.citizen import DocumentSource, Home, Identity, PersonalNumber, Relatives, Sex
from kiosk.domain.contradictions import Source, Statement
from kiosk.domain.dates import PartialDate
from kiosk.domain.enrolment import Capture
from kiosk.domain.experience import Remedy, Tally
from kiosk.domain.photo_coach import ARROWS, Advice
from kiosk.domain.portrait import PortraitNote
from kiosk.domain.quality import PortraitSay, PrintVerdict
from kiosk.domain.remedies import NO_REMEDIES
from kiosk.domain.roster import Mode, RosterRow
from kiosk.domain.visits import EarlierVisit
from kiosk.journey.contradicting import open_contradictions
from kiosk.journey.events import (
    CardNeedsKey,
    CardWanted,
    DeviceTrouble,
    DocumentFailed,
    DocumentProgress,
    DocumentRead,
    FingerTouched,
    KioskLocked,
    OfficeMessage,
    PortraitTaken,
    PrintProgress,
    RosterFound,
    RosterMatched,
    RosterTold,
    SealFailed,
    SignedIn,
    SignInRefused,
    TimerFired,
)
from kiosk.journey.listing import Query
from kiosk.journey.portrait import SHOWN
from kiosk.journey.print_view import DIRECTIONS
from kiosk.journey.remembered import HandoverCompared, VisitRecalled
from kiosk.journey.rendering import render
from kiosk.journey.session import Rules, Session
from kiosk.journey.status import Status
from kiosk.journey.view import View
from kiosk.words.language import Language, languages
from tests.journey.script import BEGAN, CATALOGUES, FINGERS, OFFICER, Kiosk, with_rules
from tests.ui.pauses import paused_moments, represented_moments

LANGUAGES: Final[tuple[Language, ...]] = languages()
#: One pair of hands shows all moments here: nobody is fetched because of that.
RULES: Final = with_rules(ribbon="ribbon.simulated", here={}, rounds_before_help=1_000_000)
ADDRESS: Final = "Thôn Tân Hương, xã Thạch Khê, tỉnh Hà Tĩnh (trước đây: xã Đỉnh Bàn, huyện Thạch Hà)"
NUMBER: Final = PersonalNumber("042150001234")
CITIZEN: Final = Identity(
    DocumentSource.CHIP,
    "NGUYỄN HOÀNG THỊ PHƯƠNG DUNG",
    PartialDate(1950, 7, 1),
    number=NUMBER,
    sex=Sex.FEMALE,
    document_expires=date(2030, 7, 1),
)
UNDATED: Final = Identity(DocumentSource.QR, "TRƯƠNG VĂN KHUYẾN", PartialDate(1943), sex=Sex.MALE)
HOME: Final = Home(ADDRESS, ADDRESS)
#: A message of the office as long as one may be.
MESSAGE: Final = (
    "Chiều nay bốn giờ mang máy và pin dự phòng về trụ sở công an xã Thạch Khê, gặp đồng chí Nguyễn Hoàng Phương để đổi"
)
FAMILY: Final = Relatives("Nguyễn Hoàng Văn Khuyến", "Trương Trần Thị Nhường", "Đặng Nguyễn Quốc Thưởng")
YES: Final = Finding(Holds.YES, "it holds")
NO_ANCHOR: Final = Finding(Holds.NOT_CHECKABLE, "no trust anchor", Cause.NO_ANCHOR)
PROOF: Final = CardProof(YES, YES, NO_ANCHOR, YES, "x", "PACE MRZ")
#: All that can be disproved of a card at once.
DISPROVED: Final = CardProof(
    Finding(Holds.NO, "DG2 differs"),
    Finding(Holds.NO, "another's"),
    Finding(Holds.NO, "revoked", Cause.REVOKED),
    Finding(Holds.NO, "a copy"),
)
CHIP: Final = Statement(Source.CHIP, CITIZEN.name, CITIZEN.born, NUMBER, "183456789", Sex.FEMALE, ADDRESS)
#: A code that says something else of everything.
CODE: Final = Statement(
    Source.QR,
    "NGUYỄN HOÀNG THỊ PHƯƠNG THẢO NGUYÊN",
    PartialDate(1951, 7, 1),
    PersonalNumber("001151001234"),
    "183456780",
    Sex.MALE,
    "Tổ dân phố Liên Tân, thị trấn Thạch Hà, huyện Thạch Hà, tỉnh Hà Tĩnh",
)
CALM: Final = Status(battery_percent=87, on_mains=True, link="online")
#: All that can be wrong with a kiosk that still works, at once.
LOADED: Final = Status(
    battery_percent=9,
    on_mains=False,
    waiting=128,
    link="office_not_trusted",
    faults=("trouble.speech",),
    battery_low=True,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """One state of the journey, and how the kiosk itself is at that moment."""

    session: Session
    status: Status | None = None

    def view(self, language: Language) -> View:
        """Draw up the screen, with the claim as the runtime hands it to the window: as rows of a QR."""
        session = replace(self.session, language=language)
        view = render(session, RULES, CATALOGUES[language], self.status)
        return view if view.claim is None else replace(view, claim=qr_rows(view.claim))


Named = tuple[str, Moment]


@cache
def moments() -> dict[str, Moment]:
    """Play the journey and give all moments by name, in the order in which people meet them."""
    found: dict[str, Moment] = {}
    for part in (_at_the_door, _with_cards, _document, _read_backs, _prints, _portrait, _later_visit, _end, _covers):
        for name, moment in part():
            assert name not in found, name
            found[name] = moment
    return found


def view_of(name: str, language: Language, **changes: object) -> View:
    """Give the View of a moment; `changes` replace single fields of it."""
    view = _drawn_up(name, language)
    return replace(view, **changes) if changes else view  # pyright: ignore[reportArgumentType]


@cache
def _drawn_up(name: str, language: Language) -> View:
    return moments()[name].view(language)


def written_view(name: str, language: Language) -> View:
    """Give the View of a moment for who cannot hear: all that is said is written."""
    moment = moments()[name]
    return replace(moment, session=replace(moment.session, access=Access.DEAF)).view(language)


def views(language: Language) -> Iterator[tuple[str, View]]:
    """Give every moment with its View."""
    for name in moments():
        yield name, view_of(name, language)


def _now(kiosk: Kiosk, status: Status | None = None) -> Moment:
    return Moment(kiosk.session, status)


def _citizen_read(kiosk: Kiosk, citizen: Identity = CITIZEN) -> Kiosk:
    read = DocumentRead(citizen, home=HOME, relatives=FAMILY, portrait=portrait_file(), hashes="yes")
    return kiosk.happens(replace(read, proof=PROOF, statements=(CHIP,) if citizen is CITIZEN else ()))


def _at_the_door() -> Iterator[Named]:
    kiosk = Kiosk(RULES)
    yield "signin", _now(kiosk, CALM)
    yield "signin.faults", _now(kiosk, LOADED)
    kiosk.fill(officer=OFFICER, pin="482913")
    yield "signin.busy", _now(kiosk, CALM)
    kiosk.happens(SignInRefused(3, 0))
    yield "signin.refused", _now(kiosk, CALM)
    kiosk.fill(officer=OFFICER, pin="482913").happens(SignInRefused(0, 599.2))
    yield "signin.wait", _now(kiosk, CALM)
    kiosk.happens(SignedIn(OFFICER))
    yield "standby", _now(kiosk, CALM)
    yield "standby.faults", _now(kiosk, LOADED)
    full = Kiosk(RULES).signed_in().happens(DeviceTrouble("outbox", "full")).touch("yes")
    yield "full", _now(full, LOADED)
    kiosk = Kiosk(RULES).begin()
    again = kiosk.power_cut()
    again.fill(officer=OFFICER, pin="482913").happens(SignedIn(OFFICER, again.draft))
    yield "resume", _now(again, CALM)
    kiosk = Kiosk(RULES).signed_in().touch("yes")
    yield "welcome", _now(kiosk)
    kiosk.touch("yes")
    yield "consent", _now(kiosk)
    kiosk.touch("other")
    yield "declined", _now(kiosk)


def _with_cards() -> Iterator[Named]:
    """The officer's own card at the sign-in, and a new card at its handing over."""
    kiosk = Kiosk(RULES).fill(officer=OFFICER, pin="482913").happens(CardWanted())
    yield "signin.card", _now(kiosk, CALM)
    yield "signin.reading", _now(kiosk.happens(DocumentProgress(40)), CALM)
    yield "signin.number", _now(kiosk.happens(DocumentFailed("wrong_key")), CALM)
    kiosk = Kiosk(RULES).fill(officer=OFFICER, pin="482913").happens(CardWanted())
    yield "signin.unproven", _now(kiosk.happens(DocumentFailed("unproven")), CALM)
    kiosk = Kiosk(RULES).fill(officer=OFFICER, pin="482913").happens(SignInRefused(0, 0, "card"))
    yield "signin.other_card", _now(kiosk, CALM)
    kiosk = Kiosk(RULES).signed_in().press_help().touch("other", "officer.handover")
    yield "handover", _now(kiosk)
    read = DocumentRead(CITIZEN, portrait=portrait_file(), proof=PROOF)
    ended = replace(PROOF, trusted=Finding(Holds.NO, "its signer's certificate has ended", Cause.EXPIRED))
    again = Kiosk(RULES).signed_in().press_help().touch("other", "officer.handover").happens(replace(read, proof=ended))
    again.happens(HandoverCompared("x", "24/11/2026", 104_207, number=True, name=True, born=True))
    yield again.view().key, _now(again)
    for found in (
        HandoverCompared("x", "24/11/2026", 104_207, number=True, name=True, born=True),
        HandoverCompared("x", "24/11/2026", None, number=True, name=False, born=True),
        HandoverCompared(),
    ):
        again = Kiosk(RULES).signed_in().press_help().touch("other", "officer.handover").happens(read).happens(found)
        yield again.view().key, _now(again)


def _document() -> Iterator[Named]:
    kiosk = Kiosk(RULES).begin()
    yield "document", _now(kiosk)
    kiosk.touch("yes")
    yield "document.waiting", _now(kiosk)
    for device in ("card", "camera"):
        yield f"document.no_{device}", _now(Kiosk(RULES).begin().happens(DeviceTrouble(device, "gone")))
    for reason in ("lifted", "wrong_key"):
        kiosk = Kiosk(RULES).begin().happens(DocumentProgress(30))
        yield f"document.{reason}", _now(kiosk.happens(DocumentFailed(reason)))
    kiosk = Kiosk(RULES).begin().happens(DocumentProgress(60))
    yield "document.reading", _now(kiosk)
    kiosk = Kiosk(RULES).begin().happens(CardNeedsKey())
    yield "document.number", _now(kiosk)
    kiosk.fill(number="0421500", born="01/07/1950", expires="01/07/2030")
    yield "document.number.short", _now(kiosk)
    kiosk.fill(number=NUMBER.digits, born="31/02/1950", expires="")
    yield "document.number.date", _now(kiosk)
    kiosk.fill(number=NUMBER.digits, born="02/07/1950", expires="01/07/2030").happens(DocumentFailed("wrong_key"))
    yield "document.number.key", _now(kiosk)
    kiosk = Kiosk(RULES).begin().touch("other")
    yield "edit.identity.empty", _now(kiosk)
    yield from _roster()


#: People of one village whose names are as long as names get.
LISTED: Final = tuple(
    RosterRow(f"Nguyễn Hoàng {middle} Phương {given}", born, address=place, mode=mode)
    for middle, given, born, place, mode in (
        ("Thị", "Dung", PartialDate(1950, 7, 1), "Thôn Tân Hương, xã Thạch Khê", Mode.KIOSK),
        ("Văn", "Dũng", PartialDate(1943), "Tổ dân phố Liên Tân, thị trấn Thạch Hà", Mode.BED),
        *(("Thị", f"Dương {n}", PartialDate(1950 + n, 1, n), f"Thôn Đông Hải {n}", Mode.DOOR) for n in range(1, 11)),
    )
)


def _roster() -> Iterator[Named]:
    """Somebody without a card is looked up in the office's list, and somebody with one is on it or not."""
    kiosk = Kiosk(RULES).signed_in().happens(RosterTold(312))
    yield "standby.roster", _now(kiosk, replace(CALM, roster=(3, 12)))
    kiosk.touch("yes", "yes", "yes", "other")
    yield "roster.find", _now(kiosk)
    query = Query("nguyen hoang phuong du", "", "")
    kiosk.fill(name=query.name, year="", number="").happens(RosterFound(query, "one", (), 0))
    yield "roster.find.nobody", _now(kiosk)
    yield "roster.pick", _now(kiosk.happens(RosterFound(query, "one", LISTED, 40)))
    yield "identity.unlisted", _now(_citizen_read(Kiosk(RULES).begin()).happens(RosterMatched(CITIZEN, "one")))
    row = replace(LISTED[0], born=PartialDate(1951, 7, 1))
    listed = _citizen_read(Kiosk(RULES).begin()).happens(RosterMatched(CITIZEN, "one", row))
    listed.touch("yes", "yes", "yes", "other", "yes").all_fingers().touch("yes").held_still()
    kiosk = _portrayed(listed).touch("yes").same_face()
    assert kiosk.view().key == "officer.settle"
    yield "officer.settle.roster", _now(kiosk)


def _read_backs() -> Iterator[Named]:
    kiosk = Kiosk(RULES).begin().card_read(UNDATED, Home())
    yield "identity.partial", _now(kiosk)
    yield "edit.home.empty", _now(kiosk.touch("yes"))
    yield "relatives.unknown", _now(kiosk.fill(origin="", residence=ADDRESS).touch("yes"))
    kiosk = _citizen_read(Kiosk(RULES).begin())
    yield "identity", _now(kiosk)
    kiosk.touch("other")
    yield "edit.identity", _now(kiosk)
    kiosk.fill(name="", born="1950", sex="Nữ", number=NUMBER.grouped)
    yield "edit.identity.problem", _now(kiosk)
    kiosk.touch("other", "yes")
    yield "home", _now(kiosk)
    kiosk.touch("other")
    yield "edit.home", _now(kiosk)
    kiosk.fill(origin=ADDRESS, residence="")
    yield "edit.home.problem", _now(kiosk)
    kiosk.touch("other", "yes")
    yield "relatives", _now(kiosk)
    yield "edit.relatives", _now(kiosk.touch("other"))
    kiosk.touch("other", "yes")
    yield "phone", _now(kiosk)
    yield "edit.phone", _now(kiosk.touch("yes"))
    kiosk.fill(phone="091234567")
    yield "edit.phone.problem", _now(kiosk)
    kiosk.fill(phone="0912 345 678")
    yield "hands", _now(kiosk)


def _prints() -> Iterator[Named]:
    kiosk = _at_prints()
    for place, finger in enumerate(FINGERS):
        yield f"print.{finger.value}", _now(kiosk)
        if place in {1, 6}:
            kiosk.touch("other").touch(ExceptionReason.MISSING)
        else:
            kiosk.good_print()
    kiosk = _at_prints().good_print().happens(FingerTouched())
    yield "print.touched", _now(kiosk)
    yield "print.busy", _now(kiosk.happens(PrintProgress(60)))
    yield "print.good", _now(_at_prints().print_taken())
    yield from _remedies()
    kiosk = _at_prints(Kiosk(_only(Remedy.WASH))).print_taken(38, PrintVerdict.TOO_DRY).remedy_over()
    yield "print.second_try", _now(kiosk)
    powdered = Kiosk(_knowing(Remedy.POWDER))
    yield "print.wiped", _now(_at_prints(powdered).print_taken(30, PrintVerdict.TOO_WET).remedy_over())
    kiosk = _at_prints().good_print().print_taken(same_as=FINGERS[0])
    yield "print.same", _now(kiosk)
    yield "print.which", _now(kiosk.print_taken(same_as=FINGERS[0]))
    dead = _at_prints().happens(DeviceTrouble("fingerprint", "gone"))
    yield "print.exception.sensor", _now(dead.touch("other"))
    kiosk = _at_prints()
    while kiosk.session.phase != "exception":
        if kiosk.session.phase in {"offer", "doing"}:
            kiosk.touch("other")
        else:
            kiosk.print_taken(12, PrintVerdict.TOO_LIGHT)
    yield "print.exception", _now(kiosk)


def _only(remedy: Remedy) -> Rules:
    """Rules of a kiosk that knows no other remedy, and has not seen it yet."""
    rungs = tuple(rung for rung in RULES.remedies.rungs if rung.remedy is remedy)
    return replace(RULES, here={}, remedies=replace(RULES.remedies, rungs=rungs))


def _knowing(remedy: Remedy) -> Rules:
    """Rules of a kiosk where this remedy has helped as nothing else."""
    here = {(verdict, one): Tally(40, 0, 0) for verdict in PrintVerdict for one in Remedy}
    return replace(RULES, here={**here, **{(verdict, remedy): Tally(40, 34, 700) for verdict in PrintVerdict}})


def _remedies() -> Iterator[Named]:
    """Every remedy as it is shown first, the questions of one, and the last second of another."""
    for rung in RULES.remedies.rungs:
        verdict = next(iter(rung.priors))
        # For the old, ice comes last of all.
        kiosk = _at_prints(Kiosk(_knowing(rung.remedy)), replace(CITIZEN, born=PartialDate(1980)))
        yield rung.words, _now(kiosk.print_taken(30, verdict))
        if rung.remedy is Remedy.DRYER:
            yield f"{rung.words}.doing", _now(kiosk.touch("yes"))
        if rung.remedy is Remedy.ICE:
            kiosk.touch("yes")
            yield "remedy.ask", _now(kiosk)
            while kiosk.view().key == "remedy.ask":
                kiosk.touch("other")
            while kiosk.session.coach.left_s > 1:
                kiosk.time_is_over("remedy")
            yield f"{rung.words}.doing", _now(kiosk)
    for move in DIRECTIONS:
        yield f"remedy.move.{move}", _now(_at_prints().print_taken(30, PrintVerdict.OFF_CENTRE, move=move))
    untold = Kiosk(replace(RULES, remedies=NO_REMEDIES))
    yield "print.again", _now(_at_prints(untold).print_taken(30, PrintVerdict.TOO_DRY))


#: Each kind of arrow, the ring, and the longest sentence.
SAID: Final = (
    *(PortraitSay.NOTHING, PortraitSay.CLOSER, PortraitSay.MOVE_LEFT, PortraitSay.CHIN_UP, PortraitSay.TURN_RIGHT),
    PortraitSay.CAMERA_FROZEN,
)


def _at_prints(kiosk: Kiosk | None = None, citizen: Identity = CITIZEN) -> Kiosk:
    found = _citizen_read((kiosk or Kiosk(RULES)).begin(), citizen)
    return found.touch("yes", "yes", "yes", "other", "yes").at("print.right_thumb")


def _portrait() -> Iterator[Named]:
    kiosk = _at_prints().all_fingers()
    yield "portrait.prepare", _now(kiosk)
    yield "portrait.mirror", _now(kiosk.touch("other"))
    kiosk.touch("other", "yes")
    yield "portrait.look", _now(kiosk)
    for say in SAID:
        held = 0.6 if say is PortraitSay.NOTHING else 0.0
        advice = Advice(say, speak=True, arrow=ARROWS.get(say, ""), held=held)
        yield f"portrait.look.{say.value}", _now(kiosk.seen(advice))
    kiosk.seen(Advice(PortraitSay.NOTHING), PortraitSay.GLASSES_OFF, PortraitSay.FLAT)
    yield "portrait.look.late", _now(kiosk.time_is_over("patience"))
    kiosk.touch("other")
    yield "portrait.menu", _now(kiosk)
    for shown in SHOWN:
        yield shown, _now(kiosk.touch(shown))
        kiosk.touch("yes", "other")
    kiosk.touch("portrait.take").time_is_over("countdown")
    yield "portrait.look.3", _now(kiosk)
    for _ in range(3):
        kiosk.time_is_over("countdown")
    yield "portrait.look.busy", _now(kiosk)
    yield "portrait.review", _now(_portrayed(kiosk))
    kiosk.touch("other")
    for _ in range(3):
        kiosk.held_still().portrait_taken(PortraitSay.EYES_OPEN)
    yield "portrait.review.earlier", _now(kiosk)
    kiosk = _at_prints().all_fingers().touch("yes").happens(TimerFired("patience")).touch("other", "portrait.take")
    for _ in range(4):
        kiosk.time_is_over("countdown")
    kiosk.portrait_taken(PortraitSay.MOUTH_CLOSED, note=PortraitNote(not_met=("mouth_closed",))).touch("yes")
    yield "officer.portrait", _now(kiosk)
    yield from _looks()


def _looks() -> Iterator[Named]:
    """The officer's two looks, at a good card, at one with everything disproved, and at every kind of contradiction."""
    kiosk = _portrayed(_at_prints().all_fingers().touch("yes").held_still())
    yield "officer.face", _now(kiosk.touch("yes"))
    kiosk = Kiosk(RULES).begin()
    kiosk.happens(DocumentRead(CITIZEN, home=HOME, portrait=portrait_file(), proof=DISPROVED, statements=(CHIP, CODE)))
    kiosk.touch("yes", "yes", "yes", "other", "yes").all_fingers().touch("yes").held_still()
    yield "officer.face.disproved", _now(_portrayed(kiosk).touch("yes"))
    kiosk.same_face()
    while kiosk.view().key == "officer.settle":
        matter = open_contradictions(kiosk.session.answers)[0].matter
        yield f"officer.settle.{matter.value}", _now(kiosk)
        kiosk.touch("said.chip")
    odd = replace(CITIZEN, number=PersonalNumber("042049001234"))
    kiosk = Kiosk(RULES).begin().happens(DocumentRead(odd, home=HOME, portrait=portrait_file()))
    kiosk.touch("yes", "yes", "yes", "other", "yes").all_fingers().touch("yes").held_still()
    yield "officer.settle.number_form", _now(_portrayed(kiosk).touch("yes").same_face())


def _portrayed(kiosk: Kiosk) -> Kiosk:
    return kiosk.happens(PortraitTaken(kiosk.session.sitter.sitting, "portrait", portrait_file(), (), "camera"))


def _at_review(*, excepted: int = 0, phone: str = "") -> Kiosk:
    kiosk = _citizen_read(Kiosk(RULES).begin()).touch("yes", "yes", "yes")
    kiosk = kiosk.touch("yes").fill(phone=phone) if phone else kiosk.touch("other")
    kiosk.touch("yes")
    for place in range(len(FINGERS)):
        if place < excepted:
            kiosk.touch("other").touch(ExceptionReason.WORN)
        else:
            kiosk.good_print()
    kiosk.touch("yes")
    return _portrayed(kiosk.held_still()).touch("yes").same_face().at("review")


OLD_PACKAGE: Final = "0193b3a0-0000-7abc-8def-000000000000"


def _later_visit() -> Iterator[Named]:
    """Somebody comes again whose prints were weak: a few of them, and all."""
    thumb, ring = Earlier(38, PrintVerdict.TOO_DRY, again=True), Earlier(reason=ExceptionReason.INJURED, again=True)
    few = EarlierVisit(OLD_PACKAGE, BEGAN, {"print.right_thumb": thumb, "print.left_ring": ring})
    kiosk = _citizen_read(Kiosk(RULES).begin()).happens(VisitRecalled(NUMBER, few)).touch("yes")
    yield "visit", _now(kiosk)
    kiosk.touch("yes", "yes").good_print()
    yield "visit.second_finger", _now(kiosk)
    kiosk.touch("other").touch("injured")
    yield "officer.face.again", _now(kiosk)
    yield "visit.review", _now(kiosk.touch("yes"))
    all_weak = replace(few, weak={f"print.{finger.value}": thumb for finger in FINGERS})
    kiosk = _citizen_read(Kiosk(RULES).begin()).happens(VisitRecalled(NUMBER, all_weak)).touch("yes")
    yield "visit.all", _now(kiosk)


def _end() -> Iterator[Named]:
    kiosk = _at_review()
    yield "review", _now(kiosk)
    yield "review.exceptions", _now(_at_review(excepted=3, phone="0912345678"))
    open_slot = replace(kiosk.session, answers=replace(kiosk.session.answers, slots={}))
    yield "review.open", _now(Kiosk(RULES, session=open_slot).touch("yes"))
    yield "fix", _now(kiosk.touch("other"))
    kiosk.touch("yes", "yes")
    yield "sealing", _now(kiosk)
    for reason in ("full", "storage"):
        yield f"sealing.{reason}", _now(_at_review().touch("yes").happens(SealFailed(reason)))
    kiosk = _at_review().sealed()
    yield "farewell", _now(kiosk)
    yield "farewell.receipt", _now(kiosk.receipt(104_207))


def _covers() -> Iterator[Named]:
    yield "help.standby", _now(Kiosk(RULES).signed_in().press_help(), LOADED)
    yield "help", _now(_at_review().press_help())
    menu = _at_review().press_help().touch("other")
    yield "menu", _now(menu)
    yield "menu.address", _now(menu.touch("menu.address"))
    handing = Kiosk(RULES).signed_in().press_help().touch("other", "officer.handover")
    yield "menu.elsewhere", _now(handing.press_help().touch("other"))
    yield "menu.senses", _now(menu.touch("yes").press_help().touch("other", "menu.senses"))
    marking = _at_review().press_help().touch("other", "menu.mark")
    yield "mark.reason", _now(marking)
    yield "mark.witness", _now(marking.touch("mark.cannot_write"))
    yield "mark.witness.empty", _now(marking.fill(witness=""))
    yield "mark.print", _now(marking.fill(witness=FAMILY.spouse))
    yield "mark.again", _now(marking.print_taken(5, PrintVerdict.TOO_DRY, finger=Finger.RIGHT_INDEX))
    yield "review.marked", _now(marking.print_taken(60, finger=Finger.RIGHT_INDEX))
    for name, kiosk in represented_moments(_at_review()).items():
        yield name, _now(kiosk)
    for name, kiosk in paused_moments(_citizen_read(Kiosk(RULES).begin()).touch("yes")).items():
        yield name, _now(kiosk)
    yield "help.print", _now(_at_prints(Kiosk(_only(Remedy.WASH))).print_taken(30, PrintVerdict.TOO_DRY).press_help())
    kiosk = _at_prints().touch("back")
    yield "idle", _now(kiosk.happens(TimerFired("idle")))
    yield "curtain", _now(kiosk.happens(TimerFired("idle_answer")))
    yield "curtain.still", _now(kiosk.touch("yes"))
    yield "curtain.officer", _now(kiosk.touch("other"))
    yield "officer.pin.act", _now(kiosk.touch("yes"))
    yield from _without_eyes_or_ears()
    yield "trouble.fingerprint", _now(_at_prints().happens(DeviceTrouble("fingerprint", "gone")))
    kiosk = _at_prints().all_fingers().touch("yes")
    yield "trouble.camera", _now(kiosk.happens(DeviceTrouble("camera", "gone")))
    kiosk = _citizen_read(Kiosk(RULES).begin())
    yield "trouble.storage", _now(kiosk.happens(DeviceTrouble("storage", "readonly")))
    for reason in ("office", "silence"):
        yield f"locked.{reason}", _now(Kiosk(RULES).happens(KioskLocked(reason)), replace(CALM, waiting=12))
    yield "message", _now(Kiosk(RULES).signed_in().happens(OfficeMessage(MESSAGE)), CALM)


def _without_eyes_or_ears() -> Iterator[Named]:
    """Screens for who cannot see, which look as for everybody, and for who cannot hear, with all that is said."""
    hands = _citizen_read(Kiosk(RULES).begin()).touch("yes", "yes", "yes", "other").session
    yield "hands.blind", Moment(replace(hands, access=Access.BLIND))
    yield "hands.deaf", Moment(replace(hands, access=Access.DEAF))
    yield "document.deaf", Moment(replace(Kiosk(RULES).begin().session, access=Access.DEAF))
    yield "help.deaf", Moment(replace(_at_review().press_help().session, access=Access.DEAF))


@cache
def portrait_file() -> Capture:
    """Draw a portrait of nobody, 3 x 4, as a JPEG."""
    picture = Image.new("RGB", (300, 400), "#f4f6f7")
    pencil = ImageDraw.Draw(picture)
    pencil.ellipse((20, 290, 280, 560), fill="#9c6b9e")
    pencil.ellipse((75, 70, 225, 300), fill="#f2c6a0")
    pencil.pieslice((68, 55, 232, 240), 180, 360, fill="#d5d8db")
    data = BytesIO()
    picture.save(data, "JPEG", quality=90)
    return Capture("image/jpeg", 300, 400, None, data.getvalue())
