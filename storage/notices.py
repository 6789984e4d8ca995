"""Notices, the side of whoever delivers them: claim under a lease, finish behind a fence, take back what was abandoned.

Two clocks, on purpose: what is due or expired is business time (an argument); leases and retries are the database's time, so
that replicas with wrong clocks do not take each other's rows.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    String,
    Update,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)

from coaching.notices import RECEIPT_USEFUL, TO_COACHES, Notice, NoticeKind, NoticeState
from coaching.reminders import MERGE_WINDOW
from coaching.sessions import PENDING
from storage.clock import database_micros
from storage.engine import SQLITE, Engines
from storage.repositories.notices import NoticeWrites
from storage.tables import notices
from storage.types import Instant, word
from storage.unit_of_work import busy_as_typed_error

MAX_SHARED = 20
"""Reminders that share one message at most: each has buttons, and a message has 50 blocks."""

MAX_ABANDONED = 5
"""How often a first message is taken back from owners that died before it is given up: it may be what kills them."""

_n = notices.c
_GIVEN_UP = "the program stopped several times while this was being sent; it may have arrived"
_TAKEN_BACK = "the program stopped while this was being sent; it may have arrived twice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A notice under our lease. `sent_revision` is None while no message is known to exist; `owner` is the fence."""

    workspace_id: str
    key: str
    kind: NoticeKind
    recipient: str
    session_id: str | None
    action_id: str | None
    about_id: str | None
    cutoff: datetime | None
    due_at: datetime
    expires_at: datetime
    revision: int
    sent_revision: int | None
    attempts: int
    ambiguous: int
    leader_key: str | None
    channel: str | None
    message_ts: str | None
    detail: str | None
    owner: str

    @property
    def is_edit(self) -> bool:
        """Whether a message exists that is to be changed."""
        return self.sent_revision is not None

    @property
    def message_key(self) -> str:
        """The key of the notice that leads this one's message; its own when it shares none."""
        return self.leader_key or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a claimed notice.

    SENT: shown as of the claimed revision (if it was raised meanwhile, an edit becomes due at once). PENDING: again after
    `retry_after` seconds of database time. `hold`: this recipient's other due notices wait as long. `for_admins`: what the
    workspace's admins are told with it, written for all of them.
    """

    notice: Claimed
    state: NoticeState
    detail: str | None = None
    channel: str | None = None
    message_ts: str | None = None
    leader_key: str | None = None
    retry_after: float | None = None
    attempts: int = 0
    ambiguous: int = 0
    hold: bool = False
    for_admins: tuple[Notice, ...] = ()


def untouched(notice: Claimed, retry_after: float | None = None, *, hold: bool = False) -> Outcome:
    """Give a notice back as it was."""
    return Outcome(
        notice=notice,
        state=NoticeState.PENDING,
        detail=notice.detail,
        leader_key=notice.leader_key,
        retry_after=retry_after,
        attempts=notice.attempts,
        ambiguous=notice.ambiguous,
        hold=hold,
    )


class NoticeQueue:
    """The notices of every workspace as a queue. Each method is one transaction and raises StorageBusy."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        sqlite = engines.dialect == SQLITE
        self._claim = {narrow: _lease(_due(sqlite, narrow=narrow), sqlite, limited=True) for narrow in (False, True)}
        self._share = _lease(_shareable(sqlite), sqlite, limited=False)
        self._finish = _finish(sqlite)
        self._hold = _hold(sqlite)
        self._reclaim = _reclaim(sqlite)
        self._refresh = _refresh()

    async def claim(
        self,
        owner: str,
        now: datetime,
        *,
        lease: timedelta,
        limit: int,
        excluding: Collection[str] = (),
        only: str | None = None,
    ) -> list[Claimed]:
        """Take up to `limit` due notices, oldest first, with the reminders that share a message with them (R4).

        Messages whose `refresh_at` has passed become due for an edit first.

        `owner` must be new for every call: it fences what an earlier claim of the same process may still report.
        People whom Slack cannot reach yet are left waiting, unless their notice has expired. `excluding` and `only` are
        workspaces.
        """
        parameters: dict[str, Any] = {
            "me": owner,
            "now": now,
            "lease": int(lease / timedelta(microseconds=1)),
        }
        which: dict[str, Any] = {"limit": limit, "excluding": list(excluding)}
        if only is not None:
            which["only"] = only
        with busy_as_typed_error():
            async with self._engines.writer.begin() as connection:
                await connection.execute(self._refresh, {"now": now, "until": now + RECEIPT_USEFUL})
                result = await connection.execute(self._claim[only is not None], parameters | which)
                rows = [_claimed(row) for row in result]
                first = [row for row in rows if row.kind is NoticeKind.REMINDER and not row.is_edit]
                if first:
                    pairs = list({(row.workspace_id, row.recipient) for row in first})
                    which = {"until": now + MERGE_WINDOW, "pairs": pairs}
                    near = [_claimed(row) for row in await connection.execute(self._share, parameters | which)]
                    near, early = _one_step_each(first, near, now)
                    if early:
                        await connection.execute(_UNLEASE, [{"ws": r.workspace_id, "k": r.key} for r in early])
                    rows += near
                    rows, changed = _with_leaders(rows)
                    if changed:
                        await connection.execute(
                            _LEAD, [{"ws": r.workspace_id, "k": r.key, "leader": r.leader_key} for r in changed]
                        )
        return sorted(rows, key=lambda row: (row.due_at, row.key))

    async def finish(self, outcomes: Sequence[Outcome], now: datetime) -> list[tuple[str, Notice]]:
        """Write down what became of claimed notices; one whose lease was lost meanwhile is left to its new owner.

        What the admins have to hear of it is enqueued with it. Returns what nobody hears, for want of any admin.
        """
        if not outcomes:
            return []
        # In key order, so that two processes never wait for each other's rows crosswise.
        ordered = sorted(outcomes, key=lambda o: (o.notice.workspace_id, o.notice.key))
        holds = {
            (o.notice.workspace_id, o.notice.recipient): int((o.retry_after or 0) * 1_000_000)
            for o in ordered
            if o.hold
        }
        with busy_as_typed_error():
            async with self._engines.writer.begin() as connection:
                await connection.execute(self._finish, [_finish_row(outcome, now) for outcome in ordered])
                for (workspace_id, recipient), delay in holds.items():
                    await connection.execute(
                        self._hold, {"ws": workspace_id, "who": recipient, "delay": delay, "now": now}
                    )
                writes = NoticeWrites(connection, {})
                news = {(o.notice.workspace_id, told.dedupe_key): told for o in ordered for told in o.for_admins}
                return [(ws, told) for (ws, _), told in news.items() if not await writes.tell_admins(ws, told)]

    async def reclaim(self, now: datetime) -> int:
        """Take back notices whose lease ran out, because their owner died; return how many.

        A first message may have gone out: it counts as ambiguous, and after MAX_ABANDONED times it is given up.
        """
        with busy_as_typed_error():
            async with self._engines.writer.begin() as connection:
                return int((await connection.execute(self._reclaim, {"now": now})).rowcount)

    async def lag(self, now: datetime) -> timedelta:
        """Return how long the oldest due notice has waited in business time; people Slack cannot reach do not count."""
        with busy_as_typed_error():
            async with self._engines.reader.connect() as connection:
                oldest: datetime | None = (await connection.execute(_OLDEST, {"now": now})).scalar_one_or_none()
        return timedelta(0) if oldest is None else now - oldest


