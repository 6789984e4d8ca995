"""What a coach can press about late cancellations, in alerts and in the record."""

import json
from collections.abc import Sequence

from coaching.sessions import Session
from handlers.ids import MAX_VALUE, Action
from handlers.views.kit import Json, bare, button, confirm
from handlers.views.words import Reader, count, in_credits

MOST_IN_ONE_PRESS = 30
"""Most sessions that one button names; fewer where their ids are too long for its value."""


def late_buttons(session: Session, reader: Reader) -> list[Json]:
    """Refund anyway / Keep / Decide… for one late cancellation."""
    about = f"{bare(session.session_type, 30)}, {reader.when(session)}"
    return [
        button(
            "Refund anyway",
            Action.LATE_REFUND,
            session.id,
            confirm=_ask([session], reader),
            label=f"Refund anyway: {about}",
        ),
        button(
            "Keep",
            Action.LATE_KEEP,
            session.id,
            confirm=_ask_keep([session], reader),
            label=f"Keep the credits: {about}",
        ),
        button("Decide…", Action.LATE_DECIDE, _listed([session]), label=f"All, a part or nothing: {about}"),
    ]


def return_button(session: Session, reader: Reader) -> Json:
    """Opens the dialog that returns, after all, what a decision kept."""
    about = f"{bare(session.session_type, 30)}, {reader.when(session)}"
    return button("Return credits…", Action.LATE_RETURN, _listed([session]), label=f"Return what was kept: {about}")


def answer_buttons(sessions: Sequence[Session], reader: Reader) -> list[Json]:
    """Return credits… / Keep for sessions about which a client asks after a decision: it stays, or it comes back after all."""
    value, some = _fitting(sessions)
    who = _clients(some, reader)
    text = f"It stays as it was decided; we tell {who}. You can still return credits later, from the record."
    about = f" for {count(len(some))}"
    return [
        button("Return credits…", Action.LATE_RETURN, value, label=f"Return what was kept{about}"),
        button(
            "Keep",
            Action.LATE_STAYS,
            value,
            confirm=confirm("Keep the credits?", text, "Keep them", "Not now"),
            label=f"Keep the credits{about}",
        ),
    ]


def all_buttons(sessions: Sequence[Session], reader: Reader) -> list[Json]:
    """Refund all / Keep all / Decide… for several; the value names the sessions, so that it means what was shown."""
    value, some = _fitting(sessions)
    words = "all" if len(some) == len(sessions) else str(len(some))
    return [
        button(f"Refund {words}", Action.LATE_REFUND_ALL, value, confirm=_ask(some, reader)),
        button(f"Keep {words}", Action.LATE_KEEP_ALL, value, confirm=_ask_keep(some, reader)),
        button("Decide…", Action.LATE_DECIDE, value, label=f"All, a part or nothing, for {count(len(some))}"),
    ]


def _fitting(sessions: Sequence[Session]) -> tuple[str, list[Session]]:
    """Return a button's value and the sessions it names."""
    some = list(sessions)[:MOST_IN_ONE_PRESS]
    while len(value := _listed(some)) > MAX_VALUE:
        some.pop()
    return value, some


def _listed(sessions: Sequence[Session]) -> str:
    return json.dumps([session.id for session in sessions], ensure_ascii=False, separators=(",", ":"))


def _clients(sessions: Sequence[Session], reader: Reader) -> str:
    names = list(dict.fromkeys(reader.plain_name(s.client) for s in sessions))
    return names[0] if len(names) == 1 else count(len(names), "client")


def _ask_keep(sessions: Sequence[Session], reader: Reader) -> Json:
    text = (
        f"What {count(len(sessions))} cost does not go back; we tell {_clients(sessions, reader)}. "
        "You can still return them later, from the record."
    )
    return confirm("Keep the credits?", text, "Keep them", "Not now")


def _ask(sessions: Sequence[Session], reader: Reader) -> Json:
    open_amount = sum(s.price - (s.cancellation.returned if s.cancellation else 0) for s in sessions)
    back = f"{in_credits(open_amount)} for {count(len(sessions))} {'goes' if open_amount == 100 else 'go'} back"
    text = f"{back} to {_clients(sessions, reader)}. This is decided once."
    return confirm("Refund anyway?", text, "Refund anyway", "Not now")
