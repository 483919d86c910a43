"""Offers whose packages this office does not take now: answered by "later" before a single chunk is asked for.

What an office passes on of a kiosk that it is not trusted with is known from the offer itself. What came whole and
could be neither taken in nor kept apart is remembered for a while: the same bytes would end the same way. In memory
alone, and bounded; what is forgotten here may come once more.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kiosk.office.database import OfficeDatabase
from kiosk.office.registry import Registry
from kiosk.office.vouching import Vouched, alarm_unvouched, taken_from, why_not_taken
from kiosk.sealing.errors import BadEncoding
from kiosk.sealing.package import peek_header
from kiosk.wire.messages import Later, Manifest
from kiosk.wire.rules import POSTPONEMENTS

#: Bytes that were not taken are asked for again after so long, and then after twice as long.
AGAIN_S: Final = 600.0
AGAIN_MOST_S: Final = 6 * 3600.0
#: So many packages are remembered at most.
MOST: Final = 4096
UNTAKEN: Final = "untaken"


@dataclass(slots=True)
class _Vain:
    """Bytes that came in vain: which, why, whose, whom its kiosk was trusted with, and from when on they may come."""

    sha256: bytes
    code: str
    kiosk: str
    taken: list[Vouched]
    again_s: float
    due_s: float


class Untaken:
    """Used by the collector's thread."""

    def __init__(
        self,
        database: OfficeDatabase,
        *,
        registry: Callable[[], Registry],
        monotonic_s: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        """``now`` dates the alarms."""
        self._now = now
        self._database = database
        self._registry = registry
        self._monotonic_s = monotonic_s
        self._vain: OrderedDict[tuple[str, str], _Vain] = OrderedDict()

    def __len__(self) -> int:
        """How many packages are remembered."""
        return len(self._vain)

    def judge(self, sender: str, manifest: Manifest) -> Later | None:
        """What to answer to an offer in place of a list of chunks; None where the package is wanted.

        Raises sqlalchemy's errors.
        """
        vain = self._vain.get((sender, manifest.id))
        if vain is not None and vain.sha256 != manifest.sha256:
            vain = None
        kiosk = manifest.kiosk or (vain.kiosk if vain is not None else "")
        taken = self._taken(sender, kiosk)
        code = why_not_taken(taken, sender) if taken is not None else ""
        if code:
            alarm_unvouched(self._database, sender, kiosk, at=self._now())
        # A person may have decided something since: then they are looked at anew at once.
        if not code and vain is not None and vain.due_s > self._monotonic_s() and vain.taken == (taken or []):
            code = vain.code
        return Later(id=manifest.id, code=code) if code else None

    def note(self, sender: str, manifest: Manifest, code: str, data: bytes) -> Later:
        """``data`` came whole, and was neither taken in nor kept apart, for this reason: what to answer.

        Raises sqlalchemy's errors.
        """
        known = code if code in POSTPONEMENTS else UNTAKEN
        kiosk = manifest.kiosk or (_claimed_kiosk(data) if self._is_office(sender) else "")
        mark = (sender, manifest.id)
        before = self._vain.pop(mark, None)
        again_s = AGAIN_S if before is None else min(2 * before.again_s, AGAIN_MOST_S)
        taken = self._taken(sender, kiosk) or []
        self._vain[mark] = _Vain(manifest.sha256, known, kiosk, taken, again_s, self._monotonic_s() + again_s)
        if len(self._vain) > MOST:
            self._vain.popitem(last=False)
        return Later(id=manifest.id, code=known)

    def _taken(self, sender: str, kiosk: str) -> list[Vouched] | None:
        """Whom this kiosk's packages are taken from; None where ``sender`` passes on nobody's."""
        if not kiosk or not self._is_office(sender):
            return None
        with self._database.looking() as connection:
            return taken_from(connection, kiosk)

    def _is_office(self, sender: str) -> bool:
        entry = self._registry().kiosks.get(sender)
        return entry is not None and entry.office


def _claimed_kiosk(data: bytes) -> str:
    try:
        return peek_header(data).kiosk
    except BadEncoding:
        return ""
