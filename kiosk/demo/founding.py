"""What a village consists of, and how it is founded: keys, settings, broker, devices, office and uplink.

Each process can be started again by its own method, which is what tests and proofs of power cuts do.
"""

import contextlib
import secrets
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kiosk.chip.expiry import mrz_keys_from_qr
from kiosk.chip.qr import parse_qr
from kiosk.chip.reading import read_chip
from kiosk.demo.accounts import Account, Accounts
from kiosk.demo.cards import officer
from kiosk.demo.line import Message
from kiosk.demo.people import people
from kiosk.demo.processes import Processes
from kiosk.demo.stage import Stage
from kiosk.demo.village_settings import (
    COMMUNE,
    KIOSK,
    OFFICER,
    OFFICER_WITH_CARD,
    PIN,
    PIN_BESIDE_CARD,
    PLACE,
    PORTRAIT_TOML,
    PROVINCE,
    Places,
    kiosk_toml,
    office_toml,
)
from kiosk.office.accounts import Accounts as PageAccounts
from kiosk.office.accounts import Role
from kiosk.office.broker import Broker
from kiosk.office.database import OfficeDatabase
from kiosk.office.layout import OfficeLayout
from kiosk.office.placing import place_kiosk
from kiosk.office.provisioning import init_office
from kiosk.runtime.card_judging import CardJudge
from kiosk.runtime.officer_cards import OFFICER_FILES, factor_of
from kiosk.sealing.cardfactor import CardFactor
from kiosk.sealing.vault import Argon2Cost, Vault

REMEDIES: Final = Path(__file__).resolve().parents[2] / "config" / "remedies.toml"
PLAN: Final = Path(__file__).resolve().parents[2] / "config" / "capture_plan.toml"
_OFFICE_S: Final = 20.0


class VillageError(Exception):
    """The village could not be set up; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How the village is to be: the panel's size and language, the capture plan, how long to wait for the card reader.

    Without a card reader (`reader_wait_s` None) everybody's number is typed, and several villages fit one computer.
    """

    panel: str = "1280x800"
    language: str = "vi"
    plan: Path = PLAN
    reader_wait_s: float | None = 40.0


PAGE_NAME: Final = "demo"


def _nobody(_message: Message) -> None:
    """Hear nothing."""


@dataclass(slots=True)
class Village:
    """Everything that runs, and what has been seen so far.

    `watch` hears every message of the kiosk's companion before it is acted on; it may kill and start processes.
    """

    places: Places
    accounts: Accounts
    out: Path
    citizens: int
    play: bool
    say: Callable[[str], None]
    processes: Processes
    watch: Callable[[Message], None] = _nobody
    broker: Broker | None = None
    broker_port: int = 0
    page_port: int = 0
    page_password: str = ""
    first: int = 0
    pictures: int = 0
    received: dict[str, int] = field(default_factory=dict[str, int])
    done: bool = False
    failure: str = ""

    def start_kiosk(self) -> None:
        """Start the kiosk app with the dock at its side. Played touches need no window on a screen."""
        self.processes.start(
            "kiosk",
            "demo-kiosk",
            "--settings",
            str(self.places.kiosk_file),
            "--dock",
            str(self.places.dock),
            account=self.accounts.kiosk,
            environment={"SDL_VIDEODRIVER": "offscreen"} if self.play else None,
        )

    def start_uplink(self) -> None:
        """Start the uplink."""
        self.processes.start(
            "uplink", "uplink", "--settings", str(self.places.kiosk_file), account=self.accounts.uplink
        )

    def start_office(self) -> None:
        """Start the office and wait for its page. Raises VillageError."""
        office = self.processes.start(
            "office", "office", "serve", "--settings", str(self.places.office_file), account=Account()
        )
        deadline_s = time.monotonic() + _OFFICE_S
        while time.monotonic() < deadline_s:
            if office.poll() is not None:
                raise VillageError(f"the office ended at once; see {self.out / 'office.log'}")
            try:
                socket.create_connection(("127.0.0.1", self.page_port), timeout=0.5).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise VillageError(f"the office's page does not answer after {_OFFICE_S:.0f} s; see {self.out / 'office.log'}")


def found(village: Village, stack: contextlib.ExitStack, wishes: Wishes) -> Stage:
    """Make keys and settings, and start everything but the kiosk. Raises OfficeError, DeviceError, VillageError."""
    say, places, accounts = village.say, village.places, village.accounts
    village.broker_port, village.page_port = _free_ports(2)
    say(f"village in {places.root}; {'two users' if accounts.apart else 'one user'} for kiosk and uplink")
    made = init_office(
        places.office,
        province=PROVINCE,
        communes={COMMUNE: "Thạch Kênh"},
        kiosks=[KIOSK],
        broker_port=village.broker_port,
        demo=True,
    )
    place_kiosk(places.office, KIOSK, PLACE)
    village.broker = Broker(made.layout.broker, port=village.broker_port, log_file=village.out / "broker.log")
    stack.callback(village.broker.close)
    village.broker.start()
    say(f"broker     mosquitto, TLS 1.3 with client certificates, port {village.broker_port}")
    accounts.kiosk.own(places.bench, 0o755)
    accounts.kiosk.own(places.bench / "pictures", 0o755)
    accounts.kiosk.own(places.screens, 0o755)
    stage = Stage(places.bench, people(), port_mode=0o666 if accounts.apart else 0o600)
    stack.callback(stage.close)
    port, reader = stage.open(wishes.reader_wait_s)
    say(f"sensor     R503 emulator on {port}")
    say(f"card       {reader}")
    _trust(places, stage)
    _hand_out(village, made.layout.bundle(KIOSK), stage)
    _write_settings(village, wishes, port=port, reader=reader)
    _draw_pictures(places)
    village.page_password = _page_account(made.layout)
    village.start_office()
    say(f"office     http://127.0.0.1:{village.page_port}/ (sign in as {PAGE_NAME}, password {village.page_password})")
    say(f"command    kiosk office command --settings {places.office_file} {KIOSK} ring")
    village.start_uplink()
    return stage


