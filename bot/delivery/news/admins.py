"""News for admins: coaches who left or cannot be notified, and sessions that could not follow new zone rules."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bot.delivery.news.family import Loaded, News
from coaching.news.admins import AlertLost, ChannelTrouble, CoachLeft, MailLocked, NotShifted
from coaching.news.announcement import Announcement
from coaching.news.kinds import NoticeKind
from coaching.records import Viewer
from coaching.sessions import Hat, Person, Session, Status
from coaching.shifts import target
from coaching.why import Why
from storage.claims import Claimed
from storage.repositories.deliveries import DeliveryReads


@dataclass(frozen=True, slots=True)
class Admins(News):
    """The coaches that admins' notices are about.

    `coaches` and `channels` (alert channels) are by coach id. `listed` coaches are still on the list of coaches.
    `ahead` is the number of upcoming sessions of coaches who left. `named` are the stakeholders' targets. `sessions`
    are by the notice's key. `outage` is why the mail server lets nobody in, while it does not.
    """

    loaded: Loaded
    coaches: Mapping[str, Person]
    channels: Mapping[str, str | None]
    listed: Collection[str]
    named: Collection[str]
    ahead: Mapping[str, int]
    sessions: Mapping[str, Sequence[Session]]
    outage: str | None

    def about(self, row: Claimed) -> Sequence[Session]:
        return self.sessions.get(row.key, ())

    def tell(self, rows: Sequence[Claimed], viewer: Viewer) -> Announcement | Why:
        [row] = rows
        match row.kind:
            case NoticeKind.COACH_LEFT:
                return self._left(row, viewer)
            case NoticeKind.CHANNEL_TROUBLE:
                return self._trouble(row, viewer)
            case NoticeKind.NOT_SHIFTED:
                return self._not_shifted(row, viewer)
            case NoticeKind.MAIL_LOCKED:
                return self._mail_locked(row, viewer)
        return self._lost(row, viewer)

    def _left(self, row: Claimed, viewer: Viewer) -> CoachLeft | Why:
        coach = self.coaches[row.about_id or ""]
        ahead, settings, now = self.ahead.get(coach.id, 0), self.loaded.settings, self.loaded.now
        if not ahead and coach.id not in self.listed:
            return Why.NOTHING_AHEAD
        return CoachLeft(viewer=viewer, settings=settings, now=now, coach=coach, ahead=ahead)

    def _trouble(self, row: Claimed, viewer: Viewer) -> ChannelTrouble | Why:
        coach, channel = self.coaches[row.about_id or ""], row.trouble_channel
        present = self.channels.get(coach.id)
        copies = channel is not None and channel != present and channel in self.named
        shown = channel if copies else present
        if shown is None or (not copies and channel not in {present, None}):
            return Why.ANOTHER_CHANNEL
        return ChannelTrouble(
            viewer=viewer,
            settings=self.loaded.settings,
            now=self.loaded.now,
            coach=coach,
            channel=shown,
            why=row.trouble,
            copies=copies,
        )

    def _not_shifted(self, row: Claimed, viewer: Viewer) -> NotShifted | Why:
        settings, now = self.loaded.settings, self.loaded.now
        for session in self.about(row):
            in_place = target(session) == session.starts_at
            settled = session.status is not Status.SCHEDULED or in_place or session.starts_at <= now
            if row.is_edit or not settled:
                return NotShifted(viewer=viewer, settings=settings, now=now, session=session, settled=settled)
        return Why.SETTLED

    def _mail_locked(self, row: Claimed, viewer: Viewer) -> MailLocked | Why:
        if self.outage is None:
            return Why.MAIL_WORKS
        return MailLocked(viewer=viewer, settings=self.loaded.settings, now=self.loaded.now, why=row.trouble)

    def _lost(self, row: Claimed, viewer: Viewer) -> AlertLost | Why:
        coach, sessions = self.coaches[row.about_id or ""], self.about(row)
        settings, now = self.loaded.settings, self.loaded.now
        if not sessions:
            return Why.NOTHING_LEFT
        if coach.id not in self.listed and all(_by_admin(session) for session in sessions):
            return Why.ADMINS_DID_IT
        return AlertLost(viewer=viewer, settings=settings, now=now, coach=coach, sessions=sessions, why=row.trouble)


async def load(reads: DeliveryReads, rows: Sequence[Claimed], loaded: Loaded) -> News:
    """Load the data for the admins' notices."""
    about = {row.about_id or "" for row in rows}
    refused = any(row.kind is NoticeKind.CHANNEL_TROUBLE for row in rows)
    left = {row.about_id or "" for row in rows if row.kind is NoticeKind.COACH_LEFT}
    return Admins(
        loaded,
        {who: viewer.person for who, viewer in (await reads.batch.viewers(about)).items()},
        await reads.coaches.alert_channels(about),
        await reads.coaches.listed(about),
        {one.target for one in await reads.stakeholders.all()} if refused else set(),
        {coach: await reads.coaches.sessions_ahead(coach, loaded.now) for coach in left},
        {row.key: await _sessions(reads, row) for row in rows if row.session_id or row.action_id},
        await reads.mails.outage() if any(row.kind is NoticeKind.MAIL_LOCKED for row in rows) else None,
    )


async def _sessions(reads: DeliveryReads, row: Claimed) -> list[Session]:
    if row.session_id is not None:
        found = await reads.sessions.by_ids([row.session_id])
    else:
        action_id = row.action_id or ""
        _, found = await reads.batch.sessions_of_actions([action_id])
        found = found or [session for session, _ in await reads.sessions.moves(action_id)]
    return [session for session in found if session.coach.id == row.about_id]


def _by_admin(session: Session) -> bool:
    ended = session.cancellation
    return session.status is Status.CANCELED and ended is not None and ended.role is Hat.ADMIN
