"""How an office is: its keys, certificates, broker, database, disk, backups and clock, one line for each.

Only looks: nothing is changed, and no session of the collector is taken over. What is wrong is said with what to do.
"""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import ssl
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from kiosk.office.access import TEMPLATES, access_list, read_template
from kiosk.office.copies import MANIFEST, read_manifest
from kiosk.office.database import OfficeDatabase
from kiosk.office.desiring import Told, drifts, told_of, wanted_of
from kiosk.office.duty import ABOVE, Standing, standings
from kiosk.office.errors import BackupError, OfficeError
from kiosk.office.forwarding import backlog
from kiosk.office.guarded import entered
from kiosk.office.keeping import BACKUP_WARNING
from kiosk.office.layout import OfficeLayout
from kiosk.office.levelling import NOT_LEVEL, Levelling, newest
from kiosk.office.lifetimes import AUTHORITY_WARNING, look
from kiosk.office.needs import ABOVE_WAITS, LIST_WARNING
from kiosk.office.owed import owed_lines
from kiosk.office.paper import check_font
from kiosk.office.passing import upstream_of
from kiosk.office.registry import load_registry, read_registry
from kiosk.office.renewing import waiting_renewals
from kiosk.office.revoking import missing_revocations
from kiosk.office.settings import OfficeSettings
from kiosk.office.shards import all_collectors, collector_name
from kiosk.office.wording import load_words
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.suites import OpeningKey
from kiosk.uplink.settings import LinkSettings
from kiosk.uplink.tls import make_context

CERTIFICATE_WARNING: Final = timedelta(days=60)
LEAST_FREE: Final = 0.1
BROKER_S: Final = 5.0
OWING: Final = 10
SYNCHRONIZED: Final = Path("/run/systemd/timesync/synchronized")


class Trouble(Exception):
    """Something is wrong; the text says what and what to do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, whether it is well, and what was found."""

    what: str
    good: bool
    said: str


def look_offline(settings: OfficeSettings) -> Finding:
    """Whether keys that belong offline are still here: for whoever may look, which is root alone. Never raises."""
    return _found("offline keys", lambda: _offline(settings))


def examine(
    settings: OfficeSettings, backups: Path, *, now: datetime, offline: Finding | None = None
) -> Iterator[Finding]:
    """Look at everything, in order; each finding comes as soon as it is known. Never raises for what it finds.

    Args:
        settings: the office.
        backups: the folder for backups.
        now: this moment, UTC.
        offline: what `look_offline` found, where somebody could look who may; else it is looked for here.
    """
    looks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("registry", lambda: _registry(settings, now)),
        ("keys", lambda: _keys(settings)),
        ("offline keys", lambda: _offline(settings)),
        ("certificates", lambda: _certificates(settings, now)),
        ("authorities", lambda: _authorities(settings, now)),
        ("revocations", lambda: _revocations(settings, now)),
        ("renewals", lambda: _renewals(settings)),
        ("access list", lambda: _access_list(settings)),
        ("broker", lambda: _broker(settings)),
        ("database", lambda: _database(settings)),
        ("collector", lambda: _collectors(settings)),
        ("settings of kiosks", lambda: _settings_of_kiosks(settings)),
        ("copies", lambda: _copies(settings, now)),
        *((("office above", lambda: _above(settings, now)),) if settings.upstream is not None else ()),
        ("disk", lambda: _disk(settings)),
        ("backup", lambda: _backup(backups, now)),
        ("clock", _clock),
        ("font of the day sheet", check_font),
    )
    for what, find in looks:
        yield offline if offline is not None and what == offline.what else _found(what, find)


def _found(what: str, find: Callable[[], str]) -> Finding:
    try:
        return Finding(what, good=True, said=find())
    except (Trouble, OfficeError, SealingError, SQLAlchemyError, OSError, ValueError) as error:
        said = str(error) if isinstance(error, (Trouble, OfficeError, SealingError)) else _plain(error)
        return Finding(what, good=False, said=said)


