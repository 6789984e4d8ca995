"""A coach leaves: Slack says so, and the set-up asks what becomes of the sessions that are ahead."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from coaching.actions import decide, retire
from coaching.actions.retire import left, returned
from coaching.errors import CoachesOnly, StorageBusy
from coaching.news.admins import CoachLeft, channel_trouble
from coaching.news.kinds import NoticeKind
from coaching.sessions import Actor, Hat, Session, Status
from coaching.timeline import Event
from handlers.retire import RetireForm
from handlers.views.news import render
from playground.person import Person
from storage.repositories.coaches import CoachWrites
from storage.tables import notices
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE
from tests.words.pseudo import unmarked

H = timedelta(hours=1)


async def coaches(stage: Stage) -> list[str]:
    async with stage.store.read(WORKSPACE) as queries:
        return [coach.person.id for coach in await queries.coaches.all()]


async def told(stage: Stage, kind: NoticeKind) -> list[str]:
    query = notices.select().where(notices.c.kind == kind).order_by(notices.c.recipient)
    async with stage.store.engines.reader.connect() as connection:
        return [row.recipient for row in await connection.execute(query)]


def shown(person: Person) -> str:
    assert person.modal is not None
    return person.modal.text


@pytest.fixture
async def booked(stage: Stage) -> list[Session]:
    """Two sessions of Anna's and one of Boris's with Carla, the first within its window."""
    await stage.world.grant(ANNA)
    await stage.world.grant(BORIS)
    sessions = [await stage.world.book(26 * H), await stage.world.book(80 * H)]
    sessions.append(await stage.world.book(90 * H, client=BORIS))
    stage.clock.advance(24 * H)
    return sessions


@pytest.fixture
async def ada(stage: Stage, booked: list[Session]) -> Person:
    """Ada, asked what becomes of Carla's sessions."""
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.choose("Remove", near="Carla Coach")
    return ada


async def test_a_coach_is_removed_and_their_sessions_stay_but_late_ones_are_the_admins_to_decide(
    stage: Stage, ada: Person, booked: list[Session]
) -> None:
    assert "3 sessions with them are ahead" in shown(ada)
    await ada.submit()
    assert await coaches(stage) == [OTHER_COACH]
    assert "Carla Coach" not in shown(ada)
    assert {(await stage.session(s.id)).status for s in booked} == {Status.SCHEDULED}
    await stage.world.cancel(booked[0])
    late = [
        decide.DecideLate(actor=Actor(WORKSPACE, who), session_ids=[booked[0].id], refund=True)
        for who in (COACH, ADMIN)
    ]
    with pytest.raises(CoachesOnly):
        await decide.decide_late(stage.store, stage.clock, late[0])
    assert len((await decide.decide_late(stage.store, stage.clock, late[1])).decided) == 1


async def test_all_sessions_of_a_coach_are_canceled_in_one_step_with_everything_returned(
    stage: Stage, ada: Person, booked: list[Session]
) -> None:
    before = await stage.world.balance(), await stage.world.balance(BORIS)
    await ada.choose("Cancel all 3")
    await ada.submit()
    assert "3 sessions are canceled. Everything goes back to the clients, and we tell each of them." in shown(ada)
    await ada.close()
    assert "Carla Coach" not in shown(ada)
    assert (await stage.world.balance(), await stage.world.balance(BORIS)) == (before[0] + 200, before[1] + 100)
    assert await told(stage, NoticeKind.RECEIPT) == [ANNA, BORIS]
    for session in booked:
        ended = (await stage.session(session.id)).cancellation
        assert ended is not None
        assert (ended.by.id, ended.role, ended.decision) == (ADMIN, Hat.ADMIN, None)
        assert (ended.returned, ended.reason) == (100, "Carla Coach no longer gives sessions.")
        async with stage.store.read(WORKSPACE) as queries:
            entries = [entry for entry, _ in (await queries.timeline.of(session.id, 99))[0]]
        assert (entries[-1].event, entries[-1].actor_id, entries[-1].role) == (Event.CANCELED, ADMIN, Hat.ADMIN)
    anna = stage.person(ANNA)
    await anna.command("/sessions past")
    await anna.choose("Details", near="Tue, Nov 17")
    assert "Ada Admin (admin)" in shown(anna)
    assert "Carla Coach no longer gives sessions." in shown(anna)
    await anna.click("Schedule Session")
    assert "Nobody gives hours to book yet." in shown(anna)


async def test_the_admins_own_reason_is_told_and_a_second_press_cancels_nothing_twice(
    stage: Stage, ada: Person, booked: list[Session]
) -> None:
    before = await stage.world.balance()
    await ada.choose("Cancel all 3")
    await ada.fill("Reason", "Carla moves to the mountains.")
    await ada.submit()
    assert (await stage.deliver(stage.last_payload())).status == 200
    await stage.settled()
    ended = (await stage.session(booked[1].id)).cancellation
    assert ended is not None
    assert ended.reason == "Carla moves to the mountains."
    assert await stage.world.balance() == before + 200
    assert await told(stage, NoticeKind.RECEIPT) == [ANNA, BORIS]


