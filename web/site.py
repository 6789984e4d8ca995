"""The routes of the pages for people."""

from collections.abc import Sequence

from aiohttp import web

from coaching.clock import Clock
from coaching.ports import Store
from handlers.deps import Count, Deps, Spawn, count_nothing
from handlers.known_blocks import KnownBlocks
from web.copies import CopiesPage
from web.feed import FeedPage
from web.links import Links
from web.no_mail import NoMailPage
from web.pace import Refused
from web.way_in import WayInPage


def pages(
    public_url: str | None,
    secret: str,
    *,
    store: Store,
    clock: Clock,
    spawn: Spawn,
    refused: Refused,
    count: Count = count_nothing,
    slack_url: str | None = None,
    home_link: str | None = None,
) -> Sequence[web.RouteDef]:
    """Return the routes. Without a web address of the bot's own there are none.

    Links are signed with a key derived from `secret`. `slack_url` is the workspace's web address, `home_link` opens the
    app's Home. `refused` counts refused requests by their reason, `count` outcomes of actions.
    """
    if public_url is None:
        return []
    links = Links(secret, public_url)
    feed = FeedPage(store, clock, links, refused=refused)
    deps = Deps(
        store=store, clock=clock, spawn=spawn, blocks=KnownBlocks(store, spawn), count=count, public_url=public_url
    )
    copies = CopiesPage(store, clock, links, refused=refused)
    no_mail = NoMailPage(store, clock, links, refused=refused)
    way_in = WayInPage(deps, links, slack_url=slack_url, home_link=home_link, refused=refused)
    return [
        web.get("/calendar/{token}.ics", feed.answer),
        web.get("/s/{token}", way_in.look),
        web.post("/s/{token}", way_in.act),
        web.get("/mail/{token}", no_mail.look),
        web.post("/mail/{token}", no_mail.act),
        web.get("/copies/{token}", copies.look),
        web.post("/copies/{token}", copies.act),
    ]
