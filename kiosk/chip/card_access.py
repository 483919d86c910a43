"""EF.CardAccess and EF.ATR/INFO, read before the chip is open (ICAO Doc 9303-10, 3.11; 9303-11, 9.2.11).

Tolerant: some cards have the master file selected and refuse to select it (Vietnamese ones answer 6D00), others want
it selected first; old cards know none of it.
"""

from typing import Final

from kiosk.chip import commands, tlv
from kiosk.chip.commands import END_OF_FILE, OK, SHORT_LE, Command, Transmit, exchange
from kiosk.chip.errors import BadAnswer
from kiosk.chip.files import FILE_IDS, CardFile
from kiosk.chip.memory import ReaderMemory, atr_extended
from kiosk.chip.security_infos import SecurityInfos, parse_security_infos

_ATR_INFO: Final = 0x2F01
_SHORT_ID: Final = 0x1C
_LONGEST: Final = 8192
_AMOUNTS: Final = (256, 112, 32)
_NOT_FOUND: Final = 0x6A82
_LIMITS: Final = 0x7F66


def read_card_access(transmit: Transmit) -> bytes | None:
    """Read EF.CardAccess; None when the card has none or what it gives is none. Raises CardLost, BadAnswer."""
    found = b""
    status = _select(transmit)
    if status not in (OK, _NOT_FOUND):
        found = _by_short_id(transmit)
    if status != OK and not found:
        return None
    while (total := _total(found)) is None or len(found) < total:
        part = _read(transmit, len(found))
        found += part
        if not part or len(found) > _LONGEST:
            return None
    return found[:total] if total else None


def offered_by(card_access: bytes | None) -> SecurityInfos:
    """What EF.CardAccess says; a broken one says nothing, and BAC may still do."""
    if card_access is None:
        return SecurityInfos()
    try:
        return parse_security_infos(card_access, what="EF.CardAccess")
    except BadAnswer:
        return SecurityInfos()


def learn_extended(transmit: Transmit, memory: ReaderMemory, *, atr: bytes | None, modern: bool) -> None:
    """Learn whether the card takes extended length, where the reader does: by its ATR, then by EF.ATR/INFO.

    `modern` is a card with EF.CardAccess; an older one is not asked. Raises CardLost, BadAnswer.
    """
    if not memory.extended_unknown:
        return
    said = None if atr is None else atr_extended(atr)
    limit = read_limits(transmit) if said or (said is None and modern) else None
    if said or limit is not None:
        memory.allow_extended(limit)
    else:
        memory.deny_extended()


def read_limits(transmit: Transmit) -> int | None:
    """Ask EF.ATR/INFO how long an extended answer may be; None when the card does not say. Raises CardLost.

    Raises BadAnswer for half an answer. Afterwards another file than before is the current one.
    """
    data, status = exchange(transmit, commands.read_by_short_id(_ATR_INFO & 0x1F, 256).encoded())
    if status not in (OK, END_OF_FILE) or not data:
        return None
    try:
        limits = tlv.first(data, _LIMITS, what="EF.ATR/INFO")
        sizes = [int.from_bytes(value, "big") for tag, value in tlv.walk(limits) if tag == 0x02]
    except BadAnswer:
        return None
    return sizes[1] if len(sizes) == 2 else None


def _select(transmit: Transmit) -> int:
    """Select the file as it is, then behind the master file; give the last status word."""
    select = commands.select_file(FILE_IDS[CardFile.CARD_ACCESS])
    status = _sent(transmit, select)
    if status != OK and _sent(transmit, commands.select_master_file()) == OK:
        status = _sent(transmit, select)
    return _sent(transmit, commands.with_answer(select)) if status in commands.OTHER_FORM else status


def _by_short_id(transmit: Transmit) -> bytes:
    """Begin to read by short identifier (9303-10, 3.11.3), for a card that selects no files at all."""
    data, status = exchange(transmit, commands.read_by_short_id(_SHORT_ID, SHORT_LE).encoded())
    return data if status in (OK, END_OF_FILE) and data[:1] == b"\x31" else b""


def _sent(transmit: Transmit, command: Command) -> int:
    _, status = exchange(transmit, command.encoded())
    return status


def _read(transmit: Transmit, offset: int) -> bytes:
    for amount in _AMOUNTS:
        data, status = exchange(transmit, commands.read_binary(offset, amount).encoded())
        if status in (OK, END_OF_FILE) and data:
            return data
    return b""


def _total(found: bytes) -> int | None:
    """Length of the whole by its outer header; 0 when it is not EF.CardAccess, None while the header is not there."""
    try:
        header = tlv.read_header(found)
    except BadAnswer:
        return 0
    if header is None:
        return None
    return header[2] + header[1] if header[0] == 0x31 else 0
