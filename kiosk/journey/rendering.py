"""render(): the View of a session. Pure: all words come from the catalogue that is handed in."""

from dataclasses import replace
from typing import Final

from kiosk.domain.citizen import Identity
from kiosk.journey import (
    closing,
    doors,
    handover,
    marking,
    meeting,
    menu,
    pausing,
    portrait,
    proving,
    representing,
    signing_in,
    turning,
    visiting,
)
from kiosk.journey.forms import form_of
from kiosk.journey.looks import looks_of
from kiosk.journey.officer_views import matter_of, officers_look, proof_line, proof_word
from kiosk.journey.portrait_view import fill_portrait, officers_part, portrait_layout, portrait_screen
from kiosk.journey.print_view import (
    fill_print,
    officer_parts,
    print_buttons,
    print_layout,
    print_screen,
    print_values,
)
from kiosk.journey.prints import INSIDE
from kiosk.journey.read_backs import (
    chip_photo,
    claim_code,
    claim_facts,
    consent_facts,
    portrait_taken,
    read_back_facts,
    review_view,
    spoken_date,
    told_phone,
)
from kiosk.journey.roster import listing_line, pick_view
from kiosk.journey.session import Rules, Session
from kiosk.journey.speaking import HEADSET, adapted
from kiosk.journey.status import Status, officer_strip
from kiosk.journey.steps import TOTAL_STAGES, Kind, Step
from kiosk.journey.turning import can_go_back, step_of
from kiosk.journey.view import Button, Layout, Nav, Progress, Role, View
from kiosk.words.catalogue import Catalogue, ScreenWords
from kiosk.words.language import following, rules_of

#: Names of the two places that the catalogue uses for its buttons.
_YES_WORDS: Final = ("yes", "go_on", "have")
_OTHER_WORDS: Final = ("other", "start_new", "none")
#: What the other button of a part of the document step stands for.
_BY_HAND: Final = {turning.LIFTED: "keypad", turning.NUMBER: "no_number"}
#: Between the parts of the officer's line; the window takes parts away from the end where they do not fit.
PART_MARK: Final = " · "


def render(session: Session, rules: Rules, catalogue: Catalogue, status: Status | None = None) -> View:
    """Draw up the screen for this session, in the catalogue's language; `status` is shown while nobody is served.

    Raises UnknownKey for a missing text.
    """
    step = step_of(session, rules)
    if session.address in catalogue.forms:
        catalogue = catalogue.addressed(session.address)
    catalogue = catalogue.for_access(session.access)
    view = _drawn_up(session, rules, catalogue, status)
    return adapted(view, session.access, step, catalogue)


def _drawn_up(session: Session, rules: Rules, catalogue: Catalogue, status: Status | None) -> View:
    step = step_of(session, rules)
    key = screen_key(session, step)
    words = catalogue.screen(key, **_values(session, step, rules, catalogue))
    view = View(
        key=key,
        layout=_layout(session, step),
        language=catalogue.language,
        title=words.title,
        sentence=words.sentence,
        voice=words.voice,
        picture=words.picture,
        nav=_nav(session, rules, catalogue),
        buttons=_buttons(session, step, words, catalogue),
        progress=_progress(step, catalogue),
        looks=looks_of(step, catalogue),
        personal=_personal(session, step),
        ribbon=catalogue.text(rules.ribbon) if rules.ribbon else "",
        officer_line=_officer_line(session, step, catalogue, status),
    )
    if session.overlay in menu.OVERLAYS:
        return menu.fill_menu(view, session, rules, catalogue)
    if session.overlay in pausing.OVERLAYS:
        return pausing.fill_overlay(view, session, catalogue)
    if session.overlay == turning.PIN:
        return proving.fill_pin(view, session, catalogue)
    if session.overlay:
        return view
    if step.kind in {Kind.COMPARE, Kind.SETTLE, Kind.REASON}:
        return officers_look(view, session, step.kind, portrait_taken(session, rules), catalogue)
    if step.kind is Kind.PAUSED:
        return pausing.paused_view(view, session, rules, catalogue)
    if step.kind is Kind.SAME:
        return meeting.same_view(view, session, catalogue)
    if step.kind is Kind.REPRESENT and view.layout is not Layout.FORM:
        return representing.represent_view(view, session, catalogue)
    if step.kind is Kind.ROSTER:
        return pick_view(replace(view, form=form_of(session, step, catalogue)), session, catalogue)
    if step.kind is Kind.VISIT:
        return visiting.visit_view(view, session, rules, catalogue)
    if step.kind in {Kind.HANDOVER, Kind.HANDED}:
        return handover.handover_view(view, session, step, catalogue)
    return _filled(view, session, rules, step, catalogue)


