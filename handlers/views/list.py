"""The list of sessions, and the row of a session as the list and the App Home show it."""

from coaching.actions.browse import LIST_PAGE, Row, SessionPage
from coaching.causes import Blocked
from coaching.records import Scope
from coaching.sessions import Hat, Status
from handlers.ids import COMMAND, Action, Callback
from handlers.meta import Meta
from handlers.views.asked import can_ask
from handlers.views.kit import Json, actions, button, context, modal, option, overflow, section, typed
from handlers.views.outcomes import menu_options
from handlers.views.refunds import status_line
from handlers.views.words import Reader, come_in_words, meeting_link, package, reader_for


def list_view(page: SessionPage, meta: Meta, *, contact: str | None = None) -> Json:
    """Build the list modal; `meta` names hat, subject, scope and page; `contact` is whom to ask when it is empty."""
    reader = reader_for(page.viewer, [row.session for row in page.rows], page.now)
    blocks: list[Json] = [actions(_toolbar(page))]
    if page.hat is Hat.ADMIN:
        blocks.append(context(f"You act for {reader.name(page.subject)}. The timeline will say so."))
    elif page.viewer.is_coach:
        blocks.append(context("You see the sessions you *" + ("give" if page.hat is Hat.COACH else "take") + "*."))
    if not page.rows:
        blocks.append(section(empty_words(page, reader, contact)))
    blocks.extend(row_block(row, reader, page.hat) for row in page.rows)
    if page.pages > 1:
        blocks.append(actions(_pager(page)))
        first = page.page * LIST_PAGE + 1
        blocks.append(context(f"{first}–{first + len(page.rows) - 1} of {page.total:,}"))
    if page.rows:
        blocks.append(context(reader.zone_line([row.session for row in page.rows])))
    return modal(title_of(page, reader), Callback.LIST, blocks, metadata=meta.dump())


def title_of(page: SessionPage, reader: Reader) -> str:
    """The title of a list: whose sessions, and which."""
    if page.hat is Hat.ADMIN:
        return f"Acting for {reader.plain_name(page.subject)}"
    if page.scope is Scope.PAST:
        return "Past sessions" if page.hat is Hat.CLIENT else "Sessions you gave"
    return "Your sessions" if page.hat is Hat.CLIENT else "Sessions you give"


def empty_words(page: SessionPage, reader: Reader, contact: str | None) -> str:
    """What to do when there is nothing to show."""
    if page.scope is Scope.PAST:
        return "Nothing here yet. Sessions that are over or canceled will be kept here."
    if page.hat is Hat.COACH and not page.listed:
        return (
            "Nobody has an upcoming session with you, and as you are no longer set up as a coach, nobody can book one."
        )
    if page.hat is Hat.COACH:
        return "Nobody has an upcoming session with you. As soon as somebody is booked with you, it shows here."
    if page.hat is Hat.ADMIN:
        return f"{reader.name(page.subject)} has no upcoming sessions."
    if page.bookable:
        return f"You have no upcoming sessions. Schedule one: press *Schedule*, or type `{COMMAND} book`."
    return f"You have no upcoming sessions. {come_in_words(contact)}"


def row_block(row: Row, reader: Reader, hat: Hat) -> Json:
    """One session: what, with whom, when, which of a package, where it stands, and the menu of what can be done."""
    session = row.session
    other = session.client if hat is Hat.COACH else session.coach
    strike = "~" if session.status is Status.CANCELED else ""
    title = f"{strike}*{typed(session.session_type)}* with {reader.name(other)}{strike}"
    lines = [title, f"{strike}{reader.when(session)}{strike}"]
    place = package(session)
    if place:
        lines.append(place)
    lines.append(status_line(session, row.policy, reader))
    return section("\n".join(lines), overflow(Action.SESSION_MENU, menu(row, reader, hat)))


def menu(row: Row, reader: Reader, hat: Hat) -> list[Json]:
    """What can be done with a session now; what cannot is not offered (C2)."""
    session = row.session
    items = [option("Details", f"details:{hat}:{session.id}")]
    link = meeting_link(session, reader.now)
    if link:
        items.append(option("Join", f"join:{hat}:{session.id}", url=link))
    if row.movable:
        items.append(option("Reschedule…", f"move:{hat}:{session.id}"))
    if row.blocked is None:
        items.append(option("Cancel…", f"cancel:{hat}:{session.id}"))
    if hat is not Hat.COACH and can_ask([session]):
        items.append(option("Ask for an exception", f"ask:{hat}:{session.id}"))
    # At most five in all: what ends a session is possible when moving and canceling it no longer are.
    return items if row.blocked is Blocked.NO_COACH else items + menu_options(session, reader, hat)


def _toolbar(page: SessionPage) -> list[Json]:
    upcoming = page.scope is Scope.UPCOMING
    row = [
        _tab("Upcoming", Action.LIST_UPCOMING, current=upcoming),
        _tab("Past", Action.LIST_PAST, current=not upcoming),
    ]
    if any(row.blocked is None for row in page.rows):
        row.append(button("Cancel sessions…", Action.CANCEL_OPEN, label="Choose sessions to cancel"))
    if upcoming and page.hat is not Hat.COACH:
        row.append(button("Schedule", Action.SCHEDULE, label="Schedule a session"))
    if page.viewer.is_coach and page.hat is Hat.CLIENT:
        row.append(button("As coach", Action.LIST_AS_COACH, label="Show the sessions you give"))
    if page.hat is Hat.COACH:
        row.append(button("As client", Action.LIST_AS_CLIENT, label="Show the sessions you take"))
    return row


def _tab(text: str, action_id: Action, *, current: bool) -> Json:
    if current:
        return button(f"✓ {text}", action_id, style="primary", label=f"{text}, shown now")
    return button(text, action_id, label=f"Show {text.lower()} sessions")


def _pager(page: SessionPage) -> list[Json]:
    # Upcoming sessions run forward in time, past ones backward: the words say where a button leads.
    back, on = ("Earlier", "Later") if page.scope is Scope.UPCOMING else ("Later", "Earlier")
    row = []
    if page.page:
        row.append(button(f"‹ {back}", Action.LIST_EARLIER, label=f"{back} sessions"))
    if page.page < page.pages - 1:
        row.append(button(f"{on} ›", Action.LIST_LATER, label=f"{on} sessions"))
    return row
