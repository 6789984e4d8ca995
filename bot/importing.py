"""`python -m bot import FILE.csv`: read, stage, check, show, apply, and report in plain words."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from bot.database import DatabaseUnusable, prepare
from bot.import_mapping import MapOpen, Mapping, mapped
from bot.import_questions import Questions
from bot.import_sources import MappedSource, OwnSource, Source
from bot.import_words import count, first_lines, how_read, outlook, summary
from bot.settings import Settings
from bot.workspaces import NO_WORKSPACE_ID, is_workspace, of_token, only_one
from coaching.clock import Clock, SystemClock
from coaching.errors import ReplyLost, StorageBusy
from coaching.imports import BadFile, BadLine, ImportedLine, Problem
from storage.import_report import Report
from storage.importer import Import, importing

BATCH = 1000
DONE, FAILED, USAGE = 0, 1, 2
_FOREIGN = "If another product wrote the file, say what its columns are: run the same command with --map."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What whoever runs an import wants.

    `mapping`: a file that says what the columns mean. `ask`: be asked what they mean. `dry`: only see what would be made.
    `sure`: be asked nothing before it is made. `answers`: where answers come from, if not from the terminal.
    """

    mapping: Path | None = None
    ask: bool = False
    dry: bool = False
    sure: bool = False
    answers: TextIO | None = None


_AS_EVER = Wishes()


async def run_import(
    url: str, path: Path, workspace_id: str, *, console: Console, clock: Clock, wishes: Wishes = _AS_EVER
) -> int:
    """Import `path` into the database at `url`, which is migrated first.

    Return 0 if done, 1 if nothing was imported or nobody can tell, 2 if something has to be said first.
    """
    say = _Saying(console)
    try:
        with _open(path) as file:
            await prepare(url)
            source = await _source(url, file, workspace_id, say, clock, wishes)
            async with importing(url, workspace_id, clock.now()) as work:
                return await _Run(say, file, source, work, clock, wishes).run()
    except MapOpen as open_:
        for sentence in open_.sentences:
            say(sentence)
        say("Nothing was imported. Answer with --map, or in a file given with --mapping.")
        return USAGE
    except EOFError:
        say("Not every question was answered, so nothing was imported.")
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


async def _source(url: str, file: BinaryIO, workspace_id: str, say: "_Saying", clock: Clock, wishes: Wishes) -> Source:
    """Return the lines of a file: with our columns, or with others that somebody explained. Raises BadFile, MapOpen."""
    own = OwnSource(file)
    if not file.seekable():
        return own
    wanted = Mapping(url, workspace_id, clock, path=wishes.mapping, ask=_questions(say, wishes))
    if wishes.mapping is None and not wishes.ask:
        try:
            own.check()
        except BadFile as error:
            if (found := await mapped(file, wanted)) is None:
                raise BadFile(f"{error} {_FOREIGN}") from None
            return found
        return own
    found = await mapped(file, wanted)
    if found is None:
        raise BadFile(f"Nobody said what its columns are. {_FOREIGN}")
    return found


def _questions(say: "_Saying", wishes: Wishes) -> Questions | None:
    return Questions(say.console, wishes.answers) if wishes.ask else None


class _Saying:
    """Prints sentences literally: nothing in a file is markup."""

    def __init__(self, console: Console) -> None:
        self.console = console

    def __call__(self, sentence: str) -> None:
        self.console.print(Text(sentence), soft_wrap=True)


