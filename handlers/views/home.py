"""The App Home: upcoming, past, credits. Coaches also see the sessions they give, admins what is missing."""

from collections.abc import Sequence
from dataclasses import replace

from coaching.actions.browse import SessionPage
from coaching.actions.home import Home, Staff
from coaching.availability import format_hours
from coaching.packages import Holding
from coaching.sessions import Hat
from handlers.ids import Action
from handlers.views.calendar_address import address_button
from handlers.views.command_words import Command, as_typed
from handlers.views.credit_requests import ask_for_credits_button, asked_rows
from handlers.views.credits import spread_line
from handlers.views.kit import Json, actions, button, clip, context, divider, header, section, typed
from handlers.views.list import empty_words, number_of, schedule_button, sessions_of
from handlers.views.notifications import notifications_button
from handlers.views.rows import day_rows, joins_soon
from handlers.views.times import times_for
from handlers.views.typed_words import hours_in
from handlers.views.words import Reader, amount, come_in_words, grant_name, in_credits, pool_of, reader_for

GRANTS_SHOWN = 10


def home_view(home: Home, *, calendar: bool = False) -> Json:
    """Build the App Home. `calendar`: sessions can be subscribed to."""
    everyone = [row.session for row in home.upcoming.rows]
    everyone += [row.session for row in (home.coaching.rows if home.coaching else ())]
    reader = reader_for(home.viewer, everyone, home.now)
    say = reader.say
    contact, leads = home.settings.support_contact, _leads(home, reader)
    blocks: list[Json] = []
    if home.staff is not None:
        blocks.extend(_admin(home.staff, reader))
    if home.coaching is not None:
        blocks.append(header(say("Sessions you give")))
        blocks.extend(_page(home.coaching, reader, Action.HOME_COACH, contact, calm=leads is not home.coaching))
        if home.viewer.is_coach:
            blocks.append(_hours(home, reader))
        blocks.append(divider())
    blocks.append(header(say("Your upcoming sessions")))
    blocks.extend(_page(home.upcoming, reader, Action.HOME_LIST, contact, calm=leads is not home.upcoming))
    blocks.append(divider())
    blocks.append(header(say("Your credits")))
    details = button(say("Details"), Action.CREDITS, label=say("Show your credits and their history"))
    blocks.append(section(_credits(home.holdings, reader, contact), details))
    blocks += _ask(home, reader)
    if home.past.rows:
        blocks.append(divider())
        blocks.append(header(say("Past sessions")))
        blocks.extend(day_rows(home.past.rows, reader, Hat.CLIENT))
        if home.past.total > len(home.past.rows):
            every = say("All past sessions ({n})", n=number_of(home.past, say))
            blocks.append(actions([button(every, Action.HOME_PAST)]))
    own = [*([address_button(say)] if calendar else []), notifications_button(say)]
    blocks.append(actions(own, block_id="home:own"))
    more = say("{command} says what else you can do.", command=f"`{as_typed(say, Command.HELP)}`")
    blocks.append(context(*reader.zone_if_needed(everyone), more))
    return {"type": "home", "blocks": blocks, "callback_id": "home"}


def _hours(home: Home, reader: Reader) -> Json:
    say = reader.say
    label = say("Edit the hours in which you can be booked")
    edit = button(say("Edit hours"), Action.HOURS, home.viewer.person.id, label=label)
    head = f"*{say('Your hours')}*"
    if home.hours is None or not home.hours.hours:
        return section(f"{head}\n{say('No hours yet: clients cannot book you by themselves.')}", edit)
    times = times_for(replace(home.viewer.person, time_zone=home.hours.time_zone))
    return section(
        f"{head}\n{clip(format_hours(home.hours.hours, hours_in(say)), 1000)}, {times.zone_line([home.now])}", edit
    )


