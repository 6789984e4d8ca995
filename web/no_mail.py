"""The page behind *No more mails*: whoever holds the link of a mail says no without an account, and can take it back.

GET changes nothing, because scanners of mail open links. A POST that is not from a page of ours says no: that is what mail
programs send with one click (RFC 8058).
"""

import asyncio
import hashlib
import math
from functools import lru_cache

from aiohttp import web
from jinja2 import Environment, PackageLoader, Template, select_autoescape

from coaching import deadline
from coaching.actions import notifications
from coaching.actions.notifications import Notifications
from coaching.clock import Clock
from coaching.errors import NotYours, StorageBusy
from coaching.ports import Store
from handlers.error_words import words_for
from language.say import IN_ENGLISH, Say, say_for
from web.form import read_form
from web.links import Links
from web.pace import Callers, Pace, Refused
from web.page import HEADERS, STYLE

SECONDS = 5.0
"""Seconds that an answer may take in all."""
OWN = (30, 1.0)
"""One link may be used so often at once, then once every so many seconds."""


class NoMailPage:
    """Answers at `/mail/<token>`. Whatever is forged or of nobody we know is the same 404."""

    def __init__(self, store: Store, clock: Clock, links: Links, *, refused: Refused = lambda _reason: None) -> None:
        self._store = store
        self._clock = clock
        self._links = links
        self._refused = refused
        self._callers = Callers(lambda: Pace(*OWN), Pace(0, 1.0))

    async def look(self, request: web.Request) -> web.Response:
        """Show whether mails are sent. Nothing is written."""
        return await self._answer(request, wanted=None)

    async def act(self, request: web.Request) -> web.Response:
        """Send no more mails, or mails again if a page of ours asks for that."""
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise self._unknown()
        form = await read_form(request) if _may_be_ours(request) else {}
        return await self._answer(request, wanted=form.get("do") == ["again"])

    async def _answer(self, request: web.Request, *, wanted: bool | None) -> web.Response:
        token = request.match_info["token"]
        whose = self._links.read_no_mail(token)
        if whose is None:
            raise self._unknown()
        if seconds := self._callers.wait_own(hashlib.sha256(token.encode()).hexdigest()):
            self._refused("mail_too_often")
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(math.ceil(seconds))})
        try:
            with deadline.within(SECONDS):
                async with asyncio.timeout(SECONDS):
                    found = await notifications.by_link(self._store, self._clock, *whose, wanted=wanted)
        except NotYours:
            raise self._unknown() from None
        except (StorageBusy, TimeoutError):
            words = words_for(StorageBusy(), "", IN_ENGLISH)
            raise web.HTTPServiceUnavailable(headers={**HEADERS, "Retry-After": "5"}, text=words) from None
        return web.Response(text=_page(found, token), content_type="text/html", charset="utf-8", headers=HEADERS)

    def _unknown(self) -> web.HTTPNotFound:
        self._refused("mail_unknown")
        return web.HTTPNotFound()


def _may_be_ours(request: web.Request) -> bool:
    """Return whether a page of ours may have sent this. Mail programs send other forms too."""
    return request.content_type == "application/x-www-form-urlencoded" and bool(request.content_length)


def _page(found: Notifications, token: str) -> str:
    person = found.viewer.person
    say, mails = say_for(person.locale), _sends(found)
    return _template().render(
        style=STYLE,
        language=str(say.locale).replace("_", "-"),
        title=say("Mails about your sessions"),
        words=_words(found, say),
        action=f"./{token}",
        do="stop" if mails else "again",
        button=say("No more mails") if mails else say("Send mails again"),
        danger=mails,
    )


def _sends(found: Notifications) -> bool:
    return found.ways.by_mail and found.mailable


def _words(found: Notifications, say: Say) -> list[str]:
    person = found.viewer.person
    address = person.email or ""
    if person.mails_come_back:
        return [say("Mails to {address} came back, so we send none any more.", address=address)]
    if _sends(found):
        return [say("We write to {address} about your sessions.", address=address)]
    words = [say("You get no more mails about your sessions at {address}.", address=address)]
    if person.in_slack:
        return [*words, say("You hear about them in Slack.")]
    return [*words, say("Your sessions stay booked, and nobody tells you when they change.")]


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(loader=PackageLoader("web"), autoescape=select_autoescape(default=True))
    return environment.get_template("no_mail.html")
