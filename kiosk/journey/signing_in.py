"""The officer signs in: id and PIN or passphrase, and where the place in the vault wants it, their own card. Pure."""

import math
from dataclasses import replace
from typing import Final

from kiosk.journey.documents import KeyTyped, typed_key
from kiosk.journey.effects import (
    ForgetPin,
    Lamp,
    OpenVault,
    ReadOfficerCard,
    ShowLamp,
    StartCamera,
    StartTimer,
    StopCamera,
    StopDocument,
    StopTimer,
)
from kiosk.journey.events import (
    CardNeedsKey,
    CardWanted,
    DeviceRecovered,
    DeviceTrouble,
    DocumentFailed,
    DocumentProgress,
    Event,
    FormFilled,
    SignedIn,
    SignInRefused,
    TimerFired,
    Touched,
)
from kiosk.journey.proving import proved
from kiosk.journey.session import Rules, Session, Turn, fresh
from kiosk.journey.turning import BUSY, NUMBER, READING, stay

#: The part in which the officer's card is waited for.
CARD: Final = "card"
_WITH_CARD: Final = frozenset({CARD, READING, NUMBER})
_GONE: Final = (StopDocument(), StopCamera(), StopTimer("pause"))

#: Every text that this module can ask for.
TEXTS: Final = frozenset(
    {
        *("signin.retry", "signin.wait", "signin.unproven", "signin.other_card", "signin.card_key"),
        *("trouble.card", "trouble.reader", "document.wait"),
    }
)


def sign_in(session: Session, event: Event, rules: Rules) -> Turn:
    """The officer opens the vault; what an interrupted session left behind is offered first."""
    match event:
        case FormFilled(values) if session.phase == "":
            officer = values.get("officer", "").strip()
            busy = replace(session, phase=BUSY, problem="", officer=officer)
            return stay(busy, OpenVault(officer, values.get("pin", "")))
        case CardWanted() if session.phase == BUSY:
            waiting = StartTimer("pause", rules.card_wait_s)
            return stay(replace(session, phase=CARD, hint=""), StartCamera(), ReadOfficerCard(), waiting)
        case SignInRefused():
            return _refused(session, event)
        case SignedIn():
            return _signed_in(session, event, rules)
        case _ if session.phase in _WITH_CARD:
            return _with_card(session, event, rules)
        case _:
            return stay(session)


def _with_card(session: Session, event: Event, rules: Rules) -> Turn:
    """Wait for the card, or for what opens it."""
    match event:
        case DocumentProgress(percent):
            return stay(replace(session, phase=READING, percent=percent, hint=""))
        case CardNeedsKey():
            return stay(replace(session, phase=NUMBER, percent=None, hint="", problem="", form={}))
        case DocumentFailed(reason):
            return _failed(session, reason)
        case FormFilled(values) if session.phase == NUMBER:
            return _typed(session, dict(values))
        case Touched("yes") if session.phase == CARD:
            return stay(replace(session, hint="document.wait"))
        case Touched("other") | TimerFired("pause") if session.phase != READING:
            return stay(_form_again(session, ""), *_GONE, ForgetPin())
        case TimerFired("pause"):
            # A card that is being read has its time; one that was lifted meanwhile is waited for as long again.
            return stay(session, StartTimer("pause", rules.card_wait_s))
        case DeviceTrouble("card") if session.phase != NUMBER:
            return stay(replace(session, phase=CARD, percent=None, hint="trouble.reader"))
        case DeviceRecovered("card") if session.hint == "trouble.reader":
            return stay(replace(session, hint=""))
        case _:
            return stay(session)


def _failed(session: Session, reason: str) -> Turn:
    if reason == "lifted":
        return stay(replace(session, phase=CARD, percent=None, hint="trouble.card"))
    if reason == "unproven":
        return stay(_form_again(session, "signin.unproven"), *_GONE, ForgetPin())
    if reason == "wrong_key":
        # Typed or from the code: either way the numbers are asked for now.
        return stay(replace(session, phase=NUMBER, percent=None, hint="", problem="signin.card_key"))
    return stay(replace(session, phase=CARD, percent=None, hint="trouble.card"), ReadOfficerCard())


def _typed(session: Session, values: dict[str, str]) -> Turn:
    match typed_key(values):
        case KeyTyped(key):
            reading = replace(session, phase=READING, percent=0, problem="", form=values, hint="")
            return stay(reading, ReadOfficerCard(key))
        case problem:
            return stay(replace(session, problem=problem, form=values))


def _refused(session: Session, event: SignInRefused) -> Turn:
    effects = _GONE if session.phase in _WITH_CARD else ()
    if event.why == "card":
        return stay(_form_again(session, "signin.other_card"), *effects, ForgetPin())
    if event.why == "late":
        return stay(_form_again(session, ""), *effects)
    problem = "signin.wait" if event.wait_s > 0 else "signin.retry"
    shown = {"seconds": str(math.ceil(event.wait_s)), "count": str(event.tries_left)}
    return stay(replace(_form_again(session, problem), form=shown), *effects)


def _form_again(session: Session, problem: str) -> Session:
    return replace(session, phase="", problem=problem, percent=None, hint="", form={})


def _signed_in(session: Session, event: SignedIn, rules: Rules) -> Turn:
    effects = (*(_GONE if session.phase in _WITH_CARD else ()), ShowLamp(Lamp.OFF))
    draft = event.draft
    signed, proof = proved(replace(fresh(session, rules), officer=event.officer, draft=draft), rules)
    effects = (*effects, *proof)
    if draft is not None and {draft.step, *(past.step for past in draft.history)} <= set(rules.steps):
        return stay(replace(signed, step="resume", language=draft.language), *effects)
    # A draft of another plan stays where it is, sealed; the kiosk serves the next citizen.
    return stay(replace(signed, draft=None), *effects)
