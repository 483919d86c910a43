"""The command `kiosk`: everything that is started by hand or by systemd. Composition only; each command is short."""

import logging
import os
import pwd
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk import __version__
from kiosk.configuration import SettingsError
from kiosk.logs import start_log
from kiosk.notify import notify, watchdog_interval_s
from kiosk.settings import KIOSK_FILE, OFFICE_FILE, load_kiosk_settings, load_office_settings
from kiosk.settings import OfficeSettings as OfficeFileSettings

if TYPE_CHECKING:
    from kiosk.office.layout import OfficeLayout
    from kiosk.office.settings import OfficeSettings

app = typer.Typer(
    help="The Căn cước kiosk.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
office = typer.Typer(help="The supervising office.", no_args_is_help=True)
officer = typer.Typer(help="Who may open this kiosk.", no_args_is_help=True)
app.add_typer(office, name="office")
app.add_typer(officer, name="officer")

KioskFile = Annotated[Path, typer.Option("--settings", help="The kiosk's settings.")]
OfficeFile = Annotated[Path, typer.Option("--settings", help="The office's settings.")]


def main() -> None:
    """Run the command line; expected mistakes are one clear line and exit code 2."""
    from drivers.errors import DeviceError
    from kiosk.custody.errors import CustodyError
    from kiosk.domain.errors import DomainError
    from kiosk.sealing.errors import SealingError
    from kiosk.ui.errors import ScreenError

    try:
        app()
    except (SettingsError, DeviceError, SealingError, CustodyError, DomainError, ScreenError) as error:
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
        sw=__version__,
    )
    stop = _stop_by_signal()
    notify("READY=1")
    run_uplink(own, stop, heartbeat=Heartbeat())
    notify("STOPPING=1")


@app.command()
def selftest(settings: KioskFile = KIOSK_FILE) -> None:
    """Ask every device of the settings how it is; exit code 1 when one does not answer."""
    from kiosk.selftest import ask_devices

    start_log()
    known = load_kiosk_settings(settings)
    _as_owner_of(known.paths.private)
    if not ask_devices(known, say=print):
        raise typer.Exit(1)


@app.command()
def demo(
    citizens: Annotated[int, typer.Option(min=1, max=5, help="How many people come.")] = 1,
    out: Annotated[Path, typer.Option(help="Where the pictures of the screens go.")] = Path("demo-out"),
    headless: Annotated[bool, typer.Option(help="Play the touches even where there is a display.")] = False,
    panel: Annotated[str, typer.Option(help="1280x800 or 800x480.")] = "1280x800",
    language: Annotated[str, typer.Option(help="vi or en.")] = "vi",
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


@office.command("init")
def office_init(
    directory: Annotated[Path, typer.Argument(help="Where keys, registry and broker configuration go.")],
    province: Annotated[str, typer.Option(help="First level of the topics, for example ha-tinh.")],
    commune: Annotated[list[str], typer.Option(help="A commune: code, or code=name; the kiosks belong to the first.")],
    kiosk: Annotated[list[str], typer.Option(help="A kiosk's id, also the name in its certificates.")],
    broker_host: Annotated[
        str | None, typer.Option(help="Under which name kiosks reach the broker. Told once, at the first init.")
    ] = None,
    broker_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="8883 if not told at the first init.")
    ] = None,
    for_demo: Annotated[bool, typer.Option("--demo", help="Accept simulated devices; for ever.")] = False,
) -> None:
    """Make an office, or register more kiosks: keys, certificates, broker configuration. Overwrites no key."""
    from kiosk.office.address import check_field_host
    from kiosk.office.errors import OfficeError
    from kiosk.office.layout import OfficeLayout
    from kiosk.office.provisioning import init_office

    try:
        check_field_host(OfficeLayout(directory), broker_host, demo=for_demo)
        made = init_office(
            directory,
            province=province,
            communes={code: name or code for code, _, name in (one.partition("=") for one in commune)},
            kiosks=kiosk,
            broker_host=broker_host,
            broker_port=broker_port,
            demo=for_demo,
        )
        _hand_over(made.layout)
    except OfficeError as error:
        raise _refused(error) from error
    for name in made.kept_kiosks:
        print(f"kept: {name} is registered already ({made.registry.kiosks[name].commune})")
    for name in made.new_kiosks:
        print(f"registered {name}: {made.layout.bundle(name)}")
    for line in made.advice:
        print(f"next: {line}")


@office.command("revoke")
def office_revoke(
    directory: Annotated[Path, typer.Argument(help="The office's directory.")],
    kiosk: Annotated[str, typer.Argument(help="The kiosk's id.")],
) -> None:
    """Stop trusting a kiosk from now on: stolen or lost. Reload or restart the broker afterwards."""
    from kiosk.office.errors import OfficeError
    from kiosk.office.layout import OfficeLayout
    from kiosk.office.provisioning import revoke_kiosk

    try:
        revoke_kiosk(directory, kiosk)
        _hand_over(OfficeLayout(directory))
    except OfficeError as error:
        raise _refused(error) from error
    print(f"{kiosk} is trusted no more; now: systemctl reload mosquitto, and restart it to end a live connection")


@office.command("renew")
def office_renew(
    directory: Annotated[Path, typer.Argument(help="The office's directory.")],
    kiosk: Annotated[str, typer.Argument(help="The kiosk's id.")],
) -> None:
    """Make a new bundle before a kiosk's certificates end. The key it signs with stays on it, and is not in here."""
    from kiosk.office.errors import OfficeError
    from kiosk.office.provisioning import renew_kiosk

    try:
        renewed = renew_kiosk(directory, kiosk)
        _hand_over(renewed.layout)
    except OfficeError as error:
        raise _refused(error) from error
    print(f"renewed until {renewed.good_until:%Y-%m-%d}: {renewed.bundle}")
    print(f"next: install it on {kiosk} before {renewed.needed_before:%Y-%m-%d} (./run install --bundle DIR),")
    print("      restart kiosk-uplink there, and remove every other copy of the folder")


