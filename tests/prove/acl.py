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

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from kiosk.office.authority import Authority, certificate_pem, load_or_make_authority
from kiosk.office.provisioning import revoke_kiosk
from kiosk.uplink.settings import LinkSettings
from tests.office.conftest import Village, raise_village
from tests.office.test_broker_access import Caller, calling, link_settings

OWN: Final = "ev1/ht/tk/kiosk-tk-01"
BELOW: Final = "ev1/ht/tk/office-xa"
FAR: Final = "ev1/ht/vx/kiosk-vx-01"
GONE: Final = "ev1/ht/tk/kiosk-tk-03"
GONE_FAR: Final = "ev1/ht/vx/kiosk-vx-02"
ALL: Final = "ev1/ht/all/all"
# The kiosk's own name, where it is not.
ASTRAY: Final = ("ev1/ht/vx/kiosk-tk-01", "ev1/nb/tk/kiosk-tk-01", "ev1/ht/all/kiosk-tk-01")
SAID: Final = ("birth", "state", "alert/locked", "tele/power", "enrol", "rsp/lock", "renew", "want")

# Topic: who may say it, who else hears it. k: the kiosk of the topic, o: another kiosk of its commune, w: a kiosk of
# another commune, whose collector is the shard's, s; b: an office below; c: the collector.
MATRIX: Final = {
    **{f"{OWN}/{word}": ("k", "c") for word in SAID},
    **{f"{OWN}/{word}": ("c", "k") for word in ("ack", "cert", "cmd/lock", "roster", "desired")},
    **{f"{BELOW}/{word}": ("b", "c") for word in ("state", "enrol", "renew", "vouch/kiosk-xa-01")},
    **{f"{BELOW}/{word}": ("c", "b") for word in ("ack", "cert", "cmd/lock", "roster", "desired")},
    **{f"{FAR}/{word}": ("w", "cs") for word in SAID},
    # Each hears what the other says: both are the office's.
    **{f"{FAR}/{word}": ("cs", "csw") for word in ("ack", "cert", "cmd/lock", "roster", "desired")},
    **{f"{ALL}/{word}": ("cs", "bckosw") for word in ("learnt", "beat", "keys")},
    # A kiosk in another place than its own is nobody.
    **{f"{astray}/{word}": ("", "") for astray in ASTRAY for word in SAID},
    "ev1/ht/vx/kiosk-tk-01/ack": ("cs", "cs"),
    "ev1/nb/tk/kiosk-tk-01/ack": ("c", ""),
    "ev1/nb/tk/kiosk-tk-01/cmd/lock": ("c", ""),
    "ev1/ht/tk/kiosk-vx-01/enrol": ("", ""),
    "ev1/ht/tk/kiosk-vx-01/ack": ("c", ""),
    "ev1/nb/all/all/beat": ("c", "bkosw"),
    # Who is no office vouches for nobody.
    f"{OWN}/vouch/kiosk-tk-09": ("", ""),
    f"{FAR}/vouch/kiosk-tk-09": ("", ""),
    # Of a revoked kiosk what was retained is taken back.
    **{f"{GONE}/{word}": ("c", "") for word in (*SAID, "vouch/x", "ack")},
    **{f"{GONE_FAR}/{word}": ("cs", "cs") for word in ("state", "alert/locked", "ack")},
    # What is nobody's.
    f"{OWN}/anything": ("", ""),
    f"{OWN}/cmd": ("", ""),
    f"{OWN}/roster/more": ("", ""),
    f"{OWN}/desired/more": ("", ""),
    f"{OWN}/want/more": ("", ""),
    f"{OWN}/ack/more": ("", ""),
    f"{OWN}/enrol/more": ("", ""),
    f"{ALL}/enrol": ("", ""),
    f"{ALL}/cmd/lock": ("c", ""),
    f"{ALL}/ack": ("c", ""),
    f"{ALL}/cert": ("c", ""),
    f"{ALL}/desired": ("c", ""),
    "ev1/ht/tk/collector/enrol": ("", ""),
    "ev1/ht/vx/collector-north/enrol": ("", ""),
    "ev1": ("", ""),
    "ev2/ht/tk/kiosk-tk-01/enrol": ("", ""),
    "elsewhere": ("", ""),
    "$SYS/broker/version": ("", ""),
    "$share/all/ev1": ("", ""),
}
NAMES: Final = {
    "k": "kiosk-tk-01",
    "o": "kiosk-tk-02",
    "w": "kiosk-vx-01",
    "b": "office-xa",
    "c": "collector",
    "s": "collector-north",
}
PLACES: Final = {"k": OWN, "o": "ev1/ht/tk/kiosk-tk-02", "w": FAR, "b": BELOW}
STRANGERS: Final = ("no certificate", "revoked", "expired", "another authority", "a server's certificate", "no purpose")
# What somebody with two names says on the topics of both: the first of a certificate's names counts, and no other one.
TWO_NAMES: Final = {
    "two names in a certificate, on the first one's topic": True,
    "two names in a certificate, on the second one's topic": False,
    "another name told beside the certificate, on the certificate's topic": True,
    "another name told beside the certificate, on that one's topic": False,
}
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
    own: LinkSettings,
    folder: Path,
    authority: Authority,
    *,
    now: datetime,
    server: bool = False,
    names: tuple[str, ...] = (),
) -> LinkSettings:
    """A certificate in this kiosk's very name, by this authority; in all of ``names`` where some are given."""
    folder.mkdir(parents=True)
    key = generate_private_key(SECP256R1())
    name = own.identity
    issued = (
        authority.issue_server(key.public_key(), name, hosts=[name], now=now)
        if server
        else authority.issue_client(key.public_key(), name, now=now)
    )
    if names:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, one) for one in names])
        builder = x509.CertificateBuilder(issued.issuer, subject, issued.public_key(), issued.serial_number)
        builder = builder.not_valid_before(issued.not_valid_before_utc).not_valid_after(issued.not_valid_after_utc)
        for extension in issued.extensions:
            builder = builder.add_extension(extension.value, critical=extension.critical)
        issued = builder.sign(authority.key, SHA256())
    key_file, certificate_file = folder / "tls.key", folder / "tls.pem"
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key_file.chmod(0o400)
    certificate_file.write_bytes(certificate_pem(issued))
    return replace(own, key_file=key_file, certificate_file=certificate_file)


