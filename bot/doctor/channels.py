"""Channels that take no messages, as Slack last answered. Slack is not asked: the bot has no scope to look at channels."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.doctor.report import Fault, Group
from coaching.business import LOST_WITHIN
from storage.tables import coaches, notices, stakeholders
from storage.types import word

CHANNEL = "channel_takes_messages"
"""The id of the fault."""
ARCHIVED = frozenset({"is_archived", "is_inactive"})
_k, _n, _s = coaches.c, notices.c, stakeholders.c
_STILL = or_(
    select(_k.member_id)
    .where(_k.workspace_id == _n.workspace_id, _k.alert_channel == _n.trouble_channel, _k.removed.is_not(true()))
    .correlate(notices)
    .exists(),
    select(_s.target)
    .where(_s.workspace_id == _n.workspace_id, _s.target == _n.trouble_channel)
    .correlate(notices)
    .exists(),
)
_REFUSED = (
    select(_n.workspace_id, _n.trouble_channel, _n.trouble, _n.due_at)
    .where(_n.kind == word("channel_trouble"), _n.trouble_channel.is_not(None), _STILL)
    .order_by(_n.due_at.desc(), _n.dedupe_key)
)


async def look(
    connection: AsyncConnection, workspace_id: str | None, now: datetime, redact: Callable[[str], str]
) -> Group:
    """Name each channel that is still used for alerts or copies and took no message lately, once."""
    asked = _REFUSED.where(now - LOST_WITHIN < _n.due_at)
    if workspace_id is not None:
        asked = asked.where(_n.workspace_id == workspace_id)
    rows = (await connection.execute(asked)).all()
    await connection.rollback()
    last: dict[tuple[str, str], Any] = {}
    for row in rows:
        last.setdefault((row.workspace_id, row.trouble_channel), row)
    faults = tuple(
        Fault(
            id=CHANNEL,
            truth="Every channel for alerts and copies takes messages.",
            what=f"{row.trouble_channel} took none on {row.due_at:%Y-%m-%d}; Slack said {redact(row.trouble or 'nothing')}.",
            advice=_advice(row.trouble),
            workspace=row.workspace_id,
        )
        for row in sorted(last.values(), key=lambda row: (row.workspace_id, row.trouble_channel))
    )
    note = f"{len(faults)} took no messages" if faults else "as far as Slack said, each takes messages"
    return Group(id="channels", name="Channels", note=note, faults=faults)


def _advice(code: str | None) -> str:
    """Say what helps, by Slack's code."""
    if code in ARCHIVED:
        mend = "It is archived: unarchive it"
    elif code is not None and code.startswith("restricted_action"):
        mend = "It does not let apps post: allow it in the channel's settings"
    else:
        mend = "The bot is not in it: type /invite @Sessions there"
    return (
        f"{mend}, or pick another channel in /sessions setup. Coaches hear directly meanwhile, and copies are not sent. "
        "This is shown for two weeks after the last refusal."
    )
