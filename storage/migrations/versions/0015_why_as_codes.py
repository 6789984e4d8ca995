"""Store outcomes of notices as codes instead of sentences

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# The sentences of earlier releases, and their codes.
_SENTENCES = {
    "there is nothing left to tell": "nothing_left",
    "came too late to be useful": "too_late",
    "Slack did not confirm that it arrived, and it came too late to be sent again": "perhaps_too_late",
    "session canceled": "session_canceled",
    "session moved": "session_moved",
    "it was corrected before it was sent": "corrected",
    "a later change replaced it": "replaced",
    "taken back in time": "taken_back",
    "it was decided before it could be told": "decided",
    "the admins decide about it": "admins_decide",
    "a later reminder replaced it": "newer_reminder",
    "client keeps the session": "kept",
    "cutoff passed": "cutoff_passed",
    "session booked": "replanned_booked",
    "cancellation taken back": "replanned_restored",
    "the rules of its time zone changed": "replanned_rules",
    "time zone or settings changed": "replanned_changed",
    "they are no longer to be told": "not_named",
    "the coach's own news goes there": "coachs_own",
    "these credits are somebody else's to hear about now": "not_theirs",
    "nothing is left of these credits": "credits_gone",
    "these credits have expired": "credits_expired",
    "the day they expire was moved": "expiry_moved",
    "no session of theirs is ahead any more": "nothing_ahead",
    "the alert channel was changed since": "another_channel",
    "an admin did it when the coach was removed": "admins_did_it",
    "the session was settled before it was told": "settled",
    "a later change came too late to be shown": "edit_too_late",
    "a later change could not be shown: Slack did not say where the message is": "no_place",
    "Slack did not say whether it arrived; it is sent once more": "once_more",
    "Slack did not say whether it arrived, twice": "never_confirmed",
    "Slack answered with an error; it is sent again": "again",
    "Slack answered with an error 5 times; it may have arrived": "always_errors",
    "may have arrived twice: Slack did not answer at first": "perhaps_twice",
    "may have arrived several times: Slack answered with errors at first": "several_times",
    "may have arrived twice: the program stopped while it was being sent": "killed",
    "the program stopped while this was being sent; it may have arrived twice": "interrupted",
    "the program stopped several times while this was being sent; it may have arrived": "given_up",
    "what became of it could not be written down in full": "unwritable",
}
# Sentences that end with Slack's error code in parentheses: the column for that code, and the code of the outcome.
_WITH_CODES = (
    ("a later change could not be shown (", "why_code", "edit_refused"),
    ("Slack does not deliver it (", "why_code", "refused"),
    ("sent as a direct message: the alert channel could not be posted to (", "diverted_why", None),
)


def upgrade() -> None:
    for name, length in (
        ("why", 24),
        ("why_code", 80),
        ("diverted_why", 80),
        ("trouble", 80),
        ("trouble_channel", 32),
    ):
        op.add_column("notices", sa.Column(name, sa.String(length=length), nullable=True))
    _what_admins_hear()
    for begin, column, why in _WITH_CODES:
        op.execute(
            sa.text(
                f"UPDATE notices SET why = :why, {column} = SUBSTR(detail, :start, LENGTH(detail) - :start),"
                " detail = NULL WHERE SUBSTR(detail, 1, :length) = :begin AND detail LIKE '%)'"
                " AND LENGTH(detail) - :start BETWEEN 1 AND 80"
            ).bindparams(
                sa.bindparam("why", why, sa.String()),
                sa.bindparam("begin", begin, sa.String()),
                sa.bindparam("start", len(begin) + 1, sa.Integer()),
                sa.bindparam("length", len(begin), sa.Integer()),
            )
        )
    cases = " ".join(f"WHEN :s{number} THEN :c{number}" for number in range(len(_SENTENCES)))
    values: dict[str, str] = {}
    for number, (sentence, code) in enumerate(_SENTENCES.items()):
        values |= {f"s{number}": sentence, f"c{number}": code}
    statement = sa.text(
        f"UPDATE notices SET why = CASE detail {cases} ELSE 'other' END WHERE detail IS NOT NULL"
    ).bindparams(*(sa.bindparam(name, value, sa.String()) for name, value in values.items()))
    op.execute(statement)
    op.execute("UPDATE notices SET detail = NULL WHERE why <> 'other'")


def _what_admins_hear() -> None:
    """Fill `trouble` and `trouble_channel` of notices to admins from `detail`, except where it has a sentence.

    Notices about a channel had the channel and Slack's error code there, notices about a coach only the error code.
    """
    notices = sa.table(
        "notices", *(sa.column(name, sa.String()) for name in ("detail", "kind", "trouble", "trouble_channel"))
    )
    detail = notices.c.detail
    sqlite = op.get_bind().dialect.name == "sqlite"
    first = sa.func.instr(detail, " ") if sqlite else sa.func.strpos(detail, " ")
    channel, code = sa.func.substr(detail, 1, first - 1), sa.func.substr(detail, first + 1)
    two_words = sa.and_(
        detail.like("% %"), detail.not_like("% % %"), sa.func.length(channel) <= 32, sa.func.length(code) <= 80
    )
    op.execute(
        sa.update(notices)
        .where(notices.c.kind == "channel_trouble", two_words)
        .values(trouble_channel=channel, trouble=code, detail=None)
    )
    op.execute(
        sa.update(notices)
        .where(notices.c.kind == "alert_lost", detail.not_like("% %"), sa.func.length(detail).between(1, 80))
        .values(trouble=detail, detail=None)
    )
