"""Credits: the balances of a person or a pool."""

from collections.abc import Callable, Sequence

from coaching.actions.credits import Account
from coaching.credits import ONE_CREDIT
from coaching.packages import Holding, Pool, spread
from coaching.sessions import Person
from handlers.button_values import holder_key
from handlers.ids import Action, Callback
from handlers.views.bars import bar
from handlers.views.credit_requests import ask_for_credits_button, asked_rows
from handlers.views.kit import (
    Json,
    actions,
    bare,
    button,
    context,
    divider,
    header,
    modal,
    news,
    option,
    overflow,
    section,
    typed,
)
from handlers.views.list import schedule_button
from handlers.views.words import (
    Reader,
    amount,
    come_in_words,
    grant_name,
    in_credits,
    money,
    pool_of,
    reader_for,
)
from language.say import Say

GRANTS_SHOWN = 40
POOLS_SHOWN = 10


def credits_view(account: Account, *, done: str | None = None) -> Json:
    """Build the balances. `done` (mrkdwn), at the top, says what was just changed."""
    reader = reader_for(account.viewer, [], account.now)
    mine = account.subject is not None and account.subject.id == account.viewer.person.id
    admin, say = account.viewer.is_admin, reader.say
    blocks: list[Json] = []
    if done:
        blocks.append(news(done))
    if not mine:
        blocks.append(section(f"*{whose_credits(account.subject, account.pool, reader)}*"))
    usable = [held for held in account.holdings if held.grant.usable(account.now)]
    total = sum(held.grant.balance for held in usable)
    blocks.append(section(_total(account, total, reader, mine=mine)))
    blocks.append(actions(_toolbar(account, say, mine=mine), block_id="credits:toolbar"))
    blocks += asked_rows(account.asked, account.asked_pool, account.subject, reader)
    blocks.extend(_grant(held, account, reader, admin=admin) for held in usable[:GRANTS_SHOWN])
    if len(usable) > GRANTS_SHOWN:
        more = len(usable) - GRANTS_SHOWN
        blocks.append(
            context(say.plural("… and {n} more, which expire later.", "… and {n} more, which expire later.", more))
        )
    blocks += pools_looked_after(account.looks_after, _show_button, say)
    blocks.append(context(reader.zone_of([account.now])))
    title = say.title("Your credits") if mine else say.title("Credits")
    return modal(title, Callback.CREDITS, blocks, close=say.title("Close"))


def pools_looked_after(pools: Sequence[Pool], opener: Callable[[Pool, Say], Json], say: Say) -> list[Json]:
    """List the pools whose contact is the reader, each with the button that `opener` makes for it."""
    if not pools:
        return []
    rows = [
        section(f"*{typed(pool.name)}*\n{members_words(pool, say)}", opener(pool, say)) for pool in pools[:POOLS_SHOWN]
    ]
    return [divider(), header(say("Pools whose contact you are")), *rows]


def _show_button(pool: Pool, say: Say) -> Json:
    label = say("Show {company}'s credits", company=bare(pool.name, 50))
    return button(say("Show"), Action.CREDITS, f"pool:{pool.id}", label=label)


def whose_credits(subject: Person | None, pool: Pool | None, reader: Reader) -> str:
    """Return whose credits these are, in mrkdwn."""
    if pool is not None:
        return pool_of(pool.name, reader.say)
    return reader.name(subject) if subject is not None else reader.say("Credits")


def _total(account: Account, total: int, reader: Reader, *, mine: bool) -> str:
    contact, say = account.settings.support_contact, reader.say
    if not total:
        if mine:
            return say.sentences(say("You have no credits right now."), come_in_words(contact, say))
        return say("{owner} has no credits right now.", owner=whose_credits(account.subject, account.pool, reader))
    shared = sum(h.grant.balance for h in account.holdings if h.grant.usable(account.now) and h.grant.pool)
    all_of_it = say(
        "*{credits}* in all. A booking uses a package for its session first, then what expires first, unless another is "
        "chosen.",
        credits=in_credits(total, say),
    )
    if account.pool is None and shared:
        others = say.plural(
            "{n} of them is shared with others, in a company's pool.",
            "{n} of them are shared with others, in a company's pool.",
            amount(shared),
        )
        return say.sentences(all_of_it, others)
    if account.pool is None:
        return all_of_it
    contact = (
        say("Contact: {person}", person=reader.name(account.pool.contact))
        if account.pool.contact
        else say("No contact yet")
    )
    return f"{all_of_it}\n{contact} · {members_words(account.pool, say)}"


