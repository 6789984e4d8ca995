"""SQLAlchemy's SQLite dialect, over connections that have a thread of their own."""

from typing import Any

from sqlalchemy import URL, AsyncAdaptedQueuePool, Pool
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from storage.sqlite.adapter import Connection

DRIVER = "sqlite+threaded"
"""The name of this dialect in SQLAlchemy's URLs. Settings do not know it: see `storage.sqlite.engine`."""


class Dialect(SQLiteDialect_pysqlite):
    """Speaks to the standard library's `sqlite3` through `Connection`."""

    driver = "threaded"
    is_async = True
    has_terminate = True
    supports_statement_cache = True

    @classmethod
    def get_pool_class(cls, url: URL) -> type[Pool]:  # noqa: ARG003 - the signature is SQLAlchemy's
        """Return a pool whose waits do not block the event loop."""
        return AsyncAdaptedQueuePool

    def connect(self, *names: Any, **how: Any) -> Any:  # noqa: ANN401
        """Open a connection."""
        return Connection.open(*names, **how)

    def on_connect(self) -> Any:  # noqa: ANN401
        """Define no SQL functions in Python: no statement of ours uses SQLAlchemy's."""
        return None

    def get_driver_connection(self, connection: Any) -> Any:  # noqa: ANN401
        """Return the standard library's connection, which may be used in its own thread only."""
        return connection.driver_connection

    def do_terminate(self, dbapi_connection: Any) -> None:  # noqa: ANN401
        """Close a connection whose last statement was cut off."""
        dbapi_connection.terminate()


registry.register(DRIVER.replace("+", "."), __name__, Dialect.__name__)
