"""The confirmation: what canceling returns, before anything is canceled."""

from collections.abc import Sequence
from dataclasses import replace

from coaching.actions.cancel import Quoted
from coaching.packages import CREDITS
from coaching.policy import FULL, Policy, ReasonRule
from coaching.quotes import SessionQuote
from coaching.returns import Back
from coaching.sessions import MAX_REASON, Hat, Session
from handlers.ids import LATE_HOLD, LATE_RETURN, Action, Block, Callback
from handlers.meta import Meta
from handlers.views.hats import acting_in, both
from handlers.views.kit import (
    Json,
    actions,
    alert,
    button,
    clip_lines,
    context,
    divider,
    field,
    modal,
    option,
    paragraphs,
    radio,
    section,
    text_input,
    typed,
)
from handlers.views.lost import lost_lines
from handlers.views.message import message_view
from handlers.views.refunds import holds_until
from handlers.views.words import Reader, amount, in_credits, line, money, pool_of, reader_for
from language.say import Say

ONE_BY_ONE = 20
"""Up to this many sessions have a section each. More share sections, because of Slack's limit of a hundred blocks."""


def confirm_view(quoted: Quoted, meta: Meta) -> Json:
    """Build the confirmation. A banner says if the terms changed. If nothing is left to cancel, only that is said."""
    reader = reader_for(quoted.viewer, [*quoted.sessions, *(s for s, _ in quoted.gone)], quoted.now)
    say = reader.say
    if not quoted.sessions:
        return _nothing_left(quoted, reader)
    first = quoted.sessions[0]
    blocks: list[Json] = acting_in(quoted.draft, quoted.viewer, first.client, reader)
    if quoted.changed:
        words = [say("Something changed while this was open. *Nothing has been canceled.*"), *_gone(quoted, reader)]
        words.append(say("These are the terms now:"))
        blocks.append(alert(clip_lines(words, 2900, say), say))
    blocks += terms_blocks(quoted, reader)
    if not meta.alone:
        label = say("Back to choosing; nothing is canceled")
        blocks.append(actions([button(f"‹ {say('Back')}", Action.CONFIRM_BACK, label=label)]))
    blocks.extend(map(context, reader.zone_if_needed(quoted.sessions)))
    n = len(quoted.sessions)
    return modal(
        say.title("Confirm cancellation?"),
        Callback.CONFIRM,
        blocks,
        metadata=replace(meta, seal=quoted.quote.seal),
        submit=say.plural_title("Cancel {n} session", "Cancel {n} sessions", n),
        close=say.plural_title("Keep session", "Keep sessions", n),
    )


def terms_blocks(quoted: Quoted, reader: Reader, late: Action = Action.CONFIRM_LATE) -> list[Json]:
    """Return what canceling these sessions returns, and what is asked about it. `late` is the choice's action."""
    say, side, blocks = reader.say, quoted.draft.side, []
    if lost := quoted.quote.forfeited:
        words_lost = say.plural(
            "If you cancel now, {n} credit does not come back.",
            "If you cancel now, {n} credits do not come back.",
            amount(lost),
        )
        blocks.append(alert(words_lost, say))
    lines = [_line(session, quoted, reader) for session in quoted.sessions]
    blocks.extend(session_blocks(lines))
    if total := _total(quoted, say):
        blocks += [divider(), section(total)]
    if ask := _exception(quoted, say):
        blocks.append(context(ask))
    # A session that cost no credits returns none, late or not.
    if side is Hat.COACH and any(line.late and line.price for line in quoted.quote.lines):
        blocks.append(_late_choice(quoted, say, late))
    if quoted.quote.at_once:
        blocks.append(context(_told_at_once(quoted, say)))
    if reason := _reason(quoted, say):
        blocks.append(reason)
    return blocks


def _nothing_left(quoted: Quoted, reader: Reader) -> Json:
    say, clients = reader.say, quoted.draft.hat is Hat.CLIENT
    words = [
        say("Something changed while this was open. *Nothing has been canceled* and nothing is left to cancel."),
        *_gone(quoted, reader),
    ]
    if clients and (coaches := list(dict.fromkeys(reader.name(session.coach) for session, _ in quoted.gone))):
        words.append(say("If something is wrong, ask {contact}.", contact=say.either(coaches[:3])))
    return message_view(say.title("Nothing to cancel"), clip_lines(words, 2900, say), say, clear=True)


