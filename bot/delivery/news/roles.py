"""News of roles, as the lists are when it is delivered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.delivery.news.family import Loaded, News
from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind
from coaching.news.roles import AdminRole, CoachRole, PoolRole
from coaching.packages import Pool
from coaching.records import Viewer
from coaching.sessions import Person
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads

POOLS = frozenset({NoticeKind.POOL_JOINED, NoticeKind.POOL_LEFT})
COACHES = frozenset({NoticeKind.COACH_NAMED, NoticeKind.COACH_UNNAMED})
GONE = frozenset({NoticeKind.COACH_UNNAMED, NoticeKind.ADMIN_UNNAMED, NoticeKind.POOL_LEFT})


@dataclass(frozen=True, slots=True)
class Roles(News):
    """Who gave or took roles, by id, and the pools; of the coaches, who has hours, their channels, and what is ahead."""

    loaded: Loaded
    people: Mapping[str, Person]
    pools: Mapping[str, Pool]
    giving: Collection[str]
    channels: Mapping[str, str | None]
    ahead: Mapping[str, int]

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        [row] = rows
        gone, settings, now = row.kind in GONE, self.loaded.settings, self.loaded.now
        if row.kind in POOLS:
            return self._pool(row, viewer)
        by, me = self.people[row.about_id or ""], viewer.person.id
        # Whoever has the role again, or has lost it again, is told so by a notice of its own, if at all.
        if row.kind not in COACHES:
            if viewer.is_admin is gone:
                return Why.ROLE_CHANGED
            link = self.loaded.home_link
            return AdminRole(viewer=viewer, settings=settings, now=now, by=by, gone=gone, home_link=link)
        if viewer.is_coach is gone:
            return Why.ROLE_CHANGED
        return CoachRole(
            viewer=viewer,
            settings=settings,
            now=now,
            by=by,
            gone=gone,
            has_hours=me in self.giving,
            channel=self.channels.get(me),
            ahead=self.ahead.get(me, 0),
            home_link=self.loaded.home_link,
        )

    def _pool(self, row: Claimed, viewer: Viewer) -> PoolRole | Why:
        pool, me, gone = self.pools.get(row.about_id or ""), viewer.person.id, row.kind in GONE
        if pool is None:
            return Why.ROLE_CHANGED
        member = any(one.id == me for one in pool.members)
        contact = pool.contact is not None and pool.contact.id == me
        if (member and contact) if gone else not (member or contact):
            return Why.ROLE_CHANGED
        settings, now = self.loaded.settings, self.loaded.now
        return PoolRole(viewer=viewer, settings=settings, now=now, pool=pool, gone=gone, member=member, contact=contact)


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load the data for news of roles."""
    pools = [await reads.pools.find(pool) for pool in sorted({row.about_id or "" for row in rows if row.kind in POOLS})]
    by = {row.about_id or "" for row in rows if row.kind not in POOLS}
    coaches = {row.recipient for row in rows if row.kind in COACHES}
    return Roles(
        loaded,
        {who: viewer.person for who, viewer in (await reads.batch.viewers(by)).items()},
        {pool.id: pool for pool in pools if pool is not None},
        await reads.schedule.giving(coaches) if coaches else (),
        await reads.coaches.alert_channels(coaches) if coaches else {},
        {who: await reads.coaches.sessions_ahead(who, loaded.now) for who in coaches},
    )
