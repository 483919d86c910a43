"""Steps 3 to 7: the document, what it says, and what the officer types. Pure."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from kiosk.domain.citizen import (
    DocumentSource,
    Home,
    Identity,
    PersonalNumber,
    Phone,
    PhoneOwner,
    Relatives,
    Sex,
)
from kiosk.domain.dates import PartialDate
from kiosk.domain.enrolment import Answers
from kiosk.domain.errors import BadDate, BadNumber
from kiosk.journey.effects import FindPaused, MatchRoster, ReadChip, ReadDocument
from kiosk.journey.events import (
    CardNeedsKey,
    DeviceRecovered,
    DeviceTrouble,
    DocumentFailed,
    DocumentProgress,
    DocumentRead,
    Event,
    FormFilled,
    Touched,
)
from kiosk.journey.roster import without_card
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.turning import LIFTED, NUMBER, READING, enter, go_back, stay, step_of, with_answers

#: What the citizen reads when a document could not be read, or a device is missing for it, and, over a form, the
#: officer: each names only what can be done at that screen.
_KEY: Final = "trouble.card_key"
_AGAIN: Final = "document.again"
_LOCKED: Final = "document.locked"
_DEVICES: Final[Mapping[str, str]] = {"card": "document.no_reader", "camera": "document.no_camera"}

#: Every text that the steps of this module can say.
TEXTS: Final = frozenset(
    {
        *(_KEY, _AGAIN, _LOCKED, *_DEVICES.values(), "document.wait"),
        *("form.name_empty", "form.sex_empty", "form.residence_empty"),
        *("form.number_length", "form.date_unreal", "form.phone_length"),
    }
)


class Unfit(Exception):
    """A form cannot be taken; the argument is the key of the text that says what to mend."""


def document(session: Session, event: Event, rules: Rules) -> Turn:
    """Step 3: a card, a QR, a typed key, or nothing brought."""
    match event:
        case DocumentProgress(percent):
            return stay(replace(session, phase=READING, percent=percent, hint=""))
        case CardNeedsKey():
            return stay(replace(session, phase=NUMBER, percent=None, hint="", form={}))
        case DocumentFailed(reason):
            return _failed(session, reason)
        case DocumentRead():
            return _identified(session, event, rules)
        case DeviceTrouble("card"):
            return stay(replace(session, phase="", percent=None, hint=_DEVICES["card"]))
        case DeviceTrouble("camera") if session.phase == "" and not session.hint:
            return stay(replace(session, hint=_DEVICES["camera"]))
        case DeviceRecovered(device) if session.hint and session.hint == _DEVICES.get(device):
            return stay(replace(session, hint=""))
        case FormFilled(values) if session.phase == NUMBER:
            return _typed_key(session, values)
        case Touched("yes") if session.phase in {"", LIFTED}:
            return stay(replace(session, hint="document.wait"))
        case Touched("other") if session.phase == NUMBER:
            return enter(session, without_card(session), rules)
        case _:
            return stay(session)


def _failed(session: Session, reason: str) -> Turn:
    if reason == "lifted":
        # The search goes on with the key it has and from where it stopped, as soon as the card lies there again.
        return stay(replace(session, phase=LIFTED, percent=None, hint=""))
    if reason == "wrong_key" and session.form:
        return stay(replace(session, phase=NUMBER, percent=None, hint="", problem=_KEY))
    hint = _LOCKED if reason == "wrong_key" else _AGAIN
    return stay(replace(session, phase="", percent=None, hint=hint, form={}), ReadDocument())


def _identified(session: Session, event: DocumentRead, rules: Rules) -> Turn:
    captures = dict(session.captures)
    answers = session.answers
    portrait = None
    if event.portrait is not None:
        portrait = hashlib.sha256(event.portrait.data).hexdigest()
        captures[portrait] = event.portrait
    answers = replace(
        answers,
        identity=event.identity,
        identity_confirmed=False,
        chip_portrait=portrait,
        chip_hashes=event.hashes,
        proof=event.proof,
        statements=event.statements,
        listed=None,
        face=None,
        settled=(),
        dossier=None,
        home=event.home if event.home != Home() else answers.home,
        relatives=event.relatives if event.relatives != Relatives() else answers.relatives,
    )
    return with_answers(replace(session, captures=captures, picked=False), answers, "identity", rules)


@dataclass(frozen=True, slots=True)
class KeyTyped:
    """What was typed from a card opens it, as far as its form tells."""

    key: ReadChip


def typed_key(values: Mapping[str, str]) -> KeyTyped | str:
    """Read number, birth date and expiry as typed; otherwise give the key of the text that says what to mend."""
    try:
        number = PersonalNumber.parse(values.get("number", ""))
        born = _whole(values.get("born", ""))
        expires = _whole(values["expires"]) if values.get("expires", "").strip() else None
    except BadNumber:
        return "form.number_length"
    except Unfit as unfit:
        return str(unfit)
    return KeyTyped(ReadChip(number, born, expires))


def _typed_key(session: Session, values: Mapping[str, str]) -> Turn:
    match typed_key(values):
        case KeyTyped(key):
            reading = replace(session, phase=READING, percent=0, problem="", form=dict(values), hint="")
            return stay(reading, key)
        case problem:
            return stay(replace(session, problem=problem, form=dict(values)))


def _whole(text: str) -> PartialDate:
    date = _date(text)
    if date.whole is None:
        raise Unfit("form.date_unreal")
    return date


def _date(text: str) -> PartialDate:
    try:
        return PartialDate.parse(text)
    except BadDate as error:
        raise Unfit("form.date_unreal") from error


def read_back(session: Session, event: Event, rules: Rules) -> Turn:
    """Steps 4 to 7: the citizen says whether what was read aloud is right."""
    step = step_of(session, rules)
    match event:
        case Touched("yes") if step.yes is not None:
            known = step.key == "identity" and session.earlier_visit is not None
            target = "visit" if known else step.yes
            return with_answers(session, _confirmed(session.answers, step.key), target, rules)
        case Touched("other") if step.other is not None:
            answers = session.answers
            if step.key == "phone":
                answers = replace(answers, phone=Phone(PhoneOwner.NONE))
            return with_answers(session, answers, step.other, rules)
        case _:
            return stay(session)


def _confirmed(answers: Answers, step: str) -> Answers:
    match step:
        case "identity":
            return replace(answers, identity_confirmed=True)
        case "home":
            return replace(answers, home_confirmed=True)
        case "relatives":
            return replace(answers, relatives_confirmed=True)
        case _:
            return answers


def form(session: Session, event: Event, rules: Rules) -> Turn:
    """The forms beside the way: what the officer typed is taken, or shown again with what to mend."""
    step = step_of(session, rules)
    if event == Touched("other") and step.key == "edit.phone":
        return _taken(session, lambda answers: replace(answers, phone=Phone(PhoneOwner.NONE)), rules)
    if event == Touched("other"):
        return go_back(session, rules)
    if not isinstance(event, FormFilled):
        return stay(session)
    values = event.values
    try:
        return _taken(session, lambda answers: _FORMS[step.key](answers, values), rules)
    except Unfit as unfit:
        return stay(replace(session, problem=str(unfit), form=dict(values)))


def _taken(session: Session, change: Callable[[Answers], Answers], rules: Rules) -> Turn:
    """Go on with changed answers: along the way, or back to the review that the form was opened from."""
    answers = change(session.answers)
    # Who is typed where nobody was known was not chosen from the roster.
    session = replace(session, picked=session.picked and session.answers.identity is not None)
    if session.returns_to != "review":
        return enter(session, step_of(session, rules).yes or "review", rules, answers=answers, keep=False)
    # What was mended at the end is mended all along: Back must not bring the mistake back.
    history = tuple(
        past if past.answers.identity is None else replace(past, answers=change(past.answers))
        for past in session.history
    )
    following, effects = enter(replace(session, history=history), "review", rules, answers=answers, keep=False)
    if answers.identity != session.answers.identity:
        # Another name or birth date may be another row of the roster, and somebody who was paused here.
        effects = (*effects, MatchRoster(), FindPaused())
    return following, effects


def _identity_form(answers: Answers, values: Mapping[str, str]) -> Answers:
    name = " ".join(values.get("name", "").split())
    if not name:
        raise Unfit("form.name_empty")
    born = _date(values.get("born", ""))
    number = None
    if values.get("number", "").strip():
        try:
            number = PersonalNumber.parse(values["number"])
        except BadNumber as error:
            raise Unfit("form.number_length") from error
    sex = _SEXES.get(values.get("sex", "").strip().casefold())
    if sex is None:
        raise Unfit("form.sex_empty")
    before = answers.identity
    if before is None:
        identity = Identity(DocumentSource.TYPED, name.upper(), born, number=number, sex=sex)
    else:
        identity = replace(before, source=DocumentSource.TYPED, name=name.upper(), born=born, number=number, sex=sex)
    return replace(answers, identity=identity, identity_confirmed=False)


_SEXES: Final[Mapping[str, Sex]] = {
    "nam": Sex.MALE,
    "male": Sex.MALE,
    "m": Sex.MALE,
    "nữ": Sex.FEMALE,
    "nu": Sex.FEMALE,
    "female": Sex.FEMALE,
    "f": Sex.FEMALE,
}


def _home_form(answers: Answers, values: Mapping[str, str]) -> Answers:
    home = Home(_line(values, "origin"), _line(values, "residence"))
    if not home.residence:
        raise Unfit("form.residence_empty")
    return replace(answers, home=home, home_confirmed=False)


def _relatives_form(answers: Answers, values: Mapping[str, str]) -> Answers:
    relatives = Relatives(_line(values, "father"), _line(values, "mother"), _line(values, "spouse"))
    return replace(answers, relatives=relatives, relatives_confirmed=False)


def _phone_form(answers: Answers, values: Mapping[str, str]) -> Answers:
    digits = "".join(ch for ch in values.get("phone", "") if ch not in " .-")
    if len(digits) != 10 or not (digits.isascii() and digits.isdigit()) or digits[0] != "0":
        raise Unfit("form.phone_length")
    return replace(answers, phone=Phone(PhoneOwner.OWN, digits))


def _line(values: Mapping[str, str], key: str) -> str:
    return " ".join(values.get(key, "").split())


_FORMS: Final[Mapping[str, Callable[[Answers, Mapping[str, str]], Answers]]] = {
    "edit.identity": _identity_form,
    "edit.home": _home_form,
    "edit.relatives": _relatives_form,
    "edit.phone": _phone_form,
}