def _registry(settings: OfficeSettings, now: datetime) -> str:
    registry = load_registry(settings.layout.registry)
    if registry.revision == 0:
        raise Trouble(f"root has no registry of its own yet: `kiosk office adopt {settings.layout.root}` as root")
    trusted = [entry for entry in registry.kiosks.values() if entry.revoked_at is None]
    ending = sorted(one.kiosk for one in trusted if one.tls_not_after - now < CERTIFICATE_WARNING)
    if ending:
        raise Trouble(
            f"certificates of {_some(ending)} end within 60 days, and were not renewed: see `renewals` below, or "
            "`kiosk request` there with a stick"
        )
    return f"{len(trusted)} kiosks, {len(registry.kiosks) - len(trusted)} revoked"


def _keys(settings: OfficeSettings) -> str:
    folder = settings.layout.collector
    receipt = SigningKey.load(folder / "receipt.key")
    OpeningKey.load(folder / "summary.key")
    if OfficeKeys.load(folder / "office-keys.json").receipt.raw != receipt.public.raw:
        raise Trouble("receipt.key is not the one that kiosks were given: restore the right one; never make a new one")
    return "receipt and summary keys are those of the kiosks"


def _offline(settings: OfficeSettings) -> str:
    layout = settings.layout
    kept_away = (layout.opening,) if settings.renews_by_itself else (layout.authority, layout.opening)
    unseen = [str(path) for path in kept_away if path.is_dir() and not os.access(path, os.R_OK | os.X_OK)]
    if unseen:
        return f"not looked into: {' and '.join(unseen)} are closed to this user; see as root that no key is left there"
    here = [path.name for path in kept_away if path.is_dir() and any(path.glob("*.key"))]
    if here and not _is_demo(layout):
        raise Trouble(f"{' and '.join(here)} are on this computer: move them to their medium, which stays locked away")
    if settings.renews_by_itself:
        return "opening keys are not on this computer; the authority is, as office.toml says"
    return "authority and opening keys are not on this computer" if not here else "on this computer, as in any demo"


def _is_demo(layout: OfficeLayout) -> bool:
    # As root, in a folder where a service may put anything.
    with entered(layout.collector) as folder:
        raw = folder.read(layout.registry.name)
    return raw is not None and read_registry(raw, name=str(layout.registry)).demo


def _certificates(settings: OfficeSettings, now: datetime) -> str:
    ends = look(settings)
    soon = [f"{name} ({end:%Y-%m-%d})" for name, end in ends.certificates.items() if end - now < CERTIFICATE_WARNING]
    above = [one for one in soon if one.startswith("upstream/")]
    if above:
        raise Trouble(f"{_some(above)} ends soon: the office above signs the next one, `kiosk office renewals` there")
    if soon:
        raise Trouble(f"{_some(soon)} ends soon: bring the authority folder, `kiosk office renewals` as root")
    return f"the first ends on {ends.first()[1]:%Y-%m-%d} ({ends.first()[0]})"


def _authorities(settings: OfficeSettings, now: datetime) -> str:
    ends = look(settings)
    soon = [f"{name} ({end:%Y-%m-%d})" for name, end in ends.authorities.items() if end - now < AUTHORITY_WARNING]
    if soon:
        raise Trouble(
            f"{_some(soon)} ends, and with it all that it signed: bring the authority folder, `kiosk office renewals` "
            'as root, and follow docs/fleet.md, "When an authority grows old"'
        )
    return f"the first ends on {ends.first_authority()[1]:%Y-%m-%d} ({ends.first_authority()[0]})"


