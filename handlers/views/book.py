"""Booking: coach, session type, day and time in one dialog, with the cost and the refund terms. Also the result."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from coaching.actions.offers import OFFERED
from coaching.actions.slots import Booking, FreeTime
from coaching.naming import told_apart
from coaching.packages import Holder
from coaching.policy import UNASKED_GRACE, Policy
from coaching.records import Viewer
from coaching.requests import ToBook
from coaching.sessions import Hat, Person, Session
from coaching.slots import Slot
from coaching.workspace import SessionType
from handlers.button_values import holder_key
from handlers.ids import Action, Block, Callback
from handlers.meta import BookingMeta
from handlers.views import bounds
from handlers.views.credit_requests import ask_for_credits_button
from handlers.views.kit import (
    OPTION,
    SELECT,
    Json,
    actions,
    alert,
    button,
    clip,
    clip_lines,
    context,
    divider,
    field,
    modal,
    option,
    section,
    select,
)
from handlers.views.message import message_view
from handlers.views.not_bookable import booking_reader, full_words, nothing, nothing_free, unbound_words
from handlers.views.paying import cost_words, kind_words, paying, shared_words
from handlers.views.policy_words import policy_text
from handlers.views.refunds import booking_terms, refund_line
from handlers.views.times import part_of_day, times_for
from handlers.views.words import (
    Reader,
    amount,
    in_credits,
    line,
    package,
    reader_for,
    span,
)
from language.say import Say

PLAIN_DAYS = 31
"""More days than this are grouped by month."""
PLAIN_TIMES = 24
"""More times than this are grouped by part of the day."""
VALUE = 150
"""The most characters in an option's value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picks:
    """The choices in the dialog so far.

    `day` is a day in the viewer's calendar, `start` an instant, and `grant_id` the grant that pays first.
    """

    coach_id: str | None = None
    type_id: str | None = None
    day: date | None = None
    start: datetime | None = None
    grant_id: str | None = None


def booking_view(booking: Booking, meta: BookingMeta, picks: Picks, *, notice: str | None = None) -> Json:
    """Build the booking dialog. `notice` (mrkdwn), at the top, says why it came back.

    It has a submit button only if there is a time to book and enough credits.
    """
    reader = booking_reader(booking)
    say = reader.say
    title = say.title("Schedule a session")
    if not booking.coaches or not booking.types:
        words = (
            nothing(booking, meta.hat, say)
            if booking.bounds is None
            else bounds.nothing(booking, booking.bounds, reader)
        )
        return message_view(title, "\n".join([*([notice] if notice else []), words]), say)
    blocks: list[Json] = []
    if meta.hat is not Hat.CLIENT:
        client = reader.name(booking.subject)
        blocks.append(context(say("You book for {client}. The timeline will say so.", client=client)))
    if notice:
        blocks.append(alert(notice, say))
    if booking.bounds is None:
        # A coach books sessions with themselves only.
        chosen_coach = [] if meta.hat is Hat.COACH else [_coaches(booking, meta, reader)]
        blocks += [*chosen_coach, _types(booking, meta, reader)]
    else:
        blocks.append(bounds.told(booking, reader))
    if meta.hat is not Hat.CLIENT and (unbound := unbound_words(booking, say)):
        blocks.append(context(unbound))
    free = booking.free
    submit = None
    if booking.full:
        blocks.append(alert(full_words(booking, reader), say))
    elif free is not None and booking.coach is not None and booking.session_type is not None:
        if free.days:
            day = picks.day if picks.day in free.days else next(iter(free.days))
            blocks.append(_days(free, day, meta, reader))
            payable = booking.pays is not None
            if payable:
                blocks.append(_times(free, day, picks.start, meta, reader))
                submit = say.title("Book")
            chosen = free.slot(day, picks.start)
            blocks += [divider(), *_terms(booking, booking.session_type, chosen, meta, reader)]
            blocks.append(context(_zone_line(free.days[day], reader)))
        else:
            blocks.append(section(nothing_free(free, booking, reader)))
    else:
        missing = (
            say("Choose a coach to see free times.")
            if booking.coach is None
            else say("Choose what kind of session it shall be to see free times.")
        )
        blocks.append(context(missing))
    return modal(title, Callback.BOOK, blocks, metadata=meta, submit=submit, close=say.title("Close"))


