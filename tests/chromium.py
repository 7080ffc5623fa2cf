"""Debian's Chromium, with an ear on everything it complains about."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.test import Client
from playwright.sync_api import Browser, Page, Request, sync_playwright

PATH = "/usr/bin/chromium"
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PATH, args=ARGUMENTS)
        yield browser
        browser.close()


def log_in(page: Page, person: Mapping[str, str]) -> None:
    """Log in by the page's form, as a person does."""
    page.goto("/login/")
    page.fill("[name=username]", person["username"])
    page.fill("[name=password]", person["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/")


@contextmanager
def chromium(url: str, client: Client) -> Iterator[tuple[Page, list[str]]]:
    """A page logged in as `client` is, and the list of errors of console, scripts and network so far.

    No row may be touched inside: the browser's event loop makes Django refuse it.
    """
    complaints: list[str] = []
    with launched() as browser:
        context = browser.new_context()
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.extend(lost(request)))
        page.on("request", lambda request: complaints.extend(foreign(request.url, url)))
        yield page, complaints


def foreign(address: str, url: str) -> list[str]:
    """A complaint about whatever is loaded from elsewhere than the site."""
    return [] if address.startswith((url, "data:", "blob:", "about:")) else [f"from elsewhere: {address}"]


def lost(request: Request) -> list[str]:
    """A complaint about what could not be loaded; what a leaving page gave up (its icon, say) is none."""
    return [] if request.failure == "net::ERR_ABORTED" else [f"failed: {request.url}"]