class Table:
    """Those who are greeted, and what each of them has heard."""

    def __init__(self, callers: dict[str, Caller]) -> None:
        self._callers = callers
        self._said = 0

    def row(self, topic: str) -> tuple[str, str]:
        """Who could say this, and who heard it from somebody who could."""
        words: dict[str, bytes] = {}
        said, heard = "", set[str]()
        for letter, caller in self._callers.items():
            self._said += 1
            words[letter] = f"word {self._said}".encode()
            if self._says(caller, topic, words[letter]):
                said += letter
                self._sweep()
        self._sweep()
        for letter, word in words.items():
            came = {who for who, one in self._callers.items() if any(m.payload == word for m in one.messages)}
            heard |= came
            if came and letter not in said:
                heard.add("!")  # refused, and yet somebody heard it
        for caller in self._callers.values():
            caller.messages.clear()
        return said, "".join(sorted(heard))

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
        self._said += 1
        mark = f"mark {self._said}".encode()
        for place in PLACES.values():
            self._callers["c"].link.publish(f"{place}/ack", mark)
        self._callers["w"].link.publish(f"{FAR}/state", mark)  # for both collectors
        until_s = time.monotonic() + PATIENCE_S
        while not all(any(m.payload == mark for m in one.messages) for one in self._callers.values()):
            if time.monotonic() > until_s:
                raise AssertionError("a mark was never heard")
            for one in self._callers.values():
                one.link.step(0.002)


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


