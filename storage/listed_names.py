"""The names of coaches beside their rows, so that lists of coaches are read in the order of an index.

The database keeps them equal to those of the members, whoever writes. A test of doctor's rules compares them.
"""

from sqlalchemy import DDL, event

from storage.tables import availability, coaches, members

_LISTS = (("coaches", "member_id"), ("availability", "coach_id"))
_NAME = "COALESCE((SELECT m.name FROM members m WHERE m.workspace_id = NEW.workspace_id AND m.id = NEW.{key}), '')"
_RENAME = "UPDATE {table} SET name = COALESCE(NEW.name, '') WHERE workspace_id = NEW.workspace_id AND {key} = NEW.id;"
_BOTH = " ".join(_RENAME.format(table=table, key=key) for table, key in _LISTS)

NAMED = {
    "sqlite": (
        *(
            f"""CREATE TRIGGER {table}_named AFTER INSERT ON {table}
BEGIN UPDATE {table} SET name = {_NAME.format(key=key)}
WHERE workspace_id = NEW.workspace_id AND {key} = NEW.{key}; END"""
            for table, key in _LISTS
        ),
        f"""CREATE TRIGGER members_named AFTER INSERT ON members WHEN NEW.name IS NOT NULL
BEGIN {_BOTH} END""",
        f"""CREATE TRIGGER members_renamed AFTER UPDATE OF name ON members WHEN NEW.name IS NOT OLD.name
BEGIN {_BOTH} END""",
    ),
    "postgresql": (
        *(
            statement
            for table, key in _LISTS
            for statement in (
                f"""CREATE FUNCTION {table}_named() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.name := {_NAME.format(key=key)};
  RETURN NEW;
END $$""",
                f"""CREATE TRIGGER {table}_named BEFORE INSERT ON {table} FOR EACH ROW
EXECUTE FUNCTION {table}_named()""",
            )
        ),
        f"""CREATE FUNCTION members_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  {_BOTH}
  RETURN NULL;
END $$""",
        """CREATE TRIGGER members_named AFTER INSERT ON members FOR EACH ROW
WHEN (NEW.name IS NOT NULL) EXECUTE FUNCTION members_renamed()""",
        """CREATE TRIGGER members_renamed AFTER UPDATE OF name ON members FOR EACH ROW
WHEN (NEW.name IS DISTINCT FROM OLD.name) EXECUTE FUNCTION members_renamed()""",
    ),
}
"""Created by migration 0030."""


def _attach() -> None:
    """Let `metadata.create_all` create the triggers too. Each comes after the table that it is on."""
    tables = {"coaches": coaches, "availability": availability, "members": members}
    for dialect, statements in NAMED.items():
        for statement in statements:
            words = statement.split()
            table = tables[words[2].split("_")[0]]
            ddl = DDL(statement.replace("%", "%%"))  # type: ignore[no-untyped-call]
            event.listen(table, "after_create", ddl.execute_if(dialect=dialect))


_attach()
