"""The first half of an import's SQL: staging tables of one connection, and the computations and checks on them."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Executable,
    FromClause,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Subquery,
    Table,
    and_,
    case,
    cast,
    distinct,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    union,
)

from coaching.sessions import PENDING
from storage.tables import (
    coaches,
    grants,
    members,
    packages,
    session_type_coaches,
    session_types,
    sessions,
)

GENERAL = "Credits"
"""The label of the grant that pays for sessions without a package."""
GRANTS_FROM, GRANTS_TO = "import-", "import."
"""The range of ids of grants opened by imports."""

staging = MetaData()
_TEMPORARY: dict[str, Any] = {"prefixes": ["TEMPORARY"]}


def _line_columns() -> list[Column[Any]]:
    return [
        Column("line", Integer, nullable=False),
        Column("id", String, nullable=False),
        Column("client", String, nullable=False),
        Column("coach", String, nullable=False),
        Column("type_id", String, nullable=False),
        Column("type_name", String, nullable=False),
        Column("minutes", Integer, nullable=False),
        Column("package_id", String),
        Column("package_name", String),
        Column("package_key", String),  # key of its name, equal for all spellings; ids say nothing about names
        Column("starts_at", BigInteger, nullable=False),
        Column("ends_at", BigInteger, nullable=False),
        Column("booked_at", BigInteger, nullable=False),
        Column("cutoff", BigInteger, nullable=False),
        Column("time_zone", String, nullable=False),
        Column("local_start", String, nullable=False),
        Column("by_instant", Integer, nullable=False),
        Column("rules", String, nullable=False),
        Column("price", Integer, nullable=False),
        Column("price_cents", BigInteger),
        Column("currency", String),
        Column("meeting_link", String),
        Column("canceled", Integer, nullable=False),
        Column("policy_id", String),  # null: the workspace's
    ]


lines = Table("import_lines", staging, *_line_columns(), **_TEMPORARY)
"""The file's lines."""
people = Table(
    "import_people",
    staging,
    Column("who", String, primary_key=True),
    Column("id", String, nullable=False),
    **_TEMPORARY,
)
"""The people in the file, and their ids here: the e-mail of a Slack member stands for that member."""
catalogue = Table(
    "import_catalogue",
    staging,
    Column("id", String, primary_key=True),
    Column("package_key", String, nullable=False),
    **_TEMPORARY,
)
"""The packages for sale and those imported before, by the key of their name."""
steps = Table(
    "import_steps",
    staging,
    Column("key", String, primary_key=True),
    Column("id", String, nullable=False),
    Column("client", String, nullable=False),
    Column("lead", Integer, nullable=False),  # seconds before the cutoff
    Column("starting", Integer, nullable=False),  # whether it counts down to the start, not to the cutoff
    Column("cutoff", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    **_TEMPORARY,
)
"""Reminders moved out of quiet hours, which SQL cannot work out; empty where there are no quiet hours."""
opened = Table(
    "import_grants",
    staging,
    Column("client", String, primary_key=True),
    Column("package_id", String, primary_key=True),  # empty: the general grant
    Column("id", String, nullable=False),
    Column("label", String, nullable=False),
    Column("existing", Integer, nullable=False),
    Column("base", Integer, nullable=False),  # the last position assigned in an existing package
    Column("added", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("first_session", String, nullable=False),
    Column("first_line", Integer, nullable=False),
    **_TEMPORARY,
)
"""The grants that pay, one per client and package."""
fresh = Table(
    "import_new",
    staging,
    *_line_columns(),
    Column("grant_id", String),
    Column("position", Integer),
    Column("place", Integer),  # among the new sessions that its grant pays for
    **_TEMPORARY,
)
"""The rows to copy, in the order of the primary key: resolved, paid for, without sessions that exist already."""
line_ids = Index("ix_import_lines_id", lines.c.id)


def is_pending(who: ColumnElement[str]) -> ColumnElement[bool]:
    """Return SQL for whether a person is known by e-mail only."""
    return func.substr(who, 1, len(PENDING)) == PENDING


def address(who: ColumnElement[str]) -> ColumnElement[str]:
    """Return SQL for the e-mail in the id of such a person."""
    return func.substr(who, len(PENDING) + 1, type_=String)


def fill_people(ws: str) -> Executable:
    """Find the members whose e-mail the file names."""
    named = union(select(lines.c.client.label("who")), select(lines.c.coach.label("who"))).subquery()
    known = and_(
        is_pending(named.c.who),
        members.c.workspace_id == ws,
        members.c.email == address(named.c.who),
        ~is_pending(members.c.id),
    )
    found = select(named.c.who, func.coalesce(func.min(members.c.id), named.c.who)).outerjoin_from(
        named, members, known
    )
    return insert(people).from_select(["who", "id"], found.group_by(named.c.who))


def _resolved() -> tuple[FromClause, ColumnElement[str], ColumnElement[str]]:
    client, coach = people.alias("client"), people.alias("coach")
    # Outer joins, although every row matches: they keep SQLite from making the small table the outer loop.
    joined = lines.outerjoin(client, client.c.who == lines.c.client).outerjoin(coach, coach.c.who == lines.c.coach)
    return joined, client.c.id, coach.c.id


def _not_here(ws: str) -> Subquery:
    joined, client, coach = _resolved()
    return (
        select(*(c for c in lines.c if c.key not in ("client", "coach")), client.label("client"), coach.label("coach"))
        .select_from(joined.outerjoin(sessions, and_(sessions.c.workspace_id == ws, sessions.c.id == lines.c.id)))
        .where(sessions.c.id.is_(None))
        .subquery("not_here")
    )


def _paid(row: Any) -> ColumnElement[bool]:  # noqa: ANN401 - columns of a subquery
    return and_(row.canceled == 0, or_(row.package_id.is_not(None), row.price > 0))


def _imported_grants(ws: str) -> Subquery:
    """Return the grants opened by imports, by client and package. Of two equal ones after a link, the first counts."""
    package = func.coalesce(grants.c.package_id, "")
    return (
        select(grants.c.client_id, package.label("package_id"), func.min(grants.c.id).label("id"))
        .where(grants.c.workspace_id == ws, grants.c.id >= GRANTS_FROM, grants.c.id < GRANTS_TO)
        .group_by(grants.c.client_id, package)
        .subquery("existing")
    )


def _last_position(ws: str, grant_id: ColumnElement[str]) -> ColumnElement[int]:
    last = select(func.max(sessions.c.package_position)).where(
        sessions.c.workspace_id == ws, sessions.c.grant_id == grant_id
    )
    return func.coalesce(last.scalar_subquery(), 0)


def fill_grants(ws: str, import_id: str) -> Executable:
    """Determine which grants pay for new rows: those opened by earlier imports, or new ones."""
    rows = _not_here(ws)
    package = func.coalesce(rows.c.package_id, "")
    wanted = (
        select(
            rows.c.client,
            package.label("package_id"),
            func.coalesce(func.min(rows.c.package_name), GENERAL).label("label"),
            func.count().label("added"),
            func.sum(cast(rows.c.price, BigInteger)).label("amount"),
            func.min(rows.c.id).label("first_session"),
            func.min(rows.c.line).label("first_line"),
        )
        .where(_paid(rows.c))
        .group_by(rows.c.client, package)
        .subquery("wanted")
    )
    known = _imported_grants(ws)
    number = func.row_number().over(order_by=(wanted.c.client, wanted.c.package_id))
    new_id = literal(f"{GRANTS_FROM}{import_id}-") + cast(10_000_000 + number, String)  # of equal length: ids sort
    found = select(
        wanted.c.client,
        wanted.c.package_id,
        func.coalesce(known.c.id, new_id),
        wanted.c.label,
        case((known.c.id.is_(None), 0), else_=1),
        _last_position(ws, known.c.id),
        wanted.c.added,
        wanted.c.amount,
        wanted.c.first_session,
        wanted.c.first_line,
    ).outerjoin_from(
        wanted, known, and_(known.c.client_id == wanted.c.client, known.c.package_id == wanted.c.package_id)
    )
    return insert(opened).from_select(list(opened.c.keys()), found)


def fill_fresh(ws: str) -> Executable:
    """Assemble the rows to copy."""
    rows = _not_here(ws)
    place = func.row_number().over(partition_by=opened.c.id, order_by=(rows.c.starts_at, rows.c.id))
    columns = [c.key for c in lines.c]
    found = (
        select(
            *(rows.c[key] for key in columns),
            opened.c.id,
            case((and_(rows.c.package_id.is_not(None), opened.c.id.is_not(None)), opened.c.base + place), else_=null()),
            place,
        )
        .outerjoin_from(
            rows,
            opened,
            and_(
                opened.c.client == rows.c.client,
                opened.c.package_id == func.coalesce(rows.c.package_id, ""),
                _paid(rows.c),
            ),
        )
        .order_by(rows.c.id)
    )
    return insert(fresh).from_select([*columns, "grant_id", "position", "place"], found)


def facts(ws: str) -> tuple[Select[Any], ...]:
    """Return the queries of what the preparation relied on.

    If the answers are the same under the lock, copying is safe.
    """
    here = (
        select(func.count())
        .select_from(fresh)
        .join(sessions, and_(sessions.c.workspace_id == ws, sessions.c.id == fresh.c.id))
    )
    appeared = (
        select(func.count())
        .select_from(people)
        .join(
            members,
            and_(members.c.workspace_id == ws, members.c.email == address(people.c.id), ~is_pending(members.c.id)),
        )
        .where(is_pending(people.c.id))
    )
    not_given = select(func.count()).select_from(coaches_of_others(ws, 0).subquery())
    known = _imported_grants(ws)
    paying = (
        select(func.count(), func.sum(_last_position(ws, known.c.id)))
        .select_from(opened)
        .join(known, and_(known.c.client_id == opened.c.client, known.c.package_id == opened.c.package_id))
    )
    return here, appeared, paying, not_given  # type: ignore[return-value]  # mypy takes the columns' types as invariant


# Checks that need the whole file.


def repeated_ids() -> Select[Any]:
    """Return the lines that share their session_id."""
    again = select(lines.c.id).group_by(lines.c.id).having(func.count() > 1)
    return select(lines.c.id, lines.c.line).where(lines.c.id.in_(again)).order_by(lines.c.id, lines.c.line)


def mixed_packages() -> Select[Any]:
    """Return the lines of a client's package to which the file gives several session types."""
    joined, client, _ = _resolved()
    name = lines.c.package_key
    mixed = (
        select(client.label("client"), name.label("name"))
        .select_from(joined)
        .where(lines.c.package_id.is_not(None))
        .group_by(client, name)
        .having(func.count(distinct(lines.c.type_id)) > 1)
        .subquery("mixed")
    )
    return (
        select(client.label("client"), name.label("name"), lines.c.line, lines.c.type_id)
        .add_columns(lines.c.package_name, lines.c.type_name)
        .select_from(joined.join(mixed, and_(mixed.c.client == client, mixed.c.name == name)))
        .order_by(client, name, lines.c.line)
    )


def packages_of_other_types(ws: str) -> Select[Any]:
    """Return the new lines whose package an earlier import opened for another session type."""
    return (
        select(fresh.c.line, fresh.c.package_name, fresh.c.type_name, session_types.c.name.label("other"))
        .join(
            grants,
            and_(
                grants.c.workspace_id == ws,
                grants.c.client_id == fresh.c.client,
                grants.c.id >= GRANTS_FROM,
                grants.c.id < GRANTS_TO,
                grants.c.package_id != fresh.c.package_id,
            ),
        )
        .join(catalogue, and_(catalogue.c.id == grants.c.package_id, catalogue.c.package_key == fresh.c.package_key))
        .join(packages, and_(packages.c.workspace_id == ws, packages.c.id == grants.c.package_id))
        .join(session_types, and_(session_types.c.workspace_id == ws, session_types.c.id == packages.c.session_type_id))
        .order_by(fresh.c.line)
    )


def coaches_of_others(ws: str, now: int) -> Select[Any]:
    """Return the new lines ahead whose coach does not give their session type."""
    giver, its = session_type_coaches.c, session_type_coaches.alias("its").c
    some = select(literal(1)).where(giver.workspace_id == ws, giver.session_type_id == fresh.c.type_id)
    theirs = select(literal(1)).where(
        its.workspace_id == ws, its.session_type_id == fresh.c.type_id, its.coach_id == fresh.c.coach
    )
    return (
        select(fresh.c.line, fresh.c.coach, fresh.c.type_name)
        .where(fresh.c.canceled == 0, fresh.c.starts_at > now, some.exists(), ~theirs.exists())
        .order_by(fresh.c.line)
    )


def own_clients() -> Select[Any]:
    """Return the lines whose client and coach are the same member."""
    joined, client, coach = _resolved()
    same = and_(client == coach, lines.c.client != lines.c.coach)
    return select(lines.c.line, client.label("id")).select_from(joined).where(same).order_by(lines.c.line)


def too_many_credits(most: int) -> Select[Any]:
    """Return the grants whose credits exceed the ledger's limit."""
    return select(opened.c.first_line).where(opened.c.amount > most).order_by(opened.c.first_line)


# The summary.


def counts(ws: str) -> Select[Any]:
    """Return the numbers of lines, new sessions, people and packages."""
    everybody = union(select(fresh.c.client.label("id")), select(fresh.c.coach.label("id"))).subquery()
    listed = and_(coaches.c.workspace_id == ws, coaches.c.member_id == fresh.c.coach)
    return select(
        select(func.count()).select_from(lines).scalar_subquery().label("lines"),
        select(func.count()).select_from(fresh).scalar_subquery().label("sessions"),
        select(func.count(distinct(fresh.c.client))).scalar_subquery().label("clients"),
        select(func.count(distinct(fresh.c.coach))).scalar_subquery().label("coaches"),
        select(func.count()).select_from(opened).where(opened.c.package_id != "").scalar_subquery().label("packages"),
        select(func.count())
        .select_from(everybody)
        .where(is_pending(everybody.c.id))
        .scalar_subquery()
        .label("pending"),
        select(func.count(distinct(fresh.c.coach)))
        .outerjoin_from(fresh, coaches, listed)
        .where(coaches.c.member_id.is_(None))
        .scalar_subquery()
        .label("new_coaches"),
    )
