"""A late move as a client asks for it and a coach decides it, by clicks, with a relay between them."""

from datetime import timedelta

import pytest

from coaching.actions import requests, slots, upkeep
from coaching.availability import Availability, parse_hours
from coaching.ids import new_id
from coaching.policy import Policy
from coaching.sessions import Actor, Session
from coaching.workspace import Settings
from playground.errors import PersonError
from tests.handlers.conftest import Stage
from tests.handlers.test_exceptions import CHANNEL, deliver, last, shown, whispers
from tests.support.channel_times import in_channel
from tests.support.world import ADMIN, ANNA, BORIS, COACH

H, DAY = timedelta(hours=1), timedelta(days=1)
FIRST, SECOND = "Tue, Nov 17, 3:00 – 3:50 PM", "Wed, Nov 18, 12:00 – 12:50 PM"
FIELD = "Times you would take"


@pytest.fixture
async def late(stage: Stage) -> Session:
    """A session of Anna's, today at noon, that she can no longer move."""
    await stage.world.settings(Settings(support_contact="help@example.com", undo_window=timedelta(0)))
    await stage.world.grant(ANNA)
    await stage.world.open()
    booked = await stage.world.book(26 * H)
    stage.clock.advance(24 * H)
    await deliver(stage)
    return booked


async def give_hours(stage: Stage, words: str) -> None:
    """Let the coach give these hours."""
    hours = Availability(time_zone="America/New_York", hours=parse_hours(words), notice=H)
    await slots.save_hours(stage.store, Actor("T0TEST", COACH), new_id(stage.clock.now()), COACH, hours)


async def wish(stage: Stage) -> None:
    """Anna asks from her list, with two times and a note."""
    anna = stage.person()
    await anna.command("/sessions")
    await anna.choose("Ask to move…", near="Coaching")
    await anna.choose([FIRST, SECOND])
    await anna.fill("What should the coach know?", "My train")
    await anna.submit()
    await stage.settled()
    await deliver(stage)


async def test_the_whole_story_from_the_list_to_a_new_time(stage: Stage, late: Session) -> None:
    anna, carla = stage.person(), stage.person(COACH)
    await wish(stage)
    await anna.refresh()
    assert "You asked to move this session" in shown(anna)
    assert f"Times that would do: {FIRST}; {SECOND}" in shown(anna)
    assert "Carla Coach can decide until Tue, Nov 17, 12:00 PM. If nobody decides by then, it stays" in shown(anna)
    told = await last(carla, CHANNEL)
    assert "Anna Lee asks to move a session" in told
    assert "My train" in told
    await carla.click("Move it here", near=in_channel(SECOND))
    await stage.settled()
    assert "Moved: Coaching with Anna Lee · Wed, Nov 18, 12:00 – 12:50 PM. We tell Anna Lee." in await whispers(carla)
    await deliver(stage)
    found = await stage.session(late.id)
    assert found.starts_at == late.starts_at + DAY
    texts = [m.text for m in await carla.channel(CHANNEL) if not m.ephemeral]
    [asked] = [one for one in texts if "Anna Lee asked to move a session" in one]
    assert f"Accepted by you: it is now {in_channel(SECOND)}." in asked
    assert not any("Move it here" in one for one in texts)
    assert "Carla Coach moved 1 session with you" in await last(anna)
    assert stage.counted.count(("answer_move", "done")) == 1


async def test_declined_from_the_record_and_the_client_hears_how_to_go_on(stage: Stage, late: Session) -> None:
    anna, carla = stage.person(), stage.person(COACH)
    await wish(stage)
    await carla.command("/sessions")
    await carla.choose("Details", near="Anna Lee")
    assert "Anna Lee asks to move a session" in shown(carla)
    await carla.click("Decline")
    await stage.settled()
    assert "request to move it declined by you" in shown(carla)
    await deliver(stage)
    await anna.close(everything=True)
    answer = await last(anna)
    assert "Your request to move a session was declined" in answer
    assert "The session stays as it is booked." in answer
    await anna.refresh()
    await anna.click("Ask to move…")
    assert FIELD in shown(anna)


