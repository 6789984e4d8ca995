"""Canceling: the quote is what happens, once, and only to what is one's own."""

from datetime import timedelta

import pytest

from coaching.actions import browse, cancel, decide
from coaching.clock import ManualClock
from coaching.errors import (
    CannotCancel,
    CoachesOnly,
    DialogExpired,
    NothingPicked,
    NotYours,
    ReasonRequired,
    Replayed,
    TooManyPicked,
)
from coaching.policy import Policy, ReasonRule, Tier
from coaching.records import Scope
from coaching.sessions import Actor, Decision, Hat, Status
from coaching.workspace import Settings
from storage import SqlStore
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE, World

DAY, HOUR = timedelta(hours=24), timedelta(hours=1)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    return world


async def test_canceling_in_time_returns_exactly_what_was_quoted(world: World) -> None:
    session = await world.book(DAY * 3)
    assert await world.balance() == 900
    quoted = await world.quote(session)
    assert (quoted.quote.returned, quoted.quote.forfeited, quoted.quote.late) == (100, 0, 0)
    done = await world.confirm(quoted)
    assert isinstance(done, cancel.Canceled)
    assert await world.balance() == 1000
    [after] = done.sessions
    assert after.status is Status.CANCELED
    assert after.cancellation is not None
    assert (after.cancellation.returned, after.cancellation.reason, after.cancellation.late) == (100, "Ill", False)


@pytest.mark.parametrize(("before", "returned"), [(DAY, 100), (DAY - timedelta(microseconds=1), 0)])
async def test_exactly_24_hours_is_refunded_and_one_microsecond_less_is_not(
    world: World, before: timedelta, returned: int
) -> None:
    session = await world.book(DAY * 3)
    world.clock.set(session.starts_at - before)
    done = await world.cancel(session)
    assert done.quote.returned == returned


async def test_a_cutoff_that_passes_while_the_dialog_is_open_cancels_nothing_and_shows_new_terms(world: World) -> None:
    session = await world.book(DAY * 3)
    world.clock.set(session.refund_cutoff_at)
    quoted = await world.quote(session)
    world.clock.advance(timedelta(seconds=1))
    again = await world.confirm(quoted)
    assert isinstance(again, cancel.Quoted)
    assert again.changed
    assert (again.quote.returned, again.quote.forfeited) == (0, 100)
    assert await world.balance() == 900
    done = await world.confirm(again)
    assert isinstance(done, cancel.Canceled)
    assert await world.balance() == 900


async def test_the_second_click_shows_the_first_ones_result(world: World) -> None:
    session = await world.book(DAY * 3)
    quoted = await world.quote(session)
    first, second = await world.confirm(quoted), await world.confirm(quoted)
    assert isinstance(first, cancel.Canceled)
    assert isinstance(second, cancel.Canceled)
    assert (first.again, second.again) == (False, True)
    assert [s.id for s in second.sessions] == [session.id]
    assert second.quote == first.quote
    assert await world.balance() == 1000


async def test_a_coach_who_cancels_first_changes_the_clients_dialog(world: World) -> None:
    one, two = await world.book(DAY * 3), await world.book(DAY * 4)
    quoted = await world.quote(one, two)
    await world.cancel(one, who=COACH, hat=Hat.COACH)
    again = await world.confirm(quoted)
    assert isinstance(again, cancel.Quoted)
    assert [(s.id, str(why)) for s, why in again.gone] == [(one.id, "canceled")]
    assert [s.id for s in again.sessions] == [two.id]


