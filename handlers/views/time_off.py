"""The form for a time off, what is booked in it, and the ways on for that."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import Enum

from coaching.actions.slots import Hours
from coaching.actions.time_off import BookedIn
from coaching.availability import TimeOff
from handlers.ids import Action, Block, Callback
from handlers.meta import ItemMeta
from handlers.off_meta import OffMeta
from handlers.views.confirm import session_blocks
from handlers.views.kit import Json, context, field, modal, section
from handlers.views.message import message_view
from handlers.views.times import times_for
from handlers.views.words import line, reader_for
from language.say import Say


class Saved(Enum):
    """What was just done to a time off whose sessions are shown."""

    ADDED = "added"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class _Given:
    """What a form for a time off begins with: days, and times of day unless it begins or ends with them."""

    first: date
    last: date
    opens: time | None = None
    closes: time | None = None


def time_off_form(hours: Hours, changed: TimeOff | None = None) -> Json:
    """Build the form for a time off on the coach's clock: a new one, or the one that is `changed`."""
    zone = hours.availability.time_zone if hours.availability else "UTC"
    times = times_for(replace(hours.viewer.person, time_zone=zone))
    today = times.local(hours.now).date()
    given = _Given(today, today) if changed is None else _given(changed, times.local)

    def day(at: date) -> Json:
        return {"type": "datepicker", "action_id": Action.INPUT, "initial_date": at.isoformat()}

    def clock(at: time | None) -> Json:
        picker: Json = {"type": "timepicker", "action_id": Action.INPUT}
        return picker if at is None else {**picker, "initial_time": at.isoformat("minutes")}

    say = times.say
    return modal(
        say.title("Add time off") if changed is None else say.title("Change time off"),
        Callback.TIME_OFF if changed is None else Callback.TIME_OFF_CHANGE,
        [
            field(say("First day off"), day(given.first), Block.FIRST_OFF),
            field(say("From"), clock(given.opens), Block.OFF_FROM, optional=True),
            field(say("Last day off"), day(given.last), Block.LAST_OFF),
            field(say("Until"), clock(given.closes), Block.OFF_UNTIL, optional=True),
            context(
                say(
                    "Whole days where no time is given, {zone}. Sessions that are booked in it stay, and are listed next.",
                    zone=times.zone_line([hours.now]),
                )
            ),
            context(
                say(
                    "Over several days it is one stretch, not the same hours every day. On a single day, until midnight "
                    "means the end of that day; over several days, the beginning of the last one."
                )
            ),
        ],
        metadata=ItemMeta(hours.coach.id)
        if changed is None
        else OffMeta(coach=hours.coach.id, begins=changed.starts_at.isoformat()),
        submit=say.title("Add") if changed is None else say.title("Save"),
        close=say.title("Back"),
    )


def _given(off: TimeOff, local: Callable[[datetime], datetime]) -> _Given:
    """Return a time off as it was entered, or as the coach's clock shows it where an earlier release kept its instants."""
    if off.days is not None:
        return _Given(off.days.first, off.days.last, off.days.opens, off.days.closes)
    begins, ends = local(off.starts_at), local(off.ends_at)
    opens = None if begins.time() == time.min else begins.time()
    if ends.time() == time.min:
        return _Given(begins.date(), ends.date() - timedelta(days=1), opens)
    return _Given(begins.date(), ends.date(), opens, ends.time())


def booked_view(booked: BookedIn, saved: Saved | None = None) -> Json:
    """List the sessions in a time off, of which the viewer decides about none: they take all of them themselves."""
    reader = reader_for(booked.viewer, list(booked.sessions), booked.now)
    say, n = reader.say, len(booked.sessions) + booked.more
    title = say.title("Booked in a time off")
    if not booked.sessions:
        return message_view(title, say("Nothing is booked in it."), say)
    blocks: list[Json] = [section(booked_head(saved, n, say)), context(left_out(len(booked.own_as_client), say))]
    blocks += session_blocks([line(session, reader, other=session.client) for session in booked.sessions])
    blocks.append(context(reader.zone_line(list(booked.sessions))))
    return modal(title, Callback.MESSAGE, blocks, close=say.title("Done"))


def left_out(n: int, say: Say) -> str:
    """Say that the viewer decides nothing about sessions that they take themselves."""
    return say.plural(
        "You are the client of {n} session here. It is left out; another admin can decide about it.",
        "You are the client of {n} sessions here. They are left out; another admin can decide about them.",
        n,
    )


def booked_head(saved: Saved | None, n: int, say: Say) -> str:
    """Say how many sessions are booked in a time off, and that they stay."""
    if saved is Saved.ADDED:
        return say.plural(
            "It is added, and {n} session is booked in it. It stays unless you decide otherwise:",
            "It is added, and {n} sessions are booked in it. They stay unless you decide otherwise:",
            n,
        )
    if saved is Saved.CHANGED:
        return say.plural(
            "It is changed, and {n} session is booked in it. It stays unless you decide otherwise:",
            "It is changed, and {n} sessions are booked in it. They stay unless you decide otherwise:",
            n,
        )
    return say.plural(
        "{n} session is booked in it. It stays unless you decide otherwise:",
        "{n} sessions are booked in it. They stay unless you decide otherwise:",
        n,
    )
