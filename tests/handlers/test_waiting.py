"""What waits for a coach, at the top of their Home: who is shown what, and every button pressed on the spot."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from coaching.actions import exceptions, move_requests, retire, upkeep
from coaching.actions.outcomes import complete_due
from coaching.sessions import Actor, Decision, Session, Status
from coaching.waiting import CONFIRM_WITHIN, UNDECIDED_WITHIN
from coaching.workspace import Settings
from playground.person import Person
from playground.seen import SeenView
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)
WAITS = "Waits for you"
ELSEWHERE = "Open decisions of coaches"


@pytest.fixture
async def settled(stage: Stage) -> None:
    """No cancellation can be undone, and Anna has credits."""
    await stage.world.settings(Settings(undo_window=timedelta(0)))
    await stage.world.grant(ANNA, 2000)
    await stage.world.open()


async def late(stage: Stage, count: int = 1) -> list[Session]:
    """Sessions of Anna's with Carla that she canceled too late."""
    booked = [await stage.world.book(26 * H + n * H) for n in range(count)]
    stage.clock.advance(24 * H)
    done = await stage.world.cancel(*booked)
    return list(done.sessions)


async def asked(stage: Stage, *sessions: Session, note: str = "I was ill") -> None:
    action = sessions[0].cancellation.action_id if sessions[0].cancellation else ""
    command = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=action, note=note)
    await exceptions.ask(stage.store, stage.clock, command)


async def over(stage: Stage, ago: timedelta = timedelta(0)) -> Session:
    """A session of Anna's that ended so long ago."""
    booked = await stage.world.book(H)
    stage.clock.set(booked.ends_at + ago)
    return booked


async def again(stage: Stage, person: Person) -> SeenView:
    """What Home shows now, without having been opened again."""
    await stage.settled()
    await person.refresh()
    assert person.shown_home is not None
    return person.shown_home


async def decided(stage: Stage, session: Session) -> Decision | None:
    found = (await stage.session(session.id)).cancellation
    return found.decision if found else None


@pytest.mark.usefixtures("settled")
async def test_an_exception_is_decided_at_the_top_of_home(stage: Stage) -> None:
    [session] = await late(stage)
    await asked(stage, session)
    stage.clock.advance(2 * H)
    carla = stage.person(COACH)
    shown = (await carla.home()).text
    assert shown.index(WAITS) < shown.index("Sessions you give")
    assert "Anna Lee asks for an exception" in shown
    assert "Asked 2 hours ago." in shown
    assert "Please decide by Fri, Nov 20" in shown
    assert "“I was ill”" in shown
    await carla.click("Refund anyway", on="home")
    shown = (await again(stage, carla)).text
    assert "Refunded anyway: Coaching with Anna Lee, 1 credit back. We tell Anna Lee." in shown
    assert WAITS not in shown
    assert carla.modals == []
    assert await decided(stage, session) is Decision.REFUNDED
    assert WAITS not in (await carla.home()).text


@pytest.mark.usefixtures("settled")
async def test_a_late_cancellation_waits_without_a_request_and_a_second_press_says_what_was_decided(
    stage: Stage,
) -> None:
    first, second = await late(stage, 2)
    carla, tablet = stage.person(COACH), stage.person(COACH, tab="tablet")
    shown = (await carla.home()).text
    assert shown.count("Anna Lee canceled, and nobody has decided about the credits") == 2
    assert "There is no deadline: the credits stay kept." in shown
    await tablet.refresh()
    await carla.click("Keep", index=0, on="home")
    payload = stage.last_payload()
    assert "Kept: Coaching with Anna Lee. We tell Anna Lee." in (await again(stage, carla)).text
    await stage.deliver(payload | {"trigger_id": "again.1"})
    assert "Coaching with Anna Lee: kept, as Carla Coach had decided already." in (await again(stage, carla)).text
    assert {await decided(stage, one) for one in (first, second)} == {Decision.KEPT, Decision.OPEN}


@pytest.mark.usefixtures("settled")
async def test_the_dialog_that_decides_a_part_publishes_home_anew(stage: Stage) -> None:
    [session] = await late(stage)
    carla = stage.person(COACH)
    await carla.home()
    await carla.click("Decide…", on="home")
    await carla.choose("Refund a part")
    await carla.fill("Part, in credits of this session", "0.5")
    await carla.submit()
    assert WAITS not in (await again(stage, carla)).text
    assert await decided(stage, session) is Decision.PARTLY


