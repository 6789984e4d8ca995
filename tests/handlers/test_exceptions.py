"""An exception as a client and a coach click it: asked, read in the channel, decided, told; with a relay between them."""

from datetime import timedelta

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.channels.slack import SlackChannel
from bot.delivery.relay import Relay
from coaching.actions import exceptions, requests, upkeep
from coaching.sessions import Actor, Decision, Session, Status
from coaching.workspace import Settings
from handlers.views.news import render
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.support.channel_times import in_channel
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE

H, DAY = timedelta(hours=1), timedelta(days=1)
CHANNEL = "carla-alerts"


async def deliver(stage: Stage) -> None:
    """Tell everybody what is due."""

    async def client_for(_: str) -> AsyncWebClient:
        return stage.client

    relay = Relay(stage.store.engines, stage.clock, SlackChannel(client_for, render))
    await relay.drain()
    await relay.stop()


@pytest.fixture
async def late(stage: Stage) -> list[Session]:
    """Two sessions of Anna's whose free cancellation is over."""
    await stage.world.settings(Settings(support_contact="help@example.com"))
    await stage.world.grant(ANNA)
    booked = [await stage.world.book(26 * H), await stage.world.book(28 * H)]
    stage.clock.advance(24 * H)
    return booked


async def canceled(stage: Stage, sessions: list[Session], *, told: bool = True) -> str:
    """Anna cancels; return the cancellation's id. `told`: her coach has heard of it."""
    done = await stage.world.cancel(*sessions)
    if told:
        stage.clock.advance(timedelta(seconds=61))
    await deliver(stage)
    return done.draft.action_id or ""


async def ask(stage: Stage, action_id: str, note: str | None = "I was ill") -> None:
    command = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=action_id, note=note)
    await exceptions.ask(stage.store, stage.clock, command)
    stage.clock.advance(timedelta(seconds=63))
    await deliver(stage)


async def decision(stage: Stage, session: Session) -> Decision | None:
    ended = (await stage.session(session.id)).cancellation
    return ended.decision if ended else None


async def last(person: Person, where: str | None = None) -> str:
    """The newest message a person reads, in a channel or directly."""
    await person.refresh()
    found = [m for m in (await person.channel(where) if where else await person.dms()) if not m.ephemeral]
    return found[-1].text


async def whispers(person: Person) -> str:
    await person.refresh()
    return "\n".join(message.text for message in person.messages if message.ephemeral)


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


async def test_both_lists_say_that_an_exception_was_asked_for_and_until_when(stage: Stage, late: list[Session]) -> None:
    await ask(stage, await canceled(stage, late[:1]))
    waiting = " · exception asked, decided by Fri, Nov 20"
    anna, carla = stage.person(), stage.person(COACH)
    await anna.command("/sessions")
    await anna.click("Past")
    assert f"not decided yet{waiting}" in shown(anna)
    await carla.command("/sessions")
    await carla.click("Past")
    assert f"yours to decide{waiting}" in shown(carla)
    await carla.choose("Details", near="Anna Lee")
    await carla.click("Keep", confirm=True)
    await anna.command("/sessions")
    await anna.click("Past")
    assert "(kept by Carla Coach)" in shown(anna)
    assert "exception asked" not in shown(anna)


async def test_the_whole_story_from_canceling_late_to_half_of_it_coming_back(stage: Stage, late: list[Session]) -> None:
    anna, carla = stage.person(), stage.person(COACH)
    await anna.command("/sessions cancel")
    await anna.tick("Coaching · Tue, Nov 17, 12:00 – 12:50 PM")
    await anna.submit()
    await anna.submit()
    await anna.click("Ask for an exception")
    assert "Carla Coach can decide until Fri, Nov 20, 10:00 AM." in shown(anna)
    assert "If nobody decides by then, nothing more comes back." in shown(anna)
    assert "If you hear nothing, ask help@example.com." in shown(anna)
    await anna.fill("What should the coach know?", "<!channel> *the train* was late")
    await anna.submit()
    assert ":hourglass_flowing_sand: You asked for an exception" in shown(anna)
    assert "Carla Coach can decide until Fri, Nov 20, 10:00 AM" in shown(anna)

    # Nothing is told while the cancellation may be undone; then the alert comes first.
    await deliver(stage)
    assert [m.text for m in await carla.channel(CHANNEL)] == []
    stage.clock.advance(timedelta(seconds=61))
    await deliver(stage)
    stage.clock.advance(timedelta(seconds=2))
    await deliver(stage)
    await carla.refresh()
    first, second = await carla.channel(CHANNEL)
    assert "Anna Lee canceled 1 session with you" in first.text
    assert "Anna Lee asked for an exception on" in first.text
    assert "Anna Lee asks for an exception\n1 session was canceled late" in second.text
    assert "<!channel> *the train* was late" in second.text
    until = in_channel("Fri, Nov 20, 10:00 AM")
    assert f"Please decide by {until}. If nobody decides by then, nothing more comes back." in second.text

    await carla.click("Decide…", near="asks for an exception", on=CHANNEL)
    assert "the train" in shown(carla)
    await carla.choose("Refund a part", near="What goes back?")
    await carla.fill("Part, in credits of this session", "0,5")
    await carla.fill("Note to the client", "Half, this once")
    await carla.submit()
    assert "Refunded in part: Coaching with Anna Lee, 0.5 credits back. We tell Anna Lee." in shown(carla)
    assert await stage.world.balance() == 850

    await deliver(stage)
    for message in await carla.channel(CHANNEL):
        assert "refunded in part by Carla Coach" in message.text
        assert "Decide…" not in message.text
    told = await last(anna)
    assert "Good news: your late cancellation was refunded in part" in told
    assert "0.5 credits returned" in told
    assert "Half, this once" in told
    receipts = [m.text for m in await anna.dms() if "You canceled 1 session" in m.text]
    assert len(receipts) == 1
    assert "You asked for an exception on" in receipts[0]
    assert "refunded in part by Carla Coach" in receipts[0]
    assert "Ask for an exception" not in receipts[0]


