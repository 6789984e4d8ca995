"""The SQL statements that claim notices. None reads more rows than it may claim, however many are due (ADR 0039).

What cannot be claimed is in no index that a claim reads: who is not in Slack, what waits for a retry, and what stands
in line behind another notice of its conversation. Notices get into line when a claim comes across them.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    any_,
    bindparam,
    case,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    type_coerce,
    union_all,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from coaching.news.kinds import TO_COACHES
from coaching.news.notice import Medium
from storage.clock import database_micros
from storage.tables import coaches, notices
from storage.tables.notices import goes_by, is_free, is_held, is_in_line, is_unreachable, is_waiting
from storage.types import DatabaseInstant, Instant, word

Which = Callable[[Any], ColumnElement[bool]]

_n = notices.c
_UNREAD = (
    "retry_at",
    "lease_until",
    "finished_at",
    "begun_at",
    "detail",
    "lead",
    "planned_version",
    "conversation",
)
COLUMNS = [_n[c.key] for c in notices.c if c.key not in _UNREAD]
NEXT_OF_A_PERSON = 40
"""Among so many of a person's next notices a reminder finds others to share its message with."""
MOST_SHARED = 200
"""The most reminders that join others in one claim."""

_ONE = literal_column("1", Integer)
_NOW: ColumnElement[Any] = bindparam("now", type_=Instant)
_SINCE: ColumnElement[Any] = bindparam("since", type_=Instant)
_WS: ColumnElement[str] = bindparam("ws", type_=String)


def _any(by: Any, *which: ColumnElement[bool]) -> ColumnElement[bool]:  # noqa: ANN401
    """Return SQL for: there is such a row. It is looked for in the index whose order is `by`.

    PostgreSQL may answer EXISTS by reading all rows that could be meant, or whatever it hopes to meet one in.
    """
    return select(_ONE).where(*which).order_by(by).limit(_ONE).scalar_subquery().is_not(None)


def _among(keys: Select[Any], sqlite: bool) -> ColumnElement[bool]:
    """Return SQL for: the notice's key is one of `keys`, which are few, and each is looked up.

    PostgreSQL may go through all notices of the workspace otherwise and compare each with all `keys`, if it does not
    know yet how many there are.
    """
    return _n.dedupe_key.in_(keys) if sqlite else _n.dedupe_key == any_(func.array(keys.scalar_subquery()))


def _still_pending(n: Any) -> ColumnElement[bool]:  # noqa: ANN401
    """Return SQL for: it is pending, in words that fit no index. A few keys are looked up, not all that is pending."""
    return func.coalesce(n.state, word("")) == word("pending")


def leased_until(sqlite: bool) -> ColumnElement[Any]:
    """Return SQL for the end of a lease that begins now; parameter lease, in microseconds."""
    return type_coerce(database_micros(sqlite=sqlite) + bindparam("lease", type_=BigInteger), DatabaseInstant)


def conversation(n: Any, medium: Medium = Medium.SLACK) -> ColumnElement[Any]:  # noqa: ANN401 - SQLAlchemy's own
    """Return SQL for `Parcel.conversation`: a channel's id, or the id of a person who is messaged directly."""
    if medium is Medium.MAIL:
        return n.recipient  # type: ignore[no-any-return]
    channel = (
        select(coaches.c.alert_channel)
        .where(coaches.c.workspace_id == n.workspace_id, coaches.c.member_id == n.recipient)
        .correlate(n.recipient.table)
        .scalar_subquery()
    )
    own = and_(n.kind.in_([word(kind) for kind in sorted(TO_COACHES)]), n.copy_of.is_(None))
    return case(
        (n.channel.like("D%"), n.recipient),
        (n.channel.is_not(None), n.channel),
        (own, func.coalesce(channel, n.recipient)),
        else_=n.recipient,
    )


# Which workspaces have work


def _workspaces(name: str, which: Which, then: str) -> CTE:
    """Return the workspaces that have such notices, by one look into the index for each.

    From the last one down: the first entries of an index are those of what has been sent, and PostgreSQL keeps these as
    long as any transaction is open that is older. `then` is the column after the workspace in the index that is meant:
    SQLite may take another index otherwise, whose condition is wider.
    """
    found = notices.alias("found").c

    def one(below: ColumnElement[bool]) -> ColumnElement[Any]:
        last = (
            select(found.workspace_id)
            .where(which(found), below)
            .order_by(found.workspace_id.desc(), found[then].desc())
        )
        return last.limit(_ONE).scalar_subquery()

    walk = select(one(true()).label("ws")).cte(name, recursive=True)
    return walk.union_all(select(one(found.workspace_id < walk.c.ws)).where(walk.c.ws.is_not(None)))


