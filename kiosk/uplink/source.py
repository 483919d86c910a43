"""What the uplink sends from: a kiosk's outbox file, or the database of an office that passes packages on."""

from __future__ import annotations

from typing import Protocol

from kiosk.custody.entries import KeptAnswer, OutboxEntry, OutboxSummary, StandingAlert, TelemetrySample


class Packages(Protocol):
    """What the sender needs. Every method raises CustodyError when the source cannot be read just now."""

    def unsettled(self, *, limit: int = 100, after_seq: int = 0) -> list[OutboxEntry]:
        """Packages that may be due, by their place; a source may leave out what was received."""
        ...

    def rejected(self, *, limit: int = 100) -> list[OutboxEntry]:
        """Packages that the office has refused."""
        ...

    def received(self, *, limit: int = 100, after_seq: int = 0) -> list[OutboxEntry]:
        """Packages that the office has and has not settled."""
        ...

    def entry(self, package_id: str) -> OutboxEntry:
        """What is known of this package. Raises UnknownPackage."""
        ...

    def awaits(self, package_id: str, seq: int, sha256: bytes, *, kiosk: str, sender: str) -> bool:
        """Whether a receipt that names these, `kiosk` among them, is for a package of this source, sent as `sender`."""
        ...

    def package(self, package_id: str) -> bytes:
        """The bytes of this package. Raises UnknownPackage."""
        ...


class Source(Packages, Protocol):
    """What the whole uplink needs."""

    def stamp(self) -> tuple[int, ...] | None:
        """Changes whenever the source does; None when it is not there."""
        ...

    def alerts(self) -> list[StandingAlert]:
        """What needs a hand, by code."""
        ...

    def answers(self, *, after: int = 0, limit: int = 100) -> list[KeptAnswer]:
        """Answers to commands with a number above `after`, in order."""
        ...

    def answer(self, command_id: str) -> KeptAnswer | None:
        """The answer to this command; None when there is none."""
        ...

    def summary(self) -> OutboxSummary:
        """What waits, in numbers."""
        ...

    def telemetry(self, *, after: int = 0, limit: int = 100) -> list[TelemetrySample]:
        """Telemetry samples with a number above `after`, in order."""
        ...