async def test_nobody_cancels_what_is_not_theirs(world: World) -> None:
    session = await world.book(DAY * 3)
    with pytest.raises(NotYours):
        await world.quote(session, who=BORIS)
    with pytest.raises(NotYours):
        await world.quote(session, who=BORIS, subject=ANNA)
    with pytest.raises(CoachesOnly):
        await world.quote(session, who=BORIS, hat=Hat.COACH)
    with pytest.raises(NotYours):
        await world.quote(session, who=OTHER_COACH, hat=Hat.COACH)
    quoted = await world.quote(session)
    with pytest.raises(DialogExpired):
        await cancel.confirm(
            world.store, world.clock, cancel.Confirm(actor=Actor(WORKSPACE, BORIS), draft_id=quoted.draft.id)
        )
    with pytest.raises(DialogExpired):
        await cancel.confirm(
            world.store, world.clock, cancel.Confirm(actor=Actor("T0ELSE", ANNA), draft_id=quoted.draft.id)
        )


async def test_an_admin_acts_for_a_client_and_the_timeline_says_so(world: World) -> None:
    session = await world.book(DAY * 3)
    done = await world.confirm(await world.quote(session, who=ADMIN, hat=Hat.ADMIN, subject=ANNA))
    assert isinstance(done, cancel.Canceled)
    details = await browse.details(world.store, world.clock, Actor(WORKSPACE, ANNA), session.id)
    entry, person = details.timeline[-1]
    assert (str(entry.event), entry.role, person.name) == ("canceled", Hat.ADMIN, "Ada Admin")


async def test_bad_choices_are_refused_before_anything_is_quoted(world: World) -> None:
    session = await world.book(DAY * 3)
    with pytest.raises(NothingPicked):
        await world.quote()
    await world.settings(Settings(policy=Policy(reason=ReasonRule.REQUIRED)))
    strict = await world.book(DAY * 5)
    with pytest.raises(ReasonRequired):
        await world.confirm(await world.quote(session, strict, reason="   "))
    world.clock.set(session.starts_at + timedelta(minutes=1))
    with pytest.raises(CannotCancel) as refused:
        await world.quote(session)
    assert refused.value.why == {session.id: "started"}


async def test_more_than_a_hundred_sessions_do_not_fit_one_action(world: World) -> None:
    choice = cancel.Choice(
        actor=Actor(WORKSPACE, ANNA),
        request_key="k",
        draft_id="d",
        hat=Hat.CLIENT,
        subject_id=ANNA,
        offered=[],
        picked=[f"s{i}" for i in range(101)],
    )
    with pytest.raises(TooManyPicked):
        await cancel.quote_choice(world.store, world.clock, choice)


async def test_the_very_same_request_is_carried_out_once(world: World) -> None:
    session = await world.book(DAY * 3)
    choice = cancel.Choice(
        actor=Actor(WORKSPACE, ANNA),
        request_key="trigger-1",
        draft_id="d",
        hat=Hat.CLIENT,
        subject_id=ANNA,
        offered=[session.id],
        picked=[session.id],
    )
    await cancel.save_choice(world.store, world.clock, choice)
    with pytest.raises(Replayed):
        await cancel.save_choice(world.store, world.clock, choice)


async def test_picks_made_on_other_pages_are_kept(world: World) -> None:
    one, two, three = [await world.book(DAY * n) for n in (3, 4, 5)]

    def choice(key: str, offered: list[str], picked: list[str]) -> cancel.Choice:
        return cancel.Choice(
            actor=Actor(WORKSPACE, ANNA), request_key=key, draft_id="d", hat=Hat.CLIENT, subject_id=ANNA,
            offered=offered, picked=picked,
        )  # fmt: skip

    await cancel.save_choice(world.store, world.clock, choice("1", [one.id, two.id], [one.id, two.id]))
    await cancel.save_choice(world.store, world.clock, choice("2", [three.id], [three.id]))
    draft = await cancel.save_choice(world.store, world.clock, choice("3", [one.id, two.id], [two.id]))
    assert set(draft.picked) == {two.id, three.id}