def _revocations(settings: OfficeSettings, now: datetime) -> str:
    path, ends = settings.layout.broker / "crl.pem", look(settings)
    until = ends.revocations
    whose = "its authority ends" if ends.capped else f"{path.name} ends"
    if until is not None and until - now < LIST_WARNING:
        raise Trouble(f"{whose} on {until:%Y-%m-%d}, and then no kiosk is let in: `kiosk office renewals` as root")
    if missing := missing_revocations(settings.layout, load_registry(settings.layout.registry), None):
        raise Trouble(
            f"{path.name} lacks {len(missing)} certificates of revoked kiosks: bring the authority folder, "
            "`kiosk office renewals` as root"
        )
    if until is None:
        return "good without an end"
    return f"good until {until:%Y-%m-%d}" + (", when its authority ends" if ends.capped else "")


def _renewals(settings: OfficeSettings) -> str:
    waiting = waiting_renewals(settings.layout)
    if waiting and not settings.renews_by_itself:
        raise Trouble(f"{_some(waiting)} wait: bring the authority folder, `kiosk office renewals` as root")
    if waiting:
        return f"{len(waiting)} kiosks wait for the next run of kiosk-office-renewals.timer"
    return "no kiosk waits for a certificate"


def _access_list(settings: OfficeSettings) -> str:
    wanted = access_list(read_template(TEMPLATES), load_registry(settings.layout.registry))
    if (settings.layout.broker / "acl").read_bytes() != wanted.encode():
        raise Trouble(
            "not as the registry says, and kiosks that it lacks are not heard: bring the authority folder, `kiosk "
            "office renewals` as root, and where the broker is on another computer its folder `broker`"
        )
    return "as the registry says"


def _collectors(settings: OfficeSettings) -> str:
    registry = load_registry(settings.layout.registry)
    with closing(OfficeDatabase.open(settings.database)) as database:
        found = standings(database, settings.database, all_collectors(registry))
    if idle := [collector_name(one.shard) for one in found if one.active is None]:
        raise Trouble(f"nobody collects as {_some(idle)}: systemctl status kiosk-office")
    return "; ".join(_said_of(one) for one in found)


def _settings_of_kiosks(settings: OfficeSettings) -> str:
    """Whether kiosks have what is wanted of them; who has not heard the newest word yet is no trouble."""
    with closing(OfficeDatabase.open(settings.database)) as database:
        wanted, told = wanted_of(database), told_of(database)
    wrong: list[str] = []
    unheard = 0
    for kiosk, word in wanted.items():
        its = told.get(kiosk, Told())
        if its.n < word.n:
            unheard += bool(drifts(word.settings, its))
        elif found := drifts(word.settings, its):
            wrong.append(f"{kiosk}: {', '.join(one.name for one in found)}")
    if wrong:
        more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        raise Trouble(f"not as wanted although taken: {'; '.join(wrong[:3])}{more}; see `kiosk office settings KIOSK`")
    return f"{len(wanted)} kiosks have settings that are wanted; {unheard} have not taken the newest yet"


def _copies(settings: OfficeSettings, now: datetime) -> str:
    with closing(OfficeDatabase.open(settings.database)) as database:
        older = Levelling(settings.layout, now=lambda: now).older(database)
        if said := [alarm.detail for alarm in database.alarms() if alarm.code == NOT_LEVEL]:
            raise Trouble(f"a collector does not collect: {'; '.join(said)}")
        known = newest(database)
    if older:
        return f"{'; '.join(older)}: taken over before this one collects"
    return ", ".join(f"{what} {one.revision}" for what, one in sorted(known.items())) or "no collector has begun yet"


def _above(settings: OfficeSettings, now: datetime) -> str:
    upstream = upstream_of(settings)
    if upstream is None:
        return "there is none"
    _answers(upstream.uplink.link)
    with closing(OfficeDatabase.open(settings.database)) as database:
        (one,) = standings(database, settings.database, (ABOVE,))
        left = backlog(database)
    if one.active is None:
        raise Trouble(f"{left.waiting} wait, and nobody passes them on: systemctl status kiosk-office")
    if left.refused or (left.since is not None and now - left.since > ABOVE_WAITS):
        raise Trouble(f"{upstream.where} does not have {left.waiting} of ours, {left.refused} refused: see its page")
    return f"{upstream.name} at {upstream.where}: {left.waiting} wait"


