"""Set-up by admins: coaches and their channels, terms, preferences, admins."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from coaching.actions import setup
from coaching.actions.access import check_admin
from coaching.meetings import LinkOf, LinkScope
from coaching.policy import TermsOf, TermsScope
from coaching.quiet import parse_quiet_hours
from coaching.reminder_times import parse_offsets
from coaching.sessions import Actor
from coaching.stakeholders import NewsOf
from coaching.workspace import Audience, Coach, SessionType
from handlers import parse
from handlers.amounts import credits_of
from handlers.deps import Deps, Publish
from handlers.hours import HoursFeature
from handlers.ids import NO, Action, Block, Callback
from handlers.inputs import BadInput
from handlers.meetings import MeetingsFeature
from handlers.meta import ItemMeta, PageMeta
from handlers.numbers import whole_at
from handlers.parse import BadRequest, Body
from handlers.policies import PoliciesFeature
from handlers.press import Press, on_action, on_submit
from handlers.retire import RetireForm
from handlers.stakeholders import StakeholdersFeature
from handlers.views.kit import Json
from handlers.views.person_key import person_key
from handlers.views.preferences import MAX_TIMES, preferences_form
from handlers.views.session_types import type_form
from handlers.views.setup import admins_form, coach_form, setup_view
from handlers.views.typed_words import hours_in, reminder_words_in
from language.say import say_for
from language.spoken import spoken

MAX_SUPPORT = 200


class SetupFeature:
    """The set-up dialog and its forms."""

    def __init__(
        self,
        deps: Deps,
        hours: HoursFeature,
        policies: PoliciesFeature,
        told: StakeholdersFeature,
        meetings: MeetingsFeature,
        publish_home: Publish,
    ) -> None:
        self._deps = deps
        self._publish_home = publish_home
        self._hours = hours
        self._meetings = meetings
        meetings.beneath[Callback.SETUP] = lambda actor, _: self.shown(actor)
        self._policies = policies
        policies.beneath.update({TermsOf.WORKSPACE: self.shown, TermsOf.TYPE: self.shown})
        hours.beneath = self.shown
        self._retire = RetireForm(deps)
        self._told = told
        told.beneath = self.shown

    async def open(self, press: Press) -> None:
        """Open the set-up. Raises AdminsOnly."""
        found = await self._deps.met(
            press.client, press.actor, lambda: setup.open_setup(self._deps.store, self._deps.clock, press.actor)
        )
        await press.show(setup_view(found))

    @on_action(Action.HOME_SETUP)
    async def from_home(self, press: Press) -> None:
        """Open the set-up from the App Home."""
        await self.open(press)
        await press.ack()

    @on_action(Action.SETUP_EARLIER, Action.SETUP_LATER)
    async def turn(self, press: Press) -> None:
        """Show another page of coaches."""
        step = 1 if press.action_id == Action.SETUP_LATER else -1
        page = max(0, PageMeta.load(press.body).page + step)
        await press.redraw(setup_view(await setup.open_setup(self._deps.store, self._deps.clock, press.actor, page)))
        await press.ack()

    @on_action(
        Action.SETUP_ADD_COACH,
        Action.SETUP_COACH_MENU,
        Action.SETUP_PREFERENCES,
        Action.SETUP_ADMINS,
        Action.SETUP_ADD_TYPE,
        Action.SETUP_TYPE_MENU,
    )
    async def form(self, press: Press) -> None:
        """Open one of the forms on top of the dialog."""
        store, actor = self._deps.store, press.actor
        match press.action_id:
            case Action.SETUP_TYPE_MENU:
                await self._about_type(press)
            case Action.SETUP_COACH_MENU:
                await self._about_coach(press)
            case Action.SETUP_PREFERENCES:
                viewer, settings = await setup.open_settings(store, actor)
                await press.show(preferences_form(settings, say_for(viewer.person.locale)))
            case Action.SETUP_ADMINS:
                viewer, admins = await setup.open_admins(store, actor)
                await press.show(admins_form(admins, say_for(viewer.person.locale)))
            case _:
                say = say_for((await check_admin(store, actor)).person.locale)
                await press.show(
                    type_form(None, say) if press.action_id == Action.SETUP_ADD_TYPE else coach_form(None, say)
                )
        await press.ack()

    @on_action(Action.SETUP_COACH_BACK)
    async def bring_back(self, press: Press) -> None:
        """Open the form of somebody who was taken off the list, as they were set up. Saving it brings them back."""
        person_id = parse.text(parse.value(press.body), "coach")
        viewer, coach = await setup.open_former(self._deps.store, press.actor, person_id)
        if coach is None:
            raise BadRequest("never a coach")
        await press.show(coach_form(coach, say_for(viewer.person.locale), back=True))
        await press.ack()

    async def _about_type(self, press: Press) -> None:
        verb, _, type_id = parse.value(press.body).partition(":")
        if verb == "terms":
            await self._policies.open(press, TermsScope(TermsOf.TYPE, type_id))
        elif verb == "told":
            await self._told.open(press, NewsOf.TYPE, type_id)
        elif verb == "link":
            await self._meetings.open(press, LinkScope(LinkOf.TYPE, type_id))
        else:
            viewer, found, clients = await setup.open_type(self._deps.store, press.actor, type_id)
            await press.show(type_form(_still(found), say_for(viewer.person.locale), clients))

    async def _about_coach(self, press: Press) -> None:
        verb, _, key = parse.value(press.body).partition(":")
        viewer, coaches = await setup.open_coaches(self._deps.store, press.actor)
        coach = _coach(coaches, key)
        if verb == "hours":
            await self._hours.open(press, coach.person.id)
        elif verb == "told":
            await self._told.open(press, NewsOf.COACH, coach.person.id)
        elif verb == "link":
            await self._meetings.open(press, LinkScope(LinkOf.COACH, coach.person.id))
        elif verb == "remove":
            await press.show(await self._retire.form(press.actor, coach))
        else:
            await press.show(coach_form(coach, say_for(viewer.person.locale)))

    @on_submit(Callback.SETUP_COACH)
    async def save_coach(self, press: Press) -> None:
        """Add a coach or change their channel."""
        person_id = ItemMeta.load_or_new(press.body).id or parse.picker(press.body, Block.COACH, "selected_user")
        if not person_id:
            raise BadInput(Block.COACH, "choose who the coach is")
        person_id = parse.text(person_id, "coach")
        channel = parse.picker(press.body, Block.CHANNEL, "selected_conversation")
        if person_id == parse.picker(press.body, Block.COACH, "selected_user"):
            # The coach may be new here. Lists need their name and zone.
            await self._deps.introduced(press.client, press.actor, {Block.COACH: [person_id]}, keep=True)
        _, dropped = parse.offered(press.body, Block.CHANNEL_DROP)
        await setup.save_coach(
            self._deps.store,
            self._deps.clock,
            press.actor,
            parse.request_key(press.body),
            person_id,
            channel,
            dropped=next(iter(dropped), None),
        )
        await self._saved(press)

    @on_submit(Callback.SETUP_REMOVE)
    async def remove_coach(self, press: Press) -> None:
        """Take a coach off the list."""
        view = await self._retire.remove(press.body, press.actor, ItemMeta.load(press.body).id)
        await self._saved(press, view)

    @on_submit(Callback.SETUP_PREFERENCES)
    async def save_preferences(self, press: Press) -> None:
        """Save how and when people are notified."""
        contact = parse.typed_text(press.body, Block.SUPPORT, MAX_SUPPORT)
        if contact and len(contact) > MAX_SUPPORT:
            raise BadInput(Block.SUPPORT, "at most {n} character", "at most {n} characters", n=MAX_SUPPORT)
        language = parse.chosen(press.body, Block.LANGUAGE)
        if language is not None and language not in spoken():
            raise BadInput(Block.LANGUAGE, "that language is not spoken here any more; choose another one")
        say = say_for((await check_admin(self._deps.store, press.actor)).person.locale)
        before = whole_at(press.body, Block.START_REMINDER, 10080)
        days = whole_at(press.body, Block.EXPIRY_NOTICE, 366)
        await setup.save_preferences(
            self._deps.store,
            press.actor,
            parse.request_key(press.body),
            reminder_offsets=parse_offsets(
                parse.typed_text(press.body, Block.REMINDERS, MAX_TIMES) or "", reminder_words_in(say)
            ),
            reason_in_channel=parse.chosen(press.body, Block.REASON_IN_CHANNEL) != NO,
            support_contact=contact,
            undo_window=timedelta(seconds=whole_at(press.body, Block.UNDO_WINDOW, 600) or 0),
            quiet_hours=parse_quiet_hours(
                parse.typed_text(press.body, Block.QUIET_HOURS, MAX_TIMES) or "", hours_in(say)
            ),
            start_reminder=timedelta(minutes=before) if before else None,
            expiry_notice=timedelta(days=days) if days else None,
            language=language,
        )
        await self._saved(press)

    @on_submit(Callback.SETUP_ADMINS)
    async def save_admins(self, press: Press) -> None:
        """Replace the named admins."""
        named = parse.pickers(press.body, Block.ADMINS, "selected_users")
        await self._deps.introduced(press.client, press.actor, {Block.ADMINS: named})
        await setup.save_admins(
            self._deps.store, self._deps.clock, press.actor, parse.request_key(press.body), list(dict.fromkeys(named))
        )
        await self._saved(press)

    @on_submit(Callback.SETUP_TYPE)
    async def save_type(self, press: Press) -> None:
        """Add a session type or change one."""
        given = _typed_type(press.body)
        named = parse.pickers(press.body, Block.TYPE_CLIENTS, "selected_users")
        clients: list[str] | None = list(dict.fromkeys(named))
        if given.id and parse.state(press.body, Block.TYPE_COACHES) is None:
            # A form of an earlier release does not ask who gives and books it.
            _, found, _ = await setup.open_type(self._deps.store, press.actor, given.id)
            known = _still(found)
            given = replace(given, coaches=known.coaches, bookable_by=known.bookable_by, at_most=known.at_most)
            clients = None
        await self._deps.introduced(press.client, press.actor, {Block.TYPE_CLIENTS: named})
        await setup.save_session_type(self._deps.store, press.actor, parse.request_key(press.body), given, clients)
        await self._saved(press)

    async def shown(self, actor: Actor) -> Json:
        """Return the dialog in its current state."""
        return setup_view(await setup.open_setup(self._deps.store, self._deps.clock, actor))

    async def _saved(self, press: Press, view: Json | None = None) -> None:
        """Close the form, or put `view` in its place, and redraw what shows it too: the dialog beneath, and Home."""
        await press.redraw_beneath(self.shown)
        if view is None:
            await press.ack()
        else:
            await press.replace(view)
        self._deps.later(self._publish_home(press.client, press.actor), "publish home")


def _typed_type(body: Body) -> SessionType:
    """Return the session type in a form. Raises BadInput, BadRequest."""
    price = credits_of(parse.typed_text(body, Block.TYPE_PRICE, 20) or "", Block.TYPE_PRICE)
    audience = parse.chosen(body, Block.TYPE_AUDIENCE)
    return SessionType(
        ItemMeta.load_or_new(body).id,
        parse.typed_text(body, Block.TYPE_NAME, setup.MAX_TYPE_NAME) or "",
        timedelta(minutes=whole_at(body, Block.TYPE_MINUTES, 1440) or 0),
        price,
        retired=parse.chosen(body, Block.TYPE_OFFERED) == NO,
        coaches=frozenset(parse.pickers(body, Block.TYPE_COACHES, "selected_users")),
        bookable_by=Audience.EVERYBODY if audience is None else parse.one_of(Audience, audience, "audience"),
        at_most=whole_at(body, Block.TYPE_AT_MOST, setup.MOST_AT_A_TIME, least=1),
    )


def _still(found: SessionType | None) -> SessionType:
    if found is None:
        raise BadInput(Block.TYPE_NAME, "that session type is gone; close this and open the set-up again")
    return found


def _coach(coaches: Sequence[Coach], key: str) -> Coach:
    for coach in coaches:
        if person_key(coach.person.id) == key:
            return coach
    raise BadInput(Block.COACH, "that person is no coach any more; close this and open the set-up again")
