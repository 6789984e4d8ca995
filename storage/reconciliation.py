"""Check which rules of `storage.rules` a database breaks, directly on its tables, without writing or locking."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, TextClause, bindparam, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from coaching import zones
from coaching.errors import BadPolicy
from coaching.localtime import LocalDay, wall_at
from coaching.slots import day_bounds
from storage.clock import database_micros
from storage.engine import SQLITE
from storage.repositories.codec import load_policy
from storage.rules import RULES, Rule
from storage.rules.rule import POLICY
from storage.types import from_micros, to_micros

EXAMPLES = 5
"""How many faults of a rule are listed for each workspace. All are counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a workspace breaks: how often, and the first few faults (ids and figures, never a person's words)."""

    rule: Rule
    workspace_id: str
    count: int
    examples: tuple[str, ...]


async def findings(
    connection: AsyncConnection,
    workspace_id: str | None = None,
    *,
    rules: Iterable[Rule] = RULES,
    examples: int = EXAMPLES,
    now: datetime | None = None,
) -> list[Finding]:
    """Return the broken rules in the order of `rules`, for one workspace or for all. All rules in SQL take one query.

    `now` (aware UTC, business clock) is for the rules in `storage.rules.waiting`.
    """
    chosen = tuple(rules)
    found: dict[tuple[str, str], Finding] = {}
    by_id = {rule.id: rule for rule in chosen}
    if asked := tuple(rule for rule in chosen if rule.faults):
        which: dict[str, Any] = {"examples": examples} | ({} if workspace_id is None else {"ws": workspace_id})
        if now is not None:
            which |= {"now": to_micros(now), "rules": zones.version(), "database_now": await _database_now(connection)}
        for row in await connection.execute(_statement(asked, workspace_id is not None), which):
            key = (row.rule, row.workspace_id)
            named = (*found[key].examples, row.what) if key in found else (row.what,)
            found[key] = Finding(by_id[row.rule], row.workspace_id, int(row.total), named)
    for rule in chosen:
        if rule.faults:
            continue
        faults: dict[str, list[str]] = {}
        for ws, what in await BY_READING[rule.id](connection, workspace_id, now):
            faults.setdefault(ws, []).append(what)
        for ws, all_of_it in faults.items():
            found[rule.id, ws] = Finding(rule, ws, len(all_of_it), tuple(sorted(all_of_it)[:examples]))
    order = {rule.id: place for place, rule in enumerate(chosen)}
    return sorted(found.values(), key=lambda finding: (order[finding.rule.id], finding.workspace_id))


async def _database_now(connection: AsyncConnection) -> int:
    """Return the database's own time, by which leases run, even if the business clock was moved."""
    sqlite = connection.dialect.name == SQLITE
    return int((await connection.execute(select(database_micros(sqlite=sqlite)))).scalar_one())


@lru_cache(maxsize=256)
def _statement(rules: tuple[Rule, ...], restricted: bool) -> TextClause:
    only = "WHERE v.workspace_id = :ws" if restricted else ""
    queries = (
        f"""SELECT * FROM (SELECT '{rule.id}' AS rule, v.workspace_id, v.what,
            COUNT(*) OVER (PARTITION BY v.workspace_id) AS total,
            ROW_NUMBER() OVER (PARTITION BY v.workspace_id ORDER BY v.what) AS place
            FROM ({rule.faults}) v {only}) f WHERE f.place <= :examples"""
        for rule in rules
    )
    return text("\nUNION ALL\n".join(queries))


Now = datetime | None
"""The business clock's present instant (aware UTC); None: for rules that do not depend on time."""


def _only(workspace_id: str | None) -> tuple[str, dict[str, str]]:
    return ("", {}) if workspace_id is None else ("AND v.workspace_id = :ws", {"ws": workspace_id})


async def _unreadable_policies(
    connection: AsyncConnection, workspace_id: str | None, _now: Now
) -> list[tuple[str, str]]:
    only, which = _only(workspace_id)
    faults = []
    for row in await connection.execute(
        text(f"SELECT v.workspace_id, v.id, v.terms FROM policies v WHERE 1 = 1 {only}"), which
    ):
        try:
            load_policy(row.terms)
        except (BadPolicy, ValueError, TypeError, KeyError, AttributeError, OverflowError):
            faults.append((row.workspace_id, row.id))
    return faults


_AT_ONCE = 500
"""Actions per query, below the parameter limits of both databases."""

_Line = tuple[str, int, int, bool]
_DONE_AS = text(
    f"SELECT v.workspace_id, v.action_id, v.session_id, v.percent, v.amount, v.late FROM ({POLICY}) v"
    " WHERE v.workspace_id = :ws AND v.action_id IN :actions"
).bindparams(bindparam("actions", expanding=True))


async def _unlike_quotes(connection: AsyncConnection, workspace_id: str | None, _now: Now) -> list[tuple[str, str]]:
    """Compare what confirmed dialogs showed with what was done. Dialogs are deleted after two days."""
    only, which = _only(workspace_id)
    bodies = await connection.execute(
        text(f"""SELECT v.workspace_id, v.body FROM drafts v WHERE v.body LIKE '%"stage":"done"%' {only}"""), which
    )
    shown: dict[str, dict[str, set[_Line]]] = {}
    for row in bodies:
        body = json.loads(row.body)
        if body["stage"] == "done" and "quote" in body:  # without a quote it moved sessions
            shown.setdefault(row.workspace_id, {})[body["action"]] = _quoted(body)
    return [(ws, action) for ws, quotes in shown.items() for action in await _differing(connection, ws, quotes)]


def _quoted(body: Mapping[str, Any]) -> set[_Line]:
    return {
        (i, percent, returned, bool(late)) for i, _version, _price, percent, returned, late, *_back in body["quote"]
    }


async def _differing(connection: AsyncConnection, workspace_id: str, quotes: Mapping[str, set[_Line]]) -> list[str]:
    done: dict[str, set[_Line]] = {action: set() for action in quotes}
    actions = list(quotes)
    for start in range(0, len(actions), _AT_ONCE):
        some = actions[start : start + _AT_ONCE]
        for row in await connection.execute(_DONE_AS, {"ws": workspace_id, "actions": some}):
            done[row.action_id].add((row.session_id, row.percent, row.amount, bool(row.late)))
    return [action for action, lines in quotes.items() if lines != done[action]]


async def _odd_local_times(connection: AsyncConnection, workspace_id: str | None, _now: Now) -> list[tuple[str, str]]:
    """Compare starts with the agreed local times, where the rules of this release computed them."""
    only, which = _only(workspace_id)
    question = f"""SELECT v.workspace_id, v.id, v.starts_at, v.time_zone, v.local_start FROM sessions v
        WHERE v.status = 'scheduled' AND v.zone_rules = :rules AND v.local_start IS NOT NULL {only}"""
    return [
        (row.workspace_id, f"{row.id} {row.local_start} {row.time_zone}")
        for row in await connection.execute(text(question), {**which, "rules": zones.version()})
        if wall_at(from_micros(row.starts_at), zones.first_known(row.time_zone)).isoformat() != row.local_start
    ]


_NAMED_DAYS = """
    SELECT v.workspace_id, v.coach_id AS what, v.starts_at, v.ends_at, v.first_day, v.last_day, v.time_zone FROM time_off v
    WHERE v.first_day IS NOT NULL AND v.zone_rules IS NULL AND v.ends_at > :now {only}
    UNION ALL SELECT v.workspace_id, v.id, NULL, v.expires_at, NULL, v.expires_on, v.expires_zone FROM grants v
    WHERE v.expires_on IS NOT NULL AND v.expires_rules IS NULL AND v.closed_at IS NULL AND v.expires_at > :now {only}"""


async def _odd_days(connection: AsyncConnection, workspace_id: str | None, now: Now) -> list[tuple[str, str]]:
    """Compare the days of rows from before days were stored, which follow no rules, with the rules of this release."""
    only, which = _only(workspace_id)
    since = {"now": 0 if now is None else to_micros(now)}
    return [
        (row.workspace_id, f"{row.what} {row.first_day or row.last_day}")
        for row in await connection.execute(text(_NAMED_DAYS.format(only=only)), {**which, **since})
        if _reads_otherwise(row)
    ]


def _reads_otherwise(row: Row[Any]) -> bool:
    last = date.fromisoformat(row.last_day)
    if row.first_day is None:
        return LocalDay(last, row.time_zone, None).end() != from_micros(row.ends_at)
    bounds = (day_bounds(date.fromisoformat(row.first_day), row.time_zone)[0], day_bounds(last, row.time_zone)[1])
    return bounds != (from_micros(row.starts_at), from_micros(row.ends_at))


BY_READING: Mapping[str, Callable[[AsyncConnection, str | None, Now], Awaitable[list[tuple[str, str]]]]] = {
    "policies_can_be_read": _unreadable_policies,
    "dialogs_did_what_they_showed": _unlike_quotes,
    "local_times_are_what_clocks_show": _odd_local_times,
    "days_from_before_read_as_they_did": _odd_days,
}
"""The functions that find faults where SQL for both databases cannot. Each fault is (workspace, what)."""
