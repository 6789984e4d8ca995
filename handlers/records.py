"""The record of one session and the page of one client, for every feature that opens them."""

import re

from coaching.actions import browse, clients
from coaching.sessions import EVERYBODY, Hat, Session
from handlers import parse
from handlers.deps import Deps
from handlers.ids import Callback
from handlers.meta import LateMeta, Meta, RequestMeta
from handlers.press import Press
from handlers.views.clients import client_of, client_view
from handlers.views.details import details_view
from handlers.views.kit import Json
from handlers.waiting import draw, in_queue


async def details_for(
    deps: Deps,
    press: Press,
    session_id: str,
    *,
    home: bool,
    everybodys: bool | None = None,
    refused: bool = False,
    notice: str | None = None,
) -> Json:
    """Build the details of a session for the actor. Raises NotYours.

    `refused`: they wanted to cancel it and cannot, so the details begin with the reason. `notice` (mrkdwn): they begin
    with this. `everybodys`: they are opened among everybody's sessions, as the press tells unless it came from a dialog
    in between.
    """
    found = await deps.met(
        press.client, press.actor, lambda: browse.details(deps.store, deps.clock, press.actor, session_id)
    )
    session = found.row.session
    subject = session.client.id if found.hat is not Hat.COACH else session.coach.id
    if found.hat is Hat.ADMIN and (among_everybodys(press) if everybodys is None else everybodys):
        # What an admin does from here on is done in the coach's place, as in the list.
        subject = EVERYBODY
    meta = Meta(hat=found.hat, subject=subject, home=home, seal=seal_of(session))
    return details_view(found, meta, refused=refused, notice=notice)


def seal_of(session: Session) -> str:
    """Return what a record or a dialog about one session stores of it, to know later whether it has changed."""
    return str(session.version)


def version_shown(meta: Meta) -> int | None:
    """Return the version of the session that a record or a dialog shows. Those of earlier releases do not say it."""
    return int(meta.seal) if re.fullmatch("[0-9]{1,9}", meta.seal) else None


async def client_page(deps: Deps, press: Press, client_id: str, *, home: bool) -> Json:
    """Build the page of a client for the actor. Raises NotYours, AdminsOnly."""
    found = await deps.met(
        press.client, press.actor, lambda: clients.open_client(deps.store, deps.clock, press.actor, client_id)
    )
    return client_view(found, home=home)


async def after_change(deps: Deps, press: Press, session_id: str, *, home: bool) -> Json:
    """Build the pressed view anew after a change of a session: the page of its client, or else the session's details."""
    if client_id := page_under(press):
        return await client_page(deps, press, client_id, home=home)
    return await details_for(deps, press, session_id, home=home)


def page_under(press: Press) -> str:
    """Return the client whose page was pressed, or an empty text for any other press."""
    if parse.surface(press.body) != "modal" or parse.view(press.body).get("callback_id") != Callback.CLIENT:
        return ""
    return client_of(Meta.load(press.body))


def session_pressed(press: Press) -> tuple[Hat, str, str]:
    """Return in which role, for whom and for which session somebody pressed a button of one session."""
    _, hat, session_id = parse.menu(parse.value(press.body))
    return hat, subject_pressed(press, hat), session_id


def subject_pressed(press: Press, hat: Hat) -> str:
    """Return whose sessions somebody looked at who pressed something of one session, to act on it in this role."""
    if parse.surface(press.body) != "modal":
        return press.actor.user_id
    subject = Meta.load(press.body).subject
    # Among everybody's sessions an admin acts on those that they give as their coach.
    return press.actor.user_id if hat is Hat.COACH and subject == EVERYBODY else subject


def from_home(press: Press) -> bool:
    """Return whether a press came from the App Home, directly or through a dialog opened there."""
    where = parse.surface(press.body)
    if where != "modal":
        return where == "home"
    raw = parse.view(press.body).get("private_metadata")
    # The set-up stores its page only, a number.
    return isinstance(raw, str) and raw.startswith("{") and Meta.load(press.body).home


def in_every_list(press: Press) -> bool:
    """Return whether a press came from the list of everybody's sessions."""
    return parse.surface(press.body) == "modal" and parse.view(press.body).get("callback_id") == Callback.EVERY


def among_everybodys(press: Press) -> bool:
    """Return whether a press came from the list of everybody's sessions, or from a record opened there."""
    if in_every_list(press):
        return True
    raw = parse.view(press.body).get("private_metadata") if in_record(press) else None
    return isinstance(raw, str) and bool(raw) and Meta.load(press.body).subject == EVERYBODY


def record_under(press: Press, session_id: str) -> tuple[str, str]:
    """Return the session whose record was pressed and its view's id, or two empty texts for any other press.

    Of a press in the dialog with all that waits it is that view's id alone.
    """
    if in_queue(press):
        return "", parse.view_id(press.body)
    return (session_id, parse.view_id(press.body)) if in_record(press) else ("", "")


def in_record(press: Press) -> bool:
    """Return whether a press came from a session's record."""
    return parse.surface(press.body) == "modal" and parse.view(press.body).get("callback_id") == Callback.DETAILS


def beneath(press: Press, session_id: str) -> LateMeta:
    """Return what a dialog about a late cancellation stores of the view that it was opened from."""
    record, under = record_under(press, session_id)
    client = page_under(press)
    if client:
        under = parse.view_id(press.body)
    return LateMeta(
        record=record, client=client, under=under, home=from_home(press), everybodys=among_everybodys(press)
    )


async def redraw_record(deps: Deps, press: Press, meta: LateMeta | RequestMeta) -> None:
    """Redraw the record, the client's page or the queue under a dialog, if it is still there. Raises NotYours."""
    if not meta.under or parse.view(press.body).get("previous_view_id") != meta.under:
        return
    if isinstance(meta, LateMeta) and meta.client:
        client_id, home = meta.client, meta.home
        await press.redraw_beneath(lambda _: client_page(deps, press, client_id, home=home))
    elif meta.record:
        await press.redraw_beneath(
            lambda _: details_for(deps, press, meta.record, home=meta.home, everybodys=meta.everybodys)
        )
    else:
        await press.redraw_beneath(lambda _: draw(deps, press))
