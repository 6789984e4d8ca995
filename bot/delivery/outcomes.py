"""What a reply of Slack's means for the rows of a message: pure rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.delivery.parcels import Parcel
from bot.delivery.retry import MAX_UNKNOWN, Pace, backoff
from bot.delivery.slack import LEFT, NO_EDITING, Delivered, Locked, NotSent, NotYet, Refused, Sent, TooFast, Unknown
from coaching import notices
from coaching.announcements import CoachNews
from coaching.notices import Notice, NoticeState
from storage.notices import Claimed, Outcome, untouched

PERHAPS_TWICE = "may have arrived twice: Slack did not answer at first"
NEVER_CONFIRMED = "Slack did not say whether it arrived, twice"
ONCE_MORE = "Slack did not say whether it arrived; it is sent once more"


LOST = NO_EDITING | {LEFT, "user_not_found", "user_disabled"}
"""Slack's words for a conversation in which the coach sees no change of a message any more."""


def outcomes(parcel: Parcel, delivered: Delivered, pace: Pace, now: datetime) -> list[Outcome]:
    """Return what became of each row of a parcel; they share one message and one fate. `now` is business time."""
    leader, *others = _fates(parcel, delivered, pace)
    return [replace(leader, for_admins=_for_admins(parcel, delivered, now)), *others]


def _fates(parcel: Parcel, delivered: Delivered, pace: Pace) -> list[Outcome]:
    rows, reply = parcel.rows, delivered.reply
    match reply:
        case Sent():
            return [_sent(parcel, row, reply, delivered.note) for row in rows]
        case TooFast():
            return [untouched(row, reply.seconds, hold=True) for row in rows]
        case NotSent():
            return _again(rows, pace)
        case Unknown():
            # Editing twice does no harm; what was posted anew because it could not be edited is a first message.
            edited = parcel.ts is not None and delivered.trouble is None
            return _again(rows, pace) if edited else [_unknown(row, pace) for row in rows]
        case Refused():
            return [_refused(parcel, row, reply.code) for row in rows]
        case Locked():
            return [untouched(row) for row in rows]
        case NotYet():
            return [untouched(row, pace.unlinked_again) for row in rows]


def _for_admins(parcel: Parcel, delivered: Delivered, now: datetime) -> tuple[Notice, ...]:
    """What the admins hear: that a coach's channel takes nothing, and what the coach could not be told at all."""
    told, row, reply = parcel.announcement, parcel.rows[0], delivered.reply
    if not isinstance(told, CoachNews):
        return ()
    coach_id = (told.copy_of or told.viewer.person).id
    found = []
    if delivered.trouble is not None:
        trouble = notices.channel_trouble(coach_id, parcel.target, delivered.trouble, now)
        if told.copy_of is not None:
            # A channel may be told about many coaches: the admins hear of it once a week all the same.
            trouble = replace(trouble, dedupe_key=notices.channel_trouble_key("copies", parcel.target, now))
        found.append(trouble)
    if told.copy_of is None and isinstance(reply, Refused) and (parcel.ts is None or reply.code in LOST):
        found.append(
            notices.alert_lost(row.key, coach_id, reply.code, now, action_id=row.action_id, session_id=row.session_id)
        )
    return tuple(found)


def broken(rows: Sequence[Claimed], pace: Pace) -> list[Outcome]:
    """Try again later what could not be put into words; a newer release may know how."""
    return _again(rows, pace)


def _sent(parcel: Parcel, row: Claimed, reply: Sent, note: str | None) -> Outcome:
    leader = parcel.rows[0]
    first = parcel.ts is None
    return Outcome(
        notice=row,
        state=NoticeState.SENT,
        detail=note or ((PERHAPS_TWICE if row.ambiguous else None) if first else row.detail),
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
        # A message that was sent before stays on record as sent, so that later changes are still shown.
        state=(NoticeState.SENT if row.is_edit else NoticeState.FAILED) if over else NoticeState.PENDING,
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
