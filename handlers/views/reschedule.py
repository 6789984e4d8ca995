"""The dialog that moves sessions: a day and a time for each, then old and new times with their terms."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from coaching.actions.moving import Moving
from coaching.actions.slots import FreeTime
from coaching.sessions import Hat, Session
from handlers.ids import COMMAND, Action, Block, Callback
from handlers.meta import Meta
from handlers.views.confirm import session_blocks
from handlers.views.hats import acting
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
    typed,
)
from handlers.views.refunds import refund_line
from handlers.views.times import times_for
from handlers.views.words import Reader, count, line, listed, reader_for

TITLE = "Reschedule"
_PARTS = ("Night", "Morning", "Afternoon", "Evening")
PLAIN = 31
"""Up to so many days or times make one plain menu; more are grouped by month, or by part of the day."""


def move_view(moving: Moving, meta: Meta, *, day: date | None = None, notice: str | None = None) -> Json:
    """Build the step that asks for one session's new time; `notice` (mrkdwn) says on top why it came back."""
    session, free = moving.session, moving.free
    reader = _reader(moving, free)
    meta = replace(meta, page=moving.step)
    blocks: list[Json] = [alert(notice)] if notice else []
    blocks += acting(moving.draft.hat, moving.viewer, session.client, reader)
    many = len(moving.sessions)
    if many > 1:
        blocks.append(context(f"*{moving.step + 1} of {many}*"))
    other = session.client if moving.draft.hat is Hat.COACH else session.coach
    terms = refund_line(session, moving.policies[session.policy_id], reader)
    blocks.append(section(f"{line(session, reader, other=other)}\n{terms}"))
    submit = None
    if free is None or not free.days:
        blocks.append(section(_nothing_free(moving, free, session, reader)))
    else:
        held = moving.chosen.get(session.id)
        start = held.to_start if held else None
        chosen = _day(free, session, day, start)
        blocks.append(_days(free, chosen, meta, reader))
        blocks.append(_times(free, chosen, session, start, meta, reader))
        submit = "Continue"
    if many > 1:
        label = "Back to the session before" if moving.step else "Back to choosing sessions"
        blocks.append(actions([button("‹ Back", Action.MOVE_BACK, label=f"{label}; nothing is moved")]))
    blocks.append(context(f"Nothing is moved before you confirm. {_zone(reader, moving, free)}"))
    return modal(TITLE, Callback.MOVE, blocks, metadata=meta.dump(), submit=submit)


def confirm_move_view(moving: Moving, meta: Meta, *, notice: str | None = None) -> Json:
    """Build the confirmation: old → new for each session and what becomes of its terms."""
    after = [moving.after(session) for session in moving.sessions]
    reader = reader_for(moving.viewer, [*moving.sessions, *after], moving.now)
    blocks: list[Json] = [alert(notice)] if notice else []
    for session in moving.sessions[:1]:
        blocks += acting(moving.draft.hat, moving.viewer, session.client, reader)
    pairs = zip(moving.sessions, after, strict=True)
    blocks += session_blocks([_change(moving, old, new, reader) for old, new in pairs])
    blocks.append(divider())
    if moving.draft.hat is Hat.COACH:
        blocks.append(context("The terms begin anew in your client's favour, and the move is not counted as theirs."))
    blocks.append(actions([button("‹ Back", Action.MOVE_BACK, label="Back to choosing times; nothing is moved")]))
    blocks.append(context(reader.zone_line([*moving.sessions, *after])))
    meta = replace(meta, page=len(moving.sessions), seal=moving.seal)
    return modal(
        "Confirm new times?",
        Callback.MOVE_CONFIRM,
        blocks,
        metadata=meta.dump(),
        submit=f"Move {count(len(after))}",
        close="Keep the old",
    )


def moved_view(moving: Moving, sessions: Sequence[Session]) -> Json:
    """Build the result: the sessions at their new times. A second click on the same dialog is shown the very same."""
    reader = reader_for(moving.viewer, list(sessions), moving.now)
    hat = moving.draft.hat
    verb = "is" if len(sessions) == 1 else "are"
    blocks: list[Json] = [section(f":white_check_mark: *{count(len(sessions))} {verb} moved*")]
    lines = []
    for session in sessions:
        other = session.client if hat is Hat.COACH else session.coach
        terms = refund_line(session, moving.policies[session.policy_id], reader)
        lines.append(f"{line(session, reader, other=other)}\n{terms}")
    blocks += session_blocks(lines)
    told = listed((reader.name(s.client if hat is Hat.COACH else s.coach) for s in sessions), 5)
    blocks.append(context(f"We tell {told}, and reminders follow the new times."))
    blocks.append(context(reader.zone_line(list(sessions))))
    return modal("Sessions moved", Callback.RESULT, blocks, close="Done", clear_on_close=True)


