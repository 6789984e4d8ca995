"""The words of a session's timeline: what happened to it, and what was sent about it."""

from datetime import datetime

from coaching.news.kinds import NoticeKind
from coaching.news.notice import Medium, NoticeLine, NoticeState
from coaching.records import Move
from coaching.sessions import Hat, Person
from coaching.stakeholders import is_channel
from coaching.timeline import Entry, Event
from handlers.views.whys import why_words
from handlers.views.words import Reader, acted, amount
from language.say import Say, word


def handed_words(entry: Entry, person: Person, reader: Reader, move: Move) -> str:
    """Say that a session was handed over, from whom and to whom."""
    say, by = reader.say, acted(person, entry.role, None, reader)
    if move.old_coach is None or move.new_coach is None:
        return say("handed over by {who}", who=by)
    old, new = reader.name(move.old_coach), reader.name(move.new_coach)
    return say("handed over by {who} from {old} to {new}", who=by, old=old, new=new)


def event_words(entry: Entry, person: Person, reader: Reader, old: datetime | None, new: datetime | None) -> str:
    """Say what happened. A move went from `old` to `new`, if they are known."""
    say, by = reader.say, acted(person, entry.role, None, reader)
    match entry.event:
        case Event.BOOKED | Event.CANCELED:
            return _booked_or_canceled(entry, say, by)
        case Event.IMPORTED:
            return say("imported by {who}", who=by)
        case Event.UNDONE:
            return say("cancellation undone by {who}; booked as before", who=by)
        case Event.MOVED:
            return _moved(entry, by, reader, old, new)
        case Event.HANDED_OVER:
            return say("handed over by {who}", who=by)
        case Event.LINK_CHANGED:
            return say("meeting link changed by {who}", who=by)
        case Event.LINKED:
            return say("linked to a Slack account")
        case Event.COMPLETED | Event.NO_SHOW:
            return _ended(entry, say, by)
        case Event.REMINDERS_KEPT | Event.EXCEPTION_ASKED | Event.LATE_MOVE_ALLOWED:
            return _did(entry, person, reader, by)
    return say.of(_REQUESTS[entry.event], who=by) if entry.event in _REQUESTS else _decided(entry, say, by)


def _booked_or_canceled(entry: Entry, say: Say, by: str) -> str:
    n = amount(entry.amount or 0)
    if entry.event is Event.BOOKED:
        if n:
            return say.plural("booked by {who} for {n} credit", "booked by {who} for {n} credits", n, who=by)
        return say("booked by {who}", who=by)
    if n:
        return say.plural(
            "canceled by {who}; {n} credit returned", "canceled by {who}; {n} credits returned", n, who=by
        )
    return say("canceled by {who}; nothing returned", who=by)


def _ended(entry: Entry, say: Say, by: str) -> str:
    if entry.event is Event.NO_SHOW:
        return say("no-show, as noted by {who}", who=by)
    return say("completed") if entry.role is Hat.SYSTEM else say("completed, as noted by {who}", who=by)


def _did(entry: Entry, person: Person, reader: Reader, name: str) -> str:
    """Return the words for events whose sentence begins with the person who acted."""
    say, own = reader.say, person.id == reader.person.id
    if entry.event is Event.REMINDERS_KEPT:
        if own:
            return say("you kept the session; reminders stop")
        return say("{name} kept the session; reminders stop", name=name)
    if entry.event is Event.EXCEPTION_ASKED:
        return say("you asked for an exception") if own else say("{name} asked for an exception", name=name)
    if own:
        return say("you let the client move it once more")
    return say("{name} let the client move it once more", name=name)


def _decided(entry: Entry, say: Say, by: str) -> str:
    """Say what the coach, an admin or the deadline decided about a cancellation."""
    n, of_time = amount(entry.amount or 0), entry.role is Hat.SYSTEM
    match entry.event:
        case Event.EXCEPTION_KEPT:
            if of_time:
                return say("nobody answered the request in time: it stays as it was decided")
            return say("request answered by {who}: it stays as it was decided", who=by)
        case Event.REFUNDED_LATE:
            if of_time:
                return say.plural(
                    "cancellation refunded anyway by the policy, as nobody decided in time: {n} credit returned",
                    "cancellation refunded anyway by the policy, as nobody decided in time: {n} credits returned",
                    n,
                )
            return say.plural(
                "cancellation refunded anyway by {who}: {n} credit returned",
                "cancellation refunded anyway by {who}: {n} credits returned",
                n,
                who=by,
            )
        case Event.REFUNDED_PARTLY:
            if of_time:
                return say.plural(
                    "cancellation refunded in part by the policy, as nobody decided in time: {n} credit returned",
                    "cancellation refunded in part by the policy, as nobody decided in time: {n} credits returned",
                    n,
                )
            return say.plural(
                "cancellation refunded in part by {who}: {n} credit returned",
                "cancellation refunded in part by {who}: {n} credits returned",
                n,
                who=by,
            )
    if of_time:
        return say("cancellation decided by the policy, as nobody decided in time: nothing more returned")
    return say("cancellation decided by {who}: nothing more returned", who=by)


