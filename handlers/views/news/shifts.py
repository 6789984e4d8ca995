"""The words for new zone rules: sessions keep their local time at a new instant."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from babel.dates import get_timezone_location

from coaching import zones
from coaching.records import Move
from coaching.sessions import Session
from handlers.views.times import times_for
from handlers.views.words import Reader
from handlers.views.zone_names import offset_words, zone_name
from language.say import Say

CITIES_NAMED = 3


def city(zone: str, at: datetime, say: Say) -> str:
    """Return the city of a zone, "Vancouver" for America/Vancouver, or else the zone's common name."""
    found = zones.first_known(zone)
    name = str(found)
    if "/" in name and not name.startswith("Etc/"):
        return get_timezone_location(found, locale=say.locale, return_city=True).rpartition("/")[2]
    offset = at.astimezone(found).utcoffset() or timedelta(0)
    return zone_name(name, say.locale, at) or offset_words(offset, say.locale)


def title(pairs: Sequence[tuple[Session, Move]], coach: str | None, say: Say) -> str:
    """Say that a zone's rules changed, and what it means for these sessions: the reader's own, or those of `coach`."""
    cities, n = say.listed((city(s.time_zone, s.starts_at, say) for s, _ in pairs), CITIES_NAMED), len(pairs)
    if coach is None:
        return say.plural(
            "New rules for the clocks in {cities}: your session keeps its local time",
            "New rules for the clocks in {cities}: your sessions keep their local time",
            n,
            cities=cities,
        )
    return say.plural(
        "New rules for the clocks in {cities}: {coach}'s session keeps its local time",
        "New rules for the clocks in {cities}: {coach}'s sessions keep their local time",
        n,
        cities=cities,
        coach=coach,
    )


def times(session: Session, move: Move, reader: Reader) -> list[str]:
    """Return "still 10:00 – 10:50 AM in Vancouver", and the time on the reader's own clock if it differs."""
    length, say = session.ends_at - session.starts_at, reader.say

    def when(at: datetime, clock: Reader) -> str:
        return clock.times.when(at, at + length, reader.now, mark=clock.mark_dst)

    there = replace(reader, times=times_for(replace(reader.person, time_zone=session.time_zone)), mark_dst=False)
    where = city(session.time_zone, session.starts_at, say)
    still = say("still {time} in {city}", time=f"*{when(move.new_starts_at, there)}*", city=where)
    if there.times.local(move.new_starts_at).utcoffset() == reader.times.local(move.new_starts_at).utcoffset():
        return [still]
    new, old = when(move.new_starts_at, reader), when(move.old_starts_at, reader)
    return [still, say("on your clock {new} instead of {old}", new=f"*{new}*", old=f"~{old}~")]
