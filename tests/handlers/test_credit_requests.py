"""Credits as a client asks for them and an admin gives them, by clicks, with a relay between them."""

from datetime import timedelta

import pytest

from coaching.actions import credit_answers, credit_requests, packages, requests, upkeep
from coaching.requests import RequestKind, ToBook
from coaching.sessions import Actor
from coaching.sessions import Person as Member
from coaching.workspace import SessionType, Settings
from handlers.ids import Block
from handlers.meta import HolderMeta
from playground.person import Person
from tests.handlers.conftest import Stage
from tests.handlers.test_clicks import Finger
from tests.handlers.test_exceptions import deliver, last, shown, whispers
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE

DAY = timedelta(days=1)
OTHER_ADMIN = "U0OTHER"


@pytest.fixture(name="poor")
async def without_credits(stage: Stage) -> Stage:
    """A practice whose clients have no credits."""
    await stage.world.settings(Settings(support_contact="help@example.com", undo_window=timedelta(0)))
    await stage.world.open()
    async with stage.store.write(WORKSPACE) as uow:
        await uow.catalogue.save_session_type(SessionType("", "Coaching", timedelta(minutes=50), 300))
        await uow.commit()
    return stage


async def from_booking(stage: Stage, who: str = ANNA) -> Person:
    """Open the form where booking says that credits are missing."""
    anna = stage.person(who)
    await anna.command("/sessions book")
    await anna.choose("Carla Coach")
    await anna.click("Ask for credits…")
    return anna


async def asked(stage: Stage, who: str = ANNA) -> Person:
    anna = await from_booking(stage, who)
    await anna.fill("What should they know?", "For June")
    await anna.submit()
    await stage.settled()
    await deliver(stage)
    return anna


async def pool(stage: Stage, *members: str, contact: str | None = BORIS, pool_id: str | None = None) -> str:
    return await packages.save_pool(
        stage.store,
        stage.clock,
        Actor(WORKSPACE, ADMIN),
        f"pool:{contact}",
        pool_id=pool_id,
        name="Acme",
        contact_id=contact,
        member_ids=members,
    )


async def to_be_pooled(stage: Stage) -> Person:
    """Anna, who books from Acme's pool, asks for its credits; Boris is its contact."""
    await pool(stage, ANNA)
    await deliver(stage)
    anna = await asked(stage)
    assert "Boris Novak, the contact of the pool, is asked first. From" in shown(anna)
    return anna


async def test_the_whole_story_from_too_few_credits_to_a_booked_session(poor: Stage) -> None:
    anna, ada = await from_booking(poor), poor.person(ADMIN)
    assert "To book: Coaching with Carla Coach" in shown(anna)
    await anna.fill("What should they know?", "For June")
    await anna.submit()
    await poor.settled()
    assert "You asked for 3 credits" in shown(anna)
    assert "If nobody decides by then, nothing is given. You are told either way." in shown(anna)
    await deliver(poor)
    told = await last(ada)
    assert "Anna Lee asks for 3 credits" in told
    assert "To book: Coaching with Carla Coach" in told
    assert "Anna Lee has 0 credits now." in told
    assert "For June" in told
    await ada.click("Give 3 credits")
    await poor.settled()
    assert "Given: 3 credits. We tell Anna Lee." in await whispers(ada)
    assert poor.counted[-1] == ("answer_credits", "done")
    await deliver(poor)
    assert "whoever is first decides" in told
    told = await last(ada)
    assert "3 credits given by you." in told
    assert "whoever is first decides" not in told
    await anna.close(everything=True)
    answer = await last(anna)
    assert "You got 3 credits" in answer
    assert "You asked for 3 credits." in answer
    await anna.click("Book a session")
    assert "Carla Coach" in shown(anna)
    assert "3 credits" in shown(anna)
    assert "credits missing" not in shown(anna)