def _moved(entry: Entry, by: str, reader: Reader, old: datetime | None, new: datetime | None) -> str:
    say = reader.say
    if entry.role is Hat.SYSTEM:
        if new is None:
            return say("the rules of the clocks changed: it keeps its local time")
        return say("the rules of the clocks changed: it keeps its local time, now {time}", time=reader.instant(new))
    if old is None or new is None:
        return say("moved by {who}", who=by)
    return say("moved by {who} from {old} to {new}", who=by, old=reader.instant(old), new=reader.instant(new))


_REQUESTS = {
    Event.MOVE_ASKED: word("request to move it, by {who}"),
    Event.MOVE_WITHDRAWN: word("request to move it withdrawn by {who}"),
    Event.MOVE_DECLINED: word("request to move it declined by {who}"),
    Event.MOVE_EXPIRED: word("nobody decided in time about the request to move it: it stays as it is booked"),
    Event.MOVE_TIMES_TAKEN: word("every time in the request to move it was taken: it stays as it is booked"),
}
_WHAT = {
    NoticeKind.RECEIPT: word("receipt"),
    NoticeKind.OWN_RECEIPT: word("receipt"),
    NoticeKind.COACH_ALERT: word("alert"),
    NoticeKind.EXCEPTION: word("request for an exception"),
    NoticeKind.ADMIN_EXCEPTION: word("request for an exception"),
    NoticeKind.MOVE_ASKED: word("request to move it"),
    NoticeKind.ADMIN_MOVE_ASKED: word("request to move it"),
    NoticeKind.CREDITS_ASKED: word("request for credits"),
    NoticeKind.ADMIN_CREDITS: word("request for credits"),
    NoticeKind.ANSWERED: word("answer to the request"),
    NoticeKind.NUDGE: word("reminder of the request"),
    NoticeKind.ADMIN_NUDGE: word("reminder of the request"),
    NoticeKind.LATE_DECISION: word("decision on the cancellation"),
    NoticeKind.REMINDER: word("reminder"),
    NoticeKind.STARTING: word("notice before the start"),
    NoticeKind.BOOKED: word("booking confirmation"),
    NoticeKind.COACH_BOOKED: word("notice of the booking"),
    NoticeKind.MOVED: word("new time"),
    NoticeKind.COACH_MOVED: word("notice of the new time"),
    NoticeKind.HANDED_OVER: word("news of the new coach"),
    NoticeKind.COACH_HANDED: word("notice of the hand-over"),
    NoticeKind.MOVE_ALLOWED: word("permission to move it"),
    NoticeKind.LINK_CHANGED: word("news of the meeting link"),
    NoticeKind.COACH_LINK: word("news of the meeting link"),
    NoticeKind.NO_SHOW: word("notice of the no-show"),
    NoticeKind.AGENDA: word("agenda"),
    NoticeKind.COACH_STARTING: word("notice before the start"),
    NoticeKind.OUTCOME_ASKED: word("question how it went"),
    NoticeKind.COACH_LEFT: word("notice that the coach left"),
    NoticeKind.CHANNEL_TROUBLE: word("notice that the alert channel takes nothing"),
    NoticeKind.ALERT_LOST: word("notice that the coach could not be told"),
    NoticeKind.MAIL_LOCKED: word("notice that mails cannot be sent"),
    NoticeKind.NOT_SHIFTED: word("notice that new clock rules cannot be followed"),
}
_TO = {
    NoticeState.PENDING: word("{what} waiting to be sent to {person}"),
    NoticeState.LEASED: word("{what} being sent to {person}"),
    NoticeState.SENT: word("{what} sent to {person}"),
    NoticeState.DROPPED: word("{what} not sent to {person}"),
    NoticeState.FAILED: word("{what} could not be sent to {person}"),
}
_TO_YOU = {
    NoticeState.PENDING: word("{what} waiting to be sent to you"),
    NoticeState.LEASED: word("{what} being sent to you"),
    NoticeState.SENT: word("{what} sent to you"),
    NoticeState.DROPPED: word("{what} not sent to you"),
    NoticeState.FAILED: word("{what} could not be sent to you"),
}


def notice_words(line: NoticeLine, reader: Reader) -> str:
    """Say what happened to a message, who its recipient was, and why it did not arrive."""
    say, what = reader.say, reader.say.of(_WHAT[line.kind])
    if by_mail := line.medium is Medium.MAIL:
        what = say("{what} by mail", what=what)
    own = line.recipient.id == reader.person.id
    to = f"<#{line.recipient.id}>" if is_channel(line.recipient.id) else reader.name(line.recipient)
    words = say.of((_TO_YOU if own else _TO)[line.state], what=what, person=to)
    if line.why is None or line.state is NoticeState.SENT:
        return words
    return say("{what} ({why})", what=words, why=why_words(line.why, line.why_code, line.words, say, by_mail=by_mail))
