"""Has a crowded database of 20,000 sessions planned for as if it had a million.

PostgreSQL counts what is there, and is then told that there are fifty times as many rows. SQLite's figures are those
that the migrations wrote, whatever the size, so its plans are the ones that a million sessions get.
"""

from sqlalchemy import bindparam, text

from storage import SqlStore
from tests.statements.judge import LARGE

TIMES = 50
LEAST = 100_000
"""Rows of a large table of which the crowd has few or none."""
LEAST_OPEN = 1000
"""Rows of an index of some: what is open, due or unknown."""
_SCALED = text(f"""
SELECT pg_restore_relation_stats('schemaname', 'public', 'relname', c.relname::text, 'relpages', GREATEST(c.relpages, 1),
    'reltuples', GREATEST(c.reltuples * {TIMES}, CASE WHEN i.indpred IS NULL THEN {LEAST} ELSE {LEAST_OPEN} END)::real)
FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace
    AND COALESCE((SELECT t.relname FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid WHERE x.indexrelid = c.oid), c.relname)
        IN :large""").bindparams(bindparam("large", expanding=True))
# Of what there is more of the more rows there are, PostgreSQL keeps the share.
_SHARES = text("""
SELECT pg_restore_attribute_stats('schemaname', 'public', 'relname', s.tablename::text, 'attname', s.attname::text,
    'inherited', false, 'n_distinct', (-LEAST(1, s.n_distinct / c.reltuples))::real)
FROM pg_stats s JOIN pg_class c ON c.relname = s.tablename AND c.relnamespace = 'public'::regnamespace
WHERE s.schemaname = 'public' AND s.n_distinct > 100 AND c.reltuples > 200""")


async def of_a_million(store: SqlStore) -> None:
    """Give a crowded database the figures of a million sessions."""
    if store.engines.dialect == "sqlite":
        return
    async with store.engines.writer.begin() as connection:
        await connection.execute(text("ANALYZE"))
        await connection.execute(_SHARES)
        await connection.execute(_SCALED, {"large": sorted(LARGE)})
