"""Notices under a lease: what the delivery gets when it claims them, and the outcomes it reports."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coaching.news.admins import alert_lost
from coaching.news.kinds import COPIED, NoticeKind
from coaching.news.notice import Medium, Notice, NoticeState
from coaching.why import Why
from storage.repositories.codec import load_types


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A notice under our lease. `sent_revision` is None while no message is known to exist; `owner` is the fence.

    `server_errors` counts posts that Slack answered with a server error, `crashes` those under way when the process was
    killed. `ambiguous` includes both.
    """

    workspace_id: str
    key: str
    kind: NoticeKind
    recipient: str
    medium: Medium
    repeats: str | None
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
    def by_mail(self) -> bool:
        """Whether it goes out by mail."""
        return self.medium is Medium.MAIL

    @property
    def is_edit(self) -> bool:
        """Whether a message exists that is to be edited."""
        return self.sent_revision is not None

    @property
    def unanswered(self) -> int:
        """The number of posts that got no answer while the process was running."""
        return self.ambiguous - self.server_errors - self.crashes

    @property
    def message_key(self) -> str:
        """The key of the notice that leads this one's message; its own when it shares none."""
        return self.leader_key or self.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of delivering a claimed notice.

    SENT: the message shows the claimed revision. If the revision was raised in the meantime, an edit becomes due at
    once. PENDING: try again after `retry_after` seconds of database time, or at `due_at` (business time); newer notices
    of `conversation`, if set, wait behind it. With `medium` it goes out by that from now on. `repeated`: it comes by mail
    as well. `for_admins` are notices to all admins of the workspace, enqueued with the outcome. `why_code` is Slack's
    error code that goes with `why`. `diverted_why` is the error code because of which a coach's news has just gone to
    them directly. `refused_address` is an address at which the mail server took nothing. `locked_out` is the code of why it
    takes nothing from us at all, and `let_in` says that it does. `asked_about_mail`: the message asked its reader whether
    they want mails too.
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
    due_at: datetime | None = None
    medium: Medium | None = None
    repeated: bool = False
    attempts: int = 0
    ambiguous: int = 0
    server_errors: int = 0
    conversation: str | None = None
    for_admins: tuple[Notice, ...] = ()
    refused_address: str | None = None
    locked_out: str | None = None
    let_in: bool = False
    asked_about_mail: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was recorded: notices that no admin was there to get, and the revisions at which calls may leave now."""

    unheard: list[tuple[str, Notice]]
    begun: dict[tuple[str, str, str], int]
    """Workspace, key and owner of the notices that may be sent, with their present revision."""


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """How many notices were reclaimed from dead owners, and the notices that no admin was there to get."""

    rows: int
    unheard: list[tuple[str, Notice]]


def untouched(notice: Claimed, retry_after: float | None = None, *, conversation: str | None = None) -> Outcome:
    """Return a notice unchanged, to be retried after `retry_after` s; newer ones of `conversation` wait behind it."""
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
    """Return whether this is a coach's own news: no stakeholder's copy, no mail beside it, no reminder of a request."""
    return row.kind in COPIED and row.copy_of is None and row.repeats is None


def lost_to_coach(row: Claimed, code: str, now: datetime) -> Notice:
    """Return the admins' notice of news that its coach did not get; `code` is Slack's error code or a LostWhy."""
    return alert_lost(row.key, row.recipient, code, now, action_id=row.action_id, session_id=row.session_id)


def claimed(row: Any) -> Claimed:  # noqa: ANN401
    """Return a leased row as a value."""
    return Claimed(
        workspace_id=row.workspace_id,
        key=row.dedupe_key,
        kind=NoticeKind(row.kind),
        recipient=row.recipient,
        medium=Medium(row.medium),
        repeats=row.repeats,
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
