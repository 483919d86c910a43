"""What a card that was read could prove, as the table of the domain: passive authentication and the chip's own proofs.

Owns the trust store of the kiosk, which is read once, when the first card comes: a master list takes seconds.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from kiosk.chip.findings import judge
from kiosk.chip.reading import ChipRead
from kiosk.chip.trust import TrustStore, load_store
from kiosk.chip.verdict import Check
from kiosk.domain.card_proof import CardProof, Cause, Finding, Holds

log = logging.getLogger(__name__)

_CAUSES: Final = {cause.value: cause for cause in Cause}


class CardJudge:
    """Judges cards by the certificates of one folder. Use it from the card's thread alone."""

    def __init__(self, trust: Path, now: Callable[[], datetime]) -> None:
        """Name the folder of trusted certificates (it may be missing: then nobody is trusted) and the clock (UTC)."""
        self._trust = trust
        self._now = now
        self._store: TrustStore | None = None

    def __call__(self, read: ChipRead) -> CardProof:
        """Give the table of a card. Never raises."""
        return judge_card(read, self._loaded(), at=self._now())

    def _loaded(self) -> TrustStore:
        if self._store is None:
            self._store, entries = load_store(self._trust)
            refused = sum(bool(entry.refused) for entry in entries)
            log.info("trust store: %d country signers, %d things refused", len(self._store.anchors), refused)
        return self._store


def judge_card(read: ChipRead, store: TrustStore, *, at: datetime) -> CardProof:
    """Put together what the files, their signature, its signer and the chip itself prove. Never raises."""
    found = judge(read, store, at=at)
    return CardProof(
        unmodified=_finding(found.unmodified),
        signed=_finding(found.signed),
        trusted=_finding(found.trusted),
        genuine=_finding(found.genuine),
        signer=found.signer,
        access=f"{read.access.protocol} {read.access.key}" if read.access is not None else "",
    )


def _finding(check: Check) -> Finding:
    return Finding(Holds(check.verdict.value), check.reason, _CAUSES.get(check.cause, Cause.NONE))
