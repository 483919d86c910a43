"""Bringing certificates and revocation lists into a trust store, each of them accounted for.

Lists and archives are taken apart, so that the store holds one file for each certificate and an officer can see, and
take away, whom the kiosk trusts.
"""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from kiosk.chip.certificates import Certificate, RevocationList
from kiosk.chip.signatures import MALFORMED
from kiosk.chip.trust import Entry, load_store, read_trust_file

_SHORT: Final = 16


@dataclass(frozen=True, slots=True)
class Account:
    """What became of one thing that was found: `outcome` is "new", "known", "left out", "refused" or "opened".

    "opened" is a list or archive whose members follow. `reason` says why something was left out or refused, and who
    signed a master list. `role` is "country signer", "document signer" or empty, `until` the end of its validity.
    """

    source: str
    kind: str
    name: str
    outcome: str
    reason: str = ""
    role: str = ""
    country: str = ""
    fingerprint: str = ""
    until: datetime | None = None


def import_trust(files: Iterable[Path], into: Path | None, *, country: str = "") -> list[Account]:
    """Read files of any kind that read_trust_file() knows and put what is new into the folder `into` (None: only look).

    `country` (two letters) leaves out the certificates of all others. What the folder has already is "known", and so is
    what comes twice. Raises OSError when the folder cannot be written; what cannot be read is an account of its own.
    """
    seen = _known(into)
    accounts: list[Account] = []
    for file in files:
        for entry, thing in read_trust_file(file):
            account = _account(entry, thing, seen, country.upper())
            if thing is not None and account.outcome == "new":
                seen.add(_der(thing))
                if into is not None:
                    _write(into, account, thing)
            accounts.append(account)
    return accounts


def _known(folder: Path | None) -> set[bytes]:
    if folder is None:
        return set()
    store, _ = load_store(folder)
    return {_der(thing) for thing in (*store.anchors, *store.signers, *store.lists)}


def _account(entry: Entry, thing: Certificate | RevocationList | None, seen: set[bytes], country: str) -> Account:
    if entry.refused or thing is None:
        outcome = "refused" if entry.refused else "opened"
        return Account(entry.source, entry.kind, entry.name, outcome, entry.refused or entry.note)
    own, role, until = _country(thing), "", None
    if isinstance(thing, Certificate):
        role = "country signer" if thing.is_authority else "document signer"
        until = thing.not_after
    else:
        until = thing.next_update
    outcome, reason = "new", ""
    if country and own != country:
        outcome, reason = "left out", f"it is of {own or 'no country'}, not of {country}"
    elif _der(thing) in seen:
        outcome = "known"
    name = entry.name if isinstance(thing, Certificate) else f"revocation list of {own or 'no country'}"
    mark = thing.fingerprint
    return Account(entry.source, entry.kind, name, outcome, reason, role, own, mark, until)


def _country(thing: Certificate | RevocationList) -> str:
    """Two letters, in capitals; some issuers write them small."""
    try:
        name = thing.parsed.subject if isinstance(thing, Certificate) else thing.parsed["tbs_cert_list"]["issuer"]
        found = name.native.get("country_name")
    except MALFORMED:
        return ""
    return found.upper() if isinstance(found, str) and found.isascii() and found.isalpha() else ""


def _der(thing: Certificate | RevocationList) -> bytes:
    return thing.der


def _write(folder: Path, account: Account, thing: Certificate | RevocationList) -> None:
    """Write one file whole or not at all."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    ending = "cer" if isinstance(thing, Certificate) else "crl"
    target = folder / f"{account.country or 'XX'}-{account.fingerprint[:_SHORT]}.{ending}"
    half = target.with_name(f".{target.name}")
    with half.open("wb") as stream:
        stream.write(_der(thing))
        stream.flush()
        os.fsync(stream.fileno())
    half.chmod(0o644)
    half.replace(target)


def totals(accounts: Iterable[Account]) -> dict[str, int]:
    """Count the outcomes of what is no list or archive; together they are all that was found."""
    found = Counter(account.outcome for account in accounts)
    return {outcome: found[outcome] for outcome in ("new", "known", "left out", "refused")}
