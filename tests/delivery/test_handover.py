"""A hand-over is told once to the client and to both coaches, and what they were told before says so too."""

from datetime import timedelta

import pytest

from coaching.actions import move_requests, reschedule, stakeholders
from coaching.ids import new_id
from coaching.sessions import Actor, Hat, Session
from coaching.stakeholders import NewsOf
from coaching.workspace import Settings
from tests.delivery.conftest import Stage
from tests.delivery.test_life import booked
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

pytestmark = pytest.mark.usefixtures("in_pseudo")
H = timedelta(hours=1)


async def handed(stage: Stage, *, before: str = "", by: str = ADMIN) -> Session:
    """Anna booked a session with Carla, `before` says what was told since, and it goes to Otto."""
    await stage.world.settings(Settings(undo_window=timedelta(0)))
    session = await booked(stage, 120 * H)
    await stage.world.open(OTHER_COACH)
    await stage.relay().drain()
    if before == "move":
        await move(stage, session)
        await stage.relay().drain()
    await stage.world.hand_over(session, who=by)
    await stage.relay().drain()
    return session


async def move(stage: Stage, session: Session) -> None:
    async with stage.store.read(WORKSPACE) as queries:
        [now] = await queries.sessions.by_ids([session.id])
    command = reschedule.MoveSessions(
        actor=Actor(WORKSPACE, ANNA),
        request_key=new_id(stage.clock.now()),
        hat=Hat.CLIENT,
        subject_id=ANNA,
        times=[reschedule.NewTime(session.id, now.starts_at, now.starts_at + H)],
    )
    await reschedule.move_sessions(stage.store, stage.clock, command)


async def test_the_client_hears_who_comes_instead_and_that_they_can_cancel_for_free(stage: Stage) -> None:
    await handed(stage)
    told = stage.posts(ANNA)[-1].text
    assert "Otto Other gives 1 of your sessions now" in told
    assert "instead of Carla Coach; Ada Admin (admin) handed it over" in told
    assert "you can cancel with a full refund for at least 24 hours" in told
    assert len([post for post in stage.posts(ANNA) if "instead of" in post.text]) == 1


async def test_both_coaches_hear_of_it_where_they_hear_everything(stage: Stage) -> None:
    await handed(stage)
    gave, takes = stage.posts("C0COACH")[-1].text, stage.posts(OTHER_COACH)[-1].text
    assert "Ada Admin (admin) handed 1 session that you gave Anna Lee over to Otto Other" in gave
    assert "Ada Admin (admin) handed 1 session with Anna Lee over to you" in takes


async def test_a_coach_who_hands_over_reads_that_they_did(stage: Stage) -> None:
    await handed(stage, by=COACH)
    assert "You handed 1 session with Anna Lee over to Otto Other" in stage.posts("C0COACH")[-1].text
    assert "instead of Carla Coach, who handed it over" in stage.posts(ANNA)[-1].text
    assert "Carla Coach (coach) handed 1 session with Anna Lee over to you" in stage.posts(OTHER_COACH)[-1].text


@pytest.mark.parametrize("before", ["", "move"])
async def test_what_the_first_coach_was_told_says_who_gives_it_now_and_has_no_buttons(
    stage: Stage, before: str
) -> None:
    await handed(stage, before=before)
    for post in stage.posts("C0COACH")[:-1]:
        message = stage.slack.workspace.channels["C0COACH"].messages[post.ts]
        assert "Handed over since, to Otto Other" in post.text
        assert "action_id" not in str(message.blocks)


async def test_the_second_coachs_message_says_that_it_went_on_and_the_client_hears_again(stage: Stage) -> None:
    session = await handed(stage)
    await stage.world.open(COACH)
    await stage.world.hand_over(session, to=COACH)
    await stage.relay().drain()
    otto = stage.posts(OTHER_COACH)
    assert "Handed over since, to Carla Coach" in otto[0].text
    assert "handed 1 session that you gave Anna Lee over to Carla Coach" in otto[1].text
    assert "Carla Coach gives 1 of your sessions now" in stage.posts(ANNA)[-1].text
    assert "handed 1 session with Anna Lee over to you" in stage.posts("C0COACH")[-1].text


async def test_who_hears_of_either_coach_hears_of_it(stage: Stage) -> None:
    for n, coach in enumerate((COACH, OTHER_COACH)):
        await stakeholders.save_told(
            stage.store,
            stage.clock,
            Actor(WORKSPACE, ADMIN),
            f"told {n}",
            NewsOf.COACH,
            coach,
            people=[BORIS],
            channels=[],
        )
    await handed(stage)
    texts = [post.text for post in stage.posts(BORIS)]
    assert any("handed over 1 session that Carla Coach gave, with Anna Lee" in text for text in texts)
    assert any("handed 1 session with Anna Lee over to Otto Other" in text for text in texts)


async def test_a_cancellation_after_it_alerts_the_new_coach_only(stage: Stage) -> None:
    session = await handed(stage)
    carla = len(stage.posts("C0COACH"))
    await stage.world.cancel(session)
    await stage.relay().drain()
    assert len(stage.posts("C0COACH")) == carla
    assert "canceled" in stage.posts(OTHER_COACH)[-1].text


async def test_a_booking_that_was_not_told_yet_is_not_told_to_who_gives_it_no_longer(stage: Stage) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(0)))
    session = await booked(stage, 120 * H)
    await stage.world.open(OTHER_COACH)
    await stage.world.hand_over(session)
    await stage.relay().drain()
    [row] = await stage.rows(kind="coach_booked")
    assert (row.state, row.why) == ("dropped", "session_handed")


@pytest.mark.parametrize("wish", ["open", "taken back", "none"])
async def test_the_client_reads_that_the_hand_over_withdrew_their_request_to_move(stage: Stage, wish: str) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(0)))
    session = await booked(stage, 120 * H)
    for coach in (COACH, OTHER_COACH):
        await stage.world.open(coach)
    stage.clock.set(session.starts_at - 10 * H)
    if wish != "none":
        await ask_to_move(stage, session, back=wish == "taken back")
    stage.clock.advance(timedelta(seconds=5))
    await stage.world.hand_over(session, who=ADMIN)
    await stage.relay().drain()
    told = stage.posts(ANNA)[-1].text
    words = "Your request to move it was withdrawn, because it named times of Carla Coach. You can ask again."
    assert "instead of Carla Coach" in told
    assert (words in told) is (wish == "open")


async def test_a_client_who_has_asked_again_is_not_told_that_they_can(stage: Stage) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(0)))
    session = await booked(stage, 120 * H)
    for coach in (COACH, OTHER_COACH):
        await stage.world.open(coach)
    stage.clock.set(session.starts_at - 10 * H)
    await ask_to_move(stage, session, back=False)
    stage.clock.advance(timedelta(seconds=5))
    await stage.world.hand_over(session, who=ADMIN)
    stage.clock.advance(timedelta(seconds=5))
    await ask_to_move(stage, session, back=False)
    await stage.relay().drain()
    [told] = [post.text for post in stage.posts(ANNA) if "instead of Carla Coach" in post.text]
    assert "it named times of Carla Coach." in told
    assert "You can ask again." not in told


async def ask_to_move(stage: Stage, session: Session, *, back: bool) -> None:
    anna = Actor(WORKSPACE, ANNA)
    command = move_requests.AskMove(actor=anna, session_id=session.id, times=[session.starts_at + 24 * H])
    case = await move_requests.ask(stage.store, stage.clock, command)
    assert case.asked
    if back:
        await move_requests.withdraw(stage.store, stage.clock, anna, case.asked.action_id)
