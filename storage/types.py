"""Types on which both databases must agree: exact instants, and the order of keys."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Dialect, String, collate, literal_column
from sqlalchemy.sql.operators import OperatorType
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
    return EPOCH + timedelta(0, 0, micros)


def word(value: str) -> ColumnElement[str]:
    """Return one of our constants (a status, a state) as an SQL literal, to compare with columns in partial indexes.

    A parameter would cost more than most statements. SQLite would plan the statement again on every run, since the
    value decides whether the index can be used. PostgreSQL's generic plans could not use the index at all.
    """
    return literal_column(f"'{value}'", String)


def _read(micros: int | None) -> datetime | None:
    return None if micros is None else EPOCH + timedelta(0, 0, micros)


class TwoClocks(TypeError):
    """Instants of two clocks were compared. One clock's present may be the distant past or the future of the other."""


class Instant(TypeDecorator[datetime]):
    """An aware datetime of the business clock, stored as integer microseconds.

    SQLite's own type silently changes non-UTC values. The database's time and the machine's time are separate types.
    Comparing two of them raises TwoClocks when the statement is built: the business clock may be moved, so an instant
    of one clock says nothing about the others.
    """

    impl = BigInteger
    cache_ok = True
    clock = "business"

    class Comparator(TypeDecorator.Comparator[datetime]):
        """Refuses the other clocks. A literal or an untyped parameter takes the column's type."""

        def operate(self, op: OperatorType, *other: Any, **kwargs: Any) -> ColumnElement[Any]:  # noqa: ANN401
            """Compare or calculate. Raises TwoClocks."""
            _of_one_clock(self.type, other)
            return super().operate(op, *other, **kwargs)

        def reverse_operate(self, op: OperatorType, other: Any, **kwargs: Any) -> ColumnElement[Any]:  # noqa: ANN401
            """Calculate with the operands reversed. Raises TwoClocks."""
            _of_one_clock(self.type, (other,))
            return super().reverse_operate(op, other, **kwargs)

    comparator_factory = Comparator

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Store microseconds since 1970 UTC."""
        return None if value is None else to_micros(value)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[int | None], datetime | None]:  # noqa: ARG002
        """Return the function that makes aware UTC datetimes. A list has a hundred of them, so it calls no other."""
        return _read


class DatabaseInstant(Instant):
    """An instant of the database's own clock: leases, retries, remembered requests."""

    cache_ok = True
    clock = "database"


class WallInstant(Instant):
    """An instant of the machine's own clock: the age of Slack's answers about people."""

    cache_ok = True
    clock = "wall"


def _of_one_clock(mine: Any, others: Iterable[Any]) -> None:  # noqa: ANN401 - SQLAlchemy's own types
    for other in others:
        theirs = getattr(other, "type", None)
        if isinstance(theirs, Instant) and theirs.clock != mine.clock:
            raise TwoClocks(f"{theirs.clock} time is compared with {mine.clock} time")


def by_key(column: ColumnElement[str]) -> ColumnElement[str]:
    """Return a column with the collation in which PostgreSQL sorts text as Python does, whatever the default is.

    Rows locked in the order of their keys in SQL, and elsewhere in the order of `sorted`, are then locked in the same
    order.
    """
    return collate(column, "C")