async def test_what_takes_long_goes_on_after_the_answer(stage: Stage, booked: list[Session]) -> None:
    leaving = RetireForm(replace(stage.deps, answer_seconds=0.0))
    picked = {"leave": {"input": {"type": "radio_buttons", "selected_option": {"value": "cancel"}}}}
    body = {"type": "view_submission", "trigger_id": "1.2.3", "view": {"id": "V1", "state": {"values": picked}}}
    view = await leaving.remove(body, Actor(WORKSPACE, ADMIN), COACH)
    assert view is not None
    assert "3 sessions are being canceled, which takes a moment." in str(unmarked(view))
    await stage.settled()
    assert {(await stage.session(s.id)).status for s in booked} == {Status.CANCELED}
    assert await coaches(stage) == [OTHER_COACH]


async def test_a_database_that_gets_busy_half_way_is_not_told_as_nothing_changed(
    stage: Stage, ada: Person, booked: list[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retire, "MAX_PER_ACTION", 2)
    looked: list[str] = []
    ids_ahead = CoachWrites.ids_ahead

    async def busy_later(self: CoachWrites, coach_id: str, now: datetime, most: int) -> list[str]:
        looked.append(coach_id)
        if len(looked) == 2:
            raise StorageBusy
        return await ids_ahead(self, coach_id, now, most)

    monkeypatch.setattr(CoachWrites, "ids_ahead", busy_later)
    before = await stage.world.balance(), await stage.world.balance(BORIS)
    await ada.choose("Cancel all 3")
    await ada.submit()
    words = shown(ada)
    assert "2 sessions are canceled. Everything goes back to the clients, and we tell each of them." in words
    assert "Only a part is done so far. Do it again in a moment for the rest; nothing is done twice." in words
    assert "nothing was changed" not in words
    assert COACH in await coaches(stage)
    await ada.close()
    await ada.submit()
    assert "1 session is canceled." in shown(ada)
    assert await coaches(stage) == [OTHER_COACH]
    assert (await stage.world.balance(), await stage.world.balance(BORIS)) == (before[0] + 200, before[1] + 100)
    assert await told(stage, NoticeKind.RECEIPT) == [ANNA, BORIS]


async def test_a_coach_without_sessions_ahead_is_removed_without_being_asked_more(stage: Stage) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.choose("Remove", near="Otto Other")
    assert "No session with them is ahead." in shown(ada)
    assert "Reason" not in shown(ada)
    await ada.submit()
    assert await coaches(stage) == [COACH]


async def test_slack_says_that_a_coach_left_and_that_they_are_back(stage: Stage, booked: list[Session]) -> None:
    await deleted(stage, COACH, yes=True)
    assert await told(stage, NoticeKind.COACH_LEFT) == [ADMIN]
    await deleted(stage, COACH, yes=True)
    assert await told(stage, NoticeKind.COACH_LEFT) == [ADMIN]
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.choose("Remove", near="Carla Coach")
    assert "Carla Coach is not in Slack any more." in shown(ada)
    await deleted(stage, COACH, yes=False)
    assert await told(stage, NoticeKind.COACH_LEFT) == []


async def test_a_client_who_leaves_is_no_news_for_the_admins(stage: Stage, booked: list[Session]) -> None:
    await deleted(stage, ANNA, yes=True)
    assert await told(stage, NoticeKind.COACH_LEFT) == []


async def deleted(stage: Stage, who: str, *, yes: bool) -> None:
    """Deactivate an account in Slack, or bring it back, and wait until the app has heard of it."""
    seen = len(events(stage))
    await stage.person(ADMIN).deactivate(who, deleted=yes)
    await stage.person(ADMIN).wait_for(lambda _: len(events(stage)) > seen)


def events(stage: Stage) -> list[object]:
    return [e for e in stage.pg.traffic.since(0) if e["name"] == "user_change" and e["status"] is not None]


async def test_the_admins_button_opens_the_set_up_from_their_message(stage: Stage, booked: list[Session]) -> None:
    assert await left(stage.store, stage.clock, WORKSPACE, COACH)
    async with stage.store.read(WORKSPACE) as queries:
        viewer = await queries.people.viewer(ADMIN)
        coach = (await queries.people.viewer(COACH)).person
        settings = await queries.workspace.settings()
    news = CoachLeft(viewer=viewer, settings=settings, coach=coach, ahead=3, now=stage.clock.now())
    await stage.client.chat_postMessage(channel=ADMIN, **render(news))
    ada = stage.person(ADMIN)
    await ada.refresh()
    await ada.click("Open set-up")
    assert ada.modal is not None
    assert ada.modal.title == "Set up Sessions"


async def test_a_coach_who_left_cannot_be_booked_while_nobody_has_removed_them(stage: Stage) -> None:
    await stage.world.open()
    anna = stage.person(ANNA)
    assert await left(stage.store, stage.clock, WORKSPACE, COACH)
    await anna.command("/sessions book")
    assert "Nobody gives hours to book yet." in shown(anna)
    await returned(stage.store, stage.clock, WORKSPACE, COACH)
    await anna.close(everything=True)
    await anna.command("/sessions book")
    assert "Nobody gives hours" not in shown(anna)


async def test_the_set_up_shows_beside_a_coach_that_their_channel_took_nothing_lately(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(OTHER_COACH, "C0GONE")
        await uow.notices.tell_admins(channel_trouble(OTHER_COACH, "C0GONE", "is_archived", stage.clock.now()))
        await uow.commit()
    ada = stage.person(ADMIN)
    stage.clock.advance(timedelta(days=3))
    await ada.command("/sessions setup")
    warning = "The channel took no alert on Mon, Nov 16. It is archived."
    assert warning in shown(ada)
    await ada.choose("Edit", near="Otto Other")
    await ada.fill("Another alert channel", "C0COACH")
    await ada.submit()
    assert warning not in shown(ada)
