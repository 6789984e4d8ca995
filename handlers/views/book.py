"""Booking: coach, session type, day and time in one dialog, what it costs and until when it comes back; and the result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from coaching.actions.slots import Booking, FreeTime
from coaching.credits import Grant, Part
from coaching.naming import told_apart
from coaching.packages import CREDITS
from coaching.policy import Policy
from coaching.records import Viewer
from coaching.sessions import Hat, Person, Session
from coaching.slots import Slot
from coaching.workspace import SessionType, Settings
from handlers.ids import COMMAND, Action, Block, Callback
from handlers.meta import BookingMeta
from handlers.views.kit import (
    OPTION,
    Json,
    alert,
    bare,
    clip,
    clip_lines,
    context,
    divider,
    field,
    modal,
    option,
    section,
    select,
    typed,
)
from handlers.views.message import message_view
from handlers.views.refunds import booking_terms, refund_line
from handlers.views.times import times_for
from handlers.views.words import (
    Reader,
    contact_or_admin,
    in_credits,
    line,
    namesakes,
    number,
    package,
    policy_text,
    reader_for,
    span,
)

TITLE = "Schedule a session"
OFFERED = 400
"""Most coaches and session types to choose from: what fits into a view."""
PLAIN_DAYS = 31
"""More days than these are listed by month."""
PLAIN_TIMES = 24
"""More times than these are listed by part of the day."""
VALUE = 150
"""The longest value that an option carries."""
_PARTS = ("Night", "Morning", "Afternoon", "Evening")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picks:
    """What is chosen in the dialog so far. `day` is the viewer's calendar day, `start` an instant."""

    coach_id: str | None = None
    type_id: str | None = None
    day: date | None = None
    start: datetime | None = None


def booking_view(booking: Booking, meta: BookingMeta, picks: Picks, *, notice: str | None = None) -> Json:
    """Build the booking dialog; `notice` (mrkdwn) says on top why it came back.

    It can be submitted only when there is a time to book and credits to pay with.
    """
    if not booking.coaches or not booking.types:
        return message_view(TITLE, "\n".join([*([notice] if notice else []), _nothing(booking)]))
    reader = _reader(booking)
    blocks: list[Json] = []
    if meta.hat is Hat.ADMIN:
        blocks.append(context(f"You book for {reader.name(booking.subject)}. The timeline will say so."))
    if notice:
        blocks.append(alert(notice))
    blocks += [_coaches(booking, meta, reader), _types(booking, meta)]
    free = booking.free
    submit = None
    if free is not None and booking.coach is not None and booking.session_type is not None:
        if free.days:
            day = picks.day if picks.day in free.days else next(iter(free.days))
            blocks.append(_days(free, day, meta, reader))
            payable = booking.pays is not None
            if payable:
                blocks.append(_times(free, day, picks.start, meta, reader))
                submit = "Book"
            chosen = free.slot(day, picks.start)
            blocks += [divider(), *_terms(booking, booking.session_type, chosen, reader)]
            blocks.append(context(_zone_line(free.days[day], reader)))
        else:
            blocks.append(section(_nothing_free(free, booking, reader)))
    else:
        missing = "a coach" if booking.coach is None else "what kind of session it shall be"
        blocks.append(context(f"Choose {missing} to see free times."))
    return modal(TITLE, Callback.BOOK, blocks, metadata=meta.dump(), submit=submit)


def booked_view(session: Session, viewer: Viewer, policy: Policy, hat: Hat, now: datetime) -> Json:
    """Build the result; a second click on the same dialog is shown the very same."""
    reader = reader_for(viewer, [session], now)
    lines = [line(session, reader)]
    if hat is Hat.ADMIN:
        lines.append(f"*For:* {reader.name(session.client)}")
    lines.append(f"*Cost:* {_cost(session.price)}")
    place = package(session)
    if place:
        lines.append(f"*Package:* {place}")
    if session.price:
        lines.append(refund_line(session, policy, reader))
    told = "You get a confirmation by direct message" if hat is Hat.CLIENT else "The confirmation is on its way"
    blocks = [
        section(":white_check_mark: *Booked*"),
        section("\n".join(lines)),
        context(f"{told}; we tell {reader.name(session.coach)}."),
        context(reader.zone_line([session])),
    ]
    return modal("Booked", Callback.RESULT, blocks, close="Done", clear_on_close=True)


