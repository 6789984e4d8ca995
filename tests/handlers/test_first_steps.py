"""The first steps of a new workspace, in an admin's Home and in the set-up, until the first session is there."""

from datetime import timedelta
from typing import Literal

import pytest

from coaching.actions.home import open_home
from coaching.first_steps import Step
from coaching.news.admins import channel_trouble
from coaching.policy import Policy, TermsOf, TermsScope
from coaching.sessions import Actor
from playground.person import Person
from tests.handlers.booking import COACHING, offers
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, COACH, OTHER_COACH, WORKSPACE

H = timedelta(hours=1)
TITLE = "First steps"
EVERYWHERE = pytest.mark.parametrize("place", ["home", "set-up"])
Place = Literal["home", "set-up"]


async def nobody_yet(stage: Stage) -> None:
    """Make the workspace a new one: without coaches."""
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.remove(COACH)
        await uow.coaches.remove(OTHER_COACH)
        await uow.commit()


async def at(stage: Stage, place: Place) -> tuple[Person, str]:
    """Return Ada, and what she sees where the steps are shown."""
    ada = stage.person(ADMIN)
    if place == "home":
        return ada, (await ada.home()).text
    await ada.command("/sessions setup")
    return ada, modal(ada)


def modal(ada: Person) -> str:
    assert ada.modal is not None
    return ada.modal.text


async def shown(stage: Stage, ada: Person, place: Place) -> str:
    """What is shown there now, without having been opened again."""
    await stage.settled()
    await ada.refresh()
    if place == "set-up":
        return modal(ada)
    assert ada.shown_home is not None
    return ada.shown_home.text


async def done(stage: Stage) -> set[Step] | None:
    async with stage.store.read(WORKSPACE) as queries:
        found = await queries.business.first_steps(stage.clock.now())
    return None if found is None else set(found.done)


@EVERYWHERE
async def test_the_steps_lead_from_nothing_to_the_first_session(stage: Stage, place: Place) -> None:
    await nobody_yet(stage)
    on = "home" if place == "home" else None
    ada, text = await at(stage, place)
    assert TITLE in text
    assert "7 steps are left." in text
    assert text.count("This comes after the first coach.") == 2
    assert ":arrow_right: Name the coaches" in text

    await ada.click("Add coach", near="Name the coaches", on=on)
    await ada.choose(COACH, near="Coach")
    await ada.choose("carla-alerts", near="Alert channel")
    await ada.submit()
    text = await shown(stage, ada, place)
    assert "Coaches are named." in text
    assert "Alerts go to a channel." in text
    assert ":arrow_right: Enter hours to book" in text

    await ada.click("Edit hours", near="Enter hours to book", on=on)
    await ada.fill("Weekly hours", "Mon–Fri 9:00–17:00")
    await ada.submit()
    await ada.close()
    text = await shown(stage, ada, place)
    assert "There are hours to book." in text

    await ada.click("Add session type", near="Say what can be booked", on=on)
    await ada.fill("Name", "Coaching")
    await ada.fill("Minutes", "50")
    await ada.submit()
    text = await shown(stage, ada, place)
    assert "There are session types." in text
    assert ":arrow_right: Set the cancellation terms" in text

    await ada.click("Edit", near="Set the cancellation terms", on=on)
    await ada.submit()
    text = await shown(stage, ada, place)
    assert "The cancellation terms are set." in text, "as they were to begin with, but an admin has seen them"

    await ada.click("Add package", near="Let clients pay for sessions", on=on)
    await ada.fill("Name", "Five")
    await ada.fill("Number of sessions", "5")
    await ada.submit()
    await ada.close()
    text = await shown(stage, ada, place)
    assert "Clients can pay for sessions." in text
    assert "1 step is left." in text

    await stage.world.grant(ANNA)
    await ada.choose(ANNA, near="Book the first session", on=on)
    assert "Anna Lee" in modal(ada)
    await ada.choose("Tue, Nov 17")
    await ada.choose("9:00 – 9:50 AM")
    await ada.submit()
    assert "Booked" in modal(ada)
    assert await done(stage) is None
    await ada.close()
    for again in ("home", "set-up"):
        _, text = await at(stage, again)
        assert TITLE not in text
    if place == "home":
        assert TITLE not in await shown(stage, ada, "home")


async def test_only_admins_see_the_steps(stage: Stage) -> None:
    for who in (ANNA, COACH):
        assert TITLE not in (await stage.person(who).home()).text
    assert TITLE in (await stage.person(ADMIN).home()).text


@EVERYWHERE
async def test_a_channel_that_refuses_is_no_step_done_and_leads_to_its_form(stage: Stage, place: Place) -> None:
    _, text = await at(stage, place)
    assert "Alerts go to a channel." in text
    async with stage.store.write(WORKSPACE) as uow:
        await uow.notices.tell_admins(channel_trouble(COACH, "C0COACH", "not_in_channel", stage.clock.now()))
        await uow.commit()
    ada, text = await at(stage, place)
    assert "Alerts go to a channel." not in text
    assert "Alerts for Carla Coach cannot be posted in" in text
    assert "/invite @Sessions" in text
    await ada.click("Choose channel", on="home" if place == "home" else None)
    await ada.tick("Alerts by direct message instead")
    await ada.submit()
    text = await shown(stage, ada, place)
    assert "Carla Coach gets alerts directly now, which is fine too." in text
    assert await done(stage) == {Step.COACHES}


async def test_a_channel_waits_for_the_other_steps_since_coaches_can_do_without(stage: Stage) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(COACH, None)
        await uow.commit()
    _, text = await at(stage, "home")
    assert ":arrow_right: Enter hours to book" in text
    await stage.world.open()
    await offers(stage, COACHING)
    async with stage.store.write(WORKSPACE) as uow:
        await uow.terms.save(TermsScope(TermsOf.WORKSPACE), Policy())
        await uow.commit()
    await stage.world.grant(ANNA)
    _, text = await at(stage, "home")
    assert ":arrow_right: Choose where alerts go" in text


async def test_where_everything_is_free_nobody_has_to_be_given_credits(stage: Stage) -> None:
    await offers(stage, COACHING)
    assert Step.CREDITS not in (await done(stage) or ())
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.choose("Edit", near="Coaching", index=0)
    await ada.fill("Price in credits", "0")
    await ada.submit()
    assert Step.CREDITS in (await done(stage) or ())


async def test_credits_given_from_the_set_up_show_beneath(stage: Stage) -> None:
    await offers(stage, COACHING)
    ada = stage.person(ADMIN)
    await ada.command("/sessions setup")
    await ada.click("Packages and credits")
    await ada.click("Give credits…")
    await ada.choose(ANNA, near="Person")
    await ada.fill("Credits", "3")
    await ada.submit()
    await ada.close()
    assert "Clients can pay for sessions." in await shown(stage, ada, "set-up")
    assert ada.shown_home is not None
    assert "Clients can pay for sessions." in ada.shown_home.text


async def test_the_steps_cost_home_no_statement(stage: Stage) -> None:
    staff = (await open_home(stage.store, stage.clock, Actor(WORKSPACE, ADMIN))).staff
    assert staff is not None
    assert staff.first_steps is not None
    async with stage.store.read(WORKSPACE) as queries:
        assert await queries.business.first_steps(stage.clock.now()) == staff.first_steps
    await stage.world.grant(ANNA)
    await stage.world.cancel(await stage.world.book(48 * H))
    staff = (await open_home(stage.store, stage.clock, Actor(WORKSPACE, ADMIN))).staff
    assert staff is not None
    assert staff.first_steps is None, "a canceled one was a session too"
