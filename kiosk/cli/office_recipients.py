"""`kiosk office recipients` and `kiosk office escrow`: whom kiosks seal enrolments for."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.cli.office import office, refused
from kiosk.cli.office_adopt import judge_unadopted
from kiosk.cli.standing import as_owner_of

if TYPE_CHECKING:
    from kiosk.office.layout import OfficeLayout


@office.command("recipients")
def office_recipients(
    directory: Annotated[Path, typer.Argument(help="The office's directory.")],
    new_opening_key: Annotated[
        Path | None,
        typer.Option(help="First step: make an opening key in this new file, on its medium; nothing is sealed for it."),
    ] = None,
    opening_key: Annotated[
        Path | None,
        typer.Option(help="Second step: kiosks seal for the key in this file, once it has opened a test package."),
    ] = None,
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
    from kiosk.office.openingkeys import digits_of, read_escrow_key
    from kiosk.office.ownership import hand_over
    from kiosk.office.recipients import change_recipients
    from kiosk.sealing.requests import same_digits

    layout = OfficeLayout(directory)
    try:
        judge_unadopted(layout)
        if new_opening_key is not None:
            if opening_key is not None or escrow is not None or no_escrow or out is not None:
                raise ProvisioningError("--new-opening-key stands alone: it only makes a key, and tells no kiosk")
            _make_opening_key(layout, new_opening_key)
            return
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
        changed = change_recipients(layout, opening_key=opening_key, escrow=key, drop_escrow=no_escrow)
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
    if opening_key is not None:
        print("keep the earlier keys, which open what came before")


def _make_opening_key(layout: "OfficeLayout", file: Path) -> None:
    from kiosk.office.openingkeys import make_opening_key

    made = make_opening_key(layout, file)
    print(f"{file}: opening key {made.kid}, read back from there; no kiosk seals for it yet")
    print("next: take the medium out, put it in again, and")
    print(f"      kiosk office recipients {layout.root} --opening-key {file}")


@office.command("escrow")
def office_escrow_key(
    secret: Annotated[Path, typer.Argument(help="A file that does not exist yet, on the medium where it stays.")],
    prove: Annotated[
        bool, typer.Option("--prove", help="Second step, with the medium put in again: open a test package with it.")
    ] = False,
) -> None:
    """Make an escrow key, at the province: it opens every enrolment that is sealed for it from then on."""
    from kiosk.office.errors import OfficeError
    from kiosk.office.openingkeys import digits_of, make_escrow_key, prove_escrow_key

    try:
        if not prove:
            make_escrow_key(secret)
            print(f"{secret}: made, and read back from there; nobody can seal for it yet")
            print(f"next: take the medium out, put it in again, and kiosk office escrow {secret} --prove")
            return
        public = prove_escrow_key(secret)
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
