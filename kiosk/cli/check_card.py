"""`kiosk check card`: read one card, say what was proven, and what each stage took.

Exit code 0: the card was read, and the table says what it proves. 1: it could not be read. 2: a wrong option, no reader
or no card. With --json an error is an object, too.
"""

import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TextIO

import typer

from kiosk.settings import KIOSK_FILE, load_kiosk_settings

if TYPE_CHECKING:
    from drivers.card.api import CardReader
    from kiosk.chip.keys import Key
    from kiosk.chip.results import ChipRead, PartialRead
    from kiosk.chip.trace import Trace
    from kiosk.chip.trust import TrustStore

SHIPPED_TRUST: Final = Path(__file__).resolve().parents[2] / "config" / "trust"
_LIFTS: Final = 10
_TWELVE: Final = re.compile(r"[0-9]{12}")
_ISO_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_NO_EXPIRY: Final = ("none", "never", "không thời hạn")
_MRZ_CHECKS: Final = ("number", "birth", "expiry")


def check_card(
    reader: Annotated[str, typer.Option(help="A part of the reader's name; else one on which a card lies.")] = "",
    number: Annotated[str, typer.Option(help="Twelve digits, or the document number of the MRZ.")] = "",
    birth: Annotated[str, typer.Option(help="dd/mm/yyyy, yyyy-mm-dd, or YYMMDD as in the MRZ.")] = "",
    expiry: Annotated[str, typer.Option(help="The same; “none” for a card that does not expire.")] = "",
    mrz: Annotated[str, typer.Option(help="The two or three machine-readable lines, as one text.")] = "",
    can: Annotated[str, typer.Option(help="The card access number: six digits.")] = "",
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, and nothing else.")] = False,
    trace: Annotated[Path | None, typer.Option(help="Write each command and answer here, a line of JSON each.")] = None,
    trace_personal: Annotated[bool, typer.Option(help="Whole bytes in the trace: personal data, too.")] = False,
    trust: Annotated[Path | None, typer.Option(help="The trust store; else the one of the kiosk's settings.")] = None,
    portrait: Annotated[Path | None, typer.Option(help="Write the portrait here, as the chip has it.")] = None,
    wait: Annotated[float, typer.Option(min=0.0, max=600.0, help="Seconds to wait for a card.")] = 30.0,
) -> None:
    """Read the chip of an identity card or passport: what it says, what could be proven, what it took."""
    from drivers.errors import DeviceError
    from kiosk.chip.errors import ChipError
    from kiosk.chip.report import failure

    try:
        keys = keys_of(number=number, birth=birth, expiry=expiry, mrz=mrz, can=can)
        found = _Session(reader, wait, quiet=as_json).run(keys, trust, (trace, trace_personal), portrait)
    except (ChipError, DeviceError, OSError) as error:
        told = failure(error)
        if as_json:
            print(json.dumps(told, ensure_ascii=False), flush=True)
        else:
            print(f"kiosk: {_sentence(told['error'])}", file=sys.stderr)
        raise typer.Exit(1 if isinstance(error, ChipError) and error.stage else 2) from error
    if as_json:
        print(json.dumps(found, ensure_ascii=False), flush=True)
    else:
        print("\n".join(_lines(found)))


def keys_of(*, number: str, birth: str, expiry: str, mrz: str, can: str) -> "list[Key]":
    """Make the keys of what was given, the card access number first. Raises BadKeyText, BadMrz."""
    from kiosk.chip.errors import BadKeyText
    from kiosk.chip.keys import CanKey, Key, MrzKey
    from kiosk.chip.mrz import parse_mrz

    keys: list[Key] = []
    if can:
        keys.append(CanKey(can.strip()))
    if mrz:
        lines = parse_mrz(re.sub(r"\\N|[/|]", "\n", mrz.upper()))
        if wrong := [name for name in lines.wrong_checks if name in _MRZ_CHECKS]:
            raise BadKeyText(f"the check digit behind {wrong[0]} does not fit: compare the lines with the card")
        keys.append(MrzKey.of(lines))
    if number or birth or expiry:
        if not (number and birth and expiry):
            raise BadKeyText("--number, --birth and --expiry go together; “--expiry none” is a card that never expires")
        digits = re.sub(r"[\s.-]", "", number).upper()
        digits = digits[-9:] if _TWELVE.fullmatch(digits) else digits
        keys.append(MrzKey(digits, _mrz_date(birth), _mrz_date(expiry)))
    if not keys:
        raise BadKeyText(
            "a chip opens with what is printed on the card: give --number, --birth and --expiry, --mrz or --can"
        )
    return keys


