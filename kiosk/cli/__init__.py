"""The command `kiosk`: everything that is started by hand or by systemd. Composition only; each command is short."""

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from kiosk import __version__
from kiosk.cli.check import check
from kiosk.cli.conformance import conformance
from kiosk.cli.joining import accept, request
from kiosk.cli.office import office
from kiosk.cli.office_adopt import office_adopt  # noqa: F401 - adds its command to `office`
from kiosk.cli.office_commands import office_command  # noqa: F401 - adds its commands to `office`
from kiosk.cli.office_keeping import office_backup  # noqa: F401 - adds its commands to `office`
from kiosk.cli.office_opening import office_open  # noqa: F401 - adds its commands to `office`
from kiosk.cli.office_place import office_place  # noqa: F401 - adds its command to `office`
from kiosk.cli.office_recipients import carry_recipients
from kiosk.cli.office_renewals import office_renewals  # noqa: F401 - adds its command to `office`
from kiosk.cli.office_rosters import office_roster  # noqa: F401 - adds its commands to `office`
from kiosk.cli.office_settings import carry_desired
from kiosk.cli.office_users import user  # noqa: F401 - adds its commands to `office`
from kiosk.cli.office_vouched import vouched  # noqa: F401 - adds its commands to `office`
from kiosk.cli.officer import officer
from kiosk.cli.standing import Heartbeat, KioskFile, as_owner_of, stop_by_signal
from kiosk.cli.stick import stick
from kiosk.cli.voice import voice
from kiosk.configuration import SettingsError
from kiosk.logs import start_log
from kiosk.notify import notify
from kiosk.settings import KIOSK_FILE, load_kiosk_settings

app = typer.Typer(
    help="The Căn cước kiosk.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
app.add_typer(check, name="check")
app.add_typer(office, name="office")
app.add_typer(officer, name="officer")
app.add_typer(voice, name="voice")
app.command("stick")(stick)
app.command("conformance")(conformance)
app.command("request")(request)
app.command("accept")(accept)


def main() -> None:
    """Run the command line; expected mistakes are one clear line and exit code 2."""
    from drivers.errors import DeviceError
    from kiosk.custody.errors import CustodyError
    from kiosk.domain.errors import DomainError
    from kiosk.sealing.errors import SealingError
    from kiosk.ui.errors import ScreenError
    from kiosk.voice.errors import VoiceError

    try:
        app()
    except (SettingsError, DeviceError, SealingError, CustodyError, DomainError, ScreenError, VoiceError) as error:
        print(f"kiosk: {error}", file=sys.stderr)
        sys.exit(2)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False) -> None:
    # For every command: a crash must not quote a value. What runs as a service starts its own, fuller log.
    start_log(level=logging.WARNING)
    if version:
        print(__version__)
        raise typer.Exit


@app.command()
def run(
    settings: KioskFile = KIOSK_FILE,
    offscreen: Annotated[bool, typer.Option(help="Draw in memory, with no window.")] = False,
) -> None:
    """Run the kiosk: screen and devices, no network."""
    from kiosk.main import run_kiosk

    start_log()
    run_kiosk(load_kiosk_settings(settings), offscreen=offscreen)


@app.command()
def uplink(settings: KioskFile = KIOSK_FILE) -> None:
    """Run the uplink: network, no plaintext, no devices."""
    from kiosk.uplink.process import run_uplink
    from kiosk.uplink.settings import LinkSettings, UplinkSettings

    start_log()
    known = load_kiosk_settings(settings)
    link = LinkSettings(
        identity=known.kiosk.kiosk_id,
        broker_host=known.uplink.broker_host,
        broker_port=known.uplink.broker_port,
        authority_file=known.uplink.server_ca,
        certificate_file=known.uplink.certificate,
        key_file=known.uplink.key,
        keepalive_s=known.uplink.keepalive_s,
    )
    own = UplinkSettings(
        province=known.kiosk.province,
        commune=known.kiosk.commune,
        kiosk=known.kiosk.kiosk_id,
        link=link,
        outbox=known.paths.outbox / "outbox.db",
        inbox=known.paths.inbox / "inbox.db",
        identity=known.paths.identity,
        sw=__version__,
    )
    stop = stop_by_signal()
    notify("READY=1")
    run_uplink(own, stop, heartbeat=Heartbeat())
    notify("STOPPING=1")


@app.command()
def obey(
    file: Annotated[
        Path, typer.Argument(help="What `kiosk office command`, `settings` or `recipients` wrote with `--out FILE`.")
    ],
    settings: KioskFile = KIOSK_FILE,
) -> None:
    """Hand this kiosk a command that was carried here: it judges it like one that came over the network."""
    from kiosk.custody.inbox import Inbox
    from kiosk.sealing.commands import CONTENT_TYPE, Command
    from kiosk.sealing.cose import take_apart
    from kiosk.wire.roster import MAX_CARRIED_BYTES, part_count, part_of, take_carried

    known = load_kiosk_settings(settings)
    try:
        with file.open("rb") as source:
            signed, sealed = take_carried(source.read(MAX_CARRIED_BYTES + 1))
    except OSError as error:
        print(f"kiosk: {file} cannot be read: {error.strerror}", file=sys.stderr)
        raise typer.Exit(2) from error
    if carry_recipients(signed, known.paths.inbox) or carry_desired(signed, known.paths.inbox):
        return
    command = Command.from_cbor(take_apart(signed, CONTENT_TYPE).payload)
    as_owner_of(known.paths.inbox)
    with Inbox.open(known.paths.inbox / "inbox.db") as inbox:
        for i in range(part_count(len(sealed))):
            inbox.parts.add(command.id, i, part_of(sealed, i))
        new = inbox.add_command(command.verb, signed)
    print(f"{command.verb} for {command.kiosk}: {'handed over' if new else 'was here already'}")


@app.command()
def selftest(settings: KioskFile = KIOSK_FILE) -> None:
    """Ask every device of the settings how it is; exit code 1 when one does not answer."""
    from kiosk.selftest import ask_devices

    start_log()
    known = load_kiosk_settings(settings)
    as_owner_of(known.paths.private)
    if not ask_devices(known, say=print):
        raise typer.Exit(1)


@app.command()
def demo(
    citizens: Annotated[int, typer.Option(min=1, max=5, help="How many people come.")] = 1,
    out: Annotated[Path, typer.Option(help="Where the pictures of the screens go.")] = Path("demo-out"),
    headless: Annotated[bool, typer.Option(help="Play the touches even where there is a display.")] = False,
    panel: Annotated[str, typer.Option(help="1280x800, 1024x600, 800x480 or 720x1280.")] = "1280x800",
    language: Annotated[str, typer.Option(help="The folder of a language: vi, en.")] = "vi",
) -> None:
    """Run a whole village on this computer: broker, office, uplink, and the kiosk with simulated devices."""
    from kiosk.demo.village import VillageError, run_village

    try:
        good = run_village(citizens=citizens, out=out, headless=headless, panel=panel, language=language)
    except VillageError as error:
        print(f"demo: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    if not good:
        raise typer.Exit(1)


@app.command(hidden=True)
def demo_kiosk(settings: KioskFile, dock: Annotated[Path, typer.Option()]) -> None:
    """Run the demo's kiosk: the same app, with the dock's hands at its devices."""
    from kiosk.demo.companion import run_with_dock

    start_log()
    run_with_dock(load_kiosk_settings(settings), dock)
