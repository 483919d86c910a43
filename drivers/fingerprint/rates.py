"""The fastest rate that is safe for a module: trying it, giving it up, and remembering it on this kiosk.

A rate is written into the module's flash, so it is set only when it differs, never outside the family's standard rates,
and a rate that does not hold is taken back. Some modules change at once and some only after a reset or a power cycle
(the manuals contradict each other): what counts is at which rate the module answers.
"""

import json
import logging
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from drivers.fingerprint.commands import BAUD_ORDER, BAUD_STEP, Answer, Instruction
from drivers.fingerprint.exchange import CommandRefused, DeviceSilent, Exchange

STANDARD_RATES = (115200, 57600, 38400, 19200, 9600)
"""What every serial port can do, and both manuals allow (factors 12, 6, 4, 2, 1); the fastest first."""
PROOF_ROUNDS = 8
MOST_ASKED = 3
"""A module that has been asked so often and never took the rate is left as it is."""
_RATE_REGISTER = 4
_ANSWER_S = 0.2
_WAKE_TRIES = 5
_BATTERED_TRIES = 6

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class ModuleRates:
    """What is remembered of one module. `too_fast` proved so; `asked` counts askings that changed nothing."""

    baud: int = 0
    too_fast: set[int] = field(default_factory=set[int])
    asked: int = 0


class RateMemory:
    """A small file of what each module can do, by a key that its driver gives. It holds nothing of anybody.

    A file that is missing, damaged or not ours to read counts as empty: the rates are found out again. One that cannot
    be written is told in the log.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._modules = _read(path)

    def of(self, key: str) -> ModuleRates:
        """Give what is known of a module; change it, and say so with save()."""
        return self._modules.setdefault(key, ModuleRates())

    def likely(self) -> tuple[int, ...]:
        """Give the rates at which modules of this kiosk have spoken, for trying them first."""
        return tuple(dict.fromkeys(one.baud for one in self._modules.values() if one.baud))

    def save(self) -> None:
        """Write the file anew, whole or not at all."""
        modules = {
            key: {"baud": one.baud, "too_fast": sorted(one.too_fast), "asked": one.asked}
            for key, one in sorted(self._modules.items())
        }
        text = json.dumps({"modules": modules}, indent=1) + "\n"
        if text == _text(self._path):
            return
        try:
            handle, name = tempfile.mkstemp(prefix=self._path.name, dir=self._path.parent)
            try:
                with os.fdopen(handle, "w", encoding="ascii") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            _logger.warning("the rates of fingerprint sensors cannot be remembered: %s", error.strerror)


def fastest_first(rates: ModuleRates, *, above: int) -> tuple[int, ...]:
    """Give the standard rates that are worth trying on a module, the fastest first."""
    if rates.asked >= MOST_ASKED:
        return ()
    return tuple(baud for baud in STANDARD_RATES if baud > above and baud not in rates.too_fast)


def slower(baud: int) -> int | None:
    """Give the next lower standard rate; None below the lowest."""
    return next((rate for rate in STANDARD_RATES if rate < baud), None)


class RateChange(StrEnum):
    """What became of asking for a rate. Pending: the module took it, and stays as it was until a power cycle."""

    HOLDS = "holds"
    REFUSED = "refused"
    TOO_FAST = "too_fast"
    PENDING = "pending"


def change_rate(exchange: Exchange, baud: int, *, can_reset: bool) -> RateChange:
    """Bring module and line to a rate, or leave both at the old one; tells which.

    Raises ValueError for a rate outside the family's. A module that is lost between two rates is found again by
    discovery.
    """
    if baud not in BAUD_ORDER:
        raise ValueError(f"no module of the family speaks at {baud}")
    old = exchange.line.baud
    try:
        exchange.ask(Instruction.SET_SYS_PARA, bytes((_RATE_REGISTER, baud // BAUD_STEP)))
    except CommandRefused:
        return RateChange.REFUSED
    except DeviceSilent:
        pass  # the answer was lost, or came at the new rate
    if _holds(exchange, baud):
        return RateChange.HOLDS
    came = _speaks(exchange, baud)
    if not came and can_reset and _speaks(exchange, old):
        with suppress(CommandRefused, DeviceSilent):
            exchange.ask(Instruction.SOFT_RESET, attempts=1)
        came = _speaks(exchange, baud, tries=_WAKE_TRIES)
        if came and _holds(exchange, baud):
            return RateChange.HOLDS
    if came:
        _batter_back(exchange, old, can_reset=can_reset)
        return RateChange.TOO_FAST
    _speaks(exchange, old, tries=_WAKE_TRIES)
    return RateChange.PENDING


def _holds(exchange: Exchange, baud: int) -> bool:
    """Ask often at a rate: not one answer may be missing or broken."""
    if not _speaks(exchange, baud):
        return False
    damage_before = exchange.damage
    with suppress(DeviceSilent, CommandRefused):
        for _ in range(PROOF_ROUNDS):
            exchange.verify_password(timeout_s=_ANSWER_S, attempts=1)
        return exchange.damage == damage_before
    return False


def _speaks(exchange: Exchange, baud: int, *, tries: int = 2) -> bool:
    """Say whether a module answers at a rate at all, even brokenly."""
    exchange.line.baud = baud
    damage_before = exchange.damage
    try:
        exchange.verify_password(timeout_s=_ANSWER_S, attempts=tries)
    except CommandRefused as refused:
        return refused.code != Answer.RECEIVE_ERROR
    except DeviceSilent:
        return exchange.damage > damage_before
    return True


def _batter_back(exchange: Exchange, baud: int, *, can_reset: bool) -> None:
    """Send a module back from a rate at which little of what is said arrives, by saying it until it is gone."""
    fast = exchange.line.baud
    for _ in range(_BATTERED_TRIES):
        exchange.line.baud = fast
        for instruction, content in (
            (Instruction.SET_SYS_PARA, bytes((_RATE_REGISTER, baud // BAUD_STEP))),
            (Instruction.SOFT_RESET, b""),
        ):
            if instruction is Instruction.SET_SYS_PARA or can_reset:
                with suppress(CommandRefused, DeviceSilent):
                    exchange.ask(instruction, content, timeout_s=_ANSWER_S, attempts=1)
        if _holds(exchange, baud):
            return


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return ""


def _read(path: Path) -> dict[str, ModuleRates]:
    try:
        told: Any = json.loads(_text(path))
    except (ValueError, RecursionError):
        return {}
    modules: Any = told.get("modules") if isinstance(told, dict) else None
    if not isinstance(modules, dict):
        return {}
    return {str(key): _one(one) for key, one in modules.items() if isinstance(one, dict)}


def _one(told: Mapping[str, Any]) -> ModuleRates:
    """Read one module's entry; whatever in it cannot be is left out."""

    def known(rate: object) -> bool:
        return isinstance(rate, int) and rate in BAUD_ORDER

    baud, too_fast, asked = told.get("baud"), told.get("too_fast"), told.get("asked")
    return ModuleRates(
        baud if isinstance(baud, int) and known(baud) else 0,
        {rate for rate in too_fast if known(rate)} if isinstance(too_fast, list) else set(),
        asked if type(asked) is int and 0 <= asked <= MOST_ASKED else 0,
    )
