"""`kiosk office recipients` and `kiosk office escrow`: whom kiosks seal enrolments for."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from kiosk.cli.office import office, refused
from kiosk.cli.office_adopt import judge_unadopted
from kiosk.cli.standing import as_owner_of


@office.command("recipients")
def office_recipients(
    directory: Annotated[Path, typer.Argument(help="The office's directory.")],
    new_opening_key: Annotated[
        bool, typer.Option("--new-opening-key", help="From now on enrolments are sealed for a new opening key.")
    ] = False,
    escrow: Annotated[
        Path | None, typer.Option(help="Also for this key: the .pub file of `kiosk office escrow`.")
    ] = None,
    no_escrow: Annotated[bool, typer.Option("--no-escrow", help="For no escrow key any more.")] = False,
    fingerprint: Annotated[
        str | None, typer.Option(help="The digits of --escrow, as the province reads them out; asked for if not given.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Also write the word to a new file, to be carried: `kiosk obey FILE`.")
    ] = None,
) -> None:
    """Choose whom kiosks seal for, and tell them by a signed word. What is sealed already opens as it did. As root."""
    from kiosk.office.errors import OfficeError, ProvisioningError
    from kiosk.office.keyfile import write_new
    from kiosk.office.layout import OfficeLayout
    from kiosk.office.ownership import hand_over
    from kiosk.office.recipients import change_recipients, digits_of, read_escrow_key
    from kiosk.sealing.requests import same_digits

    layout = OfficeLayout(directory)
    try:
        judge_unadopted(layout)
        if escrow is not None and no_escrow:
            raise ProvisioningError("--escrow and --no-escrow contradict each other")
        if out is not None and out.exists():
            # Before anything: kiosks would seal for the new key while this command seems to have failed.
            raise ProvisioningError(f"{out} exists already: name a new file")
        key = None if escrow is None else read_escrow_key(escrow)
        if key is not None:
            # Before kiosks are told: what is sealed for a stranger's key is readable by the stranger for ever.
            said = fingerprint or str(typer.prompt("the digits of the escrow key, as the province reads them out"))
            if not same_digits(said, digits_of(key)):
                raise ProvisioningError("these are not the digits of this escrow key: it may be somebody else's")
        changed = change_recipients(layout, new_opening_key=new_opening_key, escrow=key, drop_escrow=no_escrow)
        if out is not None:
            write_new(out, changed.word, mode=0o644)
        if os.geteuid() == 0:
            hand_over(layout)
    except OfficeError as error:
        raise refused(error) from error
    recipients = changed.keys.recipients
    print(f"word {changed.keys.number}: kiosks seal for opening key {recipients.body.kid} ({recipients.suite})")
    if recipients.escrow is not None:
        print(f"and for escrow key {recipients.escrow.kid}")
    if changed.opening_key is not None:
        print(f"next: move {changed.opening_key} to its medium; keep the earlier ones, which open what came before")


@office.command("escrow")
def office_escrow_key(
    secret: Annotated[Path, typer.Argument(help="A file that does not exist yet, on the medium where it stays.")],
) -> None:
    """Make an escrow key, at the province: it opens every enrolment that is sealed for it from then on."""
    from kiosk.office.errors import OfficeError
    from kiosk.office.recipients import digits_of, make_escrow_key

    try:
        public = make_escrow_key(secret)
    except OfficeError as error:
        raise refused(error) from error
    print(f"{secret}: keep it locked away", file=sys.stderr)
    print(f"{secret}.pub: for `kiosk office recipients ... --escrow`; digits to compare: {digits_of(public)}")


def carry_recipients(signed: bytes, folder: Path) -> bool:
    """Hand a word about whom to seal for to the kiosk whose inbox is in `folder`; False when it is something else."""
    from kiosk.custody.inbox import Inbox
    from kiosk.sealing.cose import take_apart
    from kiosk.sealing.errors import BadEncoding
    from kiosk.sealing.recipients import CONTENT_TYPE, MAX_RECIPIENTS_BYTES

    try:
        take_apart(signed, CONTENT_TYPE)
    except BadEncoding:
        return False
    if len(signed) > MAX_RECIPIENTS_BYTES:
        return False
    as_owner_of(folder)
    with Inbox.open(folder / "inbox.db") as inbox:
        inbox.add_recipients(signed)
    print("whom to seal for: handed over to the kiosk, which verifies it")
    return True