def _mrz_date(text: str) -> str:
    """Write a date as the MRZ does. Raises BadKeyText, which does not repeat it."""
    from kiosk.chip.errors import BadKeyText
    from kiosk.chip.keys import NO_EXPIRY, yymmdd
    from kiosk.domain.dates import PartialDate
    from kiosk.domain.errors import BadDate

    cleaned = text.strip()
    if cleaned.casefold() in _NO_EXPIRY:
        return NO_EXPIRY
    if re.fullmatch(r"[0-9<]{6}", cleaned):
        return cleaned
    if iso := _ISO_DATE.fullmatch(cleaned):
        cleaned = "/".join(reversed(iso.groups()))
    try:
        return yymmdd(PartialDate.parse(cleaned))
    except BadDate as error:
        raise BadKeyText(f"a date cannot be read ({error}): write it as dd/mm/yyyy or YYMMDD") from error


class _Session:
    """One look at one card: reader, card, reading on after a lift, and the judgement."""

    def __init__(self, reader_name: str, wait_s: float, *, quiet: bool) -> None:
        self._reader_name = reader_name
        self._wait_s = wait_s
        self._quiet = quiet

    def run(
        self, keys: "Sequence[Key]", trust: Path | None, trace: tuple[Path | None, bool], portrait: Path | None
    ) -> Mapping[str, Any]:
        """Read and judge. Raises ChipError, DeviceError, OSError."""
        from kiosk.chip.findings import judge
        from kiosk.chip.report import report

        name, folder = self._settings(trust)
        store = _load_trust(folder)
        reader = _open(name)
        try:
            atr = self._wait(reader)
            with _tracing(reader, *trace) as passing:
                read = self._read(reader, keys, atr, passing)
            began_s = time.monotonic()
            found = judge(read, store, at=datetime.now(UTC))
            judged_s = time.monotonic() - began_s
            identity = reader.identity()
        finally:
            reader.close()
        if portrait is not None and read.portrait is not None:
            with open(portrait, "wb", opener=_for_the_owner) as stream:
                stream.write(read.portrait.data)
        told = report(read, found, today=date.today())  # noqa: DTZ011 - the century of a birth date
        told["stages"]["passive_authentication"] = {"apdus": 0, "seconds": round(judged_s, 4), "card_seconds": 0.0}
        return {
            "reader": {"name": identity.name, "virtual": identity.simulated, "extended": identity.extended},
            "atr": atr.hex().upper(),
            **told,
        }

    def _settings(self, trust: Path | None) -> tuple[str, Path]:
        """Give the reader's name and the trust store: as told here, else as the kiosk's settings have them."""
        if KIOSK_FILE.is_file():
            card = load_kiosk_settings(KIOSK_FILE).card
            return self._reader_name or card.reader, trust or card.trust
        return self._reader_name, trust or SHIPPED_TRUST

    def _wait(self, reader: "CardReader") -> bytes:
        if not self._quiet:
            print(f"lay the card on {reader.identity().name}", file=sys.stderr)
        return reader.wait_for_card(self._wait_s)

    def _read(self, reader: "CardReader", keys: "Sequence[Key]", atr: bytes, passing: "Trace | None") -> "ChipRead":
        """Read the card, and go on where it stopped when it was lifted and laid down again."""
        from drivers.errors import DeviceError
        from kiosk.chip.errors import CardLost
        from kiosk.chip.memory import ReaderMemory
        from kiosk.chip.reading import EVERYTHING, read_chip

        so_far: PartialRead | None = None
        memory = ReaderMemory(reader_extended=reader.identity().extended)
        for _ in range(_LIFTS):
            try:
                return read_chip(
                    reader.transmit if passing is None else passing.transmit,
                    keys,
                    wanted=EVERYTHING,
                    so_far=so_far,
                    memory=memory,
                    atr=atr,
                    on_stage=None if passing is None else passing.begin,
                )
            except CardLost as lost:
                so_far = lost.so_far or so_far
                try:
                    if not self._quiet:
                        print("the card went: what was read is kept", file=sys.stderr)
                    atr = self._wait(reader)
                except DeviceError as gone:
                    last = CardLost(f"{lost}; {gone}", so_far=so_far)
                    last.stage, last.status = lost.stage, lost.status
                    raise last from gone
        raise CardLost("the card went again and again: lay it flat on the reader and leave it there", so_far=so_far)


