"""Asking an open chip to prove that it is no copy, with whatever it knows (ICAO Doc 9303-11, 4.4.3.5, 6.1, 6.2)."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from kiosk.chip.active_authentication import prove_active, signs_long
from kiosk.chip.agreement import RandomBytes
from kiosk.chip.chip_authentication import ChipAgreement, agree_with_chip, judge_mapping
from kiosk.chip.errors import BadAnswer
from kiosk.chip.files import CardFile
from kiosk.chip.opening import ChipSession
from kiosk.chip.proof import NOT_ASKED, Proof, not_checkable
from kiosk.chip.security_infos import SecurityInfos, parse_card_security, parse_dg14
from kiosk.chip.stages import Stage
from kiosk.chip.verdict import Verdict


@dataclass(frozen=True, slots=True)
class ChipProofs:
    """Both outcomes; each is worth as much as the signature over the file that holds its key."""

    chip_authentication: Proof = NOT_ASKED
    active_authentication: Proof = NOT_ASKED


def prove_chip(
    session: ChipSession,
    files: Mapping[str, bytes],
    *,
    wanted: Collection[CardFile],
    random_bytes: RandomBytes,
    on_stage: Callable[[str], None],
) -> ChipProofs:
    """Ask for Chip Authentication when DG14 is wanted, for Active Authentication when DG15 is.

    The answer to the second, under the keys of the first, completes the first. `on_stage` hears which begins.

    Raises CardLost, and BadAnswer when the card no longer opens; every other trouble is an outcome.
    """
    infos = _infos(files)
    agreement: ChipAgreement | Proof = NOT_ASKED
    active = mapping = NOT_ASKED
    if CardFile.DG14 in wanted:
        on_stage(Stage.CHIP_AUTHENTICATION)
        mapping = _mapping(session, infos)
        agreement = mapping if _is_enough(mapping, infos) else _chip(session, files, infos)
    if CardFile.DG15 in wanted:
        if isinstance(agreement, ChipAgreement) and signs_long(files.get(CardFile.DG15)):
            agreement = agreement.outcome()
        on_stage(Stage.ACTIVE_AUTHENTICATION)
        active = _active(session, files, infos, random_bytes)
    chip = agreement if isinstance(agreement, Proof) else _settled(session, infos, agreement, active)
    if chip.verdict is Verdict.NOT_CHECKABLE and mapping.verdict is not Verdict.NOT_CHECKABLE:
        chip = mapping
    return ChipProofs(chip, active)


def _settled(session: ChipSession, infos: SecurityInfos, agreement: ChipAgreement, active: Proof) -> Proof:
    """The outcome of Chip Authentication.

    A card that breaks off over Active Authentication has disproved nothing: the first is then carried out once more,
    by itself.
    """
    found = agreement.outcome()
    if found.verdict is not Verdict.NO or active is NOT_ASKED or active.verdict is not Verdict.NOT_CHECKABLE:
        return found
    try:
        session.reopen()
        again = agree_with_chip(session, infos)
        return again if isinstance(again, Proof) else again.outcome()
    except BadAnswer:
        return not_checkable("the card broke off before it had answered under the new keys", found.method)


def _infos(files: Mapping[str, bytes]) -> SecurityInfos:
    try:
        return parse_dg14(files[CardFile.DG14]) if CardFile.DG14 in files else SecurityInfos()
    except BadAnswer:
        return SecurityInfos()


def _chip(session: ChipSession, files: Mapping[str, bytes], infos: SecurityInfos) -> ChipAgreement | Proof:
    if CardFile.DG14 not in files:
        return not_checkable("the card has no DG14 that can be read")
    if not session.messaging.alive:
        session.reopen()
    return agree_with_chip(session, infos)


def _mapping(session: ChipSession, dg14: SecurityInfos) -> Proof:
    """Judge what PACE left by DG14 where its key fits, because EF.SOD covers that; else by EF.CardSecurity.

    A key of DG14 that does not fit disproves nothing: the mapping's own key is the one of EF.CardSecurity (9.2.6).
    """
    proof, secured = session.mapping_proof, session.card_security
    if proof is None:
        return NOT_ASKED
    by_dg14 = judge_mapping(proof, dg14, source="DG14")
    if by_dg14.verdict is Verdict.YES:
        return by_dg14
    try:
        return judge_mapping(proof, parse_card_security(secured or b""), source="EF.CardSecurity")
    except BadAnswer:
        return not_checkable("the card gave no EF.CardSecurity with the key of PACE's mapping", by_dg14.method)


def _is_enough(mapping: Proof, dg14: SecurityInfos) -> bool:
    """Whether the mapping settles it. A key that EF.SOD covers is worth asking for beside one of another file."""
    if mapping.verdict is Verdict.YES:
        return mapping.key_file == CardFile.DG14 or not dg14.chip_keys
    return mapping.verdict is Verdict.NO


def _active(session: ChipSession, files: Mapping[str, bytes], infos: SecurityInfos, random_bytes: RandomBytes) -> Proof:
    dg15 = files.get(CardFile.DG15)
    if dg15 is None:
        return not_checkable("the card has no DG15 that can be read")
    if not session.messaging.alive:
        session.reopen()
    return prove_active(session, dg15, digests=infos.active_hashes, random_bytes=random_bytes)
