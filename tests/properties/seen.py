"""What the database says of a workspace, straight from its rows, in the words in which the model tells it."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from coaching.news.days import out_of_date
from coaching.news.kinds import NUDGES, Family, NoticeKind, which
from storage import SqlStore
from storage.tables import grants, notices, pool_members, requests, sessions
from tests.properties.model import Model
from tests.support.invariants import balances, violations

REMINDERS = ("reminder", "starting")
OF_A_DAY = which(lambda row: row.family is Family.DAYS)
"""What coaches are told by the clock. It follows from the sessions, see `asked_of`."""


@dataclass(frozen=True)
class Seen:
    """One look."""

    wrong: list[str]
    accounts: dict[str, int]
    grants: dict[str, tuple[str, datetime | None, bool, bool, str | None]]
    sessions: dict[str, tuple[str, str, str, int, int, datetime]]
    members: set[tuple[str, str]]
    asked: Counter[tuple[str, int, str, str, datetime, bool]]
    told: Counter[tuple[str, str, str | None, str]]
    countdown: set[tuple[str, str, datetime]]
    balances: dict[str, int]


async def look(store: SqlStore, ws: str, clients: Collection[str], unseen: Collection[str], now: datetime) -> Seen:
    """Return what is there; `unseen` are the cancellations that no dialog showed to anybody.

    Reminders whose moment has passed are left out: whether they wait to be thrown away or are is all the same.
    """
    async with store.engines.reader.connect() as connection:

        async def rows(table: Any) -> list[Any]:
            return list(await connection.execute(select(table).where(table.c.workspace_id == ws)))

        told = await rows(notices)
        seen = Seen(
            wrong=await violations(connection, ws, unseen=unseen),
            accounts=await balances(connection, ws),
            grants={
                g.id: (
                    *(g.client_id or g.pool_id, g.expires_at),
                    *(g.warned_at is not None, g.closed_at is not None),
                    g.parent_id,
                )
                for g in await rows(grants)
            },
            sessions={
                s.id: (s.client_id, s.coach_id, s.status, s.cancellation_no, s.reschedules, s.refund_cutoff_at)
                for s in await rows(sessions)
            },
            members={(m.pool_id, m.member_id) for m in await rows(pool_members)},
            asked=Counter(
                (x.subject_id, x.kind, x.number, x.action_id, x.state, x.decide_by, x.by_admins)
                for x in await rows(requests)
            ),
            told=Counter(
                # Which of several grants a message about expiring ones names is the database's choice.
                (n.kind, n.recipient, None if n.kind == "expiring" else n.copy_of or n.about_id, n.state)
                for n in told
                if n.kind not in {*REMINDERS, *NUDGES, *OF_A_DAY}
            ),
            countdown={
                (n.session_id, n.kind, n.due_at)
                for n in told
                if n.kind in REMINDERS and n.state == "pending" and n.cutoff > now
            },
            balances={},
        )
    async with store.read(ws) as queries:
        for who in clients:
            seen.balances[who] = sum(grant.balance for grant in await queries.grants.of_client(who))
    return seen


async def asked_of(store: SqlStore, ws: str) -> Counter[str]:
    """Return how often the coach of each session will be, or was, asked whether it took place."""
    async with store.engines.reader.connect() as connection:
        asks = select(notices).where(notices.c.workspace_id == ws, notices.c.kind == NoticeKind.OUTCOME_ASKED)
        told = list(await connection.execute(asks))
    async with store.read(ws) as queries:
        sessions = {one.id: one for one in await queries.sessions.by_ids({row.session_id for row in told})}
    return Counter(
        row.session_id
        for row in told
        if out_of_date(NoticeKind(row.kind), row.recipient, row.cutoff, sessions[row.session_id]) is None
    )


async def returned_grants(store: SqlStore, ws: str) -> list[tuple[str, datetime | None, int, str]]:
    """Return the grants that were opened for what came back: parent, end, what they hold, id."""
    async with store.engines.reader.connect() as connection:
        found = await connection.execute(
            select(grants.c.parent_id, grants.c.expires_at, grants.c.id).where(
                grants.c.workspace_id == ws, grants.c.parent_id.is_not(None)
            )
        )
        held = await balances(connection, ws)
        return [(parent, ends, held.get(f"grant:{one}", 0), one) for parent, ends, one in found]


def should_see(model: Model, clients: Collection[str], now: datetime) -> Seen:
    """Return what the model says a look should find."""
    on = [s for s in model.sessions.values() if not s.canceled]
    return Seen(
        wrong=[],
        accounts=model.accounts(),
        grants={g.id: (g.holder, g.expires_at, g.warned, g.swept, g.parent) for g in model.grants.values()},
        sessions={
            s.id: (s.client, s.coach, s.status, s.cancellations, s.moves, s.cutoff()) for s in model.sessions.values()
        },
        members={(pool, member) for pool, members in model.pools.items() for member in members},
        asked=model.asked_for(),
        told=model.told.count(),
        countdown={(s.id, "reminder", at) for s in on if s.cutoff() > now for at in s.countdown}
        | {(s.id, "starting", at) for s in on if s.starts_at > now for at in s.announced},
        balances={who: model.balance(who) for who in clients},
    )