@pytest.mark.usefixtures("settled")
async def test_a_request_to_move_is_accepted_or_declined_in_home(stage: Stage) -> None:
    first, second = [await stage.world.book(26 * H + n * H) for n in range(2)]
    stage.clock.advance(24 * H)
    for one in (first, second):
        wanted = move_requests.AskMove(
            actor=Actor(WORKSPACE, ANNA), session_id=one.id, times=[one.starts_at + 24 * H, one.starts_at + 48 * H]
        )
        await move_requests.ask(stage.store, stage.clock, wanted)
    carla = stage.person(COACH)
    shown = (await carla.home()).text
    assert shown.count("Anna Lee asks to move a session") == 2
    await carla.click("Move it here", index=1, on="home")
    shown = (await again(stage, carla)).text
    assert "Moved: Coaching with Anna Lee" in shown
    assert shown.count("Anna Lee asks to move a session") == 1
    assert (await stage.session(first.id)).starts_at == first.starts_at + 48 * H
    await carla.click("Decline", on="home")
    assert "It was declined." in (await again(stage, carla)).text
    assert WAITS not in (await carla.home()).text


@pytest.mark.usefixtures("settled")
async def test_a_session_that_is_over_waits_to_be_confirmed_for_two_days(stage: Stage) -> None:
    session = await over(stage)
    carla = stage.person(COACH)
    shown = (await carla.home()).text
    assert "Did this session take place?" in shown
    assert "it counts as completed by itself" in shown
    stage.clock.advance(3 * H)
    assert await complete_due(stage.store, stage.clock, 10) == 1
    shown = (await carla.home()).text
    assert "It ended 3 hours ago. It counts as completed; until Mon, Nov 30" in shown, "time is no coach"
    await carla.click("Completed", on="home")
    assert "Noted as completed: Coaching with Anna Lee" in (await again(stage, carla)).text
    assert carla.modals == []
    assert WAITS not in (await carla.home()).text
    await carla.command("/sessions past")
    await carla.choose("Details", near="Coaching")
    assert carla.modal is not None
    assert "completed, as noted by you" in carla.modal.text
    assert (await stage.session(session.id)).status is Status.COMPLETED
    other = await over(stage)
    await carla.home()
    await carla.click("No-show…", on="home", confirm=True)
    assert "Noted as a no-show: Coaching with Anna Lee" in (await again(stage, carla)).text
    assert (await stage.session(other.id)).status is Status.NO_SHOW


@pytest.mark.usefixtures("settled")
async def test_what_nobody_confirmed_stays_as_time_said_and_nobody_is_asked_for_ever(stage: Stage) -> None:
    session = await over(stage)
    [canceled] = await late(stage)
    await upkeep.run(stage.store, stage.clock, complete_due)
    carla = stage.person(COACH)
    assert "Did this session take place?" in (await carla.home()).text
    stage.clock.set(session.ends_at + CONFIRM_WITHIN)
    shown = (await carla.home()).text
    assert "Did this session take place?" not in shown
    assert WAITS in shown
    assert canceled.cancellation is not None
    stage.clock.set(canceled.cancellation.at + UNDECIDED_WITHIN)
    assert WAITS not in (await carla.home()).text


@pytest.mark.usefixtures("settled")
async def test_what_ends_soonest_comes_first_and_the_rest_is_one_press_away(stage: Stage) -> None:
    pleaded = await late(stage, 2)
    await asked(stage, *pleaded)
    others = [await stage.world.book(3 * H + n * H) for n in range(9)]
    stage.clock.advance(H / 2)  # they may be taken back for nothing shortly after they were booked
    await stage.world.cancel(*others)
    ended = await over(stage)
    carla = stage.person(COACH)
    shown = await carla.home()
    rows = [row for row in shown.text.splitlines() if re.search("asks for|take place|canceled, and", row)]
    assert len(rows) == 10
    assert rows[:3] == ["Did this session take place?", *2 * ["Anna Lee asks for an exception"]]
    await carla.click("Show all (12)", on="home")
    assert carla.modal is not None
    assert carla.modal.title == WAITS
    assert carla.modal.text.count("canceled, and nobody has decided") == 9
    await carla.click("Completed")
    assert carla.modal is not None
    assert "Noted as completed" in carla.modal.text
    assert "Did this session take place?" not in carla.modal.text
    assert (await stage.session(ended.id)).status is Status.COMPLETED
    await carla.click("Decide…", index=0)
    await carla.choose("Keep the credits")
    await carla.submit()
    await carla.close()
    await stage.settled()
    await carla.refresh()
    assert carla.modal is not None
    assert carla.modal.text.count("asks for an exception") == 1
    await carla.click("Keep", index=0)
    await carla.refresh()
    assert carla.modal is not None
    assert "asks for an exception" not in carla.modal.text


