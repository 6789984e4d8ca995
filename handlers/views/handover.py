"""The dialog that hands sessions over: the coaches who are free, the confirmation, and the result."""

from collections.abc import Sequence

from coaching.actions.handover import HANDED_GRACE, HandedOver, Offer
from coaching.sessions import Hat, Person, Session
from handlers.ids import Action, Block, Callback
from handlers.meta import Meta
from handlers.views.command_words import Command, as_typed
from handlers.views.confirm import session_blocks
from handlers.views.hats import as_admin
from handlers.views.kit import (
    Json,
    actions,
    alert,
    button,
    context,
    divider,
    field,
    modal,
    option,
    section,
    select,
    typed,
)
from handlers.views.refunds import refund_line
from handlers.views.words import Reader, line, reader_for, span
from language.say import Say

KINDS_NAMED = 5
"""The most session types that are named."""


def hand_view(offer: Offer, meta: Meta, *, chosen: str = "", notice: str | None = None, gone: bool = False) -> Json:
    """Build the choice of another coach. `notice` (mrkdwn) says why it came back; `gone`: who was chosen is not free."""
    reader = reader_for(offer.viewer, list(offer.sessions), offer.now)
    say = reader.say
    blocks: list[Json] = []
    if gone:
        notice = say("That coach is not free any more.")
    if notice:
        blocks.append(alert(say.sentences(notice, f"*{say('Nothing was handed over.')}*"), say))
    blocks += _hat(meta.hat, say)
    blocks += session_blocks([_now(session, meta.hat, reader) for session in offer.sessions])
    submit = None
    if offer.coaches:
        menu = select(
            Action.INPUT,
            [option(reader.plain_name(one), one.id) for one in offer.coaches],
            chosen=chosen or None,
            placeholder=say("Choose a coach"),
        )
        # A new round has other coaches: the block gets a new id, so that Slack does not keep the old choice.
        blocks.append(field(say("Another coach"), menu, f"{Block.COACH}:{meta.round}"))
        submit = say.title("Continue")
        free = say("These coaches are free then, by their hours.")
        more = say("There are more; the first ones by name are shown.") if offer.more else None
        blocks.append(
            context(
                say.sentences(free, more, _not_given(offer, say), say("Nothing is handed over before you confirm."))
            )
        )
    else:
        blocks.append(section(_nobody(offer, say)))
    blocks.extend(map(context, reader.zone_if_needed(offer.sessions)))
    close = say.title("Close")
    return modal(say.title("Hand over"), Callback.HAND_OVER, blocks, metadata=meta, submit=submit, close=close)


def _nobody(offer: Offer, say: Say) -> str:
    hours = say(
        "Coaches are offered who have hours at that time and nothing else: see {command}.",
        command=f"`{as_typed(say, Command.SETUP)}`",
    )
    if len(offer.sessions) > 1:
        none = say("No other coach is free for all of these sessions. Hand over fewer at once.")
        return say.sentences(none, hours, _not_given(offer, say))
    return say.sentences(say("No other coach is free at that time."), hours, _not_given(offer, say))


def _not_given(offer: Offer, say: Say) -> str | None:
    """Say that coaches were left out who do not give these sessions, if there are any."""
    if not offer.not_given:
        return None
    kinds = list(dict.fromkeys(session.session_type for session in offer.sessions))
    return say(
        "Only coaches who give {kinds} are offered.", kinds=say.listed((typed(one) for one in kinds), KINDS_NAMED)
    )


def _hat(hat: Hat, say: Say) -> list[Json]:
    if hat is Hat.COACH:
        return [context(say("You act as the *coach*: these are sessions you give."))]
    return [as_admin(say)]


def _now(session: Session, hat: Hat, reader: Reader) -> str:
    """Return a session with the other person, and for an admin both."""
    if hat is Hat.COACH:
        return line(session, reader, other=session.client)
    whose = reader.say("*Coach:* {coach}", coach=reader.name(session.coach))
    return f"{line(session, reader, other=session.client)}\n{whose}"


def confirm_hand_view(offer: Offer, meta: Meta) -> Json:
    """Build the confirmation: which sessions, to whom, and what their clients may do then."""
    reader = reader_for(offer.viewer, list(offer.sessions), offer.now)
    say = reader.say
    coach = offer.coach(meta.other) or Person(meta.other)
    n = len(offer.sessions)
    to = say.plural("{n} session goes to *{coach}*:", "{n} sessions go to *{coach}*:", n, coach=reader.name(coach))
    blocks: list[Json] = [*_hat(meta.hat, say), section(to)]
    rows = []
    for session in offer.sessions:
        after = offer.after(session, coach)
        terms = refund_line(after, offer.policies[session.policy_id], reader)
        rows.append(f"{_now(session, meta.hat, reader)}\n{terms}")
    blocks += [*session_blocks(rows), divider()]
    blocks.append(
        context(
            say(
                "The times, the prices and what was paid stay. Because the coach changes, each client can cancel with a full "
                "refund for at least {time}, or until the start.",
                time=span(HANDED_GRACE, say),
            )
        )
    )
    if own := [session for session in offer.sessions if session.meeting_link]:
        blocks.append(context(own_links(own, say)))
    label = say("Back to choosing a coach; nothing is handed over")
    blocks.append(actions([button(f"‹ {say('Back')}", Action.HAND_BACK, label=label)]))
    blocks.append(context(reader.zone_line(list(offer.sessions))))
    return modal(
        say.title("Hand over?"),
        Callback.HAND_CONFIRM,
        blocks,
        metadata=meta,
        submit=say.plural_title("Hand over {n}", "Hand over {n}", n),
        close=say.title("Keep them"),
    )


def own_links(own: Sequence[Session], say: Say) -> str:
    """Say that a session's own meeting link stays: it may be the room of the coach who gave it."""
    return say.plural(
        "{n} session has a meeting link of its own, which stays. Change it in its details if the new coach uses another one.",
        "{n} sessions have meeting links of their own, which stay. Change them in their details if the new coach uses others.",
        len(own),
    )


def handed_view(done: HandedOver) -> Json:
    """Build the result. A second click in the same dialog shows the same one."""
    reader = reader_for(done.viewer, list(done.sessions), done.now)
    say, n = reader.say, len(done.sessions)
    done_words = say.plural(
        "{n} session is handed over to {coach}",
        "{n} sessions are handed over to {coach}",
        n,
        coach=reader.name(done.coach),
    )
    blocks: list[Json] = [section(f":white_check_mark: *{done_words}*")]
    blocks += session_blocks([line(session, reader, other=session.client) for session in done.sessions])
    blocks.append(context(say("We tell the clients and both coaches, and reminders follow.")))
    blocks.append(context(reader.zone_line(list(done.sessions))))
    close = say.title("Done")
    return modal(say.title("Handed over"), Callback.RESULT, blocks, close=close, clear_on_close=True)
