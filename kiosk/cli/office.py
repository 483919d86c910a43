"""`kiosk office ...`: the supervising office, from its first keys to opening one enrolment."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.cli.standing import Heartbeat, OfficeFile, as_owner_of, say_who_is_new, stop_by_signal, whoever
from kiosk.logs import start_log
from kiosk.notify import notify
from kiosk.settings import OFFICE_FILE, load_office_settings

if TYPE_CHECKING:
    from kiosk.office.layout import OfficeLayout
    from kiosk.office.settings import OfficeSettings

office = typer.Typer(help="The supervising office.", no_args_is_help=True)


@office.command("init")
def office_init(
    directory: Annotated[Path, typer.Argument(help="Where keys, registry and broker configuration go.")],
    province: Annotated[str, typer.Option(help="First level of the topics, for example ha-tinh.")],
    commune: Annotated[list[str], typer.Option(help="A commune: code, or code=name; the kiosks belong to the first.")],
    kiosk: Annotated[
        list[str] | None,
        typer.Option(help="A kiosk for which keys are made here, and a bundle; better: `kiosk request` and `admit`."),
    ] = None,
    broker_host: Annotated[
        str | None, typer.Option(help="Under which name kiosks reach the broker. Told once, at the first init.")
    ] = None,
    broker_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="8883 if not told at the first init.")
    ] = None,
    shard: Annotated[
        list[str] | None, typer.Option(help="One of several collectors and its communes: name=code,code.")
    ] = None,
    below: Annotated[
        list[str] | None, typer.Option("--office", help="An office of the level below that passes packages on to this.")
    ] = None,
    for_demo: Annotated[bool, typer.Option("--demo", help="Accept simulated devices; for ever.")] = False,
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """Make an office, or register more kiosks: keys, certificates, broker configuration. Overwrites no key."""
    from kiosk.cli.office_adopt import judge_unadopted
    from kiosk.cli.office_below import refuse_below
    from kiosk.office.address import check_field_host
    from kiosk.office.errors import OfficeError
    from kiosk.office.layout import OfficeLayout
    from kiosk.office.provisioning import init_office

    try:
        judge_unadopted(OfficeLayout(directory))
        check_field_host(OfficeLayout(directory), broker_host, demo=for_demo)
        refuse_below(OfficeLayout(directory), [*(kiosk or ()), *(below or ())], settings)
        made = init_office(
            directory,
            province=province,
            communes={code: name or code for code, _, name in (one.partition("=") for one in commune)},
            kiosks=kiosk or [],
            broker_host=broker_host,
            broker_port=broker_port,
            demo=for_demo,
            offices=below or [],
            shards={name: codes.split(",") for name, _, codes in (one.partition("=") for one in shard or ())},
        )
        _hand_over(made.layout)
        if made.new_kiosks:
            say_who_is_new()
    except OfficeError as error:
        raise refused(error) from error
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
    """Stop trusting a kiosk from now on: stolen or lost. Ends its live connection where the broker runs here."""
    from kiosk.cli.office_adopt import judge_unadopted
    from kiosk.office.brokerunit import await_broker, here, tell
    from kiosk.office.errors import OfficeError
    from kiosk.office.governing import governed_registry
    from kiosk.office.layout import OfficeLayout
    from kiosk.office.provisioning import revoke_kiosk

    layout = OfficeLayout(directory)
    try:
        judge_unadopted(layout)
        revoke_kiosk(directory, kiosk)
        _hand_over(layout)
        if here():
            tell("restart")
            await_broker(governed_registry(layout))
            print(
                f"{kiosk} is trusted no more; the broker was restarted: its connection is ended and does not come back"
            )
            return
    except OfficeError as error:
        raise refused(error) from error
    print(
        f"{kiosk} is trusted no more, and may still be connected: on the broker's computer, systemctl restart mosquitto"
    )


@office.command("renew")
def office_renew(
    directory: Annotated[Path, typer.Argument(help="The office's directory.")],
    kiosk: Annotated[str, typer.Argument(help="The kiosk's id.")],
) -> None:
    """Make a new bundle before a kiosk's certificates end. The key it signs with stays on it, and is not in here."""
    from kiosk.cli.office_adopt import judge_unadopted
    from kiosk.office.errors import OfficeError
    from kiosk.office.layout import OfficeLayout
    from kiosk.office.provisioning import renew_kiosk

    try:
        judge_unadopted(OfficeLayout(directory))
        renewed = renew_kiosk(directory, kiosk)
        _hand_over(renewed.layout)
    except OfficeError as error:
        raise refused(error) from error
    print(f"renewed until {renewed.good_until:%Y-%m-%d}: {renewed.bundle}")
    print(f"next: install it on {kiosk} before {renewed.needed_before:%Y-%m-%d} (./run install --bundle DIR),")
    print("      restart kiosk-uplink there, and remove every other copy of the folder")


