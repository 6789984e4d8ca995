"""What coaches typed or pressed while somebody else changed things: no note is lost, no outcome overturned."""

from datetime import timedelta

import pytest

from coaching.actions import decide, exceptions, notes, outcomes, slots
from coaching.availability import Availability, parse_hours
from coaching.sessions import Actor, Decision, Hat, Session, Status
from coaching.workspace import Settings
from tests.handlers.booking import COACHING, offers, opens, shown
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, WORKSPACE

H, DAY = timedelta(hours=1), timedelta(days=1)
CARLA = Actor(WORKSPACE, COACH)
SECRET = "afraid of speaking"


@pytest.fixture
async def session(stage: Stage) -> Session:
    await stage.world.settings(Settings(undo_window=timedelta(0)))
    await stage.world.grant(ANNA, 1000)
    await offers(stage, COACHING)
    await opens(stage)
    return await stage.world.book(2 * DAY)


async def written(stage: Stage) -> list[tuple[str, str | None]]:
    async with stage.store.read(WORKSPACE) as queries:
        return [(one.text, one.session_id) for one in await queries.notes.of_client(ANNA, 9)]


async def test_a_note_on_a_session_handed_over_while_it_was_typed_is_written_on_the_client(
    stage: Stage, session: Session
) -> None:
    await stage.world.book(5 * DAY)
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.choose("Details", index=0)
    await carla.click("Notes…")
    await carla.fill("New note about this session", SECRET)
    await stage.world.open(OTHER_COACH)
    await stage.world.hand_over(session)
    await carla.submit()
    assert "That session is no longer one of yours." in shown(carla)
    assert await written(stage) == [(SECRET, None)]


async def test_a_note_that_cannot_be_written_stays_in_the_form(stage: Stage, session: Session) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions for @anna")
    await carla.click("Notes…")
    await carla.fill("New note", SECRET)
    await stage.world.open(OTHER_COACH)
    await stage.world.hand_over(session)
    await carla.submit()
    assert carla.modal is not None
    assert carla.modal.title == "Private notes"
    assert carla.modal.errors
    assert await written(stage) == []


async def test_a_note_is_not_changed_to_nothing_nor_lost_when_it_was_deleted(stage: Stage, session: Session) -> None:
    note = await notes.write_note(stage.store, stage.clock, CARLA, "k", ANNA, SECRET)
    assert note is not None
    carla = stage.person(COACH)
    await carla.command("/sessions for @anna")
    await carla.click("Notes…")
    await carla.click("Change…")
    await carla.fill("Note", "\u2003\u3164")
    await carla.submit()
    assert carla.modal is not None
    assert "A note needs some text." in " ".join(carla.modal.errors.values())
    assert await written(stage) == [(SECRET, None)]
    await notes.delete_note(stage.store, CARLA, note.id)
    await carla.fill("Note", "likes mornings")
    await carla.submit()
    assert "This note was deleted meanwhile." in " ".join(carla.modal.errors.values())
    assert carla.modal is not None
    assert carla.modal.title == "Change note"


async def test_an_old_home_does_not_overturn_what_somebody_recorded(stage: Stage, session: Session) -> None:
    stage.clock.set(session.ends_at)
    carla = stage.person(COACH)
    await carla.home()
    await outcomes.close(
        stage.store,
        stage.clock,
        outcomes.CloseSession(actor=Actor(WORKSPACE, ADMIN), session_id=session.id, outcome=Status.NO_SHOW),
    )
    await carla.click("Completed", on="home")
    await stage.settled()
    await carla.refresh()
    assert carla.shown_home is not None
    assert "It was noted as a no-show before: Coaching with Anna Lee" in carla.shown_home.text
    assert (await stage.session(session.id)).status is Status.NO_SHOW


async def test_a_request_over_several_sessions_is_one_row_and_keeping_asks(stage: Stage, session: Session) -> None:
    booked = [await stage.world.book(26 * H + n * H) for n in range(3)]
    stage.clock.advance(24 * H)
    done = await stage.world.cancel(*booked)
    for one in done.sessions:
        await decide.decide_late(
            stage.store, stage.clock, decide.DecideLate(actor=CARLA, session_ids=[one.id], refund=False)
        )
    action = done.sessions[0].cancellation
    assert action is not None
    asked = exceptions.Ask(actor=Actor(WORKSPACE, ANNA), action_id=action.action_id, note="ill")
    await exceptions.ask(stage.store, stage.clock, asked)
    carla = stage.person(COACH)
    home = await carla.home()
    assert home.text.count("Anna Lee asks for an exception") == 1
    await carla.click("Keep", on="home", confirm=True)
    await stage.settled()
    await carla.refresh()
    assert carla.shown_home is not None
    assert "asks for an exception" not in carla.shown_home.text
    for one in done.sessions:
        found = (await stage.session(one.id)).cancellation
        assert found is not None
        assert found.decision is Decision.KEPT


async def test_an_admins_late_cancellation_is_not_called_the_clients(stage: Stage, session: Session) -> None:
    stage.clock.set(session.starts_at - 2 * H)
    quoted = await stage.world.quote(session, who=ADMIN, hat=Hat.ADMIN, subject=ANNA, refund_late=False)
    await stage.world.confirm(quoted)
    carla = stage.person(COACH)
    home = (await carla.home()).text
    assert "Anna Lee canceled" not in home
    await carla.command("/sessions for @anna")
    assert "0 canceled late" in shown(carla)
    assert "1 canceled by an admin" in shown(carla)


async def test_a_coach_without_free_time_is_spoken_to_as_themselves(stage: Stage, session: Session) -> None:
    short = Availability(time_zone="America/New_York", hours=parse_hours("Mon 9:00-9:10"), notice=H)
    await slots.save_hours(stage.store, CARLA, "k1", COACH, short)
    carla = stage.person(COACH)
    await carla.command("/sessions for @anna")
    await carla.click("Book for Them…")
    assert "You have no free time in the next" in shown(carla)
    assert "Ask Carla" not in shown(carla)
