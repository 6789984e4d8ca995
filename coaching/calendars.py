"""What conflicts with a session: everything that its coach and its client have at that time, in any role."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.records import Busy
from coaching.slots import overlaps


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendars:
    """What the coach gives (with buffers around it), what the coach takes as a client, and what the client has.

    `yields` are the client's own canceled sessions that could still be undone: they make room for a new booking.
    """

    given: Sequence[Busy]
    taken: Sequence[Busy]
    clients: Sequence[Busy]
    yields: Sequence[Busy]

    def in_the_clients_way(self, start: datetime, end: datetime) -> bool:
        """Return whether the client has something else between two instants (aware)."""
        return any(overlaps(one, start, end) for one in self.clients)

    def making_room(self, start: datetime, end: datetime) -> list[str]:
        """Return the canceled sessions whose undo a booking from `start` to `end` (aware) would close."""
        return [one.session_id for one in self.yields if overlaps(one, start, end)]


def calendars(
    found: Iterable[Busy], coach_id: str, client_id: str, *, moving: Collection[str] = (), by_coach: bool = False
) -> Calendars:
    """Sort the occupied time of two people by whom it blocks. Sessions in `moving` block nobody.

    `by_coach`: the coach acts, and may not give up the undo of the client's canceled sessions.
    """
    rows = [one for one in found if one.session_id not in moving]
    yields = [one for one in rows if one.held and one.client_id == client_id and not by_coach]
    rows = [one for one in rows if one not in yields]
    return Calendars(
        given=[one for one in rows if one.coach_id == coach_id],
        taken=[one for one in rows if one.client_id == coach_id],
        clients=[one for one in rows if client_id in (one.client_id, one.coach_id)],
        yields=yields,
    )