@office.command("serve")
def office_serve(settings: OfficeFile = OFFICE_FILE) -> None:
    """Run the collector and the page."""
    from kiosk.office.errors import OfficeError
    from kiosk.office.serving import run_office

    start_log()
    known = known_office(settings)
    stop = stop_by_signal()
    try:
        run_office(known, stop, ready=_page_ready, heartbeat=Heartbeat())
    except OfficeError as error:
        raise refused(error) from error


@office.command("approve")
def office_approve(
    package: Annotated[str, typer.Argument(help="The id of a package that was kept apart.")],
    revoked: Annotated[
        bool,
        typer.Option("--revoked", help="Its kiosk is revoked: take in what its chain proves to be from before that."),
    ] = False,
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """Take in a package that was refused for the office's own reason, once that is mended; through every check."""
    from kiosk.office.desk import approve_package
    from kiosk.office.errors import OfficeError

    known = known_office(settings)
    as_owner_of(known.layout.collector)
    try:
        outcome = approve_package(known, package, by=whoever(), despite_revocation=revoked)
    except OfficeError as error:
        raise refused(error) from error
    print(
        f"{package} received, receipt {outcome.number}; its kiosk asks for it at its next connection or within an hour"
    )


@office.command("alarms")
def office_alarms(
    done: Annotated[list[int] | None, typer.Option(help="An alarm that somebody has seen to.")] = None,
    settings: OfficeFile = OFFICE_FILE,
) -> None:
    """List what needs a person, by number, or take what was seen to off the page."""
    from datetime import UTC, datetime

    from kiosk.office.desk import end_alarm, list_alarms
    from kiosk.office.errors import OfficeError

    known = known_office(settings)
    as_owner_of(known.layout.collector)
    try:
        for n in done or ():
            end_alarm(known, n, by=whoever(), at=datetime.now(UTC))
            print(f"alarm {n} is done")
        for n, alarm in ({} if done else list_alarms(known)).items():
            print(f"{n}\t{alarm.at:%Y-%m-%d %H:%MZ}\t{alarm.kiosk}\t{alarm.code}\t{alarm.detail}")
    except OfficeError as error:
        raise refused(error) from error


@office.command("doctor")
def office_doctor(settings: OfficeFile = OFFICE_FILE) -> None:
    """Look at keys, certificates, broker, database, disk, backups and clock; exit code 1 when something is not well."""
    from datetime import UTC, datetime

    from kiosk.office.doctor import examine, look_offline

    known, file = known_office(settings), load_office_settings(settings)
    # Before root is given up: nobody else may look where keys could have been left.
    offline = look_offline(known)
    as_owner_of(known.layout.collector)
    well = True
    for found in examine(known, file.backup.directory, now=datetime.now(UTC), offline=offline):
        well &= found.good
        print(f"{found.what:14} {'good' if found.good else 'BAD ':6} {found.said}", flush=True)
    if not well:
        raise typer.Exit(1)


def _hand_over(layout: "OfficeLayout") -> None:
    from kiosk.office.ownership import hand_over

    if os.geteuid() == 0:
        hand_over(layout)


def known_office(file: Path) -> "OfficeSettings":
    """Read the office's settings. Raises SettingsError."""
    from kiosk.office.history import Keeping
    from kiosk.office.settings import OfficeSettings
    from kiosk.office.shards import collector_name
    from kiosk.uplink.settings import LinkSettings

    known = load_office_settings(file)
    broker = LinkSettings(
        identity=collector_name(known.collector.shard),
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
        shard=known.collector.shard,
        renews_by_itself=known.office.renews_by_itself,
        upstream=known.upstream.bundle,
        keeping=Keeping(known.telemetry.minutes_days, known.telemetry.hours_days),
    )


def refused(error: Exception) -> typer.Exit:
    """Say what went wrong; give the exit that follows."""
    print(f"kiosk: {error}", file=sys.stderr)
    return typer.Exit(2)


def _page_ready(address: str) -> None:
    print(f"office page: {address}", flush=True)
    notify("READY=1")
