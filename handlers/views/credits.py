"""Credits: balances and history, and the admins' forms to give them, take them back and change their expiry."""

from collections.abc import Sequence

from coaching.actions.credits import HISTORY_PAGE, Account, History
from coaching.actions.packages import Catalogue
from coaching.credits import TransferKind
from coaching.naming import told_apart
from coaching.packages import CREDITS, Holder, Holding, Movement, Pool
from coaching.sessions import Person
from handlers.ids import Action, Block, Callback
from handlers.views.kit import (
    OPTION,
    Json,
    actions,
    alert,
    bare,
    button,
    context,
    divider,
    field,
    header,
    modal,
    option,
    overflow,
    paragraphs,
    section,
    select,
    text_input,
    typed,
)
from handlers.views.words import Reader, come_in_words, count, in_credits, money, number, reader_for

GRANTS_SHOWN = 40
POOLS_SHOWN = 10
MENU = 100
"""Most packages and pools in one menu."""


def holder_key(holder: Holder) -> str:
    """Name whose credits these are, in a button's value."""
    return f"client:{holder.client_id}" if holder.client_id is not None else f"pool:{holder.pool_id}"


def credits_view(account: Account, *, done: str | None = None) -> Json:
    """Build the balances; `done` (mrkdwn) says on top what was just changed."""
    reader = reader_for(account.viewer, [], account.now)
    mine = account.subject is not None and account.subject.id == account.viewer.person.id
    admin = account.viewer.is_admin
    blocks: list[Json] = []
    if done:
        blocks.append(alert(done, "info"))
    if not mine:
        blocks.append(section(f"*{_whose(account.subject, account.pool, reader)}*"))
    usable = [held for held in account.holdings if held.grant.usable(account.now)]
    total = sum(held.grant.balance for held in usable)
    blocks.append(section(_total(account, total, reader, mine=mine)))
    blocks.append(actions(_toolbar(account, mine=mine), block_id="credits:toolbar"))
    blocks.extend(_grant(held, account, reader, admin=admin) for held in usable[:GRANTS_SHOWN])
    if len(usable) > GRANTS_SHOWN:
        blocks.append(context(f"… and {len(usable) - GRANTS_SHOWN} more, which expire later."))
    if account.looks_after:
        blocks += [divider(), header("Pools you look after")]
        for pool in account.looks_after[:POOLS_SHOWN]:
            show = button("Show", Action.CREDITS, f"pool:{pool.id}", label=f"Show {bare(pool.name, 50)}'s credits")
            blocks.append(section(f"*{typed(pool.name)}*\n{_members(pool)}", show))
    blocks.append(context(f"Times are in {reader.times.zone_line([account.now])}."))
    return modal("Your credits" if mine else "Credits", Callback.CREDITS, blocks)


def _whose(subject: Person | None, pool: Pool | None, reader: Reader) -> str:
    if pool is not None:
        return f"{typed(pool.name)}'s pool"
    return reader.name(subject) if subject is not None else "Credits"


def _total(account: Account, total: int, reader: Reader, *, mine: bool) -> str:
    contact = account.settings.support_contact
    if not total:
        if mine:
            return f"You have no credits right now. {come_in_words(contact)}"
        return f"{_whose(account.subject, account.pool, reader)} has no credits right now."
    shared = sum(h.grant.balance for h in account.holdings if h.grant.usable(account.now) and h.grant.pool)
    words = f"*{in_credits(total)}* in all. What expires first is used first."
    if account.pool is None and shared:
        words += (
            f" {number(shared)} of them {'is' if shared == 100 else 'are'} shared with others, in a company's pool."
        )
    if account.pool is not None:
        contact_name = reader.name(account.pool.contact) if account.pool.contact else "nobody yet"
        words += f"\nLooked after by {contact_name} · {_members(account.pool)}"
    return words


