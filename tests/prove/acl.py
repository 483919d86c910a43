"""Every topic for every identity: who may say it, who hears it, against a matrix that is written down here by hand.

A real Mosquitto with the configuration and access list that `kiosk office init` writes. The matrix is what a reader of
docs/architecture.md expects; the program is not asked for it. Each identity says one message on every topic and listens
to everything; what is then heard, and what the broker answers, must be the matrix, cell by cell.
"""

import argparse
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from kiosk.office.authority import Authority, certificate_pem, load_or_make_authority
from kiosk.office.provisioning import revoke_kiosk
from kiosk.uplink.settings import LinkSettings
from tests.office.conftest import Village, raise_village
from tests.office.test_broker_access import Caller, calling, link_settings

OWN: Final = "ev1/ht/tk/kiosk-tk-01"
ALL: Final = "ev1/ht/all/all"

# Topic: who may say it, who else hears it. k: the kiosk of the topic, o: another kiosk, c: the collector.
MATRIX: Final = {
    f"{OWN}/birth": ("k", "c"),
    f"{OWN}/state": ("k", "c"),
    f"{OWN}/alert/locked": ("k", "c"),
    f"{OWN}/tele/power": ("k", "c"),
    f"{OWN}/enrol": ("k", "c"),
    f"{OWN}/rsp/lock": ("k", "c"),
    f"{OWN}/renew": ("k", "c"),
    f"{OWN}/vouch/kiosk-tk-09": ("k", "c"),
    f"{OWN}/ack": ("c", "k"),
    f"{OWN}/cert": ("c", "k"),
    f"{OWN}/cmd/lock": ("c", "k"),
    f"{OWN}/want": ("k", "c"),
    f"{OWN}/roster": ("c", "k"),
    f"{ALL}/learnt": ("c", "ko"),
    f"{ALL}/beat": ("c", "ko"),
    f"{ALL}/keys": ("c", "ko"),
    # What is nobody's.
    f"{OWN}/anything": ("", ""),
    f"{OWN}/cmd": ("", ""),
    f"{OWN}/roster/more": ("", ""),
    f"{OWN}/want/more": ("", ""),
    f"{OWN}/ack/more": ("", ""),
    f"{OWN}/enrol/more": ("", ""),
    f"{ALL}/enrol": ("", ""),
    f"{ALL}/cmd/lock": ("c", ""),
    f"{ALL}/ack": ("c", ""),
    f"{ALL}/cert": ("c", ""),
    # The patterns of the list give it to every name; no kiosk can have this one.
    "ev1/ht/tk/collector/enrol": ("c", ""),
    "ev1": ("", ""),
    "ev2/ht/tk/kiosk-tk-01/enrol": ("", ""),
    "elsewhere": ("", ""),
    "$SYS/broker/version": ("", ""),
    "$share/all/ev1": ("", ""),
}
NAMES: Final = {"k": "kiosk-tk-01", "o": "kiosk-tk-02", "c": "collector"}
STRANGERS: Final = ("no certificate", "revoked", "expired", "another authority", "a server's certificate", "no purpose")
PATIENCE_S: Final = 60.0


def strangers(village: Village, folder: Path) -> Iterator[tuple[str, LinkSettings]]:
    """Identities that the broker must not greet at all, each with the reason."""
    own = link_settings(village, "kiosk-tk-01")
    layout, now = village.layout, datetime.now(UTC)
    device = load_or_make_authority(layout.authority, "device-ca", name="x", now=now)
    server = load_or_make_authority(layout.authority, "server-ca", name="x", now=now)
    (folder / "foreign").mkdir(parents=True)
    foreign = load_or_make_authority(folder / "foreign", "device-ca", name="x", now=now)
    yield "revoked", link_settings(village, "kiosk-tk-03")
    yield "expired", _issued(own, folder / "expired", device, now=now - timedelta(days=5000))
    yield "another authority", _issued(own, folder / "foreign-client", foreign, now=now)
    yield "a server's certificate", _issued(own, folder / "server", server, now=now, server=True)
    private = layout.bundle("kiosk-tk-01") / "kiosk"
    yield "no purpose", replace(own, certificate_file=private / "record.pem", key_file=private / "record.key")


def _issued(
    own: LinkSettings, folder: Path, authority: Authority, *, now: datetime, server: bool = False
) -> LinkSettings:
    """A certificate in this kiosk's very name, by this authority."""
    folder.mkdir(parents=True)
    key = generate_private_key(SECP256R1())
    name = own.identity
    issued = (
        authority.issue_server(key.public_key(), name, hosts=[name], now=now)
        if server
        else authority.issue_client(key.public_key(), name, now=now)
    )
    key_file, certificate_file = folder / "tls.key", folder / "tls.pem"
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key_file.chmod(0o400)
    certificate_file.write_bytes(certificate_pem(issued))
    return replace(own, key_file=key_file, certificate_file=certificate_file)