def _reason(quoted: Quoted, say: Say) -> Json | None:
    """Return the field for the reason, marked as these sessions' policies ask, or None if none of them asks."""
    hat, rules = quoted.draft.hat, {quoted.policies[session.policy_id].reason for session in quoted.sessions}
    side = quoted.draft.side
    if quoted.draft.everybodys:
        hint = say("The clients will see it.") if _several_clients(quoted) else say("The client will see it.")
    elif hat is Hat.COACH:
        hint = say("Your clients will see it.") if _several_clients(quoted) else say("Your client will see it.")
    elif rules == {ReasonRule.OFF}:
        return None
    else:
        hint = say("Your coach will see it.") if hat is Hat.CLIENT else say("The coach will see it.")
    element = text_input(Action.CONFIRM_REASON, initial=quoted.draft.reason, most=MAX_REASON, multiline=True)
    optional = side is Hat.COACH or ReasonRule.REQUIRED not in rules
    return field(say("Reason"), element, Block.REASON, hint=hint, optional=optional)


def _late_choice(quoted: Quoted, say: Say, action: Action) -> Json:
    several = _several_clients(quoted)
    everything = (
        say("Your clients get back all they paid, late or not")
        if several
        else say("Your client gets back all they paid, late or not")
    )
    if quoted.draft.everybodys:
        everything = (
            say("The clients get back all they paid, late or not")
            if several
            else say("The client gets back all they paid, late or not")
        )
    options = [
        option(say("Return everything"), LATE_RETURN, everything),
        option(
            say("Keep what the policy keeps"),
            LATE_HOLD,
            say("They return what the steps of their terms return now"),
        ),
    ]
    chosen = LATE_RETURN if quoted.draft.refund_late else LATE_HOLD
    return field(
        say("Sessions whose full refund has ended"),
        radio(action, options, chosen),
        Block.LATE,
        dispatch=True,
    )


def _told_at_once(quoted: Quoted, say: Say) -> str:
    if len(quoted.sessions) == 1 and quoted.draft.everybodys:
        return say("It starts within the hour, so its client is told at once, and this cannot be undone.")
    if len(quoted.sessions) == 1:
        return say("It starts within the hour, so your client is told at once, and this cannot be undone.")
    return say("One of them starts within the hour, so all of this is told at once and cannot be undone.")


def _several_clients(quoted: Quoted) -> bool:
    return len({session.client.id for session in quoted.sessions}) > 1


def _exception(quoted: Quoted, say: Say) -> str | None:
    """Say whom to ask for what a late cancellation does not return."""
    hat, contact = quoted.draft.hat, quoted.support_contact
    if quoted.draft.side is Hat.COACH or not any(line.late and line.forfeited for line in quoted.quote.lines):
        return None
    if contact is None:
        if hat is Hat.CLIENT:
            return say("You can ask for an exception afterwards.")
        return say("The client can ask for an exception afterwards.")
    name = typed(contact, 200)
    if hat is Hat.CLIENT:
        return say("You can ask for an exception afterwards; if nobody answers, ask {contact}.", contact=name)
    return say("The client can ask for an exception afterwards; if nobody answers, ask {contact}.", contact=name)


def session_blocks(lines: Sequence[str]) -> list[Json]:
    """Return sections that show every line: no session may be confirmed unseen."""
    if len(lines) <= ONE_BY_ONE:
        return [section(text) for text in lines]
    return paragraphs(lines)


def quote_words(session: Session, quote: SessionQuote, reader: Reader, hat: Hat) -> str:
    """Return what canceling one session returns, in mrkdwn."""
    say = reader.say
    words = _what_comes(quote, reader, hat) if quote.price else _unpaid(session, reader, hat)
    return " · ".join([*_label(quote, say), words])


