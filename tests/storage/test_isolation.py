"""Two workspaces with the same ids for everything: no read shows and no write touches the other one."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from coaching.actions.decide import requests_about
from coaching.actions.plans import replan
from coaching.actions.stakeholders import with_copies
from coaching.availability import Availability, LocalRange, TimeOff, WeeklyHours
from coaching.clock import ManualClock
from coaching.credits import Grant, Part, Ruling, Transfer, TransferKind, grant_account, session_account
from coaching.drafts import Draft
from coaching.errors import ChangedMeanwhile
from coaching.localtime import local_day, local_time
from coaching.news import admins, cancellations, decisions, outcomes
from coaching.news.kinds import Change, NoticeKind, refreshed_by
from coaching.packages import Holder, Holding, Turn
from coaching.plans import Cause
from coaching.policy import Policy, TermsScope
from coaching.ports import Replan, UnitOfWork
from coaching.records import EVER, Refund, Scope, Window
from coaching.requests import Request, RequestKind, RequestState
from coaching.returns import Returned
from coaching.sessions import Decision, Hat, Package, Person, Session, Status
from coaching.shifts import Around
from coaching.timeline import Entry, Event
from coaching.why import Why
from coaching.workspace import SessionType, Settings
from storage import SqlStore, create_engines
from storage.repositories import checkpoints
from storage.tables import metadata, notices
from tests.conftest import START
from tests.storage.scopes import name_besides, relink, rename_besides, save_terms, scopes
from tests.support import patience
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, World

MINE, OTHER, EMPTY = "T0MINE", "T0OTHER", "T0EMPTY"
MAIL = "mail:pat@example.com"
NOW = START + timedelta(hours=1)
DAY = timedelta(hours=24)
HOURS = Availability(time_zone="UTC", hours=WeeklyHours(((LocalRange(0, 1440),),) * 7))
OFF = TimeOff(START + 9 * DAY, START + 10 * DAY)


async def furnish(store: SqlStore, workspace_id: str) -> None:
    """Write one of everything, under the same ids in every workspace."""
    await World(store, ManualClock(START), workspace_id).people()
    async with store.write(workspace_id) as uow:
        await uow.people.save_admins([ANNA])
        await uow.grants.add(ANNA, Grant("g", "Pack", 500, 5, NOW, "Coaching"), package="Pack", now=START)
        await uow.pools.save("p", "Acme", COACH, [ADMIN])
        await uow.grants.give(_pooled("pg", START))
        policy_id, _ = await uow.terms.current()
        for number, (client, start) in enumerate([(ANNA, DAY), (ANNA, 2 * DAY), (MAIL, 3 * DAY)]):
            session = Session(
                workspace_id=workspace_id,
                id=f"s{number}",
                client=Person(client),
                coach=Person(COACH),
                session_type="Coaching",
                starts_at=START + start,
                ends_at=START + start + timedelta(hours=1),
                time_zone="UTC",
                booked_at=START,
                refund_cutoff_at=START,
                policy_id=policy_id,
                price=100,
                package=Package("Pack", number + 1, 5, "g"),
            )
            await uow.sessions.insert(session, exclusive=True)
            await uow.ledger.post([_paid(session.id)])
            await uow.timeline.add([Entry(session.id, START, Event.BOOKED, client, Hat.CLIENT)])
            reminder = cancellations.receipt("r", client, START)
            reminder = replace(
                reminder, kind=NoticeKind.REMINDER, dedupe_key=f"r{number}", session_id=session.id, cutoff=START + DAY
            )
            await uow.notices.add([reminder])
        [late] = await uow.sessions.by_ids(["s1"])
        await uow.sessions.cancel([late], at=START, by=ANNA, role=Hat.CLIENT, reason="Ill")
        await uow.ledger.add_refunds([Refund("s1", 1, None, "a", START, ANNA, late=True, percent=0, amount=0)])
        lost = Transfer(
            "cancel:s1:1:g:forfeit", TransferKind.FORFEIT, session_account("s1"), "forfeited", 100, START, "s1", "g", 1,
            Ruling.POLICY, "g",
        )  # fmt: skip
        await uow.ledger.post([lost])
        asked = Request(action_id="x", at=START, by_id=ANNA, decide_by=START + DAY, subject_id="s1", number=1)
        await uow.requests.add([asked])
        await uow.notices.add([decisions.asked(RequestKind.EXCEPTION, "x", COACH, START)])
        await name_besides(uow, START)
        await uow.notices.add(await with_copies(uow, [cancellations.coach_alert("a", COACH, START)], [late]))
        await uow.drafts.save(Draft(id="d", user_id=ANNA, hat=Hat.CLIENT, subject_id=ANNA), START)
        await uow.schedule.save(COACH, HOURS)
        await uow.schedule.add_time_off(COACH, OFF)
        [old] = await uow.sessions.by_ids(["s2"])
        await _move(uow, old, START)
        await relink(uow, "l", START)
        assert await uow.notices.tell_admins(admins.coach_left(OTHER_COACH, START))
        assert await uow.notices.tell_admins(admins.channel_trouble(COACH, "C0COACH", "is_archived", START))
        await uow.claim_request("request")
        await uow.plans.ask_replan()
        await uow.ledger.balances_of(["g"])  # draws a checkpoint
        await uow.commit()


def _pooled(grant_id: str, at: datetime) -> Holding:
    grant = Grant(grant_id, "Credits", 300, 3, START + 40 * DAY)
    return Holding(grant=grant, holder=Holder(pool_id="p"), issued=300, granted_at=at)


LAST_DAY = local_day(date(2027, 1, 5), "UTC")


async def _move(uow: UnitOfWork, old: Session, at: datetime) -> None:
    new = replace(old, starts_at=old.starts_at + DAY, ends_at=old.ends_at + DAY, reschedules=old.reschedules + 1)
    await uow.sessions.move([(old, new)], at=at, by=ANNA, roles={old.id: Hat.CLIENT}, action_id="m")


def _paid(session_id: str) -> Transfer:
    return Transfer(
        f"book:{session_id}:g",
        TransferKind.BOOK,
        grant_account("g"),
        session_account(session_id),
        100,
        START,
        session_id,
        "g",
    )


async def contents(store: SqlStore, workspace_id: str) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of a workspace."""
    async with store.engines.reader.connect() as connection:
        return {
            table.name: sorted(
                (tuple(row) for row in await connection.execute(
                    select(table).where(table.c.workspace_id == workspace_id)
                )), key=repr,
            )
            for table in metadata.sorted_tables
        }  # fmt: skip