async def test_what_was_given_by_mistake_is_taken_back_from_the_message(poor: Stage) -> None:
    await asked(poor)
    ada = poor.person(ADMIN)
    await ada.refresh()
    await ada.click("Give 3 credits")
    await poor.settled()
    await deliver(poor)
    await ada.refresh()
    await ada.click("Take back…")
    await ada.submit()
    await poor.settled()
    assert await poor.world.balance() == 0
    await deliver(poor)
    await ada.close(everything=True)
    await ada.refresh()
    assert "Take back…" not in str([message.blocks for message in await ada.dms()][-1])


async def test_another_number_or_a_package_is_given_by_the_form_which_answers(poor: Stage) -> None:
    anna = await asked(poor)
    ada = poor.person(ADMIN)
    await ada.refresh()
    await ada.click("Give another number…")
    assert "To: Anna Lee" in shown(ada)
    await ada.fill("Credits", "5")
    await ada.submit()
    assert "Given: 5 credits." in shown(ada)
    await deliver(poor)
    assert "5 credits given by you." in await last(ada)
    assert await poor.world.balance() == 500
    assert "You got 5 credits" in await last(anna)


async def test_declining_with_words_tells_the_client_how_to_go_on(poor: Stage) -> None:
    anna = await asked(poor)
    ada = poor.person(ADMIN)
    await ada.refresh()
    await ada.click("Decline…")
    assert "Anna Lee asks for 3 credits" in shown(ada)
    await ada.fill("What should they know?", "Talk to me first")
    await ada.submit()
    assert "It was declined. We tell Anna Lee." in shown(ada)
    await deliver(poor)
    assert "Declined by you." in await last(ada)
    await anna.close(everything=True)
    answer = await last(anna)
    assert "Your request for credits was declined" in answer
    assert "Talk to me first" in answer
    assert "Questions? Ask help@example.com." in answer
    await anna.click("Ask for credits…")
    assert "To book: Coaching with Carla Coach" in shown(anna)


async def test_a_second_press_and_another_admin_change_nothing(poor: Stage) -> None:
    async with poor.store.write(WORKSPACE) as uow:
        await uow.people.save_admins([ADMIN, COACH])
        await uow.commit()
    await asked(poor)
    ada, carla = poor.person(ADMIN), poor.person(COACH)
    for one in (ada, carla):
        await one.refresh()
    await ada.click("Give 3 credits")
    await poor.settled()
    await poor.deliver(poor.last_payload())
    await poor.settled()
    await carla.click("Give 3 credits")
    await poor.settled()
    assert "That request is not open any more; nothing was given." in await whispers(carla)
    assert await poor.world.balance() == 300
    await deliver(poor)
    assert "3 credits given by Ada Admin (admin)." in await last(carla)
    assert [outcome for name, outcome in poor.counted if name == "answer_credits"] == ["done", "refused", "conflict"]


async def test_asking_again_shows_the_request_which_can_be_withdrawn(poor: Stage) -> None:
    anna = await asked(poor)
    await anna.close(everything=True)
    await anna.command("/sessions credits")
    assert "You asked for 3 credits" in shown(anna)
    await anna.click("Show the request")
    await anna.click("Withdraw the request")
    await poor.settled()
    assert "It was withdrawn: there is nothing to decide." in shown(anna)
    await anna.close()
    assert "You asked for 3 credits" not in shown(anna), "the balances beneath were drawn anew"
    await deliver(poor)
    told = await last(poor.person(ADMIN))
    assert "It was withdrawn" in told


async def test_credits_and_home_lead_to_the_form(poor: Stage) -> None:
    anna = poor.person()
    await anna.command("/sessions credits")
    await anna.click("Ask for credits…")
    await anna.fill("Credits", "nothing")
    assert (await anna.submit())["outcome"] == "errors"
    await anna.fill("Credits", "2.5")
    await anna.submit()
    await poor.settled()
    assert "You asked for 2.5 credits" in shown(anna)
    await anna.close()
    assert "You asked for 2.5 credits" in shown(anna)
    await anna.close(everything=True)
    boris = poor.person(BORIS)
    await boris.home()
    await boris.click("Ask for credits…")
    await boris.fill("Credits", "1")
    await boris.submit()
    await poor.settled()
    await boris.close(everything=True)
    assert "You asked for 1 credit" in (await boris.home()).text


