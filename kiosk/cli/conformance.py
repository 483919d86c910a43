"""`kiosk conformance`: does any kiosk, any office keep the protocol?"""

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from kiosk.conformance.findings import Findings

_HOOK_S = 120.0


def conformance(
    broker: Annotated[str, typer.Option(help="HOST:PORT of the broker between the two sides.")] = "",
    side: Annotated[str, typer.Option(help="Who is tested: office or kiosk.")] = "",
    kiosk: Annotated[list[Path] | None, typer.Option(help="Bundle of a test kiosk (office); twice for all.")] = None,
    stranger: Annotated[Path | None, typer.Option(help="Bundle of a kiosk that the office does not know.")] = None,
    order: Annotated[
        str, typer.Option(help="A command line that lets the office give the first kiosk a command.")
    ] = "",
    crash: Annotated[str, typer.Option(help="A command line that kills the office; it starts again.")] = "",
    office: Annotated[Path | None, typer.Option(help="Directory of the office that is stood in for (kiosk).")] = None,
    name: Annotated[str, typer.Option(help="The kiosk under test (kiosk).")] = "",
    road: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="A port that the kiosk is told in place of the broker's."),
    ] = None,
    within: Annotated[
        float | None, typer.Option(min=0.1, max=600, help="Seconds to wait for an answer: 30, before a kiosk 90.")
    ] = None,
    quiet: Annotated[float, typer.Option(min=0, max=60, help="How long to wait for what must not come.")] = 1,
    json: Annotated[Path | None, typer.Option(help="Write the findings here too, for a program.")] = None,
    make: Annotated[Path | None, typer.Option(help="Make a test office with test kiosks in this directory.")] = None,
    needs: Annotated[bool, typer.Option("--needs", help="List the files that a test needs, and stop.")] = False,
) -> None:
    """Play the other side against a kiosk or an office, and say rule by rule what held.

    Exit code 0: nothing failed; 1: a rule was broken; 2: the test could not be made, with the reason.
    """
    from kiosk.conformance.errors import CannotTest
    from kiosk.conformance.findings import Verdict, as_json, as_text
    from kiosk.conformance.identities import NEEDS, make_test_office

    if needs:
        print(NEEDS)
        return
    findings: Findings | None = None
    trouble = ""
    try:
        host, port = _address(broker)
        if make is not None:
            layout = make_test_office(make, host, port)
            print(f"test office: {layout.root}\nits kiosks' bundles: {layout.root / 'bundles'}")
            print(f"its broker's settings: {layout.broker / 'mosquitto.conf'}")
            return
        if side == "office":
            findings, examine = _of_office(host, port, kiosk or [], stranger, order, crash, within or 30, quiet)
        elif side == "kiosk":
            findings, examine = _of_kiosk(host, port, office, name, road, within or 90, quiet)
        else:
            raise CannotTest("say who is tested: --side office or --side kiosk (--needs lists what each takes)")
        examine()
    except CannotTest as error:
        trouble = str(error)
    if findings is not None and (not trouble or findings.any()):
        rows = findings.table()
        print(as_text(rows))
        if json is not None:
            json.write_text(as_json(findings.side, rows), encoding="utf-8")
        if not trouble and any(row.verdict in {Verdict.FAILED, Verdict.UNREACHED} for row in rows):
            raise typer.Exit(1)
    if trouble:
        print(f"kiosk: {trouble}", file=sys.stderr)
        raise typer.Exit(2)


def _of_office(
    host: str,
    port: int,
    bundles: list[Path],
    stranger: Path | None,
    order: str,
    crash: str,
    within: float,
    quiet: float,
) -> "tuple[Findings, Callable[[], None]]":
    from kiosk.conformance.errors import CannotTest
    from kiosk.conformance.identities import TestKiosk
    from kiosk.conformance.office_side import examine_office, new_findings

    if not 1 <= len(bundles) <= 2:
        raise CannotTest("name one or two test kiosks by --kiosk BUNDLE (--needs lists what is in a bundle)")
    kiosks = [TestKiosk.read(bundle, host, port) for bundle in bundles]
    unknown = TestKiosk.read(stranger, host, port) if stranger is not None else None
    findings = new_findings()
    return findings, lambda: examine_office(
        kiosks,
        findings,
        stranger=unknown,
        order=_hook(order),
        crash=_hook(crash),
        within_s=within,
        quiet_s=quiet,
        say=_progress,
    )


def _of_kiosk(
    host: str, port: int, office: Path | None, name: str, road: int | None, within: float, quiet: float
) -> "tuple[Findings, Callable[[], None]]":
    from kiosk.conformance.errors import CannotTest
    from kiosk.conformance.identities import TestOffice
    from kiosk.conformance.kiosk_side import examine_kiosk, new_findings
    from kiosk.conformance.road import Road

    if office is None or not name:
        raise CannotTest("name the office by --office DIR and the kiosk by --name KIOSK (--needs lists what is in DIR)")
    place = TestOffice.read(office, name, host, port)
    findings = new_findings()
    way = Road(road, host, port) if road is not None else None
    return findings, lambda: examine_kiosk(place, findings, road=way, within_s=within, quiet_s=quiet, say=_progress)


def _address(broker: str) -> tuple[str, int]:
    from kiosk.conformance.errors import CannotTest

    host, _, port = broker.rpartition(":")
    if not host or not port.isdecimal() or not 1 <= int(port) <= 65_535:
        raise CannotTest(f"--broker {broker!r} is not HOST:PORT")
    return host.strip("[]"), int(port)


def _hook(line: str) -> Callable[[], None] | None:
    """What a command line does, within a deadline."""
    from kiosk.conformance.errors import CannotTest

    if not line:
        return None

    def run() -> None:
        try:
            subprocess.run(shlex.split(line), check=True, timeout=_HOOK_S, stdin=subprocess.DEVNULL)
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            raise CannotTest(f"{line!r} did not work: {error}") from error

    return run


def _progress(line: str) -> None:
    print(f"  {line}", file=sys.stderr)
