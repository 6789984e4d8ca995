"""`python -m bot import FILE.csv`: read, stage, check, apply, and report in plain words."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from bot.database import DatabaseUnusable, prepare
from bot.settings import Settings
from bot.workspaces import NO_WORKSPACE_ID, is_workspace, of_token, only_one
from coaching.clock import Clock, SystemClock
from coaching.errors import ReplyLost, StorageBusy
from coaching.imports import BadFile, BadLine, Header, ImportedLine, Problem, parse_header, parse_line, read_records
from storage.importer import Import, Report, importing

BATCH = 1000
MAX_LINE = 1 << 20
"""Bytes in one physical line. A longer one is no CSV, and reading it whole could use up all memory."""
DONE, FAILED, USAGE = 0, 1, 2


async def run_import(url: str, path: Path, workspace_id: str, *, console: Console, clock: Clock) -> int:
    """Import `path` into the database at `url`, which is migrated first.

    Return 0 if done, 1 if nothing was imported or nobody can tell.
    """
    say = _Saying(console)
    try:
        with _open(path) as file:
            await prepare(url)
            async with importing(url, workspace_id, clock.now()) as work:
                return await _Run(say, file, work, clock).run()
    except (OSError, BadFile) as error:
        say(_about_file(path, error))
    except DatabaseUnusable as error:
        say(f"{error} Nothing was imported.")
    except ReplyLost:
        say(
            "The database did not answer at the very end, so it is unknown whether the file was imported. Run the same "
            "command again: it says so, and imports nothing twice."
        )
    except StorageBusy as error:
        reason = str(error).splitlines()[0]
        say(f"The database did not answer, so nothing was imported; run the same command again. ({reason})")
    return FAILED


class _Saying:
    """Prints sentences literally: nothing in a file is markup."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def __call__(self, sentence: str) -> None:
        self.console.print(Text(sentence), soft_wrap=True)


class _Run:
    """One import from an open file."""

    def __init__(self, say: _Saying, file: BinaryIO, work: Import, clock: Clock) -> None:
        self._say, self._file, self._work, self._now = say, file, work, clock.now()
        self._size = os.fstat(file.fileno()).st_size
        self._bad = self._staged = self._read = 0

    async def run(self) -> int:
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=self._say.console,
            transient=True,
            disable=not self._say.console.is_terminal,
        ) as progress:
            reading = progress.add_task("Reading", total=max(self._size, 1), note="")
            await self._stage(progress, reading)
            checking = progress.add_task("Checking", total=1, note="")
            for clash in await self._work.check():
                self._complain(clash.line, clash.problem)
            progress.update(checking, completed=1)
            if self._bad:
                return self._give_up()
            writing = progress.add_task("Writing", total=1, note="")
            result = await self._work.apply(
                lambda what, done, total: progress.update(writing, completed=done, total=total, note=what)
            )
        if not isinstance(result, Report):
            for clash in result:
                self._complain(clash.line, clash.problem)
            return self._give_up()
        for sentence in summary(result):
            self._say(sentence)
        return DONE

    async def _stage(self, progress: Progress, task: TaskID) -> None:
        records = read_records(_lines(self._file))
        header = _header(records)
        batch: list[tuple[int, ImportedLine]] = []
        for number, record in records:
            line = self._parse(header, number, record)
            if line is not None:
                batch.append((number, line))
            if len(batch) == BATCH:
                await self._keep(batch, progress, task)
                batch = []
        await self._keep(batch, progress, task)

    def _parse(self, header: Header, number: int, record: list[str] | BadLine) -> ImportedLine | None:
        self._read += 1
        try:
            if isinstance(record, BadLine):
                raise record
            return parse_line(header, record, self._now)
        except BadLine as error:
            self._complain(number, *error.problems)
            return None

    async def _keep(self, batch: list[tuple[int, ImportedLine]], progress: Progress, task: TaskID) -> None:
        if batch:
            await self._work.stage(batch)
            self._staged += len(batch)
        note = f"{self._read:,} lines read, {self._staged:,} staged"
        progress.update(task, completed=self._file.tell(), note=note)

    def _complain(self, number: int, *problems: Problem) -> None:
        self._bad += 1
        for problem in problems:
            self._say(f"Line {number}: {problem}.")

    def _give_up(self) -> int:
        self._say(
            f"{_count(self._bad, 'problem')} found; nothing was imported. Mend the file and run the command again."
        )
        return FAILED


