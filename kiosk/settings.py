"""Every setting of a kiosk and of an office: its name, its default, its limits. Strict: see configuration.py.

Owns what may stand in kiosk.toml and office.toml, and what a field installation refuses (simulated devices, a virtual
reader). Secrets never stand in these files, only the paths to them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

from kiosk.configuration import Between, Matching, SettingsError, read_settings
from kiosk.ui.settings import DisplaySettings
from kiosk.ui.touch_filter import TouchSettings
from kiosk.words.language import languages

__all__ = ["KioskSettings", "OfficeSettings", "SettingsError", "load_kiosk_settings", "load_office_settings"]

KIOSK_FILE: Final = Path("/etc/kiosk/kiosk.toml")
OFFICE_FILE: Final = Path("/etc/kiosk/office.toml")

Name = Annotated[str, Matching(r"[A-Za-z0-9-]{1,32}", "1 to 32 letters (A-Z a-z), digits or hyphens")]
Driver = Literal["real", "simulated"]
Host = Annotated[str, Matching(r"[A-Za-z0-9.:_-]{1,253}", "a host name or an IP address")]
Port = Annotated[int, Between(1, 65535)]
Pin = Annotated[int, Between(2, 27)]
Percent = Annotated[int, Between(0, 100)]
Seconds = Annotated[float, Between(1, 3600)]
Tries = Annotated[int, Between(1, 20)]
Side = Annotated[int, Between(64, 16384)]


@dataclass(frozen=True, slots=True)
class KioskIdentity:
    """Who this kiosk is. `kiosk_id` is the name in its certificates; the other two route its messages."""

    kiosk_id: Name
    province: Name
    commune: Name
    mode: Literal["demo", "field"] = "field"


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the kiosk keeps things. `outbox` is written by the kiosk alone, `inbox` by the uplink alone.

    `identity` holds the uplink's certificates that were renewed over the network, and is read by nobody else.
    """

    private: Path = Path("/var/lib/kiosk/private")
    outbox: Path = Path("/var/lib/kiosk/outbox")
    inbox: Path = Path("/var/lib/kiosk/inbox")
    identity: Path = Path("/var/lib/kiosk/identity")
    runtime: Path = Path("/run/kiosk")
    capture_plan: Path = Path("/etc/kiosk/capture_plan.toml")
    remedies: Path = Path("/etc/kiosk/remedies.toml")
    portrait: Path = Path("/etc/kiosk/portrait.toml")


@dataclass(frozen=True, slots=True)
class Camera:
    """The portrait camera: which one, how it is mounted, how large. A simulated one shows what is in `pictures`.

    `rotation_deg` is the clockwise turn that makes its pictures upright; sizes are the sensor's, before that turn.
    """

    driver: Driver = "real"
    number: Annotated[int, Between(0, 7)] = 0
    rotation_deg: Literal[0, 90, 180, 270] = 0
    still_width_px: Side = 4608
    still_height_px: Side = 2592
    preview_width_px: Side = 640
    preview_height_px: Side = 360
    mains_hz: Literal[50, 60] = 50
    pictures: Path | None = None

    def __post_init__(self) -> None:
        """Refuse sizes that no camera delivers. Raises ValueError."""
        sizes = (self.still_width_px, self.still_height_px, self.preview_width_px, self.preview_height_px)
        if odd := [size for size in sizes if size % 2]:
            raise ValueError(f"a size of {odd[0]} pixels is odd; give an even number")
        if self.preview_width_px > self.still_width_px or self.preview_height_px > self.still_height_px:
            raise ValueError("the preview is larger than the still")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """The fingerprint sensor. `profile` declares a module that cannot tell its type; an emulator has a `port` too."""

    driver: Driver = "real"
    port: Path = Path("/dev/fingerprint")
    profile: Annotated[str, Matching(r"[a-z0-9_-]{1,32}", "the name of a module profile")] | None = None
    baud: Annotated[int, Between(9600, 921600)] | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """The chip-card reader: the first whose PC/SC name contains `reader` (empty: any).

    `trust` is the folder of country signers, master lists and revocation lists that cards are judged by.
    """

    driver: Driver = "real"
    reader: str = ""
    trust: Path = Path("/etc/kiosk/trust")


@dataclass(frozen=True, slots=True)
class Panel:
    """The case: BCM numbers of the pins, 2 to 27, each used once. `wake` is the fingerprint sensor's touch wire.

    `yes_key` and `no_key` are the keys for who cannot see the screen, both or neither; `help_hold_s` is how long the
    help button is held until everything is read aloud.
    """

    driver: Driver = "real"
    call_lamp: Pin = 17
    ring_light: Pin = 18
    help_button: Pin = 27
    tamper: Pin = 22
    wake: Pin | None = None
    yes_key: Pin | None = None
    no_key: Pin | None = None
    help_hold_s: Annotated[float, Between(0.5, 10)] = 3.0

    def __post_init__(self) -> None:
        """Refuse one pin for two parts, and one key without the other. Raises ValueError."""
        if (self.yes_key is None) != (self.no_key is None):
            raise ValueError("yes_key and no_key belong together; give both a pin, or neither")
        perhaps = [pin for pin in (self.wake, self.yes_key, self.no_key) if pin is not None]
        pins = (self.call_lamp, self.ring_light, self.help_button, self.tamper, *perhaps)
        if len(set(pins)) < len(pins):
            raise ValueError(f"two parts share a pin ({', '.join(map(str, pins))}); give each its own")


