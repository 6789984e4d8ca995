"""Who did what, in words that fit whoever reads them."""

from datetime import timedelta

import pytest

from coaching.actions import reschedule
from coaching.ids import new_id
from coaching.policy import Policy
from coaching.sessions import Actor, Hat, Session
from coaching.workspace import Settings
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.handlers.test_exceptions import deliver
from tests.handlers.test_reschedule import hours
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE

H = timedelta(hours=1)


def shown(person: Person) -> str:
    assert person.modal is not None
    return f"{person.modal.title}\n{person.modal.text}"


async def read(person: Person) -> str:
    """What somebody reads in their conversation with the app, the newest first."""
    await person.refresh()
    return "\n".join(message.text for message in reversed(await person.channel("app")))


@pytest.fixture
async def session(stage: Stage) -> Session:
    """A session of Anna's with Carla, 48 hours ahead, in a workspace that allows no late cancellation."""
    policy = Policy(late_cancel=False)
    await stage.world.settings(Settings(policy=policy, undo_window=timedelta(0), start_reminder=None))
    await hours(stage)
    await stage.world.grant(ANNA)
    return await stage.world.book(48 * H)


async def move(stage: Stage, session: Session, who: str, hat: Hat, by: timedelta) -> None:
    time = reschedule.NewTime(session.id, session.starts_at, session.starts_at + by)
    command = reschedule.MoveSessions(
        actor=Actor(WORKSPACE, who), request_key=new_id(stage.clock.now()), hat=hat, subject_id=ANNA, times=[time]
    )
    await reschedule.move_sessions(stage.store, stage.clock, command)


async def test_cancel_in_a_message_leads_to_why_it_is_not_possible_and_whom_to_ask(
    stage: Stage, session: Session
) -> None:
    anna = stage.person()
    await deliver(stage)
    stage.clock.set(session.refund_cutoff_at - 1.5 * H)
    await deliver(stage)
    stage.clock.set(session.refund_cutoff_at + H)
    await anna.click("Cancel…", on="dm")
    assert "Session details" in shown(anna)
    assert "its policy allows no late cancellation. If something is wrong, ask Carla Coach" in shown(anna)


async def test_a_late_move_that_the_coach_allows_is_told_with_the_way_to_do_it(stage: Stage, session: Session) -> None:
    stage.clock.set(session.refund_cutoff_at + H)
    await reschedule.allow_late_move(stage.store, stage.clock, Actor(WORKSPACE, COACH), session.id)
    await reschedule.allow_late_move(stage.store, stage.clock, Actor(WORKSPACE, COACH), session.id)
    await deliver(stage)
    anna = stage.person()
    assert (await read(anna)).count("Carla Coach lets you reschedule a session once") == 1
    await anna.click("Reschedule…", on="dm")
    assert "Reschedule" in shown(anna)
    await anna.close()
    await move(stage, await stage.session(session.id), ANNA, Hat.CLIENT, 24 * H)
    await deliver(stage)
    assert "It was moved since, to" in await read(anna)


async def test_what_an_admin_moves_counts_and_binds_as_the_admins(stage: Stage, session: Session) -> None:
    for _ in range(4):
        await move(stage, await stage.session(session.id), ADMIN, Hat.ADMIN, 24 * H)
    assert (await stage.session(session.id)).reschedules == 0
    await deliver(stage)
    assert "Ada Admin (admin) moved 1 session for you" in await read(stage.person())
    after = await stage.session(session.id)
    stage.clock.set(after.starts_at - 3 * H)
    await move(stage, after, ADMIN, Hat.ADMIN, 24 * H)
    assert (await stage.session(session.id)).refund_cutoff_at == after.refund_cutoff_at


async def test_whoever_is_slower_reads_whose_session_it_was_and_what_happened(stage: Stage, session: Session) -> None:
    other = await stage.world.book(72 * H)
    anna = stage.person()
    await anna.command("/sessions cancel")
    await anna.tick("Coaching · Wed, Nov 18, 10:00 – 10:50 AM")
    await anna.tick("Coaching · Thu, Nov 19, 10:00 – 10:50 AM")
    await anna.submit()
    await stage.world.cancel(session, who=COACH, hat=Hat.COACH)
    await anna.submit()
    assert "Coaching with Carla Coach" in shown(anna)
    assert "canceled by Carla Coach," in shown(anna)
    assert (await stage.session(other.id)).cancellation is None


async def test_an_admin_who_cancels_late_for_a_client_reads_who_hears_of_it(stage: Stage, session: Session) -> None:
    stage.clock.set(session.refund_cutoff_at + H)
    ada = stage.person(ADMIN)
    await ada.command("/sessions for @anna")
    await ada.choose("Details", near="Carla Coach")
    assert "everything that was paid comes back" in shown(ada)
    await ada.close()
    await ada.choose("Cancel…", near="Carla Coach")
    assert "The coach will see it." in shown(ada)
    await ada.submit()
    assert "Carla Coach or an admin can still return what did not come back; Anna Lee will hear about it." in shown(ada)
    await deliver(stage)
    assert "Ada Admin (admin) canceled 1 session for you" in await read(stage.person())


async def test_a_coach_returns_later_what_they_kept_from_the_record(stage: Stage, session: Session) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(0), start_reminder=None))
    late = await stage.world.book(26 * H)
    stage.clock.advance(24 * H)
    await stage.world.cancel(late)
    await deliver(stage)
    carla = stage.person(COACH)
    await carla.click("Keep", on="carla-alerts", confirm=True)
    await deliver(stage)
    assert "the credits are kept" in await read(stage.person())
    await carla.click("Details", on="carla-alerts", index=0)
    await carla.click("Return credits…")
    assert "What was kept can be returned once." in shown(carla)
    assert "Keep the credits" not in shown(carla)
    await carla.fill("Note to the client", "Get well")
    await carla.submit()
    assert "Refunded anyway" in shown(carla)
    assert await stage.world.balance() == 1000 - 100
    await deliver(stage)
    assert "Good news: what had been kept came back" in await read(stage.person())
    assert "Get well" in await read(stage.person())
