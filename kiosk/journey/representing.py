"""A representative acts for a child or a ward: who, by which paper, and their consent in the citizen's place. Pure.

The officer begins it from the menu; for who is too young to act alone the way leads here by itself. What is recorded
holds for the whole enrolment, also for the steps that lie behind: going back does not forget it.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from kiosk.domain.citizen import PersonalNumber
from kiosk.domain.consent import Consent
from kiosk.domain.errors import BadNumber
from kiosk.domain.representative import Relation, Representative, RepresentativePaper, Represented
from kiosk.journey.events import Event, FormFilled, Touched
from kiosk.journey.read_backs import consent_facts
from kiosk.journey.session import Representing, Rules, Session, Turn, throughout
from kiosk.journey.turning import DECLINED, cover, enter, stay
from kiosk.journey.view import Choice, Fact, View
from kiosk.words.catalogue import Catalogue

WHY: Final = "represent.why"
#: The row that takes the representative away again.
_NOBODY: Final = "represent.nobody"
_NAME_EMPTY: Final = "represent.name_empty"
_PAPER_EMPTY: Final = "represent.paper_empty"
#: What is longer is a slip of the keyboard.
_LONGEST: Final = 100

#: Every text that this module can ask for.
TEXTS: Final = frozenset(
    {
        *(f"represent.{one.value}" for kind in (Represented, Relation) for one in kind),
        *(f"represent.paper.{one.value}" for one in RepresentativePaper),
        *(_NOBODY, _NAME_EMPTY, _PAPER_EMPTY, "represent.who"),
    }
)


def can_represent(session: Session) -> bool:
    """It must be known whom somebody acts for."""
    known = session.answers.identity is not None and session.answers.consent is not None
    return session.unfinished and known and not session.step.startswith("represent.")


def represent(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    """Why, what they are to the citizen, by which paper, who, and whether they agree."""
    match session.step, event:
        case "represent.too_young", Touched("yes"):
            return cover(session, DECLINED, rules)
        case "represent.too_young", Touched("other"):
            return enter(session, "edit.identity", rules, keep=False)
        case "represent.consent", Touched("yes"):
            return _agreed(session, rules, now)
        case "represent.consent", Touched("other"):
            return cover(session, DECLINED, rules)
        case "represent.form", FormFilled(values):
            return _named(session, {key: " ".join(text.split()) for key, text in values.items()}, rules)
        case _, Touched(row) if row in _rows(session):
            return _chosen(session, row, rules)
        case _, Touched("yes" | "other"):
            return _left(session, rules)
        case _:
            return stay(session)


def _rows(session: Session) -> tuple[str, ...]:
    match session.step:
        case "represent.why":
            rows = tuple(f"represent.{one.value}" for one in Represented)
            return rows if session.answers.representative is None else (*rows, _NOBODY)
        case "represent.relation":
            return tuple(f"represent.{one.value}" for one in Relation)
        case "represent.paper":
            return tuple(f"represent.paper.{one.value}" for one in RepresentativePaper)
        case _:
            return ()


def _chosen(session: Session, row: str, rules: Rules) -> Turn:
    value = row.rsplit(".", 1)[-1]
    begun = session.representing
    match session.step:
        case "represent.why" if row == _NOBODY:
            return _left(throughout(session, representative=None), rules)
        case "represent.why":
            following = replace(session, representing=Representing(Represented(value)))
            return enter(following, "represent.relation", rules, keep=False)
        case "represent.relation":
            following = replace(session, representing=replace(begun, relation=Relation(value)))
            return enter(following, "represent.paper", rules, keep=False)
        case _:
            following = replace(session, representing=replace(begun, paper=RepresentativePaper(value)))
            return enter(following, "represent.form", rules, keep=False)


def _left(session: Session, rules: Rules) -> Turn:
    bare = replace(session, representing=Representing())
    following = enter(bare, session.returns_to or "identity", rules, keep=False)
    if following[0].step == session.step == WHY:
        # Nobody acts for them, and without somebody there is no way back: then the birth date may be mistyped.
        return enter(bare, "edit.identity", rules, keep=False)
    return following


def _named(session: Session, values: dict[str, str], rules: Rules) -> Turn:
    def unfit(problem: str) -> Turn:
        return stay(replace(session, problem=problem, form=values))

    if not 0 < len(values.get("name", "")) <= _LONGEST:
        return unfit(_NAME_EMPTY)
    try:
        number = PersonalNumber.parse(values.get("number", ""))
    except BadNumber:
        return unfit("form.number_length")
    if not 0 < len(values.get("paper", "")) <= _LONGEST:
        return unfit(_PAPER_EMPTY)
    begun = replace(session.representing, name=values["name"].upper(), number=number, paper_number=values["paper"])
    return enter(replace(session, representing=begun), "represent.consent", rules, keep=False)


def _agreed(session: Session, rules: Rules, now: datetime) -> Turn:
    begun = session.representing
    if begun.why is None or begun.relation is None or begun.paper is None or begun.number is None:
        return enter(session, WHY, rules, keep=False)
    representative = Representative(
        begun.why,
        begun.relation,
        begun.paper,
        begun.paper_number,
        begun.name,
        begun.number,
        consent=Consent(now, session.language, rules.voice_on),
        officer=session.officer,
        at=now,
    )
    # A mark would be the citizen's own, who does not sign.
    return _left(throughout(session, representative=representative, mark=None), rules)


def represent_view(view: View, session: Session, catalogue: Catalogue) -> View:
    """Add the rows, or what is agreed to and by whom."""
    if session.step == "represent.consent":
        who = Fact(catalogue.text("represent.who"), session.representing.name)
        return replace(view, facts=(who, *consent_facts(catalogue)[:3]))
    return replace(view, choices=tuple(Choice(row, catalogue.text(row)) for row in _rows(session)))
