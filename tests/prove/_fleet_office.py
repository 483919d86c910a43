"""The office under a fleet: thousands of registered kiosks, one collector or shards, each a process to be killed."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kiosk.office.access import publish_access
from kiosk.office.authority import certificate_pem, load_or_make_authority
from kiosk.office.changes import Changes
from kiosk.office.collecting import Collecting
from kiosk.office.governing import keep_registry
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from kiosk.office.registry import KioskEntry, load_registry
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.keys import SigningKey
from kiosk.wire.topics import KioskAddress
from tests.office.test_broker_access import calling
from tests.prove._fleet import Kiosk

COMMUNES = ("ca", "cb", "cc", "cd", "ce", "cf")
SHARDS: Mapping[str, tuple[str, ...]] = {"north": COMMUNES[:2], "middle": COMMUNES[2:4], "south": COMMUNES[4:]}
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass
class Founded:
    """An office, its kiosks, and the keys that all of them share here."""

    layout: OfficeLayout
    kiosks: list[Kiosk]
    tls_key: bytes
    record_key: SigningKey


def found(folder: Path, count: int, port: int) -> Founded:
    """Found an office with so many kiosks. One TLS key and one record key serve all: what they cost is the same."""
    communes = {code: code for code in COMMUNES}
    layout = init_office(
        folder, province="ht", communes=communes, kiosks=["kiosk-00000"], broker_port=port, demo=True, shards=SHARDS
    ).layout
    record_key, tls = SigningKey.generate(), generate_private_key(SECP256R1())
    now = datetime.now(UTC).replace(microsecond=0)
    device = load_or_make_authority(layout.authority, "device-ca", name="x", now=now)
    entries: dict[str, KioskEntry] = {}
    kiosks: list[Kiosk] = []
    for number in range(1, count + 1):
        name, commune = f"kiosk-{number:05d}", COMMUNES[number % len(COMMUNES)]
        certificate = device.issue_client(tls.public_key(), name, now=now)
        entries[name] = KioskEntry(
            name, "ht", commune, certificate.serial_number, now + timedelta(days=365), record_key.public.raw
        )
        kiosks.append(Kiosk(KioskAddress("ht", commune, name), certificate_pem(certificate)))
    publish_access(layout, keep_registry(layout, replace(load_registry(layout.registry), kiosks=entries)))
    key = tls.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Founded(layout, kiosks, key, record_key)


def without_shards(layout: OfficeLayout) -> None:
    """One collector for everybody. The broker's access list stays as it is: it allows both."""
    keep_registry(layout, replace(load_registry(layout.registry), shards={}))


def with_shards(layout: OfficeLayout) -> None:
    """Three collectors."""
    keep_registry(layout, replace(load_registry(layout.registry), shards=SHARDS))


def end_session(layout: OfficeLayout) -> None:
    """Have the broker forget the nameless collector, which will not come back and would be kept messages for."""
    settings = OfficeSettings(directory=layout.root).link(load_registry(layout.registry))
    with calling(replace(settings, session_expiry_s=0), "ev1/ht/nobody/#") as caller:
        caller.until(lambda: caller.link.up, "the collector's session is taken over")


class Collectors:
    """Processes of collectors, until `close`."""

    def __init__(self, layout: OfficeLayout, url: str) -> None:
        self._layout = layout
        self._url = url
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.prove._fleet_office"])
        self._processes: list[ForkServerProcess] = []

    def start(self, shard: str) -> ForkServerProcess:
        """One more collector; where the shard has one, it waits."""
        process = self._context.Process(target=_collect, args=(self._layout.root, self._url, shard), daemon=True)
        process.start()
        self._processes.append(process)
        return process

    def kill(self, process: ForkServerProcess) -> None:
        """What a power cut does."""
        process.kill()
        process.join()
        assert process.exitcode == -signal.SIGKILL

    def close(self) -> None:
        """End all."""
        for process in self._processes:
            process.kill()
            process.join()


def _collect(folder: Path, url: str, shard: str) -> None:
    logging.disable(logging.CRITICAL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = OfficeSettings(directory=folder, database_url=url, shard=shard, reconnect_min_s=0.1, reconnect_max_s=1.0)
    Collecting(settings, Changes(), now=lambda: datetime.now(UTC)).run(threading.Event())


@dataclass(frozen=True, slots=True)
class Use:
    """What a process has used so far: seconds of CPU, and its memory now and at most, in MB."""

    cpu_s: float
    memory_mb: float
    most_mb: float


def use_of(pid: int) -> Use:
    """What this process uses."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines() if ":" in line
    )
    rss, most = (int(status[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return Use((int(fields[11]) + int(fields[12])) / _TICKS, rss, most)
