"""What waits for a coach: a row for each thing, with its age, its deadline, and the buttons that decide it there."""

from collections.abc import Sequence

from coaching.actions.decide import is_asked_after
from coaching.actions.waiting import OpenQueue
from coaching.outcomes import COMPLETE_AFTER, CORRECT_WITHIN
from coaching.sessions import Hat, Session, Status
from coaching.waiting import Queue, Waiting, WaitKind
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.views.asked import can_decide
from handlers.views.coach_buttons import answer_buttons, late_buttons
from handlers.views.kit import Json, actions, bare, button, context, header, modal, section, typed
from handlers.views.move_requests import accept_button, decline_button, times_ahead
from handlers.views.outcomes import buttons_for
from handlers.views.words import Reader, came_back, lateness, line, reader_for

LINES = 5
"""The most sessions of a request in one row."""
NOTE = 200
"""The most characters of a note in a row. The details have all of it."""


def waiting_part(queue: Queue, reader: Reader, room: int, said: str | None = None) -> list[Json]:
    """Return the queue for the top of Home, in at most `room` blocks, or nothing if nothing waits.

    `said` (mrkdwn) is what the last press in it did.
    """
    say = reader.say
    if not queue and not queue.others:
        return [section(said)] if said else []
    blocks = [header(say("Waits for you"))] if queue else []
    blocks += [section(said)] if said else []
    rows, shown = _fitting(queue, reader, room - len(blocks) - 2)
    blocks += rows
    others, more = _fitting(queue, reader, room - len(blocks) - 2, elsewhere=True)
    if others:
        blocks += [header(say("Open decisions of coaches")), *others]
    total = queue.total + queue.open_elsewhere
    if total > shown + more or queue.more or queue.more_elsewhere:
        label = say("Show all that waits for you")
        every = f"{say.number(total)}+" if queue.more or queue.more_elsewhere else say.number(total)
        blocks.append(actions([button(say("Show all ({n})", n=every), Action.WAITING, label=label)], "home:waiting"))
    return blocks


def _fitting(queue: Queue, reader: Reader, room: int, *, elsewhere: bool = False) -> tuple[list[Json], int]:
    """Return the blocks of the first rows for which there is room, and of how many things they are."""
    items, total = (queue.others, queue.open_elsewhere) if elsewhere else (queue.items, queue.total)
    cut = (queue.more_elsewhere if elsewhere else queue.more) or total > len(items)
    blocks: list[Json] = []
    shown = 0
    for several in _by_answer(items):
        row = waiting_row(several[0], reader, several, cut=cut)
        if len(blocks) + len(row) > room:
            break
        blocks += row
        shown += len(several)
    return blocks, shown


def _by_answer(items: Sequence[Waiting]) -> list[list[Waiting]]:
    """Return what waits, with everything together that one answer is about: a request made after the decisions."""
    rows: dict[tuple[str, str], list[Waiting]] = {}
    for one in items:
        whole = one.kind is WaitKind.EXCEPTION and is_asked_after(one.session)
        key = (one.asked.action_id, one.session.coach.id) if whole and one.asked else (one.session.id, one.kind)
        rows.setdefault(key, []).append(one)
    return list(rows.values())


def waiting_view(found: OpenQueue, meta: Meta, said: str | None = None) -> Json:
    """Build the dialog with all that waits, as far as a view has room for it. `said` is as in `waiting_part`."""
    queue = found.queue
    everyone = [one.session for one in (*queue.items, *queue.others)]
    reader = reader_for(found.viewer, everyone, found.now)
    say = reader.say
    blocks: list[Json] = [section(said)] if said else []
    rows, shown = _fitting(queue, reader, 90)
    blocks += rows
    others, elsewhere = _fitting(queue, reader, 90 - len(blocks), elsewhere=True)
    if others:
        blocks += [header(say("Open decisions of coaches")), *others]
    left = queue.total + queue.open_elsewhere - shown - elsewhere
    if not rows and not others:
        blocks.append(section(say("Nothing waits for you.")))
    elif queue.more or queue.more_elsewhere:
        number = f"{say.number(left)}+"
        blocks.append(context(say("… and {number} more, once these are decided.", number=number)))
    elif left:
        more = say.plural("… and {n} more, once these are decided.", "… and {n} more, once these are decided.", left)
        blocks.append(context(more))
    blocks += map(context, reader.zone_if_needed(everyone))
    return modal(say.title("Waits for you"), Callback.WAITING, blocks, metadata=meta, close=say.title("Close"))


