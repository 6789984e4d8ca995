"""The coach's part of the App Home: the sessions that they give, and their hours."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby

from coaching.actions.browse import SessionPage
from coaching.actions.home import Home
from coaching.availability import format_hours
from coaching.sessions import Hat
from handlers.ids import Action
from handlers.views.clients import home_clients
from handlers.views.home_sessions import page_of
from handlers.views.kit import Json, button, clip, context, divider, header, section
from handlers.views.rows import compact_row, next_session
from handlers.views.times import times_for
from handlers.views.typed_words import hours_in
from handlers.views.words import Reader


def coach_part(home: Home, reader: Reader) -> list[Json]:
    """Return what people see who give sessions: nothing for others."""
    if home.coaching is None:
        return []
    blocks = [
        header(reader.say("Sessions you give")),
        *page_of(home, home.coaching, reader, Action.HOME_COACH, by_week),
    ]
    if home.viewer.is_coach:
        blocks.append(_hours(home, reader))
    return [*blocks, *home_clients(home.clients, reader), divider()]


def by_week(page: SessionPage, reader: Reader, *, calm: bool = False) -> list[Json]:
    """Return the sessions that a coach gives: the next one as a card, then today's, this week's, and later ones."""
    rows, say = list(page.rows), reader.say
    blocks = [block for row in rows[:1] for block in next_session(row, reader, Hat.COACH, calm=calm)]
    today = reader.times.local(reader.now).date()
    # The days left until the first day of the next week: in some countries that is a Sunday.
    left = timedelta(days=(say.locale.first_week_day - today.weekday()) % 7 or 7)
    parts = [
        (reader.times.near_day(today, reader.now), date.min, today),
        (say("This week"), today, today + left - timedelta(days=1)),
        (say("After this week"), today + left - timedelta(days=1), date.max),
    ]
    days = [(reader.times.local(row.session.starts_at).date(), row) for row in rows[1:]]
    for title, after, until in parts:
        part = [(day, row) for day, row in days if after < day <= until]
        blocks += [header(title)] if part else []
        for day, group in groupby(part, key=lambda one: one[0]):
            if day > today:
                blocks.append(context(f"*{reader.times.near_day(day, reader.now)}*"))
            blocks += [compact_row(row, reader, Hat.COACH) for _, row in group]
    return blocks


def _hours(home: Home, reader: Reader) -> Json:
    say = reader.say
    label = say("Edit the hours in which you can be booked")
    edit = button(say("Edit hours"), Action.HOURS, home.viewer.person.id, label=label)
    head = f"*{say('Your hours')}*"
    if home.hours is None or not home.hours.hours:
        return section(f"{head}\n{say('No hours yet: clients cannot book you by themselves.')}", edit)
    times = times_for(replace(home.viewer.person, time_zone=home.hours.time_zone))
    return section(
        f"{head}\n{clip(format_hours(home.hours.hours, hours_in(say)), 1000)}, {times.zone_line([home.now])}", edit
    )