async def test_a_late_cancellation_is_decided_once_and_returns_what_was_forfeited(world: World) -> None:
    session = await world.book(DAY * 3)
    world.clock.set(session.starts_at - timedelta(hours=2))
    await world.cancel(session)
    assert await world.balance() == 900
    refund = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True)
    decided = await decide.decide_late(world.store, world.clock, refund)
    assert [s.cancellation and s.cancellation.decision for s in decided.decided] == [Decision.REFUNDED]
    assert await world.balance() == 1000
    keep = decide.DecideLate(actor=Actor(WORKSPACE, ADMIN), session_ids=[session.id], refund=False)
    again = await decide.decide_late(world.store, world.clock, keep)
    assert not again.decided
    assert again.before[0].cancellation is not None
    assert again.before[0].cancellation.decision is Decision.REFUNDED
    assert await world.balance() == 1000
    with pytest.raises(NotYours):
        await decide.decide_late(
            world.store,
            world.clock,
            decide.DecideLate(actor=Actor(WORKSPACE, ANNA), session_ids=[session.id], refund=True),
        )


async def test_refunding_a_half_tier_anyway_returns_the_other_half_only(world: World) -> None:
    tiers = (Tier(DAY, 100), Tier(timedelta(hours=12), 50))
    await world.settings(Settings(policy=Policy(tiers=tiers)))
    session = await world.book(DAY * 3, price=101)
    world.clock.set(session.starts_at - timedelta(hours=13))
    done = await world.cancel(session)
    assert (done.quote.returned, done.quote.forfeited) == (51, 50)
    await decide.decide_late(
        world.store,
        world.clock,
        decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True),
    )
    assert await world.balance() == 1000


async def test_the_package_pays_before_other_credits_and_counts_its_sessions(world: World) -> None:
    await world.grant(ANNA, 200, package="2-pack", session_type="Coaching")
    first, second, third = [await world.book(DAY * n) for n in (3, 4, 5)]
    assert first.package is not None
    assert second.package is not None
    assert (first.package.position, second.package.position, third.package) == (1, 2, None)


async def test_lists_show_upcoming_soonest_first_and_past_latest_first(world: World) -> None:
    sessions = [await world.book(timedelta(hours=n * 30), price=0) for n in range(1, 13)]
    page = await browse.list_sessions(world.store, world.clock, Actor(WORKSPACE, ANNA), page=1)
    assert [row.session.id for row in page.rows] == [s.id for s in sessions[10:]]
    assert page.total == 12
    assert await _ids(world, Scope.UPCOMING) == [s.id for s in sessions]
    await world.cancel(sessions[3])
    world.clock.set(sessions[1].ends_at)
    assert await _ids(world, Scope.PAST) == [sessions[3].id, sessions[1].id, sessions[0].id]


async def _ids(world: World, scope: Scope) -> list[str]:
    ids: list[str] = []
    actor, number = Actor(WORKSPACE, ANNA), 0
    while True:
        page = await browse.list_sessions(world.store, world.clock, actor, scope=scope, page=number)
        ids += [row.session.id for row in page.rows]
        number += 1
        if not page.later:
            return ids


async def test_one_session_is_quoted_at_once_and_confirmed_like_any_choice(world: World) -> None:
    session, other = await world.book(DAY * 3), await world.book(DAY * 4)
    one = cancel.One(actor=Actor(WORKSPACE, ANNA), hat=Hat.CLIENT, subject_id=ANNA, session_id=session.id)
    quoted = await cancel.quote_one(world.store, world.clock, one)
    assert [line.session_id for line in quoted.quote.lines] == [session.id]
    assert [s.id for s in await world.cancelable(Hat.CLIENT, ANNA)] == [session.id, other.id]
    done = await world.confirm(quoted)
    assert isinstance(done, cancel.Canceled)
    assert [s.id for s in await world.cancelable(Hat.CLIENT, ANNA)] == [other.id]


