"""Grants as rows, with their balances."""

from datetime import date
from typing import Any

from sqlalchemy import Case, Row, and_, bindparam, case, func, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from coaching.credits import Grant
from coaching.localtime import LocalDay
from storage.tables import checkpoints, grants, packages, pools, session_types, transfers

_c, _g, _t = checkpoints.c, grants.c, transfers.c


def change(transfer: ReadOnlyColumnCollection[str, Any], grant: ReadOnlyColumnCollection[str, Any]) -> Case[Any]:
    """Return SQL for what a transfer adds to its grant's balance."""
    account = "grant:" + grant.id
    return case((transfer.target == account, transfer.amount), (transfer.source == account, -transfer.amount), else_=0)


CHECKPOINT = and_(_c.workspace_id == _g.workspace_id, _c.grant_id == _g.id)
_DRAWN = func.coalesce(_c.number, 0)
# Each by a subquery of its own: in a join PostgreSQL would read the whole history, and filter it by the number.
_OF_GRANT = and_(_t.workspace_id == _g.workspace_id, _t.grant_id == _g.id)
_SINCE = (
    select(func.sum(change(_t, _g)))
    .where(_OF_GRANT, _t.number > _DRAWN)
    .correlate(grants, checkpoints)
    .scalar_subquery()
)
# SQLite uses the index of numbers only where the condition of that index is said.
_NEWEST = select(func.max(_t.number)).where(_OF_GRANT, _t.number.is_not(None)).correlate(grants).scalar_subquery()
BALANCE = func.coalesce(_c.balance, 0) + func.coalesce(_SINCE, 0)
"""What a grant's account holds, with `checkpoints` joined by `CHECKPOINT`: its checkpoint and what came after it."""
GRANTS = (
    select(
        _g.id,
        _g.label,
        _g.size,
        _g.expires_at,
        _g.package_id,
        _g.closed_at,
        _g.expires_on,
        _g.expires_zone,
        _g.expires_rules,
        _g.parent_id,
        session_types.c.name.label("type_name"),
        pools.c.name.label("pool_name"),
        BALANCE.label("balance"),
        _DRAWN.label("drawn"),
        _NEWEST.label("newest"),
    )
    .select_from(grants)
    .outerjoin(packages, and_(packages.c.workspace_id == _g.workspace_id, packages.c.id == _g.package_id))
    .outerjoin(
        session_types,
        and_(session_types.c.workspace_id == packages.c.workspace_id, session_types.c.id == packages.c.session_type_id),
    )
    .outerjoin(pools, and_(pools.c.workspace_id == _g.workspace_id, pools.c.id == _g.pool_id))
    .outerjoin(checkpoints, CHECKPOINT)
    .where(_g.workspace_id == bindparam("ws"))
)


def last_day_of(row: Row[Any]) -> LocalDay | None:
    """Return a grant's last day, where a day was meant."""
    if row.expires_on is None:
        return None
    return LocalDay(date.fromisoformat(row.expires_on), row.expires_zone, row.expires_rules)


def grant_of(row: Row[Any]) -> Grant:
    """Return the grant in a row of `GRANTS`."""
    return Grant(
        row.id,
        row.label,
        int(row.balance),
        row.size,
        row.expires_at,
        row.type_name,
        row.package_id,
        row.pool_name,
        last_day_of(row),
        row.parent_id,
    )


def expiry_row(last_day: LocalDay | None) -> dict[str, str | None]:
    """Return the columns for a grant's last day."""
    if last_day is None:
        return {"expires_on": None, "expires_zone": None, "expires_rules": None}
    return {
        "expires_on": last_day.day.isoformat(),
        "expires_zone": last_day.zone,
        "expires_rules": last_day.rules,
    }
