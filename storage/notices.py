"""The queue of notices, as used by delivery: claim under a lease, finish behind a fence, reclaim what was abandoned.

There are two clocks on purpose. What is due or expired depends on business time (an argument). Leases and retries
depend on the database's time, so that replicas with wrong clocks do not take each other's rows.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from coaching.errors import StorageBusy
from coaching.news.admins import LostWhy, mail_locked
from coaching.news.kinds import USEFUL
from coaching.news.notice import Medium, Notice, NoticeState
from coaching.why import Why
from storage import queue_statements as sql
from storage.claim_statements import next_time, oldest
from storage.claiming import Claiming, Wanted
from storage.claims import Claimed, Outcome, Reclaimed, Recorded, claimed, is_coachs_own, lost_to_coach
from storage.engine import SQLITE, Engines
from storage.repositories.base import Transaction
from storage.repositories.mails import ASKED, LOCKED_OUT, MailWrites
from storage.repositories.notices import NoticeWrites
from storage.unit_of_work import busy_as_typed_error

log = structlog.get_logger(__name__)

LONGEST_WAIT = 24 * 3600.0
"""Seconds: the longest wait before a retry, whatever Slack asks for."""


class NoticeQueue:
    """The notices of all workspaces that go out by one medium, as a queue.

    Each method is one transaction and raises StorageBusy.
    """

    def __init__(self, engines: Engines, medium: Medium = Medium.SLACK) -> None:
        self._engines = engines
        sqlite = engines.dialect == SQLITE
        self._next_time, self._oldest = next_time(sqlite, medium), oldest(medium)
        self._claiming = Claiming(medium, sqlite=sqlite)
        self.has_more = False
        """Whether the last claim left notices that could be claimed, or might have."""
        self._finish = sql.finish(sqlite)
        self._repeat = sql.repeat(sqlite)
        self._begin = sql.begin(sqlite)
        self._renew = sql.renew(sqlite)
        self._reclaim = {one: sql.reclaim(sqlite, medium, everything=one) for one in (False, True)}

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
        """Claim up to `limit` due notices, and the reminders that share a message with them (R4).

        In each workspace the oldest come first, one per conversation, and none of a conversation with a notice under
        way. Workspaces are served in turns. Before that, messages whose `refresh_at` has passed become due for an edit.

        `owner` must be new for every call: it fences off what an earlier claim of the same process may still report.
        Nothing may be sent before `record` was called with it in `begin`. Notices to people whom Slack cannot reach yet
        stay pending until they expire. `excluding` and `only` are workspaces.
        """
        wanted = Wanted(owner, now, _micros(lease), limit, excluding, only)
        with busy_as_typed_error():
            async with self._engines.writer.begin() as connection:
                rows, self.has_more = await self._claiming.take(connection, wanted)
        return rows

    async def record(
        self,
        outcomes: Sequence[Outcome],
        now: datetime,
        *,
        begin: Sequence[Claimed] = (),
        lease: timedelta = timedelta(0),
    ) -> Recorded:
        """Record the outcomes of claimed notices, and which notices will be sent next. Do not send before this returns.

        Rows that their owner has lost are neither finished nor begun. The admins' notices are enqueued in the same
        transaction. If the outcomes cannot be written together, each is written separately, so that a bad one does not
        affect the others.
        """
        # In key order, so that two processes cannot deadlock on each other's rows.
        ordered = sorted(outcomes, key=lambda o: (o.notice.workspace_id, o.notice.key))
        try:
            recorded = await self._record(ordered, now, begin, lease)
        except StorageBusy:
            raise
        except Exception:
            log.exception("what became of notices could not be written down together", notices=len(ordered))
            unheard = []
            for outcome in ordered:
                unheard += await self._alone(outcome, now)
            recorded = replace(await self._record([], now, begin, lease), unheard=unheard)
        return replace(recorded, unheard=[*recorded.unheard, *await self._of_mails(ordered, now)])

    async def _record(
        self, outcomes: Sequence[Outcome], now: datetime, begin: Sequence[Claimed], lease: timedelta
    ) -> Recorded:
        begun: dict[tuple[str, str, str], int] = {}
        with busy_as_typed_error():
            async with self._engines.writer.begin() as connection:
                # First, and in the order of people: whoever locks people and notices locks people first.
                asked = [
                    (o.notice.workspace_id, o.notice.recipient, o.notice.key) for o in outcomes if o.asked_about_mail
                ]
                if asked:
                    keys = [{"ws": ws, "who": who, "key": key} for ws, who, key in sorted(asked)]
                    await connection.execute(ASKED, keys)
                if outcomes:
                    await connection.execute(self._finish, [_finish_row(outcome, now) for outcome in outcomes])
                again = [{"ws": o.notice.workspace_id, "k": o.notice.key} for o in outcomes if o.repeated]
                if again:
                    await connection.execute(self._repeat, again)
                for workspace_id in sorted({row.workspace_id for row in begin}):
                    mine = [row for row in begin if row.workspace_id == workspace_id]
                    which = {
                        "ws": workspace_id,
                        "keys": [row.key for row in mine],
                        "owners": list({row.owner for row in mine}),
                        "lease": _micros(lease),
                    }
                    for row in await connection.execute(self._begin, which):
                        begun[workspace_id, row.dedupe_key, row.owner] = row.revision
                news = [(o.notice.workspace_id, told) for o in outcomes for told in o.for_admins]
                return Recorded(await _tell(connection, news), begun)

    async def _alone(self, outcome: Outcome, now: datetime) -> list[tuple[str, Notice]]:
        """Record a single outcome.

        If the database refuses its text, record at least that delivery is over.
        """
        try:
            return (await self._record([outcome], now, (), timedelta(0))).unheard
        except StorageBusy:
            raise
        except Exception:
            log.exception("what became of a notice could not be written down", key=outcome.notice.key)
        plain = Outcome(
            notice=outcome.notice,
            state=outcome.state,
            why=Why.UNWRITABLE,
            retry_after=outcome.retry_after,
            attempts=outcome.attempts,
            ambiguous=outcome.ambiguous,
            server_errors=outcome.server_errors,
        )
        try:
            return (await self._record([plain], now, (), timedelta(0))).unheard
        except StorageBusy:
            raise
        except Exception:
            # It stays under its lease and is sent again, until it counts as one that kills its senders.
            log.exception("not even that a notice is over could be written down", key=outcome.notice.key)
            return []

    async def _of_mails(self, outcomes: Sequence[Outcome], now: datetime) -> list[tuple[str, Notice]]:
        """Record what outcomes say of addresses and of the mail server.

        In transactions of their own, after that of the notices: whoever locks people and notices locks people first. What
        cannot be recorded now is found out again by a later mail. Any process may have recorded that the server lets nobody
        in, so every mail that it takes has us look.
        """
        unheard: list[tuple[str, Notice]] = []
        let_in = {outcome.notice.workspace_id for outcome in outcomes if outcome.let_in}
        try:
            over = await self._locked_out(let_in) if let_in else ()
            for outcome in outcomes:
                ends = outcome.let_in and outcome.notice.workspace_id in over
                if outcome.refused_address or outcome.locked_out or ends:
                    unheard += await self._of_mail(outcome, now)
        except StorageBusy:
            log.warning("the database is busy; what a mail server said is found out again later")
        return unheard

    async def _locked_out(self, workspaces: Collection[str]) -> Collection[str]:
        with busy_as_typed_error():
            async with self._engines.reader.connect() as connection:
                rows = await connection.execute(LOCKED_OUT, {"workspaces": sorted(workspaces)})
                return {row.workspace_id for row in rows}

    async def _of_mail(self, outcome: Outcome, now: datetime) -> list[tuple[str, Notice]]:
        workspace_id, told = outcome.notice.workspace_id, []
        with busy_as_typed_error():
            async with self._engines.writer.begin() as connection:
                transaction = Transaction(connection, {})
                mails = MailWrites(transaction, workspace_id)
                if outcome.refused_address:
                    await mails.came_back(outcome.notice.recipient, outcome.refused_address, now)
                if outcome.let_in:
                    await mails.let_in()
                if outcome.locked_out:
                    news = mail_locked(outcome.locked_out, now)
                    # What was told a moment ago and is over by now is told again a moment later, if it still holds.
                    known = await NoticeWrites(transaction, workspace_id).has(news.dedupe_key)
                    if not known and await mails.locked_out(outcome.locked_out, now):
                        told.append((workspace_id, news))
                return await _tell(connection, told)

    async def renew(self, owners: Collection[str], lease: timedelta) -> None:
        """Extend the leases of these owners' claims, counted from now."""
        with busy_as_typed_error():
            async with self._engines.writer.begin() as connection:
                await connection.execute(self._renew, {"owners": list(owners), "lease": _micros(lease)})

    async def reclaim(self, now: datetime, *, mine: Collection[str] = (), lost: Collection[str] = ()) -> Reclaimed:
        """Reclaim notices whose lease ran out because their owner died, but never those of `mine`.

        `lost` are claims of our own whose answer was lost: nobody holds what they claimed. A first message whose call
        had left may have arrived: it counts as ambiguous, and is given up after MAX_ABANDONED times. The admins are
        notified of a coach's news given up that way. Rows of `mine` stay leased whatever a clock says.
        """
        return await self._reclaimed(now, everything=False, which={"mine": list(mine), "lost": list(lost)})

    async def take_over(self, now: datetime, *, process: str) -> Reclaimed:
        """Reclaim all leased notices except those of owners whose names begin with `process` and a hyphen.

        This is only for a process that knows that no other is alive.
        """
        return await self._reclaimed(now, everything=True, which={"mine": [], "ours": f"{process}-%"})

    async def _reclaimed(self, now: datetime, *, everything: bool, which: dict[str, Any]) -> Reclaimed:
        with busy_as_typed_error():
            async with self._engines.writer.begin() as connection:
                rows = list(await connection.execute(self._reclaim[everything], {"now": now, **which}))
                lost = [claimed(row) for row in rows if row.state == NoticeState.FAILED]
                told = [
                    (row.workspace_id, lost_to_coach(row, LostWhy.CRASHED, now)) for row in lost if is_coachs_own(row)
                ]
                return Reclaimed(len(rows), await _tell(connection, told))

    async def lag(self, now: datetime, *, excluding: Collection[str] = ()) -> timedelta:
        """Return how long the oldest due notice has waited, in business time.

        People whom Slack cannot reach do not count, nor do `excluding` workspaces, to which this process cannot
        deliver.
        """
        with busy_as_typed_error():
            async with self._engines.reader.connect() as connection:
                since: datetime | None = (
                    await connection.execute(self._oldest, {"now": now, "excluding": list(excluding)})
                ).scalar_one_or_none()
        return timedelta(0) if since is None else now - since

    async def next_in(self, now: datetime) -> float | None:
        """Return in how many seconds something is due, or a retry: 0 or less if something is now. None: nothing is.

        What waits in line counts only if it is not due yet, and what expires unreachable does not count.
        """
        with busy_as_typed_error():
            async with self._engines.reader.connect() as connection:
                found = (await connection.execute(self._next_time, {"now": now})).one()
        waits = [] if found.due_at is None else [(found.due_at - now).total_seconds()]
        waits += [] if found.retry is None else [found.retry / 1_000_000]
        return min(waits, default=None)


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


