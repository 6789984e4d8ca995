"""An admin's App Home: what is broken, with the button that mends it, and the next days."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from coaching.actions import retire
from coaching.actions.send_again import send_again
from coaching.news.admins import LockedWhy, channel_trouble
from coaching.news.kinds import NoticeKind
from coaching.news.notice import Notice, NoticeState
from coaching.sessions import Actor
from coaching.workspace import Settings
from playground.person import Person
from storage.claims import untouched
from storage.notices import NoticeQueue
from storage.types import to_micros
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)
SECTION = "To put right"


async def home(stage: Stage) -> str:
    """What an admin's Home shows above their own sessions."""
    return (await stage.person(ADMIN).home()).text.partition("Your upcoming sessions")[0]


async def again(stage: Stage, ada: Person) -> str:
    """What an admin's Home shows now, without having been opened again."""
    await stage.settled()
    await ada.refresh()
    assert ada.shown_home is not None
    return ada.shown_home.text


@pytest.fixture
async def open_hours(stage: Stage) -> None:
    """Both coaches give hours, so that nothing is broken."""
    await stage.world.open(COACH)
    await stage.world.open(OTHER_COACH)
    await stage.world.grant(ANNA, 1000)


@pytest.mark.usefixtures("open_hours")
async def test_where_nothing_is_broken_home_says_what_the_next_days_bring(stage: Stage) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(0)))
    await stage.world.book(24 * H)
    await stage.world.book(24 * 9 * H)
    shown = await home(stage)
    assert SECTION not in shown
    assert "2 coaches are set up." in shown
    assert "1 session in the next 7 days" in shown
    assert "canceled" not in shown
    await stage.world.cancel(await stage.world.book(48 * H))
    assert "1 session in the next 7 days, 1 canceled" in await home(stage)


async def test_only_admins_see_what_is_broken(stage: Stage) -> None:
    await stage.world.open(OTHER_COACH)
    assert SECTION in await home(stage)
    for who in (ANNA, COACH):
        shown = await stage.person(who).home()
        assert SECTION not in shown.text
        assert "in the next 7 days" not in shown.text


async def test_a_coach_without_hours_gets_them_from_home(stage: Stage) -> None:
    await stage.world.open(OTHER_COACH)
    ada = stage.person(ADMIN)
    assert "Carla Coach has no hours to book yet." in (await ada.home()).text
    await ada.click("Edit hours", near="Carla Coach", on="home")
    await ada.fill("Weekly hours", "Mon–Fri 9:00–17:00")
    await ada.submit()
    assert SECTION not in await again(stage, ada)