class _Run:
    """One import from an open file."""

    def __init__(
        self, say: _Saying, file: BinaryIO, source: Source, work: Import, clock: Clock, wishes: Wishes
    ) -> None:
        self._say, self._file, self._source, self._work, self._now = say, file, source, work, clock.now()
        self._wishes = wishes
        self._size = os.fstat(file.fileno()).st_size
        self._bad = self._staged = self._read = 0

    async def run(self) -> int:
        with self._progress() as progress:
            await self._stage(progress, progress.add_task("Reading", total=max(self._size, 1), note=""))
            checking = progress.add_task("Checking", total=1, note="")
            for clash in await self._work.check():
                self._complain(clash.line, clash.problem)
            progress.update(checking, completed=1)
        if self._bad:
            return self._give_up()
        if (code := await self._shown()) is not None:
            return code
        with self._progress() as progress:
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

    def _progress(self) -> Progress:
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            console=self._say.console,
            transient=True,
            disable=not self._say.console.is_terminal,
        )

    async def _shown(self) -> int | None:
        """Show what would be made, and return how the import ends if it ends here.

        A file with our columns says what it means, so it comes in unless somebody only wants to look.
        """
        source = self._source if isinstance(self._source, MappedSource) else None
        if source is None and not self._wishes.dry:
            return None
        preview = await self._work.preview()
        if source is not None:
            for sentence in how_read(source.dialect, source.found, source.facts):
                self._say(sentence)
        for sentence in outlook(preview, self._source.left_out):
            self._say(sentence)
        if (table := first_lines(preview)) is not None:
            self._say.console.print(table)
        if self._wishes.dry:
            self._say("Nothing was imported: this was a dry run.")
            return DONE
        if self._wishes.sure or not preview.report.sessions:
            return None
        if self._wishes.answers is None and not (self._say.console.is_terminal and sys.stdin.isatty()):
            self._say("Nothing was imported yet. If this is right, run the same command with --yes.")
            return USAGE
        if not Questions(self._say.console, self._wishes.answers).sure("Import them?"):
            self._say("Nothing was imported.")
            return FAILED
        return None

    async def _stage(self, progress: Progress, task: TaskID) -> None:
        batch: list[tuple[int, ImportedLine]] = []
        for number, line in self._source.lines(self._now):
            self._read += 1
            if isinstance(line, BadLine):
                self._complain(number, *line.problems)
                continue
            batch.append((number, line))
            if len(batch) == BATCH:
                await self._keep(batch, progress, task)
                batch = []
        await self._keep(batch, progress, task)

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
            f"{count(self._bad, 'problem')} found; nothing was imported. Mend the file and run the command again."
        )
        return FAILED


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def _look(path: Path) -> BadFile | None:
    """Return what is wrong with the header, if the file can be read twice. Raises OSError."""
    if path.is_fifo():
        return None
    with _open(path) as file:
        try:
            OwnSource(file).check()
        except BadFile as error:
            return error
    return None


def _about_file(path: Path, error: OSError | BadFile) -> str:
    if isinstance(error, BadFile):
        return f"{error} Nothing was imported."
    return f"{path} cannot be read: {error.strerror or error}."


async def import_file(settings: Settings, path: Path, workspace: str | None, wishes: Wishes = _AS_EVER) -> int:
    """Find out which workspace is meant, then import. Return the exit code.

    The workspace is the one named, else the one SLACK_BOT_TOKEN belongs to, else the only one in the database.
    """
    console = Console(highlight=False, emoji=False)
    say = _Saying(console)
    url = settings.database_url.get_secret_value()
    if workspace is not None and not is_workspace(workspace):
        say(NO_WORKSPACE_ID)
        return USAGE
    if wishes.ask and not sys.stdin.isatty() and wishes.answers is None:
        say("--map asks questions, and nobody can answer here: give a file with --mapping instead.")
        return USAGE
    try:
        wrong = _look(path)
        workspace = workspace or await of_token() or await only_one(url)
    except OSError as error:
        say(_about_file(path, error))
        return FAILED
    except DatabaseUnusable as error:
        say(f"{error} Nothing was imported.")
        return FAILED
    if workspace is None and wrong is not None and wishes.mapping is None and not wishes.ask:
        say(f"{_about_file(path, wrong)} {_FOREIGN}")
        return FAILED
    if workspace is None:
        say("It is not clear which workspace to import into: name it with --workspace T…")
        return USAGE
    return await run_import(url, path, workspace, console=console, clock=SystemClock(), wishes=wishes)
