"""What is read back to the citizen: who they are, what they agree to, the last look, the claim slip. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from kiosk.domain.capture_plan import Excepted, Filled, SlotKind
from kiosk.domain.citizen import Identity
from kiosk.domain.dates import PartialDate
from kiosk.domain.enrolment import Answers
from kiosk.journey import marking, visiting
from kiosk.journey.print_view import hands_marked
from kiosk.journey.session import Rules, Session
from kiosk.journey.step import Step
from kiosk.journey.view import Choice, Fact, View
from kiosk.words.catalogue import Catalogue

#: What the consent screen tells, in this order.
CONSENT: Final = ("what", "why", "who", "rights")

#: What can be mended from the review, and the text that names it.
REVIEW_ROWS: Final[Mapping[str, str]] = {
    "fix.identity": "review.name",
    "fix.home": "review.home",
    "fix.relatives": "review.relatives",
    "fix.phone": "review.phone",
    "fix.portrait": "field.portrait",
}


def spoken_date(date: PartialDate, catalogue: Catalogue) -> str:
    """Write a date of birth as people say it, whole or partial."""
    if date.month is None:
        return catalogue.text("date.year", year=date.year)
    if date.day is None:
        return catalogue.text("date.month", month=date.month, year=date.year)
    return catalogue.text("date.full", day=date.day, month=date.month, year=date.year)


def told_phone(answers: Answers, catalogue: Catalogue) -> str:
    """Give the telephone number that was told, or that there is none."""
    return answers.phone.number if answers.phone is not None and answers.phone.number else catalogue.text("field.none")


def consent_facts(catalogue: Catalogue) -> tuple[Fact, ...]:
    """Say what is taken, what for, who sees it, and what the citizen may do (Law 91/2025 Art. 9: informed consent)."""
    return tuple(Fact(catalogue.text(f"consent.label.{one}"), catalogue.text(f"consent.{one}")) for one in CONSENT)


def read_back_facts(session: Session, step: Step, catalogue: Catalogue) -> tuple[Fact, ...]:
    """Give what a read-back shows."""
    answers = session.answers
    match step.key:
        case "identity":
            return identity_facts(answers.identity, catalogue)
        case "home":
            rows = (("field.origin", answers.home.origin), ("field.home", answers.home.residence))
        case "relatives":
            relatives = answers.relatives
            rows = (
                ("field.father", relatives.father),
                ("field.mother", relatives.mother),
                ("field.spouse", relatives.spouse),
            )
        case _:
            rows = ()
    unknown = catalogue.text("field.unknown")
    return tuple(Fact(catalogue.text(label), value or unknown) for label, value in rows)


def identity_facts(identity: Identity | None, catalogue: Catalogue) -> tuple[Fact, ...]:
    """Give name, date of birth and number, as on the papers."""
    if identity is None:
        return ()
    facts = [
        Fact(catalogue.text("review.name"), identity.name),
        Fact(catalogue.text("field.birth_date"), identity.born.written()),
    ]
    if identity.number is not None:
        facts.append(Fact(catalogue.text("field.number"), identity.number.grouped))
    return tuple(facts)


def chip_photo(session: Session, step: Step) -> bytes | None:
    """Give the chip's own portrait at the first read-back."""
    if step.key != "identity" or session.answers.chip_portrait is None:
        return None
    capture = session.captures.get(session.answers.chip_portrait)
    return capture.data if capture is not None else None


def portrait_taken(session: Session, rules: Rules) -> bytes | None:
    """Give the portrait as it was taken here, or None."""
    for slot in rules.plan.slots:
        state = session.answers.slots.get(slot.id)
        if slot.kind is SlotKind.PORTRAIT and isinstance(state, Filled):
            capture = session.captures.get(state.capture)
            return capture.data if capture is not None else None
    return None


def review_view(view: View, session: Session, rules: Rules, step: Step, catalogue: Catalogue) -> View:
    """Fill the last read-back, or the list of what can be mended."""
    if step.key == "fix":
        choices = tuple(Choice(key, catalogue.text(label)) for key, label in REVIEW_ROWS.items())
        return replace(view, choices=choices)
    answers = session.answers
    if answers.supplements is not None:
        tried, better = visiting.outcome(answers.slots, rules)
        again = Fact(catalogue.text("visit.supplement"), catalogue.text("visit.better", better=better, count=tried))
        facts = (*identity_facts(answers.identity, catalogue)[:2], again)
        return replace(view, facts=facts, photo=portrait_taken(session, rules), hands=hands_marked(session, rules))
    states = [answers.slots.get(slot.id) for slot in rules.plan.prints()]
    taken = sum(isinstance(state, Filled) for state in states)
    excepted = sum(isinstance(state, Excepted) for state in states)
    prints = catalogue.text("review.done", count=taken, total=len(states))
    if excepted:
        prints = f"{prints}, {catalogue.text('review.excepted', count=excepted)}"
    facts = (
        *identity_facts(answers.identity, catalogue),
        Fact(catalogue.text("review.home"), answers.home.residence),
        Fact(catalogue.text("review.phone"), told_phone(answers, catalogue)),
        # What was just seen finger by finger gives its place to the mark.
        marking.mark_fact(answers, catalogue)
        or representative_fact(answers, catalogue)
        or Fact(catalogue.text("field.prints"), prints),
    )
    return replace(view, facts=facts, photo=portrait_taken(session, rules), hands=hands_marked(session, rules))


def claim_code(session: Session) -> str:
    """Give the code of the claim slip: names the enrolment and nobody, so that a lost slip tells nothing."""
    return session.enrolment


def claim_facts(session: Session, catalogue: Catalogue) -> tuple[Fact, ...]:
    """Give what the claim slip says beside its code."""
    facts = [Fact(catalogue.text("claim.title"), session.enrolment[-12:].upper())]
    if session.receipt is not None:
        facts.append(Fact(catalogue.text("claim.receipt"), str(session.receipt)))
    return tuple(facts)


def representative_fact(answers: Answers, catalogue: Catalogue) -> Fact | None:
    """Say at the review who signs; None for who signs for themselves."""
    one = answers.representative
    if one is None:
        return None
    return Fact(catalogue.text("represent.who"), one.name)
