"""A new card at its handing over: it is read, proven, and compared with the enrolment it comes from. Pure.

Reached from the help of the resting kiosk, which is the officer's. No enrolment is begun, and nothing is saved.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from kiosk.domain.card_proof import CardProof, Holds
from kiosk.domain.citizen import DocumentSource
from kiosk.domain.enrolment import Answers
from kiosk.journey.documents import KeyTyped, typed_key
from kiosk.journey.effects import CloseHandover, CompareHandover, Lamp, ReadDocument, ShowLamp, StartTimer
from kiosk.journey.events import (
    CardNeedsKey,
    DeviceRecovered,
    DeviceTrouble,
    DocumentFailed,
    DocumentProgress,
    DocumentRead,
    Event,
    FormFilled,
    TimerFired,
    Touched,
)
from kiosk.journey.forms import form_of
from kiosk.journey.officer_views import proof_facts
from kiosk.journey.remembered import HandoverCompared
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.steps import HANDOVER_WAIT_S, Kind, Step
from kiosk.journey.turning import ENDS, NUMBER, READING, enter, stay, to_standby
from kiosk.journey.view import Fact, View
from kiosk.words.catalogue import Catalogue

WORKS, DIFFERS, UNKNOWN, OUT_OF_TIME = ENDS

#: Every text that this module can ask for.
TEXTS: Final = frozenset(
    {
        *("handover.same", "handover.other", "handover.receipt", "handover.enrolled"),
        *("trouble.card", "trouble.card_key", "trouble.reader", "document.wait"),
        *("field.number", "review.name", "field.birth_date"),
    }
)


def handover(session: Session, event: Event, rules: Rules) -> Turn:  # noqa: C901 - one line a case
    """Wait for the card and read it; a code alone is not enough, for it is the chip that is handed over."""
    match event:
        case DocumentProgress(percent):
            return stay(replace(session, phase=READING, percent=percent, hint=""))
        case CardNeedsKey():
            return stay(replace(session, phase=NUMBER, percent=None, hint="", problem="", form={}))
        case DocumentFailed("lifted"):
            return stay(replace(session, phase="", percent=None, hint="trouble.card"))
        case DocumentFailed("wrong_key"):
            return stay(replace(session, phase=NUMBER, percent=None, hint="", problem="trouble.card_key"))
        case DocumentFailed():
            return stay(replace(session, phase="", percent=None, hint="trouble.card"), ReadDocument())
        case DocumentRead() if event.identity.source is DocumentSource.CHIP:
            return _read(session, event, rules)
        case DocumentRead():
            return stay(replace(session, phase="", percent=None, hint="trouble.card"), ReadDocument())
        case FormFilled(values) if session.phase == NUMBER:
            return _typed(session, values)
        case Touched("yes") if session.phase == "":
            return stay(replace(session, hint="document.wait"))
        case Touched("other") | TimerFired("pause") if session.phase != READING:
            return to_standby(session, rules)
        case TimerFired("pause"):
            # A card that is being read has its time; one that was lifted meanwhile is waited for as long again.
            return stay(session, StartTimer("pause", HANDOVER_WAIT_S))
        case DeviceTrouble("card"):
            return stay(replace(session, phase="", percent=None, hint="trouble.reader"))
        case DeviceRecovered("card") if session.hint == "trouble.reader":
            return stay(replace(session, hint=""))
        case _:
            return stay(session)


def _typed(session: Session, values: Mapping[str, str]) -> Turn:
    match typed_key(values):
        case KeyTyped(key):
            reading = replace(session, phase=READING, percent=0, problem="", form=dict(values), hint="")
            return stay(reading, key)
        case problem:
            return stay(replace(session, problem=problem, form=dict(values)))


def _read(session: Session, event: DocumentRead, rules: Rules) -> Turn:
    captures = dict(session.captures)
    portrait = None
    if event.portrait is not None:
        portrait = hashlib.sha256(event.portrait.data).hexdigest()
        captures[portrait] = event.portrait
    answers = Answers(identity=event.identity, chip_portrait=portrait, proof=event.proof)
    following, effects = enter(replace(session, captures=captures), "handover.result", rules, answers=answers)
    return following, (*effects, CompareHandover(event.identity))


def result(session: Session, event: Event, rules: Rules) -> Turn:
    """Say how it ended, until the officer or the time takes it away."""
    match event:
        case HandoverCompared() if session.phase == "":
            compared = replace(session, phase=_end(session.answers.proof, event), compared=event)
            return stay(compared, ShowLamp(Lamp.CALL if compared.phase in {DIFFERS, OUT_OF_TIME} else Lamp.OFF))
        case Touched("yes") if session.phase in {WORKS, OUT_OF_TIME} and session.compared is not None:
            return to_standby(session, rules, CloseHandover(session.compared.enrolment))
        case Touched("yes") | Touched("other") if session.phase:
            return to_standby(session, rules)
        case TimerFired("farewell"):
            # Also without an answer: one that came while help lay over this step was not heard.
            return to_standby(session, rules)
        case _:
            return stay(session)


def _end(proof: CardProof | None, found: HandoverCompared) -> str:
    """Good is a card that opened, whose files are whole, of which nothing was disproved and nothing differs.

    A signer out of its time is told as that: the card says what was enrolled, and the officer looks at its date.
    """
    if proof is None or proof.disproved or proof.unmodified.holds is not Holds.YES:
        return DIFFERS
    if not found.enrolment:
        return UNKNOWN
    if not (found.number and found.name and found.born):
        return DIFFERS
    return OUT_OF_TIME if proof.signer_out_of_time else WORKS


def result_facts(session: Session, catalogue: Catalogue) -> tuple[Fact, ...]:
    """Write what was compared, and the table of the card."""
    found = session.compared
    table = proof_facts(session.answers.proof, catalogue)
    if found is None or not found.enrolment:
        return table
    same, other = catalogue.text("handover.same"), catalogue.text("handover.other")
    rows = (("field.number", found.number), ("review.name", found.name), ("field.birth_date", found.born))
    compared = tuple(
        Fact(word.capitalize(), ", ".join(catalogue.text(label).lower() for label, agrees in rows if agrees is said))
        for word, said in ((other, False), (same, True))
        if any(agrees is said for _, agrees in rows)
    )
    where = catalogue.text("handover.enrolled")
    receipt = catalogue.text("handover.receipt", number=found.receipt) if found.receipt is not None else ""
    enrolled = Fact(where, f"{found.enrolled_on} {receipt}".strip())
    # Where all three agree the screen says so itself, in large letters.
    return (
        (enrolled, *table)
        if session.phase in {WORKS, OUT_OF_TIME}
        else (enrolled, *compared, *proof_facts(session.answers.proof, catalogue, most=2))
    )


def handover_view(view: View, session: Session, step: Step, catalogue: Catalogue) -> View:
    """Fill the screens of a handing over."""
    hint = catalogue.text(session.hint) if session.hint else ""
    if step.kind is Kind.HANDOVER:
        return replace(
            view,
            hint=hint,
            percent=session.percent,
            preview=session.phase == "",
            busy=session.phase == READING,
            form=form_of(session, step, catalogue),
        )
    if not session.phase:
        return replace(view, busy=True)
    chip = session.captures.get(session.answers.chip_portrait or "")
    return replace(view, facts=result_facts(session, catalogue), photo=chip.data if chip is not None else None)


def screen_of(session: Session, step: Step) -> str:
    """Name the screen of this moment."""
    if session.phase == READING or (step.kind is Kind.HANDED and not session.phase):
        return "document.reading"
    if session.phase == NUMBER:
        return "document.number"
    return f"handover.{session.phase}" if session.phase else step.key
