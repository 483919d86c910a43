"""The door of the office's page: who comes in, who does not, when a sign-in ends, and what is kept of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from starlette.routing import Mount, Route
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.office import tables
from kiosk.office.accounts import Accounts, Role
from kiosk.office.audit_pages import AuditPages
from kiosk.office.changes import Changes
from kiosk.office.database import OfficeDatabase
from kiosk.office.desk_pages import DeskPages
from kiosk.office.errors import AccountError
from kiosk.office.gate import COOKIE, Door
from kiosk.office.page import OfficePage, make_app
from kiosk.office.provisioning import init_office
from kiosk.office.sessions import IDLE_S, TRIES, TRIES_OF_ADDRESS, TRIES_WITHIN_S, WHOLE_S, Brake
from tests.office.signing import NAME, PASSWORD
from tests.office.test_page import NOW, enrolment, snapshot

Visit = Callable[[httpx.AsyncClient], Awaitable[None]]


@dataclass
class Office:
    """A page without a socket, over a database of its own, with a stopwatch that stands still."""

    database: OfficeDatabase
    clock_s: list[float] = field(default_factory=lambda: [0.0])

    def __post_init__(self) -> None:
        self.door = Door.of(self.database, now=lambda: NOW, monotonic_s=lambda: self.clock_s[0])
        self.door.accounts.add(NAME, Role.VIEWER, PASSWORD, at=NOW)
        self.changes = Changes()
        self.page = OfficePage(lambda: snapshot(enrolments=[enrolment()]), self.changes, office="", refresh_s=10)
        self.build()

    def build(self) -> None:
        """Put the application together."""
        pages = DeskPages(self.page, self.door, self.database, self.changes)
        audit = AuditPages(self.page, self.door, self.database)
        self.app = make_app(self.page, self.door, [*pages.routes, *audit.routes])

    def visit(self, doing: Visit) -> None:
        """Run ``doing`` with a browser that keeps cookies and follows nothing by itself."""

        async def run() -> None:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as browser:
                await doing(browser)

        asyncio.run(run())

    def kept(self) -> list[tuple[str, str, str]]:
        """The audit, oldest first: who, did, subject."""
        return [(entry.who, entry.did, entry.subject) for entry in reversed(self.door.audit.newest())]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office with one account."""
    with closing(OfficeDatabase.open(f"sqlite:///{tmp_path / 'office.db'}")) as database:
        yield Office(database)


