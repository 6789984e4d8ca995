"""What the pages behind a mail's signed links share: whoever holds the link acts without an account.

GET changes nothing, because scanners of mail open links. A POST that is not from a page of ours is what mail programs send
with one click (RFC 8058).
"""

import asyncio
import hashlib
import math
from collections.abc import Sequence
from typing import Generic, TypeVar

from aiohttp import web

from coaching import deadline
from coaching.clock import Clock
from coaching.errors import NotYours, StorageBusy
from coaching.ports import Store
from handlers.error_words import words_for
from language.say import IN_ENGLISH, Say
from web.form import read_form
from web.links import Links
from web.pace import Callers, Pace, Refused
from web.page import HEADERS, STYLE, template

SECONDS = 5.0
"""Seconds that an answer may take in all."""
OWN = (30, 1.0)
"""One link may be used so often at once, then once every so many seconds."""
_Whose = TypeVar("_Whose")


class SignedPage(Generic[_Whose]):
    """Answers at one path and `<token>`. Whatever is forged, over, or of nobody we know is the same 404."""

    def __init__(self, store: Store, clock: Clock, links: Links, *, refused: Refused = lambda _reason: None) -> None:
        self._store = store
        self._clock = clock
        self._links = links
        self._refused = refused
        self._callers = Callers(lambda: Pace(*OWN), Pace(0, 1.0))

    def read(self, token: str) -> _Whose | None:
        """Return whom a link is for, or None if it is not ours."""
        raise NotImplementedError

    async def shown(self, token: str, whose: _Whose, do: str | None) -> str:
        """Return the page after `do` was pressed (None: nothing; empty: a mail program's one click). Raises NotYours."""
        raise NotImplementedError

    async def look(self, request: web.Request) -> web.Response:
        """Show how things stand. Nothing is written."""
        return await self._answer(request, None)

    async def act(self, request: web.Request) -> web.Response:
        """Do what was pressed."""
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise self._unknown()
        form = await read_form(request) if _may_be_ours(request) else {}
        return await self._answer(request, "".join(form.get("do", ())))

    async def _answer(self, request: web.Request, do: str | None) -> web.Response:
        token = request.match_info["token"]
        whose = self.read(token)
        if whose is None:
            raise self._unknown()
        if seconds := self._callers.wait_own(hashlib.sha256(token.encode()).hexdigest()):
            self._refused("mail_too_often")
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(math.ceil(seconds))})
        try:
            with deadline.within(SECONDS):
                async with asyncio.timeout(SECONDS):
                    text = await self.shown(token, whose, do)
        except NotYours:
            raise self._unknown() from None
        except (StorageBusy, TimeoutError):
            words = words_for(StorageBusy(), "", IN_ENGLISH)
            raise web.HTTPServiceUnavailable(headers={**HEADERS, "Retry-After": "5"}, text=words) from None
        return web.Response(text=text, content_type="text/html", charset="utf-8", headers=HEADERS)

    def _unknown(self) -> web.HTTPNotFound:
        self._refused("mail_unknown")
        return web.HTTPNotFound()


def _may_be_ours(request: web.Request) -> bool:
    """Return whether a page of ours may have sent this. Mail programs send other forms too."""
    return request.content_type == "application/x-www-form-urlencoded" and bool(request.content_length)


def page(say: Say, token: str, title: str, words: Sequence[str], buttons: Sequence[tuple[str, str, str]]) -> str:
    """Return a page of sentences with buttons: what each does, its words, and its looks (`main` or `danger`)."""
    return template("signed_page.html").render(
        style=STYLE,
        language=str(say.locale).replace("_", "-"),
        title=title,
        words=words,
        action=f"./{token}",
        buttons=buttons,
    )
