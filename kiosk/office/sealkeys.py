"""The office's own keys: summary and receipt (online), opening (offline), command, and the public file for kiosks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from kiosk.office.errors import ProvisioningError
from kiosk.office.keyfile import load_or_make_ed25519, public_raw
from kiosk.office.layout import OfficeLayout
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import OfficeKeys, Recipients, VerifyingKey
from kiosk.sealing.suites import OpeningKey


def load_or_make_office_keys(layout: OfficeLayout) -> OfficeKeys:
    """The office's public keys; the secret ones are made beside them on first use and never again.

    Once the public file exists the opening key may be anywhere, and is not made anew when it is not here.

    Raises:
        ProvisioningError: a key file is damaged, or does not belong to the public file.
    """
    path = layout.collector / "office-keys.json"
    try:
        if path.exists():
            keys = OfficeKeys.load(path)
            _check_pair(layout, keys)
            if keys.command is None:
                # An office from before there were commands: its kiosks learn the key with their next bundle.
                keys = replace(keys, command=_command_key(layout))
                keys.save(path)
            return keys
        summary = _load_or_make(layout.collector / "summary.key")
        opening = _load_or_make(layout.opening_key)
        receipt = VerifyingKey(public_raw(load_or_make_ed25519(layout.collector / "receipt.key").public_key()))
        recipients = Recipients(summary=summary.public, body=opening.public)
        keys = OfficeKeys(recipients=recipients, receipt=receipt, command=_command_key(layout))
        keys.save(path)
    except SealingError as error:
        raise ProvisioningError(str(error)) from error
    return keys


def _command_key(layout: OfficeLayout) -> VerifyingKey:
    return VerifyingKey(public_raw(load_or_make_ed25519(layout.command_key).public_key()))


def _load_or_make(path: Path) -> OpeningKey:
    if not path.exists():
        OpeningKey.generate().save(path)
    return OpeningKey.load(path)


def _check_pair(layout: OfficeLayout, keys: OfficeKeys) -> None:
    summary = layout.collector / "summary.key"
    if OpeningKey.load(summary).kid != keys.recipients.summary.kid:
        raise ProvisioningError(f"{summary} is not the key that kiosks were given; restore it from the backup")
    receipt = load_or_make_ed25519(layout.collector / "receipt.key")
    if public_raw(receipt.public_key()) != keys.receipt.raw:
        raise ProvisioningError("receipt.key is not the key that kiosks were given; restore it from the backup")
    command = layout.command_key
    if keys.command is not None and command.exists() and _command_key(layout) != keys.command:
        raise ProvisioningError(f"{command} is not the key that kiosks were given; move it away")
    known = (keys.recipients.body.kid, *keys.earlier)
    if layout.opening_key.exists() and OpeningKey.load(layout.opening_key).kid not in known:
        raise ProvisioningError(f"{layout.opening_key} is not the key that kiosks were given; move it away")