@pytest.fixture
async def shared(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SqlStore]:
    monkeypatch.setattr(checkpoints, "EVERY", 1)
    engines = create_engines(database_url, wait_seconds=patience.FOR_DATABASE)
    store = SqlStore(engines)
    await furnish(store, MINE)
    await furnish(store, OTHER)
    yield store
    await engines.dispose()


async def test_every_write_stays_in_its_workspace(shared: SqlStore) -> None:
    before, own = await contents(shared, OTHER), await contents(shared, MINE)
    assert [name for name in before if not before[name]] == []
    async with shared.sweep() as sweep:
        mine = sweep.within(MINE)
        late = await mine.sessions.by_ids(["s1"])
        await mine.workspace.save_settings(Settings(policy=Policy(late_cancel=False), support_contact="help"))
        await save_terms(mine)
        await mine.coaches.save(COACH, "C0NEW")
        await mine.coaches.remove(COACH)
        await mine.people.save_admins([ADMIN])
        await rename_besides(mine, NOW)
        await mine.people.save(Person(ANNA, "Changed", "anna@elsewhere.example"), NOW)
        assert await mine.people.greet(ANNA)
        await mine.claim_request("another")
        await mine.drafts.save(Draft(id="d", user_id=ANNA, hat=Hat.CLIENT, subject_id=ANNA, picked=("s0",)), NOW)
        [first] = await mine.sessions.lock(["s0"])
        await mine.plans.keep(["s0", "s2"])
        await mine.sessions.cancel([first], at=NOW, by=COACH, role=Hat.COACH, reason=None)
        await mine.plans.drop(["s0"], Why.SESSION_CANCELED, NOW)
        await mine.notices.refresh({NoticeKind.COACH_ALERT}, ["s1"], NOW)
        await relink(mine, "l2", NOW)
        await mine.grants.open_returned([Returned("r", "g", local_day((NOW + 30 * DAY).date(), "UTC"))], NOW)
        await mine.ledger.add_refunds([Refund("s1", 1, Decision.KEPT, "b", NOW, COACH, late=True, percent=0, amount=0)])
        await mine.timeline.add([Entry("s1", NOW, Event.KEPT_LATE, COACH, Hat.COACH)])
        assert await mine.notices.withdraw("a", ANNA, NOW)
        await mine.sessions.restore(await mine.sessions.by_ids(["s1"]), NOW)
        await replan(mine, await mine.sessions.lock(["s0", "s1"]), NOW, Cause.RESTORED)
        await mine.plans.ask_replan(ANNA)
        of = Replan(MINE, None, None)
        for up_to in ((NOW, "s0"), None, None):
            await sweep.plans.done(of, up_to)
        await mine.plans.forget([key for key, _, _ in await mine.plans.warnings_ahead(None, NOW)])
        await mine.sessions.allow_late_move("s2")
        [over] = await mine.sessions.by_ids(["s1"])
        await mine.sessions.close(over, Status.NO_SHOW)
        await mine.notices.add([outcomes.missed("s1", ANNA, COACH, NOW)])
        await mine.notices.revive_missed("s1", ADMIN, NOW)
        await mine.notices.refresh({NoticeKind.NO_SHOW}, ["s1"], NOW)
        await _move(mine, (await mine.sessions.by_ids(["s2"]))[0], NOW)
        await mine.schedule.save(COACH, replace(HOURS, time_zone="Europe/London"))
        await mine.schedule.remove_time_off(COACH, OFF.starts_at)
        await mine.schedule.add_time_off(COACH, TimeOff(OFF.starts_at + DAY, OFF.ends_at + DAY))
        [kind] = await mine.catalogue.session_types()
        await mine.catalogue.save_session_type(replace(kind, length=timedelta(minutes=30), price=7))
        await mine.catalogue.save_session_type(SessionType("", "Another", timedelta(minutes=20), 50))
        assert len(await mine.people.link(MAIL, "U0PAT")) == 1
        await mine.requests.close(requests_about(late), RequestState.WITHDRAWN, ANNA, NOW)
        await mine.notices.refresh({NoticeKind.EXCEPTION}, ["s1"], NOW)
        await mine.requests.withdraw(requests_about(late), ANNA, NOW)
        await mine.notices.refresh(refreshed_by(Change.STATE), ["s0", "s1", "s2"], NOW)
        await mine.coaches.forget_left(OTHER_COACH)
        await mine.grants.give(_pooled("pg2", NOW))
        await mine.grants.save_expiry("pg", LAST_DAY)
        await mine.shifts.move_expiry("pg", LAST_DAY)
        await mine.shifts.note_rules([("s0", local_time(START, "UTC"))], "2099a")
        assert await mine.shifts.take_days_off(COACH, "2099a", NOW) == []
        await mine.shifts.put_days_off(COACH, OFF)
        await mine.grants.mark_warned(["pg"], NOW)
        await mine.grants.mark_closed(["pg2"], NOW)
        await mine.pools.save("p", "Acme Ltd", ANNA, [ANNA])
        await mine.mails.let_in()
        [package] = [one for one in (await mine.catalogue.packages(9))[0] if one.name == "Pack"]
        assert await mine.catalogue.save_package(replace(package, sessions=5)) == package.id
        await sweep.commit()
    assert await contents(shared, OTHER) == before
    after = await contents(shared, MINE)
    assert {name for name in after if after[name] == own[name]} == set()


