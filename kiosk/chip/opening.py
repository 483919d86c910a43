"""Opening a chip: PACE where EF.CardAccess offers it, BAC where there is none or PACE fails for technical reasons.

A wrong key is tried once and nowhere else: what PACE refused as a key is not tried by BAC again.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from kiosk.chip import commands
from kiosk.chip.access import open_with_bac
from kiosk.chip.agreement import RandomBytes
from kiosk.chip.application import no_application, select_icao_application
from kiosk.chip.card_access import learn_extended, offered_by, read_card_access
from kiosk.chip.commands import Command, Transmit, exchange
from kiosk.chip.curves import Curve
from kiosk.chip.domain_parameters import ModpGroup
from kiosk.chip.errors import (
    BadAnswer,
    BadKeyText,
    NotAPassport,
    PaceFailed,
    Refused,
    SessionEnded,
    UnknownAccess,
    WrongKey,
)
from kiosk.chip.files import CardFile, FileReader
from kiosk.chip.keys import Key, MrzKey
from kiosk.chip.memory import ReaderMemory, Remembered
from kiosk.chip.messaging import SecureMessaging
from kiosk.chip.pace import MappingProof, open_with_pace, usable_offers
from kiosk.chip.security_infos import PaceInfo, PaceMapping, SecurityInfos
from kiosk.chip.stages import Stage

REOPENINGS: Final = 6
_ATTEMPTS: Final = 12
_OFFERS: Final = 2
_LAST_TRIES: Final = 1
_NOT_FOUND: Final = 0x6A82


@dataclass(frozen=True, slots=True)
class Access:
    """How the chip was opened, for people and reports: PACE or BAC, by MRZ or CAN, and with which parameters."""

    protocol: str
    key: str
    method: str
    parameters: str


@dataclass(frozen=True, slots=True)
class _Way:
    """The key and the offer of PACE (None for BAC) that opened the card."""

    key: Key
    offer: tuple[PaceInfo, Curve | ModpGroup] | None


def open_chip(
    transmit: Transmit,
    keys: Sequence[Key],
    *,
    memory: ReaderMemory | None = None,
    remembered: Remembered | None = None,
    atr: bytes | None = None,
    random_bytes: RandomBytes = os.urandom,
    monotonic_s: Callable[[], float] = time.monotonic,
    on_stage: Callable[[str], None] | None = None,
) -> "ChipSession":
    """Open the card with the first key that fits; keys come likely first.

    `memory` is what was learnt of reader and card so far, `remembered` what spares a lifted card some questions, and
    `atr` may tell that the card takes extended length. `on_stage` is told each stage as it begins.

    Raises BadKeyText without keys, WrongKey, UnknownAccess when the card opens only in a way that is not known or not
    with these kinds of keys, NotAPassport, BadAnswer, CardLost.
    """
    if not keys:
        raise BadKeyText("there is no key to try: number, birth date and expiry are needed, or the card access number")
    kept = memory or (remembered.memory if remembered else ReaderMemory())
    session = ChipSession(transmit, kept, random_bytes=random_bytes, monotonic_s=monotonic_s)
    session.open(list(dict.fromkeys(keys)), remembered, atr, on_stage or _unheard)
    return session


class ChipSession:
    """An open chip. read() and send() open it again when the card broke protection off, a few times at most."""

    def __init__(
        self,
        transmit: Transmit,
        memory: ReaderMemory,
        *,
        random_bytes: RandomBytes,
        monotonic_s: Callable[[], float],
    ) -> None:
        """Take the way to the card; open_chip() does the rest."""
        self.transmit = transmit
        self.memory = memory
        self.random_bytes = random_bytes
        self._monotonic_s = monotonic_s
        self._messaging: SecureMessaging | None = None
        self._way: _Way | None = None
        self._reopenings = 0
        self._infos = SecurityInfos()
        self.card_access: bytes | None = None
        self.card_security: bytes | None = None
        self.mapping_proof: MappingProof | None = None

    @property
    def messaging(self) -> SecureMessaging:
        """The protection of this moment. Raises SessionEnded before the chip is open."""
        if self._messaging is None:
            raise SessionEnded("the chip is not open")
        return self._messaging

    @property
    def key(self) -> Key:
        """The key that opened the chip. Raises SessionEnded before that."""
        if self._way is None:
            raise SessionEnded("the chip is not open")
        return self._way.key

    @property
    def access(self) -> Access:
        """How the chip was opened. Raises SessionEnded before that."""
        kind = "MRZ" if isinstance(self.key, MrzKey) else "CAN"
        if self._way is None or self._way.offer is None:
            return Access("BAC", kind, "3DES", "")
        info, domain = self._way.offer
        return Access("PACE", kind, info.label, domain.name)

    @property
    def remembered(self) -> Remembered:
        """What to hand to the next open_chip() of the same card."""
        return Remembered(self.card_access, self.memory)

    def open(
        self, keys: Sequence[Key], remembered: Remembered | None, atr: bytes | None, on_stage: Callable[[str], None]
    ) -> None:
        """Find the way in. Raises as open_chip() does."""
        on_stage(Stage.CARD_ACCESS)
        if remembered is None:
            self.card_access = read_card_access(self.transmit)
        else:
            self.card_access = remembered.card_access
        self._infos = offered_by(self.card_access)
        learn_extended(self.transmit, self.memory, atr=atr, modern=self.card_access is not None)
        failure: PaceFailed | None = None
        on_stage(Stage.PACE)
        for offer in usable_offers(self._infos)[:_OFFERS]:
            try:
                self._open_by(keys, offer)
            except PaceFailed as error:
                failure = error
                continue
            return
        typed = [key for key in keys if isinstance(key, MrzKey)]
        if not typed:
            raise UnknownAccess("the card does not open by its access number: use the lines on its back") from failure
        on_stage(Stage.BAC)
        try:
            self._open_by(typed, None)
        except (UnknownAccess, NotAPassport) as error:
            if failure is None:
                raise
            raise UnknownAccess(f"the card opens neither by PACE ({failure}) nor by Basic Access Control") from error

    def send(self, command: Command) -> tuple[bytes, int]:
        """Send one command protected; give (plain data, status word). Raises as SecureMessaging.send() does."""
        return self.messaging.send(self.transmit, command)

    def read(
        self,
        file: CardFile,
        *,
        begun: bytearray | None = None,
        on_bytes: Callable[[int, int], None] | None = None,
    ) -> bytes:
        """Read a file of the ICAO application, opening the chip again and going on where the card broke off.

        Raises Refused when the card denies the file, BadAnswer, CardLost; `begun` keeps what had come.
        """
        in_hand = bytearray() if begun is None else begun
        ended: SessionEnded | None = None
        for _ in range(_ATTEMPTS):
            if not self.messaging.alive:
                self.reopen()
            try:
                return self._reader().read(file, in_hand, on_bytes=on_bytes)
            except SessionEnded as error:
                ended = error
        raise Refused(f"to read {file}", (ended.status if ended else None) or 0)

    def reopen(self) -> None:
        """Open the chip again by the way that opened it. Raises BadAnswer when it no longer opens."""
        if self._way is None or self._reopenings >= REOPENINGS:
            raise BadAnswer("the card breaks off its protected conversation again and again")
        self._reopenings += 1
        if self._way.offer is not None:
            # Vietnamese cards refuse this and stay where PACE works all the same.
            exchange(self.transmit, commands.select_master_file().encoded())
        try:
            self._open_by([self._way.key], self._way.offer)
        except (WrongKey, PaceFailed, UnknownAccess, NotAPassport) as error:
            raise BadAnswer("the card no longer opens with the key that had opened it") from error

    def replace_messaging(self, messaging: SecureMessaging) -> None:
        """Go on under new keys, after Chip Authentication."""
        self._messaging = messaging

    def _reader(self) -> FileReader:
        return FileReader(self.send, self.memory, monotonic_s=self._monotonic_s)

    def _open_by(self, keys: Sequence[Key], offer: tuple[PaceInfo, Curve | ModpGroup] | None) -> None:
        """Try the keys one after the other. Raises WrongKey when none fits, or when the card allows no further try."""
        wrong: WrongKey | None = None
        failed: dict[type[Key], PaceFailed] = {}
        for key in keys:
            if type(key) in failed:
                continue
            try:
                if offer is None:
                    self._bac(key)
                else:
                    self._pace(key, offer)
            except WrongKey as error:
                wrong = error
                if error.tries_left is not None and error.tries_left <= _LAST_TRIES:
                    break
                continue
            except PaceFailed as error:
                failed[type(key)] = error  # perhaps the card knows the other kind of key
                continue
            self._way = _Way(key, offer)
            return
        if wrong is None:
            raise next(iter(failed.values()))
        what = "number, birth date and expiry do" if any(isinstance(key, MrzKey) for key in keys) else "the number does"
        raise WrongKey(f"{what} not open this card: compare with the card and try again", tries_left=wrong.tries_left)

    def _bac(self, key: Key) -> None:
        if not isinstance(key, MrzKey):
            raise UnknownAccess("the card does not open by its access number: use the lines on its back")
        select_icao_application(lambda command: exchange(self.transmit, command.encoded()), self.memory)
        try:
            self._messaging = open_with_bac(self.transmit, key, random_bytes=self.random_bytes)
        except Refused as error:
            raise WrongKey(str(error)) from error

    def _pace(self, key: Key, offer: tuple[PaceInfo, Curve | ModpGroup]) -> None:
        info, domain = offer
        opened = open_with_pace(
            self.transmit,
            key,
            info,
            domain,
            infos=self._infos,
            random_bytes=self.random_bytes,
            extended=self.memory.reader_extended is not False,
        )
        self._messaging, self.mapping_proof = opened.messaging, opened.mapping_proof
        asked = info.mapping is PaceMapping.CHIP_AUTHENTICATION and self.card_security is None
        try:
            if asked:
                self._read_card_security()
            select_icao_application(self.send, self.memory)
        except (SessionEnded, BadAnswer) as error:
            if isinstance(error, SessionEnded) and error.status == _NOT_FOUND and self.messaging.alive:
                raise no_application(_NOT_FOUND) from error
            if asked:
                return self._pace(key, offer)  # once more, and without that file
            raise PaceFailed(f"the card broke off behind PACE: {error}") from error
        return None

    def _read_card_security(self) -> None:
        """Fetch the key of Chip Authentication Mapping while the master file is the current one."""
        self.card_security = b""
        try:
            self.card_security = self._reader().read(CardFile.CARD_SECURITY, bytearray())
        except Refused:
            return


def _unheard(stage: str) -> None:
    """Nobody asks how far it is."""
