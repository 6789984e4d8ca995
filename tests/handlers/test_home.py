"""The App Home, and people whom Slack tells about."""

from datetime import timedelta

from coaching.actions.people import pending_id
from coaching.sessions import Person
from tests.handlers.conftest import NEWCOMER, Stage
from tests.support.world import ADMIN, ANNA, COACH, WORKSPACE

H = timedelta(hours=1)


async def test_home_shows_upcoming_past_and_credits(stage: Stage) -> None:
    await stage.world.grant(ANNA, 500, expires_at=stage.clock.now() + 240 * H)
    await stage.world.cancel(await stage.world.book(48 * H))
    await stage.world.book(72 * H)
    shown = await stage.person().home()
    assert "Your upcoming sessions" in shown.text
    assert "Coaching with Carla Coach" in shown.text
    assert "3 credits left · usable until Thu, Nov 26" in shown.text
    assert "1 credit left · usable until Wed, Dec 16" in shown.text, "what came back lasts a whole return period"
    assert "Session Canceled" in shown.text
    assert "Set up" not in shown.buttons


async def test_canceling_from_home_leaves_nothing_stale(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    anna = stage.person()
    await anna.home()
    await anna.click("Cancel several…", on="home")
    await anna.submit()
    await anna.submit()
    await stage.settled()
    await anna.refresh()
    assert anna.shown_home is not None
    assert "You have no upcoming sessions" in anna.shown_home.text


async def test_menus_of_home_open_details_and_the_dialog(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    anna = stage.person()
    await anna.home()
    await anna.choose("Details", on="home")
    assert anna.modal is not None
    assert anna.modal.title == "Session details"
    await anna.click("Cancel…")
    await anna.submit()
    await stage.settled()
    await anna.refresh()
    assert anna.shown_home is not None
    assert "You have no upcoming sessions" in anna.shown_home.text


async def test_a_coach_sees_both_hats(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    carla = stage.person(COACH)
    shown = await carla.home()
    assert "Sessions you give" in shown.text
    assert "Coaching with Anna Lee" in shown.text
    await carla.click("Show as list", on="home")
    assert carla.modal is not None
    assert carla.modal.title == "Sessions you give"


async def test_an_admin_is_led_to_the_set_up(stage: Stage) -> None:
    ada = stage.person(ADMIN)
    shown = await ada.home()
    assert "2 coaches are set up" in shown.text
    await ada.click("Set up", on="home")
    assert ada.modal is not None
    assert ada.modal.title == "Set up Sessions"


async def test_somebody_who_joins_gets_what_was_imported_for_their_address(stage: Stage) -> None:
    pending = pending_id("nora@example.com")
    async with stage.store.write(WORKSPACE) as uow:
        await uow.people.save(Person(pending, email="nora@example.com"), stage.clock.now())
        await uow.commit()
    await stage.world.grant(pending)
    session = await stage.world.book(48 * H, client=pending)
    user = {
        "id": NEWCOMER,
        "name": "nora",
        "tz": "Europe/Berlin",
        "profile": {"real_name": "Nora New", "email": "Nora@Example.com"},
    }
    event = {"type": "team_join", "user": user}
    body = {"type": "event_callback", "team_id": WORKSPACE, "event_id": "Ev1", "event": event}
    assert (await stage.deliver(body, "event")).status == 200
    assert (await stage.session(session.id)).client.id == NEWCOMER
    nora = stage.person(NEWCOMER)
    await nora.command("/sessions")
    assert nora.modal is not None
    assert "Coaching with Carla Coach" in nora.modal.text
    # What the event would give is theirs by Slack's own word on the id only.
    assert stage.calls("users.info") == 1


async def test_a_changed_name_is_remembered_and_the_locale_kept(stage: Stage) -> None:
    anna = stage.pg.workspace.users[ANNA]
    anna.tz, anna.real_name, anna.is_owner = "Europe/Paris", "Anna Lee-Novak", True
    user = {"id": ANNA, "tz": "Europe/Paris", "profile": {"display_name": "Anna Lee-Novak"}, "is_owner": True}
    event = {"type": "user_change", "user": user}
    body = {"type": "event_callback", "team_id": WORKSPACE, "event_id": "Ev2", "event": event}
    assert (await stage.deliver(body, "event")).status == 200
    async with stage.store.read(WORKSPACE) as queries:
        viewer = await queries.people.viewer(ANNA)
    assert viewer.person.name == "Anna Lee-Novak"
    assert viewer.person.time_zone == "Europe/Paris"
    assert viewer.person.locale == "en-US"
    assert viewer.is_admin


async def test_a_bot_is_nobody(stage: Stage) -> None:
    event = {"type": "team_join", "user": {"id": "U0ROBOT", "is_bot": True, "profile": {"real_name": "Robot"}}}
    body = {"type": "event_callback", "team_id": WORKSPACE, "event_id": "Ev3", "event": event}
    assert (await stage.deliver(body, "event")).status == 200
    async with stage.store.read(WORKSPACE) as queries:
        assert not (await queries.people.viewer("U0ROBOT")).member
