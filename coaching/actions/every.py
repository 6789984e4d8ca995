"""Everybody's sessions, for admins: pages of a list found by people, days and state. Nothing is written."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from coaching import zones
from coaching.actions.access import require_admin
from coaching.actions.browse import LIST_PAGE, Row, terms_of
from coaching.causes import Blocked
from coaching.clock import Clock
from coaching.every import EVERYTHING, Sought, Turn
from coaching.localtime import instant_of
from coaching.ports import Queries, Store
from coaching.records import EVER, Viewer
from coaching.sessions import Actor, Hat, Person

_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryPage:
    """A page of everybody's sessions, soonest first, with what an admin may do with each in its coach's place.

    `coach` and `client` are those sought, `gives` whether that client is on the list of coaches too. `earlier` and
    `later` are the places that the pages before and after this one begin at. `none_ahead`: there is none from today on,
    where the list begins by itself.
    """

    viewer: Viewer
    sought: Sought
    rows: Sequence[Row]
    now: datetime
    coach: Person | None = None
    client: Person | None = None
    earlier: Turn | None = None
    later: Turn | None = None
    none_ahead: bool = False


async def every_session(
    store: Store, clock: Clock, actor: Actor, sought: Sought = EVERYTHING, turn: Turn | None = None
) -> EveryPage:
    """Return a page of everybody's sessions, the first one from today on. Raises AdminsOnly, RightsInDoubt."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        within = sought.bounds(zone := zones.first_known(viewer.person.time_zone))
        if turn is None:
            today = datetime.combine(now.astimezone(zone).date(), time())
            turn = _start(sought, within, instant_of(today, zone))
            come = False
        else:
            come = True
        found = await queries.every.page(sought, within, turn, LIST_PAGE + 1)
        more = len(found) > LIST_PAGE
        shown = found[-LIST_PAGE:] if turn.back else found[:LIST_PAGE]
        earlier = later = None
        if shown:
            begin, end = shown[0], shown[-1]
            # Whoever turned to this page came from the other side of it.
            if more if turn.back else come or within[0] == EVER[0]:
                earlier = Turn(begin.starts_at, begin.id, back=True)
            if (come or sought.last is None) if turn.back else more:
                later = Turn(end.starts_at, end.id)
        elif come:
            # What was there is gone, or nothing ever was: the way back leads to where the reader came from.
            earlier, later = _back_from(turn)
        elif not turn.back and within[0] == EVER[0]:
            earlier = replace(turn, back=True)
        terms = await terms_of(queries, shown, now)
        rows = [_own(row, actor) for row in terms.rows(shown, Hat.ADMIN)]
        return EveryPage(
            viewer=viewer,
            sought=sought,
            rows=rows,
            now=now,
            coach=await _person(queries, sought.coach_id),
            client=await _person(queries, sought.client_id),
            earlier=earlier,
            later=later,
            none_ahead=not shown and not come and earlier is not None,
        )


def _start(sought: Sought, within: tuple[datetime, datetime], today: datetime) -> Turn:
    """Return where the first page begins: at the first day sought, before the end of the last one, or today."""
    first, last = within
    if sought.first is not None:
        return Turn(first, "")
    return Turn(last, "", back=True) if sought.last is not None and last <= today else Turn(today, "")


def _back_from(turn: Turn) -> tuple[Turn | None, Turn | None]:
    """Return the places of the pages before and after an empty one: the session that the turn started at is on them."""
    if turn.back:
        return None, Turn(turn.at, "")
    return Turn(min(turn.at, EVER[1] - _TICK) + _TICK, "", back=True), None


def _own(row: Row, actor: Actor) -> Row:
    """Let an admin only look at what they take themselves: nobody decides about that in a coach's place."""
    if row.session.client.id != actor.user_id:
        return row
    return replace(row, blocked=Blocked.NO_COACH, fixed=Blocked.NO_COACH)


async def _person(queries: Queries, person_id: str) -> Person | None:
    return (await queries.people.viewer(person_id)).person if person_id else None
