"""Messages on their way: what is sent, to whom, and what was settled without sending."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from coaching.news.admins import LostWhy
from coaching.news.announcement import Announcement
from coaching.news.notice import NoticeState
from coaching.why import Why
from storage.claims import Claimed, Outcome, is_coachs_own, lost_to_coach


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message. `target` is a channel or a person; the first of `rows` leads them; `ts` is set for an edit.

    `gone`: its coach has left Slack. Slack takes direct messages to somebody who left, and nobody reads them.
    """

    workspace_id: str
    rows: tuple[Claimed, ...]
    announcement: Announcement
    target: str
    ts: str | None = None
    gone: bool = False

    @property
    def conversation(self) -> str:
        """Where it is said: a channel's id, or the person who is told directly, whose conversation has an id of its own."""
        # Slack's ids of direct conversations begin with D.
        return self.rows[0].recipient if self.target.startswith("D") else self.target


@dataclass(slots=True)
class Composed:
    """What is to be sent, and what was settled without sending."""

    parcels: list[Parcel] = field(default_factory=list)
    settled: list[Outcome] = field(default_factory=list)


def expired(row: Claimed, now: datetime) -> Outcome:
    """Give up a notice that is of no use any more; what may have arrived is not said to be dropped.

    The admins hear of a coach's own news that nobody got.
    """
    lost = (lost_to_coach(row, LostWhy.EXPIRED, now),) if is_coachs_own(row) else ()
    if not row.ambiguous:
        return replace(dropped(row, Why.TOO_LATE), for_admins=lost)
    return replace(dropped(row, Why.PERHAPS_TOO_LATE), state=NoticeState.FAILED, for_admins=lost)


def dropped(row: Claimed, why: Why) -> Outcome:
    """Give a notice up before anything of it was shown."""
    return Outcome(
        notice=row,
        state=NoticeState.DROPPED,
        why=why,
        attempts=row.attempts,
        ambiguous=row.ambiguous,
        server_errors=row.server_errors,
    )


def sent_as_it_is(row: Claimed, why: Why) -> Outcome:
    """Leave a message as it is shown: the edit is given up."""
    return Outcome(
        notice=row,
        state=NoticeState.SENT,
        why=why,
        leader_key=row.leader_key,
        ambiguous=row.ambiguous,
        server_errors=row.server_errors,
    )