async def test_an_admin_who_looks_at_somebodys_credits_sees_what_they_asked_for(poor: Stage) -> None:
    await asked(poor)
    ada = poor.person(ADMIN)
    await ada.command(f"/sessions credits for @{poor.pg.workspace.users[ANNA].name}")
    assert "Anna Lee asks for 3 credits" in shown(ada)
    assert "For June" in shown(ada)
    await ada.click("Give 3 credits")
    assert "Given: 3 credits." in shown(ada)
    assert "asks for" not in shown(ada)
    assert await poor.world.balance() == 300


async def test_admins_who_book_are_led_to_give_instead(poor: Stage) -> None:
    ada = poor.person(ADMIN)
    await ada.command("/sessions book")
    await ada.choose("Carla Coach")
    assert "Ask for credits…" not in shown(ada)
    await ada.click("Give credits…")
    assert "Whoever gets them is told; for a pool, its contact." in shown(ada)


async def test_a_pools_contact_is_asked_first_and_the_pool_gets_them(poor: Stage) -> None:
    anna = await to_be_pooled(poor)
    boris, ada = poor.person(BORIS), poor.person(ADMIN)
    told = await last(boris)
    assert "Anna Lee asks for 3 credits in Acme's pool" in told
    assert "Admins give the credits. Pass it on if your company agrees." in told
    assert await ada.dms() == []
    await boris.click("Pass on to the admins")
    await poor.settled()
    assert "Passed on to the admins: whoever is first decides." in await whispers(boris)
    await deliver(poor)
    assert "Boris Novak, the contact of the pool, passed it on." in await last(ada)
    assert "Pass on to the admins" not in str([message.blocks for message in await boris.dms()])
    await ada.click("Give 3 credits")
    await poor.settled()
    await deliver(poor)
    assert "Acme's pool got 3 credits" in await last(boris)
    await anna.close(everything=True)
    assert "Acme's pool got 3 credits" in await last(anna)
    await anna.click("Book a session")
    assert "3 credits from Acme's pool" in shown(anna)


async def test_a_contact_who_says_nothing_leaves_it_to_the_admins(poor: Stage) -> None:
    await to_be_pooled(poor)
    poor.clock.advance(2 * DAY)
    await upkeep.run(poor.store, poor.clock, credit_answers.hand_over)
    await deliver(poor)
    assert "Boris Novak, the contact of the pool, has not said anything." in await last(poor.person(ADMIN))
    told = await last(poor.person(BORIS))
    assert "An admin can decide until" in told


async def test_a_contact_who_lost_it_to_the_admins_hears_who_decides(poor: Stage) -> None:
    await to_be_pooled(poor)
    boris = poor.person(BORIS)
    await boris.refresh()
    poor.clock.advance(2 * DAY)
    await upkeep.run(poor.store, poor.clock, credit_answers.hand_over)
    await boris.click("Decline…")
    assert "An admin decides about it now; your press changed nothing." in shown(boris)


async def test_a_contact_who_can_pass_it_on_to_nobody_hears_that(poor: Stage) -> None:
    await to_be_pooled(poor)
    boris = poor.person(BORIS)
    await boris.refresh()
    async with poor.store.write(WORKSPACE) as uow:
        await uow.people.save(Member(ADMIN, "Ada Admin"), poor.clock.now())
        await uow.commit()
    await boris.click("Pass on to the admins")
    await poor.settled()
    assert "No other admin is known here who could give credits." in await whispers(boris)


