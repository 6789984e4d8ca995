"""What a database says of itself, normalised so that two of them can be compared."""

import re

from sqlalchemy import Connection, text

_POSTGRESQL = {
    "columns": """
        SELECT c.relname || '.' || a.attname, format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull || ' '
            || COALESCE(pg_get_expr(d.adbin, d.adrelid), 'no default')
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped""",
    "indexes": """
        SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'i'""",
    "constraints": """
        SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace""",
    "triggers": "SELECT tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
}
_SQLITE = "SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL"


def catalog(connection: Connection) -> dict[str, str]:
    """Return every object of a database with its definition, alembic's own table left out."""
    found: dict[str, str] = {}
    if connection.dialect.name == "sqlite":
        for name, sql in connection.execute(text(_SQLITE)):
            found[name] = _normal(sql)
            for column in connection.execute(text(f"SELECT * FROM pragma_table_info('{name.partition(' ')[2]}')")):
                found[f"column {name}.{column.name}"] = repr(tuple(column)[2:])
    else:
        for kind, query in _POSTGRESQL.items():
            found |= {f"{kind} {name}": definition for name, definition in connection.execute(text(query))}
    return {name: definition for name, definition in found.items() if "alembic_version" not in name}


def _normal(sql: str) -> str:
    """Return SQLite's text with columns and constraints in order, and without what only layout differs in."""
    flat = re.sub(r"\s+", " ", sql.replace('"', "")).strip()
    if not flat.upper().startswith("CREATE TABLE"):
        return flat
    head, _, rest = flat.partition("(")
    body, _, tail = rest.rpartition(")")
    parts, depth, part = [], 0, ""
    for character in body:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            parts.append(part.strip())
            part = ""
        else:
            part += character
    return f"{head.strip()} ({', '.join(sorted([*parts, part.strip()]))}) {tail.strip()}"
