"""Column types that keep instants exact on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Dialect, String, literal_column
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(instant: datetime) -> int:
    """Return microseconds since 1970 UTC. Raises ValueError for a naive datetime."""
    if instant.tzinfo is None:
        raise ValueError(f"naive datetime {instant.isoformat()} refused: it names no instant")
    return (instant - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the aware UTC datetime of `micros` since 1970."""
    return EPOCH + timedelta(microseconds=micros)


def word(value: str) -> ColumnElement[str]:
    """Return a word of ours (a status, a state) that is spelled out in the SQL, to compare columns of partial indexes with.

    As a parameter it would cost more than most statements: SQLite plans such a statement anew whenever it runs, since what
    is bound decides whether the index will do; and PostgreSQL's lasting plans could not use the index at all.
    """
    return literal_column(f"'{value}'", String)


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored as integer microseconds: SQLite's own datetimes silently change non-UTC instants."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Store microseconds since 1970 UTC."""
        return None if value is None else to_micros(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401, ARG002
        """Return an aware UTC datetime."""
        return None if value is None else from_micros(value)