def booked_view(session: Session, viewer: Viewer, policy: Policy, hat: Hat, now: datetime) -> Json:
    """Build the result. A second click on the same dialog shows the same one."""
    reader = reader_for(viewer, [session], now)
    say, coach = reader.say, reader.name(session.coach)
    lines = [line(session, reader)]
    if hat is not Hat.CLIENT:
        lines.append(say("*For:* {client}", client=reader.name(session.client)))
    lines.append(say("*Cost:* {cost}", cost=cost_words(session.price, say)))
    place = package(session, say)
    if place:
        lines.append(say("*Package:* {package}", package=place))
    if session.price:
        lines.append(refund_line(session, policy, reader))
    told = say("The confirmation is on its way; we tell {coach}.", coach=coach)
    if hat is Hat.COACH:
        told = say("We tell {people}.", people=reader.name(session.client))
    if hat is Hat.CLIENT:
        told = (
            say("You get a confirmation; we tell {coach}.", coach=coach)
            if session.client.in_slack
            else say("We tell {people}.", people=coach)
        )
    blocks = [
        section(f":white_check_mark: *{say('Booked')}*"),
        section("\n".join(lines)),
        context(told),
        context(reader.zone_line([session])),
    ]
    return modal(say.title("Booked"), Callback.RESULT, blocks, close=say.title("Done"), clear_on_close=True)


def nearest_words(near: Sequence[tuple[date, Slot]], viewer: Viewer, free: FreeTime) -> str:
    """Say which free times are nearest to the one that is taken. The first of them is already chosen."""
    if not near:
        return ""
    times = times_for(viewer.person, free.availability.time_zone)
    mark = times.mixed(slot.starts_at for _, slot in near)
    say = times.say
    listed = [f"• {times.when(slot.starts_at, slot.ends_at, free.now, mark=mark)}" for _, slot in near]
    return clip_lines([say("Nearest free times, the first one is chosen for you:"), *listed], 2000, say)


def _coaches(booking: Booking, meta: BookingMeta, reader: Reader) -> Json:
    # The ids of coaches with hours always fit. Longer ids are e-mail addresses of people who are not in Slack yet.
    options = [option(_coach_name(c, reader), c.id) for c in booking.coaches if len(c.id) <= VALUE]
    chosen = booking.coach.id if booking.coach else None
    menu = select(Action.BOOK_COACH, options, chosen=chosen, placeholder=reader.say("Choose a coach"))
    return section(f"*{reader.say('Coach')}*", menu, block_id=f"{Block.BOOK_COACH}:{meta.round}")


def _coach_name(coach: Person, reader: Reader) -> str:
    name = reader.plain_name(coach, OPTION)
    # An id distinguishes unnamed coaches. An e-mail address is private.
    return coach.id if name == reader.say("somebody") and coach.in_slack else name


def _types(booking: Booking, meta: BookingMeta, reader: Reader) -> Json:
    say, types = reader.say, booking.types[:OFFERED]
    words = [kind_words(one, say) for one in types]
    labels = told_apart(words, [""] * len(types), OPTION)
    options = [option(label, one.id) for label, one in zip(labels, types, strict=True)]
    chosen = booking.session_type.id if booking.session_type else None
    groups: list[tuple[str, Sequence[Json]]] = []
    if (coach := booking.coach) is not None and not all(one.given_by(coach.id) for one in types):
        # Another coach's can be chosen as well. Who was chosen is left out then.
        theirs, others = (
            [item for item, one in zip(options, types, strict=True) if one.given_by(coach.id) is given]
            for given in (True, False)
        )
        with_coach = say("With {coach}", coach=clip(reader.plain_name(coach, OPTION), OPTION - 20))
        groups = [*_in_groups(with_coach, theirs), *_in_groups(say("With others"), others)]
    menu = select(Action.BOOK_TYPE, options, chosen=chosen, placeholder=say("Choose what to book"), groups=groups)
    return section(f"*{say('Session')}*", menu, block_id=f"{Block.BOOK_TYPE}:{meta.round}")


def _in_groups(label: str, options: Sequence[Json]) -> list[tuple[str, Sequence[Json]]]:
    """Return the groups of a menu for these options: one, more where there are many, or none."""
    return [(label, options[at : at + SELECT]) for at in range(0, len(options), SELECT)]


