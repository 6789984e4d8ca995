"""Booking: from the command, the list and a canceled session; and everything that happens meanwhile."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from coaching.actions.retire import Retire, retire
from coaching.sessions import Actor, Status
from coaching.workspace import SessionType, Settings
from handlers.ids import Action
from handlers.views.kit import actions, button
from playground.errors import PersonError
from playground.person import Person
from tests.handlers.booking import CHECK_IN, COACHING, H, able_to_book, booked, offers, opens, shown
from tests.handlers.conftest import Stage
from tests.support.world import ADMIN, ANNA, BORIS, COACH, OTHER_COACH, WORKSPACE
from tests.words.pseudo import pseudo


@pytest.fixture
async def anna(stage: Stage) -> Person:
    return await able_to_book(stage)


async def test_a_session_is_booked_with_the_terms_shown_before(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    assert "1 credit · 9 left afterwards" in shown(anna)
    await anna.choose("Wed, Nov 18")
    await anna.choose("10:30 – 11:20 AM")
    assert "Wed, Nov 18, 10:30 – 11:20 AM · Refundable until Tue, Nov 17, 10:30 AM" in shown(anna)
    assert "Times are in Eastern Time (GMT−5:00)." in shown(anna)
    await anna.submit()
    assert "Booked" in shown(anna)
    assert "Coaching with Carla Coach · Wed, Nov 18, 10:30 – 11:20 AM" in shown(anna)
    assert "Refundable until Tue, Nov 17, 10:30 AM" in shown(anna)
    assert "You get a confirmation; we tell Carla Coach." in shown(anna)
    [session] = await booked(stage)
    assert (session.coach.id, session.price, session.ends_at - session.starts_at) == (COACH, 100, COACHING.length)
    assert await stage.world.balance() == 900
    assert stage.counted == [("book", "done")]


async def test_pressing_twice_books_once_and_shows_the_result_again(stage: Stage, anna: Person) -> None:
    await anna.command("/sessions book")
    await anna.choose("11:00 – 11:50 AM")
    await anna.submit()
    payload = stage.last_payload()
    payload["trigger_id"] = "9.9.again"
    assert "Booked" in str((await stage.deliver(payload)).payload())
    assert len(await booked(stage)) == 1
    assert await stage.world.balance() == 900


async def test_a_canceled_sessions_details_offer_the_same_coach_and_type(stage: Stage, anna: Person) -> None:
    await opens(stage, coach=OTHER_COACH)
    await offers(stage, CHECK_IN)
    gone = await stage.world.book(72 * H)
    await stage.world.cancel(gone)
    await anna.command("/sessions past")
    await anna.choose("Details")
    await anna.click("Schedule Session")
    assert "[Carla Coach ▾]" in shown(anna)
    assert "[Coaching · 50 minutes · 1 credit ▾]" in shown(anna)
    await anna.choose("9:00 – 9:50 AM")
    await anna.submit()
    [session] = await booked(stage)
    assert session.coach.id == COACH
    before = (await stage.session(gone.id)).cancellation
    assert before is not None
    assert before.rebooked_at == session.starts_at


async def test_the_result_of_a_cancellation_leads_to_the_next_booking(stage: Stage, anna: Person) -> None:
    await stage.world.book(72 * H)
    await anna.command("/sessions cancel")
    await anna.tick("Coaching · Thu, Nov 19, 10:00 – 10:50 AM")
    await anna.submit()
    await anna.submit()
    await anna.click("Schedule Session")
    await anna.choose("9:00 – 9:50 AM")
    await anna.submit()
    assert anna.modal is not None
    assert anna.modal.title == "Booked"


async def test_an_empty_list_offers_to_schedule_only_where_somebody_gives_hours(stage: Stage) -> None:
    anna = stage.person()
    await anna.command("/sessions")
    assert "Workspace admins give credits and bring sessions in" in shown(anna)
    await opens(stage)
    await offers(stage, COACHING)
    await anna.click("✓ Upcoming")
    assert "Schedule one: press Schedule" in shown(anna)
    await anna.click("Schedule")
    assert "0 credits for it: 1 credit missing" in shown(anna)


async def test_home_leads_to_booking_and_shows_it_afterwards(stage: Stage, anna: Person) -> None:
    await anna.home()
    await anna.click("Schedule", on="home")
    await anna.choose("9:00 – 9:50 AM")
    await anna.submit()
    await stage.settled()
    await anna.refresh()
    assert anna.shown_home is not None
    assert "Coaching with Carla Coach" in anna.shown_home.text


async def test_without_hours_or_types_the_dialog_says_whom_to_ask(stage: Stage) -> None:
    await stage.world.settings(Settings(support_contact="care@example.com"))
    anna, carla, ada = stage.person(), stage.person(COACH), stage.person(ADMIN)
    await anna.command("/sessions book")
    assert "Nobody gives hours to book yet. Ask care@example.com to book one for you." in shown(anna)
    await carla.command("/sessions book")
    assert "/sessions hours" in shown(carla)
    await opens(stage)
    await ada.command("/sessions book")
    assert "no kind of session is set up" in shown(ada)


async def test_too_few_credits_say_what_is_missing_and_lead_to_asking_for_it(stage: Stage, anna: Person) -> None:
    await stage.world.settings(Settings(support_contact="care@example.com"))
    await offers(stage, SessionType("long", "Long day", timedelta(hours=2), 1250))
    await anna.command("/sessions book")
    await anna.choose("Long day · 2 hours · 12.5 credits")
    assert "This costs 12.5 credits and you have 10 credits for it: 2.5 credits missing." in shown(anna)
    assert anna.modal is not None
    assert anna.modal.submit is None
    await anna.click("Ask for credits…")
    assert "To book: Long day with Carla Coach" in shown(anna)
    assert "[2.5]" in shown(anna)


async def test_what_is_free_books_without_credits(stage: Stage) -> None:
    await offers(stage, CHECK_IN)
    await opens(stage)
    anna = stage.person()
    await anna.command("/sessions book")
    assert "free, no credits needed" in shown(anna)
    await anna.choose("9:00 – 9:30 AM")
    await anna.submit()
    [session] = await booked(stage)
    assert session.price == 0


async def test_an_admin_books_for_a_client_and_nobody_else_can(stage: Stage, anna: Person) -> None:
    ada = stage.person(ADMIN)
    await ada.command("/sessions for @anna")
    await ada.click("Schedule")
    assert "You book for Anna Lee. The timeline will say so." in shown(ada)
    await ada.choose("9:00 – 9:50 AM")
    await ada.submit()
    assert "For: Anna Lee" in shown(ada)
    assert len(await booked(stage)) == 1
    payload = stage.last_payload()
    payload["user"]["id"] = BORIS
    payload["trigger_id"] = "9.9.other"
    assert "Only admins can do that" in str((await stage.deliver(payload)).payload())
    assert await booked(stage, BORIS) == []


async def test_the_day_on_which_clocks_go_back_names_both_times(stage: Stage, anna: Person) -> None:
    await opens(stage, "Sun 0:00–4:00", horizon=timedelta(days=366))
    await anna.command("/sessions book")
    await anna.choose("Sun, Nov 7, 2027")
    assert anna.modal is not None
    texts = str(anna.modal.blocks)
    assert "1:00 – 1:50 AM (DST)" in texts
    assert "1:30 AM (DST) – 1:20 AM" in texts
    await anna.choose("1:00 – 1:50 AM")
    await anna.submit()
    assert "1:00 – 1:50 AM" in shown(anna)
    [session] = await booked(stage)
    assert f"{session.starts_at:%m-%d %H:%M}" == "11-07 06:00"


async def test_a_menu_that_names_another_persons_session_is_refused(stage: Stage, anna: Person) -> None:
    theirs = await stage.world.book(72 * H, price=0)
    await stage.world.cancel(theirs)
    await anna.command("/sessions past")
    await anna.choose("Details")
    await anna.click("Schedule Session")
    payload = stage.last_payload()
    payload["user"]["id"] = BORIS
    payload["trigger_id"] = "9.9.other"
    await stage.deliver(payload)
    assert stage.logged("refused: not theirs")["actor"] == BORIS
    assert (await stage.session(theirs.id)).status is Status.CANCELED


async def test_what_is_no_longer_offered_can_be_booked_with_its_package_only(stage: Stage, anna: Person) -> None:
    boris = stage.person(BORIS)
    await stage.world.grant(BORIS, 1000)
    await stage.world.grant(ANNA, 200, package="Coaching 2-pack", session_type="Coaching")
    [coaching] = await _types(stage)
    await offers(stage, CHECK_IN, replace(coaching, retired=True))
    await boris.command("/sessions book")
    assert "Coaching" not in shown(boris)
    await anna.command("/sessions book")
    assert "Coaching" in str(anna.modal and anna.modal.blocks)
    await anna.choose("Coaching · 50 minutes · 1 credit", action_id="book_type")
    assert "from Coaching 2-pack" in shown(anna)


async def _types(stage: Stage) -> list[SessionType]:
    async with stage.store.read(WORKSPACE) as queries:
        return await queries.catalogue.session_types()


async def test_another_day_lets_go_of_the_time_and_another_type_keeps_the_day(stage: Stage, anna: Person) -> None:
    await offers(stage, CHECK_IN)
    await anna.command("/sessions book")
    assert "Choose what kind of session it shall be to see free times." in shown(anna)
    await anna.choose("Coaching · 50 minutes · 1 credit")
    await anna.choose("Wed, Nov 18")
    await anna.choose("9:00 – 9:50 AM")
    await anna.choose("Thu, Nov 19")
    assert "[Choose a time ▾]" in shown(anna)
    await anna.choose("Check-in · 30 minutes · free")
    assert "[Thu, Nov 19 ▾]" in shown(anna)
    with pytest.raises(PersonError, match="required"):
        await anna.submit()
    await anna.choose("9:30 – 10:00 AM")
    await anna.submit()
    [session] = await booked(stage)
    assert (session.session_type, session.price) == ("Check-in", 0)


async def test_the_button_of_a_message_opens_the_dialog_for_the_same_coach(stage: Stage, anna: Person) -> None:
    await opens(stage, coach=OTHER_COACH)
    gone = await stage.world.book(72 * H, coach=OTHER_COACH)
    await stage.world.cancel(gone)
    press = button(pseudo("Schedule Session"), Action.SCHEDULE, gone.id)
    await stage.client.chat_postMessage(channel=ANNA, text=pseudo("Canceled"), blocks=[actions([press])])
    await anna.click("Schedule Session")
    assert "[Otto Other ▾]" in shown(anna)
    await anna.choose("9:00 – 9:50 AM")
    await anna.submit()
    [session] = await booked(stage)
    assert session.coach.id == OTHER_COACH


async def test_the_button_names_a_coach_who_takes_no_bookings_any_more_and_chooses_nobody_among_others(
    stage: Stage, anna: Person
) -> None:
    async with stage.store.write(WORKSPACE) as uow:
        await uow.coaches.save(BORIS, None)
        await uow.commit()
    await opens(stage, coach=OTHER_COACH)
    await opens(stage, coach=BORIS)
    canceled = await stage.world.book(72 * H)
    await stage.world.cancel(canceled)
    gone = Retire(actor=Actor(WORKSPACE, ADMIN), request_key="remove", coach_id=COACH, cancel=False)
    await retire(stage.store, stage.clock, gone)
    press = button(pseudo("Schedule Session"), Action.SCHEDULE, canceled.id)
    await stage.client.chat_postMessage(channel=ANNA, text=pseudo("Canceled"), blocks=[actions([press])])
    await anna.click("Schedule Session")
    assert "Carla Coach takes no bookings any more. Nobody is chosen instead." in shown(anna)
    assert "Choose somebody else, or ask a workspace admin." in shown(anna)
    assert "[Choose a coach ▾]" in shown(anna)
    await anna.choose("Otto Other")
    assert "takes no bookings" not in shown(anna)
    await anna.choose("9:00 – 9:50 AM")
    await anna.submit()
    [session] = await booked(stage)
    assert session.coach.id == OTHER_COACH


def _bend(payload: dict[str, Any], what: str) -> None:
    view = payload["view"]
    meta = json.loads(view["private_metadata"])
    values = view["state"]["values"]
    if what == "metadata":
        view["private_metadata"] = "[]"
    elif what == "round":
        view["private_metadata"] = json.dumps({**meta, "round": -1})
    elif what == "hat":
        view["private_metadata"] = json.dumps({**meta, "hat": "system"})
    elif what == "state":
        view["state"] = None
    else:
        block_id = next(name for name in values if name.startswith(f"{what}:"))
        odd = {"day": "2026-13-45", "time": "-5", "book_coach": "U0NOBODY", "book_type": "no such"}[what]
        next(iter(values[block_id].values()))["selected_option"] = {"value": odd}


@pytest.mark.parametrize("what", ["metadata", "round", "hat", "state", "day", "time", "book_coach", "book_type"])
async def test_bent_payloads_book_nothing_and_are_answered(stage: Stage, anna: Person, what: str) -> None:
    await anna.command("/sessions book")
    await anna.choose("9:00 – 9:50 AM")
    await opens(stage, "closed")
    await anna.submit()
    payload = stage.last_payload()
    await opens(stage, "daily 0:00–24:00")
    _bend(payload, what)
    payload["trigger_id"] = "9.9.bent"
    answer = (await stage.deliver(payload)).payload()
    assert answer is not None
    assert "response_action" in answer
    assert await booked(stage) == []
    assert await stage.world.balance() == 1000
