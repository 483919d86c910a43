"""Reading a whole card: open it, fetch the wanted files, keep what is in hand when the card is lifted."""

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kiosk.chip import commands, tlv
from kiosk.chip.access import open_with_bac
from kiosk.chip.commands import OK, Transmit, exchange
from kiosk.chip.errors import BadAnswer, BadKeyText, BadMrz, CardLost, NotAPassport, Refused, SessionEnded, WrongKey
from kiosk.chip.face import Portrait, parse_portrait
from kiosk.chip.files import FILE_TAGS, CardFile, ChunkSize, read_file
from kiosk.chip.hashes import HashCheck, check_hashes
from kiosk.chip.keys import MrzKey
from kiosk.chip.messaging import SecureMessaging
from kiosk.chip.mrz import Mrz, parse_mrz

ALL: Final = (CardFile.DG1, CardFile.DG2, CardFile.SOD)
LONGEST_S: Final = 180.0
"""A usual card takes 5 to 20 s. One that gives a byte at a time would hold the citizen for hours."""
_REOPENINGS: Final = 3
_SHARES: Final = {CardFile.COM: 2, CardFile.DG1: 5, CardFile.DG2: 80, CardFile.SOD: 13}
"""How much of a usual card's reading time each file takes, in percent."""


@dataclass(frozen=True, slots=True)
class PartialRead:
    """What is in hand of a card that was lifted: whole files, and the beginning of one more.

    It belongs to the card that `key` opens; read_chip() goes on with it only when that key opens the card again.
    """

    key: MrzKey
    files: Mapping[str, bytes] = field(repr=False)
    begun: Mapping[str, bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadProgress:
    """How far one file is, in bytes, and how far the whole reading is, from 0 to 1; `overall` never falls."""

    file: CardFile
    done: int
    total: int
    overall: float


@dataclass(frozen=True, slots=True)
class ChipRead:
    """A card read: DG1 parsed, the portrait if wanted and there, the hash comparison, and all files as they came."""

    key: MrzKey
    dg1: Mrz
    portrait: Portrait | None
    hashes_match: HashCheck
    files: Mapping[str, bytes] = field(repr=False)


def read_chip(
    transmit: Transmit,
    keys: Sequence[MrzKey],
    *,
    wanted: Collection[CardFile] = ALL,
    so_far: PartialRead | None = None,
    on_progress: Callable[[ReadProgress], None] | None = None,
    random_bytes: Callable[[int], bytes] = os.urandom,
    longest_s: float = LONGEST_S,
    monotonic_s: Callable[[], float] = time.monotonic,
) -> ChipRead:
    """Open the card with the first key that fits and read the wanted files (DG1 always).

    `transmit` sends one APDU and raises an OSError when the card is gone. `keys` come likely first; each wrong one
    costs two commands. After CardLost, call again with its `so_far` once the card lies on the reader again.

    After `longest_s` by `monotonic_s` no further command is sent, and the reading ends with BadAnswer.

    Raises BadKeyText without keys, NotAPassport, UnknownAccess, WrongKey, CardLost and BadAnswer (these two carrying
    `so_far`). A file that the card denies is left out; DG1 denied is a BadAnswer.
    """
    if not keys:
        raise BadKeyText("there is no key to try: number, birth date and expiry are needed")
    ends_at_s = monotonic_s() + longest_s

    def transmit_in_time(apdu: bytes) -> bytes:
        if monotonic_s() > ends_at_s:
            raise BadAnswer("the card takes longer than any good one: lift it, wipe it and lay it down again")
        return transmit(apdu)

    reading = _Reading(transmit_in_time, wanted, on_progress or _silent, random_bytes)
    try:
        reading.open(_likely_first(keys, so_far))
        reading.take_over(so_far)
        reading.read_all()
    except CardLost as error:
        raise CardLost(str(error), so_far=reading.in_hand() or so_far) from error
    except BadAnswer as error:
        raise BadAnswer(str(error), so_far=reading.in_hand()) from error
    return reading.result()


class _Reading:
    """The moving parts of one read_chip()."""

    def __init__(
        self,
        transmit: Transmit,
        wanted: Collection[CardFile],
        on_progress: Callable[[ReadProgress], None],
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._transmit = transmit
        self._wanted = [file for file in ALL if file in wanted or file is CardFile.DG1]
        self._on_progress = on_progress
        self._random_bytes = random_bytes
        self._chunk = ChunkSize()
        self._files: dict[str, bytes] = {}
        self._begun: dict[str, bytearray] = {}
        self._session: SecureMessaging | None = None
        self._key: MrzKey | None = None
        self._reopenings = 0

    def open(self, keys: Sequence[MrzKey]) -> None:
        for key in keys:
            self._select()
            try:
                self._session = open_with_bac(self._transmit, key, random_bytes=self._random_bytes)
            except Refused:
                continue
            self._key = key
            return
        raise WrongKey("number, birth date and expiry do not open this card: compare them with the card and try again")

    def _select(self) -> None:
        _, status = exchange(self._transmit, commands.select_application(commands.ICAO_APPLICATION).encoded())
        if status != OK:
            raise NotAPassport(
                f"the card carries no ICAO application (status {status:04X}): try the other side or card"
            )

    def take_over(self, so_far: PartialRead | None) -> None:
        if so_far is not None and so_far.key == self._key:
            self._files = dict(so_far.files)
            self._begun = {name: bytearray(data) for name, data in so_far.begun.items()}

    def in_hand(self) -> PartialRead | None:
        if self._key is None:
            return None
        begun = {name: bytes(data) for name, data in self._begun.items() if data}
        return PartialRead(self._key, dict(self._files), begun)

    def read_all(self) -> None:
        self._read_optional(CardFile.COM)
        present = self._present()
        for file in self._wanted:
            if file is CardFile.DG1:
                self._read_needed(file)
            elif file is CardFile.SOD or present is None or FILE_TAGS[file] in present:
                self._read_optional(file)

    def _present(self) -> bytes | None:
        """Tags of the data groups by EF.COM; None when it does not say."""
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
        try:
            self._read(file)
        except Refused:
            self._begun.pop(file, None)

    def _read(self, file: CardFile) -> None:
        if file in self._files:
            return
        begun = self._begun.setdefault(file, bytearray())
        while True:
            try:
                self._files[file] = self._read_once(file, begun)
            except SessionEnded as error:
                self._reopen(error)
                continue
            del self._begun[file]
            return

    def _read_once(self, file: CardFile, begun: bytearray) -> bytes:
        if self._session is None:
            raise SessionEnded("the chip is not open")

        def report(done: int, total: int) -> None:
            self._on_progress(ReadProgress(file, done, total, self._overall(file, done / total)))

        return read_file(self._session, self._transmit, file, chunk=self._chunk, begun=begun, on_bytes=report)

    def _overall(self, file: CardFile, fraction: float) -> float:
        """Weigh the files by their usual size: the portrait takes nearly all of the time."""
        wanted = [CardFile.COM, *self._wanted]
        before = sum(_SHARES[other] for other in wanted[: wanted.index(file)])
        return (before + _SHARES[file] * fraction) / sum(_SHARES[other] for other in wanted)

    def _reopen(self, cause: SessionEnded) -> None:
        """Open again after the card dropped the session, with smaller chunks: that is what most often upset it."""
        self._reopenings += 1
        if self._key is None or self._reopenings > _REOPENINGS:
            raise BadAnswer("the card breaks off its protected conversation again and again") from cause
        self._chunk.fall()
        key = self._key
        try:
            self.open([key])
        except WrongKey as error:
            raise BadAnswer("the card refused the key that had opened it") from error

    def result(self) -> ChipRead:
        key, dg1 = self._key, self._files.get(CardFile.DG1)
        if key is None or dg1 is None:
            raise BadAnswer("the card did not give its machine-readable lines (DG1)")
        portrait = self._files.get(CardFile.DG2) if CardFile.DG2 in self._wanted else None
        groups = {n: self._files[name] for n, name in ((1, CardFile.DG1), (2, CardFile.DG2)) if name in self._files}
        return ChipRead(
            key=key,
            dg1=parse_dg1(dg1),
            portrait=None if portrait is None else parse_portrait(portrait),
            hashes_match=check_hashes(self._files.get(CardFile.SOD), groups),
            files=dict(self._files),
        )


def parse_dg1(dg1: bytes) -> Mrz:
    """Take the machine-readable lines out of DG1. Raises BadAnswer."""
    lines = tlv.first(tlv.only(dg1, FILE_TAGS[CardFile.DG1], what="DG1"), 0x5F1F, what="DG1")
    try:
        return parse_mrz(lines.decode("ascii"))
    except (UnicodeDecodeError, BadMrz) as error:
        raise BadAnswer("the card's machine-readable lines (DG1) are none that ICAO Doc 9303 knows") from error


def _likely_first(keys: Sequence[MrzKey], so_far: PartialRead | None) -> list[MrzKey]:
    """Try the key that opened the card before ahead of the others."""
    ordered = list(keys) if so_far is None else [so_far.key, *keys]
    return list(dict.fromkeys(ordered))


def _silent(progress: ReadProgress) -> None:
    """Nobody listens."""
