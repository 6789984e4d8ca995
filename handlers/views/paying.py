"""What pays for a booking: which credits, what is left of them and until when, and the menu to choose others."""

from collections.abc import Sequence

from coaching.actions.slots import Booking
from coaching.credits import Grant, Part
from coaching.naming import told_apart
from coaching.packages import CREDITS
from coaching.workspace import SessionType
from handlers.ids import Action, Block
from handlers.views.kit import OPTION, SELECT, Json, bare, clip_lines, option, section, select, typed
from handlers.views.words import Reader, amount, in_credits, pool_of, span
from language.say import Say, say_for


def paying(
    payers: Sequence[Grant], parts: Sequence[Part], price: int, reader: Reader, *, cost: str, round_no: int
) -> list[Json]:
    """Return what a session costs and what pays it (`parts`), with a menu of `payers` if there is a choice."""
    grants = {grant.id: grant for grant in payers}
    lines = [cost, *(_part(part, grants[part.grant_id], price, reader) for part in parts)]
    told = section(clip_lines(lines, 2000, reader.say))
    if len(payers) == 1:
        return [told]
    menu = _menu(payers, parts[0].grant_id, price, reader)
    return [section(f"*{reader.say('Paid with')}*", menu, block_id=f"{Block.BOOK_GRANT}:{round_no}"), told]


def kind_words(kind: SessionType, say: Say) -> str:
    """Return a session type with its length and price, in plain text."""
    return f"{bare(kind.name, 40)} · {span(kind.length, say)} · {cost_words(kind.price, say)}"


def cost_words(price: int, say: Say) -> str:
    """Return a price in credits, in plain text."""
    return in_credits(price, say) if price else say("free")


def shared_words(grants: Sequence[Grant], say: Say) -> str | None:
    """Say why a pool may hold less than before, if there is one among these grants (mrkdwn)."""
    pool = next((grant.pool for grant in grants if grant.pool), None)
    if pool is None:
        return None
    name = pool_of(pool, say)
    return say("What is in {pool} is shared with others, and they may have been faster.", pool=name)


def cannot_pay_words(booking: Booking) -> str:
    """Say that the credits that were chosen cannot pay (mrkdwn)."""
    say = say_for(booking.viewer.person.locale)
    return say(
        "What you chose to pay with can no longer be used for this. *Nothing is booked yet.* Please look at what pays now."
    )


def _menu(payers: Sequence[Grant], chosen: str, price: int, reader: Reader) -> Json:
    say, payers = reader.say, payers[:SELECT]
    names = [f"{_plain_source(grant, say)} · {_left(grant, price, say)}" for grant in payers]
    ends = [_end(grant, reader) for grant in payers]
    labels = told_apart(names, ends, OPTION)
    options = [option(label, grant.id, end) for label, grant, end in zip(labels, payers, ends, strict=True)]
    return select(Action.BOOK_GRANT, options, chosen=chosen, placeholder=say("Choose what pays"))


def _part(part: Part, grant: Grant, price: int, reader: Reader) -> str:
    """Return what one grant pays, what is left in it, and until when."""
    say, words = reader.say, in_credits(part.amount, reader.say)
    source = _source(grant, say)
    if source:
        words = say("{credits} from {source}", credits=words, source=source)
    sessions = _sessions(grant, price)
    if sessions is not None and part.amount == price:
        left = say.plural(
            "{left} of {n} session left, {after} afterwards",
            "{left} of {n} sessions left, {after} afterwards",
            grant.size,
            left=say.number(sessions),
            after=say.number(sessions - 1),
        )
    else:
        left = say.plural("{n} left afterwards", "{n} left afterwards", amount(grant.balance - part.amount))
    day = reader.last_day(grant)
    return " · ".join([words, left, *([say("usable until {day}", day=day)] if day else [])])


def _source(grant: Grant, say: Say) -> str:
    """Return whose credits these are and from which package, in mrkdwn; nothing for a person's own without a package."""
    label = typed(grant.label) if grant.label != CREDITS else ""
    if not grant.pool:
        return label
    return f"{pool_of(grant.pool, say)} ({label})" if label else pool_of(grant.pool, say)


def _plain_source(grant: Grant, say: Say) -> str:
    """Return whose credits these are and from which package, in plain text."""
    label = say("Credits") if grant.label == CREDITS else bare(grant.label, 30)
    if not grant.pool:
        return label
    pool = say("{company}'s pool", company=bare(grant.pool, 20))
    return f"{pool} ({label})"


def _left(grant: Grant, price: int, say: Say) -> str:
    """Return how many sessions or credits are left."""
    sessions = _sessions(grant, price)
    if sessions is None:
        return say.plural("{n} credit left", "{n} credits left", amount(grant.balance))
    return say.plural("{left} of {n} session left", "{left} of {n} sessions left", grant.size, left=sessions)


def _sessions(grant: Grant, price: int) -> int | None:
    """Return how many sessions a package still pays for, or None if it is better counted in credits.

    The price may have changed since the package was sold, and a part of a session may have come back.
    """
    whole, rest = divmod(grant.balance, price)
    return whole if grant.session_type is not None and not rest and whole <= grant.size else None


def _end(grant: Grant, reader: Reader) -> str:
    """Return until when credits can be used, and that they came back from a canceled session."""
    day = reader.last_day(grant)
    until = reader.say("usable until {day}", day=day) if day else reader.say("no expiry")
    return f"{reader.say('came back')} · {until}" if grant.parent_id is not None else until
