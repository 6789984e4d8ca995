"""What the database holds afterwards, against what each person was told."""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from coaching.news.kinds import KINDS, NoticeKind
from storage import Engines
from storage.reconciliation import findings
from storage.rules import SUBJECTS
from storage.tables import drafts, moves, notices, refunds, sessions
from tests.storm.journal import Kind, Wish
from tests.storm.practice import UNDO_WINDOW, WORKSPACE

_SETTLE_SECONDS = UNDO_WINDOW.total_seconds() + 60
_OPEN = ("pending", "leased")
_RULES = [rule for rules in SUBJECTS.values() for rule in rules if rule.id != "deliveries_are_certain"]
"""A storm leaves deliveries in doubt, of course: it counts by itself what became of them."""


async def settled(engines: Engines) -> bool:
    """Wait until nothing is due any more, edits included; False when that takes far longer than it may."""
    end = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < end:
        now = datetime.now(UTC)
        soon = now + UNDO_WINDOW * 2
        waiting = select(func.count()).where(notices.c.state.in_(_OPEN), notices.c.due_at < soon)
        fading = select(func.count()).where(notices.c.refresh_at < soon)
        async with engines.reader.connect() as connection:
            left = [(await connection.execute(query)).scalar_one() for query in (waiting, fading)]
        if not any(left):
            return True
        await asyncio.sleep(0.5)
    return False


async def told(engines: Engines, now: datetime) -> list[Any]:
    """Return every notice that was due `now`, with when it was so at first (`first_due`): an edit makes it due anew.

    `caused` is when the action began because of which it was due then: the one that it tells of, or for an alert the one
    that closed its undo. `holds` are the times in which it was kept back, as what it tells of was canceled and might come
    back.
    """
    async with engines.reader.connect() as connection:
        began = {
            key: at
            for query in (
                select(sessions.c.id, sessions.c.booked_at),
                select(moves.c.action_id, func.min(moves.c.at)).group_by(moves.c.action_id),
                select(refunds.c.action_id, func.min(refunds.c.at)).group_by(refunds.c.action_id),
            )
            for key, at in await connection.execute(query)
        }
        rows = list(await connection.execute(select(notices).where(notices.c.due_at < now)))
        closed = await _closed(connection)
        holds = await _holds(connection, closed)
        moved = defaultdict(list)
        for action, session in await connection.execute(select(moves.c.action_id, moves.c.session_id)):
            moved[action].append(session)
    found = []
    for row in rows:
        caused = due = began.get(row.action_id or row.session_id, row.due_at)
        if row.kind == NoticeKind.COACH_ALERT:
            due += UNDO_WINDOW
            if row.action_id in closed:
                caused = due = closed[row.action_id]
        about = moved[row.action_id] if row.session_id is None else [row.session_id]
        held = [hold for one in about for hold in holds[one]] if KINDS[row.kind].held else []
        found.append(SimpleNamespace(**row._mapping, first_due=due, caused=caused, holds=held))
    return found


async def _closed(connection: AsyncConnection) -> dict[str, datetime]:
    """Return when cancellations lost their undo early: their client took the time of a session for another one."""
    s, m, r = sessions.c, moves.c, refunds.c
    spans = {
        row.id: row for row in await connection.execute(select(s.id, s.client_id, s.starts_at, s.ends_at, s.booked_at))
    }
    first = {key: row.starts_at for key, row in spans.items()}
    taken = []
    query = select(m.session_id, m.at, m.old_starts_at, m.new_starts_at).order_by(m.session_id, m.version.desc())
    for session, at, old, new in await connection.execute(query):
        first[session] = old
        taken.append((session, at, new))
    taken += [(key, row.booked_at, first[key]) for key, row in spans.items()]
    found: dict[str, datetime] = {}
    query = select(r.action_id, r.session_id, r.at).where(r.decision == "policy", r.undone_at.is_(None))
    for action, session, canceled in await connection.execute(query):
        mine = spans[session]
        for other, at, start in taken:
            theirs = spans[other]
            if (
                theirs.client_id == mine.client_id
                and canceled < at < canceled + UNDO_WINDOW
                and start < mine.ends_at
                and mine.starts_at < start + (theirs.ends_at - theirs.starts_at)
            ):
                found[action] = min(at, found.get(action, at))
    return found


async def _holds(
    connection: AsyncConnection, closed: Mapping[str, datetime]
) -> dict[str, list[tuple[datetime, datetime]]]:
    """Return by session from when to when a cancellation of it might be undone."""
    r = refunds.c
    query = select(r.session_id, r.action_id, r.at, r.undone_at).where(r.decision == "policy")
    found = defaultdict(list)
    for session, action, at, undone in await connection.execute(query):
        found[session].append((at, undone or closed.get(action, at + UNDO_WINDOW)))
    return found


