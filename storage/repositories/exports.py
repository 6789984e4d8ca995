"""What is exported, read in the order of keys, so that any number of lines needs the memory of one page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Integer, Select, String, and_, bindparam, func, insert, select, tuple_, update

from coaching.export_columns import What
from coaching.exports import Export, Exported, ExportedEntry, ExportedSession, ExportedTransfer, Span
from coaching.sessions import Person
from storage.repositories.base import Repository
from storage.tables import (
    exports,
    grants,
    members,
    packages,
    pools,
    refunds,
    session_types,
    sessions,
    timeline,
    transfers,
)
from storage.types import Instant

_WS: BindParameter[str] = bindparam("ws", type_=String)
_MOST: BindParameter[int] = bindparam("most", type_=Integer)
_e = exports.c


def _key(name: str) -> Any:  # noqa: ANN401 - SQLAlchemy's own
    return bindparam(name, type_=String)


def _sessions() -> Select[Any]:
    s, t, g, p, r = sessions.c, session_types.c, grants.c, packages.c, refunds.c
    page = select(sessions).where(s.workspace_id == _WS, s.id > _key("after_0")).order_by(s.id).limit(_MOST)
    one = page.subquery("one").c
    client, coach = members.alias("client"), members.alias("coach")
    returned = (
        select(func.sum(r.amount))
        .where(r.workspace_id == one.workspace_id, r.session_id == one.id, r.undone_at.is_(None))
        .scalar_subquery()
    )
    own: tuple[str, ...] = (
        "id",
        "client_id",
        "coach_id",
        "starts_at",
        "ends_at",
        "time_zone",
        "by_instant",
        "price",
        "price_cents",
    )
    own += ("currency", "meeting_link", "status", "origin", "booked_at", "refund_cutoff_at", "reschedules")
    own += ("canceled_at", "canceled_by", "canceled_role", "reason")
    return (
        select(
            *(one[name] for name in own),
            client.c.name.label("client_name"),
            client.c.email.label("client_email"),
            coach.c.name.label("coach_name"),
            coach.c.email.label("coach_email"),
            func.coalesce(t.name, one.session_type_id).label("session_type"),
            p.name.label("package"),
            returned.label("returned"),
        )
        .outerjoin(client, and_(client.c.workspace_id == one.workspace_id, client.c.id == one.client_id))
        .outerjoin(coach, and_(coach.c.workspace_id == one.workspace_id, coach.c.id == one.coach_id))
        .outerjoin(session_types, and_(t.workspace_id == one.workspace_id, t.id == one.session_type_id))
        .outerjoin(grants, and_(g.workspace_id == one.workspace_id, g.id == one.grant_id))
        .outerjoin(packages, and_(p.workspace_id == one.workspace_id, p.id == g.package_id))
        .order_by(one.id)
    )


def _ledger() -> Select[Any]:
    t, g, p = transfers.c, grants.c, pools.c
    page = select(transfers).where(t.workspace_id == _WS, t.key > _key("after_0")).order_by(t.key).limit(_MOST)
    one = page.subquery("one").c
    holder = members.alias("holder")
    own: tuple[str, ...] = ("key", "at", "kind", "source", "target", "amount", "session_id", "grant_id", "client_id")
    own += ("cancellation_no", "ruling", "by_id")
    return (
        select(
            *(one[name] for name in own),
            g.label.label("grant"),
            g.client_id.label("holder_id"),
            holder.c.name.label("holder_name"),
            p.name.label("pool"),
        )
        .outerjoin(grants, and_(g.workspace_id == one.workspace_id, g.id == one.grant_id))
        .outerjoin(holder, and_(holder.c.workspace_id == one.workspace_id, holder.c.id == g.client_id))
        .outerjoin(pools, and_(p.workspace_id == one.workspace_id, p.id == g.pool_id))
        .order_by(one.key)
    )


def _timeline() -> Select[Any]:
    t, s = timeline.c, sessions.c
    after = tuple_(t.session_id, t.id) > tuple_(_key("after_0"), _key("after_1"))
    page = select(timeline).where(t.workspace_id == _WS, after).order_by(t.session_id, t.id).limit(_MOST)
    one = page.subquery("one").c
    actor = members.alias("actor")
    own = ("session_id", "id", "at", "event", "actor_id", "role", "amount", "detail", "old_starts_at")
    return (
        select(*(one[name] for name in own), s.time_zone, actor.c.name.label("actor_name"))
        .outerjoin(sessions, and_(s.workspace_id == one.workspace_id, s.id == one.session_id))
        .outerjoin(actor, and_(actor.c.workspace_id == one.workspace_id, actor.c.id == one.actor_id))
        .order_by(one.session_id, one.id)
    )


_PAGES: Mapping[What, tuple[Select[Any], type[Exported], tuple[str, ...]]] = {
    What.SESSIONS: (_sessions(), ExportedSession, ("id",)),
    What.LEDGER: (_ledger(), ExportedTransfer, ("key",)),
    What.TIMELINE: (_timeline(), ExportedEntry, ("session_id", "id")),
}
_maker = members.alias("maker")
_EXPORTS = (
    select(exports, _maker.c.name)
    .outerjoin(_maker, and_(_maker.c.workspace_id == _e.workspace_id, _maker.c.id == _e.made_by))
    .where(_e.workspace_id == _WS)
)
_FIND = _EXPORTS.where(_e.id == _key("export"))
_LATEST = _EXPORTS.order_by(_e.id.desc()).limit(_MOST)
_FETCH = (
    update(exports)
    .where(_e.workspace_id == _WS, _e.id == _key("export"), _e.fetched_at.is_(None))
    .values(fetched_at=bindparam("at", type_=Instant))
)


def _export(row: Any) -> Export:  # noqa: ANN401
    what = tuple(What(one) for one in row.what.split(","))
    maker = Person(row.made_by, row.name)
    return Export(row.id, maker, row.made_at, what, Span(row.since, row.until), row.fetched_at)


class ExportReads(Repository):
    """Read operations."""

    async def page(
        self, what: What, after: tuple[str, ...] | None, most: int
    ) -> tuple[Sequence[Exported], tuple[str, ...] | None]:
        """Return up to `most` lines in the order of their keys, and the place after which the next page begins."""
        statement, kind, key = _PAGES[what]
        place = {f"after_{n}": value for n, value in enumerate(after or ("",) * len(key))}
        rows = (await self._run(statement, {"ws": self._ws, "most": most, **place})).mappings().all()
        found = [kind(**row) for row in rows]
        return found, tuple(rows[-1][name] for name in key) if len(rows) == most else None

    async def find(self, export_id: str) -> Export | None:
        """Return an export that was asked for in Slack."""
        row = (await self._run(_FIND, {"ws": self._ws, "export": export_id})).first()
        return None if row is None else _export(row)

    async def latest(self, most: int) -> Sequence[Export]:
        """Return the exports that were asked for last, the newest first."""
        return [_export(row) for row in await self._run(_LATEST, {"ws": self._ws, "most": most})]


class ExportWrites(ExportReads):
    """Write operations."""

    async def add(self, export: Export) -> None:
        """Store what somebody asked for."""
        row = {
            "workspace_id": self._ws,
            "id": export.id,
            "made_by": export.maker.id,
            "made_at": export.made_at,
            "what": ",".join(export.what),
            "since": export.span.since,
            "until": export.span.until,
        }
        await self._write(insert(exports), row)

    async def fetch(self, export_id: str, at: datetime) -> bool:
        """Record that an export is fetched. Return False if it was before."""
        return (await self._write(_FETCH, {"ws": self._ws, "export": export_id, "at": at})).rowcount > 0
