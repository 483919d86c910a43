"""What only the officer reads: the table of the chip, the list of what contradicts. Pure."""

from dataclasses import replace
from typing import Final

from kiosk.domain.card_proof import CardProof, Cause, Finding, Holds
from kiosk.domain.contradictions import Contradiction, Matter, Said
from kiosk.domain.enrolment import Answers
from kiosk.domain.portrait import PortraitReason
from kiosk.journey.checking import AGAIN
from kiosk.journey.contradicting import open_contradictions, rows_of, source_of
from kiosk.journey.portrait import say_key
from kiosk.journey.session import Session
from kiosk.journey.steps import Kind
from kiosk.journey.view import Choice, Fact, View
from kiosk.words.catalogue import Catalogue

_QUESTIONS: Final = ("unmodified", "signed", "trusted", "genuine")
_TOLD_APART: Final = (
    ("trusted", Cause.NO_ANCHOR),
    ("trusted", Cause.EXPIRED),
    ("trusted", Cause.NOT_YET),
    ("trusted", Cause.REVOKED),
    ("genuine", Cause.NOT_OFFERED),
)

#: Every text that this module can ask for.
TEXTS: Final = frozenset(
    {
        *("proof.seen", "proof.look"),
        *(f"proof.{question}" for question in _QUESTIONS),
        *(f"proof.{question}.{holds.value}" for question in _QUESTIONS for holds in Holds),
        *(f"proof.{question}.{cause.value}" for question, cause in _TOLD_APART),
        *(f"matter.{matter.value}" for matter in Matter),
        *(f"source.{source}" for source in ("chip", "qr", "roster", "citizen")),
        *(f"portrait.reason.{reason.value}" for reason in PortraitReason),
        "portrait.once_more",
        *("settle.same", "settle.merged", "settle.accept", "settle.office", "settle.dossier", "settle.left"),
        *("settle.version", "sex.male", "sex.female"),
    }
)


def proof_facts(proof: CardProof | None, catalogue: Catalogue, *, most: int = 4) -> tuple[Fact, ...]:
    """Write the table of a card, one line for each question; with room for fewer, what does not hold comes first."""
    if proof is None:
        return ()
    questions = proof.questions if most >= len(proof.questions) else _worst_first(proof)[:most]
    return tuple(
        Fact(catalogue.text(f"proof.{question}"), catalogue.text(_answer(question, finding)))
        for question, finding in questions
    )


def proof_line(proof: CardProof | None, catalogue: Catalogue) -> str:
    """Write the table of a card as one line, what does not hold first."""
    if proof is None:
        return ""
    facts = [
        f"{catalogue.text(f'proof.{question}')}: {catalogue.text(_answer(question, finding))}"
        for question, finding in _worst_first(proof)
    ]
    return " · ".join(facts)


def proof_word(proof: CardProof | None, catalogue: Catalogue) -> str:
    """Say in plain words what the machine thinks of a card, under the citizen's eyes; the officer can ask for more."""
    if proof is None:
        return ""
    doubted = any(finding.holds is Holds.NO for _, finding in proof.questions)
    return catalogue.text("proof.look" if doubted else "proof.seen")


def _worst_first(proof: CardProof) -> tuple[tuple[str, Finding], ...]:
    order = {Holds.NO: 0, Holds.NOT_CHECKABLE: 1, Holds.YES: 2}
    return tuple(sorted(proof.questions, key=lambda one: order[one[1].holds]))


def _answer(question: str, finding: Finding) -> str:
    told_apart = (question, finding.cause) in _TOLD_APART
    return f"proof.{question}.{finding.cause.value if told_apart else finding.holds.value}"


def officers_look(view: View, session: Session, kind: Kind, taken: bytes | None, catalogue: Catalogue) -> View:
    """Fill one of the officer's screens; `taken` is the portrait that was just taken."""
    if kind is Kind.REASON:
        return _reason_view(view, session, catalogue)
    if kind is Kind.SETTLE:
        return _settle_view(view, session, catalogue)
    return _compare_view(view, session, taken, catalogue)


def _reason_view(view: View, session: Session, catalogue: Catalogue) -> View:
    """List why a portrait may be kept as it is; what does not hold stands on the officer's strip."""
    best = session.sitter.best
    amiss = () if best is None else tuple(catalogue.text(say_key(one)) for one in best.hints)
    rows = [Choice(one.value, catalogue.text(f"portrait.reason.{one.value}")) for one in PortraitReason]
    rows.append(Choice(AGAIN, catalogue.text("portrait.once_more")))
    return replace(view, choices=tuple(rows), officer_line=" · ".join(amiss))


def _compare_view(view: View, session: Session, taken: bytes | None, catalogue: Catalogue) -> View:
    """Show the portrait just taken, the chip's beside it, and the table of the card.

    Where none was taken, at a visit that supplements an earlier one, the chip's stands alone: the citizen sits there.
    """
    chip = session.captures.get(session.answers.chip_portrait or "")
    if taken is None:
        return replace(
            view,
            photo=chip.data if chip is not None else None,
            facts=proof_facts(session.answers.proof, catalogue),
        )
    return replace(
        view,
        photo=taken,
        beside=chip.data if chip is not None else None,
        captions=(catalogue.text("compare.chip"), catalogue.text("compare.now")),
        facts=proof_facts(session.answers.proof, catalogue),
    )


def matter_of(answers: Answers, catalogue: Catalogue) -> str:
    """Name what the contradiction that is shown is about; empty without one."""
    left = open_contradictions(answers)
    return catalogue.text(f"matter.{left[0].matter.value}") if left else ""


def _settle_view(view: View, session: Session, catalogue: Catalogue) -> View:
    """Show the versions of the contradiction that is to be settled, and the other answers."""
    left = open_contradictions(session.answers)
    if not left:
        return view
    one = left[0]
    doubts = dict.fromkeys("form.number_sex" if doubt == "sex" else "form.number_birth" for doubt in one.doubts)
    return replace(
        view,
        choices=tuple(Choice(row, _label(row, one, catalogue)) for row in rows_of(one)),
        hint=catalogue.text("settle.left", count=len(left)),
        officer_line=" · ".join(catalogue.text(key) for key in doubts),
    )


def _label(row: str, contradiction: Contradiction, catalogue: Catalogue) -> str:
    source = source_of(row)
    if source is not None:
        said = next(one for one in contradiction.versions if one.source is source)
        return _version(said, contradiction.matter, catalogue)
    if row == "settle.same" and contradiction.matter is Matter.ADDRESS:
        return catalogue.text("settle.merged")
    if row == "settle.same" and contradiction.matter is Matter.NUMBER_FORM:
        return catalogue.text("settle.accept", number=contradiction.versions[0].value)
    return catalogue.text(row)


def _version(said: Said, matter: Matter, catalogue: Catalogue) -> str:
    value = catalogue.text(f"sex.{said.value}") if matter is Matter.SEX else said.value
    return catalogue.text("settle.version", source=catalogue.text(f"source.{said.source.value}"), value=value)