def nearest_words(moving: Moving, wanted: datetime) -> str:
    """Name the free times nearest to the one that is gone."""
    free = moving.free
    near = free.near(wanted, 3) if free else []
    if free is None or not near:
        return ""
    times = times_for(moving.viewer.person, free.availability.time_zone)
    mark = times.mixed(slot.starts_at for _, slot in near)
    shown = "; ".join(times.when(slot.starts_at, slot.ends_at, free.now, mark=mark) for _, slot in near)
    return f"\nNearest free times: {shown}."


def _reader(moving: Moving, free: FreeTime | None) -> Reader:
    reader = reader_for(moving.viewer, [moving.session], moving.now)
    zone = free.availability.time_zone if free else moving.session.time_zone
    return replace(reader, times=times_for(moving.viewer.person, zone))


def _zone(reader: Reader, moving: Moving, free: FreeTime | None) -> str:
    shown = [slots[0].starts_at for slots in free.days.values()] if free else []
    return f"Times are in {reader.times.zone_line([moving.session.starts_at, *shown])}."


def _day(free: FreeTime, session: Session, day: date | None, start: datetime | None) -> date:
    """The day to show: the one asked for, that of the time chosen before, or the nearest to the present one."""
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
        placeholder="Choose a day",
        groups=list(months.items()),
    )
    return section("*Day*", menu, block_id=f"{Block.MOVE_DAY}:{meta.round}:{meta.page}")


def _times(free: FreeTime, day: date, session: Session, start: datetime | None, meta: Meta, reader: Reader) -> Json:
    slots = free.days[day]
    mark = reader.times.mixed([slots[0].starts_at, slots[-1].ends_at])
    options: list[Json] = []
    parts: dict[str, list[Json]] = {}
    chosen = None
    for slot in slots:
        # The start that the mover sees travels along: somebody else may move the session meanwhile.
        value = f"{session.starts_at.isoformat()}/{slot.starts_at.isoformat()}"
        chosen = value if slot.starts_at == start else chosen
        item = option(reader.times.hours(slot.starts_at, slot.ends_at, mark=mark), value)
        options.append(item)
        if len(slots) > PLAIN:
            parts.setdefault(_PARTS[reader.times.local(slot.starts_at).hour // 6], []).append(item)
    menu = select(Action.MOVE_TIME, options, chosen=chosen, placeholder="Choose a time", groups=list(parts.items()))
    # Another day or session has other times: a new block, so that Slack does not keep the old choice.
    return field("Time", menu, f"{Block.MOVE_TIME}:{meta.round}:{meta.page}:{day.isoformat()}")


def _nothing_free(moving: Moving, free: FreeTime | None, session: Session, reader: Reader) -> str:
    if moving.draft.hat is Hat.COACH:
        if free is None:
            return f"You give no hours yet, so there is no time to offer. Set them with `{COMMAND} hours`."
        return f"You have no free time left in your hours. Widen them with `{COMMAND} hours`."
    coach = reader.name(session.coach)
    if free is None:
        return f"{coach} gives no hours at the moment. To move this session, agree on a new time with them."
    return f"{coach} has no free time for this session. Ask them for one."


def _change(moving: Moving, old: Session, new: Session, reader: Reader) -> str:
    other = old.client if moving.draft.hat is Hat.COACH else old.coach
    words = f"*{typed(old.session_type)}* with {reader.name(other)}\n~{reader.when(old)}~ → *{reader.when(new)}*"
    return f"{words}\n{_terms(moving, new, reader)}"


def _terms(moving: Moving, new: Session, reader: Reader) -> str:
    policy = moving.policies[new.policy_id]
    terms = refund_line(new, policy, reader)
    if moving.draft.hat is not Hat.COACH:
        if new.terms_start_at is not None:
            terms = f":warning: {terms}: full refund has ended, so a move keeps the old terms"
        elif moving.now > new.refund_cutoff_at:
            terms = f":warning: {terms}: at the new time full refund has ended already"
        if policy.reschedule_limit is not None:
            terms += f" · {count(max(0, policy.reschedule_limit - new.reschedules), 'move')} left"
    return terms
