"""Alembic's entry: runs the steps on the connection that `storage.migrate` hands over."""

from alembic import context
from sqlalchemy import Connection

import storage.constraints
import storage.listed_names  # noqa: F401 - both hang triggers on the metadata
from storage.tables import metadata


def run() -> None:
    """Run the migrations on the given connection. The caller owns the transaction."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=False)
    context.run_migrations()


run()
