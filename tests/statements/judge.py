"""Judges plans: what a statement reads must not grow with what others have.

Three faults. It reads a large table, or an index of one, from end to end. It finds rows of a large table by the first
column of a longer key only, which is the whole workspace. It sorts before a LIMIT, and so reads everything to return a
few: without a limit a sort costs about as much as what is returned anyway.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from tests.statements.recorder import Asked

LARGE = frozenset(
    (
        *("sessions", "transfers", "refunds", "notices", "timeline", "inbound", "grants", "members", "requests"),
        *("moves", "drafts", "pool_members", "availability", "time_off", "coaches", "stakeholders"),
        *("calendar_addresses", "checkpoints", "notes", "session_type_coaches", "session_type_clients"),
    )
)
"""The tables that grow with sessions, people or time."""
FEW = frozenset({"ix_members_admins", "ix_notices_under_way"})
"""Indexes of few rows, which may be read whole."""
HANDFUL = 1000
"""So many rows may be read whole or sorted before a limit."""


class Fault(StrEnum):
    """What a plan does wrong."""

    SCAN = "reads a large table from end to end"
    WORKSPACE = "reads a large table's whole workspace"
    SORT = "sorts before a limit"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A statement whose plan has a fault."""

    asked: Asked
    fault: Fault
    plan: str

    def __str__(self) -> str:
        return f"{self.asked.by}: {self.fault}\n{self.asked.sql}\n{self.asked.parameters!r}\n{self.plan}"


async def judged(connection: AsyncConnection, asked: Iterable[Asked]) -> list[Verdict]:
    """Return what is wrong with the plans of these statements, one verdict for each kind of fault."""
    explain, faults = (
        ("EXPLAIN QUERY PLAN ", _sqlite)
        if connection.dialect.name == "sqlite"
        else ("EXPLAIN (FORMAT JSON) ", _postgresql)
    )
    found = []
    for one in asked:
        rows = (await connection.exec_driver_sql(explain + one.sql, one.parameters)).all()
        plan = [row[-1] for row in rows]
        shown = json.dumps(plan, indent=1) if connection.dialect.name != "sqlite" else "\n".join(plan)
        found += [Verdict(one, fault, shown) for fault in sorted(set(faults(plan, one.sql)))]
    return found


def _sqlite(plan: list[str], sql: str) -> Iterator[Fault]:
    named = {table: table for table in LARGE}
    named |= {alias: table for table, alias in re.findall(r"\b(\w+) AS (\w+)", sql) if table in LARGE}
    for step in plan:
        verb, _, rest = step.partition(" ")
        if verb in ("SCAN", "SEARCH") and rest.split(" ")[0] in named:
            if verb == "SCAN":
                yield Fault.SCAN
            elif step.endswith("(workspace_id=?)") and not FEW.intersection(step.split(" ")):
                yield Fault.WORKSPACE
        elif step == "USE TEMP B-TREE FOR ORDER BY" and " LIMIT " in sql.replace("\n", " "):
            yield Fault.SORT


def _postgresql(plan: list[Any], _sql: str) -> Iterator[Fault]:
    trees = plan[0] if isinstance(plan[0], list) else json.loads(plan[0])
    for tree in trees:
        yield from _node(tree["Plan"], "", limited=False)


_INDEXED = {"Index Scan", "Index Only Scan", "Bitmap Index Scan"}


def _node(node: dict[str, Any], table: str, *, limited: bool) -> Iterator[Fault]:
    kind, table, children = node["Node Type"], node.get("Relation Name", table), node.get("Plans", ())
    if table in LARGE:
        if kind == "Seq Scan":
            yield Fault.SCAN
        if kind in _INDEXED and node["Index Name"] not in FEW:
            condition = node.get("Index Cond", "")
            if not condition and not limited:
                yield Fault.SCAN
            elif condition and " AND " not in condition and "workspace_id" in condition:
                yield Fault.WORKSPACE
    # An incremental sort takes what an index has ordered and sorts only rows that are alike.
    if kind == "Sort" and limited and children[0]["Plan Rows"] > HANDFUL:
        yield Fault.SORT
    inside = kind == "Limit" or (limited and kind not in ("Sort", "Hash", "Aggregate"))
    for child in children:
        # The scans of indexes below a bitmap name no table of their own.
        below = table if kind in ("Bitmap Heap Scan", "BitmapAnd", "BitmapOr") else ""
        yield from _node(child, below, limited=inside and child.get("Parent Relationship") != "InitPlan")
