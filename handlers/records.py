"""The record of one session, for every feature that opens it."""

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from coaching.actions import browse
from coaching.sessions import Actor, Hat
from handlers import parse, screen
from handlers.deps import Deps
from handlers.ids import Callback
from handlers.meta import LateMeta, Meta
from handlers.parse import Body
from handlers.views.details import details_view
from handlers.views.kit import Json


async def details_for(deps: Deps, client: AsyncWebClient, actor: Actor, session_id: str, *, home: bool) -> Json:
    """Build the details of a session for the actor. Raises NotYours."""
    found = await deps.met(client, actor, lambda: browse.details(deps.store, deps.clock, actor, session_id))
    session = found.row.session
    subject = session.client.id if found.hat is not Hat.COACH else session.coach.id
    return details_view(found, Meta(hat=found.hat, subject=subject, home=home))


def from_home(body: Body) -> bool:
    """Whether a press came from the App Home, directly or through a dialog opened there."""
    where = parse.surface(body)
    if where != "modal":
        return where == "home"
    raw = parse.view(body).get("private_metadata")
    return isinstance(raw, str) and bool(raw) and parse.meta(body).home


def record_under(body: Body, session_id: str) -> tuple[str, str]:
    """Return the session whose record was pressed and the view it stands in; neither where something else was pressed."""
    if parse.surface(body) != "modal" or parse.view(body).get("callback_id") != Callback.DETAILS:
        return "", ""
    return session_id, parse.view_id(body)


async def redraw_record(deps: Deps, client: AsyncWebClient, body: Body, actor: Actor, meta: LateMeta) -> None:
    """Bring the record under a dialog up to date, where one stands there still. Raises NotYours."""
    if not meta.under or parse.view(body).get("previous_view_id") != meta.under:
        return
    view = await details_for(deps, client, actor, meta.record, home=meta.home)
    try:
        await client.views_update(view_id=meta.under, view=view)
    except SlackApiError as error:
        if screen.code_of(error) not in screen.GONE:
            raise
