"""The admins' forms to give credits, take them back and change their expiry."""

from coaching.actions.credits import Account
from coaching.actions.packages import Catalogue
from coaching.naming import told_apart
from coaching.packages import CREDITS, Holding
from coaching.requests import Request
from handlers.amounts import HALF
from handlers.button_values import holder_key
from handlers.ids import Action, Block, Callback
from handlers.meta import GrantMeta, HolderMeta
from handlers.views.credits import members_words, whose_credits
from handlers.views.kit import (
    OPTION,
    SELECT,
    Json,
    actions,
    bare,
    button,
    context,
    field,
    modal,
    option,
    section,
    select,
    text_input,
    typed,
)
from handlers.views.words import (
    Reader,
    amount,
    grant_name,
    in_credits,
    reader_for,
)
from language.say import Say, say_for


def give_form(catalogue: Catalogue, account: Account | None, asked: Request | None = None) -> Json:
    """Build the form to give credits or a package. It asks for the recipient, at first the holder of `account`.

    The admin's own account is not preset. A pool is fixed, and so is a person who is not in Slack yet, because no
    picker offers them. Where `asked` is answered, its holder is fixed, and as many credits are entered as are asked for:
    where a package can be chosen instead, the hint says how many.
    """
    say = say_for(catalogue.viewer.person.locale)
    blocks: list[Json] = []
    subject = account.subject if account is not None else None
    oneself = account is None or (subject is not None and subject.id == account.viewer.person.id)
    fixed = account is not None and (asked is not None or not (subject is not None and subject.in_slack))
    if account is not None and fixed:
        reader = reader_for(account.viewer, [], account.now)
        blocks.append(section(say("*To:* {owner}", owner=whose_credits(account.subject, account.pool, reader))))
    else:
        who: Json = {"type": "users_select", "action_id": Action.INPUT}
        if subject is not None and not oneself:
            who["initial_user"] = subject.id
        blocks.append(field(say("Person"), who, Block.CREDIT_PERSON, optional=oneself))
        pools = [one for one in catalogue.pools if not one.retired][:SELECT]
        if oneself and pools:
            labels = told_apart([bare(one.name) for one in pools], [members_words(one, say) for one in pools], OPTION)
            menu = [option(label, pool.id) for label, pool in zip(labels, pools, strict=True)]
            pick = select(Action.INPUT, menu, placeholder=say("Choose a pool"))
            hint = say("Choose a person or a pool: one of the two.")
            blocks.append(field(say("… or company pool"), pick, Block.CREDIT_POOL, hint=hint, optional=True))
    offered = [one for one in catalogue.packages if one.offered][:SELECT]
    if offered:
        words = [f"{bare(one.name, 34)} · {one.sessions} × {bare(one.session_type, 24)}" for one in offered]
        labels = told_apart(words, [""] * len(offered), OPTION)
        options = [option(label, one.id) for label, one in zip(labels, offered, strict=True)]
        pick = select(Action.INPUT, options, placeholder=say("Choose a package"))
        blocks.append(field(say("Package"), pick, Block.CREDIT_PACKAGE, optional=True))
    label = say("… or credits for any session") if offered else say.meant("how many", "Credits")
    # A number that is entered already would make every package be refused: it is one or the other.
    wanted = str(amount(asked.amount or 0)) if asked is not None and not offered else None
    number_typed = text_input(Action.INPUT, initial=wanted, most=20)
    like = say("Like 3 or {half}.", half=say.number(HALF))
    if asked is not None and offered:
        like = say("Asked for: {credits}.", credits=in_credits(asked.amount or 0, say))
    blocks.append(field(label, number_typed, Block.CREDIT_AMOUNT, hint=like, optional=bool(offered)))
    blocks += [
        field(
            say("Last day to use them"),
            {"type": "datepicker", "action_id": Action.INPUT},
            Block.CREDIT_EXPIRY,
            hint=say(
                "On the calendar of whoever gets them. Leave it empty for what the package says, or for no expiry."
            ),
            optional=True,
        ),
        field(
            say("What was paid for them"),
            text_input(Action.INPUT, most=30),
            Block.CREDIT_PAID,
            hint=say("For the record, like 900 USD. Empty: the package's price."),
            optional=True,
        ),
        field(
            say.meant("memo", "Note"),
            text_input(Action.INPUT, most=500, multiline=True),
            Block.CREDIT_NOTE,
            hint=say("Only admins see it."),
            optional=True,
        ),
        context(say("Whoever gets them is told; for a pool, its contact.")),
    ]
    if account is not None:
        blocks.append(_back(holder_key(account.holder), say))
    return modal(
        say.title("Give credits"),
        Callback.CREDITS_GIVE,
        blocks,
        metadata=HolderMeta(
            account.holder if account is not None and fixed else None, asked.action_id if asked else ""
        ),
        submit=say.title("Give"),
        close=say.title("Close"),
    )


