"""Parts of all news to coaches: the reader, and why the message comes to them. Stakeholders' copies differ (K7)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from coaching.news.announcement import Asked, ToCoach
from coaching.sessions import Session
from coaching.stakeholders import is_channel
from handlers.ids import COMMAND
from handlers.views.client_buttons import client_button
from handlers.views.command_words import Command, as_typed
from handlers.views.join import join_button
from handlers.views.kit import Json, typed
from handlers.views.letter import Quote, Rest, Small, Unseen
from handlers.views.news.sessions import became, details_button
from handlers.views.slack_dates import twice_on_the_clock
from handlers.views.words import Reader, reader_for
from language.say import Say

TYPES_NAMED = 4


def record_of(told: ToCoach, session: Session, reader: Reader) -> Json | None:
    """Return the button that opens a session's record. A copy has no buttons."""
    return details_button(session, reader) if told.copy_of is None and gives_still(told, session) else None


def join_of(told: ToCoach, session: Session, reader: Reader) -> list[Json]:
    """Return the button that opens a session's meeting, while there is one to join. A copy has no buttons."""
    return join_button(session, reader) if told.copy_of is None and gives_still(told, session) else []


def gives_still(told: ToCoach, session: Session) -> bool:
    """Return whether the coach of this news gives a session, or an admin reads it, who acts for any coach.

    The coach of news in a channel is its viewer.
    """
    return told.viewer.is_admin or not handed_on(told, session)


def handed_on(told: ToCoach, session: Session) -> bool:
    """Return whether somebody else gives a session than the coach of this news."""
    coach = told.copy_of or told.viewer.person
    return coach.id != session.coach.id and not (isinstance(told, Asked) and told.to_admin)


def since_of(told: ToCoach, session: Session, reader: Reader) -> str | None:
    """Say what happened to a session since: somebody else gives it now, or it is no longer booked."""
    if handed_on(told, session):
        return reader.say("Handed over since, to {coach}", coach=reader.name(session.coach))
    return became(session, reader)


def client_of(told: ToCoach, sessions: Sequence[Session], reader: Reader) -> list[Json]:
    """Return the button that opens the page of the sessions' client, if it is one and the same.

    A copy has none, nor has news of sessions that somebody else gives now.
    """
    clients = {session.client.id: session.client for session in sessions if not handed_on(told, session)}
    if told.copy_of is not None or len(clients) != 1:
        return []
    return [client_button(client, reader) for client in clients.values()]


def all_of_it(told: ToCoach, say: Say) -> Rest:
    """Say where to see the rest of a long list."""
    if told.copy_of is None:
        return lambda n: say.plural(
            "… and {n} more; {command} (As coach) shows them all.",
            "… and {n} more; {command} (As coach) shows them all.",
            n,
            command=f"`{COMMAND}`",
        )
    return lambda n: say.plural(
        "… and {n} more; the coach sees them all.", "… and {n} more; the coach sees them all.", n
    )


def in_confidence(told: ToCoach, quote: Quote, own: str, copied: str) -> Quote | Small:
    """Show a client's text where it may be read. Elsewhere, say in a channel or a copy that there is one."""
    # A copy goes to people that the client does not know of. They may not see what a channel may not show.
    others = told.in_channel or told.copy_of is not None
    if not quote.words or told.settings.reason_in_channel or not others:
        return quote
    return Small([own if told.copy_of is None else copied])


def reader_of(told: ToCoach, *others: datetime) -> Reader:
    """Return the reader of news with times of its sessions and `others` (aware): a coach, or several in a channel.

    Where a clock shows a time twice, or changes between them, all see the coach's with its marks.
    """
    sessions = list(told.about)
    reader = reader_for(replace(told.viewer, is_coach=told.copy_of is None), sessions, told.now)
    instants = [*others, *(at for one in sessions for at in (one.starts_at, one.refund_cutoff_at))]
    marked = reader.times.mixed(instants)
    places = (reader.times.zone.key, *(one.time_zone for one in sessions))
    shown = [*instants, *(one.ends_at for one in sessions)]
    several = told.in_channel and not marked and not twice_on_the_clock(shown, *places)
    return replace(reader, mark_dst=marked, several=several)


def footer(told: ToCoach, reader: Reader, *first: str) -> list[Small | Unseen]:
    """Say why this comes directly, the zone of its times, and why it comes to a person who is not the coach.

    Times in Slack's own format are in nobody's zone but the reader's.
    """
    zone = reader.zone_line(told.about)
    return [
        *(Small([words]) for words in (*first, *_direct_hint(told, reader.say))),
        Unseen([zone]) if reader.several else Small([zone]),
        *(Small([words]) for words in _why_told(told, reader)),
    ]


def _direct_hint(told: ToCoach, say: Say) -> list[str]:
    """Say why news comes directly and how to get it in the channel, or nothing if it came as intended."""
    channel = told.unreachable_channel
    if channel is None or not is_channel(channel):
        return []
    return [_unreachable(f"<#{channel}>", told.unreachable_why, say)]


def _unreachable(channel: str, why: str | None, say: Say) -> str:
    """Say what is wrong with a channel (`why` is Slack's code), and how to repair it."""
    another = say("Ask an admin to pick another channel in {command}.", command=f"`{as_typed(say, Command.SETUP)}`")
    if why in {"is_archived", "is_inactive"}:
        return say.sentences(say("This comes to you directly because {channel} is archived.", channel=channel), another)
    if why is not None and why.startswith("restricted_action"):
        closed = say("This comes to you directly because {channel} does not let apps post.", channel=channel)
        return say.sentences(closed, another)
    return say.sentences(
        say("This comes to you directly because I am not in {channel}.", channel=channel),
        say("To get alerts there, type {command} in {channel}.", command="`/invite @Sessions`", channel=channel),
    )


def _why_told(told: ToCoach, reader: Reader) -> list[str]:
    if told.copy_of is None:
        return []
    say = reader.say
    if not told.viewer.person.in_slack and not told.in_channel:
        return [_told_too(told, reader.name(told.copy_of), say)]  # they have no Slack to change it in
    change = say("An admin can change that in {command}.", command=f"`{as_typed(say, Command.SETUP)}`")
    return [say.sentences(_told_too(told, reader.name(told.copy_of), say), change)]


def _told_too(told: ToCoach, coach: str, say: Say) -> str:
    """Say that the reader gets the coach's news and, if it is limited, for which session types."""
    if not told.by_type:
        if told.in_channel:
            return say("This channel is told what {coach} is told.", coach=coach)
        return say("You are told what {coach} is told.", coach=coach)
    types = say.listed(sorted({typed(session.session_type, 60) for session in told.about}), TYPES_NAMED)
    if told.in_channel:
        return say("This channel is told what {coach} is told about these sessions: {types}.", coach=coach, types=types)
    return say("You are told what {coach} is told about these sessions: {types}.", coach=coach, types=types)
