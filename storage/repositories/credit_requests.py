"""Requests for credits. Reading and adding them is that of all requests (`requests.py`)."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, String, and_, bindparam, case, false, or_, select, type_coerce, update

from coaching.news.kinds import REQUESTS, USEFUL
from coaching.news.notice import Medium
from coaching.packages import Holder
from coaching.requests import Request, RequestKind, RequestState
from coaching.why import Why
from storage.among import among
from storage.repositories.base import Repository, Sweeps
from storage.repositories.requests import BEHIND, RequestReads
from storage.tables import notices, pool_members, requests
from storage.types import Instant, by_key, to_micros, word

_n, _q = notices.c, requests.c
_OPEN = (
    _q.workspace_id == bindparam("ws"),
    _q.action_id == bindparam("request"),
    _q.kind == word(RequestKind.CREDITS),
    _q.state == word("open"),
)
_ANSWER = (
    update(requests)
    .where(*_OPEN)
    .values(
        state=bindparam("closed", type_=String),
        answered_by=bindparam("who", type_=String),
        answered_at=bindparam("now", type_=Instant),
        reply=bindparam("said", type_=String),
        grant_id=bindparam("gave", type_=String),
    )
)
_PASS_ON = (
    update(requests)
    .where(*_OPEN, _q.by_admins.is_(false()))
    .values(by_admins=True, passed_by=bindparam("who", type_=String))
)
_THEIRS = (
    _n.workspace_id == bindparam("ws"),
    _n.action_id.in_(bindparam("ids", expanding=True)),
    _n.kind.in_(sorted(REQUESTS)),
)
_LOCK = select(_n.dedupe_key).where(*_THEIRS).order_by(by_key(_n.dedupe_key)).with_for_update()
_sent = _n.state == word("sent")
_RETELL = (
    update(notices)
    # A mail is never edited.
    .where(*_THEIRS, or_(_n.state.in_(("leased", "pending")), and_(_sent, _n.medium == word(Medium.SLACK))))
    .values(
        revision=_n.revision + 1,
        state=case((_sent, "pending"), else_=_n.state),
        due_at=case((_sent, bindparam("now", type_=Instant)), else_=_n.due_at),
        expires_at=case((_sent, bindparam("until", type_=Instant)), else_=_n.expires_at),
        attempts=case((_sent, 0), else_=_n.attempts),
    )
)
_still = requests.alias("still")
_DROP = (
    update(notices)
    .where(
        *_THEIRS,
        ~select(_still.c.action_id)
        .where(
            _still.c.workspace_id == _n.workspace_id,
            _still.c.action_id == _n.action_id,
            _still.c.state == word("open"),
        )
        .correlate(notices)
        .exists(),
        _n.state == word("pending"),
        _n.sent_revision.is_(None),
        # A message that may have arrived is not dropped: delivery sends it again, or reports it as doubtful.
        _n.ambiguous == 0,
    )
    .values(state="dropped", why=str(Why.DECIDED), finished_at=bindparam("now", type_=Instant))
)
_MEMBERS = select(pool_members.c.member_id).where(
    pool_members.c.workspace_id == bindparam("ws"), pool_members.c.pool_id == bindparam("pool")
)
_MADE_FOR = (_q.workspace_id == bindparam("ws"), _q.kind == word(RequestKind.CREDITS))
_OF_POOL = select(_q.action_id).where(
    *_MADE_FOR, among(_q.subject_id, _MEMBERS), _q.pool_id == bindparam("pool"), _q.state == word("open")
)
_given = _q.grant_id == bindparam("grant")
_POOL_GOT = select(_q.action_id).where(*_MADE_FOR, among(_q.subject_id, _MEMBERS), _given)
_CLIENT_GOT = select(_q.action_id).where(*_MADE_FOR, _q.subject_id == bindparam("client"), _given)
# Only open requests are read, of which there are few.
_UNANSWERED = (
    select(_q.decide_by, _q.workspace_id, _q.action_id)
    .where(
        _q.kind == word(RequestKind.CREDITS),
        _q.state == word("open"),
        _q.by_admins.is_(false()),
        *BEHIND,
        type_coerce(_q.asked_at, BigInteger) + type_coerce(_q.decide_by, BigInteger)
        <= bindparam("twice", type_=BigInteger),
    )
    .order_by(_q.decide_by, _q.workspace_id, _q.action_id)
    .limit(bindparam("limit"))
)


class CreditRequestWrites(Repository):
    """Write operations."""

    async def answer(
        self,
        request_id: str,
        state: RequestState,
        by_id: str,
        now: datetime,
        *,
        reply: str | None = None,
        grant_id: str | None = None,
    ) -> bool:
        """Close an open request. Return False when it was closed before: somebody else was first."""
        given = {"ws": self._ws, "request": request_id, "closed": str(state), "who": by_id, "now": now}
        return (await self._write(_ANSWER, {**given, "said": reply, "gave": grant_id})).rowcount == 1

    async def pass_on(self, request_id: str, passed_by: str | None) -> bool:
        """Record that admins decide on an open request. Return False when they did before, or it is closed."""
        return (await self._write(_PASS_ON, {"ws": self._ws, "request": request_id, "who": passed_by})).rowcount == 1

    async def retell(self, request_ids: Collection[str], now: datetime) -> None:
        """Have the messages edited that ask for a decision on these requests, in the order of their keys.

        The unsent ones of requests that are closed are dropped.
        """
        if not request_ids:
            return
        which = {"ws": self._ws, "ids": sorted(request_ids)}
        if not self._sqlite:
            # As the relay locks them: an UPDATE would lock them in its own order.
            await self._run(_LOCK, which)
        await self._write(_RETELL, {**which, "now": now, "until": now + USEFUL})
        await self._write(_DROP, {**which, "now": now})
        self._transaction.wakes = True

    async def retell_grant(self, holder: Holder, grant_id: str, now: datetime) -> None:
        """Do that for the requests of its holder that a grant answered, whether its pool has a contact or not."""
        given = {"ws": self._ws, "grant": grant_id}
        found = await (
            self._run(_POOL_GOT, {**given, "pool": holder.pool_id})
            if holder.pool_id is not None
            else self._run(_CLIENT_GOT, {**given, "client": holder.client_id})
        )
        await self.retell([row.action_id for row in found], now)

    async def of_pool(self, pool_id: str) -> list[Request]:
        """Return the requests that members of a pool have made for it and that are open."""
        found = [row.action_id for row in await self._run(_OF_POOL, {"ws": self._ws, "pool": pool_id})]
        return await self._with(RequestReads).by_ids(found)


class CreditRequestSweeps(Sweeps):
    """Operations on due rows, in all workspaces."""

    async def unanswered(
        self, now: datetime, after: tuple[datetime, str, str], limit: int
    ) -> list[tuple[datetime, str, str]]:
        """Return (deadline, workspace, request) of open requests that are with a pool's contact past half-way, sorted.

        Only those after `after` are returned. An instant with two empty strings comes before all deadlines from that
        instant on.
        """
        at, workspace_id, request = after
        given = {"at": at, "ws": workspace_id, "id": request, "twice": 2 * to_micros(now), "limit": limit}
        rows = await self._run(_UNANSWERED, given)
        return [(row.decide_by, row.workspace_id, row.action_id) for row in rows]
