"""Tables and transactions: SQLAlchemy Core on SQLite and PostgreSQL, behind the protocols of `coaching.ports`."""

from storage.engine import Engines, create_engines
from storage.unit_of_work import SqlStore

__all__ = ["Engines", "SqlStore", "create_engines"]
