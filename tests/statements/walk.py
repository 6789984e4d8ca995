"""A walk through what people, upkeep, relay and directory do, in a crowded practice."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

from coaching.actions import (
    browse,
    calendar_address,
    choose,
    clients,
    credit_answers,
    credit_requests,
    credits,
    decide,
    every,
    exceptions,
    expiry,
    move_requests,
    notes,
    notifications,
    outcomes,
    people,
    plans,
    retire,
    setup,
    slots,
    undo,
    upkeep,
    way_in,
)
from coaching.actions.figures import open_figures
from coaching.actions.home import open_home
from coaching.actions.waiting import open_queue
from coaching.addresses import Consent
from coaching.availability import Availability, parse_hours
from coaching.blocks import KnownBlock
from coaching.clock import ManualClock
from coaching.every import Sought
from coaching.mail_ids import pending_id
from coaching.news.notice import Medium, NoticeState
from coaching.notifications import Ways
from coaching.packages import Holder, Turn
from coaching.records import Scope
from coaching.sessions import EVERYBODY, Actor, Hat, Person, Status
from coaching.stakeholders import NewsOf
from coaching.workspace import SessionType
from storage.claims import untouched
from storage.housekeeping import Housekeeping
from storage.notices import NoticeQueue
from storage.strangers import Strangers
from tests.support.world import ADMIN, WORKSPACE, World

CLIENT, COACH, CONTACT, MEMBER = "U7", "U3", "U140", "U141"
ADDRESS = "mail:olga@example.org"


async def everything(world: World) -> None:
    store, clock = world.store, world.clock
    client, coach, admin = (Actor(WORKSPACE, who) for who in (CLIENT, COACH, ADMIN))
    for scope in Scope:
        await browse.list_sessions(store, clock, client, scope=scope)
        await browse.list_sessions(store, clock, coach, hat=Hat.COACH, scope=scope)
    for who in (client, coach, admin):
        await open_home(store, clock, who)
        await open_queue(store, clock, who)
    await _everybodys(world)
    await credits.open_account(store, clock, client, Holder(CLIENT))
    await credits.open_account(store, clock, Actor(WORKSPACE, CONTACT), Holder(pool_id="p7"))
    for holder in (Holder(CLIENT), Holder(pool_id="p7")):
        for turn in (None, *(Turn(clock.now(), 1, "k", 0, newer) for newer in (False, True))):
            await credits.open_history(
                store, clock, Actor(WORKSPACE, CLIENT if holder.client_id else CONTACT), holder, turn
            )
    await expiry.warn_expiring(store, clock, 200)
    await expiry.close_expired(store, clock, 200)
    await _calendars(world, client, coach)
    await choose.open_page(store, clock, client, draft_id="d")
    await choose.open_page(store, clock, coach, draft_id="d", hat=Hat.COACH)
    page = await browse.list_sessions(store, clock, client)
    await browse.details(store, clock, client, page.rows[0].session.id)
    await world.book(timedelta(hours=7), client=CLIENT, coach=COACH)
    first, second = (row.session for row in page.rows[:2])
    clock.set(first.starts_at - timedelta(hours=2))
    done = await world.cancel(first, second, who=CLIENT)
    async with store.read(WORKSPACE) as queries:
        assert len(await queries.sessions.of_action(done.draft.action_id or "")) == 2
        await queries.sessions.find(first.id)
        await queries.grants.of_client(CLIENT)
        await queries.grants.told_together(CLIENT, clock.now())
        await queries.workspace.settings()
        await queries.workspace.known_blocks()
    async with store.write(WORKSPACE) as uow:
        await uow.workspace.remember_blocks([KnownBlock("modal", "alert", True, clock.now())])
        await uow.commit()
    await exceptions.look(store, clock, client, first.id)
    await exceptions.ask(store, clock, exceptions.Ask(actor=client, action_id=done.draft.action_id or "", note="Ill"))
    await browse.details(store, clock, client, first.id)
    command = decide.DecideLate(actor=Actor(WORKSPACE, first.coach.id), session_ids=[first.id], refund=True)
    await decide.decide_late(store, clock, command)
    await people.remember(
        store, clock, WORKSPACE, Person(CLIENT, "Client", "nobody@example.com"), clock.now(), link=True
    )
    await _undone(world)
    await _directory(world)
    await _appears(world)
    await _those_of_coaches(world)
    await _offers(world)
    await _those_of_clients(world)
    for who in (CLIENT, None):
        async with store.write(WORKSPACE) as uow:
            await uow.plans.ask_replan(who)
            await uow.commit()
        assert await plans.replan_due(store, clock, 20) > 0
    for _, job in upkeep.JOBS:
        assert await job(store, ManualClock(clock.now() + timedelta(days=90)), 20) >= 0
    queue = NoticeQueue(store.engines)
    claimed = await queue.claim("me", clock.now(), lease=timedelta(seconds=30), limit=50)
    assert claimed
    await queue.reclaim(clock.now())
    await queue.lag(clock.now())
    await queue.next_in(clock.now())
    await _mailed(world)
    await _wished(world)
    await _pleaded(world)


async def _offers(world: World) -> None:
    """Say who gives a type, and book where not every coach gives everything."""
    store, clock, ada = world.store, world.clock, Actor(WORKSPACE, ADMIN)
    await setup.save_session_type(store, ada, "new", SessionType("", "Given", timedelta(minutes=50), 0))
    async with store.read(WORKSPACE) as queries:
        kind = next(one for one in await queries.catalogue.session_types() if one.name == "Given")
    await setup.save_session_type(store, ada, "some give it", replace(kind, coaches=frozenset({COACH})), [CLIENT])
    await slots.open_booking(store, clock, Actor(WORKSPACE, CLIENT), coach_id=COACH, type_id=kind.id)
    async with store.read(WORKSPACE) as queries:
        assert await queries.catalogue.session_type(kind.name)
        assert await queries.catalogue.givers([kind.id])
        assert await queries.schedule.some([COACH])
        assert await queries.catalogue.naming(CLIENT, [kind.id])
        assert await queries.catalogue.clients(kind.id)
        await queries.schedule.of_type_ahead(CLIENT, kind.id, clock.now())
    await setup.save_session_type(store, ada, "all give it", kind)


async def _everybodys(world: World) -> None:
    """Look for sessions among all as an admin does: by every combination, in both directions, to see and to choose."""
    store, clock, ada = world.store, world.clock, Actor(WORKSPACE, ADMIN)
    async with store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ADMIN])
        await uow.commit()
    for coach, took, state in product(("", COACH), ("", CLIENT), (None, *Status)):
        sought = Sought(coach_id=coach, client_id=took, status=state)
        for back in (False, True):
            await every.every_session(store, clock, ada, sought, every.Turn(clock.now(), "s5", back))
        await choose.open_page(store, clock, ada, draft_id="d", hat=Hat.ADMIN, subject_id=EVERYBODY, sought=sought)


async def _directory(world: World) -> None:
    """Ask for those to look up, and hear of a stranger, of a coach who left, and of their return."""
    store, clock, strangers = world.store, world.clock, Strangers(world.store.engines)
    now = clock.now()
    await strangers.next(now, 40)
    await strangers.sought([(WORKSPACE, CLIENT)], now)
    await strangers.old(now, now, 40)
    async with store.read(WORKSPACE) as queries:
        assert await queries.people.acquaintance("U0STRANGER", "stranger@example.com") is None
        await queries.people.all_admins()
        assert await queries.coaches.all()
    async with store.write(WORKSPACE) as uow:
        await uow.notices.alert_messages(["s0", "s4"], now)
    await retire.left(store, clock, WORKSPACE, COACH)
    await retire.returned(store, clock, WORKSPACE, COACH)
    await Housekeeping(store.engines).purge(now)


async def _appears(world: World) -> None:
    """Meet somebody who was known by e-mail only, as client and as coach."""
    store, clock, address = world.store, world.clock, "pat@example.com"
    pending = pending_id(address)
    await world.book(timedelta(hours=5), client=pending, coach="U4", price=0)
    await world.book(timedelta(hours=7), client="U6", coach=pending, price=0)
    pat = Person("U0PAT", "Pat", address)
    assert await people.remember(store, clock, WORKSPACE, pat, clock.now(), link=True) == 2


async def _mailed(world: World) -> None:
    """Take what goes by mail: reminders of somebody known by e-mail only, some of which wait for another try."""
    store, pending = world.store, pending_id("sam@example.com")
    session = await world.book(timedelta(days=30), client=pending, coach="U4", price=0)
    await world.book(timedelta(days=30, minutes=50), client=pending, coach="U5", price=0)
    now = session.refund_cutoff_at - timedelta(hours=24)
    queue = NoticeQueue(store.engines, Medium.MAIL)
    claimed = await queue.claim("mail", now, lease=timedelta(seconds=30), limit=50)
    assert {row.recipient for row in claimed} >= {pending}
    await queue.record([untouched(row, 0.0, conversation=row.recipient) for row in claimed[:1]], now, begin=claimed[1:])
    sent = replace(untouched(claimed[0]), state=NoticeState.SENT, repeated=True)
    await queue.record([sent], now)
    who = Actor(WORKSPACE, CLIENT)
    await notifications.open_notifications(store, world.clock, who)
    await notifications.choose(store, world.clock, who, Ways.BOTH)
    await notifications.answer(store, world.clock, who, wanted=True)
    await queue.record([replace(sent, asked_about_mail=True)], now)
    await notifications.try_again(store, world.clock, who)
    await notifications.left(store, WORKSPACE, CLIENT)
    refused = replace(untouched(claimed[0]), refused_address="sam@example.com", locked_out="tls_failed")
    await queue.record([refused], now)
    async with store.read(WORKSPACE) as queries:
        assert await queries.mails.outage()
        assert await queries.mails.coming_back([pending]) == {pending}
    await queue.record([replace(refused, let_in=True)], now)
    await queue.claim("mail again", now, lease=timedelta(seconds=30), limit=50)
    await queue.renew(["mail"], timedelta(seconds=30))
    await queue.reclaim(now)
    await queue.lag(now)
    await queue.next_in(now)


async def _undone(world: World) -> None:
    """Cancel late, ask for an exception, and take all of it back. Two sessions: SQLite finds a single pair by the key."""
    store, clock, client = world.store, world.clock, Actor(WORKSPACE, CLIENT)
    page = await browse.list_sessions(store, clock, client)
    first, second = [row.session for row in page.rows if row.session.status is Status.SCHEDULED][:2]
    clock.set(first.starts_at - timedelta(hours=2))
    action_id = (await world.cancel(first, second, who=CLIENT)).draft.action_id or ""
    await exceptions.ask(store, clock, exceptions.Ask(actor=client, action_id=action_id))
    undone = await undo.undo(store, clock, undo.Undo(actor=client, action_id=action_id))
    assert [one.status for one in undone.sessions] == [Status.SCHEDULED] * 2


async def _wished(world: World) -> None:
    """Ask to move a session late: withdraw it, have one moved, and one declined."""
    store, clock, client = world.store, world.clock, Actor(WORKSPACE, CLIENT)
    page = await browse.list_sessions(store, clock, client)
    session = next(row.session for row in page.rows if row.session.status is Status.SCHEDULED)
    coach = Actor(WORKSPACE, session.coach.id)
    async with store.write(WORKSPACE) as uow:
        await uow.coaches.save(session.coach.id, None)
        await uow.schedule.save(session.coach.id, Availability(time_zone="UTC", hours=parse_hours("daily 0:00–24:00")))
        await uow.commit()
    clock.set(session.starts_at - timedelta(hours=2))
    free = (await move_requests.look(store, clock, client, session.id)).free
    assert free is not None
    slots_ = [slot for day in free.days.values() for slot in day]
    for step, slot in enumerate(slots_[-3:]):
        at = slot.starts_at
        asking = move_requests.AskMove(actor=client, session_id=session.id, times=[at])
        asked = (await move_requests.ask(store, clock, asking)).asked
        assert asked is not None
        if step == 0:
            await move_requests.withdraw(store, clock, client, asked.action_id)
            continue
        answer = move_requests.AnswerMove(actor=coach, request_id=asked.action_id, starts_at=at if step > 1 else None)
        assert (await move_requests.answer(store, clock, answer)).done


async def _pleaded(world: World) -> None:
    """Ask for a pool's credits: withdraw it, have it declined, passed on and given, given by hand, and left to others."""
    store, clock, member = world.store, world.clock, Actor(WORKSPACE, MEMBER)
    contact, admin, pool = Actor(WORKSPACE, CONTACT), Actor(WORKSPACE, ADMIN), Holder(pool_id="p7")

    async with store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ADMIN])
        await uow.commit()
    await open_figures(store, clock, admin)

    async def plea() -> str:
        command = credit_requests.AskCredits(actor=member, amount=300, pool_id=pool.pool_id)
        asked = (await credit_requests.ask(store, clock, command)).asked
        assert asked is not None
        return asked.action_id

    await credit_requests.withdraw(store, clock, member, await plea())
    assert (
        await credit_answers.decline(store, clock, credit_answers.Decline(actor=contact, request_id=await plea()))
    ).done
    passed = await plea()
    assert (await credit_answers.pass_on(store, clock, contact, passed)).done
    given = await credit_requests.give(store, clock, admin, "plea", passed)
    await credits.take_back(store, clock, admin, "back", given.grant.id, given.grant.balance)
    waits = await plea()
    by_hand = credits.Give(actor=admin, request_key="hand", holder=pool, amount=100)
    await credits.give(store, clock, by_hand)
    async with store.read(WORKSPACE) as queries:
        assert not [one for one in await queries.requests.by_ids([waits]) if one.open]
    await plea()
    clock.advance(timedelta(days=2))
    assert await credit_answers.hand_over(store, clock, 20) == 1


