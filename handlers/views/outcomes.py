"""How a session ended that was not canceled: what people read of it, and what whoever gave it can press."""

from datetime import datetime

from coaching.actions.browse import Details
from coaching.causes import Unclosable
from coaching.outcomes import COMPLETE_AFTER, CORRECT_WITHIN, possible
from coaching.records import Viewer
from coaching.sessions import OVER, Hat, Session, Status
from handlers.ids import Action, Callback
from handlers.meta import Meta
from handlers.views.kit import Json, button, clip, confirm, context, modal, option, section, typed
from handlers.views.words import Reader, contact_or_admin, in_credits, line, reader_for, span

VERBS = {"completed": Status.COMPLETED, "missed": Status.NO_SHOW}
"""What a session's menu says for each way in which it can end."""

OPEN_ENDED = (
    "It is over. Mark it as completed or as a no-show; "
    f"{span(COMPLETE_AFTER)} after its end it counts as completed by itself."
)
"""What whoever gave a session reads between its end and its closing."""

_LABELS = {Status.COMPLETED: "Completed", Status.NO_SHOW: "No-show…"}
_ACTIONS = {Status.COMPLETED: Action.COMPLETED, Status.NO_SHOW: Action.NO_SHOW}


def refused_words(why: Unclosable) -> str:
    """Say why a session cannot be closed that way (`CannotClose.why`), and how to go on."""
    return {
        Unclosable.CANCELED: "That session is canceled, so it neither took place nor was missed. Nothing was changed.",
        Unclosable.NOT_STARTED: "That session has not started yet. Nothing was changed; come back once it has.",
        Unclosable.NOT_ENDED: "That session has not ended yet. Nothing was changed; mark it as completed after its end.",
        Unclosable.TOO_LATE: (
            f"That session ended more than {span(CORRECT_WITHIN)} ago, so how it ended stays as it is. "
            "If it is wrong, a workspace admin can make it good with credits."
        ),
    }[why]


def menu_options(session: Session, reader: Reader, hat: Hat) -> list[Json]:
    """How whoever gave a session can close or correct it now, for its overflow menu; a client never can."""
    if hat is Hat.CLIENT:
        return []
    verbs = {status: verb for verb, status in VERBS.items()}
    return [
        option(_LABELS[way], f"{verbs[way]}:{hat}:{session.id}")
        for way in possible(session, reader.now)
        if session.client.id != reader.person.id
    ]


def outcome_buttons(session: Session, reader: Reader, hat: Hat) -> list[Json]:
    """The same for its record; a no-show asks first."""
    if hat is Hat.CLIENT:
        return []
    row = []
    for way in possible(session, reader.now):
        ask = _ask(session, reader) if way is Status.NO_SHOW else None
        label = "Mark this session as " + ("completed" if way is Status.COMPLETED else "missed by the client")
        row.append(button(_LABELS[way], _ACTIONS[way], session.id, confirm=ask, label=label))
    return row


def _ask(session: Session, reader: Reader) -> Json:
    text = clip(f"{_consequence(session, reader, plain=True)} {_correctable()}", 300)
    return confirm("Was it a no-show?", text, "It was a no-show", "Not now")


def no_show_view(session: Session, viewer: Viewer, meta: Meta, now: datetime) -> Json:
    """Ask before a session is marked as missed; `meta.draft` is its id."""
    reader = reader_for(viewer, [session], now)
    blocks = [
        section(
            f"*Did {reader.name(session.client)} miss this session?*\n{line(session, reader, other=session.client)}"
        ),
        section(f"{_consequence(session, reader)} {_correctable()}"),
        context(reader.zone_line([session])),
    ]
    return modal("No-show?", Callback.NO_SHOW, blocks, submit="It was a no-show", close="Not now", metadata=meta.dump())


def _consequence(session: Session, reader: Reader, *, plain: bool = False) -> str:
    client = reader.plain_name(session.client) if plain else reader.name(session.client)
    if not session.price:
        return f"We tell {client} that it is noted as missed."
    verb = "is" if session.price == 100 else "are"
    return f"The {in_credits(session.price)} paid for it {verb} not returned, and we tell {client}."


def _correctable() -> str:
    return f"You can correct it until {span(CORRECT_WITHIN)} after its end."


def banner(details: Details, session: Session, reader: Reader) -> list[Json]:
    """How a session ended, on top of its details, and what to do if that is wrong; nothing while it is still on."""
    words = {Status.COMPLETED: ":white_check_mark: *Completed*", Status.NO_SHOW: ":grey_question: *Missed*"}.get(
        session.status
    )
    if words is None:
        return []
    if session.status is Status.NO_SHOW:
        yours = details.hat is Hat.CLIENT
        whom = "you" if yours else reader.name(session.client)
        words += f"\nIt is noted that this session did not take place with {whom}."
        if session.price:
            words += f" {in_credits(session.price)} not returned."
    blocks = [section(words)]
    if details.hat is Hat.CLIENT:
        blocks.append(context(f"If that is not right, ask {whom_to_ask(details, reader)}."))
    elif ways := possible(session, reader.now):
        until = reader.instant(session.ends_at + CORRECT_WITHIN)
        other = " or ".join(_LABELS[way].rstrip("…") for way in ways)
        blocks.append(context(f"Until {until} you can correct it to {other}."))
    return blocks


def who_is_there(details: Details, reader: Reader) -> str:
    """Return who can do something for the client: the session's coach, or whoever is there where the coach has left."""
    if not details.coach_gone:
        return reader.name(details.row.session.coach)
    return contact_or_admin(details.settings.support_contact)


def whom_to_ask(details: Details, reader: Reader) -> str:
    """Return whom a client asks when something is wrong: who is there, or the support contact."""
    contact, there = details.settings.support_contact, who_is_there(details, reader)
    return f"{there} or {typed(contact, 200)}" if contact and not details.coach_gone else there


def may_rebook(session: Session, hat: Hat) -> bool:
    """Whether the details offer the same coach and type again: what is over, or will not be, leaves room for another."""
    return hat is not Hat.COACH and (session.status is Status.CANCELED or session.status in OVER)