def _unpaid(session: Session, reader: Reader, hat: Hat) -> str:
    """Say that no credits come back because none were paid, and whom to ask about money."""
    say = reader.say
    if session.money is None:
        return say("No credits were paid")
    paid = money(session.money, say)
    if hat is Hat.COACH:
        return say("Paid {money} outside credits: ask your workspace admin about the payment", money=paid)
    who = reader.name(session.coach)
    return say("Paid {money} outside credits: ask {coach} about the payment", money=paid, coach=who)


def _label(quote: SessionQuote, say: Say) -> list[str]:
    """Return "50%" where a part comes back, and "Late" where the full refund has ended otherwise."""
    if quote.returned and 0 < quote.percent < FULL:
        return [f"*{say.percent(quote.percent)}*"]
    if quote.forgiven:
        return [f"*{say('Forgiven')}*"]
    return [f"*{say('Late')}*"] if quote.late and (quote.percent in {0, FULL} or not quote.price) else []


def _what_comes(quote: SessionQuote, reader: Reader, hat: Hat) -> str:
    say = reader.say
    if quote.returned:
        words = _comes_back(quote, reader, hat)
        return say.clauses(words, _not(quote, reader, hat)) if quote.lapsed else words
    if quote.lapsed:
        return _not(quote, reader, hat)
    if hat is Hat.COACH:
        return say.plural(
            "kept, as you chose: {n} credit is not returned to your client",
            "kept, as you chose: {n} credits are not returned to your client",
            amount(quote.price),
        )
    return say.plural(
        "not refundable: {n} credit is not returned",
        "not refundable: {n} credits are not returned",
        amount(quote.price),
    )


def _comes_back(quote: SessionQuote, reader: Reader, hat: Hat) -> str:
    """Return what comes back, where it goes, and until when it can be used there."""
    say, n = reader.say, amount(quote.price)
    parts: dict[tuple[str, str | None], int] = {}
    for back in quote.back:
        if not back.lapsed:
            place = (_to_owner(back, hat, say), reader.ends(back.until, back.last_day))
            parts[place] = parts.get(place, 0) + back.amount
    some = in_credits(quote.price, say)
    if quote.forfeited:
        some = say.plural("{part} of {n} credit", "{part} of {n} credits", n, part=amount(quote.returned))
    if len(parts) > 1:
        places = say.clauses(*(_part(to_owner, until, part, say) for (to_owner, until), part in parts.items()))
        return say.plural("{some} comes back: {places}", "{some} come back: {places}", n, some=some, places=places)
    if not parts:
        return say.plural("{some} comes back", "{some} come back", n, some=some)
    [(to_owner, until)] = parts
    if until is None:
        return say.plural(
            "{some} comes back {to_owner}", "{some} come back {to_owner}", n, some=some, to_owner=to_owner
        )
    return say.plural(
        "{some} comes back {to_owner}, usable until {day}",
        "{some} come back {to_owner}, usable until {day}",
        n,
        some=some,
        to_owner=to_owner,
        day=until,
    )


def _part(to_owner: str, until: str | None, part: int, say: Say) -> str:
    n = amount(part)
    if until is None:
        return say.plural("{n} {to_owner}", "{n} {to_owner}", n, to_owner=to_owner)
    return say.plural(
        "{n} {to_owner}, usable until {day}", "{n} {to_owner}, usable until {day}", n, to_owner=to_owner, day=until
    )


def _not(quote: SessionQuote, reader: Reader, hat: Hat) -> str:
    """Say what does not come back because its credits have expired, whose they are, and what the terms keep besides."""
    say, kept = reader.say, quote.forfeited - quote.lapsed
    ended = say.listed(
        say(
            "{owner} could be used until {day}",
            owner=_owner(back, hat, say),
            day=reader.ends(back.until, back.last_day) or "–",
        )
        for back in quote.back
        if back.lapsed
    )
    words = say.plural(
        "{n} credit is not returned: {why}", "{n} credits are not returned: {why}", amount(quote.lapsed), why=ended
    )
    return say.clauses(words, say("its terms keep {credits}", credits=in_credits(kept, say))) if kept else words


