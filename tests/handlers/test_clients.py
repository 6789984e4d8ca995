"""A client's page and private notes: through signed HTTP and the playground."""

from datetime import timedelta

import pytest

from coaching.sessions import Session
from coaching.workspace import Settings
from playground.person import Person
from tests.handlers.booking import COACHING, booked, offers, opens, shown
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH

H, DAY = timedelta(hours=1), timedelta(days=1)
SECRET = "afraid of speaking"


@pytest.fixture
async def session(stage: Stage) -> Session:
    """Anna's session with Carla, who gives hours, on a Wednesday at ten."""
    await stage.world.grant(ANNA, 1000)
    await offers(stage, COACHING)
    await opens(stage)
    return await stage.world.book(2 * DAY)


def title(person: Person) -> str:
    assert person.modal is not None
    return person.modal.title


async def on_the_page(stage: Stage, who: str = COACH) -> Person:
    person = stage.person(who)
    await person.command("/sessions for @anna")
    if who == ADMIN:
        await person.click("Client…")
    return person


async def test_a_coach_opens_the_page_of_a_client_from_home(stage: Stage, session: Session) -> None:
    await stage.world.book(3 * DAY, coach=OTHER_COACH, session_type="Writing")
    carla = stage.person(COACH)
    home = await carla.home()
    assert "Your clients" in home.text
    assert "Anna Lee · next session" in home.text
    await carla.choose("Anna Lee", on="home")
    assert title(carla) == "Client"
    assert "You see what Anna Lee has with you, as their coach." in shown(carla)
    assert "Coaching with Anna Lee" in shown(carla)
    assert "9 credits left" not in shown(carla), "what paid Otto is gone"
    assert "8 credits left" in shown(carla)
    assert "Writing" not in shown(carla)
    assert "Otto" not in shown(carla)


async def test_a_client_has_no_such_part_of_home_and_no_such_page(stage: Stage, session: Session) -> None:
    anna = stage.person()
    assert "Your clients" not in (await anna.home()).text
    await anna.command("/sessions for @anna")
    assert "Only admins can do that." in anna.text


async def test_a_coach_of_others_is_refused(stage: Stage, session: Session) -> None:
    otto = stage.person(OTHER_COACH)
    await otto.command("/sessions for @anna")
    assert "You have had no session with that person" in otto.text


async def test_an_admin_reaches_the_page_from_the_list_and_sees_everything_but_notes(
    stage: Stage, session: Session
) -> None:
    await stage.world.book(3 * DAY, coach=OTHER_COACH, session_type="Writing")
    carla = await on_the_page(stage)
    await carla.click("Notes…")
    await carla.fill("New note", SECRET)
    await carla.submit()
    ada = await on_the_page(stage, ADMIN)
    assert "You see all sessions and credits of Anna Lee, as an admin." in shown(ada)
    assert "Writing with Otto Other" in shown(ada)
    assert "Private notes" not in shown(ada)
    assert SECRET not in str(ada.modals)
    assert ada.modal is not None
    assert "Notes…" not in ada.modal.buttons
    await ada.click("Book for Them…")
    assert "You book for Anna Lee. The timeline will say so." in shown(ada)


async def test_booking_the_next_one_is_proposed_a_week_later_and_the_client_is_told(
    stage: Stage, session: Session
) -> None:
    carla = await on_the_page(stage)
    await carla.click("Book for Them…")
    assert title(carla) == "Schedule a session"
    assert "You book for Anna Lee. The timeline will say so." in shown(carla)
    assert "1 credit" in shown(carla)
    await carla.submit()
    assert title(carla) == "Booked"
    assert "For: Anna Lee" in shown(carla)
    assert "We tell Anna Lee." in shown(carla)
    one, two = sorted(await booked(stage), key=lambda one: one.starts_at)
    assert one.id == session.id
    assert two.starts_at - one.starts_at == 7 * DAY
    await carla.close(everything=True)
    await carla.command("/sessions")
    await carla.choose("Details", index=1)
    assert "booked by you for 1 credit" in shown(carla)


