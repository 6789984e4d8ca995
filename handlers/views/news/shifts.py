"""New rules for a zone's clocks, in words: sessions keep their local time at a new instant."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from babel import Locale
from babel.dates import get_timezone_location

from coaching import zones
from coaching.records import Move
from coaching.sessions import Hat, Session
from handlers.views.times import times_for
from handlers.views.words import Reader, listed
from handlers.views.zone_names import offset_words, zone_name

CITIES_NAMED = 3


def city(zone: str, at: datetime) -> str:
    """Return the place whose clocks a zone names, "Vancouver" for America/Vancouver; else the zone as people know it."""
    found = zones.first_known(zone)
    name = str(found)
    if "/" in name and not name.startswith("Etc/"):
        return get_timezone_location(found, locale="en_US", return_city=True).rpartition("/")[2]
    return zone_name(name, Locale("en"), at) or offset_words(at.astimezone(found).utcoffset() or timedelta(0))


def title(pairs: Sequence[tuple[Session, Move]], audience: Hat, other: str) -> str:
    """Say what happened to the clocks, and what it means for these sessions; `other` is whom they are with."""
    clocks = f"New rules for the clocks in {_cities(s for s, _ in pairs)}"
    sessions = "session keeps its" if len(pairs) == 1 else "sessions keep their"
    whose = "your" if audience is Hat.CLIENT or other == "you" else f"{other}'s"
    return f"{clocks}: {whose} {sessions} local time"


def times(session: Session, move: Move, reader: Reader) -> list[str]:
    """Return "still 10:00 – 10:50 AM in Vancouver", and what that is for a reader whose clock differs."""
    length = session.ends_at - session.starts_at

    def when(at: datetime, clock: Reader) -> str:
        return clock.times.when(at, at + length, reader.now, mark=clock.mark_dst)

    new = when(move.new_starts_at, reader)
    there = replace(reader, times=times_for(replace(reader.person, time_zone=session.time_zone)), mark_dst=False)
    still = f"still *{when(move.new_starts_at, there)}* in {city(session.time_zone, session.starts_at)}"
    if there.times.local(move.new_starts_at).utcoffset() == reader.times.local(move.new_starts_at).utcoffset():
        return [still]
    return [still, f"on your clock *{new}* instead of ~{when(move.old_starts_at, reader)}~"]


def _cities(sessions: Iterable[Session]) -> str:
    return listed((city(s.time_zone, s.starts_at) for s in sessions), CITIES_NAMED)