def summary(report: Report) -> list[str]:
    """Describe what an import did, in sentences."""
    here = f"{_count(report.already_here, 'session')} of the file {_are(report.already_here)} here already"
    if not report.sessions:
        if not report.already_here:
            return ["The file holds no sessions, so nothing changed."]
        return [f"{here}, left as found: nothing changed."]
    told = [f"{_count(report.sessions, 'session')} imported."]
    if report.already_here:
        told.append(f"{here}, left as found.")
    packages = f", in {_count(report.packages, 'package')}" if report.packages else ""
    told.append(f"They are of {_count(report.clients, 'client')} and {_count(report.coaches, 'coach')}{packages}.")
    if report.pending:
        who = "1 person is" if report.pending == 1 else f"{report.pending:,} people are"
        told.append(f"{who} not in Slack yet: they are linked when they appear.")
    if report.new_coaches:
        told.append(
            f"{_count(report.new_coaches, 'coach')} came in who {_are(report.new_coaches)} not set up yet: they get alerts "
            "as direct messages until an admin names a channel in `/sessions setup`."
        )
    return told


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _look(path: Path) -> None:
    """Check first that there is a file with a valid header. Raises OSError, BadFile."""
    if path.is_fifo():
        return  # it can be read only once
    with _open(path) as file:
        _header(read_records(_lines(file)))


def _header(records: Iterator[tuple[int, list[str] | BadLine]]) -> Header:
    """Parse the header. Raises BadFile."""
    _, cells = next(records, (1, None))
    if cells is None:
        raise BadFile("The file is empty: it needs a header and one line per session.")
    if isinstance(cells, BadLine):
        raise BadFile(f"The header {cells}.")
    return parse_header(cells)


def _about_file(path: Path, error: OSError | BadFile) -> str:
    if isinstance(error, BadFile):
        return f"{error} Nothing was imported."
    return f"{path} cannot be read: {error.strerror or error}."


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _count(number: int, noun: str) -> str:
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def _lines(file: BinaryIO) -> Iterator[str]:
    """Yield the physical lines of UTF-8 text, without a byte order mark. Raises BadFile that names the line."""
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE:
            raise BadFile(f"Line {number}: is longer than {MAX_LINE:,} bytes, so this is no CSV file.")
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            raise BadFile(f"Line {number}: is not UTF-8; save the file as “CSV UTF-8”.") from None


async def import_file(settings: Settings, path: Path, workspace: str | None) -> int:
    """Find out which workspace is meant, then import. Return the exit code.

    The workspace is the one named, else the one SLACK_BOT_TOKEN belongs to, else the only one in the database.
    """
    console = Console(highlight=False, emoji=False)
    url = settings.database_url.get_secret_value()
    if workspace is not None and not is_workspace(workspace):
        _Saying(console)(NO_WORKSPACE_ID)
        return USAGE
    try:
        _look(path)
    except (OSError, BadFile) as error:
        _Saying(console)(_about_file(path, error))
        return FAILED
    try:
        workspace = workspace or await of_token() or await only_one(url)
    except DatabaseUnusable as error:
        _Saying(console)(f"{error} Nothing was imported.")
        return FAILED
    if workspace is None:
        _Saying(console)("It is not clear which workspace to import into: name it with --workspace T…")
        return USAGE
    return await run_import(url, path, workspace, console=console, clock=SystemClock())
