"""Export: asked for in Slack by an admin, fetched once by the same admin; or written on the machine of the operator."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from coaching.actions.access import is_admin_still, require_admin, wall_now
from coaching.clock import Clock
from coaching.errors import BadSetting, NotYours, RightsInDoubt
from coaching.export_columns import What
from coaching.exports import VALID, Export, Span, happened, header_of, lines
from coaching.fields import Field
from coaching.ids import new_id
from coaching.ports import Queries, Store
from coaching.records import Viewer
from coaching.sessions import Actor

PAGE = 500
"""So many lines are in memory at a time."""
SHOWN = 5
"""So many of the last exports are shown to admins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """The exports that were asked for last."""

    viewer: Viewer
    latest: Sequence[Export]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An export as its page shows it."""

    viewer: Viewer
    export: Export
    now: datetime


async def open_exports(store: Store, clock: Clock, actor: Actor) -> Exports:
    """Return what was exported last. Raises AdminsOnly."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        return Exports(viewer=viewer, latest=await queries.exports.latest(SHOWN), now=clock.now())


async def ask(store: Store, clock: Clock, actor: Actor, request_key: str, what: Sequence[What], span: Span) -> Found:
    """Store that the actor wants to fetch this within the next hour. Raises AdminsOnly, Replayed, BadSetting."""
    if span.since is not None and span.until is not None and span.until <= span.since:
        raise BadSetting(Field.EXPORT_LAST, "the last day is before the first one")
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        viewer = await require_admin(uow, actor)
        await uow.claim_request(request_key)
        export = Export(new_id(now), viewer.person, now, tuple(what), span)
        await uow.exports.add(export)
        await uow.commit()
    return Found(viewer=viewer, export=export, now=now)


async def look(store: Store, clock: Clock, workspace_id: str, export_id: str) -> Found:
    """Return an export for its page. Raises NotYours if there is none, and if its maker is no admin any more."""
    async with store.read(workspace_id) as queries:
        return await _found(queries, clock.now(), export_id)


async def fetch(store: Store, clock: Clock, workspace_id: str, export_id: str) -> Found:
    """Record that an export is fetched now. Raises what `look` does, and NotYours if it is over."""
    now = clock.now()
    async with store.write(workspace_id) as uow:
        found = await _found(uow, now, export_id)
        if found.export.is_over(now) or not await uow.exports.fetch(export_id, now):
            raise NotYours("export", [export_id], found.viewer.person.id)
        await uow.commit()
    return found


async def _found(queries: Queries, now: datetime, export_id: str) -> Found:
    export = await queries.exports.find(export_id)
    if export is None:
        raise NotYours("export", [export_id], "whoever holds the link")
    viewer = await queries.people.viewer(export.maker.id)
    try:
        # The page cannot ask Slack. Slack's word was fresh when the link was made, and is taken for as long as it is valid.
        still = is_admin_still(viewer, at=wall_now() - VALID)
    except RightsInDoubt:
        still = False
    if not still:
        raise NotYours("export", [export_id], viewer.person.id)
    return Found(viewer=viewer, export=export, now=now)


async def written(
    queries: Queries, what: What, span: Span, counted: Callable[[int], None] = lambda _lines: None
) -> AsyncIterator[str]:
    """Yield a file as pieces of CSV: its header, then page after page of one view of the database.

    `counted` is told how many lines each page has.
    """
    yield header_of(what)
    after: tuple[str, ...] | None = None
    while True:
        page, after = await queries.exports.page(what, after, PAGE)
        if wanted := [one.cells() for one in page if happened(one) in span]:
            counted(len(wanted))
            yield lines(wanted)
        if after is None:
            return
