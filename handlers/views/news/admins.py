"""Letters to admins: a coach who left, a channel that takes nothing, lost news, a session that did not shift."""

from collections.abc import Sequence
from dataclasses import replace

from coaching.news.admins import AlertLost, ChannelTrouble, CoachLeft, LockedWhy, LostWhy, MailLocked, NotShifted
from coaching.sessions import Decision, Session, Status
from coaching.shifts import target
from coaching.why import Why
from handlers.ids import Action
from handlers.views.command_words import Command, as_typed
from handlers.views.kit import button
from handlers.views.letter import Buttons, Facts, Item, Letter, Listing, Rest, Small, letter
from handlers.views.news.sessions import details_button
from handlers.views.news.shifts import city
from handlers.views.times import times_for
from handlers.views.words import Reader, acted, all_late, line, outcome, reader_for
from language.say import Say, Word, word

WARNING = ":warning:"
IN_DOUBT: dict[str | None, Word] = {
    LostWhy.NO_ANSWER: word("Slack did not say whether the message arrived."),
    LostWhy.SERVER_ERRORS: word("Slack answered with errors each time it was sent; it may have arrived all the same."),
    LostWhy.MAIL_UNCONFIRMED: word("The mail server did not say whether it has the mail."),
    LostWhy.CRASHED: word(
        "The program stopped several times while it was being sent; it may have arrived all the same."
    ),
}
"""Why news was given up that may have reached its coach."""
LOCKED: dict[str | None, Word] = {
    LockedWhy.LOGIN: word("The mail server refuses the user or the password."),
    LockedWhy.TLS: word("The connection to the mail server cannot be encrypted as it has to be."),
    LockedWhy.SENDER: word("The mail server does not take mails from the address that they are sent from."),
    None: word("The mail server does not let this app in."),
}
"""What the mail server says, by our code for it."""
LEFT_SLACK = frozenset({"account_deactivated", "user_disabled", "user_not_found"})
"""Slack's codes for a person who is no longer in Slack."""


@letter.register
def coach_left(told: CoachLeft) -> Letter:
    """To an admin: a coach left Slack, how many sessions are ahead, and where to settle them."""
    reader = replace(reader_for(told.viewer, [], told.now), sees_mail=True)
    say = reader.say
    ahead = say("No session with them is ahead.")
    then = say(
        "Open {command} and choose *Remove* beside their name: nobody can book them any more then.", command=_setup(say)
    )
    if told.ahead:
        ahead = say.plural(
            "{n} session with them is still booked.", "{n} sessions with them are still booked.", told.ahead
        )
        then = say(
            "Open {command} and choose *Remove* beside their name: nobody can book them any more then, and you say "
            "whether the sessions stay or are canceled with everything returned.",
            command=_setup(say),
        )
    return Letter(
        title=say("{coach} has left Slack", coach=reader.name(told.coach)),
        sign=WARNING,
        under=[say.sentences(ahead, say("Messages do not reach them any more.")), then],
        body=[_to_setup(say)],
    )


@letter.register
def channel_trouble(told: ChannelTrouble) -> Letter:
    """To an admin: a coach's alert channel takes nothing, and what to do about it."""
    reader = replace(reader_for(told.viewer, [], told.now), sees_mail=True)
    channel, say = f"<#{told.channel}>", reader.say
    if told.copies:
        title = say("Copies of what coaches are told cannot be posted in {channel}", channel=channel)
        meanwhile = say(
            "The coaches are told as always. *Who else is told…* beside each coach and type names such channels."
        )
    else:
        title = say("Alerts for {coach} cannot be posted in {channel}", coach=reader.name(told.coach), channel=channel)
        meanwhile = say("Until then alerts go to them directly.")
        if not told.coach.in_slack:
            meanwhile = say("They are not in Slack yet, so nobody is alerted until then.")
    under = [mend_words(channel, told.why, say), meanwhile]
    return Letter(title=title, sign=WARNING, under=under, body=[_to_setup(say)])


@letter.register
def alert_lost(told: AlertLost) -> Letter:
    """To an admin: what a coach could not be told. It shows the sessions in their current state, with their records."""
    sessions = list(told.sessions)
    reader = reader_for(replace(told.viewer, is_coach=True), sessions, told.now)
    say = reader.say
    undecided = [s for s in sessions if s.cancellation and s.cancellation.decision is Decision.OPEN]
    ways = [say("Please tell them another way, or see to it in {command}.", command=_setup(say))]
    if undecided:
        ways.insert(0, _waiting(undecided, say))
    items = [Item(_state(session, reader), details_button(session, reader)) for session in sessions]
    return Letter(
        title=_lost_title(told, reader.name(told.coach), len(sessions), say),
        sign=WARNING,
        under=[_why(told, reader)],
        body=[
            Listing(items, _in_records(say)),
            Facts(ways),
            _to_setup(say),
            Small([reader.zone_line(sessions)]),
        ],
    )