def _said_of(one: Standing) -> str:
    waiting = f", waiting: {', '.join(one.waiting)}" if one.waiting else ""
    return f"{collector_name(one.shard)}: {one.active}{waiting}"


def _broker(settings: OfficeSettings) -> str:
    link = settings.link(load_registry(settings.layout.registry))
    return _answers(link)


def _answers(link: LinkSettings) -> str:
    context = make_context(link)
    where = f"{link.broker_host}:{link.broker_port}"
    try:
        # A greeting in the collector's name would end the collector's own session: TLS alone tells enough.
        with (
            socket.create_connection((link.broker_host, link.broker_port), BROKER_S) as connection,
            context.wrap_socket(connection, server_hostname=link.broker_host) as secured,
        ):
            return f"{where} answers with {secured.version()}"
    except ssl.SSLCertVerificationError as error:
        raise Trouble(f"{where} is another broker than this office's: {error.verify_message}") from error
    except OSError as error:
        raise Trouble(f"{where} does not answer ({_plain(error)}): systemctl status mosquitto") from error


def _database(settings: OfficeSettings) -> str:
    place = make_url(settings.database)
    if place.get_backend_name() == "sqlite" and place.database:
        path = Path(place.database)
        if not path.is_file():
            raise Trouble(f"there is none at {path} yet: has the office served?")
        _sound(path)
    with closing(OfficeDatabase.open(settings.database)) as database:
        alarms, gaps = len(database.alarms()), database.gaps()
        if alarms or gaps:
            raise Trouble(
                f"{alarms} alarms and {sum(gaps.values())} enrolments that are nowhere: `kiosk office alarms`, and the "
                f"page. {owed_lines(load_words('en'), database.missing(sorted(gaps)[:OWING]), len(gaps))}".rstrip(". ")
            )
        return f"{database.count()} enrolments, no alarm, none missing"


def _sound(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            well = connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except sqlite3.Error:
        well = False
    if not well:
        raise Trouble(f"{path} is damaged: stop kiosk-office, move it away and restore the newest backup")


def _disk(settings: OfficeSettings) -> str:
    usage = shutil.disk_usage(settings.layout.collector)
    said = f"{usage.free / 1e9:.1f} GB of {usage.total / 1e9:.1f} GB free"
    if usage.free < LEAST_FREE * usage.total:
        raise Trouble(f"{said}: make room, or move the office to a larger disk")
    return said


def _backup(folder: Path, now: datetime) -> str:
    newest: datetime | None = None
    for manifest in folder.glob(f"office-*/{MANIFEST}"):
        try:
            made_at = read_manifest(manifest.parent).made_at
        except BackupError:
            continue
        newest = made_at if newest is None else max(newest, made_at)
    if newest is None:
        raise Trouble(f"there is none in {folder}, and kiosks erase nothing before there is: `kiosk office backup`")
    if now - newest > BACKUP_WARNING:
        raise Trouble(f"the newest is of {newest:%Y-%m-%d %H:%MZ}: systemctl status kiosk-office-backup.timer")
    if folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) & (stat.S_IWGRP | stat.S_IWOTH):
        raise Trouble(f"others may write into {folder}: chmod go-w {folder}")
    return f"the newest is of {newest:%Y-%m-%d %H:%MZ}"


def _clock() -> str:
    if Path("/run/systemd/system").is_dir() and not SYNCHRONIZED.exists():
        raise Trouble("not known to be right: timedatectl set-ntp true, and let port 123 out")
    return "kept by systemd" if SYNCHRONIZED.exists() else "no systemd here to ask"


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _plain(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or ''} {error.strerror or type(error).__name__}".strip()
    return type(error).__name__
