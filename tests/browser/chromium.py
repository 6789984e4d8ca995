"""Chromium as Debian packages it, started so that it stays on this machine and ends with its caller."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, async_playwright

HOW_TO_GET_IT = "no Chromium here: apt-get install -y --no-install-recommends chromium"
_FLAGS = (
    "--no-sandbox",  # root, as in CI's container, has no sandbox to give
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pictures are the same every time: what is redrawn in parts, by several threads, is rounded differently.
    "--disable-partial-raster",
    "--num-raster-threads=1",
    "--disable-threaded-animation",
    "--disable-checker-imaging",
)


def executable() -> str | None:
    """Where Chromium is, if it is installed."""
    return next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )


@asynccontextmanager
async def running() -> AsyncIterator[Browser]:
    """A headless Chromium until the block ends."""
    path = executable()
    if path is None:
        raise RuntimeError(HOW_TO_GET_IT)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield browser
        finally:
            await browser.close()
