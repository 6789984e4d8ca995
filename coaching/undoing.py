"""How long a cancellation can be undone: pure rules that take `now`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from coaching.sessions import Hat, Session

SOON = timedelta(hours=1)
"""How long before its start a client must hear at once that their coach cancels. Such a cancellation has no undo."""


def tells_at_once(sessions: Sequence[Session], hat: Hat, now: datetime) -> bool:
    """Return whether a coach's cancellation of these sessions is told at once, because one starts within the hour.

    Its client may be on their way. An admin acts for a client, who knows.
    """
    return hat is Hat.COACH and any(session.starts_at <= now + SOON for session in sessions)


def undo_until(sessions: Sequence[Session], hat: Hat, window: timedelta, now: datetime) -> datetime | None:
    """Return until when (aware UTC) a cancellation made `now` can be undone, or None if it cannot be.

    The window ends with the first start at the latest: what can no longer be undone need not be held back.
    """
    if not window or tells_at_once(sessions, hat, now):
        return None
    return min([now + window, *(session.starts_at for session in sessions)])
