"""Everybody's sessions, as admins see them: the list, and the dialog that narrows it down."""

from itertools import groupby

from coaching.actions.browse import Row
from coaching.actions.every import EveryPage
from coaching.every import Sought
from coaching.records import Viewer
from coaching.sessions import Hat, Person, Session, Status
from handlers.ids import Action, Block, Callback
from handlers.meta import Meta
from handlers.sought import placed
from handlers.views.hats import as_admin, both
from handlers.views.kit import (
    Json,
    actions,
    button,
    context,
    field,
    header,
    modal,
    option,
    overflow,
    section,
    select,
)
from handlers.views.outcomes import may_rebook, menu_options
from handlers.views.refunds import brief_state
from handlers.views.rows import may_hand_over
from handlers.views.words import Reader, package, reader_for, with_whom
from language.say import Say, say_for, word

STATES = {
    Status.SCHEDULED: word("Scheduled"),
    Status.CANCELED: word("Canceled"),
    Status.COMPLETED: word("Completed"),
    Status.NO_SHOW: word("No-show"),
}


def every_button(say: Say, coach: Person | None = None) -> Json:
    """Return the button that opens the list, or the one that shows what a coach gives."""
    if coach is not None:
        return button(say("Sessions they give"), Action.EVERY, coach.id)
    return button(say("Every session…"), Action.EVERY, label=say("Show everybody's sessions"))


def every_section(say: Say) -> Json:
    """Return what the set-up says of the list."""
    words = say("Find sessions by coach, client, day or state, and change one or many at once.")
    return section(f"*{say('Every session')}*\n{words}", every_button(say))


def every_view(page: EveryPage, meta: Meta) -> Json:
    """Build the list. `meta` says what is sought and where this page begins."""
    reader = reader_for(page.viewer, [row.session for row in page.rows], page.now)
    say = reader.say
    blocks: list[Json] = [actions(_toolbar(page, say)), as_admin(say)]
    if words := _narrowed(page, reader):
        every = button(say("Show all"), Action.EVERY_ALL, label=say("Show all sessions again"))
        blocks.append(section(words, every))
    if not page.rows:
        none = say("No session was found from today on; *Earlier* shows the ones before.")
        blocks.append(section(none if page.none_ahead else say("No session was found here.")))
    for day, group in groupby(page.rows, key=lambda row: reader.times.local(row.session.starts_at).date()):
        blocks.append(header(reader.times.near_day(day, reader.now)))
        blocks.extend(_row(row, _hat(row.session, page.viewer), reader) for row in group)
    if pager := _pager(page, say):
        blocks.append(actions(pager))
    blocks.extend(map(context, reader.zone_if_needed([row.session for row in page.rows])))
    return modal(say.title("Every session"), Callback.EVERY, blocks, metadata=meta, close=say.title("Close"))


def _toolbar(page: EveryPage, say: Say) -> list[Json]:
    label = say("Find sessions by coach, client, day or state")
    row = [button(say("Find…"), Action.EVERY_FIND, label=label)]
    if any(one.blocked is None for one in page.rows):
        row.append(button(say("Update several…"), Action.CANCEL_OPEN, label=say("Choose sessions to update")))
    if page.client is not None:
        row.append(button(say("Book for them…"), Action.EVERY_BOOK, page.client.id))
    if page.coach is not None:
        row.append(button(say("Sessions they take"), Action.EVERY_TAKEN, page.coach.id))
    return row


def _narrowed(page: EveryPage, reader: Reader) -> str:
    """Say what the list was narrowed down to, or nothing where it was not."""
    say, sought = reader.say, page.sought
    parts = [
        say("*Coach:* {coach}", coach=reader.name(page.coach)) if page.coach else None,
        say("*Client:* {client}", client=reader.name(page.client)) if page.client else None,
        say("*From:* {day}", day=reader.times.calendar_day(sought.first, page.now)) if sought.first else None,
        say("*Until:* {day}", day=reader.times.calendar_day(sought.last, page.now)) if sought.last else None,
        say("*State:* {state}", state=say.of(STATES[sought.status])) if sought.status else None,
    ]
    return " · ".join(part for part in parts if part)