def _members(pool: Pool) -> str:
    people = len(pool.members)
    return (
        "nobody books from it yet"
        if not people
        else f"{people} {'person books' if people == 1 else 'people book'} from it"
    )


def _toolbar(account: Account, *, mine: bool) -> list[Json]:
    key = holder_key(account.holder)
    row = [button("History", Action.CREDITS_HISTORY, key, label="Show what happened to these credits")]
    if mine:
        row.append(button("Schedule", Action.SCHEDULE, label="Schedule a session"))
    else:
        row.append(button("Your own credits", Action.CREDITS, f"client:{account.viewer.person.id}"))
    if account.viewer.is_admin:
        row.append(button("Give credits…", Action.CREDITS_GIVE, key))
    return row


def _grant(held: Holding, account: Account, reader: Reader, *, admin: bool) -> Json:
    grant = held.grant
    where = f" · :busts_in_silhouette: {typed(grant.pool)}'s pool" if grant.pool and account.pool is None else ""
    only = f" · for {typed(grant.session_type)} only" if grant.session_type else ""
    last = reader.last_day(grant)
    until = f"usable until {last}" if last else "no expiry"
    back = " · came back" if grant.parent_id is not None else ""
    lines = [
        f"*{typed(grant.label)}*{where}{only}{back}",
        f"{_left(held, account)} left · {until}",
    ]
    if not admin:
        return section("\n".join(lines))
    facts = []
    if held.granted_by:
        facts.append(f"from {reader.name(held.granted_by)} on {reader.times.day(held.granted_at, reader.now)}")
    if held.money:
        facts.append(f"{money(held.money)} paid")
    if held.note:
        facts.append(f"note: {typed(held.note, 500)}")
    if facts:
        lines.append(" · ".join(facts))
    menu = [option("Take back…", f"back:{grant.id}"), option("Change expiry…", f"expiry:{grant.id}")]
    return section("\n".join(lines), overflow(Action.CREDITS_MENU, menu))


def _left(held: Holding, account: Account) -> str:
    """What is left of how much: in sessions where every one that was sold costs today what it was sold for.

    What came back of a package is some of that package's sessions.
    """
    grant = held.grant
    sold = next((one for one in account.holdings if one.grant.id == grant.parent_id), held)
    issued = max(sold.issued, grant.balance)
    price = account.prices.get(grant.session_type or "", 0)
    if grant.package_id is not None and price and grant.size * price == issued and grant.balance % price == 0:
        return f"{grant.balance // price:,} of {count(grant.size)}"
    if sold is not held:
        return in_credits(grant.balance)
    return f"{number(grant.balance)} of {in_credits(issued)}"


def history_view(history: History) -> Json:
    """Build one page of the history, newest first."""
    instants = [movement.starts_at for movement in history.movements if movement.starts_at] or [history.now]
    reader = reader_for(history.viewer, [], history.now)
    key = holder_key(history.holder)
    mine = history.subject is not None and history.subject.id == history.viewer.person.id
    blocks: list[Json] = [section(f"*{'Your credits' if mine else _whose(history.subject, history.pool, reader)}*")]
    lines = [_movement(one, reader, history) for one in history.movements]
    blocks += paragraphs(lines) if lines else [section(_nothing(mine=mine))]
    row = [button("‹ Balances", Action.CREDITS, key, label="Back to the balances")]
    if history.page:
        row.append(button("‹ Newer", Action.CREDITS_LATER, f"{key}|{history.page - 1}", label="Newer movements"))
    if history.more:
        row.append(button("Older ›", Action.CREDITS_EARLIER, f"{key}|{history.page + 1}", label="Older movements"))
    blocks.append(actions(row))
    if history.page or history.more:
        first = history.page * HISTORY_PAGE
        blocks.append(context(f"Movements {first + 1}–{first + len(history.movements)}, newest first"))
    if history.looks_after:
        blocks += [divider(), header("Pools you look after")]
        for pool in history.looks_after[:POOLS_SHOWN]:
            show = button(
                "History", Action.CREDITS_HISTORY, f"pool:{pool.id}", label=f"{bare(pool.name, 50)}'s history"
            )
            blocks.append(section(f"*{typed(pool.name)}*\n{_members(pool)}", show))
    blocks.append(context(f"Times are in {reader.times.zone_line(instants)}."))
    return modal("History of credits", Callback.CREDITS_HISTORY, blocks)


