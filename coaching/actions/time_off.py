"""The sessions that are booked in a time off: what is to become of them is decided right after it was added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.actions.slots import require_keeper
from coaching.clock import Clock
from coaching.ports import Store
from coaching.records import Viewer
from coaching.sessions import MAX_PER_ACTION, Actor, Person, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedIn:
    """The sessions of a coach that are booked between two instants (aware UTC) and have not started, soonest first.

    There are no more of them than one action takes. `more` is how many are left out.
    """

    viewer: Viewer
    coach: Person
    starts_at: datetime
    ends_at: datetime
    sessions: Sequence[Session]
    more: int
    now: datetime

    @property
    def own(self) -> bool:
        """Whether the viewer is the coach."""
        return self.viewer.person.id == self.coach.id

    @property
    def to_decide(self) -> Sequence[Session]:
        """Those that the viewer may decide about: nobody does about a session that they take themselves."""
        return [one for one in self.sessions if one.client.id != self.viewer.person.id]

    @property
    def own_as_client(self) -> Sequence[Session]:
        """Those that the viewer takes themselves."""
        return [one for one in self.sessions if one.client.id == self.viewer.person.id]


async def booked_in(
    store: Store, clock: Clock, actor: Actor, coach_id: str, starts_at: datetime, ends_at: datetime
) -> BookedIn:
    """Return what is booked in a time off, for its coach or an admin. Raises NotYours, AdminsOnly."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        viewer = await queries.people.viewer(actor.user_id)
        await require_keeper(queries, viewer, actor, coach_id)
        found = await queries.schedule.busy([coach_id], max(starts_at, now), ends_at, now)
        given = [one for one in found if one.coach_id == coach_id and not one.held and one.starts_at >= now]
        return BookedIn(
            viewer=viewer,
            coach=(await queries.people.viewer(coach_id)).person,
            starts_at=starts_at,
            ends_at=ends_at,
            sessions=await queries.sessions.by_ids([one.session_id for one in given[:MAX_PER_ACTION]]),
            more=max(0, len(given) - MAX_PER_ACTION),
            now=now,
        )
