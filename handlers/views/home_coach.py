"""The coach's part of the App Home: the sessions that they give, and their hours."""

from dataclasses import replace

from coaching.actions.home import Home
from coaching.availability import format_hours
from handlers.ids import Action
from handlers.views.home_sessions import page_of
from handlers.views.kit import Json, button, clip, divider, header, section
from handlers.views.times import times_for
from handlers.views.typed_words import hours_in
from handlers.views.words import Reader


def coach_part(home: Home, reader: Reader) -> list[Json]:
    """Return what people see who give sessions: nothing for others."""
    if home.coaching is None:
        return []
    blocks = [header(reader.say("Sessions you give")), *page_of(home, home.coaching, reader, Action.HOME_COACH)]
    if home.viewer.is_coach:
        blocks.append(_hours(home, reader))
    return [*blocks, divider()]


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