_COLUMNS = [_n[c.key] for c in notices.c if c.key not in ("state", "retry_at", "lease_until", "finished_at")]
_REACHABLE = or_(_n.recipient.not_like(f"{PENDING}%"), _n.kind.in_(sorted(TO_COACHES)))
_OLDEST = (
    select(_n.due_at)
    .where(_n.state == word("pending"), _n.due_at <= bindparam("now", type_=Instant), _REACHABLE)
    .order_by(_n.due_at)
    .limit(1)
)
_UNLEASE = (
    update(notices)
    .where(_n.workspace_id == bindparam("ws"), _n.dedupe_key == bindparam("k"))
    .values(state="pending", owner=None, lease_until=None)
)
_LEAD = (
    update(notices)
    .where(_n.workspace_id == bindparam("ws"), _n.dedupe_key == bindparam("k"))
    .values(leader_key=bindparam("leader", type_=String))
)


def _instant(micros: ColumnElement[Any]) -> ColumnElement[Any]:
    return type_coerce(micros, Instant)


def _not_held(sqlite: bool) -> ColumnElement[bool]:
    return or_(_n.retry_at.is_(None), type_coerce(_n.retry_at, BigInteger) <= database_micros(sqlite=sqlite))


def _due(sqlite: bool, *, narrow: bool) -> ColumnElement[bool]:
    now = bindparam("now", type_=Instant)
    due = and_(
        _n.state == word("pending"),
        _n.due_at <= now,
        _not_held(sqlite),
        or_(_REACHABLE, _n.expires_at < now),
        _n.workspace_id.not_in(bindparam("excluding", expanding=True)),
    )
    return and_(due, _n.workspace_id == bindparam("only")) if narrow else due


