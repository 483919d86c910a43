"""What a turn asks the outside world to do. Frozen values; kiosk.runtime carries them out and answers with events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kiosk.domain.capture_plan import Finger
from kiosk.domain.citizen import Identity, PersonalNumber
from kiosk.domain.dates import PartialDate
from kiosk.domain.enrolment import Capture
from kiosk.domain.experience import RemedyOutcome
from kiosk.domain.pauses import Pause
from kiosk.domain.photo_coach import Posture
from kiosk.journey.listing import Query


class Lamp(StrEnum):
    """The call lamp on the case."""

    OFF = "off"
    BUSY = "busy"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class OpenVault:
    """Try the officer's PIN or passphrase; answered by SignedIn, SignInRefused or CardWanted."""

    officer: str
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConfirmPin:
    """See whether this is the PIN of who is signed in; answered by PinConfirmed or SignInRefused."""

    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Begin:
    """Make an id for a new enrolment; answered by Begun."""


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """Look for a card on the reader and a QR before the camera; answered by the Document events."""


@dataclass(frozen=True, slots=True)
class StopDocument:
    """Stop looking for documents."""


@dataclass(frozen=True, slots=True)
class ReadChip:
    """Read the card that lies there with a typed key; `expires` None is a card without an end."""

    number: PersonalNumber
    born: PartialDate
    expires: PartialDate | None


@dataclass(frozen=True, slots=True)
class ReadOfficerCard:
    """Read and prove the officer's own card, by its code or by a typed key, and hand it to the vault.

    Answered as OpenVault is, or by the Document events.
    """

    typed: ReadChip | None = None


@dataclass(frozen=True, slots=True)
class ForgetPin:
    """The officer gave the sign-in up: what was typed for it is forgotten."""


@dataclass(frozen=True, slots=True)
class CompareHandover:
    """Compare who a new card says it belongs to with what was enrolled here; answered by HandoverCompared."""

    identity: Identity


@dataclass(frozen=True, slots=True)
class RecallVisit:
    """See whether the citizen of this session was enrolled here with weak prints; answered by VisitRecalled."""


@dataclass(frozen=True, slots=True)
class MatchRoster:
    """See whether the citizen of this session is on the roster; answered by RosterMatched."""


@dataclass(frozen=True, slots=True)
class FindInRoster:
    """Look for people in the roster; answered by RosterFound."""

    query: Query


@dataclass(frozen=True, slots=True)
class CloseHandover:
    """The card was handed over: what is kept of its enrolment for this day is forgotten."""

    enrolment: str


@dataclass(frozen=True, slots=True)
class CapturePrint:
    """Wait for this finger; answered by FingerTouched, PrintProgress, PrintCaptured or DeviceTrouble."""

    finger: Finger


@dataclass(frozen=True, slots=True)
class StopPrint:
    """Stop waiting for a finger."""


@dataclass(frozen=True, slots=True)
class NoteRemedy:
    """Count what a remedy did to a print: for the order of the ladder, and without anybody's name."""

    outcome: RemedyOutcome


@dataclass(frozen=True, slots=True)
class ClearPrints:
    """A new citizen: empty the sensor's library and buffers and forget every template of the one before."""


@dataclass(frozen=True, slots=True)
class RememberPrints:
    """After an interruption: these fingers were taken already, oldest first; the sensor has to know them again."""

    prints: Mapping[Finger, Capture] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ring:
    """Sound the bell: the time of a remedy is over."""


@dataclass(frozen=True, slots=True)
class StartCamera:
    """Let the camera deliver frames; the ring light goes on with it."""


@dataclass(frozen=True, slots=True)
class StopCamera:
    """Stop the camera and its light; the sitter is followed no longer."""


@dataclass(frozen=True, slots=True)
class FollowSitter:
    """Look at whoever sits before the camera; answered by SitterSeen at each change, or CoachMissing.

    `sitting` numbers the looks: what comes of an earlier one is nobody's any more.
    """

    sitting: int
    posture: Posture


@dataclass(frozen=True, slots=True)
class TakePortrait:
    """Take and judge a portrait; answered by PortraitTaken or DeviceTrouble. The sitter is followed no longer."""

    sitting: int


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """Write the session as it is after this turn into the draft."""


@dataclass(frozen=True, slots=True)
class DropDraft:
    """Erase the draft: the citizen declined, or started anew; or this paused one, where it is named."""

    enrolment: str = ""


@dataclass(frozen=True, slots=True)
class PauseDraft:
    """Save the draft as paused; answered by DraftPaused once it is on the disk, or by DeviceTrouble."""

    pause: Pause


@dataclass(frozen=True, slots=True)
class ListPaused:
    """Look which paused enrolments there are; answered by PausedListed."""


@dataclass(frozen=True, slots=True)
class FindPaused:
    """See whether the citizen of this session has a paused enrolment here; answered by PausedFound."""


@dataclass(frozen=True, slots=True)
class OpenPaused:
    """Open a paused enrolment, which stays paused; answered by PausedOpened."""

    enrolment: str


@dataclass(frozen=True, slots=True)
class Seal:
    """Seal the enrolment into the outbox and drop the draft, in one transaction; answered by Sealed or SealFailed."""


@dataclass(frozen=True, slots=True)
class WipeDevices:
    """Wipe the sensor's buffers: this citizen is done."""


@dataclass(frozen=True, slots=True)
class SignOut:
    """Forget the vault's key: whoever goes on has to sign in."""


@dataclass(frozen=True, slots=True)
class LockHolds:
    """The office's lock is on the screen."""


@dataclass(frozen=True, slots=True)
class MessageRead:
    """The officer has read the office's message."""


@dataclass(frozen=True, slots=True)
class SayAgain:
    """Speak the screen's line once more."""


@dataclass(frozen=True, slots=True)
class Louder:
    """Speak one step louder from now on, and say the line again."""


@dataclass(frozen=True, slots=True)
class Quieter:
    """Speak one step quieter from now on, and say the line again."""


@dataclass(frozen=True, slots=True)
class ForgetVoice:
    """The citizen has gone: fall silent, keep no line, and speak as loud as at first from now on."""


@dataclass(frozen=True, slots=True)
class ShowLamp:
    """Set the call lamp."""

    state: Lamp


@dataclass(frozen=True, slots=True)
class StartTimer:
    """Answer with TimerFired(name) after `after_s` seconds; an earlier timer of that name is forgotten."""

    name: str
    after_s: float


@dataclass(frozen=True, slots=True)
class StopTimer:
    """Forget the timer."""

    name: str


Effect = (
    OpenVault
    | ConfirmPin
    | Begin
    | ReadDocument
    | StopDocument
    | ReadChip
    | ReadOfficerCard
    | ForgetPin
    | CompareHandover
    | RecallVisit
    | MatchRoster
    | FindInRoster
    | CloseHandover
    | CapturePrint
    | StopPrint
    | NoteRemedy
    | ClearPrints
    | RememberPrints
    | Ring
    | StartCamera
    | StopCamera
    | FollowSitter
    | TakePortrait
    | SaveDraft
    | DropDraft
    | PauseDraft
    | ListPaused
    | FindPaused
    | OpenPaused
    | Seal
    | WipeDevices
    | SignOut
    | LockHolds
    | MessageRead
    | SayAgain
    | Louder
    | Quieter
    | ForgetVoice
    | ShowLamp
    | StartTimer
    | StopTimer
)
