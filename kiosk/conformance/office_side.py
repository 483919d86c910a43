"""One test of an office, from the first greeting to the last receipt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Final

from kiosk.conformance import greeting, office_refusals, office_scenes, orders, outside
from kiosk.conformance.acting import ActingKiosk
from kiosk.conformance.errors import Unmet
from kiosk.conformance.findings import Findings, Side
from kiosk.conformance.identities import TestKiosk
from kiosk.conformance.peer import Peer

Scene = Callable[[ActingKiosk, Findings], None]
SCENES: Final[Sequence[Scene]] = (
    office_scenes.refuse_a_past,
    office_scenes.send_whole,
    office_scenes.send_in_pieces,
    office_scenes.send_side_by_side,
    office_scenes.send_spoilt,
    office_scenes.send_strange,
    office_scenes.send_out_of_order,
    office_refusals.refuse_what_is_wrong,
    office_refusals.change_nothing,
    office_scenes.hear_the_office,
)


def examine_office(
    kiosks: Sequence[TestKiosk],
    findings: Findings,
    *,
    stranger: TestKiosk | None = None,
    order: Callable[[], None] | None = None,
    crash: Callable[[], None] | None = None,
    scenes: Sequence[Scene] | None = None,
    within_s: float = 15.0,
    quiet_s: float = 1.0,
    say: Callable[[str], None] = lambda _line: None,
) -> None:
    """Play one or two test kiosks, and a stranger, before an office; what is found stands in `findings`.

    Args:
        kiosks: the first one plays everything; the second shows that each gets its own.
        findings: where it is noted.
        stranger: a kiosk that the broker greets and the office does not know.
        order: makes the office give the first kiosk a command.
        crash: kills the office, and starts it again.
        scenes: these alone; else all that there is.
        within_s: how long each answer is waited for, in seconds.
        quiet_s: how long is listened for what must not come, in seconds.
        say: hears what is being played.

    Raises:
        CannotTest: the test could not be made, or must not be.
    """
    first, second = kiosks[0], kiosks[1] if len(kiosks) > 1 else None
    with ExitStack() as stack:

        def acting(kiosk: TestKiosk) -> ActingKiosk:
            peer = Peer(kiosk.road)
            stack.callback(peer.close)
            address = kiosk.address
            hears = (address.ack, address.commands_filter, address.learnt, address.beat)
            peer.connect(*hears, within_s=within_s)
            return ActingKiosk(kiosk, peer, findings, within_s=within_s, quiet_s=quiet_s)

        if scenes is None:
            say("greetings: who is let in, and what a kiosk may say")
            greeting.greet(first, second, findings, within_s=within_s)
        me = acting(first)
        for scene in SCENES if scenes is None else scenes:
            say(_first_words(scene))
            _played(lambda scene=scene: scene(me, findings), findings)
            if findings.never_held("CK-ENROL-11"):
                say("this office answers no offer: nothing else can be tested")
                return
        for scene, hand in ((orders.take_an_order, order), (office_refusals.keep_what_was_answered, crash)):
            if hand is not None:
                say(_first_words(scene))
                _played(lambda scene=scene, hand=hand: scene(me, findings, hand), findings)
        if second is not None and scenes is None:
            say(_first_words(office_refusals.answer_each_its_own))
            other = acting(second)
            _played(lambda: office_refusals.answer_each_its_own(me, other, findings), findings)
        if stranger is not None and scenes is None:
            say(_first_words(office_refusals.stay_unknown))
            outsider = acting(stranger)
            _played(lambda: office_refusals.stay_unknown(outsider, findings), findings)


def new_findings() -> Findings:
    """Empty findings about an office."""
    return Findings(Side.OFFICE, outside.OFFICE)


def _played(scene: Callable[[], None], findings: Findings) -> None:
    try:
        scene()
    except Unmet as unmet:
        findings.expect(unmet.rules, False, unmet.expected, unmet.seen)


def _first_words(scene: Callable[..., None]) -> str:
    return (scene.__doc__ or "").partition(".")[0].partition("Raises")[0].strip()
