"""The App Home: a person's own sessions and credits, below what admins and coaches see."""

from collections.abc import Sequence

from coaching.actions.home import Home
from coaching.packages import Holding
from coaching.sessions import Hat
from handlers.ids import Action
from handlers.views.calendar_address import address_button
from handlers.views.command_words import Command, as_typed
from handlers.views.credit_requests import ask_for_credits_button, asked_rows
from handlers.views.credits import spread_line
from handlers.views.grant_lines import grant_line
from handlers.views.home_admin import admin_part
from handlers.views.home_coach import coach_part
from handlers.views.home_sessions import page_of
from handlers.views.kit import MODAL_BLOCKS, Json, actions, button, context, divider, header, section
from handlers.views.list import number_of
from handlers.views.newer import in_all
from handlers.views.notifications import notifications_button
from handlers.views.rows import day_rows
from handlers.views.waiting import waiting_part
from handlers.views.words import Reader, come_in_words, in_credits, reader_for

GRANTS_SHOWN = 10


def home_view(home: Home, *, calendar: bool = False, said: str | None = None) -> Json:
    """Build the App Home. `calendar`: sessions can be subscribed to. `said` (mrkdwn) is what a press in it did."""
    everyone = [row.session for row in home.upcoming.rows]
    everyone += [row.session for row in (home.coaching.rows if home.coaching else ())]
    everyone += [one.session for one in (*home.queue.items, *home.queue.others)]
    reader = reader_for(home.viewer, everyone, home.now)
    say = reader.say
    contact = home.settings.support_contact
    blocks: list[Json] = []
    blocks += admin_part(home, reader)
    blocks += coach_part(home, reader)
    blocks.append(header(say("Your upcoming sessions")))
    blocks.extend(page_of(home, home.upcoming, reader, Action.HOME_LIST))
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
    waiting = waiting_part(home.queue, reader, MODAL_BLOCKS - in_all(blocks), said)
    return {"type": "home", "blocks": [*waiting, *blocks], "callback_id": "home"}


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
        became = spread_line(held, holdings, say)
        lines.append(f"• {grant_line(grant, reader)}" + (f"\n{became}" if became else ""))
    if not lines:
        return say.sentences(say("You have no credits right now."), come_in_words(contact, say))
    rest = len(lines) - GRANTS_SHOWN
    total = sum(held.grant.balance for held in holdings if held.grant.usable(reader.now))
    shown = lines[:GRANTS_SHOWN] + ([say.plural("… and {n} more", "… and {n} more", rest)] if rest > 0 else [])
    return "\n".join([say("*{credits}* in all", credits=in_credits(total, say)), *shown])
