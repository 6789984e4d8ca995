"""Notices: what people are to be notified of, and the state of delivery."""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    func,
    literal_column,
    or_,
)

from coaching.news.kinds import TO_COACHES
from coaching.news.notice import Medium
from coaching.sessions import PENDING
from storage.tables.base import metadata
from storage.types import DatabaseInstant, Instant, word

notices = Table(
    "notices",
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("dedupe_key", String(200), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("recipient", String(260), nullable=False),  # a person, or a channel; a coach's alert goes to their channel
    # How it goes out. What waits for a person known by e-mail only is Slack's until the mail relay takes it.
    Column(
        "medium",
        String(8),
        CheckConstraint("medium IN ('slack', 'mail')", name="medium"),
        nullable=False,
        server_default="slack",
    ),
    Column("repeats", String(200)),  # of a mail beside a message in Slack: the key of that notice
    Column("session_id", String(64)),
    Column("action_id", String(32)),
    Column("about_id", String(260)),  # what else it is about: a coach, a grant
    Column("copy_of", String(260)),  # of a stakeholder's copy: the coach whose news it is
    Column("only_types", Text),  # and the session types it is limited to, as a JSON list
    Column("cutoff", Instant),  # of a reminder: the instant it counts down to
    Column("lead", Integer),  # of a reminder: how many seconds before that it was planned
    Column("planned_version", Integer),  # and the session's version then
    Column("due_at", Instant, nullable=False),  # business time
    Column("expires_at", Instant, nullable=False),  # business time; useless after it
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False),  # the revision to be shown; raised by every change worth an edit
    Column("sent_revision", Integer),  # the revision shown; null: no message yet
    Column("retry_at", DatabaseInstant),  # earliest time of the next try
    Column("lease_until", DatabaseInstant),
    Column("owner", String(64)),
    Column("attempts", Integer, nullable=False),
    Column("ambiguous", Integer, nullable=False),  # posts that may have arrived without our knowledge
    Column("server_errors", Integer, nullable=False, server_default="0"),  # of those, answered by Slack with an error
    Column("crashes", Integer, nullable=False, server_default="0"),  # of those, under way when the process was killed
    Column("begun_at", DatabaseInstant),  # under this lease: a call may have left since then
    # While it is under way, waits for a retry, or stands in line behind another: the channel or person, for whom newer
    # notices wait behind it.
    Column("conversation", String(260)),
    Column("leader_key", String(200)),  # of a reminder in another one's message: the key of that one
    Column("channel", String(32)),
    Column("message_ts", String(32)),
    # The outcome and its cause: a code (`coaching.why`), Slack's error code with it, and an earlier release's words
    # that have no code.
    Column("why", String(24)),
    Column("why_code", String(80)),
    Column("detail", Text),
    Column(
        "diverted_why", String(80)
    ),  # of a coach's news sent to them directly: Slack's error code about their channel
    Column("trouble", String(80)),  # of notices to admins: why something could not be delivered
    Column("trouble_channel", String(32)),  # and to which channel
    Column("finished_at", Instant),  # business time
    Column("refresh_at", Instant),  # business time; the message is edited again then
    CheckConstraint("state IN ('pending', 'leased', 'sent', 'dropped', 'failed')", name="state"),
    CheckConstraint("(state = 'leased') = (lease_until IS NOT NULL AND owner IS NOT NULL)", name="lease"),
    sqlite_with_rowid=False,
)

_TO_COACHES = [word(kind) for kind in sorted(TO_COACHES)]


def _known_by_mail(n: Any) -> ColumnElement[str]:  # noqa: ANN401 - SQLAlchemy's own
    return func.substr(n.recipient, literal_column("1"), literal_column(str(len(PENDING))), type_=String)


def reachable(n: Any) -> ColumnElement[bool]:  # noqa: ANN401
    """Return SQL for: Slack can reach the recipient. A coach's news may go to a channel before the coach is known."""
    return or_(_known_by_mail(n) != word(PENDING), n.kind.in_(_TO_COACHES))


def goes_by(n: Any, medium: Medium) -> ColumnElement[bool]:  # noqa: ANN401
    """Return SQL for: it goes out by this medium. What Slack cannot reach goes by mail as well, where there is mail."""
    if medium is Medium.SLACK:
        return and_(n.medium == word(medium), reachable(n))
    return or_(n.medium == word(medium), and_(_known_by_mail(n) == word(PENDING), n.kind.not_in(_TO_COACHES)))


def is_free(n: Any, medium: Medium = Medium.SLACK) -> ColumnElement[bool]:  # noqa: ANN401
    """Return SQL for: it waits for its time only, and may then be claimed by the relay of this medium.

    What waits for something else has an index of its own, so that a claim reads none of it, however much there is.
    """
    return and_(n.state == word("pending"), n.conversation.is_(None), n.retry_at.is_(None), goes_by(n, medium))


def is_unreachable(n: Any) -> ColumnElement[bool]:  # noqa: ANN401
    """Return SQL for: Slack does not take it. It waits for mail, for a person to appear in Slack, or to expire."""
    return is_free(n, Medium.MAIL)


