"""A naive telling of who may book a type by themselves, how many at a time, and what gives way to another booking."""

from datetime import datetime

from coaching.errors import NotBookable
from tests.properties.model import Model
from tests.properties.model_values import ModelSession


def barred(model: Model, who: str, kind: str, now: datetime) -> type[Exception] | None:
    """Return how a client is refused who may not book this by themselves."""
    audience, named, _ = model.open_to.get(kind, ("everybody", set(), None))
    usable = [g for g in model.grants.values() if model.spends(who, g) and g.balance > 0 and not g.gone(now)]
    if audience == "everybody" or any(g.session_type == kind for g in usable):
        return None
    allowed = bool(usable) if audience == "credits" else who in named
    return None if allowed else NotBookable


def full(model: Model, who: str, kind: str, now: datetime) -> type[Exception] | None:
    """Return how a client is refused who has as many of these booked as they may."""
    *_, most = model.open_to.get(kind, ("", set(), None))
    booked = [s for s in _ahead(model, who, kind, now) if not s.canceled]
    return NotBookable if most is not None and len(booked) >= most else None


def giving_way(model: Model, who: str, kind: str, now: datetime) -> set[str]:
    """Return the cancellations whose undo ends when the client books one more: some of theirs would be too many."""
    *_, most = model.open_to.get(kind, ("", set(), None))
    ahead = _ahead(model, who, kind, now)
    return {s.action for s in ahead if s.canceled} if most is not None and len(ahead) >= most else set()


def close(model: Model, actions: set[str]) -> None:
    """Close the undo of these cancellations."""
    for session in model.sessions.values():
        if session.canceled and session.action in actions:
            session.held_until = None


def _ahead(model: Model, who: str, kind: str, now: datetime) -> list[ModelSession]:
    mine = [s for s in model.sessions.values() if (s.client, s.kind) == (who, kind) and s.starts_at > now]
    return [
        s for s in mine if s.status == "scheduled" or (s.canceled and s.held_until is not None and s.held_until >= now)
    ]