async def sign_in(browser: httpx.AsyncClient, name: str = NAME, password: str = PASSWORD) -> httpx.Response:
    """What a browser sends when the form is filled in."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', (await browser.get("/sign-in")).text)
    assert found is not None
    return await browser.post("/sign-in", data={"csrf": found[1], "name": name, "password": password})


def test_without_a_sign_in_every_route_but_the_door_is_closed(office: Office) -> None:
    paths = [route.path for route in office.app.routes if isinstance(route, (Route, Mount))]
    assert {"/", "/events", "/static"} <= set(paths)

    async def knock(browser: httpx.AsyncClient) -> None:
        for path in paths:
            if path in {"/sign-in", "/static", "/metrics"}:
                continue
            for method in ("GET", "POST"):
                answer = await browser.request(
                    method, path.replace("{number:int}", "7").replace("{name}", "kiosk-tk-01")
                )
                assert answer.status_code in {303, 401}, path
                assert "Mận" not in answer.text
        assert (await browser.get("/static/office.css")).status_code == 200
        assert (await browser.get("/")).headers["location"] == "/sign-in?lang=vi"
        assert (await browser.get("/", headers={"cookie": f"{COOKIE}=made-up"})).status_code == 303

    office.visit(knock)


def test_who_knows_the_password_comes_in_and_what_was_seen_is_kept_without_names(office: Office) -> None:
    async def come(browser: httpx.AsyncClient) -> None:
        answer = await sign_in(browser)
        assert answer.status_code == 303
        assert all(word in answer.headers["set-cookie"] for word in ("HttpOnly", "SameSite=strict", "Max-Age"))
        for _ in range(2):
            assert "Nguyễn Thị Mận" in (await browser.get("/")).text

    office.visit(come)
    assert office.kept() == [(NAME, "signed_in", ""), (NAME, "saw_list", "7-7")]


def test_behind_a_proxy_with_tls_the_cookie_stays_off_plain_http(office: Office) -> None:
    async def come(browser: httpx.AsyncClient) -> None:
        browser.headers["x-forwarded-proto"] = "https"
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', (await browser.get("https://localhost/sign-in")).text)
        assert found is not None
        form = {"csrf": found[1], "name": NAME, "password": PASSWORD}
        assert "Secure" in (await browser.post("https://localhost/sign-in", data=form)).headers["set-cookie"]

    office.visit(come)


def test_a_wrong_password_and_an_unknown_name_are_answered_alike_and_what_was_typed_is_not_kept(
    office: Office,
) -> None:
    async def guess(browser: httpx.AsyncClient) -> None:
        wrong = await sign_in(browser, password="something else")
        unknown = await sign_in(browser, name="mưa rơi trên mái lá")
        assert wrong.status_code == unknown.status_code == 403
        assert wrong.text == unknown.text

    office.visit(guess)
    assert office.kept() == [(NAME, "sign_in_failed", ""), ("?", "sign_in_failed", "")]


def test_after_five_wrong_tries_even_the_right_password_has_to_wait(office: Office) -> None:
    async def guess(browser: httpx.AsyncClient) -> None:
        for _ in range(TRIES):
            assert (await sign_in(browser, password="wrong wrong")).status_code == 403
        refused = await sign_in(browser)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, str(int(TRIES_WITHIN_S)))
        office.clock_s[0] += TRIES_WITHIN_S
        assert (await sign_in(browser)).status_code == 303

    office.visit(guess)


def test_many_names_from_one_address_are_braked_too_and_tries_before_their_end_count() -> None:
    brake = Brake(monotonic_s=lambda: 0.0)
    waits = [brake.take(f"name-{i}", "10.0.0.1") for i in range(TRIES_OF_ADDRESS + 1)]
    assert [wait_s > 0 for wait_s in waits] == [False] * TRIES_OF_ADDRESS + [True]
    assert brake.take("name-1", "10.0.0.2") == 0.0


def test_who_knows_the_password_never_waits_however_often_they_come() -> None:
    brake = Brake(monotonic_s=lambda: 0.0)
    for _ in range(3 * TRIES_OF_ADDRESS):
        assert brake.take(NAME, "10.0.0.1") == 0.0
        brake.succeeded(NAME, "10.0.0.1")


@pytest.mark.parametrize("spoil", ["no token", "another token", "another site", "no form", "too large"])
def test_a_form_from_elsewhere_signs_nobody_in_and_nobody_out(office: Office, spoil: str) -> None:
    async def trick(browser: httpx.AsyncClient) -> None:
        for path, needs in (("/sign-in", {"name": NAME, "password": PASSWORD}), ("/sign-out", {})):
            page = (await browser.get("/sign-in" if path == "/sign-in" else "/")).text
            found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
            assert found is not None
            form = {"csrf": found[1], **needs}
            headers = {}
            if spoil == "no token":
                del form["csrf"]
            elif spoil == "another token":
                form["csrf"] = "0" * 64
            elif spoil == "another site":
                headers["sec-fetch-site"] = "cross-site"
            elif spoil == "no form":
                headers["content-type"] = "text/plain"
            else:
                form["more"] = "x" * 9000
            answer = await browser.post(path, data=form, headers=headers)
            assert answer.status_code == 403
            if path == "/sign-in":
                assert (await browser.get("/")).status_code == 303
                assert (await sign_in(browser)).status_code == 303
        assert (await browser.get("/")).status_code == 200

    office.visit(trick)


@pytest.mark.parametrize(("step_s", "stays"), [(IDLE_S - 1, 1), (WHOLE_S / 20, 19), (IDLE_S, 0)])
def test_a_sign_in_ends_when_nobody_is_there_and_in_any_case_after_half_a_day(
    office: Office, step_s: float, stays: int
) -> None:
    async def stay(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        for _ in range(stays):
            office.clock_s[0] += step_s
            assert (await browser.get("/")).status_code == 200
        if stays != 1:
            office.clock_s[0] += step_s
            assert (await browser.get("/")).status_code == 303

    office.visit(stay)


def test_an_account_that_is_changed_or_removed_is_out_at_once_and_so_is_who_signs_out(office: Office) -> None:
    async def stay(browser: httpx.AsyncClient) -> None:
        accounts = office.door.accounts
        await sign_in(browser)
        accounts.change(NAME, role=Role.REVIEWER, password=None, at=datetime(2026, 11, 25, tzinfo=UTC))
        assert (await browser.get("/")).status_code == 303
        await sign_in(browser)
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', (await browser.get("/")).text)
        assert found is not None
        token = browser.cookies[COOKIE]
        assert (await browser.post("/sign-out", data={"csrf": found[1]})).status_code == 303
        assert (await browser.get("/", headers={"cookie": f"{COOKIE}={token}"})).status_code == 303
        await sign_in(browser)
        accounts.remove(NAME, at=NOW)
        assert (await browser.get("/")).status_code == 303

    office.visit(stay)


def test_live_events_end_with_the_sign_in(office: Office) -> None:
    account = office.door.accounts.find(NAME)
    assert account is not None
    token = office.door.sessions.begin(account)
    session = office.door.sessions.find(token, touch=True)
    assert session is not None
    saw: list[str] = []

    async def listen() -> list[str]:
        from kiosk.office.wishes import Wish

        async def note(numbers: str) -> None:
            saw.append(numbers)
            office.door.accounts.remove(NAME, at=NOW)

        stream = office.page.events(
            Wish(),
            session,
            still_open=lambda: office.door.sessions.find(token, touch=False) is not None,
            saw=note,
        )
        office.page._refresh_s = 0.01
        return [event async for event in stream]

    events = asyncio.run(asyncio.wait_for(listen(), 60))
    assert (len(events), saw) == (1, ["7-7"])


@pytest.mark.usefixtures("dear_passwords")
def test_passwords_are_kept_as_salted_scrypt_and_weak_ones_refused(office: Office) -> None:
    accounts = Accounts(office.database)
    accounts.add("lan", Role.VIEWER, PASSWORD, at=NOW)
    with office.database.reading() as connection:
        kept = list(connection.scalars(select(tables.account.c.password)))
    assert len(set(kept)) == 2
    assert all(text.startswith("scrypt$32768$8$3$") and PASSWORD not in text for text in kept)
    for weak in ("short", "aaaaaaaaaaaaaa", "mai-mai-2026", "x" * 201):
        with pytest.raises(AccountError, match="password"):
            accounts.add("mai", Role.VIEWER, weak, at=NOW)
    for name in ("", "Hoa Mai", "a/b", "x" * 33):
        with pytest.raises(AccountError, match="not allowed"):
            accounts.add(name, Role.VIEWER, PASSWORD, at=NOW)
    with pytest.raises(AccountError, match="has an account"):
        accounts.add("lan", Role.VIEWER, PASSWORD, at=NOW)


def test_accounts_are_kept_on_either_kind_of_database(database_url: str) -> None:
    with closing(OfficeDatabase.open(database_url)) as database:
        accounts = Accounts(database)
        accounts.add("lan", Role.ADMINISTRATOR, PASSWORD, at=NOW)
        found = accounts.check("lan", PASSWORD)
        assert found is not None
        assert found.role is Role.ADMINISTRATOR
        assert accounts.check("lan", PASSWORD + " ") is None


def test_the_command_makes_changes_lists_and_removes_accounts(tmp_path: Path) -> None:
    directory = tmp_path / "office"
    init_office(directory, province="ht", communes=["tk"], kiosks=["kiosk-tk-01"], demo=True)
    file = tmp_path / "office.toml"
    file.write_text(f'[office]\nname = "x"\nprovince = "ht"\nmode = "demo"\ndirectory = "{directory}"\n')

    def run(*words: str, said: str = "") -> tuple[int, str]:
        result = CliRunner().invoke(app, ["office", "user", *words, "--settings", str(file)], input=said)
        return result.exit_code, result.output

    assert run("add", "lan", "--role", "viewer", said=PASSWORD + "\n") == (0, "lan may sign in as viewer\n")
    assert run("add", "lan", "--role", "viewer", said=PASSWORD + "\n")[0] == 2
    assert run("change", "lan", "--role", "reviewer")[0] == 0
    assert run("list") == (0, f"{'lan':32} reviewer\n")
    assert run("remove", "lan")[0] == 0
    assert run("remove", "lan")[0] == 2
    assert run("list") == (0, "")