def _personal(session: Session, step: Step) -> bool:
    """Say whether the line names what neighbours in the hall should not hear."""
    reads_back = step.kind is Kind.READ_BACK and step.key != "phone"
    return not session.overlay and (reads_back or step.key in {"review", "paused.who"})


def screen_key(session: Session, step: Step) -> str:
    """Name the screen: the step itself, what lies over it, or the part of the step that has a screen of its own."""
    if session.overlay == turning.PIN:
        return doors.screen_of(session)
    if session.overlay == turning.CURTAIN and session.veiled == turning.OFFICERS:
        return "curtain.officer"
    if session.overlay:
        return session.overlay
    match step.kind:
        case Kind.DOCUMENT if session.phase in {turning.READING, turning.LIFTED, turning.NUMBER}:
            return f"document.{session.phase}"
        case Kind.SIGN_IN if session.phase in {signing_in.CARD, turning.READING, turning.NUMBER}:
            return f"signin.{session.phase}"
        case Kind.HANDOVER | Kind.HANDED:
            return handover.screen_of(session, step)
        case Kind.COMPARE if visiting.without_portrait(session):
            return "officer.face.again"
        case Kind.PRINT:
            return print_screen(session, step)
        case Kind.LOOK:
            return portrait_screen(session, step)
        case _:
            return _other_screen(session, step)


def _other_screen(session: Session, step: Step) -> str:
    match step.kind, session.phase:
        case Kind.REVIEW, _ if step.key == "review" and session.answers.representative is not None:
            return "review.represented"
        case Kind.STANDBY, closing.FULL:
            return "full"
        case Kind.SEALING, turning.FAILED:
            return "full" if session.trouble_code == "full" else "trouble"
        case _:
            return step.key


def _layout(session: Session, step: Step) -> Layout:
    if session.overlay == turning.PIN:
        return Layout.FORM
    if session.overlay:
        return Layout.CHOICE if session.overlay in {*menu.OVERLAYS, pausing.REASON} else Layout.MESSAGE
    match step.kind, session.phase:
        case Kind.DOCUMENT | Kind.HANDOVER, turning.NUMBER:
            return Layout.FORM
        case Kind.SIGN_IN, signing_in.CARD | turning.READING:
            return Layout.MESSAGE
        case Kind.PRINT, _:
            return print_layout(session, step)
        case Kind.MIRROR | Kind.LOOK, _:
            return portrait_layout(session, step)
        case Kind.COMPARE, _ if visiting.without_portrait(session):
            return Layout.FACTS
        case _:
            return step.layout


def _values(session: Session, step: Step, rules: Rules, catalogue: Catalogue) -> dict[str, str]:
    answers = session.answers
    unknown = catalogue.text("field.unknown")
    # Who takes up a paused enrolment is asked for their name before it is theirs again.
    identity = session.draft.answers.identity if step.kind is Kind.PAUSED and session.draft else answers.identity
    return {
        "name": identity.name.title() if identity else unknown,
        "date": spoken_date(identity.born, catalogue) if identity else unknown,
        "origin": answers.home.origin or unknown,
        "home": answers.home.residence or unknown,
        "phone": told_phone(answers, catalogue),
        "father": answers.relatives.father or unknown,
        "mother": answers.relatives.mother or unknown,
        "spouse": answers.relatives.spouse or unknown,
        # Comparing papers takes longer than all else here, and only one screen names what differs.
        "matter": matter_of(answers, catalogue) if step.kind is Kind.SETTLE else "",
        "message": session.message,
        **print_values(session, step, catalogue),
        **marking.mark_values(session, step, rules, catalogue),
    }