def _hat(session: Session, viewer: Viewer) -> Hat:
    """Return the role in which the viewer acts on a session: what they give themselves they change as its coach."""
    return Hat.COACH if session.coach.id == viewer.person.id and viewer.is_coach else Hat.ADMIN


def _row(row: Row, hat: Hat, reader: Reader) -> Json:
    """Return one session: its state, when, what and with whom, whose it is, and what can be done."""
    session = row.session
    strike = "~" if session.status is Status.CANCELED else ""
    hours = reader.times.hours(session.starts_at, session.ends_at, mark=reader.mark_dst)
    place = package(session, reader.say)
    lines = [
        brief_state(session, row.policy, reader),
        f"{strike}{hours} · {with_whom(session, reader)}{strike}",
        both(session, reader)[1],
        *([place] if place else []),
    ]
    return section("\n".join(lines), overflow(Action.SESSION_MENU, _menu(row, session, hat, reader)))


def _menu(row: Row, session: Session, hat: Hat, reader: Reader) -> list[Json]:
    """Return the actions that are possible for a session now, at most five."""
    say = reader.say
    items = [option(say("Details"), f"details:{hat}:{session.id}")]
    if session.client.id == reader.person.id:
        return items
    if row.movable:
        items.append(option(say("Reschedule…"), f"move:{hat}:{session.id}"))
    if row.blocked is None:
        items.append(option(say("Cancel…"), f"cancel:{hat}:{session.id}"))
    if may_hand_over(row, hat):
        items.append(option(say("Hand over…"), f"hand:{hat}:{session.id}"))
    if session.status is Status.SCHEDULED and reader.now <= session.ends_at:
        items.append(option(say("Meeting link…"), f"link:{hat}:{session.id}"))
    if may_rebook(session, Hat.ADMIN):
        items.append(option(say("Book again…"), f"again:{hat}:{session.id}"))
    return (items + menu_options(session, reader, hat))[:5]


def _pager(page: EveryPage, say: Say) -> list[Json]:
    row = []
    if page.earlier is not None:
        value = placed(page.sought, page.earlier)
        row.append(button(f"‹ {say('Earlier')}", Action.EVERY_BACK, value, label=say("Earlier sessions")))
    if page.later is not None:
        value = placed(page.sought, page.later)
        row.append(button(f"{say('Later')} ›", Action.EVERY_TURN, value, label=say("Later sessions")))
    return row


def find_every_view(viewer: Viewer, sought: Sought, meta: Meta) -> Json:
    """Build the dialog, with what the list is narrowed down to now."""
    say = say_for(viewer.person.locale)
    states = [option(say.of(words), str(state)) for state, words in STATES.items()]
    state = select(Action.INPUT, states, chosen=str(sought.status) if sought.status else None, placeholder=say("Any"))
    blocks = [
        _person(say("Coach"), sought.coach_id, Block.FIND_COACH, say),
        _person(say("Client"), sought.client_id, Block.FIND_CLIENT, say),
        field(say("From"), _day(sought.first.isoformat() if sought.first else ""), Block.FIND_FIRST, optional=True),
        field(
            say("Until"),
            _day(sought.last.isoformat() if sought.last else ""),
            Block.FIND_LAST,
            hint=say("The last day, included. Without days the list begins today."),
            optional=True,
        ),
        field(say("State"), state, Block.FIND_STATE, optional=True),
    ]
    return modal(
        say.title("Find sessions"),
        Callback.EVERY_FIND,
        blocks,
        metadata=meta,
        submit=say.title("Find"),
        close=say.title("Close"),
    )


def _person(label: str, person_id: str, block: Block, say: Say) -> Json:
    who: Json = {"type": "users_select", "action_id": Action.INPUT}
    if not person_id or Person(person_id).in_slack:
        return field(label, {**who, "initial_user": person_id} if person_id else who, block, optional=True)
    # Slack's menu has only its own people.
    hint = say("Somebody who is not in Slack stays chosen until you choose another person.")
    return field(label, who, block, hint=hint, optional=True)


def _day(day: str) -> Json:
    picker: Json = {"type": "datepicker", "action_id": Action.INPUT}
    if day:
        picker["initial_date"] = day
    return picker
