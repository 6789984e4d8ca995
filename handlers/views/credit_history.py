"""The history of credits, newest first, with the balance after each movement."""

from coaching.actions.credits import History
from coaching.credits import TransferKind
from coaching.packages import CREDITS, Movement, Pool
from coaching.sessions import Hat
from handlers.button_values import holder_key, turn_value
from handlers.ids import Action, Callback
from handlers.views.credits import pools_looked_after, whose_credits
from handlers.views.kit import (
    Json,
    actions,
    bare,
    button,
    columns,
    context,
    modal,
    news,
    section,
    typed,
    unescape,
)
from handlers.views.letter import Item, Letter, Listing, Small, unmarked
from handlers.views.tables import data_table
from handlers.views.words import (
    Reader,
    acted,
    amount,
    in_credits,
    pool_of,
    reader_for,
)
from language.say import Say


def history_view(history: History, *, done: str | None = None) -> Json:
    """Build one page of the history, newest first. `done` (mrkdwn), at the top, says what was just done."""
    movements = history.movements
    instants = [at for one in movements for at in (one.at, one.starts_at) if at] or [history.now]
    reader = reader_for(history.viewer, [], history.now)
    key = holder_key(history.holder)
    mine = history.subject is not None and history.subject.id == history.viewer.person.id
    say = reader.say
    blocks: list[Json] = [*([news(done)] if done else []), section(f"*{_whose(history, reader, mine=mine)}*")]
    # A table has no place in a dialog, so each row is a section in two columns.
    blocks += [_movement(one, reader, history) for one in movements] or [section(_nothing(say, mine=mine))]
    row = [button(f"‹ {say('Balances')}", Action.CREDITS, key, label=say("Back to the balances"))]
    if history.newer is not None:
        value = turn_value(history.holder, history.newer)
        row.append(button(f"‹ {say('Newer')}", Action.CREDITS_LATER, value, label=say("Newer movements")))
    if history.older is not None:
        value = turn_value(history.holder, history.older)
        row.append(button(f"{say('Older')} ›", Action.CREDITS_EARLIER, value, label=say("Older movements")))
    if movements:
        label = say("Send the newest of it to yourself as a table")
        row.append(button(say("As a table"), Action.CREDITS_TABLE, key, label=label))
    blocks.append(actions(row))
    if any(one.balance is None for one in movements):
        blocks.append(context(say("A balance is of a person's own credits, without those of company pools.")))
    blocks += pools_looked_after(history.looks_after, _history_button, say)
    blocks.append(context(reader.zone_of(instants)))
    return modal(say.title("History of credits"), Callback.CREDITS_HISTORY, blocks, close=say.title("Close"))


def _history_button(pool: Pool, say: Say) -> Json:
    label = say("{company}'s history", company=bare(pool.name, 50))
    return button(say("History"), Action.CREDITS_HISTORY, f"pool:{pool.id}", label=label)


def _nothing(say: Say, *, mine: bool) -> str:
    pool = say("What you book with a company's pool will show here too.") if mine else None
    return say.sentences(say("Nothing has happened here yet."), pool)


def _whose(history: History, reader: Reader, *, mine: bool) -> str:
    return reader.say("Your credits") if mine else whose_credits(history.subject, history.pool, reader)


def history_message(history: History) -> Json:
    """Build a message with the newest movements as a table, or as lines where Slack takes no tables."""
    reader = reader_for(history.viewer, [], history.now)
    say, movements = reader.say, history.movements
    mine = history.subject is not None and history.subject.id == history.viewer.person.id
    title = f"{say('History of credits')} · {_whose(history, reader, mine=mine)}"
    items = [
        Item(" · ".join([reader.instant(one.at), _what(one, reader, history), *_sums(one, say)])) for one in movements
    ]
    zone = Small([reader.zone_of([at for one in movements for at in (one.at, one.starts_at) if at] or [history.now])])

    def rest(left_out: int) -> str:
        return say.plural("… and {n} more", "… and {n} more", left_out)

    letter = Letter(title=title, body=[Listing(items, rest), zone])
    head = [say("When"), say("What happened"), say("Change"), say("Balance")]
    rows = [
        [
            reader.instant(one.at),
            unescape(unmarked(_what(one, reader, history))),
            _change(one, say),
            "–" if one.balance is None else say.number(amount(one.balance)),
        ]
        for one in movements
    ]
    return {"text": letter.text(), "blocks": data_table(unescape(unmarked(title)), head, rows, letter.blocks())}


def _movement(one: Movement, reader: Reader, history: History) -> Json:
    """Return a row: when and what happened, beside the change and the balance after it."""
    return columns(f"{reader.instant(one.at)}\n{_what(one, reader, history)}", "\n".join(_sums(one, reader.say)))


def _what(one: Movement, reader: Reader, history: History) -> str:
    facts = _words(one, reader, history)
    if one.pool and history.pool is None:
        facts.append(pool_of(one.pool, reader.say))
    return " · ".join(facts)


def _sums(one: Movement, say: Say) -> list[str]:
    sums = [f"*{_sign(one)}{in_credits(one.amount, say)}*"]
    if one.balance is not None:
        sums.append(say("Balance: {credits}", credits=in_credits(one.balance, say)))
    return sums


def _sign(one: Movement) -> str:
    return "+" if one.change > 0 else "−" if one.change < 0 else ""


def _change(one: Movement, say: Say) -> str:
    """Return "+1" or "−0.5", or in brackets what moved elsewhere and changed no balance."""
    moved = say.number(amount(one.amount))
    return f"{_sign(one)}{moved}" if one.change else f"({moved})"


def _words(one: Movement, reader: Reader, history: History) -> list[str]:
    say = reader.say
    if one.kind in {TransferKind.ISSUE, TransferKind.REVOKE, TransferKind.EXPIRE}:
        words = _given_or_taken(one, reader)
        return [say("{what}: {package}", what=words, package=typed(one.label)) if one.label != CREDITS else words]
    session = typed(one.session_type) if one.session_type else say("session")
    if one.coach is not None and one.starts_at is not None:
        coach, time = reader.name(one.coach), reader.instant(one.starts_at)
        session = say("{session} with {coach}, {time}", session=session, coach=coach, time=time)
    facts = [_happened(one.kind, session, say)]
    if history.pool is not None and one.who:
        facts.append(say("for {person}", person=reader.name(one.who)))
    return facts


def _given_or_taken(one: Movement, reader: Reader) -> str:
    say, who = reader.say, acted(one.who, Hat.ADMIN, None, reader) if one.who else None
    if one.kind is TransferKind.EXPIRE:
        return say("Expired")
    if one.kind is TransferKind.ISSUE:
        return say("Given by {person}", person=who) if who else say("Given (import)")
    return say("Taken back by {person}", person=who) if who else say("Taken back")


def _happened(kind: TransferKind, session: str, say: Say) -> str:
    return {
        TransferKind.BOOK: say("Booked: {session}", session=session),
        TransferKind.REFUND: say("Returned: {session}", session=session),
        TransferKind.FORFEIT: say("Not returned (canceled): {session}", session=session),
        TransferKind.LATE_REFUND: say("Returned after all: {session}", session=session),
        TransferKind.UNDO: say("Cancellation undone, booked again: {session}", session=session),
        TransferKind.MISS: say("Not returned (no-show): {session}", session=session),
        TransferKind.EARN: say("Used: {session}", session=session),
    }.get(kind, say("Other movement: {session}", session=session))
