"""What the admins are told about coaches in trouble, from the state found at delivery."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from coaching.news.admins import AlertLost, ChannelTrouble, CoachLeft, NotShifted
from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice
from coaching.records import Viewer
from coaching.sessions import Hat, Session, Status
from coaching.shifts import target
from coaching.why import Why
from coaching.workspace import Settings
from storage.notices import Claimed
from storage.repositories.deliveries import DeliveryReads

log = structlog.get_logger(__name__)


async def admin_news(
    reads: DeliveryReads,
    workspace_id: str,
    rows: Sequence[Claimed],
    viewers: Mapping[str, Viewer],
    settings: Settings,
    now: datetime,
) -> Mapping[str, Announcement | Why]:
    """Return by key what each of these notices says now, or why it is not worth saying any more."""
    if not rows:
        return {}
    about = {row.about_id or "" for row in rows}
    coaches = await reads.viewers(workspace_id, about)
    channels = await reads.alert_channels(workspace_id, about)
    listed = await reads.listed_coaches(workspace_id, about)
    refused = any(row.kind is NoticeKind.CHANNEL_TROUBLE for row in rows)
    named = {one.target for one in await reads.stakeholders(workspace_id)} if refused else set()
    told: dict[str, Announcement | Why] = {}
    for row in rows:
        viewer, coach = viewers[row.recipient], coaches[row.about_id or ""].person
        if row.kind is NoticeKind.COACH_LEFT:
            ahead = await reads.sessions_ahead(workspace_id, coach.id, now)
            told[row.key] = (
                CoachLeft(viewer=viewer, settings=settings, coach=coach, ahead=ahead, now=now)
                if ahead or coach.id in listed
                else Why.NOTHING_AHEAD
            )
        elif row.kind is NoticeKind.CHANNEL_TROUBLE:
            channel, code = row.trouble_channel, row.trouble
            present = channels.get(coach.id)
            if channel is not None and channel != present and channel in named:
                told[row.key] = ChannelTrouble(
                    viewer=viewer, settings=settings, coach=coach, channel=channel, why=code, now=now, copies=True
                )
            elif present is None or channel not in {present, None}:
                told[row.key] = Why.ANOTHER_CHANNEL
            else:
                told[row.key] = ChannelTrouble(
                    viewer=viewer, settings=settings, coach=coach, channel=present, why=code, now=now
                )
        elif row.kind is NoticeKind.NOT_SHIFTED:
            found = await reads.sessions(workspace_id, [row.session_id or ""])
            told[row.key] = _not_shifted(row, found, viewer, settings, now)
        else:
            sessions = await _sessions(reads, workspace_id, row)
            told[row.key] = (
                AlertLost(viewer=viewer, settings=settings, coach=coach, sessions=sessions, why=row.trouble, now=now)
                if sessions
                else Why.NOTHING_LEFT
            )
            if sessions and coach.id not in listed and all(_by_admin(session) for session in sessions):
                told[row.key] = Why.ADMINS_DID_IT
    return told


async def _sessions(reads: DeliveryReads, workspace_id: str, row: Claimed) -> list[Session]:
    if row.session_id is not None:
        found = await reads.sessions(workspace_id, [row.session_id])
    else:
        action_id = row.action_id or ""
        _, found = await reads.sessions_of_actions(workspace_id, [action_id])
        found = found or [session for session, _ in await reads.moves(workspace_id, action_id)]
        if not found:
            found = await reads.sessions(workspace_id, (await reads.requested(workspace_id, [action_id]))[action_id])
    return [session for session in found if session.coach.id == row.about_id]


def _not_shifted(
    row: Claimed, found: Sequence[Session], viewer: Viewer, settings: Settings, now: datetime
) -> NotShifted | Why:
    for session in found:
        settled = (
            session.status is not Status.SCHEDULED or target(session) == session.starts_at or session.starts_at <= now
        )
        if row.is_edit or not settled:
            return NotShifted(viewer=viewer, settings=settings, session=session, now=now, settled=settled)
    return Why.SETTLED


def _by_admin(session: Session) -> bool:
    ended = session.cancellation
    return session.status is Status.CANCELED and ended is not None and ended.role is Hat.ADMIN


def log_unheard(unheard: Sequence[tuple[str, Notice]]) -> None:
    """Log what nobody is told, for want of any admin."""
    for workspace_id, told in unheard:
        log.warning(
            "no admin is known to be told; name one with FIRST_ADMIN",
            workspace_id=workspace_id,
            what=str(told.kind),
            coach=told.about_id,
            channel=told.trouble_channel,
            why=told.trouble,
        )
