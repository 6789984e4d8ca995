"""The dialog that moves sessions: a day and a time for each, then old and new times with their terms."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from coaching.actions.reschedule_dialog import Moving
from coaching.actions.slots import FreeTime
from coaching.sessions import Hat, Session
from handlers.ids import Action, Block, Callback
from handlers.meta import Meta
from handlers.views.command_words import Command, as_typed
from handlers.views.confirm import session_blocks
from handlers.views.hats import acting_in, both
from handlers.views.kit import (
    Json,
    actions,
    alert,
    button,
    context,
    divider,
    field,
    modal,
    option,
    section,
    select,
)
from handlers.views.refunds import refund_line
from handlers.views.times import part_of_day, times_for
from handlers.views.words import Reader, line, reader_for, with_whom

PLAIN = 31
"""Up to this many days or times are one plain menu. More are grouped by month, or by part of the day."""


def move_view(moving: Moving, meta: Meta, *, day: date | None = None, notice: str | None = None) -> Json:
    """Build the step for one session's new time. `notice` (mrkdwn), at the top, says why it came back."""
    session, free = moving.session, moving.free
    reader = _reader(moving, free)
    say = reader.say
    meta = replace(meta, page=moving.step)
    blocks: list[Json] = [alert(notice, say)] if notice else []
    blocks += acting_in(moving.draft, moving.viewer, session.client, reader)
    many = len(moving.sessions)
    if many > 1:
        blocks.append(
            context(f"*{say.meant('ordinal', '{n} of {all}', n=say.number(moving.step + 1), all=say.number(many))}*")
        )
    terms = refund_line(session, moving.policies[session.policy_id], reader)
    blocks.append(section(f"{_which(moving, session, reader)}\n{terms}"))
    submit = None
    if free is None or not free.days:
        blocks.append(section(_nothing_free(moving, free, session, reader)))
    else:
        held = moving.chosen.get(session.id)
        start = held.to_start if held else None
        chosen = _day(free, session, day, start)
        blocks.append(_days(free, chosen, meta, reader))
        blocks.append(_times(free, chosen, session, start, meta, reader))
        submit = say.title("Continue")
    if many > 1:
        label = (
            say("Back to the session before; nothing is moved")
            if moving.step
            else say("Back to choosing sessions; nothing is moved")
        )
        blocks.append(actions([button(f"‹ {say('Back')}", Action.MOVE_BACK, label=label)]))
    blocks.append(context(say.sentences(say("Nothing is moved before you confirm."), _zone(reader, moving, free))))
    return modal(say.title("Reschedule"), Callback.MOVE, blocks, metadata=meta, submit=submit, close=say.title("Close"))


def confirm_move_view(moving: Moving, meta: Meta, *, notice: str | None = None) -> Json:
    """Build the confirmation: old → new for each session and what happens to its terms."""
    after = [moving.after(session) for session in moving.sessions]
    reader = reader_for(moving.viewer, [*moving.sessions, *after], moving.now)
    say = reader.say
    blocks: list[Json] = [alert(notice, say)] if notice else []
    for session in moving.sessions[:1]:
        blocks += acting_in(moving.draft, moving.viewer, session.client, reader)
    pairs = zip(moving.sessions, after, strict=True)
    blocks += session_blocks([_change(moving, old, new, reader) for old, new in pairs])
    blocks.append(divider())
    if moving.draft.everybodys:
        anew = say("The new times have fresh terms, never worse for the clients, and no move is counted as theirs.")
        blocks.append(context(anew))
    elif moving.draft.hat is Hat.COACH:
        anew = say("The new time has fresh terms, never worse for your client, and the move is not counted as theirs.")
        blocks.append(context(anew))
    label = say("Back to choosing times; nothing is moved")
    blocks.append(actions([button(f"‹ {say('Back')}", Action.MOVE_BACK, label=label)]))
    blocks.append(context(reader.zone_line([*moving.sessions, *after])))
    meta = replace(meta, page=len(moving.sessions), seal=moving.seal)
    return modal(
        say.title("Confirm new times?"),
        Callback.MOVE_CONFIRM,
        blocks,
        metadata=meta,
        submit=say.plural_title("Move {n} session", "Move {n} sessions", len(after)),
        close=say.title("Keep the old"),
    )


def moved_view(moving: Moving, sessions: Sequence[Session]) -> Json:
    """Build the result: the sessions at their new times. A second click on the same dialog shows the same one."""
    reader = reader_for(moving.viewer, list(sessions), moving.now)
    hat = moving.draft.hat
    say = reader.say
    done = say.plural("{n} session is moved", "{n} sessions are moved", len(sessions))
    blocks: list[Json] = [section(f":white_check_mark: *{done}*")]
    lines = []
    for session in sessions:
        terms = refund_line(session, moving.policies[session.policy_id], reader)
        lines.append(f"{_which(moving, session, reader)}\n{terms}")
    blocks += session_blocks(lines)
    named = [s.client if hat is Hat.COACH else s.coach for s in sessions]
    if moving.draft.everybodys:
        named = [who for s in sessions for who in (s.client, s.coach)]
    people = say.listed(dict.fromkeys(map(reader.name, named)), 5)
    blocks.append(context(say("We tell {people}, and reminders follow the new times.", people=people)))
    blocks.append(context(reader.zone_line(list(sessions))))
    return modal(say.title("Sessions moved"), Callback.RESULT, blocks, close=say.title("Done"), clear_on_close=True)


