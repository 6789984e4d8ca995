"""How the code is kept: how long a file may be, and who reads the business clock."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import two_clicks

ROOT = Path(__file__).parents[2]
ROOMS = ("bot", "calendars", "coaching", "handlers", "language", "playground", "storage", "web", "tests", "benchmarks")
LINES = 400
"""Where a file is longer, look for the second noun."""


def lines(path: Path) -> int:
    """How many lines a file has."""
    return path.read_bytes().count(b"\n")


def test_no_file_is_too_long_to_read_at_once() -> None:
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    assert {str(path.relative_to(ROOT)): lines(path) for path in files if lines(path) > LINES} == {}
    assert len(files) > 100


def clock_reads(source: str) -> Iterator[int]:
    """The lines that read a clock which they were given: `clock.now()`, `self._deps.clock.now()`."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr="now", value=ast.Name(id="clock") | ast.Attribute(attr="clock"))):
                yield node.lineno


@pytest.mark.parametrize("path", sorted((ROOT / "handlers").rglob("*.py")), ids=lambda path: path.name)
def test_handlers_take_the_time_from_an_actions_answer(path: Path) -> None:
    assert list(clock_reads(path.read_text())) == []


def test_a_read_clock_is_found() -> None:
    assert list(clock_reads("now = self._deps.clock.now()\nlater = clock.now()\nwall = datetime.now(UTC)")) == [1, 2]


def test_every_picture_is_taken_by_the_album_and_has_its_line_in_the_gallery() -> None:
    folder = ROOT / "docs/screenshots"
    kept = {path.stem for path in folder.glob("*.png")}
    linked = re.findall(r"\]\(([\w-]+)\.png\)", (folder / "README.md").read_text())
    album = (ROOT / "tests/browser/screenshots.py").read_text().partition("async def main_job")[0]
    taken = set(re.findall(r'take\(visitor, "([\w-]+)"\)|"(home-[a-z]+)"', album))
    assert sorted(linked) == sorted(kept)
    assert {one or other for one, other in taken} | {Path(two_clicks.NAME).stem} == kept
