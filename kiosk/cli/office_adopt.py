"""`kiosk office adopt`: an office whose registry lies where a service may write gets one that is root's alone."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.cli.office import office, refused

if TYPE_CHECKING:
    from kiosk.office.layout import OfficeLayout


_COMPARE = (
    "compare it with the copy kept offline (`kiosk office adopt COPY --show` shows the same digits), and with what you",
    "know. If a kiosk has renewed its certificate since that copy was made, the digits for all of it differ, and those",
    "without the certificates do not: then compare line by line, and take another certificate than the copy's only",
    "where it ends later, and is of a kiosk that you know to be at work.",
    "Is a kiosk here that nobody admitted, or one trusted that was revoked? Then stop, with Ctrl-C.",
)


@office.command("adopt")
def office_adopt(
    directory: Annotated[Path, typer.Argument(help="The office's directory, or a copy of it that is kept offline.")],
    fingerprint: Annotated[
        str | None, typer.Option(help="The digits, once what is shown was found right; asked for if not given.")
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Only show it, and the digits that stand for it.")] = False,
) -> None:
    """Make the registry and keys that lie in the collector's folder root's own, once a person found them right."""
    from kiosk.office.errors import OfficeError
    from kiosk.office.layout import OfficeLayout

    try:
        if show:
            _show(OfficeLayout(directory))
        elif not _adopted(OfficeLayout(directory), fingerprint):
            print(f"{directory} is adopted already")
    except OfficeError as error:
        raise refused(error) from error


def judge_unadopted(layout: "OfficeLayout") -> None:
    """Adopt an office first, where somebody is there to be asked. Raises ProvisioningError where nobody is."""
    if layout.registry.exists() and sys.stdin.isatty():
        _adopted(layout, None)


def _show(layout: "OfficeLayout") -> str | None:
    from kiosk.office.adopting import find_unadopted

    found = find_unadopted(layout)
    if found is None:
        return None
    print(f"{layout.collector}, where a service may write, holds this registry and these keys:")
    for line in found.lines():
        print(f"  {line}")
    print(f"digits that stand for all of it: {found.digits}")
    print(f"digits without the certificates: {found.lasting}")
    return found.digits


def _adopted(layout: "OfficeLayout", said: str | None) -> bool:
    from kiosk.office.adopting import adopt
    from kiosk.office.ownership import hand_over

    digits = _show(layout)
    if digits is None:
        return False
    for line in _COMPARE:
        print(line)
    kept = adopt(layout, said or str(typer.prompt("the digits, if all of it is right")))
    if os.geteuid() == 0:
        hand_over(layout)
    print(f"adopted: {len(kept.kiosks)} kiosks, revision {kept.revision}; the masters lie in {layout.governing}")
    print("next: keep a new copy of it offline")
    return True
