"""What can happen to a session: touches, devices, storage, time. Frozen values; nothing here decides anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk.domain.capture_plan import Finger
from kiosk.domain.card_proof import CardProof
from kiosk.domain.citizen import Home, Identity, Relatives
from kiosk.domain.contradictions import Statement
from kiosk.domain.enrolment import Capture
from kiosk.domain.photo_coach import Advice
from kiosk.domain.portrait import PortraitNote
from kiosk.domain.quality import PortraitSay, PrintVerdict
from kiosk.domain.roster import RosterRow
from kiosk.journey.listing import Query
from kiosk.journey.remembered import (
    DraftPaused,
    HandoverCompared,
    PausedFound,
    PausedListed,
    PausedOpened,
    ResumableDraft,
    VisitRecalled,
)


@dataclass(frozen=True, slots=True)
class Touched:
    """A button, list row or bar item was touched: `yes`, `other`, `back`, `again`, `help`, or a row's id."""

    id: str


@dataclass(frozen=True, slots=True)
class FormFilled:
    """The officer finished a form."""

    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HelpPressed:
    """The round button on the case was pressed."""


@dataclass(frozen=True, slots=True)
class HelpHeld:
    """The round button is held down: everything is to be read aloud, or no more."""


@dataclass(frozen=True, slots=True)
class HandsSeen:
    """Hands are at work on the screen without having answered: a page was turned."""


@dataclass(frozen=True, slots=True)
class LooksShown:
    """The page for letters and hand lies over the screen, or has gone."""

    on: bool


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """One of the two keys beside the screen was pressed: the triangle (yes) or the square."""

    yes: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """A new enrolment has an id."""

    enrolment: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An officer has opened the vault; `draft` is what an interrupted session left behind."""

    officer: str
    draft: ResumableDraft | None = None


@dataclass(frozen=True, slots=True)
class PinConfirmed:
    """The officer who is signed in has given their PIN again."""


@dataclass(frozen=True, slots=True)
class SignInRefused:
    """The PIN did not open the vault, or was not the officer's.

    Told are the tries left before a delay begins, and how long the next try must wait now.

    `why` is "card" where the card on the reader is not the officer's registered one, "late" where
    it came when the PIN was forgotten already; neither costs a try.
    """

    tries_left: int
    wait_s: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class CardWanted:
    """This officer's place in the vault opens with their own card beside the PIN: it has to be shown now."""


@dataclass(frozen=True, slots=True)
class DocumentProgress:
    """The chip is being read: percent of its bytes so far."""

    percent: int


@dataclass(frozen=True, slots=True)
class DocumentRead:
    """Card or QR told who the citizen is. `portrait` is the chip's own photo; `hashes` is yes, no or the reason.

    `proof` is what the chip could prove, None without a chip; `statements` are what each paper says.
    """

    identity: Identity
    home: Home = field(default_factory=Home)
    relatives: Relatives = field(default_factory=Relatives)
    portrait: Capture | None = None
    hashes: str | None = None
    proof: CardProof | None = None
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class CardNeedsKey:
    """A card lies on the reader and no QR told its key: number, birth date and expiry must be typed."""