@letter.register
def not_shifted(told: NotShifted) -> Letter:
    """To an admin: a session that could not follow new zone rules, its time now, the meant time, and what to do."""
    session = told.session
    reader = replace(reader_for(replace(told.viewer, is_coach=True), [session], told.now), sees_mail=True)
    say = reader.say
    where = city(session.time_zone, session.starts_at, say)
    then = [say("It was moved or canceled since, or is over: nothing is left to do.")]
    if not told.settled:
        then = [
            _why_not_shifted(told, where, reader),
            say(
                "Please move or cancel it, or the other one, with {command} and its client's name; its coach can, too.",
                command=f"`{as_typed(say, Command.FOR)}`",
            ),
        ]
    client = say("for {person}", person=reader.name(session.client))
    return Letter(
        title=say("New rules for the clocks in {city}: one session could not follow", city=where),
        sign=WARNING,
        under=[f"{line(session, reader)} · {client}", *then],
        body=[Buttons([details_button(session, reader)]), Small([reader.zone_line([session])])],
    )


@letter.register
def mail_locked(told: MailLocked) -> Letter:
    """To an admin: the mail server lets nobody in, what happens meanwhile, and what to do."""
    say = reader_for(told.viewer, [], told.now).say
    meanwhile = say(
        "Messages in Slack go on as always. Mails wait, and go out by themselves once they can, if they are still of use then."
    )
    return Letter(
        title=say("Mails cannot be sent at present"),
        sign=WARNING,
        under=[
            say.of(LOCKED.get(told.why, LOCKED[None])),
            meanwhile,
            say("Whoever runs this app finds out what to change with {command}.", command="`python -m bot doctor`"),
        ],
        body=[],
    )


def _setup(say: Say) -> str:
    return f"`{as_typed(say, Command.SETUP)}`"


def _to_setup(say: Say) -> Buttons:
    return Buttons([button(say("Open set-up"), Action.HOME_SETUP, label=say("Open the set-up of this app"))])


def _waiting(undecided: Sequence[Session], say: Say) -> str:
    if all_late(undecided):
        return say.plural(
            "{n} session canceled late waits for a decision: you can make it in the details.",
            "{n} sessions canceled late wait for a decision: you can make it in the details.",
            len(undecided),
        )
    return say.plural(
        "{n} session canceled and not fully refunded waits for a decision: you can make it in the details.",
        "{n} sessions canceled and not fully refunded wait for a decision: you can make it in the details.",
        len(undecided),
    )


def _lost_title(told: AlertLost, coach: str, n: int, say: Say) -> str:
    if told.why in IN_DOUBT:
        return say.plural(
            "{coach} may not have heard about {n} session",
            "{coach} may not have heard about {n} sessions",
            n,
            coach=coach,
        )
    return say.plural(
        "{coach} could not be told about {n} session", "{coach} could not be told about {n} sessions", n, coach=coach
    )


def _in_records(say: Say) -> Rest:
    return lambda n: say.plural(
        "… and {n} more; its details say the rest.", "… and {n} more; their details say the rest.", n
    )


def _why_not_shifted(told: NotShifted, where: str, reader: Reader) -> str:
    session, say = told.session, reader.say
    meant = target(session)
    at = times_for(replace(reader.person, time_zone=session.time_zone)).instant(meant, told.now)
    if meant <= told.now:
        return say(
            "It was meant for {time} in {city}. There it would have begun already, so it stays where it is, and nobody "
            "else was told.",
            time=at,
            city=where,
        )
    return say(
        "It was meant for {time} in {city}. There it would overlap another session, so it stays where it is, and nobody "
        "else was told.",
        time=at,
        city=where,
    )


def _state(session: Session, reader: Reader) -> str:
    words, say = line(session, reader, other=session.client), reader.say
    ended = session.cancellation
    if session.status is not Status.CANCELED or ended is None:
        return f"{words}\n{say('booked')}"
    by = say("Session Canceled by {who}", who=acted(ended.by, ended.role, session, reader))
    return f"{words}\n{by} · {outcome(session, reader)}"


def _why(told: AlertLost, reader: Reader) -> str:
    say, coach = reader.say, reader.name(told.coach)
    if told.why in LEFT_SLACK:
        return say("{coach} is not in Slack any more.", coach=coach)
    if told.why in IN_DOUBT:
        return say.of(IN_DOUBT[told.why])
    if told.why == LostWhy.EXPIRED:
        return say("It could not be delivered while it was of use.")
    if told.why == Why.NO_ADDRESS:
        return say("No mail address is known at which {coach} can be written to.", coach=coach)
    if told.why == Why.NOT_WANTED:
        return say("{coach} wants no mails any more.", coach=coach)
    if told.why == Why.CAME_BACK:
        return say("Mails to {coach} come back: the mail server takes none for that address.", coach=coach)
    if told.why == LostWhy.MAIL_REFUSED:
        return say("The mail server did not take the mail to {coach}.", coach=coach)
    if told.why:
        return say("Slack delivers nothing to {coach} ({code}).", coach=coach, code=told.why)
    return say("Slack delivers nothing to {coach}.", coach=coach)


def mend_words(channel: str, why: str | None, say: Say) -> str:
    """Say why a channel takes nothing (`why` is Slack's code), and what an admin can do."""
    if why in {"is_archived", "is_inactive"}:
        return say("It is archived. Unarchive it, or pick another channel in {command}.", command=_setup(say))
    if why is not None and why.startswith("restricted_action"):
        return say(
            "It does not let apps post. Allow it in the channel's settings, or pick another channel in {command}.",
            command=_setup(say),
        )
    return say(
        "I am not in it. Type {invite} in {channel}, or pick another channel in {command}.",
        invite="`/invite @Sessions`",
        channel=channel,
        command=_setup(say),
    )
