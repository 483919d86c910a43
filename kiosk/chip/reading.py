"""Reading a whole card: open it, fetch the wanted files, let it prove itself; a lifted card costs nothing read."""

import os
import time
from collections.abc import Callable, Collection, Sequence
from typing import Final

from kiosk.chip import tlv
from kiosk.chip.commands import Transmit
from kiosk.chip.errors import (
    BadAnswer,
    BadKeyText,
    CardLost,
    ChipError,
    NotAPassport,
    Refused,
    UnknownAccess,
)
from kiosk.chip.face import Portrait, parse_portrait
from kiosk.chip.files import FILE_TAGS, CardFile
from kiosk.chip.hashes import check_hashes, listed_hashes
from kiosk.chip.keys import Key
from kiosk.chip.memory import ReaderMemory, Remembered
from kiosk.chip.mrz import parse_dg1
from kiosk.chip.opening import ChipSession, open_chip
from kiosk.chip.proving import ChipProofs, prove_chip
from kiosk.chip.results import ChipRead, PartialRead, ReadProgress
from kiosk.chip.stages import Clock

__all__ = ["ALL", "EVERYTHING", "LONGEST_S", "ChipRead", "PartialRead", "ReadProgress", "read_chip"]

ALL: Final = (CardFile.DG1, CardFile.DG2, CardFile.SOD)
"""What tells who the citizen is."""
EVERYTHING: Final = (
    CardFile.DG1,
    CardFile.DG14,
    CardFile.DG15,
    CardFile.DG11,
    CardFile.DG12,
    CardFile.DG13,
    CardFile.DG2,
    CardFile.SOD,
)
"""All that the kiosk can use; DG14 and DG15 let the chip prove itself, too."""
LONGEST_S: Final = 180.0
"""A usual card takes 5 to 20 s. One that gives a byte at a time would hold the citizen for hours."""
_ORDER: Final = (*EVERYTHING[:6], *(file for file in CardFile if file.group not in (None, 1, 2, 11, 12, 13, 14, 15)))
_SHARES: Final = {CardFile.COM: 2, CardFile.DG1: 5, CardFile.DG2: 80, CardFile.SOD: 13}
_OTHER_SHARE: Final = 4
"""How much of a usual card's reading time each file takes, in percent of a plain reading."""


def read_chip(
    transmit: Transmit,
    keys: Sequence[Key],
    *,
    wanted: Collection[CardFile] = ALL,
    so_far: PartialRead | None = None,
    on_progress: Callable[[ReadProgress], None] | None = None,
    memory: ReaderMemory | None = None,
    atr: bytes | None = None,
    random_bytes: Callable[[int], bytes] = os.urandom,
    longest_s: float = LONGEST_S,
    monotonic_s: Callable[[], float] = time.monotonic,
    on_stage: Callable[[str], None] | None = None,
) -> ChipRead:
    """Open the card with the first key that fits and read the wanted files (DG1 always).

    `transmit` sends one APDU and raises an OSError when the card is gone. `keys` come likely first; each wrong one
    costs two commands by BAC, five by PACE. After CardLost, call again with its `so_far` once the card lies on the
    reader again. With DG14 or DG15 among `wanted` the chip is asked to prove itself. `memory` and `atr` as in
    open_chip(); `on_stage` is told each stage (kiosk.chip.stages) as it begins.

    After `longest_s` by `monotonic_s` no further command is sent, and the reading ends with BadAnswer.

    Raises BadKeyText without keys, NotAPassport, UnknownAccess, WrongKey, CardLost and BadAnswer (these two carrying
    `so_far`), each with the stage it came in and the status word that ended it. A file that the card denies is left
    out; DG1 denied is a BadAnswer.
    """
    if not keys:
        raise BadKeyText("there is no key to try: number, birth date and expiry are needed, or the card access number")
    clock = Clock(transmit, longest_s, monotonic_s, on_stage)
    reading = _Reading(clock, wanted, on_progress or _silent, random_bytes)
    try:
        reading.open(_likely_first(keys, so_far), so_far, memory, atr)
        reading.take_over()
        reading.read_all()
        reading.prove()
        return reading.result()
    except ChipError as error:
        clock.mark(error)
        if isinstance(error, CardLost):
            error.so_far = reading.in_hand() or so_far
        elif isinstance(error, BadAnswer):
            error.so_far = reading.in_hand()
        raise


