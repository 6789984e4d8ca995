"""The confirmation: what canceling returns, before anything is canceled."""

from collections.abc import Sequence
from dataclasses import replace

from coaching.actions.cancel import Quoted
from coaching.credits import ONE_CREDIT
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
from handlers.views.words import (
    Reader,
    come,
    count,
    in_credits,
    line,
    money,
    number,
    reader_for,
)

TITLE = "Confirm cancellation?"
ONE_BY_ONE = 20
"""Up to so many sessions have a section each; more share sections, to stay within Slack's hundred blocks."""


def confirm_view(quoted: Quoted, meta: Meta) -> Json:
    """Build the confirmation. When terms changed, a banner says so; when nothing is left, only that is said."""
    reader = reader_for(quoted.viewer, [*quoted.sessions, *(s for s, _ in quoted.gone)], quoted.now)
    if not quoted.sessions:
        words = ["Something changed while this was open. *Nothing has been canceled* and nothing is left to cancel."]
        words += _gone(quoted, reader)
        return message_view("Nothing to cancel", clip_lines(words, 2900), clear=True)
    hat, first = quoted.draft.hat, quoted.sessions[0]
    blocks: list[Json] = acting(hat, quoted.viewer, first.client, reader)
    if quoted.changed:
        words = ["Something changed while this was open. *Nothing has been canceled.*", *_gone(quoted, reader)]
        words.append("These are the terms now:")
        blocks.append(alert(clip_lines(words, 2900)))
    lines = [_line(session, quoted, reader) for session in quoted.sessions]
    blocks.extend(session_blocks(lines))
    blocks.append(divider())
    blocks.append(section(_total(quoted)))
    if quoted.draft.reason:
        blocks.append(section("*Reason*"))
        blocks.append(verbatim(quoted.draft.reason))
    blocks.append(actions([button("‹ Back", Action.CONFIRM_BACK, label="Back to choosing; nothing is canceled")]))
    blocks.append(context(reader.zone_line(list(quoted.sessions))))
    return modal(
        TITLE,
        Callback.CONFIRM,
        blocks,
        metadata=replace(meta, seal=quoted.quote.seal).dump(),
        submit=f"Cancel {count(len(quoted.sessions))}",
        close="Keep sessions",
    )


def session_blocks(lines: Sequence[str]) -> list[Json]:
    """Return sections that show every line: nobody confirms what they do not see."""
    if len(lines) <= ONE_BY_ONE:
        return [section(text) for text in lines]
    return paragraphs(lines)


def quote_words(session: Session, quote: SessionQuote, reader: Reader, hat: Hat) -> str:
    """What canceling one session returns, in mrkdwn."""
    if not quote.price:
        if session.money is None:
            return "No credits were paid"
        who = reader.name(session.coach) if hat is not Hat.COACH else "your workspace admin"
        return f"Paid {money(session.money)} outside credits: ask {who} about the payment"
    step = quote.returned and 0 < quote.percent < FULL
    label = f"*{quote.percent}%* · " if step else "*Late* · " if quote.late and quote.percent in {0, FULL} else ""
    if quote.returned:
        some = f"{number(quote.returned)} of " if quote.forfeited else ""
        words = f"{some}{in_credits(quote.price)} {come(quote.price)} back{_where(quote, reader, hat)}"
        return f"{label}{words}{f'; {_not(quote, reader, hat)}' if quote.lapsed else ''}"
    if quote.lapsed:
        return f"{label}{_not(quote, reader, hat)}"
    verb = "is" if quote.price == ONE_CREDIT else "are"
    if hat is Hat.COACH:
        return f"{label}kept, as you chose: {in_credits(quote.price)} {verb} not returned to your client"
    return f"{label}not refundable: {in_credits(quote.price)} {verb} not returned"


def _where(quote: SessionQuote, reader: Reader, hat: Hat) -> str:
    """Where what comes back goes, and until when it can be used there, to follow the amount."""
    parts: dict[tuple[str, str | None], int] = {}
    for back in quote.back:
        if not back.lapsed:
            place = (_owner(back, hat), reader.ends(back.until, back.last_day))
            parts[place] = parts.get(place, 0) + back.amount
    if not parts:
        return ""
    if len(parts) == 1:
        [(to, until)] = parts
        return f" to {to}{f', usable until {until}' if until else ''}"
    places = [
        f"{number(amount)} to {to}{f', usable until {until}' if until else ''}" for (to, until), amount in parts.items()
    ]
    return f": {'; '.join(places)}"


def _not(quote: SessionQuote, reader: Reader, hat: Hat) -> str:
    """Say what does not come back as its credits have ended, whose those are, and what the terms keep beside that."""
    ended = dict.fromkeys(
        f"{_owner(back, hat)} could be used until {reader.ends(back.until, back.last_day)}"
        for back in quote.back
        if back.lapsed
    )
    verb, kept = "is" if quote.lapsed == ONE_CREDIT else "are", quote.forfeited - quote.lapsed
    words = f"{in_credits(quote.lapsed)} {verb} not returned: {' and '.join(ended)}"
    return f"{words}; its terms keep {in_credits(kept)}" if kept else words


def _owner(back: Back, hat: Hat) -> str:
    """Whose credits they are, as whoever reads it knows them."""
    if back.pool is not None:
        return f"{typed(back.pool)}'s pool"
    if back.label != CREDITS:
        return typed(back.label)
    return "your credits" if hat is Hat.CLIENT else "your client's credits" if hat is Hat.COACH else "their credits"


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
    # In a line of its own: until when these terms hold is not until when the credits can be used.
    return "\n".join([*lines, f"This holds {holds}"] if holds and quote.returned else lines)


def _total(quoted: Quoted) -> str:
    # Where the credits go, and until when they can be used there, is said with each session.
    terms = quoted.quote
    words = f"*Total:* {in_credits(terms.returned)} {come(terms.returned)} back"
    if terms.forfeited:
        verb = "does" if terms.forfeited == 100 else "do"
        words += f", {in_credits(terms.forfeited)} {verb} not"
    words += "."
    if any(line.lapsed for line in terms.lines):
        words += " Whoever gives the session can still return what does not come back, and so can an admin."
    late = sum(line.late and line.price > 0 for line in terms.lines)
    if late and quoted.draft.hat is Hat.COACH:
        words += f" For {count(late)} the client's own full refund has ended."
    elif late:
        words += f" Full refund has ended for {count(late)}."
    return words


def _gone(quoted: Quoted, reader: Reader) -> list[str]:
    return lost_lines(quoted.gone, reader)
