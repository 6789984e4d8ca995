"""The list of sessions, and a session's row in the list and in the App Home."""

from coaching.actions.browse import LIST_PAGE, Row, SessionPage
from coaching.actions.choose import Choosing
from coaching.causes import Blocked
from coaching.records import Scope
from coaching.sessions import Hat, Status
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.views.asked import can_ask
from handlers.views.command_words import Command, as_typed
from handlers.views.join import join_option
from handlers.views.kit import Json, actions, button, context, modal, option, overflow, section
from handlers.views.outcomes import menu_options
from handlers.views.refunds import status_line
from handlers.views.words import Reader, come_in_words, package, reader_for, with_whom
from language.say import Say


def list_view(page: SessionPage, meta: Meta) -> Json:
    """Build the list modal. `meta` has hat, subject, scope and page."""
    reader = reader_for(page.viewer, [row.session for row in page.rows], page.now)
    say = reader.say
    blocks: list[Json] = [actions(_toolbar(page, say))]
    if page.hat is Hat.ADMIN:
        blocks.append(context(say("You act for {client}. The timeline will say so.", client=reader.name(page.subject))))
    elif page.viewer.is_coach:
        given = page.hat is Hat.COACH
        blocks.append(
            context(say("You see the sessions you *give*.") if given else say("You see the sessions you *take*."))
        )
    if not page.rows:
        blocks.append(section(empty_words(page, reader, page.contact)))
    blocks.extend(row_block(row, reader, page.hat) for row in page.rows)
    if page.page or page.later:
        blocks.append(actions(_pager(page, say)))
        first = page.page * LIST_PAGE + 1
        blocks.append(context(page_words(first, len(page.rows), number_of(page, say), say)))
    if page.rows:
        blocks.append(context(reader.zone_line([row.session for row in page.rows])))
    return modal(title_of(page, reader), Callback.LIST, blocks, metadata=meta, close=say.title("Close"))


def page_words(first: int, shown: int, every: str, say: Say) -> str:
    """Return "11–20 of 34"."""
    begin, last = map(say.number, (first, first + shown - 1))
    return say("{first}–{last} of {all}", first=begin, last=last, all=every)


def number_of(page: SessionPage | Choosing, say: Say) -> str:
    """Return how many sessions there are: "34", or "1,000+" where they were counted no further."""
    return f"{say.number(page.total)}+" if page.more else say.number(page.total)


def title_of(page: SessionPage, reader: Reader) -> str:
    """Return the title of a list: whose sessions, and which."""
    say = reader.say
    if page.hat is Hat.ADMIN:
        return say.title("Acting for {client}", client=reader.plain_name(page.subject))
    if page.scope is Scope.PAST:
        return say.title("Past sessions") if page.hat is Hat.CLIENT else say.title("Sessions you gave")
    return say.title("Your sessions") if page.hat is Hat.CLIENT else say.title("Sessions you give")


def empty_words(page: SessionPage, reader: Reader, contact: str | None) -> str:
    """Say what to do if there is nothing to show."""
    say = reader.say
    if page.scope is Scope.PAST:
        return say("Nothing here yet. Sessions that are over or canceled will be kept here.")
    if page.hat is Hat.COACH and not page.listed:
        return say(
            "Nobody has an upcoming session with you, and as you are no longer set up as a coach, nobody can book one."
        )
    if page.hat is Hat.COACH:
        return say("Nobody has an upcoming session with you. As soon as somebody is booked with you, it shows here.")
    if page.hat is Hat.ADMIN:
        return say("{client} has no upcoming sessions.", client=reader.name(page.subject))
    if page.bookable:
        command = f"`{as_typed(say, Command.BOOK)}`"
        return say("You have no upcoming sessions. Schedule one: press *Schedule*, or type {command}.", command=command)
    return say.sentences(say("You have no upcoming sessions."), come_in_words(contact, say))


def row_block(row: Row, reader: Reader, hat: Hat) -> Json:
    """Return one session's row: what, with whom, when, package, state, and the menu of possible actions."""
    session = row.session
    other = session.client if hat is Hat.COACH else session.coach
    strike = "~" if session.status is Status.CANCELED else ""
    title = f"{strike}{with_whom(session, reader, other)}{strike}"
    lines = [title, f"{strike}{reader.when(session)}{strike}"]
    place = package(session, reader.say)
    if place:
        lines.append(place)
    lines.append(status_line(session, row.policy, reader))
    return section("\n".join(lines), overflow(Action.SESSION_MENU, menu(row, reader, hat)))


def menu(row: Row, reader: Reader, hat: Hat) -> list[Json]:
    """Return the actions that are possible for a session now. Others are not offered (C2)."""
    session, say = row.session, reader.say
    items = [option(say("Details"), f"details:{hat}:{session.id}")]
    items += join_option(session, reader, hat)
    if row.movable:
        items.append(option(say("Reschedule…"), f"move:{hat}:{session.id}"))
    if hat is Hat.CLIENT and row.askable:
        items.append(option(say("Ask to move…"), f"wish:{hat}:{session.id}"))
    if row.blocked is None:
        items.append(option(say("Cancel…"), f"cancel:{hat}:{session.id}"))
    if hat is not Hat.COACH and can_ask([session]):
        items.append(option(say("Ask for an exception"), f"ask:{hat}:{session.id}"))
    # At most five in all: an outcome can be noted only when moving and canceling are no longer possible.
    return items if row.blocked is Blocked.NO_COACH else items + menu_options(session, reader, hat)


def _toolbar(page: SessionPage, say: Say) -> list[Json]:
    upcoming = page.scope is Scope.UPCOMING
    row = [_upcoming(say, current=upcoming), _past(say, current=not upcoming)]
    if any(row.blocked is None for row in page.rows):
        row.append(button(say("Cancel several…"), Action.CANCEL_OPEN, label=say("Choose sessions to cancel")))
    if upcoming and page.hat is not Hat.COACH:
        row.append(schedule_button(say))
    if page.viewer.is_coach and page.hat is Hat.CLIENT:
        row.append(button(say("As coach"), Action.LIST_AS_COACH, label=say("Show the sessions you give")))
    if page.hat is Hat.COACH:
        row.append(button(say("As client"), Action.LIST_AS_CLIENT, label=say("Show the sessions you take")))
    return row


def schedule_button(say: Say) -> Json:
    """Return the button that opens the booking dialog."""
    return button(say.meant("verb", "Schedule"), Action.SCHEDULE, label=say("Schedule a session"))


def _upcoming(say: Say, *, current: bool) -> Json:
    text = say("Upcoming")
    if current:
        return button(f"✓ {text}", Action.LIST_UPCOMING, style="primary", label=say("Upcoming, shown now"))
    return button(text, Action.LIST_UPCOMING, label=say("Show upcoming sessions"))


def _past(say: Say, *, current: bool) -> Json:
    text = say("Past")
    if current:
        return button(f"✓ {text}", Action.LIST_PAST, style="primary", label=say("Past, shown now"))
    return button(text, Action.LIST_PAST, label=say("Show past sessions"))


def _pager(page: SessionPage, say: Say) -> list[Json]:
    # Upcoming sessions run forward in time, past ones backward. The labels say where a button leads.
    earlier, later = (say("Earlier"), say("Earlier sessions")), (say("Later"), say("Later sessions"))
    back, on = (earlier, later) if page.scope is Scope.UPCOMING else (later, earlier)
    row = []
    if page.page:
        row.append(button(f"‹ {back[0]}", Action.LIST_EARLIER, label=back[1]))
    if page.later:
        row.append(button(f"{on[0]} ›", Action.LIST_LATER, label=on[1]))
    return row
