"""The product's own rules (`storage.rules`), asked by tests of their databases."""

import json
from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.engine import create_engines
from storage.reconciliation import findings
from storage.rules.rule import BALANCES, POLICY
from storage.rules.waiting import WAITING
from tests.support import patience

OF_ZONES = tuple(
    rule
    for rule in WAITING
    if rule.id in {"sessions_follow_the_zone_rules", "instants_read_as_they_did", "days_follow_the_zone_rules"}
)
"""What doctor asks of whatever a zone's new rules touch."""


async def violations(
    connection: AsyncConnection, workspace_id: str | None = None, *, unseen: Collection[str] = ()
) -> list[str]:
    """Return what is wrong, one sentence each; of one workspace, or of all. `unseen` are cancellations without a dialog."""
    found = await findings(connection, workspace_id, examples=1000)
    return [f"{finding.rule.truth} {what}" for finding in found for what in finding.examples] + [
        f"A cancellation was shown before it was made. {action}"
        for action in await _unshown(connection, workspace_id)
        if action not in unseen
    ]


async def _unshown(connection: AsyncConnection, workspace_id: str | None) -> set[str]:
    """Return the cancellations of no dialog. Only here: the product throws dialogs away when they have served their time."""
    only, which = ("", {}) if workspace_id is None else ("WHERE v.workspace_id = :ws", {"ws": workspace_id})
    made = await connection.execute(text(f"SELECT DISTINCT v.action_id FROM ({POLICY}) v {only}"), which)
    bodies = await connection.execute(text(f"SELECT v.body FROM drafts v {only}"), which)
    return set(made.scalars()) - {json.loads(body).get("action") for body in bodies.scalars()}


async def balances(connection: AsyncConnection, workspace_id: str) -> dict[str, int]:
    """Return every account of a workspace that holds anything, in hundredths of a credit."""
    rows = await connection.execute(
        text(f"SELECT account, balance FROM ({BALANCES}) b WHERE workspace_id = :ws AND balance <> 0"),
        {"ws": workspace_id},
    )
    return {row.account: int(row.balance) for row in rows}


async def check_invariants(url: str) -> None:
    """Raise AssertionError naming everything that is wrong in the database at `url`."""
    engines = create_engines(url, wait_seconds=patience.FOR_DATABASE)
    try:
        async with engines.reader.connect() as connection:
            found = await violations(connection)
    finally:
        await engines.dispose()
    assert not found, "\n".join(found)
