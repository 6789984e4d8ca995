"""The page behind *Cancel or reschedule*: who may open it, what it sends, and its answers.

GET changes nothing, because scanners of mail open links. Every change is a POST with what the page itself sent back about
itself, signed for this link. Whatever is forged, foreign or over is the same 404.
"""

import asyncio
import hashlib
import math

import structlog
from aiohttp import web

from coaching import deadline
from coaching.actions import way_in
from coaching.actions.way_in import WayIn
from coaching.errors import CoachingError, NotYours, StorageBusy
from handlers.deps import Deps
from handlers.error_words import words_for
from handlers.parse import BadRequest
from handlers.views.words import reader_for
from language.say import IN_ENGLISH
from web.dialog import Dialog
from web.form import Form, read_form
from web.links import Links, Way
from web.pace import Callers, Pace, Refused
from web.page import HEADERS, rendered
from web.sent import Sent, Shown

SECONDS = 8.0
"""Seconds that an answer may take in all."""
OWN = (60, 1.0)
"""One link may be used so often at once, then once every so many seconds."""
log = structlog.get_logger(__name__)


class WayInPage:
    """Answers at `/s/<token>`. `slack_url` is the workspace's web address, `home_link` opens the app's Home.

    Both are of the workspace `slack_of` (None: of any).
    """

    def __init__(
        self,
        deps: Deps,
        links: Links,
        *,
        slack_url: str | None = None,
        home_link: str | None = None,
        slack_of: str | None = None,
        refused: Refused = lambda _reason: None,
    ) -> None:
        self._deps = deps
        self._links = links
        self._slack_url = slack_url
        self._home_link = home_link
        self._slack_of = slack_of
        self._refused = refused
        self._callers = Callers(lambda: Pace(*OWN), Pace(0, 1.0))

    async def look(self, request: web.Request) -> web.Response:
        """Show the sessions of a link. Nothing is written."""
        return await self._answer(request.match_info["token"], None)

    async def act(self, request: web.Request) -> web.Response:
        """Carry out what a page sent."""
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise self._unknown("link_cross_site")
        return await self._answer(request.match_info["token"], await read_form(request))

    async def _answer(self, token: str, form: Form | None) -> web.Response:
        way = self._links.read(token)
        if way is None:
            raise self._unknown("link_unknown")
        if seconds := self._callers.wait_own(hashlib.sha256(token.encode()).hexdigest()):
            self._refused("link_too_often")
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(math.ceil(seconds))})
        try:
            with deadline.within(SECONDS):
                async with asyncio.timeout(SECONDS):
                    return await self._page(token, way, form)
        except (NotYours, BadRequest):
            raise self._unknown("link_unknown") from None
        except (StorageBusy, TimeoutError):
            # The same press may be sent again: what it did already is shown, and done once.
            words = words_for(StorageBusy(), "", IN_ENGLISH)
            raise web.HTTPServiceUnavailable(headers={**HEADERS, "Retry-After": "5"}, text=words) from None

    async def _page(self, token: str, way: Way, form: Form | None) -> web.Response:
        store, clock = self._deps.store, self._deps.clock
        found = await way_in.find(store, clock, way.workspace_id, way.person_id, way.session_id)
        dialog = Dialog(self._deps, found)
        if form is None:
            return self._shown(token, found, dialog, Shown(dialog.first()))
        sent = self._sent(token, form)
        try:
            shown = await dialog.step(sent)
        except (NotYours, BadRequest, StorageBusy):
            raise
        except CoachingError as error:
            log.info("not done on a page", kind=type(error).__name__)
            found = await way_in.find(store, clock, way.workspace_id, way.person_id, way.session_id)
            dialog = Dialog(self._deps, found)
            shown = Shown(dialog.first(), words_for(error, "", dialog.say))
        return self._shown(token, found, dialog, shown)

    def _sent(self, token: str, form: Form) -> Sent:
        """Return what a page sent. Raises BadRequest unless a page of this link sent it."""
        page = self._links.read_page(token, _one(form, "page"))
        if page is None:
            raise BadRequest("no page of ours")
        (step, _, mark), state = page[0].partition(":"), page[1]
        do, _, value = _one(form, "do").partition(" ")
        return Sent(step=step, mark=mark, state=state, do=do, value=value, fields=form)

    def _shown(self, token: str, found: WayIn, dialog: Dialog, shown: Shown) -> web.Response:
        view = shown.view
        state = view["private_metadata"] or dialog.meta().dump()
        reader = reader_for(found.viewer, [], found.now)
        text = rendered(
            view,
            dialog.say,
            token=self._links.page(token, f"{view['callback_id']}:{shown.mark}", state),
            link=token,
            slack=self._slack(found),
            who=reader.plain_name(found.viewer.person),
            notice=shown.notice,
        )
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=HEADERS)

    def _slack(self, found: WayIn) -> str | None:
        """Return where a member goes on in Slack: to the message about the booking, else to the app's Home."""
        if not found.viewer.person.in_slack or self._slack_of not in {None, found.actor.workspace_id}:
            return None
        if found.message is None or self._slack_url is None:
            return self._home_link
        channel, at = found.message
        return f"{self._slack_url}archives/{channel}/p{at.replace('.', '')}"

    def _unknown(self, reason: str) -> web.HTTPNotFound:
        self._refused(reason)
        return web.HTTPNotFound()


def _one(form: Form, name: str) -> str:
    held = form.get(name) or [""]
    return held[0]
