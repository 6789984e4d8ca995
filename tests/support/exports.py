"""Export as the command line does, and read the files."""

import csv
import io
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.exporting import run_export
from coaching.export_columns import What
from coaching.exports import Span
from tests.support.world import WORKSPACE


async def exported(url: str, to: Path, *, workspace: str = WORKSPACE, **more: Any) -> tuple[int, str]:
    """Export a workspace to a place; return the exit code and what was said."""
    said = io.StringIO()
    given: dict[str, Any] = {"what": list(What), "span": Span(), "mark": False, **more}
    code = await run_export(url, str(to), workspace, console=Console(file=said, width=500, emoji=False), **given)
    return code, said.getvalue()


def rows_of(file: Path) -> list[dict[str, str]]:
    """Return the lines of a file by the names of its columns."""
    return read(file.read_bytes().decode("utf-8-sig"))


def read(text: str) -> list[dict[str, str]]:
    """Return the lines of a CSV text by the names of its columns."""
    return list(csv.DictReader(io.StringIO(text, newline="")))
