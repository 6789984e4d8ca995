"""A coach's time off, edited by the coach or an admin, and what is booked in it."""

import re
from datetime import date, datetime, time

from coaching.actions import slots
from coaching.availability import TimeOff
from coaching.causes import Obstacle
from coaching.errors import NotBookable
from coaching.time_off import days_off, hours_off
from handlers import parse
from handlers.deps import Deps
from handlers.hours import HoursFeature
from handlers.ids import OFF_BOOKED, OFF_EDIT, OFF_REMOVE, Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meta import ItemMeta
from handlers.off_meta import OffMeta
from handlers.parse import BadRequest, Body
from handlers.press import Press, on_action, on_submit
from handlers.rearrange import RearrangeFeature
from handlers.views.time_off import Saved, time_off_form

MAX_OFF = 60
"""How many times off a coach may have ahead: as many as the form shows."""


class TimeOffFeature:
    """The forms for time off, which are opened from a coach's hours."""

    def __init__(self, deps: Deps, hours: HoursFeature, rearrange: RearrangeFeature) -> None:
        self._deps = deps
        self._hours = hours
        self._rearrange = rearrange

    @on_action(Action.HOURS_ADD_OFF)
    async def ask_time_off(self, press: Press) -> None:
        """Ask for the days off."""
        found = await self._hours.found(press.actor, ItemMeta.load(press.body).id)
        await press.show(time_off_form(found))
        await press.ack()

    @on_submit(Callback.TIME_OFF)
    async def add_time_off(self, press: Press) -> None:
        """Add days or hours off, on the clock of the coach's hours, and show what is booked in them."""
        await self._save(press, ItemMeta.load(press.body).id, None)

    @on_submit(Callback.TIME_OFF_CHANGE)
    async def change_time_off(self, press: Press) -> None:
        """Put other days or hours off in the place of a time off, and show what is booked in them."""
        meta = OffMeta.load(press.body)
        await self._save(press, meta.coach, parse.instant(meta.begins))

    async def _save(self, press: Press, coach_id: str, instead_of: datetime | None) -> None:
        found = await self._hours.found(press.actor, coach_id)
        if found.availability is None:
            raise NotBookable(coach_id, Obstacle.NO_HOURS)
        if instead_of is None and len(found.availability.time_off) >= MAX_OFF:
            raise BadInput(
                Block.LAST_OFF,
                "at most {n} time off lies ahead; remove one first",
                "at most {n} times off lie ahead; remove one first",
                n=MAX_OFF,
            )
        off = _off(press.body, found.availability.time_zone)
        if off.ends_at <= found.now:
            raise BadInput(Block.LAST_OFF, "these days are over already")
        key = parse.request_key(press.body)
        await slots.change_time_off(self._deps.store, press.actor, key, coach_id, off, instead_of=instead_of)
        await press.redraw_beneath(lambda actor: self._hours.drawn(actor, coach_id))
        saved = Saved.ADDED if instead_of is None else Saved.CHANGED
        booked = await self._rearrange.first(press.actor, coach_id, off.starts_at, off.ends_at, saved)
        if booked is not None:
            await press.replace(booked)
        else:
            await press.ack()

    @on_action(Action.OFF_MENU)
    async def from_row(self, press: Press) -> None:
        """Edit a time off, show what is booked in it, or remove it. Text typed in the form beneath stays."""
        coach_id = ItemMeta.load(press.body).id
        verb, _, bounds = parse.value(press.body).partition("|")
        starts_at, ends_at = _bounds(bounds)
        if verb == OFF_EDIT:
            found = await self._hours.found(press.actor, coach_id)
            off = next((one for one in found.off if one.starts_at == starts_at), None)
            if off is None:
                await press.redraw(await self._hours.drawn(press.actor, coach_id))
            else:
                await press.show(time_off_form(found, off))
        elif verb == OFF_BOOKED:
            booked = await self._rearrange.first(press.actor, coach_id, starts_at, ends_at)
            if booked is not None:
                await press.show(booked)
        elif verb == OFF_REMOVE:
            off = TimeOff(starts_at, ends_at)
            key = parse.request_key(press.body)
            await slots.change_time_off(self._deps.store, press.actor, key, coach_id, off, remove=True)
            await press.redraw(await self._hours.drawn(press.actor, coach_id))
        else:
            raise BadRequest("an odd choice")
        await press.ack()


def _day(body: Body, block_id: Block) -> date:
    given = parse.picker(body, block_id, "selected_date")
    if given is None:
        raise BadInput(block_id, "choose a day")
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise BadRequest("an odd day") from None


def _off(body: Body, time_zone: str) -> TimeOff:
    """Return the time off in the form: whole days, unless a time is given."""
    first, last = _day(body, Block.FIRST_OFF), _day(body, Block.LAST_OFF)
    opens, closes = _time(body, Block.OFF_FROM), _time(body, Block.OFF_UNTIL)
    if opens is None and closes is None:
        return days_off(first, last, time_zone)
    return hours_off(first, opens, last, closes, time_zone)


def _time(body: Body, block_id: Block) -> time | None:
    if parse.state(body, block_id) is None:
        return None
    given = parse.picker(body, block_id, "selected_time")
    if given is None:
        return None
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", given):
        raise BadRequest("an odd time")
    return time.fromisoformat(given)


def _bounds(value: str) -> tuple[datetime, datetime]:
    """Return the begin and the end of a time off. Raises BadRequest."""
    begins, _, ends = value.partition("|")
    return parse.instant(begins), parse.instant(ends)
