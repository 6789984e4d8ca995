"""What an import would make, read from what it staged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, distinct, func, select

from coaching.bringing.service import OutlookLine
from coaching.zones import first_known
from storage.import_staging import fresh
from storage.tables import members, session_types
from storage.types import from_micros

SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What is new besides the sessions, and the first of them."""

    types: int
    new_types: int
    new_clients: int
    first: Sequence[OutlookLine]


def kinds(ws: str) -> Select[Any]:
    """Return the numbers of session types and of clients, each with those that are not here yet."""
    here = and_(session_types.c.workspace_id == ws, session_types.c.id == fresh.c.type_id)
    known = and_(members.c.workspace_id == ws, members.c.id == fresh.c.client)

    def number(column: Any, joined: Any, missing: Any) -> Any:  # noqa: ANN401 - SQLAlchemy's own
        return select(func.count(distinct(column))).select_from(joined).where(missing).scalar_subquery()

    return select(
        select(func.count(distinct(fresh.c.type_id))).scalar_subquery().label("types"),
        number(fresh.c.type_id, fresh.outerjoin(session_types, here), session_types.c.id.is_(None)).label("new_types"),
        number(fresh.c.client, fresh.outerjoin(members, known), members.c.id.is_(None)).label("new_clients"),
    )


def first_lines() -> Select[Any]:
    """Return the first new sessions in the order of the file."""
    return select(fresh).order_by(fresh.c.line).limit(SHOWN)


def shown_line(row: Any) -> OutlookLine:  # noqa: ANN401 - a row
    """Return a session as it will be."""
    return OutlookLine(
        line=row.line,
        starts_at=from_micros(row.starts_at).astimezone(first_known(row.time_zone)),
        minutes=row.minutes,
        client=row.client,
        coach=row.coach,
        session_type=row.type_name,
        package=row.package_name,
        price=row.price,
        canceled=bool(row.canceled),
    )
