"""Everybody's sessions, for an admin who is a coach too: what they give themselves they change as its coach."""

from datetime import timedelta

import pytest

from coaching.sessions import Hat, Session, Status
from tests.handlers.canceling import shown, title
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, WORKSPACE

DAY = timedelta(days=1)


@pytest.fixture
async def own(stage: Stage) -> Session:
    """A session of Anna's that Ada gives, beside one of Boris's that Carla gives."""
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(ADMIN, None)
        await uow.commit()
    for coach in (ADMIN, "U0COACH"):
        await stage.world.open(coach)
    await stage.world.grant(ANNA)
    await stage.world.grant(BORIS)
    await stage.world.book(3 * DAY, client=BORIS)
    return await stage.world.book(2 * DAY, coach=ADMIN)


async def test_an_admin_cancels_what_they_give_as_its_coach(stage: Stage, own: Session) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions all")
    await ada.choose("Cancel…", near="Client: Anna Lee")
    assert title(ada) == "Confirm cancellation?"
    assert "You act as the coach" in shown(ada)
    await ada.submit()
    after = await stage.session(own.id)
    assert after.cancellation is not None
    assert (after.cancellation.by.id, after.cancellation.role) == (ADMIN, Hat.COACH)


async def test_an_admin_moves_what_they_give_as_its_coach(stage: Stage, own: Session) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions all")
    await ada.choose("Reschedule…", near="Client: Anna Lee")
    await ada.choose("Sat, Nov 21")
    await ada.choose("9:00 – 9:50 AM")
    await ada.submit()
    await ada.submit()
    assert (await stage.session(own.id)).starts_at != own.starts_at
    anna = stage.person(ANNA)
    await anna.command("/sessions")
    await anna.choose("Details", near="Next session")
    assert "moved by Ada Admin (coach)" in shown(anna)


async def test_an_admin_hands_over_what_they_give_as_its_coach(stage: Stage, own: Session) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions all")
    await ada.choose("Hand over…", near="Client: Anna Lee")
    await ada.choose("Carla Coach")
    await ada.submit()
    await ada.submit()
    assert (await stage.session(own.id)).coach.id == "U0COACH"


async def test_an_admin_notes_the_outcome_of_what_they_gave_and_stays_in_the_list(stage: Stage, own: Session) -> None:
    stage.clock.advance(2 * DAY + timedelta(hours=2))
    ada = stage.person(ADMIN)
    await ada.command("/sessions all")
    await ada.choose("Completed", near="Client: Anna Lee")
    assert title(ada) == "Every session"
    assert (await stage.session(own.id)).status is Status.COMPLETED


async def test_updating_several_says_for_each_as_whom_the_admin_did_it(stage: Stage, own: Session) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions all")
    await ada.click("Update several…")
    await ada.tick("Coaching · Wed, Nov 18, 10:00 – 10:50 AM", "Coaching · Thu, Nov 19, 10:00 – 10:50 AM")
    await ada.submit()
    await ada.submit()
    assert "2 sessions canceled" in shown(ada)
    after = await stage.session(own.id)
    assert after.cancellation is not None
    assert after.cancellation.role is Hat.COACH
    await ada.click("Undo")
    assert (await stage.session(own.id)).status is Status.SCHEDULED
