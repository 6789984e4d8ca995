"""Two workspaces with the same ids for everything: no read shows and no write touches the other one."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

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
from coaching.packages import Holder, Holding
from coaching.plans import Cause
from coaching.policy import Policy, TermsOf, TermsScope
from coaching.ports import Replan, UnitOfWork
from coaching.records import Refund, Scope
from coaching.returns import Returned
from coaching.sessions import Asked, Decision, Hat, Package, Person, Session, Status
from coaching.shifts import Around
from coaching.stakeholders import NewsOf
from coaching.timeline import Entry, Event
from coaching.why import Why
from coaching.workspace import SessionType, Settings
from storage import SqlStore, create_engines
from storage.tables import metadata
from tests.conftest import START
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
    async with store.write() as uow:
        await uow.save_admins(workspace_id, [ANNA])
        await uow.add_grant(workspace_id, ANNA, Grant("g", "Pack", 500, 5, NOW, "Coaching"), package="Pack", now=START)
        await uow.save_pool(workspace_id, "p", "Acme", COACH, [ADMIN])
        await uow.give(workspace_id, _pooled("pg", START))
        policy_id, _ = await uow.current_policy(workspace_id)
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
            await uow.insert_session(session, exclusive=True)
            await uow.post(workspace_id, [_paid(session.id)])
            await uow.add_timeline(workspace_id, [Entry(session.id, START, Event.BOOKED, client, Hat.CLIENT)])
            reminder = cancellations.receipt("r", client, START)
            reminder = replace(
                reminder, kind=NoticeKind.REMINDER, dedupe_key=f"r{number}", session_id=session.id, cutoff=START + DAY
            )
            await uow.add_notices(workspace_id, [reminder])
        [late] = await uow.sessions(workspace_id, ["s1"])
        await uow.mark_canceled(workspace_id, [late], at=START, by=ANNA, role=Hat.CLIENT, reason="Ill")
        await uow.add_refunds(workspace_id, [Refund("s1", 1, None, "a", START, ANNA, late=True, percent=0, amount=0)])
        lost = Transfer(
            "cancel:s1:1:g:forfeit", TransferKind.FORFEIT, session_account("s1"), "forfeited", 100, START, "s1", "g", 1,
            Ruling.POLICY, "g",
        )  # fmt: skip
        await uow.post(workspace_id, [lost])
        asked = Asked("x", START, ANNA, "Please!", START + DAY, open=True)
        await uow.add_exceptions(workspace_id, await uow.sessions(workspace_id, ["s1"]), asked)
        await uow.add_notices(workspace_id, [decisions.exception("x", COACH, START)])
        await uow.save_stakeholders(workspace_id, NewsOf.COACH, COACH, ["C0OPS"])
        alert = [cancellations.coach_alert("a", COACH, START)]
        await uow.add_notices(workspace_id, await with_copies(uow, workspace_id, alert, [late]))
        await uow.save_draft(workspace_id, Draft(id="d", user_id=ANNA, hat=Hat.CLIENT, subject_id=ANNA), START)
        await uow.save_availability(workspace_id, COACH, HOURS)
        await uow.add_time_off(workspace_id, COACH, OFF)
        [old] = await uow.sessions(workspace_id, ["s2"])
        await _move(uow, workspace_id, old, START)
        assert await uow.tell_admins(workspace_id, admins.coach_left(OTHER_COACH, START))
        assert await uow.tell_admins(workspace_id, admins.channel_trouble(COACH, "C0COACH", "is_archived", START))
        await uow.claim_request(workspace_id, "request")
        await uow.ask_replan(workspace_id)
        await uow.commit()


def _pooled(grant_id: str, at: datetime) -> Holding:
    grant = Grant(grant_id, "Credits", 300, 3, START + 40 * DAY)
    return Holding(grant=grant, holder=Holder(pool_id="p"), issued=300, granted_at=at)


LAST_DAY = local_day(date(2027, 1, 5), "UTC")


async def _move(uow: UnitOfWork, workspace_id: str, old: Session, at: datetime) -> None:
    new = replace(old, starts_at=old.starts_at + DAY, ends_at=old.ends_at + DAY, reschedules=old.reschedules + 1)
    await uow.mark_moved(workspace_id, [(old, new)], at=at, by=ANNA, role=Hat.CLIENT, action_id="m")


async def _save_terms(uow: UnitOfWork) -> None:
    """Give my type and package terms of their own, and take them away again from another of each."""
    for of, scope_id in await _scopes(uow):
        for policy in (Policy(tiers=()), None, Policy(late_cancel=False, tiers=())):
            await uow.save_terms(MINE, TermsScope(of, scope_id), policy)


async def _scopes(uow: UnitOfWork) -> list[tuple[TermsOf, str]]:
    [kind], packages = await uow.session_types(MINE), await uow.packages(MINE)
    return [(TermsOf.TYPE, kind.id), *((TermsOf.PACKAGE, one.id) for one in packages)]


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
async def shared(database_url: str) -> AsyncIterator[SqlStore]:
    engines = create_engines(database_url, wait_seconds=patience.FOR_DATABASE)
    store = SqlStore(engines)
    await furnish(store, MINE)
    await furnish(store, OTHER)
    yield store
    await engines.dispose()


async def test_every_write_stays_in_its_workspace(shared: SqlStore) -> None:
    before, mine = await contents(shared, OTHER), await contents(shared, MINE)
    assert all(before[name] for name in before)
    async with shared.write() as uow:
        late = await uow.sessions(MINE, ["s1"])
        await uow.save_settings(MINE, Settings(policy=Policy(late_cancel=False), support_contact="help"))
        await _save_terms(uow)
        await uow.save_coach(MINE, COACH, "C0NEW")
        await uow.remove_coach(MINE, COACH)
        await uow.save_admins(MINE, [ADMIN])
        await uow.save_stakeholders(MINE, NewsOf.COACH, COACH, [ADMIN])
        await uow.save_member(MINE, Person(ANNA, "Changed", "anna@elsewhere.example"), NOW)
        await uow.claim_request(MINE, "another")
        await uow.save_draft(MINE, Draft(id="d", user_id=ANNA, hat=Hat.CLIENT, subject_id=ANNA, picked=("s0",)), NOW)
        [first] = await uow.lock_sessions(MINE, ["s0"])
        await uow.keep_reminders(MINE, ["s0", "s2"])
        await uow.mark_canceled(MINE, [first], at=NOW, by=COACH, role=Hat.COACH, reason=None)
        await uow.drop_reminders(MINE, ["s0"], Why.SESSION_CANCELED, NOW)
        await uow.retell(MINE, {NoticeKind.COACH_ALERT}, ["s1"], NOW)
        await uow.open_returned(MINE, [Returned("r", "g", local_day((NOW + 30 * DAY).date(), "UTC"))], NOW)
        await uow.add_refunds(MINE, [Refund("s1", 1, Decision.KEPT, "b", NOW, COACH, late=True, percent=0, amount=0)])
        await uow.add_timeline(MINE, [Entry("s1", NOW, Event.KEPT_LATE, COACH, Hat.COACH)])
        assert await uow.withdraw_alerts(MINE, "a", NOW)
        await uow.mark_restored(MINE, await uow.sessions(MINE, ["s1"]), NOW)
        await replan(uow, MINE, await uow.lock_sessions(MINE, ["s0", "s1"]), NOW, Cause.RESTORED)
        await uow.ask_replan(MINE, ANNA)
        of = Replan(MINE, None, None)
        for up_to in ((NOW, "s0"), None, None):
            await uow.replanned(of, up_to)
        await uow.forget_warnings(MINE, [key for key, _, _ in await uow.warnings_ahead(MINE, None, NOW)])
        await uow.allow_late_move(MINE, "s2")
        [over] = await uow.sessions(MINE, ["s1"])
        await uow.mark_over(MINE, over, Status.NO_SHOW)
        await uow.add_notices(MINE, [outcomes.missed("s1", ANNA, COACH, NOW)])
        await uow.revive_missed(MINE, "s1", ADMIN, NOW)
        await uow.retell(MINE, {NoticeKind.NO_SHOW}, ["s1"], NOW)
        await _move(uow, MINE, (await uow.sessions(MINE, ["s2"]))[0], NOW)
        await uow.save_availability(MINE, COACH, replace(HOURS, time_zone="Europe/London"))
        await uow.remove_time_off(MINE, COACH, OFF.starts_at)
        await uow.add_time_off(MINE, COACH, TimeOff(OFF.starts_at + DAY, OFF.ends_at + DAY))
        [kind] = await uow.session_types(MINE)
        await uow.save_session_type(MINE, replace(kind, length=timedelta(minutes=30), price=7))
        await uow.save_session_type(MINE, SessionType("", "Another", timedelta(minutes=20), 50))
        assert len(await uow.link_member(MINE, MAIL, "U0PAT")) == 1
        await uow.close_exceptions(MINE, late, withdrawn=True)
        await uow.retell(MINE, {NoticeKind.EXCEPTION}, ["s1"], NOW)
        await uow.withdraw_requests(MINE, late, NOW)
        await uow.retell(MINE, refreshed_by(Change.STATE), ["s0", "s1", "s2"], NOW)
        await uow.forget_left(MINE, OTHER_COACH)
        await uow.give(MINE, _pooled("pg2", NOW))
        await uow.save_expiry(MINE, "pg", LAST_DAY)
        await uow.shift_expiry(MINE, "pg", LAST_DAY)
        await uow.note_rules(MINE, [("s0", local_time(START, "UTC"))], "2099a")
        assert await uow.take_days_off(MINE, COACH, "2099a", NOW) == []
        await uow.put_days_off(MINE, COACH, OFF)
        await uow.mark_warned(MINE, ["pg"], NOW)
        await uow.mark_closed(MINE, ["pg2"], NOW)
        await uow.save_pool(MINE, "p", "Acme Ltd", ANNA, [ANNA])
        [package] = [one for one in await uow.packages(MINE) if one.name == "Pack"]
        assert await uow.save_package(MINE, replace(package, sessions=5)) == package.id
        await uow.commit()
    assert await contents(shared, OTHER) == before
    after = await contents(shared, MINE)
    assert {name for name in after if after[name] == mine[name]} == set()


async def test_no_read_shows_another_workspaces_rows(shared: SqlStore) -> None:
    async with shared.write() as uow:
        assert not (await uow.viewer(EMPTY, ANNA)).member
        assert await uow.settings(EMPTY) == Settings()
        assert await uow.coaches(EMPTY) == []
        assert await uow.admins(EMPTY) == []
        assert await uow.stakeholders(EMPTY) == []
        assert await uow.told_besides(EMPTY, [COACH], []) == []
        for hat, who in ((Hat.CLIENT, ANNA), (Hat.COACH, COACH)):
            for scope in Scope:
                assert await uow.list_sessions(EMPTY, hat, who, scope, START, limit=9, offset=0) == ([], 0)
            assert await uow.cancelable(EMPTY, hat, who, START, limit=9) == []
        assert await uow.session(EMPTY, "s0") is None
        assert await uow.sessions(EMPTY, ["s0", "s1"]) == []
        assert await uow.lock_sessions(EMPTY, ["s0", "s1"]) == []
        assert await uow.action_sessions(EMPTY, "a") == []
        assert await uow.timeline(EMPTY, "s0") == []
        assert await uow.requested(EMPTY, ["x"]) == {}
        listed = await uow.coaches(MINE)
        assert await uow.coaches_left(MINE, [COACH, OTHER_COACH]) == {OTHER_COACH}
        assert await uow.coaches_left(EMPTY, [OTHER_COACH]) == set()
        assert list(await uow.channels_refused(MINE, listed, START)) == [COACH]
        assert await uow.channels_refused(EMPTY, listed, START) == {}
        assert await uow.listed_coaches(EMPTY, [COACH]) == set()
        assert await uow.sessions_ahead(MINE, COACH, START) == 2
        assert await uow.sessions_ahead(EMPTY, COACH, START) == 0
        assert await uow.ids_ahead(EMPTY, COACH, START, 9) == []
        assert not await uow.tell_admins(EMPTY, admins.coach_left(OTHER_COACH, START))
        await uow.forget_left(EMPTY, OTHER_COACH)
        assert await uow.coach_left(MINE, OTHER_COACH)
        await uow.close_exceptions(EMPTY, await uow.sessions(MINE, ["s1"]), withdrawn=False)
        [late] = await uow.sessions(MINE, ["s1"])
        assert late.cancellation is not None
        assert late.cancellation.asked is not None
        assert late.cancellation.asked.open
        [mine] = await uow.sessions(MINE, ["s1"])
        assert len(await uow.notice_lines(MINE, mine)) == 4
        assert await uow.notice_lines(EMPTY, mine) == []
        assert await uow.draft(EMPTY, "d", ANNA) is None
        assert await uow.lock_draft(EMPTY, "d", ANNA) is None
        assert await uow.draft(MINE, "d", COACH) is None
        assert await uow.grants(EMPTY, ANNA) == []
        for holder in (Holder(ANNA), Holder(ADMIN), Holder(pool_id="p")):
            assert len(await uow.holdings(MINE, holder)) == 1
            assert await uow.holdings(EMPTY, holder) == []
            assert await uow.movements(EMPTY, holder, limit=9, offset=0) == []
        assert await uow.holdings_by_id(EMPTY, ["g", "pg"]) == []
        assert await uow.lock_grant(EMPTY, "g") is None
        assert await uow.told_together(EMPTY, COACH, START) == []
        assert await uow.packages(EMPTY) == []
        assert await uow.pools(EMPTY) == []
        assert await uow.lock_client_grants(EMPTY, ANNA) == []
        assert await uow.payments(EMPTY, ["s0"]) == {}
        assert await uow.lock_payments(EMPTY, ["s0"]) == {}
        assert await uow.held(EMPTY, ["s0"]) == {}
        assert await uow.lock_forfeits(EMPTY, ["s1"]) == {}
        assert await uow.next_position(EMPTY, "g", START) == 1
        assert await uow.parts_in(EMPTY, "s0", "session:s0") == []
        canceled = await uow.sessions(MINE, ["s1"])
        assert await uow.settled(EMPTY, canceled) == {}
        assert await uow.balances_of(EMPTY, ["g"]) == {}
        assert await uow.moves(EMPTY, "m") == []
        assert await uow.session_types(EMPTY) == []
        assert await uow.policy_today(EMPTY, "s0") is None
        for of, scope_id in await _scopes(uow):
            assert await uow.terms(MINE, TermsScope(of, scope_id)) is not None
            assert await uow.terms(EMPTY, TermsScope(of, scope_id)) is None
        assert await uow.current_policy(EMPTY, "Coaching", "pack") == await uow.current_policy(EMPTY)
        assert await uow.availability(EMPTY, COACH) is None
        assert await uow.available_coaches(EMPTY) == []
        assert await uow.busy(EMPTY, [COACH], START, START + 30 * DAY, START) == []
        assert await uow.sessions_around(EMPTY, [ANNA, COACH], START, START + 30 * DAY, "2099a", START) == Around(
            [], []
        )
        assert await uow.lock_by_older_rules(EMPTY, COACH, "2099a", START, 9) == []
        with pytest.raises(ChangedMeanwhile):
            await uow.mark_shifted(EMPTY, [(one, one) for one in await uow.sessions(MINE, ["s0"])], START, "shift")
        assert not await uow.withdraw_alerts(EMPTY, "a", START)
        with pytest.raises(ChangedMeanwhile):
            await uow.mark_restored(EMPTY, canceled, START)
        with pytest.raises(ChangedMeanwhile):
            await uow.mark_over(EMPTY, canceled[0], Status.NO_SHOW)
        with pytest.raises(ChangedMeanwhile):
            await _move(uow, EMPTY, (await uow.sessions(MINE, ["s2"]))[0], START)


async def test_sums_count_ones_own_workspace_only(shared: SqlStore) -> None:
    async with shared.read() as queries:
        assert [grant.balance for grant in await queries.grants(MINE, ANNA)] == [200]
        assert [held.grant.balance for held in await queries.holdings(MINE, Holder(pool_id="p"))] == [300]
        assert len(await queries.movements(MINE, Holder(ANNA), limit=9, offset=0)) == 5
        assert [(one.name, len(one.members)) for one in await queries.pools(MINE)] == [("Acme", 1)]
        assert [one.name for one in await queries.packages(MINE)] == ["Pack"]
        _, total = await queries.list_sessions(MINE, Hat.COACH, COACH, Scope.UPCOMING, START, limit=9, offset=0)
        assert total == 2
        assert len(await queries.timeline(MINE, "s0")) == 1
        assert [s.id for s in await queries.action_sessions(MINE, "a")] == ["s1"]
        assert await queries.requested(MINE, ["x"]) == {"x": {"s1"}}
        assert [(session.id, move.session_id) for session, move in await queries.moves(MINE, "m")] == [("s2", "s2")]
        assert [one.session_id for one in await queries.busy(MINE, [COACH], START, START + 9 * DAY, START)] == [
            "s0",
            "s2",
        ]
        assert [one.name for one in await queries.session_types(MINE)] == ["Coaching"]
        assert [one.target for one in await queries.stakeholders(MINE)] == ["C0OPS"]
        assert [one.target for one in await queries.told_besides(MINE, [COACH], [])] == ["C0OPS"]
        assert [one.id for one in await queries.available_coaches(MINE)] == [COACH]
        hours = await queries.availability(MINE, COACH)
        assert hours is not None
        assert len(hours.time_off) == 1
    async with shared.write() as uow:
        paid = await uow.payments(MINE, ["s0", "s1"])
        assert {one: [payment.part for payment in some] for one, some in paid.items()} == {"s0": [Part("g", 100)]}
        assert await uow.lock_payments(MINE, ["s0", "s1"]) == paid
        assert await uow.held(MINE, ["s0", "s1"]) == {"s0": [Part("g", 100)]}
        kept = await uow.lock_forfeits(MINE, ["s1"])
        assert {one: [payment.part for payment in some] for one, some in kept.items()} == {"s1": [Part("g", 100)]}
        assert await uow.parts_in(MINE, "s0", "session:s0") == [Part("g", 100)]
        assert await uow.next_position(MINE, "g", START) == 2
        assert await uow.balances_of(MINE, ["g"]) == {"g": 200}
        settled = await uow.settled(MINE, await uow.sessions(MINE, ["s1"]))
        assert [move.amount for move in settled["s1"]] == [100]


async def test_closing_by_time_keeps_the_books_of_every_workspace_apart(shared: SqlStore) -> None:
    async with shared.write() as uow:
        assert await uow.complete_over(START + 9 * DAY, START + 9 * DAY, 100) == 4
        await uow.commit()
    mine, other = await contents(shared, MINE), await contents(shared, OTHER)
    for table in ("sessions", "transfers"):
        assert {row[1:] for row in mine[table]} == {row[1:] for row in other[table]}
    assert len(mine["timeline"]) == len(other["timeline"])
    async with shared.read() as queries:
        assert (await queries.balances(MINE))["earned"] == (await queries.balances(OTHER))["earned"] == 200


async def test_another_workspaces_session_cannot_be_canceled_with_its_version(shared: SqlStore) -> None:
    before = await contents(shared, MINE)
    async with shared.write() as uow:
        [foreign] = await uow.sessions(MINE, ["s0"])
        with pytest.raises(ChangedMeanwhile):
            await uow.mark_canceled(EMPTY, [foreign], at=NOW, by=ANNA, role=Hat.CLIENT, reason=None)
        await uow.commit()
    assert await contents(shared, MINE) == before