async def _tell(connection: AsyncConnection, told: Sequence[tuple[str, Notice]]) -> list[tuple[str, Notice]]:
    """Enqueue the admins' notices, once for each key. Return those that no admin was there to get."""
    transaction = Transaction(connection, {})
    news = {(workspace_id, one.dedupe_key): one for workspace_id, one in told}
    return [(ws, one) for (ws, _), one in news.items() if not await NoticeWrites(transaction, ws).tell_admins(one)]


def _finish_row(outcome: Outcome, now: datetime) -> dict[str, Any]:
    notice, wait = outcome.notice, outcome.retry_after
    return {
        "ws": notice.workspace_id,
        "k": notice.key,
        "me": notice.owner,
        "to": str(outcome.state),
        "shown": notice.revision,
        "ch": outcome.channel,
        "ts": outcome.message_ts,
        "leader": outcome.leader_key,
        "later": outcome.due_at,
        "by": None if outcome.medium is None else str(outcome.medium),
        "delay": None if wait is None else int((wait if 0.0 <= wait <= LONGEST_WAIT else LONGEST_WAIT) * 1_000_000),
        "tries": outcome.attempts,
        "unknown": outcome.ambiguous,
        "errors": outcome.server_errors,
        "where": outcome.conversation if outcome.state is NoticeState.PENDING else None,
        "because": None if outcome.why is None else str(outcome.why),
        "said": outcome.why_code,
        "diverted": outcome.diverted_why,
        "now": now,
        "until": now + USEFUL,
    }
