"""A real browser for pages of ours: Debian's Chromium, in which nothing may be asked of any network."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Opened:
    """A page that is open; `said` are messages of its console, `asked` the requests that it made beyond itself."""

    def __init__(self, page, path):
        self.page, self.said, self.asked = page, [], []
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("dialog", self._refuse)
        address = Path(path).as_uri()
        page.route("**/*", lambda route: self._let(route, address))
        page.goto(address)

    def _refuse(self, dialog):
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _let(self, route, address):
        if route.request.url.split("#")[0] == address:
            route.continue_()
        else:
            self.asked.append(route.request.url)
            route.abort()

    def has_no_trouble(self):
        """Whatever was done with it."""
        return (self.said, self.asked) == ([], [])


@contextmanager
def chromium():
    """Start it; give a function that opens a file: `opened(path, width=360, color_scheme="dark")`."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - most tests do without

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])

        def opened(path, width=1280, **how):
            context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce", **how)
            context.set_default_timeout(20_000)
            return Opened(context.new_page(), path)

        yield opened
        browser.close()