@cache
def work(medium: Medium) -> Select[Any]:
    """Return the workspaces with notices due since the low-water mark, in line (`lined`) or, for Slack's relay, expired."""
    free = partial(is_free, medium=medium)
    due, late, lined = (
        _workspaces("due", free, "due_at"),
        _workspaces("late", is_unreachable, "expires_at"),
        _workspaces("lined", partial(is_in_line, medium=medium), "conversation"),
    )
    ready = notices.alias("ready").c
    due_now = _any(
        ready.due_at, ready.workspace_id == due.c.ws, free(ready), ready.due_at >= _SINCE, ready.due_at <= _NOW
    )
    late_now = _any(ready.expires_at, ready.workspace_id == late.c.ws, is_unreachable(ready), ready.expires_at < _NOW)
    expired = select(late.c.ws, literal_column("0", Integer)).where(late_now)
    return select(
        union_all(
            select(due.c.ws.label("ws"), literal_column("0", Integer).label("lined")).where(due_now),
            *([expired] if medium is Medium.SLACK else []),
            select(lined.c.ws, _ONE).where(lined.c.ws.is_not(None)),
        ).subquery()
    )


@cache
def low_water(medium: Medium) -> Select[Any]:
    """Return when the first notice was due that is free to go or leased."""
    is_mine = partial(is_free, medium=medium)
    free = _workspaces("free", is_mine, "due_at")
    first, leased = notices.alias("first").c, notices.alias("leased").c
    oldest = select(first.due_at).where(first.workspace_id == free.c.ws, is_mine(first))
    found = union_all(
        select(oldest.order_by(first.due_at).limit(_ONE).scalar_subquery().label("due_at")).where(
            free.c.ws.is_not(None)
        ),
        select(func.min(leased.due_at)).where(leased.state == word("leased"), leased.medium == word(medium)),
    ).subquery()
    return select(func.min(found.c.due_at, type_=Instant))


@cache
def oldest(medium: Medium) -> Select[Any]:
    """Return when the oldest notice was due that can be claimed, now or after its retry; parameters now and excluding."""
    is_mine = partial(is_free, medium=medium)
    free = _workspaces("free", is_mine, "due_at")
    asked: ColumnElement[Any] = bindparam("excluding", expanding=True)
    first, waits = notices.alias("first").c, notices.alias("waits").c
    oldest = select(first.due_at).where(first.workspace_id == free.c.ws, is_mine(first), first.due_at <= _NOW)
    waits_now = (is_waiting(waits, medium), waits.due_at <= _NOW, waits.workspace_id.not_in(asked))
    waiting = select(waits.due_at).where(*waits_now)
    found = union_all(
        select(oldest.order_by(first.due_at).limit(_ONE).scalar_subquery().label("due_at")).where(
            free.c.ws.not_in(asked)
        ),
        select(waiting.order_by(waits.due_at).limit(_ONE).scalar_subquery()),
    ).subquery()
    return select(func.min(found.c.due_at, type_=Instant))


def next_time(sqlite: bool, medium: Medium = Medium.SLACK) -> Select[Any]:
    """Return when something is due next, in business time, and in how many microseconds the next retry is.

    What is due and free to go was locked while it was to be claimed.
    """
    is_mine = partial(is_free, medium=medium)
    free, n = _workspaces("free", is_mine, "due_at"), notices.alias("next").c
    soon = select(n.due_at).where(n.workspace_id == free.c.ws, is_mine(n))
    lined = select(n.due_at).where(is_waiting(n, medium), n.due_at > _NOW).order_by(n.due_at).limit(_ONE)
    edited = select(n.refresh_at).where(n.refresh_at >= _NOW).order_by(n.refresh_at).limit(_ONE)
    due = union_all(
        select(soon.order_by(n.due_at).limit(_ONE).scalar_subquery().label("due_at")).where(free.c.ws.is_not(None)),
        select(lined.scalar_subquery()),
        *([select(edited.scalar_subquery())] if medium is Medium.SLACK else []),  # a mail is never edited
    ).subquery()
    until = type_coerce(n.retry_at, BigInteger) - database_micros(sqlite=sqlite)
    retry = select(until).where(is_held(n, medium)).order_by(n.retry_at).limit(_ONE).scalar_subquery()
    return select(select(func.min(due.c.due_at, type_=Instant)).scalar_subquery().label("due_at"), retry.label("retry"))


