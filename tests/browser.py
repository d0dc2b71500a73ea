"""The page in Debian's chromium, watched for what it must never do, and looked over by axe-core."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
needs_chromium = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"{CHROMIUM} is missing, in which the page is tested: apt-get install chromium"
)
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
_AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
_PATIENCE = 5000  # milliseconds
_GRAVE = ("serious", "critical")

Visit = Callable[..., Page]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser; what it runs as root needs no sandbox of its own."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def profile(browser: Browser, **options: Any) -> BrowserContext:
    """A profile of its own, in which files that were fetched once are kept."""
    context = browser.new_context(**{"viewport": WIDE, "reduced_motion": "reduce"} | options)
    context.set_default_timeout(_PATIENCE)
    return context


@contextmanager
def visiting(usual: BrowserContext, url: str) -> Iterator[Visit]:
    """A function that opens a page of the service at `url` in the `usual` profile, or in one of its own if that has `options`,
    and waits until it shows what was asked for; in the end none may have done wrong, but for what is `tolerated`."""
    visits: list[tuple[Page, list[str]]] = []

    def visit(address: str = "", tolerated: str = "", *, wait: bool = True, **options: Any) -> Page:
        page = (profile(cast("Browser", usual.browser), **options) if options else usual).new_page()
        visits.append((page, _watched(page, url, tolerated)))
        page.goto(f"{url}/{address}")
        return settled(page) if wait else page

    yield visit
    for page, _ in visits:
        page.close() if page.context is usual else page.context.close()
    assert [wrong for _, wrongs in visits for wrong in wrongs] == []


def through(page: Page, addresses: Mapping[str, str]) -> Iterator[str]:
    """The names of `addresses`, one by one, when the page shows what lies there."""
    place = page.url.partition("?")[0]
    for name, address in addresses.items():
        page.goto(place + address)
        settled(page)
        yield name


def settled(page: Page) -> Page:
    """The page, once it shows what was asked for."""
    expect(page.locator("main[aria-busy=false] .view")).to_be_visible()
    return page


def _watched(page: Page, url: str, tolerated: str) -> list[str]:
    """What the page does that it must not: errors, dialogues, requests to another place."""
    wrongs: list[str] = []

    def heed(wrong: str) -> None:
        if not tolerated or tolerated not in wrong:
            wrongs.append(wrong)

    page.on("console", lambda said: said.type in ("error", "warning") and heed(f"console: {said.text}"))
    page.on("pageerror", lambda error: heed(f"error: {error}"))
    page.on("dialog", lambda dialogue: (heed(f"dialogue: {dialogue.message}"), dialogue.dismiss()))
    page.on("request", lambda request: request.url.startswith((f"{url}/", "blob:")) or heed(f"request: {request.url}"))
    return wrongs


def barriers(page: Page, *rules: str) -> list[str]:
    """Serious and critical findings of axe-core, of all rules or those named, with where they are."""
    page.evaluate(_AXE)
    options = {"resultTypes": ["violations"]} | ({"runOnly": rules} if rules else {})
    found = page.evaluate("(options) => axe.run(document, options)", options)["violations"]
    return [
        f"{v['id']}: {node['target']} {node['failureSummary']}" for v in found if v["impact"] in _GRAVE for node in v["nodes"]
    ]
