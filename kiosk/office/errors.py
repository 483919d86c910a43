"""The office's exception tree."""

from __future__ import annotations


class OfficeError(Exception):
    """Something the office was asked to do could not be done; the text says what and what to do."""


class ProvisioningError(OfficeError):
    """Keys, certificates or configuration could not be made."""


class BrokerError(OfficeError):
    """The message broker could not be started or reached."""


class DatabaseError(OfficeError):
    """The office database could not be opened or has an unknown layout."""


class OpeningError(OfficeError):
    """An enrolment could not be opened; nothing was written."""


class NotApartError(OfficeError):
    """No such package is kept apart."""


class AccountError(OfficeError):
    """An account cannot be made or changed as asked."""


class BackupError(OfficeError):
    """A backup could not be made, is damaged, or cannot be restored there; nothing was settled, nothing overwritten."""


class RefusalError(OfficeError):
    """A package was refused. ``code`` travels in the rejecting receipt and into the quarantine."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
