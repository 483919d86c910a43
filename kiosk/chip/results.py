"""What a reading gives: progress on the way, what is in hand of a lifted card, and the whole card."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk.chip.face import Portrait
from kiosk.chip.files import CardFile
from kiosk.chip.hashes import HashCheck
from kiosk.chip.keys import Key
from kiosk.chip.memory import Remembered
from kiosk.chip.mrz import Mrz
from kiosk.chip.opening import Access
from kiosk.chip.proof import NOT_ASKED, Proof
from kiosk.chip.stages import Effort


@dataclass(frozen=True, slots=True)
class PartialRead:
    """What is in hand of a card that was lifted: whole files, and the beginning of one more.

    It belongs to the card that `key` opens; read_chip() goes on with it only when that key opens the card again and
    the card gives the same DG1. `remembered` spares the card what it has answered.
    """

    key: Key
    files: Mapping[str, bytes] = field(repr=False)
    begun: Mapping[str, bytes] = field(repr=False)
    remembered: Remembered | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """How far one file is, in bytes, and how far the whole reading is, from 0 to 1; `overall` never falls."""

    file: CardFile
    done: int
    total: int
    overall: float


@dataclass(frozen=True, slots=True)
class ChipRead:
    """A card read: DG1 parsed, the portrait if wanted and there, the hash comparison, and all files as they came.

    `listed` are the data groups that EF.COM names, if it was asked; `refused` the files that the card denied, with the
    status word; `unreadable` those that came and have a form that is not known, with what is wrong. The two proofs are
    worth as much as the signature over DG14 and DG15: kiosk.chip.findings judges them together.
    """

    key: Key
    dg1: Mrz
    portrait: Portrait | None
    hashes_match: HashCheck
    files: Mapping[str, bytes] = field(repr=False)
    access: Access | None = None
    listed: tuple[str, ...] = ()
    refused: Mapping[str, int] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    chip_authentication: Proof = NOT_ASKED
    active_authentication: Proof = NOT_ASKED
    effort: Effort = field(default_factory=Effort)
