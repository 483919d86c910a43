"""The forms that the officer fills: which fields each has, and what they hold at first. Pure."""

from collections.abc import Callable, Mapping
from typing import Final

from kiosk.domain.enrolment import Answers
from kiosk.journey.session import Session
from kiosk.journey.steps import FIND, Kind, Step
from kiosk.journey.turning import BUSY, NUMBER
from kiosk.journey.view import Field, FieldKind, Form
from kiosk.words.catalogue import Catalogue

#: Per form: field id, key of its label, kind.
FIELDS: Final[Mapping[str, tuple[tuple[str, str, FieldKind], ...]]] = {
    "signin": (("officer", "signin.officer", FieldKind.TEXT), ("pin", "signin.pin", FieldKind.SECRET)),
    "document": (
        ("number", "field.number", FieldKind.DIGITS),
        ("born", "field.birth_date", FieldKind.DATE),
        ("expires", "field.expiry", FieldKind.DATE),
    ),
    "edit.identity": (
        ("name", "field.name", FieldKind.TEXT),
        ("born", "field.birth_date", FieldKind.DATE),
        ("sex", "field.sex", FieldKind.TEXT),
        ("number", "field.number", FieldKind.DIGITS),
    ),
    "edit.home": (("origin", "field.origin", FieldKind.TEXT), ("residence", "field.home", FieldKind.TEXT)),
    "edit.relatives": (
        ("father", "field.father", FieldKind.TEXT),
        ("mother", "field.mother", FieldKind.TEXT),
        ("spouse", "field.spouse", FieldKind.TEXT),
    ),
    "edit.phone": (("phone", "field.phone", FieldKind.DIGITS),),
    "represent.form": (
        ("name", "field.name", FieldKind.TEXT),
        ("number", "field.number", FieldKind.DIGITS),
        ("paper", "represent.paper_number", FieldKind.TEXT),
    ),
    FIND: (
        ("name", "field.name", FieldKind.TEXT),
        ("year", "field.birth_year", FieldKind.DIGITS),
        ("number", "field.any_number", FieldKind.DIGITS),
    ),
    "mark.witness": (("witness", "field.witness", FieldKind.TEXT),),
}


def form_of(session: Session, step: Step, catalogue: Catalogue) -> Form | None:
    """Give the form of this step with what is known filled in, or None where there is none."""
    key = _form_key(session, step)
    if key not in FIELDS:
        return None
    known = _KNOWN[key](session.answers, catalogue) if key in _KNOWN else {"officer": session.officer}
    if key == FIND and session.found is not None:
        query = session.found.query
        known = {"name": query.name, "year": query.year, "number": query.number}
    typed: Mapping[str, str] = session.form if session.problem and key != "signin" else {}
    fields = tuple(
        Field(name, catalogue.text(label), typed.get(name, known.get(name, "")), kind)
        for name, label, kind in FIELDS[key]
    )
    return Form(fields, _problem(session, catalogue))


def _form_key(session: Session, step: Step) -> str:
    """Name the form of this moment: the numbers of a card are typed at several steps, in a part of each."""
    if step.kind in {Kind.DOCUMENT, Kind.SIGN_IN, Kind.HANDOVER} and session.phase == NUMBER:
        return "document"
    if step.kind is Kind.DOCUMENT or (step.kind is Kind.SIGN_IN and session.phase not in {"", BUSY}):
        return ""
    return step.key


def _problem(session: Session, catalogue: Catalogue) -> str:
    if not session.problem:
        return ""
    if session.problem.startswith("signin."):
        return catalogue.text(session.problem, **session.form)
    digits = sum(ch.isdigit() for ch in session.form.get("number", ""))
    return catalogue.text(session.problem, count=digits)


def _identity(answers: Answers, catalogue: Catalogue) -> dict[str, str]:
    identity = answers.identity
    if identity is None:
        return {}
    return {
        "name": identity.name,
        "born": identity.born.written(),
        "sex": catalogue.text(f"sex.{identity.sex.value}") if identity.sex is not None else "",
        "number": identity.number.digits if identity.number is not None else "",
    }


def _home(answers: Answers, _catalogue: Catalogue) -> dict[str, str]:
    return {"origin": answers.home.origin, "residence": answers.home.residence}


def _relatives(answers: Answers, _catalogue: Catalogue) -> dict[str, str]:
    relatives = answers.relatives
    return {"father": relatives.father, "mother": relatives.mother, "spouse": relatives.spouse}


def _phone(answers: Answers, _catalogue: Catalogue) -> dict[str, str]:
    return {"phone": answers.phone.number if answers.phone is not None else ""}


_KNOWN: Final[Mapping[str, Callable[[Answers, Catalogue], dict[str, str]]]] = {
    "edit.identity": _identity,
    "edit.home": _home,
    "edit.relatives": _relatives,
    "edit.phone": _phone,
}
