"""What the columns of another product's file mean: said in a file or at the terminal, remembered, or documented."""

from collections.abc import Mapping as Table
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from bot.import_questions import Questions
from bot.import_sources import MappedSource
from bot.import_words import asked
from coaching.bringing.file_map import FileMap, columns_key, read, word_key, written
from coaching.bringing.presets import preset
from coaching.bringing.questions import Ask, Facts, Question, facts
from coaching.bringing.text import Dialect, dialect_of, fitted, header_of, records_of
from coaching.clock import Clock
from coaching.imports import BadFile, BadLine
from storage import SqlStore, create_engines
from storage.engine import AUDIT_SECONDS

_EXAMPLES = 3


class MapOpen(Exception):
    """Something in the file has to be explained first."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(*sentences)
        self.sentences = sentences


class Mapping:
    """Finds and keeps what columns mean in one workspace. `path` is a file that says it; `ask` asks at the terminal."""

    def __init__(
        self, url: str, workspace_id: str, clock: Clock, *, path: Path | None = None, ask: Questions | None = None
    ) -> None:
        self._url, self._ws, self._clock = url, workspace_id, clock
        self.path, self.ask = path, ask

    def said(self) -> FileMap | None:
        """Return what the file of `path` says. Where questions are asked, the file may be one to be. Raises BadFile, OSError."""
        if self.path is None or (self.ask is not None and not self.path.exists()):
            return None
        try:
            return read(self.path.read_text("utf-8"))
        except UnicodeDecodeError:
            raise BadFile(f"{self.path} is not UTF-8.") from None

    async def remembered(self, names: tuple[str, ...]) -> tuple[FileMap | None, Table[str, str]]:
        """Return what was said of such columns before, and the coaches by the key of a name that only one of them has."""
        engines = create_engines(self._url, wait_seconds=AUDIT_SECONDS)
        try:
            async with SqlStore(engines).read(self._ws) as queries:
                found = await queries.file_maps.remembered(columns_key(names))
                total = await queries.coaches.number()
                coaches = await queries.coaches.page(total, 0) if total else ()
        finally:
            await engines.dispose()
        people: dict[str, list[str]] = {}
        for coach in coaches:
            people.setdefault(word_key(coach.person.name or ""), []).append(coach.person.id)
        return found and found[0], {name: ids[0] for name, ids in people.items() if name and len(ids) == 1}

    async def keep(self, names: tuple[str, ...], found: FileMap) -> None:
        """Remember what these columns mean, and write it into `path` if it was asked for."""
        if self.path is not None and self.ask is not None:
            self.path.write_text(written(found), "utf-8")
        engines = create_engines(self._url, wait_seconds=AUDIT_SECONDS)
        try:
            async with SqlStore(engines).write(self._ws) as uow:
                await uow.workspace.ensure()
                await uow.file_maps.keep(columns_key(names), found, self._clock.now())
                await uow.commit()
        finally:
            await engines.dispose()


async def mapped(file: BinaryIO, mapping: Mapping) -> MappedSource | None:
    """Return the lines of a file whose columns are explained, or None where nobody ever explained them.

    Raises BadFile, and MapOpen where something is left that nobody can be asked.
    """
    said = mapping.said()
    try:
        dialect = dialect_of(file, said.encoding, said.separator) if said else dialect_of(file)
        names = header_of(file, dialect)
    except BadFile:
        if said is None and mapping.ask is None:
            return None  # it is no such file at all
        raise
    remembered, coaches = await mapping.remembered(names)
    known = said or remembered
    if known is None and (documented := preset(names)) is not None:
        known = documented[1]
    if mapping.ask is not None:
        known = mapping.ask.columns(names, _examples(file, dialect, len(names)), known)
    if known is None:
        return None
    known, found = _answered(file, dialect, names, known, coaches, mapping.ask)
    if known != remembered or mapping.path is not None:
        await mapping.keep(names, known)
    return MappedSource(file, dialect, known, found)


def _answered(
    file: BinaryIO,
    dialect: Dialect,
    names: tuple[str, ...],
    known: FileMap,
    coaches: Table[str, str],
    ask: Questions | None,
) -> tuple[FileMap, Facts]:
    """Return what is known when every question about the file is answered. Raises MapOpen, BadFile."""
    while True:
        records = records_of(file, dialect)
        next(records)
        found = facts(known, names, records)
        if not found.questions:
            return known, found
        questions = [_proposing(question, coaches) for question in found.questions]
        if ask is None:
            raise MapOpen([asked(question, known) for question in questions])
        for question in questions:
            known = ask.answer(known, question)


def _proposing(question: Question, coaches: Table[str, str]) -> Question:
    if question.ask is not Ask.PERSON:
        return question
    return replace(question, meant=coaches.get(word_key(question.word)))


def _examples(file: BinaryIO, dialect: Dialect, width: int) -> list[list[str]]:
    found = []
    for _, record in islice(records_of(file, dialect), 1, 1 + _EXAMPLES):
        if not isinstance(record, BadLine):
            try:
                found.append(fitted(record, width))
            except BadLine:
                continue
    return found