def members_words(pool: Pool, say: Say) -> str:
    """Say how many people book from a pool."""
    if not pool.members:
        return say("nobody books from it yet")
    return say.plural("{n} person books from it", "{n} people book from it", pool.size)


def _toolbar(account: Account, say: Say, *, mine: bool) -> list[Json]:
    key = holder_key(account.holder)
    label = say("Show what happened to these credits")
    row = [button(say("History"), Action.CREDITS_HISTORY, key, label=label)]
    if mine:
        row.append(schedule_button(say))
    else:
        row.append(button(say("Your own credits"), Action.CREDITS, f"client:{account.viewer.person.id}"))
    if mine and not account.viewer.is_admin and account.asked is None:
        row.append(ask_for_credits_button(say))
    if account.viewer.is_admin:
        row.append(button(say("Give credits…"), Action.CREDITS_GIVE, key))
    return row


def _grant(held: Holding, account: Account, reader: Reader, *, admin: bool) -> Json:
    grant, say = held.grant, reader.say
    title = [f"*{grant_name(grant.label, say)}*"]
    if grant.pool and account.pool is None:
        title.append(f":busts_in_silhouette: {pool_of(grant.pool, say)}")
    if grant.session_type:
        title.append(say("for {session} only", session=typed(grant.session_type)))
    if grant.parent_id is not None:
        title.append(say("came back"))
    last = reader.last_day(grant)
    until = say("usable until {day}", day=last) if last else say("no expiry")
    lines = [" · ".join(title), f"{_left(held, account, say)} · {until}"]
    unit = account.prices.get(grant.session_type or "", 0) if _in_sessions(held, held, account) else 0
    if became := spread_line(held, account.holdings, say, unit=unit):
        lines.append(became)
    if not admin:
        return section("\n".join(lines))
    facts = []
    if held.granted_by:
        day = reader.times.day(held.granted_at, reader.now)
        facts.append(say("from {person} on {day}", person=reader.name(held.granted_by), day=day))
    if held.money:
        facts.append(say("{money} paid", money=money(held.money, say)))
    if held.note:
        facts.append(say("note: {note}", note=typed(held.note, 500)))
    if facts:
        lines.append(" · ".join(facts))
    menu = [option(say("Take back…"), f"back:{grant.id}"), option(say("Change expiry…"), f"expiry:{grant.id}")]
    return section("\n".join(lines), overflow(Action.CREDITS_MENU, menu))


def _left(held: Holding, account: Account, say: Say) -> str:
    """Return what is left of how much.

    It is in sessions if every session that was sold still costs what it was sold for. Credits that came back from a
    package count as some of that package's sessions.
    """
    grant = held.grant
    sold = next((one for one in account.holdings if one.grant.id == grant.parent_id), held)
    issued = max(sold.issued, grant.balance)
    if _in_sessions(held, sold, account):
        price = account.prices[grant.session_type or ""]
        return say.plural(
            "{left} of {n} session left", "{left} of {n} sessions left", grant.size, left=grant.balance // price
        )
    if sold is not held:
        return say.plural("{n} credit left", "{n} credits left", amount(grant.balance))
    left = amount(grant.balance)
    return say.plural("{left} of {n} credit left", "{left} of {n} credits left", amount(issued), left=left)


def _in_sessions(held: Holding, sold: Holding, account: Account) -> bool:
    """Return whether every session that was sold still costs what it was sold for."""
    grant, price = held.grant, account.prices.get(held.grant.session_type or "", 0)
    issued = max(sold.issued, grant.balance)
    return grant.package_id is not None and price > 0 and grant.size * price == issued and grant.balance % price == 0


def spread_line(held: Holding, holdings: Sequence[Holding], say: Say, *, unit: int = 0) -> str | None:
    """Return what became of a grant besides what is left: a bar, then the words, or None where nothing did.

    They count sessions of `unit` credits each, or credits if it is 0.
    """
    found = spread(held, holdings)
    if found is None or not (found.booked or found.used):
        return None
    if unit and not (found.booked % unit or found.used % unit):
        booked, used = (say.number(part // unit) for part in (found.booked, found.used))
        words = say.meant("sessions", "{booked} booked, {used} used", booked=booked, used=used)
    else:
        booked, used = (say.number(amount(part)) for part in (found.booked, found.used))
        words = say.meant("credits", "{booked} booked, {used} used", booked=booked, used=used)
    return f"{bar(found, unit or ONE_CREDIT)} {words}"
