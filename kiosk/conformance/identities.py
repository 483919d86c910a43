"""The files a test needs, read; and the making of a whole test office with test kiosks."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self, cast

from kiosk.conformance.errors import CannotTest
from kiosk.office.errors import OfficeError
from kiosk.office.governing import keep_registry
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from kiosk.office.registry import COLLECTOR, Registry, load_registry
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import OfficeKeys, SigningKey, VerifyingKey
from kiosk.sealing.suites import OpeningKey
from kiosk.uplink.errors import UplinkSettingsError
from kiosk.uplink.settings import LinkSettings
from kiosk.wire.errors import BadTopic
from kiosk.wire.topics import KioskAddress

PREFIX: Final = "conform-"
KIOSKS: Final = (f"{PREFIX}01", f"{PREFIX}02")
STRANGER: Final = f"{PREFIX}99"

NEEDS: Final = f"""\
Make everything at once:    kiosk conformance --make DIR --broker HOST:PORT
It makes a demo office in DIR (authorities, broker configuration, registry) and its test kiosks {", ".join(KIOSKS)} and
{STRANGER}, of which the registry knows nothing, each in DIR/bundles. An office that exists gets test kiosks by
`kiosk office init ... --kiosk {KIOSKS[0]} --kiosk {KIOSKS[1]}`.

--side office   --kiosk BUNDLE [--kiosk BUNDLE] [--stranger BUNDLE]
  BUNDLE/uplink/server-ca.pem      whom the broker's certificate must be signed by
  BUNDLE/uplink/tls.pem, tls.key   the test kiosk's TLS certificate (its common name begins with {PREFIX}) and key
  BUNDLE/uplink/bundle.json        {{"kiosk", "province", "commune"}}: its name and place in the topics
  BUNDLE/kiosk/record.key          the Ed25519 key (PEM) that signs its packages; the office must know its public half
  BUNDLE/kiosk/office-keys.json    the office's public keys: summary, body, receipt, command
  BUNDLE/conformance.json          written here: the last number that was used, so that the next test goes on above it

--side kiosk    --office DIR --name KIOSK
  DIR/collector/server-ca.pem, tls.pem, tls.key    the TLS identity that the broker lets play the office
  DIR/collector/receipt.key        the Ed25519 key (PEM) whose public half the kiosk knows as the office's receipt key
  DIR/collector/summary.key        what opens the summaries of the kiosk's packages
  DIR/commanding/command.key       the Ed25519 key (PEM) that the kiosk obeys
  DIR/collector/registry.json      where KIOSK stands, and its record-signing key
