"""News of a coach's day: the agenda, sessions that start soon, and the question how a session went."""

from coaching.news.days import Agenda, Coming, OutcomeAsked
from coaching.sessions import Session, Status
from coaching.waiting import Waiting, WaitKind
from handlers.ids import Action
from handlers.views.command_words import Command, as_typed
from handlers.views.join import join_button
from handlers.views.kit import Json, button
from handlers.views.letter import Buttons, Facts, InSlack, Item, Letter, Listing, Small, letter
from handlers.views.news.sessions import became, details_button, struck
from handlers.views.outcomes import buttons_for
from handlers.views.waiting import outcome_until, until_words, what_waits
from handlers.views.words import Reader, about, line, reader_for
from language.say import Say


@letter.register
def agenda(told: Agenda) -> Letter:
    """To a coach: the sessions of the day, and what waits for them."""
    every = [*told.sessions, *(one.session for one in told.queue.items)]
    reader = reader_for(told.viewer, every, told.now)
    say = reader.say
    title = say.plural("You give {n} session today", "You give {n} sessions today", told.total)
    if not told.total:
        title = say("You give no session today, but something waits for you")
    items = [_item(session, reader) for session in told.sessions]
    more = told.total - len(items)
    rows = [_waits(one, reader) for one in told.queue.items]
    if (left := told.queue.total - len(rows)) > 0:
        rows.append(say.plural("… and {n} more", "… and {n} more", left))
    show = button(say("Show what waits"), Action.WAITING, label=say("Show all that waits for you"))
    return Letter(
        title=title,
        body=[
            Listing(items, lambda n: say.plural("… and {n} more", "… and {n} more", n + more)),
            Facts([f"*{say('Waits for you')}*", *rows] if rows else []),
            Buttons([show] if rows else []),
            Small([_how_to_choose(say), reader.zone_line(every)]),
        ],
    )


@letter.register
def coming(told: Coming) -> Letter:
    """To a coach: sessions that start soon, each with the way in, and later what happened to them."""
    sessions = [session for session, _ in told.items]
    reader = reader_for(told.viewer, sessions, told.now)
    say = reader.say
    items = [Item(_stands(session, reader), row=_buttons(session, reader)) for session in sessions]
    return Letter(
        title=_how_soon(told, reader),
        body=[
            Listing(items, lambda n: say.plural("… and {n} more", "… and {n} more", n)),
            Small([reader.zone_line(sessions)]),
        ],
    )


@letter.register
def outcome_asked(told: OutcomeAsked) -> Letter:
    """To a coach: did a session take place? It is edited once somebody has said so, or time has."""
    session = told.session
    reader = reader_for(told.viewer, [session], told.now)
    say, words = reader.say, line(session, reader, other=session.client)
    small = Small([reader.zone_line([session])])
    if session.status is Status.CANCELED:
        return Letter(title=say("This session is canceled"), under=[words], body=[small])
    if session.status is Status.NO_SHOW:
        title = say("This session was a no-show")
        return Letter(title=title, under=[words], body=[Buttons([details_button(session, reader)]), small])
    if session.status is Status.COMPLETED and not session.unconfirmed:
        title = say("This session took place")
        return Letter(title=title, under=[words], body=[Buttons([details_button(session, reader)]), small])
    return Letter(
        title=say("Did this session take place?"),
        under=[words],
        body=[
            Facts([outcome_until(session, reader)]),
            Buttons(
                [*buttons_for(session, reader, (Status.COMPLETED, Status.NO_SHOW)), details_button(session, reader)]
            ),
            small,
        ],
    )


def _waits(one: Waiting, reader: Reader) -> str:
    said = until_words(one, reader) if one.kind is not WaitKind.OUTCOME else None
    return "\n".join(filter(None, [what_waits(one, reader), line(one.session, reader, other=one.session.client), said]))


def _item(session: Session, reader: Reader) -> Item:
    return Item(line(session, reader, other=session.client), row=_buttons(session, reader))


def _stands(session: Session, reader: Reader) -> str:
    """Return a session as it was announced, and what became of it since."""
    since = became(session, reader)
    return "\n".join(filter(None, [struck(session, reader, other=session.client), since]))


def _buttons(session: Session, reader: Reader) -> list[Json]:
    return [*join_button(session, reader), details_button(session, reader)]


def _how_soon(told: Coming, reader: Reader) -> str:
    say = reader.say
    ahead = [(one, at) for one, at in told.items if one.status is Status.SCHEDULED and one.starts_at == at > told.now]
    if not ahead:
        return say.plural("Your session", "Your {n} sessions", len(told.items))
    first = min(at for _, at in ahead)
    length = about(first - told.now, say)
    if len(ahead) > 1:
        return say.plural(
            "You give {n} session soon, the first one in {length}",
            "You give {n} sessions soon, the first one in {length}",
            len(ahead),
            length=length,
        )
    client = reader.name(ahead[0][0].client)
    return say("Your session with {client} starts in {length}", client=client, length=length)


def _how_to_choose(say: Say) -> InSlack:
    command = f"`{as_typed(say, Command.NOTIFICATIONS)}`"
    return InSlack(say("{command} changes when this comes, or turns it off.", command=command))
