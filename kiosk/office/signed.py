"""Root's signature under the registry: collectors believe what bears it, and no collector can make it.

The key for it lies in ``governing``, where the timer can use it too. Which key that is, and on which computer it lies,
is said by the command key, which the timer cannot read: so a collector elsewhere needs to know that one alone, and
knows it from the office's public keys. An office whose command key is not at hand signs nothing until it is.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kiosk.office.errors import ProvisioningError
from kiosk.office.guarded import entered
from kiosk.office.keyfile import load_ed25519, load_or_make_ed25519
from kiosk.office.keyfile import replace as replace_file
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import Registry, load_registry, read_registry
from kiosk.sealing import cbor
from kiosk.sealing.carried import Carried, sign_carried, verify_carried
from kiosk.sealing.errors import BadEncoding, SealingError
from kiosk.sealing.keys import OfficeKeys, SigningKey, VerifyingKey

REGISTRY: Final = "registry"
GOVERNOR: Final = "registry key"


@dataclass(frozen=True, slots=True)
class Governor:
    """By which key root signs the registry, on which computer that is done (its host name), and the word's number."""

    number: int
    key: VerifyingKey
    place: str


def here() -> str:
    """How this computer is called where collectors speak of computers: its host name, 64 letters at most."""
    return socket.gethostname()[:64]


def read_governor(word: bytes, command: VerifyingKey) -> Governor:
    """The word about the registry's key, when the command key signed it. Raises SealingError."""
    carried = verify_carried(word, command)
    fields: Any = cbor.decode(carried.content)
    if carried.what != GOVERNOR or not isinstance(fields, dict) or fields.keys() != {"key", "place"}:
        raise BadEncoding("this is no word about the key that signs the registry")
    key, place = fields["key"], fields["place"]
    if not isinstance(key, bytes) or not isinstance(place, str):
        raise BadEncoding("a field of the word about the registry's key is of another kind")
    return Governor(carried.revision, VerifyingKey(key), place)


def read_signed(word: bytes, key: VerifyingKey) -> tuple[Registry, bytes]:
    """The registry that root has signed by ``key``, and its bytes.

    Raises:
        SealingError: it is not signed by this key.
        ProvisioningError: it is damaged, or bears another number than it is signed with.
    """
    carried = verify_carried(word, key)
    registry = read_registry(carried.content, name="the signed registry")
    if (carried.what, carried.revision) != (REGISTRY, registry.revision):
        raise ProvisioningError("the signed registry does not bear the number that it is signed with")
    return registry, carried.content


def governor_in(folder: Path) -> Governor | None:
    """Whom the files in a collector's folder name for root's key; None where nothing there can be believed."""
    layout = OfficeLayout(folder.parent)
    with suppress(ProvisioningError, SealingError), entered(folder) as opened:
        word, keys = opened.read(layout.governor_word.name), opened.read(layout.master_keys.name)
        command = None if keys is None else OfficeKeys.from_json(keys).command
        if word is not None and command is not None:
            return read_governor(word, command)
    return None


def sign_masters(layout: OfficeLayout, *, place: str = "", unix_s: Callable[[], float] = time.time) -> None:
    """Sign the master of the registry, and say by which key, where that is not done yet.

    Args:
        layout: the office, which the caller holds by `kiosk.office.governing.governed`.
        place: how this computer is called; see `here`.
        unix_s: the clock, seconds since 1970.

    Raises:
        ProvisioningError: a key is damaged, or a file cannot be written.
    """
    key = SigningKey(load_or_make_ed25519(layout.registry_key))
    try:
        _name_key(layout, key.public, place or here(), unix_s)
        data = layout.master_registry.read_bytes()
        if _content(layout.master_registry_word, key.public) != data:
            revision = load_registry(layout.master_registry).revision
            replace_file(layout.master_registry_word, sign_carried(Carried(REGISTRY, revision, data), key))
    except OSError as error:
        raise ProvisioningError(f"{error.filename} cannot be written: {error.strerror}") from error


def newer_signed(layout: OfficeLayout, than: Registry) -> bytes | None:
    """The registry in the collector's folder, when root itself signed it and with a higher number; None otherwise."""
    with suppress(ProvisioningError, SealingError, OSError), entered(layout.collector) as folder:
        word = folder.read(layout.registry_word.name)
        if word is None or (layout.master_registry_word.exists() and layout.master_registry_word.read_bytes() == word):
            return None
        for key in _own_keys(layout):
            with suppress(SealingError):
                registry, data = read_signed(word, key)
                return data if registry.revision > than.revision else None
    return None


def _own_keys(layout: OfficeLayout) -> list[VerifyingKey]:
    """The keys by which root has signed here: the one that lies here, and the one that the command key named."""
    keys: list[VerifyingKey] = []
    if layout.registry_key.exists():
        keys.append(SigningKey(load_ed25519(layout.registry_key)).public)
    command = OfficeKeys.load(layout.master_keys).command
    with entered(layout.collector) as folder:
        word = folder.read(layout.governor_word.name)
    with suppress(SealingError):
        if command is not None and word is not None:
            keys.append(read_governor(word, command).key)
    return keys


def _name_key(layout: OfficeLayout, key: VerifyingKey, place: str, unix_s: Callable[[], float]) -> None:
    command = _command_key(layout)
    if command is None:
        return
    told = [_governor(word, command.public) for word in (layout.master_governor_word, layout.governor_word)]
    own, there = told
    newest = own is not None and (there is None or there.number <= own.number)
    if newest and own is not None and (own.key, own.place) == (key, place):
        return
    number = max(int(unix_s()), *(1 + one.number for one in told if one is not None), 1)
    content = cbor.encode({"key": key.raw, "place": place})
    replace_file(layout.master_governor_word, sign_carried(Carried(GOVERNOR, number, content), command))


def _command_key(layout: OfficeLayout) -> SigningKey | None:
    """The key that kiosks obey, when it is at hand and the one that they were given."""
    try:
        if not layout.command_key.exists():
            return None
    except OSError:  # closed to the timer
        return None
    key = SigningKey(load_ed25519(layout.command_key))
    with suppress(SealingError):
        if OfficeKeys.load(layout.master_keys).command == key.public:
            return key
    return None


def _governor(path: Path, command: VerifyingKey) -> Governor | None:
    with suppress(ProvisioningError, SealingError), entered(path.parent) as folder:
        word = folder.read(path.name)
        return None if word is None else read_governor(word, command)
    return None


def _content(path: Path, key: VerifyingKey) -> bytes | None:
    with suppress(ProvisioningError, SealingError, OSError):
        return read_signed(path.read_bytes(), key)[1]
    return None