def is_in_line(n: Any, medium: Medium = Medium.SLACK) -> ColumnElement[bool]:  # noqa: ANN401
    """Return SQL for: it stands in line in its conversation, or holds it until its retry."""
    return and_(n.state == word("pending"), n.conversation.is_not(None), n.medium == word(medium))


def is_held(n: Any, medium: Medium = Medium.SLACK) -> ColumnElement[bool]:  # noqa: ANN401
    """Return SQL for: it waits for a retry."""
    return and_(n.state == word("pending"), n.retry_at.is_not(None), n.medium == word(medium))


def is_waiting(n: Any, medium: Medium = Medium.SLACK) -> ColumnElement[bool]:  # noqa: ANN401
    """Return SQL for: it waits for a retry or for its turn, and not for a person to appear in Slack."""
    waits = or_(n.conversation.is_not(None), n.retry_at.is_not(None))
    # Mail has written down its medium on whatever it has held once. In words that fit no other index: PostgreSQL would
    # look for a line's first in this one.
    mine = goes_by(n, medium) if medium is Medium.SLACK else func.coalesce(n.medium, word("")) != word(Medium.SLACK)
    return and_(n.state == word("pending"), waits, mine)


def _partial(name: str, *columns: Any, which: ColumnElement[bool]) -> None:  # noqa: ANN401
    Index(name, *columns, sqlite_where=which, postgresql_where=which)


_n = notices.c
_partial("ix_notices_due", _n.workspace_id, _n.due_at, which=is_free(_n))
_partial("ix_notices_unreachable", _n.workspace_id, _n.expires_at, which=is_unreachable(_n))
_partial("ix_notices_line", _n.workspace_id, _n.conversation, _n.due_at, which=is_in_line(_n))
_partial("ix_notices_retry", _n.retry_at, which=is_held(_n))
# By time first: no search for a conversation could prefer it to the index of lines.
_partial("ix_notices_waiting", _n.due_at, _n.workspace_id, which=is_waiting(_n))
# Mail has its own, so that neither relay reads what the other has to do.
_partial("ix_notices_mail_due", _n.workspace_id, _n.due_at, which=is_free(_n, Medium.MAIL))
_partial("ix_notices_mail_line", _n.workspace_id, _n.conversation, _n.due_at, which=is_in_line(_n, Medium.MAIL))
_partial("ix_notices_mail_retry", _n.retry_at, which=is_held(_n, Medium.MAIL))
_partial("ix_notices_mail_waiting", _n.due_at, _n.workspace_id, which=is_waiting(_n, Medium.MAIL))
# To find what names a person known by e-mail, once they appear.
_partial("ix_notices_about", _n.workspace_id, _n.about_id, which=_n.about_id.is_not(None))
_partial("ix_notices_copy_of", _n.workspace_id, _n.copy_of, which=_n.copy_of.is_not(None))
_partial("ix_notices_under_way", _n.workspace_id, _n.conversation, which=_n.state == word("leased"))

# What was given up, for the admins to see.
_partial("ix_notices_failed", _n.workspace_id, _n.finished_at, which=_n.state == word("failed"))

Index(
    "ix_notices_lease",
    notices.c.lease_until,
    sqlite_where=notices.c.state == "leased",
    postgresql_where=notices.c.state == "leased",
)

# Of a session's notices the finished ones are in the order of their end, the others in that of their time.
Index(
    "ix_notices_session",
    notices.c.workspace_id,
    notices.c.session_id,
    notices.c.finished_at,
    notices.c.due_at,
    sqlite_where=notices.c.session_id.is_not(None),
    postgresql_where=notices.c.session_id.is_not(None),
)

Index(
    "ix_notices_action",
    notices.c.workspace_id,
    notices.c.action_id,
    sqlite_where=notices.c.action_id.is_not(None),
    postgresql_where=notices.c.action_id.is_not(None),
)

Index(
    "ix_notices_recipient",
    notices.c.workspace_id,
    notices.c.recipient,
    notices.c.due_at,
    sqlite_where=notices.c.state == "pending",
    postgresql_where=notices.c.state == "pending",
)

Index(
    "ix_notices_leader",
    notices.c.workspace_id,
    notices.c.leader_key,
    sqlite_where=notices.c.leader_key.is_not(None),
    postgresql_where=notices.c.leader_key.is_not(None),
)

Index(
    "ix_notices_refresh",
    notices.c.refresh_at,
    sqlite_where=notices.c.refresh_at.is_not(None),
    postgresql_where=notices.c.refresh_at.is_not(None),
)

replans = Table(
    "replans",  # whose reminders must be planned again: their time zone or the settings changed
    metadata,
    Column("workspace_id", String(32), primary_key=True),
    Column("person_id", String(260), primary_key=True),  # a client; empty: everybody
    Column("passes", Integer, nullable=False),  # how many are left
    Column("after_at", Instant),  # the end of the last session handled in this pass
    Column("after_id", String(64)),  # and its id
    Column("not_before", DatabaseInstant),  # earliest time of the next pass
    CheckConstraint("passes > 0", name="passes"),
    CheckConstraint("(after_at IS NULL) = (after_id IS NULL)", name="after"),
    sqlite_with_rowid=False,
)