async def broken_rules(engines: Engines) -> list[str]:
    """Return which of doctor's rules the database breaks, with examples."""
    async with engines.reader.connect() as connection:
        return [
            f"{finding.rule.id}: {finding.count}, {', '.join(finding.examples)}"
            for finding in await findings(connection, WORKSPACE, rules=_RULES, now=datetime.now(UTC))
        ]


async def untrue(engines: Engines, wishes: Sequence[Wish], lists: dict[str, list[str]]) -> list[str]:
    """Return what somebody was told that is not so, what happened twice, and lists that show something else."""
    found = []
    async with engines.reader.connect() as connection:
        for wish in wishes:
            if wish.kind is Kind.LIST or not wish.told:
                continue
            happened = await _HAPPENED[wish.kind](connection, wish)
            if happened > 1:
                found.append(f"{wish.who} {wish.kind} {wish.key}: happened {happened} times")
            elif wish.done and not happened:
                found.append(f"{wish.who} {wish.kind} {wish.key}: told that it was done, and it was not")
            elif wish.denied and happened:
                found.append(
                    f"{wish.who} {wish.kind} {wish.key}: told that nothing was changed, and it was: {wish.words}"
                )
        for who, shown in lists.items():
            held = await _upcoming(connection, who)
            if shown != held[: len(shown)] or (held and not shown):
                found.append(f"{who}: the list shows {shown}, the database holds {held[: len(shown) + 1]}")
    return found


async def doubled(engines: Engines, wishes: Sequence[Wish], opened: datetime) -> list[str]:
    """Return what happened to a session more often than somebody wanted it since the practice was opened."""
    wanted = Counter((wish.kind, session) for wish in wishes for session in wish.sessions)
    policy, late = refunds.c.decision == "policy", refunds.c.decision == "late"
    happened: Counter[tuple[Kind, str]] = Counter()
    async with engines.reader.connect() as connection:
        for kind, query in {
            Kind.CANCEL: select(refunds.c.session_id).where(policy),
            Kind.UNDO: select(refunds.c.session_id).where(policy, refunds.c.undone_at.is_not(None)),
            Kind.DECIDE: select(refunds.c.session_id).where(late),
            Kind.MOVE: select(moves.c.session_id),
            Kind.BOOK: select(sessions.c.id).where(sessions.c.booked_at > opened),
        }.items():
            happened.update((kind, session) for session in (await connection.execute(query)).scalars())
    return [
        f"{kind} {session}: happened {often} times, wanted {wanted[kind, session]} times"
        for (kind, session), often in sorted(happened.items())
        if often > wanted[kind, session]
    ]


async def _canceled(connection: AsyncConnection, wish: Wish) -> int:
    body = (await connection.execute(select(drafts.c.body).where(drafts.c.id == wish.key))).scalar_one_or_none()
    action = json.loads(body).get("action") if body else None
    if action is None:
        return 0
    query = select(refunds.c.session_id).where(refunds.c.action_id == action, refunds.c.decision == "policy")
    gone = set((await connection.execute(query)).scalars())
    return int(bool(gone) and gone <= set(wish.sessions))


async def _undone(connection: AsyncConnection, wish: Wish) -> int:
    query = select(refunds.c.undone_at).where(refunds.c.action_id == wish.key, refunds.c.decision == "policy")
    ends = list((await connection.execute(query)).scalars())
    return int(bool(ends) and all(end is not None for end in ends))


async def _booked(connection: AsyncConnection, wish: Wish) -> int:
    query = select(func.count()).where(sessions.c.id == wish.key, sessions.c.client_id == wish.who)
    return int((await connection.execute(query)).scalar_one())


async def _moved(connection: AsyncConnection, wish: Wish) -> int:
    start, end = (datetime.fromisoformat(part) for part in wish.key.split("/"))
    query = select(func.count()).where(
        moves.c.session_id.in_(wish.sessions), moves.c.old_starts_at == start, moves.c.new_starts_at == end
    )
    return int((await connection.execute(query)).scalar_one())


async def _decided(connection: AsyncConnection, wish: Wish) -> int:
    query = select(func.count()).where(refunds.c.session_id == wish.key, refunds.c.decision == "late")
    return int((await connection.execute(query)).scalar_one())


async def _upcoming(connection: AsyncConnection, who: str) -> list[str]:
    side = "coach_id" if "COACH" in who else "client_id"
    query = text(
        f"SELECT id FROM sessions WHERE {side} = :who AND status = 'scheduled' AND ends_at > :now ORDER BY starts_at, id"
    )
    now = int(datetime.now(UTC).timestamp() * 1_000_000)
    return list((await connection.execute(query, {"who": who, "now": now})).scalars())


_HAPPENED = {
    Kind.CANCEL: _canceled,
    Kind.UNDO: _undone,
    Kind.BOOK: _booked,
    Kind.MOVE: _moved,
    Kind.DECIDE: _decided,
}
