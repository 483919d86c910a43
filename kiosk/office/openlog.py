"""Who opened which enrolment, with which key, when: written down before anything is decrypted, or nothing is opened.

At the office it stands in the audit that the page shows to administrators; on a workstation without a database in a
file whose lines each hold the hash of the one before. Names no citizen.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from kiosk.office.auditing import Audit, by_hand
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OpeningError
from kiosk.office.holdings import Acting
from kiosk.sealing.chain import AuditChain
from kiosk.sealing.errors import SealingError

# Told the package's id and the key's; raises OpeningError where it cannot be kept.
Note = Callable[[str, str], None]

OPENED: Final = "opened"
_NO_WORD: Final = re.compile(r"[^A-Za-z0-9._:/+-]")


def note_at_office(
    database: OfficeDatabase, *, by: str, now: Callable[[], datetime], acting: Acting = nullcontext
) -> Note:
    """Keep it in the office's audit; ``acting`` as in `OfficeHoldings`."""

    def note(package_id: str, kid: str) -> None:
        try:
            with acting():
                Audit(database).note(by_hand(OPENED, f"{package_id} {kid}", by=by, at=now()))
        except SQLAlchemyError as error:
            raise OpeningError(
                f"nothing is opened: it cannot be written into the office's audit ({type(error).__name__})"
            ) from error

    return note


def note_in_file(path: Path, *, by: str, now: Callable[[], datetime]) -> Note:
    """Keep it in this file, which is made where it is missing. Raises OpeningError for one that was changed."""
    try:
        chain = AuditChain.open(path, now)
    except (SealingError, OSError) as error:
        raise _not_kept(path, error) from error

    def note(package_id: str, kid: str) -> None:
        try:
            chain.append(OPENED, who=_word(by), host=_word(socket.gethostname()), package=package_id, key=kid)
        except (SealingError, OSError) as error:
            raise _not_kept(path, error) from error

    return note


def _not_kept(path: Path, error: Exception) -> OpeningError:
    why = error.strerror if isinstance(error, OSError) else str(error)
    return OpeningError(f"nothing is opened: the log {path} cannot be kept ({why}); name another one, --log FILE")


def _word(text: str) -> str:
    return _NO_WORD.sub("-", text)[:64]
