"""Claiming: which notices a relay gets next. A claim costs the same whatever waits (ADR 0039)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from coaching.news.kinds import USEFUL, NoticeKind
from coaching.news.notice import Medium
from coaching.reminders import MERGE_WINDOW
from storage import claim_statements as sql
from storage import queue_statements
from storage.claims import Claimed, claimed
from storage.low_water import LowWater
from storage.types import EPOCH

SHARING = frozenset({NoticeKind.REMINDER, NoticeKind.COACH_STARTING})
"""Kinds of reminders that share a message with others of their kind."""
MAX_SHARED = 20
"""The most reminders in one message: each has buttons, and a message has 50 blocks."""
AHEAD = 100
"""How many more notices than may be claimed are looked at: some stand behind another one of their conversation."""
LINES = 100
"""How many conversations with a line are looked at in one claim. The next claim goes on behind them."""
WORKSPACES = 8
"""How many workspaces are served in one claim. The next claim goes on behind them."""
RIPE = 200
"""The most notices whose retry or refresh time has come that are let go in one claim."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a claim asks for: up to `limit` notices for `owner`, not of `excluding` workspaces, or of `only` one."""

    owner: str
    now: datetime
    lease: int
    limit: int
    excluding: Collection[str]
    only: str | None

    def includes(self, workspace_id: str) -> bool:
        """Return whether notices of a workspace are asked for."""
        return workspace_id not in self.excluding and self.only in {None, workspace_id}


