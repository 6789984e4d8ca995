"""Credits that are asked for in the name of a pool without a contact, or whose contact came later."""

from datetime import timedelta

from playground.person import Person
from tests.handlers.conftest import Stage
from tests.handlers.test_credit_requests import asked, pool
from tests.handlers.test_credit_requests import without_credits as without_credits
from tests.handlers.test_exceptions import deliver
from tests.support.world import ADMIN, ANNA, BORIS

DAY = timedelta(days=1)


async def test_what_a_pool_without_a_contact_got_by_mistake_is_taken_back_from_the_message(poor: Stage) -> None:
    await pool(poor, ANNA, contact=None)
    await asked(poor)
    ada = poor.person(ADMIN)
    await ada.refresh()
    await ada.click("Give 3 credits")
    await poor.settled()
    await deliver(poor)
    assert "Take back…" in await _buttons(ada)
    await ada.click("Take back…")
    await ada.submit()
    await poor.settled()
    await deliver(poor)
    await ada.close(everything=True)
    assert "Take back…" not in await _buttons(ada)


async def _buttons(person: Person) -> str:
    await person.refresh()
    return str([message.blocks for message in await person.dms()])


async def test_a_contact_who_came_after_the_request_is_not_said_to_have_been_silent(poor: Stage) -> None:
    acme = await pool(poor, ANNA, contact=None)
    await asked(poor)
    await pool(poor, ANNA, contact=BORIS, pool_id=acme)
    poor.clock.advance(2 * DAY)
    await deliver(poor)
    told = [str(message.blocks) for message in await poor.person(ADMIN).dms()]
    assert "asks for 3 credits" in told[-1]
    assert "has not said anything" not in "".join(told)
