"""What a stakeholder's copy of a coach's news says otherwise than the coach's own (K7)."""

from collections.abc import Sequence

from coaching.news.announcement import ToCoach
from coaching.stakeholders import is_channel
from handlers.ids import COMMAND
from handlers.views.kit import typed
from handlers.views.words import Reader, count

CHANNELS_NAMED = 3
TYPES_NAMED = 4


def with_whom(told: ToCoach, reader: Reader) -> str:
    """Return "you" for the coach, their name for everybody else."""
    return "you" if told.copy_of is None else reader.name(told.copy_of)


def why_told(told: ToCoach, reader: Reader) -> list[str]:
    """Say why this comes to somebody who is not the coach."""
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


def all_of_it(told: ToCoach) -> str:
    """Say where the rest of a long list is."""
    return f"`{COMMAND}` (As coach) shows them all" if told.copy_of is None else "the coach sees them all"


def also_told(targets: Sequence[str]) -> str:
    """Return "also told: 2 people, #ops" (mrkdwn) for whoever is told about a coach or a session type, or nothing."""
    channels = [f"<#{target}>" for target in targets if is_channel(target)]
    people = len(targets) - len(channels)
    parts = [f"{people} {'person' if people == 1 else 'people'}"] if people else []
    parts += channels[:CHANNELS_NAMED]
    if len(channels) > CHANNELS_NAMED:
        parts.append(count(len(channels) - CHANNELS_NAMED, "more channel"))
    return f"also told: {', '.join(parts)}" if parts else ""
