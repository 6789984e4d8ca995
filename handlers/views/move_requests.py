"""Requests to move a session: the form, the request as its client sees it, and the coach's buttons."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from coaching.actions.move_requests import MOST_TIMES, MoveAnswer, MoveCase
from coaching.actions.slots import FreeTime
from coaching.requests import Request, RequestState
from coaching.sessions import MAX_REASON, Hat, Person, Session, Status
from handlers.ids import Action, Block, Callback
from handlers.meta import RequestMeta
from handlers.views.asked import can_decide
from handlers.views.kit import (
    OPTION,
    SELECT,
    Json,
    actions,
    alert,
    bare,
    button,
    clip,
    context,
    field,
    modal,
    option,
    plain,
    section,
    text_input,
    typed,
    verbatim,
)
from handlers.views.refunds import keeps_terms
from handlers.views.times import times_for
from handlers.views.words import Reader, acted, line, reader_for
from language.say import Say

OFFERED = 400
"""The most times in the menu, the nearest first. With more, the view would be too large for Slack."""


def ask_to_move_words(say: Say, *, asked: bool) -> str:
    """Return the name of the form that asks, or of the open request once there is one (`asked`)."""
    return say("Asked to move…") if asked else say("Ask to move…")


def ask_to_move_button(session: Session, say: Say, *, asked: bool = False) -> Json:
    """Return the button of the form, or of the open request once there is one (`asked`)."""
    label = say("Asked to move: show the request") if asked else say("Ask to move: coach or admin decides")
    return button(ask_to_move_words(say, asked=asked), Action.ASK_MOVE, session.id, label=label)


def ask_move_view(
    case: MoveCase,
    meta: RequestMeta,
    *,
    notice: str | None = None,
    times: Collection[datetime] = (),
    note: str | None = None,
) -> Json:
    """Build the form: the session, who decides by when, the times that would do, and a note.

    `notice` (mrkdwn), at the top, says why it came back. Of the `times` chosen before, those still offered stay chosen.
    """
    session, free = case.session, case.free
    assert free is not None  # noqa: S101 - for the type checker; there is no form without times
    reader = _reader(case, free)
    say = reader.say
    until = min(case.now + case.policy.decide_within, session.starts_at)
    terms = [
        can_decide(session, reader.instant(until), reader),
        if_nobody_accepts(say),
        keeps_terms(session, reader) or None,
    ]
    groups, wanted = _groups(free, reader), {at.isoformat() for at in times}
    menu: Json = {
        "type": "multi_static_select",
        "action_id": Action.INPUT,
        "placeholder": plain(say("Times you would take"), 150),
        "option_groups": groups,
        "max_selected_items": MOST_TIMES,
    }
    if kept := [one for group in groups for one in group["options"] if one["value"] in wanted]:
        menu["initial_options"] = kept
    hint = say.plural("At most {n}. One of them is enough.", "At most {n}. One of them is enough.", MOST_TIMES)
    blocks = [
        *([alert(notice, say)] if notice else []),
        section(line(session, reader)),
        section(say.sentences(*terms)),
        field(say("Times you would take"), menu, f"{Block.WISHES}:{meta.round}", hint=hint),
        field(
            say("What should the coach know?"),
            text_input(Action.INPUT, initial=note, most=MAX_REASON, multiline=True),
            Block.NOTE,
            hint=say("They read it with your request."),
            optional=True,
        ),
        context(reader.zone_of([session.starts_at, *(slots[0].starts_at for slots in free.days.values())])),
    ]
    return modal(
        say.title("Ask to move"),
        Callback.ASK_MOVE,
        blocks,
        metadata=meta,
        submit=say.title("Ask"),
        close=say.title("Not now"),
    )


def _groups(free: FreeTime, reader: Reader) -> list[Json]:
    """Return the free times as options, by day."""
    groups: list[Json] = []
    room = OFFERED
    for day, slots in list(free.days.items())[:SELECT]:
        shown = slots[: min(room, SELECT)]
        if not shown:
            break
        room -= len(shown)
        options = [
            option(
                reader.times.when(slot.starts_at, slot.ends_at, reader.now, mark=reader.mark_dst),
                slot.starts_at.isoformat(),
            )
            for slot in shown
        ]
        groups.append({"label": plain(reader.times.calendar_day(day, reader.now), OPTION), "options": options})
    return groups


def _reader(case: MoveCase, free: FreeTime | None = None) -> Reader:
    reader = reader_for(case.viewer, [case.session], case.now)
    if free is None:
        return replace(reader, mark_dst=reader.times.mixed([case.session.starts_at, *_times_of(case.asked)]))
    times = times_for(case.viewer.person, free.availability.time_zone)
    mark = times.mixed([case.session.starts_at, *(slots[-1].starts_at for slots in free.days.values())])
    return replace(reader, times=times, mark_dst=mark)


def _times_of(asked: Request | None) -> tuple[datetime, ...]:
    return asked.times if asked is not None else ()


def move_asked_view(case: MoveCase, meta: RequestMeta) -> Json:
    """Build the view of a request, for the first press and every later one. An open one can be withdrawn here."""
    reader, session, asked = _reader(case), case.session, case.asked
    assert asked is not None  # noqa: S101 - for the type checker
    say, contact = reader.say, case.settings.support_contact
    sign = ":hourglass_flowing_sand: " if asked.open else ""
    title = say("You asked to move this session") if asked.open else say("Your request to move this session")
    blocks = [section(f"{sign}*{title}*\n{line(session, reader)}")]
    if asked.open:
        blocks.append(section(wishes_words(asked, session, reader)))
        told = None if asked.overdue(reader.now) else say("You are told either way.")
        blocks.append(section(say.sentences(standing_words(asked, session, reader, decides=False), told)))
        if asked.note:
            blocks += [section(f"*{say.meant('message', 'Note')}*"), verbatim(asked.note)]
        blocks.append(actions([button(say("Withdraw the request"), Action.MOVE_WITHDRAW, asked.action_id)]))
        if contact:
            blocks.append(context(say("If you hear nothing, ask {contact}.", contact=typed(contact, 200))))
    else:
        blocks.append(section(outcome_words(asked, session, None, reader)))
    blocks.append(context(reader.zone_of([session.starts_at, *asked.times])))
    return modal(say.title("Request"), Callback.MESSAGE, blocks, metadata=meta, close=say.title("Done"))


def wishes_words(asked: Request, session: Session, reader: Reader) -> str:
    """Name the times that would do."""
    length, say = session.ends_at - session.starts_at, reader.say
    shown = [reader.times.when(at, at + length, reader.now, mark=reader.mark_dst) for at in asked.times]
    if not shown:
        return say("None of the times is free any more.")
    return say("*Times that would do:* {times}", times=say.clauses(*shown))


def if_nobody_accepts(say: Say) -> str:
    """Say what happens without an answer."""
    return say("If nobody decides by then, it stays as it is booked.")


def outcome_words(asked: Request, session: Session, by: Person | None, reader: Reader) -> str:
    """Say how a request ended. `by` is the person who answered it, if the reader may know."""
    say, who = reader.say, by and acted(by, _role(by, session), session, reader)
    match asked.state:
        case RequestState.ACCEPTED:
            time = reader.when(session)
            return say("Accepted by {who}: it is now {time}.", who=who, time=time) if who else say("It was accepted.")
        case RequestState.DECLINED:
            stays = say("The session stays as it is booked.")
            if not asked.times:
                return say.sentences(say("None of the times is free any more."), stays)
            return say.sentences(say("Declined by {who}.", who=who) if who else say("It was declined."), stays)
        case RequestState.WITHDRAWN:
            if asked.answered_by == session.client.id and session.status is Status.SCHEDULED:
                return say("It was withdrawn: there is nothing to decide.")
            return say("The session was moved, canceled or handed over since: there is nothing to decide.")
    return say("Nobody decided in time, so the session stays as it is booked.")


def _role(person: Person, session: Session) -> Hat:
    if person.id == session.coach.id:
        return Hat.COACH
    return Hat.CLIENT if person.id == session.client.id else Hat.ADMIN


def accept_button(asked: Request, at: datetime, session: Session, reader: Reader) -> Json:
    """Return the button that moves a session to one of the times asked for."""
    say, length = reader.say, session.ends_at - session.starts_at
    time = reader.times.when(at, at + length, reader.now, mark=reader.mark_dst)
    value = f"{asked.action_id}|{at.isoformat()}"
    return button(say("Move it here"), Action.MOVE_ACCEPT, value, label=say("Move it here: {time}", time=time))


def decline_button(asked: Request, session: Session, reader: Reader) -> Json:
    """Return the button that declines a request to move a session."""
    say, about = reader.say, f"{bare(session.session_type, 30)}, {reader.when(session)}"
    return button(say("Decline"), Action.MOVE_DECLINE, asked.action_id, label=say("Decline: {session}", session=about))


def to_decide(asked: Request, session: Session, reader: Reader) -> list[Json]:
    """Return the blocks of a request in a session's record, for the person who decides."""
    say, length = reader.say, session.ends_at - session.starts_at
    client = reader.name(session.client)
    blocks = [section(f"*{say('{client} asks to move a session', client=client)}*")]
    for at in [] if asked.overdue(reader.now) else times_ahead(asked, reader):
        shown = reader.times.when(at, at + length, reader.now, mark=reader.mark_dst)
        blocks.append(section(shown, accept_button(asked, at, session, reader)))
    if asked.note:
        blocks += [section(f"*{say.meant('message', 'Note')}*"), verbatim(asked.note)]
    if not asked.overdue(reader.now):
        blocks.append(actions([decline_button(asked, session, reader)]))
    blocks.append(context(standing_words(asked, session, reader, decides=True)))
    return blocks


