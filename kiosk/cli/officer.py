"""`kiosk officer ...`: who may open this kiosk."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from kiosk.cli.standing import KioskFile, as_owner_of
from kiosk.settings import KIOSK_FILE, KioskSettings, load_kiosk_settings

if TYPE_CHECKING:
    from kiosk.sealing.cardfactor import CardFactor

#: How long a card is waited for, in seconds.
_CARD_S: Final = 60.0

officer = typer.Typer(help="Who may open this kiosk.", no_args_is_help=True)


@officer.callback()
def _group() -> None:
    """Who may open this kiosk."""


@officer.command("add")
def officer_add(
    name: Annotated[str, typer.Argument(help="The officer's id: letters, digits, hyphens.")],
    settings: KioskFile = KIOSK_FILE,
    card: Annotated[
        bool, typer.Option("--card", help="Register the officer's own ID card, too: a PIN is enough beside it.")
    ] = False,
) -> None:
    """Make the vault with its first officer, or give another officer a place in it.

    With --card an officer who has a place already gets it anew, with the card that lies on the reader.
    """
    from kiosk.custody.inbox import InboxReader
    from kiosk.runtime.recipients import newest_recipients
    from kiosk.sealing.keys import OfficeKeys
    from kiosk.sealing.vault import Vault

    known = load_kiosk_settings(settings)
    as_owner_of(known.paths.private)
    demo = known.kiosk.mode == "demo"
    vault = Vault(known.paths.private / "vault.json", None, pin_alone=demo)
    asked = "PIN (6 to 12 digits)" if demo or card else "Passphrase (six words or more)"
    own = _registered_card(known, name) if card else None
    if not vault.exists:
        # The office can open this vault too, with its opening key: a forgotten passphrase loses no draft.
        inbox = InboxReader(known.paths.inbox / "inbox.db")
        recovery = newest_recipients(inbox, OfficeKeys.load(known.signing.office_keys)).body
        vault.create(name, typer.prompt(asked, hide_input=True, confirmation_prompt=True), recovery=recovery, card=own)
        return
    who = typer.prompt(f"An officer who has a place ({', '.join(vault.officers)})")
    shown = _registered_card(known, who) if vault.wants_card(who) else None
    key = vault.open(who, typer.prompt(f"PIN or passphrase of {who}", hide_input=True), card=shown)
    pin = typer.prompt(f"{asked} of {name}", hide_input=True, confirmation_prompt=True)
    if own is not None and name in vault.officers:
        vault.reset_pin(name, pin, key=key, card=own)
    else:
        vault.add(name, pin, key=key, card=own)


def _registered_card(known: KioskSettings, name: str) -> "CardFactor":
    """Read the officer's card from the reader and let it prove itself. Ends the command where it does not."""
    from datetime import UTC, datetime

    from drivers.errors import DeviceError
    from kiosk.chip.errors import ChipError
    from kiosk.chip.expiry import mrz_keys_from_typed
    from kiosk.chip.reading import read_chip
    from kiosk.devices import open_card_reader
    from kiosk.domain.dates import PartialDate
    from kiosk.domain.errors import DomainError
    from kiosk.runtime.card_judging import CardJudge
    from kiosk.runtime.officer_cards import OFFICER_FILES, CardUnproven, factor_of

    typer.echo(f"Lay the ID card of {name} on the reader.")
    number = typer.prompt("Its 12-digit number", hide_input=True)
    born = typer.prompt("Birth date (dd/mm/yyyy)", hide_input=True)
    expires = typer.prompt("Expiry (dd/mm/yyyy, empty for a card without)", default="", show_default=False)
    try:
        keys = mrz_keys_from_typed(
            number, PartialDate.parse(born), PartialDate.parse(expires) if expires.strip() else None
        )
        reader = open_card_reader(known)
        try:
            reader.wait_for_card(_CARD_S)
            read = read_chip(reader.transmit, keys, wanted=OFFICER_FILES)
        finally:
            reader.close()
        proof = CardJudge(known.card.trust, lambda: datetime.now(UTC))(read)
        for question, finding in proof.questions:
            typer.echo(f"  {question}: {finding.holds.value} ({finding.reason})")
        return factor_of(read, proof)
    except (ChipError, DeviceError, DomainError, CardUnproven) as error:
        typer.echo(f"kiosk: {error}", err=True)
        raise typer.Exit(2) from error
