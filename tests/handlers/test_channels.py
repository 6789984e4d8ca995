"""A private alert channel is shared with another organization and gets another id: everything goes on there."""

from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.channels.slack import SlackChannel
from bot.delivery.relay import Relay
from coaching.actions import decide
from coaching.errors import StorageBusy
from coaching.sessions import Actor, Session
from coaching.stakeholders import NewsOf
from handlers.views.news import render
from playground.errors import PersonError
from playground.workspace import Channel
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)
OLD = "G0PRIVATE"


@pytest.fixture
async def stage(stage: Stage) -> Stage:
    """Carla's alerts go to a private channel, and so do copies of what Otto is told."""
    members = dict.fromkeys((COACH, ADMIN, stage.pg.workspace.bot_user))
    stage.pg.workspace.channels[OLD] = Channel(OLD, "carla-private", "private", members)
    await stage.world.grant(ANNA, 300)
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, OLD)
        await uow.stakeholders.save(NewsOf.COACH, OTHER_COACH, [OLD])
        await uow.commit()
    return stage


async def deliver(stage: Stage) -> None:
    """Send what is due."""

    async def client_for(_: str) -> AsyncWebClient:
        return stage.client

    await Relay(stage.store.engines, stage.clock, SlackChannel(client_for, render)).drain()


def said(stage: Stage, channel: str) -> list[str]:
    return [message.text for message in stage.pg.workspace.channels[channel].messages.values()]


def heard(stage: Stage) -> list[Any]:
    return [entry for entry in stage.pg.traffic.since(0) if entry["name"] == "channel_id_changed" and entry["status"]]


async def shared(stage: Stage) -> str:
    """Share the channel, wait until the app has answered, and return the new id."""
    carla = stage.person(COACH)
    new = str((await carla.share(OLD))["channel"])
    await carla.wait_for(lambda _: bool(heard(stage)))
    [entry] = heard(stage)
    event = dict(entry["request"]["event"])
    assert event.pop("event_ts")
    assert event == {"type": "channel_id_changed", "old_channel_id": OLD, "new_channel_id": new}
    assert entry["status"] == 200
    return new


async def late(stage: Stage, coach: str = COACH, hours: int = 10) -> Session:
    """Have a client cancel late, so that the coach has something to decide."""
    session = await stage.world.book(hours * H, coach=coach)
    stage.clock.advance(H)
    await stage.world.cancel(session)
    stage.clock.advance(timedelta(minutes=2))
    return session


async def test_alerts_copies_and_edits_go_on_where_the_channel_is_now(stage: Stage) -> None:
    first = await late(stage)
    await deliver(stage)
    assert len(said(stage, OLD)) == 1
    await late(stage, OTHER_COACH, 12)  # its copy is still to be sent when the channel moves
    new = await shared(stage)
    assert OLD not in stage.pg.workspace.channels
    await deliver(stage)
    alert, copy = said(stage, new)
    assert "canceled 1 session with you" in alert
    assert "Otto Other" in copy
    command = decide.DecideLate(actor=Actor(WORKSPACE, COACH), session_ids=[first.id], refund=True)
    await decide.decide_late(stage.store, stage.clock, command)
    await late(stage, COACH, 14)
    await deliver(stage)
    edited, _, later = said(stage, new)
    assert edited != alert
    assert "canceled 1 session with you" in later
    refused = [e for e in stage.pg.traffic.since(0) if "channel_not_found" in str(e)]
    assert refused == []
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    assert ada.modal is not None
    assert "alerts in #carla-private" in ada.modal.text


async def test_the_same_event_again_an_unknown_channel_and_nonsense_change_nothing(stage: Stage) -> None:
    new = await shared(stage)
    for number, (old, to) in enumerate([(OLD, new), ("G0NOBODY", "C0NOBODY"), (new, "U0X"), (None, new), (new, [])]):
        event = {"type": "channel_id_changed", "old_channel_id": old, "new_channel_id": to, "event_ts": "1.1"}
        body = {"type": "event_callback", "team_id": WORKSPACE, "event_id": f"EvAGAIN{number}", "event": event}
        assert (await stage.deliver(body, "event")).status == 200
    async with stage.store.read(WORKSPACE) as queries:
        assert await queries.coaches.alert_channels([COACH]) == {COACH: new}
        assert [one.target for one in await queries.stakeholders.all()] == [new]


async def test_an_event_that_could_not_be_followed_is_answered_so_that_slack_sends_it_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: object) -> None:
        raise StorageBusy

    event = {"type": "channel_id_changed", "old_channel_id": OLD, "new_channel_id": "C0NEW", "event_ts": "1.1"}
    body = {"type": "event_callback", "team_id": WORKSPACE, "event_id": "EvBUSY", "event": event}
    with monkeypatch.context() as patched:
        patched.setattr("handlers.channels.follow", busy)
        assert (await stage.deliver(body, "event")).status == 500
    assert (await stage.deliver(body, "event")).status == 200
    async with stage.store.read(WORKSPACE) as queries:
        assert await queries.coaches.alert_channels([COACH]) == {COACH: "C0NEW"}


async def test_only_a_private_channel_gets_another_id(stage: Stage) -> None:
    with pytest.raises(PersonError, match="only a private channel gets another id"):
        await stage.person(COACH).share("C0COACH")