def gone_words(gone: Person, booking: Booking, *, left: bool) -> str:
    """Say that the coach who was asked for cannot be booked, and who is chosen instead, if anybody (mrkdwn).

    `left`: they were removed or have left, and cannot be asked either.
    """
    reader = _reader(booking)
    name = reader.name(gone)
    words = f"{name} takes no bookings {'any more' if left else 'at the moment'}."
    ask = contact_or_admin(booking.settings.support_contact) if left else name
    if booking.coach is not None:
        other = reader.name(booking.coach)
        return f"{words} {other}, the only other coach, is chosen for now. Choose a time with them, or ask {ask}."
    return f"{words} Nobody is chosen instead. Choose somebody else, or ask {ask}." if booking.coaches else words


def nearest_words(near: Sequence[tuple[date, Slot]], viewer: Viewer, free: FreeTime) -> str:
    """Say which free times are nearest to the one that is gone; the first of them is chosen already."""
    if not near:
        return ""
    times = times_for(viewer.person, free.availability.time_zone)
    mark = times.mixed(slot.starts_at for _, slot in near)
    listed = [f"• {times.when(slot.starts_at, slot.ends_at, free.now, mark=mark)}" for _, slot in near]
    return clip_lines(["Nearest free times, the first one is chosen for you:", *listed], 2000)


def _reader(booking: Booking) -> Reader:
    free = booking.free
    zones = [free.availability.time_zone] if free else []
    person = booking.viewer.person
    sees_mail = booking.viewer.is_coach or booking.viewer.is_admin
    return Reader(
        person=person,
        times=times_for(person, *zones),
        now=booking.now,
        sees_mail=sees_mail,
        namesakes=namesakes(booking.coaches, person),
    )


def _coaches(booking: Booking, meta: BookingMeta, reader: Reader) -> Json:
    # Nobody who gives hours has an id that does not fit: those are e-mail addresses of people who are not in Slack yet.
    options = [option(_coach_name(c, reader), c.id) for c in booking.coaches[:OFFERED] if len(c.id) <= VALUE]
    chosen = booking.coach.id if booking.coach else None
    menu = select(Action.BOOK_COACH, options, chosen=chosen, placeholder="Choose a coach")
    return section("*Coach*", menu, block_id=f"{Block.BOOK_COACH}:{meta.round}")


def _coach_name(coach: Person, reader: Reader) -> str:
    name = reader.plain_name(coach, OPTION)
    # An id tells unnamed coaches apart; an e-mail address is nobody else's business.
    return coach.id if name == "somebody" and coach.in_slack else name


def _types(booking: Booking, meta: BookingMeta) -> Json:
    types = booking.types[:OFFERED]
    words = [
        f"{bare(one.name, 40)} · {span(one.length)} · {in_credits(one.price) if one.price else 'free'}" for one in types
    ]
    labels = told_apart(words, [""] * len(types), OPTION)
    options = [option(label, one.id) for label, one in zip(labels, types, strict=True)]
    chosen = booking.session_type.id if booking.session_type else None
    menu = select(Action.BOOK_TYPE, options, chosen=chosen, placeholder="Choose what to book")
    return section("*Session*", menu, block_id=f"{Block.BOOK_TYPE}:{meta.round}")


def _days(free: FreeTime, day: date, meta: BookingMeta, reader: Reader) -> Json:
    options: list[Json] = []
    months: dict[str, list[Json]] = {}
    by_month = len(free.days) > PLAIN_DAYS
    for one in free.days:
        item = option(reader.times.calendar_day(one, free.now), one.isoformat())
        options.append(item)
        if by_month:
            months.setdefault(reader.times.month(one), []).append(item)
    menu = select(
        Action.BOOK_DAY, options, chosen=day.isoformat(), placeholder="Choose a day", groups=list(months.items())
    )
    return section("*Day*", menu, block_id=f"{Block.DAY}:{meta.round}")


