"""Adopting an office whose registry and keys lie where a service may write: it is shown, and a person judges.

Nothing on the computer can say that a captured collector has not changed them. What can be checked is: by the command
key, which no service reads, and by the revocation list, which the device authority signed. The rest stands in thirty
digits, the same as those of the copy that is kept offline.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from kiosk.office.authority import load_certificate
from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import check_governed_here, keep_registry
from kiosk.office.guarded import entered
from kiosk.office.keyfile import PRIVATE_DIRECTORY_MODE, make_directory
from kiosk.office.keyfile import replace as replace_file
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import Registry, plain_registry, read_registry, registry_kept_still
from kiosk.office.revoking import LIST, listed_serials
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.recipients import MAX_RECIPIENTS_BYTES, verify_recipients
from kiosk.sealing.requests import same_digits, spoken_digits
from kiosk.sealing.suites import OpeningKey

_REGISTRY, _KEYS, _WORD = _FILES = ("registry.json", "office-keys.json", "recipients.cose")


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in the collector's folder, and the digits that stand for all of it.

    ``lasting``: digits of all but the TLS certificates, which kiosks have renewed by themselves since a copy was made.
    """

    registry: Registry
    keys: OfficeKeys
    word: bytes | None
    revocations: str
    digits: str
    lasting: str

    def lines(self) -> list[str]:
        """It for a person to look through: each kiosk, and whom kiosks seal for."""
        entries = [self.registry.kiosks[name] for name in sorted(self.registry.kiosks)]
        recipients = self.keys.recipients
        told = [
            f"{one.kiosk}\t{one.commune}\t{_standing(one.revoked_at)}\tcertificate {one.tls_serial:x} until "
            f"{one.tls_not_after:%Y-%m-%d}"
            for one in entries
        ]
        told += [f"opening key\t{recipients.body.kid}", f"earlier opening keys\t{', '.join(self.keys.earlier) or '-'}"]
        told += [f"escrow key\t{recipients.escrow.kid if recipients.escrow else '-'}"]
        told += [f"revocation list\t{self.revocations}"]
        return [*told, f"command key\t{self.keys.command.kid if self.keys.command else '-'}"]


def find_unadopted(layout: OfficeLayout) -> Found | None:
    """What an office has in its collector's folder, when it is not adopted; also of a copy that was kept offline.

    Raises:
        ProvisioningError: there is no office here, a file is damaged, or contradicts what only root could have written.
    """
    if layout.master_registry.exists():
        return None
    with entered(layout.collector) as folder:
        files = {name: folder.read(name) for name in _FILES}
    raw, keys_raw, word = files[_REGISTRY], files[_KEYS], files[_WORD]
    if raw is None or keys_raw is None:
        missing = layout.registry if raw is None else layout.collector / _KEYS
        raise ProvisioningError(f"{missing} does not exist; restore it from the copy kept offline")
    registry = read_registry(raw, name=str(layout.registry))
    try:
        keys = OfficeKeys.from_json(keys_raw)
        _check_keys(layout, keys, word)
    except SealingError as error:
        raise ProvisioningError(f"{layout.collector / _KEYS}: {error}") from error
    return Found(
        registry,
        keys,
        word,
        _check_revocations(layout, registry),
        _digits(registry, keys),
        _digits(_without_certificates(registry), keys),
    )


def adopt(layout: OfficeLayout, said: str) -> Registry:
    """Make masters of what lies in the collector's folder; ``said`` are the digits of it that a person found right.

    Raises:
        ProvisioningError: other digits, it is adopted already, it is governed on another computer, or as
            `find_unadopted`.
    """
    check_governed_here(layout)
    make_directory(layout.governing, mode=PRIVATE_DIRECTORY_MODE)
    with registry_kept_still(layout.master_registry):
        # Read once, compared and kept: it cannot change in between.
        found = find_unadopted(layout)
        if found is None:
            raise ProvisioningError(f"{layout.root} is adopted already")
        if not same_digits(said, found.digits):
            raise ProvisioningError(f"these are not the digits of what lies in {layout.collector}: nothing was adopted")
        try:
            replace_file(layout.master_keys, found.keys.to_json().encode())
            if found.word is not None:
                replace_file(layout.master_recipients, found.word)
        except OSError as error:
            raise ProvisioningError(f"{error.filename} cannot be written: {error.strerror}") from error
        # Last: from here on the office counts as adopted.
        return keep_registry(layout, found.registry)


def _digits(registry: Registry, keys: OfficeKeys) -> str:
    plain = json.dumps(plain_registry(replace(registry, revision=0)), ensure_ascii=False, sort_keys=True)
    return spoken_digits(b"can-cuoc/office/1" + plain.encode() + b"\n" + keys.to_json().encode())


def _without_certificates(registry: Registry) -> Registry:
    never = datetime.fromtimestamp(0, UTC)
    bare = {"tls_serial": 0, "tls_not_after": never, "earlier_serials": (), "earlier_until": ()}
    return replace(registry, kiosks={name: replace(one, **bare) for name, one in registry.kiosks.items()})


def _standing(revoked_at: datetime | None) -> str:
    return "trusted" if revoked_at is None else f"revoked {revoked_at:%Y-%m-%d %H:%MZ}"


def _check_keys(layout: OfficeLayout, keys: OfficeKeys, word: bytes | None) -> None:
    """Against the command key and the opening keys that are here. Raises ProvisioningError, SealingError."""
    where = layout.collector / _KEYS
    if layout.command_key.exists():
        command = SigningKey.load(layout.command_key).public
        if keys.command != command:
            raise ProvisioningError(f"{where} names another command key than {layout.command_key}: it was changed")
        if keys.number:
            told = verify_recipients(_bounded(word), command)
            if (told.n, told.recipients) != (keys.number, keys.recipients):
                raise ProvisioningError(
                    f"{where} names other recipients than the word that root signed: it was changed"
                )
    known = (keys.recipients.body.kid, *keys.earlier)
    if layout.opening.is_dir():
        for path in sorted(layout.opening.glob("*.key")):
            if OpeningKey.load(path).kid not in known:
                raise ProvisioningError(
                    f"{where} does not know {path}: it was changed, or that key is another office's"
                )


def _bounded(word: bytes | None) -> bytes:
    if word is None or len(word) > MAX_RECIPIENTS_BYTES:
        raise ProvisioningError(f"{_WORD}, the word about whom kiosks seal for, is missing beside {_KEYS}")
    return word


def _check_revocations(layout: OfficeLayout, registry: Registry) -> str:
    """Whether every certificate on the revocation list is one of a revoked kiosk. Raises ProvisioningError."""
    authority = layout.authority / "device-ca.pem"
    if not authority.exists() or not layout.broker.is_dir():
        return "not compared: authority or broker folder is not here"
    with entered(layout.broker) as folder:
        listed = listed_serials(folder.read(LIST), load_certificate(authority))
    revoked = {serial for one in registry.kiosks.values() if one.revoked_at for serial in one.serials}
    if undone := listed - revoked:
        holders = sorted(one.kiosk for one in registry.kiosks.values() if undone & set(one.serials))
        who = ", ".join(holders) or "a kiosk that it does not name"
        raise ProvisioningError(
            f"{layout.registry} calls {who} trusted, and the revocation list does not: a revocation was undone there; "
            "restore registry.json from the copy kept offline"
        )
    return f"{len(listed)} certificates, each of a revoked kiosk"
