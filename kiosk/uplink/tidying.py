"""Clearing away what the inbox need not keep any longer."""

from __future__ import annotations

from pathlib import Path

from kiosk.custody.entries import Status
from kiosk.custody.errors import UnknownPackage
from kiosk.custody.inbox import Inbox, InboxReader
from kiosk.uplink.source import Source


def forget_settled(inbox: Inbox, file: Path, outbox: Source) -> None:
    """Clear away the receipts of packages that the kiosk has settled; the outbox keeps its own copy of each.

    Raises CustodyError when one of the two files cannot be read or written just now.
    """
    reader, after = InboxReader(file), 0
    while page := reader.receipts(after=after):
        names = {arrived.name for arrived in page}
        settled = [name for name in names if _is_settled(outbox, name)]
        if settled:
            inbox.forget_receipts(settled)
        after = page[-1].n


def _is_settled(outbox: Source, package_id: str) -> bool:
    try:
        return outbox.entry(package_id).status is Status.SETTLED
    except UnknownPackage:
        return False
