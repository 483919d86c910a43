"""`kiosk office renewals`: what must be renewed, whenever the authority's keys are at hand."""

import os
from typing import TYPE_CHECKING

from kiosk.cli.office import known_office, office, refused
from kiosk.cli.standing import OfficeFile
from kiosk.settings import OFFICE_FILE

if TYPE_CHECKING:
    from datetime import datetime

    from kiosk.office.layout import OfficeLayout


@office.command("renewals")
def office_renewals(settings: OfficeFile = OFFICE_FILE) -> None:
    """Sign what kiosks ask for, and renew the office's own certificates and revocation list long before they end.

    As root, by a timer or by hand. Without the authority's keys it only says what waits; on a computer where the
    office is not governed it says where it is.
    """
    from datetime import UTC, datetime

    from kiosk.office.bundles import load_authorities
    from kiosk.office.errors import OfficeError
    from kiosk.office.governing import governed_elsewhere
    from kiosk.office.renewing import sign_renewals, waiting_renewals
    from kiosk.office.upkeep import authority_here

    layout, now = known_office(settings).layout, datetime.now(UTC)
    waiting = waiting_renewals(layout)
    if place := governed_elsewhere(layout):
        print(f"this office is governed at {place}, and renewals are signed there: nothing is to be done here")
        return
    if not authority_here(layout):
        print(f"{len(waiting)} kiosks wait for a certificate; {layout.authority} is offline: bring it back for this")
        _look_at_list(layout)
        return
    try:
        _keep_up(layout, now)
        device = load_authorities(layout.authority, now).device
        for signed in sign_renewals(layout, device, now=now.replace(microsecond=0)):
            until = f"renewed until {signed.until:%Y-%m-%d}" if signed.until else f"refused: {signed.refused}"
            print(f"{signed.kiosk}: {until}")
    except OfficeError as error:
        raise refused(error) from error
    except OSError as error:
        raise refused(OfficeError(f"{error.filename} cannot be written: {error.strerror}")) from error
    if not waiting:
        print("no kiosk waits for a certificate")


def _keep_up(layout: "OfficeLayout", now: "datetime") -> None:
    from kiosk.office.brokerunit import here, tell
    from kiosk.office.ownership import hand_over
    from kiosk.office.upkeep import AT_START, BROKER, keep_up

    changed = keep_up(layout, now=now)
    if os.geteuid() == 0:
        hand_over(layout)
    for name in changed:
        print(f"{name} was made anew")
    if set(changed) & set(BROKER) and here():
        # A list that is only reloaded leaves a revoked kiosk the connection that it has.
        tell("restart" if set(changed) & set(AT_START) else "reload")


def _look_at_list(layout: "OfficeLayout") -> None:
    from kiosk.office.errors import OfficeError
    from kiosk.office.governing import governed_registry
    from kiosk.office.revoking import missing_revocations

    try:
        registry = governed_registry(layout)
        missing = missing_revocations(layout, registry, None)
    except OfficeError as error:
        raise refused(error) from error
    if missing:
        who = [one.kiosk for one in registry.kiosks.values() if missing & set(one.serials)]
        raise refused(
            OfficeError(
                f"the broker's revocation list lacks {', '.join(sorted(who))}: bring {layout.authority} back, then "
                f"`kiosk office revoke {layout.root} {min(who)}` once more"
            )
        )