# What is claimed in a workspace


@cache
def heads(medium: Medium) -> Select[Any]:
    """Return conversations with a line, up to `most` from `after` on, with the key of the first if its time has come."""
    member = notices.alias("member").c

    def one(above: ColumnElement[bool]) -> ColumnElement[Any]:
        following = select(member.conversation).where(member.workspace_id == _WS, is_in_line(member, medium), above)
        return following.order_by(member.conversation).limit(_ONE).scalar_subquery()

    first = one(member.conversation > bindparam("after", type_=String))
    line = select(first.label("name"), _ONE.label("visited")).cte("line", recursive=True)
    more = and_(line.c.name.is_not(None), line.c.visited < bindparam("most", type_=Integer))
    line = line.union_all(select(one(member.conversation > line.c.name), line.c.visited + _ONE).where(more))
    head = notices.alias("head").c
    may = and_(head.retry_at.is_(None), head.due_at <= _NOW)
    key = (
        select(case((may, head.dedupe_key)))
        .where(head.workspace_id == _WS, head.conversation == line.c.name, is_in_line(head, medium))
        .order_by(head.due_at, head.dedupe_key)
        .limit(_ONE)
        .scalar_subquery()
    )
    return select(line.c.name, key.label("key")).where(line.c.name.is_not(None))


def claim(sqlite: bool, medium: Medium = Medium.SLACK) -> ReturningUpdate[Any]:
    """Lease what is due in a workspace, oldest first and one per conversation; return it, and what was put in line.

    Among the first `ahead` notices, and the heads of lines, each is either the first of its conversation or gets in
    line behind that. So the next claim does not meet it again.
    """
    judged = _judged(medium)

    def of_these(which: ColumnElement[bool]) -> Select[Any]:
        # The state is checked again on the row itself: another process may have claimed it since it was found.
        keys = _among(select(judged.c.key).where(which), sqlite)
        return select(_n.dedupe_key).where(_n.workspace_id == _WS, keys, _still_pending(_n))

    most = bindparam("limit", type_=Integer, literal_execute=True)
    # Nothing here is worth waiting for a lock: a row being changed is taken in the next round. And a statement that
    # waits for no lock cannot be part of a deadlock.
    picked = of_these(judged.c.first).order_by(_n.due_at).limit(most)
    taken = picked.with_for_update(of=notices, skip_locked=True).cte("taken")
    # A head stays where it is, unless its conversation is another one by now.
    moves = or_(judged.c.stands_in.is_(None), judged.c.stands_in != judged.c.conversation)
    behind = of_these(and_(not_(judged.c.first), moves))
    lined = behind.with_for_update(of=notices, skip_locked=True).cte("lined")
    mine = _n.dedupe_key.in_(select(taken.c.dedupe_key))
    return (
        update(notices)
        .where(
            _n.workspace_id == _WS,
            _among(select(union_all(select(taken.c.dedupe_key), select(lined.c.dedupe_key)).subquery().c[0]), sqlite),
        )
        .values(
            state=case((mine, "leased"), else_=_n.state),
            owner=case((mine, bindparam("me", type_=String)), else_=None),
            lease_until=case((mine, leased_until(sqlite)), else_=None),
            conversation=conversation(_n, medium),
            **_taken_by(medium),
        )
        .returning(*COLUMNS)
    )


def _taken_by(medium: Medium) -> dict[str, Any]:
    """Return what is written down besides: what waited for a person goes by mail from now on."""
    return {} if medium is Medium.SLACK else {"medium": str(medium)}


