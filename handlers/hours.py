"""A coach's hours, edited by the coach or an admin."""

import re
from datetime import timedelta
from typing import NoReturn

from coaching.actions import slots
from coaching.availability import MAX_TEXT, Availability, parse_hours
from coaching.errors import AdminsOnly, NotYours
from coaching.sessions import Actor
from coaching.zone_words import BadZone, ZoneFault, zone_meant
from handlers import parse
from handlers.deps import Deps, Publish
from handlers.ids import Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meetings import MeetingsFeature
from handlers.meta import ItemMeta
from handlers.numbers import whole_at
from handlers.parse import BadRequest, Body
from handlers.press import Draw, Press, on_action, on_submit
from handlers.views.command_words import Command, as_typed
from handlers.views.hours import hours_form, hours_title, saved_view
from handlers.views.kit import Json
from handlers.views.message import message_view
from handlers.views.typed_words import cities_in, hours_in
from language.say import Say


class HoursFeature:
    """The forms for a coach's hours."""

    def __init__(self, deps: Deps, publish_home: Publish, meetings: MeetingsFeature) -> None:
        self._deps = deps
        self._publish_home = publish_home
        self.beneath: Draw | None = None
        """Draws the set-up, from which the form may have been opened."""
        meetings.beneath[Callback.HOURS] = self.drawn

    async def open(self, press: Press, coach_id: str) -> None:
        """Open a coach's hours. Raises NotYours, AdminsOnly."""
        try:
            view = hours_form(
                await self._deps.met(press.client, press.actor, lambda: self.found(press.actor, coach_id))
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
        await press.replace(saved_view(await self.found(press.actor, coach_id)))
        self._deps.later(self._publish_home(press.client, press.actor), "publish home")

    async def drawn(self, actor: Actor, coach_id: str) -> Json:
        """Build the form as things are. Raises NotYours, AdminsOnly."""
        return hours_form(await self.found(actor, coach_id))

    async def found(self, actor: Actor, coach_id: str) -> slots.Hours:
        """Return a coach's hours. Raises NotYours, AdminsOnly."""
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