async def _calendars(world: World, *people: Actor) -> None:
    for one in people:
        made = await calendar_address.renew(world.store, world.clock, one, f"calendar:{one.user_id}")
        assert (await calendar_address.open_address(world.store, world.clock, one)).made_at is not None
        named = calendar_address.parsed(made.token or "")
        assert named is not None
        found = await calendar_address.read(world.store, world.clock, *named)
        assert found is not None
        assert found.kept
        ahead = next(kept.session for kept in found.kept if kept.session.starts_at > world.clock.now())
        way = await way_in.find(world.store, world.clock, WORKSPACE, one.user_id, ahead.id)
        if way.hat is Hat.CLIENT:
            bounds = await way_in.bounds(world.store, way, ahead.id)
            await slots.open_booking(world.store, world.clock, one, bounds=bounds)
        await calendar_address.revoke(world.store, world.clock, one)


async def _those_of_coaches(world: World) -> None:
    store, clock, coach = world.store, world.clock, Actor(WORKSPACE, COACH)
    hours = Availability(time_zone="America/New_York", hours=parse_hours("daily 9:00–17:00"))
    async with store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, "C0COACH")
        await uow.schedule.save(COACH, hours)
        await uow.commit()
        assert await uow.stakeholders.of({COACH}, {"t"})
        await uow.stakeholders.ask([ADDRESS], clock.now())
        await uow.stakeholders.save(NewsOf.COACH, COACH, [ADDRESS])
        await uow.stakeholders.answer(ADDRESS, Consent.CONFIRMED, None)
        assert await uow.stakeholders.addresses([ADDRESS])
        assert await uow.stakeholders.whose(ADDRESS)
        await uow.stakeholders.save(NewsOf.COACH, COACH, [])
        await uow.stakeholders.forget_unnamed([ADDRESS], ["mail:kept@example.com"], clock.now())
        await uow.coaches.ids_undecided(COACH, 10)
        assert await uow.coaches.all()
    await slots.open_booking(store, clock, Actor(WORKSPACE, CLIENT), coach_id=COACH)
    await slots.free_time(store, clock, Actor(WORKSPACE, CLIENT), COACH, CLIENT, timedelta(minutes=50))
    past = await browse.list_sessions(store, clock, coach, hat=Hat.COACH, scope=Scope.PAST)
    over = next(row.session for row in past.rows if row.session.status is Status.SCHEDULED)
    for outcome in (Status.NO_SHOW, Status.COMPLETED):
        command = outcomes.CloseSession(actor=coach, session_id=over.id, outcome=outcome)
        assert (await outcomes.close(store, clock, command)).session.status is outcome


async def _those_of_clients(world: World) -> None:
    """Look at a client's page as their coach and as an admin, and at all clients; write, change and delete notes."""
    store, clock, coach = world.store, world.clock, Actor(WORKSPACE, COACH)
    async with store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ADMIN])
        await uow.commit()
    mine = await browse.list_sessions(store, clock, coach, hat=Hat.COACH)
    session = mine.rows[0].session
    client = session.client.id
    about = await notes.write_note(store, clock, coach, "note", client, "shy", session_id=session.id)
    assert about is not None
    await notes.change_note(store, clock, coach, "change", about.id, "bold")
    assert (await notes.open_notes(store, clock, coach, client)).about
    assert (await clients.open_client(store, clock, coach, client)).notes
    assert (await clients.open_client(store, clock, Actor(WORKSPACE, ADMIN), client)).ahead.rows
    assert (await clients.open_clients(store, clock, coach)).clients
    assert (await clients.next_one(store, coach, client)).like
    await notes.delete_note(store, coach, about.id)
