"""What admins are told about coaches: one who left, a channel that takes nothing, news that reached nobody."""

from collections.abc import Sequence
from dataclasses import replace

from coaching.news.admins import AlertLost, ChannelTrouble, CoachLeft, LostWhy
from coaching.sessions import Decision, Session, Status
from handlers.ids import COMMAND, Action
from handlers.views.kit import Json, actions, button, context, section
from handlers.views.messages import message, packed
from handlers.views.words import Reader, canceled_late, count, line, outcome, reader_for

ONE_BY_ONE = 10
"""Up to so many sessions have a section of their own, with the record beside it."""
IN_DOUBT: dict[str | None, str] = {
    LostWhy.NO_ANSWER: "Slack did not say whether the message arrived.",
    LostWhy.SERVER_ERRORS: "Slack answered with errors each time it was sent; it may have arrived all the same.",
    LostWhy.CRASHED: "The program stopped several times while it was being sent; it may have arrived all the same.",
}
"""Why news was given up that may have reached its coach."""
LEFT_SLACK = frozenset({"account_deactivated", "user_disabled", "user_not_found"})
"""Words for somebody who is not in Slack any more."""


def coach_left(told: CoachLeft) -> Json:
    """To an admin: a coach is not in Slack any more, how many sessions are ahead, and where to settle them."""
    reader = replace(reader_for(told.viewer, [], told.now), sees_mail=True)
    plain = replace(reader, mentions=False)
    ahead = (
        f"{count(told.ahead)} with them {'is' if told.ahead == 1 else 'are'} still booked."
        if told.ahead
        else "No session with them is ahead."
    )
    way = f"Open `{COMMAND} setup` and choose *Remove* beside their name: nobody can book them any more then" + (
        ", and you say whether the sessions stay or are canceled with everything returned." if told.ahead else "."
    )

    def words(who: Reader) -> list[str]:
        return [f"{who.name(told.coach)} has left Slack", f"{ahead} Messages do not reach them any more.", way]

    title, *rest = words(reader)
    blocks = [section(f":warning: *{title}*\n" + "\n".join(rest)), _to_setup()]
    return message(words(plain), blocks)


def channel_trouble(told: ChannelTrouble) -> Json:
    """To an admin: a coach's alert channel takes nothing, and what to do about it."""
    reader = replace(reader_for(told.viewer, [], told.now), sees_mail=True)
    plain = replace(reader, mentions=False)
    channel = f"<#{told.channel}>"
    why, way = _mend(channel, told.why)
    meanwhile = (
        "Until then alerts go to them directly."
        if told.coach.in_slack
        else "They are not in Slack yet, so nobody is alerted until then."
    )
    if told.copies:
        meanwhile = (
            "The coaches are told as always. *Who else is told…* beside each coach and type names such channels."
        )

    def words(who: Reader) -> list[str]:
        title = f"Alerts for {who.name(told.coach)} cannot be posted in {channel}"
        if told.copies:
            title = f"Copies of what coaches are told cannot be posted in {channel}"
        return [title, f"{why} {way}", meanwhile]

    title, *rest = words(reader)
    blocks = [section(f":warning: *{title}*\n" + "\n".join(rest)), _to_setup()]
    return message(words(plain), blocks)


def alert_lost(told: AlertLost) -> Json:
    """To an admin: what a coach could not be told. It shows the sessions as they are now, with their records."""
    sessions = list(told.sessions)
    reader = reader_for(replace(told.viewer, is_coach=True), sessions, told.now)
    plain = replace(reader, mentions=False)
    undecided = [s for s in sessions if s.cancellation and s.cancellation.decision is Decision.OPEN]

    def title(who: Reader) -> str:
        verb = "may not have heard" if told.why in IN_DOUBT else "could not be told"
        return f"{who.name(told.coach)} {verb} about {count(len(sessions))}"

    blocks: list[Json] = [section(f":warning: *{title(reader)}*\n{_why(told, reader)}")]
    if len(sessions) <= ONE_BY_ONE:
        for session in sessions:
            label = f"Open the record of {reader.when(session)}"
            blocks.append(section(_state(session, reader), button("Record", Action.RECORD, session.id, label=label)))
    else:
        blocks += packed([_state(s, reader) for s in sessions], more="their records say the rest")
    tail = []
    if undecided:
        verb = "waits" if len(undecided) == 1 else "wait"
        tail.append(f"{canceled_late(undecided)} {verb} for a decision: you can make it in the record.")
    tail.append(f"Please tell them another way, or see to it in `{COMMAND} setup`.")
    zone = reader.zone_line(sessions)
    blocks += [section("\n".join(tail)), _to_setup(), context(zone)]
    return message([title(plain), _why(told, plain), _states(sessions, plain), *tail, zone], blocks)


def _states(sessions: Sequence[Session], reader: Reader) -> list[str]:
    return [_state(session, reader) for session in sessions]


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


def _mend(channel: str, why: str | None) -> tuple[str, str]:
    """Return why a channel takes nothing (`why` is Slack's word), and what an admin can do."""
    another = f"pick another channel in `{COMMAND} setup`."
    if why in {"is_archived", "is_inactive"}:
        return "It is archived.", f"Unarchive it, or {another}"
    if why is not None and why.startswith("restricted_action"):
        return "It does not let apps post.", f"Allow it in the channel's settings, or {another}"
    return "I am not in it.", f"Type `/invite @Sessions` in {channel}, or {another}"


def _to_setup() -> Json:
    return actions([button("Open set-up", Action.HOME_SETUP, label="Open the set-up of this app")])
