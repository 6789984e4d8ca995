"""The page where an admin fetches what they exported in Slack: once, within an hour, by a button."""

import asyncio
import tempfile
import zipfile
from collections.abc import Mapping
from typing import BinaryIO

import structlog
from aiohttp import web

from coaching.actions import exports
from coaching.actions.exports import Found
from coaching.clock import Clock
from coaching.errors import NotYours, StorageBusy
from coaching.exports import BYTE_ORDER_MARK, Export
from coaching.ports import Queries, Store
from handlers.error_words import words_for
from handlers.views.exports import what_words
from language.say import IN_ENGLISH, say_for
from web.form import read_form
from web.links import Links
from web.pace import Refused
from web.page import HEADERS
from web.signed_page import SignedPage, page

READ_SECONDS = 300.0
"""Seconds that the database may take to be read."""
SEND_SECONDS = 3600.0
"""Seconds that a slow line may take."""
CHUNK = 64 * 1024
FETCH = "fetch"
log = structlog.get_logger(__name__)


class ExportPage(SignedPage[tuple[str, str]]):
    """Answers at `/export/<token>`. Opening it changes nothing: Slack and scanners of links open every link."""

    def __init__(self, store: Store, clock: Clock, links: Links, *, refused: Refused = lambda _reason: None) -> None:
        super().__init__(store, clock, links, refused=refused)
        self._one_at_a_time = asyncio.Lock()

    def read(self, token: str) -> tuple[str, str] | None:
        """Return the workspace and the export of a link."""
        return self._links.read_export(token)

    async def shown(self, token: str, whose: tuple[str, str], do: str | None) -> str:  # noqa: ARG002
        """Say what the file has, with the button that fetches it; or that it was fetched, or is too old."""
        found = await exports.look(self._store, self._clock, *whose)
        say = say_for(found.viewer.person.locale)
        title = say("Your export")
        if found.export.is_over(found.now):
            over = say("This export was fetched, or its hour is over. Ask for a new one in Slack, in the set-up.")
            return page(say, token, title, [over], [])
        words = [
            what_words(found.export, say),
            say("It has names and what people wrote: store it where only you can read it. It can be fetched once."),
        ]
        return page(say, token, title, words, [(FETCH, say("Download"), "main")])

    async def act(self, request: web.Request) -> web.StreamResponse:  # type: ignore[override]  # it streams
        """Send the file."""
        if request.headers.get("Sec-Fetch-Site") == "cross-site":
            raise self._unknown()
        whose = self.read(request.match_info["token"])
        if whose is None:
            raise self._unknown()
        if "".join((await read_form(request)).get("do", ())) != FETCH:
            return await self.look(request)
        with tempfile.TemporaryFile(prefix="export-") as file:
            try:
                found = await self._read_and_fetch(whose, file)
            except NotYours:
                return await self.look(request)  # it was fetched meanwhile, or is over; or there is none
            except (StorageBusy, TimeoutError, OSError) as error:
                if isinstance(error, OSError):
                    log.warning("an export could not be written", export=whose[1], why=type(error).__name__)
                words = words_for(StorageBusy(), "", IN_ENGLISH)
                raise web.HTTPServiceUnavailable(headers={**HEADERS, "Retry-After": "5"}, text=words) from None
            log.info("exported", workspace=whose[0], export=found.export.id, what=",".join(found.export.what))
            return await _send(request, found.export, file)

    async def _read_and_fetch(self, whose: tuple[str, str], file: BinaryIO) -> Found:
        """Read everything first: a database that fails then costs nobody their only download. Raises NotYours."""
        workspace_id, export_id = whose
        async with self._one_at_a_time, asyncio.timeout(READ_SECONDS):
            found = await exports.look(self._store, self._clock, workspace_id, export_id)
            if found.export.is_over(found.now):
                raise NotYours("export", [export_id], found.viewer.person.id)
            async with self._store.read(workspace_id) as queries:
                await _write(queries, found.export, file)
            return await exports.fetch(self._store, self._clock, workspace_id, export_id)


async def _write(queries: Queries, export: Export, file: BinaryIO) -> None:
    """Write one file as CSV, and several as a zip."""
    if len(export.what) == 1:
        file.write(BYTE_ORDER_MARK.encode())
        async for text in exports.written(queries, export.what[0], export.span):
            file.write(text.encode())
        return
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for one in export.what:
            with packed.open(one.file, "w", force_zip64=True) as member:
                member.write(BYTE_ORDER_MARK.encode())
                async for text in exports.written(queries, one, export.span):
                    member.write(text.encode())


async def _send(request: web.Request, export: Export, file: BinaryIO) -> web.StreamResponse:
    """Send a file piece by piece, however slow the line is."""
    length = file.tell()
    file.seek(0)
    response = web.StreamResponse(headers={**HEADERS, **_named(export)})
    response.content_length = length
    await response.prepare(request)
    try:
        async with asyncio.timeout(SEND_SECONDS):
            while piece := file.read(CHUNK):
                await response.write(piece)
            await response.write_eof()
    except (ConnectionError, TimeoutError):
        log.warning("an export was not taken to its end", export=export.id)
        response.force_close()
    return response


def _named(export: Export) -> Mapping[str, str]:
    alone = len(export.what) == 1
    name = export.what[0].file if alone else "sessions.zip"
    kind = "text/csv; charset=utf-8" if alone else "application/zip"
    stem, _, suffix = name.rpartition(".")
    return {
        "Content-Type": kind,
        "Content-Disposition": f'attachment; filename="{stem}-{export.made_at:%Y-%m-%d}.{suffix}"',
        "X-Content-Type-Options": "nosniff",
    }
