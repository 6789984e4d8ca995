"""The routes of the pages for people."""

from collections.abc import Sequence

from aiohttp import web

from coaching.clock import Clock
from coaching.ports import Store
from coaching.sessions import Session
from web.feed import FeedPage, Refused


def pages(public_url: str | None, store: Store, clock: Clock, *, refused: Refused) -> Sequence[web.RouteDef]:
    """Return the routes. Without a web address of the bot's own there are none."""
    if public_url is None:
        return []
    feed = FeedPage(store, clock, lambda _workspace, _person: _nowhere, refused=refused)
    return [web.get("/calendar/{token}.ics", feed.answer)]


def _nowhere(_session: Session) -> str | None:
    return None
