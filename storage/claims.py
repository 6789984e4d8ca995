"""Notices under a lease: what whoever delivers them is given, and what they say became of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coaching.news.admins import alert_lost
from coaching.news.kinds import COPIED, NoticeKind
from coaching.news.notice import Notice, NoticeState
from coaching.why import Why
from storage.repositories.codec import load_types


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A notice under our lease. `sent_revision` is None while no message is known to exist; `owner` is the fence.

    `server_errors`: to how many posts Slack answered with an error of its own; `crashes`: how many were under way when the
    program was killed; `ambiguous` counts both.
    """

    workspace_id: str
    key: str
    kind: NoticeKind
    recipient: str
    session_id: str | None
    action_id: str | None
    about_id: str | None
    copy_of: str | None
    only_types: frozenset[str] | None
    cutoff: datetime | None
    due_at: datetime
    expires_at: datetime
    revision: int
    sent_revision: int | None
    attempts: int
    ambiguous: int
    server_errors: int
    crashes: int
    leader_key: str | None
    channel: str | None
    message_ts: str | None
    why: Why | None
    why_code: str | None
    diverted_why: str | None
    trouble: str | None
    trouble_channel: str | None
    owner: str

    @property
    def is_edit(self) -> bool:
        """Whether a message exists that is to be changed."""
        return self.sent_revision is not None

    @property
    def unanswered(self) -> int:
        """To how many posts no answer came while we were there to hear it."""
        return self.ambiguous - self.server_errors - self.crashes

    @property
    def message_key(self) -> str:
        """The key of the notice that leads this one's message; its own when it shares none."""
        return self.leader_key or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a claimed notice.

    SENT: shown as of the claimed revision (if it was raised meanwhile, an edit becomes due at once). PENDING: again after
    `retry_after` seconds of database time; newer notices of `conversation`, where that is set, wait behind it.
    `for_admins`: what the workspace's admins are told with it, written for all of them. `why_code` is Slack's word that
    belongs to `why`, `diverted_why` the one for which a coach's news went to them directly just now.
    """

    notice: Claimed
    state: NoticeState
    why: Why | None = None
    why_code: str | None = None
    diverted_why: str | None = None
    channel: str | None = None
    message_ts: str | None = None
    leader_key: str | None = None
    retry_after: float | None = None
    attempts: int = 0
    ambiguous: int = 0
    server_errors: int = 0
    conversation: str | None = None
    for_admins: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was written down: what nobody hears of it, for want of any admin, and at which revision calls may leave now."""

    unheard: list[tuple[str, Notice]]
    begun: dict[tuple[str, str, str], int]
    """Workspace, key and owner of those that may leave, with their present revision."""


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """How many notices were taken back from owners that died, and what nobody hears of it, for want of any admin."""

    rows: int
    unheard: list[tuple[str, Notice]]


def untouched(notice: Claimed, retry_after: float | None = None, *, conversation: str | None = None) -> Outcome:
    """Give a notice back as it was, for `retry_after` seconds; newer ones of `conversation` wait behind it meanwhile."""
    return Outcome(
        notice=notice,
        state=NoticeState.PENDING,
        why=notice.why,
        why_code=notice.why_code,
        leader_key=notice.leader_key,
        retry_after=retry_after,
        attempts=notice.attempts,
        ambiguous=notice.ambiguous,
        server_errors=notice.server_errors,
        conversation=conversation,
    )


def is_coachs_own(row: Claimed) -> bool:
    """Whether this is a coach's own news: not a stakeholder's copy of it, nor what only reminds them of it."""
    return row.kind in COPIED and row.copy_of is None


def lost_to_coach(row: Claimed, code: str, now: datetime) -> Notice:
    """Return what the admins are told of news that its coach did not get; `code` is Slack's word for why, or one of ours."""
    return alert_lost(row.key, row.recipient, code, now, action_id=row.action_id, session_id=row.session_id)


def claimed(row: Any) -> Claimed:  # noqa: ANN401
    """Return what a row says that was leased."""
    return Claimed(
        workspace_id=row.workspace_id,
        key=row.dedupe_key,
        kind=NoticeKind(row.kind),
        recipient=row.recipient,
        session_id=row.session_id,
        action_id=row.action_id,
        about_id=row.about_id,
        copy_of=row.copy_of,
        only_types=load_types(row.only_types),
        cutoff=row.cutoff,
        due_at=row.due_at,
        expires_at=row.expires_at,
        revision=row.revision,
        sent_revision=row.sent_revision,
        attempts=row.attempts,
        ambiguous=row.ambiguous,
        server_errors=row.server_errors,
        crashes=row.crashes,
        leader_key=row.leader_key,
        channel=row.channel,
        message_ts=row.message_ts,
        why=None if row.why is None else Why(row.why),
        why_code=row.why_code,
        diverted_why=row.diverted_why,
        trouble=row.trouble,
        trouble_channel=row.trouble_channel,
        owner=row.owner,
    )
