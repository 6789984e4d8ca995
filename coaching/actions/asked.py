"""A request, looked up by its id."""

from coaching.errors import NotYours
from coaching.ports import Queries
from coaching.requests import Request, RequestKind
from coaching.sessions import Actor


async def find_request(queries: Queries, kind: RequestKind, request_id: str) -> Request | None:
    """Return the first row of a request of this kind, or None if there is no such request."""
    return next((one for one in await queries.requests.by_ids([request_id]) if one.kind is kind), None)


async def request_of(queries: Queries, actor: Actor, kind: RequestKind, request_id: str) -> Request:
    """Return the first row of a request of this kind. Raises NotYours if there is none."""
    found = await find_request(queries, kind, request_id)
    if found is None:
        raise NotYours("request", [request_id], actor.user_id)
    return found