@office.command("serve")
def office_serve(settings: OfficeFile = OFFICE_FILE) -> None:
    """Run the collector and the page."""
    from kiosk.office.errors import OfficeError
    from kiosk.office.serving import run_office

    start_log()
    known = _office_settings(load_office_settings(settings))
    stop = _stop_by_signal()
    try:
        run_office(known, stop, ready=_page_ready, heartbeat=Heartbeat())
    except OfficeError as error:
        raise _refused(error) from error


@office.command("open")
def office_open(
    enrolment: Annotated[str, typer.Argument(help="The enrolment's id, or its receipt number.")],
    key: Annotated[Path, typer.Option(help="The opening key.")],
    out: Annotated[Path, typer.Option(help="A folder that does not exist yet.")],
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """Open one enrolment with the opening key: its data as JSON and its images, into a folder."""
    from kiosk.office.database import OfficeDatabase
    from kiosk.office.errors import OfficeError
    from kiosk.office.opening import open_enrolment
    from kiosk.office.registry import load_registry
    from kiosk.sealing.hardening import harden_process

    # From here on this process holds an enrolment in clear.
    harden_process()
    known = _office_settings(load_office_settings(settings))
    try:
        database = OfficeDatabase.open(known.database)
        opened = open_enrolment(database, load_registry(known.layout.registry), enrolment, key_file=key, out_dir=out)
    except OfficeError as error:
        raise _refused(error) from error
    print(opened.enrolment_file)
    for image in opened.image_files:
        print(image)


@office.command("approve")
def office_approve(
    package: Annotated[str, typer.Argument(help="The id of a package that was kept apart.")],
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """Take in a package that was refused for the office's own reason, once that is mended; through every check."""
    from kiosk.office.desk import approve_package
    from kiosk.office.errors import OfficeError

    known = _office_settings(load_office_settings(settings))
    _as_owner_of(known.layout.collector)
    try:
        outcome = approve_package(known, package)
    except OfficeError as error:
        raise _refused(error) from error
    print(
        f"{package} received, receipt {outcome.number}; its kiosk asks for it at its next connection or within an hour"
    )


@office.command("alarms")
def office_alarms(
    done: Annotated[list[int] | None, typer.Option(help="An alarm that somebody has seen to.")] = None,
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """List what needs a person, by number, or take what was seen to off the page."""
    from kiosk.office.desk import end_alarm, list_alarms
    from kiosk.office.errors import OfficeError

    known = _office_settings(load_office_settings(settings))
    _as_owner_of(known.layout.collector)
    try:
        for n in done or ():
            end_alarm(known, n)
            print(f"alarm {n} is done")
        for n, alarm in ({} if done else list_alarms(known)).items():
            print(f"{n}\t{alarm.at:%Y-%m-%d %H:%MZ}\t{alarm.kiosk}\t{alarm.code}\t{alarm.detail}")
    except OfficeError as error:
        raise _refused(error) from error


@officer.command("add")
def officer_add(
    name: Annotated[str, typer.Argument(help="The officer's id: letters, digits, hyphens.")],
    settings: KioskFile = KIOSK_FILE,
) -> None:
    """Make the vault with its first officer, or give another officer a place in it."""
    from kiosk.sealing.keys import OfficeKeys
    from kiosk.sealing.vault import Vault

    known = load_kiosk_settings(settings)
    _as_owner_of(known.paths.private)
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


def _as_owner_of(folder: Path) -> None:
    """Go on, from root, as the user of this folder, who could not read what root makes there."""
    if os.geteuid() != 0 or not folder.is_dir() or (owner := folder.stat()).st_uid == 0:
        return
    os.initgroups(pwd.getpwuid(owner.st_uid).pw_name, owner.st_gid)
    os.setgid(owner.st_gid)
    os.setuid(owner.st_uid)


def _hand_over(layout: "OfficeLayout") -> None:
    from kiosk.office.ownership import hand_over

    if os.geteuid() == 0:
        hand_over(layout)


def _office_settings(known: OfficeFileSettings) -> "OfficeSettings":
    from kiosk.office.registry import COLLECTOR
    from kiosk.office.settings import OfficeSettings
    from kiosk.uplink.settings import LinkSettings

    broker = LinkSettings(
        identity=COLLECTOR,
        broker_host=known.broker.host,
        broker_port=known.broker.port,
        authority_file=known.broker.server_ca,
        certificate_file=known.broker.certificate,
        key_file=known.broker.key,
    )
    return OfficeSettings(
        directory=known.office.directory,
        name=known.office.name,
        database_url=known.office.database_url,
        broker=broker,
        page_host=known.page.host,
        page_port=known.page.port,
    )


def _refused(error: Exception) -> typer.Exit:
    print(f"kiosk: {error}", file=sys.stderr)
    return typer.Exit(2)


def _stop_by_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _page_ready(address: str) -> None:
    print(f"office page: {address}", flush=True)
    notify("READY=1")


class Heartbeat:
    """Feeds systemd's watchdog from a loop that turns more often than needed."""

    def __init__(self) -> None:
        """Learn from the environment whether a watchdog waits."""
        self._wanted = watchdog_interval_s() is not None

    def __call__(self) -> None:
        """Say that the loop turns."""
        if self._wanted:
            notify("WATCHDOG=1")


if __name__ == "__main__":
    main()
