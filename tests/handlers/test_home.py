"""The App Home, and people whom Slack tells about."""

from datetime import timedelta

from coaching.actions.meetings import save_link
from coaching.actions.move_requests import AskMove, ask
from coaching.mail_ids import pending_id
from coaching.meetings import LinkOf, LinkScope
from coaching.sessions import Actor, Person
from coaching.workspace import Settings
from playground.person import Person as Client
from playground.seen import SeenView
from tests.handlers.conftest import NEWCOMER, Stage
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, WORKSPACE

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


async def republished(stage: Stage, person: Client) -> SeenView:
    """What Home shows now, without having been opened again."""
    await stage.settled()
    await person.refresh()
    assert person.shown_home is not None
    return person.shown_home


async def test_a_meeting_link_typed_in_the_details_from_home_is_in_home(stage: Stage) -> None:
    await stage.world.grant(ANNA)
    await stage.world.book(48 * H)
    carla = stage.person(COACH)
    shown = await carla.home()
    assert "https://meet.example.com/carla" not in str(shown.data)
    await carla.choose("Details", on="home")
    await carla.click("Meeting link…")
    await carla.fill("Link", "https://meet.example.com/carla")
    await carla.submit()
    assert "https://meet.example.com/carla" in str((await republished(stage, carla)).data)


async def test_asking_and_answering_from_home_shows_in_both_homes(stage: Stage) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(0)))
    await stage.world.grant(ANNA)
    await stage.world.open()
    await stage.world.book(26 * H)
    stage.clock.advance(24 * H)
    anna, carla = stage.person(), stage.person(COACH)
    await anna.home()
    await anna.click("Ask to move…", on="home")
    await anna.choose(["Wed, Nov 18, 12:00 – 12:50 PM"])
    await anna.submit()
    shown = await republished(stage, anna)
    assert "Asked to move…" in shown.buttons
    assert "Ask to move…" not in shown.buttons
    assert "Wed, Nov 18" not in (await carla.home()).text.partition("Sessions you give")[2]
    await carla.choose("Details", on="home")
    await carla.click("Move it here")
    assert "Wed, Nov 18" in (await republished(stage, carla)).text


async def test_decisions_and_requests_in_the_details_from_home_publish_it_again(stage: Stage) -> None:
    await stage.world.settings(Settings(undo_window=timedelta(0)))
    await stage.world.grant(ANNA)
    await stage.world.open()
    session = await stage.world.book(26 * H)
    stage.clock.advance(24 * H)
    wanted = AskMove(actor=Actor(WORKSPACE, ANNA), session_id=session.id, times=[session.starts_at + 24 * H])
    await ask(stage.store, stage.clock, wanted)
    anna, carla = stage.person(), stage.person(COACH)
    await carla.home()
    await carla.choose("Details", on="home")
    await stage.world.cancel(session)
    await carla.click("Decline")  # too late: the details show the cancellation, with its buttons
    await republished(stage, carla)
    before = stage.calls("views.publish")
    await carla.click("Keep")
    await republished(stage, carla)
    assert stage.calls("views.publish") == before + 1
    await anna.home()
    await anna.choose("Ask for an exception", on="home")
    before = stage.calls("views.publish")
    await anna.submit()
    await republished(stage, anna)
    assert stage.calls("views.publish") == before + 1


async def test_home_has_one_primary_button_whoever_looks(stage: Stage) -> None:
    await stage.world.grant(COACH)
    await stage.world.grant(ANNA)
    for who, coach in ((COACH, OTHER_COACH), (ANNA, COACH)):
        session = await stage.world.book(timedelta(minutes=50 if who == ANNA else 110), client=who, coach=coach)
        scope = LinkScope(LinkOf.SESSION, session.id)
        link = "https://meet.example.com/room"
        await save_link(stage.store, stage.clock, Actor(WORKSPACE, coach), session.id, scope, link)
    stage.clock.advance(timedelta(minutes=50))
    shown = str((await stage.person(COACH).home()).data)
    assert shown.count("'url': 'https://meet.example.com/room'") >= 2
    assert shown.count("'style': 'primary'") == 1


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
