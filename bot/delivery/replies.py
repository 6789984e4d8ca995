"""What a reply from Slack means for the rows of a message. These are pure rules."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.delivery.channels.channel import (
    Delivered,
    Locked,
    NotSent,
    NotYet,
    Refused,
    Reply,
    Sent,
    ServerError,
    TooFast,
    Unknown,
)
from bot.delivery.channels.slack import LEFT, NO_EDITING
from bot.delivery.parcels import Parcel, by_slack
from bot.delivery.retry import MAX_LOST, MAX_SERVER_ERRORS, Pace, backoff, growing
from coaching.news.admins import COPIES, LostWhy, channel_trouble, channel_trouble_key
from coaching.news.announcement import MailOffer, ToCoach
from coaching.news.kinds import TO_COACHES
from coaching.news.notice import Notice, NoticeState
from coaching.why import Why
from storage.claims import Claimed, Outcome, is_coachs_own, lost_to_coach, untouched

LOST = NO_EDITING | {LEFT, "user_not_found", "user_disabled"}
"""Codes for a conversation in which the coach no longer sees changes to a message."""


def outcomes(parcel: Parcel, delivered: Delivered, pace: Pace, now: datetime) -> list[Outcome]:
    """Return the outcome of each row of a parcel. The rows share one message and its result. `now` is business time."""
    leader, *others = (
        replace(fate, repeated=parcel.repeated and fate.state is not NoticeState.PENDING)
        for fate in _fates(parcel, delivered, pace)
    )
    leader = replace(leader, for_admins=_for_admins(parcel, delivered, leader, now))
    if isinstance(delivered.reply, Refused) and delivered.reply.no_such_reader:
        leader = replace(leader, refused_address=parcel.announcement.viewer.person.address)
    if parcel.announcement.mail_offer is MailOffer.OPEN and (leader.state is NoticeState.SENT or leader.ambiguous):
        leader = replace(leader, asked_about_mail=True)
    return [leader, *others]


def _fates(parcel: Parcel, delivered: Delivered, pace: Pace) -> list[Outcome]:
    rows, reply = parcel.rows, delivered.reply
    # Editing twice does no harm. A message that was posted anew because its edit was refused is a first message.
    edited = parcel.ts is not None and delivered.trouble is None
    match reply:
        case Sent():
            return [_sent(parcel, row, reply, delivered.trouble if delivered.diverted else None) for row in rows]
        case TooFast():
            wait = pace.limited if reply.seconds is None else reply.seconds
            return [untouched(row, wait, conversation=parcel.conversation) for row in rows]
        case NotSent():
            return _again(rows, pace, parcel.conversation)
        case Unknown():
            return _again(rows, pace, parcel.conversation) if edited else [_lost(parcel, row, pace) for row in rows]
        case ServerError():
            return [_server_error(parcel, row, pace, edited=edited) for row in rows]
        case Refused():
            return [
                _came_back(parcel, row, reply) if reply.no_such_reader else _refused(parcel, row, reply.code)
                for row in rows
            ]
        case Locked():
            return [untouched(row) for row in rows]
        case NotYet():
            return [untouched(row, pace.unlinked_again) for row in rows]


def _for_admins(parcel: Parcel, delivered: Delivered, leader: Outcome, now: datetime) -> tuple[Notice, ...]:
    """Return notices for the admins: a coach's channel takes nothing, or a coach could not be notified."""
    told = parcel.announcement
    if not isinstance(told, ToCoach) or parcel.rows[0].kind not in TO_COACHES:
        return ()
    coach_id = (told.copy_of or told.viewer.person).id
    found = []
    if delivered.trouble is not None:
        trouble = channel_trouble(coach_id, parcel.target, delivered.trouble, now)
        if told.copy_of is not None:
            # A channel may get copies of many coaches' news. The admins are notified about it once a week all the same.
            trouble = replace(trouble, dedupe_key=channel_trouble_key(COPIES, parcel.target, now))
        found.append(trouble)
    if is_coachs_own(parcel.rows[0]) and (code := _lost_for(parcel, delivered.reply, leader)) is not None:
        found.append(lost_to_coach(parcel.rows[0], code, now))
    return tuple(found)


def _lost_for(parcel: Parcel, reply: Reply | NotYet, leader: Outcome) -> str | None:
    """Return why the reader does not see this message, as Slack's code or one of ours, or None if they may see it."""
    match reply:
        case Refused() if parcel.rows[0].by_mail:
            return _unmailed(reply, leader)
        case Refused(code):
            return code if parcel.ts is None or code in LOST else None
        case Unknown() | ServerError() if leader.state is not NoticeState.PENDING:
            if parcel.rows[0].by_mail:
                return LostWhy.MAIL_UNCONFIRMED
            return LostWhy.NO_ANSWER if isinstance(reply, Unknown) else LostWhy.SERVER_ERRORS
    return None


