"""Chip and QR put together: who the citizen is, and what of it came from where. Pure."""

from datetime import date

from kiosk.chip.qr import QrIdentity
from kiosk.chip.reading import ChipRead
from kiosk.domain.citizen import DocumentSource, Home, Identity
from kiosk.domain.enrolment import Capture
from kiosk.journey.events import DocumentRead
from kiosk.words.text import fold


def document_read(
    chip: ChipRead | None, qr: QrIdentity | None, today: date, *, chip_fault: str | None = None
) -> DocumentRead | None:
    """Put chip and QR together. The QR has the name with its marks; the chip has the dates and the photo.

    A QR of another person's card is left out: two citizens never become one. `chip_fault` is why a chip that lay there
    could not be read. None when neither says enough.
    """
    if chip is not None and qr is not None and not qr.is_of(chip.dg1):
        qr = None
    identity = _identity(chip, qr, today)
    if identity is None:
        return None
    portrait = None
    if chip is not None and chip.portrait is not None:
        face = chip.portrait
        portrait = Capture(face.mime, face.width_px, face.height_px, None, face.data)
    home = Home(residence=qr.residence) if qr is not None else Home()
    hashes = chip_fault
    if chip is not None:
        check = chip.hashes_match
        hashes = check.verdict.value if check.verdict.value != "not_checkable" else check.reason
    return DocumentRead(identity, home=home, portrait=portrait, hashes=hashes)


def _identity(chip: ChipRead | None, qr: QrIdentity | None, today: date) -> Identity | None:
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
    mrz = chip.dg1
    name = f"{mrz.surname} {mrz.given_names}".strip()
    born = mrz.birth_date(not_after_year=today.year)
    if qr is not None and fold(qr.name) == fold(name):
        name = qr.name
    if qr is not None:
        born = qr.born
    if born is None:
        return None
    return Identity(
        DocumentSource.CHIP,
        name,
        born,
        number=mrz.personal_number or (qr.number if qr is not None else None),
        sex=mrz.sex or (qr.sex if qr is not None else None),
        nationality=mrz.nationality or "VNM",
        old_number=qr.old_number if qr is not None else None,
        document_issued=qr.issued.whole if qr is not None and qr.issued is not None else None,
        document_expires=mrz.expires.whole if mrz.expires is not None else None,
    )