async def test_no_read_shows_another_workspaces_rows(shared: SqlStore) -> None:
    async with shared.sweep() as sweep:
        mine, empty = sweep.within(MINE), sweep.within(EMPTY)
        assert not (await empty.people.viewer(ANNA)).member
        assert await empty.workspace.settings() == Settings()
        assert await empty.coaches.all() == []
        assert await empty.people.admins() == []
        assert await empty.stakeholders.all() == await empty.stakeholders.of([COACH], []) == []
        assert await empty.stakeholders.addresses([MAIL]) == []
        assert not await empty.stakeholders.whose(MAIL)
        for hat, who in ((Hat.CLIENT, ANNA), (Hat.COACH, COACH)):
            windows = [Window(hat, scope, 9) for scope in Scope]
            assert await empty.sessions.pages(who, windows, START, most=9) == [([], 0), ([], 0)]
            assert await empty.sessions.cancelable(hat, who, START, [], limit=9, offset=0, most=9) == ([], 0)
            first, last = EVER
            for scope in Scope:
                glimpses = await empty.sessions.glimpses(hat, who, scope, START, first=first, last=last, most=9)
                assert glimpses == []
        assert (await mine.calendars.owner("l"), await empty.calendars.owner("l")) == (ANNA, None)
        assert await empty.calendars.made_at(ANNA) is None
        assert await empty.notifications.chosen([ANNA]) == {}
        assert await empty.mails.coming_back([ANNA]) == set()
        assert (await mine.mails.outage(), await empty.mails.outage()) == ("tls_failed", None)
        assert not await empty.calendars.drop(ANNA)
        assert await empty.calendars.sessions(Hat.CLIENT, ANNA, START, most=9) == []
        assert await empty.sessions.find("s0") is None
        assert await empty.sessions.by_ids(["s0", "s1"]) == []
        assert await empty.sessions.lock(["s0", "s1"]) == []
        assert await empty.sessions.of_action("a") == []
        assert (await empty.timeline.of("s0", 99))[0] == []
        listed = await mine.coaches.all()
        assert await mine.coaches.left([COACH, OTHER_COACH]) == {OTHER_COACH}
        assert await empty.coaches.left([OTHER_COACH]) == set()
        assert list(await mine.business.channels_refused(listed, [], START)) == [COACH]
        assert await empty.business.channels_refused(listed, [], START) == {}
        assert await empty.coaches.listed([COACH]) == set()
        assert await mine.coaches.sessions_ahead(COACH, START) == 2
        assert await empty.coaches.sessions_ahead(COACH, START) == 0
        assert await empty.coaches.ids_undecided(COACH, 10) == []
        assert await empty.coaches.ids_ahead(COACH, START, 9) == []
        assert not await empty.notices.tell_admins(admins.coach_left(OTHER_COACH, START))
        await empty.coaches.forget_left(OTHER_COACH)
        assert await mine.coaches.left([OTHER_COACH])
        [late] = await mine.sessions.by_ids(["s1"])
        assert late.cancellation is not None
        assert late.cancellation.asked is not None
        assert late.cancellation.asked.open
        assert len((await mine.timeline.notice_lines(late, 99))[0]) == 4
        assert (await empty.timeline.notice_lines(late, 99))[0] == []
        assert await empty.drafts.find("d", ANNA) is None
        assert await empty.drafts.lock("d", ANNA) is None
        assert await mine.drafts.find("d", COACH) is None
        assert await empty.grants.of_client(ANNA) == []
        for holder in (Holder(ANNA), Holder(ADMIN), Holder(pool_id="p")):
            assert len(await mine.grants.holdings(holder)) == 1
            assert await empty.grants.holdings(holder) == []
            for turn in (None, *(Turn(START + n * 99 * DAY, 0, "", 0, newer=n < 0) for n in (-1, 1))):
                found = [(await of.ledger.movements(holder, 9, turn)).lines for of in (mine, empty)]
                assert [bool(lines) for lines in found] == [holder != Holder(ADMIN), False]
        assert await empty.grants.by_ids(["g", "pg"]) == []
        assert await empty.grants.lock("g") is None
        assert await empty.grants.told_together(COACH, START) == []
        assert await empty.catalogue.packages(9) == ([], 0)
        assert await empty.pools.first(9) == ([], 0)
        assert await empty.grants.lock_of_client(ANNA) == []
        assert await empty.payments.of(["s0"]) == {}
        assert await empty.payments.lock(["s0"]) == {}
        assert await empty.payments.held(["s0"]) == {}
        assert await empty.payments.lock_forfeits(["s1"]) == {}
        assert await empty.grants.next_position("g", START) == 1
        assert await empty.payments.parts_in("s0", "session:s0") == []
        canceled = await mine.sessions.by_ids(["s1"])
        assert await empty.ledger.settled(canceled) == {}
        assert await empty.ledger.balances_of(["g"]) == {}
        assert await empty.sessions.moves("m") == []
        assert await empty.catalogue.session_types() == []
        assert await empty.terms.today("s0") is None
        for of, scope_id in await scopes(mine):
            assert await mine.terms.of(TermsScope(of, scope_id)) is not None
            assert await empty.terms.of(TermsScope(of, scope_id)) is None
        assert await empty.terms.current("Coaching", "pack") == await empty.terms.current()
        assert await empty.schedule.availability(COACH) is None
        assert await empty.schedule.coaches(9) == []
        assert await empty.schedule.busy([COACH], START, START + 30 * DAY, START) == []
        assert await empty.shifts.around([ANNA, COACH], START, START + 30 * DAY, "2099a", START) == Around([], [])
        assert await empty.shifts.lock(COACH, "2099a", START, 9) == []
        with pytest.raises(ChangedMeanwhile):
            await empty.shifts.apply([(one, one) for one in await mine.sessions.by_ids(["s0"])], START, "shift")
        assert not await empty.notices.withdraw("a", ANNA, START)
        with pytest.raises(ChangedMeanwhile):
            await empty.sessions.restore(canceled, START)
        with pytest.raises(ChangedMeanwhile):
            await empty.sessions.close(canceled[0], Status.NO_SHOW)
        with pytest.raises(ChangedMeanwhile):
            await _move(empty, (await mine.sessions.by_ids(["s2"]))[0], START)


