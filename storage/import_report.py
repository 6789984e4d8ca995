"""What an import did, would do, or could not do."""

from dataclasses import dataclass

from coaching.imports import Problem
from storage import import_preview


@dataclass(frozen=True, slots=True)
class Clash:
    """A line that is valid by itself, but conflicts with other lines or with the database."""

    line: int
    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an import did.

    `pending` counts people who are not in Slack yet. `locked` is the longest time that other writers waited, in
    seconds.
    """

    sessions: int
    already_here: int
    clients: int
    coaches: int
    packages: int
    pending: int
    new_coaches: int
    locked: float = 0.0


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do."""

    report: Report
    made: import_preview.Made
