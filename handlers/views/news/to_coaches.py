"""What all news to coaches says: to whom, and why it comes the way it does; a stakeholder's copy says it otherwise (K7)."""

from coaching.news.announcement import ToCoach
from coaching.sessions import Session
from coaching.stakeholders import is_channel
from handlers.ids import COMMAND
from handlers.views.kit import Json, typed
from handlers.views.letter import Quote, Rest, Small
from handlers.views.news.sessions import record_button
from handlers.views.words import Reader, count

TYPES_NAMED = 4


def with_whom(told: ToCoach, reader: Reader) -> str:
    """Return "you" for the coach, their name for everybody else."""
    return "you" if told.copy_of is None else reader.name(told.copy_of)


def record_of(told: ToCoach, session: Session, reader: Reader) -> Json | None:
    """Return the button that opens a session's record; in a copy there is nothing to press."""
    return record_button(session, reader) if told.copy_of is None else None


def all_of_it(told: ToCoach) -> Rest:
    """Say where the rest of a long list is."""
    if told.copy_of is None:
        return lambda n: f"… and {n} more; `{COMMAND}` (As coach) shows them all."
    return lambda n: f"… and {n} more; the coach sees them all."


def in_confidence(told: ToCoach, quote: Quote, own: str, copied: str) -> Quote | Small:
    """Show what a client typed where it may be read; else say, to the coach or in a copy, that there is something."""
    # A copy goes to people that the client does not know of: what a channel may not show, they may not see.
    others = told.in_channel or told.copy_of is not None
    if not quote.words or told.settings.reason_in_channel or not others:
        return quote
    return Small([own if told.copy_of is None else copied])


def footer(told: ToCoach, reader: Reader, *first: str) -> list[Small]:
    """Say why this comes directly, in which zone its times are, and why it comes to somebody who is not the coach."""
    zone = reader.zone_line(told.about)
    return [Small([words]) for words in (*first, *_direct_hint(told), zone, *_why_told(told, reader))]


def _direct_hint(told: ToCoach) -> list[str]:
    """Why news comes directly and how to get it in the channel; nothing where it came as it should."""
    channel = told.unreachable_channel
    if channel is None or not is_channel(channel):
        return []
    return [f"This comes to you directly because {_unreachable(f'<#{channel}>', told.unreachable_why)}"]


def _unreachable(channel: str, why: str | None) -> str:
    """Say what is wrong with a channel (`why` is Slack's word), and what mends it."""
    another = f"Ask an admin to pick another channel in `{COMMAND} setup`."
    if why in {"is_archived", "is_inactive"}:
        return f"{channel} is archived. {another}"
    if why is not None and why.startswith("restricted_action"):
        return f"{channel} does not let apps post. {another}"
    return f"I am not in {channel}. To get alerts there, type `/invite @Sessions` in {channel}."


def _why_told(told: ToCoach, reader: Reader) -> list[str]:
    if told.copy_of is None:
        return []
    who = "This channel is" if told.in_channel else "You are"
    about = f" about {_types(told)} sessions" if told.by_type else ""
    return [
        f"{who} told what {reader.name(told.copy_of)} is told{about}. An admin can change that in `{COMMAND} setup`."
    ]


def _types(told: ToCoach) -> str:
    """The session types that these news are about; such a reader is told of no others."""
    names = sorted({typed(session.session_type, 60) for session in told.about})
    if len(names) > TYPES_NAMED:
        names = [*names[: TYPES_NAMED - 1], count(len(names) - TYPES_NAMED + 1, "more type") + " of"]
    return " and ".join([", ".join(names[:-1]), names[-1]]) if names[1:] else names[0]
