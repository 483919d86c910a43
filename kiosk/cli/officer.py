"""`kiosk officer ...`: who may open this kiosk."""

from typing import Annotated

import typer

from kiosk.cli.standing import KioskFile, as_owner_of
from kiosk.settings import KIOSK_FILE, load_kiosk_settings

officer = typer.Typer(help="Who may open this kiosk.", no_args_is_help=True)


@officer.callback()
def _group() -> None:
    """Who may open this kiosk."""


@officer.command("add")
def officer_add(
    name: Annotated[str, typer.Argument(help="The officer's id: letters, digits, hyphens.")],
    settings: KioskFile = KIOSK_FILE,
) -> None:
    """Make the vault with its first officer, or give another officer a place in it."""
    from kiosk.sealing.keys import OfficeKeys
    from kiosk.sealing.vault import Vault

    known = load_kiosk_settings(settings)
    as_owner_of(known.paths.private)
    vault = Vault(known.paths.private / "vault.json", None, pin_alone=known.kiosk.mode == "demo")
    asked = "PIN (6 to 12 digits)" if known.kiosk.mode == "demo" else "Passphrase (six words or more)"
    if not vault.exists:
        # The office can open this vault too, with its opening key: a forgotten passphrase loses no draft.
        recovery = OfficeKeys.load(known.signing.office_keys).recipients.body
        vault.create(name, typer.prompt(asked, hide_input=True, confirmation_prompt=True), recovery=recovery)
        return
    who = typer.prompt(f"An officer who has a place ({', '.join(vault.officers)})")
    key = vault.open(who, typer.prompt(f"{asked} of {who}", hide_input=True))
    vault.add(name, typer.prompt(f"{asked} of {name}", hide_input=True, confirmation_prompt=True), key=key)