def _unmailed(reply: Refused, leader: Outcome) -> str | None:
    """Return why the reader gets no mail, or None if they are told in Slack now."""
    if leader.state is NoticeState.PENDING:
        return None
    if reply.no_such_reader:
        return Why.CAME_BACK
    return reply.code if reply.code == LEFT else LostWhy.MAIL_REFUSED


def broken(rows: Sequence[Claimed], pace: Pace) -> list[Outcome]:
    """Try again later: the notice could not be put into words, and a newer release may manage."""
    return _again(rows, pace)


def _sent(parcel: Parcel, row: Claimed, reply: Sent, diverted: str | None) -> Outcome:
    leader = parcel.rows[0]
    first = parcel.ts is None
    return Outcome(
        notice=row,
        state=NoticeState.SENT,
        why=_how_often(row) if first else row.why,
        why_code=None if first else row.why_code,
        diverted_why=diverted,
        channel=reply.channel,
        message_ts=reply.ts,
        leader_key=(None if row is leader else leader.key) if first else row.leader_key,
        ambiguous=row.ambiguous,
        server_errors=row.server_errors,
    )


def _how_often(row: Claimed) -> Why | None:
    if row.unanswered:
        return Why.PERHAPS_TWICE
    if row.crashes:
        return Why.KILLED
    return Why.SEVERAL_TIMES if row.server_errors else None


def _again(rows: Sequence[Claimed], pace: Pace, conversation: str | None = None) -> list[Outcome]:
    tries = max(row.attempts for row in rows) + 1
    wait = backoff(pace, tries)
    # Newer messages wait behind a retry, but no longer than behind a first message.
    held = conversation if tries < MAX_SERVER_ERRORS else None
    return [
        Outcome(
            notice=row,
            state=NoticeState.PENDING,
            why=row.why,
            why_code=row.why_code,
            leader_key=row.leader_key,
            retry_after=wait,
            attempts=tries,
            ambiguous=row.ambiguous,
            server_errors=row.server_errors,
            conversation=held,
        )
        for row in rows
    ]


def _lost(parcel: Parcel, row: Claimed, pace: Pace) -> Outcome:
    """A first message got no reply: send it once more, then give up. Deaths of our own process do not count."""
    over = row.unanswered + 1 >= MAX_LOST
    return _in_doubt(
        parcel,
        row,
        Why.NEVER_CONFIRMED if over else Why.ONCE_MORE,
        None if over else pace.unknown_again,
        row.server_errors,
    )


def _server_error(parcel: Parcel, row: Claimed, pace: Pace, *, edited: bool) -> Outcome:
    """Slack answered with an error of its own: try again at growing intervals.

    A first message is posted five times at most. An edit does no harm, so it is tried until it is useless. Newer
    messages wait behind it no longer than behind a first message.
    """
    errors = (row.attempts if edited else row.server_errors) + 1
    over = errors >= MAX_SERVER_ERRORS
    wait = growing(pace, errors)
    if not edited:
        return _in_doubt(parcel, row, Why.ALWAYS_ERRORS if over else Why.AGAIN, None if over else wait, errors)
    return replace(
        untouched(row, wait),
        attempts=row.attempts + 1,
        conversation=None if over else parcel.conversation,
    )


def _in_doubt(parcel: Parcel, row: Claimed, why: Why, again: float | None, server_errors: int) -> Outcome:
    """A first message may be out: post it once more after `again` seconds, or give up if that is None."""
    given_up = NoticeState.SENT if row.is_edit else NoticeState.FAILED
    return Outcome(
        notice=row,
        # A message that was sent before stays recorded as sent, so that later changes are still shown.
        state=given_up if again is None else NoticeState.PENDING,
        why=why,
        leader_key=row.leader_key,
        retry_after=again,
        attempts=row.attempts + 1,
        ambiguous=row.ambiguous + 1,
        server_errors=server_errors,
        conversation=parcel.conversation,
    )


def _came_back(parcel: Parcel, row: Claimed, reply: Refused) -> Outcome:
    """Nobody is at the reader's address: tell them in Slack, where that is possible and is not done already."""
    told_in_slack = parcel.announcement.viewer.person.in_slack and row.repeats is None and not row.ambiguous
    return by_slack(row) if told_in_slack else _refused(parcel, row, reply.code)


def _refused(parcel: Parcel, row: Claimed, code: str) -> Outcome:
    if parcel.ts is not None:
        # The message is gone or can no longer be edited. It stays as it is, and no new one is posted (K2).
        return Outcome(
            notice=row,
            state=NoticeState.SENT,
            why=Why.EDIT_REFUSED,
            why_code=code,
            leader_key=row.leader_key,
            ambiguous=row.ambiguous,
            server_errors=row.server_errors,
        )
    return Outcome(
        notice=row,
        state=NoticeState.FAILED,
        why=Why.REFUSED,
        why_code=code,
        attempts=row.attempts + 1,
        ambiguous=row.ambiguous,
        server_errors=row.server_errors,
    )