async def test_asking_again_shows_the_request_which_can_be_withdrawn(stage: Stage, late: Session) -> None:
    anna, carla = stage.person(), stage.person(COACH)
    await wish(stage)
    await anna.command("/sessions")
    await anna.choose("Details", near="Coaching")
    assert "Your request to move this session" in shown(anna)
    await anna.click("Asked to move…")
    await anna.click("Withdraw the request")
    await stage.settled()
    assert "It was withdrawn: there is nothing to decide." in shown(anna)
    await deliver(stage)
    told = await last(carla, CHANNEL)
    assert "Anna Lee asked to move a session" in told
    assert "It was withdrawn" in told
    assert stage.counted[-1] == ("withdraw_move", "done")


async def test_a_second_press_and_another_decider_change_nothing(stage: Stage, late: Session) -> None:
    carla, ada = stage.person(COACH), stage.person(ADMIN)
    await wish(stage)
    await carla.refresh()
    await carla.click("Move it here", near=in_channel(FIRST))
    await stage.settled()
    again = stage.last_payload()
    await stage.deliver(again)
    await stage.settled()
    assert "That was decided before; your press changed nothing." in await whispers(carla)
    await ada.refresh()
    await ada.channel(CHANNEL)
    await ada.click("Decline")
    await stage.settled()
    assert "That was decided before; your press changed nothing." in await whispers(ada)
    assert (await stage.session(late.id)).starts_at == late.starts_at + 3 * H


async def test_a_time_that_was_booked_meanwhile_is_said_and_the_other_stays(stage: Stage, late: Session) -> None:
    carla = stage.person(COACH)
    await wish(stage)
    await stage.world.grant(BORIS)
    await stage.world.book(5 * H, client=BORIS)
    await carla.refresh()
    await carla.click("Move it here", near=in_channel(FIRST))
    await stage.settled()
    said = await whispers(carla)
    assert f"{FIRST} was just taken, so nothing was moved. The other times are still there." in said
    await deliver(stage)
    told = await last(carla, CHANNEL)
    assert in_channel(SECOND) in told
    await carla.click("Move it here", near=in_channel(SECOND))
    await stage.settled()
    assert (await stage.session(late.id)).starts_at == late.starts_at + DAY


async def test_a_press_that_decided_nothing_says_so_in_the_details(stage: Stage, late: Session) -> None:
    carla = stage.person(COACH)
    await wish(stage)
    await stage.world.grant(BORIS)
    await stage.world.book(5 * H, client=BORIS)
    await carla.command("/sessions")
    await carla.choose("Details", near="Anna Lee")
    await carla.click("Move it here", near=FIRST)
    assert f"{FIRST} was just taken, so nothing was moved. The other times are still there." in shown(carla)
    await carla.click("Move it here", near=SECOND)
    await stage.settled()
    assert "just taken" not in shown(carla)
    assert (await stage.session(late.id)).starts_at == late.starts_at + DAY


async def test_when_every_time_was_taken_the_client_hears_it_and_asks_for_others(stage: Stage, late: Session) -> None:
    anna, carla = stage.person(), stage.person(COACH)
    await anna.command("/sessions")
    await anna.click("Ask to move…", near="Next session")
    await anna.choose([FIRST])
    await anna.submit()
    await stage.settled()
    await deliver(stage)
    await stage.world.grant(BORIS)
    await stage.world.book(5 * H, client=BORIS)
    await carla.refresh()
    await carla.click("Move it here", near=in_channel(FIRST))
    await stage.settled()
    said = await whispers(carla)
    assert (
        f"{FIRST} was just taken, so nothing was moved. None of the times is free any more. We tell Anna Lee." in said
    )
    await deliver(stage)
    assert "None of the times is free any more. The session stays as it is booked." in await last(carla, CHANNEL)
    await anna.close(everything=True)
    assert "None of the times that you asked for is free any more" in await last(anna)
    await anna.refresh()
    await anna.click("Ask to move…")
    assert FIELD in shown(anna)


