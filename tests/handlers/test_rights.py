"""Rights are as fresh for writing as for reading, and who lost them decides nothing any more."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coaching.actions import credits, setup
from coaching.packages import Holder
from coaching.sessions import Actor, Decision, Session
from coaching.workspace import Settings
from handlers.ids import Callback
from playground.person import Person
from storage.reconciliation import findings
from storage.rules.rights import RIGHTS
from tests.handlers.conftest import NEWCOMER, Stage
from tests.handlers.test_departed import removed
from tests.handlers.test_exceptions import CHANNEL, decision, deliver, shown
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE

H = timedelta(hours=1)
LIST = "you are not on their list here"


async def met(stage: Stage, ago: timedelta) -> None:
    """Slack said that long ago that Ada is an admin."""
    async with stage.store.write(WORKSPACE) as uow:
        person = replace((await uow.people.viewer(ADMIN)).person, is_admin=True)
        await uow.people.save(person, datetime.now(UTC) - ago)
        await uow.commit()


async def named(stage: Stage) -> list[str]:
    async with stage.store.read(WORKSPACE) as queries:
        return [person.id for person in await queries.people.admins()]


async def naming(stage: Stage) -> Person:
    """Ada, about to name herself an admin, in a form that she opened when she was one for sure."""
    await met(stage, H / 2)
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.click("Edit", near="only the workspace's own admins")
    await ada.fill("Admins", [ADMIN])
    return ada


async def test_who_is_no_admin_any_more_names_nobody_though_no_event_said_so(stage: Stage) -> None:
    ada = await naming(stage)
    await met(stage, 2 * H)
    stage.pg.workspace.users[ADMIN].is_admin = False
    await ada.submit()
    assert "Only admins can do that" in shown(ada)
    assert await named(stage) == []
    assert stage.calls("users.info") == 1
    async with stage.store.read(WORKSPACE) as queries:
        assert not (await queries.people.viewer(ADMIN)).is_admin


async def test_who_is_one_still_is_asked_about_once_and_their_form_is_saved_once(stage: Stage) -> None:
    ada = await naming(stage)
    await met(stage, 2 * H)
    await ada.submit()
    assert await named(stage) == [ADMIN]
    assert stage.calls("users.info") == 1
    await ada.click("Edit", near="Reminders and contact")
    assert stage.calls("users.info") == 1


@pytest.mark.parametrize("fault", ["server_error", "rate_limited"])
async def test_where_slack_cannot_be_asked_nothing_is_done_and_the_words_say_so(stage: Stage, fault: str) -> None:
    ada = await naming(stage)
    await met(stage, 2 * H)
    broken = stage.pg.faults.add({"kind": fault, "method": "users.info"})
    await ada.submit()
    assert "Slack could not be asked just now whether you are still an admin here, so nothing was done" in shown(ada)
    assert await named(stage) == []
    stage.pg.faults.remove(broken.id)
    await ada.close()  # the dialog stayed underneath, with what was chosen
    await ada.submit()
    assert await named(stage) == [ADMIN]


async def test_slack_is_not_waited_for_longer_than_the_request_has(stage: Stage) -> None:
    ada = await naming(stage)
    await met(stage, 2 * H)
    stage.pg.faults.add({"kind": "slow", "method": "users.info", "ms": 20_000})
    await ada.submit()
    assert "Slack could not be asked just now" in shown(ada)
    assert await named(stage) == []


async def test_who_was_named_here_needs_no_word_of_slacks(stage: Stage) -> None:
    await met(stage, 2 * H)
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ADMIN])
        await uow.commit()
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    assert "Carla Coach" in shown(ada)
    assert stage.calls("users.info") == 0


async def test_home_of_who_is_no_admin_any_more_is_without_the_set_up(stage: Stage) -> None:
    await met(stage, 2 * H)
    stage.pg.workspace.users[ADMIN].is_admin = False
    home = await stage.person(ADMIN).home()
    assert "You are an admin" not in home.text
    assert "Set-up" not in "".join(home.buttons)


@pytest.mark.parametrize(
    ("callback", "state"),
    [
        (Callback.SETUP_COACH, {"coach": {"x": {"selected_user": NEWCOMER}}}),
        (
            Callback.CREDITS_GIVE,
            {"credit_person": {"x": {"selected_user": NEWCOMER}}, "credit_amount": {"x": {"value": "3"}}},
        ),
    ],
)
async def test_rights_come_before_slack_is_asked_about_others_and_before_anything_is_written(
    stage: Stage, callback: Callback, state: dict[str, Any]
) -> None:
    boris = stage.person(BORIS)
    await boris.command("/sessions book")
    await boris.close()
    payload = form(boris, callback, state)
    ack = await stage.deliver(payload)
    assert ack.status == 200
    assert "Only admins can do that" in json.dumps(ack.payload())
    assert stage.calls("users.info") == 0
    async with stage.store.read(WORKSPACE) as queries:
        assert not (await queries.people.viewer(NEWCOMER)).member


def form(person: Person, callback: Callback, state: dict[str, Any], meta: str = "") -> dict[str, Any]:
    """A form as Slack would send it, signed, with whatever stands in it."""
    view = {
        "id": "V0FORM",
        "type": "modal",
        "callback_id": callback,
        "private_metadata": meta,
        "hash": "1.x",
        "blocks": [],
        "state": {"values": state},
        "root_view_id": "V0FORM",
        "previous_view_id": None,
    }
    return {
        "type": "view_submission",
        "team": {"id": WORKSPACE, "domain": "test"},
        "user": {"id": person.id},
        "trigger_id": f"1.2.{callback}",
        "view": view,
    }


@pytest.mark.parametrize("odd", ["0", "\x00", "C0COACH", "U0\x00", "mail:nobody@example.com", "u0low"])
async def test_a_forgery_gives_nobody_a_role_who_is_nobody(stage: Stage, odd: str) -> None:
    ada = stage.person(ADMIN)
    for callback, state, meta in (
        (Callback.SETUP_COACH, {}, odd),
        (Callback.SETUP_COACH, {"coach": {"x": {"selected_user": odd}}}, ""),
        (Callback.SETUP_ADMINS, {"admins": {"x": {"selected_users": [odd]}}}, ""),
        (
            Callback.POOL,
            {"pool_name": {"x": {"value": "Pool"}}, "pool_members": {"x": {"selected_users": [odd]}}},
            "",
        ),
        (
            Callback.POOL,
            {"pool_name": {"x": {"value": "Pool"}}, "pool_contact": {"x": {"selected_user": odd}}},
            "",
        ),
        (Callback.CREDITS_GIVE, {"credit_amount": {"x": {"value": "1"}}}, f"client:{odd}"),
    ):
        ack = await stage.deliver(
            form(ada, callback, state, meta) | {"trigger_id": f"1.{callback}.{meta!a}.{len(state)}"}
        )
        assert ack.status == 200, callback
        assert "went wrong on our side" not in json.dumps(ack.payload()), callback
    async with stage.store.read(WORKSPACE) as queries:
        coaches = {coach.person.id for coach in await queries.coaches.all()}
        assert not {one for one in coaches if not one.startswith("U0") or "\x00" in one}
        assert {person.id for person in await queries.people.admins()} <= {"U0"}
        pools = [pool for one in await queries.pools.names() if (pool := await queries.pools.find(one)) is not None]
        assert {who.id for pool in pools for who in (*pool.members, pool.contact) if who is not None} <= {"U0"}
    assert "Traceback" not in stage.lines.getvalue()


@pytest.fixture
async def late(stage: Stage) -> Session:
    """A late cancellation of Anna's, told in her coach's channel, whose coach is taken off the list."""
    await stage.world.settings(Settings(undo_window=timedelta(0), start_reminder=None))
    await stage.world.grant(ANNA)
    await stage.world.book(H)
    booked = await stage.world.book(26 * H)
    await stage.world.book(72 * H)
    stage.clock.advance(24 * H)
    await stage.world.cancel(booked)
    await deliver(stage)
    await removed(stage)
    return booked


async def test_a_removed_coach_decides_nothing_any_more_and_an_admin_does(stage: Stage, late: Session) -> None:
    carla, ada = stage.person(COACH), stage.person(ADMIN)
    await carla.refresh()
    await carla.click("Keep", on=CHANNEL, confirm=True)
    await stage.settled()
    assert LIST in (await carla.channel(CHANNEL))[-1].text
    assert await decision(stage, late) is Decision.OPEN
    await ada.refresh()
    await ada.click("Keep", on=CHANNEL, confirm=True)
    await stage.settled()
    assert await decision(stage, late) is Decision.KEPT


async def test_a_removed_coach_may_look_and_is_offered_nothing_to_do(stage: Stage, late: Session) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions")
    assert "with Anna Lee" in shown(carla)
    assert "Cancel several…" not in shown(carla)
    await carla.choose("Details", near="Coaching")
    assert "You are not on the list of coaches any more, so an admin acts for its coach." in shown(carla)
    assert carla.modal is not None
    assert carla.modal.buttons == []
    await carla.close()
    await carla.command("/sessions past")
    await carla.choose("Details", near="Session Canceled")
    assert carla.modal.buttons == []
    assert "not decided yet" in shown(carla)
    assert "yours to decide" not in shown(carla)


async def test_a_removed_coach_who_is_an_admin_acts_as_one(stage: Stage, late: Session) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([COACH])
        await uow.commit()
    carla = stage.person(COACH)
    await carla.refresh()
    await carla.click("Refund anyway", on=CHANNEL, confirm=True)
    await stage.settled()
    assert await decision(stage, late) is Decision.REFUNDED
    async with stage.store.read(WORKSPACE) as queries:
        entries = (await queries.timeline.of(late.id, 99))[0]
    assert entries[-1][0].role == "admin"
    assert Actor(WORKSPACE, entries[-1][0].actor_id) == Actor(WORKSPACE, COACH)


async def doubts(stage: Stage) -> list[tuple[str, tuple[str, ...]]]:
    """What doctor says about rights."""
    async with stage.store.engines.reader.connect() as connection:
        found = await findings(connection, rules=RIGHTS, now=datetime.now(UTC))
    return [(finding.rule.id, finding.examples) for finding in found]


async def test_what_was_given_on_the_word_of_somebody_who_was_none_is_named_by_doctor(stage: Stage) -> None:
    stage.clock.set(datetime.now(UTC))
    ada = await naming(stage)
    await ada.submit()  # Slack's word is half an hour old: it counts
    gift = credits.Give(actor=Actor(WORKSPACE, ADMIN), request_key="give", holder=Holder(ANNA), amount=300)
    await credits.give(stage.store, stage.clock, gift)
    assert await doubts(stage) == []
    stage.pg.workspace.users[ADMIN].is_admin = False
    assert await stage.deps.meet(stage.client, WORKSPACE, ADMIN)
    async with stage.store.read(WORKSPACE) as queries:
        [held] = await queries.grants.holdings(Holder(ANNA))
    assert await doubts(stage) == [
        ("admins_are_named_by_admins", (f"{ADMIN} {ADMIN}",)),
        ("credits_are_given_by_admins", (f"{ADMIN} {held.grant.id}",)),
    ]
    # Boris, whom this machine names, saves the list without her, and takes the credits back.
    boris = Actor(WORKSPACE, BORIS)
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ADMIN, BORIS])
        await uow.commit()
    await setup.save_admins(stage.store, stage.clock, boris, "save", [BORIS])
    await credits.take_back(stage.store, stage.clock, boris, "back", held.grant.id, 300)
    assert await doubts(stage) == []


async def told_by_an_event(stage: Stage, **changed: Any) -> None:
    """Have Slack tell that something of Ada changed this very second, who is no admin any more."""
    stage.pg.workspace.users[ADMIN].is_admin = False
    shown_as = {"id": ADMIN, "team_id": WORKSPACE, "is_admin": False, "profile": {"real_name": "Ada Admin"}}
    body = {
        "type": "event_callback",
        "event_id": "Ev1",
        "authorizations": [],
        "team_id": WORKSPACE,
        "event_time": int(datetime.now(UTC).timestamp()) + 1,
        "event": {"type": "user_change", "user": shown_as | changed},
    }
    assert (await stage.deliver(body, "event")).status == 200


async def test_an_event_hides_nothing_that_was_done_since_slack_last_said_that_somebody_is_an_admin(
    stage: Stage,
) -> None:
    stage.clock.set(datetime.now(UTC))
    ada = await naming(stage)
    await ada.submit()
    # When she stopped being one was missed; what is told now is that she moved.
    await told_by_an_event(stage, tz="Europe/Lisbon")
    async with stage.store.read(WORKSPACE) as queries:
        assert not (await queries.people.viewer(ADMIN)).person.is_admin
    assert await doubts(stage) == [("admins_are_named_by_admins", (f"{ADMIN} {ADMIN}",))]


async def test_what_was_done_before_slack_last_said_that_somebody_is_an_admin_is_not_doubted(stage: Stage) -> None:
    stage.clock.set(datetime.now(UTC))
    ada = await naming(stage)
    await ada.submit()
    assert await stage.deps.meet(stage.client, WORKSPACE, ADMIN)
    await told_by_an_event(stage)
    assert await doubts(stage) == []