async def test_the_receipt_asks_once_and_says_later_what_was_asked(stage: Stage, late: list[Session]) -> None:
    await canceled(stage, late)
    anna = stage.person()
    await anna.refresh()
    await anna.click("Ask for an exception", on="dm")
    await anna.submit()
    assert "You asked for an exception on Tue, Nov 17, 10:01 AM" in shown(anna)
    await anna.close()
    # The receipt is not edited yet: its button is an old one.
    await anna.click("Ask for an exception", on="dm")
    assert "Carla Coach can decide until" in shown(anna)
    assert stage.counted == [("exception", "done")]
    await deliver(stage)
    await anna.refresh()
    assert "Ask for an exception" not in "\n".join(m.text for m in await anna.dms())


async def test_a_private_note_stays_in_the_record(stage: Stage, late: list[Session]) -> None:
    await stage.world.settings(Settings(reason_in_channel=False))
    await ask(stage, await canceled(stage, late), note="private matters")
    carla = stage.person(COACH)
    text = await last(carla, CHANNEL)
    assert "private matters" not in text
    assert "A note was written; it is in the details." in text
    await carla.click("Decide…", near="A note was written", on=CHANNEL)
    assert "private matters" in shown(carla)


async def test_the_loser_is_told_who_decided_what(stage: Stage, late: list[Session]) -> None:
    await ask(stage, await canceled(stage, late[:1]))
    ada, carla = stage.person(ADMIN), stage.person(COACH)
    await ada.refresh()
    await carla.refresh()
    await carla.click("Decide…", near="asks for an exception", on=CHANNEL)
    await ada.click("Keep", near="asks for an exception", on=CHANNEL, confirm=True)
    await stage.settled()
    assert "Kept: Coaching with Anna Lee. We tell Anna Lee." in await whispers(ada)
    await carla.submit()
    assert "kept, as Ada Admin had decided already." in shown(carla)
    await carla.close()
    await carla.click("Refund anyway", near="asks for an exception", on=CHANNEL, confirm=True)
    await stage.settled()
    assert "kept, as Ada Admin had decided already." in await whispers(carla)
    assert await decision(stage, late[0]) is Decision.KEPT


async def test_a_press_after_the_deadline_lets_the_policy_decide_and_says_so(stage: Stage, late: list[Session]) -> None:
    await ask(stage, await canceled(stage, late))
    carla, anna = stage.person(COACH), stage.person()
    await carla.refresh()
    stage.clock.advance(3 * DAY)
    await carla.click("Refund all", near="asks for an exception", on=CHANNEL, confirm=True)
    await stage.settled()
    assert "Coaching with Anna Lee: kept, as nobody decided in time." in await whispers(carla)
    assert "your press changed nothing" in await whispers(carla)
    assert await stage.world.balance() == 800
    await deliver(stage)
    assert "Nobody decided in time, so the policy did." in await last(carla, CHANNEL)
    told = await last(anna)
    assert "Nobody decided about your late cancellations in time, so the policy decided" in told
    assert "help@example.com" in told


