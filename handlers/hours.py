"""A coach's hours and time off, edited by the coach or an admin."""

import re
from datetime import date, datetime, time, timedelta
from typing import NoReturn

from coaching.actions import slots
from coaching.actions.time_off import BookedIn, booked_in
from coaching.availability import MAX_TEXT, Availability, TimeOff, parse_hours
from coaching.causes import Obstacle
from coaching.errors import AdminsOnly, NotBookable, NotYours
from coaching.sessions import Actor, Hat
from coaching.time_off import days_off, hours_off
from coaching.zone_words import BadZone, ZoneFault, zone_meant
from handlers import parse
from handlers.cancel import CancelFeature
from handlers.deps import Deps, Publish
from handlers.handover import HandoverFeature
from handlers.ids import Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meetings import MeetingsFeature
from handlers.meta import ItemMeta, Meta
from handlers.numbers import whole_at
from handlers.parse import BadRequest, Body
from handlers.press import Draw, Press, on_action, on_submit
from handlers.views.command_words import Command, as_typed
from handlers.views.hours import hours_form, hours_title, saved_view, time_off_form
from handlers.views.kit import Json
from handlers.views.message import message_view
from handlers.views.time_off import booked_view
from handlers.views.typed_words import cities_in, hours_in
from language.say import Say

MAX_OFF = 60
"""How many times off a coach may have ahead: as many as the form shows."""


class HoursFeature:
    """The forms for a coach's hours."""

    def __init__(
        self,
        deps: Deps,
        publish_home: Publish,
        meetings: MeetingsFeature,
        cancel: CancelFeature,
        hand: HandoverFeature,
    ) -> None:
        self._deps = deps
        self._cancel = cancel
        self._hand = hand
        self._publish_home = publish_home
        self.beneath: Draw | None = None
        """Draws the set-up, from which the form may have been opened."""
        meetings.beneath[Callback.HOURS] = self._form

    async def open(self, press: Press, coach_id: str) -> None:
        """Open a coach's hours. Raises NotYours, AdminsOnly."""
        try:
            view = hours_form(
                await self._deps.met(press.client, press.actor, lambda: self._hours(press.actor, coach_id))
            )
        except (AdminsOnly, NotYours):
            if coach_id != press.actor.user_id:
                raise
            say = await self._deps.say_to(press.actor)
            words = say(
                "Hours are kept by coaches, and you are not one here. An admin can name you as one in "
                "{command}, and edit the hours of every coach there.",
                command=f"`{as_typed(say, Command.SETUP)}`",
            )
            view = message_view(hours_title(say), words, say)
        await press.show(view)

    @on_action(Action.HOURS)
    async def from_button(self, press: Press) -> None:
        """Open the hours that a button names."""
        await self.open(press, parse.value(press.body))
        await press.ack()

    @on_submit(Callback.HOURS)
    async def save(self, press: Press) -> None:
        """Replace the hours, and show how they were understood."""
        coach_id = ItemMeta.load(press.body).id
        given = availability(press.body, await self._deps.say_to(press.actor))
        await slots.save_hours(self._deps.store, press.actor, parse.request_key(press.body), coach_id, given)
        if self.beneath is not None:
            await press.redraw_beneath(self.beneath)
        await press.replace(saved_view(await self._hours(press.actor, coach_id)))
        self._deps.later(self._publish_home(press.client, press.actor), "publish home")

    @on_action(Action.HOURS_ADD_OFF)
    async def ask_time_off(self, press: Press) -> None:
        """Ask for the days off."""
        found = await self._hours(press.actor, ItemMeta.load(press.body).id)
        await press.show(time_off_form(found))
        await press.ack()

    @on_submit(Callback.TIME_OFF)
    async def add_time_off(self, press: Press) -> None:
        """Add days or hours off, on the clock of the coach's hours, and show what is booked in them."""
        coach_id = ItemMeta.load(press.body).id
        found = await self._hours(press.actor, coach_id)
        if found.availability is None:
            raise NotBookable(coach_id, Obstacle.NO_HOURS)
        if len(found.availability.time_off) >= MAX_OFF:
            raise BadInput(
                Block.LAST_OFF,
                "at most {n} time off lies ahead; remove one first",
                "at most {n} times off lie ahead; remove one first",
                n=MAX_OFF,
            )
        off = _off(press.body, found.availability.time_zone)
        if off.ends_at <= found.now:
            raise BadInput(Block.LAST_OFF, "these days are over already")
        await slots.change_time_off(self._deps.store, press.actor, parse.request_key(press.body), coach_id, off)
        await press.redraw_beneath(lambda actor: self._form(actor, coach_id))
        booked = await self._booked(press.actor, coach_id, off.starts_at, off.ends_at)
        if booked.sessions:
            await press.replace(booked_view(booked))
        else:
            await press.ack()

    @on_action(Action.OFF_DECIDE)
    async def decide_about_booked(self, press: Press) -> None:
        """Open the choice of what to do with the sessions in one's own time off, all of them picked."""
        booked = await self._booked(press.actor, *_place(parse.value(press.body)))
        if not booked.sessions:
            await press.redraw(booked_view(booked))
        else:
            meta = Meta(hat=Hat.COACH, subject=booked.coach.id)
            await self._cancel.open_picked(press, meta, [session.id for session in booked.sessions], booked.now)
        await press.ack()

    @on_action(Action.OFF_HAND)
    async def hand_over_booked(self, press: Press) -> None:
        """Open the choice of another coach for the sessions in a time off."""
        booked = await self._booked(press.actor, *_place(parse.value(press.body)))
        if not booked.to_hand:
            await press.redraw(booked_view(booked))
        else:
            meta = Meta(hat=Hat.COACH if booked.own else Hat.ADMIN, subject=booked.coach.id, alone=True)
            ids = [session.id for session in booked.to_hand]
            await press.show(await self._hand.begin(press.actor, meta, ids))
        await press.ack()

    async def _booked(self, actor: Actor, coach_id: str, starts_at: datetime, ends_at: datetime) -> BookedIn:
        return await booked_in(self._deps.store, self._deps.clock, actor, coach_id, starts_at, ends_at)

    @on_action(Action.HOURS_REMOVE_OFF)
    async def remove_time_off(self, press: Press) -> None:
        """Remove a time off. Text typed in the form stays."""
        coach_id = ItemMeta.load(press.body).id
        starts_at = parse.instant(parse.value(press.body))
        off = TimeOff(starts_at, starts_at + timedelta(days=1))
        await slots.change_time_off(
            self._deps.store, press.actor, parse.request_key(press.body), coach_id, off, remove=True
        )
        await press.redraw(await self._form(press.actor, coach_id))
        await press.ack()

    async def _form(self, actor: Actor, coach_id: str) -> Json:
        return hours_form(await self._hours(actor, coach_id))

    async def _hours(self, actor: Actor, coach_id: str) -> slots.Hours:
        return await slots.open_hours(self._deps.store, self._deps.clock, actor, coach_id)


