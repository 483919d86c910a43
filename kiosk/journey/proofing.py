"""The start-up check of the words: every screen and every text that render() can ask for is in the catalogue."""

from collections.abc import Iterator
from typing import Final

from kiosk.domain.capture_plan import ExceptionReason
from kiosk.domain.citizen import Sex
from kiosk.domain.experience import Remedy
from kiosk.domain.quality import PrintVerdict
from kiosk.journey import (
    documents,
    doors,
    handover,
    looks,
    marking,
    meeting,
    menu,
    officer_views,
    ordered,
    pausing,
    portrait_view,
    proving,
    representing,
    roster,
    signing_in,
    speaking,
    visiting,
)
from kiosk.journey.forms import FIELDS
from kiosk.journey.print_view import DIRECTIONS
from kiosk.journey.prints import WHICH_ROWS
from kiosk.journey.read_backs import CONSENT, REVIEW_ROWS
from kiosk.journey.session import Rules
from kiosk.journey.steps import TableError
from kiosk.journey.turning import ENDS, PIN
from kiosk.words.catalogue import Catalogue

#: Screens beside the steps: what lies over them, and parts of them with a screen of their own.
_SCREENS: Final = frozenset(
    {
        "help",
        "idle",
        "curtain",
        "curtain.still",
        "curtain.officer",
        doors.ACT,
        "trouble",
        "declined",
        *menu.OVERLAYS,
        *pausing.OVERLAYS,
        PIN,
        "locked",
        "message",
        "full",
        "document.reading",
        "document.lifted",
        *("signin.card", "signin.reading", "signin.number"),
        *(f"handover.{end}" for end in ENDS),
        "document.number",
        "print.busy",
        "print.good",
        "print.exception",
        "print.again",
        "print.same",
        "print.which",
        "remedy.ask",
        "officer.face.again",
        "review.represented",
        *portrait_view.SCREENS,
    }
)

_TEXTS: Final = frozenset(
    {
        *(
            "nav.back",
            "nav.again",
            "nav.help",
            "nav.more",
            "portrait.asked",
            "progress.step",
            "trouble.retry",
        ),
        *looks.TEXTS,
        *("date.full", "date.month", "date.year", "field.unknown", "field.none", "field.prints"),
        *("field.birth_date", "field.number", "field.origin", "field.home"),
        *("field.father", "field.mother", "field.spouse"),
        *("review.name", "review.home", "review.phone", "review.done", "review.excepted", "review.open_slots"),
        *("claim.title", "claim.receipt", "document.wait", "print.lift"),
        *("officer.skip_finger", "officer.wipe", "officer.quality", "officer.verdict", "officer.tries"),
        *("officer.start", "officer.skip", "officer.without", "officer.helped", "officer.untried"),
        *("officer.gentle", "officer.gentle_on", "reason.rest"),
        *("remedy.done", "remedy.after.dry", "remedy.after.glass"),
        *(f"remedy.{one.value}" for one in Remedy),
        *(f"which.{one}" for one in WHICH_ROWS),
        *("trouble.disk", "trouble.storage", "trouble.camera", "trouble.fingerprint", "trouble.certificate"),
        *("strip.online", "strip.offline", "strip.outbox", "strip.outbox_empty", "strip.roster"),
        *("strip.charging", "strip.battery"),
        *("strip.paused", "strip.paused_overdue", "strip.disk", "strip.clock", "strip.rejected"),
        *("form.number_birth", "form.number_sex"),
        *("trouble.power", "trouble.reader", "trouble.sound", "trouble.speech", "trouble.panel"),
        *("signin.retry", "signin.wait"),
        *documents.TEXTS,
        *marking.TEXTS,
        *meeting.TEXTS,
        *menu.TEXTS,
        *officer_views.TEXTS,
        *handover.TEXTS,
        *ordered.TEXTS,
        *pausing.TEXTS,
        *proving.TEXTS,
        *representing.TEXTS,
        *roster.TEXTS,
        *signing_in.TEXTS,
        *speaking.TEXTS,
        *visiting.TEXTS,
        "officer.handover",
        *("compare.chip", "compare.now"),
        *REVIEW_ROWS.values(),
        *(f"consent.{one}" for one in CONSENT),
        *(f"consent.label.{one}" for one in CONSENT),
        *(f"reason.{one.value}" for one in ExceptionReason),
        *(f"sex.{one.value}" for one in Sex),
        *(f"verdict.{one.value}" for one in PrintVerdict),
        *portrait_view.TEXTS,
        *(label for fields in FIELDS.values() for _, label, _ in fields),
    }
)


def screens_of(rules: Rules) -> frozenset[str]:
    """Give the keys of all screens that these rules can lead to."""
    remedies = {rung.words for rung in rules.remedies.rungs}
    moves = {f"{rung.words}.{way}" for rung in rules.remedies.rungs if rung.remedy is Remedy.MOVE for way in DIRECTIONS}
    # How a comparison ended is a screen; the step itself is only seen while the card is still being read.
    return (frozenset(rules.steps) | _SCREENS | remedies | moves) - {"handover.result"}


def texts_of(rules: Rules) -> frozenset[str]:
    """Give the keys of all texts that these rules can lead to."""
    fingers = {f"finger.{step.finger.value}" for step in rules.steps.values() if step.finger is not None}
    asked = {key for rung in rules.remedies.rungs for key in (*rung.questions, *rung.notes)}
    return _TEXTS.union(fingers, asked, [rules.ribbon] if rules.ribbon else [])


def check_words(rules: Rules, catalogue: Catalogue) -> None:
    """Look every key up before the first citizen comes. Raises TableError naming all that are missing."""
    missing = [*_missing(screens_of(rules), catalogue.screen_keys, "screen")]
    missing += _missing(texts_of(rules), catalogue.text_keys, "text")
    if missing:
        raise TableError(f"the {catalogue.language} catalogue lacks {', '.join(missing)}")


def _missing(wanted: frozenset[str], known: frozenset[str], kind: str) -> Iterator[str]:
    return (f"{kind} {key!r}" for key in sorted(wanted - known))