class Claiming:
    """Claims notices for one relay, in turns: between workspaces, and between the conversations of each."""

    def __init__(self, medium: Medium, *, sqlite: bool) -> None:
        self._claim, self._share = sql.claim(sqlite, medium), sql.share(sqlite, medium)
        self._ripen = queue_statements.ripen(sqlite, medium)
        self._work, self._heads_of = sql.work(medium), sql.heads(medium)
        self._served = ""
        """The workspace that was served last."""
        self._in_vain = 0
        """How many workspaces in a row nothing was found in."""
        self._low_water = None if sqlite else LowWater(medium)
        self._visited: dict[str, str] = {}
        """By workspace, the conversation whose line was looked at last, if others have not been looked at yet."""

    async def take(self, connection: AsyncConnection, wanted: Wanted) -> tuple[list[Claimed], bool]:
        """Return what is claimed, oldest first, and whether there may be more."""
        heads, ripe = await self._ripened(connection, wanted.now)
        begin = EPOCH if self._low_water is None or wanted.only is not None else self._low_water.begin
        found, more = await self._look(connection, wanted, heads, begin)
        if begin > EPOCH and not more:
            begin, rest = EPOCH, replace(wanted, limit=wanted.limit - len(found))
            others, more = await self._look(connection, rest, {}, begin)
            found += others
        if self._low_water is not None and wanted.only is None:
            await self._low_water.looked(connection, begin, more=more)
        return sorted(found, key=lambda row: (row.due_at, row.key)), more or ripe

    async def _look(
        self, connection: AsyncConnection, wanted: Wanted, heads: Mapping[str, list[str]], since: datetime
    ) -> tuple[list[Claimed], bool]:
        work = {workspace_id: True for workspace_id in heads if wanted.includes(workspace_id)}
        for row in await connection.execute(self._work, {"now": wanted.now, "since": since}):
            if wanted.includes(row.ws):
                work[row.ws] = work.get(row.ws, False) or bool(row.lined)
        turns = _in_turn(sorted(work), self._served)
        found, more = list[Claimed](), False
        for place, workspace_id in enumerate(turns[:WORKSPACES]):
            share = -(-(wanted.limit - len(found)) // (min(len(turns), WORKSPACES) - place))
            if share <= 0:
                return found, True
            if wanted.only is None:
                self._served = workspace_id
            first = heads.get(workspace_id, [])
            if work[workspace_id]:
                first = [*{*first, *await self._heads(connection, workspace_id, wanted.now)}]
            which = {"heads": first, "limit": share, "ahead": share + AHEAD, "since": since}
            rows, lined = await self._of(connection, workspace_id, wanted, which)
            found += rows
            # Lines that could not be looked at wait for the next reason to look if nothing was found in these.
            more = more or len(rows) >= share or len(rows) + lined >= share + AHEAD
            more = more or (bool(rows) and workspace_id in self._visited)
            if wanted.only is None:
                self._in_vain = 0 if rows else self._in_vain + 1
        return found, more or self._others_wait(len(turns))

    def _others_wait(self, workspaces: int) -> bool:
        """Return whether there may be work in workspaces that were not looked at since anything was found."""
        if workspaces <= WORKSPACES:
            return False
        if all_seen := self._in_vain >= workspaces:
            self._in_vain = 0  # the next reason to look begins anew
        return not all_seen

    async def _ripened(self, connection: AsyncConnection, now: datetime) -> tuple[dict[str, list[str]], bool]:
        """Let go of what has waited for its time. Return the keys of what stands in line, by workspace, and if there is more."""
        ripe = list(await connection.execute(self._ripen, {"now": now, "until": now + USEFUL, "most": RIPE}))
        heads: dict[str, list[str]] = defaultdict(list)
        for row in ripe:
            if row.state == "pending" and row.conversation is not None and row.retry_at is None:
                heads[row.workspace_id].append(row.dedupe_key)
            elif self._low_water is not None:
                self._low_water.fell(row.due_at)
        return heads, len(ripe) >= RIPE

    async def _heads(self, connection: AsyncConnection, workspace_id: str, now: datetime) -> list[str]:
        after = self._visited.pop(workspace_id, "")
        asked = {"ws": workspace_id, "now": now, "after": after, "most": LINES}
        lines = list(await connection.execute(self._heads_of, asked))
        if len(lines) >= LINES:
            self._visited[workspace_id] = lines[-1].name
        elif after:  # that was the last of them
            lines += await connection.execute(self._heads_of, asked | {"after": ""})
        return [line.key for line in lines if line.key is not None]

    async def _of(
        self, connection: AsyncConnection, workspace_id: str, wanted: Wanted, which: dict[str, Any]
    ) -> tuple[list[Claimed], int]:
        """Claim in one workspace. Return what is claimed, and how many notices got into line."""
        common = {"ws": workspace_id, "me": wanted.owner, "now": wanted.now, "lease": wanted.lease}
        changed = list(await connection.execute(self._claim, common | which))
        rows = [claimed(row) for row in changed if row.state == "leased"]
        lined = len(changed) - len(rows)
        first = [row for row in rows if _may_share(row)]
        if not first:
            return rows, lined
        for kind in sorted({row.kind for row in first}):
            alike = [row for row in first if row.kind is kind]
            near_by = {"keys": [row.key for row in alike], "alike": str(kind), "until": wanted.now + MERGE_WINDOW}
            near = [claimed(row) for row in await connection.execute(self._share, common | near_by)]
            near, early = _one_step_each(alike, near, wanted.now)
            rows += near
            if early:
                keys = [{"ws": workspace_id, "k": row.key} for row in early]
                await connection.execute(queue_statements.UNLEASE, keys)
        rows, led = _with_leaders(rows)
        if led:
            leaders = [{"ws": workspace_id, "k": row.key, "leader": row.leader_key} for row in led]
            await connection.execute(queue_statements.LEAD, leaders)
        return rows, lined


def _in_turn(workspaces: list[str], served: str) -> list[str]:
    return [one for one in workspaces if one > served] + [one for one in workspaces if one <= served]


def _may_share(row: Claimed) -> bool:
    """Return whether a notice may share a message with others of its kind to the same person."""
    return row.kind in SHARING and not row.is_edit


def _one_step_each(
    first: Sequence[Claimed], near: Sequence[Claimed], now: datetime
) -> tuple[list[Claimed], list[Claimed]]:
    """Split reminders into those that can share a message and those that are early: another step of a session goes out.

    A message is shared by several sessions (R4). Two steps of one session that are close together both keep their time
    (R1).
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
    """Group first reminders of one person behind the earliest. Return all rows, and those whose leader changed."""
    groups: dict[tuple[str, str, NoticeKind], list[Claimed]] = {}
    done: list[Claimed] = []
    for row in sorted(rows, key=lambda r: (r.due_at, r.key)):
        if _may_share(row):
            groups.setdefault((row.workspace_id, row.recipient, row.kind), []).append(row)
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
