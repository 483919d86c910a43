"""Each folder of an office has its own user in the field: what root wrote there is handed to that user.

`init` and `revoke` run as root. Collector, broker and opener must be able to read what they leave, and nobody else.
"""

from __future__ import annotations

from kiosk.office.errors import ProvisioningError
from kiosk.office.guarded import entered
from kiosk.office.layout import OfficeLayout

# Read by the broker alone; it starts as its own user, and could not read what is root's.
BROKER_MODES = {"broker.key": 0o640, "mosquitto.conf": 0o640, "acl": 0o640}


def hand_over(layout: OfficeLayout) -> None:
    """Give the files of broker, collector and opening to the owner and group of their folder. For root alone.

    A folder that has been moved offline is left out, and so are links and files with a second name: they could be
    anybody's, put there by the folder's user.

    Raises:
        ProvisioningError: the files cannot be given away.
    """
    try:
        for path in (layout.broker, layout.collector, layout.opening):
            if path.is_dir():
                with entered(path) as folder:
                    for name in folder.names():
                        folder.give(name)
        with entered(layout.broker) as folder:
            for name, mode in BROKER_MODES.items():
                folder.set_mode(name, mode)
        # The page tells until when the broker's certificate is good: others may pass, and find that one open.
        layout.broker.chmod(0o751)
    except OSError as error:
        raise ProvisioningError(f"{error.filename} cannot be given to its user: {error.strerror}") from error
