"""Chip and QR put together: who the citizen is, what each paper says, and what of it came from where. Pure."""

import contextlib
from dataclasses import dataclass
from datetime import date

from kiosk.chip.details import CardDetails, parse_dg13
from kiosk.chip.errors import BadAnswer
from kiosk.chip.files import CardFile
from kiosk.chip.keys import Key, MrzKey, yymmdd
from kiosk.chip.qr import QrIdentity
from kiosk.chip.reading import ChipRead
from kiosk.domain.card_proof import CardProof
from kiosk.domain.citizen import DocumentSource, Home, Identity, Relatives
from kiosk.domain.contradictions import Source, Statement, same_name
from kiosk.domain.dates import PartialDate
from kiosk.domain.enrolment import Capture
from kiosk.journey.events import DocumentRead
from kiosk.words.text import fold


@dataclass(frozen=True, slots=True)
class _Chip:
    """A chip's word: the machine-readable lines, and the details of DG13 where the card has them."""

    read: ChipRead
    details: CardDetails
    name: str
    born: PartialDate | None


def document_read(
    chip: ChipRead | None,
    qr: QrIdentity | None,
    today: date,
    *,
    chip_fault: str | None = None,
    proof: CardProof | None = None,
) -> DocumentRead | None:
    """Put chip and QR together. QR and DG13 have the name with its marks; the chip has the dates and the photo.

    A QR of another person's card is left out: two citizens never become one. One that opened this very chip and names
    another number stays as a statement that contradicts. `chip_fault` is why a chip that lay there could not be read.
    None when neither says enough.
    """
    said: tuple[Statement, ...] = () if qr is None else (_qr_statement(qr),)
    if chip is not None and qr is not None and not qr.is_of(chip.dg1):
        said = said if _opens(qr, chip.key) else ()
        qr = None
    known = _known(chip, today) if chip is not None else None
    identity = _identity(known, qr)
    if identity is None:
        return None
    hashes = chip_fault
    if chip is not None and known is not None:
        said = (_chip_statement(known), *said)
        check = chip.hashes_match
        hashes = check.verdict.value if check.verdict.value != "not_checkable" else check.reason
    return DocumentRead(
        identity,
        home=_home(known, qr),
        relatives=_relatives(known),
        portrait=_portrait(chip),
        hashes=hashes,
        proof=proof,
        statements=said,
    )


def _opens(qr: QrIdentity, key: Key) -> bool:
    """Whether this code has what opened the chip, and so belongs to this very card whatever else it says."""
    return isinstance(key, MrzKey) and (key.document_number, key.birth) == (qr.number.digits[-9:], yymmdd(qr.born))


def _known(chip: ChipRead, today: date) -> _Chip:
    printed = f"{chip.dg1.surname} {chip.dg1.given_names}".strip()
    details = CardDetails()
    if CardFile.DG13 in chip.files:
        with contextlib.suppress(BadAnswer):  # newer cards may write it in a way that only the authority reads
            details = parse_dg13(chip.files[CardFile.DG13])
    if details.number is not None and chip.dg1.personal_number not in {None, details.number}:
        details = CardDetails()
    whole = details.name and same_name(fold(details.name), fold(printed))
    born = details.born
    if born is None or yymmdd(born) != chip.dg1.birth:
        born = chip.dg1.birth_date(not_after_year=today.year)
    return _Chip(chip, details, details.name if whole else printed, born)


def _identity(chip: _Chip | None, qr: QrIdentity | None) -> Identity | None:
    if chip is None:
        if qr is None:
            return None
        return Identity(
            DocumentSource.QR,
            qr.name,
            qr.born,
            number=qr.number,
            sex=qr.sex,
            old_number=qr.old_number,
            document_issued=qr.issued.whole if qr.issued is not None else None,
        )
    mrz, details, name = chip.read.dg1, chip.details, chip.name
    born, issued = chip.born, details.issued
    if qr is not None:
        name = qr.name if same_name(fold(qr.name), fold(name)) else name
        born, issued = qr.born, qr.issued or issued
    if born is None:
        return None
    return Identity(
        DocumentSource.CHIP,
        name,
        born,
        number=mrz.personal_number or details.number or (qr.number if qr is not None else None),
        sex=mrz.sex or details.sex or (qr.sex if qr is not None else None),
        nationality=mrz.nationality or "VNM",
        old_number=(qr.old_number if qr is not None else None) or details.old_number,
        document_issued=issued.whole if issued is not None else None,
        document_expires=mrz.expires.whole if mrz.expires is not None else None,
    )


def _portrait(chip: ChipRead | None) -> Capture | None:
    if chip is None or chip.portrait is None:
        return None
    face = chip.portrait
    return Capture(face.mime, face.width_px, face.height_px, None, face.data)


def _home(chip: _Chip | None, qr: QrIdentity | None) -> Home:
    residence = qr.residence if qr is not None else ""
    if chip is None:
        return Home(residence=residence)
    return Home(chip.details.origin, residence or chip.details.residence)


def _relatives(chip: _Chip | None) -> Relatives:
    if chip is None:
        return Relatives()
    return Relatives(chip.details.father, chip.details.mother, chip.details.spouse)


def _chip_statement(chip: _Chip) -> Statement:
    mrz, details = chip.read.dg1, chip.details
    return Statement(
        Source.CHIP,
        chip.name,
        chip.born,
        mrz.personal_number or details.number,
        details.old_number,
        mrz.sex or details.sex,
        details.residence,
    )


def _qr_statement(qr: QrIdentity) -> Statement:
    return Statement(Source.QR, qr.name, qr.born, qr.number, qr.old_number, qr.sex, qr.residence)
