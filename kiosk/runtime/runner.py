"""The session runner: takes one event at a time, asks advance(), does what the effects say, and shows the new View.

One typed queue in, one View out. It decides nothing itself. A bug anywhere ends the process; systemd starts it again
and the draft brings the citizen back to the same step.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Protocol, assert_never

from drivers.panel.api import LampState, Panel, PanelEvent
from kiosk.domain.access import Access
from kiosk.domain.experience import RemedyOutcome
from kiosk.journey.advance import advance
from kiosk.journey.effects import (
    Begin,
    CapturePrint,
    ClearPrints,
    CloseHandover,
    CompareHandover,
    ConfirmPin,
    DropDraft,
    Effect,
    FindInRoster,
    FindPaused,
    FollowSitter,
    ForgetPin,
    ForgetVoice,
    ListPaused,
    LockHolds,
    Louder,
    MatchRoster,
    MessageRead,
    NoteRemedy,
    OpenPaused,
    OpenVault,
    PauseDraft,
    Quieter,
    ReadChip,
    ReadDocument,
    ReadOfficerCard,
    RecallVisit,
    RememberPrints,
    Ring,
    SaveDraft,
    SayAgain,
    Seal,
    ShowLamp,
    SignOut,
    StartCamera,
    StartTimer,
    StopCamera,
    StopDocument,
    StopPrint,
    StopTimer,
    TakePortrait,
    WipeDevices,
)
from kiosk.journey.events import (
    Begun,
    Event,
    FormFilled,
    HelpHeld,
    HelpPressed,
    KeyPressed,
    LooksShown,
    PrintCaptured,
    Sealed,
    TimerFired,
    Touched,
)
from kiosk.journey.proofing import check_words
from kiosk.journey.rendering import render
from kiosk.journey.session import Rules, Session, throughout
from kiosk.journey.speaking import HEADSET
from kiosk.journey.status import Status
from kiosk.journey.turning import AGAIN, DOING, OFFER, SAME
from kiosk.journey.view import Layout, View
from kiosk.runtime.captures import PrintDesk
from kiosk.runtime.custody import CustodyDesk
from kiosk.runtime.documents import DocumentDesk
from kiosk.runtime.keys import Keys
from kiosk.runtime.portraits import PortraitDesk
from kiosk.runtime.posting import EventQueue
from kiosk.runtime.remedies import RemedyBook
from kiosk.runtime.signs import LightSigns
from kiosk.voice.chimes import Chime
from kiosk.words.address import form_of_address
from kiosk.words.catalogue import Catalogue, Language

log = logging.getLogger(__name__)

_PROBE_EVERY_S: Final = 2.0
_SAVE_S: Final = 20.0
#: So often, until a screen is read once more, it is seen whether all is silent.
_LOOKS: Final = 10
#: The timer after which a screen is read once more; no timer of the journey has this name.
_REPEAT: Final = "ui.repeat"

#: Signs that go with a screen, beside its words.
_CHIMES: Final[Mapping[str, Chime]] = {
    "print.good": "good",
    "portrait.review": "good",
    "farewell": "good",
    "help": "call",
    "idle": "call",
    "curtain": "call",
    "trouble": "call",
}


#: What hands do to the case, as the session hears it.
_HANDS: Final[Mapping[PanelEvent, Event]] = {
    PanelEvent.HELP_PRESSED: HelpPressed(),
    PanelEvent.HELP_HELD: HelpHeld(),
    PanelEvent.YES_PRESSED: KeyPressed(yes=True),
    PanelEvent.NO_PRESSED: KeyPressed(yes=False),
}

#: What calls the officer.
_CALLS: Final = (HelpPressed(), Touched("help"))

#: Parts of a print step that begin with a print that was not good enough.
_WEAK: Final = frozenset({AGAIN, OFFER, DOING, SAME})


class Screen(Protocol):
    """Whoever draws Views."""

    def show(self, view: View) -> None:
        """Draw this view from now on."""
        ...

    def turn_page(self) -> bool:
        """Turn to the next page of facts that were not all shown yet; False where yes may be said to them."""
        ...


class Speech(Protocol):
    """Whoever speaks."""

    @property
    def trouble(self) -> str | None:
        """The key of the text that says why nothing is heard, or None."""
        ...

    def say(self, text: str, language: Language, *, private: bool = False, instead: str | None = None) -> None:
        """Speak; what was spoken stops. A `private` line holds a citizen's data and is not kept.

        With `instead` it is for the citizen's ear alone: without one that is theirs, `instead` is spoken.
        """
        ...

    def chime(self, chime: Chime) -> None:
        """Sound a sign."""
        ...

    def stop(self) -> None:
        """Fall silent."""
        ...

    def speaking(self) -> bool:
        """Say whether something is heard or about to be."""
        ...

    @property
    def loudness(self) -> tuple[int, int]:
        """How loud the next line is, and the loudest there is."""
        ...

    def louder(self) -> object:
        """Speak one step louder from now on."""
        ...

    def quieter(self) -> object:
        """Speak one step quieter from now on."""
        ...

    def forget(self) -> None:
        """Fall silent and keep nothing of this citizen."""
        ...


@dataclass(frozen=True, slots=True)
class Desks:
    """Everybody who does what effects ask for."""

    documents: DocumentDesk
    prints: PrintDesk
    portraits: PortraitDesk
    custody: CustodyDesk
    panel: Panel
    speech: Speech
    #: What remedies did on this kiosk; None counts nothing and goes by the ladder's priors alone.
    remedies: RemedyBook | None = None


class SessionRunner:
    """Runs sessions until cancelled."""

    def __init__(
        self,
        rules: Rules,
        catalogues: Mapping[str, Catalogue],
        desks: Desks,
        *,
        screen: Screen,
        events: EventQueue,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        prepare: Callable[[View], View],
        repeat_after_s: float = 0.0,
        on_turn: Callable[[Session, View], None] | None = None,
        keys: Keys | None = None,
    ) -> None:
        """Put everything together; run() begins. Raises TableError when a screen or text is missing.

        `prepare` makes of each View what the window draws (kiosk.runtime.showing). `on_turn` is told of every new view
        (the demo listens). A screen that waits for the citizen is read once more after `repeat_after_s` seconds of
        silence; 0: it is not. `keys` decides which presses of the two keys count.
        """
        for catalogue in catalogues.values():
            check_words(rules, catalogue)
        self._rules = rules
        self._catalogues = catalogues
        self._desks = desks
        self._screen = screen
        self._events = events
        self._now = now
        self._new_id = new_id
        self._prepare = prepare
        #: A screen that waits is read once more after so many seconds of silence; 0: never.
        self.repeat_after_s = repeat_after_s
        #: What the call lamp shows.
        self.lamp = LampState.OFF
        #: How often help was called, by the button on the case or on the screen.
        self.help_calls = 0
        self._on_turn = on_turn
        self._keys = keys or Keys()
        self._lights = LightSigns(desks.panel)
        self._session = Session(language=rules.language)
        self._view: View | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._probing = ""
        self._probe_timer: asyncio.TimerHandle | None = None
        self._status: Status | None = None
        #: Called when an enrolment lies sealed in the outbox: its receipt is looked for at once.
        self.on_sealed: Callable[[], None] | None = None

    @property
    def session(self) -> Session:
        """The session as it is now."""
        return self._session

    @property
    def view(self) -> View | None:
        """The view as it is now; None before run()."""
        return self._view

    def change_rules(self, change: Callable[[Rules], Rules]) -> None:
        """Go by other rules from the next event on; on the loop's thread."""
        self._rules = change(self._rules)

    def stop_desks(self) -> None:
        """End every wait at a device: the kiosk is being closed."""
        self._desks.documents.stop()
        self._desks.prints.stop()
        self._desks.portraits.stop()

    def tell_status(self, status: Status) -> None:
        """Take how the kiosk itself is; on the loop's thread."""
        if status != self._status:
            before, self._status = self._status, status
            if self._view is not None:
                self._show()
                plugged = before is not None and HEADSET in before.faults and HEADSET not in status.faults
                if plugged and self._view.personal:
                    # Now it can be heard by whom it is for.
                    self._say_again()

    def take(self, event: Event) -> None:
        """Take an event from outside the desks; from any thread."""
        self._events.post(event)

    def panel_event(self, event: PanelEvent) -> None:
        """Take what a hand did to the case; from any thread."""
        told = _HANDS.get(event)
        if told is not None:
            self._events.post(told)
        else:
            log.warning("case: %s", event.value)

    async def run(self) -> None:
        """Run until cancelled. Whatever is raised here is a bug."""
        self._show()
        while True:
            event = await self._events.next()
            await self._turn(event)

    async def _turn(self, event: Event) -> None:
        if isinstance(event, LooksShown):
            self._looks_shown(event.on)
            return
        if isinstance(event, KeyPressed):
            touched = self._keys.touch(event, self._view)
            # To who cannot see all pages are said.
            unread = touched == Touched("yes") and self._session.access is not Access.BLIND
            if touched is None or (unread and self._screen.turn_page()):
                return
            event = touched
        if isinstance(event, Touched | FormFilled):
            self._desks.speech.stop()
            self._stop_timer(_REPEAT)
        if event in _CALLS:
            self.help_calls += 1
        if isinstance(event, Sealed) and self.on_sealed is not None:
            self.on_sealed()
        before = self._session
        self._session, effects = advance(before, event, self._rules_for(event), self._now())
        if (before.step, before.overlay) != (self._session.step, self._session.overlay):
            log.info("%s -> %s %s", before.step, self._session.step, self._session.overlay)
        for effect in effects:
            await self._carry_out(effect, before)
        self._show()
        self._watch_trouble()

    def _rules_for(self, event: Event) -> Rules:
        """Give the rules with what is known at this moment: whether anything is heard, and what remedies have done."""
        heard = self._rules.voice_on and self._desks.speech.trouble is None and self._session.access is not Access.DEAF
        book = self._desks.remedies
        if book is None or not isinstance(event, PrintCaptured | Touched):
            # Only these choose a remedy, and adding up half a year of days is not for every packet of a print.
            return replace(self._rules, voice_on=heard)
        return replace(self._rules, voice_on=heard, here=book.here(), everywhere=book.everywhere())

    def _show(self) -> None:
        catalogue = self._addressing(self._catalogues[self._session.language])
        view = self._prepare(render(self._session, self._rules, catalogue, self._status))
        if self._rules.voice_on and self._desks.speech.trouble is None and self._session.access is not Access.DEAF:
            view = replace(view, loudness=self._desks.speech.loudness)
        if view == self._view:
            return
        # Percent and hints change within a screen; the line is spoken when the line is another one.
        anew = self._view is None or (self._view.key, self._view.voice) != (view.key, view.voice)
        self._view = view
        self._screen.show(view)
        self._keys.shown(view)
        if anew:
            self._speak(view, catalogue.language)
        if self._on_turn is not None:
            self._on_turn(self._session, view)

    def _addressing(self, catalogue: Catalogue) -> Catalogue:
        """Give the catalogue that addresses the citizen by age and sex, once the papers have told them."""
        identity = self._session.answers.identity
        if identity is None:
            return catalogue
        age = identity.born.age_on(self._now().date())
        return catalogue.addressed(form_of_address(catalogue.language, age, identity.sex))

    async def _carry_out(self, effect: Effect, before: Session) -> None:  # noqa: C901, PLR0915 - one line a case
        desks = self._desks
        match effect:
            case OpenVault(officer, pin):
                desks.custody.sign_in(officer, pin)
            case ConfirmPin(pin):
                desks.custody.confirm_pin(pin)
            case Begin():
                self._events.post(Begun(self._new_id()))
            case ReadDocument():
                desks.documents.start()
            case ReadChip():
                desks.documents.start_with(effect)
            case ReadOfficerCard(typed):
                desks.documents.start_officer(typed, desks.custody.card_shown)
            case ForgetPin():
                desks.custody.forget_pin()
            case CompareHandover(identity):
                desks.custody.compare(identity)
            case RecallVisit():
                self._recall()
            case MatchRoster():
                self._match()
            case FindInRoster(query):
                desks.custody.find_in_roster(query)
            case CloseHandover(enrolment):
                desks.custody.close_handover(enrolment)
            case StopDocument():
                desks.documents.stop()
            case CapturePrint(finger):
                desks.prints.start(finger)
            case StopPrint():
                desks.prints.stop()
            case ClearPrints():
                desks.prints.clear()
            case RememberPrints(prints):
                desks.prints.remember(prints)
            case NoteRemedy(outcome):
                self._note(outcome)
            case Ring():
                self._sign("call")
            case StartCamera():
                self._lights.stop()
                desks.portraits.start()
            case StopCamera():
                desks.portraits.stop()
            case FollowSitter(sitting, posture):
                desks.portraits.follow(sitting, posture)
            case TakePortrait(sitting):
                desks.portraits.take(sitting)
            case SaveDraft():
                # The next screen waits for the disk: what the citizen sees as done is done.
                await asyncio.wait_for(asyncio.wrap_future(desks.custody.save(self._session)), _SAVE_S)
            case DropDraft(named):
                desks.custody.drop(named or before.enrolment or (before.draft.id if before.draft is not None else ""))
            case PauseDraft(pause):
                pauses = (*self._session.answers.pauses, pause)
                desks.custody.pause(throughout(self._session, pauses=pauses))
            case ListPaused():
                desks.custody.list_paused()
            case FindPaused():
                self._find_paused()
            case OpenPaused(enrolment):
                desks.custody.open_paused(enrolment)
            case Seal():
                desks.custody.seal(self._session, self._now())
            case WipeDevices():
                desks.prints.wipe()
            case ForgetVoice():
                desks.speech.forget()
            case SayAgain():
                self._say_again()
            case Louder():
                desks.speech.louder()
                self._say_again()
            case Quieter():
                desks.speech.quieter()
                self._say_again()
            case SignOut():
                desks.custody.sign_out()
            case LockHolds():
                desks.custody.lock_holds()
            case MessageRead():
                desks.custody.message_read()
            case ShowLamp(state):
                self.lamp = LampState(state.value)
                desks.panel.lamp(self.lamp)
            case StartTimer(name, after_s):
                self._start_timer(name, after_s)
            case StopTimer(name):
                self._stop_timer(name)
            case _:
                assert_never(effect)

    def _recall(self) -> None:
        if self._session.answers.identity is not None:
            self._desks.custody.recall(self._session.answers.identity)

    def _find_paused(self) -> None:
        if self._session.answers.identity is not None:
            self._desks.custody.find_paused(self._session.answers.identity, self._session.enrolment)

    def _match(self) -> None:
        if self._session.answers.identity is not None:
            self._desks.custody.match(self._session.answers.identity)

    def _note(self, outcome: RemedyOutcome) -> None:
        if self._desks.remedies is not None:
            self._desks.remedies.note(outcome)

    def _speak(self, view: View, language: Language) -> None:
        chime = _CHIMES.get(view.key) or ("retry" if self._session.phase in _WEAK else None)
        if chime is not None:
            self._sign(chime)
        self._stop_timer(_REPEAT)
        if self._session.access is Access.DEAF:
            # Whoever waits for the end of a line that they do not hear waits for nothing.
            self._desks.speech.stop()
            return
        self._say(view, language)
        if self.repeat_after_s and view.progress is not None and view.layout is not Layout.FORM and not view.busy:
            self._repeat_when_silent()

    def _say(self, view: View, language: Language) -> None:
        if self._keys.covered and view.looks is not None:
            # The page for letters and hand lies over the screen: it is what is asked about.
            self._desks.speech.say(view.looks.voice, language)
            return
        instead = view.aloud if view.personal else None
        self._desks.speech.say(view.voice, language, private=bool(view.facts), instead=instead)

    def _looks_shown(self, on: bool) -> None:
        """Say what the page for letters and hand asks; when it goes, the screen below is said again."""
        self._keys.cover(on=on)
        self._stop_timer(_REPEAT)
        self._desks.speech.stop()
        view = self._view
        if view is None or view.looks is None or self._session.access is Access.DEAF:
            return
        self._say_again()

    def _sign(self, chime: Chime) -> None:
        """Give a sign that is heard, or seen by who cannot hear it; while the camera looks its light is left alone."""
        if self._session.access is not Access.DEAF:
            self._desks.speech.chime(chime)
        elif self._view is None or not self._view.preview:
            self._lights.flash(chime)

    def _repeat_when_silent(self) -> None:
        """Read the screen once more when it has been silent for a while: an old ear may have missed it."""
        loop = asyncio.get_running_loop()

        step_s = self.repeat_after_s / _LOOKS

        def look(silent_s: float) -> None:
            silent_s = 0.0 if self._desks.speech.speaking() else silent_s + step_s
            if silent_s < self.repeat_after_s:
                self._timers[_REPEAT] = loop.call_later(step_s, look, silent_s)
                return
            self._timers.pop(_REPEAT, None)
            self._say_again()

        self._timers[_REPEAT] = loop.call_later(step_s, look, 0.0)

    def _say_again(self) -> None:
        if self._view is not None and self._session.access is not Access.DEAF:
            language = self._catalogues[self._session.language].language
            self._say(self._view, language)

    def _start_timer(self, name: str, after_s: float) -> None:
        self._stop_timer(name)
        loop = asyncio.get_running_loop()
        self._timers[name] = loop.call_later(after_s, self._events.post, TimerFired(name))

    def _stop_timer(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    def _watch_trouble(self) -> None:
        """While a device is in trouble, see every two seconds whether it is back."""
        device = self._session.trouble
        if device == self._probing:
            return
        self._probing = device
        if self._probe_timer is not None:
            self._probe_timer.cancel()
            self._probe_timer = None
        if device:
            self._probe_timer = asyncio.get_running_loop().call_later(_PROBE_EVERY_S, self._probe, device)

    def _probe(self, device: str) -> None:
        probes = {
            "fingerprint": self._desks.prints.probe,
            "camera": self._desks.portraits.probe,
            "storage": self._desks.custody.probe,
        }
        probes[device]()
        self._probe_timer = asyncio.get_running_loop().call_later(_PROBE_EVERY_S, self._probe, device)
