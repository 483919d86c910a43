"""From `kiosk officer add NAME --card` to the handing over of a card: real PC/SC reader, desks, vault and screens."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from drivers.camera.simulated import SimulatedCamera
from drivers.card.demo_authority import DemoAuthority
from drivers.card.pcscd import VirtualReader
from drivers.card.real import PcscReader, open_reader
from drivers.card.simulated import VirtualReaderSlot
from drivers.card.soft_chip import SoftChip
from drivers.card.soft_files import Holder
from drivers.card.soft_situations import Situation, make_card_in
from drivers.fingerprint.real import ZfmSensor
from drivers.fingerprint.simulated import ModuleEmulator
from drivers.panel.simulated import SimulatedPanel
from kiosk.journey.view import View
from kiosk.runtime.worker import Worker
from kiosk.sealing.keys import OfficeKeys, Recipients, SigningKey
from kiosk.sealing.suites import OpeningKey
from kiosk.sealing.vault import Vault
from tests.drivers_card.conftest import virtual_reader  # noqa: F401 - a fixture
from tests.runtime.stage import HOLDER
from tests.runtime.test_session_runner import JPEG, House, Player

pytestmark = pytest.mark.pcsc

OFFICER = Holder("042090000417", "NGUYEN", "VAN CAN", date(1990, 3, 4), "M", date(2030, 3, 4))
AUTHORITY = DemoAuthority(now=datetime.now(UTC) - timedelta(days=1))
PIN = "417529"
NAME = "HT-0417"


def card(
    holder: Holder = HOLDER, situation: Situation = Situation.NONE, authority: DemoAuthority = AUTHORITY
) -> SoftChip:
    return make_card_in(situation, holder, JPEG, width_px=3, height_px=4, authority=authority)


def numbers(holder: Holder) -> dict[str, str]:
    """What the officer types when no code is shown."""
    expires = "" if holder.expires is None else f"{holder.expires:%d/%m/%Y}"
    return {"number": holder.number, "born": f"{holder.born:%d/%m/%Y}", "expires": expires}


@pytest.fixture
def slot(virtual_reader: VirtualReader) -> Iterator[VirtualReaderSlot]:  # noqa: F811 - the fixture
    with VirtualReaderSlot() as slot:
        yield slot


@pytest.fixture
def reader(virtual_reader: VirtualReader) -> Iterator[PcscReader]:  # noqa: F811 - the fixture
    found = open_reader(virtual_reader.name, simulated=True)
    yield found
    found.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a kiosk has: a trust store with the country signer, the office's keys, settings."""
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "signer.cer").write_bytes(AUTHORITY.root_der)
    keys = OfficeKeys(
        Recipients(OpeningKey.generate().public, OpeningKey.generate().public), SigningKey.generate().public
    )
    keys.save(tmp_path / "office-keys.json")
    (tmp_path / "kiosk.toml").write_text(
        f"""
[kiosk]
kiosk_id = "kiosk-tk-01"
province = "ha-tinh"
commune = "thach-khe"
mode = "demo"

[paths]
private = "{tmp_path}"

[card]
driver = "simulated"
reader = "Virtual PCD"
trust = "{tmp_path}/trust"

[signing]
office_keys = "{tmp_path}/office-keys.json"
"""
    )
    return tmp_path


def added(folder: Path, *typed: str) -> subprocess.CompletedProcess[str]:
    """Run `kiosk officer add NAME --card` and type this; without a terminal of its own it reads what is piped in."""
    return subprocess.run(
        [sys.executable, "-m", "kiosk.cli", "officer", "add", NAME, "--card", "--settings", folder / "kiosk.toml"],
        input="".join(f"{line}\n" for line in typed),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        start_new_session=True,
    )


def as_typed(holder: Holder) -> tuple[str, ...]:
    return tuple(numbers(holder).values())


def test_an_officer_is_added_with_the_card_on_the_reader_and_opens_the_vault_with_nothing_less(
    folder: Path, slot: VirtualReaderSlot
) -> None:
    slot.insert(card(OFFICER))
    told = added(folder, *as_typed(OFFICER), PIN, PIN)
    assert told.returncode == 0, told.stderr
    assert "genuine: yes" in told.stdout
    vault = Vault(folder / "vault.json", None, pin_alone=True)
    assert vault.officers == (NAME,)
    assert vault.wants_card(NAME)
    for secret in (OFFICER.number, PIN):
        assert secret not in told.stdout + told.stderr


@pytest.mark.parametrize(
    ("situation", "says"),
    [
        (Situation.CLONED, "no copy"),
        (Situation.WRONG_KEY, "do not open this card"),
        (Situation.OTHER_CARD, "no ICAO application"),
        (Situation.FALSE_AUTHORITY, "signer is not accepted"),
    ],
)
def test_a_card_that_does_not_prove_itself_registers_nobody(
    folder: Path, slot: VirtualReaderSlot, situation: Situation, says: str
) -> None:
    slot.insert(card(OFFICER, situation), situation=situation)
    told = added(folder, *as_typed(OFFICER), PIN, PIN)
    assert told.returncode == 2
    assert says in told.stderr
    assert not (folder / "vault.json").exists()


