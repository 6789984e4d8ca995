"""The confirmation: what canceling returns, before anything is canceled."""

from collections.abc import Sequence
from dataclasses import replace

from coaching.actions.cancel import Quoted
from coaching.packages import CREDITS
from coaching.policy import FULL
from coaching.quotes import SessionQuote
from coaching.returns import Back
from coaching.sessions import Hat, Session
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.views.hats import acting
from handlers.views.kit import (
    Json,
    actions,
    alert,
    button,
    clip_lines,
    context,
    divider,
    modal,
    paragraphs,
    section,
    typed,
    verbatim,
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
        words = [
            say("Something changed while this was open. *Nothing has been canceled* and nothing is left to cancel."),
            *_gone(quoted, reader),
        ]
        return message_view(say.title("Nothing to cancel"), clip_lines(words, 2900, say), say, clear=True)
    hat, first = quoted.draft.hat, quoted.sessions[0]
    blocks: list[Json] = acting(hat, quoted.viewer, first.client, reader)
    if quoted.changed:
        words = [say("Something changed while this was open. *Nothing has been canceled.*"), *_gone(quoted, reader)]
        words.append(say("These are the terms now:"))
        blocks.append(alert(clip_lines(words, 2900, say), say))
    lines = [_line(session, quoted, reader) for session in quoted.sessions]
    blocks.extend(session_blocks(lines))
    blocks.append(divider())
    blocks.append(section(_total(quoted, say)))
    if quoted.draft.reason:
        blocks.append(section(f"*{say('Reason')}*"))
        blocks.append(verbatim(quoted.draft.reason))
    label = say("Back to choosing; nothing is canceled")
    blocks.append(actions([button(f"‹ {say('Back')}", Action.CONFIRM_BACK, label=label)]))
    blocks.append(context(reader.zone_line(list(quoted.sessions))))
    return modal(
        say.title("Confirm cancellation?"),
        Callback.CONFIRM,
        blocks,
        metadata=replace(meta, seal=quoted.quote.seal),
        submit=say.plural_title("Cancel {n} session", "Cancel {n} sessions", len(quoted.sessions)),
        close=say.title("Keep sessions"),
    )


def session_blocks(lines: Sequence[str]) -> list[Json]:
    """Return sections that show every line: no session may be confirmed unseen."""
    if len(lines) <= ONE_BY_ONE:
        return [section(text) for text in lines]
    return paragraphs(lines)


def quote_words(session: Session, quote: SessionQuote, reader: Reader, hat: Hat) -> str:
    """Return what canceling one session returns, in mrkdwn."""
    say = reader.say
    if not quote.price:
        if session.money is None:
            return say("No credits were paid")
        paid = money(session.money, say)
        if hat is Hat.COACH:
            return say("Paid {money} outside credits: ask your workspace admin about the payment", money=paid)
        who = reader.name(session.coach)
        return say("Paid {money} outside credits: ask {coach} about the payment", money=paid, coach=who)
    return " · ".join([*_label(quote, say), _what_comes(quote, reader, hat)])


def _label(quote: SessionQuote, say: Say) -> list[str]:
    if quote.returned and 0 < quote.percent < FULL:
        return [f"*{say.percent(quote.percent)}*"]
    return [f"*{say('Late')}*"] if quote.late and quote.percent in {0, FULL} else []


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
        draft.hat,
        refund_late=draft.refund_late,
        payments=quoted.payments.get(session.id),
    )
    quote = quoted.quote.line(session.id)
    lines = [line(session, reader, other=other), quote_words(session, quote, reader, draft.hat)]
    # In a line of its own: the time until which these terms hold is not the credits' expiry.
    return "\n".join([*lines, holds] if holds and quote.returned else lines)


def _total(quoted: Quoted, say: Say) -> str:
    # Each session's line says where its credits go, and until when they can be used there.
    terms = quoted.quote
    sentences = [_sum(terms.returned, terms.forfeited, say)]
    if any(line.lapsed for line in terms.lines):
        sentences.append(
            say("Whoever gives the session can still return what does not come back, and so can an admin.")
        )
    late = sum(line.late and line.price > 0 for line in terms.lines)
    if late and quoted.draft.hat is Hat.COACH:
        sentences.append(
            say.plural(
                "For {n} session the client's own full refund has ended.",
                "For {n} sessions the client's own full refund has ended.",
                late,
            )
        )
    elif late:
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
