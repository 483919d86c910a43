"""One test of a kiosk, from its birth to the last receipt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from kiosk.conformance import kiosk_absence, kiosk_orders, kiosk_scenes, kiosk_settings, outside
from kiosk.conformance.errors import CannotTest, Unmet
from kiosk.conformance.findings import Findings, Side
from kiosk.conformance.identities import TestOffice
from kiosk.conformance.peer import CLOSED, Peer
from kiosk.conformance.road import Road
from kiosk.conformance.standing import StandingOffice
from kiosk.wire.topics import ROOT

Scene = Callable[[StandingOffice, Findings], None]
#: Each takes up where the one before has ended.
SCENES: Final[Sequence[Scene]] = (
    kiosk_scenes.see_it_born,
    kiosk_scenes.keep_silent,
    kiosk_scenes.take_packages,
    kiosk_scenes.withhold_receipts,
    kiosk_scenes.look_at_the_chain,
    kiosk_scenes.lie_and_refuse,
    kiosk_orders.give_commands,
    kiosk_orders.lock_it,
    kiosk_settings.want_settings,
)
#: Without what these bring about, nothing after them means anything.
_NEEDED: Final = (kiosk_scenes.see_it_born, kiosk_scenes.take_packages)


def examine_kiosk(
    office: TestOffice,
    findings: Findings,
    *,
    scenes: Sequence[Scene] = SCENES,
    road: Road | None = None,
    within_s: float = 90.0,
    quiet_s: float = 2.0,
    say: Callable[[str], None] = lambda _line: None,
) -> None:
    """Stand in an office's place before one kiosk; what is found stands in `findings`.

    Args:
        office: whose place, and which kiosk.
        findings: where it is noted.
        scenes: what is played, in order.
        road: by which the kiosk reaches the broker; it is cut once, last of all.
        within_s: how long each answer is waited for, in seconds. A kiosk tells of its outbox once a minute.
        quiet_s: how long is listened for what must not come, in seconds.
        say: hears what is being played.

    Raises:
        CannotTest: the test could not be made, or must not be.
    """
    peer = Peer(office.road)
    address = office.address
    try:
        peer.connect(f"{ROOT}/{address.province}/{address.commune}/{address.kiosk}/#", within_s=within_s)
        standing = StandingOffice(office, peer, findings, within_s, quiet_s)
        for scene in _with_road(scenes, road):
            say((scene.__doc__ or "").partition("\n")[0])
            try:
                scene(standing, findings)
            except Unmet as unmet:
                findings.expect(unmet.rules, False, unmet.expected, unmet.seen)
                if scene in _NEEDED:
                    break
        kiosk_scenes.look_back(standing, findings)
    finally:
        peer.close()
    if peer.ended != CLOSED:
        raise CannotTest(f"the broker ended the connection: {peer.ended}")


def _with_road(scenes: Sequence[Scene], road: Road | None) -> Sequence[Scene]:
    if road is None:
        return scenes

    def cut(office: StandingOffice, findings: Findings) -> None:
        """The road is cut until the kiosk is said to be lost, and mended."""
        kiosk_absence.cut_the_road(office, findings, road)

    return (*scenes, cut)


def new_findings() -> Findings:
    """Empty findings about a kiosk."""
    return Findings(Side.KIOSK, outside.KIOSK)