def _which(moving: Moving, session: Session, reader: Reader) -> str:
    """Return a session with whom it is with, and for an admin among everybody's both people."""
    if moving.draft.everybodys:
        return "\n".join(both(session, reader))
    return line(session, reader, other=session.client if moving.draft.hat is Hat.COACH else session.coach)


def nearest_words(moving: Moving, wanted: datetime) -> str:
    """Name the free times nearest to the one that is taken."""
    free = moving.free
    near = free.near(wanted, 3) if free else []
    if free is None or not near:
        return ""
    times = times_for(moving.viewer.person, free.availability.time_zone)
    mark = times.mixed(slot.starts_at for _, slot in near)
    shown = times.say.clauses(*(times.when(slot.starts_at, slot.ends_at, free.now, mark=mark) for _, slot in near))
    return "\n" + times.say("Nearest free times: {times}.", times=shown)


def _reader(moving: Moving, free: FreeTime | None) -> Reader:
    reader = reader_for(moving.viewer, [moving.session], moving.now)
    zone = free.availability.time_zone if free else moving.session.time_zone
    return replace(reader, times=times_for(moving.viewer.person, zone))


def _zone(reader: Reader, moving: Moving, free: FreeTime | None) -> str:
    shown = [slots[0].starts_at for slots in free.days.values()] if free else []
    return reader.zone_of([moving.session.starts_at, *shown])


def _day(free: FreeTime, session: Session, day: date | None, start: datetime | None) -> date:
    """Return the day to show: the requested one, that of an earlier choice, or the nearest to the present one."""
    if day in free.days:
        return day
    wanted = start or session.starts_at
    near = free.near(wanted, 1)
    return near[0][0]


def _days(free: FreeTime, chosen: date, meta: Meta, reader: Reader) -> Json:
    options: list[Json] = []
    months: dict[str, list[Json]] = {}
    for one, slots in free.days.items():
        item = option(reader.times.day(slots[0].starts_at, free.now), one.isoformat())
        options.append(item)
        if len(free.days) > PLAIN:
            months.setdefault(reader.times.month(slots[0].starts_at), []).append(item)
    menu = select(
        Action.MOVE_DAY,
        options,
        chosen=chosen.isoformat(),
        placeholder=reader.say("Choose a day"),
        groups=list(months.items()),
    )
    return section(f"*{reader.say('Day')}*", menu, block_id=f"{Block.MOVE_DAY}:{meta.round}:{meta.page}")


def _times(free: FreeTime, day: date, session: Session, start: datetime | None, meta: Meta, reader: Reader) -> Json:
    slots = free.days[day]
    mark = reader.times.mixed([slots[0].starts_at, slots[-1].ends_at])
    options: list[Json] = []
    parts: dict[str, list[Json]] = {}
    chosen = None
    for slot in slots:
        # The value includes the start that the person sees, because someone else may move the session meanwhile.
        value = f"{session.starts_at.isoformat()}/{slot.starts_at.isoformat()}"
        chosen = value if slot.starts_at == start else chosen
        item = option(reader.times.hours(slot.starts_at, slot.ends_at, mark=mark), value)
        options.append(item)
        if len(slots) > PLAIN:
            parts.setdefault(part_of_day(reader.times.local(slot.starts_at).hour, reader.say), []).append(item)
    menu = select(
        Action.MOVE_TIME, options, chosen=chosen, placeholder=reader.say("Choose a time"), groups=list(parts.items())
    )
    # Another day or session has other times: the block gets a new id, so that Slack does not keep the old choice.
    return field(reader.say("Time"), menu, f"{Block.MOVE_TIME}:{meta.round}:{meta.page}:{day.isoformat()}")


def _nothing_free(moving: Moving, free: FreeTime | None, session: Session, reader: Reader) -> str:
    say = reader.say
    command = f"`{as_typed(say, Command.HOURS)}`"
    if moving.draft.hat is Hat.COACH:
        if free is None:
            return say("You give no hours yet, so there is no time to offer. Set them with {command}.", command=command)
        return say("You have no free time left in your hours. Widen them with {command}.", command=command)
    coach = reader.name(session.coach)
    if free is None:
        return say(
            "{coach} gives no hours at the moment. To move this session, agree on a new time with them.", coach=coach
        )
    return say("{coach} has no free time for this session. Ask them for one.", coach=coach)


def _change(moving: Moving, old: Session, new: Session, reader: Reader) -> str:
    other = old.client if moving.draft.hat is Hat.COACH else old.coach
    who = [with_whom(old, reader, other), *(both(old, reader)[1:] if moving.draft.everybodys else [])]
    words = "\n".join(who) + f"\n~{reader.when(old)}~ → *{reader.when(new)}*"
    return f"{words}\n{_terms(moving, new, reader)}"


def _terms(moving: Moving, new: Session, reader: Reader) -> str:
    policy = moving.policies[new.policy_id]
    terms, say = refund_line(new, policy, reader), reader.say
    if moving.draft.side is Hat.COACH:
        return terms
    if new.terms_start_at is not None:
        warned = say("{terms}: full refund has ended, so a move keeps the old terms", terms=terms)
        terms = f":warning: {warned}"
    elif moving.now > new.refund_cutoff_at:
        warned = say("{terms}: at the new time full refund has ended already", terms=terms)
        terms = f":warning: {warned}"
    if policy.reschedule_limit is None:
        return terms
    left = max(0, policy.reschedule_limit - new.reschedules)
    return f"{terms} · {say.plural('{n} move left', '{n} moves left', left)}"
