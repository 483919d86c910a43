"""The settings files of the demo's village, written as an officer would write them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

KIOSK: Final = "kiosk-demo-01"
PROVINCE: Final = "ha-tinh"
COMMUNE: Final = "thach-kenh"
# Of the kiosk on the map: latitude, longitude.
PLACE: Final = (18.42, 105.86)
OFFICER: Final = "can-bo-1"
#: Typed for the officer by the demo's own hands; this number protects nothing.
PIN: Final = "420175"
#: The second officer, whose place in the vault opens with their own card alone; the PIN protects nothing here either.
OFFICER_WITH_CARD: Final = "can-bo-2"
PIN_BESIDE_CARD: Final = "318274"

#: What a technician finds on site for the demo's camera: drawn heads look down a little, by the nets' measure.
PORTRAIT_TOML: Final = """
[pose]
zero_pitch = 8.5
"""

_PANELS: Final = {
    "1280x800": (1280, 800, 217.0, 136.0),
    "1024x600": (1024, 600, 223.0, 125.0),
    "800x480": (800, 480, 154.0, 86.0),
    "720x1280": (720, 1280, 88.0, 155.0),
}


@dataclass(frozen=True, slots=True)
class Places:
    """Where the village keeps its things, below one folder that goes away with it."""

    root: Path

    @property
    def office(self) -> Path:
        """The office's directory."""
        return self.root / "office"

    @property
    def kiosk(self) -> Path:
        """The kiosk's directory."""
        return self.root / "kiosk"

    @property
    def bench(self) -> Path:
        """The table with the simulated devices."""
        return self.root / "bench"

    @property
    def trust(self) -> Path:
        """Whose signatures on cards count: the demo's own authority."""
        return self.root / "trust"

    @property
    def screens(self) -> Path:
        """Where the kiosk puts pictures of its screens."""
        return self.root / "screens"

    @property
    def dock(self) -> Path:
        """The dock's socket."""
        return self.bench / "dock.sock"

    @property
    def kiosk_file(self) -> Path:
        """The kiosk's settings."""
        return self.root / "kiosk.toml"

    @property
    def office_file(self) -> Path:
        """The office's settings."""
        return self.root / "office.toml"


def panel_pixels(panel: str) -> tuple[int, int]:
    """Give width and height of a panel that the demo can show, in pixels."""
    width_px, height_px, _, _ = _PANELS[panel]
    return width_px, height_px


def known_panels() -> tuple[str, ...]:
    """Name the panel sizes that the demo can show."""
    return tuple(_PANELS)


def kiosk_toml(
    places: Places,
    *,
    plan: Path,
    remedies: Path,
    portrait: Path,
    port: Path,
    reader: str,
    broker_port: int,
    panel: str,
    language: str,
    sound: bool,
) -> str:
    """Write kiosk.toml for the village."""
    width_px, height_px, width_mm, height_mm = _PANELS[panel]
    home = places.kiosk
    return f"""
[kiosk]
kiosk_id = "{KIOSK}"
province = "{PROVINCE}"
commune = "{COMMUNE}"
mode = "demo"

[paths]
private = "{home}/private"
outbox = "{home}/outbox"
inbox = "{home}/inbox"
identity = "{home}/identity"
runtime = "{home}/run"
capture_plan = "{plan}"
remedies = "{remedies}"
portrait = "{portrait}"

[display]
width_px = {width_px}
height_px = {height_px}
panel_width_mm = {width_mm}
panel_height_mm = {height_mm}

[camera]
driver = "simulated"
pictures = "{places.bench}/pictures"

[fingerprint]
driver = "simulated"
port = "{port}"

[card]
driver = "simulated"
reader = "{reader}"
trust = "{places.trust}"

[panel]
driver = "simulated"
yes_key = 5
no_key = 6

[power]
driver = "simulated"
root = "{places.bench}/power_supply"

[sound]
driver = "{"real" if sound else "simulated"}"

[journey]
language = "{language}"

[signing]
key = "{home}/keys/record.key"
office_keys = "{home}/keys/office-keys.json"

[uplink]
broker_host = "localhost"
broker_port = {broker_port}
server_ca = "{home}/link/server-ca.pem"
certificate = "{home}/link/tls.pem"
key = "{home}/link/tls.key"
"""


def office_toml(places: Places, *, page_port: int, broker_port: int) -> str:
    """Write office.toml for the village."""
    return f"""
[office]
name = "Công an tỉnh Hà Tĩnh (trình diễn)"
province = "{PROVINCE}"
mode = "demo"
directory = "{places.office}"

[broker]
host = "localhost"
port = {broker_port}
server_ca = "{places.office}/collector/server-ca.pem"
certificate = "{places.office}/collector/tls.pem"
key = "{places.office}/collector/tls.key"

[page]
port = {page_port}
"""
