"""The doctor's findings as values, and their output for people and for machines."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

FINE, WRONG, SKIPPED = "✓", "✗", "–"
WIDEST = 110
"""The longest line in characters, however wide the terminal is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A thing that is wrong. `truth` is what should be, `advice` what to do. `money` says whether credits are wrong.

    If the fault is about rows, `examples` are the first few of `count`. They are ids and figures.
    """

    id: str
    truth: str
    what: str
    advice: str
    money: bool = False
    workspace: str | None = None
    count: int = 1
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Checks that belong together. Without `faults` all is well, unless `skipped`. Then `note` says why."""

    id: str
    name: str
    note: str
    faults: tuple[Fault, ...] = ()
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """All groups that were checked, at an instant (aware UTC)."""

    at: datetime
    groups: tuple[Group, ...]

    @property
    def faults(self) -> list[Fault]:
        """Every fault, in the order of the checks."""
        return [fault for group in self.groups for fault in group.faults]


def as_json(report: Report) -> str:
    """Return the report as JSON for machines. Its keys are never renamed."""
    return json.dumps(
        {
            "ok": not report.faults,
            "checked_at": report.at.isoformat(),
            "groups": [
                {
                    "id": group.id,
                    "state": "skipped" if group.skipped else "faults" if group.faults else "ok",
                    "note": group.note,
                    "faults": [asdict(fault) for fault in group.faults],
                }
                for group in report.groups
            ],
        },
        ensure_ascii=False,
        indent=2,
    )


def show(report: Report, console: Console) -> None:
    """Print the report for people: a line per group, then each fault with what to do about it."""
    width = min(console.width, WIDEST)
    table = Table.grid(padding=(0, 1))
    for group in report.groups:
        mark, style = (SKIPPED, "dim") if group.skipped else (WRONG, "bold red") if group.faults else (FINE, "green")
        table.add_row(Text(mark, style), Text(group.name, "bold"), Text(group.note))
    console.print(table, width=width)
    for number, fault in enumerate(report.faults, 1):
        _show(number, fault, console, width)
    console.print()
    console.print(Text(_verdict(report.faults), "bold"), soft_wrap=True)


def _show(number: int, fault: Fault, console: Console, width: int) -> None:
    where = "" if fault.workspace is None else f" · workspace {fault.workspace}"
    console.print()
    console.print(
        Text.assemble((f"{number}. {fault.truth}", "bold red"), (f"  [{fault.id}{where}]", "dim")), width=width
    )
    lines = Table.grid(padding=(0, 1))
    lines.add_row(Text("Found", "dim"), Text(fault.what))
    for example in fault.examples:
        lines.add_row("", Text(f"· {example}"))
    if fault.count > len(fault.examples) > 0:
        lines.add_row("", Text(f"· and {fault.count - len(fault.examples):,} more"))
    lines.add_row(Text("Credits", "dim"), Text("affected" if fault.money else "not affected"))
    lines.add_row(Text("To do", "dim"), Text(fault.advice))
    console.print(Padding(lines, (0, 0, 0, 3)), width=width)


def _verdict(faults: Sequence[Fault]) -> str:
    if not faults:
        return "All is well."
    found = "1 fault was found" if len(faults) == 1 else f"{len(faults)} faults were found"
    return f"{found}. Run `python -m bot doctor` again when you have dealt with what is above."
