"""The office above: where it is, as what this office is known there, and by which key its receipts are verified.

Read from the bundle that `kiosk office init --office` made there: the very folder that a kiosk gets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from kiosk.office.errors import OfficeError
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import OfficeKeys, SigningKey, VerifyingKey
from kiosk.uplink.errors import UplinkSettingsError
from kiosk.uplink.settings import LinkSettings, UplinkSettings


@dataclass(frozen=True, slots=True)
class Upstream:
    """``name`` is this office's own name at the one above; ``uplink`` how it is reached, by the kiosk's own code."""

    name: str
    uplink: UplinkSettings
    signer: SigningKey
    receipt: VerifyingKey
    demo: bool

    @property
    def where(self) -> str:
        """The broker above."""
        return f"{self.uplink.link.broker_host}:{self.uplink.link.broker_port}"


def load_upstream(bundle: Path, *, inbox: Path, identity: Path, sw: str, **changes: float) -> Upstream:
    """Read the bundle of the office above.

    Args:
        bundle: the folder, with ``uplink`` and ``kiosk`` in it.
        inbox: the file that keeps what came from above until it was taken in.
        identity: the folder of the certificates that are renewed over the connection itself.
        sw: this program's version.
        changes: other times than the usual ones, by the names in LinkSettings and UplinkSettings.

    Raises:
        OfficeError: a file is missing, damaged or open to others.
    """
    link_changes = {name: value for name, value in changes.items() if name in LinkSettings.__dataclass_fields__}
    others = {name: value for name, value in changes.items() if name not in link_changes}
    try:
        address = cast("Mapping[str, object]", json.loads((bundle / "uplink" / "bundle.json").read_text("utf-8")))
        name = str(address["kiosk"])
        link = LinkSettings(
            identity=name,
            broker_host=str(address["broker_host"]),
            broker_port=int(str(address["broker_port"])),
            authority_file=bundle / "uplink" / "server-ca.pem",
            certificate_file=bundle / "uplink" / "tls.pem",
            key_file=bundle / "uplink" / "tls.key",
            **link_changes,  # type: ignore[arg-type]
        )
        uplink = UplinkSettings(
            province=str(address["province"]),
            commune=str(address["commune"]),
            kiosk=name,
            link=link,
            outbox=inbox,
            inbox=inbox,
            identity=identity,
            sw=sw,
            **others,  # type: ignore[arg-type]
        )
        keys = OfficeKeys.load(bundle / "kiosk" / "office-keys.json")
        signer = SigningKey.load(bundle / "kiosk" / "record.key")
        return Upstream(name, uplink, signer, keys.receipt, bool(address["demo"]))
    except OSError as error:
        raise OfficeError(f"[upstream] bundle: {error.filename} cannot be read: {error.strerror}") from error
    except (SealingError, UplinkSettingsError) as error:
        raise OfficeError(f"[upstream] bundle: {error}") from error
    except (ValueError, KeyError, TypeError) as error:
        where = bundle / "uplink" / "bundle.json"
        raise OfficeError(f"[upstream] bundle: {where} is damaged ({type(error).__name__})") from error