def _page_account(layout: OfficeLayout) -> str:
    """Let somebody sign in at the office's page as everything; the password, made anew for each village."""
    password = "-".join(secrets.token_hex(2) for _ in range(3))
    with contextlib.closing(OfficeDatabase.open(f"sqlite:///{layout.database.absolute()}")) as database:
        PageAccounts(database).add(PAGE_NAME, Role.ADMINISTRATOR, password, at=datetime.now(UTC))
    return password


def _trust(places: Places, stage: Stage) -> None:
    """Carry the demo authority's certificate to the kiosk, as an office would carry its country signer's."""
    places.trust.mkdir(mode=0o755)
    certificate = places.trust / "demo-country-signer.cer"
    certificate.write_bytes(stage.country_signer)
    certificate.chmod(0o644)


def _write_settings(village: Village, wishes: Wishes, *, port: Path, reader: str) -> None:
    places = village.places
    plan = places.root / "capture_plan.toml"
    shutil.copyfile(wishes.plan, plan)
    plan.chmod(0o644)
    remedies = places.root / "remedies.toml"
    shutil.copyfile(REMEDIES, remedies)
    remedies.chmod(0o644)
    portrait = places.root / "portrait.toml"
    portrait.write_text(PORTRAIT_TOML, encoding="utf-8")
    portrait.chmod(0o644)
    places.kiosk_file.write_text(
        kiosk_toml(
            places,
            plan=plan,
            remedies=remedies,
            portrait=portrait,
            port=port,
            reader=reader,
            broker_port=village.broker_port,
            panel=wishes.panel,
            language=wishes.language,
            sound=not village.play and _has_sound(),
        ),
        encoding="utf-8",
    )
    places.kiosk_file.chmod(0o644)
    office_settings = office_toml(places, page_port=village.page_port, broker_port=village.broker_port)
    places.office_file.write_text(office_settings, encoding="utf-8")


def _draw_pictures(places: Places) -> None:
    """What the camera sees before anybody sits down."""
    from kiosk.demo.drawing_portrait import portrait

    picture = places.bench / "pictures" / "01.png"
    portrait(people()[0].look).save(picture)
    picture.chmod(0o644)


def _hand_out(village: Village, bundle: Path, stage: Stage) -> None:
    """Carry the office's bundle to the kiosk: one part for each of its two users."""
    places, kiosk, uplink = village.places, village.accounts.kiosk, village.accounts.uplink
    kiosk.own(places.kiosk, 0o755)
    kiosk.own(places.kiosk / "private", 0o700)
    kiosk.own(places.kiosk / "run", 0o700)
    # Setgid: what is written here belongs to the group that both users share, and the other side may only read it.
    kiosk.own(places.kiosk / "outbox", 0o2750)
    uplink.own(places.kiosk / "inbox", 0o2750)
    uplink.own(places.kiosk / "identity", 0o700)
    kiosk.own(places.kiosk / "keys", 0o700)
    uplink.own(places.kiosk / "link", 0o700)
    for part, folder, account in (("kiosk", "keys", kiosk), ("uplink", "link", uplink)):
        for file in (bundle / part).iterdir():
            shutil.move(file, places.kiosk / folder / file.name)
            account.take(places.kiosk / folder / file.name, 0o600)
    vault = Vault(
        places.kiosk / "private" / "vault.json",
        None,
        # A demo's PIN protects nothing, and ten starts in a row should not cost ten times the field's work.
        cost=Argon2Cost(memory_kib=8 * 1024, iterations=1, lanes=1),
        pin_alone=True,
    )
    key = vault.create(OFFICER, PIN)
    vault.add(OFFICER_WITH_CARD, PIN_BESIDE_CARD, key=key, card=officers_factor(stage, places.trust))
    for file in (places.kiosk / "private").iterdir():
        kiosk.take(file, 0o600)


def officers_factor(stage: Stage, trust: Path) -> CardFactor:
    """What the officer's own card adds to the vault, as `kiosk officer add NAME --card` reads it.

    `trust` is the folder of trusted certificates.
    """
    qr = officer().qr_text
    if qr is None:
        raise VillageError("the officer of this demo has no card")
    keys = mrz_keys_from_qr(parse_qr(qr))
    read = read_chip(stage.officers_chip.process, keys, wanted=OFFICER_FILES)
    return factor_of(read, CardJudge(trust, lambda: datetime.now(UTC))(read))


def _has_sound() -> bool:
    """Say whether this computer has a sound card to speak through."""
    cards = Path("/proc/asound/cards")
    return cards.exists() and "no soundcards" not in cards.read_text(encoding="utf-8", errors="replace")


def _free_ports(count: int) -> list[int]:
    """Give free TCP ports of the loopback interface."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]