async def test_sums_count_ones_own_workspace_only(shared: SqlStore) -> None:
    async with shared.read(MINE) as queries:
        assert [grant.balance for grant in await queries.grants.of_client(ANNA)] == [200]
        assert [held.grant.balance for held in await queries.grants.holdings(Holder(pool_id="p"))] == [300]
        assert len((await queries.ledger.movements(Holder(ANNA), 9)).lines) == 5
        assert [(one.name, one.size) for one in (await queries.pools.first(9))[0]] == [("Acme", 1)]
        assert [one.name for one in (await queries.catalogue.packages(9))[0]] == ["Pack"]
        [(_, total)] = await queries.sessions.pages(COACH, [Window(Hat.COACH, Scope.UPCOMING, 9)], START, most=9)
        assert total == 2
        assert len((await queries.timeline.of("s0", 99))[0]) == 1
        assert [s.id for s in await queries.sessions.of_action("a")] == ["s1"]
        assert await queries.requests.requested(["x"]) == {"x": {"s1"}}
        assert [(session.id, move.session_id) for session, move in await queries.sessions.moves("m")] == [("s2", "s2")]
        busy = await queries.schedule.busy([COACH], START, START + 9 * DAY, START)
        assert [one.session_id for one in busy] == ["s0", "s2"]
        assert [one.name for one in await queries.catalogue.session_types()] == ["Coaching"]
        for found in (await queries.stakeholders.all(), await queries.stakeholders.of([COACH], [])):
            assert [one.target for one in found] == ["C0OPS", MAIL]
        assert [one.id for one in await queries.schedule.coaches(9)] == [COACH]
        hours = await queries.schedule.availability(COACH)
        assert hours is not None
        assert len(hours.time_off) == 1
    async with shared.write(MINE) as uow:
        paid = await uow.payments.of(["s0", "s1"])
        assert {one: [payment.part for payment in some] for one, some in paid.items()} == {"s0": [Part("g", 100)]}
        assert await uow.payments.lock(["s0", "s1"]) == paid
        assert await uow.payments.held(["s0", "s1"]) == {"s0": [Part("g", 100)]}
        kept = await uow.payments.lock_forfeits(["s1"])
        assert {one: [payment.part for payment in some] for one, some in kept.items()} == {"s1": [Part("g", 100)]}
        assert await uow.payments.parts_in("s0", "session:s0") == [Part("g", 100)]
        assert await uow.grants.next_position("g", START) == 2
        assert await uow.ledger.balances_of(["g"]) == {"g": 200}
        settled = await uow.ledger.settled(await uow.sessions.by_ids(["s1"]))
        assert [move.amount for move in settled["s1"]] == [100]


