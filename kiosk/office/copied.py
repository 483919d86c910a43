"""The files that root publishes and collectors carry to each other: what each copy is worth, and its number.

Of the registry, once root has said by which key it signs it, the signed file is what counts, and the plain one beside
it, which everything else reads, is made from that.
"""

from __future__ import annotations

import logging
from pathlib import Path

from kiosk.office.errors import OfficeError, ProvisioningError
from kiosk.office.keyfile import replace as replace_file
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import load_registry, read_registry
from kiosk.office.signed import REGISTRY, Governor, governor_in, read_governor, read_signed
from kiosk.sealing.carried import Carried, sign_carried, verify_carried
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import OfficeKeys, SigningKey, VerifyingKey
from kiosk.sealing.recipients import verify_recipients

_log = logging.getLogger(__name__)


class NotLevel(OfficeError):
    """A copy here is older than what a collector has worked by, or another one; the text says what to do about it."""


class Copy:
    """One file that root publishes, and its number: 0 where there is none, or none that can be used."""

    def __init__(self, path: Path, layout: OfficeLayout, receipt: SigningKey) -> None:
        self.path = path
        self._layout = layout
        self._receipt = receipt
        self._seen: tuple[object, int] | None = None

    def revision(self) -> int:
        """The number of what is there now."""
        stamp = self._stamp()
        if stamp is None:
            return 0
        if self._seen is None or self._seen[0] != stamp:
            self._seen = (stamp, self._read())
        return self._seen[1]

    def signed_by(self) -> object:
        """By which of root's keys it must be signed to count; None where it need not."""
        return None

    def settle(self) -> None:
        """Drop what is here and not root's, where that can be told. Raises NotLevel."""

    def word(self, what: str, revision: int) -> bytes:
        """What goes into the database for it. Raises OSError."""
        return sign_carried(Carried(what, revision, self.path.read_bytes()), self._receipt)

    def verified(self, word: bytes) -> Carried:
        """What such a word says. Raises SealingError, OfficeError."""
        return verify_carried(word, self._receipt.public)

    def take(self, carried: Carried, word: bytes) -> None:  # noqa: ARG002 - some keep the word itself
        """Put another one in its place. Raises OfficeError or SealingError when it is not one, and OSError."""
        self._check(carried)
        replace_file(self.path, carried.content)

    def holds(self, carried: Carried) -> bool:
        """Whether it says the same."""
        return self.path.read_bytes() == carried.content

    def _stamp(self) -> object:
        """Another one as soon as the file is another; None without one."""
        return _stamp_of(self.path)

    def _read(self) -> int:
        raise NotImplementedError

    def _check(self, carried: Carried) -> None:
        raise NotImplementedError


class GovernorCopy(Copy):
    """The word about the key by which root signs the registry; it goes as it is, under the command key's signature."""

    def word(self, what: str, revision: int) -> bytes:  # noqa: ARG002
        return self.path.read_bytes()

    def verified(self, word: bytes) -> Carried:
        carried = verify_carried(word, _command_key(self._layout))
        read_governor(word, _command_key(self._layout))
        return carried

    def take(self, carried: Carried, word: bytes) -> None:  # noqa: ARG002
        replace_file(self.path, word)

    def holds(self, carried: Carried) -> bool:
        return self.verified(self.path.read_bytes()) == carried

    def _stamp(self) -> object:
        own, keys = _stamp_of(self.path), _stamp_of(self._layout.collector / "office-keys.json")
        return None if own is None else (own, keys)

    def _read(self) -> int:
        governor = governor_in(self._layout.collector)
        return 0 if governor is None else governor.number


class RegistryCopy(Copy):
    """Of the registry: the file that root has signed, once it signs; before that, the plain one."""

    def __init__(self, path: Path, layout: OfficeLayout, receipt: SigningKey) -> None:
        super().__init__(path, layout, receipt)
        self._governor: tuple[object, Governor | None] = (None, None)
        self._settled: object = None

    def signed_by(self) -> object:
        return self._key()

    def settle(self) -> None:
        governor = self._key()
        stamp = (self._stamp(), _stamp_of(self.path))
        if governor is None or stamp == self._settled or not self.revision():
            return
        try:
            content = read_signed(self._layout.registry_word.read_bytes(), governor)[1]
            if not self.path.exists() or self.path.read_bytes() != content:
                replace_file(self.path, content)
                _log.warning("%s was not as root has signed it, and is again", self.path)
        except (OSError, SealingError, OfficeError) as error:
            raise NotLevel(f"{self.path} is not as root has signed it, and cannot be written: {error}") from error
        self._settled = (self._stamp(), _stamp_of(self.path))

    def word(self, what: str, revision: int) -> bytes:
        return self._layout.registry_word.read_bytes() if self._key() is not None else super().word(what, revision)

    def verified(self, word: bytes) -> Carried:
        governor = self._key()
        if governor is None:
            return super().verified(word)
        registry, content = read_signed(word, governor)
        return Carried(REGISTRY, registry.revision, content)

    def take(self, carried: Carried, word: bytes) -> None:
        if self._key() is None:
            super().take(carried, word)
            return
        replace_file(self._layout.registry_word, word)
        self.settle()

    def _key(self) -> VerifyingKey | None:
        """By which key root signs the registry, where root has said so."""
        folder = self._layout.collector
        stamp = (_stamp_of(self._layout.governor_word), _stamp_of(folder / "office-keys.json"))
        if self._governor[0] != stamp:
            self._governor = (stamp, governor_in(folder))
        governor = self._governor[1]
        return None if governor is None else governor.key

    def _stamp(self) -> object:
        if self._key() is None:
            return _stamp_of(self.path)
        word = _stamp_of(self._layout.registry_word)
        return None if word is None else (word, self._governor[0])

    def _read(self) -> int:
        governor = self._key()
        try:
            if governor is None:
                return load_registry(self.path).revision
            return read_signed(self._layout.registry_word.read_bytes(), governor)[0].revision
        except (ProvisioningError, SealingError, OSError):
            return 0

    def _check(self, carried: Carried) -> None:
        if read_registry(carried.content, name="what was carried").revision != carried.revision:
            raise OfficeError("it does not bear the number that it goes by")


class RecipientsCopy(Copy):
    """The word about whom kiosks seal for, as the command key signed it; collectors carry it under their own."""

    def _read(self) -> int:
        try:
            return self._number(self.path.read_bytes())
        except (OSError, SealingError, OfficeError):
            return 0

    def _check(self, carried: Carried) -> None:
        if self._number(carried.content) != carried.revision:
            raise OfficeError("it does not bear the number that it goes by")

    def _number(self, word: bytes) -> int:
        return verify_recipients(word, _command_key(self._layout)).n


def _command_key(layout: OfficeLayout) -> VerifyingKey:
    command = OfficeKeys.load(layout.collector / "office-keys.json").command
    if command is None:
        raise OfficeError("no key that kiosks obey is known here")
    return command


def _stamp_of(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns
