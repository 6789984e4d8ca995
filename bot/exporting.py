"""`python -m bot export TO`: sessions, the ledger and the timeline as CSV, from one view of the database."""

import os
import shutil
import sys
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from pathlib import Path
from typing import BinaryIO

from rich.console import Console
from rich.text import Text

from bot.database import DatabaseUnusable, prepare
from bot.settings import Settings
from bot.workspaces import NO_WORKSPACE_ID, is_workspace, of_token, only_one
from coaching import zones
from coaching.actions.exports import written
from coaching.errors import StorageBusy
from coaching.export_columns import What
from coaching.exports import BYTE_ORDER_MARK, Span, span_of
from coaching.ports import Queries
from storage.engine import create_auditor
from storage.repositories.base import Transaction
from storage.repositories.queries import SqlQueries
from storage.unit_of_work import busy_as_typed_error

DONE, FAILED, USAGE = 0, 1, 2
STANDARD_OUTPUT = "-"
PRIVATE = 0o600
"""The files have names, addresses and what people wrote: they are for this user only."""


class Unwritable(Exception):
    """The place for the export cannot be used. The message is a whole sentence."""


async def run_export(
    url: str,
    to: str,
    workspace_id: str,
    *,
    what: Sequence[What],
    span: Span,
    mark: bool,
    console: Console,
) -> int:
    """Write an export of a workspace to `to`: a folder, a zip, one CSV file, or standard output (`-`).

    `mark`: with a byte order mark, for spreadsheets. Return 0 if done, 1 if not.
    """

    def say(sentence: str) -> None:
        console.print(Text(sentence), soft_wrap=True)

    try:
        await prepare(url)
        with _place(to, what) as places:
            async with _view(url, workspace_id) as queries:
                for one, place in places:
                    count = await _write(queries, one, span, place, mark=mark)
                    say(f"{count:,} {'line' if count == 1 else 'lines'} of {one.file}.")
    except DatabaseUnusable as error:
        say(f"{error} Nothing was exported.")
    except Unwritable as error:
        say(str(error))
    except OSError as error:
        say(f"{to} cannot be written: {error.strerror or error}. Nothing was exported.")
    except StorageBusy as error:
        say(f"The database did not answer, so nothing was exported: {str(error).splitlines()[0]}")
    else:
        return DONE
    return FAILED


@asynccontextmanager
async def _view(url: str, workspace_id: str) -> AsyncIterator[Queries]:
    """Open one view of the database, however long it is read."""
    engine = create_auditor(url)
    try:
        with busy_as_typed_error():
            async with engine.connect() as connection:
                yield SqlQueries(Transaction(connection, {}), workspace_id)
    finally:
        await engine.dispose()


async def _write(queries: Queries, what: What, span: Span, place: BinaryIO, *, mark: bool) -> int:
    """Write one file and return its number of lines, without the header. What people wrote may be several lines."""
    if mark:
        _put(place, BYTE_ORDER_MARK)
    count = 0

    def counted(lines: int) -> None:
        nonlocal count
        count += lines

    async for text in written(queries, what, span, counted):
        _put(place, text)
    return count


def _put(place: BinaryIO, text: str) -> None:
    """Write on. Raises Unwritable: in a view of the database any other error of the system is taken for its silence."""
    try:
        place.write(text.encode())
    except OSError as error:
        raise Unwritable(f"The files cannot be written: {error.strerror or error}. Nothing was exported.") from error


@contextmanager
def _place(to: str, what: Sequence[What]) -> Iterator[Iterator[tuple[What, BinaryIO]]]:
    """Open the place for an export: it appears whole, or not at all. Raises Unwritable, OSError."""
    path = Path(to)
    if to == STANDARD_OUTPUT or path.suffix.lower() == ".csv":
        if len(what) != 1:
            raise Unwritable("One file holds one kind: name it with --what, or name a folder or a .zip.")
        if to == STANDARD_OUTPUT:
            yield iter([(what[0], sys.stdout.buffer)])
            sys.stdout.buffer.flush()
            return
        with _whole(path) as file:
            yield iter([(what[0], file)])
        return
    if path.suffix.lower() == ".zip":
        with _whole(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            yield _packed(packed, what)
        return
    for one in what:
        _free(path / one.file)
    with _whole_folder(path) as folder:
        yield _filed(folder, what)


def _packed(packed: zipfile.ZipFile, what: Sequence[What]) -> Iterator[tuple[What, BinaryIO]]:
    for one in what:
        with packed.open(one.file, "w", force_zip64=True) as member:
            yield one, member  # type: ignore[misc]  # it is written to like a file


def _filed(folder: Path, what: Sequence[What]) -> Iterator[tuple[What, BinaryIO]]:
    for one in what:
        with _whole(folder / one.file) as file:
            yield one, file


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """Write a file beside its place, and put it there when it is whole. Raises Unwritable, OSError."""
    _free(path)
    beside = path.with_name(f".{path.name}.part")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE), "wb") as file:
        try:
            yield file
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    beside.rename(path)


@contextmanager
def _whole_folder(path: Path) -> Iterator[Path]:
    """Fill a folder beside its place, or in it if it is there, and put the files there when all are whole."""
    there = path.is_dir()
    beside = path / ".export.part" if there else path.with_name(f".{path.name}.part")
    shutil.rmtree(beside, ignore_errors=True)  # of an export that was killed
    beside.mkdir(mode=0o700)
    try:
        yield beside
        if there:
            for file in sorted(beside.iterdir()):
                file.rename(path / file.name)
            beside.rmdir()
        else:
            beside.rename(path)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


def _free(path: Path) -> None:
    if path.exists():
        raise Unwritable(f"{path} is there already: name another place. Nothing was exported.")


async def export(
    settings: Settings,
    to: str,
    workspace: str | None,
    *,
    what: Sequence[What],
    days: tuple[date | None, ...],
    mark: bool,
) -> int:
    """Find out which workspace is meant, then export. Return the exit code. `days`: the first and the last one."""
    first, last = days
    console = Console(stderr=True, highlight=False, emoji=False)
    url = settings.database_url.get_secret_value()
    if workspace is not None and not is_workspace(workspace):
        console.print(Text(NO_WORKSPACE_ID))
        return USAGE
    if first is not None and last is not None and last < first:
        console.print(Text("--to is before --from."))
        return USAGE
    try:
        workspace = workspace or await of_token() or await only_one(url)
    except DatabaseUnusable as error:
        console.print(Text(f"{error} Nothing was exported."))
        return FAILED
    if workspace is None:
        console.print(Text("It is not clear which workspace to export: name it with --workspace T…"))
        return USAGE
    span = span_of(first, last, zones.zone(zones.UTC_NAME))
    return await run_export(url, to, workspace, what=what or list(What), span=span, mark=mark, console=console)