async def test_where_nothing_can_be_asked_the_reason_is_shown(stage: Stage, late: Session) -> None:
    anna, carla = stage.person(), stage.person(COACH)
    await anna.command("/sessions")
    await give_hours(stage, "closed")
    await anna.choose("Ask to move…", near="Coaching")
    assert "The coach has no free time to choose from." in shown(anna)
    assert stage.counted[-1] == ("ask_move", "refused")
    await anna.close(everything=True)
    await give_hours(stage, "Mon-Sun 0:00-24:00")
    await wish(stage)
    await give_hours(stage, "closed")
    await carla.refresh()
    await carla.click("Decline")
    await stage.settled()
    await deliver(stage)
    await anna.close(everything=True)
    assert "Your request to move a session was declined" in await last(anna)
    with pytest.raises(PersonError, match="Ask to move"):
        await anna.click("Ask to move…")


async def test_a_time_that_is_gone_when_it_is_sent_brings_the_form_back(stage: Stage, late: Session) -> None:
    anna = stage.person()
    await anna.command("/sessions")
    await anna.choose("Ask to move…", near="Coaching")
    await anna.choose([FIRST, SECOND])
    await anna.fill("What should the coach know?", "Dentist")
    await stage.world.grant(BORIS)
    await stage.world.book(5 * H, client=BORIS)
    await anna.submit()
    assert "That time was just taken by somebody else." in shown(anna)
    await anna.submit()
    assert f"Times that would do: {SECOND}" in shown(anna)
    assert "Dentist" in shown(anna)
    assert "You asked to move this session" in shown(anna)


async def test_time_answers_and_the_client_hears_it(stage: Stage, late: Session) -> None:
    anna, carla = stage.person(), stage.person(COACH)
    await wish(stage)
    stage.clock.set(late.starts_at + timedelta(microseconds=1))
    await upkeep.run(stage.store, stage.clock, requests.decide_overdue)
    await deliver(stage)
    assert "Nobody decided in time about your request to move a session" in await last(anna)
    assert "Nobody decided in time, so the session stays as it is booked." in await last(carla, CHANNEL)


async def test_after_the_deadline_nobody_is_asked_to_decide_by_then(stage: Stage) -> None:
    await stage.world.settings(Settings(policy=Policy(decide_within=H), undo_window=timedelta(0)))
    await stage.world.grant(ANNA)
    await stage.world.open()
    await stage.world.book(26 * H)
    stage.clock.advance(24 * H)
    anna, carla = stage.person(), stage.person(COACH)
    await wish(stage)
    await carla.command("/sessions")
    await carla.choose("Details", near="Anna Lee")
    assert "Please decide by Tue, Nov 17, 11:00 AM." in shown(carla)
    stage.clock.advance(H + timedelta(microseconds=1))  # and no job has looked yet
    for person, near in ((carla, "Anna Lee"), (anna, "Carla Coach")):
        await person.close(everything=True)
        await person.command("/sessions")
        await person.choose("Details", near=near)
        assert "Nobody decided in time, so the session stays as it is booked." in shown(person)
        assert "decide by" not in shown(person)
        assert "can decide until" not in shown(person)
    await anna.click("Asked to move…")
    assert "Nobody decided in time, so the session stays as it is booked." in shown(anna)


async def test_where_it_can_be_moved_or_there_is_no_time_nothing_is_asked(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(26 * H)
    anna = stage.person()
    await anna.command("/sessions")
    assert "Ask to move…" not in shown(anna)
    stage.clock.advance(24 * H)
    await anna.command("/sessions")
    assert "Ask to move…" not in shown(anna)
