"""Coaches who left and channels that take nothing: what the admins need to know, and whether they know it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Table, bindparam, func, literal, select, true, union

from coaching.news.admins import channel_trouble_key, coach_left_key
from coaching.workspace import Coach
from storage.repositories.base import Repository
from storage.tables import admins, coaches, members, notices, sessions
from storage.types import Instant, word

_n, _s = notices.c, sessions.c
_KNOWN = select(_n.dedupe_key, _n.due_at).where(
    _n.workspace_id == bindparam("ws"), _n.dedupe_key.in_(bindparam("keys", expanding=True))
)
_AHEAD = select(func.count()).where(
    _s.workspace_id == bindparam("ws"),
    _s.coach_id == bindparam("coach"),
    _s.status == word("scheduled"),
    _s.starts_at >= bindparam("now", type_=Instant),
)
# Those of one client lie together, so that what is canceled in one go tells each client once.
_IDS_AHEAD = (
    select(_s.id)
    .where(
        _s.workspace_id == bindparam("ws"),
        _s.coach_id == bindparam("coach"),
        _s.status == word("scheduled"),
        _s.starts_at >= bindparam("now", type_=Instant),
    )
    .order_by(_s.client_id, _s.starts_at, _s.id)
    .limit(bindparam("most"))
)


def left_slack(workspace_id: ColumnElement[str], coach_id: ColumnElement[str], of: Table) -> ColumnElement[bool]:
    """Return SQL for whether Slack has said that a coach left, as the admins were told; the two name columns of `of`."""
    told = _n.dedupe_key == literal(coach_left_key("")) + coach_id
    return select(_n.dedupe_key).where(_n.workspace_id == workspace_id, told).correlate(of).exists()


def listed(workspace_id: ColumnElement[str], coach_id: ColumnElement[str], of: Table) -> ColumnElement[bool]:
    """Return SQL for whether somebody is on the list of coaches; the two name columns of `of`."""
    return (
        select(coaches.c.member_id)
        .where(
            coaches.c.workspace_id == workspace_id,
            coaches.c.member_id == coach_id,
            coaches.c.removed.is_not(true()),
        )
        .correlate(of)
        .exists()
    )


_LISTED = select(coaches.c.member_id).where(
    coaches.c.workspace_id == bindparam("ws"),
    coaches.c.member_id.in_(bindparam("ids", expanding=True)),
    coaches.c.removed.is_not(true()),
)
_ALL_ADMINS = union(
    select(admins.c.member_id.label("id")).where(admins.c.workspace_id == bindparam("ws")),
    select(members.c.id).where(members.c.workspace_id == bindparam("ws"), members.c.is_admin),
)
WEEK = timedelta(days=7)


class TroubleReads(Repository):
    """What is known of coaches in trouble."""

    async def coaches_left(self, workspace_id: str, coach_ids: Collection[str]) -> set[str]:
        """Return which coaches have left Slack, as the admins were told."""
        keys = {coach_left_key(coach): coach for coach in coach_ids}
        if not keys:
            return set()
        rows = await self._run(_KNOWN, {"ws": workspace_id, "keys": list(keys)})
        return {keys[row.dedupe_key] for row in rows}

    async def coach_left(self, workspace_id: str, coach_id: str) -> bool:
        """Return whether Slack has said that this coach left, as the admins were told."""
        return coach_id in await self.coaches_left(workspace_id, [coach_id])

    async def sessions_ahead(self, workspace_id: str, coach_id: str, now: datetime) -> int:
        """Return how many scheduled sessions of a coach have not started."""
        return int((await self._run(_AHEAD, {"ws": workspace_id, "coach": coach_id, "now": now})).scalar_one())

    async def ids_ahead(self, workspace_id: str, coach_id: str, now: datetime, most: int) -> list[str]:
        """Return some sessions of a coach that have not started, those of one client together."""
        parameters = {"ws": workspace_id, "coach": coach_id, "now": now, "most": most}
        return [row.id for row in await self._run(_IDS_AHEAD, parameters)]

    async def listed_coaches(self, workspace_id: str, person_ids: Collection[str]) -> set[str]:
        """Return who of these is on the list of coaches."""
        if not person_ids:
            return set()
        return {row.member_id for row in await self._run(_LISTED, {"ws": workspace_id, "ids": list(person_ids)})}

    async def all_admins(self, workspace_id: str) -> list[str]:
        """Return the ids of all admins, named here or Slack's, sorted."""
        return sorted(row.id for row in await self._run(_ALL_ADMINS, {"ws": workspace_id}))

    async def channels_refused(
        self, workspace_id: str, given: Sequence[Coach], now: datetime
    ) -> Mapping[str, datetime]:
        """Return when the present alert channel of each coach last refused, if it did this week or the week before."""
        keys = {
            channel_trouble_key(coach.person.id, coach.alert_channel, at): coach.person.id
            for coach in given
            if coach.alert_channel
            for at in (now - WEEK, now)
        }
        if not keys:
            return {}
        rows = await self._run(_KNOWN, {"ws": workspace_id, "keys": list(keys)})
        found: dict[str, datetime] = {}
        for row in rows:
            coach = keys[row.dedupe_key]
            found[coach] = max(row.due_at, found.get(coach, row.due_at))
        return found