def _open(name: str) -> "CardReader":
    """Open the reader that is meant: the named one, else one with a card on it. Raises DeviceMissing."""
    from drivers.card.real import open_reader, readers_with_card
    from drivers.errors import DeviceGone, DeviceMissing

    if not name:
        try:
            name = next(iter(readers_with_card()), "")
        except DeviceGone as error:
            raise DeviceMissing(str(error)) from error
    return open_reader(name or None, simulated=not name)


def _for_the_owner(path: str, flags: int) -> int:
    """Open a file that only its owner may look into, also where it lay there already."""
    descriptor = os.open(path, flags, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def _tracing(reader: "CardReader", file: Path | None, personal: bool) -> "Iterator[Trace | None]":
    """Write a trace while reading; only its owner may look into it."""
    from kiosk.chip.trace import Trace

    if file is None:
        yield None
        return
    stream: TextIO
    with open(file, "w", encoding="ascii", opener=_for_the_owner) as stream:
        yield Trace(reader.transmit, stream, personal=personal)


def _load_trust(folder: Path) -> "TrustStore":
    from kiosk.chip.trust import load_store

    return load_store(folder)[0]


def _sentence(error: Mapping[str, Any]) -> str:
    where = ", ".join(part for part in (error["stage"], error["status"]) if part)
    return f"{error['message']} [{where}]" if where else str(error["message"])


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    """What was found, for people: what the card says, the table, and what it took."""
    access, passive = found["access"], found["passive_authentication"]
    yield f"{'reader':>22}  {found['reader']['name']}"
    way = f"{access['protocol']} with {access['key']}, {access['method']} {access['parameters'] or ''}"
    yield f"{'opened by':>22}  {way}"
    for group in ("dg1", "dg2", "dg11", "dg12", "dg13"):
        if found[group] is not None:
            yield f"\n{group.upper()}"
            yield from (
                f"{name:>22}  {_value(value)}" for name, value in found[group].items() if value not in ("", [], None)
            )
    yield "\nwhat is proven"
    for name, check in found["table"].items():
        yield f"{name:>22}  {check['verdict'].replace('_', ' '):<13}  {check['reason']}"
    for name in ("chip_authentication", "active_authentication"):
        yield f"{name:>22}  {found[name]['verdict'].replace('_', ' '):<13}  {found[name]['reason']}"
    for name, check in passive["groups"].items():
        yield f"{name:>22}  {check['verdict'].replace('_', ' '):<13}  {check['reason']}"
    for name, status in found["refused"].items():
        yield f"{name:>22}  refused by the card ({status})"
    if found["not_asked_for"]:
        yield f"{'not asked for':>22}  {', '.join(found['not_asked_for'])}"
    for name, reason in found["unreadable"].items():
        yield f"{name:>22}  {reason}"
    yield f"\n{'stage':>22}  commands  seconds  of these by the card"
    for name, stage in found["stages"].items():
        yield f"{name:>22}  {stage['apdus']:>8}  {stage['seconds']:>7.3f}  {stage['card_seconds']:>7.3f}"
    yield f"{'in all':>22}  {found['apdus']:>8}  {found['seconds']:>7.3f}"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_value(one)}" for name, one in value.items())  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value)  # pyright: ignore[reportUnknownVariableType]
    return str(value)