async def test_closing_by_time_keeps_the_books_of_every_workspace_apart(shared: SqlStore) -> None:
    async with shared.sweep() as sweep:
        assert await sweep.sessions.complete_over(START + 9 * DAY, START + 9 * DAY, 100) == 4
        await sweep.commit()
    mine, other = await contents(shared, MINE), await contents(shared, OTHER)
    for table in ("sessions", "transfers"):
        assert {row[1:] for row in mine[table]} == {row[1:] for row in other[table]}
    assert len(mine["timeline"]) == len(other["timeline"])
    async with shared.sweep() as sweep:
        earned = [(await sweep.within(one).ledger.balances())["earned"] for one in (MINE, OTHER)]
        assert earned == [200, 200]


async def test_another_workspaces_session_cannot_be_canceled_with_its_version(shared: SqlStore) -> None:
    before = await contents(shared, MINE)
    async with shared.sweep() as sweep:
        mine, empty = sweep.within(MINE), sweep.within(EMPTY)
        [foreign] = await mine.sessions.by_ids(["s0"])
        with pytest.raises(ChangedMeanwhile):
            await empty.sessions.cancel([foreign], at=NOW, by=ANNA, role=Hat.CLIENT, reason=None)
        await sweep.commit()
    assert await contents(shared, MINE) == before


async def test_alerts_are_released_by_the_cancellations_of_ones_own_workspace(shared: SqlStore) -> None:
    """Both have the alert of an action; only in the other workspace was that action about this session."""
    async with shared.sweep() as sweep:
        both = [sweep.within(one) for one in (MINE, OTHER)]
        canceled = Refund("s0", 1, None, "b", START, ANNA, late=True, percent=0, amount=0)
        await both[1].ledger.add_refunds([canceled])
        for one in both:
            await one.notices.add([cancellations.coach_alert("b", COACH, NOW + DAY)])
            await one.notices.refresh({NoticeKind.COACH_ALERT}, ["s0"], NOW, released=["s0"])
        await sweep.commit()
    query = select(notices.c.workspace_id, notices.c.due_at).where(notices.c.action_id == "b")
    async with shared.engines.reader.connect() as connection:
        due = {row.workspace_id: row.due_at for row in await connection.execute(query)}
    assert due == {MINE: NOW + DAY, OTHER: NOW}