def _judged(medium: Medium) -> CTE:
    """Return the candidates, each with its conversation and whether it is `first`: nothing of that goes before it."""
    ahead = bindparam("ahead", type_=Integer, literal_execute=True)

    def window(name: str, which: Which, column: str) -> Select[Any]:
        n = notices.alias(name).c
        due = n[column].between(_SINCE, _NOW) if column == "due_at" else n[column] < _NOW
        found = select(
            n.dedupe_key.label("key"),
            n.due_at,
            n.conversation.label("stands_in"),
            conversation(n, medium).label("conversation"),
        )
        return found.where(n.workspace_id == _WS, which(n), due).order_by(n[column]).limit(ahead)

    free = window("free", partial(is_free, medium=medium), "due_at").cte("window")
    late = window("late", is_unreachable, "expires_at").subquery()
    head = notices.alias("head").c
    # If there are more than the window shows, it may not show what goes before a head that is newer than all in it.
    full = select(func.max(free.c.due_at)).having(func.count() >= ahead).scalar_subquery()
    heads = select(head.dedupe_key, head.due_at, head.conversation, conversation(head, medium)).where(
        head.workspace_id == _WS,
        head.medium == word(medium),
        head.dedupe_key.in_(bindparam("heads", expanding=True)),
        _still_pending(head),
        # Somebody may have changed it since it was found, or it was let go of before its time.
        head.retry_at.is_(None),
        head.due_at <= _NOW,
        head.due_at <= func.coalesce(full, head.due_at),
    )
    expired = select(late.c.key, late.c.due_at, late.c.stands_in, late.c.conversation)
    candidates = union_all(
        select(free.c.key, free.c.due_at, free.c.stands_in, free.c.conversation),
        *([expired] if medium is Medium.SLACK else []),
        heads,
    ).subquery()
    c = candidates.c
    place = func.row_number().over(partition_by=[c.conversation], order_by=[c.due_at, c.key])
    placed = select(c.key, c.due_at, c.stands_in, c.conversation, place.label("place")).subquery().c
    other, older = notices.alias("other").c, notices.alias("older").c
    # People read a conversation in order.
    under_way = _any(
        other.conversation,
        other.workspace_id == _WS,
        other.conversation == placed.conversation,
        other.state == word("leased"),
        other.medium == word(medium),
    )
    goes_before = _any(
        older.due_at,
        older.workspace_id == _WS,
        older.conversation == placed.conversation,
        is_in_line(older, medium),
        older.due_at <= placed.due_at,
        or_(older.due_at < placed.due_at, older.dedupe_key < placed.key),
    )
    first = and_(placed.place == 1, not_(under_way), not_(goes_before))
    return select(placed.key, placed.stands_in, placed.conversation, first.label("first")).cte("judged")


def share(sqlite: bool, medium: Medium = Medium.SLACK) -> ReturningUpdate[Any]:
    """Lease the reminders that share a message with those claimed under `keys`, and return them (R4)."""
    mine = notices.alias("mine").c
    people = select(mine.recipient).where(
        mine.workspace_id == _WS, mine.dedupe_key.in_(bindparam("keys", expanding=True))
    )
    person = people.distinct().subquery("person")
    following = notices.alias("following").c
    near = (
        select(following.dedupe_key)
        .where(
            following.workspace_id == _WS,
            following.recipient == person.c.recipient,
            following.state == word("pending"),
            following.due_at <= bindparam("until", type_=Instant),
        )
        .order_by(following.due_at)
        .limit(literal_column(str(NEXT_OF_A_PERSON)))
    )
    # Each person's few are found first, and then looked up by their keys. The databases say it differently.
    if sqlite:
        found = select(_n.dedupe_key).select_from(
            person.join(notices, and_(_n.workspace_id == _WS, _n.dedupe_key.in_(near.correlate(person))))
        )
    else:
        few = near.lateral("few")
        found = select(_n.dedupe_key).select_from(
            person.join(few, true()).join(notices, and_(_n.workspace_id == _WS, _n.dedupe_key == few.c.dedupe_key))
        )
    can = and_(
        _n.state == word("pending"),
        _n.kind == bindparam("alike", type_=String),
        goes_by(_n, medium),
        _n.sent_revision.is_(None),
        _n.retry_at.is_(None),
        _n.expires_at >= _NOW,
    )
    some = found.where(can).order_by(_n.due_at).limit(literal_column(str(MOST_SHARED)))
    shared = some.with_for_update(of=notices, skip_locked=True).cte("shared")
    return (
        update(notices)
        .where(_n.workspace_id == _WS, _among(select(shared.c.dedupe_key), sqlite))
        .values(
            state="leased",
            owner=bindparam("me", type_=String),
            lease_until=leased_until(sqlite),
            conversation=conversation(_n, medium),
            **_taken_by(medium),
        )
        .returning(*COLUMNS)
    )
