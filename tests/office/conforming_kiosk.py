"""A whole kiosk without a screen, on threads: the custody desk that judges and obeys, and the uplink."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from kiosk.conformance.findings import Finding
from kiosk.conformance.identities import KIOSKS, TestOffice
from kiosk.conformance.kiosk_side import SCENES, Scene, examine_kiosk, new_findings
from kiosk.conformance.road import Road
from kiosk.runtime.custody import CustodyDesk
from kiosk.runtime.packing import Seals
from kiosk.runtime.telemetry import birth_of
from kiosk.runtime.worker import Worker
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.vault import Vault
from kiosk.uplink.process import run_uplink
from kiosk.uplink.settings import UplinkSettings
from kiosk.wire.messages import SettingsSample, encode_json
from tests.journey.script import RULES
from tests.office.conforming import Ground
from tests.office.stand import PATIENCE_S, KioskSide, link_settings_of
from tests.office.test_commands_over_broker import Hands

NAME = KIOSKS[0]
SIZES = (140_000, 1_000, 70_000)
LOOK_S = 0.02
SHORT = {"poll_s": 0.01, "answer_timeout_s": 0.15, "backoff_min_s": 0.3, "backoff_max_s": 2.0}


@contextmanager
def running_kiosk(
    ground: Ground,
    folder: Path,
    *,
    sizes: Sequence[int] = SIZES,
    simulated: bool = True,
    waits: Mapping[str, float] = SHORT,
    port: int | None = None,
) -> Iterator[None]:
    """A kiosk that holds packages of these sizes and talks to the broker; `waits` {}: those of the field."""
    with KioskSide(ground.layout, NAME, folder, ground.port, simulated=simulated) as side:
        for size in sizes:
            side.enrol(size=size)
    bugs: list[BaseException] = []
    worker, stop = Worker("custody", bugs.append), threading.Event()
    desk = _desk(ground, folder, worker)
    address = ground.kiosk(NAME).address
    settings = UplinkSettings(
        address.province,
        address.commune,
        NAME,
        link_settings_of(ground.layout, NAME, port or ground.port),
        folder / "outbox.db",
        folder / "inbox.db",
        **waits,  # type: ignore[arg-type]
    )

    def look() -> None:
        said: SettingsSample | None = None
        while not stop.wait(LOOK_S):
            desk.look_for_receipts().result(PATIENCE_S)
            if desk.settings != said:
                said = desk.settings
                birth = encode_json(birth_of(desk, NAME, "1", "boot", {}))
                desk.write_telemetry("birth", lambda _outbox, birth=birth: birth).result(PATIENCE_S)

    desk.open().result(PATIENCE_S)
    desk.follow(Hands()).result(PATIENCE_S)
    threads = [threading.Thread(target=run_uplink, args=(settings, stop), daemon=True)]
    threads.append(threading.Thread(target=look, daemon=True))
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(PATIENCE_S)
        desk.close().result(PATIENCE_S)
        worker.stop(PATIENCE_S)
        assert bugs == []


def _desk(ground: Ground, folder: Path, worker: Worker) -> CustodyDesk:
    bundle = ground.layout.bundle(NAME) / "kiosk"
    return CustodyDesk(
        folder / "outbox.db",
        folder / "kiosk.db",
        folder / "inbox.db",
        vault=Vault(folder / "vault.json", None),
        seals=Seals(
            NAME,
            SigningKey.load(bundle / "record.key"),
            OfficeKeys.load(bundle / "office-keys.json"),
            drivers=dict,
            boot="boot",
            software="1",
        ),
        rules=RULES,
        worker=worker,
        post=lambda _event: None,
    )


def examined_kiosk(
    ground: Ground,
    *,
    scenes: Sequence[Scene] = SCENES,
    road: Road | None = None,
    within_s: float = 10.0,
    quiet_s: float = 0.05,
) -> dict[str, Finding]:
    """What a test of the kiosk that runs there finds, by rule."""
    findings = new_findings()
    office = TestOffice.read(ground.layout.root, NAME, "localhost", ground.port)
    examine_kiosk(office, findings, scenes=scenes, road=road, within_s=within_s, quiet_s=quiet_s)
    return {row.rule: row for row in findings.table()}
