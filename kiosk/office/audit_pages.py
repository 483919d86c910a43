"""The audit's pages: looked through by administrators, and taken away as CSV; either is itself kept in the audit."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import Route

from kiosk.office.accounts import Role
from kiosk.office.audit_search import AuditLook, all_found, audit_look, audit_page
from kiosk.office.auditing import AuditEntry
from kiosk.office.database import OfficeDatabase
from kiosk.office.gate import Door, needs_role, session_of
from kiosk.office.page import OfficePage
from kiosk.office.sheets import harmless
from kiosk.office.wishes import language_of
from kiosk.office.wording import LOCAL, Words


@dataclass(frozen=True, slots=True)
class AuditPages:
    """The endpoints, for administrators alone."""

    page: OfficePage
    door: Door
    database: OfficeDatabase

    @property
    def routes(self) -> list[Route]:
        """Where they are."""
        return [Route("/audit", self.audit), Route("/audit.csv", self.take_away)]

    async def audit(self, request: Request) -> Response:
        """The newest entries that are looked for; a page further with ``before``."""
        if (refusal := needs_role(Role.ADMINISTRATOR, request)) is not None:
            return refusal
        look = audit_look(request.query_params)
        entries, more = await to_thread.run_sync(audit_page, self.database, look)
        await self.door.note(request, "saw_audit", look.summary)
        words, now = self.page.words(language_of(request)), self.door.now()
        return HTMLResponse(self._draw(request, look, entries, more, words, now))

    async def take_away(self, request: Request) -> Response:
        """Everything that is looked for, as CSV in UTF-8 with its mark, however much it is."""
        if (refusal := needs_role(Role.ADMINISTRATOR, request)) is not None:
            return refusal
        look, words = audit_look(request.query_params), self.page.words(language_of(request))
        await self.door.note(request, "took_audit", look.summary)
        name = f'attachment; filename="audit-{self.door.now().astimezone(LOCAL):%Y-%m-%d}.csv"'
        parts = csv_parts(all_found(self.database, look), words)
        return StreamingResponse(
            _one_by_one(parts), media_type="text/csv; charset=utf-8", headers={"content-disposition": name}
        )

    def _draw(
        self,
        request: Request,
        look: AuditLook,
        entries: list[AuditEntry],
        more: int | None,
        words: Words,
        now: datetime,
    ) -> str:
        here = {"lang": words.language, **look.query}
        dids = {key.removeprefix("did."): text for key, text in words.texts.items() if key.startswith("did.")}
        lines = [
            (words.clock(one.at, now), one.who, words.either("did", one.did), one.subject, one.address)
            for one in entries
        ]
        return self.page.draw(
            "audit.html",
            words.language,
            session_of(request),
            "/audit",
            lines=lines,
            look=look,
            dids=sorted(dids.items(), key=lambda one: one[1]),
            csv="/audit.csv?" + urlencode(here),
            older="?" + urlencode({**here, "before": str(more)}) if more is not None else "",
            newest="?" + urlencode(here) if look.before is not None else "",
        )


def csv_parts(found: Iterator[list[AuditEntry]], words: Words) -> Iterator[bytes]:
    """Lines of CSV (RFC 4180), the first with the columns' names; no cell is taken for a formula."""
    titles = ("audit.when", "sign_in.name", "audit.did", "audit.code", "audit.subject", "audit.address")
    yield "\N{ZERO WIDTH NO-BREAK SPACE}".encode() + _lines([[words(title) for title in titles]])
    for entries in found:
        yield _lines(
            [
                [
                    entry.at.astimezone(LOCAL).isoformat(sep=" ", timespec="seconds"),
                    *map(
                        harmless, (entry.who, words.either("did", entry.did), entry.did, entry.subject, entry.address)
                    ),
                ]
                for entry in entries
            ]
        )


def _lines(rows: list[list[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


async def _one_by_one(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (part := await to_thread.run_sync(next, parts, None)) is not None:
        yield part
