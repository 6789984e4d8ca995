"""Requests for exceptions on their way: after the alert, copied to stakeholders, and dropped when there is nothing to ask."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import text

from coaching.actions import decide, departed, exceptions
from coaching.sessions import Actor, Session
from coaching.stakeholders import NewsOf
from storage.presence import Presence
from tests.delivery.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, WORKSPACE

pytestmark = pytest.mark.usefixtures("in_pseudo")


H = timedelta(hours=1)


async def asked(stage: Stage) -> Session:
    """Anna cancels late and asks for an exception; nothing is delivered yet."""
    session = await stage.world.book(26 * H)
    stage.clock.advance(24 * H)
    done = await stage.world.cancel(session)
    command = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "", note="Please")
    [after] = (await exceptions.ask(stage.store, stage.clock, command)).asked
    return after


async def lease(stage: Stage, *, held: bool) -> None:
    """Let another relay hold the alert, or give it back."""
    query = text("UPDATE notices SET state = :state, lease_until = :until, owner = :owner WHERE kind = 'coach_alert'")
    mine = {"state": "leased", "until": int(time.time() + 300) * 1_000_000, "owner": "another"}
    async with stage.store.engines.writer.begin() as connection:
        await connection.execute(query, mine if held else {"state": "pending", "until": None, "owner": None})


def told(stage: Stage, who: str = "C0COACH") -> list[str]:
    """The headlines of what somebody reads about cancellations and requests; bookings are told of as well."""
    return [line for post in stage.posts(who) if " booked " not in (line := post.text.split("\n")[0])]


async def test_the_request_never_comes_before_the_alert(stage: Stage) -> None:
    await asked(stage)
    await lease(stage, held=True)
    other = Presence(stage.store.engines)
    await other.enter()
    await other.settle()
    relay = await stage.running()
    await stage.until(lambda: any("You canceled" in text for text in told(stage, ANNA)))
    await relay.drain()
    assert told(stage) == []
    await other.leave()
    await lease(stage, held=False)
    relay.wake()
    await stage.until(lambda: len(told(stage)) == 2)
    assert told(stage) == [
        "Anna Lee canceled 1 session with you",
        "Anna Lee asks for an exception",
    ]


async def test_a_stakeholder_reads_the_request_and_the_decision_and_can_press_nothing(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.stakeholders.save(NewsOf.COACH, COACH, [BORIS])
        await uow.commit()
    session = await asked(stage)
    await stage.relay().drain()
    assert told(stage, BORIS)[-1] == "Anna Lee asks for an exception"
    command = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=True, part=50)
    await decide.decide_late(stage.store, stage.clock, command)
    await stage.relay().drain()
    for who in (BORIS, "C0COACH"):
        last = stage.posts(who)[-1]
        assert last.edited
        assert "refunded in part by Carla Coach" in last.text
    channels = stage.slack.workspace.channels.values()
    copies = [m for c in channels if c.kind == "im" and BORIS in c.members for m in c.messages.values()]
    assert not any("late_" in str(message.blocks) for message in copies)


async def test_what_was_decided_before_it_could_be_told_is_not_told(stage: Stage) -> None:
    session = await asked(stage)
    command = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[session.id], refund=False)
    await decide.decide_late(stage.store, stage.clock, command)
    await stage.relay().drain()
    assert told(stage) == ["Anna Lee canceled 1 session with you"]
    [row] = await stage.rows(kind="exception")
    assert (row.state, row.why) == ("dropped", "decided")


async def test_a_request_whose_channel_is_gone_goes_to_the_coach_directly(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, "C0EMPTY")
        await uow.commit()
    await asked(stage)
    await stage.relay().drain()
    direct = [text for text in told(stage, COACH) if "asks for an exception" in text]
    assert len(direct) == 1


async def removed(stage: Stage) -> None:
    """Carla is taken off the list of coaches."""
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(COACH)
        await uow.commit()


async def test_a_request_whose_coach_was_removed_goes_to_the_admins_and_is_edited_once_decided(stage: Stage) -> None:
    await removed(stage)
    session = await asked(stage)
    await stage.relay().drain()
    assert told(stage, ADMIN) == ["Anna Lee asks for an exception"]
    assert told(stage) == ["Anna Lee canceled 1 session with you"]
    command = decide.DecideLate(actor=Actor(WORKSPACE, ADMIN), session_ids=[session.id], refund=True)
    await decide.decide_late(stage.store, stage.clock, command)
    await stage.relay().drain()
    [last] = stage.posts(ADMIN)
    assert last.edited
    assert "refunded anyway by you" in last.text or "refunded anyway by Ada Admin" in last.text


async def test_a_request_that_waits_is_handed_over_before_its_coach_reads_it(stage: Stage) -> None:
    session = await asked(stage)
    await removed(stage)
    assert await departed.hand_over(stage.store, stage.clock, 20) == 1
    assert await departed.hand_over(stage.store, stage.clock, 20) == 0
    await stage.relay().drain()
    assert not any("asks for an exception" in text for text in told(stage))
    [row] = await stage.rows(kind="exception")
    assert (row.state, row.why) == ("dropped", "admins_decide")
    assert len(told(stage, ADMIN)) == 1
    command = decide.DecideLate(actor=Actor(WORKSPACE, ADMIN), session_ids=[session.id], refund=False)
    assert len((await decide.decide_late(stage.store, stage.clock, command)).decided) == 1


async def test_what_no_admin_can_take_keeps_nothing_behind_it_waiting_and_an_admin_takes_what_is_not_their_own(
    stage: Stage,
) -> None:
    await stage.world.grant(BORIS)
    async with stage.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE members SET is_admin = (id = 'U0ANNA')"))
    for _ in range(3):
        await asked(stage)  # Anna's own: she is the only admin
    session = await stage.world.book(26 * H, client=BORIS)
    stage.clock.advance(24 * H)
    done = await stage.world.cancel(session, who=BORIS)
    command = exceptions.Ask(actor=Actor(WORKSPACE, BORIS), action_id=done.draft.action_id or "")
    await exceptions.ask(stage.store, stage.clock, command)
    await removed(stage)
    assert await departed.hand_over(stage.store, stage.clock, 2) == 2
    assert await departed.hand_over(stage.store, stage.clock, 2) == 0
    [row] = await stage.rows(kind="admin_exception")
    assert row.recipient == ANNA


async def test_without_any_admin_the_coach_is_asked_all_the_same(stage: Stage) -> None:
    async with stage.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE members SET is_admin = FALSE"))
    await removed(stage)
    await asked(stage)
    assert await departed.hand_over(stage.store, stage.clock, 20) == 0
    await stage.relay().drain()
    assert "Anna Lee asks for an exception" in told(stage)


async def test_what_waits_for_one_deadline_is_gone_through_once_a_page_at_a_time(stage: Stage) -> None:
    sessions = [await stage.world.book((26 + n) * H) for n in range(5)]
    stage.clock.advance(24 * H)
    for session in sessions:
        done = await stage.world.cancel(session)
        command = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=done.draft.action_id or "")
        await exceptions.ask(stage.store, stage.clock, command)
    await removed(stage)
    pages, after = [], (stage.clock.now(), "", "")
    async with stage.store.sweep() as sweep:
        while (page := await sweep.requests.left_behind(after, 2)) and len(pages) < 9:
            pages.append(page)
            after = page[-1]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert len({row for page in pages for row in page}) == 5