def _nothing(*, mine: bool) -> str:
    words = "Nothing has happened here yet."
    return f"{words} What you book with a company's pool will show here too." if mine else words


def _movement(one: Movement, reader: Reader, history: History) -> str:
    sign = "+" if one.change > 0 else "−" if one.change < 0 else ""
    amount = f"*{sign}{in_credits(one.amount)}*"
    where = f" · {typed(one.pool)}'s pool" if one.pool and history.pool is None else ""
    return f"{reader.times.day(one.at, reader.now)} · {amount} · {_words(one, reader, history)}{where}"


_SESSION_WORDS = {
    TransferKind.BOOK: "Booked",
    TransferKind.REFUND: "Returned",
    TransferKind.FORFEIT: "Not returned (canceled)",
    TransferKind.LATE_REFUND: "Returned after all",
    TransferKind.UNDO: "Cancellation undone, booked again",
    TransferKind.MISS: "Not returned (missed)",
    TransferKind.EARN: "Used",
}


def _words(one: Movement, reader: Reader, history: History) -> str:
    label = f": {typed(one.label)}" if one.label != CREDITS else ""
    if one.kind is TransferKind.ISSUE:
        return f"Given{f' by {reader.name(one.who)}' if one.who else ' (import)'}{label}"
    if one.kind is TransferKind.REVOKE:
        return f"Taken back{f' by {reader.name(one.who)}' if one.who else ''}{label}"
    if one.kind is TransferKind.EXPIRE:
        return f"Expired{label}"
    session = typed(one.session_type or "session")
    if one.coach is not None and one.starts_at is not None:
        session += f" with {reader.name(one.coach)}, {reader.instant(one.starts_at)}"
    whose = f" · for {reader.name(one.who)}" if history.pool is not None and one.who else ""
    return f"{_SESSION_WORDS.get(one.kind, 'Moved')}: {session}{whose}"


def give_form(catalogue: Catalogue, account: Account | None, key: str) -> Json:
    """Give credits or a package: to whom is chosen in the form, at first the holder of `account` unless that is oneself.

    A pool stays as it is, and so does somebody who is not in Slack yet: no picker offers them.
    """
    blocks: list[Json] = []
    subject = account.subject if account is not None else None
    oneself = account is None or (subject is not None and subject.id == account.viewer.person.id)
    fixed = account is not None and not (subject is not None and subject.in_slack)
    if account is not None and fixed:
        reader = reader_for(account.viewer, [], account.now)
        blocks.append(section(f"*To:* {_whose(account.subject, account.pool, reader)}"))
    else:
        who: Json = {"type": "users_select", "action_id": Action.INPUT}
        if subject is not None and not oneself:
            who["initial_user"] = subject.id
        blocks.append(field("Person", who, Block.CREDIT_PERSON, optional=oneself))
        if oneself and catalogue.pools:
            pools = catalogue.pools[:MENU]
            labels = told_apart([bare(one.name) for one in pools], [_members(one) for one in pools], OPTION)
            menu = [option(label, pool.id) for label, pool in zip(labels, pools, strict=True)]
            pick = select(Action.INPUT, menu, placeholder="Choose a pool")
            hint = "Choose a person or a pool: one of the two."
            blocks.append(field("… or company pool", pick, Block.CREDIT_POOL, hint=hint, optional=True))
    offered = [one for one in catalogue.packages if one.offered][:MENU]
    if offered:
        words = [f"{bare(one.name, 34)} · {one.sessions} × {bare(one.session_type, 24)}" for one in offered]
        labels = told_apart(words, [""] * len(offered), OPTION)
        options = [option(label, one.id) for label, one in zip(labels, offered, strict=True)]
        pick = select(Action.INPUT, options, placeholder="Choose a package")
        blocks.append(field("Package", pick, Block.CREDIT_PACKAGE, optional=True))
    label = "… or credits for any session" if offered else "Credits"
    blocks.append(
        field(
            label, text_input(Action.INPUT, most=20), Block.CREDIT_AMOUNT, hint="Like 3 or 0.5.", optional=bool(offered)
        )
    )
    blocks += [
        field(
            "Last day to use them",
            {"type": "datepicker", "action_id": Action.INPUT},
            Block.CREDIT_EXPIRY,
            hint="On the calendar of whoever gets them. Leave it empty for what the package says, or for no expiry.",
            optional=True,
        ),
        field(
            "What was paid for them",
            text_input(Action.INPUT, most=30),
            Block.CREDIT_PAID,
            hint="For the record, like 900 USD. Empty: the package's price.",
            optional=True,
        ),
        field(
            "Note",
            text_input(Action.INPUT, most=500, multiline=True),
            Block.CREDIT_NOTE,
            hint="Only admins see it.",
            optional=True,
        ),
        context("Whoever gets them is told by direct message; for a pool, its contact."),
    ]
    if account is not None:
        blocks.append(_back(key))
    return modal("Give credits", Callback.CREDITS_GIVE, blocks, metadata=key if fixed else "", submit="Give")


