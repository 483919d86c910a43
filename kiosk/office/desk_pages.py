"""The pages beside the first one: a receipt, exceptions to review, alarms to take off, the audit. All behind the gate.

Personal data is shown here as on the first page: names, never images; each view is kept in the audit before it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from kiosk.office.accounts import Role
from kiosk.office.apart import AlarmKind, alarm_kinds, remove_shown
from kiosk.office.auditing import AuditEntry, keep_entry
from kiosk.office.changes import Changes
from kiosk.office.database import OfficeDatabase
from kiosk.office.daysheet import day_of, received_on
from kiosk.office.errors import OfficeError
from kiosk.office.gate import Door, Form, FormRefused, needs_role, read_form, session_of
from kiosk.office.page import OfficePage
from kiosk.office.paper import as_paper
from kiosk.office.records import StoredEnrolment
from kiosk.office.reviews import Reviews
from kiosk.office.sheets import DaySheet, as_csv, as_spreadsheet, day_sheet
from kiosk.office.view import enrolment_row
from kiosk.office.wishes import language_of
from kiosk.office.wording import Words

_DAY: Final = timedelta(days=1)
_LARGEST: Final = (1 << 63) - 1
_FILES: Final[Mapping[str, tuple[Callable[[DaySheet, Words], bytes], str]]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_spreadsheet, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pdf": (as_paper, "application/pdf"),
}


@dataclass(frozen=True, slots=True)
class DeskPages:
    """The endpoints."""

    page: OfficePage
    door: Door
    database: OfficeDatabase
    changes: Changes

    @property
    def routes(self) -> list[Route]:
        """Where they are."""
        return [
            Route("/receipts", self.search),
            Route("/receipts/{number:int}", self.receipt),
            Route("/receipts/{number:int}/review", self.review, methods=["POST"]),
            Route("/exceptions", self.exceptions),
            Route("/day", self.day),
            Route("/day.{ending}", self.day_file),
            Route("/alarms", self.alarms),
            Route("/alarms/off", self.alarm_off, methods=["POST"]),
        ]

    async def search(self, request: Request) -> Response:
        """To the receipt that was typed."""
        typed = request.query_params.get("number", "").strip()
        if not (typed.isascii() and typed.isdigit() and len(typed) < 19):
            return self._draw(request, "no_receipt.html", typed=typed[:40], status=404)
        return RedirectResponse(f"/receipts/{int(typed)}?lang={language_of(request)}", 303)

    async def receipt(self, request: Request) -> Response:
        """What is known of one enrolment."""
        number = int(request.path_params["number"])
        stored = await to_thread.run_sync(self._find, number)
        if stored is None:
            return self._draw(request, "no_receipt.html", typed=str(number)[:40], status=404)
        await self.door.note(request, "saw_one", str(number))
        review = await to_thread.run_sync(self._reviews.find, number)
        words = self.page.words(language_of(request))
        slots = [
            (
                words.either("slot", slot.rpartition(".")[2]),
                str(note.get("state", "")),
                words.either("slot_state", str(note.get("state", ""))),
                words.either("reason", str(note["reason"])) if note.get("reason") else "",
                str(note.get("quality") or ""),
            )
            for slot, note in stored.slots.items()
        ]
        excepted = any(state == "excepted" for _, state, *_ in slots)
        return self._draw(request, "receipt.html", stored=stored, slots=slots, excepted=excepted, review=review)

    async def review(self, request: Request) -> Response:
        """A reviewer has looked at the exceptions of one enrolment."""
        number = int(request.path_params["number"])

        entry = self.door.entry(request, "reviewed", str(number))

        async def do(_form: Form) -> str:
            if await to_thread.run_sync(lambda: self._find(number) is not None and self._reviews.mark(number, entry)):
                self.changes.ring()
            return f"/receipts/{number}"

        return await self._change(request, do)

    async def exceptions(self, request: Request) -> Response:
        """Enrolments with exceptions that nobody has looked at yet."""
        left = await to_thread.run_sync(self._reviews.left)
        words = self.page.words(language_of(request))
        if left:
            await self.door.note(request, "saw_list", f"{left[-1].number}-{left[0].number}")
        rows = [enrolment_row(stored, words, self.door.now()) for stored in left]
        return self._draw(request, "exceptions.html", rows=rows, done=await to_thread.run_sync(self._reviews.done))

    async def day(self, request: Request) -> Response:
        """The day sheet, to look at and to print."""
        day, found = await self._day(request, "saw_day")
        words = self.page.words(language_of(request))
        # All of them are of the day in the title: the time is enough.
        rows = [enrolment_row(stored, words, stored.received_at) for stored in found]
        return self._draw(
            request,
            "day.html",
            rows=rows,
            with_exceptions=sum(bool(row.exceptions) for row in rows),
            day=day,
            day_text=f"{day:%d/%m/%Y}",
            today=day_of("", self.door.now()),
            before=day - _DAY if day > date.min else day,
            after=day + _DAY if day < date.max else day,
        )

    async def day_file(self, request: Request) -> Response:
        """The day sheet to take away: as CSV, as a spreadsheet, or as paper."""
        ending = str(request.path_params["ending"])
        if ending not in _FILES:
            return PlainTextResponse("not found", status_code=404)
        make, kind = _FILES[ending]
        day, found = await self._day(request, f"took_{ending}")
        words = self.page.words(language_of(request))

        def build() -> bytes:
            return make(day_sheet(self.page.office, day, found, words, self.door.now()), words)

        try:
            data = await to_thread.run_sync(build)
        except OfficeError as error:
            return PlainTextResponse(str(error), status_code=503)
        name = f'attachment; filename="{day}.{ending}"'
        return Response(data, media_type=kind, headers={"content-disposition": name})

    async def _day(self, request: Request, did: str) -> tuple[date, list[StoredEnrolment]]:
        day = day_of(request.query_params.get("day", ""), self.door.now())
        found = await to_thread.run_sync(received_on, self.database, day)
        await self.door.note(request, did, str(day))
        return day, found

    async def alarms(self, request: Request) -> Response:
        """Every alarm, one line for each kind of each kiosk."""
        kinds = await to_thread.run_sync(self._alarm_kinds)
        words = self.page.words(language_of(request))
        lines = [
            (
                one,
                words(f"alarm.{one.code}", kiosk=one.kiosk)
                if f"alarm.{one.code}" in words.texts
                else f"{one.kiosk}: {one.code}",
                words.clock(one.last_at, self.door.now()),
            )
            for one in kinds
        ]
        return self._draw(request, "alarms.html", lines=lines)

    async def alarm_off(self, request: Request) -> Response:
        """A reviewer takes one kind of alarm of one kiosk off: those that the page has shown; newer ones stay."""

        def take_off(form: Form, entry: AuditEntry) -> bool:
            up_to, kind = form.get("up_to", ""), (form.get("kiosk", ""), form.get("code", ""))
            if not (up_to.isascii() and up_to.isdigit() and len(up_to) < 19):
                return False
            with self.database.transaction() as connection:
                if not remove_shown(connection, *kind, up_to=int(up_to), shown=form.get("shown", "")):
                    return False
                # What was taken off and who did it are kept together, or neither.
                keep_entry(connection, replace(entry, subject=" ".join(kind)))
            return True

        async def do(form: Form) -> str:
            if await to_thread.run_sync(take_off, form, self.door.entry(request, "alarm_off")):
                self.changes.ring()
            return "/alarms"

        return await self._change(request, do)

    def _alarm_kinds(self) -> list[AlarmKind]:
        with self.database.reading() as connection:
            return alarm_kinds(connection)

    @property
    def _reviews(self) -> Reviews:
        return Reviews(self.database)

    def _find(self, number: int) -> StoredEnrolment | None:
        if number > _LARGEST:
            return None
        package_id = self.database.numbered(number)
        return None if package_id is None else self.database.find(package_id)

    async def _change(self, request: Request, do: Callable[[Form], Any]) -> Response:
        """What changes something: for reviewers, by a form of this site, and back to a page."""
        try:
            form = await read_form(request, session_of(request).csrf)
        except FormRefused as error:
            return PlainTextResponse(f"refused: {error}", status_code=403)
        if (refusal := needs_role(Role.REVIEWER, request)) is not None:
            return refusal
        return RedirectResponse(f"{await do(form)}?lang={language_of(request)}", 303)

    def _draw(self, request: Request, template: str, *, status: int = 200, **values: Any) -> Response:  # noqa: ANN401
        who, now = session_of(request), self.door.now()
        html = self.page.draw(template, language_of(request), who, request.url.path, now=now, **values)
        return HTMLResponse(html, status_code=status)