async def test_nothing_waits_while_it_can_still_be_undone(stage: Stage) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(seconds=60)))
    await stage.world.grant(ANNA, 900)
    await late(stage)
    carla = stage.person(COACH)
    assert WAITS not in (await carla.home()).text
    stage.clock.advance(timedelta(seconds=61))
    assert WAITS in (await carla.home()).text


@pytest.mark.usefixtures("settled")
async def test_only_the_one_who_decides_has_it_in_their_queue(stage: Stage) -> None:
    [session] = await late(stage)
    await asked(stage, session)
    await over(stage)
    for who in (ANNA, BORIS, OTHER_COACH, ADMIN):
        assert WAITS not in (await stage.person(who).home()).text, who
        assert (ELSEWHERE in (await stage.person(who).home()).text) == (who == ADMIN), who
    command = retire.Retire(actor=Actor(WORKSPACE, ADMIN), request_key="off", coach_id=COACH, cancel=False)
    await retire.retire(stage.store, stage.clock, command)
    assert WAITS not in (await stage.person(COACH).home()).text, "they are no coach any more"
    while await upkeep.hand_over(stage.store, stage.clock, 10):
        pass
    ada = stage.person(ADMIN)
    shown = (await ada.home()).text
    assert "An admin, in Carla Coach's place, can decide until" in shown
    assert "take place?" not in shown
    await ada.click("Keep", on="home")
    assert "Kept: Coaching with Anna Lee." in (await again(stage, ada)).text
    assert await decided(stage, session) is Decision.KEPT


@pytest.mark.usefixtures("settled")
async def test_an_admin_sees_what_coaches_are_asked_with_its_deadline_and_decides_on_the_spot(stage: Stage) -> None:
    [session] = await late(stage)
    await asked(stage, session)
    ada = stage.person(ADMIN)
    shown = (await ada.home()).text
    assert WAITS not in shown
    assert "Anna Lee asks for an exception" in shown.partition(ELSEWHERE)[2]
    assert "Coaching with Carla Coach" in shown
    assert "Carla Coach is asked to decide by" in shown
    assert ELSEWHERE not in (await stage.person(COACH).home()).text
    await ada.click("Keep", on="home")
    after = (await again(stage, ada)).text
    assert "Kept: Coaching with" in after
    assert ELSEWHERE not in after
    assert await decided(stage, session) is Decision.KEPT
    assert WAITS not in (await stage.person(COACH).home()).text


@pytest.mark.usefixtures("settled")
async def test_a_coach_removed_a_moment_ago_is_refused_and_nothing_is_decided(stage: Stage) -> None:
    [session] = await late(stage)
    ended = await over(stage)
    carla = stage.person(COACH)
    await carla.home()
    command = retire.Retire(actor=Actor(WORKSPACE, ADMIN), request_key="off", coach_id=COACH, cancel=False)
    await retire.retire(stage.store, stage.clock, command)
    await carla.click("Keep", on="home")
    assert await decided(stage, session) is Decision.OPEN
    await carla.close(everything=True)
    await carla.click("Completed", on="home")
    assert (await stage.session(ended.id)).status is Status.SCHEDULED
    assert replace(ended, version=1).version == (await stage.session(ended.id)).version


async def test_today_and_this_week_come_before_later_days(stage: Stage) -> None:
    await stage.world.grant(ANNA, 400)
    for hours in (3, 5, 30, 24 * 9):
        await stage.world.book(hours * H)
    shown = (await stage.person(COACH).home()).text
    assert WAITS not in shown
    places = [shown.index(word) for word in ("Next session", "Today · Mon, Nov 16", "This week", "After this week")]
    assert places == sorted(places)
