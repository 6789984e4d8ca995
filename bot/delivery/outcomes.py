"""What a reply of Slack's means for the rows of a message: pure rules."""

from collections.abc import Sequence

from bot.delivery.compose import Parcel
from bot.delivery.retry import MAX_UNKNOWN, Pace, backoff
from bot.delivery.slack import Delivered, Locked, NotSent, NotYet, Refused, Sent, TooFast, Unknown
from coaching.notices import NoticeState
from storage.notices import Claimed, Outcome, untouched

PERHAPS_TWICE = "may have arrived twice: Slack did not answer at first"
NEVER_CONFIRMED = "Slack did not say whether it arrived, twice"
ONCE_MORE = "Slack did not say whether it arrived; it is sent once more"


def outcomes(parcel: Parcel, delivered: Delivered, pace: Pace) -> list[Outcome]:
    """Return what became of each row of a parcel; they share one message and one fate."""
    rows, reply = parcel.rows, delivered.reply
    match reply:
        case Sent():
            return [_sent(parcel, row, reply, delivered.note) for row in rows]
        case TooFast():
            return [untouched(row, reply.seconds, hold=True) for row in rows]
        case NotSent():
            return _again(rows, pace)
        case Unknown():
            return _again(rows, pace) if parcel.ts is not None else [_unknown(row, pace) for row in rows]
        case Refused():
            return [_refused(parcel, row, reply.code) for row in rows]
        case Locked():
            return [untouched(row) for row in rows]
        case NotYet():
            return [untouched(row, pace.unlinked_again) for row in rows]


def broken(rows: Sequence[Claimed], pace: Pace) -> list[Outcome]:
    """Try again later what could not be put into words; a newer release may know how."""
    return _again(rows, pace)


def _sent(parcel: Parcel, row: Claimed, reply: Sent, note: str | None) -> Outcome:
    leader = parcel.rows[0]
    first = parcel.ts is None
    return Outcome(
        notice=row,
        state=NoticeState.SENT,
        detail=(note or (PERHAPS_TWICE if row.ambiguous else None)) if first else row.detail,
        channel=reply.channel,
        message_ts=reply.ts,
        leader_key=(None if row is leader else leader.key) if first else row.leader_key,
        ambiguous=row.ambiguous,
    )


def _again(rows: Sequence[Claimed], pace: Pace) -> list[Outcome]:
    tries = max(row.attempts for row in rows) + 1
    wait = backoff(pace, tries)
    return [
        Outcome(
            notice=row,
            state=NoticeState.PENDING,
            detail=row.detail,
            leader_key=row.leader_key,
            retry_after=wait,
            attempts=tries,
            ambiguous=row.ambiguous,
        )
        for row in rows
    ]


def _unknown(row: Claimed, pace: Pace) -> Outcome:
    unknown = row.ambiguous + 1
    over = unknown >= MAX_UNKNOWN
    return Outcome(
        notice=row,
        state=NoticeState.FAILED if over else NoticeState.PENDING,
        detail=NEVER_CONFIRMED if over else ONCE_MORE,
        leader_key=row.leader_key,
        retry_after=None if over else pace.unknown_again,
        attempts=row.attempts + 1,
        ambiguous=unknown,
    )


def _refused(parcel: Parcel, row: Claimed, code: str) -> Outcome:
    if parcel.ts is not None:
        # The message is gone or may no longer be changed: what it says stays, and nothing is posted after it (K2).
        return Outcome(
            notice=row,
            state=NoticeState.SENT,
            detail=f"a later change could not be shown ({code})",
            leader_key=row.leader_key,
            ambiguous=row.ambiguous,
        )
    return Outcome(
        notice=row,
        state=NoticeState.FAILED,
        detail=f"Slack does not deliver it ({code})",
        attempts=row.attempts + 1,
        ambiguous=row.ambiguous,
    )