class Village:
    """A house with the real reader, an officer's card that was registered, and hands at both."""

    def __init__(self, house: House, slot: VirtualReaderSlot, own: SoftChip) -> None:
        self.house = house
        self.slot = slot
        self.own = own

    async def lays(self, laid: SoftChip, situation: Situation = Situation.NONE) -> None:
        await asyncio.to_thread(self.slot.insert, laid, situation=situation)

    async def lifts(self) -> None:
        await asyncio.to_thread(self.slot.remove)

    async def signs_in(self, player: Player, then: str = "standby", *, pin: str = PIN) -> View:
        await player.sees("signin")
        await player.fill("signin.number", officer=NAME, pin=pin)
        return await player.fill(then, **numbers(OFFICER))

    async def tries(self, player: Player, new: SoftChip, then: str) -> View:
        """Let a new card be tried out at its handing over."""
        await self.lifts()
        await player.sees("standby")
        self.house.panel.press_help()
        await player.sees("help")
        await player.touch("other", "menu")
        await player.touch("officer.handover", "handover")
        await self.lays(new)
        await player.sees("document.number")
        return await player.fill(then, **numbers(HOLDER))


@pytest.fixture
def village(
    emulator: ModuleEmulator,
    sensor: ZfmSensor,
    camera: SimulatedCamera,
    reader: PcscReader,
    worker: Callable[[str], Worker],
    folder: Path,
    slot: VirtualReaderSlot,
) -> Iterator[Village]:
    own = card(OFFICER)
    slot.insert(own)
    told = added(folder, *as_typed(OFFICER), PIN, PIN)
    assert told.returncode == 0, told.stderr
    panel = SimulatedPanel()
    keys = OfficeKeys.load(folder / "office-keys.json")
    house = House(emulator, sensor, camera, reader, panel, folder, worker, keys, SigningKey.generate())
    yield Village(house, slot, own)
    panel.close()


def test_the_officer_signs_in_by_card_and_pin_and_by_nothing_less(village: Village) -> None:
    async def script(player: Player) -> None:
        await village.lays(card(OFFICER))  # of the same person, and not the registered one
        view = await village.signs_in(player, "signin")
        assert view.form is not None
        assert "đã đăng ký" in view.form.problem
        await village.lays(card(OFFICER, Situation.CLONED))
        view = await village.signs_in(player, "signin")
        assert view.form is not None
        assert view.form.problem
        await village.lays(village.own)
        view = await village.signs_in(player, "signin", pin="097531")
        assert view.form is not None
        assert "4" in view.form.problem
        await player.fill("standby", officer=NAME, pin=PIN)  # the card that was just shown need not be shown again

    village.house.plays(script)


async def enrols(player: Player) -> None:
    """One citizen goes all the way, without a card."""
    await player.touch("yes", "welcome")
    await player.touch("yes", "consent")
    await player.touch("yes", "document")
    await player.touch("other", "edit.identity")
    await player.fill("identity", name="Trần Thị Hoà", born="01/07/1950", sex="nữ", number=HOLDER.number)
    await player.touch("yes", "edit.home")
    await player.fill("home", residence="thôn Tân Hương")
    await player.touch("yes", "relatives")
    await player.touch("yes", "phone")
    await player.touch("other", "hands")
    await player.touch("yes", "print.right_thumb")
    await player.gives_fingers()
    await player.finishes()
    await player.touch("yes", "standby")


def test_a_new_card_agrees_differs_or_has_a_signer_out_of_its_time_and_is_handed_over_once(village: Village) -> None:
    misspelt = Holder(HOLDER.number, "TRAN", "THI HOAN", HOLDER.born, "F", HOLDER.expires)

    async def script(player: Player) -> None:
        await village.lays(village.own)
        await village.signs_in(player)
        await village.lifts()
        await enrols(player)
        view = await village.tries(player, card(misspelt), "handover.differs")
        assert any("tên" in fact.value for fact in view.facts if fact.label == "Khác")
        await player.touch("yes", "standby")
        await village.tries(player, card(situation=Situation.CLONED), "handover.differs")
        await player.touch("yes", "standby")
        view = await village.tries(player, card(situation=Situation.EXPIRED_SIGNER), "handover.out_of_time")
        assert {fact.label: fact.value for fact in view.facts}["Nơi cấp"] == "đã hết hạn"
        await player.touch("other", "standby")
        view = await village.tries(player, card(), "handover.works")
        assert view.photo == JPEG
        await player.touch("yes", "standby")
        await village.tries(player, card(), "handover.unknown")  # handed over: nothing is kept of it any more
        await player.touch("yes", "standby")

    village.house.plays(script)
