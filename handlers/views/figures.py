"""The figures of a business in an admin's App Home: pictures, and the same numbers as tables."""

from dataclasses import replace
from datetime import timedelta

from coaching.actions.figures import Figures
from coaching.figures import AHEAD, CoachFigures
from handlers.ids import Action
from handlers.views.charts import bars, table
from handlers.views.kit import Json, actions, button, context, divider, header, section
from handlers.views.words import Reader, in_credits, number, reader_for

_HOUR = timedelta(hours=1)


def figures_view(figures: Figures) -> Json:
    """Build the App Home with the figures in place of everything else, and the way back."""
    reader = replace(reader_for(figures.viewer, [], figures.now), sees_mail=True)
    say = reader.say
    back = actions([button(say("‹ Back to Home"), Action.FIGURES_BACK)], block_id="home:figures")
    zone = reader.zone_of([figures.now])
    parts = (_days(figures, reader), _months(figures, reader), _coaches(figures, reader), _credits(figures, reader))
    blocks = [back]
    for part in parts:
        blocks += [*part, divider()]
    return {"type": "home", "blocks": [*blocks, context(zone)], "callback_id": "home"}


def _days(figures: Figures, reader: Reader) -> list[Json]:
    say = reader.say
    title = say("The next 7 days")
    names = [reader.times.near_day(one.day, figures.now) for one in figures.days]
    rows = [
        [name, say.number(one.booked), say.number(one.canceled)] for name, one in zip(names, figures.days, strict=True)
    ]
    lines = [
        f"*{name}* · {_sessions(one.booked, reader)} · {_canceled(one.canceled, reader)}"
        for name, one in zip(names, figures.days, strict=True)
    ]
    head = [say("Day"), say("Sessions"), say("Canceled")]
    return [header(title), table(title, head, rows, [section("\n".join(lines))])]


def _months(figures: Figures, reader: Reader) -> list[Json]:
    say = reader.say
    title = say("Cancellations by month")
    names = [reader.times.month(one.month) for one in figures.months]
    in_time, returned, late = say("In time"), say("Late, returned"), say("Late, kept")
    others = say("By coaches and admins")
    rows = [
        [name, *(say.number(n) for n in (one.in_time, one.returned, one.late, one.by_others))]
        for name, one in zip(names, figures.months, strict=True)
    ]
    lines = []
    for name, one in zip(names, figures.months, strict=True):
        facts = [
            say.plural("{n} in time", "{n} in time", one.in_time),
            say.plural("{n} late and returned", "{n} late and returned", one.returned),
            say.plural("{n} late and kept", "{n} late and kept", one.late),
            say.plural("{n} by coaches and admins", "{n} by coaches and admins", one.by_others),
        ]
        lines.append(" · ".join([f"*{name}*", *facts]))
    small = [
        say("In time and late are what clients canceled themselves. What cost nothing counts as in time."),
        say("What an admin canceled for a client counts under coaches and admins. Imported ones are left out."),
    ]
    return [
        header(title),
        *bars(names, [(one.in_time, one.returned, one.late) for one in figures.months], [in_time, returned, late]),
        table(title, [say("Month"), in_time, returned, late, others], rows, [section("\n".join(lines))]),
        context(say.sentences(*small)),
    ]


def _coaches(figures: Figures, reader: Reader) -> list[Json]:
    say = reader.say
    title = say("How much of their time is booked")
    if not figures.coaches:
        return [header(title), context(say("There are no coaches yet."))]
    names = [reader.plain_name(one.coach) for one in figures.coaches]
    booked, offered = say("Booked hours"), say("Offered hours")
    head = [say("Coach"), booked, offered, say("Share"), say("Sessions in 7 days"), say("Canceled")]
    rows = [
        [name, *_times(one, reader), say.number(one.sessions), say.number(one.canceled)]
        for name, one in zip(names, figures.coaches, strict=True)
    ]
    lines = [_line(one, reader) for one in figures.coaches]
    days = say.duration(AHEAD.days, "day")
    small = [
        say("Hours from now on, for {time}. What is offered is a coach's weekly hours without time off.", time=days)
    ]
    if rest := figures.every - len(figures.coaches):
        small.append(
            say.plural("{n} more coach has no more hours booked.", "{n} more coaches have no more hours booked.", rest)
        )
    return [
        header(title),
        *bars(
            [reader.name(one.coach) for one in figures.coaches],
            [(one.booked / _HOUR, _free(one) / _HOUR) for one in figures.coaches],
            [booked, say("Free hours")],
        ),
        table(
            title, head, rows, [section("\n".join(lines[:8])), *([section("\n".join(lines[8:]))] if lines[8:] else [])]
        ),
        context(say.sentences(*small)),
    ]


def _line(one: CoachFigures, reader: Reader) -> str:
    say, (booked, offered, share) = reader.say, _times(one, reader)
    facts = [say("{booked} of {offered} hours booked", booked=booked, offered=offered), share]
    facts += [_sessions(one.sessions, reader), _canceled(one.canceled, reader)]
    return " · ".join([f"*{reader.name(one.coach)}*", *facts])


def _times(one: CoachFigures, reader: Reader) -> tuple[str, str, str]:
    """Return the booked and offered hours, and the share of what is offered, or dashes without hours."""
    percent = one.percent
    return (
        number(round(one.booked / _HOUR * 100), reader.say),
        "–" if one.offered is None else number(round(one.offered / _HOUR * 100), reader.say),
        "–" if percent is None else reader.say.percent(percent),
    )


def _credits(figures: Figures, reader: Reader) -> list[Json]:
    say, credits = reader.say, figures.credits
    title = say("Credits")
    held = say("*{credits}* are held by clients and pools.", credits=in_credits(credits.outstanding, say))
    later = credits.outstanding - sum(amount for _, amount in credits.expiring)
    rows = [[reader.times.month(month), number(amount, say)] for month, amount in credits.expiring]
    rows.append([say("Later or never"), number(later, say)])
    lines = [f"*{name}* · {amount}" for name, amount in rows]
    head = [say("They expire in"), say("Credits")]
    return [header(title), section(held), table(title, head, rows, [section("\n".join([head[0], *lines]))])]


def _free(one: CoachFigures) -> timedelta:
    """Return what is offered and not booked."""
    return max(timedelta(0), (one.offered or timedelta(0)) - one.booked)


def _sessions(n: int, reader: Reader) -> str:
    return reader.say.plural("{n} session", "{n} sessions", n)


def _canceled(n: int, reader: Reader) -> str:
    return reader.say.plural("{n} canceled", "{n} canceled", n)
