"""Tables and transactions: SQLAlchemy Core on SQLite and PostgreSQL, behind the protocols of `coaching.ports`."""