def take_back_form(held: Holding, account: Account) -> Json:
    """Build the form that asks how much of the rest of a grant to take back."""
    reader = reader_for(account.viewer, [], account.now)
    grant, say = held.grant, reader.say
    left = say.plural(
        "*{grant}* of {owner}: {n} credit left to take back.",
        "*{grant}* of {owner}: {n} credits left to take back.",
        amount(grant.balance),
        grant=grant_name(grant.label, say),
        owner=whose_credits(account.subject, account.pool, reader),
    )
    stays = say("What is booked stays paid, and still comes back to them when it is canceled in time.")
    blocks = [
        section(f"{left}\n{stays}"),
        field(
            say("Credits to take back"),
            text_input(Action.INPUT, initial=str(amount(grant.balance)), most=20),
            Block.CREDIT_AMOUNT,
            hint=say("All that is left, or a part of it, like 3 or {half}.", half=say.number(HALF)),
        ),
        context(say("The history shows that you did it.")),
        _back(holder_key(held.holder), say),
    ]
    return modal(
        say.title("Take credits back"),
        Callback.CREDITS_BACK,
        blocks,
        metadata=GrantMeta(grant.id),
        submit=say.title("Take back"),
        close=say.title("Close"),
    )


def expiry_form(held: Holding, account: Account) -> Json:
    """Build the form that asks for a grant's expiry."""
    reader = reader_for(account.viewer, [], account.now)
    grant, say = held.grant, reader.say
    last = reader.last_day(grant)
    picker: Json = {"type": "datepicker", "action_id": Action.INPUT}
    if grant.last_day is not None:
        picker["initial_date"] = grant.last_day.day.isoformat()
    blocks = [
        section(_left_until(held, account, reader, last)),
        field(
            say("Last day to use them"),
            picker,
            Block.CREDIT_EXPIRY,
            hint=say("On the holder's calendar. Leave it empty for no expiry. They are told again before that day."),
            optional=True,
        ),
        _back(holder_key(held.holder), say),
    ]
    return modal(
        say.title("Change expiry"),
        Callback.CREDITS_EXPIRY,
        blocks,
        metadata=GrantMeta(grant.id),
        submit=say.title("Save"),
        close=say.title("Close"),
    )


def _left_until(held: Holding, account: Account, reader: Reader, last: str | None) -> str:
    grant, say = held.grant, reader.say
    name, owner = grant_name(grant.label, say), whose_credits(account.subject, account.pool, reader)
    left = amount(grant.balance)
    if last is None:
        return say.plural(
            "*{grant}* of {owner}: {n} credit left, without expiry.",
            "*{grant}* of {owner}: {n} credits left, without expiry.",
            left,
            grant=name,
            owner=owner,
        )
    return say.plural(
        "*{grant}* of {owner}: {n} credit left, until {day}.",
        "*{grant}* of {owner}: {n} credits left, until {day}.",
        left,
        grant=name,
        owner=owner,
        day=last,
    )


def _back(key: str, say: Say) -> Json:
    label = say("Back to the balances, changing nothing")
    return actions([button(f"‹ {say('Balances')}", Action.CREDITS, key, label=label)])


def given_words(held: Holding, told: str | None, say: Say) -> str:
    """Say what was given, and who is notified, if anyone: their name in mrkdwn."""
    credits = in_credits(held.issued, say)
    given = say("Given: {credits}.", credits=credits)
    if held.grant.label != CREDITS:
        given = say("Given: {credits}, {package}.", credits=credits, package=typed(held.grant.label))
    if told is not None:
        return say.sentences(given, say("We tell {people}.", people=told))
    return say.sentences(given, say("Nobody is told: the pool has no contact yet."))
