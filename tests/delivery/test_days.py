"""A coach's day: the agenda, the reminder before a session and the question after it, in their own direct messages."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from coaching.actions import days, notifications, people, reschedule, upkeep
from coaching.actions.outcomes import CloseSession, close, complete_due
from coaching.actions.retire import Retire, retire
from coaching.news.kinds import NoticeKind
from coaching.sessions import Actor, Hat, Person, Session, Status
from coaching.workspace import Settings
from storage.reconciliation import findings
from tests.delivery.conftest import Post, Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

pytestmark = pytest.mark.usefixtures("in_pseudo")
H, DAY = timedelta(hours=1), timedelta(days=1)
MINUTE = timedelta(minutes=1)
ME = Actor(WORKSPACE, COACH)


async def time_passes(stage: Stage, by: timedelta = timedelta(0)) -> None:
    """Let so much time pass, then the upkeep run and the relay deliver."""
    stage.clock.advance(by)
    for _, job in upkeep.JOBS:
        await upkeep.run(stage.store, stage.clock, job)
    await stage.relay().drain()


def told(stage: Stage, words: str, who: str = COACH) -> list[Post]:
    return [post for post in stage.posts(who) if words in post.text and post.channel.startswith("D")]


async def why(stage: Stage, kind: NoticeKind) -> list[tuple[str, str | None]]:
    return [(row.state, row.why) for row in await stage.rows(kind=str(kind))]


async def said(stage: Stage, session: Session, outcome: Status, who: str = COACH) -> None:
    await close(
        stage.store, stage.clock, CloseSession(actor=Actor(WORKSPACE, who), session_id=session.id, outcome=outcome)
    )


async def moved(stage: Stage, session: Session, by: timedelta) -> None:
    command = reschedule.MoveSessions(
        actor=ME,
        request_key=f"move {by}",
        hat=Hat.COACH,
        subject_id=COACH,
        times=[reschedule.NewTime(session.id, session.starts_at, session.starts_at + by)],
    )
    await reschedule.move_sessions(stage.store, stage.clock, command)


# -- the reminder -----------------------------------------------------------------------------------------------------
async def test_a_coach_is_reminded_a_quarter_of_an_hour_before_and_never_in_their_channel(stage: Stage) -> None:
    await stage.world.book(3 * H)
    await time_passes(stage, 3 * H - 16 * MINUTE)
    assert not told(stage, "starts in")
    await time_passes(stage, MINUTE)
    [post] = told(stage, "Your session with Anna Lee starts in about 15 minutes")
    assert not [one for one in stage.posts("C0COACH") if "starts in" in one.text]
    await time_passes(stage, MINUTE)
    assert told(stage, "starts in") == [post]


async def test_sessions_that_start_close_together_share_one_reminder_which_follows_them(stage: Stage) -> None:
    first = await stage.world.book(3 * H, length=20 * MINUTE)
    await stage.world.book(3 * H + 20 * MINUTE, client=BORIS, length=20 * MINUTE, price=0)
    await time_passes(stage, 3 * H - 15 * MINUTE)
    [post] = told(stage, "You give 2 sessions soon, the first one in about 15 minutes")
    await time_passes(stage, MINUTE)
    await stage.world.cancel(first)
    await stage.relay().drain()
    [edited] = told(stage, "Session Canceled")
    assert (edited.ts, edited.edited) == (post.ts, True)
    assert "Your session with Boris Novak starts in about 34 minutes" in edited.text
    await time_passes(stage, 10 * MINUTE)
    assert len(told(stage, "starts in")) == 1


async def test_what_is_canceled_or_moved_is_not_reminded_of_and_the_new_time_is(stage: Stage) -> None:
    canceled, late = await stage.world.book(3 * H), await stage.world.book(5 * H)
    await time_passes(stage, 2 * H)
    await stage.world.cancel(canceled)
    await moved(stage, late, DAY)
    for _ in range(2):
        await time_passes(stage, 45 * MINUTE)
    await time_passes(stage, H + 30 * MINUTE)
    assert not told(stage, "starts in")
    await time_passes(stage, DAY - 15 * MINUTE)
    assert len(told(stage, "starts in")) == 1
    states = await why(stage, NoticeKind.COACH_STARTING)
    assert ("dropped", "session_canceled") in states
    assert [state for state, _ in states].count("sent") == 1


async def test_what_was_missed_while_nothing_ran_is_recorded_and_the_question_still_comes(stage: Stage) -> None:
    await stage.world.book(H)
    await time_passes(stage, 5 * H)
    assert not told(stage, "starts in")
    assert await why(stage, NoticeKind.COACH_STARTING) == [("dropped", "too_late")]
    assert len(told(stage, "Did this session take place?")) == 1


async def test_each_of_them_can_be_turned_off(stage: Stage) -> None:
    for kind in (NoticeKind.COACH_STARTING, NoticeKind.OUTCOME_ASKED, NoticeKind.AGENDA):
        await notifications.want_reminders(stage.store, stage.clock, ME, kind, wanted=False)
    await time_passes(stage)
    await stage.world.book(H)
    await time_passes(stage, 50 * MINUTE)
    await time_passes(stage, H)
    await time_passes(stage, DAY)
    assert [post.text for post in stage.posts(COACH) if post.channel.startswith("D")] == []
    assert await why(stage, NoticeKind.COACH_STARTING) == [("dropped", "reminder_off")]
    assert await why(stage, NoticeKind.OUTCOME_ASKED) == [("dropped", "reminder_off")]


# -- the question -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("outcome", "words"),
    [(Status.COMPLETED, "This session took place"), (Status.NO_SHOW, "This session was a no-show")],
)
async def test_the_question_comes_at_the_end_once_and_shows_the_answer_of_anybody(
    stage: Stage, outcome: Status, words: str
) -> None:
    session = await stage.world.book(H)
    await time_passes(stage, H + 49 * MINUTE)
    assert not told(stage, "Did this session take place?")
    await time_passes(stage, MINUTE)
    [asks] = told(stage, "Did this session take place?")
    assert "At Mon, Nov 16" in asks.text
    await said(stage, session, outcome, ADMIN)
    await time_passes(stage, H)
    [answered] = told(stage, words)
    assert (answered.ts, answered.edited) == (asks.ts, True)
    assert await stage.states(kind="outcome_asked") == {"sent": 1}


async def test_what_time_said_leaves_the_question_open_until_somebody_confirms_it(stage: Stage) -> None:
    session = await stage.world.book(H)
    await time_passes(stage, H + 50 * MINUTE)
    await time_passes(stage, 2 * H)
    [asks] = told(stage, "Did this session take place?")
    assert "It counts as completed; until" in asks.text
    await said(stage, session, Status.COMPLETED)
    await time_passes(stage)
    assert len(told(stage, "This session took place")) == 1
    async with stage.store.read(WORKSPACE) as queries:
        found = await queries.sessions.find(session.id)
    assert found is not None
    assert (found.status, found.unconfirmed) == (Status.COMPLETED, False)


async def test_nobody_is_asked_about_what_was_canceled_answered_before_or_is_another_coachs_now(stage: Stage) -> None:
    canceled, early = await stage.world.book(30 * MINUTE), await stage.world.book(2 * H)
    await time_passes(stage)
    await stage.world.cancel(canceled)
    stage.clock.set(early.starts_at + MINUTE)
    await said(stage, early, Status.NO_SHOW)
    await time_passes(stage, H)
    assert not told(stage, "Did this session take place?")
    assert sorted(await why(stage, NoticeKind.OUTCOME_ASKED)) == [
        ("dropped", "session_canceled"),
        ("dropped", "settled"),
    ]


async def test_a_coach_who_was_removed_is_neither_reminded_nor_asked(stage: Stage) -> None:
    await stage.world.book(H)
    await time_passes(stage)
    await retire(
        stage.store, stage.clock, Retire(actor=Actor(WORKSPACE, ADMIN), request_key="off", coach_id=COACH, cancel=False)
    )
    await time_passes(stage, 50 * MINUTE)
    await time_passes(stage, H)
    assert not told(stage, "starts in")
    assert not told(stage, "Did this session take place?")


async def test_a_question_asked_twice_is_found_by_doctor(stage: Stage) -> None:
    session = await stage.world.book(H)
    await time_passes(stage, 2 * H)
    [row] = await stage.rows(kind="outcome_asked")
    async with stage.store.write(WORKSPACE) as uow:
        [_, again] = days.days.around(
            days.days.Ahead(WORKSPACE, session.id, COACH, session.starts_at - H, session.ends_at - H), stage.clock.now()
        )
        await uow.notices.add([again])
        await uow.commit()
    async with stage.store.engines.writer.begin() as connection:
        await connection.execute(text("UPDATE notices SET sent_revision = 1 WHERE kind = 'outcome_asked'"))
        found = await findings(connection, WORKSPACE)
    assert row.session_id in str([one.examples for one in found if one.rule.id == "coaches_are_asked_once"])


# -- the agenda -------------------------------------------------------------------------------------------------------
async def test_the_agenda_comes_at_eight_on_the_coachs_clock_with_what_the_day_brings(stage: Stage) -> None:
    await time_passes(stage)
    await stage.world.book(DAY)  # tomorrow at ten
    await stage.world.book(2 * DAY + H)
    await time_passes(stage, 21 * H + 59 * MINUTE)
    assert not told(stage, "You give")
    await time_passes(stage, MINUTE)
    [post] = told(stage, "You give 1 session today")
    assert "Coaching with Anna Lee · Tue, Nov 17, 10:00 – 10:50 AM" in post.text
    assert "Waits for you" not in post.text
    await time_passes(stage, H)
    assert len(told(stage, "You give")) == 1


async def test_the_agenda_names_what_waits_and_does_not_come_on_a_day_without_anything(stage: Stage) -> None:
    await time_passes(stage)
    session = await stage.world.book(20 * H)
    await time_passes(stage, H / 2)
    await stage.world.cancel(session)
    await time_passes(stage, 21 * H + H / 2)
    [post] = told(stage, "You give no session today, but something waits for you")
    assert "Anna Lee canceled, and nobody has decided about the credits" in post.text
    assert not told(stage, "You give", OTHER_COACH)


async def test_a_missed_agenda_comes_late_on_its_day_and_is_recorded_after_it(stage: Stage) -> None:
    await time_passes(stage)
    for days_on in (1, 2):
        await stage.world.book(days_on * DAY + 6 * H)
    await time_passes(stage, DAY)  # two hours late
    assert len(told(stage, "You give 1 session today")) == 1
    await time_passes(stage, 2 * DAY)
    assert len(told(stage, "You give 1 session today")) == 1
    late = [row for row in await stage.rows(kind="agenda") if row.recipient == COACH and row.state == "dropped"]
    assert [row.why for row in late] == ["too_late"]


async def test_after_an_outage_over_night_the_day_still_has_its_agenda(stage: Stage) -> None:
    await time_passes(stage)
    await stage.world.book(2 * DAY + 6 * H)
    await time_passes(stage, 2 * DAY)  # yesterday's agenda was missed too, and today's is two hours late
    assert len(told(stage, "You give 1 session today")) == 1
    await time_passes(stage, DAY - 3 * H)
    assert len(told(stage, "You give")) == 1


async def test_a_coach_chooses_the_time_and_a_new_clock_moves_it(stage: Stage) -> None:
    await time_passes(stage)
    for hours in (28, 52, 76):
        await stage.world.book(hours * H)
    await notifications.want_agenda_at(stage.store, stage.clock, ME, 9 * 60 + 30)
    await time_passes(stage)
    await time_passes(stage, 23 * H + 29 * MINUTE)
    assert not told(stage, "You give")
    await time_passes(stage, MINUTE)
    assert len(told(stage, "You give")) == 1
    carla = Person(COACH, "Carla Coach", "carla@example.com", "Asia/Tokyo", "en-US")
    await people.remember(stage.store, stage.clock, WORKSPACE, carla, stage.clock.now(), link=False)
    await time_passes(stage)
    # Half past nine in Tokyo is half past seven in the evening in New York.
    await time_passes(stage, 9 * H + 59 * MINUTE)
    assert len(told(stage, "You give")) == 1
    await time_passes(stage, MINUTE)
    assert len(told(stage, "You give")) == 2


async def test_hundreds_of_sessions_are_planned_a_few_at_a_time_and_once_each(stage: Stage) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(0), start_reminder=None, reminder_offsets=()))
    for n in range(7):
        await stage.world.book(30 * MINUTE + n * 3 * MINUTE, price=0, length=2 * MINUTE, client=f"U0EXTRA{n}")
    rounds: list[Any] = [await days.plan_sessions(stage.store, stage.clock, 3) for _ in range(4)]
    assert rounds == [3, 3, 1, 0]
    assert len(await stage.rows(kind="coach_starting")) == len(await stage.rows(kind="outcome_asked")) == 7
    assert await complete_due(stage.store, stage.clock, 10) == 0
    assert ANNA not in {row.recipient for row in await stage.rows(kind="coach_starting")}


async def test_whoever_gives_a_session_now_is_reminded_and_asked_and_who_gave_it_before_is_not(stage: Stage) -> None:
    await stage.world.open(OTHER_COACH)
    session = await stage.world.book(90 * MINUTE)
    await time_passes(stage)
    await stage.world.hand_over(session, to=OTHER_COACH)
    await time_passes(stage, 75 * MINUTE)
    assert not told(stage, "starts in")
    assert len(told(stage, "Your session with Anna Lee starts in", OTHER_COACH)) == 1
    await time_passes(stage, 65 * MINUTE)
    assert not told(stage, "Did this session take place?")
    assert len(told(stage, "Did this session take place?", OTHER_COACH)) == 1
