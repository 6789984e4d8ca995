"""Where the lines of an import come from: a file with our columns, or one of another product."""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, Protocol

from coaching.bringing.file_map import FileMap
from coaching.bringing.questions import Facts
from coaching.bringing.reader import Reader
from coaching.bringing.text import Dialect, encoding_of, header_of, records_of, separator_of
from coaching.imports import BadFile, BadLine, Header, ImportedLine, parse_header, parse_line, read_records

MAX_LINE = 1 << 20
"""Bytes in one physical line. A longer one is no CSV, and reading it whole could use up all memory."""
Records = Iterator[tuple[int, list[str] | BadLine]]


class Source(Protocol):
    """The lines of a file."""

    left_out: int
    """Lines that are no sessions here, by their status."""

    def lines(self, now: datetime) -> Iterator[tuple[int, ImportedLine | BadLine]]:
        """Yield each line with its number, as a session or as what is wrong with it. Raises BadFile."""
        ...


class OwnSource:
    """A file with our columns."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.left_out = file, 0

    def check(self) -> None:
        """Raise BadFile if the header is not ours."""
        _header(_own_records(self._file))

    def lines(self, now: datetime) -> Iterator[tuple[int, ImportedLine | BadLine]]:
        """Yield each line with its number, as a session or as what is wrong with it. Raises BadFile."""
        records = _own_records(self._file)
        header = _header(records)
        for number, record in records:
            try:
                if isinstance(record, BadLine):
                    raise record
                yield number, parse_line(header, _without_empty(record, header.width), now)
            except BadLine as error:
                yield number, error


class MappedSource:
    """A file whose columns and words somebody explained."""

    def __init__(self, file: BinaryIO, dialect: Dialect, found: FileMap, facts: Facts) -> None:
        self._file, self.dialect, self.found, self.facts = file, dialect, found, facts
        self.left_out = 0

    def lines(self, now: datetime) -> Iterator[tuple[int, ImportedLine | BadLine]]:
        """Yield each line with its number, as a session or as what is wrong with it. Raises BadFile."""
        reader = Reader(self.found, header_of(self._file, self.dialect), now, self.facts.order)
        records = records_of(self._file, self.dialect)
        next(records)
        for number, record in records:
            try:
                if isinstance(record, BadLine):
                    raise record
                line = reader.line(record)
            except BadLine as error:
                yield number, error
                continue
            if line is None:
                self.left_out += 1
            else:
                yield number, line


def _own_records(file: BinaryIO) -> Records:
    if not file.seekable():
        return read_records(_lines(file))  # it can be read only once
    encoding = encoding_of(file)
    separator = separator_of(file, encoding) or ","
    if encoding.startswith("utf-16"):
        return records_of(file, Dialect(encoding, separator))
    file.seek(0)
    return read_records(_lines(file), separator)


def _header(records: Records) -> Header:
    """Parse the header. Raises BadFile."""
    _, cells = next(records, (1, None))
    if cells is None:
        raise BadFile("The file is empty: it needs a header and one line per session.")
    if isinstance(cells, BadLine):
        raise BadFile(f"The header {cells}.")
    return parse_header(_without_empty(cells, 1))


def _without_empty(cells: list[str], most: int) -> list[str]:
    """Return cells without the empty ones at the end beyond `most`: spreadsheets add and leave out such columns."""
    end = len(cells)
    while end > most and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


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
