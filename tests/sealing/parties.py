"""The kiosk, the office and a clock, as the tests of this folder need them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from kiosk.sealing.header import NO_PREVIOUS, DriverNote, PackageHeader
from kiosk.sealing.keys import Recipients, SigningKey
from kiosk.sealing.suites import OpeningKey

ENROLMENT = "0193b3a0-1234-7abc-8def-0123456789ab"


@dataclass(frozen=True)
class Parties:
    kiosk: SigningKey
    office: SigningKey
    summary: OpeningKey
    body: OpeningKey
    escrow: OpeningKey | None = None

    @property
    def recipients(self) -> Recipients:
        escrow = None if self.escrow is None else self.escrow.public
        return Recipients(self.summary.public, self.body.public, escrow)

    def header(self, **changes: object) -> PackageHeader:
        fields = {
            "id": ENROLMENT,
            "kiosk": "kiosk-tk-01",
            "seq": 1,
            "prev": NO_PREVIOUS,
            "suite": self.recipients.suite,
            "summary_kid": self.summary.kid,
            "body_kid": self.body.kid,
            "escrow_kid": "" if self.escrow is None else self.escrow.kid,
            "boot": "5f2c",
            "mono_ms": 12345,
            "wall": datetime(2026, 11, 24, 2, 30, tzinfo=UTC),
            "clock_src": "ntp",
            "sw": "0.1.0",
            "drivers": {"camera": DriverNote("picamera2", simulated=False)},
        }
        return PackageHeader(**{**fields, **changes})  # type: ignore[arg-type]


def make_parties(suite: str) -> Parties:
    return Parties(
        kiosk=SigningKey.generate(),
        office=SigningKey.generate(),
        summary=OpeningKey.generate(suite),
        body=OpeningKey.generate(suite),
    )


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_800_000_000.0

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)
