"""What admins are told: a coach who left, a channel that takes nothing, news that reached nobody, a session left behind."""

from dataclasses import replace

from coaching.news.admins import AlertLost, ChannelTrouble, CoachLeft, LostWhy, NotShifted
from coaching.sessions import Decision, Session, Status
from coaching.shifts import target
from handlers.ids import COMMAND, Action
from handlers.views.kit import button
from handlers.views.letter import Buttons, Facts, Item, Letter, Listing, Small, letter
from handlers.views.news.sessions import record_button
from handlers.views.news.shifts import city
from handlers.views.times import times_for
from handlers.views.words import Reader, canceled_late, count, line, outcome, reader_for

WARNING = ":warning:"
IN_DOUBT: dict[str | None, str] = {
    LostWhy.NO_ANSWER: "Slack did not say whether the message arrived.",
    LostWhy.SERVER_ERRORS: "Slack answered with errors each time it was sent; it may have arrived all the same.",
    LostWhy.CRASHED: "The program stopped several times while it was being sent; it may have arrived all the same.",
}
"""Why news was given up that may have reached its coach."""
LEFT_SLACK = frozenset({"account_deactivated", "user_disabled", "user_not_found"})
"""Words for somebody who is not in Slack any more."""
TO_SETUP = Buttons([button("Open set-up", Action.HOME_SETUP, label="Open the set-up of this app")])


@letter.register
def coach_left(told: CoachLeft) -> Letter:
    """To an admin: a coach is not in Slack any more, how many sessions are ahead, and where to settle them."""
    reader = replace(reader_for(told.viewer, [], told.now), sees_mail=True)
    ahead, then = "No session with them is ahead.", "."
    if told.ahead:
        ahead = f"{count(told.ahead)} with them {'is' if told.ahead == 1 else 'are'} still booked."
        then = ", and you say whether the sessions stay or are canceled with everything returned."
    return Letter(
        title=f"{reader.name(told.coach)} has left Slack",
        sign=WARNING,
        under=[
            f"{ahead} Messages do not reach them any more.",
            f"Open `{COMMAND} setup` and choose *Remove* beside their name: nobody can book them any more then{then}",
        ],
        body=[TO_SETUP],
    )


@letter.register
def channel_trouble(told: ChannelTrouble) -> Letter:
    """To an admin: a coach's alert channel takes nothing, and what to do about it."""
    reader = replace(reader_for(told.viewer, [], told.now), sees_mail=True)
    channel = f"<#{told.channel}>"
    if told.copies:
        title = f"Copies of what coaches are told cannot be posted in {channel}"
        meanwhile = (
            "The coaches are told as always. *Who else is told…* beside each coach and type names such channels."
        )
    else:
        title = f"Alerts for {reader.name(told.coach)} cannot be posted in {channel}"
        meanwhile = "Until then alerts go to them directly."
        if not told.coach.in_slack:
            meanwhile = "They are not in Slack yet, so nobody is alerted until then."
    return Letter(title=title, sign=WARNING, under=[_mend(channel, told.why), meanwhile], body=[TO_SETUP])


@letter.register
def alert_lost(told: AlertLost) -> Letter:
    """To an admin: what a coach could not be told. It shows the sessions as they are now, with their records."""
    sessions = list(told.sessions)
    reader = reader_for(replace(told.viewer, is_coach=True), sessions, told.now)
    undecided = [s for s in sessions if s.cancellation and s.cancellation.decision is Decision.OPEN]
    verb = "may not have heard" if told.why in IN_DOUBT else "could not be told"
    ways = [f"Please tell them another way, or see to it in `{COMMAND} setup`."]
    if undecided:
        wait = "waits" if len(undecided) == 1 else "wait"
        ways.insert(0, f"{canceled_late(undecided)} {wait} for a decision: you can make it in the record.")
    items = [Item(_state(session, reader), record_button(session, reader)) for session in sessions]
    return Letter(
        title=f"{reader.name(told.coach)} {verb} about {count(len(sessions))}",
        sign=WARNING,
        under=[_why(told, reader)],
        body=[
            Listing(items, lambda n: f"… and {n} more; their records say the rest."),
            Facts(ways),
            TO_SETUP,
            Small([reader.zone_line(sessions)]),
        ],
    )


@letter.register
def not_shifted(told: NotShifted) -> Letter:
    """To an admin: which session could not follow the clocks, when it is now and when it was meant, and what to do."""
    session = told.session
    reader = replace(reader_for(replace(told.viewer, is_coach=True), [session], told.now), sees_mail=True)
    where = city(session.time_zone, session.starts_at)
    then = ["It was moved or canceled since, or is over: nothing is left to do."]
    if not told.settled:
        meant = target(session)
        why = "it would have begun already" if meant <= told.now else "it would overlap another session"
        at = times_for(replace(reader.person, time_zone=session.time_zone)).instant(meant, told.now)
        then = [
            f"It was meant for {at} in {where}. There {why}, so it stays where it is, and nobody else was told.",
            f"Please move or cancel it, or the other one, with `{COMMAND} for` and its client's name; its coach can, too.",
        ]
    return Letter(
        title=f"New rules for the clocks in {where}: one session could not follow",
        sign=WARNING,
        under=[f"{line(session, reader)} · for {reader.name(session.client)}", *then],
        body=[Buttons([record_button(session, reader)]), Small([reader.zone_line([session])])],
    )


def _state(session: Session, reader: Reader) -> str:
    words = line(session, reader, other=session.client)
    ended = session.cancellation
    if session.status is not Status.CANCELED or ended is None:
        return f"{words}\nbooked"
    return f"{words}\nSession Canceled by {reader.name(ended.by)} · {outcome(session, reader)}"


def _why(told: AlertLost, reader: Reader) -> str:
    who = reader.name(told.coach)
    if told.why in LEFT_SLACK:
        return f"{who} is not in Slack any more."
    if told.why in IN_DOUBT:
        return IN_DOUBT[told.why]
    if told.why == LostWhy.EXPIRED:
        return "It could not be delivered while it was of use."
    return f"Slack delivers nothing to {who}" + (f" ({told.why})." if told.why else ".")


def _mend(channel: str, why: str | None) -> str:
    """Say why a channel takes nothing (`why` is Slack's word), and what an admin can do."""
    another = f"pick another channel in `{COMMAND} setup`."
    if why in {"is_archived", "is_inactive"}:
        return f"It is archived. Unarchive it, or {another}"
    if why is not None and why.startswith("restricted_action"):
        return f"It does not let apps post. Allow it in the channel's settings, or {another}"
    return f"I am not in it. Type `/invite @Sessions` in {channel}, or {another}"
