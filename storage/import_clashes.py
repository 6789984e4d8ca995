"""The words about lines that conflict with others."""

from collections.abc import Sequence
from typing import Any

from coaching.imports import Problem, shown

_NAMED = 3
"""How many other lines a message names."""


def others(number: int, numbers: Sequence[int]) -> str:
    """Name the other lines of a clash, the first of many."""
    rest = [str(other) for other in numbers if other != number]
    more = f" and {len(rest) - _NAMED} more" if len(rest) > _NAMED else ""
    return f"line{'s' if len(rest) > 1 else ''} {', '.join(rest[:_NAMED])}{more}"


def other_type(row: Any, other: str, where: str) -> Problem:  # noqa: ANN401 - a row
    """Say that a package is for another session type elsewhere."""
    return Problem(
        "package",
        f"this client's {shown(row.package_name)!r} is for {shown(row.type_name)!r} here and for {shown(other)!r} {where}: "
        "a package is for one session type, so give one of them another name",
    )
