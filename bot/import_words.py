"""What an import says: what it would make, what it did, and how it read the file."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from coaching.bringing.file_map import DateOrder, FileMap, Target
from coaching.bringing.questions import Ask, Facts, Question
from coaching.bringing.text import Dialect
from coaching.exports import credits_of
from coaching.imports import shown
from coaching.sessions import PENDING
from storage.import_report import Preview, Report

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def summary(report: Report) -> list[str]:
    """Describe what an import did, in sentences."""
    here = f"{count(report.already_here, 'session')} of the file {_are(report.already_here)} here already"
    if not report.sessions:
        if not report.already_here:
            return ["The file holds no sessions, so nothing changed."]
        return [f"{here}, left as found: nothing changed."]
    told = [f"{count(report.sessions, 'session')} imported."]
    if report.already_here:
        told.append(f"{here}, left as found.")
    packages = f", in {count(report.packages, 'package')}" if report.packages else ""
    told.append(f"They are of {count(report.clients, 'client')} and {count(report.coaches, 'coach')}{packages}.")
    if report.pending:
        who = "1 person is" if report.pending == 1 else f"{report.pending:,} people are"
        told.append(f"{who} not in Slack yet: they are linked when they appear.")
    if report.new_coaches:
        told.append(
            f"{count(report.new_coaches, 'coach')} came in who {_are(report.new_coaches)} not set up yet: they get alerts "
            "as direct messages until an admin names a channel in `/sessions setup`."
        )
    return told


def outlook(preview: Preview, left_out: int) -> list[str]:
    """Describe what an import would make, in sentences."""
    report, made = preview.report, preview.made
    told = [f"{count(report.sessions, 'session')} would be made."]
    if report.already_here:
        here = f"{count(report.already_here, 'session')} of the file {_are(report.already_here)} here already"
        told.append(f"{here} and would be left as found.")
    if left_out:
        told.append(f"{count(left_out, 'line')} would be left out, by status.")
    if report.sessions:
        told.append(
            f"They are of {_new(report.clients, 'client', made.new_clients)}, "
            f"{_new(report.coaches, 'coach', report.new_coaches)} and "
            f"{_new(made.types, 'session type', made.new_types)}"
            + (f", in {count(report.packages, 'package')}." if report.packages else ".")
        )
    if report.pending:
        who = "1 person is" if report.pending == 1 else f"{report.pending:,} people are"
        told.append(f"{who} not in Slack yet.")
    return told


def first_lines(preview: Preview) -> Table | None:
    """Return the first sessions as they will be, or None where there are none."""
    if not preview.made.first:
        return None
    table = Table(box=None, pad_edge=False, title_justify="left", title="The first of them:")
    for name in ("Line", "Start", "Minutes", "Client", "Coach", "Session type", "Package", "Credits", "Status"):
        table.add_column(name, overflow="fold")
    for line in preview.made.first:
        cells = (
            str(line.line),
            f"{line.starts_at:%a %d %b %Y %H:%M %Z}",
            str(line.minutes),
            shown(line.client.removeprefix(PENDING)),
            shown(line.coach.removeprefix(PENDING)),
            shown(line.session_type),
            shown(line.package or ""),
            credits_of(line.price),
            "canceled" if line.canceled else "",
        )
        table.add_row(*map(Text, cells))
    return table


def how_read(dialect: Dialect, found: FileMap, facts: Facts) -> list[str]:
    """Describe how a file is read, in sentences."""
    separator = _SEPARATORS.get(dialect.separator, repr(dialect.separator))
    told = [
        f"The file is {dialect.encoding}, with {separator} between its columns, and has {count(facts.lines, 'line')}."
    ]
    if dialect.encoding == "cp1252":
        told.append("Nothing in it says that it is cp1252 (Windows, western): look at the accents below.")
    meant = [f"{target} is {found.named(target)!r}" for target in Target if found.columns.get(target)]
    meant += [f"{target} is always {shown(value)!r}" for target, value in found.always.items() if value]
    told.append(f"{'; '.join(meant)}.")
    if facts.order is not None:
        first = "day" if facts.order is DateOrder.DAY_FIRST else "month"
        told.append(f"In its dates the {first} comes first.")
    if not found.columns.get(Target.ID):
        told.append(
            "It has no ids, so a session is known by its client, coach, type and start: one that was moved there since "
            "would come in again."
        )
    return told


def asked(question: Question, found: FileMap) -> str:
    """Return what is open, as a sentence."""
    word, where = shown(question.word), f"line {question.line}"
    meant = f" Does it mean {shown(question.meant)}?" if question.meant else ""
    if question.ask is Ask.COLUMN:
        return f"No column is {question.word}, and it is not the same for every line."
    if question.ask is Ask.ORDER:
        return f"{found.named(Target.START)} ({where}): in {word!r}, is the day or the month first?"
    if question.ask is Ask.STATUS:
        return f"{found.named(Target.STATUS)} ({where}, {count(question.count, 'line')}): what does {word!r} mean?"
    if question.ask is Ask.ZONE:
        return f"Time zone ({where}, {count(question.count, 'line')}): which zone is {word!r}?{meant}"
    if question.ask is Ask.PERSON:
        return f"{found.named(Target.COACH)} ({where}, {count(question.count, 'line')}): who is {word!r}?{meant}"
    return f"{found.named(Target.PRICE)} ({where}): in which currency is {word!r}?"


def count(number: int, noun: str) -> str:
    """Return a number and its noun."""
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def columns_table(names: Sequence[str], examples: Sequence[Sequence[str]]) -> Table:
    """Return the columns of a file with their numbers and what the first lines have."""
    table = Table(box=None, pad_edge=False)
    table.add_column("", justify="right")
    table.add_column("Column")
    table.add_column("For example", overflow="fold")
    for at, name in enumerate(names):
        values = [shown(row[at], 30) for row in examples if row[at].strip()]
        table.add_row(str(at + 1), Text(shown(name) or "(no name)"), Text(" | ".join(values)))
    return table


def _new(number: int, noun: str, fresh: int) -> str:
    return count(number, noun) + (f" ({fresh:,} new)" if fresh else "")


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
