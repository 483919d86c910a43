"""Where everything lies in an office directory. Names only: nothing is made or read here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class OfficeLayout:
    """The folders of one office.

    ``authority`` and ``opening`` are private and belong offline once the kiosks are handed out; ``commanding`` holds
    the key that kiosks obey, and ``governing`` what root alone decides (`kiosk.office.governing`): no service can read
    either; ``broker`` is what Mosquitto reads; ``collector`` is what the serving process reads and writes; ``bundles``
    is what leaves with each kiosk.
    """

    root: Path

    @property
    def authority(self) -> Path:
        return self.root / "authority"

    @property
    def broker(self) -> Path:
        return self.root / "broker"

    @property
    def collector(self) -> Path:
        return self.root / "collector"

    @property
    def opening(self) -> Path:
        return self.root / "opening"

    @property
    def opening_key(self) -> Path:
        return self.opening / "opening.key"

    @property
    def commanding(self) -> Path:
        return self.root / "commanding"

    @property
    def command_key(self) -> Path:
        return self.commanding / "command.key"

    @property
    def governing(self) -> Path:
        return self.root / "governing"

    @property
    def master_registry(self) -> Path:
        """The registry, as root wrote it; root's commands read this one alone."""
        return self.governing / "registry.json"

    @property
    def master_keys(self) -> Path:
        """The office's public keys, as root wrote them; whoever signs or hands out keys reads these alone."""
        return self.governing / "office-keys.json"

    @property
    def master_recipients(self) -> Path:
        """The signed word about whom kiosks seal for, as root wrote it."""
        return self.governing / "recipients.cose"

    @property
    def registry_key(self) -> Path:
        """The key by which root signs the registry (`kiosk.office.signed`)."""
        return self.governing / "registry.key"

    @property
    def master_registry_word(self) -> Path:
        """The registry as root signed it."""
        return self.governing / "registry.cose"

    @property
    def master_governor_word(self) -> Path:
        """By which key root signs the registry, signed by the command key."""
        return self.governing / "registry-key.cose"

    @property
    def waiting_opening_key(self) -> Path:
        """The public half of an opening key that is on its medium, and that no kiosk seals for yet."""
        return self.governing / "waiting-opening-key.json"

    @property
    def registry(self) -> Path:
        """The copy of the registry that services read, and whoever captured one could have changed."""
        return self.collector / "registry.json"

    @property
    def registry_word(self) -> Path:
        """The copy of the signed registry; where it is there, `registry` is what stands in it."""
        return self.collector / "registry.cose"

    @property
    def governor_word(self) -> Path:
        """The copy of the word by which key root signs the registry."""
        return self.collector / "registry-key.cose"

    @property
    def recipients(self) -> Path:
        """The copy of the signed word about whom kiosks seal for that the collector tells."""
        return self.collector / "recipients.cose"

    @property
    def renewals(self) -> Path:
        """What kiosks ask, and what was signed for them; the collector's."""
        return self.collector / "renewals"

    @property
    def database(self) -> Path:
        return self.collector / "office.db"

    def shard(self, name: str) -> Path:
        """Where the TLS key and certificate of a shard's collector are; of the one without a name for ''."""
        return self.collector / "shards" / name if name else self.collector

    @property
    def upstream_inbox(self) -> Path:
        """What came from the office above until it was taken in."""
        return self.collector / "upstream.db"

    @property
    def upstream_identity(self) -> Path:
        """The certificates by which this office is known above, once they were renewed."""
        return self.collector / "upstream"

    def bundle(self, kiosk: str) -> Path:
        """The folder that leaves with ``kiosk``: ``uplink/`` for one user, ``kiosk/`` for the other."""
        return self.root / "bundles" / kiosk
