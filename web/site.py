"""The routes of the pages for people."""

from collections.abc import Sequence

from aiohttp import web

from coaching.clock import Clock
from coaching.ports import Store
from handlers.deps import Count, Deps, Spawn, count_nothing
from handlers.known_blocks import KnownBlocks
from web.copies import CopiesPage
from web.export import ExportPage
from web.feed import FeedPage
from web.links import Links
from web.no_mail import NoMailPage
from web.pace import Refused
from web.way_in import WayInPage


def pages(
    links: Links | None,
    *,
    store: Store,
    clock: Clock,
    spawn: Spawn,
    refused: Refused,
    blocks: KnownBlocks | None = None,
    count: Count = count_nothing,
    slack_url: str | None = None,
    home_link: str | None = None,
    slack_of: str | None = None,
) -> Sequence[web.RouteDef]:
    """Return the routes. Without a web address of the bot's own (`links` are None) there are none.

    `blocks` knows what Slack takes, for the dialogs that pages share with Slack. `slack_url` is the workspace's web
    address, `home_link` opens the app's Home; both are of the workspace `slack_of` (None: of any). `refused` counts
    refused requests by their reason, `count` outcomes of actions.
    """
    if links is None:
        return []
    feed = FeedPage(store, clock, links, refused=refused)
    known = blocks or KnownBlocks(store, spawn)
    deps = Deps(store=store, clock=clock, spawn=spawn, blocks=known, count=count, public_url=links.base)
    copies = CopiesPage(store, clock, links, refused=refused)
    no_mail = NoMailPage(store, clock, links, refused=refused)
    export = ExportPage(store, clock, links, refused=refused)
    way_in = WayInPage(deps, links, slack_url=slack_url, home_link=home_link, slack_of=slack_of, refused=refused)
    return [
        web.get("/calendar/{token}.ics", feed.answer),
        web.get("/s/{token}", way_in.look),
        web.post("/s/{token}", way_in.act),
        web.get("/mail/{token}", no_mail.look),
        web.post("/mail/{token}", no_mail.act),
        web.get("/copies/{token}", copies.look),
        web.post("/copies/{token}", copies.act),
        web.get("/export/{token}", export.look),
        web.post("/export/{token}", export.act),
    ]