def standing_words(asked: Request, session: Session, reader: Reader, *, decides: bool) -> str:
    """Say until when an open request can be decided and what follows from silence, or that the time is over.

    `decides`: the reader is the one to decide.
    """
    say, until = reader.say, f"*{reader.instant(asked.decide_by)}*"
    if asked.overdue(reader.now):
        return say("Nobody decided in time, so the session stays as it is booked.")
    by = say("Please decide by {time}.", time=until)
    return say.sentences(
        by if decides else can_decide(session, until, reader, admins=asked.by_admins), if_nobody_accepts(say)
    )


def times_ahead(asked: Request, reader: Reader) -> list[datetime]:
    """Return the times asked for that can still be accepted: those that have not passed."""
    return [at for at in asked.times if at > reader.now]


def answer_words(found: MoveAnswer) -> str:
    """Say what a press did about a request, or what had been decided before it."""
    asked, session = found.asked, found.session
    reader = reader_for(found.viewer, [session], found.now)
    say, client = reader.say, reader.name(session.client)
    if found.gone is not None:
        time = reader.times.when(found.gone, found.gone + (session.ends_at - session.starts_at), found.now)
        taken = say("{time} was just taken, so nothing was moved.", time=clip(time, 200))
        if times_ahead(asked, reader):
            return say.sentences(taken, say("The other times are still there."))
        none = say("None of the times is free any more.")
        return say.sentences(taken, none, say("We tell {people}.", people=client))
    if not found.done:
        return say.sentences(
            outcome_words(asked, session, None, reader), say("That was decided before; your press changed nothing.")
        )
    if asked.state is RequestState.ACCEPTED:
        moved = say("Moved: {session}.", session=line(session, reader, other=session.client))
        return say.sentences(moved, say("We tell {people}.", people=client))
    stays = say("The session stays as it is booked.")
    return say.sentences(say("It was declined."), stays, say("We tell {people}.", people=client))
