"""Set-up of the workspace: coaches and their channels, terms, preferences, admins. Admins only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from coaching.actions import departed
from coaching.actions.access import require_admin, require_people, wall_now
from coaching.clock import Clock
from coaching.credits import MOST_CREDITS, ONE_CREDIT
from coaching.errors import BadSetting
from coaching.fields import Field
from coaching.first_steps import FirstSteps
from coaching.naming import kept_name, same_name, visible
from coaching.news.kinds import NoticeKind
from coaching.news.roles import of_list
from coaching.ports import Store, UnitOfWork
from coaching.quiet import QuietHours
from coaching.records import Viewer
from coaching.sessions import Actor, Person
from coaching.stakeholders import NewsOf, is_channel, is_person
from coaching.workspace import Audience, Coach, Refusal, SessionType, Settings

MAX_UNDO = timedelta(seconds=600)
MAX_EXPIRY_NOTICE = timedelta(days=366)
MAX_TYPE_NAME = 80
MAX_GIVERS = 100
"""The most coaches who are named as giving a type: as many as the form lets one choose."""
MAX_NAMED = 100
"""The most clients who are named for a type."""
MOST_AT_A_TIME = 100
"""The highest number of sessions of a type that a client may have at a time: a type with more has no such number."""
COACHES_PAGE = 50
"""Coaches on one page of the set-up."""
FORMER = 100
"""Former coaches who can be brought back: the capacity of one of Slack's menus."""
MAX_REMINDERS = 5
"""More would be a nuisance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What the set-up dialog shows, with one page (from 0) of its coaches, of `total`.

    `bookable` are the ids of those with hours. `also_told`: the stakeholders of each of them, and of each session type,
    that has any. `refused`: how channels refused messages lately, by coach for alert channels and by channel for those
    that get copies. `left`: which of them have left Slack. `givers`: by id, the coaches who are named as giving some type
    and are here. `first_steps` is None from the first session on.
    `former`: some of those who were taken off the list.
    """

    viewer: Viewer
    settings: Settings
    coaches: Sequence[Coach]
    total: int
    admins: Sequence[Person]
    now: datetime
    types: Sequence[SessionType] = ()
    bookable: Collection[str] = ()
    also_told: Mapping[tuple[NewsOf, str], Sequence[str]] = field(default_factory=dict)
    refused: Mapping[str, Refusal] = field(default_factory=dict)
    left: Collection[str] = ()
    givers: Mapping[str, Person] = field(default_factory=dict)
    page: int = 0
    first_steps: FirstSteps | None = None
    former: Sequence[Coach] = ()

    @property
    def first(self) -> int:
        """The position of the page's first coach."""
        return self.page * COACHES_PAGE


