"""Debian's Chromium, driven by Playwright: one browser for a module, and pages that complain and ask nobody else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.office.signing import NAME, PASSWORD

PATIENCE_MS = 60_000
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}


def find_chromium() -> str | None:
    """The browser, where there is one; none is ever fetched."""
    return shutil.which("chromium")


def open_browser() -> Iterator[Browser]:
    """A headless browser without a profile."""
    program = find_chromium()
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


class Visitor:
    """Somebody at one page; what the browser complains of and whom it asks is kept."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address.rstrip("/")
        self.complaints: list[str] = []
        self.asked: set[str] = set()
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._heard)
        self.page.on("request", lambda request: self.asked.add(urlsplit(request.url).netloc))

    def _heard(self, line: ConsoleMessage) -> None:
        # A visitor who is quicker than the page makes the browser say that the page need not choose the field any more.
        if line.type != "log" and not line.text.startswith("Autofocus processing was blocked"):
            self.complaints.append(line.text)

    def go(self, path: str) -> Page:
        """Open a page of the office."""
        self.page.goto(f"{self.address}{path}", wait_until="load")
        return self.page

    def sign_in(self, name: str = NAME, password: str = PASSWORD) -> Page:
        """Fill in the form that stands there, and send it."""
        self.page.fill("[name=name]", name)
        self.page.fill("[name=password]", password)
        self.page.click(".sign-in button")
        return self.page

    def enter(self) -> Page:
        """Come to the first page, signed in."""
        self.go("/")
        self.sign_in()
        self.page.wait_for_selector("#needs")
        return self.page

    def is_content(self) -> None:
        """Nothing was complained of, and nobody else was asked."""
        assert self.complaints == [], self.complaints
        assert self.asked == {urlsplit(self.address).netloc}

    def fits_a_phone(self) -> None:
        """Nothing of the page lies beyond the edge of a small telephone."""
        self.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        assert self.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], self.page.url

    def is_accessible(self) -> None:
        """Axe finds nothing that is serious or critical."""
        found = Axe().run(self.page).response["violations"]
        serious = [
            f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in {"serious", "critical"}
        ]
        assert serious == [], self.page.url


@contextmanager
def visiting(browser: Browser, address: str) -> Iterator[Visitor]:
    """A visitor with cookies of its own, at a desk."""
    context = browser.new_context(viewport={"width": DESKTOP["width"], "height": DESKTOP["height"]}, locale="vi-VN")
    try:
        yield Visitor(context, address)
    finally:
        context.close()


def picture(page: Page, folder: Path, name: str) -> None:
    """Keep what the page shows, all of it, for people to look at."""
    page.screenshot(path=folder / f"{name}.png", full_page=True)
