"""The office's own keys: summary and receipt (online), opening (offline), command, and the public file for kiosks."""

from __future__ import annotations

from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric import ed25519

from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import check_adopted
from kiosk.office.guarded import GuardedFolder, entered
from kiosk.office.keyfile import KEY_MODE, load_or_make_ed25519, private_pem, public_raw, read_ed25519
from kiosk.office.layout import OfficeLayout
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import OfficeKeys, Recipients, VerifyingKey
from kiosk.sealing.suites import OpeningKey


def load_or_make_office_keys(layout: OfficeLayout) -> OfficeKeys:
    """The office's public keys, as root wrote them; the secret ones are made on first use and never again.

    Once the public file exists the opening key may be anywhere, and is not made anew when it is not here. What the
    collector's folder says of public keys is never believed: its secret keys must fit those that kiosks were given.

    Raises:
        ProvisioningError: a key file is damaged or missing, or does not belong to the public file.
    """
    check_adopted(layout)
    path = layout.master_keys
    try:
        with entered(layout.collector) as folder:
            if path.exists():
                keys = OfficeKeys.load(path)
                _check_pair(layout, folder, keys)
                if keys.command is None:
                    # An office from before there were commands: its kiosks learn the key with their next bundle.
                    keys = replace(keys, command=_command_key(layout))
                    keys.save(path)
                return keys
            if layout.master_registry.exists():
                raise ProvisioningError(f"{path} is missing; restore it from the copy kept offline")
            summary, receipt = _summary(folder, make=True), _receipt(folder, make=True)
        if not layout.opening_key.exists():
            OpeningKey.generate().save(layout.opening_key)
        recipients = Recipients(summary=summary.public, body=OpeningKey.load(layout.opening_key).public)
        keys = OfficeKeys(recipients=recipients, receipt=receipt, command=_command_key(layout))
        keys.save(path)
    except SealingError as error:
        raise ProvisioningError(str(error)) from error
    return keys


def _command_key(layout: OfficeLayout) -> VerifyingKey:
    return VerifyingKey(public_raw(load_or_make_ed25519(layout.command_key).public_key()))


def _summary(folder: GuardedFolder, *, make: bool = False) -> OpeningKey:
    pem = folder.read("summary.key")
    if pem is None and make:
        pem = OpeningKey.generate().to_pem()
        folder.write_new("summary.key", pem, mode=KEY_MODE)
    if pem is None:
        raise ProvisioningError(f"{folder.path / 'summary.key'} is missing; restore it from the backup")
    return OpeningKey.from_pem(pem, folder.path / "summary.key")


def _receipt(folder: GuardedFolder, *, make: bool = False) -> VerifyingKey:
    pem = folder.read("receipt.key")
    if pem is None and make:
        pem = private_pem(ed25519.Ed25519PrivateKey.generate())
        folder.write_new("receipt.key", pem, mode=KEY_MODE)
    if pem is None:
        raise ProvisioningError(f"{folder.path / 'receipt.key'} is missing; restore it from the backup")
    return VerifyingKey(public_raw(read_ed25519(pem, folder.path / "receipt.key").public_key()))


def _check_pair(layout: OfficeLayout, folder: GuardedFolder, keys: OfficeKeys) -> None:
    if _summary(folder).kid != keys.recipients.summary.kid:
        where = folder.path / "summary.key"
        raise ProvisioningError(f"{where} is not the key that kiosks were given; restore it from the backup")
    if _receipt(folder) != keys.receipt:
        raise ProvisioningError("receipt.key is not the key that kiosks were given; restore it from the backup")
    command = layout.command_key
    if keys.command is not None and command.exists() and _command_key(layout) != keys.command:
        raise ProvisioningError(f"{command} is not the key that kiosks were given; move it away")
    known = (keys.recipients.body.kid, *keys.earlier)
    if layout.opening_key.exists() and OpeningKey.load(layout.opening_key).kid not in known:
        raise ProvisioningError(f"{layout.opening_key} is not the key that kiosks were given; move it away")
