"""What a person does by command to kiosks: give one, carry one in a file, look at the answers. Beside the collector.

The command key is read first, by whoever may; the database is opened as the collector's user.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from kiosk.custody.entries import from_text
from kiosk.domain.commands import SETTINGS, Args, Order, Value, Verb, Whole, order_of
from kiosk.domain.errors import BadOrder
from kiosk.office import tables
from kiosk.office.commanding import Given, find_command, give, given_commands
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.governing import check_adopted
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import load_registry
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import OfficeKeys, SigningKey

_LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Commander:
    """The hand that gives commands: the key, and whose it is."""

    key: SigningKey
    by: str

    @classmethod
    def of(cls, layout: OfficeLayout, by: str) -> Commander:
        """Read the command key. Raises OfficeError, also for a key that no kiosk of this office knows."""
        path = layout.command_key
        check_adopted(layout)
        try:
            key = SigningKey.load(path)
            known = OfficeKeys.load(layout.master_keys).command
        except SealingError as error:
            raise OfficeError(
                f"{error}; commands are given by who may read {path} (root), after kiosk office init"
            ) from error
        if known is None or known != key.public:
            raise OfficeError(f"{path} is not the key that this office's kiosks obey; run `kiosk office init` again")
        return cls(key, by)

    def give(
        self,
        settings: OfficeSettings,
        kiosk: str,
        order: Order,
        *,
        lasts: timedelta,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Given:
        """Sign and keep a command; a running collector tells it. Raises OfficeError."""
        registry = load_registry(settings.layout.registry)
        with closing(OfficeDatabase.open(settings.database)) as database:
            return give(database, registry, self.key, kiosk=kiosk, order=order, by=self.by, now=now(), lasts=lasts)


def list_commands(settings: OfficeSettings, kiosk: str | None, *, limit: int) -> list[Given]:
    """What was given, newest first. Raises OfficeError."""
    load_registry(settings.layout.registry)
    with closing(OfficeDatabase.open(settings.database)) as database:
        return given_commands(database, kiosk=kiosk, limit=limit)


def await_answer(settings: OfficeSettings, command_id: str, *, within_s: float) -> Given:
    """Wait until the kiosk has done or refused it, at most so long; gives how it stands then. Raises OfficeError."""
    until_s = time.monotonic() + within_s
    with closing(OfficeDatabase.open(settings.database)) as database:
        while True:
            found = find_command(database, command_id)
            if found is None:
                raise OfficeError(f"there is no command {command_id}; `kiosk office commands` lists them")
            if found.state in {"done", "refused"} or time.monotonic() >= until_s:
                return found
            time.sleep(_LOOK_S)


def what_erasing_ends(settings: OfficeSettings, kiosk: str, *, now: datetime) -> list[str]:
    """What waits on a kiosk that nobody there can go on with after `erase`, or that is nowhere else; a line for each.

    As the kiosk last said, which is named with its time. Raises OfficeError.
    """
    last, enrolment = tables.kiosk_last.c, tables.enrolment.c
    load_registry(settings.layout.registry)
    with closing(OfficeDatabase.open(settings.database)) as database, database.reading() as connection:
        row = connection.execute(
            select(last.paused_n, last.paused_overdue, last.outbox_n, last.told_at).where(last.kiosk == kiosk)
        ).first()
        unsettled = connection.scalar(
            select(func.count())
            .select_from(tables.enrolment)
            .where(enrolment.kiosk == kiosk, enrolment.status == "received")
        )
    lines: list[str] = []
    if row is None or not row.told_at:
        lines.append(f"{kiosk} has told nothing of itself: what waits there nobody knows")
    else:
        told = f"as it told {int((now - from_text(row.told_at)).total_seconds() // 60)} min ago"
        if row.paused_n:
            lines.append(
                f"{row.paused_n} paused enrolments wait there, {row.paused_overdue or 0} past their term ({told}): "
                "nobody continues them after erase; the opening key alone still opens them"
            )
        elif row.paused_n is None:
            lines.append(f"whether paused enrolments wait there it did not say ({told})")
        if row.outbox_n:
            lines.append(f"{row.outbox_n} enrolments exist only there ({told}): they stay, as long as the kiosk does")
    if unsettled:
        lines.append(f"{unsettled} of its enrolments are here and in no verified copy yet: `kiosk office backup` first")
    return lines


def read_order(verb: str, words: list[str]) -> Order:
    """The order that somebody typed: a verb and its words. Raises OfficeError saying what is expected."""
    try:
        return order_of(verb, _typed(verb, words))
    except BadOrder as error:
        raise OfficeError(f"{verb}: {error}") from error


def _typed(verb: str, words: list[str]) -> Args:
    match verb, words:
        case Verb.ROSTER, _:
            raise OfficeError("a roster is sent from its file: kiosk office roster FILE --kiosk KIOSK")
        case Verb.LOCK, []:
            return {"now": False}
        case Verb.LOCK, ["now"]:
            return {"now": True}
        case Verb.MESSAGE, [_, *_]:
            return {"text": " ".join(words)}
        case Verb.LOGS, []:
            return {"lines": 200}
        case Verb.LOGS, [lines]:
            return {"lines": _number(lines)}
        case Verb.RING, []:
            return {"seconds": 30}
        case Verb.RING, [seconds]:
            return {"seconds": _number(seconds)}
        case Verb.CONFIGURE, [name, value]:
            return {"name": name, "value": _number(value) if isinstance(SETTINGS.get(name), Whole) else value}
        case Verb.REMEDIES, [verdict, *order] if len(order) <= 1:
            return {"verdict": verdict, "order": ",".join(order)}
        case _, []:
            return {}
        case _:
            raise OfficeError(f"{verb} does not take these words; see `kiosk office command --help`")


def _number(word: str) -> Value:
    return int(word) if word.isdecimal() and word.isascii() and len(word) < 10 else word
