"""The database's own clock decides leases and retries, so the clocks of several replicas need not agree."""

from sqlalchemy import BigInteger, ColumnElement, literal_column, type_coerce

from storage.types import DatabaseInstant

# Microseconds since 1970. SQLite counts days and milliseconds; PostgreSQL's clock_timestamp moves inside a transaction.
_SQLITE = "CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000"
_POSTGRESQL = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"


def database_micros(*, sqlite: bool) -> ColumnElement[int]:
    """Return the present instant as an SQL expression, in microseconds since 1970 UTC."""
    return literal_column(_SQLITE if sqlite else _POSTGRESQL, BigInteger)


def database_now(*, sqlite: bool) -> ColumnElement[object]:
    """Return the present instant as an SQL expression of type DatabaseInstant."""
    return type_coerce(database_micros(sqlite=sqlite), DatabaseInstant)
