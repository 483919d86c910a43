"""Signing in at the office's page: within a test and over HTTP."""

from __future__ import annotations

import http.client
import re
import time
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import urlencode

from kiosk.office.accounts import Accounts, Role
from kiosk.office.database import OfficeDatabase

NAME, PASSWORD = "hoa", "mưa rơi trên mái lá"


def add_account(database_url: str, role: Role = Role.VIEWER, *, name: str = NAME) -> None:
    """Make an account beside a running office."""
    with closing(OfficeDatabase.open(database_url)) as database:
        Accounts(database).add(name, role, PASSWORD, at=datetime.now(UTC))


def sign_in_over_http(port: int, *, timeout_s: float) -> str:
    """Sign in as a browser does; the cookies for the next requests."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    with closing(connection):
        until_s = time.monotonic() + timeout_s
        while True:
            try:
                connection.request("GET", "/sign-in")
                break
            except OSError:
                # The office is still starting.
                connection.close()
                if time.monotonic() > until_s:
                    raise
                time.sleep(0.05)
        form = connection.getresponse()
        cookie = _cookie(form)
        found = re.search(r'name="csrf" value="([0-9a-f]+)"', form.read().decode())
        assert found is not None
        body = urlencode({"csrf": found[1], "name": NAME, "password": PASSWORD})
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/sign-in", body, headers)
        answer = connection.getresponse()
        assert answer.status == 303, answer.read()
        return _cookie(answer)


def _cookie(answer: http.client.HTTPResponse) -> str:
    return str(answer.headers["Set-Cookie"]).partition(";")[0]
