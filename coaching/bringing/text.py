"""The text of a file of unknown making: its encoding, the sign between its columns, and its lines."""

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from coaching.imports import BadFile, BadLine, Problem, read_records

MAX_LINE = 1 << 20
"""Characters in one physical line. A longer one is no CSV, and reading it whole could use up all memory."""
SEPARATORS = ",;\t|"
WESTERN = "cp1252"
"""What is taken for text that is not UTF-8: Windows in western Europe and America."""
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_HEAD = 1 << 16
_RECORDS = 20
"""So many records show which sign separates the columns."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the bytes of a file become records."""

    encoding: str
    separator: str


def dialect_of(file: BinaryIO, encoding: str | None = None, separator: str | None = None) -> Dialect:
    """Return how a file is written, with what is known of it already. The whole file is read once. Raises BadFile."""
    encoding = encoding or encoding_of(file)
    separator = separator or separator_of(file, encoding)
    if separator is None:
        raise BadFile("The file is empty, or has one column only: save it as CSV, with a comma between the columns.")
    return Dialect(encoding, separator)


def records_of(file: BinaryIO, dialect: Dialect) -> Iterator[tuple[int, list[str] | BadLine]]:
    """Yield each record with its physical line, the header first. Raises BadFile."""
    with _text(file, dialect.encoding) as text:
        yield from _marked(read_records(_without_zeros(_lines(text)), dialect.separator))


def header_of(file: BinaryIO, dialect: Dialect) -> tuple[str, ...]:
    """Return the names of the columns, without the empty ones at the end. Raises BadFile."""
    records = records_of(file, dialect)
    _, cells = next(records, (1, None))
    records.close()  # type: ignore[attr-defined]  # it is a generator
    if cells is None:
        raise BadFile("The file is empty: it needs a header and one line per session.")
    if isinstance(cells, BadLine):
        raise BadFile(f"The header {cells}.")
    return named(cells)


def named(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the names in a header. Raises BadFile where two columns have one name."""
    names = [" ".join(cell.split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise BadFile(f"The header names {', '.join(map(repr, twice))} twice: give each column a name of its own.")
    return tuple(names)


def fitted(cells: Sequence[str], width: int) -> list[str]:
    """Return a record with as many cells as the header. Empty cells at the end come and go. Raises BadLine."""
    if any(cell.strip() for cell in cells[width:]):
        raise BadLine([Problem(None, f"has {len(cells)} values, but the header names {width} columns")])
    return [*cells[:width], *[""] * (width - len(cells))]


def _marked(records: Iterator[tuple[int, list[str] | BadLine]]) -> Iterator[tuple[int, list[str] | BadLine]]:
    """Pass over the first line of files for Excel that only says which sign separates: `sep=;`."""
    for at, (number, cells) in enumerate(records):
        if at == 0 and isinstance(cells, list) and _separation("".join(cells), len(cells)):
            continue
        yield number, cells


def _separation(line: str, cells: int = 1) -> bool:
    said = line.strip('\r\n "').casefold()
    return said.startswith("sep=") and len(said) <= len("sep=x") and cells <= 2


def encoding_of(file: BinaryIO) -> str:
    """Return how a file's text is encoded: as its mark says, UTF-8 if it is that, else `WESTERN`."""
    file.seek(0)
    head = file.read(_HEAD)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    # Text of western languages in UTF-16 without a mark has a zero in nearly every second place.
    for encoding, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        if zeros.count(0) > len(zeros) // 2:
            return encoding
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while head:
            decoder.decode(head)
            head = file.read(_HEAD)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return WESTERN
    return "utf-8"


@contextmanager
def _text(file: BinaryIO, encoding: str, errors: str = "strict") -> Iterator[io.TextIOWrapper]:
    file.seek(0)
    try:
        text = io.TextIOWrapper(file, encoding, errors=errors, newline="")
    except LookupError:
        raise BadFile(f"{encoding!r} is no encoding: write one like utf-8, utf-16, cp1252 or cp932.") from None
    try:
        yield text
    finally:
        text.detach()


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    number = 1
    try:
        while line := text.readline(MAX_LINE + 1):
            if len(line) > MAX_LINE:
                raise BadFile(f"Line {number}: is longer than {MAX_LINE:,} characters, so this is no CSV file.")
            yield line
            number += 1
    except UnicodeError:
        raise BadFile(
            f"From line {number} on this is not {text.encoding}: say how it is written, or save the file as “CSV UTF-8”."
        ) from None


def _without_zeros(lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if "\x00" in line:
            raise BadFile(f"Line {number}: has zero bytes, so this is no text: save the file as “CSV UTF-8”.")
        yield line


def separator_of(file: BinaryIO, encoding: str) -> str | None:
    """Return the sign by which the header and the records after it have the same columns, more than one of them."""
    with _text(file, encoding, errors="replace") as text:
        return _separator_in(text)


def _separator_in(text: io.TextIOWrapper) -> str | None:
    lines: list[str] = []
    for line in _lines(text):
        if not lines and _separation(line):
            return line.strip('\r\n "')[len("sep=") :] or ","
        lines.append(line)
        if len(lines) > _RECORDS:
            break
    best, most = None, (0, 0)
    for sign in SEPARATORS:
        rows = [row for row in csv.reader(lines, delimiter=sign) if any(cell.strip() for cell in row)]
        if not rows or (width := len(rows[0])) < 2:
            continue
        found = (sum(len(row) == width for row in rows), width)
        if found > most:
            best, most = sign, found
    return best