The office itself must not be running: the test stands in its place. The kiosk must hold enrolments that no office has
seen, made with simulated devices: with others the test stops before it answers anything.
"""


@dataclass(frozen=True, slots=True)
class TestKiosk:
    """What one test kiosk has in its bundle."""

    __test__ = False

    address: KioskAddress
    road: LinkSettings
    record_key: SigningKey
    office: OfficeKeys
    ledger: Path

    @classmethod
    def read(cls, bundle: Path, host: str, port: int) -> Self:
        """Read a bundle. Raises CannotTest, also for a kiosk that is not a test's by its name."""
        try:
            place = _json(bundle / "uplink" / "bundle.json")
            address = KioskAddress(str(place["province"]), str(place["commune"]), str(place["kiosk"]))
            if not address.kiosk.startswith(PREFIX):
                raise CannotTest(
                    f"{bundle} is of kiosk {address.kiosk}: only a kiosk whose name begins with {PREFIX} is used for "
                    "tests, so that nobody takes a test's packages for people's"
                )
            return cls(
                address,
                _road(bundle / "uplink", address.kiosk, host, port),
                SigningKey.load(bundle / "kiosk" / "record.key"),
                OfficeKeys.load(bundle / "kiosk" / "office-keys.json"),
                bundle / "conformance.json",
            )
        except (SealingError, BadTopic, KeyError, UplinkSettingsError) as error:
            raise CannotTest(f"{bundle} is no bundle of a test kiosk: {error}") from error

    def last_used(self) -> tuple[int, bytes]:
        """The last number and hash that a test has used. Raises CannotTest for a damaged file."""
        try:
            kept = _json(self.ledger)
            return int(kept["seq"]), bytes.fromhex(kept["head"])
        except FileNotFoundError:
            return 0, bytes(32)
        except (KeyError, TypeError, ValueError) as error:
            raise CannotTest(f"{self.ledger} is damaged: make new test kiosks") from error

    def note_used(self, seq: int, head: bytes) -> None:
        """Keep the last number and hash. Raises CannotTest when the file cannot be written."""
        beside = self.ledger.with_suffix(".new")
        try:
            beside.write_text(json.dumps({"seq": seq, "head": head.hex()}) + "\n", encoding="ascii")
            beside.replace(self.ledger)
        except OSError as error:
            raise CannotTest(f"{self.ledger} cannot be written: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class TestOffice:
    """What the tester needs to stand in an office's place before one kiosk."""

    __test__ = False

    address: KioskAddress
    road: LinkSettings
    receipt_key: SigningKey
    command_key: SigningKey
    summary_key: OpeningKey
    record_key: VerifyingKey

    @classmethod
    def read(cls, directory: Path, kiosk: str, host: str, port: int) -> Self:
        """Read an office directory. Raises CannotTest, also for an office that is not a demo's."""
        layout = OfficeLayout(directory)
        try:
            registry = load_registry(layout.registry)
            if not registry.demo:
                raise CannotTest(f"{directory} is an office in the field: a test stands only in a demo's place")
            entry = registry.kiosks.get(kiosk)
            if entry is None:
                raise CannotTest(f"{directory} knows no kiosk {kiosk}; it knows {', '.join(sorted(registry.kiosks))}")
            return cls(
                KioskAddress(entry.province, entry.commune, entry.kiosk),
                _road(layout.collector, COLLECTOR, host, port),
                SigningKey.load(layout.collector / "receipt.key"),
                SigningKey.load(layout.command_key),
                OpeningKey.load(layout.collector / "summary.key"),
                VerifyingKey(entry.record_key),
            )
        except (OfficeError, SealingError, BadTopic, UplinkSettingsError) as error:
            raise CannotTest(f"{directory} is no office a test could stand in for: {error}") from error


def make_test_office(directory: Path, host: str, port: int) -> OfficeLayout:
    """Make a demo office with test kiosks. Raises CannotTest."""
    try:
        made = init_office(
            directory,
            province="conformance",
            communes={"test": "Test"},
            kiosks=[*KIOSKS, STRANGER],
            broker_host=host,
            broker_port=port,
            demo=True,
        )
        keep_registry(made.layout, _without(made.registry, STRANGER))
    except OfficeError as error:
        raise CannotTest(str(error)) from error
    return made.layout


def _without(registry: Registry, kiosk: str) -> Registry:
    return replace(registry, kiosks={name: entry for name, entry in registry.kiosks.items() if name != kiosk})


def _road(folder: Path, identity: str, host: str, port: int) -> LinkSettings:
    files = [folder / name for name in ("server-ca.pem", "tls.pem", "tls.key")]
    missing = [str(path) for path in files if not path.exists()]
    if missing:
        raise CannotTest(f"{', '.join(missing)} is missing: see `kiosk conformance --needs`")
    authority, certificate, key = files
    return LinkSettings(identity, host, port, authority_file=authority, certificate_file=certificate, key_file=key)


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        if path.name == "conformance.json":
            raise
        raise CannotTest(f"{path} is missing: see `kiosk conformance --needs`") from None
    except (OSError, ValueError) as error:
        raise CannotTest(f"{path} cannot be read") from error
    if not isinstance(found, dict):
        raise CannotTest(f"{path} is not what it should be")
    return cast("dict[str, Any]", found)
