"""A coach's hours: when they can be booked, and their time off."""

from dataclasses import replace
from datetime import timedelta

from coaching.actions.slots import Hours
from coaching.availability import MAX_TEXT, Availability, TimeOff, format_hours, parse_hours
from coaching.meetings import LinkOf, LinkScope
from coaching.zone_words import as_written
from handlers.ids import OFF_BOOKED, OFF_EDIT, OFF_REMOVE, Action, Block, Callback
from handlers.meta import ItemMeta
from handlers.views.kit import (
    Json,
    actions,
    button,
    clip,
    context,
    divider,
    field,
    header,
    modal,
    news,
    number_input,
    option,
    overflow,
    section,
    select,
    text_input,
)
from handlers.views.meetings import link_button, link_words
from handlers.views.message import message_view
from handlers.views.times import times_for
from handlers.views.typed_words import hours_in
from handlers.views.words import Reader, reader_for, span
from language.say import Say

STEPS = (5, 10, 15, 20, 30, 60)
OFF_SHOWN = 60
EXAMPLE = parse_hours("Mon–Fri 9:00–12:00, 13:30–17:00; Sat 10:00–14:00")


def hours_form(hours: Hours) -> Json:
    """Build the form for one coach's hours."""
    given = hours.availability
    set_ = given or Availability(time_zone="UTC")
    reader = reader_for(hours.viewer, [], hours.now)
    say = reader.say
    blocks: list[Json] = []
    if hours.coach.id != hours.viewer.person.id:
        blocks.append(context(say("Hours of {coach}.", coach=reader.name(hours.coach))))
    if given is None or not given.hours:
        blocks.append(news(say("No hours yet, so clients cannot book by themselves.")))
    blocks += [
        field(
            say("Weekly hours"),
            text_input(
                Action.INPUT,
                initial=format_hours(given.hours, hours_in(say)) if given else None,
                most=MAX_TEXT,
                multiline=True,
            ),
            Block.HOURS,
            hint=say(
                "For example: {example}. Write “{closed}” to take no bookings.",
                example=format_hours(EXAMPLE, hours_in(say)),
                closed=hours_in(say).shut,
            ),
        ),
        field(
            say("Time zone of these hours"),
            text_input(
                Action.INPUT,
                initial=as_written(given.time_zone if given else hours.coach.time_zone or "") or None,
                most=64,
            ),
            Block.ZONE,
            hint=say("Like America/New_York or Europe/London; a city such as New York will do, or GMT+2."),
        ),
        _number(say("Minutes kept free before each session"), Block.BUFFER_BEFORE, _minutes(set_.buffer_before), 720),
        _number(say("Minutes kept free after each session"), Block.BUFFER_AFTER, _minutes(set_.buffer_after), 720),
        _number(say("Shortest notice for a booking, in hours"), Block.NOTICE, set_.notice / timedelta(hours=1), 2160),
        _number(say("How many days ahead can be booked"), Block.HORIZON, set_.horizon.days, 366, least=1),
        _step(set_, say),
        divider(),
        header(say("Time off")),
    ]
    if given is None:
        blocks.append(context(say("Save hours first; then time off can be added.")))
    else:
        blocks += _time_off(hours, given, reader)
    link = link_button(LinkScope(LinkOf.COACH, hours.coach.id), say)
    blocks += [divider(), section(link_words(hours.meeting_link, say), link)]
    return modal(
        hours_title(say),
        Callback.HOURS,
        blocks,
        metadata=ItemMeta(hours.coach.id),
        submit=say.title("Save"),
        close=say.title("Close"),
    )


