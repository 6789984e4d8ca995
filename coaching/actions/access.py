"""Who may touch what: every id that comes back from Slack passes through here (C13)."""

from collections.abc import Collection, Sequence

from coaching.errors import AdminsOnly, NotYours
from coaching.queries import Queries
from coaching.sessions import Actor, Hat, Session


async def require_admin(queries: Queries, actor: Actor) -> None:
    """Raise AdminsOnly unless the actor is a workspace admin in Slack or was named one here (A0)."""
    if not (await queries.viewer(actor.workspace_id, actor.user_id)).is_admin:
        raise AdminsOnly(actor.user_id)


async def require_subject(queries: Queries, actor: Actor, hat: Hat, subject_id: str) -> None:
    """Raise NotYours or AdminsOnly unless the actor may look at this person's sessions under this hat."""
    if hat is Hat.ADMIN:
        await require_admin(queries, actor)
    elif subject_id != actor.user_id:
        raise NotYours("sessions of", [subject_id], actor.user_id)


def require_owned(actor: Actor, hat: Hat, subject_id: str, asked: Collection[str], found: Sequence[Session]) -> None:
    """Raise NotYours unless every id asked for was found and belongs to the subject under this hat."""
    owned = {s.id for s in found if (s.coach.id if hat is Hat.COACH else s.client.id) == subject_id}
    foreign = [session_id for session_id in asked if session_id not in owned]
    if foreign:
        raise NotYours("session", foreign, actor.user_id)


async def hat_for(queries: Queries, actor: Actor, session: Session) -> Hat:
    """Return the hat under which the actor may see this session. Raises NotYours."""
    if session.client.id == actor.user_id:
        return Hat.CLIENT
    if session.coach.id == actor.user_id:
        return Hat.COACH
    if (await queries.viewer(actor.workspace_id, actor.user_id)).is_admin:
        return Hat.ADMIN
    raise NotYours("session", [session.id], actor.user_id)
