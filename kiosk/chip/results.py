"""What a reading gives: progress on the way, what is in hand of a lifted card, the whole card, and what it cost."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kiosk.chip.commands import Transmit
from kiosk.chip.errors import BadAnswer
from kiosk.chip.face import Portrait
from kiosk.chip.files import CardFile
from kiosk.chip.hashes import HashCheck
from kiosk.chip.keys import Key
from kiosk.chip.mrz import Mrz
from kiosk.chip.opening import Access, Remembered
from kiosk.chip.proof import NOT_ASKED, Proof


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
class Effort:
    """What a reading cost: commands sent, and seconds by stage (access, files, proofs)."""

    apdus: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChipRead:
    """A card read: DG1 parsed, the portrait if wanted and there, the hash comparison, and all files as they came.

    `listed` are the data groups that EF.COM names, `refused` the files that the card denied, with the status word.
    The two proofs are worth as much as the signature over DG14 and DG15, which is not judged here.
    """

    key: Key
    dg1: Mrz
    portrait: Portrait | None
    hashes_match: HashCheck
    files: Mapping[str, bytes] = field(repr=False)
    access: Access | None = None
    listed: tuple[str, ...] = ()
    refused: Mapping[str, int] = field(default_factory=dict)
    chip_authentication: Proof = NOT_ASKED
    active_authentication: Proof = NOT_ASKED
    effort: Effort = field(default_factory=Effort)


class Clock:
    """Counts and times commands, and sends none after the deadline."""

    def __init__(self, transmit: Transmit, longest_s: float, monotonic_s: Callable[[], float]) -> None:
        self._transmit = transmit
        self.monotonic_s = monotonic_s
        self._ends_at_s = monotonic_s() + longest_s
        self._stage_since_s = monotonic_s()
        self._seconds: dict[str, float] = {}
        self._apdus = 0

    def transmit(self, apdu: bytes) -> bytes:
        if self.monotonic_s() > self._ends_at_s:
            raise BadAnswer("the card takes longer than any good one: lift it, wipe it and lay it down again")
        self._apdus += 1
        return self._transmit(apdu)

    def ended(self, stage: str) -> None:
        now_s = self.monotonic_s()
        self._seconds[stage] = now_s - self._stage_since_s
        self._stage_since_s = now_s

    def effort(self) -> Effort:
        return Effort(self._apdus, dict(self._seconds))