def _admin(staff: Staff, reader: Reader) -> list[Json]:
    say = reader.say
    button_ = button(say("Set up"), Action.HOME_SETUP, style=None if staff.coaches else "primary")
    if not staff.coaches:
        text = say(
            "*Welcome!* No coaches are named yet. Set up coaches, their alert channels and your cancellation terms; "
            "then bring your sessions in with the import ({command}).",
            command="`python -m bot import FILE.csv`",
        )
    else:
        number = say.plural("{n} coach is set up.", "{n} coaches are set up.", staff.coaches)
        text = say.sentences(say("*You are an admin.*"), number)
        if staff.idle:
            names = say.listed(map(reader.name, staff.without_hours), besides=staff.idle - len(staff.without_hours))
            none = say("No hours to book yet: {coaches}. Set them in the set-up, in each coach's menu.", coaches=names)
            text += f"\n{none}"
    return [section(text, button_), divider()]


def _leads(home: Home, reader: Reader) -> SessionPage | None:
    """Return the part of the Home that has its one primary button: where a session is joined first, or booked.

    None: it is the set-up's.
    """
    if home.staff is not None and not home.staff.coaches:
        return None
    pages = [page for page in (home.upcoming, home.coaching) if page is not None]
    joined = [page for page in pages if page.rows and joins_soon(page.rows[0], reader)]
    return min(joined, key=lambda page: page.rows[0].session.starts_at) if joined else home.upcoming


def _page(page: SessionPage, reader: Reader, action_id: Action, contact: str | None, *, calm: bool) -> list[Json]:
    """Return a part of the Home. `calm`: another one has the primary button."""
    say = reader.say
    schedule = schedule_button(say, primary=page.bookable and not calm)
    if not page.rows:
        offer = page.bookable and page.hat is Hat.CLIENT
        words = section(empty_words(page, reader, contact))
        return [words, *([actions([schedule], block_id="home:schedule")] if offer else [])]
    every = say("Show all ({n})", n=number_of(page, say)) if page.later else say("Show as list")
    row = [button(every, action_id)]
    if any(item.blocked is None for item in page.rows):
        row.append(button(say("Cancel several…"), Action.CANCEL_OPEN, str(page.hat)))
    if page.hat is Hat.CLIENT:
        row.append(schedule)
    # One block id per hat, because both parts of the Home have the same buttons.
    return [actions(row, block_id=f"home:{page.hat}"), *sessions_of(page, reader, calm=calm)]


def _ask(home: Home, reader: Reader) -> list[Json]:
    """Return what leads on for a person without credits: asking for some, or what they asked for."""
    if not home.poor:
        return []
    if home.asked is not None:
        return asked_rows(home.asked, home.asked_pool, home.viewer.person, reader)
    return [actions([ask_for_credits_button(reader.say)], block_id="home:credits")]


def _credits(holdings: Sequence[Holding], reader: Reader, contact: str | None) -> str:
    say = reader.say
    lines = []
    for held in holdings:
        grant = held.grant
        if not grant.usable(reader.now):
            continue
        last = reader.last_day(grant)
        facts = [
            say.plural(
                "*{grant}*: {n} credit left",
                "*{grant}*: {n} credits left",
                amount(grant.balance),
                grant=grant_name(grant.label, say),
            ),
            say("usable until {day}", day=last) if last else say("no expiry"),
        ]
        if grant.session_type:
            facts.append(say("for {session}", session=typed(grant.session_type)))
        if grant.pool:
            facts.append(pool_of(grant.pool, say))
        became = spread_line(held, holdings, say)
        lines.append(f"• {' · '.join(facts)}" + (f"\n{became}" if became else ""))
    if not lines:
        return say.sentences(say("You have no credits right now."), come_in_words(contact, say))
    rest = len(lines) - GRANTS_SHOWN
    total = sum(held.grant.balance for held in holdings if held.grant.usable(reader.now))
    shown = lines[:GRANTS_SHOWN] + ([say.plural("… and {n} more", "… and {n} more", rest)] if rest > 0 else [])
    return "\n".join([say("*{credits}* in all", credits=in_credits(total, say)), *shown])