def _owner(back: Back, hat: Hat, say: Say) -> str:
    """Return whose credits they are, from the reader's point of view."""
    if back.pool is not None:
        return pool_of(back.pool, say)
    if back.label != CREDITS:
        return typed(back.label)
    if hat is Hat.CLIENT:
        return say("your credits")
    return say("your client's credits") if hat is Hat.COACH else say("their credits")


def _to_owner(back: Back, hat: Hat, say: Say) -> str:
    """Return where credits come back to.

    Each case is a phrase of its own, because prepositions differ between languages.
    """
    if back.pool is not None:
        return say("to {company}'s pool", company=typed(back.pool))
    if back.label != CREDITS:
        return say("to {package}", package=typed(back.label))
    if hat is Hat.CLIENT:
        return say("to your credits")
    return say("to your client's credits") if hat is Hat.COACH else say("to their credits")


def _line(session: Session, quoted: Quoted, reader: Reader) -> str:
    draft = quoted.draft
    other = session.client if draft.hat is Hat.COACH else session.coach
    holds = holds_until(
        session,
        quoted.policies[session.policy_id],
        reader,
        draft.side,
        refund_late=draft.refund_late,
        payments=quoted.payments.get(session.id),
    )
    quote = quoted.quote.line(session.id)
    lines = [*both(session, reader)] if draft.everybodys else [line(session, reader, other=other)]
    lines.append(quote_words(session, quote, reader, draft.hat))
    if quote.forgiven:
        return "\n".join([*lines, _forgiven(quote, quoted.policies[session.policy_id], reader, draft.hat)])
    # In a line of its own: the time until which these terms hold is not the credits' expiry.
    return "\n".join([*lines, holds] if holds and quote.returned else lines)


def _forgiven(quote: SessionQuote, policy: Policy, reader: Reader, hat: Hat) -> str:
    """Say why everything comes back although it is late, and how much of that is left."""
    say, n = reader.say, policy.forgiven_times
    months, number = say.duration(policy.forgiven_months, "month"), say.number(quote.forgiven)
    if hat is Hat.CLIENT:
        return say.plural(
            "Late, but your first late cancellation in {months} is forgiven, and this is number {number}.",
            "Late, but your first {n} late cancellations in {months} are forgiven, and this is number {number}.",
            n,
            months=months,
            number=number,
        )
    return say.plural(
        "Late, but a client's first late cancellation in {months} is forgiven, and this is number {number}.",
        "Late, but a client's first {n} late cancellations in {months} are forgiven, and this is number {number}.",
        n,
        months=months,
        number=number,
    )


def _total(quoted: Quoted, say: Say) -> str:
    # Each session's line says where its credits go, and until when they can be used there. One line is its own total.
    terms, several = quoted.quote, len(quoted.sessions) > 1
    sentences = []
    if several and any(line.price for line in terms.lines):
        sentences.append(_sum(terms.returned, terms.forfeited, say))
    if any(line.lapsed for line in terms.lines):
        sentences.append(
            say("Whoever gives the session can still return what does not come back, and so can an admin.")
        )
    paid = {session.id for session in quoted.sessions if session.price or session.money}
    late = sum(line.late and not line.forgiven and line.session_id in paid for line in terms.lines)
    if late and several and quoted.draft.side is Hat.COACH:
        sentences.append(
            say.plural(
                "For {n} session the client's own full refund has ended.",
                "For {n} sessions the client's own full refund has ended.",
                late,
            )
        )
    elif late and several:
        sentences.append(
            say.plural("Full refund has ended for {n} session.", "Full refund has ended for {n} sessions.", late)
        )
    return say.sentences(*sentences)


def _sum(returned: int, forfeited: int, say: Say) -> str:
    if not forfeited:
        return say.plural("*Total:* {n} credit comes back.", "*Total:* {n} credits come back.", amount(returned))
    return say.plural(
        "*Total:* {n} credit comes back, and {rest} will not.",
        "*Total:* {n} credits come back, and {rest} will not.",
        amount(returned),
        rest=in_credits(forfeited, say),
    )


def _gone(quoted: Quoted, reader: Reader) -> list[str]:
    return lost_lines(quoted.gone, reader)