def _nav(session: Session, rules: Rules, catalogue: Catalogue) -> Nav:
    back = not session.overlay and (can_go_back(session, rules) or _inside(session, rules))
    return Nav(
        back=catalogue.text("nav.back") if back else None,
        again=catalogue.text("nav.again"),
        help=catalogue.text("nav.help"),
        more=catalogue.text("nav.more"),
    )


def _inside(session: Session, rules: Rules) -> bool:
    """Say whether Back leads from a part of the step to the step itself."""
    kind = step_of(session, rules).kind
    if kind is Kind.PRINT:
        return session.phase in INSIDE
    if kind is Kind.LOOK:
        return session.phase in portrait.INSIDE
    return kind in {Kind.DOCUMENT, Kind.HANDOVER} and session.phase == turning.NUMBER


def _buttons(session: Session, step: Step, words: ScreenWords, catalogue: Catalogue) -> tuple[Button, ...]:
    yes = next((words.buttons[name] for name in _YES_WORDS if name in words.buttons), None)
    other = next((words.buttons[name] for name in _OTHER_WORDS if name in words.buttons), None)
    yes_icon, other_icon = step.yes_icon, step.other_icon
    if session.overlay:
        yes_icon = "undo" if session.overlay == pausing.REASON else "tick"
        other, other_icon = _other_over(session, step, catalogue) or (other, "undo")
    elif step.kind is Kind.SEALING and session.phase == turning.FAILED:
        yes, yes_icon = catalogue.text("trouble.retry"), "undo"
    elif step.kind is Kind.PRINT:
        (yes, yes_icon), (other, other_icon) = print_buttons(session, words, catalogue)
    elif step.kind is Kind.DOCUMENT and session.phase in _BY_HAND:
        other_icon = _BY_HAND[session.phase]
    elif step.kind is Kind.STANDBY and session.phase != closing.FULL:
        other = rules_of(following(session.language)).name
    elif step.key == marking.PRINT:
        other = catalogue.text("mark.without")
    elif step.kind is Kind.FORM:
        other_icon = "no_phone" if step.key == "edit.phone" else "undo"
    # At a question of safety neither answer may look like the one that is wished for.
    neutral = step.kind is Kind.PRINT and session.phase == turning.ASK and not session.overlay
    buttons: list[Button] = []
    if other is not None:
        buttons.append(Button("other", other, Role.OTHER, other_icon, neutral))
    if yes is not None:
        buttons.append(Button("yes", yes, Role.YES, yes_icon, neutral))
    return tuple(buttons)


def _other_over(session: Session, step: Step, catalogue: Catalogue) -> tuple[str, str] | None:
    """Give label and icon of the yellow button of what lies over the step, where the words alone do not give it."""
    match session.overlay:
        case turning.LOCKED:
            return rules_of(following(session.language)).name, "language"
        case turning.HELP | turning.CURTAIN:
            # The officer has come, and can change how the kiosk speaks, or end what nobody will finish. At the resting
            # kiosk it is a new card, or an enrolment that waits.
            return catalogue.text("officer.menu"), "pen"
        case turning.TROUBLE if step.key == marking.PRINT:
            return catalogue.text("mark.without"), "undo"
        case turning.TROUBLE if step.kind is Kind.PRINT and session.trouble == "fingerprint":
            return catalogue.text("officer.without"), "note"
        case _:
            return None


def _progress(step: Step, catalogue: Catalogue) -> Progress | None:
    if not step.number:
        return None
    label = catalogue.text("progress.step", step=step.number, total=TOTAL_STAGES)
    return Progress(step.number, TOTAL_STAGES, label)


def _officer_line(session: Session, step: Step, catalogue: Catalogue, status: Status | None) -> str:
    """Write the officer's strip; where a line is for the headset alone, that it is missing comes first."""
    line = _officers_words(session, step, catalogue, status)
    missing = status is not None and HEADSET in status.faults and _personal(session, step)
    return PART_MARK.join(part for part in (catalogue.text(HEADSET), line) if part) if missing else line