class Table:
    """The three that are greeted, and what each of them has heard."""

    def __init__(self, callers: dict[str, Caller]) -> None:
        self._callers = callers
        self._said = 0

    def row(self, topic: str) -> tuple[str, str]:
        """Who could say this, and who heard it from somebody who could."""
        said, heard = "", ""
        for letter, caller in self._callers.items():
            self._said += 1
            word = f"word {self._said}".encode()
            if self._says(caller, topic, word):
                said += letter
            self._sweep()
            came = {who for who, one in self._callers.items() if any(m.payload == word for m in one.messages)}
            heard = "".join(who for who in self._callers if who in came or who in heard)
            if came and letter not in said:
                heard += "!"  # refused, and yet somebody heard it
        return said, heard

    def _says(self, caller: Caller, topic: str, word: bytes) -> bool:
        mid = caller.link.publish(topic, word)
        if mid is None:
            return False
        try:
            caller.until(lambda: mid in caller.outcomes or not caller.link.up, "the broker answers, or ends it")
        finally:
            caller.until(lambda: caller.link.up, "it is connected")
        return caller.outcomes.get(mid, "ended") is None

    def _sweep(self) -> None:
        """Wait until each has heard something that was said after all of it."""
        for speaker, hearer in (("c", "k"), ("c", "o"), ("k", "c")):
            self._said += 1
            mark = f"mark {self._said}".encode()
            topic = f"{OWN}/state" if hearer == "c" else f"ev1/ht/tk/{NAMES[hearer]}/ack"
            self._callers[speaker].link.publish(topic, mark)
            self._hear(self._callers[hearer], mark)

    def _hear(self, hearer: Caller, mark: bytes) -> None:
        until_s = time.monotonic() + PATIENCE_S
        while not any(message.payload == mark for message in hearer.messages):
            if time.monotonic() > until_s:
                raise AssertionError("a mark was never heard")
            for one in self._callers.values():
                one.link.step(0.005)


def greeted(settings: LinkSettings) -> bool:
    """Whether the broker greets this identity."""
    with calling(settings, f"{OWN}/ack") as caller:
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            caller.link.step(0.02)
            if caller.link.up:
                return True
            if caller.link.state.value != "connecting":
                return False
    raise AssertionError("the broker never answered")


def greeted_without_certificate(village: Village) -> bool:
    """Whether the broker greets somebody who shows no certificate and says a kiosk's name."""
    context = ssl.create_default_context(cafile=str(village.layout.collector / "server-ca.pem"))
    client = Client(CallbackAPIVersion.VERSION2, NAMES["k"], protocol=MQTTProtocolVersion.MQTTv5)
    client.tls_set_context(context)
    client.username_pw_set(NAMES["k"])
    client.connect("localhost", village.port)
    until_s = time.monotonic() + PATIENCE_S
    while client.loop(0.05) == 0:
        if client.is_connected():
            return True
        if time.monotonic() > until_s:
            raise AssertionError("the broker never answered")
    return False


def prove(folder: Path, *, say: Callable[[str], None] = print) -> list[str]:
    """Play the whole matrix; what differs from it, in words."""
    village = raise_village(folder / "office")
    wrong: list[str] = []
    with ExitStack() as stack:
        stack.callback(village.broker.close)
        revoke_kiosk(village.layout.root, "kiosk-tk-03", now=lambda: datetime.now(UTC))
        village.broker.stop()
        village.broker.start()
        cells = [("no certificate", greeted_without_certificate(village))]
        cells += [(why, greeted(settings)) for why, settings in strangers(village, folder / "strangers")]
        for why, was in cells:
            say(f"  {why:40} {'greeted' if was else 'not greeted'}")
            if was:
                wrong.append(f"{why}: greeted")
        callers = {
            letter: stack.enter_context(calling(link_settings(village, name), "#", "$SYS/#"))
            for letter, name in NAMES.items()
        }
        for caller in callers.values():
            caller.until(lambda caller=caller: caller.link.up, "it is connected")
        table = Table(callers)
        for topic, expected in MATRIX.items():
            found = table.row(topic)
            say(f"  {topic:40} said by {found[0] or '-':4} heard by {found[1] or '-'}")
            if (sorted(found[0]), sorted(found[1])) != (
                sorted(expected[0]),
                sorted(expected[1] if expected[0] else ""),
            ):
                wrong.append(f"{topic}: said by {found[0]!r}, heard by {found[1]!r}; it should be {expected}")
    return wrong


def main() -> int:
    """Play the matrix and say what was found. Returns the exit code."""
    argparse.ArgumentParser(prog="prove acl", description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="acl-") as folder:
        wrong = prove(Path(folder))
    cells = len(MATRIX) * len(NAMES) + len(STRANGERS)
    print("\n".join(wrong) or f"{cells} of {cells} as written down: k {NAMES['k']}, o {NAMES['o']}, c {NAMES['c']}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
