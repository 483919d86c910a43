"""What has come of packages that are not whole yet, by sender and package: in memory alone, and bounded.

A kiosk has several small packages under way together (CK-ENROL-15). Whatever is forgotten here its kiosk offers again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from kiosk.wire.chunking import PACKAGES_AT_ONCE, Reassembly
from kiosk.wire.messages import Chunk, Manifest

MAX_HELD_BYTES: Final = 256 * 1024 * 1024
MAX_HELD_PACKAGES: Final = 32_768

Key = tuple[str, str]


class Halves:
    """Half packages. Single-threaded."""

    def __init__(
        self,
        *,
        most_bytes: int = MAX_HELD_BYTES,
        most_packages: int = MAX_HELD_PACKAGES,
        most_each: int = PACKAGES_AT_ONCE,
    ) -> None:
        """At most so much of all senders together, and so many packages of each."""
        self._most_bytes = most_bytes
        self._most_packages = most_packages
        self._most_each = most_each
        self._bytes = 0
        # What was touched longest ago stands first, here and in the list of each sender.
        self._held: OrderedDict[Key, Reassembly] = OrderedDict()
        self._of: dict[str, OrderedDict[str, None]] = {}
        self._asked: dict[str, OrderedDict[str, None]] = {}

    def __len__(self) -> int:
        """How many packages are held."""
        return len(self._held)

    @property
    def held_bytes(self) -> int:
        """How many bytes are held."""
        return self._bytes

    def get(self, sender: str, package_id: str) -> Reassembly | None:
        """What is held of this package."""
        return self._held.get((sender, package_id))

    def offered(self, sender: str, manifest: Manifest) -> Reassembly:
        """Hold this offer: with what came for the very same one before, else anew. Raises ChunkRefused."""
        self.may_ask_again(sender, manifest.id)
        held = self.get(sender, manifest.id)
        if held is None or held.manifest != manifest:
            fresh = Reassembly(manifest)
            self.drop(sender, manifest.id)
            held = self._held[sender, manifest.id] = fresh
        self._touch(sender, manifest.id)
        return held

    def add(self, sender: str, chunk: Chunk) -> bool:
        """Take a chunk of an offer that is held; True when it is whole. Raises KeyError, ChunkRefused."""
        held = self._held[sender, chunk.id]
        before = held.held_bytes
        whole = held.add(chunk)
        self._bytes += held.held_bytes - before
        self._touch(sender, chunk.id)
        return whole

    def drop(self, sender: str, package_id: str) -> None:
        """Forget this package, where it is held."""
        held = self._held.pop((sender, package_id), None)
        if held is None:
            return
        self._bytes -= held.held_bytes
        own = self._of[sender]
        del own[package_id]
        if not own:
            del self._of[sender]

    def asks_again(self, sender: str, package_id: str) -> bool:
        """Whether to ask for a new offer of a package of which a chunk came unexpectedly: once for each."""
        asked = self._asked.setdefault(sender, OrderedDict())
        if package_id in asked:
            return False
        asked[package_id] = None
        if len(asked) > self._most_each:
            asked.popitem(last=False)
        return True

    def may_ask_again(self, sender: str, package_id: str) -> None:
        """It was offered: should it be forgotten here, it may be asked for once more."""
        asked = self._asked.get(sender)
        if asked is not None:
            asked.pop(package_id, None)
            if not asked:
                del self._asked[sender]

    def _touch(self, sender: str, package_id: str) -> None:
        """This one goes last: the half packages that were touched longest ago make room."""
        own = self._of.setdefault(sender, OrderedDict())
        own[package_id] = None
        own.move_to_end(package_id)
        self._held.move_to_end((sender, package_id))
        if len(own) > self._most_each:
            self.drop(sender, next(iter(own)))
        while len(self._held) > self._most_packages or (self._bytes > self._most_bytes and len(self._held) > 1):
            self.drop(*next(iter(self._held)))
