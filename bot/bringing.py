"""Sessions from files that admins upload in Slack: the same import as at the command line, behind forms."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import BinaryIO

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.import_sources import MappedSource, OwnSource, Source
from bot.slack_files import fetched, may_read_files
from coaching.actions.access import check_admin
from coaching.bringing.file_map import FileMap, columns_key, word_key
from coaching.bringing.presets import preset
from coaching.bringing.questions import Ask, Facts, Question, facts
from coaching.bringing.service import (
    SHOWN_PROBLEMS,
    Counts,
    Opened,
    Outlook,
    Progress,
    Step,
)
from coaching.bringing.text import Dialect, dialect_of, fitted, header_of, records_of
from coaching.clock import Clock
from coaching.imports import BadFile, BadLine, ImportedLine, Problem
from coaching.ports import Store
from coaching.sessions import Actor
from storage.import_report import Preview, Report
from storage.importer import Import, importing

OWN = "own"
"""The key of files with our columns."""
_EXAMPLES = 3
_BATCH = 500
log = structlog.get_logger(__name__)


class Bringing:
    """Reads files from Slack and makes sessions of them, in the database at `url`."""

    def __init__(self, url: str, store: Store, clock: Clock) -> None:
        self._url, self._store, self._clock = url, store, clock

    async def allowed(self, client: AsyncWebClient) -> bool:
        """Return whether the app may read files in forms."""
        return await may_read_files(client)

    async def opened(self, client: AsyncWebClient, actor: Actor, file_id: str) -> Opened:
        """Return what the file is. Raises FileUnavailable, BadFile."""
        async with fetched(client, actor, file_id) as file:
            if await asyncio.to_thread(_is_own, file):
                return Opened(key=OWN, coaches={}, own=True)
            names, examples = await asyncio.to_thread(_columns, file)
        key = columns_key(names)
        async with self._store.read(actor.workspace_id) as queries:
            remembered = await queries.file_maps.remembered(key)
            total = await queries.coaches.number()
            coaches = await queries.coaches.page(total, 0) if total else ()
        known = remembered and remembered[0]
        if known is None and (documented := preset(names)) is not None:
            known = documented[1]
        people: dict[str, list[str]] = {}
        for coach in coaches:
            people.setdefault(word_key(coach.person.name or ""), []).append(coach.person.id)
        by_name = {name: ids[0] for name, ids in people.items() if name and len(ids) == 1}
        return Opened(key=key, names=names, examples=examples, known=known, coaches=by_name)

    async def asked(self, client: AsyncWebClient, actor: Actor, file_id: str, found: FileMap) -> Sequence[Question]:
        """Return what is still open. Raises FileUnavailable, BadFile."""
        opened = await self.opened(client, actor, file_id)
        async with fetched(client, actor, file_id) as file:
            _, said = await asyncio.to_thread(_facts, file, found)
        return [
            replace(one, meant=opened.coaches.get(word_key(one.word))) if one.ask is Ask.PERSON else one
            for one in said.questions
        ]

    async def outlook(self, client: AsyncWebClient, actor: Actor, file_id: str, found: FileMap | None) -> Outlook:
        """Return what would be made. Raises FileUnavailable, BadFile."""

        async def silent(_step: Step, _lines: int) -> None:
            """Nobody waits for news of what is only looked at."""

        async with fetched(client, actor, file_id) as file:
            source = await asyncio.to_thread(_source, file, found)
            async with importing(self._url, actor.workspace_id, self._clock.now()) as work:
                staged = await self._staged(source, work, silent)
                if staged.bad:
                    return staged
                preview = await work.preview()
        return Outlook(
            now=self._clock.now(),
            counts=_counts(preview.report, preview),
            left_out=source.left_out,
            first=preview.made.first,
        )

    async def made(
        self, client: AsyncWebClient, actor: Actor, file_id: str, found: FileMap | None, progress: Progress
    ) -> Outlook:
        """Make it. Raises FileUnavailable, BadFile, and AdminsOnly if the actor is no admin any more."""
        async with fetched(client, actor, file_id) as file:
            source = await asyncio.to_thread(_source, file, found)
            async with importing(self._url, actor.workspace_id, self._clock.now()) as work:
                staged = await self._staged(source, work, progress)
                if staged.bad:
                    return staged
                preview = await work.preview()
                # Reading took a while: who was an admin when they pressed may be none by now.
                await check_admin(self._store, actor)
                await progress(Step.WRITING, 0)
                result = await work.apply()
        if not isinstance(result, Report):
            problems = [(clash.line, clash.problem) for clash in result]
            return Outlook(now=self._clock.now(), counts=None, bad=len(problems), problems=problems[:SHOWN_PROBLEMS])
        log.info("imported", workspace=actor.workspace_id, by=actor.user_id, sessions=result.sessions)
        return Outlook(now=self._clock.now(), counts=_counts(result, preview), left_out=source.left_out)

    async def _staged(self, source: Source, work: Import, progress: Progress) -> Outlook:
        problems: list[tuple[int, Problem]] = []
        bad = read = 0
        lines = source.lines(self._clock.now())
        while batch := await asyncio.to_thread(_some, lines):
            read += len(batch)
            good = [(number, line) for number, line in batch if isinstance(line, ImportedLine)]
            for number, line in batch:
                if isinstance(line, BadLine):
                    bad += 1
                    problems += [(number, problem) for problem in line.problems]
            if good:
                await work.stage(good)
            await progress(Step.READING, read)
        await progress(Step.CHECKING, read)
        for clash in await work.check():
            bad += 1
            problems.append((clash.line, clash.problem))
        return Outlook(now=self._clock.now(), counts=None, bad=bad, problems=problems[:SHOWN_PROBLEMS])


def _some(lines: Iterator[tuple[int, ImportedLine | BadLine]]) -> list[tuple[int, ImportedLine | BadLine]]:
    return list(islice(lines, _BATCH))


def _is_own(file: BinaryIO) -> bool:
    try:
        OwnSource(file).check()
    except BadFile:
        return False
    return True


def _columns(file: BinaryIO) -> tuple[tuple[str, ...], list[list[str]]]:
    dialect = dialect_of(file)
    names = header_of(file, dialect)
    examples = []
    for _, record in islice(records_of(file, dialect), 1, 1 + _EXAMPLES):
        if not isinstance(record, BadLine):
            try:
                examples.append(fitted(record, len(names)))
            except BadLine:
                continue
    return names, examples


def _facts(file: BinaryIO, found: FileMap) -> tuple[Dialect, Facts]:
    dialect = dialect_of(file)
    names = header_of(file, dialect)
    records = records_of(file, dialect)
    next(records)
    return dialect, facts(found, names, records)


def _source(file: BinaryIO, found: FileMap | None) -> Source:
    if found is None:
        return OwnSource(file)
    dialect, said = _facts(file, found)
    if said.questions:
        raise BadFile("Something in it has not been explained yet.")
    return MappedSource(file, dialect, found, said)


def _counts(report: Report, preview: Preview) -> Counts:
    return Counts(
        sessions=report.sessions,
        already_here=report.already_here,
        clients=report.clients,
        new_clients=preview.made.new_clients,
        coaches=report.coaches,
        new_coaches=report.new_coaches,
        types=preview.made.types,
        new_types=preview.made.new_types,
        packages=report.packages,
        pending=report.pending,
    )