def two_names(village: Village, folder: Path) -> Iterator[tuple[str, bool]]:
    """What becomes of a certificate with two names, and of a name that is told beside a certificate."""
    first, second = NAMES["o"], NAMES["k"]
    device = load_or_make_authority(village.layout.authority, "device-ca", name="x", now=datetime.now(UTC))
    settings = _issued(link_settings(village, first), folder, device, now=datetime.now(UTC), names=(first, second))
    beside = replace(link_settings(village, first), identity=second)
    for what, one in (("two names in a certificate", settings), ("another name told beside the certificate", beside)):
        words = ("the first one's", "the second one's") if one is settings else ("the certificate's", "that one's")
        for whose, name in zip(words, (first, second), strict=True):
            with calling(one, f"{OWN}/ack") as caller:
                caller.until(lambda caller=caller: caller.link.up, "it is connected")
                yield f"{what}, on {whose} topic", caller.say(f"ev1/ht/tk/{name}/state") is None


def settings_of(village: Village, letter: str) -> LinkSettings:
    """How this identity connects."""
    name = NAMES[letter]
    if letter != "s":
        return link_settings(village, name)
    folder = village.layout.shard("north")
    whole = link_settings(village, "collector")
    return replace(whole, identity=name, certificate_file=folder / "tls.pem", key_file=folder / "tls.key")


def founded(folder: Path) -> Village:
    """An office with two communes, a shard for one of them, an office below, and in each commune a revoked kiosk."""
    kiosks = {f"kiosk-tk-0{n}": "tk" for n in (1, 2, 3)} | {f"kiosk-vx-0{n}": "vx" for n in (1, 2)}
    village = raise_village(folder, kiosks, shards={"north": ["vx"]}, offices={"office-xa": "tk"})
    for kiosk in ("kiosk-tk-03", "kiosk-vx-02"):
        revoke_kiosk(village.layout.root, kiosk, now=lambda: datetime.now(UTC))
    village.broker.stop()
    village.broker.start()
    return village


def prove(folder: Path, *, say: Callable[[str], None] = print) -> list[str]:
    """Play the whole matrix; what differs from it, in words."""
    wrong: list[str] = []
    with ExitStack() as stack:
        village = founded(folder / "office")
        stack.callback(village.broker.close)
        cells = [("no certificate", greeted_without_certificate(village))]
        cells += [(why, greeted(settings)) for why, settings in strangers(village, folder / "strangers")]
        for why, was in cells:
            say(f"  {why:68} {'greeted' if was else 'not greeted'}")
            if was:
                wrong.append(f"{why}: greeted")
        for what, could in two_names(village, folder / "two"):
            say(f"  {what:68} {'said' if could else 'refused'}")
            if could != TWO_NAMES[what]:
                wrong.append(f"{what}: {could}; it should be {TWO_NAMES[what]}")
        callers = {
            letter: stack.enter_context(calling(settings_of(village, letter), "#", "$SYS/#")) for letter in NAMES
        }
        for caller in callers.values():
            caller.until(lambda caller=caller: caller.link.up, "it is connected")
        table = Table(callers)
        for topic, expected in MATRIX.items():
            found = table.row(topic)
            say(f"  {topic:40} said by {found[0] or '-':6} heard by {found[1] or '-'}")
            if (sorted(found[0]), found[1]) != (sorted(expected[0]), "".join(sorted(expected[1]))):
                wrong.append(f"{topic}: said by {found[0]!r}, heard by {found[1]!r}; it should be {expected}")
    return wrong


def main() -> int:
    """Play the matrix and say what was found. Returns the exit code."""
    argparse.ArgumentParser(prog="prove acl", description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="acl-") as folder:
        wrong = prove(Path(folder))
    cells = len(MATRIX) * len(NAMES) + len(STRANGERS) + len(TWO_NAMES)
    whose = ", ".join(f"{letter} {name}" for letter, name in NAMES.items())
    print("\n".join(wrong) or f"{cells} of {cells} as written down: {len(MATRIX)} topics for {whose}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