def _times(free: FreeTime, day: date, start: datetime | None, meta: BookingMeta, reader: Reader) -> Json:
    slots = free.days[day]
    mark = reader.times.mixed([slots[0].starts_at, slots[-1].ends_at])
    parts: dict[str, list[Json]] = {}
    options = []
    by_part = len(slots) > PLAIN_TIMES
    for slot in slots:
        text = reader.times.hours(slot.starts_at, slot.ends_at, mark=mark)
        item = option(text, str(int(slot.starts_at.timestamp())))
        options.append(item)
        if by_part:
            parts.setdefault(_PARTS[reader.times.local(slot.starts_at).hour // 6], []).append(item)
    chosen = str(int(start.timestamp())) if start else None
    menu = select(Action.BOOK_TIME, options, chosen=chosen, placeholder="Choose a time", groups=list(parts.items()))
    # Another day has other times: a new block, so that Slack does not keep the old choice.
    return field("Time", menu, f"{Block.TIME}:{meta.round}:{day.isoformat()}", dispatch=True)


def _terms(booking: Booking, chosen: SessionType, slot: Slot | None, reader: Reader) -> list[Json]:
    policy = booking.policy
    words = [policy_text(policy, yours=booking.subject.id == booking.viewer.person.id)]
    if slot is not None:
        when = f"*{reader.times.when(slot.starts_at, slot.ends_at, booking.now)}*"
        terms = booking_terms(policy, reader, starts_at=slot.starts_at, price=chosen.price)
        words.insert(0, f"{when}: {terms}.")
    return [_payment(booking, chosen, reader), section("*Cancellation and Reschedule Policy*\n" + "\n".join(words))]


def _payment(booking: Booking, chosen: SessionType, reader: Reader) -> Json:
    if not chosen.price:
        return section("*Cost:* free, no credits needed")
    if booking.pays is None:
        return alert(_too_few(booking, chosen, reader))
    grants = {grant.id: grant for grant in booking.grants}
    lines = [f"*Cost:* {_cost(chosen.price)}", *(_part(part, grants[part.grant_id]) for part in booking.pays)]
    return section(clip_lines(lines, 2000))


def _part(part: Part, grant: Grant) -> str:
    label = typed(grant.label) if grant.label != CREDITS else ""
    source = f" from {label}" if label else ""
    if grant.pool:
        source = f" from {typed(grant.pool)}'s pool" + (f" ({label})" if label else "")
    return f"{in_credits(part.amount)}{source} · {number(grant.balance - part.amount)} left after"


def _too_few(booking: Booking, chosen: SessionType, reader: Reader) -> str:
    mine = booking.subject.id == booking.viewer.person.id
    have = (
        f"{'you have' if mine else f'{reader.name(booking.subject)} has'} {in_credits(chosen.price - booking.missing)}"
    )
    words = f"This costs {in_credits(chosen.price)} and {have} for it: {in_credits(booking.missing)} missing."
    shared = next((grant.pool for grant in booking.grants if grant.pool), None)
    if shared is not None:
        words += f" What is in {typed(shared)}'s pool is shared with others, and they may have been faster."
    return f"{words} Nothing can be booked yet. Ask {_whom(booking.coach, booking.settings, reader)} to add some."


def _whom(coach: Person | None, settings: Settings, reader: Reader) -> str:
    asked = [reader.name(coach)] if coach else []
    if settings.support_contact:
        asked.append(typed(settings.support_contact, 200))
    return " or ".join(asked) or "a workspace admin"


def _nothing_free(free: FreeTime, booking: Booking, reader: Reader) -> str:
    words = f"{reader.name(free.coach)} has no free time in the next {span(free.availability.horizon)}."
    other = " Choose another coach, or ask" if len(booking.coaches) > 1 else " Ask"
    return f"{words}{other} {_whom(free.coach, booking.settings, reader)}."


def _nothing(booking: Booking) -> str:
    viewer = booking.viewer
    if booking.coaches:
        what = "Nothing can be booked yet: no kind of session is set up."
        how = f"Add one in `{COMMAND} setup`." if viewer.is_admin else "Ask a workspace admin to add one."
        return f"{what} {how}"
    what = "Nobody gives hours to book yet."
    if viewer.is_coach:
        return f"{what} Say when you can be booked with `{COMMAND} hours`."
    if viewer.is_admin:
        return f"{what} Set them in `{COMMAND} setup`, in each coach's menu, or have coaches type `{COMMAND} hours`."
    contact = booking.settings.support_contact
    return f"{what} Ask {typed(contact, 200) if contact else 'your coach or a workspace admin'} to book one for you."


def _zone_line(slots: Sequence[Slot], reader: Reader) -> str:
    return clip(f"Times are in {reader.times.zone_line([slots[0].starts_at, slots[-1].ends_at])}.", 300)


def _cost(price: int) -> str:
    return in_credits(price) if price else "free"