@dataclass(frozen=True, slots=True)
class Power:
    """Battery and mains, as the kernel shows them under `root`; from `low_percent` down the officer is warned."""

    driver: Driver = "real"
    root: Path = Path("/sys/class/power_supply")
    low_percent: Percent = 20


@dataclass(frozen=True, slots=True)
class Sound:
    """The loudspeaker, by its ALSA name, and a headset for what is only the citizen's to hear; empty: there is none."""

    driver: Driver = "real"
    device: Annotated[str, Matching(r"[A-Za-z0-9:,=._-]{1,64}", "the name of an ALSA device")] = "default"
    headset: Annotated[
        str, Matching(r"|[A-Za-z0-9:,._-]*(CARD=|hw:)[A-Za-z0-9,=._-]+", "an ALSA name with its card, or empty")
    ] = ""


@dataclass(frozen=True, slots=True)
class Voice:
    """How the kiosk speaks: recorded voices first, then espeak-ng; pace and first volume.

    `name` is the voice for the language that it belongs to; the others have the voice that their folder names.
    """

    enabled: bool = True
    volume: Annotated[int, Between(1, 4)] = 2
    words_per_minute: Annotated[int, Between(80, 300)] = 120
    name: Annotated[str, Matching(r"[A-Za-z0-9-]{2,32}", "the name of an espeak-ng voice")] = "vi-vn-x-central"
    packs: Path = Path("/var/lib/kiosk/voice")
    pack: str = ""
    repeat_after_s: Annotated[float, Between(0, 120)] = 15.0


@dataclass(frozen=True, slots=True)
class Journey:
    """Patience: how long the kiosk waits, and how often it asks again.

    `ask_pin_after_s`: so long after the officer's PIN was given it is not asked for again before people who are not
    there are named (the paused enrolments, the roster), or the menu changes or ends an enrolment; 0: it is asked for
    each time. `sign_out_after_s`: so long after the last touch of the resting kiosk the officer is signed
    out (VVSG 2.0, 11.5-A).
    """

    language: str = "vi"
    idle_after_s: Seconds = 180.0
    idle_answer_s: Seconds = 60.0
    tries_per_finger: Tries = 4
    tries_per_portrait: Tries = 3
    portrait_patience_s: Seconds = 25.0
    ask_pin_after_s: Annotated[float, Between(0, 3600)] = 120.0
    sign_out_after_s: Annotated[float, Between(600, 1800)] = 1800.0

    def __post_init__(self) -> None:
        """Refuse a language that has no folder; raises ValueError, naming those that have."""
        if self.language not in languages():
            raise ValueError(f"language is {self.language!r}; there is: {', '.join(languages())}")


@dataclass(frozen=True, slots=True)
class Signing:
    """What the kiosk signs enrolments with, and the public keys of the office it seals them for."""

    key: Path = Path("/etc/kiosk/kiosk/record.key")
    office_keys: Path = Path("/etc/kiosk/kiosk/office-keys.json")


@dataclass(frozen=True, slots=True)
class Custody:
    """How long the kiosk keeps what it could do without, in days; 0 keeps none of it.

    `keep_settled_days`: a second copy of what the office has settled. `note_weak_prints_days`: which prints of a
    finished enrolment were weak, so that a later visit asks for those alone. After `lock_after_days` without a signed
    word of the office the kiosk locks, and loses nothing; 0: never. `keep_roster_days`: the office's roster, after the
    last day that it is for. A paused enrolment is never dropped by itself: after `offer_paused_days` the officer is
    asked to delete it, or to find the citizen.
    """

    keep_settled_days: Annotated[int, Between(0, 365)] = 7
    note_weak_prints_days: Annotated[int, Between(0, 730)] = 90
    lock_after_days: Annotated[int, Between(0, 365)] = 30
    keep_roster_days: Annotated[int, Between(0, 365)] = 7
    offer_paused_days: Annotated[int, Between(1, 365)] = 30


@dataclass(frozen=True, slots=True)
class Uplink:
    """How the uplink reaches the office's broker: address, the broker's authority, the uplink's certificate and key."""

    broker_host: Host = "localhost"
    broker_port: Port = 8883
    server_ca: Path = Path("/etc/kiosk/uplink/server-ca.pem")
    certificate: Path = Path("/etc/kiosk/uplink/tls.pem")
    key: Path = Path("/etc/kiosk/uplink/tls.key")
    keepalive_s: Annotated[int, Between(10, 300)] = 60


