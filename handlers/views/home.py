"""The App Home: upcoming, past, credits; for coaches what they give; for admins what is missing."""

from collections.abc import Sequence
from dataclasses import replace

from coaching.actions.browse import Home, SessionPage
from coaching.credits import Grant
from coaching.sessions import Hat, Person
from handlers.ids import COMMAND, Action
from handlers.views.kit import Json, actions, button, clip, context, divider, header, section, typed
from handlers.views.list import empty_words, row_block
from handlers.views.times import times_for
from handlers.views.words import Reader, come_in_words, in_credits, reader_for

GRANTS_SHOWN = 10
NAMED = 10
PAST_SHOWN = 5


def home_view(home: Home, *, coaches: int | None = None, without_hours: Sequence[Person] = ()) -> Json:
    """Build the App Home.

    `coaches` is how many coaches there are, `without_hours` who of them gives no hours, where the viewer is an admin and
    should know.
    """
    everyone = [row.session for row in home.upcoming.rows]
    everyone += [row.session for row in (home.coaching.rows if home.coaching else ())]
    reader = reader_for(home.viewer, everyone, home.now)
    contact = home.settings.support_contact
    blocks: list[Json] = []
    if home.viewer.is_admin:
        blocks.extend(_admin(coaches, without_hours, reader))
    if home.coaching is not None:
        blocks.append(header("Sessions you give"))
        blocks.extend(_page(home.coaching, reader, Action.HOME_COACH, contact))
        if home.viewer.is_coach:
            blocks.append(_hours(home))
        blocks.append(divider())
    blocks.append(header("Your upcoming sessions"))
    blocks.extend(_page(home.upcoming, reader, Action.HOME_LIST, contact))
    blocks.append(divider())
    blocks.append(header("Your credits"))
    more = button("Details", Action.CREDITS, label="Show your credits and their history")
    blocks.append(section(_credits(home.grants, reader, contact), more))
    if home.past.rows:
        blocks.append(divider())
        blocks.append(header("Past sessions"))
        blocks.extend(row_block(row, reader, Hat.CLIENT) for row in home.past.rows[:PAST_SHOWN])
        if home.past.total > PAST_SHOWN:
            blocks.append(actions([button(f"All past sessions ({home.past.total:,})", Action.HOME_PAST)]))
    blocks.append(context(reader.zone_line(everyone), f"`{COMMAND} help` says what else you can do."))
    return {"type": "home", "blocks": blocks, "callback_id": "home"}


def _hours(home: Home) -> Json:
    label = "Edit the hours in which you can be booked"
    edit = button("Edit hours", Action.HOURS, home.viewer.person.id, label=label)
    if home.hours is None or not home.hours.hours:
        return section("*Your hours*\nNone yet: clients cannot book you by themselves.", edit)
    times = times_for(replace(home.viewer.person, time_zone=home.hours.time_zone))
    return section(f"*Your hours*\n{clip(str(home.hours.hours), 1000)}, {times.zone_line([home.now])}", edit)


def _admin(coaches: int | None, without_hours: Sequence[Person], reader: Reader) -> list[Json]:
    button_ = button("Set up", Action.HOME_SETUP, style=None if coaches else "primary")
    if not coaches:
        text = (
            "*Welcome!* No coaches are named yet. Set up coaches, their alert channels and your cancellation terms; "
            "then bring your sessions in with the import (`python -m bot import FILE.csv`)."
        )
    else:
        text = f"*You are an admin.* {coaches} {'coach is' if coaches == 1 else 'coaches are'} set up."
        if without_hours:
            names = ", ".join(reader.name(person) for person in without_hours[:NAMED])
            rest = f" and {len(without_hours) - NAMED} more" if len(without_hours) > NAMED else ""
            text += f"\nNo hours to book yet: {names}{rest}. Set them in the set-up, in each coach's menu."
    return [section(text, button_), divider()]


def _page(page: SessionPage, reader: Reader, action_id: Action, contact: str | None) -> list[Json]:
    schedule = button("Schedule", Action.SCHEDULE, label="Schedule a session")
    if not page.rows:
        offer = page.bookable and page.hat is Hat.CLIENT
        words = section(empty_words(page, reader, contact))
        return [words, *([actions([schedule], block_id="home:schedule")] if offer else [])]
    blocks = [row_block(row, reader, page.hat) for row in page.rows]
    row = [button(f"Show all ({page.total:,})" if page.pages > 1 else "Show as list", action_id)]
    if any(item.blocked is None for item in page.rows):
        row.append(button("Cancel sessions…", Action.CANCEL_OPEN, str(page.hat)))
    if page.hat is Hat.CLIENT:
        row.append(schedule)
    # One block id per hat: the same buttons stand in both parts of the Home.
    blocks.append(actions(row, block_id=f"home:{page.hat}"))
    return blocks


def _credits(grants: Sequence[Grant], reader: Reader, contact: str | None) -> str:
    lines = []
    for grant in grants:
        if not grant.usable(reader.now):
            continue
        last = reader.last_day(grant)
        until = f"usable until {last}" if last else "no expiry"
        only = f" · for {typed(grant.session_type)}" if grant.session_type else ""
        only += f" · {typed(grant.pool)}'s pool" if grant.pool else ""
        lines.append(f"• *{typed(grant.label)}*: {in_credits(grant.balance)} left · {until}{only}")
    if not lines:
        return f"You have no credits right now. {come_in_words(contact)}"
    rest = len(lines) - GRANTS_SHOWN
    total = sum(grant.balance for grant in grants if grant.usable(reader.now))
    shown = lines[:GRANTS_SHOWN] + ([f"… and {rest} more"] if rest > 0 else [])
    return "\n".join([f"*{in_credits(total)}* in all", *shown])
