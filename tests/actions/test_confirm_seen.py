"""Only terms that somebody has seen are carried out, and only one's own dialog."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from coaching.actions import cancel
from coaching.clock import ManualClock
from coaching.errors import DialogExpired
from coaching.sessions import Actor, Hat
from storage import SqlStore
from storage.tables import drafts
from tests.support.world import ANNA, BORIS, COACH, WORKSPACE, World

DAY = timedelta(hours=24)


@pytest.fixture
async def world(store: SqlStore, clock: ManualClock) -> World:
    world = World(store, clock)
    await world.people()
    await world.grant()
    return world


async def test_a_second_click_on_outdated_terms_does_not_confirm_the_new_ones_unseen(world: World) -> None:
    session = await world.book(DAY * 3)
    quoted = await world.quote(session)
    click = cancel.Confirm(actor=Actor(WORKSPACE, ANNA), draft_id=quoted.draft.id, seal=quoted.quote.seal)
    world.clock.set(session.refund_cutoff_at + timedelta(seconds=1))
    for _ in range(2):
        again = await cancel.confirm(world.store, world.clock, click)
        assert isinstance(again, cancel.Quoted)
        assert again.changed
        assert again.quote.returned == 0
    done = await cancel.confirm(world.store, world.clock, replace(click, seal=again.quote.seal))
    assert isinstance(done, cancel.Canceled)


async def test_confirming_when_nothing_is_left_stays_a_question(world: World) -> None:
    session = await world.book(DAY * 3)
    quoted = await world.quote(session)
    await world.cancel(session, who=COACH, hat=Hat.COACH)
    for _ in range(2):
        again = await world.confirm(quoted)
        assert isinstance(again, cancel.Quoted)
        assert not again.sessions


async def test_somebody_elses_dialog_cannot_be_overwritten(world: World) -> None:
    await world.grant(BORIS)
    hers, his = await world.book(DAY * 3), await world.book(DAY * 4, client=BORIS)
    quoted = await world.quote(hers)
    with pytest.raises(DialogExpired):
        await world.quote(his, who=BORIS, draft_id=quoted.draft.id)
    done = await world.confirm(quoted)
    assert isinstance(done, cancel.Canceled)
    assert [s.id for s in done.sessions] == [hers.id]


async def test_a_reason_with_characters_no_database_keeps_is_kept_without_them(world: World) -> None:
    session = await world.book(DAY * 3)
    done = await world.confirm(await world.quote(session, reason="nul\x00 and half \ud83d a smile 😀"))
    assert isinstance(done, cancel.Canceled)
    [after] = done.sessions
    assert after.cancellation is not None
    assert after.cancellation.reason == "nul and half ? a smile 😀"


async def test_a_dialog_that_an_earlier_release_stored_is_confirmed_as_it_was_shown(world: World) -> None:
    """It does not know whether the cancellation can be undone, which is no new price."""
    session = await world.book(3 * DAY)
    world.clock.set(session.starts_at - DAY / 48)
    quoted = await world.quote(session, who=COACH, hat=Hat.COACH)
    assert quoted.quote.at_once
    async with world.store.engines.writer.begin() as connection:
        found = select(drafts.c.body).where(drafts.c.id == quoted.draft.id)
        body = json.loads((await connection.execute(found)).scalar_one())
        del body["at_once"]
        stored = update(drafts).where(drafts.c.id == quoted.draft.id).values(body=json.dumps(body))
        await connection.execute(stored)
    shown = replace(quoted, draft=replace(quoted.draft, quote=replace(quoted.quote, at_once=None)))
    assert shown.quote.seal != quoted.quote.seal
    assert isinstance(await world.confirm(shown), cancel.Canceled)
