"""The outcome of a session that was not canceled: its words, and the buttons of the person who gave it."""

from collections.abc import Sequence
from datetime import datetime

from coaching.actions.browse import Details
from coaching.causes import Unclosable
from coaching.outcomes import COMPLETE_AFTER, CORRECT_WITHIN, possible
from coaching.records import Viewer
from coaching.sessions import OVER, Hat, Session, Status
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.views.kit import Json, alert, button, clip, confirm, context, modal, option, section, typed
from handlers.views.words import Reader, amount, contact_or_admin, line, reader_for, span
from language.say import Say, word

CORRECTED = "corrected"
VERBS = {"completed": Status.COMPLETED, CORRECTED: Status.COMPLETED, "missed": Status.NO_SHOW}
"""The verbs of a session's menu, and the outcome that each sets. `corrected` is offered where a no-show is shown."""


def open_ended(say: Say) -> str:
    """Return what the person who gave a session reads between its end and its closing."""
    return say(
        "It is over. Mark it as completed or as a no-show; {time} after its end it counts as completed by itself.",
        time=span(COMPLETE_AFTER, say),
    )


_LABELS = {Status.COMPLETED: word("Completed"), Status.NO_SHOW: word("No-show…")}
_REFUSED = {
    Unclosable.CANCELED: word(
        "That session is canceled, so it can be neither completed nor a no-show. Nothing was changed."
    ),
    Unclosable.NOT_STARTED: word("That session has not started yet. Nothing was changed; come back once it has."),
    Unclosable.NOT_ENDED: word(
        "That session has not ended yet. Nothing was changed; mark it as completed after its end."
    ),
    Unclosable.TOO_LATE: word(
        "That session ended more than {time} ago, so how it ended stays as it is. "
        "If it is wrong, a workspace admin can make it good with credits."
    ),
}
_ACTIONS = {Status.COMPLETED: Action.COMPLETED, Status.NO_SHOW: Action.NO_SHOW}


def refused_words(why: Unclosable, say: Say) -> str:
    """Say why a session cannot be closed with that outcome (`CannotClose.why`), and how to go on."""
    return say.of(_REFUSED[why], time=span(CORRECT_WITHIN, say))


def menu_options(session: Session, reader: Reader, hat: Hat) -> list[Json]:
    """Return the menu options to close or correct a session now. Clients have none, even if they are also coaches."""
    if hat is Hat.CLIENT:
        return []
    completed = CORRECTED if session.status is Status.NO_SHOW else "completed"
    return [
        option(reader.say.of(_LABELS[way]), f"{completed if way is Status.COMPLETED else 'missed'}:{hat}:{session.id}")
        for way in possible(session, reader.now)
        if session.client.id != reader.person.id
    ]


def kept_words(session: Session, say: Say) -> str:
    """Say that somebody recorded an outcome meanwhile, which stays."""
    kept = (
        say("Somebody else noted it as a no-show meanwhile.")
        if session.status is Status.NO_SHOW
        else say("Somebody else noted it as completed meanwhile.")
    )
    return say.sentences(kept, say("Nothing was changed. If that is wrong, you can correct it now."))


def outcome_buttons(session: Session, reader: Reader, hat: Hat) -> list[Json]:
    """Return the buttons for the details that do the same. A no-show asks first."""
    return [] if hat is Hat.CLIENT else buttons_for(session, reader, possible(session, reader.now))


def buttons_for(session: Session, reader: Reader, ways: Sequence[Status]) -> list[Json]:
    """Return the buttons that note a session as one of these."""
    row, say = [], reader.say
    for way in ways:
        ask = _ask(session, reader) if way is Status.NO_SHOW else None
        done = way is Status.COMPLETED
        label = say("Mark this session as completed") if done else say("Mark this session as a no-show")
        row.append(button(say.of(_LABELS[way]), _ACTIONS[way], session.id, confirm=ask, label=label))
    return row


def _ask(session: Session, reader: Reader) -> Json:
    say = reader.say
    text = clip(say.sentences(_consequence(session, reader, plain=True), _correctable(say)), 300)
    return confirm(say("Was it a no-show?"), text, say("It was a no-show"), say("Not now"))


def no_show_view(session: Session, viewer: Viewer, meta: Meta, now: datetime) -> Json:
    """Ask before a session is noted as a no-show. `meta.draft` is its id."""
    reader = reader_for(viewer, [session], now)
    say = reader.say
    ask = say("Was {client} a no-show?", client=reader.name(session.client))
    words = say.sentences(_consequence(session, reader), _correctable(say))
    blocks = [
        section(f"*{ask}*\n{line(session, reader, other=session.client)}"),
        alert(words, say) if session.price else section(words),
        context(reader.zone_line([session])),
    ]
    return modal(
        say.title("No-show?"),
        Callback.NO_SHOW,
        blocks,
        submit=say.title("It was a no-show"),
        close=say.title("Not now"),
        metadata=meta,
    )


def _consequence(session: Session, reader: Reader, *, plain: bool = False) -> str:
    client = reader.plain_name(session.client) if plain else reader.name(session.client)
    if not session.price:
        return reader.say("We tell {client} that it is noted as a no-show.", client=client)
    return reader.say.plural(
        "The {n} credit paid for it is not returned, and we tell {client}.",
        "The {n} credits paid for it are not returned, and we tell {client}.",
        amount(session.price),
        client=client,
    )


def _correctable(say: Say) -> str:
    return say("You can correct it until {time} after its end.", time=span(CORRECT_WITHIN, say))


def banner(details: Details, session: Session, reader: Reader) -> list[Json]:
    """Return the outcome for the top of the details, and what to do if it is wrong, or nothing without an outcome."""
    say = reader.say
    if session.status is Status.COMPLETED:
        blocks = [section(f":white_check_mark: *{say.meant('outcome', 'Completed')}*")]
    elif session.status is Status.NO_SHOW:
        n, title = amount(session.price), f":grey_question: *{say('No-show')}*"
        kept = [say.plural("{n} credit not returned.", "{n} credits not returned.", n)] if n else []
        blocks = [section("\n".join([title, *kept]))]
    else:
        return []
    if details.hat is Hat.CLIENT:
        blocks.append(context(say("If that is not right, ask {contact}.", contact=whom_to_ask(details, reader))))
    elif ways := possible(session, reader.now):
        until = reader.instant(session.ends_at + CORRECT_WITHIN)
        correct = [
            say("Until {time} you can correct it to a no-show.", time=until)
            if way is Status.NO_SHOW
            else say("Until {time} you can correct it to completed.", time=until)
            for way in ways
        ]
        blocks.append(context(say.sentences(*correct)))
    return blocks


def who_is_there(details: Details, reader: Reader) -> str:
    """Return who can act for the client: the session's coach, or if they left, the support contact or an admin."""
    if not details.coach_gone:
        return reader.name(details.row.session.coach)
    return contact_or_admin(details.settings.support_contact, reader.say)


def whom_to_ask(details: Details, reader: Reader) -> str:
    """Return whom a client asks if something is wrong: the coach or their substitute, or the support contact."""
    contact, there = details.settings.support_contact, who_is_there(details, reader)
    return reader.say.either([there, typed(contact, 200)]) if contact and not details.coach_gone else there


def may_rebook(session: Session, hat: Hat) -> bool:
    """Return whether the details offer to book the same coach and type again: if the session is over or canceled."""
    return hat is not Hat.COACH and (session.status is Status.CANCELED or session.status in OVER)
