"""A citizen at the review, put on the kiosk's disk as a draft: stories about the way to the office begin there."""

import hashlib
from datetime import UTC, datetime
from uuid import uuid4

from drivers.camera.api import Frame
from drivers.fingerprint.api import PrintImage
from drivers.fingerprint.synthetic import Finger as GrownFinger
from drivers.fingerprint.synthetic import Impression, print_of
from kiosk.custody.database import CustodyDatabase
from kiosk.demo.drawing_portrait import HEIGHT_PX, WIDTH_PX, portrait
from kiosk.demo.founding import Village
from kiosk.demo.people import DemoCitizen
from kiosk.demo.village_settings import OFFICER, PIN
from kiosk.domain.capture_plan import Filled, SlotKind
from kiosk.domain.citizen import DocumentSource, Identity
from kiosk.domain.enrolment import Answers, Capture, Consent
from kiosk.domain.ids import uuid7
from kiosk.journey.session import Session
from kiosk.main import judge_print, load_plan
from kiosk.runtime.drafts import captures_of, state_of
from kiosk.runtime.portrait_judging import FaceEyes
from kiosk.sealing.vault import Vault
from kiosk.storage.drafts import DraftStore

_SIDE_PX = 192
_DPI = 508


def lay_draft(village: Village, person: DemoCitizen) -> str:
    """Leave what a kiosk leaves that was killed at this person's review, and give the enrolment's id."""
    session = _session(village, person)
    kiosk = village.places.kiosk
    database = CustodyDatabase.open(kiosk / "outbox" / "outbox.db", kiosk / "private" / "private.db")
    with database:
        key = Vault(kiosk / "private" / "vault.json", None, pin_alone=True).open(OFFICER, PIN)
        DraftStore(database, key).save(
            session.enrolment, session.step, state=state_of(session), captures=captures_of(session)
        )
    for folder in ("outbox", "private"):
        for file in (kiosk / folder).iterdir():
            village.accounts.kiosk.take(file, 0o640 if folder == "outbox" else 0o600)
    return session.enrolment


def _session(village: Village, person: DemoCitizen) -> Session:
    now = datetime.now(UTC)
    captures: dict[str, Capture] = {}
    slots: dict[str, Filled] = {}
    for number, slot in enumerate(load_plan(village.places.root / "capture_plan.toml").possible()):
        capture, quality = _portrait(person) if slot.kind is SlotKind.PORTRAIT else _print(person, number)
        name = hashlib.sha256(capture.data).hexdigest()
        captures[name] = capture
        slots[slot.id] = Filled(name, quality, None, 1, "simulated")
    identity = Identity(DocumentSource.TYPED, person.name.upper(), person.born, person.number, person.sex)
    answers = Answers(
        consent=Consent(now, "vi", read_aloud=True),
        identity=identity,
        identity_confirmed=True,
        home=person.home,
        home_confirmed=True,
        relatives=person.relatives,
        relatives_confirmed=True,
        phone=person.phone,
        slots=slots,
    )
    return Session(
        step="review", officer=OFFICER, enrolment=uuid7(now), started_at=now, answers=answers, captures=captures
    )


def _print(person: DemoCitizen, number: int) -> tuple[Capture, int]:
    # No two prints are the same, not even of one finger.
    grey = print_of(GrownFinger(person.finger_seed * 10 + number), Impression(seed=uuid4().int % 2**32))
    judged = judge_print(PrintImage(_SIDE_PX, _SIDE_PX, _DPI, grey))
    return Capture("image/png", _SIDE_PX, _SIDE_PX, _DPI, judged.png), judged.quality


def _portrait(person: DemoCitizen) -> tuple[Capture, None]:
    picture = portrait(person.look).convert("RGBA")
    judged = FaceEyes().judge(Frame(WIDTH_PX, HEIGHT_PX, picture.tobytes(), 0))
    return Capture("image/jpeg", judged.width_px, judged.height_px, None, judged.jpeg), None
