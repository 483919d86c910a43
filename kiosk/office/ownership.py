"""Each folder of an office has its own user in the field: what root wrote there is handed to that user.

`init` and `revoke` run as root. Collector, broker and opener must be able to read what they leave, and nobody else.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from kiosk.office.errors import ProvisioningError
from kiosk.office.layout import OfficeLayout

# Read by the broker alone; it starts as its own user, and could not read what is root's.
BROKER_MODES = {"broker.key": 0o640, "mosquitto.conf": 0o640, "acl": 0o640}


def hand_over(layout: OfficeLayout) -> None:
    """Give the files of broker, collector and opening to the owner and group of their folder. For root alone.

    A folder that has been moved offline is left out.

    Raises:
        ProvisioningError: the files cannot be given away.
    """
    try:
        for folder in (layout.broker, layout.collector, layout.opening):
            if folder.is_dir():
                _hand_over_files(folder, folder.stat())
        _hand_over_shards(layout)
        for name, mode in BROKER_MODES.items():
            (layout.broker / name).chmod(mode)
        # The page tells until when the broker's certificate is good: others may pass, and find that one open.
        layout.broker.chmod(0o751)
    except OSError as error:
        raise ProvisioningError(f"{error.filename} cannot be given to its user: {error.strerror}") from error


def _hand_over_files(folder: Path, owner: os.stat_result) -> None:
    for path in folder.iterdir():
        found = path.lstat()
        # A second name (hard link) could be anybody's file that its folder's user put there.
        if stat.S_ISREG(found.st_mode) and found.st_nlink == 1:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _hand_over_shards(layout: OfficeLayout) -> None:
    """The folders of shards lie in the collector's, and are made by root."""
    shards = layout.shard("x").parent
    if not layout.collector.is_dir() or not shards.is_dir() or shards.is_symlink():
        return
    owner = layout.collector.stat()
    os.chown(shards, owner.st_uid, owner.st_gid, follow_symlinks=False)
    for folder in shards.iterdir():
        if folder.is_dir() and not folder.is_symlink():
            os.chown(folder, owner.st_uid, owner.st_gid, follow_symlinks=False)
            _hand_over_files(folder, owner)
