"""News of zone rules: sessions that keep their local time at a new instant, and those that could not follow."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from babel import Locale
from babel.dates import get_timezone_location

from coaching import zones
from coaching.news.admins import NotShifted
from coaching.records import Move
from coaching.sessions import Hat, Session
from coaching.shifts import target
from handlers.ids import COMMAND, Action
from handlers.views.kit import Json, actions, button, context, section
from handlers.views.messages import message
from handlers.views.times import times_for
from handlers.views.words import Reader, line, listed, reader_for
from handlers.views.zone_names import offset_words, zone_name

CITIES_NAMED = 3


def city(zone: str, at: datetime) -> str:
    """Return the place whose clocks a zone names, "Vancouver" for America/Vancouver; else the zone as people know it."""
    found = zones.first_known(zone)
    if "/" in found.key and not found.key.startswith("Etc/"):
        return get_timezone_location(found, locale="en_US", return_city=True).rpartition("/")[2]
    return zone_name(found.key, Locale("en"), at) or offset_words(at.astimezone(found).utcoffset() or timedelta(0))


def title(pairs: Sequence[tuple[Session, Move]], audience: Hat, other: str) -> str:
    """Say what happened to the clocks, and what it means for these sessions; `other` is whom they are with."""
    clocks = f"New rules for the clocks in {_cities(s for s, _ in pairs)}"
    sessions = "session keeps its" if len(pairs) == 1 else "sessions keep their"
    whose = "your" if audience is Hat.CLIENT or other == "you" else f"{other}'s"
    return f"{clocks}: {whose} {sessions} local time"


def times(session: Session, move: Move, reader: Reader, *, marked: bool) -> str:
    """Return "still 10:00 – 10:50 AM in Vancouver", with what that is for a reader whose clock differs."""
    length = session.ends_at - session.starts_at

    def when(at: datetime, clock: Reader) -> str:
        return clock.times.when(at, at + length, reader.now, mark=clock.mark_dst)

    new = when(move.new_starts_at, reader)
    there = replace(reader, times=times_for(replace(reader.person, time_zone=session.time_zone)), mark_dst=False)
    shown = when(move.new_starts_at, there)
    still = (
        f"still *{shown}* in {city(session.time_zone, session.starts_at)}"
        if marked
        else f"still {shown} in {city(session.time_zone, session.starts_at)}"
    )
    if there.times.local(move.new_starts_at).utcoffset() == reader.times.local(move.new_starts_at).utcoffset():
        return still
    old = when(move.old_starts_at, reader)
    return f"{still}\non your clock ~{old}~ → *{new}*" if marked else f"{still}, on your clock {new} instead of {old}"


def not_shifted(told: NotShifted) -> Json:
    """To an admin: which session could not follow the clocks, when it is now and when it was meant, and what to do."""
    session = told.session
    reader = replace(reader_for(replace(told.viewer, is_coach=True), [session], told.now), sees_mail=True)
    plain = replace(reader, mentions=False)
    meant = target(session)
    where = city(session.time_zone, session.starts_at)

    def words(who: Reader) -> list[str]:
        first = [
            f"New rules for the clocks in {where}: one session could not follow",
            f"{line(session, who)} · for {who.name(session.client)}",
        ]
        if told.settled:
            return [*first, "It was moved or canceled since, or is over: nothing is left to do."]
        why = "it would have begun already" if meant <= told.now else "it would overlap another session"
        there = replace(who, times=times_for(replace(who.person, time_zone=session.time_zone)))
        at = there.times.instant(meant, told.now)
        return [
            *first,
            f"It was meant for {at} in {where}. There {why}, so it stays where it is, and nobody else was told.",
            f"Please move or cancel it, or the other one, with `{COMMAND} for` and its client's name; its coach can, too.",
        ]

    first, *rest = words(reader)
    zone = reader.zone_line([session])
    record = button("Record", Action.RECORD, session.id, label=f"Open the record of {reader.when(session)}")
    blocks = [section(f":warning: *{first}*\n" + "\n".join(rest)), actions([record]), context(zone)]
    return message([*words(plain), zone], blocks)


def _cities(sessions: Iterable[Session]) -> str:
    return listed((city(s.time_zone, s.starts_at) for s in sessions), CITIES_NAMED)
