"""Replicas over one database, each with a pool and connections of its own, and racers that start together."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from coaching.actions import cancel
from coaching.clock import ManualClock
from coaching.credits import Grant, Transfer, TransferKind, grant_account, session_account
from coaching.drafts import Draft, Stage
from coaching.errors import CoachingError
from coaching.ids import new_id
from coaching.news import decisions
from coaching.plans import countdown
from coaching.policy import refund_cutoff
from coaching.ports import UnitOfWork
from coaching.quotes import quote
from coaching.requests import Request, RequestKind
from coaching.sessions import Actor, Hat, Person, Session
from coaching.timeline import Entry, Event
from storage import SqlStore, create_engines
from tests.support import patience
from tests.support.world import ANNA, COACH, WORKSPACE, World


@asynccontextmanager
async def replicas(url: str, clock: ManualClock, number: int) -> AsyncIterator[list[World]]:
    """Open so many stores on one database; they wait longer than requests do: a busy test machine is no lost race."""
    async with AsyncExitStack() as stack:
        made = []
        for _ in range(number):
            engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
            stack.push_async_callback(engines.dispose)
            made.append(World(SqlStore(engines), clock))
        yield made


async def race(*racers: Coroutine[Any, Any, Any]) -> list[Any]:
    """Start everybody at once; what is not ours to tell (a raw database error) fails the test."""
    results = await asyncio.gather(*racers, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, CoachingError):
            raise result
    return results


async def waits(store: SqlStore) -> None:
    """Wait until somebody waits for a lock in PostgreSQL."""
    asked = text(
        "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database OR l.database IS NULL "
        "WHERE NOT l.granted AND d.datname = current_database()"
    )
    async with asyncio.timeout(patience.SECONDS):
        while True:
            async with store.engines.reader.connect() as connection:
                if (await connection.execute(asked)).scalar_one():
                    return
            await asyncio.sleep(0.005)


@dataclass
class Bench:
    """One transaction in which many races are prepared: what the actions would write, without a transaction for each."""

    uow: UnitOfWork
    now: datetime

    async def booked(self, starts: Sequence[datetime], length: timedelta) -> list[Session]:
        """Book sessions of Anna's with the coach, each paid with one credit of a grant made for them."""
        policy_id, policy = await self.uow.terms.current()
        grant = Grant(new_id(self.now), "Credits", 100 * len(starts), len(starts), None)
        await self.uow.grants.add(ANNA, grant, package=None, now=self.now)
        made = [
            Session(
                workspace_id=WORKSPACE,
                id=new_id(self.now),
                client=Person(ANNA),
                coach=Person(COACH),
                session_type="Coaching",
                starts_at=start,
                ends_at=start + length,
                time_zone="America/New_York",
                booked_at=self.now,
                refund_cutoff_at=refund_cutoff(policy, starts_at=start, booked_at=self.now),
                policy_id=policy_id,
                price=100,
            )
            for start in starts
        ]
        for session in made:
            await self.uow.sessions.insert(session, exclusive=True)
        account = grant_account(grant.id)
        await self.uow.ledger.post(
            [
                Transfer(
                    f"book:{one.id}:{grant.id}",
                    TransferKind.BOOK,
                    account,
                    session_account(one.id),
                    one.price,
                    self.now,
                    one.id,
                    grant.id,
                )
                for one in made
            ],
        )
        entries = [Entry(one.id, self.now, Event.BOOKED, ANNA, Hat.CLIENT, one.price) for one in made]
        await self.uow.timeline.add(entries)
        settings = await self.uow.workspace.settings()
        told = [notice for one in made for notice in countdown(one, settings, self.now)]
        await self.uow.notices.add(told)
        return await self.uow.sessions.by_ids([one.id for one in made])

    async def quoted(self, session: Session, who: str, hat: Hat) -> Draft:
        """Leave somebody's dialog at the confirmation of one session."""
        policies = await self.uow.terms.by_ids([session.policy_id])
        paid = await self.uow.payments.of([session.id])
        terms = quote([(session, policies[session.policy_id])], paid, self.now, hat)
        draft = Draft(
            id=new_id(self.now),
            user_id=who,
            hat=hat,
            subject_id=who,
            stage=Stage.QUOTED,
            picked=(session.id,),
            quote=terms,
        )
        await self.uow.drafts.save(draft, self.now)
        return draft

    async def canceled(self, session: Session) -> str:
        """Cancel one session as its client; return the action's id."""
        draft = replace(await self.quoted(session, ANNA, Hat.CLIENT), stage=Stage.DONE, action_id=new_id(self.now))
        paid = await self.uow.payments.lock([session.id])
        actor = Actor(WORKSPACE, ANNA)
        await cancel.carry_out(self.uow, actor, draft, [session], paid, self.now, undoable=True)
        await self.uow.drafts.save(draft, self.now)
        return draft.action_id or ""

    async def asked(self, session: Session, decide_by: datetime) -> None:
        """Ask for an exception about one canceled session, as its client."""
        [canceled] = await self.uow.sessions.by_ids([session.id])
        asked = Request(
            action_id=new_id(self.now),
            at=self.now,
            by_id=ANNA,
            decide_by=decide_by,
            subject_id=canceled.id,
            number=canceled.cancellation_no,
        )
        await self.uow.requests.add([asked])
        entry = Entry(session.id, self.now, Event.EXCEPTION_ASKED, ANNA, Hat.CLIENT)
        await self.uow.timeline.add([entry])
        await self.uow.notices.add([decisions.asked(RequestKind.EXCEPTION, asked.action_id, COACH, self.now)])


def only(results: list[Any], kind: type) -> list[Any]:
    """Return the results of one kind."""
    return [result for result in results if isinstance(result, kind)]
