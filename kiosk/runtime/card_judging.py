"""What a card that was read could prove, as the table of the domain: passive authentication and the chip's own proofs.

Owns the trust store of the kiosk, which is read once, when the first card comes: a master list takes seconds.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from kiosk.chip.files import CardFile
from kiosk.chip.passive import authenticate
from kiosk.chip.proof import Proof
from kiosk.chip.reading import ChipRead
from kiosk.chip.trust import TrustStore, load_store
from kiosk.chip.verdict import Check, Verdict
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
    groups = {file.group: read.files[file] for file in CardFile if file.group and file in read.files}
    passive = authenticate(read.files.get(CardFile.SOD), groups, store, at=at)
    return CardProof(
        unmodified=_finding(passive.unmodified),
        signed=_finding(passive.signature),
        trusted=_finding(passive.chain),
        genuine=_genuine(read),
        signer=passive.signer,
        access=f"{read.access.protocol} {read.access.key}" if read.access is not None else "",
    )


def _finding(check: Check) -> Finding:
    return Finding(Holds(check.verdict.value), check.reason, _CAUSES.get(check.cause, Cause.NONE))


def _genuine(read: ChipRead) -> Finding:
    """One disproved proof is a copy; one that holds is enough, for each is about a key that cannot leave the chip."""
    proofs = [read.chip_authentication, read.active_authentication]
    for wanted in (Verdict.NO, Verdict.YES):
        found = [proof for proof in proofs if proof.verdict is wanted]
        if found:
            return Finding(Holds(wanted.value), "; ".join(_reason(proof) for proof in found))
    offered = any(file in read.files for file in (CardFile.DG14, CardFile.DG15))
    return Finding(
        Holds.NOT_CHECKABLE,
        "; ".join(_reason(proof) for proof in proofs),
        Cause.NONE if offered else Cause.NOT_OFFERED,
    )


def _reason(proof: Proof) -> str:
    return f"{proof.method}: {proof.reason}" if proof.method else proof.reason
