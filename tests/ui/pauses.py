"""The moments beside the way, which the officer opens, for tests.ui.journeys."""

from dataclasses import replace
from typing import Final

from kiosk.domain.dates import PartialDate
from kiosk.domain.pauses import PauseReason
from kiosk.journey.events import SignInRefused
from kiosk.journey.remembered import DraftPaused, PausedFound, PausedListed, PausedNote, PausedOpened
from tests.journey.script import BEGAN, IDENTITY, Kiosk, draft_of

#: Names as long as names get; one waits too long.
NOTES: Final = tuple(
    PausedNote(f"note.{number}", name, born, BEGAN, PauseReason.PAPERS, "hands", overdue=number == 1)
    for number, (name, born) in enumerate(
        (("NGUYỄN HOÀNG THỊ PHƯƠNG DUNG", 1950), ("TRƯƠNG VĂN KHUYẾN", 1943), ("H' BLAN", None), ("LÊ VĂN BA", 1961))
    )
)


def paused_moments(kiosk: Kiosk) -> dict[str, Kiosk]:
    """Pause the enrolment at this kiosk, and take it up again; gives the kiosk at each screen."""
    found: dict[str, Kiosk] = {}

    def keep(name: str) -> None:
        found[name] = Kiosk(kiosk.rules, session=kiosk.session)

    draft = draft_of(kiosk.session)
    kiosk.press_help().touch("other", "menu.pause")
    keep("menu.pause")
    kiosk.touch("pause.papers")
    keep("pausing")
    kiosk.happens(DraftPaused(kiosk.session.enrolment))
    keep("paused.parted")
    kiosk.touch("yes").press_help().touch("other")
    keep("menu.standby")
    kiosk.touch("officer.paused").happens(PausedListed((), 1))
    keep("paused.none")
    kiosk.happens(PausedListed((*NOTES, replace(NOTES[0], enrolment=draft.id))))
    keep("paused")
    kiosk.touch("note.1")
    keep("paused.one")
    kiosk.touch("paused.delete")
    keep("paused.wipe")
    asked = Kiosk(kiosk.rules, session=replace(kiosk.session, proven=False)).touch("other")
    found["officer.pin"] = asked
    wrong = Kiosk(kiosk.rules, session=asked.session).fill(pin="1").happens(SignInRefused(0, 600))
    found["officer.pin.wait"] = wrong
    kiosk.touch("yes", "yes").happens(PausedListed((replace(NOTES[0], enrolment=draft.id),)))
    kiosk.touch(draft.id, "paused.go_on").happens(PausedOpened(draft))
    keep("paused.face")
    for screen in ("paused.who", "paused.consent"):
        kiosk.touch("yes")
        keep(screen)
    again = Kiosk(kiosk.rules).begin().card_read(draft.answers.identity or IDENTITY)
    again.happens(PausedFound(again.session.answers.identity or IDENTITY, replace(NOTES[0], overdue=True)))
    found["identity.paused"] = Kiosk(kiosk.rules, session=again.session)
    found["paused.same"] = again.touch("yes")
    return found


def represented_moments(kiosk: Kiosk) -> dict[str, Kiosk]:
    """Name a representative at the review; gives the kiosk at each screen."""
    found: dict[str, Kiosk] = {}

    def keep(name: str) -> None:
        found[name] = Kiosk(kiosk.rules, session=kiosk.session)

    kiosk.press_help().touch("other", "menu.represent")
    keep("represent.why")
    kiosk.touch("represent.child")
    keep("represent.relation")
    kiosk.touch("represent.parent")
    keep("represent.paper")
    kiosk.touch("represent.paper.guardianship")
    keep("represent.form")
    kiosk.fill(name="Đặng Nguyễn Quốc Thưởng", number="0421", paper="số 12/2026/TLST, ngày 03/05/2026")
    keep("represent.problem")
    kiosk.fill(name="Đặng Nguyễn Quốc Thưởng", number="042180000012", paper="số 12/2026/TLST, ngày 03/05/2026")
    keep("represent.consent")
    kiosk.touch("yes")
    keep("review.represented")
    young = Kiosk(kiosk.rules).begin().card_read(replace(IDENTITY, born=PartialDate(2022, 5, 2))).touch("yes")
    found["represent.too_young"] = young
    return found
