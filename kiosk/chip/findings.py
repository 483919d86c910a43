"""What a reading proves, as a table of four answers and never one: unmodified, signed, trusted chain, genuine chip.

Each answer is yes, no, or not checkable with the reason. That no country signer is known, or that a card has no key of
its own, is no sign of forgery, and never looks like one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kiosk.chip.certificates import BadCertificate
from kiosk.chip.files import CardFile
from kiosk.chip.passive import PassiveAuthentication, authenticate
from kiosk.chip.proof import Proof
from kiosk.chip.results import ChipRead
from kiosk.chip.signed import read_signed
from kiosk.chip.trust import TrustStore, judge_chain
from kiosk.chip.verdict import Check, Verdict


@dataclass(frozen=True, slots=True)
class Findings:
    """The table. `unmodified`: the files are those that the security object lists. `signed`: by `signer`.

    `trusted`: a country signer of the trust store issued that signer, which has neither ended nor been revoked.
    `genuine`: the chip proved to hold the private key of a signed file, which cannot be copied from another chip.
    `groups` has each data group by its name. `digest` is the hash that the security object uses.
    """

    unmodified: Check
    signed: Check
    trusted: Check
    genuine: Check
    groups: Mapping[str, Check]
    signer: str = ""
    digest: str = ""

    def rows(self) -> tuple[tuple[str, Check], ...]:
        """Give the four rows by name, in their order."""
        return (
            ("unmodified", self.unmodified),
            ("signed", self.signed),
            ("trusted", self.trusted),
            ("genuine", self.genuine),
        )


def judge(read: ChipRead, store: TrustStore, *, at: datetime) -> Findings:
    """Judge a reading by the trust store at a moment (aware of its zone). Never raises for what a card may hold."""
    groups = {file.group: read.files[file] for file in CardFile if file.group and file in read.files}
    passive = authenticate(read.files.get(CardFile.SOD), groups, store, at=at)
    return Findings(
        unmodified=passive.unmodified,
        signed=passive.signature,
        trusted=passive.chain,
        genuine=_genuine(read, passive, store, at=at),
        groups={f"DG{number}": check for number, check in passive.groups.items()},
        signer=passive.signer,
        digest=passive.digest,
    )


def _genuine(read: ChipRead, passive: PassiveAuthentication, store: TrustStore, *, at: datetime) -> Check:
    """Put both proofs together: one that fails is a no, and one that holds counts as much as its key's file."""
    proofs = (read.chip_authentication, read.active_authentication)
    for proof in proofs:
        if proof.verdict is Verdict.NO:
            return Check(Verdict.NO, _named(proof))
    held = [_worth(proof, read, passive, store, at=at) for proof in proofs if proof.verdict is Verdict.YES]
    for verdict in (Verdict.NO, Verdict.YES):
        for check in held:
            if check.verdict is verdict:
                return check
    if held:
        return held[0]
    reasons = [_named(proof) for proof in proofs]
    withheld = [f"DG{number}" for number in (14, 15) if number in passive.named and f"DG{number}" in read.refused]
    if withheld:
        reasons = [f"the security file (SOD) names {' and '.join(withheld)}, which the chip withholds, as a copy would"]
    offered = withheld or any(file in read.files for file in (CardFile.DG14, CardFile.DG15))
    return Check(Verdict.NOT_CHECKABLE, "; ".join(dict.fromkeys(reasons)), cause="" if offered else "not_offered")


def _named(proof: Proof) -> str:
    return f"{proof.method}: {proof.reason}" if proof.method else proof.reason


def _worth(proof: Proof, read: ChipRead, passive: PassiveAuthentication, store: TrustStore, *, at: datetime) -> Check:
    """What a proof that holds is worth by the signature over the file that has its key."""
    if proof.key_file == "EF.CardSecurity":
        return _worth_by_card_security(proof, read, store, at=at)
    group = passive.groups.get(int(proof.key_file.removeprefix("DG")))
    if group is not None and group.verdict is Verdict.NO:
        return Check(Verdict.NO, f"{_named(proof)}, but {group.reason}")
    if group is None or group.verdict is not Verdict.YES or passive.signature.verdict is not Verdict.YES:
        return Check(Verdict.NOT_CHECKABLE, f"{_named(proof)}, but nobody's good signature stands over that key")
    return Check(Verdict.YES, f"{_named(proof)}, which is signed")


def _worth_by_card_security(proof: Proof, read: ChipRead, store: TrustStore, *, at: datetime) -> Check:
    """EF.CardSecurity is signed by itself (Doc 9303-11, 9.2.11); who signed it must be vouched for here, too."""
    try:
        signed = read_signed(read.files.get(CardFile.CARD_SECURITY, b""))
    except BadCertificate:
        return Check(Verdict.NOT_CHECKABLE, f"{_named(proof)}, but that file is not signed data that can be read")
    seal = signed.seals()[0]
    signer, signature = seal.signer, seal.check
    if signature.verdict is Verdict.NO:
        return Check(Verdict.NO, f"{_named(proof)}, but in that file {signature.reason}")
    if signer is None or signature.verdict is not Verdict.YES:
        return Check(Verdict.NOT_CHECKABLE, f"{_named(proof)}, but {signature.reason}")
    chain = judge_chain(signer, store, at=at)
    # Out of its time by this clock is no doubt about the key: what was signed in time stays signed.
    worth = Verdict.YES if chain.cause in {"expired", "not_yet"} else chain.verdict
    return Check(worth, f"{_named(proof)}; the signer of that file: {chain.reason}")