def _shareable(sqlite: bool) -> ColumnElement[bool]:
    return and_(
        _n.state == word("pending"),
        _n.kind == NoticeKind.REMINDER,
        _n.sent_revision.is_(None),
        tuple_(_n.workspace_id, _n.recipient).in_(bindparam("pairs", expanding=True)),
        _n.due_at <= bindparam("until", type_=Instant),
        _n.expires_at >= bindparam("now", type_=Instant),
        _not_held(sqlite),
    )


def _lease(which: ColumnElement[bool], sqlite: bool, *, limited: bool) -> Any:  # noqa: ANN401 - SQLAlchemy's own type
    picked = select(_n.workspace_id, _n.dedupe_key).where(which).order_by(_n.due_at)
    # No wish of ours is worth waiting for somebody's lock: what is being changed is taken in the next round.
    picked = picked.limit(bindparam("limit", type_=Integer, literal_execute=True) if limited else 200).with_for_update(
        skip_locked=True
    )
    # A CTE runs once; as a plain subquery PostgreSQL may run it again and lease more than asked for.
    cte = picked.cte("picked")
    until = database_micros(sqlite=sqlite) + bindparam("lease", type_=BigInteger)
    return (
        update(notices)
        .where(tuple_(_n.workspace_id, _n.dedupe_key).in_(select(cte.c.workspace_id, cte.c.dedupe_key)))
        .values(state="leased", owner=bindparam("me", type_=String), lease_until=_instant(until))
        .returning(*_COLUMNS)
    )


def _claimed(row: Any) -> Claimed:  # noqa: ANN401
    return Claimed(
        workspace_id=row.workspace_id,
        key=row.dedupe_key,
        kind=NoticeKind(row.kind),
        recipient=row.recipient,
        session_id=row.session_id,
        action_id=row.action_id,
        about_id=row.about_id,
        cutoff=row.cutoff,
        due_at=row.due_at,
        expires_at=row.expires_at,
        revision=row.revision,
        sent_revision=row.sent_revision,
        attempts=row.attempts,
        ambiguous=row.ambiguous,
        leader_key=row.leader_key,
        channel=row.channel,
        message_ts=row.message_ts,
        detail=row.detail,
        owner=row.owner,
    )


def _one_step_each(
    first: Sequence[Claimed], near: Sequence[Claimed], now: datetime
) -> tuple[list[Claimed], list[Claimed]]:
    """Split what could share a message into what does and what is early: a session's next step, when another one goes out.

    Sharing is for several sessions (R4); two steps of one session that lie close together both keep their time (R1).
    """
    taken = {row.session_id for row in first}
    shared, early = [], []
    for row in sorted(near, key=lambda r: (r.due_at, r.key)):
        if row.due_at > now and row.session_id is not None and row.session_id in taken:
            early.append(row)
        else:
            taken.add(row.session_id)
            shared.append(row)
    return shared, early


def _with_leaders(rows: Sequence[Claimed]) -> tuple[list[Claimed], list[Claimed]]:
    """Group first reminders of one person behind the earliest; return all rows, and those whose leader changed."""
    groups: dict[tuple[str, str], list[Claimed]] = {}
    done: list[Claimed] = []
    for row in sorted(rows, key=lambda r: (r.due_at, r.key)):
        if row.kind is NoticeKind.REMINDER and not row.is_edit:
            groups.setdefault((row.workspace_id, row.recipient), []).append(row)
        else:
            done.append(row)
    changed = []
    for group in groups.values():
        for start in range(0, len(group), MAX_SHARED):
            leader, *others = group[start : start + MAX_SHARED]
            for row, key in [(leader, None), *((other, leader.key) for other in others)]:
                led = row if row.leader_key == key else replace(row, leader_key=key)
                done.append(led)
                if led is not row:
                    changed.append(led)
    return done, changed


