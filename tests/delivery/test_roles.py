"""News of roles: who is a coach, an admin or in a pool from now on hears it, with what to do; and who is no more."""

from datetime import timedelta

import pytest

from coaching.actions import packages, setup
from coaching.actions.retire import Retire, left, retire
from coaching.errors import BadSetting, Replayed
from coaching.news.kinds import Family
from coaching.news.kinds import which as kinds_that
from coaching.sessions import Actor, Person
from tests.delivery.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

ADA = Actor(WORKSPACE, ADMIN)
H = timedelta(hours=1)
ROLES = kinds_that(lambda row: row.family is Family.ROLES)


async def told(stage: Stage) -> list[tuple[str, str]]:
    """Who was to be told of a role, and what."""
    return sorted((row.recipient, str(row.kind)) for row in await stage.rows() if row.kind in ROLES)


async def read(stage: Stage, who: str) -> str:
    """What this person was sent, all of it."""
    await stage.relay().drain()
    return "\n".join(post.text for post in stage.posts(who))


async def names(stage: Stage, who: str, key: str = "name", channel: str | None = None, actor: Actor = ADA) -> None:
    await setup.save_coach(stage.store, stage.clock, actor, key, who, channel)


async def removes(stage: Stage, who: str, actor: Actor = ADA, key: str = "remove") -> None:
    await retire(stage.store, stage.clock, Retire(actor=actor, request_key=key, coach_id=who, cancel=False))


async def pool(
    stage: Stage, *members: str, contact: str | None = None, key: str = "pool", of: str | None = None
) -> str:
    return await packages.save_pool(
        stage.store, stage.clock, ADA, key, pool_id=of, name="Acme", contact_id=contact, member_ids=members
    )


async def test_a_new_coach_hears_it_once_with_what_to_do(stage: Stage) -> None:
    await names(stage, BORIS)
    with pytest.raises(Replayed):
        await names(stage, BORIS)
    await names(stage, BORIS, "again", "C0COACH")
    assert await told(stage) == [(BORIS, "coach_named")], "a channel for somebody who is one is no news"
    said = await read(stage, BORIS)
    assert "You are a coach here now" in said
    assert "Ada Admin put you on the list." in said
    assert "Enter the hours in which clients can book you." in said
    assert "<#C0COACH> is told of what clients book, move and cancel." in said, "as it is when it is sent"


async def test_a_coach_who_is_taken_off_the_list_hears_it_and_what_stays(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    await removes(stage, COACH)
    await removes(stage, COACH, key="once more, from a form that was open")
    assert await told(stage) == [(COACH, "coach_unnamed")]
    said = await read(stage, COACH)
    assert "You are no longer a coach here" in said
    assert "1 session with you is still booked and takes place, unless an admin changes that." in said


async def test_nobody_is_told_of_what_they_did_themselves(stage: Stage) -> None:
    await names(stage, ADMIN)
    await removes(stage, ADMIN)
    await setup.save_admins(stage.store, stage.clock, ADA, "admins", [ADMIN])
    await pool(stage, ADMIN, contact=ADMIN)
    assert await told(stage) == []


async def test_nobody_is_told_who_cannot_be_reached_any_more(stage: Stage) -> None:
    await left(stage.store, stage.clock, WORKSPACE, COACH)
    await removes(stage, COACH)
    assert await told(stage) == []


async def test_what_was_changed_again_before_it_was_sent_is_not_sent(stage: Stage) -> None:
    await names(stage, BORIS)
    await removes(stage, BORIS)
    await names(stage, BORIS, "once more")
    await stage.relay().drain()
    rows = {(row.kind, row.state, row.why) for row in await stage.rows() if row.kind in ROLES}
    assert ("coach_unnamed", "dropped", "role_changed") in rows
    assert "no longer" not in await read(stage, BORIS)


async def test_admins_hear_it_when_they_are_named_and_when_they_are_no_longer(stage: Stage) -> None:
    await setup.save_admins(stage.store, stage.clock, ADA, "one", [BORIS, ANNA])
    assert await told(stage) == [(ANNA, "admin_named"), (BORIS, "admin_named")]
    assert "You are an admin here now" in await read(stage, BORIS)
    await setup.save_admins(stage.store, stage.clock, ADA, "two", [ANNA])
    assert (await told(stage))[1:] == [(BORIS, "admin_named"), (BORIS, "admin_unnamed")]
    assert "You are no longer an admin here" in await read(stage, BORIS)


async def test_whoever_is_an_admin_in_slack_anyway_hears_nothing(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save(Person(BORIS, "Boris Novak", is_admin=True), stage.clock.now())
        await uow.commit()
    await setup.save_admins(stage.store, stage.clock, ADA, "one", [BORIS])
    await setup.save_admins(stage.store, stage.clock, ADA, "two", [])
    assert await told(stage) == []


async def test_people_who_come_into_a_pool_or_leave_it_hear_it_once_each(stage: Stage) -> None:
    acme = await pool(stage, ANNA, OTHER_COACH, contact=OTHER_COACH)
    assert await told(stage) == [(ANNA, "pool_joined"), (OTHER_COACH, "pool_joined")]
    assert "You can book from Acme's pool now" in await read(stage, ANNA)
    said = await read(stage, OTHER_COACH)
    assert "You can book from Acme's pool now" in said
    assert "You see who uses its credits" in said
    await pool(stage, ANNA, of=acme, key="same", contact=OTHER_COACH)
    assert "You can no longer book from Acme's pool" in await read(stage, OTHER_COACH)
    assert "You are still its contact." in await read(stage, OTHER_COACH)
    await pool(stage, of=acme, key="nobody", contact=ANNA)
    said = await read(stage, ANNA)
    assert "You are the contact of Acme's pool now" in said
    assert len([one for one in await told(stage) if one[0] == ANNA]) == 2, "one message for one action"


async def test_what_is_refused_tells_nobody(stage: Stage) -> None:
    acme = await pool(stage, ANNA)
    before = await told(stage)
    with pytest.raises(BadSetting):
        await pool(stage, BORIS, key="the same name")
    with pytest.raises(Replayed):
        await pool(stage, BORIS, of=acme)
    assert await told(stage) == before