def take_back_form(held: Holding, account: Account) -> Json:
    """Ask how much of what is left of a grant is taken back."""
    reader = reader_for(account.viewer, [], account.now)
    grant, whose = held.grant, _whose(account.subject, account.pool, reader)
    blocks = [
        section(
            f"*{typed(grant.label)}* of {whose}: {in_credits(grant.balance)} left to take back.\n"
            "What is booked stays paid, and still comes back to them when it is canceled in time."
        ),
        field(
            "Credits to take back",
            text_input(Action.INPUT, initial=number(grant.balance).replace(",", ""), most=20),
            Block.CREDIT_AMOUNT,
            hint="All that is left, or a part of it, like 3 or 0.5.",
        ),
        context("The history shows that you did it."),
        _back(holder_key(held.holder)),
    ]
    return modal("Take credits back", Callback.CREDITS_BACK, blocks, metadata=grant.id, submit="Take back")


def expiry_form(held: Holding, account: Account) -> Json:
    """Ask until when a grant can be used."""
    reader = reader_for(account.viewer, [], account.now)
    grant, whose = held.grant, _whose(account.subject, account.pool, reader)
    last = reader.last_day(grant)
    until = f"until {last}" if last else "without expiry"
    picker: Json = {"type": "datepicker", "action_id": Action.INPUT}
    if grant.last_day is not None:
        picker["initial_date"] = grant.last_day.day.isoformat()
    blocks = [
        section(f"*{typed(grant.label)}* of {whose}: {in_credits(grant.balance)} left, {until}."),
        field(
            "Last day to use them",
            picker,
            Block.CREDIT_EXPIRY,
            hint="On the holder's calendar. Leave it empty for no expiry. They are told again before that day.",
            optional=True,
        ),
        _back(holder_key(held.holder)),
    ]
    return modal("Change expiry", Callback.CREDITS_EXPIRY, blocks, metadata=grant.id, submit="Save")


def _back(key: str) -> Json:
    return actions([button("‹ Balances", Action.CREDITS, key, label="Back to the balances, changing nothing")])


def given_words(held: Holding, told: Sequence[str]) -> str:
    """Say what was given, and who is told of it (mrkdwn names)."""
    tell = f" We tell {told[0]}." if told else " Nobody is told: the pool has no contact yet."
    label = f", {typed(held.grant.label)}" if held.grant.label != CREDITS else ""
    return f"Given: {in_credits(held.issued)}{label}.{tell}"