def saved_view(hours: Hours) -> Json:
    """Say how the hours were understood."""
    given = hours.availability or Availability(time_zone="UTC")
    times = times_for(replace(hours.viewer.person, time_zone=given.time_zone))
    say, own = times.say, hours.coach.id == hours.viewer.person.id
    coach = reader_for(hours.viewer, [], hours.now).name(hours.coach)
    saved = f":white_check_mark: *{say('Saved.')}*"
    if not given.hours:
        closed = (
            say("You cannot be booked now; booked sessions stay.")
            if own
            else say("{coach} cannot be booked now; booked sessions stay.", coach=coach)
        )
        return message_view(hours_title(say), f"{saved} {closed}", say)
    lines = [
        f"{saved} {say('You can be booked:') if own else say('{coach} can be booked:', coach=coach)}",
        f"*{clip(format_hours(given.hours, hours_in(say)), 1500)}*, {times.zone_line([hours.now])}",
        say(
            "Starts are {step} apart, at least {least} and at most {most} ahead.",
            step=span(given.step, say),
            least=span(given.notice, say),
            most=span(given.horizon, say),
        ),
    ]
    apart = given.buffer_before + given.buffer_after
    if apart:
        lines.append(say("At least {time} between two sessions.", time=span(apart, say)))
    lines.append(say("Sessions already booked stay as they are."))
    return message_view(hours_title(say), "\n".join(lines), say)


def hours_title(say: Say) -> str:
    """Return the title of the forms for hours."""
    return say.title("Hours to book")


def _time_off(hours: Hours, given: Availability, reader: Reader) -> list[Json]:
    say = reader.say
    blocks = [section(_off_words(off, given, reader), _off_menu(off, say)) for off in given.time_off[:OFF_SHOWN]]
    if len(given.time_off) > OFF_SHOWN:
        later = len(given.time_off) - OFF_SHOWN
        blocks.append(context(say.plural("… and {n} later.", "… and {n} later.", later)))
    if not given.time_off:
        blocks.append(context(say("No time off ahead.")))
    blocks.append(actions([button(say("Add time off…"), Action.HOURS_ADD_OFF, hours.coach.id)]))
    return blocks


def _off_menu(off: TimeOff, say: Say) -> Json:
    bounds = f"{off.starts_at.isoformat()}|{off.ends_at.isoformat()}"
    return overflow(
        Action.OFF_MENU,
        [
            option(say("What is booked in it…"), f"{OFF_BOOKED}|{bounds}"),
            option(say("Edit…"), f"{OFF_EDIT}|{bounds}"),
            option(say("Remove"), f"{OFF_REMOVE}|{bounds}"),
        ],
    )


def _off_words(off: TimeOff, given: Availability, reader: Reader) -> str:
    if off.days is not None and not off.days.whole:
        times = times_for(replace(reader.person, time_zone=off.days.zone))
        return times.when(off.starts_at, off.ends_at, reader.now)
    if off.days is not None:
        return reader.times.days_of(off.days.first, off.days.last, off.days.zone, reader.now)
    # This time off was given as instants. It is shown in the zone of the hours, for any reader: whole days are whole
    # days there.
    times = times_for(replace(reader.person, time_zone=given.time_zone))
    first, last = times.local(off.starts_at), times.local(off.ends_at - timedelta(microseconds=1))
    if any(times.local(at).strftime("%H%M%S") != "000000" for at in (off.starts_at, off.ends_at)):
        return times.when(off.starts_at, off.ends_at, reader.now)
    return reader.times.days_of(first.date(), last.date(), given.time_zone, reader.now)


def _step(given: Availability, say: Say) -> Json:
    current = _minutes(given.step)
    options = [option(span(timedelta(minutes=one), say), str(one)) for one in sorted({*STEPS, int(current)})]
    menu = select(Action.INPUT, options, chosen=str(int(current)), placeholder=say("Choose"))
    return field(say("Step between two starts"), menu, Block.STEP)


def _minutes(length: timedelta) -> float:
    return length / timedelta(minutes=1)


def _number(label: str, block_id: str, value: float, most: int, *, least: int = 0) -> Json:
    element = number_input(Action.INPUT, f"{value:.0f}", most, least=least, decimals=False)
    return field(label, element, block_id)