async def test_booking_leads_to_the_coach_and_type_that_were_chosen_when_asking(poor: Stage) -> None:
    await poor.world.open(OTHER_COACH)
    async with poor.store.write(WORKSPACE) as uow:
        await uow.catalogue.save_session_type(SessionType("", "Short talk", timedelta(minutes=30), 200))
        await uow.commit()
    async with poor.store.read(WORKSPACE) as queries:
        short = next(one.id for one in await queries.catalogue.session_types() if one.name == "Short talk")
    await poor.world.grant(credits=300)
    session = await poor.world.book(5 * DAY, price=300)
    await poor.world.cancel(session)
    await deliver(poor)
    poor.clock.advance(timedelta(minutes=1))
    command = credit_requests.AskCredits(
        actor=Actor(WORKSPACE, ANNA), amount=200, to_book=ToBook(OTHER_COACH, short, session.id)
    )
    case = await credit_requests.ask(poor.store, poor.clock, command)
    assert case.asked
    await credit_requests.give(poor.store, poor.clock, Actor(WORKSPACE, ADMIN), "give", case.asked.action_id)
    await deliver(poor)
    anna = poor.person()
    assert "You got 2 credits" in await last(anna)
    await anna.click("Book a session")
    assert "Otto Other" in shown(anna)
    assert "Short talk" in shown(anna)
    assert "Carla Coach" not in shown(anna)


async def test_a_contact_declines_for_the_company(poor: Stage) -> None:
    await to_be_pooled(poor)
    boris = poor.person(BORIS)
    await boris.refresh()
    await boris.click("Decline…")
    await boris.submit()
    await deliver(poor)
    assert "Declined by you." in await last(boris)
    assert "Your request for credits was declined" in await last(poor.person())


async def test_admins_are_reminded_and_time_answers(poor: Stage) -> None:
    await asked(poor)
    ada = poor.person(ADMIN)
    poor.clock.advance(2 * DAY)
    await deliver(poor)
    assert "Still to be decided: Anna Lee asks for 3 credits" in await last(ada)
    poor.clock.advance(DAY + timedelta(seconds=1))
    await upkeep.run(poor.store, poor.clock, requests.decide_overdue)
    await deliver(poor)
    answer = await last(poor.person())
    assert "Nobody decided in time about your request for credits" in answer
    assert "Questions? Ask help@example.com." in answer
    texts = [message.text for message in await ada.dms()]
    assert all("Nobody decided in time, so nothing was given." in one for one in texts)


async def test_forged_forms_and_values_answer_nothing(poor: Stage) -> None:
    await asked(poor)
    async with poor.store.read(WORKSPACE) as queries:
        request = await queries.requests.latest(RequestKind.CREDITS, ANNA)
    assert request is not None
    forged = HolderMeta.load({"view": {"private_metadata": f"{request.action_id}|client:{BORIS}"}})
    assert (forged.request, forged.holder and forged.holder.client_id) == (request.action_id, BORIS)
    ada = poor.person(ADMIN)
    await ada.refresh()
    await ada.click("Give another number…")
    await ada.fill("Credits", "none")
    await ada.submit()
    payload = poor.last_payload()
    payload["view"]["private_metadata"] = f"{request.action_id}|client:{BORIS}"
    [typed] = payload["view"]["state"]["values"][Block.CREDIT_AMOUNT].values()
    typed["value"] = "5"
    payload["trigger_id"] = "1.2.forged"
    await poor.deliver(payload)
    assert await poor.world.balance(BORIS) == 0
    async with poor.store.read(WORKSPACE) as queries:
        still = await queries.requests.latest(RequestKind.CREDITS, ANNA)
    assert still is not None
    assert still.open


async def test_asking_takes_two_presses_giving_one_and_declining_two(poor: Stage) -> None:
    anna, boris, ada = Finger(poor.person()), Finger(poor.person(BORIS)), Finger(poor.person(ADMIN))
    for one in (anna, boris):
        await one.person.command("/sessions book")
        await one.person.choose("Carla Coach")
        await one.button("Ask for credits…")
        await one.send()
        await poor.settled()
        assert one.presses == 2
    await deliver(poor)
    await ada.person.refresh()
    await ada.button("Give 3 credits", near="Anna Lee")
    assert ada.presses == 1
    await poor.settled()
    assert await poor.world.balance() == 300
    await ada.person.refresh()
    await ada.button("Decline…", near="Boris Novak")
    await ada.send()
    assert ada.presses == 3