def waiting_row(one: Waiting, reader: Reader, several: Sequence[Waiting] = (), *, cut: bool = False) -> list[Json]:
    """Return one thing that waits, with its buttons. `several` are all that wait for the same answer.

    `cut`: there may be more of those than are known here.
    """
    session, say = one.session, reader.say
    facts = [say.sentences(_since(one, reader), until_words(one, reader))]
    if one.asked is not None and one.asked.note:
        facts.append(f"“{typed(one.asked.note, NOTE)}”")
    elsewhere = _elsewhere(one, reader)
    sessions = [each.session for each in several] or [session]
    told = [line(each, reader, other=each.coach if elsewhere else each.client) for each in sessions[:LINES]]
    if left := len(sessions) - len(told):
        told.append(say.plural("… and {n} more", "… and {n} more", left))
    words = [f"*{what_waits(one, reader)}*", *told, *facts]
    blocks = [section("\n".join(words), _details(session, reader))]
    if one.kind is not WaitKind.MOVE or one.asked is None:
        return [*blocks, actions(_buttons(one, sessions, reader, cut=cut))]
    for at in times_ahead(one.asked, reader):
        shown = reader.times.when(at, at + (session.ends_at - session.starts_at), reader.now, mark=reader.mark_dst)
        blocks.append(section(shown, accept_button(one.asked, at, session, reader)))
    return [*blocks, actions([decline_button(one.asked, session, reader)])]


def _details(session: Session, reader: Reader) -> Json:
    label = reader.say("Details of {session}", session=f"{bare(session.session_type, 30)}, {reader.when(session)}")
    return button(reader.say("Details"), Action.RECORD, session.id, label=label)


def _elsewhere(one: Waiting, reader: Reader) -> bool:
    """Return whether another coach decides this, and an admin sees it."""
    by_admins = one.asked is not None and one.asked.by_admins
    return not by_admins and one.session.coach.id != reader.person.id


def _buttons(one: Waiting, sessions: Sequence[Session], reader: Reader, *, cut: bool) -> list[Json]:
    session = one.session
    if one.kind is WaitKind.OUTCOME:
        return buttons_for(session, reader, (Status.COMPLETED, Status.NO_SHOW))
    return answer_buttons(sessions, reader, ask=cut) if is_asked_after(session) else late_buttons(session, reader)


def what_waits(one: Waiting, reader: Reader) -> str:
    """Say what waits, without the session."""
    say, client = reader.say, reader.name(one.session.client)
    match one.kind:
        case WaitKind.MOVE:
            return say("{client} asks to move a session", client=client)
        case WaitKind.OUTCOME:
            return say("Did this session take place?")
        case WaitKind.LATE if by_admin(one.session):
            return say("An admin canceled for {client}, and nobody has decided about the credits", client=client)
        case WaitKind.LATE:
            return say("{client} canceled, and nobody has decided about the credits", client=client)
    if one.asked is not None and one.asked.by_id != one.session.client.id:
        return say("An admin asks for an exception for {client}", client=client)
    return say("{client} asks for an exception", client=client)


def by_admin(session: Session) -> bool:
    """Return whether an admin canceled a session in the place of its client."""
    return session.cancellation is not None and session.cancellation.role is Hat.ADMIN


def _since(one: Waiting, reader: Reader) -> str:
    say, ago = reader.say, reader.say.ago(reader.now - one.since)
    match one.kind:
        case WaitKind.OUTCOME:
            return say("It ended {ago}.", ago=ago)
        case WaitKind.LATE:
            return say.sentences(say("Canceled {ago}.", ago=ago), _kept(one.session, reader))
        case WaitKind.EXCEPTION:
            return say.sentences(say("Asked {ago}.", ago=ago), _kept(one.session, reader))
    return say("Asked {ago}.", ago=ago)


def _kept(session: Session, reader: Reader) -> str:
    return f"{lateness(session, reader.say)} · {came_back(session, reader)}."


def until_words(one: Waiting, reader: Reader) -> str:
    """Say until when somebody can decide."""
    say = reader.say
    if one.until is None:
        return say("There is no deadline: the credits stay kept.")
    until = f"*{reader.instant(one.until)}*"
    if one.asked is not None and one.asked.by_admins:
        return can_decide(one.session, until, reader, admins=True)
    if _elsewhere(one, reader):
        return say(
            "{coach} is asked to decide by {time}; you can as well.", coach=reader.name(one.session.coach), time=until
        )
    if one.kind is not WaitKind.OUTCOME:
        return say("Please decide by {time}.", time=until)
    return outcome_until(one.session, reader)


def outcome_until(session: Session, reader: Reader) -> str:
    """Say when time decides how a session went, or until when what it decided can be corrected."""
    say = reader.say
    if session.status is Status.SCHEDULED:
        at = reader.instant(session.ends_at + COMPLETE_AFTER)
        return say("At {time} it counts as completed by itself.", time=f"*{at}*")
    until = reader.instant(session.ends_at + CORRECT_WITHIN)
    return say("It counts as completed; until {time} you can correct that.", time=f"*{until}*")


def outcome_said(session: Session, reader: Reader, *, instead: bool = False) -> str:
    """Say what a press recorded about a session, or that somebody had recorded the other outcome before (`instead`)."""
    say, what = reader.say, line(session, reader, other=session.client)
    if instead:
        before = (
            say("It was noted as a no-show before: {session}.", session=what)
            if session.status is Status.NO_SHOW
            else say("It was noted as completed before: {session}.", session=what)
        )
        return say.sentences(before, say("Nothing was changed; you can correct it in its details."))
    if session.status is Status.NO_SHOW:
        return say("Noted as a no-show: {session}.", session=what)
    return say("Noted as completed: {session}.", session=what)
