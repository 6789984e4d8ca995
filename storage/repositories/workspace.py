"""The workspace itself: its settings, and the lock for changing its set-up."""

from collections.abc import Sequence
from datetime import time, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, select, update

from coaching.blocks import KnownBlock
from coaching.quiet import QuietHours
from coaching.workspace import Settings
from storage.repositories.base import Repository
from storage.repositories.channels import ChannelMoves
from storage.repositories.codec import load_policy
from storage.repositories.terms import TermsWrites
from storage.tables import known_blocks, policies, workspaces

_SETTINGS = (
    select(
        workspaces.c.policy_id,
        workspaces.c.reminder_offsets,
        workspaces.c.reason_in_channel,
        workspaces.c.support_contact,
        workspaces.c.undo_seconds,
        workspaces.c.quiet_hours,
        workspaces.c.start_reminder,
        workspaces.c.expiry_days,
        workspaces.c.language,
        policies.c.terms,
    )
    .join(policies, and_(policies.c.workspace_id == workspaces.c.workspace_id, policies.c.id == workspaces.c.policy_id))
    .where(workspaces.c.workspace_id == bindparam("ws"))
)

_KNOWN_BLOCKS = select(known_blocks.c.surface, known_blocks.c.kind, known_blocks.c.taken, known_blocks.c.at).where(
    known_blocks.c.workspace_id == bindparam("ws")
)


def _offsets(text: str) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=int(part)) for part in text.split(",") if part)


class WorkspaceReads(Repository):
    """Read operations."""

    async def settings(self) -> Settings:
        """Return the workspace's settings, or the defaults where nothing was set up."""
        row = (await self._run(_SETTINGS, {"ws": self._ws})).first()
        if row is None:
            return Settings()
        policy = self._transaction.policies.get((self._ws, row.policy_id)) or load_policy(row.terms)
        self._transaction.policies[self._ws, row.policy_id] = policy
        return Settings(
            policy,
            _offsets(row.reminder_offsets),
            bool(row.reason_in_channel),
            row.support_contact,
            timedelta(seconds=row.undo_seconds),
            _quiet(row.quiet_hours),
            timedelta(seconds=row.start_reminder) if row.start_reminder else None,
            timedelta(days=row.expiry_days) if row.expiry_days else None,
            row.language,
        )

    async def known_blocks(self) -> Sequence[KnownBlock]:
        """Return what Slack's answers showed about newer blocks."""
        rows = await self._run(_KNOWN_BLOCKS, {"ws": self._ws})
        return [KnownBlock(row.surface, row.kind, bool(row.taken), row.at) for row in rows]


class WorkspaceWrites(WorkspaceReads):
    """Write operations."""

    async def ensure(self, name: str | None = None) -> None:
        """Create the workspace with default settings if it is missing."""
        found = await self._run(select(workspaces.c.name).where(workspaces.c.workspace_id == self._ws))
        if found.first() is not None:
            return
        settings = Settings()
        await self._write(
            self._insert_or_ignore(workspaces),
            {
                "workspace_id": self._ws,
                "name": name,
                "policy_id": await self._with(TermsWrites).keep(settings.policy),
                **_settings_columns(settings),
            },
        )

    async def lock(self) -> None:
        """Lock the workspace's row, which only the set-up writes, so that its changes are made one after the other."""
        if not self._sqlite:
            row = select(workspaces.c.workspace_id).where(workspaces.c.workspace_id == self._ws)
            await self._run(row.with_for_update())

    async def save_settings(self, settings: Settings) -> None:
        """Replace the workspace's settings. A changed policy becomes a new immutable row."""
        policy_id = await self._with(TermsWrites).keep(settings.policy)
        await self._write(
            update(workspaces)
            .where(workspaces.c.workspace_id == self._ws)
            .values(policy_id=policy_id, **_settings_columns(settings))
        )

    async def remember_blocks(self, known: Sequence[KnownBlock]) -> None:
        """Keep what an answer of Slack's showed, in place of what earlier ones did."""
        for one in sorted(known, key=lambda one: (one.surface, one.kind)):
            await self._write(
                self._upsert(known_blocks, "taken", "at"),
                {"workspace_id": self._ws, "surface": one.surface, "kind": one.kind, "taken": one.taken, "at": one.at},
            )

    async def move_channel(self, old: str, new: str) -> None:
        """Replace a channel's id everywhere: in alert channels, stakeholders, pending notices and sent messages."""
        await self._with(ChannelMoves).move(old, new)


def _quiet(text: str | None) -> QuietHours | None:
    if not text:
        return None
    start, end = text.split("-")
    return QuietHours(time.fromisoformat(start), time.fromisoformat(end))


def _settings_columns(settings: Settings) -> dict[str, Any]:
    quiet = settings.quiet_hours
    return {
        "reminder_offsets": ",".join(str(int(offset.total_seconds())) for offset in settings.reminder_offsets),
        "reason_in_channel": settings.reason_in_channel,
        "support_contact": settings.support_contact,
        "undo_seconds": int(settings.undo_window.total_seconds()),
        "quiet_hours": None if quiet is None else f"{quiet.start:%H:%M}-{quiet.end:%H:%M}",
        "start_reminder": int(settings.start_reminder.total_seconds()) if settings.start_reminder else 0,
        "expiry_days": settings.expiry_notice.days if settings.expiry_notice else 0,
        "language": settings.language,
    }
