"""One Chromium for all of these tests, a window per visitor, and no window that complains."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from bot.demo.demo import Demo
from bot.demo.demo import running as demo_running
from bot.logs import configure_logging
from tests.browser import chromium, kitchen
from tests.browser.visitor import PATIENCE, Visitor
from tests.support import patience

Enter = Callable[..., Awaitable[Visitor]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium; without it the tests are skipped, but never in CI."""
    if chromium.executable() is None:
        if os.environ.get("CI"):
            pytest.fail(chromium.HOW_TO_GET_IT)
        pytest.skip(chromium.HOW_TO_GET_IT)
    expect.set_options(timeout=PATIENCE)
    async with chromium.running() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def enter(browser: Browser) -> AsyncIterator[Enter]:
    """Opens a window on a playground: `await enter(pg.url, "U1/C1")`; no window may have complained at the end."""
    visitors: list[Visitor] = []

    async def entered(url: str, place: str = "", **options: Any) -> Visitor:
        visitors.append(await Visitor.enter(browser, url, place, **options))
        return visitors[-1]

    yield entered
    complaints = [words for visitor in visitors for words in visitor.complaints]
    for visitor in visitors:
        await visitor.leave()
    assert not complaints


@pytest_asyncio.fixture(loop_scope="session")
async def sink() -> AsyncIterator[kitchen.Kitchen]:
    """A playground with the app that shows everything Block Kit has."""
    async with kitchen.running() as ready:
        yield ready


@pytest_asyncio.fixture(loop_scope="session")
async def demo() -> AsyncIterator[Demo]:
    """The demo: bot and playground together, with its sample data."""
    configure_logging("CRITICAL")
    async with demo_running(rate_limits=False, patience=patience.SECONDS) as ready:
        yield ready
