"""What root alone decides at an office: its registry, its public keys and the word about them. Services get copies.

The masters lie in the folder ``governing``, which no service can read or write. Root's commands read only these, change
them one at a time, and publish a copy in the collector's folder: whoever has captured the collector can fool the
collector with another copy, and nobody else, until the next of root's commands puts it right.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from kiosk.office.errors import ProvisioningError
from kiosk.office.guarded import entered
from kiosk.office.keyfile import PRIVATE_DIRECTORY_MODE, PUBLIC_MODE, make_directory
from kiosk.office.keyfile import replace as replace_file
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import Registry, load_registry, read_registry, registry_kept_still, save_registry
from kiosk.office.signed import governor_in, here, newer_signed, sign_masters

_log = logging.getLogger(__name__)

#: So far numbers may be ahead of the clock: each kiosk of a large first init is one.
AHEAD_S: Final = 86_400
#: In this order: by the keys the word about the registry's key is judged, and by that the registry.
PUBLISHED: Final = ("office-keys.json", "registry-key.cose", "registry.cose", "registry.json", "recipients.cose")


def check_adopted(layout: OfficeLayout) -> None:
    """Refuse an office from before there were masters: a service could write what lies in its folder.

    Raises:
        ProvisioningError: its registry lies only where the collector may write.
    """
    if layout.registry.exists() and not layout.master_registry.exists():
        check_governed_here(layout)
        raise ProvisioningError(
            f"this office's registry lies in {layout.collector}, where a service may write it: on the computer where "
            f"commands are given, `kiosk office adopt {layout.root}` as root, and compare what it shows"
        )


def governed_elsewhere(layout: OfficeLayout) -> str:
    """The computer (its host name) where root's masters of this office lie, as root signed it; '' if it may be here."""
    governor = None if layout.master_registry.exists() else governor_in(layout.collector)
    return "" if governor is None or governor.place == here() else governor.place


def check_governed_here(layout: OfficeLayout) -> None:
    """Refuse a command on a computer that was only brought the collector's folder. Raises ProvisioningError."""
    if place := governed_elsewhere(layout):
        raise ProvisioningError(
            f"this office is governed at {place}: give the command there. If that computer is lost, bring "
            f"{layout.governing} back from the copy kept offline, to one computer alone"
        )


def governed_registry(layout: OfficeLayout) -> Registry:
    """The registry as root wrote it.

    Raises:
        ProvisioningError: there is no office here, it was not adopted yet, or the file is damaged.
    """
    check_adopted(layout)
    return load_registry(layout.master_registry)


@contextmanager
def governed(layout: OfficeLayout) -> Iterator[None]:
    """Nobody else changes this office meanwhile; no service can hold root up here. Raises ProvisioningError.

    A master that is older than what root itself has signed and published is an older copy that was brought back: it
    gives way, so that no revocation and no certificate since then is forgotten.
    """
    check_adopted(layout)
    with registry_kept_still(layout.master_registry):
        if layout.master_registry.exists():
            _catch_up(layout)
        yield


def _catch_up(layout: OfficeLayout) -> None:
    known = load_registry(layout.master_registry)
    newer = newer_signed(layout, known)
    if newer is None:
        return
    try:
        replace_file(layout.master_registry, newer)
    except OSError as error:
        raise ProvisioningError(f"{layout.master_registry} cannot be written: {error.strerror}") from error
    _log.warning("%s was older than what root has signed since (it was %d)", layout.master_registry, known.revision)


def keep_registry(
    layout: OfficeLayout, registry: Registry, *, published: bool = True, unix_s: Callable[[], float] = time.time
) -> Registry:
    """Make ``registry`` the office's own, under a higher revision when anything in it is new; the one that is kept.

    A revision is the time in seconds, or one more than the one before where that is higher: so what is changed after a
    master was restored from an older copy is still newer than all that collectors ever worked by. For the same reason
    a master is numbered anew, above the collector's copy, when that has a higher number; but no copy takes it further
    ahead of the clock than many changes in a row could have: anybody there may have written it. Collectors do not go by
    that number, but by the one that root has signed (`kiosk.office.signed`).

    Args:
        layout: the office, which the caller holds by `governed` or is just making.
        registry: the registry from now on.
        published: whether it is signed and the collector gets its copy at once; else `publish` must follow.
        unix_s: the clock, seconds since 1970.

    Raises:
        ProvisioningError: a file is damaged or cannot be written.
    """
    make_directory(layout.governing, mode=PRIVATE_DIRECTORY_MODE)
    known = load_registry(layout.master_registry) if layout.master_registry.exists() else None
    before = 0 if known is None else known.revision
    same = known is not None and replace(registry, revision=before) == known
    there, now_s = _published_revision(layout), int(unix_s())
    if known is not None and same and there <= before:
        kept = known
    else:
        believed = there if there <= now_s + AHEAD_S else 0
        kept = replace(registry, revision=max(now_s, 1 + max(registry.revision, before, believed)))
        try:
            save_registry(layout.master_registry, kept)
        except OSError as error:
            raise ProvisioningError(f"{layout.master_registry} cannot be written: {error.strerror}") from error
    if published:
        publish(layout)
    return kept


def _published_revision(layout: OfficeLayout) -> int:
    """The number of the collector's copy, 0 where it cannot be read; nothing else of it is looked at."""
    try:
        with entered(layout.collector) as folder:
            raw = folder.read(layout.registry.name)
        return 0 if raw is None else read_registry(raw, name=str(layout.registry)).revision
    except ProvisioningError:
        return 0


def publish(layout: OfficeLayout) -> tuple[str, ...]:
    """Give the collector what root decided; the names of the files that were not as root had left them.

    Raises:
        ProvisioningError: a copy cannot be written.
    """
    changed: list[str] = []
    if layout.master_registry.exists():
        sign_masters(layout)
    with entered(layout.collector) as folder:
        for name in PUBLISHED:
            master = layout.governing / name
            if not master.exists():
                continue
            data = master.read_bytes()
            try:
                same = folder.read(name) == data
            except ProvisioningError:  # a link or worse: replaced, and not followed
                same = False
            if not same:
                folder.replace(name, data, mode=PUBLIC_MODE)
                changed.append(name)
    return tuple(changed)
