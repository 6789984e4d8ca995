"""Messages that are ready to send, and notices that were settled without sending."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from coaching.news.admins import LostWhy
from coaching.news.announcement import Announcement
from coaching.news.notice import Medium, NoticeState
from coaching.sessions import Session
from coaching.why import Why
from storage.claims import Claimed, Outcome, is_coachs_own, lost_to_coach, untouched


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message to `target`, a channel or a person. The first of `rows` is the leader. `ts` is set for an edit.

    `about` are the sessions that a mail tells of, `invites` whether it brings them into the reader's calendar.
    `repeated`: what goes to Slack comes by mail as well. No answers to a mail go to `coming_back`, whose own mails do not arrive.

    `gone` means that the coach left Slack. Slack accepts direct messages to them, but nobody reads those.
    """

    workspace_id: str
    rows: tuple[Claimed, ...]
    announcement: Announcement
    target: str
    ts: str | None = None
    gone: bool = False
    about: Sequence[Session] = ()
    invites: bool = True
    coming_back: Collection[str] = ()
    repeated: bool = False

    @property
    def conversation(self) -> str:
        """The conversation: a channel's id, or the user id of a person who is messaged directly."""
        if self.rows[0].by_mail:
            return self.rows[0].recipient
        # A direct conversation also has an id of its own, which begins with D.
        return self.rows[0].recipient if self.target.startswith("D") else self.target


@dataclass(slots=True)
class Composed:
    """Messages to send, and outcomes of notices that were settled without sending."""

    parcels: list[Parcel] = field(default_factory=list)
    settled: list[Outcome] = field(default_factory=list)


def expired(row: Claimed, now: datetime) -> Outcome:
    """Give up a notice that is no longer useful.

    A notice that may have arrived counts as failed, not as dropped. If a coach's own news reached nobody, the admins
    are notified.
    """
    lost = (lost_to_coach(row, LostWhy.EXPIRED, now),) if is_coachs_own(row) else ()
    if not row.ambiguous:
        return replace(dropped(row, Why.TOO_LATE), for_admins=lost)
    return replace(dropped(row, Why.PERHAPS_TOO_LATE), state=NoticeState.FAILED, for_admins=lost)


def lost(row: Claimed, why: Why, now: datetime) -> Outcome:
    """Give up a mail that nobody gets. If it was a coach's own news, the admins are notified.

    One that may have arrived counts as failed, not as dropped.
    """
    admins = (lost_to_coach(row, why, now),) if is_coachs_own(row) else ()
    state = NoticeState.FAILED if row.ambiguous else NoticeState.DROPPED
    return replace(dropped(row, why), state=state, for_admins=admins)


def later(row: Claimed, at: datetime) -> Outcome:
    """Send a notice later: it is due at an instant of business time."""
    return replace(untouched(row), due_at=at)


def by_mail(row: Claimed) -> Outcome:
    """Have a notice go out by mail instead."""
    return replace(untouched(row), medium=Medium.MAIL)


def by_slack(row: Claimed) -> Outcome:
    """Have a notice go out in Slack after all."""
    return replace(untouched(row), medium=Medium.SLACK)


def dropped(row: Claimed, why: Why) -> Outcome:
    """Give up a notice before any of it was shown."""
    return Outcome(
        notice=row,
        state=NoticeState.DROPPED,
        why=why,
        attempts=row.attempts,
        ambiguous=row.ambiguous,
        server_errors=row.server_errors,
    )


def sent_as_it_is(row: Claimed, why: Why) -> Outcome:
    """Give up an edit: the message stays as it is."""
    return Outcome(
        notice=row,
        state=NoticeState.SENT,
        why=why,
        leader_key=row.leader_key,
        ambiguous=row.ambiguous,
        server_errors=row.server_errors,
    )