def _days(free: FreeTime, day: date, meta: BookingMeta, reader: Reader) -> Json:
    options: list[Json] = []
    months: dict[str, list[Json]] = {}
    by_month = len(free.days) > PLAIN_DAYS
    for one in free.days:
        item = option(reader.times.calendar_day(one, free.now), one.isoformat())
        options.append(item)
        if by_month:
            months.setdefault(reader.times.month(one), []).append(item)
    say, groups = reader.say, list(months.items())
    menu = select(Action.BOOK_DAY, options, chosen=day.isoformat(), placeholder=say("Choose a day"), groups=groups)
    return section(f"*{say('Day')}*", menu, block_id=f"{Block.DAY}:{meta.round}")


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
            parts.setdefault(part_of_day(reader.times.local(slot.starts_at).hour, reader.say), []).append(item)
    chosen = str(int(start.timestamp())) if start else None
    menu = select(
        Action.BOOK_TIME, options, chosen=chosen, placeholder=reader.say("Choose a time"), groups=list(parts.items())
    )
    # Another day has other times: the block gets a new id, so that Slack does not keep the old choice.
    return field(reader.say("Time"), menu, f"{Block.TIME}:{meta.round}:{day.isoformat()}", dispatch=True)


def _terms(booking: Booking, chosen: SessionType, slot: Slot | None, meta: BookingMeta, reader: Reader) -> list[Json]:
    policy, say = booking.policy, reader.say
    yours = booking.subject.id == booking.viewer.person.id
    words = [policy_text(policy, say, yours=yours)]
    if not yours and chosen.price:
        at_least = say(
            "Because somebody else books this for {client}, they can cancel it with a full refund for at least {time}, or "
            "until the start.",
            client=reader.name(booking.subject),
            time=span(UNASKED_GRACE, say),
        )
        words.append(at_least)
    if slot is not None:
        when = f"*{reader.times.when(slot.starts_at, slot.ends_at, booking.now)}*"
        terms = booking_terms(policy, reader, starts_at=slot.starts_at, price=chosen.price, unasked=not yours)
        words.insert(0, f"{when} · {terms}")
    return [
        *_payment(booking, chosen, meta, reader),
        section("\n".join([f"*{say('Cancellation and Reschedule Policy')}*", *words])),
    ]


def _payment(booking: Booking, chosen: SessionType, meta: BookingMeta, reader: Reader) -> list[Json]:
    say = reader.say
    if not chosen.price:
        return [section(say("*Cost:* free, no credits needed"))]
    if booking.pays is None and booking.bounds is not None:
        return bounds.too_few(booking, booking.bounds, chosen, reader)
    if booking.pays is None:
        return [alert(_too_few(booking, chosen, reader), say), *_way_out(booking, chosen, meta, say)]
    cost = say("*Cost:* {cost}", cost=cost_words(chosen.price, say))
    return paying(booking.payers, booking.pays, chosen.price, reader, cost=cost, round_no=meta.round)


def _way_out(booking: Booking, chosen: SessionType, meta: BookingMeta, say: Say) -> list[Json]:
    """Return what leads on where there are too few credits: an admin gives some, and a client asks for them."""
    if meta.hat is Hat.COACH and not booking.viewer.is_admin:
        words = say(
            "{client} can ask for credits, or an admin gives some.",
            client=booking_reader(booking).name(booking.subject),
        )
        return [context(words)]
    if booking.viewer.is_admin:
        return [actions([button(say("Give credits…"), Action.CREDITS_GIVE, holder_key(Holder(booking.subject.id)))])]
    to_book = ToBook(booking.coach.id if booking.coach else None, chosen.id, meta.rebooks or None)
    return [actions([ask_for_credits_button(say, booking.missing, to_book)])]


def _too_few(booking: Booking, chosen: SessionType, reader: Reader) -> str:
    say = reader.say
    price, missing = in_credits(chosen.price, say), amount(booking.missing)
    have = in_credits(chosen.price - booking.missing, say)
    if booking.subject.id == booking.viewer.person.id:
        words = say.plural(
            "This costs {price} and you have {have} for it: {n} credit missing.",
            "This costs {price} and you have {have} for it: {n} credits missing.",
            missing,
            price=price,
            have=have,
        )
    else:
        words = say.plural(
            "This costs {price} and {client} has {have} for it: {n} credit missing.",
            "This costs {price} and {client} has {have} for it: {n} credits missing.",
            missing,
            price=price,
            client=reader.name(booking.subject),
            have=have,
        )
    return say.sentences(words, shared_words(booking.grants, say), say("Nothing can be booked yet."))


def _zone_line(slots: Sequence[Slot], reader: Reader) -> str:
    return clip(reader.zone_of([slots[0].starts_at, slots[-1].ends_at]), 300)
