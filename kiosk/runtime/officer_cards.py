"""An officer's ID card as a factor of the sign-in: only a chip that has just proven that it is no copy counts.

That the card opened (BAC or PACE) proves nothing: what opens it is printed on it.
"""

from kiosk.chip.files import CardFile
from kiosk.chip.proof import Proof
from kiosk.chip.reading import ChipRead
from kiosk.chip.verdict import Verdict
from kiosk.domain.card_proof import CardProof, Holds
from kiosk.sealing.cardfactor import CardFactor, card_factor

#: What is read of an officer's card: who it is, the keys, and the object that vouches for them. No portrait.
OFFICER_FILES = (CardFile.DG1, CardFile.DG14, CardFile.DG15, CardFile.SOD)


class CardUnproven(Exception):
    """The card counts for nothing at a sign-in; the message says why, without a word about its holder."""


def factor_of(read: ChipRead, proof: CardProof) -> CardFactor:
    """Give what the card adds to the vault. Raises CardUnproven unless the chip has proven itself in this reading.

    Whether its country is trusted may be unknown here: the registered key decides. A signer that is only out of
    its time, by a clock that may be wrong, is no reason either; one that was revoked, or never issued by whom it names,
    is.
    """
    if proof.genuine.holds is not Holds.YES:
        raise CardUnproven(f"the chip has not proven that it is no copy: {proof.genuine.reason}")
    if proof.unmodified.holds is not Holds.YES:
        raise CardUnproven(f"its files are not vouched for: {proof.unmodified.reason}")
    if proof.signed.holds is Holds.NO:
        raise CardUnproven(f"its signature does not hold: {proof.signed.reason}")
    if proof.trusted.holds is Holds.NO and not proof.signer_out_of_time:
        raise CardUnproven(f"its signer is not accepted: {proof.trusted.reason}")
    proven = {proof.key_file for proof in (read.chip_authentication, read.active_authentication) if _holds(proof)}
    if proven.isdisjoint((CardFile.DG14, CardFile.DG15)):
        raise CardUnproven("the key that the chip has proven to hold is not one of those that are registered")
    keys = [read.files[file] for file in (CardFile.DG14, CardFile.DG15) if file in read.files]
    return card_factor(read.files[CardFile.SOD], keys)


def _holds(proof: Proof) -> bool:
    return proof.verdict is Verdict.YES