async def test_a_client_without_credits_is_not_booked(stage: Stage) -> None:
    await offers(stage, COACHING)
    await opens(stage)
    await stage.world.book(2 * DAY, price=0)
    carla = await on_the_page(stage)
    await carla.click("Book for Them…")
    assert "This costs 1 credit and Anna Lee has 0 credits for it" in shown(carla)
    assert "Anna Lee can ask for credits, or an admin gives some." in shown(carla)


async def test_the_details_of_a_session_lead_to_the_page_and_to_the_next_booking(
    stage: Stage, session: Session
) -> None:
    stage.clock.set(session.ends_at - timedelta(minutes=5))
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.choose("Details")
    await carla.click("Book for Them…")
    await carla.submit()
    assert title(carla) == "Booked"
    [next_] = [one for one in await booked(stage) if one.id != session.id]
    assert next_.starts_at - session.starts_at == 7 * DAY


async def test_canceling_and_giving_back_from_the_page(stage: Stage, session: Session) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(0)))
    stage.clock.set(session.starts_at - 2 * H)
    await stage.world.cancel(session)
    carla = await on_the_page(stage)
    assert "1 canceled late" in shown(carla)
    await carla.click("Keep")
    assert title(carla) == "Client", "the page is drawn anew"
    before = await stage.world.balance()
    await carla.click("Return credits…")
    await carla.submit()
    await stage.settled()
    assert await stage.world.balance() == before + 100
    await carla.close()
    assert title(carla) == "Client"
    await carla.refresh()
    assert carla.modal is not None
    assert "Return credits…" not in carla.modal.buttons


async def test_the_list_of_the_page_is_narrowed_down_to_the_client(stage: Stage, session: Session) -> None:
    await stage.world.grant(ADMIN)
    await stage.world.book(4 * DAY, client=ADMIN)
    carla = await on_the_page(stage)
    await carla.click("Sessions…")
    assert title(carla) == "Sessions you give"
    assert "Anna Lee" in shown(carla)
    assert "Ada Admin" not in shown(carla)


async def test_notes_are_written_changed_and_deleted_on_the_spot(stage: Stage, session: Session) -> None:
    carla = await on_the_page(stage)
    assert "No notes yet. Only coaches of Anna Lee see them." in shown(carla)
    await carla.click("Notes…")
    await carla.fill("New note", SECRET)
    await carla.submit()
    assert title(carla) == "Private notes"
    assert SECRET in shown(carla)
    await stage.settled()
    await carla.refresh()
    assert SECRET in carla.modals[0].text, "the page beneath has it too"
    await carla.click("Change…")
    await carla.fill("Note", "bolder now")
    await carla.submit()
    await stage.settled()
    await carla.refresh()
    assert [view.title for view in carla.modals] == ["Client", "Private notes"]
    assert all("bolder now" in view.text for view in carla.modals)
    assert all(SECRET not in view.text for view in carla.modals)
    await carla.click("Delete", confirm=True)
    await stage.settled()
    await carla.refresh()
    assert all("bolder now" not in view.text for view in carla.modals)


async def test_a_note_on_a_session_says_which(stage: Stage, session: Session) -> None:
    carla = stage.person(COACH)
    await carla.command("/sessions")
    await carla.choose("Details")
    await carla.click("Notes…")
    assert "About Coaching" in shown(carla)
    await carla.fill("New note about this session", SECRET)
    await carla.submit()
    assert "about Coaching, " in shown(carla)
    await carla.close(everything=True)
    await on_the_page(stage)
    await carla.refresh()
    assert "about Coaching, " in shown(carla)


async def test_no_word_of_a_note_leaves_but_to_the_coach(stage: Stage, session: Session) -> None:
    carla = await on_the_page(stage)
    await carla.click("Notes…")
    await carla.fill("New note", SECRET)
    await carla.submit()
    await carla.click("Change…")
    assert SECRET not in stage.lines.getvalue()
    said = [e["request"] for e in stage.pg.traffic.since(0) if e["direction"] == "from_app"]
    views = [one for one in map(str, said) if SECRET in one]
    assert views
    assert not [one for one in views if "'channel'" in one], "in no message"
    kept = [view.data["private_metadata"] for view in carla.modals]
    assert not [one for one in kept if SECRET in one]