def _officers_words(session: Session, step: Step, catalogue: Catalogue, status: Status | None) -> str:
    if session.veiled and session.overlay not in {turning.TROUBLE, turning.LOCKED}:
        return ""
    if session.overlay == turning.LOCKED:
        strip = (officer_strip(status, catalogue),) if status is not None else ()
        return PART_MARK.join((catalogue.text(f"locked.{session.lock}"), *strip))
    if session.overlay == turning.TROUBLE or session.phase == turning.FAILED:
        device = session.trouble or ("disk" if session.trouble_code == "full" else "storage")
        return catalogue.text(f"trouble.{device}")
    if step.kind is Kind.PRINT:
        return PART_MARK.join(officer_parts(session, catalogue))
    if step.kind in {Kind.LOOK, Kind.PHOTO, Kind.COMPARE, Kind.REASON} and session.overlay in {"", turning.MENU}:
        return PART_MARK.join(officers_part(session, step, catalogue))
    if step.key == "identity" and session.answers.identity is not None and session.overlay in {"", turning.MENU}:
        answers, identity = session.answers, session.answers.identity
        asked = session.overlay == turning.MENU
        proof = proof_line(answers.proof, catalogue) if asked else proof_word(answers.proof, catalogue)
        told = (
            meeting.met_line(session, catalogue),
            proof,
            _doubts(identity, catalogue),
            listing_line(answers, catalogue),
        )
        return " · ".join(one for one in told if one)
    if status is not None and step.kind in {Kind.SIGN_IN, Kind.STANDBY, Kind.RESUME}:
        return officer_strip(status, catalogue)
    return ""


def _doubts(identity: Identity, catalogue: Catalogue) -> str:
    """Write for the officer what the number says otherwise than the papers; it hinders nobody."""
    if identity.number is None:
        return ""
    doubts = identity.number.doubts(born=identity.born, sex=identity.sex)
    keys = dict.fromkeys("form.number_sex" if doubt == "sex" else "form.number_birth" for doubt in doubts)
    return " · ".join(catalogue.text(key) for key in keys)


def _filled(view: View, session: Session, rules: Rules, step: Step, catalogue: Catalogue) -> View:
    hint = catalogue.text(session.hint) if session.hint in catalogue.text_keys else ""
    view = replace(view, hint=hint, percent=session.percent)
    match step.kind:
        case Kind.DOCUMENT:
            preview = session.phase in {"", turning.LIFTED}
            busy = session.phase == turning.READING
            view = replace(view, preview=preview, busy=busy, form=form_of(session, step, catalogue))
        case Kind.SIGN_IN | Kind.FORM | Kind.REPRESENT:
            busy = session.phase in {turning.BUSY, turning.READING}
            preview = session.phase == signing_in.CARD
            view = replace(view, form=form_of(session, step, catalogue), busy=busy, preview=preview)
        case Kind.STANDBY if session.phase == "":
            # Who is told to touch the screen touches it anywhere.
            view = replace(view, anywhere="yes")
        case Kind.CONSENT:
            view = replace(view, facts=consent_facts(catalogue))
        case Kind.READ_BACK:
            view = replace(view, facts=read_back_facts(session, step, catalogue), photo=chip_photo(session, step))
        case Kind.PRINT:
            view = fill_print(view, session, rules, step, catalogue)
        case Kind.MIRROR | Kind.LOOK | Kind.PHOTO:
            view = fill_portrait(view, session, step, portrait_taken(session, rules), catalogue)
        case Kind.MARK:
            form = form_of(session, step, catalogue)
            view = marking.fill_mark(replace(view, form=form), session, rules, catalogue)
        case Kind.REVIEW:
            view = review_view(view, session, rules, step, catalogue)
        case Kind.SEALING:
            view = replace(view, busy=session.phase == "")
        case Kind.FAREWELL:
            view = replace(view, facts=claim_facts(session, catalogue), claim=claim_code(session))
        case _:
            pass
    return view