async def test_the_job_decides_what_nobody_did_and_the_record_says_so(stage: Stage, late: list[Session]) -> None:
    await ask(stage, await canceled(stage, late[:1]))
    stage.clock.advance(4 * DAY)
    assert await upkeep.run(stage.store, stage.clock, requests.decide_overdue) == 1
    await deliver(stage)
    carla = stage.person(COACH)
    await carla.refresh()
    await carla.click("Details", near="asks for an exception", on=CHANNEL)
    assert "kept: nobody decided in time" in shown(carla)
    assert "cancellation decided by the policy, as nobody decided in time: nothing more returned" in shown(carla)
    assert "I was ill" in shown(carla)
    assert "request for an exception sent to you" in shown(carla)
    assert "Decide…" not in carla.modal.buttons if carla.modal else False


async def test_details_ask_and_show_what_was_asked_under_the_dialog(stage: Stage, late: list[Session]) -> None:
    await canceled(stage, late[:1])
    anna = stage.person()
    await anna.command("/sessions past")
    await anna.choose("Details", near="Session Canceled")
    await anna.click("Ask for an exception")
    await anna.fill("What should the coach know?", "ill")
    await anna.submit()
    await stage.settled()
    await anna.close()
    assert "This session is canceled" in shown(anna)
    assert "You asked for an exception on" in shown(anna)
    assert "you asked for an exception" in shown(anna)
    assert anna.modal is not None
    assert "Ask for an exception" not in anna.modal.buttons


async def test_a_decision_from_the_record_shows_there(stage: Stage, late: list[Session]) -> None:
    await ask(stage, await canceled(stage, late[:1]))
    carla = stage.person(COACH)
    await carla.refresh()
    await carla.click("Details", near="asks for an exception", on=CHANNEL)
    await carla.click("Decide…")
    await carla.choose("Keep the credits", near="What goes back?")
    await carla.submit()
    await stage.settled()
    await carla.close()
    assert "kept by Carla Coach" in shown(carla)


@pytest.mark.parametrize(
    ("verdict", "amount", "said"),
    [
        ("Refund a part", None, "more than 0 and less than 1 credit"),
        ("Refund a part", "1", "more than 0 and less than 1 credit"),
        ("Refund a part", "half", "more than 0 and less than 1 credit"),
        ("Refund a part", "0.005", "more than 0 and less than 1 credit"),
        ("Keep the credits", "0.5", "You wrote a part. Choose Refund a part above, or clear this field."),
    ],
)
async def test_an_odd_part_is_refused_at_its_field(
    stage: Stage, late: list[Session], verdict: str, amount: str | None, said: str
) -> None:
    await canceled(stage, late[:1])
    carla = stage.person(COACH)
    await carla.refresh()
    await carla.click("Decide…", on=CHANNEL)
    await carla.choose(verdict, near="What goes back?")
    if amount:
        await carla.fill("Part, in credits of this session", amount)
    answer = await carla.submit()
    assert answer["outcome"] == "errors"
    assert said in str(answer)
    assert await decision(stage, late[0]) is Decision.OPEN


async def test_who_can_be_asked_no_more_is_told_how_to_go_on(stage: Stage, late: list[Session]) -> None:
    await canceled(stage, late[:1])
    anna, carla = stage.person(), stage.person(COACH)
    await anna.refresh()
    await carla.refresh()
    await carla.click("Refund anyway", on=CHANNEL, confirm=True)
    await stage.settled()
    await anna.click("Ask for an exception", on="dm")
    await stage.settled()
    assert "This was decided already" in await whispers(anna)
    assert "ask help@example.com" in await whispers(anna)


async def test_undo_takes_the_request_back_and_the_coach_hears_of_neither(stage: Stage, late: list[Session]) -> None:
    action_id = await canceled(stage, late[:1], told=False)
    command = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=action_id)
    await exceptions.ask(stage.store, stage.clock, command)
    anna, carla = stage.person(), stage.person(COACH)
    await anna.refresh()
    await anna.click("Undo", on="dm")
    await stage.settled()
    stage.clock.advance(timedelta(seconds=63))
    await deliver(stage)
    assert (await stage.session(late[0].id)).status is Status.SCHEDULED
    assert await carla.channel(CHANNEL) == []


async def test_an_admin_asks_from_the_record_and_a_forged_request_is_refused(stage: Stage, late: list[Session]) -> None:
    await canceled(stage, late[:1])
    ada = stage.person(ADMIN)
    await ada.refresh()
    await ada.click("Details", on=CHANNEL)
    await ada.click("Ask for an exception")
    await ada.submit()
    await stage.settled()
    assert "can decide until" in shown(ada)
    payload = stage.last_payload()
    payload["user"]["id"] = COACH
    await stage.deliver(payload)
    assert stage.counted == [("exception", "done"), ("exception", "refused")]
    await deliver(stage)
    assert "An admin asks for an exception for Anna Lee\n1 session was canceled late" in await last(ada, CHANNEL)
