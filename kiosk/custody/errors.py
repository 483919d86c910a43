"""What can go wrong where sealed things wait, as one tree of exceptions. Nothing is lost when one of them is raised."""


class CustodyError(Exception):
    """The outbox or the inbox cannot do what was asked. What was in it is still there."""


class OutboxFull(CustodyError, OSError):
    """The disk has no room for this package.

    Nothing was written, the draft is kept. Connect to the office or free space.
    """


class CustodyBusy(CustodyError, TimeoutError):
    """The other process held the file for longer than the deadline. Try again."""


class CustodyMissing(CustodyError, FileNotFoundError):
    """The file does not exist yet: its writer has not started."""


class CustodyDamaged(CustodyError):
    """The file is not a sound database."""


class CustodyFault(CustodyError, OSError):
    """The storage medium or its rights refuse: see the message."""


class DuplicateEnrolment(CustodyError, ValueError):
    """A package with this enrolment id is already in the outbox: a sealed package never changes."""


class UnknownPackage(CustodyError, LookupError):
    """There is no such package in the outbox, or its bytes have been erased after settling."""


class ReceiptMismatch(CustodyError, ValueError):
    """A receipt names a package's id but other bytes, sequence number or kiosk. Nothing is released."""