def availability(body: Body, say: Say) -> Availability:
    """Read the form, in the language of the person who filled it in. Raises BadInput with the block at fault."""
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    return Availability(
        time_zone=zone_named(parse.typed_text(body, Block.ZONE, 64) or "", say),
        hours=parse_hours(parse.typed_text(body, Block.HOURS, MAX_TEXT) or "", hours_in(say)),
        buffer_before=(whole_at(body, Block.BUFFER_BEFORE, 720) or 0) * minute,
        buffer_after=(whole_at(body, Block.BUFFER_AFTER, 720) or 0) * minute,
        notice=(whole_at(body, Block.NOTICE, 2160) or 0) * hour,
        horizon=timedelta(days=whole_at(body, Block.HORIZON, 366) or 0),
        step=_step(body) * minute,
    )


def zone_named(text: str, say: Say) -> str:
    """Return the IANA zone that a text means, see `zone_meant`. Raises BadInput."""
    try:
        return zone_meant(text, cities_in(say.locale))
    except BadZone as wrong:
        if not text.strip():
            raise BadInput(Block.ZONE, "write a time zone") from None
        _refuse_zone(wrong)


def _refuse_zone(wrong: BadZone) -> NoReturn:
    zone, meant = wrong.zone, wrong.meant
    if wrong.fault is ZoneFault.NO_OFFSET:
        raise BadInput(
            Block.ZONE,
            "“{zone}” is no whole number of hours from GMT-12 to GMT+14: write a place, like Asia/Kolkata",
            zone=zone,
        )
    if meant is None:
        raise BadInput(
            Block.ZONE,
            "“{zone}” is no time zone we know: write one like America/New_York or Europe/London",
            zone=zone,
        )
    if wrong.fault is ZoneFault.NO_PLACE:
        raise BadInput(
            Block.ZONE,
            "“{zone}” names no place, and says nothing of when clocks change there: did you mean {meant}?",
            zone=zone,
            meant=meant,
        )
    raise BadInput(Block.ZONE, "“{zone}” is no time zone we know: did you mean {meant}?", zone=zone, meant=meant)


def _step(body: Body) -> int:
    chosen = parse.chosen(body, Block.STEP)
    if chosen is None or not re.fullmatch(r"[0-9]{1,4}", chosen):
        raise BadRequest("an odd step")
    return int(chosen)


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


def _place(value: str) -> tuple[str, datetime, datetime]:
    """Return the coach, the begin and the end of a time off that a button names. Raises BadRequest."""
    coach_id, _, bounds = value.partition("|")
    begins, _, ends = bounds.partition("|")
    return parse.text(coach_id, "coach"), parse.instant(begins), parse.instant(ends)