@pytest.mark.usefixtures("open_hours")
async def test_a_channel_that_takes_nothing_is_replaced_from_home(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.notices.tell_admins(channel_trouble(COACH, "C0COACH", "is_archived", stage.clock.now()))
        await uow.notices.tell_admins(channel_trouble(OTHER_COACH, "C0ELSE", "is_archived", stage.clock.now()))
        await uow.commit()
    ada = stage.person(ADMIN)
    shown = (await ada.home()).text
    assert "Alerts for Carla Coach cannot be posted in" in shown
    assert "It is archived. Unarchive it, or pick another channel" in shown
    assert "Otto Other" not in shown, "that is not his channel any more"
    await ada.click("Edit", near="Carla Coach", on="home")
    await ada.tick("Alerts by direct message instead")
    await ada.submit()
    assert SECTION not in await again(stage, ada)


@pytest.mark.usefixtures("open_hours")
async def test_a_coach_who_left_slack_is_taken_off_the_list_from_home(stage: Stage) -> None:
    await stage.world.book(24 * H)
    await stage.world.book(48 * H)
    await retire.left(stage.store, stage.clock, WORKSPACE, COACH)
    ada = stage.person(ADMIN)
    shown = (await ada.home()).text
    assert "Carla Coach has left Slack" in shown
    assert "2 sessions with them are still booked." in shown
    await ada.click("Remove…", near="Carla Coach", on="home")
    await ada.choose("Cancel all 2")
    await ada.submit()
    await ada.close()
    assert "Carla Coach has left Slack" not in await again(stage, ada)


@pytest.mark.usefixtures("open_hours")
async def test_a_client_who_left_slack_shows_while_their_sessions_are_booked(stage: Stage) -> None:
    session = await stage.world.book(24 * H)
    await retire.left(stage.store, stage.clock, WORKSPACE, BORIS)
    await retire.left(stage.store, stage.clock, WORKSPACE, ANNA)
    ada = stage.person(ADMIN)
    shown = (await ada.home()).text
    assert "Anna Lee has left Slack" in shown
    assert "1 session of theirs is still booked." in shown
    assert "Boris" not in shown, "he has no sessions ahead"
    await ada.click("Show session", near="Anna Lee", on="home")
    assert ada.modal is not None
    assert ada.modal.title == "Session details"
    await ada.close()
    await retire.returned(stage.store, stage.clock, WORKSPACE, ANNA)
    assert SECTION not in await home(stage)
    await retire.left(stage.store, stage.clock, WORKSPACE, ANNA)
    await stage.world.cancel(session)
    assert SECTION not in await home(stage)


@pytest.mark.usefixtures("open_hours")
async def test_mail_that_is_held_or_comes_back_shows(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.mails.locked_out(LockedWhy.LOGIN, stage.clock.now())
        await uow.mails.came_back(ANNA, f"{ANNA}@example.com", stage.clock.now())
        await uow.mails.came_back(BORIS, "an-older-one@example.com", stage.clock.now())
        await uow.commit()
    shown = await home(stage)
    assert "Mails cannot be sent at present" in shown
    assert "The mail server refuses the user or the password." in shown
    assert "python -m bot doctor" in shown
    assert "Mails to Anna Lee come back" in shown
    assert "Boris" not in shown, "his address is another one now"


@pytest.mark.usefixtures("open_hours")
async def test_a_message_that_was_given_up_shows_for_two_weeks(stage: Stage) -> None:
    session = await stage.world.book(24 * H)
    await given_up(stage, session.id)
    ada = stage.person(ADMIN)
    assert "A message to Anna Lee could not be delivered" in (await ada.home()).text
    await ada.click("Show session", near="Anna Lee", on="home")
    assert ada.modal is not None
    assert ada.modal.title == "Session details"
    stage.clock.advance(15 * 24 * H)
    assert SECTION not in await home(stage)


@pytest.mark.usefixtures("open_hours")
async def test_an_admin_sends_again_what_was_given_up_once_it_can_arrive(stage: Stage) -> None:
    session = await stage.world.book(24 * H)
    await given_up(stage, session.id)
    stage.clock.advance(5 * 24 * H)
    ada = stage.person(ADMIN)
    assert "A message to Anna Lee could not be delivered" in (await ada.home()).text
    await ada.click("Send again", near="Anna Lee", on="home")
    await stage.settled()
    assert stage.logged("sent again")["messages"] == 1
    assert SECTION not in await home(stage)
    async with stage.store.engines.reader.connect() as connection:
        ask = text("SELECT state, attempts, expires_at > :now FROM notices WHERE dedupe_key = :key")
        given = {"key": f"receipt:{session.id}", "now": to_micros(stage.clock.now())}
        assert [tuple(row) for row in await connection.execute(ask, given)] == [("pending", 0, True)]


@pytest.mark.usefixtures("open_hours")
async def test_what_was_given_up_is_not_sent_again_after_its_time_nor_twice(stage: Stage) -> None:
    session = await stage.world.book(24 * H)
    await given_up(stage, session.id)
    ada = stage.person(ADMIN)
    await ada.home()
    sent = await send_again(stage.store, stage.clock, Actor(WORKSPACE, ADMIN), ANNA, session.id)
    assert sent == 1
    await ada.click("Send again", near="Anna Lee", on="home")
    await stage.settled()
    assert ada.modal is not None
    assert "There is nothing left to send there" in ada.modal.text
    async with stage.store.engines.writer.begin() as connection:
        late = text("UPDATE notices SET state = 'failed', kind = 'reminder', finished_at = :now, expires_at = :now")
        await connection.execute(late, {"now": to_micros(stage.clock.now())})
    assert await send_again(stage.store, stage.clock, Actor(WORKSPACE, ADMIN), ANNA, session.id) == 0


@pytest.mark.usefixtures("open_hours")
async def test_of_many_troubles_some_show_and_home_says_that_there_are_more(stage: Stage) -> None:
    sessions = [await stage.world.book(n * 24 * H) for n in range(1, 6)]
    await given_up(stage, *(session.id for session in sessions))
    shown = await home(stage)
    assert shown.count("could not be delivered") == 3
    assert "There is more of this." in shown


async def given_up(stage: Stage, *session_ids: str) -> None:
    """Have messages to Anna given up, one about each of these sessions."""
    now = stage.clock.now()
    async with stage.store.write(WORKSPACE) as uow:
        await uow.notices.add(
            [
                Notice(
                    kind=NoticeKind.RECEIPT,
                    dedupe_key=f"receipt:{session_id}",
                    recipient=ANNA,
                    due_at=now,
                    expires_at=now + H,
                    session_id=session_id,
                )
                for session_id in session_ids
            ]
        )
        await uow.commit()
    queue = NoticeQueue(stage.store.engines)
    refused = 0
    while refused < len(session_ids):  # a person's messages go out one after the other
        claimed = await queue.claim("me", now, lease=timedelta(seconds=30), limit=50)
        mine = [row for row in claimed if row.key.startswith("receipt:")]
        refused += len(mine)
        failed = [replace(untouched(row), state=NoticeState.FAILED, why_code="user_is_restricted") for row in mine]
        await queue.record(failed, now)


@pytest.mark.usefixtures("open_hours")
async def test_whatever_else_is_broken_mail_comes_first_and_no_kind_is_missing(stage: Stage) -> None:
    now = stage.clock.now()
    sessions = [await stage.world.book(n * 24 * H) for n in range(1, 5)]
    await given_up(stage, *(session.id for session in sessions))
    clients = [ANNA, BORIS, OTHER_COACH]
    for number, client in enumerate(clients):
        await stage.world.book((number + 2) * 25 * H, client=client, price=0)
        await retire.left(stage.store, stage.clock, WORKSPACE, client)
    await retire.left(stage.store, stage.clock, WORKSPACE, COACH)
    async with stage.store.write(WORKSPACE) as uow:
        await uow.notices.tell_admins(channel_trouble(COACH, "C0COACH", "is_archived", now))
        await uow.mails.locked_out(LockedWhy.LOGIN, now)
        for client in clients:
            await uow.mails.came_back(client, f"{client}@example.com", now)
        await uow.commit()
    shown = (await home(stage)).partition(SECTION)[2]
    kinds = [
        "Mails cannot be sent at present",
        "Carla Coach has left Slack",
        "of theirs",
        "Alerts for Carla Coach cannot be posted",
        "They hear nothing by mail until they change the address in their Slack profile.",
        "could not be delivered",
    ]
    places = [shown.find(kind) for kind in kinds]
    assert -1 not in places, shown
    assert places == sorted(places)
    assert "There is more of this." in shown
