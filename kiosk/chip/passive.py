"""Passive authentication (ICAO Doc 9303-11, 5.1): is what the chip gave unmodified, who signed it, and who vouches?

A table of answers, never one. The kiosk shows the table; what follows from it is for the officer and the office.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kiosk.chip.certificates import Certificate
from kiosk.chip.errors import BadAnswer
from kiosk.chip.hashes import ListedHashes, hashes_in
from kiosk.chip.signed import SignedData, read_security_object
from kiosk.chip.trust import TrustStore, judge_chain
from kiosk.chip.verdict import Check, Verdict


@dataclass(frozen=True, slots=True)
class PassiveAuthentication:
    """`groups`: each data group read, by number, against its hash; `unmodified` sums them up.

    `named` has the numbers of all groups that the security object names.
    `signature`: whether the document signer signed the security object; `signer` shows who that is. `chain`: whether
    a trusted country signer issued that signer.
    """

    groups: Mapping[int, Check]
    unmodified: Check
    signature: Check
    chain: Check
    signer: str = ""
    digest: str = ""
    named: frozenset[int] = frozenset()


def authenticate(
    sod: bytes | None, groups: Mapping[int, bytes], store: TrustStore, *, at: datetime
) -> PassiveAuthentication:
    """Check the raw bytes of the data groups (number to whole file) and their security object. Never raises."""
    if sod is None:
        return _nothing(groups, "the card gave no security file (SOD)")
    try:
        signed = read_security_object(sod)
        listed = hashes_in(signed)
    except BadAnswer as error:
        return _nothing(groups, str(error))
    checks = {number: _check_group(number, data, listed) for number, data in sorted(groups.items())}
    signer, signature, chain = _best_seal(signed, store, at=at)
    return PassiveAuthentication(
        groups=checks,
        unmodified=_sum(checks),
        signature=signature,
        chain=chain,
        signer=signer.subject if signer is not None else "",
        digest=listed.digest,
        named=frozenset(listed.by_group),
    )


def _nothing(groups: Mapping[int, bytes], why: str) -> PassiveAuthentication:
    none = Check(Verdict.NOT_CHECKABLE, why)
    return PassiveAuthentication(dict.fromkeys(sorted(groups), none), none, none, none)


def _check_group(number: int, data: bytes, listed: ListedHashes) -> Check:
    wanted = listed.by_group.get(number)
    if wanted is None:
        return Check(Verdict.NO, f"the security file (SOD) does not name DG{number}")
    if hashlib.new(listed.digest, data).digest() != wanted:
        return Check(Verdict.NO, f"DG{number} differs from what the security file (SOD) states")
    return Check(Verdict.YES, f"DG{number} is the one that the security file (SOD) names")


def _sum(checks: Mapping[int, Check]) -> Check:
    if not checks:
        return Check(Verdict.NOT_CHECKABLE, "no data group was read")
    wrong = [check.reason for check in checks.values() if check.verdict is Verdict.NO]
    if wrong:
        return Check(Verdict.NO, "; ".join(wrong))
    return Check(Verdict.YES, "every file read is the one that the security file (SOD) names")


def _best_seal(signed: SignedData, store: TrustStore, *, at: datetime) -> tuple[Certificate | None, Check, Check]:
    """Signer, signature and chain. Of several good signatures the one counts that leads to a trusted country.

    The signer's certificate comes with the security object, or is in the store (Doc 9303-11, 5.1 step 1).
    """
    seals = signed.seals(store.find_signer)
    best = [seal for seal in seals if seal.check.verdict is Verdict.YES] or seals[:1]
    judged = [(seal.signer, seal.check, _chain(seal.signer, seal.check, store, at=at)) for seal in best]
    return next((one for one in judged if one[2].verdict is Verdict.YES), judged[0])


def _chain(signer: Certificate | None, signature: Check, store: TrustStore, *, at: datetime) -> Check:
    if signer is None:
        return Check(Verdict.NOT_CHECKABLE, "the document signer is not known")
    if signature.verdict is not Verdict.YES:
        return Check(Verdict.NOT_CHECKABLE, "without a good signature there is nobody to vouch for")
    return judge_chain(signer, store, at=at)
