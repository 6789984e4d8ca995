"""What people are told of their credits, rendered from the state at delivery and dropped when it is no longer true."""

from datetime import timedelta

import pytest

from coaching.actions import credits, expiry, packages, upkeep
from coaching.ids import new_id
from coaching.packages import Holder, Holding
from coaching.sessions import Actor
from tests.delivery.conftest import Stage
from tests.support.world import ADMIN, BORIS, COACH, WORKSPACE

pytestmark = pytest.mark.usefixtures("in_pseudo")


DAY = timedelta(hours=24)


def admin() -> Actor:
    return Actor(WORKSPACE, ADMIN)


def key(stage: Stage) -> str:
    return new_id(stage.clock.now())


async def give(stage: Stage, holder: Holder | None = None, amount: int = 300, days: int | None = None) -> Holding:
    day = None if days is None else (stage.clock.now() + days * DAY).date()
    command = credits.Give(
        actor=admin(), request_key=key(stage), holder=holder or Holder(BORIS), amount=amount, expires_on=day
    )
    return await credits.give(stage.store, stage.clock, command)


async def pool(stage: Stage, contact: str | None, pool_id: str | None = None) -> Holder:
    saved = await packages.save_pool(
        stage.store,
        stage.clock,
        admin(),
        key(stage),
        pool_id=pool_id,
        name="Acme",
        contact_id=contact,
        member_ids=[BORIS],
    )
    return Holder(pool_id=saved)


async def warn(stage: Stage) -> int:
    return await upkeep.run(stage.store, stage.clock, expiry.warn_expiring)


async def dropped(stage: Stage, kind: str) -> list[str]:
    return [row.why for row in await stage.rows(kind=kind) if row.state == "dropped"]


async def test_whoever_gets_credits_hears_what_they_got_until_when_and_how_to_use_them(stage: Stage) -> None:
    await give(stage, amount=250, days=20)
    await stage.relay().drain()
    [post] = stage.posts(BORIS)
    assert "You got 2.5 credits" in post.text
    assert "Credits\n" not in post.text
    assert "Times are in " not in post.text
    assert "Usable until Sun, Dec 6 · from Ada Admin" in post.text
    buttons = [b for call in stage.calls("chat.postMessage") for b in str(call["request"]).split("action_id")]
    assert any("schedule" in button for button in buttons)


async def test_a_pools_contact_hears_of_what_the_pool_got(stage: Stage) -> None:
    shared = await pool(stage, COACH)
    await stage.relay().drain()
    before = {who: len(stage.posts(who)) for who in (COACH, BORIS)}
    await give(stage, shared, amount=1000)
    await stage.relay().drain()
    [post] = stage.posts(COACH)[before[COACH] :]
    assert "Acme's pool got 10 credits" in post.text
    assert len(stage.posts(BORIS)) == before[BORIS]


async def test_credits_that_were_taken_back_at_once_are_not_announced(stage: Stage) -> None:
    held = await give(stage)
    await credits.take_back(stage.store, stage.clock, admin(), key(stage), held.grant.id, 300)
    await stage.relay().drain()
    assert not stage.posts(BORIS)
    assert await dropped(stage, "granted") == ["credits_gone"]


async def test_several_grants_that_expire_are_told_in_one_message_with_what_is_left(stage: Stage) -> None:
    for days in (20, 22):
        await give(stage, days=days)
    await stage.relay().drain()
    stage.clock.advance(9 * DAY)
    assert await warn(stage) == 2
    await stage.world.book(2 * DAY, client=BORIS)
    await stage.relay().drain()
    [post] = [post for post in stage.posts(BORIS) if "soon" in post.text]
    assert "5 credits expire soon" in post.text
    assert "2 credits · usable until Sun, Dec 6" in post.text
    assert "3 credits · usable until Tue, Dec 8" in post.text


async def test_no_warning_of_what_is_used_up_moved_expired_or_somebody_elses_now(stage: Stage) -> None:
    used = await give(stage, amount=100, days=20)
    stage.clock.advance(9 * DAY)
    assert await warn(stage) == 1
    await stage.world.book(2 * DAY, client=BORIS)
    await stage.relay().drain()
    moved = await give(stage, days=15)
    stage.clock.advance(2 * DAY)
    assert await warn(stage) == 1
    later = (stage.clock.now() + 30 * DAY).date()
    await credits.change_expiry(stage.store, stage.clock, admin(), key(stage), moved.grant.id, later)
    await stage.relay().drain()
    acme = await pool(stage, COACH)
    await give(stage, acme, days=20)
    stage.clock.advance(7 * DAY)
    assert await warn(stage) == 1
    await pool(stage, ADMIN, acme.pool_id)
    await stage.relay().drain()
    assert used.grant.id != moved.grant.id
    assert await dropped(stage, "expiring") == [
        "credits_gone",
        "expiry_moved",
        "not_theirs",
    ]
    assert not any("soon" in post.text for post in stage.posts())