class _Reading:
    """The moving parts of one read_chip()."""

    def __init__(
        self,
        clock: Clock,
        wanted: Collection[CardFile],
        on_progress: Callable[[ReadProgress], None],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._clock = clock
        first = [file for file in _ORDER if file in wanted or file is CardFile.DG1]
        self._wanted = first + [file for file in (CardFile.DG2, CardFile.SOD) if file in wanted]
        self._plan = self._wanted if set(self._wanted) <= set(ALL) else [CardFile.COM, *self._wanted]
        self._on_progress = on_progress
        self._random_bytes = random_bytes
        self._files: dict[str, bytes] = {}
        self._begun: dict[str, bytearray] = {}
        self._refused: dict[str, int] = {}
        self._unreadable: dict[str, str] = {}
        self._session: ChipSession | None = None
        self._unconfirmed: PartialRead | None = None
        self._proofs = ChipProofs()

    def open(
        self, keys: Sequence[Key], so_far: PartialRead | None, memory: ReaderMemory | None, atr: bytes | None
    ) -> None:
        remembered = so_far.remembered if so_far else None
        try:
            self._session = self._open(keys, remembered, memory, atr)
        except (UnknownAccess, NotAPassport):
            if remembered is None:
                raise
            self._session = self._open(keys, None, memory, atr)  # it may be another card
        if so_far is not None and so_far.key == self._session.key:
            self._unconfirmed = so_far

    def _open(
        self, keys: Sequence[Key], remembered: Remembered | None, memory: ReaderMemory | None, atr: bytes | None
    ) -> ChipSession:
        return open_chip(
            self._clock.transmit,
            keys,
            memory=memory,
            remembered=remembered,
            atr=atr,
            random_bytes=self._random_bytes,
            monotonic_s=self._clock.monotonic_s,
            on_stage=self._clock.begin,
        )

    @property
    def _open_session(self) -> ChipSession:
        if self._session is None:
            raise BadAnswer("the chip is not open")
        return self._session

    def take_over(self) -> None:
        """Go on with what was in hand, when the card shows by its DG1 that it is the same one."""
        before = self._unconfirmed
        if before is None:
            return
        known = before.files.get(CardFile.DG1)
        if known is not None:
            self._clock.begin(CardFile.DG1)
            try:
                again = self._open_session.read(CardFile.DG1)
            except Refused:
                again = b""
            if again == known:
                self._files = dict(before.files)
                self._begun = {name: bytearray(data) for name, data in before.begun.items()}
        self._unconfirmed = None

    def in_hand(self) -> PartialRead | None:
        if self._session is None or self._unconfirmed is not None:
            return self._unconfirmed
        begun = {name: bytes(data) for name, data in self._begun.items() if data}
        return PartialRead(self._session.key, dict(self._files), begun, self._session.remembered)

    def read_all(self) -> None:
        """Read all. EF.COM tells what there is, and is asked only where more is wanted than all cards have."""
        if CardFile.COM in self._plan:
            self._read_optional(CardFile.COM)
        present = self._present()
        for file in self._wanted:
            if file is CardFile.DG1:
                self._read_needed(file)
            elif file is CardFile.SOD or present is None or FILE_TAGS[file] in present:
                self._read_optional(file)
        for file in self._named():
            self._read_optional(file)

    def _named(self) -> list[CardFile]:
        """What EF.SOD names and nobody has asked for yet: EF.COM is not signed, and may keep quiet about a file."""
        try:
            named = listed_hashes(self._files.get(CardFile.SOD, b"")).by_group
        except BadAnswer:
            return []
        asked = self._files.keys() | self._refused.keys() | self._unreadable.keys()
        return [file for file in self._wanted if file.group in named and file not in asked]

    def _present(self) -> bytes | None:
        """Tags of the data groups by EF.COM; None when it was not asked or does not say."""
        common = self._files.get(CardFile.COM)
        if common is None:
            return None
        try:
            return tlv.first(tlv.only(common, FILE_TAGS[CardFile.COM], what="EF.COM"), 0x5C, what="EF.COM")
        except BadAnswer:
            return None

    def _read_needed(self, file: CardFile) -> None:
        try:
            self._read(file)
        except Refused as error:
            raise BadAnswer(f"the card opened, and yet {error}") from error

    def _read_optional(self, file: CardFile) -> None:
        """Read a file that may be missing; one that is not what it should be costs itself alone, but for DG2."""
        try:
            self._read(file)
        except Refused as error:
            self._refused[file] = error.status
            self._begun.pop(file, None)
        except BadAnswer as error:
            if file is CardFile.DG2 or not self._open_session.messaging.alive:
                raise
            self._unreadable[file] = str(error)
            self._begun.pop(file, None)

    def _read(self, file: CardFile) -> None:
        if file in self._files:
            return
        begun = self._begun.setdefault(file, bytearray())
        self._clock.begin(file)

        def report(done: int, total: int) -> None:
            self._on_progress(ReadProgress(file, done, total, self._overall(file, done / total)))

        self._files[file] = self._open_session.read(file, begun=begun, on_bytes=report)
        del self._begun[file]

    def _overall(self, file: CardFile, fraction: float) -> float:
        """Weigh the files by their usual size: the portrait takes nearly all of the time."""
        shares = [_SHARES.get(other, _OTHER_SHARE) for other in self._plan]
        at = self._plan.index(file)
        return (sum(shares[:at]) + shares[at] * fraction) / sum(shares)

    def prove(self) -> None:
        """Let the chip prove itself as far as DG14 and DG15 were wanted; no trouble here undoes the reading."""
        session = self._open_session
        self._proofs = prove_chip(
            session, self._files, wanted=self._wanted, random_bytes=self._random_bytes, on_stage=self._clock.begin
        )

    def _portrait(self) -> Portrait | None:
        """Take out the portrait; one in a form that is not known costs the portrait, and not the reading."""
        dg2 = self._files.get(CardFile.DG2) if CardFile.DG2 in self._wanted else None
        if dg2 is None:
            return None
        try:
            return parse_portrait(dg2)
        except BadAnswer as error:
            self._unreadable[CardFile.DG2] = str(error)
            return None

    def result(self) -> ChipRead:
        session, dg1 = self._open_session, self._files.get(CardFile.DG1)
        if dg1 is None:
            raise BadAnswer("the card did not give its machine-readable lines (DG1)")
        groups = {file.group: self._files[file] for file in CardFile if file.group and file in self._files}
        present = self._present() or b""
        self._clock.begin(CardFile.DG1)
        mrz = parse_dg1(dg1)
        extra = {CardFile.CARD_ACCESS: session.card_access, CardFile.CARD_SECURITY: session.card_security}
        return ChipRead(
            key=session.key,
            dg1=mrz,
            portrait=self._portrait(),
            hashes_match=check_hashes(self._files.get(CardFile.SOD), groups),
            files=self._files | {str(name): data for name, data in extra.items() if data},
            access=session.access,
            listed=tuple(str(file) for file in CardFile if file.group and FILE_TAGS[file] in present),
            refused=dict(self._refused),
            unreadable=dict(self._unreadable),
            chip_authentication=self._proofs.chip_authentication,
            active_authentication=self._proofs.active_authentication,
            effort=self._clock.effort(),
        )


def _likely_first(keys: Sequence[Key], so_far: PartialRead | None) -> list[Key]:
    """Try the key that opened the card before ahead of the others."""
    ordered = list(keys) if so_far is None else [so_far.key, *keys]
    return list(dict.fromkeys(ordered))


def _silent(progress: ReadProgress) -> None:
    """Nobody listens."""