async def test_one_session_is_quoted_for_whoever_may_cancel_it_and_while_that_is_possible(world: World) -> None:
    session = await world.book(DAY * 3)
    for who, hat, subject, error in (
        (BORIS, Hat.CLIENT, BORIS, NotYours),
        (BORIS, Hat.CLIENT, ANNA, NotYours),
        (BORIS, Hat.COACH, BORIS, CoachesOnly),
        (OTHER_COACH, Hat.COACH, OTHER_COACH, NotYours),
        (ADMIN, Hat.ADMIN, BORIS, NotYours),
    ):
        one = cancel.One(actor=Actor(WORKSPACE, who), hat=hat, subject_id=subject, session_id=session.id)
        with pytest.raises(error):
            await cancel.quote_one(world.store, world.clock, one)
    world.clock.set(session.starts_at + timedelta(minutes=1))
    one = cancel.One(actor=Actor(WORKSPACE, ANNA), hat=Hat.CLIENT, subject_id=ANNA, session_id=session.id)
    with pytest.raises(CannotCancel) as refused:
        await cancel.quote_one(world.store, world.clock, one)
    assert refused.value.why == {session.id: "started"}


async def test_a_reason_is_asked_of_whoever_acts_for_the_client_where_one_of_the_policies_requires_it(
    world: World,
) -> None:
    relaxed = await world.book(DAY * 3)
    await world.settings(Settings(policy=Policy(reason=ReasonRule.REQUIRED)))
    strict, other = await world.book(DAY * 4), await world.book(DAY * 5)
    quoted = await world.quote(relaxed, strict, reason=None)
    with pytest.raises(ReasonRequired):
        await world.confirm(quoted)
    with pytest.raises(ReasonRequired):
        await world.confirm(await world.quote(strict, who=ADMIN, hat=Hat.ADMIN, subject=ANNA, reason=""))
    assert isinstance(await world.confirm(await world.quote(relaxed, reason=None)), cancel.Canceled)
    coachs = await world.quote(other, who=COACH, hat=Hat.COACH, reason=None)
    assert isinstance(await world.confirm(coachs), cancel.Canceled)
    # The dialog was left as it was by the refusal, and goes on with the same terms.
    typed = cancel.Typed(reason="Ill")
    again = cancel.Confirm(actor=Actor(WORKSPACE, ANNA), draft_id=quoted.draft.id, typed=typed)
    answer = await cancel.confirm(world.store, world.clock, again)
    assert isinstance(answer, cancel.Quoted)  # one of the two was canceled meanwhile
    assert [s.id for s in answer.sessions] == [strict.id]
    assert answer.draft.reason == "Ill"
    [done] = (await world.confirm(answer)).sessions
    assert done.cancellation is not None
    assert done.cancellation.reason == "Ill"


async def test_a_coachs_other_choice_that_was_not_shown_yet_is_shown_before_anything_is_canceled(world: World) -> None:
    session = await world.book(DAY * 3)
    world.clock.set(session.starts_at - HOUR)
    quoted = await world.quote(session, who=COACH, hat=Hat.COACH)
    assert quoted.quote.returned == 100
    typed = cancel.Typed(refund_late=False)
    hasty = cancel.Confirm(actor=Actor(WORKSPACE, COACH), draft_id=quoted.draft.id, typed=typed, seal=quoted.quote.seal)
    again = await cancel.confirm(world.store, world.clock, hasty)
    assert isinstance(again, cancel.Quoted)
    assert (again.quote.returned, again.quote.forfeited) == (0, 100)
    assert [s.id for s in await world.cancelable(Hat.CLIENT, ANNA)] == [session.id]
    assert isinstance(await world.confirm(again), cancel.Canceled)


async def test_a_dialog_that_is_over_or_somebody_elses_is_not_quoted_again(world: World) -> None:
    session = await world.book(DAY * 3)
    quoted = await world.quote(session)
    theirs = cancel.Revise(actor=Actor(WORKSPACE, BORIS), draft_id=quoted.draft.id, typed=cancel.Typed())
    with pytest.raises(DialogExpired):
        await cancel.quote_again(world.store, world.clock, theirs)
    await world.confirm(quoted)
    hers = cancel.Revise(actor=Actor(WORKSPACE, ANNA), draft_id=quoted.draft.id, typed=cancel.Typed())
    with pytest.raises(DialogExpired):
        await cancel.quote_again(world.store, world.clock, hers)