@dataclass(frozen=True, slots=True)
class DocumentFailed:
    """The document could not be read.

    `lifted`: the card went too early, and reading goes on when it lies there again. `wrong_key`: no key opened the
    chip. `unreadable`: what the card said makes no sense. `unproven`: an officer's card that did not prove that it is
    no copy. After the last three the search has ended.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class FingerStays:
    """The finger taken last still lies on the glass."""


@dataclass(frozen=True, slots=True)
class FingerTouched:
    """A finger lies on the glass; the image is on its way."""


@dataclass(frozen=True, slots=True)
class PrintProgress:
    """Percent of the print that has arrived."""

    percent: int


@dataclass(frozen=True, slots=True)
class PrintCaptured:
    """A print arrived and was judged.

    `move` is where the finger should go (left, right, up, down as it lies on the glass), or empty. `same_as` is the
    finger taken earlier that the module itself finds this one to be, or None.
    """

    finger: Finger
    capture_id: str
    capture: Capture
    quality: int
    verdict: PrintVerdict
    sensor: str
    move: str = ""
    same_as: Finger | None = None


@dataclass(frozen=True, slots=True)
class SitterSeen:
    """What the photo coach makes of who sits before the camera, told at each change.

    `asks` is what only the officer can tell (glasses, hat, ears): it blocks nothing.
    """

    sitting: int
    advice: Advice
    asks: tuple[PortraitSay, ...] = ()


@dataclass(frozen=True, slots=True)
class CoachMissing:
    """The face nets are not there: nobody is followed, and the picture is counted down to."""

    sitting: int


@dataclass(frozen=True, slots=True)
class PortraitTaken:
    """A portrait was taken and judged; `hints` is what blocks, the most useful first, empty when it is good.

    `asks` is for the officer alone, `note` is what is kept beside the picture.
    """

    sitting: int
    capture_id: str
    capture: Capture
    hints: tuple[PortraitSay, ...]
    sensor: str
    asks: tuple[PortraitSay, ...] = ()
    note: PortraitNote = field(default_factory=PortraitNote)


@dataclass(frozen=True, slots=True)
class RosterTold:
    """How many people are on the roster that can be read now; 0 without one."""

    people: int


@dataclass(frozen=True, slots=True)
class RosterMatched:
    """Whether this person is on the roster of this id; `row` is None for somebody who is not, or a doubtful one.

    `roster` is empty where there is none to be on.
    """

    identity: Identity = field(repr=False)
    roster: str
    row: RosterRow | None = None


@dataclass(frozen=True, slots=True)
class RosterFound:
    """The people of the roster of this id that fit what was typed, the first of `total`."""

    query: Query
    roster: str
    rows: tuple[RosterRow, ...]
    total: int


@dataclass(frozen=True, slots=True)
class DeviceTrouble:
    """A device is gone or answers nonsense: `device` is camera, fingerprint, card, panel or storage.

    `code` says more to the officer and to the log; it never holds a citizen's data.
    """

    device: str
    code: str


@dataclass(frozen=True, slots=True)
class DeviceRecovered:
    """The device works again."""

    device: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """The enrolment lies sealed in the outbox."""

    sequence: int


@dataclass(frozen=True, slots=True)
class SealFailed:
    """The enrolment could not be put away: `full` or `storage`. The draft is still there."""

    reason: str


@dataclass(frozen=True, slots=True)
class ReceiptVerified:
    """The office's signed word for the enrolment of this session arrived."""

    enrolment: str
    number: int


@dataclass(frozen=True, slots=True)
class KioskLocked:
    """The kiosk is to serve nobody: `reason` is office, silence or erased; `now` does not wait for who sits there."""

    reason: str
    now: bool = False


@dataclass(frozen=True, slots=True)
class KioskUnlocked:
    """The office lets the kiosk serve again."""


@dataclass(frozen=True, slots=True)
class OfficeMessage:
    """The office has a word for the officer."""

    text: str


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer that an effect had started ran out."""

    name: str


Event = (
    Touched
    | FormFilled
    | HelpPressed
    | HelpHeld
    | KeyPressed
    | LooksShown
    | HandsSeen
    | Begun
    | SignedIn
    | SignInRefused
    | PinConfirmed
    | CardWanted
    | HandoverCompared
    | VisitRecalled
    | RosterTold
    | RosterMatched
    | RosterFound
    | DraftPaused
    | PausedListed
    | PausedFound
    | PausedOpened
    | DocumentProgress
    | DocumentRead
    | CardNeedsKey
    | DocumentFailed
    | FingerStays
    | FingerTouched
    | PrintProgress
    | PrintCaptured
    | SitterSeen
    | CoachMissing
    | PortraitTaken
    | DeviceTrouble
    | DeviceRecovered
    | Sealed
    | SealFailed
    | ReceiptVerified
    | KioskLocked
    | KioskUnlocked
    | OfficeMessage
    | TimerFired
)
