"""Filters for rows whose key has two columns after the workspace: a session's id, and a version or a number."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, tuple_


def in_pairs(first: ColumnElement[Any], second: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return SQL for the rows whose two columns are one of `pairs_given`.

    For a list of pairs alone, SQLite uses only the workspace of a key and reads all its rows. The list of first values
    lets it look each of them up.
    """
    return and_(
        first.in_(bindparam("firsts", expanding=True)),
        tuple_(first, second).in_(bindparam("pairs", expanding=True)),
    )


def pairs_given(pairs: Collection[tuple[str, int]]) -> dict[str, Any]:
    """Return the parameters of `in_pairs`."""
    return {"firsts": sorted({first for first, _ in pairs}), "pairs": list(pairs)}