@dataclass(frozen=True, slots=True)
class KioskSettings:
    """All of kiosk.toml, one field for each section."""

    kiosk: KioskIdentity
    paths: Paths = field(default_factory=Paths)
    display: DisplaySettings = field(default_factory=DisplaySettings)
    touch: TouchSettings = field(default_factory=TouchSettings)
    camera: Camera = field(default_factory=Camera)
    fingerprint: Fingerprint = field(default_factory=Fingerprint)
    card: Card = field(default_factory=Card)
    panel: Panel = field(default_factory=Panel)
    power: Power = field(default_factory=Power)
    sound: Sound = field(default_factory=Sound)
    voice: Voice = field(default_factory=Voice)
    journey: Journey = field(default_factory=Journey)
    signing: Signing = field(default_factory=Signing)
    custody: Custody = field(default_factory=Custody)
    uplink: Uplink = field(default_factory=Uplink)


@dataclass(frozen=True, slots=True)
class Office:
    """Which office this is and where it keeps its things. Simulated devices are accepted in "demo" alone.

    `renews_by_itself`: the authority's keys stay on this computer on purpose, for root alone.
    """

    name: str
    province: Name
    mode: Literal["demo", "field"] = "field"
    directory: Path = Path("/var/lib/kiosk-office")
    renews_by_itself: bool = False
    database_url: str = ""


@dataclass(frozen=True, slots=True)
class Broker:
    """How the collector reaches the broker beside it."""

    host: Host = "localhost"
    port: Port = 8883
    server_ca: Path = Path("/var/lib/kiosk-office/collector/server-ca.pem")
    certificate: Path = Path("/var/lib/kiosk-office/collector/tls.pem")
    key: Path = Path("/var/lib/kiosk-office/collector/tls.key")


@dataclass(frozen=True, slots=True)
class CollectorShard:
    """Whose communes this collector receives from: a shard that `kiosk office init --shard` made; empty without any."""

    shard: Annotated[str, Matching(r"[A-Za-z0-9-]{0,22}", "up to 22 letters (A-Z a-z), digits or hyphens")] = ""


@dataclass(frozen=True, slots=True)
class OfficeAbove:
    """The office above, to which packages are passed on: the bundle that it made for this office. None: no such."""

    bundle: Path | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Where the office page listens. Put a TLS proxy with sign-in before it, and leave it on this computer itself."""

    host: Host = "127.0.0.1"
    port: Port = 8080


@dataclass(frozen=True, slots=True)
class OfficeBackup:
    """Where backups go: a folder on another disk, which the user kiosk-office may write."""

    directory: Path = Path("/var/backups/kiosk-office")


@dataclass(frozen=True, slots=True)
class OfficeTelemetry:
    """For how many days the office keeps what kiosks tell of themselves: a value a minute, and one an hour. 0: none."""

    minutes_days: Annotated[int, Between(0, 31)] = 2
    hours_days: Annotated[int, Between(0, 1100)] = 90


@dataclass(frozen=True, slots=True)
class OfficeSettings:
    """All of office.toml, one field for each section."""

    office: Office
    broker: Broker = field(default_factory=Broker)
    collector: CollectorShard = field(default_factory=CollectorShard)
    upstream: OfficeAbove = field(default_factory=OfficeAbove)
    page: Page = field(default_factory=Page)
    backup: OfficeBackup = field(default_factory=OfficeBackup)
    telemetry: OfficeTelemetry = field(default_factory=OfficeTelemetry)


def load_kiosk_settings(path: Path = KIOSK_FILE) -> KioskSettings:
    """Read a kiosk's settings. Raises SettingsError with every mistake, and with what a field kiosk may not have."""
    settings = read_settings(KioskSettings, path)
    if settings.kiosk.mode == "field" and (refused := tuple(_not_for_the_field(settings))):
        raise SettingsError(path, refused)
    return settings


def load_office_settings(path: Path = OFFICE_FILE) -> OfficeSettings:
    """Read an office's settings. Raises SettingsError with every mistake."""
    return read_settings(OfficeSettings, path)


def _not_for_the_field(settings: KioskSettings) -> Iterator[str]:
    """What would let something made up pass for a citizen's."""
    devices = ("camera", "fingerprint", "card", "panel", "power", "sound")
    for name in devices:
        if getattr(settings, name).driver == "simulated":
            yield f'{name}.driver: a field kiosk has no simulated devices; set "real", or kiosk.mode = "demo"'
    if settings.camera.pictures is not None:
        yield "camera.pictures: belongs to a simulated camera; take it out in the field"
    if settings.fingerprint.port.is_relative_to("/dev/pts"):
        yield f"fingerprint.port: {settings.fingerprint.port} is a pseudo-terminal, not a sensor"
    if not settings.power.root.is_relative_to("/sys"):
        yield f"power.root: {settings.power.root} is not the kernel's; in the field it is under /sys"
    if "virtual" in settings.card.reader.casefold():
        yield f"card.reader: {settings.card.reader!r} is a virtual reader; name the real one"