def _finish(sqlite: bool) -> Update:
    state = bindparam("to", type_=String)
    sent = state == "sent"
    outdated = and_(sent, _n.revision != bindparam("shown", type_=Integer))
    delay = bindparam("delay", type_=BigInteger)
    now, until = bindparam("now", type_=Instant), bindparam("until", type_=Instant)
    retry = case((delay.is_(None), None), else_=database_micros(sqlite=sqlite) + delay)
    return (
        update(notices)
        .where(
            _n.workspace_id == bindparam("ws"),
            _n.dedupe_key == bindparam("k"),
            _n.owner == bindparam("me"),
            _n.state == word("leased"),
        )
        .values(
            state=case((outdated, "pending"), else_=state),
            due_at=case((outdated, now), else_=_n.due_at),
            # An edit is still wanted when the notice itself would come too late.
            expires_at=case((outdated, until), else_=_n.expires_at),
            sent_revision=case((sent, bindparam("shown", type_=Integer)), else_=_n.sent_revision),
            channel=func.coalesce(bindparam("ch", type_=String), _n.channel),
            message_ts=func.coalesce(bindparam("ts", type_=String), _n.message_ts),
            leader_key=bindparam("leader", type_=String),
            retry_at=_instant(retry),
            attempts=bindparam("tries", type_=Integer),
            ambiguous=bindparam("unknown", type_=Integer),
            detail=bindparam("why", type_=String),
            # When it was sent: an edit changes what a message says, not when it came.
            finished_at=case(
                (state == "pending", _n.finished_at),
                (_n.sent_revision.is_not(None), func.coalesce(_n.finished_at, now)),
                else_=now,
            ),
            owner=None,
            lease_until=None,
        )
    )


def _finish_row(outcome: Outcome, now: datetime) -> dict[str, Any]:
    notice = outcome.notice
    return {
        "ws": notice.workspace_id,
        "k": notice.key,
        "me": notice.owner,
        "to": str(outcome.state),
        "shown": notice.revision,
        "ch": outcome.channel,
        "ts": outcome.message_ts,
        "leader": outcome.leader_key,
        "delay": None if outcome.retry_after is None else int(outcome.retry_after * 1_000_000),
        "tries": outcome.attempts,
        "unknown": outcome.ambiguous,
        "why": outcome.detail,
        "now": now,
        "until": now + RECEIPT_USEFUL,
    }


def _hold(sqlite: bool) -> Update:
    until = database_micros(sqlite=sqlite) + bindparam("delay", type_=BigInteger)
    # Only rows nobody works on: waiting for a lock here could wait for a person's own action.
    free = (
        select(_n.workspace_id, _n.dedupe_key)
        .where(
            _n.workspace_id == bindparam("ws"),
            _n.recipient == bindparam("who"),
            _n.state == word("pending"),
            _n.due_at <= bindparam("now", type_=Instant),
            or_(_n.retry_at.is_(None), type_coerce(_n.retry_at, BigInteger) < until),
        )
        .with_for_update(skip_locked=True)
        .cte("free")
    )
    return (
        update(notices)
        .where(tuple_(_n.workspace_id, _n.dedupe_key).in_(select(free.c.workspace_id, free.c.dedupe_key)))
        .values(retry_at=_instant(until))
    )


def _refresh() -> Update:
    """Raise the revision of messages that were to be rendered once more by now; each is raised once."""
    now = bindparam("now", type_=Instant)
    # Only rows nobody works on, as above. At the very instant what the refresh takes away is still open.
    passed = (
        select(_n.workspace_id, _n.dedupe_key)
        .where(_n.refresh_at < now)
        .with_for_update(skip_locked=True)
        .cte("passed")
    )
    sent = _n.state == word("sent")
    return (
        update(notices)
        .where(tuple_(_n.workspace_id, _n.dedupe_key).in_(select(passed.c.workspace_id, passed.c.dedupe_key)))
        .values(
            refresh_at=None,
            revision=_n.revision + 1,
            state=case((sent, "pending"), else_=_n.state),
            due_at=case((sent, now), else_=_n.due_at),
            expires_at=case((sent, bindparam("until", type_=Instant)), else_=_n.expires_at),
            attempts=case((sent, 0), else_=_n.attempts),
        )
    )


def _reclaim(sqlite: bool) -> Update:
    first = _n.sent_revision.is_(None)
    given_up = and_(first, _n.ambiguous + 1 > MAX_ABANDONED)
    return (
        update(notices)
        .where(_n.state == word("leased"), type_coerce(_n.lease_until, BigInteger) < database_micros(sqlite=sqlite))
        .values(
            state=case((given_up, "failed"), else_="pending"),
            ambiguous=case((first, _n.ambiguous + 1), else_=_n.ambiguous),
            detail=case((given_up, _GIVEN_UP), (first, _TAKEN_BACK), else_=_n.detail),
            finished_at=case((given_up, bindparam("now", type_=Instant)), else_=_n.finished_at),
            owner=None,
            lease_until=None,
        )
    )
