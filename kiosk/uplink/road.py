"""By which road the kiosk reaches its office: the interface that leads everywhere else, by the kernel's table."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_ROUTES: Final = Path("/proc/self/net/route")
_EVERYWHERE: Final = "00000000"
# Names of interfaces are the kernel's; what is none is not told.
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,15}\Z")


def road(routes: Path = _ROUTES) -> str:
    """The interface of the default route with the smallest metric, "wlan0" for example; "" where there is none."""
    found: list[tuple[int, str]] = []
    try:
        lines = routes.read_text(encoding="ascii").splitlines()[1:]
    except (OSError, ValueError):
        return ""
    for line in lines:
        fields = line.split()
        if (
            len(fields) >= 8
            and fields[1] == fields[7] == _EVERYWHERE
            and fields[6].isdigit()
            and _NAME.match(fields[0])
        ):
            found.append((int(fields[6]), fields[0]))
    return min(found, default=(0, ""))[1]
