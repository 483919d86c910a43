"""`kiosk check ...`: one device or one file, looked at by itself, for technicians and for trying the judging parts.

With --json each file or item is one JSON object on a line of standard output, and nothing else stands there.
"""

import dataclasses
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

if TYPE_CHECKING:
    from kiosk.biometrics.portrait import Analyser, PortraitLimits

from kiosk.cli.check_camera import check_camera
from kiosk.cli.check_card import check_card
from kiosk.cli.check_finger import check_finger
from kiosk.cli.check_words import check_words

check = typer.Typer(help="Look at one device or one file.", no_args_is_help=True)
check.command("card")(check_card)
check.command("camera")(check_camera)
check.command("finger")(check_finger)
check.command("words")(check_words)

_USUAL_DPI: Final = 500
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line, and nothing else.")]


@check.command("qr")
def check_qr(
    files: Annotated[list[Path], typer.Argument(help="Pictures of identity cards.")], *, as_json: Json = False
) -> None:
    """Find and read the QR code of an identity card in pictures."""
    good = True
    for file in files:
        found = _qr_in(file)
        good &= "error" not in found
        tell({"file": str(file), **found}, as_json=as_json)
    if not good:
        raise typer.Exit(1)


@check.command("print")
def check_print(
    files: Annotated[list[Path], typer.Argument(help="Prints as PNG, BMP, TIFF or PGM, one finger each.")],
    *,
    dpi: Annotated[int | None, typer.Option(help="Of the sensor; without it the file's own, else 500.")] = None,
    draw_to: Annotated[
        Path | None, typer.Option("--map", help="Draw where the ridges are clear over the print; for one file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Judge prints: quality, what is wrong, and the evidence."""
    if draw_to is not None and len(files) != 1:
        raise typer.BadParameter("one file at a time can be drawn", param_hint="--map")
    good = True
    for file in files:
        found = _judged(file, dpi, draw_to)
        good &= "error" not in found
        tell(found, as_json=as_json)
    if not good:
        raise typer.Exit(1)


@check.command("portrait")
def check_portrait(
    files: Annotated[list[Path], typer.Argument(help="Photographs of a face as JPEG, PNG, BMP or WebP.")],
    *,
    limits: Annotated[
        Path | None, typer.Option(help="Other limits: a file like config/portrait.toml.", show_default="the usual ones")
    ] = None,
    draw_to: Annotated[
        Path | None, typer.Option("--draw", help="Draw what was found over the picture, as PNG; for one file.")
    ] = None,
    portrait_to: Annotated[
        Path | None, typer.Option("--portrait", help="Write the cut portrait, its figures beside it; for one file.")
    ] = None,
    landmarks: Annotated[bool, typer.Option(help="Tell the 468 points too.")] = False,
    as_json: Json = False,
) -> None:
    """Judge portraits: every check with its value and limits, the one thing to say, and where the portrait is cut."""
    from kiosk.biometrics.portrait import USUAL, Analyser, ModelsMissing, PortraitLimits
    from kiosk.configuration import SettingsError, read_settings

    for name, path in (("--draw", draw_to), ("--portrait", portrait_to)):
        if path is not None and len(files) != 1:
            raise typer.BadParameter("one file at a time", param_hint=name)
    try:
        used = read_settings(PortraitLimits, limits) if limits is not None else USUAL
        analyser = Analyser()
    except (ModelsMissing, SettingsError) as error:
        print(f"kiosk: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    good = True
    for file in files:
        found = _portrait_in(file, analyser, used, draw_to, portrait_to, landmarks=landmarks)
        good &= "error" not in found
        tell(found, as_json=as_json)
    if not good:
        raise typer.Exit(1)


def _portrait_in(
    file: Path,
    analyser: "Analyser",
    limits: "PortraitLimits",
    draw_to: Path | None,
    portrait_to: Path | None,
    *,
    landmarks: bool,
) -> Mapping[str, Any]:
    from kiosk.biometrics import portrait

    try:
        picture = portrait.read_picture_file(file)
        reading = analyser.analyse(picture, depth=portrait.Depth.SHOT)
        checks = portrait.judge(reading, limits)
        if draw_to is not None:
            draw_to.write_bytes(portrait.draw(picture, reading, checks, limits))
        if portrait_to is not None:
            cut = portrait.crop_portrait(picture, reading, limits.crop)
            portrait_to.write_bytes(cut.jpeg)
            figures = json.dumps(portrait.beside(reading, checks, cut), ensure_ascii=False)
            portrait_to.with_suffix(".json").write_text(figures, encoding="utf-8")
    except portrait.PortraitError as error:
        return {"file": str(file), "error": str(error)}
    except OSError as error:
        return {"file": str(file), "error": f"{error.filename} cannot be written ({error.strerror})"}
    return portrait.report(str(file), reading, checks, limits, landmarks=landmarks)


@check.command("trust")
def check_trust(
    files: Annotated[list[Path], typer.Argument(help="Certificates, master lists, LDIF, revocation lists, archives.")],
    *,
    into: Annotated[Path | None, typer.Option(help="The trust store that takes what is new, one file each.")] = None,
    country: Annotated[str, typer.Option(help="Take this country's alone: two letters.")] = "",
    as_json: Json = False,
) -> None:
    """Account for every certificate in files, and bring them into a trust store; exit code 1 when any was refused."""
    from kiosk.chip.trust_import import import_trust, totals

    try:
        accounts = import_trust(files, into, country=country)
    except OSError as error:
        tell({"file": str(into), "error": f"it cannot be written ({error.strerror})"}, as_json=as_json)
        raise typer.Exit(2) from error
    for one in accounts:
        until = one.until.date().isoformat() if one.until is not None else None
        found = {**dataclasses.asdict(one), "until": until}
        if as_json:
            tell(found, as_json=True)
        else:
            words = (one.role or one.kind, one.name, f"until {until}" if until else "", one.fingerprint, one.reason)
            print(f"{one.outcome:>8}  {'  '.join(word for word in words if word)}")
    counts = totals(accounts)
    tell({"in_all": sum(counts.values()), **counts}, as_json=as_json)
    if counts["refused"]:
        raise typer.Exit(1)


def _judged(file: Path, dpi: int | None, draw_to: Path | None) -> Mapping[str, Any]:
    from kiosk.biometrics.prints import BadPrintFile, assess, draw_map, read_print_file, report

    try:
        print_ = read_print_file(file)
        size = print_.width_px, print_.height_px, dpi or print_.dpi or _USUAL_DPI
        found = report(str(file), assess(print_.grey, *size))
        if draw_to is not None:
            draw_to.write_bytes(draw_map(print_.grey, *size))
    except (BadPrintFile, ValueError) as error:
        return {"file": str(file), "error": str(error)}
    except OSError as error:
        return {"file": str(file), "error": f"the map cannot be written to {draw_to} ({error.strerror})"}
    return found


def _qr_in(file: Path) -> Mapping[str, Any]:
    from kiosk.chip.errors import BadQr
    from kiosk.chip.expiry import expiry_candidates
    from kiosk.chip.qr_file import qr_in_file

    try:
        qr = qr_in_file(file)
    except BadQr as error:
        return {"error": str(error)}
    expiries = [one.written() if one is not None else None for one in expiry_candidates(qr.born, qr.issued)]
    return {
        "number": qr.number.digits,
        "old_number": qr.old_number,
        "name": qr.name,
        "born": qr.born.written(),
        "sex": qr.sex.value if qr.sex is not None else None,
        "residence": qr.residence,
        "issued": qr.issued.written() if qr.issued is not None else None,
        "more": list(qr.tail),
        "expiry_candidates": expiries,
        "doubts": list(qr.number.doubts(born=qr.born, sex=qr.sex)),
    }


def tell(found: Mapping[str, Any], *, as_json: bool) -> None:
    """Write what was found: as one line of JSON, or as lines for people; an error goes to standard error."""
    if as_json:
        print(json.dumps(found, ensure_ascii=False), flush=True)
        return
    if "error" in found:
        print(f"{found.get('file', 'kiosk')}: {found['error']}", file=sys.stderr)
        return
    for key, value in found.items():
        print(f"{key:>18}  {_written(value)}")
    print()


def _written(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(_written(one) for one in value) or "-"  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_written(one)}" for key, one in value.items())  # pyright: ignore[reportUnknownVariableType]
    return str(value)