async def open_setup(store: Store, clock: Clock, actor: Actor, page: int = 0) -> Setup:
    """Return the workspace's set-up. A page beyond the last one is the last one. Raises AdminsOnly."""
    now = clock.now()
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        total = await queries.coaches.number()
        page = min(page, max(0, (total - 1) // COACHES_PAGE))
        coaches = await queries.coaches.page(COACHES_PAGE, page * COACHES_PAGE)
        shown = [coach.person.id for coach in coaches]
        types = await queries.catalogue.session_types()
        named = {coach_id for kind in types for coach_id in kind.coaches}
        left = await queries.coaches.left({*shown, *named})
        also_told: dict[tuple[NewsOf, str], list[str]] = {}
        for one in await queries.stakeholders.of(shown, [kind.id for kind in types]):
            if not one.is_told:
                continue
            also_told.setdefault((one.of, one.of_id), []).append(one.target)
        copied = {target for targets in also_told.values() for target in targets if is_channel(target)}
        return Setup(
            viewer=viewer,
            settings=await queries.workspace.settings(),
            coaches=coaches,
            total=total,
            admins=await queries.people.admins(),
            types=types,
            bookable=await queries.schedule.giving({*shown, *named}),
            refused=await queries.business.channels_refused(coaches, copied, now),
            left=left,
            givers={
                one.person.id: one.person for one in await queries.coaches.some(named) if one.person.id not in left
            },
            also_told=also_told,
            page=page,
            now=now,
            first_steps=await queries.business.first_steps(now),
            former=await queries.coaches.former(FORMER),
        )


async def open_settings(store: Store, actor: Actor) -> tuple[Viewer, Settings]:
    """Return the settings that the form of preferences shows. Raises AdminsOnly."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        return viewer, await queries.workspace.settings()


async def open_admins(store: Store, actor: Actor) -> tuple[Viewer, Sequence[Person]]:
    """Return the named admins. Raises AdminsOnly."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        return viewer, await queries.people.admins()


async def open_types(store: Store, actor: Actor) -> tuple[Viewer, Sequence[SessionType]]:
    """Return the session types by name. Raises AdminsOnly."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        return viewer, await queries.catalogue.session_types()


async def open_type(store: Store, actor: Actor, type_id: str) -> tuple[Viewer, SessionType | None, Collection[str]]:
    """Return a session type, or None if it is gone, and the ids of the clients named for it. Raises AdminsOnly."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        found = next((one for one in await queries.catalogue.session_types() if one.id == type_id), None)
        return viewer, found, await queries.catalogue.clients(type_id) if found else ()


async def open_coaches(store: Store, actor: Actor) -> tuple[Viewer, Sequence[Coach]]:
    """Return the coaches by name. Raises AdminsOnly."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        return viewer, await queries.coaches.all()


async def open_former(store: Store, actor: Actor, person_id: str) -> tuple[Viewer, Coach | None]:
    """Return somebody who was taken off the list as they were set up, or None if they never were. Raises AdminsOnly."""
    async with store.read(actor.workspace_id) as queries:
        viewer = await require_admin(queries, actor)
        return viewer, await queries.coaches.as_before(person_id)


async def save_preferences(
    store: Store,
    actor: Actor,
    request_key: str,
    *,
    reminder_offsets: Sequence[timedelta],
    reason_in_channel: bool,
    support_contact: str | None,
    undo_window: timedelta,
    quiet_hours: QuietHours | None,
    start_reminder: timedelta | None,
    expiry_notice: timedelta | None,
    language: str | None = None,
) -> None:
    """Change how people are notified. Notices planned by the old settings are planned again within minutes.

    An `undo_window` of zero means that nothing can be undone. Without `start_reminder` there is no reminder before the
    start, without `expiry_notice` (whole days) no notice before credits expire. Without `language` it stays unchanged.
    Raises AdminsOnly, Replayed, BadSetting.
    """
    if len(reminder_offsets) > MAX_REMINDERS:
        raise BadSetting(Field.REMINDERS, "at most {n} reminder", "at most {n} reminders", n=MAX_REMINDERS)
    if any(not timedelta(0) < offset <= timedelta(days=30) for offset in reminder_offsets):
        raise BadSetting(Field.REMINDERS, "a reminder comes between a minute and 30 days before the cutoff")
    if not timedelta(0) <= undo_window <= MAX_UNDO:
        raise BadSetting(Field.UNDO_WINDOW, "a cancellation can be taken back for 0 to 600 seconds")
    if start_reminder is not None and not timedelta(0) < start_reminder <= timedelta(days=7):
        raise BadSetting(Field.START_REMINDER, "the reminder comes between a minute and 7 days before the start")
    day = timedelta(days=1)
    if expiry_notice is not None and (not day <= expiry_notice <= MAX_EXPIRY_NOTICE or expiry_notice % day):
        raise BadSetting(Field.EXPIRY_NOTICE, "the word comes 1 to 366 whole days before credits expire")
    async with store.write(actor.workspace_id) as uow:
        await require_admin(uow, actor)
        await uow.claim_request(request_key)
        await uow.workspace.ensure()
        await uow.workspace.lock()
        settings = await uow.workspace.settings()
        changed = replace(
            settings,
            undo_window=undo_window,
            quiet_hours=quiet_hours,
            start_reminder=start_reminder,
            expiry_notice=expiry_notice,
            language=language or settings.language,
            reminder_offsets=tuple(sorted(set(reminder_offsets), reverse=True)),
            reason_in_channel=reason_in_channel,
            support_contact=support_contact.strip() if support_contact and visible(support_contact) else None,
        )
        await uow.workspace.save_settings(changed)
        if changed.plan != settings.plan:
            await uow.plans.ask_replan()
        await uow.commit()


async def save_session_type(
    store: Store, actor: Actor, request_key: str, session_type: SessionType, clients: Collection[str] | None = None
) -> None:
    """Add a session type (with an empty id) or change it for new bookings. Booked sessions keep their price.

    `clients` are the ids of those who are named for it (None: no change). Raises AdminsOnly, Replayed, BadSetting.
    """
    name = kept_name(session_type.name)
    if not 0 < len(name) <= MAX_TYPE_NAME:
        raise BadSetting(
            Field.TYPE_NAME,
            "a name has 1 to {n} character that can be seen",
            "a name has 1 to {n} characters that can be seen",
            n=MAX_TYPE_NAME,
        )
    if not timedelta(minutes=5) <= session_type.length <= timedelta(days=1) or session_type.length % timedelta(
        minutes=1
    ):
        raise BadSetting(Field.TYPE_MINUTES, "a session lasts 5 minutes to 24 hours, in whole minutes")
    if not 0 <= session_type.price <= MOST_CREDITS * ONE_CREDIT:
        raise BadSetting(Field.TYPE_PRICE, "a price is 0 to {n} credit", "a price is 0 to {n} credits", n=MOST_CREDITS)
    async with store.write(actor.workspace_id) as uow:
        await require_admin(uow, actor)
        await uow.claim_request(request_key)
        await uow.workspace.ensure()
        await uow.workspace.lock()
        known = await uow.catalogue.session_types()
        if session_type.id and all(one.id != session_type.id for one in known):
            raise BadSetting(Field.TYPE_NAME, "that session type is gone; close this and open the set-up again")
        if any(same_name(one.name) == same_name(name) and one.id != session_type.id for one in known):
            raise BadSetting(Field.TYPE_NAME, "there is a session type of that name already")
        await _require_coaches(uow, session_type, known)
        type_id = await uow.catalogue.save_session_type(replace(session_type, name=name))
        await _name_clients(uow, replace(session_type, id=type_id), clients)
        await uow.commit()


async def _require_coaches(uow: UnitOfWork, changed: SessionType, known: Sequence[SessionType]) -> None:
    """Raise BadSetting unless those who are to give a type are coaches. Who left may stay: they may come back."""
    before = next((one.coaches for one in known if one.id == changed.id), frozenset())
    if len(changed.coaches) > MAX_GIVERS:
        raise BadSetting(Field.TYPE_COACHES, "at most {n} coach", "at most {n} coaches", n=MAX_GIVERS)
    added = changed.coaches - before
    if added - await uow.coaches.listed(added):
        raise BadSetting(Field.TYPE_COACHES, "choose people who are coaches here; add others as coaches first")


async def _name_clients(uow: UnitOfWork, kind: SessionType, clients: Collection[str] | None) -> None:
    """Replace who is named for a type. Raises BadSetting. Clients known by e-mail, who are in no menu, stay named."""
    if kind.at_most is not None and not 0 < kind.at_most <= MOST_AT_A_TIME:
        raise BadSetting(
            Field.TYPE_AT_MOST, "write a whole number from {least} to {most}", least=1, most=MOST_AT_A_TIME
        )
    before = await uow.catalogue.clients(kind.id)
    named = before if clients is None else {*clients, *(who for who in before if not is_person(who))}
    if len(named) > MAX_NAMED:
        raise BadSetting(Field.TYPE_CLIENTS, "at most {n} client", "at most {n} clients", n=MAX_NAMED)
    if kind.bookable_by is Audience.NAMED and not named:
        raise BadSetting(Field.TYPE_CLIENTS, "name somebody, or choose who else can book it")
    if named != before:
        await require_people(uow, named - before, Field.TYPE_CLIENTS)
        await uow.catalogue.name_clients(kind.id, named)


async def save_coach(
    store: Store,
    clock: Clock,
    actor: Actor,
    request_key: str,
    person_id: str,
    alert_channel: str | None,
    *,
    dropped: str | None = None,
) -> None:
    """Add a coach, set another alert channel, or switch them from the channel `dropped` back to direct messages.

    With neither, their channel stays: the admin who saves may not be able to see it. A new coach is notified. Raises
    AdminsOnly, Replayed, BadSetting.
    """
    now = clock.now()
    if alert_channel and dropped:
        raise BadSetting(Field.CHANNEL, "choose one of the two: another channel, or direct messages")
    if alert_channel and not is_channel(alert_channel):
        raise BadSetting(Field.CHANNEL, "choose a channel")
    async with store.write(actor.workspace_id) as uow:
        await require_admin(uow, actor)
        await require_people(uow, [person_id], Field.COACH)
        await uow.claim_request(request_key)
        await uow.workspace.ensure()
        await uow.workspace.lock()
        listed = await uow.coaches.listed([person_id])
        before = await uow.coaches.as_before(person_id)  # whoever is brought back has the channel that they had
        present = before.alert_channel if before is not None else None
        if dropped and present and present != dropped:
            raise BadSetting(Field.CHANNEL, "the channel is another one by now; close this and open it again")
        kept = None if dropped else present
        await uow.coaches.save(person_id, alert_channel or kept)
        if not listed:
            await uow.people.know_of([actor.user_id])
            kinds = (NoticeKind.COACH_NAMED, NoticeKind.COACH_UNNAMED)
            await uow.notices.add(of_list((), (person_id,), kinds, actor.user_id, request_key, now))
            await departed.retell(uow, person_id, now)
        await uow.commit()


async def save_admins(store: Store, clock: Clock, actor: Actor, request_key: str, person_ids: Sequence[str]) -> None:
    """Replace the named admins. Slack's workspace admins remain admins in any case.

    Whoever is an admin from now on, or no longer, is notified. Raises AdminsOnly, Replayed, BadSetting.
    """
    now = clock.now()
    async with store.write(actor.workspace_id) as uow:
        await require_admin(uow, actor)
        await require_people(uow, person_ids, Field.ADMINS)
        await uow.claim_request(request_key)
        await uow.workspace.ensure()
        await uow.workspace.lock()
        before = await uow.people.all_admins()
        await uow.people.save_admins(person_ids, actor.user_id, wall_now())
        await uow.people.know_of([actor.user_id])
        kinds = (NoticeKind.ADMIN_NAMED, NoticeKind.ADMIN_UNNAMED)
        after = await uow.people.all_admins()
        await uow.notices.add(of_list(before, after, kinds, actor.user_id, request_key, now))
        await uow.commit()
