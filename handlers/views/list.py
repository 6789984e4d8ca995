"""The list of sessions: what can be done, the next session, then day by day."""

from datetime import date

from coaching.actions.browse import LIST_PAGE, Found, SessionPage
from coaching.actions.choose import Choosing
from coaching.records import COUNTED, Scope, next_month
from coaching.sessions import Hat
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.views.client_buttons import client_button
from handlers.views.command_words import Command, as_typed
from handlers.views.every import every_button
from handlers.views.kit import Json, actions, button, context, modal, section, typed
from handlers.views.rows import day_rows, next_session
from handlers.views.words import Reader, come_in_words, reader_for
from language.say import Say


def list_view(page: SessionPage, meta: Meta) -> Json:
    """Build the list modal. `meta` has hat, subject, scope and page."""
    reader = reader_for(page.viewer, [row.session for row in page.rows], page.now)
    say = reader.say
    blocks: list[Json] = [actions(_toolbar(page, reader))]
    if page.hat is Hat.ADMIN:
        blocks.append(context(say("You act for {client}. The timeline will say so.", client=reader.name(page.subject))))
    elif page.viewer.is_coach:
        given = page.hat is Hat.COACH
        blocks.append(
            context(say("You see the sessions you *give*.") if given else say("You see the sessions you *take*."))
        )
    if page.found is not None:
        every = button(say("Show all"), Action.LIST_ALL, label=say("Show all sessions again"))
        blocks.append(section(_narrowed(page.found, reader, empty=not page.rows), every))
    elif not page.rows:
        blocks.append(section(empty_words(page, reader, page.contact)))
    blocks += sessions_of(page, reader)
    if pager := _pager(page, reader):
        blocks.append(actions(pager))
    if page.page or page.later:
        first = page.page * LIST_PAGE + 1
        blocks.append(context(page_words(first, len(page.rows), number_of(page, say), say)))
    blocks.extend(map(context, reader.zone_if_needed([row.session for row in page.rows])))
    return modal(title_of(page, reader), Callback.LIST, blocks, metadata=meta, close=say.title("Close"))


def sessions_of(page: SessionPage, reader: Reader, *, calm: bool = False) -> list[Json]:
    """Return a page's sessions. The next session of all is a card, `calm` as in `next_session`."""
    rows = list(page.rows)
    first = rows[:1] if page.scope is Scope.UPCOMING and not page.page and page.found is None else []
    blocks = [block for row in first for block in next_session(row, reader, page.hat, calm=calm)]
    return blocks + day_rows(rows[len(first) :], reader, page.hat)


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


def _narrowed(found: Found, reader: Reader, *, empty: bool) -> str:
    """Say what the list was narrowed down to, that nothing is there, and if it was not looked through to its end."""
    say, wanted = reader.say, found.wanted
    parts = [
        reader.name(found.other) if found.other else None,
        typed(found.session_type) if found.session_type else None,
        reader.times.month(wanted.month) if wanted.month else None,
        f"“{typed(wanted.words)}”" if wanted.words else None,
    ]
    words = "\n".join(
        [
            *([f"*{' · '.join(part for part in parts if part)}*"] if any(parts) else []),
            *([say("Nothing was found. Press *Show all*, or *Find…* to look for something else.")] if empty else []),
        ]
    )
    if found.cut:
        n = say.number(COUNTED)
        words += "\n" + say("Only the first {n} sessions of this list were looked through. A month shows others.", n=n)
    return words


def _toolbar(page: SessionPage, reader: Reader) -> list[Json]:
    say, upcoming = reader.say, page.scope is Scope.UPCOMING
    row = [_upcoming(say, current=upcoming), _past(say, current=not upcoming)]
    if upcoming and page.hat is not Hat.COACH:
        row.append(schedule_button(say, primary=page.bookable))
    if any(row.blocked is None for row in page.rows):
        row.append(button(say("Cancel several…"), Action.CANCEL_OPEN, label=say("Choose sessions to cancel")))
    if page.page or page.later or page.found is not None:
        label = say("Find sessions by person, type, month or words")
        row.append(button(say("Find…"), Action.LIST_FIND, label=label))
    if page.hat is Hat.ADMIN:
        row.append(client_button(page.subject, reader))
    if page.gives:
        row.append(every_button(say, page.subject))
    if page.viewer.is_coach and page.hat is Hat.CLIENT:
        row.append(button(say("As coach"), Action.LIST_AS_COACH, label=say("Show the sessions you give")))
    if page.hat is Hat.COACH:
        row.append(button(say("As client"), Action.LIST_AS_CLIENT, label=say("Show the sessions you take")))
    return row


def schedule_button(say: Say, *, primary: bool = False) -> Json:
    """Return the button that opens the booking dialog. `primary`: it is the natural way on."""
    style = "primary" if primary else None
    return button(say.meant("verb", "Schedule"), Action.SCHEDULE, label=say("Schedule a session"), style=style)


def _upcoming(say: Say, *, current: bool) -> Json:
    text = say("Upcoming")
    if current:
        return button(f"✓ {text}", Action.LIST_UPCOMING, label=say("Upcoming, shown now"))
    return button(text, Action.LIST_UPCOMING, label=say("Show upcoming sessions"))


def _past(say: Say, *, current: bool) -> Json:
    text = say("Past")
    if current:
        return button(f"✓ {text}", Action.LIST_PAST, label=say("Past, shown now"))
    return button(text, Action.LIST_PAST, label=say("Show past sessions"))


def _pager(page: SessionPage, reader: Reader) -> list[Json]:
    # Upcoming sessions run forward in time, past ones backward. The labels say where a button leads.
    say = reader.say
    earlier, later = (say("Earlier"), say("Earlier sessions")), (say("Later"), say("Later sessions"))
    back, on = (earlier, later) if page.scope is Scope.UPCOMING else (later, earlier)
    row = []
    if page.page:
        row.append(button(f"‹ {back[0]}", Action.LIST_EARLIER, label=back[1]))
    if page.later:
        row.append(button(f"{on[0]} ›", Action.LIST_LATER, label=on[1]))
    return row + _months(page, reader)


def _months(page: SessionPage, reader: Reader) -> list[Json]:
    """Return the buttons to the months before and after the one that is shown, or to the month that the list is in."""
    say, month = reader.say, page.found.wanted.month if page.found else None
    if month is None:
        if not (page.page or page.later) or not page.rows:
            return []
        here = reader.times.local(page.rows[0].session.starts_at).date()
        label = say("Show {month} alone", month=reader.times.month(here))
        return [button(say("By month"), Action.LIST_MONTH, _month(here), label=label)]
    today = reader.times.local(reader.now).date().replace(day=1)
    before, after = next_month(month, -1), next_month(month)
    row = []
    if page.scope is Scope.PAST or month > today:
        row.append(button(f"‹ {reader.times.month(before)}", Action.LIST_MONTH_BACK, _month(before)))
    if page.scope is Scope.UPCOMING or month < today:
        row.append(button(f"{reader.times.month(after)} ›", Action.LIST_MONTH, _month(after)))
    return row


def _month(day: date) -> str:
    return f"{day:%Y-%m}"
